"""From scores to topics and spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np


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


WordSpan = tuple[int, int, str, float]
"""First word, last word (exclusive), type, and the probability of the span's least certain word."""


def decode_spans(logits: Sequence[np.ndarray], tags: Sequence[str]) -> list[list[WordSpan]]:
    """The most probable valid spans of several texts.

    Args:
        logits: for each text its tag logits of shape (words, tags).
        tags: the tag set, `O` first, then `B-X`, `I-X` for each type.

    Returns:
        For each text its spans in reading order.

    >>> decode_spans([np.array([[0.0, 9.0, 0.0], [0.0, 0.0, 9.0], [9.0, 0.0, 0.0]])], ["O", "B-PER", "I-PER"])[0][0][:3]
    (0, 2, 'PER')
    """
    ends = np.cumsum([len(rows) for rows in logits])
    spans: list[list[WordSpan]] = [[] for _ in logits]
    if not len(ends) or not ends[-1]:
        return spans
    probabilities = np.concatenate(logits)
    probabilities -= probabilities.max(axis=1, keepdims=True)
    np.exp(probabilities, out=probabilities)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    path = _best_paths(probabilities, ends, tags)
    begins = np.flatnonzero(_begins(path))
    if not len(begins):
        return spans
    # A span goes on to the next word that is not inside one; a text's first word never is.
    outside = np.append(np.flatnonzero((path == 0) | _begins(path)), len(path))
    stops = outside[np.searchsorted(outside, begins, side="right")]
    chosen = np.append(probabilities[np.arange(len(path)), path], 1.0)
    scores = np.minimum.reduceat(chosen, np.stack([begins, stops], 1).ravel())[::2]
    owners = np.searchsorted(ends, begins, side="right")
    offsets = np.concatenate([[0], ends])[owners]
    kinds = path[begins]
    rows = zip(
        owners.tolist(), (begins - offsets).tolist(), (stops - offsets).tolist(), kinds.tolist(), scores.tolist(), strict=True
    )
    for owner, begin, stop, kind, score in rows:
        spans[owner].append((begin, stop, tags[kind][2:], score))
    return spans


def _begins(path: np.ndarray) -> np.ndarray:
    """Where a path of tag indices begins a span: `O` is 0, and `B-X` stands before its `I-X`."""
    first: np.ndarray = path % 2 == 1
    return first


def _best_paths(probabilities: np.ndarray, ends: np.ndarray, tags: Sequence[str]) -> np.ndarray:
    """The best valid tag indices of texts whose words stand one after the other and end at `ends`."""
    path: np.ndarray = probabilities.argmax(axis=1)
    allowed = _allowed(tuple(tags))
    before = np.concatenate([[len(tags)], path[:-1]])
    before[ends[:-1][ends[:-1] < len(path)]] = len(tags)  # the first word of a text has none before it
    wrong = np.flatnonzero(~allowed[before, path])
    for text in sorted(set(np.searchsorted(ends, wrong, side="right").tolist())):
        # Only where the best tags word by word do not fit together is a search needed.
        words = slice(ends[text - 1] if text else 0, ends[text])
        path[words] = best_path(np.log(np.maximum(probabilities[words], 1e-30)), tags)
    return path


def best_path(scores: np.ndarray, tags: Sequence[str]) -> np.ndarray:
    """Tag indices of the best sequence in which every `I-X` follows a `B-X` or `I-X` (Viterbi 1967).

    Args:
        scores: log-probabilities of shape (words, tags).

    >>> best_path(np.log(np.array([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]])), ["O", "B-PER", "I-PER"]).tolist()
    [1, 2]
    """
    allowed = _allowed(tuple(tags))
    path = np.zeros(len(scores), np.int64)
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


@cache
def _allowed(tags: tuple[str, ...]) -> np.ndarray:
    """Whether the tag of a row may stand before the tag of a column; the last row is the beginning of the text."""
    before = [*tags, "O"]
    return np.array([[after[0] != "I" or (left[1:] == after[1:] and left != "O") for after in tags] for left in before])
