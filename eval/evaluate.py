"""Scoring a predictor on gold sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from ..data.schema import Sentence
from ..model.card import score_cells
from ..model.predictor import Predictor
from .metrics import score_spans, score_topics, spans_of


def evaluate(predictor: Predictor, sentences: Sequence[Sentence], batch_size: int = 32) -> dict[str, Any]:
    """Topic and participant scores of `predictor`; boilerplate and unlabelled parts are left out.

    Returns:
        `sentences` (a count), `topics` and `participants` as in `metrics`, plain JSON types.

    >>> from hoptac.data.corpus import load_corpus
    >>> evaluate(Predictor.from_pretrained(), load_corpus("development")[:8])["sentences"]
    8
    """
    scored = [sentence for sentence in sentences if sentence.kind != "boilerplate"]
    pairs = list(zip(scored, predictor.predict([s.text for s in scored], batch_size), strict=True))
    with_topics = [(s.topics, p.topics) for s, p in pairs if s.topics is not None]
    with_spans = [(s.participants, p.participants) for s, p in pairs if s.participants is not None]
    return {
        "sentences": len(scored),
        "topics": score_topics([gold for gold, _ in with_topics], [found for _, found in with_topics], predictor.config.topics),
        "participants": score_spans(
            [spans_of(gold) for gold, _ in with_spans], [spans_of(found) for _, found in with_spans], predictor.config.types
        ),
    }


def scores_table(scores: dict[str, Any], name: str) -> Table:
    """The scores of `evaluate` as a table."""
    topics, participants = scores["topics"], scores["participants"]
    table = Table("label", "precision", "recall", "F1", "gold", title=f"{name}: {scores['sentences']} sentences")
    for column in table.columns[1:]:
        column.justify = "right"
    for label, row in topics["topics"].items():
        table.add_row(label, *score_cells(row))
    table.add_section()
    for label in ("macro_f1", "core_macro_f1", "micro_f1", "exact_match", "no_topic_specificity"):
        value = topics[label]
        table.add_row(f"topics, {label.replace('_', ' ')}", "", "", "-" if value is None else f"{value:.3f}", "")
    table.add_section()
    for label, row in participants["types"].items():
        table.add_row(label, *score_cells(row))
    table.add_row("participants, exact spans", *score_cells(participants))
    return table
