"""When an article appeared: publication dates as newspapers, crawls and web pages write them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import import_module
from typing import Any

from .interval import Interval, day_of, months_of, years_of

_EXAMPLES = "2025-05-20, 2025-05, 2025, 20/05/2025 or 22 tháng 5 năm 2025"


def parse_published(text: str) -> Interval:
    """A publication date, as exact as it is written: parts that are not there are not filled in.

    The day stands before the month. A time of day may stand beside it; the calendar day is taken as written, whatever
    the time zone. Dates of other languages and forms ("May 22, 2025") need dateparser, which the extra `events` has.

    Raises:
        ValueError: if the text is no date, or not one with a year of four digits; it names the text.

    >>> parse_published("Thứ Năm, 22/05/2025 - 14:30 (GMT+7)").first.isoformat()
    '2025-05-22'
    >>> parse_published("05/2025").precision
    'month'
    """
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if len(plain) > _LONGEST:
        raise ValueError(f"{text[:_LONGEST]!r}… is too long for a publication date")
    match = _ISO.fullmatch(plain) or _VIETNAMESE.fullmatch(plain)
    if match:
        year, month, day = (int(match[part]) if match[part] else 0 for part in ("year", "month", "day"))
    elif _ALL_NUMBERS.search(plain) or not _YEAR.search(plain):
        year = month = day = 0  # dateparser would read 05/22/2025 as 22 May
    else:
        year, month, day = _by_dateparser(plain)
    if day:
        found = day_of(year, month, day)
    elif month:
        found = months_of(year, month, month)
    else:
        found = years_of(year, year)
    if found is None:
        raise ValueError(f"{text!r} is no publication date; write one as {_EXAMPLES}")
    return found


_LONGEST = 100
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)")
_ALL_NUMBERS = re.compile(r"\d[/.-]\d+[/.-]\d")
_TIME = r"\d{1,2}[:hg]\d{2}(?:[:m]\d{2})?(?:\.\d+)?(?: ?(?:AM|PM|SA|CH))?"
_ZONE = r"(?:Z|UTC|GMT)?(?: ?[+-]\d{1,2}(?::?\d{2})?)?"
_ISO = re.compile(
    rf"(?P<year>\d{{4}})(?:[/-](?P<month>\d{{2}})(?:[/-](?P<day>\d{{2}})(?:[T ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)? ?{_ZONE})?)?)?"
)
_WEEKDAY = r"(?:thứ (?:hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|chủ nhật|[t][2-7]|cn)"
_LEAD = rf"(?:(?:ngày |đã )?(?:cập nhật|đăng|xuất bản|phát hành)(?: lúc| ngày)?:? ?|lúc |{_WEEKDAY},? ?(?:ngày )?|{_TIME}(?: ?\(?{_ZONE}\)?)?,?(?: ?[-|•–] ?| )|ngày |[, ])"
_TRAIL = rf"(?:[ ,|•–-]*(?:lúc )?{_TIME}|[ ,|•–-]*\(?{_ZONE}\)?|,? {_WEEKDAY})"
_VIETNAMESE = re.compile(
    rf"{_LEAD}*(?:(?:(?P<day>\d{{1,2}})(?P<mark>[/.-]|,? (?=tháng)))?(?:tháng )?(?P<month>\d{{1,2}})(?(day)(?:(?P=mark)|[/-]|,? năm | )|(?:[/-]|,? năm ))"
    rf"|năm )(?P<year>\d{{4}})(?!\d){_TRAIL}{{0,3}}",
    re.IGNORECASE,
)


def _by_dateparser(text: str) -> tuple[int, int, int]:
    """Year, month and day, 0 where not written; all 0 if dateparser finds no date."""
    parser = _parser()
    try:
        data = parser.get_date_data(text)
    except (ValueError, OverflowError):
        return 0, 0, 0
    year = _YEAR.search(text)
    if data.date_obj is None or year is None or data.date_obj.year != int(year[0]):
        return 0, 0, 0
    exact = {"year": 0, "month": 1}.get(data.period, 2)
    return data.date_obj.year, data.date_obj.month if exact > 0 else 0, data.date_obj.day if exact > 1 else 0


@lru_cache(maxsize=1)
def _parser() -> Any:
    try:
        dateparser = import_module("dateparser.date")
    except ModuleNotFoundError:
        raise ValueError(
            "dates of this form need dateparser, which is not installed; the extra `events` has it: pip install 'hoptac[events]' "
            f"(without it: {_EXAMPLES})"
        ) from None
    # Without a year it would take this one; what it does not find in `period` it fills in from today.
    settings = {"DATE_ORDER": "DMY", "REQUIRE_PARTS": ["year"], "PARSERS": ["absolute-time"]}
    return dateparser.DateDataParser(languages=["vi", "en"], settings=settings)
