"""The sentences that ship with the package, and their split by writer."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from .schema import Sentence, read_sentences

CORPUS = Path(__file__).parent / "corpus"
SPLITS = ("train", "development")


def load_corpus(split: str | None = None) -> list[Sentence]:
    """All shipped sentences, or those of one split; a writer is never on both sides.

    >>> {s.writer for s in load_corpus("train")} & {s.writer for s in load_corpus("development")}
    set()

    Raises:
        ValueError: for an unknown split.
    """
    if split not in (None, *SPLITS):
        raise ValueError(f"unknown split {split!r}; known are {', '.join(SPLITS)}")
    development = development_writers()
    sentences = [sentence for path in sorted(CORPUS.glob("*.jsonl")) for sentence in read_sentences(path)]
    if split is None:
        return sentences
    return [sentence for sentence in sentences if (sentence.writer in development) == (split == "development")]


@cache
def development_writers() -> frozenset[str]:
    """Writers whose sentences are for development, from `corpus/splits.json`."""
    return frozenset(json.loads((CORPUS / "splits.json").read_text(encoding="utf-8"))["development"])
