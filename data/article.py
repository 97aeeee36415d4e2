"""Raw text to sentences, with offsets into that text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files

_END = re.compile(r"(?<![.!?…])(?:\./\.|[.!?…]++)[\"'”’»)\]]*(?=\s+[\"'“‘«(\[\-–]*[\w])", re.UNICODE)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“.])(?:TP|Tp|GS|PGS|TS|ThS|BS|CN|KS|LS|NSND|NSƯT|TT|P|Q|Mr|Mrs|Ms|Dr|St|No|vs|Ltd|Inc|Co|Corp|Jr|Sr|[A-ZĐ])\.$"
)
_LIST_NUMBER = re.compile(r"\s*\d{1,3}\.")
_NEXT = re.compile(r"\s+[\"'“‘«(\[\-–]*(\w)")


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence and where it stands: `source` names the file, offsets are characters of its text, end exclusive."""

    text: str
    source: str
    start: int
    end: int


def split_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of `text`, without surrounding white space; a line break always ends one.

    >>> [("Ông A thăm Lào. Hai bên bàn về TP. Vinh."[s:e]) for s, e in split_sentences("Ông A thăm Lào. Hai bên bàn về TP. Vinh.")]
    ['Ông A thăm Lào.', 'Hai bên bàn về TP. Vinh.']
    """
    for line in re.finditer(r"[^\r\n\u2028\u2029]+", text):
        start = line.start()
        for match in _END.finditer(text, line.start(), line.end()):
            head = text[max(start, match.end() - 12) : match.end()]
            if _begins_lower(text, match.end()) or _ABBREVIATION.search(head) or _LIST_NUMBER.fullmatch(head):
                continue
            yield from _trimmed(text, start, match.end())
            start = match.end()
        yield from _trimmed(text, start, line.end())


def _begins_lower(text: str, position: int) -> bool:
    following = _NEXT.match(text, position)
    return following is not None and following[1].islower()


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def read_lines(lines: Iterable[str], source: str, whole_lines: bool = False) -> Iterator[Place]:
    """Sentences of a text that comes line by line; with `whole_lines` each line that is not blank is one sentence.

    Args:
        lines: with their line ends, so that offsets can be counted.
        source: a name for the text.
    """
    offset = 0
    for line in lines:
        spans = _trimmed(line, 0, len(line)) if whole_lines else split_sentences(line)
        for start, end in spans:
            yield Place(line[start:end], source, offset + start, offset + end)
        offset += len(line)


def sample_article() -> str:
    """A short article that ships with the package; the persons and events in it are made up."""
    return files(__package__).joinpath("sample.txt").read_text(encoding="utf-8")
