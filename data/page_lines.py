"""The lines of a scraped page, and what each of them is by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .phrases import (
    SECTION,
    UPPER,
    find_credits,
    find_date,
    is_byline,
    is_closing,
    is_furniture,
    is_link,
    is_scene,
    names_picture,
)


@dataclass(slots=True)
class Line:
    """A line that is not blank, without the white space around it."""

    text: str
    start: int
    kind: str = ""
    sort: str = ""
    """`prose`, `title` (any text without a full stop), `caption`, `credit`, `byline`, `date`, `section`, `closing`, `link`, `furniture`."""
    date: str = ""
    """Of a `date`: the words that say which."""
    key: str = ""
    """Letters and digits alone, in small letters, of a line that may be a title; equal for repetitions."""
    words: int = 0
    credits: Sequence[tuple[int, int]] = ()


def read_page_lines(text: str, known: Mapping[int, str], places: list[int] | None) -> list[Line]:
    """The lines of a text that are not blank; a crawler's prefix ("date 2025-05") is a line of its own.

    Args:
        text: in Unicode NFC.
        known: kinds by the offset of the line in the text as given.
        places: of each character of `text` in the text as given; None if that is the same.
    """
    lines: list[Line] = []
    for match in _NOT_BLANK.finditer(text):
        content = match[0].rstrip()
        start = match.start()
        prefix = _PREFIX.match(content) if len(lines) < 3 else None
        if prefix:
            lines.append(Line(prefix[0].rstrip(), start, sort="date", date=prefix[1] or ""))
            start += prefix.end()
            content = content[prefix.end() :]
        if not content:
            continue
        kind = known.get(places[start] if places else start, "")
        dated = _DATED_TITLE.match(content) if _CLOCK.search(content[-24:]) and _above_text(lines) else None
        if dated and find_date(content) is None and (date := find_date(dated["date"])):
            lines.append(_read_line(dated["title"], start, kind))
            rest = content[dated.end("title") :].lstrip()
            lines.append(Line(rest, start + len(content) - len(rest), sort="date", date=date))
            continue
        line = _read_line(content, start, kind)
        if line.sort == "link" and content[0] == "[" and all(above.sort in ("date", "furniture", "section") for above in lines):
            line.sort = "title"  # "[Video] …" is a link among others, and a title at the head of a page
        if not lines and _TODAY.match(content):
            line.date = ""
        lines.append(line)
    return lines


def _read_line(content: str, start: int, kind: str) -> Line:
    line = Line(content, start, kind)
    line.words = len(content.split())
    line.key = letters_of(content) if line.words <= _LONG else content
    line.credits = find_credits(content)
    _sort(line)
    return line


def _above_text(lines: list[Line]) -> bool:
    return all(line.sort != "prose" for line in lines)


_CLOCK = re.compile(r"\d\d?[:h]\d\d")
_DATED_TITLE = re.compile(
    r"(?P<title>\S.{0,200}?(?<![ ,:|–—-])(?<! vào)(?<! ngày)(?<! lúc)(?<! từ)(?<! đến)(?<! hôm)(?<! tới)) *[ ,|–—-] *"
    r"(?P<date>(?:(?:thứ (?:\w+)|chủ nhật),? )?(?:ngày )?\d\d?[/.-]\d\d?[/.-]\d{4},?(?: -)? \d\d?[:h]\d\d(?::\d\d)?(?: ?\(?GMT ?[+-] ?\d\d?\)?)?)$",
    re.IGNORECASE,
)
"""A title, or a section, with the day and time of publication behind it."""
_TODAY = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, ")
"""What opens a page like this is the day on which it was fetched."""


_NOT_BLANK = re.compile(r"[^\s\ufeff][^\r\n\u2028\u2029]*")
_PREFIX = re.compile(
    r"(?:date\s*:?\s*((?:\d{4}(?:-\d\d?){0,2}|\d\d?/\d\d?/\d{4})(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?)(?![\w-])"
    r"|(?:title|headline)\s*:)[\s:|]*",
    re.IGNORECASE,
)
"""What crawlers put before an article."""


def letters_of(text: str) -> str:
    """Letters and digits in small letters, words apart by single spaces.

    >>> letters_of("Mỹ - Lào:  ký!")
    'mỹ lào ký'
    """
    return " ".join(_WORD.findall(text.lower()))


_WORD = re.compile(r"\w+")


def _sort(line: Line) -> None:
    """What a line is by itself."""
    text, credits = line.text, line.credits
    if line.kind:
        line.sort = {"headline": "title", "body": "prose", "boilerplate": "furniture"}.get(line.kind, line.kind)
    elif credits and credits[0] == (0, len(text)):
        line.sort = "credit"
    elif credits and credits[-1][1] == len(text.rstrip(" |")) and _captions(line):  # the cell of a table ends with a stroke
        line.sort = "caption"
    elif _is_said_twice(text):
        line.sort = "link"
    elif line.words > _LONG:
        line.sort = "prose"
    elif (date := find_date(text)) is not None:
        line.sort, line.date = "date", date
    elif SECTION.fullmatch(line.key):
        line.sort = "section"
    elif is_closing(text):
        line.sort = "closing"
    elif is_link(text):
        line.sort = "link"
    elif is_byline(text):
        line.sort = "byline"
    elif is_furniture(text):
        line.sort = "furniture"
    elif is_scene(text):
        line.sort = "caption"
    else:
        line.sort = "prose" if ENDS.search(text[-60:]) or INNER_END.search(text) else "title"


def _is_said_twice(text: str) -> bool:
    """Whether a line is one title two times: the text and the picture of a link."""
    words = text.split()
    half = len(words) // 2
    return half >= 5 and words[:half] == words[half:]


def _captions(line: Line) -> bool:
    """Whether what stands before the credit at the end of a line is a caption: one or two sentences; one where no picture is named."""
    ends = len(INNER_END.findall(line.text))
    return (
        line.words <= 90 and ends <= 2 if names_picture(line.text[slice(*line.credits[-1])]) else line.words <= 40 and ends <= 1
    )


_LONG = 34
"""Words: no title, link or byline is longer, so a longer line is text even without a full stop."""
ENDS = re.compile(r"(?:[.!?…:;,]|\./)[\"'”’»)\]]*(?:\s*\([^()]{1,40}\))?$")
INNER_END = re.compile(rf"\w\w[.!?…][\"”’]? [{UPPER}\"“(]")
