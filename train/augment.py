"""Changed copies of training sentences: other names, upper case, no diacritics, slips of the keyboard."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..data.schema import Participant, Sentence
from .config import Augment


class Augmenter:
    """Draws changed copies.

    Args:
        config: the shares.
        sentences: where other names are taken from.

    >>> lao = Sentence("1", "thăm Lào", (), (Participant("Lào", 5, 8, "GPE"),))
    >>> Augmenter(Augment(replace=0.0, upper_case=1.0, no_diacritics=0.0), [lao])(lao, random.Random(1)).text
    'THĂM LÀO'
    """

    def __init__(self, config: Augment, sentences: Sequence[Sentence]) -> None:
        self.config = config
        self.names: dict[str, list[str]] = {}
        for sentence in sentences:
            for participant in sentence.participants or ():
                self.names.setdefault(participant.type, []).append(participant.text)

    def __call__(self, sentence: Sentence, draw: random.Random) -> Sentence:
        if draw.random() < self.config.replace:
            sentence = self._replace(sentence, draw)
        if draw.random() < self.config.upper_case:
            sentence = map_text(sentence, str.upper)
        if draw.random() < self.config.no_diacritics:
            sentence = map_text(sentence, without_diacritics)
        if draw.random() < self.config.typos:
            sentence = with_typo(sentence, draw)
        return sentence

    def _replace(self, sentence: Sentence, draw: random.Random) -> Sentence:
        """Other names for half of the sentence's names, the same one wherever the same name stands."""
        participants = sentence.participants
        if not participants:
            return sentence
        other = {
            (p.text, p.type): draw.choice(self.names[p.type])
            for p in dict.fromkeys(replace(p, start=0, end=0) for p in participants)
            if draw.random() < 0.5
        }
        # An organisation often decides whether news is domestic, and so the topics: what is replaced is not known any more.
        topics = None if any(kind == "ORG" for _, kind in other) else sentence.topics
        return replace(_with_names(sentence, other), topics=topics)


def _with_names(sentence: Sentence, other: dict[tuple[str, str], str]) -> Sentence:
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
