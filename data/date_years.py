"""Months, quarters, years and spans of years in Vietnamese: each pattern and, below it, what its words mean."""

from __future__ import annotations

import re
from datetime import date, timedelta

from .date_numbers import NOTHING_AFTER, RATIO_BEFORE
from .date_words import (
    AND,
    COUNTED_BEFORE,
    DASH,
    END,
    LATER,
    NUMBER,
    OF_YEAR,
    ONLY,
    WHICH,
    YEAR,
    Context,
    Expression,
    dated,
    number_of,
    year_of,
)
from .interval import Interval, months_of, on_day, third_of, years_of

# Months: tháng 9/2025, tháng 9 và 10 năm nay, cuối tháng 5, 9/2025.
_THIRD = r"(?P<third>đầu|giữa|cuối|thượng\s+tuần|trung\s+tuần|hạ\s+tuần|nửa\s+đầu|nửa\s+cuối|nửa\s+sau)\s+"
MONTHS = re.compile(
    rf"(?:{_THIRD})?tháng\s+(?P<early>(?:{NUMBER}{AND}(?:tháng\s+)?){{0,6}}?)(?P<month>{NUMBER})(?:\s*[/.-]\s*(?P<y>{YEAR}))?{END}"
    rf"(?:{OF_YEAR})?{ONLY}?"
)
MONTH_AND_YEAR = re.compile(rf"(?P<month>\d{{1,2}})/(?P<y>{YEAR}){END}")


def read_months(match: re.Match[str], context: Context) -> Expression | None:
    groups = match.groupdict()
    last = number_of(match["month"])
    written, early = groups.get("y"), groups.get("early") or ""
    first = number_of(re.split(r"\s*[,&–—-]|\s+(?:và|hoặc|đến|tới)\s", early)[0].strip()) if early else last
    if not (1 <= first <= 12 and 1 <= last <= 12):
        return None
    before = context.low[max(0, match.start() - 20) : match.start()]
    if COUNTED_BEFORE.search(before[-8:]) and not re.search(r"(?:đầu|các|những|cả|hai)\s+$", before):
        return None
    is_bare = match.re is MONTH_AND_YEAR
    if is_bare:
        if RATIO_BEFORE.search(before) and not before.endswith(("đạt ", "trong ", "là ", "có ", "tới ", "được ")):
            return None
    elif not (match["month"].isdecimal() or written or match["year"]):
        # "tháng Tư" is April; "tháng năm", "tháng ba lần" may be something else.
        is_name = context.usual[match.start("month")].isupper()
        if match["month"] in ("giêng", "chạp") or not is_name:
            return None
    third = None if is_bare or not match["third"] else match["third"].split()

    def at(year: int) -> Interval | None:
        whole = months_of(year, first, last)
        if whole is None or third is None:
            return whole
        if third[0] == "nửa":
            halfway = date(whole.first.year, whole.first.month, 15)
            begin, end = (whole.first, halfway) if third[1] == "đầu" else (halfway + timedelta(days=1), whole.last)
            return Interval(begin, end, "week")
        return third_of(whole, {"đầu": 0, "thượng": 0, "giữa": 1, "trung": 1, "cuối": 2, "hạ": 2}[third[0]])

    found = Expression(match.start(), match.end(), form="month") if is_bare else dated(match, context, at, "month")
    if written:
        found.at, found.interval = None, at(int(written))
    found.is_range = bool(re.search(r"[-–—]|đến|tới", early))
    return found


QUARTERS = re.compile(
    rf"quý\s+(?P<early>(?:(?:i{{1,3}}|iv|[1-4]){AND}(?:quý\s+)?){{0,3}})(?P<quarter>iv|i{{1,3}}|[1-4]|một|hai|ba|tư|bốn|đầu(?:\s+tiên)?|cuối)(?!\w)"
    rf"(?:\s*[/-]\s*(?P<y>{YEAR}))?(?:{OF_YEAR})?{ONLY}?"
)


def read_quarters(match: re.Match[str], context: Context) -> Expression | None:
    words = match["quarter"]
    last = 1 if words.startswith("đầu") else 4 if words == "cuối" else number_of(words)
    first = number_of(re.split(r"\W", match["early"])[0]) if match["early"] else last
    if not 1 <= first <= last <= 4:
        return None

    def at(year: int) -> Interval | None:
        return months_of(year, 3 * first - 2, 3 * last, "quarter")

    found = dated(match, context, at, "quarter")
    if match["y"]:
        found.at, found.interval = None, at(int(match["y"]))
    return found


PART_OF_YEAR = re.compile(
    rf"(?:(?P<n>{NUMBER})\s+tháng\s+(?P<side>đầu|cuối)?(?:\s+tiên)?\s*(?:của\s+)?|nửa\s+(?P<half>đầu|cuối|sau)\s+)năm(?:\s+(?P<year>{YEAR}|{WHICH}))?(?!\w)"
)


def read_part_of_year(match: re.Match[str], context: Context) -> Expression | None:
    months = number_of(match["n"]) if match["n"] else 6
    if not 1 <= months <= 12 or (match["n"] and not match["side"] and not match["year"]):
        return None
    if re.search(r"\d\s*$|ngày\s+$", context.low[max(0, match.start() - 6) : match.start()]):
        return None
    at_end = match["side"] == "cuối" or match["half"] in ("cuối", "sau")

    def at(year: int) -> Interval | None:
        return months_of(year, 13 - months, 12) if at_end else months_of(year, 1, months)

    found = Expression(match.start(), match.end(), form="month")
    year = year_of(match["year"], context) if match["year"] else context.this_year
    if year and (match["year"] or at_end):
        found.interval = at(year)
    elif year and context.published:
        # Reported when it is over: in January "9 tháng đầu năm" are nobody's guess.
        whole = at(year)
        found.interval = whole if whole and (whole.last - context.published.last).days <= 15 else None
    return found


