"""Charts of events as one page that opens anywhere: what is counted, three charts, and under each the numbers.

What is said, and in which order, stands here; how it looks, in `events.html.j2`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .. import __version__
from ..data.schema import whole_file
from .event_counts import Counted, EventCounts, Pair, Partner, fold_topics, most_frequent, strongest
from .event_figures import (
    network_figure,
    pair_figure,
    pair_label,
    partner_label,
    rest_of_pairs,
    shown_topics,
    time_figure,
)
from .event_times import Timeline, bin_name, bin_of, timeline
from .report_blocks import OPEN_ROWS, Block, Cell, Part, Pictures, Table, Text, Tiles

TEMPLATE = Path(__file__).parent / "events.html.j2"
MOST_ROWS = 200
"""Of a table; what more there is is summed up in a last row."""
MOST_NAMES = 20
MOST_LINES = 100
"""Of a network; more cannot be told apart."""


def write_page(
    counts: EventCounts, name: str, folder: str | os.PathLike[str], *, by: str, pairs: int, partners: int
) -> list[Path]:
    """Write `charts.html` and `plots/*.png` into a folder, which is made if it is not there; the page is the first returned.

    Args:
        counts: what to show; more topics than a chart can hold are taken together in it.
        name: of the table, for the head of the page.
        by, pairs, partners: as for `draw_charts`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folded = fold_topics(counts)
    line = timeline(counts.when, counts.undated, by)
    pictures = Pictures(folder / "plots")
    parts = [
        Part("What is counted", "counted", list(_counted(counts, folded))),
        Part("Topics over time", "time", list(_time(counts, line, pictures))),
        Part("Who with whom", "network", list(_network(counts, partners, pictures))),
        Part("Topics by pair of partners", "pairs", list(_pairs(counts, pairs, pictures))),
    ]
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(TEMPLATE.name).render(name=name, parts=parts, hoptac=__version__)
    with whole_file(folder / "charts.html") as file:
        file.write(page)
    return [folder / "charts.html", *pictures.written]


def _counted(counts: EventCounts, folded: Sequence[str]) -> Iterator[Block]:
    countries = sum(not partner.body for partner in counts.partners)
    dated = sum(number for (_, by_publication, _), number in counts.when.items() if not by_publication)
    yield Tiles(
        [
            (
                "events",
                f"{counts.events:,}",
                _number(len(counts.articles), "article") if counts.articles else "articles not named",
            ),
            ("topics", f"{len(counts.topics) - bool(folded) + len(folded):,}", "that occur"),
            (
                "countries",
                f"{countries:,}",
                _number(len(counts.partners) - countries, "international body", "international bodies"),
            ),
            ("dated by the sentence", f"{dated:,}", f"{counts.when.total() - dated:,} by the article"),
            ("without any date", f"{counts.undated.total():,}", "of the events"),
            ("with two or more partners", f"{counts.by_number_of_partners[2]:,}", "of the events"),
        ]
    )
    yield Text(
        "An event is one topic of one sentence: a sentence with two topics counts as two events, and what several sentences or "
        "articles tell counts once for each of them. The figures say how much is written on something, not how often it happened."
    )
    yield Text(
        "A partner is a country or an international body among the actors of an event. Which side acts on which is not known, so "
        "pairs have no direction. An event of several partners counts in each of its pairs, and once for each of its partners."
    )
    if folded:
        yield Text(f"Taken together as “{counts.folded}” are the rarest: {', '.join(folded)}.")
    yield from _uncoded(counts)


