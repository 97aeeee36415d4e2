"""Which unlabelled sentences to label next: those the checkpoint is unsure of, and that are unlike each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..data.schema import Sentence
from ..model.predictor import Prediction, Predictor
from .similarity import vectors


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A sentence worth labelling, how unsure the checkpoint is of it (0 to 1), and what it says."""

    sentence: Sentence
    uncertainty: float
    prediction: Prediction


def uncertainty(prediction: Prediction) -> float:
    """The larger of two doubts: the entropy of the least certain topic in bits, and 1 minus the score of the least certain participant."""
    topics = max((_entropy(score) for score in prediction.scores.values()), default=0.0)
    participants = max((1 - p.score for p in prediction.participants), default=0.0)
    return max(topics, participants)


def _entropy(probability: float) -> float:
    if not 0 < probability < 1:
        return 0.0
    return -probability * math.log2(probability) - (1 - probability) * math.log2(1 - probability)


def suggest(
    predictor: Predictor, sentences: Sequence[Sentence], count: int, known: Sequence[Sentence] = (), batch_size: int = 32
) -> list[Suggestion]:
    """`count` of `sentences`, the most useful first.

    Each step takes the sentence with the largest uncertainty times its distance (1 minus the cosine of character 5-grams) to what
    has been taken and to `known`. So a set of near-copies is asked for once.

    Args:
        sentences: candidates; labels are not looked at.
        known: sentences that are labelled already.

    >>> texts = ["Hai bên bàn về Biển Đông.", "Hai bên bàn về Biển Đông!", "Trời mưa."]
    >>> pool = [Sentence(str(i), text) for i, text in enumerate(texts)]
    >>> len(suggest(Predictor.from_pretrained(), pool, 2))
    2
    """
    if not sentences or count < 1:
        return []
    predictions = predictor.predict([s.text for s in sentences], batch_size)
    doubts = np.array([uncertainty(p) for p in predictions])
    matrix = vectors([s.text for s in [*sentences, *known]])
    pool, rest = matrix[: len(sentences)], matrix[len(sentences) :]
    nearest = np.zeros(len(sentences))
    for begin in range(0, len(known), 512):
        nearest = np.maximum(nearest, (pool @ rest[begin : begin + 512].T).max(axis=1).toarray().ravel())
    chosen: list[Suggestion] = []
    open_to_choice = np.ones(len(sentences), bool)
    for _ in range(min(count, len(sentences))):
        # A little more than nothing, so that the order is by doubt once only copies are left.
        value = np.where(open_to_choice, doubts * (1 - nearest + 1e-6), -1.0)
        best = int(value.argmax())
        open_to_choice[best] = False
        nearest = np.maximum(nearest, (pool @ pool[best].T).toarray().ravel())
        chosen.append(Suggestion(sentences[best], float(doubts[best]), predictions[best]))
    return chosen


def to_label(suggestion: Suggestion, prelabel: bool = False) -> Sentence:
    """The sentence as it goes to an annotator: without labels, or with the checkpoint's, to be corrected.

    Its field `uncertainty` is that of the suggestion; `prelabelled` tells that no person gave the labels.
    """
    sentence, prediction = suggestion.sentence, suggestion.prediction
    return replace(
        sentence,
        topics=prediction.topics if prelabel else None,
        participants=tuple(replace(p, score=1.0) for p in prediction.participants) if prelabel else None,
        extra={**sentence.extra, "uncertainty": round(suggestion.uncertainty, 3)}
        | ({"prelabelled": "hoptac"} if prelabel else {}),
    )
