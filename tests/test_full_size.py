"""PhoBERT at full size, with random weights, through the commands of a researcher."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from make_phobert import make_phobert

from hoptac.data.corpus import load_corpus
from hoptac.data.schema import write_sentences

TEXT = "Bộ Công an Việt Nam và Interpol bàn về phòng, chống tội phạm mạng."
ALL_SIZES = "HOPTAC_TEST_ALL_SIZES"

asked = pytest.mark.skipif(not os.environ.get(ALL_SIZES), reason=f"takes minutes and gigabytes; set {ALL_SIZES}=1 to run it")
# What is trained: the geometry, the form of its weights, options of training, and whether it is exported too.
SIZES = [
    pytest.param("base", False, {}, True, id="base-bin"),
    pytest.param("base", True, {"max_steps": 1}, False, id="base-safetensors", marks=asked),
    pytest.param(
        "large",
        False,
        {"max_steps": 2, "gradient_accumulation": 2, "gradient_checkpointing": True},
        True,
        id="large-bin",
        marks=asked,
    ),
]


def _hoptac(*arguments: str) -> str:
    """Run the command in a process of its own, whose gigabytes go when it ends."""
    done = subprocess.run([sys.executable, "-m", "hoptac.cli", *arguments], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize(("geometry", "safetensors", "options", "exported"), SIZES)
def test_a_backbone_of_full_size_trains_saves_loads_predicts_and_exports(
    tmp_path: Path, geometry: str, safetensors: bool, options: dict[str, object], exported: bool
) -> None:
    backbone = make_phobert(tmp_path / "backbone", geometry, safetensors=safetensors, full_vocabulary=True)
    config = tmp_path / "run.yaml"
    experiment = {
        "output": str(tmp_path / "run"),
        "backbone": str(backbone),
        "data": {"limit": 16},
        "train": {"epochs": 1, "batch_size": 4, "max_steps": 2, **options},
    }
    config.write_text(yaml.safe_dump(experiment), encoding="utf-8")
    assert "checkpoint written to" in _hoptac("train", str(config))
    record = json.loads((tmp_path / "run" / "training.json").read_text(encoding="utf-8"))
    assert record["resources"]["estimated"]["parameters"] > {"base": 130e6, "large": 360e6}[geometry]
    [answer] = _predict(tmp_path / "run")
    assert len(answer["scores"]) == 12
    if not exported:
        return
    few = str(tmp_path / "few.jsonl")
    write_sentences(few, load_corpus("train")[::200])  # for the sake of time
    report = _hoptac("export", str(tmp_path / "run"), "-o", str(tmp_path / "onnx"), "--sentences", "8", "--calibration", few)
    assert "on 8 sentences of corpus:development" in report
    size = sum(path.stat().st_size for path in (tmp_path / "onnx").iterdir())
    assert size < 0.35 * (tmp_path / "run" / "model.safetensors").stat().st_size
    [small] = _predict(tmp_path / "onnx")
    assert max(abs(small["scores"][topic] - score) for topic, score in answer["scores"].items()) < 0.1


def _predict(checkpoint: Path) -> list[dict[str, dict[str, float]]]:
    out = _hoptac("predict", "--checkpoint", str(checkpoint), "--text", TEXT, "--format", "jsonl")
    return [json.loads(line) for line in out.splitlines()]