def _uncoded(counts: EventCounts) -> Iterator[Block]:
    one, none = counts.by_number_of_partners[1], counts.by_number_of_partners[0]
    total = counts.uncoded.total()
    text = f"{_number(one, 'event')} {_has(one)} one partner only and {_number(none, 'event')} none; they are in no pair. "
    if total:
        text += (
            f"{total:,} of {counts.coded + total:,} actors, in {_number(counts.with_uncoded, 'event')}, could not be given a country or an "
            "international body; they are in the topics but not among the partners."
        )
    elif counts.coded:
        text += f"All {counts.coded:,} actors have a country or an international body."
    if counts.without_list:
        text += (
            f" Of {_number(counts.without_list, 'event')} the table names only countries and bodies, so how many more actors they have is "
            "not known."
        )
    yield Text(
        text + (" An actor counts once in an event, however often it is mentioned there." if counts.coded + total else "")
    )
    if total:
        names = most_frequent(counts.uncoded)
        rows = [[Cell(name), Cell(f"{number:,}")] for name, number in names[:MOST_NAMES]]
        if len(names) > MOST_NAMES:
            rows.append(
                [Cell(f"{len(names) - MOST_NAMES:,} other names"), Cell(f"{sum(number for _, number in names[MOST_NAMES:]):,}")]
            )
        yield Table("Actors without country or international body, by name", ["actor", "events"], rows, folded=True)


def _time(counts: EventCounts, line: Timeline, pictures: Pictures) -> Iterator[Block]:
    topics = counts.ordered_topics()
    by_sentence = sum(number for (_, by_publication, _), number in line.drawn.items() if not by_publication)
    drawn = line.drawn.total()
    yield Text(
        f"Of {_number(counts.events, 'event')} this chart shows {drawn:,}: {by_sentence:,} at the date that the sentence says, "
        f"{drawn - by_sentence:,} at the date on which the article was published, since the sentence says none. {_not_shown(line)}"
    )
    if line.bins:
        first, last = bin_name(line.bins[0], line.unit), bin_name(line.bins[-1], line.unit)
        text = f"One bar is one {line.unit}{', named by its Monday' if line.unit == 'week' else ''}."
        if line.longer:
            goes = "goes" if line.longer == 1 else "go"
            text += f" {_number(line.longer, 'event')} {goes} on beyond the {line.unit} of the first day, which is where events stand."
        shown = shown_topics(line, topics)
        if len(shown) < len(topics):
            text += (
                f" Without a panel, since none of their events can be shown: {', '.join(sorted({*topics}.difference(shown)))}."
            )
        yield Text(text)
        each = Counter[str]()
        for (topic, _, _), number in line.drawn.items():
            each[topic] += number
        caption = f"Topics over time: events per {line.unit}, {_span(first, last)}, a panel for each of {_number(len(shown), 'topic')}. "
        caption += f"Most frequent: {_most(each, str)}; the {line.unit} with most: {_most(_by_bin(line), str)}."
    else:
        caption = "Topics over time: no event has a date that can be drawn."
    yield pictures(time_figure(line, topics), ["topics-over-time"], caption)
    if line.bins:
        yield _bins_table(line, topics)
    yield _left_out_table(counts, line, topics)
    if line.bins and line.unit != "year":
        yield _years_table(counts, topics)


def _not_shown(line: Timeline) -> str:
    first, last = (bin_name(line.bins[end], line.unit) for end in (0, -1)) if line.bins else ("", "")
    reasons = [
        (line.undated, "without a date of their own or of their article"),
        (line.coarser, f"known only to a longer time than a {line.unit}, at whose beginning they are not put"),
        (line.earlier, f"before {first}"),
        (line.later, f"after {last}"),
    ]
    said = [f"{part.total():,} {why}" for part, why in reasons if part]
    return f"Not in it, but in the tables below: {'; '.join(said)}." if said else "None is left out."


def _span(first: str, last: str) -> str:
    return first if first == last else f"from {first} to {last}"


def _by_bin(line: Timeline) -> Counter[str]:
    found = Counter[str]()
    for (_, _, start), number in line.drawn.items():
        found[bin_name(start, line.unit)] += number
    return found


def _most(counter: Counter[Counted], name: Callable[[Counted], str]) -> str:
    """What is counted most often, and how many others are so just as often.

    >>> _most(Counter(trade=3, mia=1), str), _most(Counter(trade=1, mia=1), str)
    ('trade, with 3 events', 'mia, with 1 event, as 1 other')
    """
    ranked = most_frequent(counter)
    first, number = ranked[0]
    others = sum(own == number for _, own in ranked) - 1
    words = f"{name(first)}, with {_number(number, 'event')}"
    return f"{words}, as {_number(others, 'other')}" if others else words


