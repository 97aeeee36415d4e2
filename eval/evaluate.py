"""Scoring a predictor on gold sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

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


def scores_table(scores: dict[str, Any], name: str) -> Table:
    """The scores of `evaluate` as a table."""
    topics, participants = scores["topics"], scores["participants"]
    table = Table("label", "precision", "recall", "F1", "gold", title=f"{name}: {scores['sentences']} sentences")
    for column in table.columns[1:]:
        column.justify = "right"
    for label, row in topics["topics"].items():
        table.add_row(label, *_cells(row))
    table.add_section()
    for label in ("macro_f1", "core_macro_f1", "micro_f1", "exact_match", "no_topic_specificity"):
        value = topics[label]
        table.add_row(f"topics, {label.replace('_', ' ')}", "", "", "-" if value is None else f"{value:.3f}", "")
    table.add_section()
    for label, row in participants["types"].items():
        table.add_row(label, *_cells(row))
    table.add_row("participants, exact spans", *_cells(participants))
    return table


def _cells(row: dict[str, Any]) -> list[str]:
    return [f"{row['precision']:.3f}", f"{row['recall']:.3f}", f"{row['f1']:.3f}", str(row["support"])]
