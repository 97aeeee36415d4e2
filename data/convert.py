"""Labelled sentences between file formats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from .conll import read_conll, write_conll
from .doccano import read_doccano, write_doccano
from .label_studio import read_label_studio, write_label_studio
from .labels import TOPICS, TYPES
from .marks import read_marks, write_marks
from .schema import Sentence, read_sentences, whole_file, write_lines

Reader = Callable[[str, Sequence[str] | None, Sequence[str] | None], list[Sentence]]
Writer = Callable[[TextIO, Iterable[Sentence]], None]


@dataclass(frozen=True)
class Format:
    """A file format: its usual endings, what reads it and what writes it."""

    endings: tuple[str, ...]
    read: Reader
    write: Writer


FORMATS: dict[str, Format] = {
    "jsonl": Format((".jsonl",), read_sentences, write_lines),
    "marks": Format((".marks",), read_marks, write_marks),
    "conll": Format((".conll", ".bio", ".iob", ".tsv"), read_conll, write_conll),
    "label-studio": Format((".json",), read_label_studio, write_label_studio),
    "doccano": Format((), read_doccano, write_doccano),
}
"""By name. doccano's files end in `.jsonl` too, so that format is always named."""


def format_of(path: str, name: str | None = None) -> Format:
    """The format called `name`, or the one that the ending of `path` tells.

    >>> format_of("tasks.json") is FORMATS["label-studio"]
    True

    Raises:
        ValueError: if neither says.
    """
    if name is not None:
        if name not in FORMATS:
            raise ValueError(f"unknown format {name!r}; known are {', '.join(FORMATS)}")
        return FORMATS[name]
    ending = os.path.splitext(path)[1].lower()
    for form in FORMATS.values():
        if ending in form.endings:
            return form
    known = ", ".join(ending for form in FORMATS.values() for ending in form.endings)
    raise ValueError(f"{path}: the ending tells no format ({known}); name one of {', '.join(FORMATS)}")


def read_file(
    path: str, form: str | None = None, topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES
) -> list[Sentence]:
    """Sentences of a file in one of `FORMATS`.

    Args:
        form: a name of `FORMATS`; None goes by the file's ending.
        topics, types: the labels that are allowed.

    Raises:
        DataError: naming file, line and field of every problem.
        ValueError: for a file whose format is not known.
        OSError: if the file cannot be read.
    """
    return format_of(path, form).read(path, topics, types)


def write_file(path: str, sentences: Sequence[Sentence], form: str | None = None) -> list[str]:
    """Write sentences in one of `FORMATS`; the file appears whole or not at all.

    Returns:
        What was lost, in words.

    >>> write_file("mine.conll", read_file("mine.jsonl"))  # doctest: +SKIP
    []

    Raises:
        ValueError: for a file whose format is not known, or a sentence that the format cannot hold.
    """
    write = format_of(path, form).write
    with whole_file(path) as file:
        write(file, sentences)
    return losses(sentences)


def losses(sentences: Iterable[Sentence]) -> list[str]:
    """What no format of labelled sentences holds.

    >>> from hoptac.data.schema import Participant
    >>> losses([Sentence("1", "Lào", (), (Participant("Lào", 0, 3, "GPE", 0.9),))])
    ['the probabilities of 1 participants']
    """
    guessed = sum(p.score < 1 for sentence in sentences for p in sentence.participants or ())
    return [f"the probabilities of {guessed} participants"] if guessed else []
