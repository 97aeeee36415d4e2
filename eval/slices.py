"""Scores of parts of the data: by length, number of topics, register, writer, orthography, and by whether a name was in the training data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..data.coverage import ORTHOGRAPHY, fold, registers
from ..data.labels import Span
from ..data.schema import Sentence
from ..model.predictor import Prediction
from .intervals import interval, with_intervals
from .intervals import number as plain
from .metrics import count_spans, precision_recall_f1, spans_of
from .tally import Tally

LENGTHS = (15, 30, 50)
"""Upper bounds of a slice by length, in syllables."""
MEASURES = ("topics/micro_f1", "topics/no_topic_specificity", "participants/exact/f1")


def slices(sentences: Sequence[Sentence], tally: Tally, weights: np.ndarray) -> list[dict[str, Any]]:
    """Scores of each slice that has a sentence.

    Args:
        weights: (replicates, sentences), as `intervals.replicates` makes them.

    Returns:
        For each slice its `kind` (such as `length`), `name`, number of `sentences`, and `scores` of `MEASURES` with intervals.
    """
    rows = []
    for kind, name, member in masks(sentences):
        own = tally.columns[member]
        point, drawn = tally.scores_of(own.sum(axis=0, dtype=np.float64)), tally.scores_of(weights[:, member] @ own)
        scores = with_intervals({measure: point[measure] for measure in MEASURES if measure in point}, drawn)
        rows.append({"kind": kind, "name": name, "sentences": int(member.sum()), "scores": scores})
    return rows


def masks(sentences: Sequence[Sentence]) -> Iterator[tuple[str, str, np.ndarray]]:
    """Kind, name and members (one truth value a sentence) of each slice that has a member."""
    kinds: Mapping[str, Callable[[Sentence], Collection[str]]] = {
        "length": lambda s: [length_slice(s.text)],
        "topics": lambda s: [] if s.topics is None else [str(len(s.topics)) if len(s.topics) < 3 else "3 or more"],
        "kind": lambda s: [s.kind],
        "register": registers,
        "writer": lambda s: [s.writer] if s.writer else [],
        "orthography": lambda s: [name for name, has in ORTHOGRAPHY.items() if has(s)],
    }
    for kind, names_of in kinds.items():
        own = [set(names_of(sentence)) for sentence in sentences]
        names = sorted(set().union(*own), key=lambda name: _order(kind, name))
        if kind in ("kind", "writer", "register") and len(names) < 2:
            continue  # the slice would be the whole
        for name in names:
            yield kind, name, np.array([name in names_own for names_own in own], bool)


def length_slice(text: str) -> str:
    """
    >>> length_slice("Lào")
    '1 to 15 syllables'
    """
    count = len(text.split())
    below = 1
    for bound in LENGTHS:
        if count <= bound:
            return f"{below} to {bound} syllables"
        below = bound + 1
    return f"over {LENGTHS[-1]} syllables"


def _order(kind: str, name: str) -> tuple[int, str]:
    if kind == "length":
        return (10_000 if name.startswith("over") else int(name.split()[0])), name
    if kind == "orthography":
        return list(ORTHOGRAPHY).index(name), name
    return 0, name


def names_seen(
    sentences: Sequence[Sentence],
    predictions: Sequence[Prediction],
    known: Collection[str],
    types: Sequence[str],
    weights: np.ndarray,
) -> list[dict[str, Any]]:
    """Exact-span scores of participants whose name the training data have as a participant, and of the others.

    Args:
        known: the names, as `participant_names` gives them.

    Returns:
        For `seen` and `unseen`, and for each `type` (None: all of them): `gold` and the scores with intervals; without those of which
        there is neither gold nor prediction.
    """
    pairs = [(s, p) for s, p in zip(sentences, predictions, strict=True) if s.participants is not None]
    drawn = weights[:, [s.participants is not None for s in sentences]]
    rows = []
    for name, seen in (("seen", True), ("unseen", False)):

        def own(spans: Sequence[Span], text: str, seen: bool = seen) -> list[Span]:
            return [span for span in spans if (fold(text[span[0] : span[1]]) in known) == seen]

        counts = count_spans(
            [own(spans_of(s.participants or ()), s.text) for s, _ in pairs],
            [own(spans_of(p.participants), s.text) for s, p in pairs],
            types,
        )[:, 0]
        for kind, column in ((None, counts.sum(axis=1)), *((kind, counts[:, i]) for i, kind in enumerate(types))):
            total = column.sum(axis=0)
            if not total.any():
                continue
            again = drawn @ column
            scores = {}
            for measure, value, replicate in zip(
                ("precision", "recall", "f1"), precision_recall_f1(total), precision_recall_f1(again), strict=True
            ):
                low, high = interval(np.where(again[:, 1] + again[:, 3] > 0, replicate, np.nan))
                scores[measure] = {"value": plain(value), "low": low, "high": high}
            rows.append({"name": name, "type": kind, "gold": int(total[1]), "scores": scores})
    return rows


def participant_names(sentences: Sequence[Sentence]) -> frozenset[str]:
    """The names of all participants, whatever their case and the place of their tone marks.

    >>> participant_names([Sentence("1", "Lào")])
    frozenset()
    """
    return frozenset(fold(p.text) for s in sentences for p in s.participants or ())
