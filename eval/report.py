"""A study as one page that opens anywhere and can be printed, and its figures as pictures for a paper.

Needs jinja2 and matplotlib, from the extra `train`. What is said, and in which order, stands here; how it looks, and what the scores
mean in words, in `report.html.j2`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from ..data.labels import CORE_TOPICS
from ..data.schema import whole_file
from .confusions import NONE
from .intervals import FEW
from .metrics import MATCHES
from .score_plots import WIDTH, Dot, Panel, dots, inline_svg, reliability_plot, threshold_curves, write_png

TEMPLATE = Path(__file__).parent / "report.html.j2"
HEADLINES = (
    "topics/macro_f1",
    "topics/core_macro_f1",
    "topics/micro_f1",
    "topics/exact_match",
    "topics/no_topic_specificity",
    "participants/exact/f1",
    "topics/calibration_error",
)
COMPARED = (
    *HEADLINES[:5],
    "topics/macro_average_precision",
    "topics/calibration_error",
    *(f"participants/{match}/f1" for match in MATCHES),
)
OPEN_ROWS = 24
"""A longer table of slices is folded."""
OPEN_ERRORS = 8


def write_report(study: Mapping[str, Any], folder: str | os.PathLike[str]) -> list[Path]:
    """Write `report.html`, which needs no other file, and the figures in it as `plots/*.png`.

    Args:
        study: what `study.study` returns, or `scores.json` read back. Any part of a data set's results may be absent.
        folder: is made if it is not there.

    Returns:
        What was written, the page first. Each file appears whole or not at all.

    >>> write_report(json.loads(Path("scores.json").read_text()), "report")  # doctest: +SKIP
    [PosixPath('report/report.html'), PosixPath('report/plots/test-default-topics.png'), ...]
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = _Pictures(folder / "plots")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(TEMPLATE.name).render(_page(study, pictures))
    with whole_file(folder / "report.html") as file:
        file.write(page)
    return [folder / "report.html", *pictures.written]


# A page is parts within parts, and a part is a row of blocks; the template has one macro for each kind of block.


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
class _Pictures:
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


def _page(study: Mapping[str, Any], pictures: _Pictures) -> dict[str, Any]:
    checkpoints, data = study["checkpoints"], study["data"]
    tested = {name: found for name, found in data.items() if found.get("baselines")}
    network = next(iter(checkpoints), "")
    parts = [Part("What was measured", "measured", _measured(study))]
    if tested:
        parts.append(Part("Where a baseline beats the network", "beaten", list(_beaten(tested, network))))
    parts += [
        _data_part(f"data-{number}", name, found, study.get("baselines", {}), network, pictures)
        for number, (name, found) in enumerate(data.items(), start=1)
    ]
    return {
        "checkpoints": list(checkpoints),
        "data": list(data),
        "verdicts": [_verdict(name, found, network) for name, found in tested.items()],
        "parts": parts,
        "core": [topic for topic in CORE_TOPICS if any(topic in facts.get("topics", ()) for facts in checkpoints.values())],
        "hoptac": study.get("hoptac", ""),
    }


