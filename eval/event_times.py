"""Events in bins of time: which bins suit the dates, and what they cannot show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ..data.dates import Interval

UNITS: tuple[str, ...] = ("day", "week", "month", "quarter", "year")
"""What a bin may be, and how exactly a date may be known, the finest first."""
MOST_BINS = 60
"""As many as a small panel can show, unless the reader asks for a unit."""
MOST_BINS_ASKED = 366
SHARE_DRAWN = 2 / 3
"""Of the dated events, what the bins chosen must at least show."""

When = Counter[tuple[str, bool, Interval]]


@dataclass(frozen=True)
class Timeline:
    """Events in bins of one unit. What the bins cannot show is counted by topic beside them; nothing is in two places."""

    unit: str
    bins: tuple[date, ...]
    """First days, without a gap; empty if nothing has a date."""
    drawn: Counter[tuple[str, bool, date]]
    """By topic, whether the date is only that of publication, and bin."""
    earlier: Counter[str]
    later: Counter[str]
    coarser: Counter[str]
    """Known only to a longer time than a bin, such as a year where bins are months."""
    undated: Counter[str]
    longer: int
    """Of the events drawn, those that go on beyond the bin they begin in."""
    cuts: bool
    """Whether events go on beside the bins, that is, more than a quarter as densely as within, over as long a time at most."""


def timeline(when: When, undated: Counter[str], by: str = "") -> Timeline:
    """The finest bins of which at most `MOST_BINS` show two thirds of the dated events, and beside which only stragglers are.

    If there are none, those that show most. An event stands in the bin of its first day, if its date is known to at least the
    length of a bin.

    Args:
        when: number of events by topic, whether the date is only that of publication, and date.
        undated: number of events without a date, by topic.
        by: one of `UNITS`, to have these bins whatever they show; then at most `MOST_BINS_ASKED`.

    Raises:
        ValueError: for another unit.

    >>> may, march = Interval(date(2025, 5, 20), date(2025, 5, 20), "day"), Interval(date(2025, 3, 1), date(2025, 3, 31), "month")
    >>> line = timeline(Counter({("trade", False, may): 3, ("trade", True, march): 1}), Counter())
    >>> line.unit, line.drawn.total(), line.coarser["trade"]
    ('day', 3, 1)
    """
    if by and by not in UNITS:
        raise ValueError(f"by is {by!r}; known are {', '.join(UNITS)}")
    if by:
        return _in_bins(when, undated, by, MOST_BINS_ASKED)
    found = [_in_bins(when, undated, unit, MOST_BINS) for unit in UNITS]
    dated = when.total()
    enough = [line for line in found if line.drawn.total() >= SHARE_DRAWN * dated and not line.cuts]
    return enough[0] if enough else max(found, key=lambda line: line.drawn.total())


def _in_bins(when: When, undated: Counter[str], unit: str, most: int) -> Timeline:
    fits = {key: number for key, number in when.items() if UNITS.index(key[2].precision) <= UNITS.index(unit)}
    in_bin: Counter[date] = Counter()
    for (_, _, interval), number in fits.items():
        in_bin[bin_of(interval.first, unit)] += number
    bins = _window(in_bin, unit, most)
    drawn: Counter[tuple[str, bool, date]] = Counter()
    earlier, later, coarser = Counter[str](), Counter[str](), Counter[str]()
    longer = 0
    for (topic, by_publication, interval), number in when.items():
        if (topic, by_publication, interval) not in fits:
            coarser[topic] += number
        elif (start := bin_of(interval.first, unit)) < bins[0]:
            earlier[topic] += number
        elif start > bins[-1]:
            later[topic] += number
        else:
            drawn[topic, by_publication, start] += number
            longer += number * (bin_of(interval.last, unit) > start)
    return Timeline(unit, bins, drawn, earlier, later, coarser, undated, longer, _cuts(in_bin, bins, unit))


def _window(in_bin: Mapping[date, int], unit: str, most: int) -> tuple[date, ...]:
    """At most `most` bins in a row that hold as many events as can be, the latest of equals, from the first to the last in use."""
    used = sorted(in_bin)
    place = {start: _place(start, unit) for start in used}
    best, held, left = (0, 0, 0), 0, 0
    for right, start in enumerate(used):
        held += in_bin[start]
        while place[start] - place[used[left]] >= most:
            held -= in_bin[used[left]]
            left += 1
        best = max(best, (held, left, right))
    if not used:
        return ()
    bins = [used[best[1]]]
    while bins[-1] < used[best[2]]:
        bins.append(_next(bins[-1], unit))
    return tuple(bins)


def _cuts(in_bin: Mapping[date, int], bins: Sequence[date], unit: str) -> bool:
    if not bins:
        return False
    within = sum(in_bin.get(start, 0) for start in bins) / len(bins)
    first, last = _place(bins[0], unit), _place(bins[-1], unit)
    # Only what is near tells whether the events go on: one of long ago would make any density small.
    distances = [[first - _place(start, unit), _place(start, unit) - last] for start in in_bin]
    for side in (0, 1):
        near = {start: own[side] for start, own in zip(in_bin, distances, strict=True) if 0 < own[side] <= len(bins)}
        if near and sum(in_bin[start] for start in near) > within / 4 * max(near.values()):
            return True
    return False


def bin_of(day: date, unit: str) -> date:
    """First day of the day's bin; weeks begin on Monday.

    >>> bin_of(date(2025, 5, 22), "week"), bin_of(date(2025, 5, 22), "quarter")
    (datetime.date(2025, 5, 19), datetime.date(2025, 4, 1))
    """
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "year":
        return day.replace(month=1, day=1)
    return day.replace(month=day.month if unit == "month" else (day.month - 1) // 3 * 3 + 1, day=1)


def bin_name(start: date, unit: str) -> str:
    """A bin as ISO 8601 writes it; a week by its Monday.

    >>> [bin_name(date(2025, 4, 1), unit) for unit in ("month", "quarter", "year")]
    ['2025-04', '2025-Q2', '2025']
    """
    if unit == "quarter":
        return f"{start.year}-Q{(start.month + 2) // 3}"
    return start.isoformat()[: {"month": 7, "year": 4}.get(unit, 10)]


_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _place(start: date, unit: str) -> int:
    """Number of the bin on a line of all bins."""
    if unit in _MONTHS:
        return (start.year * 12 + start.month - 1) // _MONTHS[unit]
    return start.toordinal() // (7 if unit == "week" else 1)


def _next(start: date, unit: str) -> date:
    if unit in _MONTHS:
        months = start.year * 12 + start.month - 1 + _MONTHS[unit]
        return date(months // 12, months % 12 + 1, 1)
    return start + timedelta(days=7 if unit == "week" else 1)
