"""What a run needs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import RobertaConfig, RobertaModel

from hoptac.model.modeling import TopicParticipantModel
from hoptac.train.collator import Collator, Features
from hoptac.train.config import ConfigError, Train
from hoptac.train.resources import Need, _kept_bytes, available_memory, choose_precision, estimate, peak_memory


@pytest.mark.parametrize(
    ("wanted", "device", "bf16", "tf32", "expected"),
    [
        ("auto", "cuda", True, True, "bf16"),
        ("auto", "cuda", False, False, "fp16"),
        ("auto", "cpu", True, False, "bf16"),
        ("auto", "cpu", False, False, "fp32"),
        ("auto", "mps", False, False, "fp32"),
        ("tf32", "cuda", True, True, "tf32"),
        ("fp16", "cuda", True, True, "fp16"),
        ("fp32", "cuda", True, True, "fp32"),
        ("bf16", "cpu", False, False, "bf16"),
    ],
)
def test_precision_follows_the_device(wanted: str, device: str, bf16: bool, tf32: bool, expected: str) -> None:
    assert choose_precision(wanted, device, bf16, tf32) == expected


@pytest.mark.parametrize(
    ("wanted", "device", "tf32"), [("fp16", "cpu", False), ("tf32", "cpu", False), ("tf32", "cuda", False)]
)
def test_a_precision_that_the_device_lacks_is_refused(wanted: str, device: str, tf32: bool) -> None:
    with pytest.raises(ConfigError, match=rf"train\.precision: this device \({device}\) has no {wanted}"):
        choose_precision(wanted, device, True, tf32)


def _network(layers: int) -> TopicParticipantModel:
    config = RobertaConfig(
        vocab_size=100, hidden_size=64, num_hidden_layers=layers, num_attention_heads=4, intermediate_size=256
    )
    return TopicParticipantModel(RobertaModel(config), 12, 7)


def _features(count: int, length: int) -> list[Features]:
    return [{"input_ids": [5] * length, "topic_labels": [1] * 12, "tag_labels": [0] * length} for _ in range(count)]


def _estimate(layers: int = 4, train: Train | None = None, length: int = 100, processes: int = 1) -> Need:
    train = train or Train(epochs=3, batch_size=16)
    return estimate(_network(layers), _features(100, length), 500, train, "fp32", "cpu", processes)


def test_an_estimate_counts_parameters_steps_and_tokens() -> None:
    need = _estimate(2, length=30)
    assert need.parameters == sum(p.numel() for p in _network(2).parameters())
    assert (need.steps, need.tokens) == (21, 9000)
    few = _estimate(2, Train(epochs=3, batch_size=16, max_steps=7), length=30)
    assert (few.steps, few.tokens) == (7, 3000)
    assert need.seconds > 0


def test_an_estimate_grows_with_what_costs_more() -> None:
    train = Train(epochs=1, batch_size=32)
    base = _estimate(train=train)
    assert _estimate(train=replace(train, batch_size=64)).memory > base.memory
    assert _estimate(train=train, length=200).memory > base.memory
    assert _estimate(train=train, processes=2).tokens == base.tokens / 2


def test_what_backward_keeps_is_counted() -> None:
    model, collate = _network(4), Collator(1)
    whole = _kept_bytes(model, collate(_features(8, 100)), "fp32", "cpu")
    assert whole > 8 * 100 * 64 * 4 * 4 * 8  # eight tensors of the width of each layer, at the very least
    assert _kept_bytes(model, collate(_features(4, 100)), "fp32", "cpu") < 0.6 * whole


def test_an_estimate_changes_nothing_in_the_run() -> None:
    torch.manual_seed(3)
    model = _network(2)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.random.get_rng_state()
    estimate(model, _features(20, 10), 0, Train(), "fp32", "cpu")
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(weights[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_what_the_machine_tells_is_plausible() -> None:
    peak = peak_memory("cpu")
    assert peak is None or 0.05 < peak < 1000
    free = available_memory("cpu")
    assert free is None or 0.05 < free < 100_000
