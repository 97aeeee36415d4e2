"""Calibration and thresholds, fitted on development sentences."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score


def fit_calibration(logits: np.ndarray, labels: np.ndarray) -> list[tuple[float, float]]:
    """Slope and intercept for each topic, so that sigmoid(slope · logit + intercept) is a probability.

    One slope for all topics and no intercepts, which is temperature scaling (Guo et al. 2017). Intercepts (Platt 1999) would fit
    how frequent each topic is in the development sentences, and newspapers have other frequencies.

    Args:
        logits, labels: (sentences, topics); labels are 0 or 1.
    """
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
    chosen = []
    for column, gold in zip(probabilities.T, labels.T, strict=True):
        scores = np.array([f1_score(gold, column >= threshold, zero_division=0) for threshold in grid])
        good = grid[scores >= scores.max() - slack]
        chosen.append(float(good[np.abs(good - 0.5).argmin()]))
    return chosen
