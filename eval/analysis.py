"""Everything that is reported of one checkpoint's answers to one set of sentences."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from ..data.schema import Sentence
from ..model.configuration import CheckpointConfig
from ..model.predictor import Prediction
from .calibration import GRID, reliability, threshold_counts
from .confusions import confusions
from .errors import worst
from .intervals import DRAWS, Groups, group, replicates, with_intervals
from .metrics import precision_recall_f1, spans_of
from .slices import names_seen, slices
from .tally import Tally


def analyse(
    sentences: Sequence[Sentence],
    predictions: Sequence[Prediction],
    config: CheckpointConfig,
    known_names: Collection[str] | None = None,
    groups: Groups | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> dict[str, Any]:
    """Scores with intervals, counts, curves, calibration, slices, confusions and the worst errors.

    Args:
        sentences: without boilerplate.
        predictions: one for each sentence.
        config: of the checkpoint that made them.
        known_names: participants of its training data; None leaves out the slices by name.
        groups: what is drawn together; None as `intervals.group` chooses.
        draws: bootstrap replicates.

    Returns:
        Plain JSON types, described in `docs/evaluation.md`.

    Raises:
        ValueError: if no sentence is labelled with what the checkpoint predicts.
    """
    tally = Tally(sentences, predictions, config.topics, config.types)
    if not tally.topics and not tally.types:
        raise ValueError("no sentence is labelled with anything that the checkpoint predicts")
    groups = groups or group(sentences)
    weights = replicates(groups, draws, seed)
    found: dict[str, Any] = {
        "sentences": len(sentences),
        "groups": {"by": groups.by, "number": groups.number, "note": groups.describe()},
        "draws": draws,
        "seed": seed,
        "counts": counts(sentences, predictions, tally),
        "scores": with_intervals(tally.scores(), tally.scores(weights)),
        "slices": slices(sentences, tally, weights),
        "names": names_seen(sentences, predictions, known_names, tally.types, weights)
        if known_names is not None and tally.types
        else [],
        "errors": worst(sentences, predictions, tally.topics),
    }
    if tally.topics:
        found["curves"] = curves(tally)
        found["reliability"] = reliability(tally.probabilities, tally.gold)
        found["thresholds"] = {topic: config.threshold(topic) for topic in tally.topics}
        found["operating_points"] = operating_points(tally, config)
    if tally.types:
        labelled = [(s, p) for s, p in zip(sentences, predictions, strict=True) if s.participants is not None]
        found["confusions"] = confusions(
            [spans_of(s.participants or ()) for s, _ in labelled], [spans_of(p.participants) for _, p in labelled], tally.types
        )
    return found


def counts(sentences: Sequence[Sentence], predictions: Sequence[Prediction], tally: Tally) -> dict[str, Any]:
    """How much is labelled and how much was found: of sentences, of each topic and of each type."""
    topics = [(s.topics, p.topics) for s, p in zip(sentences, predictions, strict=True) if s.topics is not None]
    spans = [
        (s.participants, p.participants) for s, p in zip(sentences, predictions, strict=True) if s.participants is not None
    ]
    return {
        "with_topics_labelled": len(topics) if tally.topics else 0,
        "with_participants_labelled": len(spans) if tally.types else 0,
        "topics": {t: {"gold": sum(t in g for g, _ in topics), "found": sum(t in f for _, f in topics)} for t in tally.topics},
        "participants": {
            kind: {
                "gold": sum(p.type == kind for g, _ in spans for p in g),
                "found": sum(p.type == kind for _, f in spans for p in f),
            }
            for kind in tally.types
        },
    }


def curves(tally: Tally) -> dict[str, Any]:
    """Precision, recall and F1 at each `threshold` from 0.01 to 0.99, of `all` topics together and of each of `topics`."""
    table = threshold_counts(tally.probabilities, tally.gold, GRID)
    return {
        "threshold": GRID.tolist(),
        "all": _curve(table.sum(axis=1)),
        "topics": {topic: _curve(table[:, i]) for i, topic in enumerate(tally.topics)},
    }


def _curve(counts: np.ndarray) -> dict[str, list[float]]:
    scores = precision_recall_f1(counts)
    return {what: score.round(4).tolist() for what, score in zip(("precision", "recall", "f1"), scores, strict=True)}


def operating_points(tally: Tally, config: CheckpointConfig) -> list[dict[str, Any]]:
    """What the checkpoint's operating points, fitted on its development sentences, give here.

    Returns:
        For the checkpoint's own thresholds (`promised` None) and for each precision `promised`: of `all` topics together and of each of
        `topics` the `precision`, `recall` and `f1` measured, and of the latter the `threshold`.
    """
    points: list[tuple[str | None, Mapping[str, float]]] = [(None, {topic: config.threshold(topic) for topic in tally.topics})]
    points += list(config.operating_points.items())
    rows = []
    for promised, thresholds in points:
        limits = np.array([thresholds[topic] for topic in tally.topics])
        given = tally.probabilities >= limits
        hits, found, gold = ((given & tally.gold).sum(axis=0), given.sum(axis=0), tally.gold.sum(axis=0))
        per_topic = np.stack([hits, gold, hits, found], axis=-1)
        measured = {t: {"threshold": thresholds[t], **_measured(row)} for t, row in zip(tally.topics, per_topic, strict=True)}
        whole = _measured(per_topic.sum(axis=0))
        rows.append({"promised": None if promised is None else float(promised), "all": whole, "topics": measured})
    return rows


def _measured(counts: np.ndarray) -> dict[str, float | None]:
    precision, recall, f1 = map(float, precision_recall_f1(counts))
    return {"precision": precision if counts[3] else None, "recall": recall if counts[1] else None, "f1": f1}
