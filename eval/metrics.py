"""Scores of topics and participants against gold sentences.

Everything is computed from counts of each sentence, so that a score of all sentences, of a slice and of a bootstrap replicate is one
definition. Topic F1 is over sentences, macro is the mean over the topics that occur in gold or prediction; span F1 asks for exact
start, end and type. With neither gold nor prediction an F1 is 0, with a warning, never 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..data.labels import CORE_TOPICS, TOPICS, TYPES, Span
from ..data.schema import Participant

MATCHES: tuple[str, ...] = ("exact", "partial", "type_free")
"""How a span is right: `exact` with start, end and type; `partial` with its type and an overlap, which counts half; `type_free` with
start and end, whatever its type. Half credit is that of MUC-5; unlike `partial` of SemEval-2013 task 9.1 it asks for the type."""


def score_topics(
    gold: Sequence[Iterable[str]], found: Sequence[Iterable[str]], topics: Sequence[str] = TOPICS
) -> dict[str, Any]:
    """Scores of topic sets, one pair per sentence; labels outside `topics` do not count.

    >>> score_topics([["trade"]], [["trade", "mia"]])["micro_f1"]
    0.6666666666666666
    """
    counts = count_topics(gold, found, topics)
    if not counts.any():
        warnings.warn("no topic in gold or prediction: F1 is reported as 0", stacklevel=2)
    scores = topic_scores(counts.sum(axis=0), topics)
    negative, clean = negatives(counts)
    return {
        "micro_f1": float(scores["micro_f1"]),
        "macro_f1": float(scores["macro_f1"]),
        "core_macro_f1": float(scores["core_macro_f1"]) if set(topics) & set(CORE_TOPICS) else None,
        "exact_match": float(exact_sets(counts).mean()) if len(counts) else 0.0,
        "no_topic_specificity": int(clean.sum()) / int(negative.sum()) if negative.any() else None,
        "topics": {topic: _row(row) for topic, row in zip(topics, counts.sum(axis=0), strict=True)},
    }


def score_spans(
    gold: Sequence[Iterable[Span]], found: Sequence[Iterable[Span]], types: Sequence[str] = TYPES
) -> dict[str, Any]:
    """Exact-span scores, one pair of span sets per sentence; types outside `types` do not count.

    >>> score_spans([[(0, 3, "GPE")]], [[(0, 3, "GPE"), (5, 8, "ORG")]])["f1"]
    0.6666666666666666
    """
    counts = count_spans(gold, found, types)[:, 0]
    if not counts.any():
        warnings.warn("no participant in gold or prediction: F1 is reported as 0", stacklevel=2)
    per_type = counts.sum(axis=0)
    return _row(per_type.sum(axis=0)) | {"types": {kind: _row(row) for kind, row in zip(types, per_type, strict=True)}}


def _row(counts: np.ndarray) -> dict[str, Any]:
    precision, recall, f1 = map(float, precision_recall_f1(counts))
    return {"precision": precision, "recall": recall, "f1": f1, "support": int(counts[1])}


def precision_recall_f1(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1, each of the shape of `counts` without its last axis; 0 where nothing is there to count.

    Args:
        counts: (…, 4) with the gold items that were found, the gold items, the predictions that are right, the predictions.

    >>> [float(score) for score in precision_recall_f1(np.array([3, 5, 3, 4]))]
    [0.75, 0.6, 0.6666666666666666]
    """
    hits, gold, right, found = np.moveaxis(np.asarray(counts, np.float64), -1, 0)
    precision, recall = ratio(right, found), ratio(hits, gold)
    return precision, recall, ratio(2 * hits * right, right * gold + hits * found)


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """The quotient, 0 where the denominator is 0."""
    quotient: np.ndarray = np.divide(numerator, denominator, out=np.zeros(np.shape(denominator)), where=denominator > 0)
    return quotient


def count_topics(gold: Sequence[Iterable[str]], found: Sequence[Iterable[str]], topics: Sequence[str] = TOPICS) -> np.ndarray:
    """Counts of shape (sentences, topics, 4) as `precision_recall_f1` reads them, each 0 or 1."""
    given = np.array([indicator(sets, topics) for sets in (gold, found)]) if len(gold) == len(found) else None
    if given is None:
        raise ValueError(f"{len(gold)} gold sentences and {len(found)} predictions: one is shorter")
    both = given[0] & given[1]
    return np.stack([both, given[0], both, given[1]], axis=-1)


