"""Calibration and thresholds, fitted on development sentences."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score


def fit_calibration(logits: np.ndarray, labels: np.ndarray) -> list[tuple[float, float]]:
    """Slope and intercept for each topic, so that sigmoid(slope · logit + intercept) is a probability (Platt 1999).

    Few development sentences have a topic, so all topics share one slope, and the intercepts are regularised.

    Args:
        logits, labels: (sentences, topics); labels are 0 or 1.
    """
    topics = logits.shape[1]
    indicator = np.tile(np.eye(topics), (len(logits), 1))
    features = np.column_stack([logits.reshape(-1), indicator])
    target = labels.reshape(-1)
    if len(set(target.tolist())) < 2:
        return [(1.0, 0.0)] * topics
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(features, target)
    slope, intercepts = fitted.coef_[0][0], fitted.coef_[0][1:] + fitted.intercept_[0]
    return [(float(max(slope, 1e-3)), float(intercept)) for intercept in intercepts]


def fit_thresholds(probabilities: np.ndarray, labels: np.ndarray, slack: float = 0.02) -> list[float]:
    """For each topic the threshold nearest to 0.5 among those whose F1 is within `slack` of the best.

    A few sentences decide between neighbouring thresholds, so a small gain in F1 is no reason to leave 0.5.

    Args:
        probabilities, labels: (sentences, topics).
    """
    grid = np.round(np.arange(0.2, 0.81, 0.02), 2)
    chosen = []
    for column, gold in zip(probabilities.T, labels.T, strict=True):
        scores = np.array([f1_score(gold, column >= threshold, zero_division=0) for threshold in grid])
        good = grid[scores >= scores.max() - slack]
        chosen.append(float(good[np.abs(good - 0.5).argmin()]))
    return chosen
