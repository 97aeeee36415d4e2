"""Figures of a study, drawn with matplotlib from the extra `train`: the same one as a picture for print and as SVG inside a page.

Lines and markers differ in form as well as in colour, so that a black-and-white print can be read.
"""

from __future__ import annotations

import io
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI = 200
WIDTH = 7.1
"""Inches; what two columns of a journal, or the text of an A4 page, have."""
INK, MUTED, RULE, FIRST, SECOND, PAPER = "#1c2126", "#667079", "#d5dade", "#1b5e9e", "#b3541e", "#fffffe"
VARIABLES = {INK: "ink", MUTED: "muted", RULE: "rule", FIRST: "first", SECOND: "second", PAPER: "paper"}
"""In a page these colours are CSS variables, so that a dark page has figures in light ink."""
FEW = 10
"""A bin of a reliability plot with fewer pairs is drawn hollow."""
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib and has all Vietnamese letters
    "font.size": 7.5,
    "text.parse_math": False,  # a label may have a dollar sign
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "hoptac",
}


@dataclass(frozen=True)
class Dot:
    """A row of a dot plot."""

    label: str
    value: float | None
    """None: nothing was there to be scored, which the row says."""
    low: float | None = None
    high: float | None = None
    points: Sequence[float] = ()
    """What `value` sums up, such as the runs of several seeds; drawn beside it."""
    strong: bool = True
    """Filled; the others are hollow."""


@dataclass(frozen=True)
class Panel:
    """Rows with one axis."""

    title: str
    dots: Sequence[Dot]
    difference: bool = False
    """The values are differences, to be read against a line at zero; otherwise they are shares."""


def dots(panels: Sequence[Panel]) -> Figure:
    """Panels side by side, in each a dot and its interval for every row.

    >>> figure = dots([Panel("F1", [Dot("trade", 0.9, 0.8, 0.95), Dot("mia", None)])])
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['trade', 'mia']
    """
    rows = max(len(panel.dots) for panel in panels)
    with rc_context(STYLE):
        figure = new_figure(0.75 + 0.19 * rows)
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axis, panel in zip(axes, panels, strict=True):
            _dot_panel(axis, panel, rows)
    return figure


