"""Training and prediction against stock transformers, on a tiny encoder; no assertion on time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hoptac.train import benchmark
from hoptac.train.benchmark import BATCH, backbone_table, benchmark_backbone, benchmark_training, stock


def test_training_is_compared_with_plain_loops(tiny_backbone: Path) -> None:
    found = benchmark_training(str(tiny_backbone), steps=1)
    rates, ratios = found["steps_per_second"], found["ratios"]
    assert list(rates) == ["plain, padded to 256 tokens", "plain, padded to the longest of a batch", "ours"]
    assert ratios == pytest.approx({name: rates["ours"] / rate for name, rate in rates.items() if name != "ours"})
    assert found["batch_size"] == BATCH


def test_a_backbone_is_compared_with_stock_models(
    tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def here(task: Mapping[str, Any], workplace: Path, keep: bool = False) -> dict[str, float]:
        """In this process, which has imported torch already."""
        (workplace / "task.json").write_text(json.dumps(task), encoding="utf-8")
        stock(str(workplace / "task.json"), keep)
        return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))

    monkeypatch.setattr(benchmark, "in_own_process", here)
    found = benchmark_backbone(str(tiny_backbone), steps=1, sentences=8)
    assert set(found["training"]) == {"stock", "stock_kept", "ours"}
    assert set(found["prediction"]) == {"stock", "stock_kept", "torch", "onnx"}
    assert found["ratios"]["training_to_stock"] == pytest.approx(found["training"]["stock"] / found["training"]["ours"])
    assert backbone_table(found).row_count == 7


def test_too_few_sentences_are_refused() -> None:
    with pytest.raises(ValueError, match="sentences: 3, but at least 4"):
        benchmark_backbone("embedded", sentences=3)
