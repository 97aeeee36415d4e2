"""Sentences written in another way, their participants' spans carried along."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from .schema import Participant, Sentence


def with_names(sentence: Sentence, other: dict[tuple[str, str], str]) -> Sentence:
    parts: list[str] = []
    participants: list[Participant] = []
    position = length = 0
    for p in sentence.participants or ():
        name = other.get((p.text, p.type), p.text)
        plain = sentence.text[position : p.start]
        parts += [plain, name]
        start = length + len(plain)
        length = start + len(name)
        participants.append(Participant(name, start, length, p.type))
        position = p.end
    parts.append(sentence.text[position:])
    return replace(sentence, text="".join(parts), participants=tuple(participants))


def map_text(sentence: Sentence, change: Callable[[str], str]) -> Sentence:
    """The sentence with `change` applied to its text, left as it is where that would move the offsets."""
    text = "".join(map(change, sentence.text))
    if len(text) != len(sentence.text):
        return sentence
    spans = tuple(replace(p, text=text[p.start : p.end]) for p in sentence.participants or ())
    return replace(sentence, text=text, participants=None if sentence.participants is None else spans)


def with_typo(sentence: Sentence, draw: random.Random) -> Sentence:
    """The sentence with one slip inside a word, or one space left out where no participant begins or ends.

    >>> with_typo(Sentence("1", "abc"), random.Random(4)).text
    'abbc'
    """
    text = sentence.text
    inside = [i for i in range(1, len(text) - 1) if text[i - 1 : i + 2].isalpha()]
    edges = {edge for p in sentence.participants or () for edge in (p.start, p.end)}
    spaces = [
        i
        for i in range(1, len(text) - 1)
        if text[i] == " " and text[i - 1].isalpha() and text[i + 1].isalpha() and edges.isdisjoint((i, i + 1))
    ]
    slip = draw.choice(("drop", "double", "exchange", "join"))
    places = spaces if slip == "join" else inside
    if not places:
        return sentence
    at = draw.choice(places)
    if slip == "exchange":
        return _with_text(sentence, at, at + 2, text[at + 1] + text[at])
    return _with_text(sentence, at, at + 1, text[at] * 2 if slip == "double" else "")


def _with_text(sentence: Sentence, start: int, end: int, new: str) -> Sentence:
    """The sentence with `new` in the place of its characters from `start` to `end`."""
    text = sentence.text[:start] + new + sentence.text[end:]
    moved = len(new) - (end - start)

    def place(edge: int) -> int:
        return edge if edge <= start else edge + moved

    spans = [(place(p.start), place(p.end), p.type) for p in sentence.participants or ()]
    participants = tuple(Participant(text[s:e], s, e, kind) for s, e, kind in spans)
    return replace(sentence, text=text, participants=None if sentence.participants is None else participants)


def without_diacritics(text: str) -> str:
    """The text in plain letters.

    >>> without_diacritics("Đà Nẵng")
    'Da Nang'
    """
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return plain.replace("đ", "d").replace("Đ", "D")
