"""What a report is made of: parts within parts, each a row of blocks, and scores as a reader may call and read them.

The template `report.html.j2` has one macro for each kind of block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from .score_plots import WIDTH, inline_svg, write_png

OPEN_ROWS = 24
"""A longer table of slices is folded."""


@dataclass(frozen=True)
class Text:
    text: str
    style: str = ""
    """`warning`, `beaten` or `unbeaten` make a box of it."""
    kind: str = "text"


@dataclass(frozen=True)
class Tiles:
    tiles: Sequence[tuple[str, str, str]]
    """Name, value and what stands below it."""
    kind: str = "tiles"


@dataclass(frozen=True)
class Cell:
    text: str
    small: str = ""
    """Further lines: an interval, or a description."""
    strong: bool = False
    heat: float = 0.0
    """0 to 1: how dark the cell is."""
    spark: tuple[float, float, float] | None = None
    """Low, value and high, each 0 to 100: drawn as a dot on a line."""
    rows: int = 1
    """How many rows the cell spans."""


@dataclass(frozen=True)
class Table:
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    folded: bool = False
    words: Sequence[int] = (0,)
    """Numbers of the columns that hold words and stand left; the others hold figures."""
    groups: Sequence[tuple[str, int]] = ()
    """A line above the columns: names, and over how many columns each stands."""
    kind: str = "table"


@dataclass(frozen=True)
class Picture:
    svg: Markup
    wide: bool
    """As wide as a page; a telephone shows it at a legible size and lets it be moved."""
    file: str
    caption: str
    kind: str = "picture"


@dataclass(frozen=True)
class Errors:
    shown: Sequence[Mapping[str, Any]]
    folded: Sequence[Mapping[str, Any]]
    types: Mapping[str, int]
    """The number of each type's colour."""
    kind: str = "errors"


Block = Text | Tiles | Table | Picture | Errors


@dataclass(frozen=True)
class Part:
    title: str
    anchor: str
    blocks: Sequence[Block] = ()
    parts: Sequence[Part] = ()
    fold: str = ""
    """`open` or `closed`: the reader can fold it; empty: not."""


@dataclass
class Pictures:
    """Draws figures into a folder, under names that differ."""

    folder: Path
    written: list[Path] = field(default_factory=list)

    def __call__(self, figure: Figure, names: Iterable[str], caption: str) -> Picture:
        stem = name = "-".join(filter(None, (re.sub(r"[^a-z0-9]+", "-", n.lower()).strip("-")[:40] for n in names)))
        taken = {path.stem for path in self.written}
        number = 2
        while name in taken:
            name, number = f"{stem}-{number}", number + 1
        path = self.folder / f"{name}.png"
        self.folder.mkdir(parents=True, exist_ok=True)
        write_png(figure, path)
        self.written.append(path)
        # The picture of a figure is made of paths and numbers; no text of the user's comes into it as text.
        return Picture(Markup(inline_svg(figure, name)), figure.get_figwidth() >= WIDTH, f"plots/{path.name}", caption)


MATCH_WORDS = {"exact": "exact", "partial": "partial", "type_free": "type-free"}
_MEASURE_WORDS = {
    "f1": "F1",
    "micro_f1": "micro-F1",
    "macro_f1": "macro-F1",
    "core_macro_f1": "core macro-F1",
    "micro_precision": "micro-precision",
    "micro_recall": "micro-recall",
    "exact_match": "exact match",
    "no_topic_specificity": "specificity without topic",
    "macro_average_precision": "macro average precision",
    "calibration_error_by_topic": "calibration error, mean of topics",
}


def score_name(score: str) -> str:
    """A score as a reader may call it.

    >>> score_name("topics/macro_f1"), score_name("topics/trade/recall"), score_name("participants/type_free/ORG/f1")
    ('topics, macro-F1', 'trade, recall', 'ORG, type-free F1')
    """
    side, _, rest = score.partition("/")
    match = ""
    if side == "participants":
        match, _, rest = rest.partition("/")
        match = f"{MATCH_WORDS.get(match, match)} "
    label, _, what = rest.rpartition("/")
    return f"{label or side}, {match}{_MEASURE_WORDS.get(what, what.replace('_', ' '))}"


def topic_f1(topic: str) -> str:
    return f"topics/{topic}/f1"


def type_f1(kind: str) -> str:
    return f"participants/exact/{kind}/f1"


def lower_is_better(score: str) -> bool:
    """Whether the score is an error."""
    return score.rpartition("/")[2].startswith("calibration_error")


def plain(value: float | None, digits: int = 3) -> str:
    """A number, or a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}"


def signed(value: float | None) -> str:
    """A difference with its sign.

    >>> signed(-0.0314), signed(0.5), signed(-0.0001)
    ('−0.031', '+0.500', '0.000')
    """
    if value is None:
        return "–"
    text = f"{value:+.3f}"
    return "0.000" if text[1:] == "0.000" else text.replace("-", "−")


def short(sha: str | None) -> str:
    """The beginning of a fingerprint."""
    return f"{sha[:12]}…" if sha else ""


def ends(row: Mapping[str, Any], show: Callable[[float | None], str] = plain, between: str = "–") -> str:
    return "" if row.get("low") is None or row.get("high") is None else f"{show(row['low'])}{between}{show(row['high'])}"


def triple(row: Mapping[str, Any], value: str = "value") -> tuple[float | None, float | None, float | None]:
    return row.get(value), row.get("low"), row.get("high")


def score_cell(row: Mapping[str, Any] | None, best: float | None = None, spark_from: float | None = None) -> Cell:
    """A cell with a score and its interval."""
    if row is None or row.get("value") is None:
        return Cell("–")
    value, low, high = triple(row)
    spark = None
    if spark_from is not None and value is not None:
        low, high = value if low is None else low, value if high is None else high
        low, value, high = (round(100 * (x - spark_from) / (1 - spark_from), 1) for x in (low, value, high))
        spark = (low, value, high)
    return Cell(plain(row["value"]), ends(row), strong=best is not None and row["value"] >= best, spark=spark)


def difference_cell(row: Mapping[str, Any], strong: bool = False, p: bool = False) -> Cell:
    small = ends(row, signed, " to ")
    if p and row.get("p") is not None:
        small += f"\np {p_value(row['p'])}"
    return Cell(signed(row.get("difference")), small, strong)


def before_after_cell(row: Mapping[str, Any] | None) -> Cell:
    if row is None or row["before"] is None or row["after"] is None:
        return Cell("–")
    interval = ends(row, signed, " to ")
    return Cell(f"{plain(row['before'])} → {plain(row['after'])}", f"{signed(row['difference'])}\n{interval}")


def p_value(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
