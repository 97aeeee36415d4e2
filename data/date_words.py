"""What the grammar of Vietnamese dates is made of: an expression, its context, and parts of patterns.

All patterns are matched against text in small letters and NFC (`low`); `usual` is the same text with its capitals.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from .interval import Interval

InYear = Callable[[int], Interval | None]


@dataclass(slots=True)
class Expression:
    """Words that name a date. Exactly one of `interval` and `at` says which; neither: they cannot be resolved."""

    start: int
    end: int
    interval: Interval | None = None
    at: InYear | None = None
    """The days in a given year, where the words do not say which year."""
    only: int = 0
    """-1 or 1: the words say that it is past, or to come."""
    weekday: int | None = None
    form: str = ""
    """`day`, `month`, `year`, `period` (a range of years), `bare` (a number that may be a year), `relative`."""
    is_range: bool = False
    days_later: int | None = None
    """Days after the day last spoken of, where that is what the words say."""


@dataclass(frozen=True)
class Context:
    """What expressions are resolved against."""

    low: str
    usual: str
    published: Interval | None
    before: Interval | None

    def tense_at(self, start: int) -> int:
        """What the verbs say of a date that begins there: -1 past, 1 future, 0 neither or both.

        The first verb belongs to a date that opens the sentence; otherwise all must agree.
        """
        found = self._tenses
        if not found or (start > 2 and len(set(found)) > 1):
            return 0
        return found[0]

    @cached_property
    def _tenses(self) -> list[int]:
        return [1 if word["future"] else -1 for word in _TENSE.finditer(self.low)]

    @property
    def today(self) -> date | None:
        """The day of publication, where it is known to the day."""
        is_day = self.published is not None and self.published.first == self.published.last
        return self.published.first if self.published and is_day and 1000 < self.published.first.year < 9000 else None

    @property
    def this_year(self) -> int | None:
        return self.published.first.year if self.published and self.published.first.year == self.published.last.year else None

    @property
    def this_month(self) -> tuple[int, int] | None:
        if self.published is None or self.this_year is None or self.published.first.month != self.published.last.month:
            return None
        return self.published.first.year, self.published.first.month


_TENSE = re.compile(
    r"(?<!\w)(?:(?P<past>đã|vừa(?!\s+phải)|mới\s+đây)|(?P<future>sẽ|sắp|dự\s+kiến|chuẩn\s+bị|thời\s+gian\s+tới))(?!\w)"
)


# Words, as parts of patterns. White space may be of any kind and length.
PART = (
    r"(?:rạng\s+sáng|sáng\s+sớm|sáng\s+muộn|sáng|trưa|đầu\s+giờ\s+chiều|chiều\s+tối|chiều\s+muộn|chiều|tối\s+muộn|tối|"
    r"đêm\s+muộn|nửa\s+đêm|đêm|khuya)"
)
DAY_WORD = r"(?:(?:ngày\s+)?m[ùồ]ng|ngày|hôm)"
KEY = rf"(?:{PART}\s+(?:{DAY_WORD}\s+)?|{DAY_WORD}\s+)"
NUMBER = r"(?:mười\s+(?:một|hai)|một|hai|ba|tư|bốn|năm|sáu|bảy|bẩy|tám|chín|mười|giêng|chạp|\d{1,2}(?!\d))"
YEAR = r"(?:1[89]|20)\d\d(?!\d|[.,]\d|%)"
WHICH = r"(?:nay|này|ngoái|trước(?!\s+đó)|sau(?!\s+đó)|tới(?!\s+(?:nay|hiện)))(?!\w)"
OF_YEAR = rf"(?:\s*,?\s*(?:của\s+)?(?:năm\s+(?P<year>{YEAR}|{WHICH})|(?P<same>cùng\s+năm)(?!\w)))"
ONLY = r"(?:\s+(?P<only>vừa\s+qua|vừa\s+rồi|sắp\s+tới|tới\s+đây|tới(?!\s+(?:nay|hiện|thời\s+điểm|hết|cuối|ngày|tháng|quý|năm|\d))|này)(?!\w))"
DASH = r"\s*[-–—]\s*"
LATER = rf"(?:{DASH}|\s+(?:đến|tới)\s+(?:hết\s+)?)"
AND = rf"(?:\s*[,&]\s*(?:và\s+)?|\s+(?:và|hoặc)\s+|{LATER})"
END = r"(?![/.-]?\d|\w|%|/\w)"
SLASHED = (
    r"(?:-(?P<m1>\d{1,2})(?:-(?P<y1>\d{4}))?(?![/.-]\d)|/(?P<m2>\d{1,2})(?:[/-](?P<y2>\d{4}))?(?!/\d)|"
    r"\.(?P<m3>\d{1,2})(?:\.(?P<y3>\d{4}))?(?!\.\d))(?!\w|%|/\w)"
)
TAIL = r"(?:\s*(?:(?P<open>\()|,)?\s*(?:tức\s+)?(?:là\s+)?(?:ngày\s+)?(?P<tail>\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{4})?)(?![/.-]?\d|\w|%|/\w)(?(open)[^()]{0,40}\)))?"

VALUE = {
    word: number
    for number, words in enumerate(
        ["một giêng", "hai", "ba", "tư bốn", "năm", "sáu", "bảy bẩy", "tám", "chín", "mười", "mười_một", "mười_hai"], 1
    )
    for word in words.split()
}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
OFFSET = {"nay": 0, "này": 0, "ngoái": -1, "trước": -1, "sau": 1, "tới": 1, "rồi": -1, "qua": -1, "vừa qua": -1}


def number_of(words: str) -> int:
    words = "_".join(words.split())
    return int(words) if words.isdecimal() else _ROMAN.get(words) or VALUE.get(words, 0)


def dated(match: re.Match[str], context: Context, at: InYear, form: str) -> Expression:
    """A date whose year stands beside it, or that has none."""
    groups = match.groupdict()
    found = Expression(match.start(), match.end(), form=form)
    year, same, only = groups.get("year"), groups.get("same"), groups.get("only")
    if only == "tới" and (after := _NEXT_LETTER.match(context.usual, match.end())) and after[0][-1].isupper():
        found.end, only = len(context.low[: match.start("only")].rstrip()), None  # "ngày 5/9 tới Hà Nội" is an arrival
    if only:
        found.only = -1 if only.startswith("vừa") else 0 if only == "này" else 1
    if year or same:
        number = year_of(year, context) if year else context.before and context.before.first.year
        found.interval = at(number) if number else None
        if number and found.interval is None:
            found.form = ""  # the calendar has no such day
    else:
        found.at = at
    return found


_NEXT_LETTER = re.compile(r"\s+\w")


def year_of(words: str, context: Context) -> int | None:
    if words.isdecimal():
        return int(words)
    return None if context.this_year is None else context.this_year + OFFSET[words]


COUNTED_BEFORE = re.compile(
    r"(?:\d|\b(?:một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|mươi|chục|trăm|nghìn|nhiều|những|các|mấy|vài|mỗi|hằng|hàng|từng|đầu|nửa|rưỡi|cả|lần|thứ|suốt))\s+$"
)