def indicator(sets: Sequence[Iterable[str]], labels: Sequence[str]) -> np.ndarray:
    """Whether each set has each label, as 0 and 1 of shape (sets, labels)."""
    column = {label: number for number, label in enumerate(labels)}
    table = np.zeros((len(sets), len(labels)), np.int32)
    for row, own in enumerate(sets):
        for label in own:
            if label in column:
                table[row, column[label]] = 1
    return table


def topic_scores(totals: np.ndarray, topics: Sequence[str] = TOPICS, occurs: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Micro and macro scores from sums of counts.

    Args:
        totals: (…, topics, 4).
        occurs: (…, topics), over which topics macro is the mean; None is those in gold or prediction.

    Returns:
        Arrays of shape (…).
    """
    f1 = precision_recall_f1(totals)[2]
    occurs = (totals[..., 1] + totals[..., 3]) > 0 if occurs is None else occurs
    core = np.array([topic in CORE_TOPICS for topic in topics], bool)
    precision, recall, micro = precision_recall_f1(totals.sum(axis=-2))
    return {
        "macro_f1": ratio((f1 * occurs).sum(axis=-1), occurs.sum(axis=-1)),
        "core_macro_f1": ratio((f1 * occurs)[..., core].sum(axis=-1), occurs[..., core].sum(axis=-1)),
        "micro_f1": micro,
        "micro_precision": precision,
        "micro_recall": recall,
    }


def exact_sets(counts: np.ndarray) -> np.ndarray:
    """For each sentence whether its topics are right and complete."""
    exact: np.ndarray = (counts[..., 1] == counts[..., 3]).all(axis=-1)
    return exact


def negatives(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each sentence whether it has no topic, and whether moreover none was given."""
    negative = np.asarray(~counts[..., 1].any(axis=-1))
    return negative, np.asarray(negative & ~counts[..., 3].any(axis=-1))


def count_spans(gold: Sequence[Iterable[Span]], found: Sequence[Iterable[Span]], types: Sequence[str] = TYPES) -> np.ndarray:
    """Counts of shape (sentences, matches, types, 4), by `MATCHES`, as `precision_recall_f1` reads them; partial ones may be halves."""
    column = {kind: number for number, kind in enumerate(types)}
    counts = np.zeros((len(gold), len(MATCHES), len(types), 4))
    for row, left, right in zip(counts, map(set, gold), map(set, found), strict=True):
        ours, theirs = ([span for span in sorted(side) if span[2] in column] for side in (left, right))
        edges = [{span[:2] for span in side} for side in (ours, theirs)]
        for side, spans in enumerate((ours, theirs)):
            for span in spans:
                own = row[:, column[span[2]]]
                own[:, 2 * side + 1] += 1
                own[0, 2 * side] += span in left and span in right
                own[2, 2 * side] += span[:2] in edges[1 - side]
        for kind, number in column.items():
            credit = partial_credit([s for s in ours if s[2] == kind], [s for s in theirs if s[2] == kind])
            row[1, number, 0] = row[1, number, 2] = credit
    return counts


def partial_credit(gold: Sequence[Span], found: Sequence[Span]) -> float:
    """1 for each span that is in both, and a half for each further pair that overlaps, paired one to one in reading order.

    >>> partial_credit([(0, 9, "ORG"), (20, 25, "ORG")], [(0, 9, "ORG"), (18, 25, "ORG")])
    1.5
    """
    exact = set(gold) & set(found)
    rest = [span for span in found if span not in exact]
    credit = float(len(exact))
    for start, end, _ in (span for span in gold if span not in exact):
        partner = next((span for span in rest if span[0] < end and start < span[1]), None)
        if partner is not None:
            rest.remove(partner)
            credit += 0.5
    return credit


def spans_of(participants: Iterable[Participant]) -> list[Span]:
    return [(p.start, p.end, p.type) for p in participants]
