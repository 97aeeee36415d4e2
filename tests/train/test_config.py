"""YAML to dataclasses."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoptac.train.config import ConfigError, Experiment, load_experiment

FOLDER = Path(__file__).resolve().parent.parent.parent / "configs"
CONFIGS = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "actors.yaml")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_configuration_loads(path: Path) -> None:
    experiment = load_experiment(path)
    assert isinstance(experiment.train.learning_rate, float)
    assert isinstance(experiment.train.epochs, int)


def _write(folder: Path, text: str) -> Path:
    path = folder / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_and_overrides(tmp_path: Path) -> None:
    path = _write(tmp_path, "output: runs/x\ntrain:\n  epochs: 3\n")
    experiment = load_experiment(path, ["train.learning_rate=1.0e-4", "data.limit=5", "seed=7"])
    assert (experiment.train.epochs, experiment.train.learning_rate, experiment.data.limit, experiment.seed) == (3, 1e-4, 5, 7)
    assert experiment.network == Experiment(output="x").network


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ("output: x\nsurprise: 1\n", [], "surprise"),
        ("output: x\ntrain:\n  learnig_rate: 1.0\n", [], r"train\.learnig_rate"),
        ("output: x\ntrain:\n  epochs: many\n", [], r"train\.epochs: .*many"),
        ("output: x\ntrain:\n  epochs: 0\n", [], r"train\.epochs"),
        ("backbone: x\n", [], "output"),
        ("- a\n", [], "keys and values"),
        ("a: [\n", [], "not YAML"),
        ("output: x\n", ["train.epochs"], "key=value"),
        ("output: x\n", ["output.a=1"], "has no keys below it"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_experiment(_write(tmp_path, text), overrides)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.yaml: no such file"):
        load_experiment(tmp_path / "nothing.yaml")