def _measured(study: Mapping[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    rows = []
    for name, facts in study["checkpoints"].items():
        trained = facts.get("trained_on") or {}
        files = "; ".join(f"{file} {short(sha)}" for file, sha in (facts.get("files") or {}).items())
        labels = [f"{len(facts[what])} {what}" for what in ("topics", "types") if facts.get(what)]
        rows.append(
            [
                Cell(name, strong=True),
                Cell(facts.get("backbone") or "–", ", ".join(labels)),
                Cell("–" if facts.get("seed") is None else str(facts["seed"])),
                Cell(f"{trained['sentences']:,} sentences" if trained else "not recorded", short(trained.get("sha256"))),
                Cell(files or "–"),
                Cell(facts.get("hoptac") or "–"),
            ]
        )
    columns = ["checkpoint", "backbone, labels", "seed", "trained on", "files (SHA-256)", "hoptac"]
    blocks.append(Table("Checkpoints", columns, rows, words=range(6)))
    rows, few = [], []
    for name, found in study["data"].items():
        result: Mapping[str, Any] = next(iter(found["results"].values()), {})
        counts, groups = result.get("counts", {}), result.get("groups", {})
        rows.append(
            [
                Cell(name, f"{short(found.get('sha256'))} {result.get('role', '')}".strip(), strong=True),
                Cell(groups.get("note", "–"), f"{result.get('draws', 0):,} draws, seed {result.get('seed', '–')}"),
                Cell(
                    f"{result.get('sentences', found.get('sentences', 0)):,}",
                    f"{found.get('boilerplate', 0):,} boilerplate left out",
                ),
                Cell(f"{counts.get('with_topics_labelled', 0):,}"),
                Cell(f"{counts.get('with_participants_labelled', 0):,}"),
            ]
        )
        if groups.get("number", FEW) < FEW:
            few.append(name)
    columns = ["data (SHA-256)", "95 % intervals from", "sentences scored", "topics labelled in", "participants labelled in"]
    blocks.append(Table("Data", columns, rows, words=(0, 1)))
    if few:
        blocks.append(Text(f"Intervals on {', '.join(few)} are usually too narrow: {_FEW_GROUPS}", "warning"))
    return blocks


_FEW_GROUPS = "so few groups do not show how far others would differ. Take them as the least doubt there is."


def _verdict(name: str, found: Mapping[str, Any], network: str) -> dict[str, Any]:
    """One line about the baselines on one set of data, for the head of the page."""
    rows = found.get("beaten_by", [])
    clear = [row for row in rows if _clear(row)]
    return {
        "data": name,
        "network": network,
        "higher": len(rows),
        "certain": len(clear),
        "first": [(row["baseline"], score_name(row["score"]), plain(row["first"]), plain(row["second"])) for row in rows[:2]],
        "baselines": len(found["baselines"]),
    }


def _clear(row: Mapping[str, Any]) -> bool:
    return row.get("high") is not None and row["high"] < 0


def _beaten(tested: Mapping[str, Mapping[str, Any]], network: str) -> Iterator[Block]:
    yield Text(
        "Compared are F1, average precision, exact match and specificity, over everything and of each label, on the same sentences. "
        "A baseline that seldom answers is specific at little cost; read its specificity beside its F1. "
        "With so many scores a few fall to a baseline by chance: intervals and values of p are not corrected for their number."
    )
    for name, found in tested.items():
        rows = found.get("beaten_by", [])
        if not rows:
            yield Text(f"{name}: no baseline scores higher than {network} in any of these scores.", "unbeaten")
            continue
        clear = sum(map(_clear, rows))
        table = Table(
            f"{name}: scores in which a baseline is higher",
            ["score", "baseline", f"network ({network})", "the baseline", "difference", "p", "interval"],
            [
                [
                    Cell(score_name(row["score"])),
                    Cell(row["baseline"]),
                    Cell(plain(row["first"])),
                    Cell(plain(row["second"])),
                    _difference(row, strong=_clear(row)),
                    Cell(_p(row.get("p"))),
                    Cell("below zero" if _clear(row) else "includes zero"),
                ]
                for row in rows
            ],
            f"In {clear} of {len(rows)} the interval of the difference lies wholly below zero.",
            folded=len(rows) > OPEN_ROWS,
            words=(0, 1, 6),
        )
        yield table


def _data_part(
    anchor: str,
    name: str,
    found: Mapping[str, Any],
    descriptions: Mapping[str, str],
    network: str,
    pictures: _Pictures,
) -> Part:
    results = found["results"]
    first = next(iter(results), network)
    several = len(results) > 1
    parts = []
    if found.get("seeds"):
        parts.append(Part("Seeds", f"{anchor}-seeds", list(_seeds(found["seeds"], name, pictures))))
    if found.get("comparisons"):
        blocks = [b for one in found["comparisons"] for b in _comparison(one, name, one.get("exchanged"), results, pictures)]
        parts.append(Part("Comparison", f"{anchor}-comparison", blocks))
    if found.get("baselines"):
        parts.append(Part("Baselines", f"{anchor}-baselines", list(_baselines(found, name, first, descriptions, pictures))))
    own = [
        _result_parts(f"{anchor}-{number}", [name, checkpoint], result, found.get("robustness", {}).get(checkpoint), pictures)
        for number, (checkpoint, result) in enumerate(results.items(), start=1)
    ]
    if several:
        parts += [
            Part(
                f"Results of {checkpoint}",
                f"{anchor}-{number}",
                [_tiles(result["scores"])] if number > 1 or found.get("seeds") else [],
                inner,
                "open" if number == 1 else "closed",
            )
            for number, ((checkpoint, result), inner) in enumerate(zip(results.items(), own, strict=True), start=1)
        ]
    elif own:
        parts += own[0]
    return Part(name, anchor, list(_head(found, first, several)), parts)


def _head(found: Mapping[str, Any], first: str, several: bool) -> Iterator[Block]:
    result = found["results"].get(first)
    if result is None:
        return
    if found.get("seeds"):
        runs = len(found["seeds"]["runs"])
        mean = {score: row | {"value": row["mean"]} for score, row in found["seeds"]["scores"].items()}
        yield Text(f"Means of {runs} run{'s' * (runs != 1)}; below each the interval over runs.")
        yield _tiles(mean)
    else:
        if several:
            yield Text(Markup("Scores of <b>{}</b>, with which the others are compared.").format(first))
        yield _tiles(result["scores"])
    groups = result.get("groups", {})
    style = "warning" if groups.get("number", FEW) < FEW else ""
    yield Text(f"{result['sentences']:,} sentences. Intervals: {groups.get('note', 'not drawn')}.", style)


def _tiles(scores: Mapping[str, Any]) -> Tiles:
    return Tiles(
        [
            (score_name(score) + (", lower is better" if lower_is_better(score) else ""), plain(row["value"]), _range(row))
            for score in HEADLINES
            if (row := scores.get(score)) is not None
        ]
    )


def _seeds(seeds: Mapping[str, Any], name: str, pictures: _Pictures) -> Iterator[Block]:
    scores = seeds["scores"]
    shown = [score for score in COMPARED if score in scores]
    columns = ["score", "mean", "± deviation", "interval over runs", "interval over sentences", *seeds["runs"]]

    def table(which: Iterable[str], caption: str, folded: bool = False) -> Table:
        rows = [
            [
                Cell(score_name(score)),
                Cell(plain(scores[score]["mean"]), strong=True),
                Cell("–" if scores[score]["deviation"] is None else f"± {plain(scores[score]['deviation'])}"),
                Cell(_range(scores[score]) or "–"),
                Cell(_range({"low": scores[score]["drawn_low"], "high": scores[score]["drawn_high"]}) or "–"),
                *(Cell(plain(value)) for value in scores[score]["values"]),
            ]
            for score in which
        ]
        note = "Over runs: the mean ± Student’s t times the standard error, for another seed. Over sentences: bootstrap, for other sentences."
        return Table(caption, columns, rows, note, folded)

    yield table(shown, "Means over seeds")
    rows = [
        Dot(score_name(score), s["mean"], s["low"], s["high"], s["values"])
        for score in shown
        if not lower_is_better(score)
        for s in [scores[score]]
    ]
    if rows:
        caption = "Means over seeds (dots) with their intervals over runs (lines); each run is a stroke."
        yield pictures(dots([Panel("scores of each run", rows)]), [name, "seeds"], caption)
    rest = [score for score in scores if score not in shown]
    if rest:
        yield table(rest, "Every other score", folded=True)


def _comparison(
    one: Mapping[str, Any], name: str, exchanged: str | None, results: Mapping[str, Any], pictures: _Pictures
) -> Iterator[Block]:
    first, second, scores = one["first"], one["second"], one["scores"]
    shown = [score for score in COMPARED if score in scores]

    def table(which: Iterable[str], caption: str, folded: bool = False) -> Table:
        rows = [
            [
                Cell(score_name(score), "lower is better" if lower_is_better(score) else ""),
                Cell(plain(scores[score]["first"])),
                Cell(plain(scores[score]["second"])),
                _difference(scores[score]),
                Cell(_p(scores[score].get("p"))),
            ]
            for score in which
        ]
        note = (
            "Difference: the first less the second, with the interval of the paired difference. p: two-sided permutation test, "
            f"exchanging the answers to each {exchanged or 'sentence'}; not corrected for the number of scores. Scores that depend on the order of "
            "probabilities have none."
        )
        return Table(caption, ["score", first, second, "difference", "p"], rows, note, folded)

    yield table(shown, f"{first} and {second}")
    labels = results.get(first, {}).get("counts", {})
    panels = [
        Panel(
            title,
            [
                Dot(label, row["difference"], row["low"], row["high"])
                for label in labels.get(side, {})
                if (row := scores.get(key(label)))
            ],
            difference=True,
        )
        for title, side, key in (
            ("topics, difference in F1", "topics", _topic_f1),
            ("participants, difference in exact F1", "participants", _type_f1),
        )
    ]
    panels = [panel for panel in panels if panel.dots]
    if panels:
        caption = f"F1 of {first} less F1 of {second}, label by label; right of the dashed line {first} is better."
        yield pictures(dots(panels), [name, first, "against", second], caption)
    rest = [score for score in scores if score not in shown]
    if rest:
        yield table(rest, "Every other score", folded=True)


def _topic_f1(topic: str) -> str:
    return f"topics/{topic}/f1"


def _type_f1(kind: str) -> str:
    return f"participants/exact/{kind}/f1"


def _baselines(
    found: Mapping[str, Any], name: str, network: str, descriptions: Mapping[str, str], pictures: _Pictures
) -> Iterator[Block]:
    result, baselines = found["results"][network], found["baselines"]
    scores = {network: result["scores"], **{b: row["scores"] for b, row in baselines.items()}}
    wanted = [
        "topics/macro_f1",
        "topics/micro_f1",
        "topics/core_macro_f1",
        "topics/no_topic_specificity",
        "participants/exact/f1",
        *map(_type_f1, result.get("counts", {}).get("participants", {})),
    ]
    columns = [score for score in wanted if any(score in row for row in scores.values())]
    known = {score: [v for row in scores.values() if (v := row.get(score, {}).get("value")) is not None] for score in columns}
    rows = [
        [
            Cell(
                contender,
                "the network" if contender == network else descriptions.get(contender, ""),
                strong=contender == network,
            ),
            *(_score(row.get(score), best=max(known[score], default=None)) if score in row else Cell("") for score in columns),
        ]
        for contender, row in scores.items()
    ]
    heads = ["", *map(score_name, columns)]
    yield Table(
        "The network and the baselines",
        heads,
        rows,
        "Best in bold; an empty cell is something that the baseline does not answer.",
    )
    panels = [
        Panel(title, [Dot(c, *_triple(row[score]), strong=c == network) for c, row in scores.items() if score in row])
        for title, score in (("topics, macro-F1", "topics/macro_f1"), ("participants, exact F1", "participants/exact/f1"))
    ]
    panels = [panel for panel in panels if len(panel.dots) > 1]
    if panels:
        yield pictures(
            dots(panels), [name, "baselines"], "The network (filled) and the baselines (hollow) with 95 % intervals."
        )
    rows = [
        [Cell(b), *(_difference(row["against"][s], p=True) if s in row["against"] else Cell("") for s in columns)]
        for b, row in baselines.items()
    ]
    note = "Above zero the network is better. Intervals and p of the paired difference, not corrected for their number."
    yield Table("The network less each baseline", heads, rows, note, folded=True)


def _result_parts(
    anchor: str,
    names: list[str],
    result: Mapping[str, Any],
    robustness: Sequence[Mapping[str, Any]] | None,
    pictures: _Pictures,
) -> list[Part]:
    """Parts of one checkpoint's results on one set of sentences; those without anything in them are left out."""
    contents: list[tuple[str, str, Iterable[Block]]] = [
        ("Topics", "topics", _topics(result, names, pictures) if result.get("counts", {}).get("topics") else ()),
        ("Thresholds and probabilities", "thresholds", _thresholds(result, names, pictures)),
        ("Participants", "participants", _participants(result) if result.get("counts", {}).get("participants") else ()),
        ("Slices", "slices", _slices(result)),
        ("Robustness", "robustness", _robustness(robustness, names, pictures) if robustness else ()),
        ("Worst errors", "errors", _errors(result)),
    ]
    parts = [Part(title, f"{anchor}-{end}", list(blocks)) for title, end, blocks in contents]
    return [part for part in parts if part.blocks]


def _topics(result: Mapping[str, Any], names: list[str], pictures: _Pictures) -> Iterator[Block]:
    scores, thresholds = result["scores"], result.get("thresholds", {})
    measures = ("precision", "recall", "f1", "average_precision", "calibration_error")
    rows = [
        [
            Cell(topic),
            Cell(plain(thresholds.get(topic), 2)),
            *(_score(scores.get(f"topics/{topic}/{measure}")) for measure in measures),
            Cell(f"{count['gold']:,}"),
            Cell(f"{count['found']:,}"),
        ]
        for topic, count in result["counts"]["topics"].items()
    ]
    gold, found = (f"{sum(c[what] for c in result['counts']['topics'].values()):,}" for what in ("gold", "found"))
    sums: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("all, micro", ("micro_precision", "micro_recall", "micro_f1", "", "calibration_error")),
        ("all, macro", ("", "", "macro_f1", "macro_average_precision", "calibration_error_by_topic")),
        ("core, macro", ("", "", "core_macro_f1", "", "")),
    )
    for label, keys in sums:
        if any(f"topics/{key}" in scores for key in keys):
            cells = [_score(scores.get(f"topics/{key}")) if key and f"topics/{key}" in scores else Cell("") for key in keys]
            counted = [Cell(gold), Cell(found)] if label == "all, micro" else [Cell(""), Cell("")]
            rows.append([Cell(label, strong=True), Cell(""), *cells, *counted])
    columns = ["topic", "threshold", "precision", "recall", "F1", "average precision", "calibration error", "gold", "found"]
    note = "A dash: the topic is neither in the gold nor predicted, or, for average precision, not in the gold."
    yield Table("Each topic, with 95 % intervals", columns, rows, note)
    panel = Panel("F1", [Dot(topic, *_triple(scores.get(_topic_f1(topic), {}))) for topic in result["counts"]["topics"]])
    yield pictures(dots([panel]), [*names, "topics"], "F1 of each topic with its 95 % interval.")


def _thresholds(result: Mapping[str, Any], names: list[str], pictures: _Pictures) -> Iterator[Block]:
    points = result.get("operating_points") or []
    promised = [point for point in points if point["promised"] is not None]
    if points:
        columns = ["operating point", "precision", "recall", "F1"]
        rows = [
            [Cell(_point(point)), *(Cell(plain(point["all"][what])) for what in ("precision", "recall", "f1"))]
            for point in points
        ]
        yield Table("Operating points: what each gives on these sentences, all topics together", columns, rows)
    if promised:
        example = f"{promised[0]['promised']:g}"
        yield Text(
            Markup(
                "An operating point is the lowest threshold for all topics at which their precision on the <em>development</em> sentences was "
                "as promised, though for no topic lower than its own; here precision may be less. To use one: "
                "<code>predictor.predict(texts, thresholds=predictor.thresholds_at({}))</code>."
            ).format(example)
        )
    if points:
        rows = [
            [
                Cell(topic),
                *(
                    Cell(plain(point["topics"].get(topic, {}).get(what), 2 if what == "threshold" else 3))
                    for point in points
                    for what in ("threshold", "precision", "recall")
                ),
            ]
            for topic in result["counts"]["topics"]
        ]
        groups = [("", 1), *((_point(point), 3) for point in points)]
        columns = ["topic", *["threshold", "precision", "recall"] * len(points)]
        yield Table("Operating points, each topic", columns, rows, folded=True, groups=groups)
    if result.get("curves"):
        gold = {topic: count["gold"] for topic, count in result["counts"]["topics"].items()}
        figure = threshold_curves(result["curves"], result.get("thresholds", {}), gold)
        yield pictures(figure, [*names, "thresholds"], "Precision, recall and F1 at each threshold.")
    if result.get("reliability"):
        caption = (
            "Reliability: of the topics with about a probability, how many are right; on the dashed line probabilities mean what they say. "
            "Hollow: fewer than 10 pairs of sentence and topic. Below: how many pairs there are."
        )
        yield pictures(reliability_plot(result["reliability"]), [*names, "reliability"], caption)


def _point(point: Mapping[str, Any]) -> str:
    return "the checkpoint’s thresholds" if point["promised"] is None else f"precision {point['promised']:g}"


def _participants(result: Mapping[str, Any]) -> Iterator[Block]:
    counts, scores = result["counts"]["participants"], result["scores"]
    total = {what: sum(count[what] for count in counts.values()) for what in ("gold", "found")}
    rows = []
    for label, path, count in (("all", "", total), *((kind, f"{kind}/", count) for kind, count in counts.items())):
        for number, match in enumerate(MATCHES):
            cells = [_score(scores.get(f"participants/{match}/{path}{what}")) for what in ("precision", "recall", "f1")]
            head = [Cell(label, f"gold {count['gold']:,}, found {count['found']:,}", strong=True, rows=len(MATCHES))]
            rows.append([*(head if not number else []), Cell(_MATCH_WORDS[match]), *cells])
    yield Table("Each type, by what counts as right", ["type", "match", "precision", "recall", "F1"], rows, words=(0, 1))
    confused = result.get("confusions")
    if not confused:
        return
    yield _heat("What the gold types were taken for", confused["types"], "gold ↓ predicted →")
    yield _heat("Edges of the spans, whatever type was found", confused["edges"], "gold ↓ edge →")


def _heat(caption: str, table: Mapping[str, Mapping[str, int]], corner: str) -> Table:
    columns = list(next(iter(table.values()), {}))
    found = {column: sum(row[column] for row in table.values()) for column in columns}
    rows = []
    for label, row in table.items():
        cells = []
        for column, count in row.items():
            whole = found[column] if label == NONE else sum(row.values())  # what is spurious, beside all that was predicted
            cells.append(Cell("" if label == column == NONE else f"{count:,}", heat=round((count / max(whole, 1)) ** 0.5, 3)))
        rows.append([Cell("(no gold span)" if label == NONE else label), *cells])
    note = "The darker, the larger the share of its row" + ("; in the last row, of its column." if NONE in table else ".")
    return Table(caption, [corner, *("nothing" if column == NONE else column for column in columns)], rows, note)


_KINDS = {
    "length": "By length",
    "topics": "By number of topics",
    "kind": "By kind of sentence",
    "register": "By register",
    "writer": "By writer",
    "orthography": "By orthography",
}


def _slices(result: Mapping[str, Any]) -> Iterator[Block]:
    slices = result.get("slices") or []
    for kind in dict.fromkeys(row["kind"] for row in slices):
        own = [row for row in slices if row["kind"] == kind]
        measures = list(dict.fromkeys(score for row in own for score in row["scores"]))
        least = _least(row["scores"].values() for row in own)
        rows = [
            [
                Cell(row["name"]),
                Cell(f"{row['sentences']:,}"),
                *(_score(row["scores"].get(measure), spark_from=least) for measure in measures),
            ]
            for row in own
        ]
        columns = ["", "sentences", *map(score_name, measures)]
        note = f"Lines run from {least:g} to 1."
        yield Table(_KINDS.get(kind, f"By {kind}"), columns, rows, note, folded=len(rows) > OPEN_ROWS)
    if seen := result.get("names"):
        least = _least(row["scores"].values() for row in seen)
        rows = []
        for name in dict.fromkeys(row["name"] for row in seen):
            own = [row for row in seen if row["name"] == name]
            for number, row in enumerate(own):
                head = [Cell(name, strong=True, rows=len(own))] if not number else []
                cells = [_score(row["scores"].get(what), spark_from=least) for what in ("precision", "recall", "f1")]
                rows.append([*head, Cell(row["type"] or "all"), Cell(f"{row['gold']:,}"), *cells])
        columns = ["name", "type", "gold", "precision", "recall", "F1"]
        note = (
            f"Exact spans. Seen: the same name is a participant somewhere in the training data. Lines run from {least:g} to 1."
        )
        yield Table("Participants with names seen and unseen in training", columns, rows, note, words=(0, 1))


def _least(rows: Iterable[Iterable[Mapping[str, Any]]]) -> float:
    """Where the axis of small plots begins: at the lowest end of an interval, rounded down to a tenth."""
    ends = [end for row in rows for score in row for end in (score.get("low"), score.get("value")) if end is not None]
    return min(int(min(ends, default=0.0) * 10) / 10, 0.9)


def _robustness(outcomes: Sequence[Mapping[str, Any]], names: list[str], pictures: _Pictures) -> Iterator[Block]:
    yield Text(
        "Each sentence is rewritten and answered again. Scores are of the sentences that the rewriting touched, "
        "before → after, with the interval of the difference; unchanged is the share of them whose topics and participants stayed the same."
    )
    measures = list(dict.fromkeys(score for outcome in outcomes for score in outcome["scores"]))
    rows = [
        [
            Cell(outcome["name"], outcome.get("description", "")),
            Cell(f"{outcome['touched']:,}"),
            Cell(_percent(outcome["unchanged"]["value"]), _range(outcome["unchanged"], _percent)),
            *(_before_after(outcome["scores"].get(measure)) for measure in measures),
        ]
        for outcome in outcomes
    ]
    yield Table("Rewritten sentences", ["rewriting", "touched", "unchanged", *map(score_name, measures)], rows)
    panels = [
        Panel(
            f"{score_name(score)}, change",
            [Dot(o["name"], *_triple(o["scores"][score], "difference")) for o in outcomes if score in o["scores"]],
            difference=True,
        )
        for score in ("topics/macro_f1", "participants/exact/f1")
    ]
    panels = [panel for panel in panels if panel.dots]
    if panels:
        caption = "Change of scores in rewritten sentences with 95 % intervals; left of the dashed line they are worse."
        yield pictures(dots(panels), [*names, "robustness"], caption)


def _errors(result: Mapping[str, Any]) -> Iterator[Block]:
    errors = result.get("errors") or []
    if not errors:
        return
    kinds = dict.fromkeys(result.get("counts", {}).get("participants", {}))
    kinds |= dict.fromkeys(span[2] for e in errors for side in ("gold", "found") for span in e[side]["participants"] or ())
    types = {kind: number % 8 for number, kind in enumerate(kinds)}
    rows = [_error(error) for error in errors]
    yield Errors(rows[:OPEN_ERRORS], rows[OPEN_ERRORS:], types)


def _error(error: Mapping[str, Any]) -> dict[str, Any]:
    """A sentence as it is labelled and as it was predicted: text in pieces, and topics with how they stand."""
    gold, found, scores = error["gold"], error["found"], error.get("scores", {})
    ours, theirs = ({tuple(span) for span in side["participants"] or ()} for side in (gold, found))
    own = gold["topics"]
    labelled = [(t, "" if t in found["topics"] else "missed", plain(scores.get(t), 2)) for t in own or ()]
    given = [(t, "" if own is None or t in own else "wrong", plain(scores.get(t), 2)) for t in found["topics"]]
    return {
        "id": error["id"],
        "wrong": f"{error['wrong']:.2f}",
        "labelled": {
            "topics": labelled,
            "none": "topics not labelled" if own is None else "no topic",
            "pieces": _pieces(error["text"], gold["participants"] or (), theirs),
            "spans": "participants not labelled" if gold["participants"] is None else "",
        },
        "predicted": {
            "topics": given,
            "none": "no topic",
            "pieces": _pieces(error["text"], found["participants"], None if gold["participants"] is None else ours),
            "spans": "",
        },
    }


def _pieces(
    text: str, spans: Iterable[Sequence[Any]], others: set[tuple[Any, ...]] | None
) -> list[tuple[str, str | None, bool]]:
    """The text in pieces: each with its type, None outside spans, and whether the other side lacks this very span.

    Of spans that overlap the later one has what the earlier one left. `others` None: the other side does not speak of spans.

    >>> _pieces("thăm Lào", [(5, 8, "GPE")], set())
    [('thăm ', None, False), ('Lào', 'GPE', True)]
    """
    pieces: list[tuple[str, str | None, bool]] = []
    at = 0
    for start, end, kind in sorted(map(tuple, spans)):
        if start > at:
            pieces.append((text[at:start], None, False))
        pieces.append((text[max(start, at) : end], kind, others is not None and (start, end, kind) not in others))
        at = max(at, end)
    return [*pieces, (text[at:], None, False)] if at < len(text) else pieces


_MATCH_WORDS = {"exact": "exact", "partial": "partial", "type_free": "type-free"}
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
        match = f"{_MATCH_WORDS.get(match, match)} "
    label, _, what = rest.rpartition("/")
    return f"{label or side}, {match}{_MEASURE_WORDS.get(what, what.replace('_', ' '))}"


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


def _range(row: Mapping[str, Any], show: Callable[[float | None], str] = plain, between: str = "–") -> str:
    return "" if row.get("low") is None or row.get("high") is None else f"{show(row['low'])}{between}{show(row['high'])}"


def _triple(row: Mapping[str, Any], value: str = "value") -> tuple[float | None, float | None, float | None]:
    return row.get(value), row.get("low"), row.get("high")


def _score(row: Mapping[str, Any] | None, best: float | None = None, spark_from: float | None = None) -> Cell:
    """A cell with a score and its interval."""
    if row is None or row.get("value") is None:
        return Cell("–")
    value, low, high = _triple(row)
    spark = None
    if spark_from is not None and value is not None:
        low, high = value if low is None else low, value if high is None else high
        low, value, high = (round(100 * (x - spark_from) / (1 - spark_from), 1) for x in (low, value, high))
        spark = (low, value, high)
    return Cell(plain(row["value"]), _range(row), strong=best is not None and row["value"] >= best, spark=spark)


def _difference(row: Mapping[str, Any], strong: bool = False, p: bool = False) -> Cell:
    small = _range(row, signed, " to ")
    if p and row.get("p") is not None:
        small += f"\np {_p(row['p'])}"
    return Cell(signed(row.get("difference")), small, strong)


def _before_after(row: Mapping[str, Any] | None) -> Cell:
    if row is None or row["before"] is None or row["after"] is None:
        return Cell("–")
    interval = _range(row, signed, " to ")
    return Cell(f"{plain(row['before'])} → {plain(row['after'])}", f"{signed(row['difference'])}\n{interval}")


def _p(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
