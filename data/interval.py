"""Days in the calendar: intervals, and the year of a date that was given without one."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

PRECISIONS = ("day", "week", "month", "quarter", "year")
"""From the most to the least exact."""
_USUAL_LAG = 14
"""Days. News speaks of what is about so near, so of two years whose distance differs by less neither is nearer."""
_NOT_SAID_OF = 300
"""Days. "Hôm 19/7" in an article of 10 July is not that of last year: one of the two is a mistake."""
_CLEARLY_NEARER = 0.75
"""Of the distance of the second nearest year."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Days from `first` to `last`, both included.

    >>> Interval(date(2025, 9, 1), date(2025, 9, 30), "month").precision
    'month'
    """

    first: date
    last: date
    precision: str
    """How exactly the ends are known: `day`, `week`, `month`, `quarter` or `year`."""

    def __str__(self) -> str:
        """As ISO 8601 writes it, no more exact than it is known; a quarter by its months, a week by its days.

        >>> str(Interval(date(2025, 1, 1), date(2025, 9, 30), "month")), str(Interval(date(2020, 1, 1), date(2020, 12, 31), "year"))
        ('2025-01/2025-09', '2020')
        """
        length = {"month": 7, "quarter": 7, "year": 4}.get(self.precision, 10)
        first, last = self.first.isoformat()[:length], self.last.isoformat()[:length]
        return first if first == last else f"{first}/{last}"


def day_of(year: int, month: int, day: int) -> Interval | None:
    """One day; None where the calendar has none such, as 31 February."""
    if not (1 <= year <= 9998 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return on_day(date(year, month, day))


def on_day(day: date, last: date | None = None) -> Interval:
    """One day, or the days until `last`."""
    return Interval(day, last or day, "day")


def months_of(year: int, first: int, last: int, precision: str = "month") -> Interval | None:
    """The months `first` to `last` of a year; of the year before where `first` is the later one."""
    if not (2 <= year <= 9998 and 1 <= first <= 12 and 1 <= last <= 12):
        return None
    return Interval(date(year - (first > last), first, 1), date(year, last, monthrange(year, last)[1]), precision)


def years_of(first: int, last: int) -> Interval | None:
    """The years `first` to `last`; None where they run backwards."""
    return Interval(date(first, 1, 1), date(last, 12, 31), "year") if 1 <= first <= last <= 9998 else None


def week_of(day: date) -> Interval:
    """Monday to Sunday."""
    monday = day - timedelta(days=day.weekday())
    return Interval(monday, monday + timedelta(days=6), "week")


def third_of(interval: Interval, which: int) -> Interval:
    """Beginning (0), middle (1) or end (2) of a month or of a year, in thirds: ten days or what is left, four months.

    Where these thirds end is our convention; the precision says so: a week for those of a month, a quarter for those of a year.

    >>> third_of(Interval(date(2025, 5, 1), date(2025, 5, 31), "month"), 2).first.isoformat()
    '2025-05-21'
    """
    year, month = interval.first.year, interval.first.month
    if interval.precision == "year":
        return Interval(date(year, 1 + 4 * which, 1), date(year, 4 + 4 * which, monthrange(year, 4 + 4 * which)[1]), "quarter")
    last = interval.last if which == 2 else date(year, month, 10 + 10 * which)
    return Interval(date(year, month, 1 + 10 * which), last, "week")


def joined(first: Interval, last: Interval) -> Interval | None:
    """From the begin of one to the end of the other, as exact as the less exact; None where that runs backwards."""
    if first.first > last.last:
        return None
    return Interval(first.first, last.last, max(first.precision, last.precision, key=PRECISIONS.index))


def in_nearest_year(
    at: Callable[[int], Interval | None],
    published: Interval,
    tense: int = 0,
    only: int = 0,
    weekday: int | None = None,
) -> Interval | None:
    """What a date without a year means in an article of that publication date: its occurrence nearest to it.

    Two occurrences are about equally near when the publication date lies midway between them, or is only known to be
    in a year at whose edge the date lies. Then the weekday decides, or the tense; else nothing does.

    Args:
        at: the date in a year; None where the calendar has none.
        tense: -1 past, 1 future, 0 not known.
        only: -1 or 1 where the words beside the date say that it is past, or to come.
        weekday: 0 is Monday.
    """
    found = [at(year) for year in range(published.first.year - 1, published.last.year + 2)]
    options = [option for option in found if option is not None]
    if only:
        options = [o for o in options if (o.first <= published.last if only < 0 else o.last >= published.first)]
    options.sort(key=lambda option: _distance(option, published))
    if only and options and _distance(options[0], published) > _NOT_SAID_OF:
        return None
    if len(options) < 2:
        return options[0] if options else None
    nearest, second = options[:2]
    if _distance(nearest, published) + _USUAL_LAG <= _CLEARLY_NEARER * _distance(second, published):
        return nearest
    on_weekday = [option for option in options[:2] if option.first.weekday() == weekday]
    if len(on_weekday) == 1:
        return on_weekday[0]
    return {-1: min(nearest, second), 1: max(nearest, second)}.get(only or tense)


def _distance(one: Interval, other: Interval) -> int:
    """Days between them; 0 where they share one."""
    return max(0, (one.first - other.last).days, (other.first - one.last).days)
