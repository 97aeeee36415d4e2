"""Scores to topics and spans."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoptac.data.labels import bio_tags, tags_to_spans
from hoptac.model.decoding import best_path, calibrated_probabilities, decode_spans, select_topics

TAGS = bio_tags(["PER", "ORG"])


def _valid(path: tuple[int, ...]) -> bool:
    try:
        tags_to_spans([TAGS[i] for i in path], [(i, i + 1) for i in range(len(path))])
    except ValueError:
        return False
    return True


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_best_path_is_the_best_valid_sequence(seed: int, words: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(words, len(TAGS)))
    every = [path for path in product(range(len(TAGS)), repeat=words) if _valid(path)]
    best = max(every, key=lambda path: sum(scores[i, tag] for i, tag in enumerate(path)))
    assert tuple(best_path(scores, TAGS)) == best


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 40))
def test_spans_of_any_scores_are_valid(seed: int, words: int) -> None:
    logits = np.random.default_rng(seed).normal(size=(words, len(TAGS))) * 5
    found = decode_spans(logits, TAGS, [(3 * i, 3 * i + 2) for i in range(words)])
    ends = [0, *(span[1] for span, _ in found)]
    assert all(start >= end for (start, _, _), end in zip((s for s, _ in found), ends, strict=False))
    assert all(0 < score <= 1 for _, score in found)


def test_a_span_is_as_certain_as_its_least_certain_word() -> None:
    probabilities = np.array([[0.1, 0.9, 0.0, 0.0, 0.0], [0.3, 0.0, 0.7, 0.0, 0.0]]) + 1e-12
    [(span, score)] = decode_spans(np.log(probabilities), TAGS, [(0, 2), (3, 5)])
    assert span == (0, 5, "PER")
    assert score == pytest.approx(0.7)


def test_calibration_is_slope_and_intercept() -> None:
    found = calibrated_probabilities(np.array([[0.0, 2.0]]), [(1.0, 0.0), (2.0, -4.0)])
    assert found.tolist() == [[0.5, 0.5]]


def test_topics_keep_their_order() -> None:
    assert select_topics({"b": 0.5, "a": 0.9, "c": 0.4}, {"b": 0.5, "a": 0.5, "c": 0.5}) == ("b", "a")
