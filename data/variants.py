"""Sentences written in another way: a rewriting is a list of edits, and spans are carried along in both directions.

Functions that give edits read a text, or a sentence where they have to know its participants; `rewrite` makes them.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from .schema import Participant, Sentence

Edit = tuple[int, int, str]
"""Start and end (exclusive) in the original text, and what stands there afterwards; equal start and end insert."""

_Stretch = tuple[int, int, int, int]
"""Start and end in one text, start and end of what stands there in the other."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A sentence as it was and as it was rewritten; without edits they are one and the same."""

    original: Sentence
    sentence: Sentence
    """The rewritten sentence: its participants stand where they stand in its own text, everything else is as it was."""
    edits: tuple[Edit, ...]
    """In the order of the text; none of them writes what was there before."""

    def forward(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the original stands in the rewritten text.

        What is inserted at an edge stays outside. Where an edge falls inside an edit, the span covers all that was written there.

        >>> rewrite(Sentence("1", "thăm Lào"), [(5, 8, "Thái Lan")]).forward(5, 8)
        (5, 13)
        """
        return _carry(start, end, self._stretches())

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original for a span of the rewritten text; the other way round than `forward`.

        A participant's span goes back to that participant's own, also where its first or last letters were left out.

        >>> variant = rewrite(Sentence("1", "thăm Lào"), [(5, 8, "Thái Lan")])
        >>> variant.back(5, 13), variant.back(5, 9)  # the second is only "Thái"
        ((5, 8), (5, 8))
        """
        for old, new in zip(self.original.participants or (), self.sentence.participants or (), strict=True):
            if (new.start, new.end) == (start, end):
                return old.start, old.end
        return _carry(start, end, [(a, b, left, right) for left, right, a, b in self._stretches()])

    def _stretches(self) -> list[_Stretch]:
        return _stretches(self.edits)


def rewrite(sentence: Sentence, edits: Iterable[Edit]) -> Variant:
    """The sentence with `edits` made, in whatever order they come; those that change nothing are left out.

    >>> lao = Sentence("1", "thăm Lào", (), (Participant("Lào", 5, 8, "GPE"),))
    >>> rewrite(lao, [(0, 0, "sang "), (5, 8, "LÀO")]).sentence.participants[0]
    Participant(text='LÀO', start=10, end=13, type='GPE', score=1.0)

    Raises:
        ValueError: for an edit outside the text, two that overlap or insert at one place, one that a participant's edge falls
            into, or if nothing is left of a participant.
    """
    ordered = sorted(edits)
    for start, end, new in ordered:
        if not 0 <= start <= end <= len(sentence.text):
            raise ValueError(f"sentence {sentence.id}: edit {(start, end, new)} is outside its {len(sentence.text)} characters")
    for left, right in pairwise(ordered):
        if right[0] < left[1] or right[:2] == left[:2]:
            raise ValueError(f"sentence {sentence.id}: edits {left} and {right} overlap")
    made = tuple((start, end, new) for start, end, new in ordered if sentence.text[start:end] != new)
    if not made:
        return Variant(sentence, sentence, ())
    parts: list[str] = []
    position = 0
    for start, end, new in made:
        parts += [sentence.text[position:start], new]
        position = end
    text = "".join([*parts, sentence.text[position:]])
    participants = sentence.participants and tuple(_moved(sentence, p, made, text) for p in sentence.participants)
    return Variant(sentence, replace(sentence, text=text, participants=participants), made)


def _moved(sentence: Sentence, participant: Participant, edits: Sequence[Edit], text: str) -> Participant:
    for start, end, new in edits:
        if start < participant.start < end or start < participant.end < end:
            raise ValueError(f"sentence {sentence.id}: an edge of {participant} falls into the edit {(start, end, new)}")
    left, right = _carry(participant.start, participant.end, _stretches(edits))
    if left >= right:
        raise ValueError(f"sentence {sentence.id}: the edits leave nothing of {participant}")
    return replace(participant, text=text[left:right], start=left, end=right)


def _stretches(edits: Iterable[Edit]) -> list[_Stretch]:
    stretches = []
    shift = 0
    for start, end, new in edits:
        stretches.append((start, end, start + shift, start + shift + len(new)))
        shift += len(new) - (end - start)
    return stretches


def _carry(start: int, end: int, stretches: Iterable[_Stretch]) -> tuple[int, int]:
    """The span that covers in the other text what `start` to `end` covers here, and nothing written only at its edges."""
    left, right = start, end
    for here, here_end, there, there_end in stretches:
        if here_end <= start:
            left = there_end + start - here_end
        elif here < start:
            left = there
        if here_end <= end and here < end:
            right = there_end + end - here_end
        elif here < end:
            right = there_end
    return left, right


def by_character(text: str, change: Callable[[str], str]) -> list[Edit]:
    """An edit for each character that `change` writes in another way.

    >>> by_character("Lào", str.upper)
    [(1, 2, 'À'), (2, 3, 'O')]
    """
    return [(i, i + 1, new) for i, c in enumerate(text) if (new := change(c)) != c]


def same_length(text: str, change: Callable[[str], str]) -> list[Edit]:
    """As `by_character`, but nothing for a text whose offsets that would move.

    >>> same_length("Straße", str.upper)
    []
    """
    edits = by_character(text, change)
    return edits if all(len(new) == 1 for _, _, new in edits) else []


def without_diacritics(text: str) -> str:
    """The text in plain letters.

    >>> without_diacritics("Đà Nẵng")
    'Da Nang'
    """
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    return plain.replace("đ", "d").replace("Đ", "D")


def decomposed(text: str) -> list[Edit]:
    """Letters and their marks apart, as in Unicode NFD.

    >>> rewrite(Sentence("1", "Lào"), decomposed("Lào")).sentence.text == "La\\u0300o"
    True
    """
    return by_character(text, lambda c: unicodedata.normalize("NFD", c))


def other_names(sentence: Sentence, other: Mapping[tuple[str, str], str]) -> list[Edit]:
    """Participants whose text and type are in `other` get the name that stands there."""
    return [(p.start, p.end, other[p.text, p.type]) for p in sentence.participants or () if (p.text, p.type) in other]


_TONE_MARKS = {"\u0300": "f", "\u0301": "s", "\u0303": "x", "\u0309": "r", "\u0323": "j"}
"""The combining marks of the tones, and the keys that write them in Telex."""


def _tone_swaps() -> dict[str, str]:
    swaps: dict[str, str] = {}
    for pair in ("oa", "oe", "uy", "Oa", "Oe", "Uy", "OA", "OE", "UY"):
        for mark in _TONE_MARKS:
            modern = unicodedata.normalize("NFC", pair[0] + mark + pair[1])
            old = unicodedata.normalize("NFC", pair + mark)
            swaps |= {modern: old, old: modern}
    return swaps


_TONE_SWAPS = _tone_swaps()
_OPEN_SYLLABLE = re.compile(rf"(?<![qQ])(?:{'|'.join(_TONE_SWAPS)})(?![^\W\d_])")


def other_tone_placement(text: str) -> list[Edit]:
    """The tone mark of open syllables on the other of two vowels: `hòa` and `hoà` change into each other.

    >>> rewrite(Sentence("1", "hòa uỷ quý"), other_tone_placement("hòa uỷ quý")).sentence.text
    'hoà ủy quý'
    """
    return [
        (match.start() + i, match.start() + i + 1, letter)
        for match in _OPEN_SYLLABLE.finditer(text)
        for i, letter in enumerate(_TONE_SWAPS[match[0]])
    ]


_STRAIGHT = dict.fromkeys("“”„«»", '"') | dict.fromkeys("‘’‚", "'")


def other_quotes(text: str) -> list[Edit]:
    """Straight quotation marks and apostrophes become typographic ones, and these straight.

    >>> rewrite(Sentence("1", '"vàng" và ‘đỏ’'), other_quotes('"vàng" và ‘đỏ’')).sentence.text
    "“vàng” và 'đỏ'"
    """
    edits: list[Edit] = []
    for i, mark in enumerate(text):
        if mark in _STRAIGHT:
            edits.append((i, i + 1, _STRAIGHT[mark]))
        elif mark in "\"'":
            opening = i == 0 or text[i - 1] in " \u00a0([{-–—/\"'“‘"
            edits.append((i, i + 1, ("“" if opening else "”") if mark == '"' else ("‘" if opening else "’")))
    return edits


_SPACED_DASH = re.compile(r"(?<=[^\s\d]) [-–—] (?=[^\s\d])")
_BARE_DASH = re.compile(r"(?<=[^\W\d_])[-–—](?=[^\W\d_])")


def other_dashes(sentence: Sentence, draw: random.Random) -> list[Edit]:
    """Dashes between words of another length, and with or without the spaces around them.

    A hyphen without spaces is taken for one between words where a participant begins or ends, else for part of a word (`Jong-un`).
    Spaces go only where both neighbours, or neither, begin with a capital, and not after the place that opens a report.

    >>> pair = Sentence("1", "quan hệ Việt - Mỹ")
    >>> sorted({rewrite(pair, other_dashes(pair, random.Random(i))).sentence.text for i in range(20)})
    ['quan hệ Việt – Mỹ', 'quan hệ Việt-Mỹ', 'quan hệ Việt–Mỹ']
    """
    text = sentence.text
    edges = {edge for p in sentence.participants or () for edge in (p.start, p.end)}
    edits: list[Edit] = []
    for match in _SPACED_DASH.finditer(text):
        at = match.start() + 1
        ways = [" – " if text[at] == "-" else " - ", *(("-", "–") if _closes_up(text, at) else ())]
        way = draw.choice(ways)
        edits.append((at, at + 1, way.strip()))
        if way.strip() == way:
            edits += [(at - 1, at, ""), (at + 1, at + 2, "")]
    for match in _BARE_DASH.finditer(text):
        at = match.start()
        if text[at] != "-" or not edges.isdisjoint((at, at + 1)):
            edits.append((at, at + 1, draw.choice((" - ", " – ", "–" if text[at] == "-" else "-"))))
    return edits


def _closes_up(text: str, dash: int) -> bool:
    before, after = text[:dash].split()[-1], text[dash + 2 :].split()[0]
    place = text[:dash].strip(" ()").isupper() and not text.isupper()
    return not place and before[-1].isalpha() and after[0].isalpha() and before[0].isupper() == after[0].isupper()


def wider_spaces(text: str, draw: random.Random, share: float = 0.2) -> list[Edit]:
    """Double and non-breaking spaces in the place of a share of the single ones between words.

    >>> rewrite(Sentence("1", "a b c"), wider_spaces("a b c", random.Random(7), share=1.0)).sentence.text
    'a  b  c'
    """
    gaps = [match.start() for match in re.finditer(r"(?<=\S) (?=\S)", text)]
    return [(at, at + 1, draw.choice(("  ", "\u00a0"))) for at in _some(gaps, share * len(gaps), draw)]


_Item = TypeVar("_Item")


def _some(items: Sequence[_Item], count: float, draw: random.Random) -> list[_Item]:
    """Different items, `count` of them on average, or all if there are fewer."""
    return draw.sample(items, min(int(count + draw.random()), len(items)))


def slip(sentence: Sentence, draw: random.Random) -> list[Edit]:
    """One slip inside a word, or one space left out where no participant begins or ends; nothing for a text without room for it.

    >>> rewrite(Sentence("1", "abc"), slip(Sentence("1", "abc"), random.Random(4))).sentence.text
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
    # Training runs are repeated by their seed: what is drawn here, and in which order, stays.
    kind = draw.choice(("drop", "double", "exchange", "join"))
    places = spaces if kind == "join" else inside
    if not places:
        return []
    at = draw.choice(places)
    whole = any((p.start, p.end) == (at, at + 1) for p in sentence.participants or ())
    return [] if kind == "drop" and whole else _slip(text, at, kind)


def _slip(text: str, at: int, kind: str) -> list[Edit]:
    match kind:
        case "exchange":  # as two edits, so that a participant may end between the letters
            return [(at, at + 1, text[at + 1]), (at + 1, at + 2, text[at])]
        case "double":
            return [(at, at + 1, text[at] * 2)]
        case "tone key":
            return [(at, at + 1, _typed_apart(text[at]))]
        case _:
            return [(at, at + 1, "")]


def _typed_apart(letter: str) -> str:
    """A letter whose tone Telex did not take, with the key after it: `á` as `as`; other letters as they are."""
    for mark, key in _TONE_MARKS.items():
        if mark in (marks := unicodedata.normalize("NFD", letter)):
            return unicodedata.normalize("NFC", marks.replace(mark, "")) + (key.upper() if letter.isupper() else key)
    return letter


_LETTERS = re.compile(r"[^\W\d_]{3,}")
_SLIPS = ("drop", "double", "exchange", "tone key", "join")


def typing_errors(sentence: Sentence, draw: random.Random, share: float = 1 / 12) -> list[Edit]:
    """Slips of the keyboard in a share of the syllables: a letter dropped, doubled or exchanged with the next, a tone's key that Telex
    did not take (`tasc` for `tác`), or no space after the syllable.

    The first and the last letter of a syllable and of a participant stay, and a participant is not joined with its neighbours.

    >>> rewrite(Sentence("1", "hợp tác"), typing_errors(Sentence("1", "hợp tác"), random.Random(1), share=0.5)).sentence.text
    'hp tác'
    """
    text = sentence.text
    kept = {i for p in sentence.participants or () for i in (p.start - 1, p.start, p.end - 1, p.end)}
    edits: list[Edit] = []
    for word in _some(list(_LETTERS.finditer(text)), share * len(text.split()), draw):
        for kind in draw.sample(_SLIPS, len(_SLIPS)):
            if places := [at for at in _places(text, word, kind) if kept.isdisjoint((at, at + (kind == "exchange")))]:
                edits += _slip(text, draw.choice(places), kind)
                break
    return edits


def _places(text: str, word: re.Match[str], kind: str) -> Iterable[int]:
    start, end = word.span()
    if kind == "join":
        return [end] if text[end : end + 1] == " " and text[end + 1 : end + 2].isalpha() else []
    if kind == "exchange":
        return [i for i in range(start + 1, end - 2) if text[i] != text[i + 1]]
    return [i for i in range(start + 1, end - 1) if kind != "tone key" or _typed_apart(text[i]) != text[i]]


_SHAPES = {"l": ["1"], "1": ["l"], "O": ["0"], "0": ["O"], "m": ["rn"], "đ": ["d"], "Đ": ["D"]}


def misread(sentence: Sentence, draw: random.Random, share: float = 0.02) -> list[Edit]:
    """A share of the characters read wrongly, as scanners do: horn, breve, stroke or tone lost, another tone, l and 1, O and 0, rn and
    m taken for each other, or a space overlooked where no participant begins or ends.

    >>> rewrite(Sentence("1", "đi làm"), misread(Sentence("1", "đi làm"), random.Random(1), share=0.5)).sentence.text
    'di 1àrn'
    """
    text = sentence.text
    edges = {i for p in sentence.participants or () for i in (p.start, p.end)}
    readings: list[tuple[int, int, Sequence[str]]] = []
    for i, c in enumerate(text):
        if text[i : i + 2] == "rn" and i + 1 not in edges:
            readings.append((i, i + 2, ["m"]))
        elif c == " " and text[i - 1 : i].isalpha() and text[i + 1 : i + 2].isalpha() and edges.isdisjoint((i, i + 1)):
            # There are so many that most of the errors would be theirs.
            if draw.random() < 0.2:
                readings.append((i, i + 1, [""]))
        elif others := _SHAPES.get(c) or _other_marks(c):
            readings.append((i, i + 1, others))
    return [(start, end, draw.choice(others)) for start, end, others in _some(readings, share * len(text), draw)]


def _other_marks(letter: str) -> list[str]:
    """A letter without its horn or breve, without its tone, and with another tone."""
    marks = unicodedata.normalize("NFD", letter)
    others = [marks.replace(mark, "") for mark in "\u031b\u0306" if mark in marks]
    for tone in _TONE_MARKS:
        if tone in marks:
            others += [marks.replace(tone, "")] + [marks.replace(tone, wrong) for wrong in _TONE_MARKS if wrong != tone]
    return [unicodedata.normalize("NFC", other) for other in others]
