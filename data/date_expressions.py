"""The dates of a sentence: where each begins and ends, and which two of them are a range."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .date_days import (
    AGO,
    ONE_DAY,
    RELATIVE,
    SAME_DAY,
    SEVERAL_DAYS,
    UNITS,
    WEEKDAY,
    read_ago,
    read_days,
    read_relative,
    read_same_day,
    read_units,
    read_weekday,
)
from .date_words import Context, Expression
from .date_years import (
    ALONE,
    DECADE,
    MONTH_AND_YEAR,
    MONTHS,
    PART_OF_YEAR,
    PERIOD,
    QUARTERS,
    SPAN,
    START_OF_YEAR,
    YEARS,
    read_alone,
    read_decade,
    read_months,
    read_part_of_year,
    read_period,
    read_quarters,
    read_span,
    read_start_of_year,
    read_years,
)
from .interval import Interval, joined


def joined_expressions(context: Context) -> list[Expression]:
    """Two dates with a dash or "đến" between them become one range; a range is not joined further."""
    result: list[Expression] = []
    for this in expressions(context):
        last = result[-1] if result else None
        between = context.low[last.end : this.start] if last else ""
        if (
            last
            and not (last.is_range or this.is_range)
            and (_RANGE.fullmatch(between) or (between.isspace() and context.low.startswith("rạng", this.start)))
            and last.form in ("day", "month", "quarter", "year", "relative")
            and this.form != "period"
        ):
            result[-1] = _range(last, this)
        else:
            result.append(this)
    return result


def _range(first: Expression, last: Expression) -> Expression:
    """Of the two, one that has no year takes it from the other."""
    both = Expression(first.start, last.end, form=last.form, is_range=True, only=last.only or first.only)
    begin, end = first.at, last.at
    if begin and end:

        def at(year: int) -> Interval | None:
            until = end(year)
            starts = [start for y in (year, year - 1) if (start := begin(y)) and until and start.first <= until.first]
            return joined(starts[0], until) if starts and until else None

        both.at = at
    elif begin and last.interval:
        year = last.interval.last.year
        starts = [start for y in (year, year - 1) if (start := begin(y)) and start.first <= last.interval.last]
        both.interval = joined(starts[0], last.interval) if starts else None
    elif end and first.interval:
        year = first.interval.first.year
        ends = [until for y in (year, year + 1) if (until := end(y)) and until.last >= first.interval.first]
        both.interval = joined(first.interval, ends[0]) if ends else None
    elif first.interval and last.interval:
        both.interval = joined(first.interval, last.interval)
    return both


_RANGE = re.compile(r"(?:\s*[-–—]\s*|,?\s+(?:(?:cho\s+)?(?:đến|tới)(?:\s+hết)?)\s+)(?:ngày\s+)?")


def expressions(context: Context) -> Iterator[Expression]:
    """All dates of a sentence from left to right, not yet joined to ranges."""
    low = context.low
    position = 0
    for begin in _BEGIN.finditer(low):
        if begin.start() < position:
            continue
        for pattern, read in _READERS[begin.lastgroup or ""]:
            match = pattern.match(low, begin.start())
            found = match and read(match, context)
            if match and found:
                position = found.end
                if not _NO_ONE_DAY_AFTER.match(low, found.end) and not _LUNAR_BEFORE.search(
                    low, max(0, found.start - 8), found.start
                ):
                    yield found
                break
            if match and pattern is ONE_DAY and match["kw"]:
                position = match.end()  # an impossible date: no part of it is one
                break


_NO_ONE_DAY_AFTER = re.compile(r"\s*[(,]?\s*(?:âm\s+lịch|tết|al\b|(?:hằng|hàng|mỗi)\s+năm)")
_LUNAR_BEFORE = re.compile(r"(?:rằm|tết)\s+$")

# A date may begin at a word of its own or at a number; what can begin there is tried in this order.
_BEGIN = re.compile(
    r"(?<![\w@#=&?_])(?:(?P<number>(?<![/.,:%+])(?<![^\W\d]-)\d)|(?P<unit>tháng|tuần|năm|quý|những\s+năm|thập|đầu(?!\s+giờ)|giữa|cuối|nửa|thượng|trung\s|hạ\s)|"
    r"(?P<counted>(?:một|hai|ba|bốn|sáu|bảy|tám|chín|mười)(?=\s+(?:ngày|hôm|tuần|tháng|năm|một|hai)\s)|cách(?=\s+đây))|"
    r"(?P<period>giai\s|thời\s+k|nhiệm|niên|mùa\s+giải|khóa|tầm\s)|"
    r"(?P<day>ngày|hôm|sáng|rạng|trưa|chiều|tối|đêm|khuya|đầu\s+giờ|mùng|mồng|thứ|chủ\s+nhật|cùng))"
)
_READERS: dict[str, list[tuple[re.Pattern[str], Callable[[re.Match[str], Context], Expression | None]]]] = {
    "day": [
        (WEEKDAY, read_weekday),
        (RELATIVE, read_relative),
        (SAME_DAY, read_same_day),
        (SEVERAL_DAYS, read_days),
        (ONE_DAY, read_days),
    ],
    "number": [
        (PART_OF_YEAR, read_part_of_year),
        (SEVERAL_DAYS, read_days),
        (ONE_DAY, read_days),
        (MONTH_AND_YEAR, read_months),
        (SPAN, read_span),
        (ALONE, read_alone),
        (AGO, read_ago),
    ],
    "unit": [
        (PERIOD, read_period),
        (AGO, read_ago),
        (UNITS, read_units),
        (PART_OF_YEAR, read_part_of_year),
        (DECADE, read_decade),
        (MONTHS, read_months),
        (QUARTERS, read_quarters),
        (YEARS, read_years),
        (START_OF_YEAR, read_start_of_year),
    ],
    "counted": [(PART_OF_YEAR, read_part_of_year), (AGO, read_ago)],
    "period": [(PERIOD, read_period)],
}
