"""Sentences to tensors."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import Dataset

from ..data.labels import Span, spans_to_tags
from ..data.schema import Sentence
from ..eval.metrics import spans_of
from ..model.modeling import IGNORED
from ..model.tokenization import TextTokenizer
from .augment import Augmenter

Features = dict[str, list[int]]


@dataclass(frozen=True)
class Featurizer:
    """Encodes labelled sentences by the encoding that prediction uses.

    A sentence longer than one window gives several features; its topics are then ignored, since no one knows in which
    window a topic stands.
    """

    tokenizer: TextTokenizer
    topics: Sequence[str]
    tags: Sequence[str]

    def __call__(self, sentence: Sentence) -> list[Features]:
        """One feature per window: `input_ids`, `topic_labels` (topics,), `tag_labels` (tokens,)."""
        [encoding] = self.tokenizer.encode([sentence.text])
        windows = self.tokenizer.windows(encoding)
        tags = [IGNORED] * len(encoding.words)
        if sentence.participants is not None:
            names, _ = spans_to_tags(spans_of(sentence.participants), encoding.offsets)
            tags = [self.tags.index(name) for name in names]
        known = sentence.topics is not None and len(windows) == 1
        topic_labels = [int(topic in (sentence.topics or ())) if known else IGNORED for topic in self.topics]
        features: list[Features] = []
        for window in windows:
            tag_labels = [IGNORED] * len(window.ids)
            for position, tag in zip(window.positions, tags[slice(*window.words)], strict=True):
                tag_labels[position] = tag
            features.append({"input_ids": window.ids, "topic_labels": topic_labels, "tag_labels": tag_labels})
        return features

    def cut_spans(self, sentence: Sentence, tokenizer: TextTokenizer | None = None) -> list[Span]:
        """Participants of `sentence` whose edges fall inside a word, so that training can only teach the whole word."""
        [encoding] = (tokenizer or self.tokenizer).encode([sentence.text])
        return spans_to_tags(spans_of(sentence.participants or ()), encoding.offsets)[1]


class TrainingSet(Dataset[Features]):
    """Features of sentences, of changed copies when there is an augmenter; the copies depend on seed and epoch only."""

    def __init__(
        self, sentences: Sequence[Sentence], featurizer: Featurizer, augmenter: Augmenter | None = None, seed: int = 1
    ) -> None:
        self.featurizer = featurizer
        self.augmenter = augmenter
        self.seed = seed
        self.epoch = 0
        encoded = [(sentence, featurizer(sentence)) for sentence in sentences]
        self.items = [(s, feature, len(features) == 1) for s, features in encoded for feature in features]
        self.lengths = [len(feature["input_ids"]) for _, feature, _ in self.items]
        """Tokens of each item as it was labelled; a changed copy may have a few more or less."""
        self.spans = sum(len(s.participants or ()) for s in sentences)
        self.cut = sum(len(featurizer.cut_spans(s)) for s in sentences)
        """Participants that begin or end inside a word."""
        plain = featurizer.tokenizer.without_cuts()
        self.cut_by_segmenter = sum(len(featurizer.cut_spans(s, plain)) for s in sentences) if plain else self.cut
        """The same before words were split at the places where participants cut them."""
        self.long = sum(len(features) > 1 for _, features in encoded)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Features:
        sentence, original, fits = self.items[index]
        if self.augmenter is None or not fits:
            return original
        copy = self.augmenter(sentence, random.Random(f"{self.seed}/{self.epoch}/{index}"))
        if copy is sentence:
            return original
        changed = self.featurizer(copy)
        return changed[0] if len(changed) == 1 else original


@dataclass(frozen=True)
class Collator:
    """Pads features to the longest of a batch."""

    pad_id: int

    def __call__(self, features: Sequence[Features]) -> dict[str, Any]:
        """int64 tensors: `input_ids`, `attention_mask`, `tag_labels` (batch, tokens), `topic_labels` (batch, topics)."""
        longest = max(len(f["input_ids"]) for f in features)
        return {
            "input_ids": _padded([f["input_ids"] for f in features], longest, self.pad_id),
            "attention_mask": _padded([[1] * len(f["input_ids"]) for f in features], longest, 0),
            "topic_labels": torch.tensor([f["topic_labels"] for f in features]),
            "tag_labels": _padded([f["tag_labels"] for f in features], longest, IGNORED),
        }


def _padded(rows: Sequence[Sequence[int]], length: int, value: int) -> torch.Tensor:
    return torch.tensor([[*row, *[value] * (length - len(row))] for row in rows])