def _bins_table(line: Timeline, topics: Sequence[str]) -> Table:
    rows = []
    for start in line.bins:
        each = [line.drawn[topic, False, start] + line.drawn[topic, True, start] for topic in topics]
        published = sum(line.drawn[topic, True, start] for topic in topics)
        if sum(each):
            rows.append(_row(bin_name(start, line.unit), [sum(each), published, *each]))
    empty = len(line.bins) - len(rows)
    return Table(
        f"Events by {line.unit}",
        [line.unit, "all topics", "of these by publication", *topics],
        rows,
        f"{_number(empty, line.unit)} without events {'is' if empty == 1 else 'are'} left out." if empty else "",
        folded=len(rows) > OPEN_ROWS,
    )


def _left_out_table(counts: EventCounts, line: Timeline, topics: Sequence[str]) -> Table:
    drawn = Counter[str]()
    for (topic, _, _), number in line.drawn.items():
        drawn[topic] += number
    parts = [drawn, line.earlier, line.later, line.coarser, line.undated]
    rows = [_row(topic, [counts.topics[topic], *(part[topic] for part in parts)]) for topic in topics]
    rows.append(_row("all topics", [counts.events, *(part.total() for part in parts)], strong=True))
    columns = ["topic", "events", "in the chart", "earlier", "later", f"not known to the {line.unit}", "no date"]
    return Table("Events in the chart and left out of it", columns, rows)


def _years_table(counts: EventCounts, topics: Sequence[str]) -> Table:
    years: Counter[tuple[str, str]] = Counter()
    published: Counter[str] = Counter()
    for (topic, by_publication, when), number in counts.when.items():
        year = bin_name(bin_of(when.first, "year"), "year")
        years[year, topic] += number
        published[year] += number * by_publication
    names = sorted({year for year, _ in years})
    rows = []
    for year in names:
        each = [years[year, topic] for topic in topics]
        rows.append(_row(year, [sum(each), published[year], *each]))
    return Table(
        "All dated events by year, however exactly the date is known",
        ["year", "all topics", "of these by publication", *topics],
        rows,
        folded=True,
    )


def _network(counts: EventCounts, most: int, pictures: Pictures) -> Iterator[Block]:
    totals = counts.pair_totals()
    paired = {partner for pair, _ in totals for partner in pair}
    ranked = [partner for partner, _ in most_frequent(counts.partners)]
    nodes = [partner for partner in ranked if partner in paired][:most]
    shown = set(nodes)
    drawn = [(pair, number) for pair, number in totals if shown.issuperset(pair)][:MOST_LINES]
    if not nodes:
        yield Text("No event names two different countries or bodies, so there is no network.")
        caption = "Who with whom: no event names two different countries or bodies."
    else:
        alone = len(ranked) - len(paired)
        text = "The larger a mark, the more events name the partner; the thicker a line, the more name both. "
        if len(drawn) == len(totals):
            text += f"Shown are all {_number(len(nodes), 'partner')} that have a pair, and all {_number(len(drawn), 'pair')}."
        else:
            text += (
                f"Shown are {len(nodes):,} of {_number(len(paired), 'partner')} that have a pair, and between them the strongest "
                f"{_number(len(drawn), 'line')} of {_number(len(totals), 'pair')}, which make up {sum(number for _, number in drawn):,} of "
                f"{sum(number for _, number in totals):,} when the events of all pairs are added up."
            )
        if alone:
            text += f" {_number(alone, 'partner')} without a pair {'is' if alone == 1 else 'are'} in the table only."
        yield Text(text)
        caption = (
            f"Who with whom: {_number(len(nodes), 'partner')} on a circle and {_number(len(drawn), 'pair')} as lines. "
            f"Strongest: {_most(Counter(dict(drawn)), lambda pair: pair_label(counts, pair))}."
        )
    yield pictures(network_figure(counts, nodes, drawn), ["who-with-whom"], caption)
    if ranked:
        yield _partners_table(counts, ranked)
    if totals:
        rows = [_row(pair_label(counts, pair), [number]) for pair, number in totals[:MOST_ROWS]]
        if len(totals) > MOST_ROWS:
            rest = [number for _, number in totals[MOST_ROWS:]]
            rows.append(_row(f"{_number(len(rest), 'other pair')}", [sum(rest)]))
        yield Table("Pairs", ["pair", "events"], rows, folded=len(rows) > OPEN_ROWS)


