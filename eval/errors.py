"""The sentences on which answers are most wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..data.schema import Sentence
from ..model.predictor import Prediction
from .metrics import spans_of


def worst(
    sentences: Sequence[Sentence], predictions: Sequence[Prediction], topics: Sequence[str], number: int = 30
) -> list[dict[str, Any]]:
    """The most wrong answers, most wrong first.

    How wrong: for each topic wrongly given or left out the distance of its probability from the truth; for each participant wrongly
    found half its score, and a half for each left out, so that one with wrong edges or type counts about 1.

    Returns:
        Each with `id`, `text`, `wrong` (the sum above) and `gold` and `found`, both with `topics` (None if not labelled) and
        `participants` as start, end and type; `scores` of the topics in either.
    """
    rows: list[dict[str, Any]] = []
    for sentence, answer in zip(sentences, predictions, strict=True):
        wrong = 0.0
        own = [topic for topic in sentence.topics or () if topic in topics]
        if sentence.topics is not None:
            wrong += sum(abs(answer.scores[topic] - (topic in own)) for topic in set(own) ^ set(answer.topics))
        gold, found = set(spans_of(sentence.participants or ())), set(spans_of(answer.participants))
        if sentence.participants is not None:
            spurious = [p for p in answer.participants if (p.start, p.end, p.type) not in gold]
            wrong += (sum(p.score for p in spurious) + len(gold - found)) / 2
        if wrong:
            rows.append(
                {
                    "id": sentence.id,
                    "text": sentence.text,
                    "wrong": round(wrong, 4),
                    "gold": {
                        "topics": None if sentence.topics is None else own,
                        "participants": None if sentence.participants is None else [list(span) for span in sorted(gold)],
                    },
                    "found": {"topics": list(answer.topics), "participants": [list(span) for span in sorted(found)]},
                    "scores": {t: round(answer.scores[t], 4) for t in topics if t in own or t in answer.topics},
                }
            )
    return sorted(rows, key=lambda row: (-row["wrong"], row["id"]))[:number]
