"""What a run needs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from transformers import RobertaConfig, RobertaModel

from hoptac.model.modeling import TopicParticipantModel
from hoptac.train.config import ConfigError, Train
from hoptac.train.resources import available_memory, choose_precision, estimate, measured_rate, peak_memory


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


def test_an_estimate_counts_parameters_steps_and_tokens() -> None:
    model = _network(2)
    need = estimate(model, [30] * 100, Train(epochs=3, batch_size=16), "fp32", "cpu", rate=1e9)
    assert need.parameters == sum(p.numel() for p in model.parameters())
    assert (need.steps, need.tokens) == (21, 9000)
    few = estimate(model, [30] * 100, Train(epochs=3, batch_size=16, max_steps=7), "fp32", "cpu", rate=1e9)
    assert (few.steps, few.tokens) == (7, 3000)
    assert few.seconds == pytest.approx(need.seconds / 3)


def test_an_estimate_grows_with_what_costs_more() -> None:
    lengths, train = [100] * 64, Train(epochs=1, batch_size=32)
    base = estimate(_network(4), lengths, train, "fp32", "cpu", rate=1e9)
    assert estimate(_network(8), lengths, train, "fp32", "cpu", rate=1e9).seconds > 1.8 * base.seconds
    assert estimate(_network(4), lengths, replace(train, batch_size=64), "fp32", "cpu", rate=1e9).memory > base.memory
    for saving in (replace(train, gradient_accumulation=4), replace(train, gradient_checkpointing=True)):
        assert estimate(_network(4), lengths, saving, "fp32", "cpu", rate=1e9).memory < base.memory
    two = estimate(_network(4), lengths, train, "fp32", "cpu", processes=2, rate=1e9)
    assert two.tokens == base.tokens / 2
    assert two.memory < base.memory


def test_what_the_machine_tells_is_plausible() -> None:
    assert measured_rate("cpu", "fp32", 256, 64) > 1e8
    peak = peak_memory("cpu")
    assert peak is None or 0.05 < peak < 1000
    free = available_memory("cpu")
    assert free is None or 0.05 < free < 100_000
