"""Events counted for charts: by topic and time, by partner, and by pair of partners.

Only counts are kept, so a table of any length may be read. A partner is a country, or an international body, among an event's actors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import combinations
from typing import Any, TypeVar

from ..data.coverage import in_order
from ..data.dates import Interval
from ..data.labels import TOPICS
from .event_times import UNITS, bin_of

MOST_TOPICS = 16
"""The taxonomy has 12; of a scheme with more, the rarest are taken together."""


@dataclass(frozen=True, slots=True, order=True)
class Partner:
    """A country, or an international body."""

    key: str
    """ISO 3166-1 alpha-3 code of a country, name of a body."""
    body: bool = False


Pair = tuple[Partner, Partner]
Counted = TypeVar("Counted", str, Partner, Pair, tuple[Pair, str])


@dataclass
class EventCounts:
    """What the charts and the tables of the page say; `count_events` fills it."""

    events: int = 0
    articles: set[str] = field(default_factory=set)
    topics: Counter[str] = field(default_factory=Counter)
    when: Counter[tuple[str, bool, Interval]] = field(default_factory=Counter)
    """By topic, whether the date is only that of the article's publication, and the date."""
    undated: Counter[str] = field(default_factory=Counter)
    """By topic: neither the sentence nor the article has a date."""
    partners: Counter[Partner] = field(default_factory=Counter)
    pairs: Counter[tuple[Pair, str]] = field(default_factory=Counter)
    """By pair and topic; an event counts once in each pair of its partners."""
    by_number_of_partners: Counter[int] = field(default_factory=Counter)
    """Events with no, one or, taken together under 2, several different partners."""
    coded: int = 0
    """Actors with a country or body, each once in an event."""
    uncoded: Counter[str] = field(default_factory=Counter)
    """Actors without, by name."""
    with_uncoded: int = 0
    """Events with such an actor."""
    folded: str = ""
    """The name under which `fold_topics` took some together."""
    without_list: int = 0
    """Events of a table that has lost its actors, and names only countries and bodies."""

    def ordered_topics(self) -> list[str]:
        """The topics that occur, in the taxonomy's order, others after them, and last those that `fold_topics` took together."""
        return sorted(in_order(self.topics, TOPICS), key=lambda topic: topic == self.folded)

    def pair_totals(self) -> list[tuple[Pair, int]]:
        """Events of each pair, the most frequent first."""
        totals: Counter[Pair] = Counter()
        for (pair, _), number in self.pairs.items():
            totals[pair] += number
        return most_frequent(totals)


def count_events(rows: Iterable[Mapping[str, Any]], source: str) -> EventCounts:
    """Read events once and count them.

    Args:
        rows: as `Event.to_dict` gives them. Where `actors` are missing, `countries` and `bodies` stand in.
        source: name of the table, for messages.

    Raises:
        ValueError: naming the table and the event, if a field is missing or is no date; or if there is no event at all.

    >>> laos = [{"actor": 0, "name": "Lào", "country": "LAO"}, {"actor": 1, "name": "ASEAN", "country": "", "body": "IGO"}]
    >>> counts = count_events([{"topic": "trade", "article": "a", "date_first": None, "actors": laos}], "events.jsonl")
    >>> counts.partners[Partner("LAO")], counts.partners[Partner("ASEAN", body=True)], counts.undated["trade"]
    (1, 1, 1)
    """
    counts = EventCounts()
    for number, row in enumerate(rows, start=1):
        try:
            _add(counts, row)
        except (KeyError, TypeError, ValueError) as error:
            what = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"{source}: event {number}: {what}") from error
    if not counts.events:
        raise ValueError(f"{source}: there is no event in it, so there is nothing to draw")
    return counts


def in_short(rows: Iterable[Mapping[str, Any]]) -> str:
    """How many events there are, and how much of them is known.

    >>> laos = {"actor": 0, "name": "Lào", "country": "LAO"}
    >>> in_short([{"topic": "trade", "article": "a", "date_first": None, "actors": [laos, {"actor": 1, "name": "Hội X"}]}])
    '1 event of 1 article, 0 with a date of their own; 2 actors, 1 of them without a country or body'
    """
    counts = EventCounts()
    shared: set[str] = set()
    """Names of articles of which events stand in two places."""
    last, place = None, 0
    for row in rows:
        name, start = row["article"], row.get("start") or 0
        if name in counts.articles and (name != last or start < place):
            shared.add(name)
        last, place = name, start
        _add(counts, row)
    events, articles, undecided = counts.events, len(counts.articles), counts.uncoded.total()
    dated = sum(number for (_, is_lent, _), number in counts.when.items() if not is_lent)
    alike = f"; {len(shared):,} of the names stand for several articles, so ids are not unique" if shared else ""
    return (
        f"{events:,} event{'s' * (events != 1)} of {articles:,} article{'s' * (articles != 1)}, "
        f"{dated:,} with a date of their own; {counts.coded + undecided:,} actors, {undecided:,} of them without a country or body{alike}"
    )


