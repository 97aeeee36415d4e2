"""Scores to topics and spans."""

from __future__ import annotations

from itertools import product
from typing import Any

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
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 12), max_size=6))
def test_spans_of_several_texts_are_those_of_each_best_path(seed: int, words: list[int]) -> None:
    draw = np.random.default_rng(seed)
    logits = [draw.normal(size=(count, len(TAGS))).astype(np.float32) * 5 for count in words]
    found = decode_spans(logits, TAGS)
    assert len(found) == len(logits)
    for rows, spans in zip(logits, found, strict=True):
        probabilities = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
        path: Any = best_path(np.log(np.maximum(probabilities, 1e-30)), TAGS) if len(rows) else []
        expected = tags_to_spans([TAGS[i] for i in path], [(word, word + 1) for word in range(len(rows))])
        assert [span[:3] for span in spans] == expected
        for first, last, _, score in spans:
            assert score == pytest.approx(min(probabilities[word, path[word]] for word in range(first, last)), abs=1e-5)


def test_a_span_is_as_certain_as_its_least_certain_word() -> None:
    probabilities = np.array([[0.1, 0.9, 0.0, 0.0, 0.0], [0.3, 0.0, 0.7, 0.0, 0.0]]) + 1e-12
    [[(first, last, kind, score)]] = decode_spans([np.log(probabilities)], TAGS)
    assert (first, last, kind) == (0, 2, "PER")
    assert score == pytest.approx(0.7)


def test_calibration_is_slope_and_intercept() -> None:
    found = calibrated_probabilities(np.array([[0.0, 2.0]]), [(1.0, 0.0), (2.0, -4.0)])
    assert found.tolist() == [[0.5, 0.5]]


def test_topics_keep_their_order() -> None:
    assert select_topics({"b": 0.5, "a": 0.9, "c": 0.4}, {"b": 0.5, "a": 0.5, "c": 0.5}) == ("b", "a")
