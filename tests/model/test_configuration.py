"""Checkpoints whose parts disagree are refused, with the reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hoptac.model.configuration import TOKENIZER_FILE, TORCH_WEIGHTS, CheckpointConfig, CheckpointError
from hoptac.model.predictor import Predictor


@pytest.fixture
def copy(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "config.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_saved_configuration_is_read_back(copy: Path) -> None:
    config = CheckpointConfig.load(copy)
    config.save(copy)
    assert CheckpointConfig.load(copy) == config


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: r["topics"].pop(), "thresholds are given for"),
        (lambda r: r["tags"].reverse(), "not the BIO tags"),
        (lambda r: r["thresholds"].update(trade=1.5), "threshold of trade is 1.5"),
        (lambda r: r["calibration"].update(trade=[1.0]), "calibration of trade"),
        (lambda r: r.update(surprise=1), "unknown field 'surprise'"),
        (lambda r: r.update(format=99), "checkpoint format 99"),
        (lambda r: r.pop("topics"), "not the configuration of a hoptac checkpoint"),
        (lambda r: r.update(files={}), "names no tokenizer or no weights"),
        (lambda r: r["topics"].append("trade"), "stands twice"),
    ],
)
def test_edited_configuration_is_refused(copy: Path, change: Callable[[dict[str, Any]], object], reason: str) -> None:
    _edit(copy, change)
    with pytest.raises(CheckpointError, match=reason) as caught:
        Predictor.from_pretrained(copy)
    assert str(copy) in str(caught.value)


@pytest.mark.parametrize("name", [TOKENIZER_FILE, TORCH_WEIGHTS])
def test_truncated_file_is_refused(copy: Path, name: str) -> None:
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(CheckpointError, match=f"{name}: its SHA-256 is .* truncated or edited"):
        Predictor.from_pretrained(copy)


@pytest.mark.parametrize("name", [TOKENIZER_FILE, TORCH_WEIGHTS])
def test_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(CheckpointError, match=f"{name} is missing"):
        Predictor.from_pretrained(copy)


def test_weights_of_another_network_are_refused(copy: Path) -> None:
    def narrower(record: dict[str, Any]) -> None:
        record["backbone"]["num_hidden_layers"] = 1

    _edit(copy, narrower)
    with pytest.raises(CheckpointError, match="does not fit the configuration"):
        Predictor.from_pretrained(copy)


def test_folder_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        Predictor.from_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="no such folder"):
        Predictor.from_pretrained(tmp_path / "missing")
