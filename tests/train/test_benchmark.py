"""Training and prediction against stock transformers, on a tiny encoder; no assertion on time."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from hoptac.train import benchmark
from hoptac.train.benchmark import BATCH, backbone_table, benchmark_backbone, benchmark_training, in_own_process, stock


def in_this_process(task: Mapping[str, Any], workplace: Path, keep: bool = False) -> dict[str, float]:
    """As `in_own_process`, without the seconds that it takes to import torch again."""
    (workplace / "task.json").write_text(json.dumps(task), encoding="utf-8")
    with redirect_stdout(io.StringIO()) as out:
        stock(str(workplace / "task.json"), keep)
    return dict(json.loads(out.getvalue().splitlines()[-1]))


def test_training_is_compared_with_plain_loops(tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    padded: list[int] = []

    def run(task: Mapping[str, Any], workplace: Path) -> dict[str, float]:
        padded.append(task["longest"])
        return in_this_process(task, workplace) if len(padded) > 1 else in_own_process(task, workplace)

    monkeypatch.setattr(benchmark, "in_own_process", run)
    found = benchmark_training(str(tiny_backbone), steps=1)
    assert padded == [256, 0]
    rates, ratios = found["steps_per_second"], found["ratios"]
    assert list(rates) == ["plain, padded to 256 tokens", "plain, padded to the longest of a batch", "ours"]
    assert ratios == pytest.approx({name: rates["ours"] / rate for name, rate in rates.items() if name != "ours"})
    assert found["batch_size"] == BATCH


def test_a_backbone_is_compared_with_stock_models(tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "in_own_process", in_this_process)
    found = benchmark_backbone(str(tiny_backbone), steps=1, sentences=8)
    assert set(found["training"]) == {"stock", "stock_kept", "ours"}
    assert set(found["prediction"]) == {"stock", "stock_kept", "torch", "onnx"}
    assert found["ratios"]["training_to_stock"] == pytest.approx(found["training"]["stock"] / found["training"]["ours"])
    assert backbone_table(found).row_count == 7


def test_too_few_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="sentences: 3, but at least 4"):
        benchmark_backbone("embedded", sentences=3)
