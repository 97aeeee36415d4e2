"""The sentences that ship with the package, and their split by writer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from .convert import read_file
from .labels import TOPICS, TYPES
from .schema import DataError, Sentence, read_sentences

CORPUS = Path(__file__).parent / "corpus"
SPLITS = ("train", "development", "test")


def load_corpus(
    split: str | None = None, topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES
) -> list[Sentence]:
    """All shipped sentences, or those of one split; every writer is in one split only.

    `development` stops training, calibrates and sets thresholds; `test` does nothing but measure.

    Labels outside `topics` and `types` are left out; None leaves out none.

    >>> {s.writer for s in load_corpus("train")} & {s.writer for s in load_corpus("development")}
    set()

    Raises:
        ValueError: for an unknown split.
    """
    if split not in (None, *SPLITS):
        raise ValueError(f"unknown split {split!r}; known are {', '.join(SPLITS)}")
    held_out = held_out_writers()
    sentences = [sentence for path in sorted(CORPUS.glob("*.jsonl")) for sentence in read_sentences(path)]
    return [
        _within(sentence, topics, types) for sentence in sentences if split in (None, held_out.get(sentence.writer, "train"))
    ]


def _within(sentence: Sentence, topics: Sequence[str] | None, types: Sequence[str] | None) -> Sentence:
    return replace(
        sentence,
        topics=tuple(topic for topic in sentence.topics or () if topics is None or topic in topics),
        participants=tuple(p for p in sentence.participants or () if types is None or p.type in types),
    )


@cache
def held_out_writers() -> Mapping[str, str]:
    """The split of each writer whose sentences are not for training, from `corpus/splits.json`."""
    splits = json.loads((CORPUS / "splits.json").read_text(encoding="utf-8"))
    return {writer: split for split, writers in splits.items() for writer in writers}


def read_sources(
    names: Sequence[str], topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES
) -> list[Sentence]:
    """Sentences of several sources, as `read_source` reads them.

    Args:
        topics, types: the labels that are allowed; None allows any; an empty scheme leaves that side of the sentences unlabelled.

    Raises:
        DataError: for a source without sentences, or an id that two sources share.
    """
    home: dict[str, str] = {}
    sentences: list[Sentence] = []
    for position, name in enumerate(names):
        if name in names[:position]:
            raise DataError([f"{name}: named twice"])
        found = [
            replace(
                sentence,
                topics=None if topics is not None and not topics else sentence.topics,
                participants=None if types is not None and not types else sentence.participants,
            )
            for sentence in read_source(name, topics or None, types or None)
        ]
        if not found:
            raise DataError([f"{name}: no sentences"])
        for sentence in found:
            if home.setdefault(sentence.id, name) != name:
                raise DataError([f"{name}: id: {sentence.id!r} stands in {home[sentence.id]} already"])
        sentences += found
    return sentences


def labels_of(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Topics and types that the sentences of some sources have: those of the package in its order, then others by their letters.

    >>> labels_of(["corpus:development"])[1]
    ['PER', 'ORG', 'GPE']

    Raises:
        DataError: naming file, line and field of every problem.
    """
    sentences = read_sources(names, None, None)
    topics = {topic for sentence in sentences for topic in sentence.topics or ()}
    types = {participant.type for sentence in sentences for participant in sentence.participants or ()}
    return _in_order(topics, TOPICS), _in_order(types, TYPES)


def _in_order(labels: set[str], first: Sequence[str]) -> list[str]:
    return [label for label in first if label in labels] + sorted(labels.difference(first))


def read_source(
    name: str, topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES, form: str | None = None
) -> list[Sentence]:
    """Sentences of a file whose format its ending or `form` tells, or of `corpus:train`, `corpus:development`, `corpus:test`, `corpus:all`.

    Raises:
        DataError: naming file, line and field of every problem.
        ValueError: for an ending that tells no format.
        OSError: if the file cannot be read.
    """
    source, _, split = name.partition(":")
    if source == "corpus":
        return load_corpus(None if split == "all" else split, topics, types)
    return read_file(name, form, topics, types)
