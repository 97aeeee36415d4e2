"""Scoring a predictor on gold sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..data.schema import Sentence
from ..model.configuration import CheckpointConfig
from ..model.predictor import Prediction, Predictor
from .metrics import score_spans, score_topics, spans_of


def evaluate(predictor: Predictor, sentences: Sequence[Sentence], batch_size: int = 32) -> dict[str, Any]:
    """Topic and participant scores of `predictor`; boilerplate and unlabelled parts are left out.

    Returns:
        As `score`.

    >>> from hoptac.data.corpus import load_corpus
    >>> evaluate(Predictor.from_pretrained(), load_corpus("development")[:8])["sentences"]
    8
    """
    scored = without_boilerplate(sentences)
    return score(predictor.predict([s.text for s in scored], batch_size), scored, predictor.config)


def without_boilerplate(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences that are scored."""
    return [sentence for sentence in sentences if sentence.kind != "boilerplate"]


def score(predictions: Sequence[Prediction], sentences: Sequence[Sentence], config: CheckpointConfig) -> dict[str, Any]:
    """Scores of predictions, one for each sentence.

    Returns:
        `sentences` (a count), `topics` and `participants` as in `metrics`, plain JSON types; None for what the checkpoint does not
        predict or no sentence has labels of.
    """
    pairs = list(zip(sentences, predictions, strict=True))
    with_topics = [(s.topics, p.topics) for s, p in pairs if s.topics is not None and config.topics]
    with_spans = [(s.participants, p.participants) for s, p in pairs if s.participants is not None and config.types]
    return {
        "sentences": len(sentences),
        "topics": score_topics([gold for gold, _ in with_topics], [found for _, found in with_topics], config.topics)
        if with_topics
        else None,
        "participants": score_spans(
            [spans_of(gold) for gold, _ in with_spans], [spans_of(found) for _, found in with_spans], config.types
        )
        if with_spans
        else None,
    }


def mean_score(scores: dict[str, Any]) -> float:
    """One number for the choice between checkpoints: the mean of topic macro-F1 and span F1, or the one of them that there is.

    >>> mean_score({"topics": None, "participants": {"f1": 0.5}})
    0.5
    """
    found = [part[name] for part, name in ((scores["topics"], "macro_f1"), (scores["participants"], "f1")) if part]
    return sum(found) / len(found) if found else 0.0
