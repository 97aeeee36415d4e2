"""Sides of a meeting: "về phía Việt Nam có …; về phía Hoa Kỳ có …", and whose an organisation is by the words behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .actor_table import HOME, ActorTable, keys
from .offices import Line

_OURS, _THEIRS = "ours", "theirs"


@dataclass(frozen=True, slots=True)
class Sides:
    """Where in a sentence the list of a side's people begins, and which side it is."""

    marks: tuple[tuple[int, str], ...] = ()

    @property
    def home(self) -> bool:
        return any(side in (_OURS, HOME) for _, side in self.marks)

    def at(self, word: int, foreign: Mapping[str, object]) -> str:
        """The country of the side that a word belongs to; empty if to none.

        Args:
            foreign: the other countries that take part, for "phía bạn".
        """
        side = ""
        for position, code in self.marks:
            if position > word:
                break
            side = code
        if side == _OURS:
            return HOME
        if side == _THEIRS:
            return next(iter(foreign)) if len(foreign) == 1 else ""
        return side


_NONE = Sides()


def read_sides(table: ActorTable, line: Line) -> Sides:
    """The lists of sides in a sentence; each reaches to the next side that is named."""
    if _SIDE.isdisjoint(line.words):
        return _NONE
    marks: list[tuple[int, str]] = []
    for position, word in enumerate(line.words[:-1]):
        if word not in _SIDE:
            continue
        side, end = _side(table, line, position + 1)
        if not side:
            continue
        while end < len(line.words) and line.words[end] in _ALSO:
            end += 1
        lists = end < len(line.words) and (line.words[end] in _LISTS or ":" in line.gap(end))
        if lists:
            marks.append((position, side))
        elif word == _PHIA and marks:
            marks.append((position, ""))
    return Sides(tuple(marks)) if marks else _NONE


_PHIA = keys("phía")[0]
_SIDE = {*keys("phía bên đoàn")}
_ALSO = {*keys("còn cũng cùng dự tham gia buổi tiếp làm việc họp lễ hội đàm thành phần tiếp")}
_LISTS = {*keys("có gồm bao")}
_OWN = {*keys("ta mình")}
_OTHER = {*keys("bạn đối")}


def _side(table: ActorTable, line: Line, position: int) -> tuple[str, int]:
    """Which side is named at a word, and the word after it."""
    word = line.words[position]
    if word in _OWN:
        return _OURS, position + 1
    if word in _OTHER:
        return _THEIRS, position + (2 if word != keys("bạn")[0] else 1)
    while position < len(line.words) - 1 and line.words[position] in _OF_A_SIDE:
        position += 1
    for span in line.spans:
        if span.first == position and span.type == "GPE":
            return table.country(span.text), span.last
        if span.first == position and span.type == "ORG":
            body = table.bodies.get(keys(span.text))
            return (body.code if body else ""), span.last
    found = table.places.at(line.words, position)
    if found and line.words[position : position + found[0]] in table.spellings and line.text[line.starts[position]].isupper():
        return found[1], position + found[0]
    return "", position


_OF_A_SIDE = {*keys("đại biểu nước đoàn chính phủ")}


def owner_after(table: ActorTable, line: Line, number: int) -> tuple[str, bool]:
    """Whose an organisation is by the words right behind it, and whether it is that of several countries.

    "Bộ Ngoại giao của Lào", "Bộ Nội vụ (Pháp)", "Bộ Công an hai nước", "Bộ Quốc phòng nước này" (`last named`).
    """
    span = line.spans[number]
    position = span.last
    ending = line.words[max(position - 2, span.first) : position]  # where the span holds "nước này" itself
    if ending in _THAT:
        return "last named", False
    if len(ending) == 2 and ending[0] in _SEVERAL and ending[1] in _COUNTRIES:
        return "", True
    if position >= len(line.words):
        return "", False
    gap = line.gap(position).strip()
    if gap not in ("", "("):
        return "", False
    if line.words[position] in _OF:
        position += 1
    two = line.words[position : position + 2]
    if two[:1] and two[0] in _SEVERAL and len(two) > 1 and two[1] in _COUNTRIES:
        return "", True
    if two in _THAT:
        return "last named", False
    if two == _OURS_WORDS:
        return HOME, False
    if line.words[position : position + 1] == keys("nước"):
        position += 1
    for other in line.spans:
        if other.first == position and other.type == "GPE":
            return table.country(other.text), False
    return "", False


_OF = {*keys("của")}
_SEVERAL = {*keys("hai ba các nhiều mỗi bốn")}
_COUNTRIES = {*keys("nước bên quốc phía")}
_THAT = {keys("nước này"), keys("nước bạn")}
_OURS_WORDS = keys("nước ta")
