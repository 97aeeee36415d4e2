"""How far two annotators agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..data.labels import TOPICS, TYPES
from ..data.schema import DataError, Sentence
from .metrics import score_spans, score_topics, spans_of


@dataclass(frozen=True, slots=True)
class Both:
    """One sentence as two annotators labelled it."""

    first: Sentence
    second: Sentence

    @property
    def agree(self) -> bool:
        """Whether topics and spans are the same, as far as both labelled them."""
        first, second = self.first, self.second
        same_topics = None in (first.topics, second.topics) or first.topics == second.topics
        if first.participants is None or second.participants is None:
            return same_topics
        return same_topics and spans_of(first.participants) == spans_of(second.participants)


def pair_up(first: Sequence[Sentence], second: Sequence[Sentence]) -> list[Both]:
    """The sentences that both annotators have, by id.

    Raises:
        DataError: if none is shared, or a shared id has two texts.
    """
    others = {sentence.id: sentence for sentence in second}
    pairs = [Both(sentence, others[sentence.id]) for sentence in first if sentence.id in others]
    if not pairs:
        raise DataError(["the two files share no id"])
    if different := [
        f"{pair.first.id}: text: differs between the two files" for pair in pairs if pair.first.text != pair.second.text
    ]:
        raise DataError(different)
    return pairs


def agreement(pairs: Sequence[Both], topics: Sequence[str] = TOPICS, types: Sequence[str] = TYPES) -> dict[str, Any]:
    """Topic micro-F1, Cohen's kappa of every topic, and exact-span F1, of what both labelled; None where neither marked anything.

    F1 does not depend on which annotator is called gold. Kappa (Cohen 1960) also takes away what chance would give.

    >>> a = Sentence("1", "Lào", ("trade",), ())
    >>> agreement([Both(a, a)])["topics"]["micro_f1"]
    1.0
    """
    # What neither annotator ever marked has no F1, though they agree on it.
    for_topics = [
        (p.first.topics, p.second.topics) for p in pairs if p.first.topics is not None and p.second.topics is not None
    ]
    for_spans = [
        (spans_of(p.first.participants), spans_of(p.second.participants))
        for p in pairs
        if p.first.participants is not None and p.second.participants is not None
    ]
    return {
        "sentences": len(pairs),
        "agree": sum(pair.agree for pair in pairs),
        "topics": score_topics([a for a, _ in for_topics], [b for _, b in for_topics], topics)
        if any(a or b for a, b in for_topics)
        else None,
        "kappa": {topic: _kappa(topic, for_topics) for topic in topics},
        "participants": score_spans([a for a, _ in for_spans], [b for _, b in for_spans], types)
        if any(a or b for a, b in for_spans)
        else None,
    }


def _kappa(topic: str, pairs: Sequence[tuple[Sequence[str], Sequence[str]]]) -> float | None:
    """None where a kappa says nothing: neither annotator, or both always, gave the topic."""
    from sklearn.metrics import cohen_kappa_score

    first = [topic in a for a, _ in pairs]
    second = [topic in b for _, b in pairs]
    if len({*first, *second}) < 2:
        return None
    return float(cohen_kappa_score(first, second))
