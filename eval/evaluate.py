"""Scoring a predictor on gold sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..data.schema import Sentence
from ..model.predictor import Predictor
from .metrics import labelled, score_spans, score_topics, spans_of


def evaluate(predictor: Predictor, sentences: Sequence[Sentence], batch_size: int = 32) -> dict[str, Any]:
    """Topic and participant scores of `predictor`; boilerplate and unlabelled parts are left out.

    Returns:
        `sentences` (a count), `topics` and `participants` as in `metrics`, plain JSON types.

    >>> from hoptac.data.corpus import load_corpus
    >>> evaluate(Predictor.from_pretrained(), load_corpus("development")[:8])["sentences"]
    8
    """
    with_topics, with_participants = labelled(sentences)
    scored = [s for s in sentences if s.kind != "boilerplate"]
    found = dict(zip((s.id for s in scored), predictor.predict([s.text for s in scored], batch_size), strict=True))
    return {
        "sentences": len(scored),
        "topics": score_topics(
            [s.topics or () for s in with_topics], [found[s.id].topics for s in with_topics], predictor.config.topics
        ),
        "participants": score_spans(
            [spans_of(s.participants or ()) for s in with_participants],
            [spans_of(found[s.id].participants) for s in with_participants],
            predictor.config.types,
        ),
    }
