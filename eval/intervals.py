"""How far a score would move with other sentences, and whether two checkpoints differ by more than chance.

Sentences of one article, or of one writer, are alike, so whole groups are drawn (Davison & Hinkley 1997, section 3.8); where they are
few, their sentences are drawn again within them, since few groups alone give intervals that are narrower still. Intervals are
percentiles of the replicates (Efron & Tibshirani 1993).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.schema import Sentence
from .tally import Tally

DRAWS = 1000
FEW = 10
"""With fewer groups an interval is usually too narrow, since the groups there are do not show how far others would differ."""
_PERMUTED = 250


@dataclass(frozen=True, slots=True)
class Groups:
    """Which sentences are drawn together."""

    by: str
    """`writer`, `doc` or `sentence`."""
    of: np.ndarray
    """The group of each sentence, numbered from 0."""

    @property
    def number(self) -> int:
        return int(self.of.max()) + 1 if len(self.of) else 0

    def describe(self) -> str:
        """What is drawn, for the reader of the scores."""
        if self.by == "sentence":
            return f"{self.number} sentences drawn with replacement"
        name = {"doc": "articles", "writer": "writers"}[self.by]
        if self.number >= FEW:
            return f"{self.number} {name} drawn with replacement, each whole"
        few = f"with fewer than {FEW} the intervals are usually too narrow"
        return f"{self.number} {name} drawn with replacement, and the sentences in each; {few}"


def group(sentences: Sequence[Sentence], by: str | None = None) -> Groups:
    """The groups of sentences.

    Args:
        by: `writer`, `doc` or `sentence`; None takes writers if there are several and every sentence has one, else articles likewise,
            else sentences.

    >>> group([Sentence("1", "a", doc="x"), Sentence("2", "b", doc="x"), Sentence("3", "c", doc="y")]).of.tolist()
    [0, 0, 1]

    Raises:
        ValueError: for another `by`, or one that not every sentence has.
    """
    if by not in (None, "writer", "doc", "sentence"):
        raise ValueError(f"by: {by!r} is not writer, doc or sentence")
    for name in ("writer", "doc") if by is None else (by,) if by != "sentence" else ():
        values = [s.writer if name == "writer" else s.doc for s in sentences]
        if by and not all(values):
            raise ValueError(f"by: {by}, but {values.count('')} of {len(values)} sentences have no field `{by}`")
        if all(values) and (by or len(set(values)) > 1):
            return Groups(name, np.unique(values, return_inverse=True)[1])
    return Groups("sentence", np.arange(len(sentences)))


def replicates(groups: Groups, draws: int = DRAWS, seed: int = 1) -> np.ndarray:
    """How often each sentence counts in each replicate, float32 of shape (draws, sentences)."""
    random = np.random.default_rng(seed)
    number = groups.number
    if groups.by == "sentence":
        return random.multinomial(number, np.full(number, 1 / max(number, 1)), size=draws).astype(np.float32)
    chosen = random.multinomial(number, np.full(number, 1 / number), size=draws)
    if number >= FEW:
        return chosen[:, groups.of].astype(np.float32)
    weights = np.zeros((draws, len(groups.of)), np.float32)
    for own in range(number):
        [members] = np.nonzero(groups.of == own)
        weights[:, members] = random.multinomial(chosen[:, own] * len(members), np.full(len(members), 1 / len(members)))
    return weights


def interval(values: np.ndarray, level: float = 0.95) -> tuple[float | None, float | None]:
    """The middle `level` of replicates along the last axis, without those in which nothing was there to be scored.

    >>> interval(np.full(100, 0.5))
    (0.5, 0.5)
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return None, None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def with_intervals(point: Mapping[str, np.ndarray], drawn: Mapping[str, np.ndarray]) -> dict[str, dict[str, float | None]]:
    """For each score its `value`, and the ends `low` and `high` of its 95 % interval; None where nothing is there to be scored.

    A calibration error is a sum of absolute values, which drawing again can only make larger, so its interval is the basic one,
    which is reflected at the value (Davison & Hinkley 1997, section 5.2).
    """
    rows = {}
    for name, value in point.items():
        low, high = interval(drawn[name])
        if "calibration_error" in name and low is not None and high is not None:
            low, high = max(0.0, 2 * float(value) - high), max(0.0, 2 * float(value) - low)
        rows[name] = {"value": number(value), "low": low, "high": high}
    return rows


def number(value: Any) -> float | None:
    """A plain float, or None for NaN."""
    return None if math.isnan(value) else float(value)


def compare(
    first: Tally, second: Tally, groups: Groups, weights: np.ndarray, seed: int = 1
) -> dict[str, dict[str, float | None]]:
    """Scores of two answers to the same sentences, side by side.

    Args:
        weights: as `replicates` makes them; the same for both, so that what is hard in a replicate is hard for both.

    Returns:
        For each score that both have: `first`, `second`, their `difference` (first - second) with `low` and `high`, and `p` of a
        permutation test, None where the score depends on the order of probabilities. Values of p are not corrected for their number.
    """
    points = first.scores(), second.scores()
    drawn = first.scores(weights), second.scores(weights)
    shared = [name for name in points[0] if name in points[1]]
    p = permutation_test(first, second, groups, seed=seed)
    rows: dict[str, dict[str, float | None]] = {}
    for name in shared:
        low, high = interval(drawn[0][name] - drawn[1][name])
        a, b = number(points[0][name]), number(points[1][name])
        difference = None if a is None or b is None else a - b
        rows[name] = {"first": a, "second": b, "difference": difference, "low": low, "high": high, "p": p.get(name)}
    return rows


def permutation_test(first: Tally, second: Tally, groups: Groups, draws: int = 9999, seed: int = 1) -> dict[str, float | None]:
    """Two-sided p of each score's difference, by exchanging the two answers at random (Noreen 1989; Yeh 2000).

    Whole groups are exchanged where there are at least 20, else single sentences: three writers have only eight ways to be
    exchanged. p counts the observed way among the drawn ones, so it is never 0 (Phipson & Smyth 2010).
    """
    if first.topics != second.topics or first.types != second.types or len(first.columns) != len(second.columns):
        raise ValueError("only answers to the same sentences with the same labels can be exchanged")
    unit = exchanged(groups)
    of = np.arange(len(first.columns)) if unit == "sentence" else groups.of
    moved = np.zeros((int(of.max()) + 1 if len(of) else 0, first.columns.shape[1]), np.float32)
    np.add.at(moved, of, second.columns - first.columns)
    moved = moved[moved.any(axis=1)]  # what both answered alike is the same either way
    left, right = (tally.columns.sum(axis=0, dtype=np.float64) for tally in (first, second))
    observed = _difference(first, left, right)
    reached = dict.fromkeys(observed, 1)
    random = np.random.default_rng(seed)
    for begin in range(0, draws, _PERMUTED):
        change = random.integers(0, 2, (min(_PERMUTED, draws - begin), len(moved))).astype(np.float32) @ moved
        for name, found in _difference(first, left + change, right - change).items():
            reached[name] += int((np.abs(np.nan_to_num(found)) >= abs(observed[name]) - 1e-12).sum())
    return {name: None if math.isnan(observed[name]) else count / (draws + 1) for name, count in reached.items()}


def exchanged(groups: Groups) -> str:
    """What the permutation test exchanges: `writer`, `doc` or `sentence`."""
    return groups.by if groups.number >= 20 else "sentence"


def _difference(tally: Tally, first: np.ndarray, second: np.ndarray) -> dict[str, Any]:
    a, b = tally.scores_of(first), tally.scores_of(second)
    return {name: a[name] - b[name] for name in a}
