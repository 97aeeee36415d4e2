"""From scores to topics and spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..data.labels import Span, tags_to_spans


def calibrated_probabilities(logits: np.ndarray, calibration: Sequence[tuple[float, float]]) -> np.ndarray:
    """Probabilities of shape (…, topics) from logits of the same shape, by each topic's slope and intercept."""
    slope, intercept = np.array(calibration, np.float64).reshape(-1, 2).T
    probabilities: np.ndarray = 1 / (1 + np.exp(-np.clip(logits * slope + intercept, -60, 60)))
    return probabilities


def select_topics(probabilities: Mapping[str, float], thresholds: Mapping[str, float]) -> tuple[str, ...]:
    """Topics whose probability reaches their threshold, in the order of `probabilities`.

    >>> select_topics({"trade": 0.7, "mia": 0.2}, {"trade": 0.5, "mia": 0.5})
    ('trade',)
    """
    return tuple(topic for topic, probability in probabilities.items() if probability >= thresholds[topic])


def decode_spans(logits: np.ndarray, tags: Sequence[str], offsets: Sequence[tuple[int, int]]) -> list[tuple[Span, float]]:
    """The most probable valid spans and their scores.

    Args:
        logits: tag logits of shape (words, tags).
        tags: the tag set, `O` first, then `B-X`, `I-X` for each type.
        offsets: start and end of each word.

    Returns:
        Spans in reading order, each with its score: the probability of its least certain word.
    """
    if not len(offsets):
        return []
    shifted = logits - logits.max(axis=1, keepdims=True)
    probabilities = np.exp(shifted)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    path = best_path(np.log(np.maximum(probabilities, 1e-30)), tags)
    chosen = probabilities[np.arange(len(path)), path]
    ranges = tags_to_spans([tags[i] for i in path], [(word, word + 1) for word in range(len(path))])
    return [((offsets[first][0], offsets[last - 1][1], kind), float(chosen[first:last].min())) for first, last, kind in ranges]


def best_path(scores: np.ndarray, tags: Sequence[str]) -> np.ndarray:
    """Tag indices of the best sequence in which every `I-X` follows a `B-X` or `I-X` (Viterbi 1967).

    Args:
        scores: log-probabilities of shape (words, tags).

    >>> best_path(np.log(np.array([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])), ["O", "B-PER", "I-PER"]).tolist()
    [1, 2]
    """
    allowed = _allowed(tuple(tags))
    path: np.ndarray = scores.argmax(axis=1)
    if allowed[-1, path[0]] and allowed[path[:-1], path[1:]].all():
        return path  # the best tags word by word are valid already: no search needed
    penalty = np.where(allowed, 0.0, -np.inf)
    best = scores[0] + penalty[-1]
    back = np.zeros(scores.shape, np.int64)
    for word in range(1, len(scores)):
        options = best[:, None] + penalty[:-1]
        back[word] = options.argmax(axis=0)
        best = options.max(axis=0) + scores[word]
    path[-1] = best.argmax()
    for word in range(len(scores) - 1, 0, -1):
        path[word - 1] = back[word, path[word]]
    return path


def _allowed(tags: tuple[str, ...]) -> np.ndarray:
    """Whether the tag of a row may stand before the tag of a column; the last row is the beginning of the text."""
    before = [*tags, "O"]
    return np.array([[after[0] != "I" or (left[1:] == after[1:] and left != "O") for after in tags] for left in before])
