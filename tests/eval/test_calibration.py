"""Calibration and thresholds."""

from __future__ import annotations

import numpy as np
import pytest

from hoptac.data.corpus import load_corpus
from hoptac.eval.calibration import calibrate, fit_calibration, fit_operating_point, fit_thresholds
from hoptac.eval.metrics import score_topics
from hoptac.model.configuration import CheckpointConfig
from hoptac.model.decoding import calibrated_probabilities
from hoptac.model.predictor import Predictor


def test_overconfident_logits_are_calibrated() -> None:
    draw = np.random.default_rng(1)
    true = draw.normal(size=(4000, 3)) * 2 - 1
    labels = (draw.random(true.shape) < 1 / (1 + np.exp(-true))).astype(int)
    calibration = fit_calibration(true * 3, labels)
    assert calibration[0][0] == pytest.approx(1 / 3, abs=0.02)
    assert {intercept for _, intercept in calibration} == {0.0}
    found = calibrated_probabilities(true * 3, calibration)
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.0)):
        inside = (found >= low) & (found < high)
        assert labels[inside].mean() == pytest.approx(found[inside].mean(), abs=0.04)


def test_an_operating_point_has_its_precision_and_never_lies_below_a_topics_own_threshold() -> None:
    predictor = Predictor.from_pretrained()
    sentences = load_corpus("development")[:150]
    config = calibrate(predictor, sentences)
    for name, point in config.operating_points.items():
        assert all(point[topic] >= config.threshold(topic) for topic in config.topics)
        answers = replace_config(predictor, config).predict([s.text for s in sentences], thresholds=point)
        scores = score_topics([s.topics or () for s in sentences], [a.topics for a in answers])
        given = sum(len(a.topics) for a in answers)
        right = sum(len(set(a.topics) & set(s.topics or ())) for s, a in zip(sentences, answers, strict=True))
        assert scores["micro_f1"] > 0.5
        assert right / given >= float(name)
    assert fit_operating_point(np.array([[0.9], [0.8]]), np.array([[0], [1]]), 0.95) is None


def replace_config(predictor: Predictor, config: CheckpointConfig) -> Predictor:
    return Predictor(config, predictor.tokenizer, predictor.runtime)


def test_labels_of_one_kind_leave_the_logits_alone() -> None:
    assert fit_calibration(np.zeros((5, 2)), np.zeros((5, 2), int)) == [(1.0, 0.0), (1.0, 0.0)]


def test_threshold_moves_only_for_a_clear_gain() -> None:
    probabilities = np.array([[0.9], [0.35], [0.34], [0.1], [0.05]])
    labels = np.array([[1], [1], [1], [0], [0]])
    [threshold] = fit_thresholds(probabilities, labels)
    assert 0.3 <= threshold <= 0.34
    assert fit_thresholds(np.array([[0.9], [0.1]]), np.array([[1], [0]])) == [0.5]
