"""Scores of topics and participants against gold sentences.

Topic F1 is over sentences, macro is the mean over the topics that occur in gold or prediction; span F1 asks for exact
start, end and type. With neither gold nor prediction an F1 is 0, with a warning, never 1.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from ..data.labels import CORE_TOPICS, TOPICS, TYPES, Span
from ..data.schema import Participant


@dataclass(slots=True)
class Counts:
    """True positives, false positives, false negatives."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def add(self, gold: Set[object], found: Set[object]) -> None:
        self.tp += len(gold & found)
        self.fp += len(found - gold)
        self.fn += len(gold - found)

    @property
    def empty(self) -> bool:
        return not (self.tp or self.fp or self.fn)

    def to_dict(self) -> dict[str, float]:
        """Precision, recall, F1 and the number of gold items.

        >>> Counts(tp=3, fp=1, fn=2).to_dict()
        {'precision': 0.75, 'recall': 0.6, 'f1': 0.6666666666666666, 'support': 5}
        """
        return {
            "precision": self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0,
            "recall": self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0,
            "f1": self.f1,
            "support": self.tp + self.fn,
        }

    @property
    def f1(self) -> float:
        return 0.0 if self.empty else 2 * self.tp / (2 * self.tp + self.fp + self.fn)


def score_topics(
    gold: Sequence[Iterable[str]], found: Sequence[Iterable[str]], topics: Sequence[str] = TOPICS
) -> dict[str, object]:
    """Scores of topic sets, one pair per sentence; labels outside `topics` do not count.

    >>> score_topics([["trade"]], [["trade", "mia"]])["micro_f1"]
    0.6666666666666666
    """
    per_topic = {topic: Counts() for topic in topics}
    total = Counts()
    exact = negatives = clean = 0
    for left, right in zip(map(set(topics).intersection, gold), map(set(topics).intersection, found), strict=True):
        exact += left == right
        negatives += not left
        clean += not left and not right
        total.add(left, right)
        for topic, counts in per_topic.items():
            counts.add(left & {topic}, right & {topic})
    known = [topic for topic, counts in per_topic.items() if not counts.empty]
    if not known:
        warnings.warn("no topic in gold or prediction: F1 is reported as 0", stacklevel=2)
    core = [topic for topic in known if topic in CORE_TOPICS]
    return {
        "micro_f1": total.f1,
        "macro_f1": _mean([per_topic[topic].f1 for topic in known]),
        "core_macro_f1": _mean([per_topic[topic].f1 for topic in core]) if set(topics) & set(CORE_TOPICS) else None,
        "exact_match": exact / len(gold) if gold else 0.0,
        "no_topic_specificity": clean / negatives if negatives else None,
        "topics": {topic: counts.to_dict() for topic, counts in per_topic.items()},
    }


def score_spans(
    gold: Sequence[Iterable[Span]], found: Sequence[Iterable[Span]], types: Sequence[str] = TYPES
) -> dict[str, object]:
    """Exact-span scores, one pair of span sets per sentence.

    >>> score_spans([[(0, 3, "GPE")]], [[(0, 3, "GPE"), (5, 8, "ORG")]])["f1"]
    0.6666666666666666
    """
    per_type = {kind: Counts() for kind in types}
    total = Counts()
    for left, right in zip(map(set, gold), map(set, found), strict=True):
        total.add(left, right)
        for kind, counts in per_type.items():
            counts.add({s for s in left if s[2] == kind}, {s for s in right if s[2] == kind})
    if total.empty:
        warnings.warn("no participant in gold or prediction: F1 is reported as 0", stacklevel=2)
    return total.to_dict() | {"types": {kind: counts.to_dict() for kind, counts in per_type.items()}}


def spans_of(participants: Iterable[Participant]) -> list[Span]:
    return [(p.start, p.end, p.type) for p in participants]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
