"""Which part of a scraped article is body, headline, caption or boilerplate, and where it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .line_kinds import give_kinds
from .page_lines import Line, read_page_lines
from .phrases import find_credits, is_byline, names_picture
from .sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, title, caption, credit or the like; offsets are into the text as given, end exclusive."""

    start: int
    end: int
    kind: str
    """`body`, `headline`, `caption` or `boilerplate`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of an article in their order; together they hold all of its text but white space."""

    units: tuple[Unit, ...]
    dates: tuple[str, ...]
    """What the page says of when it was published, as written, in its order; those of updates last."""


def find_layout(text: str, known: Mapping[int, str] | None = None) -> Layout:
    """Find the parts of an article.

    Args:
        text: any string; it is read line by line.
        known: kinds that the page itself tells, by the offset of the line's first character.

    >>> found = find_layout("Hai nước ký thỏa thuận\\nChiều 13/2, hai bên đã ký thỏa thuận. Lễ ký trang trọng. Ảnh: TTXVN\\nXem thêm")
    >>> [unit.kind for unit in found.units]
    ['headline', 'caption', 'caption', 'boilerplate', 'boilerplate']
    """
    plain, places = _compose(text)
    lines = read_page_lines(plain, known or {}, places)
    give_kinds(lines)
    units = [unit for line in lines for unit in _units(line)]
    if places is not None:
        units = [
            Unit(places[unit.start], places[unit.end], unit.kind) for unit in units if places[unit.start] < places[unit.end]
        ]
    dated = sorted((line for line in lines if line.date), key=lambda line: bool(_UPDATED.search(line.text)))
    return Layout(tuple(units), tuple(line.date for line in dated))


_UPDATED = re.compile(r"cập nhật|updated", re.IGNORECASE)


def _compose(text: str) -> tuple[str, list[int] | None]:
    """The text in NFC and, if that is not the text itself, where each of its characters (and its end) stands in the text as given."""
    if unicodedata.is_normalized("NFC", text):
        return text, None
    pieces, places = [], []
    for match in _CLUSTER.finditer(text):
        piece = unicodedata.normalize("NFC", match[0])
        pieces.append(piece)
        places += [match.start(), *[match.end()] * (len(piece) - 1)]
    return "".join(pieces), [*places, len(text)]


_CLUSTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)


def _units(line: Line) -> Iterator[Unit]:
    """The parts of a line: sentences, credits, names at its end. A title is one part."""
    if line.kind == "headline":
        yield Unit(line.start, line.start + len(line.text), line.kind)
        return
    kinds: list[tuple[int, int, str]] = []
    position = 0
    for start, end in () if line.kind == "boilerplate" else line.credits:
        sentences = [(*span, line.kind) for span in split_sentences(line.text, position, start)]
        if sentences and line.sort != "caption" and names_picture(line.text[start:end]):
            sentences[-1] = (*sentences[-1][:2], "caption")  # only what stands before the credit: paragraphs have run together
        kinds += [*sentences, (start, end, "boilerplate")]
        position = end
    rest = [(*span, line.kind) for span in split_sentences(line.text, position)]
    if len(kinds) + len(rest) > 1 and rest and _is_source(line.text[rest[-1][0] : rest[-1][1]]):
        rest[-1] = (*rest[-1][:2], "boilerplate")
    for start, end, kind in [*kinds, *rest]:
        yield Unit(line.start + start, line.start + end, kind if _has_words(line.text[start:end]) else "boilerplate")


def _has_words(text: str) -> bool:
    """Whether a part of a line is more than strokes, and no credit: in pages without line breaks those stand between sentences."""
    return any(map(str.isalnum, text)) and find_credits(text) != [(0, len(text))]


def _is_source(text: str) -> bool:
    """Whether what stands below the last full stop of a paragraph is an agency or author: "(Reuters)", "Theo TTXVN"."""
    return is_byline(text) or _IN_BRACKETS.fullmatch(text) is not None


_IN_BRACKETS = re.compile(r"\([^().!?]{1,40}\)")
