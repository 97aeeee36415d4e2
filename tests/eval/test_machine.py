"""The machine's limit: operations against torch's own count, rates by hand."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig, BertModel

from hoptac.eval import machine
from hoptac.eval.machine import describe_machine, operations, product_rates, thread_counts
from hoptac.model.modeling import TopicParticipantModel

SMALL: dict[str, Any] = {"num_hidden_layers": 3, "hidden_size": 32, "intermediate_size": 80}


@pytest.mark.parametrize("length", [1, 7, 40])
def test_operations_are_those_that_torch_counts(length: int) -> None:
    config = BertConfig(**SMALL, num_attention_heads=4, vocab_size=50)
    config._attn_implementation = "eager"  # torch counts its products one by one
    network = TopicParticipantModel(BertModel(config, add_pooling_layer=False), topics=0, tags=7).eval()
    ids = torch.ones(1, length, dtype=torch.int64)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network(ids, torch.ones_like(ids))
    assert operations(SMALL, [length], outputs=7) == counter.get_total_flops()


@given(st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_operations_are_the_mean_over_texts(lengths: list[int]) -> None:
    single = [operations(SMALL, [length]) for length in lengths]
    assert operations(SMALL, lengths) == pytest.approx(sum(single) / len(single))


def test_operations_need_a_text() -> None:
    with pytest.raises(ValueError, match="lengths: no text"):
        operations(SMALL, [])


@pytest.mark.parametrize(("cores", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_thread_counts_double_up_to_all_cores(cores: int, counts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "processors", lambda: cores)
    assert thread_counts() == counts


def test_the_processor_is_told_by_its_first_core() -> None:
    text = "processor\t: 0\nmodel name\t: A\nflags\t\t: avx2 avx512_vnni\n\nprocessor\t: 1\nmodel name\t: B\n"
    assert dict(machine._facts(text)) == {"processor": "0", "model name": "A", "flags": "avx2 avx512_vnni"}


def test_a_machine_says_what_it_is_made_of() -> None:
    found = describe_machine()
    assert found["processor"]
    assert found["versions"]["onnxruntime"]
    assert set(found["instructions"]) <= set(machine._FLAGS)


def test_every_library_and_precision_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SQUARE", 32)
    rates = product_rates(SMALL, rows=16, threads=1, seconds=0.0)
    names = {"torch fp32", "torch bf16", "torch int8", "onnxruntime fp32", "onnxruntime int8", "onnxruntime NBits"}
    assert set(rates) == names
    for row in rates.values():
        assert list(row) == ["32x32", "32x80", "80x32", "square", "network"]
        assert all(rate > 0 for rate in row.values())
        shapes = [row[shape] for shape in ("32x32", "32x80", "80x32")]
        assert min(shapes) <= row["network"] <= max(shapes)


def test_the_rate_of_the_network_weighs_products_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {(10, 2, 2): 1.0, (10, 2, 4): 2.0, (10, 4, 2): 5.0, (8, 8, 8): 1.0}
    monkeypatch.setattr(machine, "SQUARE", 8)
    monkeypatch.setattr(machine, "_products", lambda threads: [("slow", lambda *shape: shape)])
    monkeypatch.setattr(machine, "_median_time", lambda shape, wanted: seconds[shape])
    [rates] = product_rates({"hidden_size": 2, "intermediate_size": 4}, rows=10, threads=1).values()
    assert rates["2x4"] == pytest.approx(2 * 10 * 2 * 4 / 2.0 / 1e9)
    assert rates["square"] == pytest.approx(2 * 8**3 / 1e9)
    assert rates["network"] == pytest.approx((4 * 80 + 160 + 160) / (4 * 1.0 + 2.0 + 5.0) / 1e9)


def test_nothing_is_measured_where_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in ("torch", "onnx") else find(name))
    assert product_rates(SMALL, rows=16, threads=1) == {}


def test_a_time_is_the_median_of_three_calls_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 1.0, 11.0, 11.0, 13.0])
    monkeypatch.setattr("hoptac.eval.machine.time.perf_counter", lambda: next(clock))
    calls: list[Any] = []
    call: Callable[[], object] = lambda: calls.append(None)  # noqa: E731
    assert machine._median_time(call, seconds=0.5) == 2.0
    assert len(calls) == 4, "the first is not timed"
