"""Figures of events, drawn with matplotlib: topics over time, who with whom, and topics by pair of partners.

Twelve colours cannot be told apart, so each topic has a panel of its own; marks differ in form as well as in colour.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Curve
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator

from .event_counts import EventCounts, Pair, Partner, partner_name
from .event_times import Timeline, bin_name
from .score_plots import FIRST, INK, MUTED, PAPER, RULE, SECOND, STYLE, WIDTH, new_figure, short_label

ALL = "all topics"
COLUMNS = 3
"""Panels side by side."""
LETTER = 7.0
"""Points; of the labels round the network."""
FEW_PARTNERS = 16
"""Up to so many, the labels of a network stand level."""
ACROSS = WIDTH - 0.15
"""Inches, for the circle and its labels."""
LEVEL = 0.2
"""Cosine of the angle below which such a label stands above or below its mark."""
LEAST_CELLS = 8
"""A table of fewer topics leaves room on its right."""
BY_PUBLICATION = 0.35
"""Opacity of bars for events dated by their article."""


def time_figure(line: Timeline, topics: Sequence[str]) -> Figure:
    """Bars over time, a panel for all topics and one for each that has any; events dated by publication are paler and stand on top.

    Every panel has its own scale. The title says how many events it shows, and how many of the topic's are not shown in it.

    >>> from datetime import date
    >>> from hoptac.data.dates import Interval
    >>> from hoptac.eval.event_times import timeline
    >>> may = Interval(date(2025, 5, 20), date(2025, 5, 20), "day")
    >>> line = timeline(Counter({("trade", False, may): 3}), Counter(mia=1))
    >>> [axis.get_title(loc="left") for axis in time_figure(line, ["mia", "trade"]).axes]
    ['all topics: 3 (+ 1 not shown)', 'trade: 3']
    """
    shown = shown_topics(line, topics)
    columns = min(COLUMNS, len(shown))
    several = len(topics) > 1
    with rc_context(STYLE):
        if not shown:
            return _empty(new_figure(1.2), "no event has a date that can be drawn")
        rows = -(-len(shown) // columns)
        figure = new_figure(0.65 + 1.02 * (rows + several) + (0.4 if not several else 0))
        grid = figure.add_gridspec(rows + several, columns)
        if several:
            _time_panel(figure.add_subplot(grid[0, :]), line, ALL, topics, columns)
        for number, topic in enumerate(shown):
            axis = figure.add_subplot(grid[number // columns + several, number % columns])
            _time_panel(axis, line, topic, [topic])
            axis.tick_params(axis="x", labelbottom=number + columns >= len(shown))
        handles = [
            Rectangle((0, 0), 1, 1, color=FIRST),
            Rectangle((0, 0), 1, 1, facecolor=FIRST, alpha=BY_PUBLICATION, linewidth=0),
        ]
        words = ["dated by the sentence", "dated by the article’s publication"]
        figure.legend(handles, words, loc="outside upper left", ncols=2, fontsize=7)
        figure.supxlabel(_UNIT_WORDS[line.unit], fontsize=7.5)
        figure.supylabel("events, each panel on its own scale" if several else "events", fontsize=7.5)
    return figure


def shown_topics(line: Timeline, topics: Sequence[str]) -> list[str]:
    """Those of which the bins show an event."""
    drawn = {topic for topic, _, _ in line.drawn}
    return [topic for topic in topics if topic in drawn]


_UNIT_WORDS = {
    "day": "day",
    "week": "week, by its Monday",
    "month": "month",
    "quarter": "quarter of the year",
    "year": "year",
}


def _time_panel(axis: Axes, line: Timeline, title: str, topics: Sequence[str], wide: int = 1) -> None:
    said = [sum(line.drawn[topic, False, start] for topic in topics) for start in line.bins]
    published = [sum(line.drawn[topic, True, start] for topic in topics) for start in line.bins]
    hidden = sum(part[topic] for part in (line.earlier, line.later, line.coarser, line.undated) for topic in topics)
    shown = f"{sum(said) + sum(published):,}" + (f" (+ {hidden:,} not shown)" if hidden else "")
    axis.set_title(f"{short_label(title, 22)}: {shown}", fontsize=7, pad=3)
    _bars(axis, [0] * len(said), said)
    _bars(axis, said, published, BY_PUBLICATION)
    middle, half = (len(line.bins) - 1) / 2, max(len(line.bins) / 2, 3 * wide)  # few bars do not fill a panel
    axis.set_xlim(middle - half - 0.2, middle + half + 0.2)
    axis.set_ylim(0, max(max(map(sum, zip(said, published, strict=True))), 1) * 1.06)
    axis.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True, min_n_ticks=1))
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ticks = _ticks(len(line.bins), wide * (4 if len(bin_name(line.bins[0], line.unit)) < 8 else 3))
    axis.set_xticks(ticks, [bin_name(line.bins[tick], line.unit) for tick in ticks], fontsize=6.5)
    axis.grid(axis="y")


def _bars(axis: Axes, bottoms: Sequence[int], heights: Sequence[int], opacity: float = 1) -> None:
    bars = [
        _box(place, (low, low + high), 0.86) for place, (low, high) in enumerate(zip(bottoms, heights, strict=True)) if high
    ]
    if opacity < 1:
        axis.add_collection(
            PolyCollection(bars, facecolor=PAPER, linewidth=0), autolim=False
        )  # the grid is not to shine through
    axis.add_collection(PolyCollection(bars, facecolor=FIRST, alpha=opacity, linewidth=0), autolim=False)


def _box(middle: float, ends: tuple[float, float], width: float = 1) -> list[tuple[float, float]]:
    """Corners; one collection of boxes is drawn many times as fast as so many patches."""
    left, right = middle - width / 2, middle + width / 2
    return [(left, ends[0]), (left, ends[1]), (right, ends[1]), (right, ends[0])]


def _ticks(bins: int, most: int) -> list[int]:
    """Every so many bins, as evenly as whole steps allow."""
    step = max(-(-bins // most), 1)
    return list(range((bins - 1) % step // 2, bins, step))


def network_figure(counts: EventCounts, nodes: Sequence[Partner], lines: Sequence[tuple[Pair, int]]) -> Figure:
    """Partners on a circle: the first on top, the next ones opposite to it, so that its strongest lines fan out across the middle.

    A circle, since no name then hides another, and the same table always gives the same picture.

    Args:
        nodes: the most frequent first.
        lines: pairs of them and their events, the most frequent first.

    >>> laos, vietnam = Partner("LAO"), Partner("VNM")
    >>> counts = EventCounts(partners=Counter({vietnam: 3, laos: 2}), pairs=Counter({((laos, vietnam), "trade"): 2}))
    >>> [text.get_text() for text in network_figure(counts, [vietnam, laos], counts.pair_totals()).axes[0].texts]
    ['Vietnam (VNM) · 3', 'Laos (LAO) · 2']
    """
    with rc_context(STYLE):
        if not nodes:
            return _empty(new_figure(1.6), "no event names two different countries or bodies")
        labels = [f"{partner_label(node, 28)} · {counts.partners[node]:,}" for node in nodes]
        angles = _angles(nodes)
        level = len(nodes) <= FEW_PARTNERS
        radius, below, above = _room(labels, list(angles.values()), level)
        figure = new_figure(below + above + 0.35)
        axis = figure.subplots()
        axis.set_axis_off()
        side = ACROSS / 2 / radius
        axis.set(xlim=(-side, side), ylim=(-below / radius, above / radius), aspect="equal")
        _lines(axis, lines, angles)
        most = max(counts.partners[node] for node in nodes)
        largest = 72 * min(0.34, 0.1 + 0.03 * most, 0.8 * 2 * math.pi * radius / len(nodes))  # a few events make no giant
        for node, label in zip(nodes, labels, strict=True):
            x, y = math.cos(angles[node]), math.sin(angles[node])
            size = max(largest * math.sqrt(counts.partners[node] / most), 3.5)
            form: dict[str, Any] = (
                {"marker": "s", "color": SECOND, "markerfacecolor": PAPER} if node.body else {"marker": "o", "color": INK}
            )
            axis.plot(
                [x], [y], markersize=size * (0.85 if node.body else 1), markeredgewidth=1.2, zorder=4, clip_on=False, **form
            )
            (_level_label if level else _turned_label)(axis, label, angles[node], (size / 2 + 4) / 72 / radius)
    return figure


def _angles(nodes: Sequence[Partner]) -> dict[Partner, float]:
    top, step = math.pi / 2, 2 * math.pi / len(nodes)
    # Places counted from the top; the second node has the one opposite, the others follow on its right and left in turn.
    opposite = len(nodes) // 2
    places = [0, *sorted(range(1, len(nodes)), key=lambda place: (abs(place - opposite), place))]
    return {node: top - step * place for node, place in zip(nodes, places, strict=True)}


def _room(labels: Sequence[str], angles: Sequence[float], level: bool) -> tuple[float, float, float]:
    """Radius of the circle, and what stands below and above its centre, in inches: as high as the labels ask for."""
    letters = FontProperties(family="DejaVu Sans")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a box stands there; the tables have the name
        lengths = [TextPath((0, 0), label, size=LETTER, prop=letters).get_extents().width / 72 + 0.35 for label in labels]
    radius = 2.3 if len(labels) > 6 else 1.5
    for length, angle in zip(lengths, angles, strict=True):
        across = abs(math.cos(angle))
        if level and across >= LEVEL:
            radius = min(radius, (ACROSS / 2 - length) / across)
        elif not level and across > 0.1:
            radius = min(radius, ACROSS / 2 / across - length)
    ends = [math.sin(angle) * (radius + (0.4 if level else length)) for length, angle in zip(lengths, angles, strict=True)]
    return radius, max(0.3, -min(ends)), max(ends)


def _lines(axis: Axes, lines: Sequence[tuple[Pair, int]], angles: dict[Partner, float]) -> None:
    most = lines[0][1]
    # A few events make no beam, and many lines as strong as the strongest do not fill the circle.
    thickest = min(6.5, 0.8 * most, 110 * most / sum(number for _, number in lines))
    for (one, other), number in reversed(lines):  # the strongest on top
        share = number / most
        ends = [(math.cos(angles[node]), math.sin(angles[node])) for node in (one, other)]
        # Bent towards the centre, so that neighbours' lines leave the rim; a line through the centre stays straight.
        bend = ((ends[0][0] + ends[1][0]) * 0.22, (ends[0][1] + ends[1][1]) * 0.22)
        curve = Curve([ends[0], bend, ends[1]], [Curve.MOVETO, Curve.CURVE3, Curve.CURVE3])
        axis.add_patch(
            PathPatch(
                curve,
                facecolor="none",
                edgecolor=FIRST,
                linewidth=thickest * share + 0.5,
                alpha=_opacity(share),
                capstyle="butt",
            )
        )
    steps = sorted({most, max(round(most / 3), lines[-1][1]), lines[-1][1]}, reverse=True)
    handles = [
        axis.plot(
            [], [], color=FIRST, linewidth=thickest * step / most + 0.5, alpha=_opacity(step / most), label=_events(step)
        )[0]
        for step in steps
    ]
    handles += [
        axis.plot([], [], "o", color=INK, markersize=5, label="country")[0],
        axis.plot(
            [], [], "s", color=SECOND, markerfacecolor=PAPER, markersize=5, markeredgewidth=1.2, label="international body"
        )[0],
    ]
    axis.figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=7)


def _opacity(share: float) -> float:
    return 0.3 + 0.5 * share


def _events(number: int) -> str:
    return "1 event" if number == 1 else f"{number:,} events"


def _level_label(axis: Axes, label: str, angle: float, gap: float) -> None:
    """Beside the mark; above or below it near the top and the bottom."""
    x, y = math.cos(angle), math.sin(angle)
    if abs(x) < LEVEL:
        axis.text(x, y + math.copysign(gap, y), label, ha="center", va="bottom" if y > 0 else "top", fontsize=LETTER)
    else:
        axis.text(x + math.copysign(gap, x), y, label, ha="left" if x > 0 else "right", va="center", fontsize=LETTER)


def _turned_label(axis: Axes, label: str, angle: float, gap: float) -> None:
    """Along the radius, and never upside down."""
    turn = math.degrees(angle) % 360
    left = 90 < turn < 270
    axis.text(
        (1 + gap) * math.cos(angle),
        (1 + gap) * math.sin(angle),
        label,
        rotation=turn - 180 if left else turn,
        rotation_mode="anchor",
        ha="right" if left else "left",
        va="center",
        fontsize=LETTER,
    )


def pair_figure(counts: EventCounts, pairs: Sequence[Pair], topics: Sequence[str], rest: int) -> Figure:
    """Events of each pair and topic as numbers in shaded cells, and of all pairs not listed, `rest` of them, in a last row.

    >>> laos, vietnam = Partner("LAO"), Partner("VNM")
    >>> counts = EventCounts(partners=Counter({vietnam: 3, laos: 2}), pairs=Counter({((laos, vietnam), "trade"): 2}))
    >>> pair_figure(counts, [(laos, vietnam)], ["trade"], 0).axes[0].get_yticklabels()[0].get_text()
    'Vietnam (VNM) – Laos (LAO)'
    """
    with rc_context(STYLE):
        head = 0.35 + 0.04 * max(
            len(short_label(topic, 20)) for topic in [*topics, ALL]
        )  # inches, for the names above the columns
        figure = new_figure(head + 0.2 * (len(pairs) + (1.6 if rest else 0)))
        if not pairs:
            return _empty(figure, "no event names two different countries or bodies")
        axis = figure.subplots()
        rows = [[counts.pairs[pair, topic] for topic in topics] for pair in pairs]
        names = [pair_label(counts, pair, 18) for pair in pairs]
        places = [float(place) for place in range(len(pairs))]
        if rest:
            rows.append(rest_of_pairs(counts, pairs, topics))
            names.append(f"{rest:,} other {'pair' if rest == 1 else 'pairs'}")
            places.append(len(pairs) + 0.6)
        most = max(max(row) for row in rows[: len(pairs)])  # the root keeps small counts apart from none beside it
        shades = [[0.9 * math.sqrt(number / most) for number in row] for row in rows[: len(pairs)]]
        shades += [[0.0] * len(topics)] * (len(rows) - len(pairs))
        _cells(axis, places, rows, shades)
        for row, place in zip(rows, places, strict=True):
            axis.text(len(topics) + 0.25, place, f"{sum(row):,}", ha="center", va="center", fontsize=6.5, fontweight="bold")
        axis.set(xlim=(-0.5, max(len(topics), LEAST_CELLS) + 0.75), ylim=(places[-1] + 0.56, -0.5))
        axis.set_yticks(places, names, fontsize=6.5)
        axis.xaxis.tick_top()
        ticks = [*range(len(topics)), len(topics) + 0.25]
        axis.set_xticks(
            ticks,
            [*(short_label(topic, 20) for topic in topics), ALL],
            fontsize=7,
            rotation=45,
            ha="left",
            rotation_mode="anchor",
        )
        axis.tick_params(length=0, pad=2)
        for side in axis.spines.values():
            side.set_visible(False)
    return figure


def _cells(axis: Axes, places: Sequence[float], rows: Sequence[Sequence[int]], shades: Sequence[Sequence[float]]) -> None:
    every = [
        (x, y, n, s)
        for y, row, own in zip(places, rows, shades, strict=True)
        for x, (n, s) in enumerate(zip(row, own, strict=True))
    ]
    boxes = [_box(x, (y - 0.5, y + 0.5)) for x, y, _, _ in every]
    axis.add_collection(
        PolyCollection(boxes, facecolor=FIRST, alpha=[shade for *_, shade in every], linewidth=0), autolim=False
    )
    axis.add_collection(PolyCollection(boxes, facecolor="none", edgecolor=RULE, linewidth=0.5), autolim=False)
    for x, y, number, shade in every:
        colour = MUTED if not number else PAPER if shade > 0.68 else INK
        axis.text(x, y, f"{number:,}" if number else "·", ha="center", va="center", fontsize=6.5, color=colour)


def rest_of_pairs(counts: EventCounts, pairs: Sequence[Pair], topics: Sequence[str]) -> list[int]:
    """By topic, the events of all pairs but these."""
    listed = set(pairs)
    rest: Counter[str] = Counter()
    for (pair, topic), number in counts.pairs.items():
        if pair not in listed:
            rest[topic] += number
    return [rest[topic] for topic in topics]


def partner_label(partner: Partner, most: int = 60) -> str:
    """Name and code of a country, the name alone of a body.

    >>> partner_label(Partner("LAO")), partner_label(Partner("Interpol", body=True))
    ('Laos (LAO)', 'Interpol')
    """
    name = partner_name(partner)
    if partner.body or name == partner.key:
        return short_label(name, most)
    return f"{short_label(name, most)} ({partner.key})"


def pair_label(counts: EventCounts, pair: Pair, most: int = 60) -> str:
    """Both partners, first the one with more events."""
    first, second = sorted(pair, key=lambda partner: (-counts.partners[partner], partner))
    return " – ".join(
        partner_label(partner, most + 6 if partner.body else most) for partner in (first, second)
    )  # a body has no code


def _empty(figure: Figure, why: str) -> Figure:
    figure.set_size_inches(WIDTH, 1.2)
    figure.set_layout_engine("none")
    figure.text(0.5, 0.5, why, ha="center", va="center", color=MUTED, fontsize=9)
    return figure
