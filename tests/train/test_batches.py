"""Which sentences are read together."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.train.batches import LengthBatches
from hoptac.train.config import ConfigError


@given(
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=300),
    batch_size=st.integers(1, 40),
    processes=st.integers(1, 3),
    accumulation=st.integers(1, 3),
    epoch=st.integers(0, 3),
)
def test_each_sentence_stands_in_one_batch_of_one_device(
    lengths: list[int], batch_size: int, processes: int, accumulation: int, epoch: int
) -> None:
    try:
        devices = [LengthBatches(lengths, batch_size, 7, accumulation, processes, rank) for rank in range(processes)]
    except ConfigError:
        steps = -(-len(lengths) // batch_size)
        assert len(lengths) // steps < processes * accumulation
        return
    for device in devices:
        device.epoch = epoch
    dealt = [list(device) for device in devices]
    assert sorted(i for batches in dealt for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(batch for batches in dealt for batch in batches)
    assert {len(batches) for batches in dealt} == {len(devices[0])}


@given(lengths=st.lists(st.integers(1, 200), min_size=24, max_size=300), parts=st.sampled_from([(1, 2), (2, 1), (2, 2)]))
def test_a_step_learns_from_the_same_sentences_on_any_number_of_devices(lengths: list[int], parts: tuple[int, int]) -> None:
    processes, accumulation = parts
    whole = [set(batch) for batch in LengthBatches(lengths, 16, 3)]
    devices = [iter(LengthBatches(lengths, 16, 3, accumulation, processes, rank)) for rank in range(processes)]
    for step in whole:
        assert {i for device in devices for batch in islice(device, accumulation) for i in batch} == step


def test_steps_are_of_like_size_and_like_length() -> None:
    lengths = [10 + i % 90 for i in range(1000)]
    batches = list(LengthBatches(lengths, 16, 1))
    assert {len(batch) for batch in batches} == {15, 16}
    padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
    assert padded / sum(lengths) < 1.1
    firsts = [lengths[batch[0]] for batch in batches]
    assert firsts != sorted(firsts)


def test_epochs_and_seeds_draw_anew_and_alike() -> None:
    def drawn(seed: int, epoch: int) -> list[list[int]]:
        batches = LengthBatches(list(range(100)), 8, seed)
        batches.epoch = epoch
        return list(batches)

    assert drawn(1, 2) == drawn(1, 2)
    assert drawn(1, 2) != drawn(1, 3)
    assert drawn(1, 2) != drawn(2, 2)


def test_a_batch_too_small_for_the_devices_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"train\.batch_size: 4 of 100 training sentences cannot be dealt out to 3 devices times 2"
    ):
        LengthBatches([5] * 100, 4, 1, accumulation=2, processes=3)