def _partners_table(counts: EventCounts, ranked: Sequence[Partner]) -> Table:
    met = strongest(counts, ranked[:MOST_ROWS])
    rows = [
        [
            Cell(partner_label(partner)),
            Cell("international body" if partner.body else "country"),
            Cell(f"{counts.partners[partner]:,}"),
            Cell(f"{met[partner][0]:,}"),
            Cell(", ".join(partner_label(other) for other in met[partner][1]) or "–"),
        ]
        for partner in ranked[:MOST_ROWS]
    ]
    note = ""
    if len(ranked) > MOST_ROWS:
        rest = sum(counts.partners[partner] for partner in ranked[MOST_ROWS:])
        note = f"{_number(len(ranked) - MOST_ROWS, 'more partner')}, each in fewer events or as many as the last, {rest:,} together."
    columns = ["partner", "what it is", "events", "different others", "most often with"]
    return Table("Partners", columns, rows, note, folded=len(rows) > OPEN_ROWS, words=(0, 1, 4))


def _pairs(counts: EventCounts, most: int, pictures: Pictures) -> Iterator[Block]:
    topics, totals = counts.ordered_topics(), counts.pair_totals()
    listed = [pair for pair, _ in totals[:most]]
    rest = len(totals) - len(listed)
    if not listed:
        yield Text("No event names two different countries or bodies, so there is no pair.")
        caption = "Topics by pair: no event names two different countries or bodies."
    else:
        text = "The only pair is listed." if len(listed) == 1 else f"All {len(listed):,} pairs are listed."
        if rest:
            text = f"Listed are the {len(listed):,} of {_number(len(totals), 'pair')} that have most events. "
            text += f"The last row, which is not shaded, sums up {_number(rest, 'other pair')}."
        yield Text(text)
        cells = Counter({(pair, topic): counts.pairs[pair, topic] for pair in listed for topic in topics})
        caption = (
            f"Topics by pair: events of {_number(len(listed), 'pair')} in {_number(len(topics), 'topic')}; the more, the darker. "
            f"Most: {_most(cells, lambda cell: f'{pair_label(counts, cell[0])} in {cell[1]}')}."
        )
    yield pictures(pair_figure(counts, listed, topics, rest), ["topics-by-pair"], caption)
    if listed:
        yield _pairs_table(counts, totals, topics)


def _pairs_table(counts: EventCounts, totals: Sequence[tuple[Pair, int]], topics: Sequence[str]) -> Table:
    shown = totals[:MOST_ROWS]
    largest = max(counts.pairs.values())
    rows = [
        [
            Cell(pair_label(counts, pair)),
            Cell(f"{number:,}", strong=True),
            *(
                Cell(f"{n:,}" if n else "·", heat=round((n / largest) ** 0.5, 2))
                for n in (counts.pairs[pair, topic] for topic in topics)
            ),
        ]
        for pair, number in shown
    ]
    if len(totals) > len(shown):
        rest = rest_of_pairs(counts, [pair for pair, _ in shown], topics)
        rows.append(_row(f"{_number(len(totals) - len(shown), 'other pair')}", [sum(rest), *rest]))
    return Table("Events by pair and topic", ["pair", "all topics", *topics], rows, folded=len(rows) > OPEN_ROWS)


def _row(name: str, numbers: Iterable[int], strong: bool = False) -> list[Cell]:
    return [Cell(name, strong=strong), *(Cell(f"{number:,}" if number else "·", strong=strong) for number in numbers)]


def _number(number: int, one: str, several: str = "") -> str:
    """A number with its noun.

    >>> _number(1, "event"), _number(1200, "body", "bodies")
    ('1 event', '1,200 bodies')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _has(number: int) -> str:
    return "has" if number == 1 else "have"
