"""Days, weekdays and weeks in Vietnamese: each pattern and, below it, what its words mean."""

from __future__ import annotations

import re
from datetime import date, timedelta

from .date_numbers import is_date_by_itself
from .date_words import (
    AND,
    COUNTED_BEFORE,
    DAY_WORD,
    END,
    KEY,
    NUMBER,
    OF_YEAR,
    OFFSET,
    ONLY,
    PART,
    SLASHED,
    TAIL,
    VALUE,
    Context,
    Expression,
    dated,
    number_of,
)
from .interval import Interval, day_of, joined, months_of, on_day, third_of, week_of, years_of

# Days: 20/5, ngày 20-5-2025, từ 4-5/9, hai ngày 4 và 5/9, đêm 13 rạng sáng 14/10, ngày 20 tháng 5 năm 2025.
_EARLY = rf"(?P<early>(?:\d{{1,2}}(?:{AND}{KEY}?|\s+{PART}\s+(?:{DAY_WORD}\s+)?)){{1,6}})"
_DAY = rf"(?P<day>\d{{1,2}})(?:{SLASHED}|\s+tháng\s+(?P<word>{NUMBER})(?:\s*[/-]\s*(?P<y4>\d{{4}}))?{END}|\s+tháng\s+(?P<near>này|trước|tới|sau)(?!\w))(?:{OF_YEAR})?{ONLY}?"
SEVERAL_DAYS = re.compile(rf"(?P<kw>{KEY})?{_EARLY}{_DAY}")
ONE_DAY = re.compile(rf"(?P<kw>{KEY})?(?P<early>){_DAY}")


def read_days(match: re.Match[str], context: Context) -> Expression | None:
    month = number_of(match["m1"] or match["m2"] or match["m3"] or match["word"] or "")
    written = match["y1"] or match["y2"] or match["y3"] or match["y4"]
    if match["near"]:
        if not (match["kw"] and context.this_month):
            return Expression(match.start(), match.end(), form="day") if match["kw"] else None
        index = context.this_month[0] * 12 + context.this_month[1] - 1 + OFFSET[match["near"]]
        written, month = str(index // 12), index % 12 + 1
    numbers = [int(number) for number in re.findall(r"\d+", match["early"])]
    first, last = (numbers or [int(match["day"])])[0], int(match["day"])
    if len(numbers) > 1 and sorted({*numbers, last}) != [*numbers, last]:
        return None
    if match["m1"] and _TIGHT.search(match["early"]):
        return None  # "28-4 và 5-5" are two days
    if not match["kw"] and not is_date_by_itself(match, context, last, month, written):
        return None

    def at(year: int) -> Interval | None:
        end = day_of(year, month, last)
        begin = day_of(year - (month == 1 and first > last), month if first <= last else (month - 2) % 12 + 1, first)
        return joined(begin, end) if begin and end else None

    if day_of(2024, month, last) is None or at(2024) is None:
        return None
    found = dated(match, context, at, "day")
    if written:
        found.at, found.interval = None, at(int(written))
        if found.interval is None:
            return None
    if not found.form:
        return None
    if (match["kw"] or "").startswith("hôm") and not found.only and not match["early"]:
        found.only = -1 if found.interval is None and context.tense_at(match.start()) <= 0 else 0
    found.is_range = bool(re.search(r"[-–—]|đến|tới", match["early"]))
    return found


_TIGHT = re.compile(r"\d-\d")


# Days beside today's or by their weekday: Sáng nay (20/5), tối qua, ngày mai, thứ Ba vừa qua.
RELATIVE = re.compile(
    rf"(?:(?:ngày\s+)?hôm\s+(?P<d1>nay|qua|kia|sau)|ngày\s+(?P<d2>mai|kia)|{PART}\s+(?P<d3>nay|qua|mai|kia))(?!\w){TAIL}"
)
SAME_DAY = re.compile(
    rf"(?:{PART}\s+)?cùng\s+(?:ngày|hôm)(?!\w)(?:\s+(?P<tail>\d{{1,2}}[/.-]\d{{1,2}}(?:[/.-]\d{{4}})?){END})?"
)
_DAY_OFFSET = {"nay": 0, "qua": -1, "mai": 1}


def read_relative(match: re.Match[str], context: Context) -> Expression | None:
    if context.low.startswith("đời", match.end() + 1):
        return None
    word = match["d1"] or match["d2"] or match["d3"]
    found = Expression(match.start(), match.end(), form="relative")
    if match["tail"]:
        return _with_tail(found, match, context)
    if word == "sau":
        found.days_later = 1
    else:
        offset = _DAY_OFFSET.get(word) if word != "kia" else 2 if match["d2"] or match["d3"] else -2
        found.interval = _shifted(context.today, offset or 0)
    return found


def read_same_day(match: re.Match[str], context: Context) -> Expression | None:
    found = Expression(match.start(), match.end(), form="relative")
    if match["tail"]:
        return _with_tail(found, match, context)
    found.days_later = 0
    return found


def _shifted(day: date | None, days: int) -> Interval | None:
    return on_day(day + timedelta(days=days)) if day else None


def _with_tail(found: Expression, match: re.Match[str], context: Context) -> Expression | None:
    """The date in brackets or after a comma says it exactly."""
    numbers = [int(number) for number in re.split(r"[/.-]", match["tail"])]
    found.form = "day"
    if day_of(numbers[2] if len(numbers) > 2 else 2024, numbers[1], numbers[0]) is None:
        return None
    if len(numbers) > 2:
        found.interval = day_of(numbers[2], numbers[1], numbers[0])
    else:
        found.at = lambda year: day_of(year, numbers[1], numbers[0])
    return found


WEEKDAY = re.compile(
    rf"(?P<kw>{PART}\s+|hôm\s+|(?:vào|từ|đến)\s+)?(?:ngày\s+)?(?:thứ\s+(?P<name>hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|chủ\s+nhật)(?!\w)"
    rf"(?:\s+(?:tuần\s+(?P<week>này|trước|tới|sau|qua|rồi)|(?P<only>tới|vừa\s+qua|vừa\s+rồi|này|qua))(?!\w))?{TAIL}"
)
_ORDINAL_BEFORE = re.compile(
    r"(?:lần|đứng|xếp|hạng|nước|bên|người|vị\s+trí|ngày|năm|phiên|vòng|vị|cấp|thế\s+giới|đợt|khóa)\s+$"
)


def read_weekday(match: re.Match[str], context: Context) -> Expression | None:
    name, only, tail = match["name"], match["only"], match["tail"]
    if _ORDINAL_BEFORE.search(context.low, max(0, match.start() - 12), match.start()):
        return None
    capital = not name or (context.usual[match.start("name")].isupper() and not context.usual.isupper())
    if not (capital or match["week"] or tail or (match["kw"] or "").strip() not in ("", "vào", "từ", "đến")):
        return None  # "thứ ba" may be an ordinal
    weekday = 6 if not name else int(name) - 2 if name.isdecimal() else VALUE[name] - 2
    start = match.start() if not (match["kw"] or "").startswith(("vào", "từ", "đến")) else match.end("kw")
    found = Expression(start, match.end(), form="relative", weekday=weekday)
    if tail:
        return _with_tail(found, match, context)
    if not (today := context.today):
        return found
    if week := match["week"]:
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=OFFSET[week])
        found.interval = on_day(monday + timedelta(days=weekday))
        return found
    hom = (match["kw"] or "").startswith("hôm")
    direction = {"tới": 1, "này": 0}.get(only, -1) if only else -1 if hom else context.tense_at(match.start())
    back = (today.weekday() - weekday) % 7
    if only == "này":
        found.interval = on_day(today - timedelta(days=today.weekday() - weekday))
    elif direction < 0:
        found.interval = on_day(today - timedelta(days=back or (7 if only else 0)))
    elif direction > 0:
        found.interval = on_day(today + timedelta(days=7 - back))
    return found