# Years: năm 2025, năm ngoái, đầu năm 2026, các năm 2023 và 2024, giai đoạn 2021-2030, những năm 1990.
YEARS = re.compile(
    rf"(?:{_THIRD})?(?:của\s+)?năm\s+(?:(?P<early>(?:{YEAR}{AND}(?:năm\s+)?){{0,6}})(?P<last>{YEAR})(?!-?\w|/\w)|(?P<which>{WHICH}))"
)
START_OF_YEAR = re.compile(r"đầu\s+năm(?=\s+(?:đến|tới)\s+(?:nay|hiện))")
PERIOD = re.compile(
    rf"(?P<word>giai\s+đoạn|thời\s+kỳ|thời\s+kì|nhiệm\s+kỳ|nhiệm\s+kì|niên\s+khóa|năm\s+học|năm\s+tài\s+khóa|mùa\s+giải|khóa|tầm\s+nhìn)\s+"
    rf"(?:(?:từ\s+)?(?:năm\s+)?(?P<first>{YEAR}){LATER}(?:năm\s+)?|(?:đến\s+)?(?:năm\s+)?)(?P<last>{YEAR})(?!\w)"
)
DECADE = re.compile(
    r"(?:(?:đầu|giữa|cuối)\s+)?(?:những\s+năm|thập\s+niên|thập\s+kỷ|thập\s+kỉ)\s+(?P<year>(?:1[89]|20)?\d0)(?![\d%]|[.,]\d|\s*[-–,]\s*\d)"
    r"(?:\s+(?:của\s+)?thế\s+kỷ\s+(?:trước|xx|20)(?!\w))?"
)
SPAN = re.compile(rf"(?P<first>{YEAR}){DASH}(?P<last>{YEAR})(?!\w|[/-]\w)")
ALONE = re.compile(rf"(?P<last>{YEAR})(?![\w/:]|-\w)")
_YEAR_FOLLOWS = re.compile(r"(?:từ|đến|vào|trong|trước|sau|hết|cuối|đầu|giữa|hè|so\s+với)\s+$")

_MORE_YEARS = re.compile(rf"(?<!\w)năm\s+(?:{YEAR}(?:\s*,\s*(?:và\s+)?|\s+(?:và|hoặc)\s+))+$")


def read_years(match: re.Match[str], context: Context) -> Expression | None:
    found = Expression(match.start(), match.end(), form="year")
    before = context.low[max(0, match.start() - 8) : match.start()]
    if match["which"]:
        if COUNTED_BEFORE.search(before) and not match["third"]:
            return None
        year = year_of(match["which"], context)
        found.interval = years_of(year, year) if year else None
    else:
        years = [int(year) for year in re.findall(r"\d{4}", match["early"])] + [int(match["last"])]
        found.is_range = bool(re.search(r"[-–—]|đến|tới", match["early"]))
        if not found.is_range and years != list(range(years[0], years[-1] + 1)):
            found.end, years = match.start("early") + 4, years[:1]  # "năm 1995, năm 2013 và năm 2023": each by itself
        found.interval = years_of(years[0], years[-1])
        if found.interval is None:
            return None
    if found.interval and match["third"] and not match["early"]:
        third = match["third"].split()
        if third[0] == "nửa":
            year = found.interval.first.year
            found.interval = months_of(year, *((1, 6) if third[1] == "đầu" else (7, 12)))
        elif third[0] in ("đầu", "giữa", "cuối"):
            found.interval = third_of(found.interval, ("đầu", "giữa", "cuối").index(third[0]))
    return found


def read_start_of_year(match: re.Match[str], context: Context) -> Expression:
    year = context.this_year
    return Expression(match.start(), match.end(), on_day(date(year, 1, 1)) if year else None, form="year")


def read_period(match: re.Match[str], context: Context) -> Expression | None:
    if match["first"] is None and not match["word"].startswith("tầm"):
        return None
    interval = years_of(int(match["first"] or match["last"]), int(match["last"]))
    return Expression(match.start(), match.end(), interval, form="period", is_range=True) if interval else None


def read_decade(match: re.Match[str], context: Context) -> Expression | None:
    year = int(match["year"])
    if year < 100:
        if not 50 <= year <= 90:
            return None
        year += 1900
    return Expression(match.start(), match.end(), years_of(year, year + 9), form="year")


def read_span(match: re.Match[str], context: Context) -> Expression | None:
    interval = years_of(int(match["first"]), int(match["last"]))
    return Expression(match.start(), match.end(), interval, form="bare", is_range=True) if interval else None


def read_alone(match: re.Match[str], context: Context) -> Expression | None:
    """A number that is a year: after a word that wants one, or as the last word of a name."""
    year, before = int(match["last"]), context.usual[max(0, match.start() - 60) : match.start()]
    interval = years_of(year, year)
    if year < 1900 or not before:
        return None
    alone = NOTHING_AFTER.match(context.low, match.end())
    if _MORE_YEARS.search(before.lower()):
        return Expression(match.start(), match.end(), interval, form="year")
    if _YEAR_FOLLOWS.search(before.lower()):
        return Expression(match.start(), match.end(), interval, form="year") if alone else None
    word = re.search(r"(\w[\w-]*)[\s’'”\"]*$", before)
    in_brackets = before.endswith("(") and context.low.startswith(")", match.end())
    if (
        in_brackets
        or (word and word[1][0].isupper() and before[-1].isspace())
        or re.search(r"(?:hiến\s+pháp|năm\s+mới|nguyên\s+đán)\s+$", before.lower())
    ):
        return Expression(match.start(), match.end(), interval, form="bare")
    return None
