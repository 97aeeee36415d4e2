"""Dates that a sentence speaks of, as intervals of days."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from .date_expressions import joined_expressions
from .date_roles import role_of
from .date_words import Context, Expression
from .interval import Interval as Interval
from .interval import in_nearest_year, joined, on_day
from .published import parse_published as parse_published

__all__ = ["DateMention", "Interval", "find_dates", "main_date", "parse_published"]


@dataclass(frozen=True, slots=True)
class DateMention:
    """Words of a sentence that name a date; `start` and `end` are offsets into the sentence, end exclusive.

    They begin with the first word of the date itself ("Chiều 13/2", "ngày 5/9 tới", "cùng ngày"); a preposition belongs to
    them where they name a range or an open end ("từ 4-5/9", "kể từ năm 1995", "trước năm 2020"). A date that only repeats
    the one before it in brackets is part of them ("Sáng nay (20/5)").
    """

    text: str
    start: int
    end: int
    interval: Interval | None
    """None: it cannot be resolved, or has an open end ("trước năm 2020")."""
    role: str = "time"
    """`time`: when something takes place; `name`: part of the name of a document, event or period; `aim`: what is striven for."""


def find_dates(text: str, published: Interval | None = None, before: Interval | None = None) -> tuple[DateMention, ...]:
    """Dates of one sentence, from left to right.

    A day or month without a year lies in the year nearest to the publication date; where two are about equally near, the
    tense decides, or nothing. Calendar days are taken as written, also those of another time zone ("giờ địa phương").
    Not found: lunar dates, centuries, lengths of time, and periods that something is only compared with ("so với năm ngoái").

    Args:
        text: a sentence, any Unicode string.
        published: when the article appeared; what needs a day ("hôm qua") stays unresolved if only month or year is known.
        before: the day last spoken of, which "cùng ngày" means.

    >>> from datetime import date
    >>> published = Interval(date(2026, 2, 1), date(2026, 2, 28), "month")
    >>> [mention] = find_dates("Chiều 13/2, hai bên đã hội đàm.", published)
    >>> mention.text, mention.interval.first.isoformat(), mention.role
    ('Chiều 13/2', '2026-02-13', 'time')
    """
    if not _HINT.search(text):
        return ()
    usual, places = _composed(text)
    context = Context(_lower(usual), usual, published, before)
    mentions: list[DateMention] = []
    after = 0
    for found in joined_expressions(context):
        interval = _resolved(found, context, before)
        interval, start = _ends(found, interval, context, after)
        after = found.end
        role = role_of(found, interval, context)
        if not role:
            continue
        if role == "time" and interval and interval.precision == "day":
            before = interval
        begin, end = (start, found.end) if places is None else (places[start][0], places[found.end - 1][1])
        mentions.append(DateMention(text[begin:end], begin, end, interval, role))
    return tuple(mentions)


def main_date(mentions: Iterable[DateMention]) -> DateMention | None:
    """The mention that says when a sentence's event takes place: the first of role `time`, or None.

    One with an open end only says so where no other does. An unresolved one is not replaced by another: in "Chiều 13/2, hai
    bên rà soát thỏa thuận ký tháng 9/2025" the day is not known without a publication date, but September is surely wrong.

    >>> main_date(find_dates("Theo Nghị quyết năm 2020, ngày 5/9/2025 hai bên họp.")).text
    'ngày 5/9/2025'
    """
    times = [mention for mention in mentions if mention.role == "time"]
    closed = [mention for mention in times if mention.interval or not _OPEN_END.match(mention.text.lower())]
    return next(iter(closed or times), None)


# Most sentences have none of these. The marks are those of decomposed letters.
_HINT = re.compile(r"\d|ngày|hôm|tháng|năm|tuần|thứ|quý|chủ|sáng|chiều|tối|đêm|trưa|khuya|[\u0300-\u036f]", re.IGNORECASE)
_OPEN_END = re.compile(r"trước|sau|kể từ")


def _composed(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    """The text in NFC, and where each of its characters stands in `text`; None where each kept its place."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text, None
    characters: list[str] = []
    places: list[tuple[int, int]] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or not unicodedata.category(text[end]).startswith("M"):
            composed = unicodedata.normalize("NFC", text[start:end])
            characters.append(composed)
            places += [(start, end)] * len(composed)
            start = end
    return "".join(characters), places


def _lower(text: str) -> str:
    """Small letters; the length stays."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _resolved(found: Expression, context: Context, before: Interval | None) -> Interval | None:
    if found.days_later is not None:
        is_day = before is not None and before.first == before.last
        return on_day(before.first + timedelta(days=found.days_later)) if before and is_day else None
    if found.at is None:
        return found.interval
    if context.published is None:
        return None
    only = -1 if _PAST_BEFORE.search(context.low, max(0, found.start - 8), found.start) else found.only
    return in_nearest_year(found.at, context.published, context.tense_at(found.start), only, found.weekday)


_PAST_BEFORE = re.compile(r"(?<!\w)hồi\s+$")


def _ends(found: Expression, interval: Interval | None, context: Context, after: int) -> tuple[Interval | None, int]:
    """What words before and after the date make of it: a range until now, an open end; and where the mention begins.

    Words before `after` belong to the date before it: "tháng trước, 20/5".
    """
    low, published = context.low, context.published
    head = low[max(after, found.start - 130) : found.start]
    offset = found.start - len(head)
    until_now = _UNTIL_NOW.match(low, found.end)
    is_to_come = interval is not None and published is not None and interval.first > published.last
    if until_now and not found.is_range:
        found.end = until_now.end()
    # "có hiệu lực kể từ ngày 1/7", which is to come, is about that day.
    if (until_now or (_SINCE.search(head) and not is_to_come)) and not found.is_range:
        interval = joined(interval, published) if interval and published and not is_to_come else None
        since = _SINCE.search(head) or _FROM.search(head)
        return interval, offset + since.start() if since else found.start
    if now := _FROM_NOW.search(head):
        interval = joined(published, interval) if interval and published else None
        return interval, offset + now.start()
    if opened := _OPEN.search(head):
        return None, offset + opened.start()
    if found.is_range and found.form != "period" and (since := _FROM.search(head)):
        return interval, offset + since.start()
    return interval, found.start


_UNTIL_NOW = re.compile(
    r"\s*,?\s+(?:cho\s+)?(?:đến|tới)\s+(?:nay|hiện\s+nay|hiện\s+tại|thời\s+điểm\s+(?:này|hiện\s+tại))(?!\w)"
)
_FROM = re.compile(r"(?:(?:kể|tính|bắt\s+đầu|suốt)\s+)?từ\s+$")
_SINCE = re.compile(r"(?:(?:kể|tính|suốt)\s+từ\s+(?:sau\s+)?|(?:kể\s+)?từ\s+(?:sau\s+)?khi\s[^,;:.]{1,110}\s)$")
_OPEN = re.compile(r"(?:trước|sau)\s+(?:mốc\s+|thời\s+điểm\s+|hết\s+)?$")
_FROM_NOW = re.compile(r"từ\s+(?:bây\s+giờ|nay|giờ)\s+(?:cho\s+)?(?:đến|tới)\s+(?:hết\s+)?$")
