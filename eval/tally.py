"""What answers got right in each sentence, from which the scores of any selection of sentences follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data.labels import CORE_TOPICS
from ..data.schema import Sentence
from ..model.predictor import Prediction
from .calibration import BINS, bin_of
from .metrics import (
    MATCHES,
    count_spans,
    count_topics,
    exact_sets,
    negatives,
    precision_recall_f1,
    ratio,
    spans_of,
    topic_scores,
)

_PART = 250
"""Replicates that are scored together where each needs an array as long as the data; it bounds memory."""


class Tally:
    """Counts of each sentence, and the scores that follow from their sums.

    Args:
        sentences: the gold; a side that is not labelled (None) counts nothing.
        predictions: one for each sentence.
        topics, types: what the predictions speak of; left empty where no sentence is labelled with it.

    Attributes:
        columns: (sentences, counts); whatever is counted, side by side.
        probabilities, gold: (labelled sentences, topics), and `labelled`, which sentences these are.

    >>> from ..data.schema import Participant
    >>> lao = Participant("Lào", 5, 8, "GPE")
    >>> tally = Tally([Sentence("1", "thăm Lào", (), (lao,))], [Prediction("thăm Lào", (), {}, (lao,))], (), ("GPE",))
    >>> float(tally.scores()["participants/exact/f1"])
    1.0
    """

    def __init__(
        self, sentences: Sequence[Sentence], predictions: Sequence[Prediction], topics: Sequence[str], types: Sequence[str]
    ) -> None:
        if len(sentences) != len(predictions):
            raise ValueError(f"{len(sentences)} sentences and {len(predictions)} predictions")
        self.topics = tuple(topics) if any(s.topics is not None for s in sentences) else ()
        self.types = tuple(types) if any(s.participants is not None for s in sentences) else ()
        with_topics = np.array([s.topics is not None and bool(self.topics) for s in sentences], bool)
        with_spans = [s.participants is not None for s in sentences]
        counts = count_topics(
            [s.topics or () for s in sentences],
            [p.topics if s.topics is not None else () for s, p in zip(sentences, predictions, strict=True)],
            self.topics,
        )
        spans = count_spans(
            [spans_of(s.participants or ()) for s in sentences],
            [spans_of(p.participants) if own else () for own, p in zip(with_spans, predictions, strict=True)],
            self.types,
        )
        negative, clean = negatives(counts)
        sets = np.stack([with_topics, exact_sets(counts), negative, clean], axis=1) & with_topics[:, None]
        self.topic_has_gold = np.asarray(counts[..., 1].any(axis=0))
        self.type_has_gold = np.asarray(spans[..., 1].any(axis=(0, 1)))
        self.columns = np.concatenate([flat(counts), sets, flat(spans)], axis=1).astype(np.float32)
        [self.labelled] = np.nonzero(with_topics)
        self.probabilities = np.array(
            [[p.scores[topic] for topic in self.topics] for own, p in zip(with_topics, predictions, strict=True) if own],
            np.float64,
        ).reshape(len(self.labelled), len(self.topics))
        self.gold = counts[self.labelled, :, 1].astype(bool)

    def scores(self, weights: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """All scores by name, such as `topics/macro_f1`, `topics/trade/recall` and `participants/partial/ORG/f1`.

        Args:
            weights: how often each sentence counts, (sentences,) or (replicates, sentences); None is once each.

        Returns:
            Arrays of shape () or (replicates,); NaN where nothing is there to be scored.
        """
        given = np.ones(len(self.columns), np.float32) if weights is None else np.asarray(weights, np.float32)
        scores = self.scores_of(np.asarray(given @ self.columns, np.float64))
        if len(self.labelled):
            scores |= self._ranking(np.atleast_2d(given)[:, self.labelled], given.ndim > 1)
        return scores

    def scores_of(self, totals: np.ndarray) -> dict[str, np.ndarray]:
        """As `scores`, from sums of `columns`, without what depends on the probabilities' order."""
        topics, types = len(self.topics), len(self.types)
        by_topic = totals[..., : 4 * topics].reshape(*totals.shape[:-1], topics, 4)
        labelled, exact, negative, clean = np.moveaxis(totals[..., 4 * topics : 4 * topics + 4], -1, 0)
        by_match = totals[..., 4 * topics + 4 :].reshape(*totals.shape[:-1], len(MATCHES), types, 4)
        scores: dict[str, np.ndarray] = {}
        if topics:
            occurs = _occurs(by_topic, self.topic_has_gold)
            for name, value in topic_scores(by_topic, self.topics, occurs).items():
                scores[f"topics/{name}"] = _or_nan(value, np.asarray(occurs.any(axis=-1)))
            if not np.isin(CORE_TOPICS, self.topics).any():
                del scores["topics/core_macro_f1"]
            scores["topics/exact_match"] = _or_nan(ratio(exact, labelled), labelled)
            scores["topics/no_topic_specificity"] = _or_nan(ratio(clean, negative), negative)
            for number, topic in enumerate(self.topics):
                scores |= _named(f"topics/{topic}", by_topic[..., number, :], occurs[..., number])
        for number, match in enumerate(MATCHES if types else ()):
            per_type = by_match[..., number, :, :]
            occurs = _occurs(per_type, self.type_has_gold)
            scores |= _named(f"participants/{match}", per_type.sum(axis=-2), np.asarray(occurs.any(axis=-1)))
            for place, kind in enumerate(self.types):
                scores |= _named(f"participants/{match}/{kind}", per_type[..., place, :], occurs[..., place])
        return scores

    def _ranking(self, weights: np.ndarray, many: bool) -> dict[str, np.ndarray]:
        """Average precision and calibration error, which need the probabilities themselves."""
        precisions = np.stack(
            [average_precision(p, g, weights) for p, g in zip(self.probabilities.T, self.gold.T, strict=True)], axis=-1
        )
        errors, pooled = self._calibration(weights)
        known = ~np.isnan(precisions)
        scores = {
            "topics/macro_average_precision": _or_nan(
                ratio(np.nansum(precisions, axis=-1), known.sum(axis=-1)), known.sum(axis=-1)
            ),
            "topics/calibration_error": pooled,
            "topics/calibration_error_by_topic": errors.mean(axis=-1),
        }
        for number, topic in enumerate(self.topics):
            scores[f"topics/{topic}/average_precision"] = precisions[:, number]
            scores[f"topics/{topic}/calibration_error"] = errors[:, number]
        return scores if many else {name: value[0] for name, value in scores.items()}

    def _calibration(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expected calibration error of each topic, (replicates, topics), and of all pairs of sentence and topic."""
        sentences, topics = self.probabilities.shape
        excess = np.zeros((sentences, topics, BINS), np.float32)
        rows, columns = np.indices((sentences, topics))
        excess[rows, columns, bin_of(self.probabilities)] = self.gold - self.probabilities
        gaps = (weights @ excess.reshape(sentences, -1)).reshape(len(weights), topics, BINS).astype(np.float64)
        total = weights.sum(axis=1, dtype=np.float64)[:, None]
        return ratio(np.abs(gaps).sum(axis=-1), np.broadcast_to(total, gaps.shape[:2])), ratio(
            np.abs(gaps.sum(axis=1)).sum(axis=-1), total[:, 0] * topics
        )


def flat(counts: np.ndarray) -> np.ndarray:
    """One row a sentence."""
    return counts.reshape(len(counts), int(np.prod(counts.shape[1:])))


def average_precision(probabilities: np.ndarray, gold: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Average precision, the sum of precision × step in recall over falling thresholds, as scikit-learn has it.

    Args:
        probabilities, gold: (sentences,).
        weights: (replicates, sentences).

    Returns:
        (replicates,); NaN without a gold sentence.
    """
    order = np.argsort(-probabilities, kind="stable")
    last_of_ties = np.append(np.nonzero(np.diff(probabilities[order]))[0], len(order) - 1)
    found = []
    for begin in range(0, len(weights), _PART):
        part = weights[begin : begin + _PART, order]  # whole numbers, which float32 adds up exactly to 16 million
        hits = np.cumsum(part * gold[order], axis=1)[:, last_of_ties]
        given = np.cumsum(part, axis=1)[:, last_of_ties]
        steps = np.diff(hits, axis=1, prepend=0.0)
        found.append(_or_nan(ratio((steps * ratio(hits, given)).sum(axis=1), hits[:, -1]), hits[:, -1]))
    return np.concatenate(found)


def _occurs(totals: np.ndarray, has_gold: np.ndarray) -> np.ndarray:
    """Whether a label can be scored: where the data have gold of it, so must the replicate, else predictions are enough."""
    occurs: np.ndarray = np.where(has_gold, totals[..., 1] > 0, totals[..., 3] > 0)
    return occurs


def _named(name: str, counts: np.ndarray, occurs: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall and F1 under the name, NaN where there is nothing to be scored."""
    scores = precision_recall_f1(counts)
    return {f"{name}/{what}": _or_nan(score, occurs) for what, score in zip(("precision", "recall", "f1"), scores, strict=True)}


def _or_nan(score: np.ndarray, counted: np.ndarray) -> np.ndarray:
    return np.where(counted > 0, score, np.nan)