def _add(counts: EventCounts, row: Mapping[str, Any]) -> None:
    topic = str(row["topic"])
    date_said, published = _interval(row, "date"), _interval(row, "published")
    when = date_said or published
    counts.events += 1
    if row.get("article"):
        counts.articles.add(str(row["article"]))
    counts.topics[topic] += 1
    if when is None:
        counts.undated[topic] += 1
    else:
        counts.when[topic, date_said is None, when] += 1
    partners = _partners(counts, row)
    counts.partners.update(partners)
    counts.pairs.update((pair, topic) for pair in combinations(partners, 2))
    counts.by_number_of_partners[min(len(partners), 2)] += 1


def _interval(row: Mapping[str, Any], name: str) -> Interval | None:
    if not row.get(f"{name}_first"):
        return None
    first = _day(row[f"{name}_first"], f"{name}_first")
    last = _day(row.get(f"{name}_last") or first, f"{name}_last")
    # A table of other making may not say how exactly it knows: then surely to the bin that holds both days.
    holding = next((unit for unit in UNITS if bin_of(first, unit) == bin_of(last, unit)), UNITS[-1])
    precision = row.get(f"{name}_precision") or holding
    if precision not in UNITS:
        raise ValueError(f"{name}_precision is {precision!r}; known are {', '.join(UNITS)}")
    return Interval(first, last, str(precision))


def _day(value: Any, name: str) -> date:
    try:
        return date.fromisoformat(str(value)[:10])  # a table may hold a date, or a time of midnight
    except ValueError:
        raise ValueError(f"{name} is {value!r}, which is no date as 2025-05-20 is one") from None


def _partners(counts: EventCounts, row: Mapping[str, Any]) -> list[Partner]:
    """Countries and bodies of an event, each once, sorted; its actors without either are counted by the way."""
    actors = {actor.get("actor", actor["name"]): actor for actor in row.get("actors") or ()}  # several mentions count once
    if not actors:
        codes, bodies = row.get("countries") or (), row.get("bodies") or ()
        counts.without_list += bool(codes or bodies)
        return sorted({*(Partner(code) for code in codes), *(Partner(name, body=True) for name in bodies)})
    found, uncoded = set(), []
    for actor in actors.values():
        if actor.get("country"):
            found.add(Partner(actor["country"]))
        elif actor.get("body"):
            found.add(Partner(actor["name"], body=True))
        else:
            uncoded.append(actor["name"])
    counts.coded += len(actors) - len(uncoded)
    counts.uncoded.update(uncoded)
    counts.with_uncoded += bool(uncoded)
    return sorted(found)


def fold_topics(counts: EventCounts, most: int = MOST_TOPICS) -> list[str]:
    """Take the rarest topics together where there are more than `most`, and say which.

    >>> counts = EventCounts(events=4, topics=Counter(a=2, b=1, c=1))
    >>> fold_topics(counts, 2), dict(counts.topics)
    (['b', 'c'], {'a': 2, '2 other topics': 2})
    """
    if len(counts.topics) <= most:
        return []
    rare = sorted(topic for topic, _ in most_frequent(counts.topics)[most - 1 :])
    counts.folded = f"{len(rare)} other topics"
    names = dict.fromkeys(rare, counts.folded)

    def renamed(counter: Counter[Any], name: Any) -> Counter[Any]:
        folded: Counter[Any] = Counter()
        for key, number in counter.items():
            folded[name(key)] += number
        return folded

    counts.topics = renamed(counts.topics, lambda key: names.get(key, key))
    counts.undated = renamed(counts.undated, lambda key: names.get(key, key))
    counts.when = renamed(counts.when, lambda key: (names.get(key[0], key[0]), *key[1:]))
    counts.pairs = renamed(counts.pairs, lambda key: (key[0], names.get(key[1], key[1])))
    return rare


def most_frequent(counter: Counter[Counted]) -> list[tuple[Counted, int]]:
    """Like `Counter.most_common`, with a fixed order of equals."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


@cache
def partner_name(partner: Partner) -> str:
    """Of a country the English name in CLDR, else the code as it is; of a body its name.

    >>> partner_name(Partner("VNM")), partner_name(Partner("ASEAN", body=True))
    ('Vietnam', 'ASEAN')
    """
    if partner.body:
        return partner.key
    import pycountry
    from babel import Locale

    country = pycountry.countries.get(alpha_3=partner.key)
    return str(Locale("en").territories.get(country.alpha_2, partner.key)) if country else partner.key


def strongest(counts: EventCounts, partners: Iterable[Partner]) -> dict[Partner, tuple[int, Sequence[Partner]]]:
    """How many others each partner meets, and those it meets most often."""
    met: dict[Partner, Counter[Partner]] = {partner: Counter() for partner in partners}
    for (one, other), number in counts.pair_totals():
        for partner, beside in ((one, other), (other, one)):
            if partner in met:
                met[partner][beside] += number
    return {partner: (len(others), [other for other, _ in most_frequent(others)[:3]]) for partner, others in met.items()}
