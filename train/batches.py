"""Which sentences are read together: batches of like length, the same on any number of devices."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from torch.utils.data import Sampler

from .config import ConfigError

_POOL = 50
"""Batches whose sentences are sorted by length together: enough to waste little padding, few enough to stay random."""


class LengthBatches(Sampler[list[int]]):
    """Batches of sentences of like length, drawn anew each epoch.

    A step of the optimiser learns from `batch_size` sentences, or one fewer where the epoch does not divide evenly. They are dealt out to
    `parts` batches (devices times accumulated batches), so that what a step learns from does not depend on how many devices there are.
    The order depends on seed and epoch only, so that a resumed run sees what an undisturbed one would have.

    Args:
        lengths: tokens of each item.
        batch_size: items in one step, over all parts.
        accumulation: batches that one device reads in a step.
        processes, rank: number of devices, and which of them this one is.

    Raises:
        ConfigError: if a part of a step would have no sentence.

    >>> batches = LengthBatches([5, 9, 5, 9], batch_size=2, seed=1)
    >>> sorted(map(sorted, batches))
    [[0, 2], [1, 3]]
    """

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        seed: int,
        accumulation: int = 1,
        processes: int = 1,
        rank: int = 0,
    ) -> None:
        self.lengths = lengths
        self.steps = -(-len(lengths) // batch_size)
        self.seed, self.epoch = seed, 0
        self.accumulation, self.processes, self.rank = accumulation, processes, rank
        parts = accumulation * processes
        if len(lengths) // self.steps < parts:
            raise ConfigError(
                f"train.batch_size: {batch_size} of {len(lengths)} training sentences cannot be dealt out to {processes} devices "
                f"times {accumulation} accumulated batches"
            )

    def __len__(self) -> int:
        return self.steps * self.accumulation

    def __iter__(self) -> Iterator[list[int]]:
        for step in self._steps():
            for part in range(self.accumulation):
                yield step[self.rank * self.accumulation + part :: self.processes * self.accumulation]

    def _steps(self) -> list[list[int]]:
        """The items of each step, all parts together."""
        draw = random.Random(f"{self.seed}/{self.epoch}")
        count = len(self.lengths)
        shuffled = draw.sample(range(count), count)
        edges = [count * step // self.steps for step in range(self.steps + 1)]
        found: list[list[int]] = []
        for first in range(0, self.steps, _POOL):
            last = min(first + _POOL, self.steps)
            pool = sorted(shuffled[edges[first] : edges[last]], key=lambda item: self.lengths[item])
            found += [pool[edges[step] - edges[first] : edges[step + 1] - edges[first]] for step in range(first, last)]
        draw.shuffle(found)
        return found