def _dot_panel(axis: Axes, panel: Panel, rows: int) -> None:
    axis.set_title(short_label(panel.title, 60))
    numbers: list[float] = [0.0] if panel.difference else []
    for y, dot in enumerate(panel.dots):
        if dot.value is None:
            continue
        if dot.low is not None and dot.high is not None:
            axis.plot([dot.low, dot.high], [y, y], color=FIRST, linewidth=1.3, solid_capstyle="butt", zorder=2)
            numbers += [dot.low, dot.high]
        axis.plot(dot.points, [y] * len(dot.points), "|", color=INK, markersize=7, markeredgewidth=0.8, zorder=3)
        face = FIRST if dot.strong else PAPER
        axis.plot([dot.value], [y], "o", color=FIRST, markerfacecolor=face, markersize=4.5, markeredgewidth=1.1, zorder=4)
        numbers += [dot.value, *dot.points]
    if panel.difference:
        reach = max((abs(number) for number in numbers), default=0.0) or 0.01
        axis.set_xlim(min(numbers) - 0.08 * reach, max(numbers) + 0.08 * reach)
        axis.axvline(0, color=INK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
    else:  # shares; an interval of a mean may leave 0 to 1, which no share can
        axis.set_xlim(max(min(numbers, default=0.0) - 0.03, -0.015), 1.015)
    left = axis.get_xlim()[0]
    for y, dot in enumerate(panel.dots):
        if dot.value is None:
            axis.text(left, y, "  nothing to score", va="center", color=MUTED, fontsize=6.5, style="italic")
    axis.set_yticks(range(len(panel.dots)), [short_label(dot.label) for dot in panel.dots])
    for text, dot in zip(axis.get_yticklabels(), panel.dots, strict=True):
        text.set_fontweight("bold" if dot.strong and not all(other.strong for other in panel.dots) else "normal")
    axis.set_ylim(rows - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.locator_params(axis="x", nbins=6)
    axis.grid(axis="x")


def threshold_curves(curves: Mapping[str, Any], thresholds: Mapping[str, float], gold: Mapping[str, int]) -> Figure:
    """Precision, recall and F1 against the threshold: a panel for `all` topics and one for each.

    Args:
        curves: as `analysis.curves` gives them; where nothing is found precision has no value, and none is drawn.
        thresholds: the checkpoint's own, marked in the panels of their topics.
        gold: how often each topic is in the gold; a topic that never is has no curves.

    >>> curve = {"precision": [0.5, 1.0], "recall": [1.0, 0.5], "f1": [0.67, 0.67]}
    >>> len(threshold_curves({"threshold": [0.3, 0.6], "all": curve, "topics": {"trade": curve}}, {"trade": 0.5}, {"trade": 2}).axes)
    2
    """
    shown: list[tuple[str, Any, float | None, bool]] = [("all topics", curves["all"], None, False)]
    shown += [(name, own, thresholds.get(name), gold.get(name) == 0) for name, own in curves["topics"].items()]
    columns = min(5, len(shown))
    rows = -(-len(shown) // columns)
    with rc_context(STYLE):
        figure = new_figure(0.75 + 1.15 * rows)
        axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for number, axis in enumerate(axes.flat):
            if number >= len(shown):
                axis.set_visible(False)
                continue
            name, own, threshold, empty = shown[number]
            _curve_panel(axis, name, curves["threshold"], own, threshold, empty)
            if number + columns >= len(shown):  # the panel below, if any, is not shown, so this one has the labels
                axis.tick_params(axis="x", labelbottom=True)
        handles = [
            axes.flat[0].plot([], [], label=label, **form)[0]
            for label, form in (*_CURVES.values(), ("the checkpoint’s threshold", _THRESHOLD))
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=4)
        figure.supxlabel("threshold", fontsize=7.5)
    return figure


_CURVES: dict[str, tuple[str, dict[str, Any]]] = {
    "precision": ("precision", {"color": FIRST, "linewidth": 1.0}),
    "recall": ("recall", {"color": SECOND, "linewidth": 1.0, "linestyle": (0, (3, 1.5))}),
    "f1": ("F1", {"color": INK, "linewidth": 1.9}),
}
_THRESHOLD: dict[str, Any] = {"color": MUTED, "linewidth": 1.0, "linestyle": (0, (1, 1))}


def _curve_panel(
    axis: Axes, name: str, grid: Sequence[float], curve: Mapping[str, Sequence[float]], threshold: float | None, empty: bool
) -> None:
    axis.set_title(short_label(name, 24), fontsize=7.5, pad=3)
    axis.set(xlim=(0, 1), ylim=(0, 1.03), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    axis.set_xticklabels(["0", "0.5", "1"])
    axis.grid()
    if empty:
        axis.text(0.5, 0.5, "not in the gold", ha="center", va="center", color=MUTED, style="italic")
        return
    if threshold is not None:
        axis.axvline(threshold, **_THRESHOLD)
    found = [bool(p or r) for p, r in zip(curve["precision"], curve["recall"], strict=True)]
    for what, (_, form) in _CURVES.items():
        values = [v if f or what != "precision" else float("nan") for v, f in zip(curve[what], found, strict=True)]
        axis.plot(grid, values, **form)


def reliability_plot(bins: Sequence[Mapping[str, Any]]) -> Figure:
    """How often topics of each probability are right, over a histogram of the probabilities.

    Args:
        bins: as `calibration.reliability` gives them.

    >>> figure = reliability_plot([{"count": 3, "probability": 0.1, "right": 0.0}, {"count": 0, "probability": None, "right": None}])
    >>> len(figure.axes)
    2
    """
    known = [row for row in bins if row["count"]]
    with rc_context(STYLE):
        figure = new_figure(4.2, 4.2)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
        upper.plot([r["probability"] for r in known], [r["right"] for r in known], color=FIRST, linewidth=1.0)
        for row in known:
            face = FIRST if row["count"] >= FEW else PAPER
            upper.plot(
                [row["probability"]], [row["right"]], "o", color=FIRST, markerfacecolor=face, markersize=4.5, clip_on=False
            )
        upper.set(xlim=(0, 1), ylim=(-0.02, 1.02), ylabel="share that is right")
        upper.grid()
        width = 1 / max(len(bins), 1)
        edges = [number * width for number in range(len(bins))]
        lower.bar(edges, [row["count"] for row in bins], width * 0.9, align="edge", color=FIRST)
        most = max([10, *(row["count"] for row in bins)])
        lower.set_yscale("log" if known else "linear")
        lower.set_ylim(0.5, 2 * most)
        ticks = [10**power for power in range(0, len(str(most)), 2 if most >= 10_000 else 1)]
        lower.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
        lower.set(xlabel="probability", ylabel="pairs (log)")
        lower.minorticks_off()
        lower.grid(axis="y")
    return figure


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure, in inches, that no window shows."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def short_label(text: str, most: int = 28) -> str:
    """A label of the user's data as a plot can have it: one line, not too long, nothing that no font has a picture for."""
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    line = "".join(c for c in line if c.isprintable())
    return line if len(line) <= most else line[: most - 1] + "…"


def write_png(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure at 200 dots per inch; the file appears whole or not at all, and has no date.

    >>> write_png(dots([Panel("F1", [Dot("trade", 0.9)])]), "plots/f1.png")  # doctest: +SKIP
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.part")
    try:
        temporary.write_bytes(_saved(figure, "png", dpi=DPI, metadata={"Software": None}))
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def inline_svg(figure: Figure, name: str) -> str:
    """The figure as an `<svg>` element to stand in a page, with letters as paths and colours as CSS variables.

    Args:
        name: made of letters, digits and hyphens; it begins every id, so that several figures in one page keep apart.

    >>> inline_svg(dots([Panel("F1", [Dot("trade", 0.9)])]), "one")[:4]
    '<svg'
    """
    text = _saved(figure, "svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))).decode()
    text = text[text.index("<svg") :].strip()
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"| version="[^"]*"', "", text).replace("xlink:href", "href")
    referred = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in referred else "", text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", text)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var(--{variable},{colour})")
    text = re.sub(r' (?:d|x|y)="[^"]*"', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m[0]), text)
    return re.sub(r"\s*\n\s*", " ", text)


def _saved(figure: Figure, ending: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a box stands there; the tables have the label
        if figure.get_layout_engine() is not None:
            figure.draw_without_rendering()
            figure.set_layout_engine("none")  # once laid out it stays so, which halves the time of what follows
        figure.savefig(buffer, format=ending, **options)
    return buffer.getvalue()
