"""Calibrated probabilities and thresholds: fitted on development sentences, measured on any.

Fitting needs scikit-learn, from the extra `train`; measuring does not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..data.schema import Sentence, fingerprint, whole_file
from ..model.card import EVALUATION_FILE, RECORD_FILE, read_record, write_card
from ..model.configuration import CheckpointConfig
from ..model.decoding import calibrated_probabilities
from ..model.predictor import Predictor
from .metrics import indicator, precision_recall_f1, ratio

BINS = 15
"""Bins of equal width between 0 and 1, as many as Guo et al. (2017) used."""
PRECISIONS = (0.95, 0.99)
"""What operating points promise on the development sentences."""
GRID = np.round(np.arange(0.01, 1.0, 0.01), 2)


def calibrate(predictor: Predictor, development: Sequence[Sentence]) -> CheckpointConfig:
    """The predictor's configuration with calibration, thresholds and operating points fitted on development sentences.

    Boilerplate and sentences whose topics are not labelled are left out; without any left, or without topics, nothing changes.

    >>> predictor = Predictor.from_pretrained()
    >>> calibrate(predictor, []) is predictor.config
    True
    """
    config = predictor.config
    sentences = [s for s in development if s.kind != "boilerplate" and s.topics is not None]
    if not sentences or not config.topics:
        return config
    logits = np.stack([topics for topics, _ in predictor.logits([s.text for s in sentences])])
    labels = indicator([s.topics or () for s in sentences], config.topics)
    calibration = fit_calibration(logits, labels)
    probabilities = calibrated_probabilities(logits, calibration)
    thresholds = dict(zip(config.topics, fit_thresholds(probabilities, labels), strict=True))
    points = {f"{p:g}": fit_operating_point(probabilities, labels, p) for p in PRECISIONS}
    return replace(
        config,
        calibration=dict(zip(config.topics, calibration, strict=True)),
        thresholds=thresholds,
        # Never below a topic's own threshold, where more recall is to be had at the same price.
        operating_points={
            p: {topic: max(own, point) for topic, own in thresholds.items()} for p, point in points.items() if point is not None
        },
    )


def recalibrate(
    folder: Path, predictor: Predictor, sources: Sequence[str], development: Sequence[Sentence]
) -> CheckpointConfig:
    """Fit a checkpoint's probabilities and thresholds anew and write them to its `config.json`, `training.json` and card.

    Scores that `hoptac evaluate --card` left in the folder were those of the old thresholds and are removed.

    Args:
        folder: the checkpoint's.
        predictor: the checkpoint, opened.
        sources: names of the data, for the record.
        development: their sentences.

    Raises:
        ValueError: if no sentence is labelled with topics, or the checkpoint has none.
    """
    config = calibrate(predictor, development)
    if config is predictor.config:
        raise ValueError(f"{', '.join(sources)}: no sentence is labelled with topics that the checkpoint {folder} gives")
    record = read_record(folder)
    if record:
        record["calibrated_on"] = {"sources": list(sources), **fingerprint(development)}
        with whole_file(folder / RECORD_FILE) as file:
            file.write(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    config.save(folder)
    (folder / EVALUATION_FILE).unlink(missing_ok=True)
    if "experiment" in record:
        write_card(folder)
    return config


def fit_calibration(logits: np.ndarray, labels: np.ndarray) -> list[tuple[float, float]]:
    """Slope and intercept for each topic, so that sigmoid(slope · logit + intercept) is a probability.

    One slope for all topics and no intercepts, which is temperature scaling (Guo et al. 2017). Intercepts (Platt 1999) would fit
    how frequent each topic is in the development sentences, and newspapers have other frequencies.

    Args:
        logits, labels: (sentences, topics); labels are 0 or 1.
    """
    from sklearn.linear_model import LogisticRegression

    target = labels.reshape(-1)
    if len(set(target.tolist())) < 2:
        return [(1.0, 0.0)] * logits.shape[1]
    fitted = LogisticRegression(C=1.0, fit_intercept=False, max_iter=1000).fit(logits.reshape(-1, 1), target)
    return [(float(max(fitted.coef_[0][0], 1e-3)), 0.0)] * logits.shape[1]


def fit_thresholds(probabilities: np.ndarray, labels: np.ndarray, slack: float = 0.02) -> list[float]:
    """For each topic the threshold nearest to 0.5 among those whose F1 is within `slack` of the best.

    A few sentences decide between neighbouring thresholds, so a small gain in F1 is no reason to leave 0.5.

    Args:
        probabilities, labels: (sentences, topics).
    """
    grid = np.round(np.arange(0.2, 0.81, 0.02), 2)
    scores = precision_recall_f1(threshold_counts(probabilities, labels, grid))[2]
    chosen = []
    for column in scores.T:
        good = grid[column >= column.max() - slack]
        chosen.append(float(good[np.abs(good - 0.5).argmin()]))
    return chosen


def fit_operating_point(probabilities: np.ndarray, labels: np.ndarray, precision: float) -> float | None:
    """The lowest threshold for all topics from which on their precision together stays at `precision` or above; None without one.

    One for all: a topic alone has too few development sentences, and where these are easily told apart its threshold would fall
    far below what other texts need.

    Args:
        probabilities, labels: (sentences, topics).

    >>> fit_operating_point(np.array([[0.9], [0.62], [0.3]]), np.array([[1], [1], [0]]), 0.95)
    0.31
    """
    counts = threshold_counts(probabilities, labels, GRID).sum(axis=1)
    kept = (precision_recall_f1(counts)[0] >= precision) | (counts[:, 3] == 0)
    from_here_on = np.logical_and.accumulate(kept[::-1])[::-1] & (counts[:, 3] > 0)
    return float(GRID[from_here_on.argmax()]) if from_here_on.any() else None


def threshold_counts(probabilities: np.ndarray, labels: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Counts of shape (thresholds, topics, 4) as `metrics.precision_recall_f1` reads them, at each threshold for all topics."""
    given = probabilities[None] >= thresholds[:, None, None]
    hits = (given & (labels[None] > 0)).sum(axis=1)
    return np.stack([hits, np.broadcast_to((labels > 0).sum(axis=0), hits.shape), hits, given.sum(axis=1)], axis=-1)


def bin_of(probabilities: np.ndarray) -> np.ndarray:
    """The number of each probability's bin; 1 belongs to the last."""
    bins: np.ndarray = np.clip((probabilities * BINS).astype(np.int64), 0, BINS - 1)
    return bins


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, Any]]:
    """For each bin its `count` of pairs of sentence and topic, their mean `probability`, and the share that is `right`.

    Args:
        probabilities, labels: of the same shape; labels are 0 or 1.
    """
    bins = bin_of(probabilities).ravel()
    counts = np.bincount(bins, minlength=BINS)
    means = ratio(np.bincount(bins, probabilities.ravel(), BINS), counts)
    right = ratio(np.bincount(bins, (labels.ravel() > 0).astype(float), BINS), counts)
    return [
        {"count": int(count), "probability": float(mean) if count else None, "right": float(share) if count else None}
        for count, mean, share in zip(counts, means, right, strict=True)
    ]