# Weeks and months beside the present one; days counted back.
UNITS = re.compile(
    r"(?:(?P<third>đầu|giữa|cuối)\s+)?(?P<unit>tuần|tháng)\s+(?:lễ\s+)?(?P<which>này|trước(?!\s+đó)|vừa\s+qua|qua|rồi|tới(?!\s+(?:nay|hiện))|sau(?!\s+đó))(?!\w)"
)


def read_units(match: re.Match[str], context: Context) -> Expression | None:
    which = " ".join(match["which"].split())
    if COUNTED_BEFORE.search(context.low, max(0, match.start() - 8), match.start()):
        return None
    found = Expression(match.start(), match.end(), form="relative")
    third = ("đầu", "giữa", "cuối").index(match["third"]) if match["third"] else None
    if match["unit"] == "tháng":
        if which == "qua":
            return None  # this month or the last one
        if context.this_month:
            year, month = context.this_month
            index = year * 12 + month - 1 + OFFSET[which]
            whole = months_of(index // 12, index % 12 + 1, index % 12 + 1)
            found.interval = third_of(whole, third) if whole and third is not None else whole
        return found
    if context.published and week_of(context.published.first) == week_of(context.published.last):
        whole = week_of(context.published.first + timedelta(weeks=OFFSET[which]))
        if which == "qua" and third is None and context.today:
            whole = Interval(context.today - timedelta(days=7), context.today, "week")
        # "Cuối tuần" is Saturday and Sunday.
        found.interval = on_day(whole.first + timedelta(days=5), whole.last) if third == 2 else whole
    return found


AGO = re.compile(
    rf"(?:cách\s+đây\s+(?:đúng\s+|tròn\s+)?(?P<n1>{NUMBER})\s+(?P<u1>ngày|hôm|tuần|tháng|năm)|"
    rf"(?P<n2>{NUMBER})\s+(?P<u2>ngày|hôm|tuần|tháng|năm)\s+(?P<side>trước|sau)(?P<there>\s+đó)?(?=\s*(?:$|[,.;:()])))(?!\w)"
)


def read_ago(match: re.Match[str], context: Context) -> Expression | None:
    if re.search(r"(?:hơn|gần|khoảng|\d|mươi|chục|mười)\s+$", context.low[max(0, match.start() - 8) : match.start()]):
        return None
    number, unit = number_of(match["n1"] or match["n2"]), match["u1"] or match["u2"]
    found = Expression(match.start(), match.end(), form="relative")
    origin = context.today
    sign = 1 if match["side"] == "sau" else -1
    if match["there"] or sign > 0:  # from the day last spoken of, as in "ngày hôm sau"
        if unit not in ("ngày", "hôm"):
            return None
        found.days_later = sign * number
    elif unit in ("ngày", "hôm"):
        found.interval = _shifted(origin, sign * number)
    elif unit == "tuần":
        found.interval = week_of(origin + timedelta(weeks=sign * number)) if origin else None
    elif unit == "tháng" and origin:
        index = origin.year * 12 + origin.month - 1 + sign * number
        found.interval = months_of(index // 12, index % 12 + 1, index % 12 + 1)
    elif unit == "năm" and context.this_year:
        found.interval = years_of(context.this_year - number, context.this_year - number)
    return found
