"""The part of a report that tells of one checkpoint's answers to one set of sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .confusions import NONE
from .metrics import MATCHES
from .report_blocks import (
    MATCH_WORDS,
    OPEN_ROWS,
    Block,
    Cell,
    Errors,
    Part,
    Pictures,
    Table,
    Text,
    before_after_cell,
    ends,
    percent,
    plain,
    score_cell,
    score_name,
    topic_f1,
    triple,
)
from .score_plots import Dot, Panel, dots, reliability_plot, threshold_curves

OPEN_ERRORS = 8


def result_parts(
    anchor: str,
    names: list[str],
    result: Mapping[str, Any],
    robustness: Sequence[Mapping[str, Any]] | None,
    pictures: Pictures,
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


def _topics(result: Mapping[str, Any], names: list[str], pictures: Pictures) -> Iterator[Block]:
    scores, thresholds = result["scores"], result.get("thresholds", {})
    measures = ("precision", "recall", "f1", "average_precision", "calibration_error")
    rows = [
        [
            Cell(topic),
            Cell(plain(thresholds.get(topic), 2)),
            *(score_cell(scores.get(f"topics/{topic}/{measure}")) for measure in measures),
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
            cells = [score_cell(scores.get(f"topics/{key}")) if key and f"topics/{key}" in scores else Cell("") for key in keys]
            counted = [Cell(gold), Cell(found)] if label == "all, micro" else [Cell(""), Cell("")]
            rows.append([Cell(label, strong=True), Cell(""), *cells, *counted])
    columns = ["topic", "threshold", "precision", "recall", "F1", "average precision", "calibration error", "gold", "found"]
    note = "A dash: the topic is neither in the gold nor predicted, or, for average precision, not in the gold."
    yield Table("Each topic, with 95 % intervals", columns, rows, note)
    panel = Panel("F1", [Dot(topic, *triple(scores.get(topic_f1(topic), {}))) for topic in result["counts"]["topics"]])
    yield pictures(dots([panel]), [*names, "topics"], "F1 of each topic with its 95 % interval.")


def _thresholds(result: Mapping[str, Any], names: list[str], pictures: Pictures) -> Iterator[Block]:
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
            cells = [score_cell(scores.get(f"participants/{match}/{path}{what}")) for what in ("precision", "recall", "f1")]
            head = [Cell(label, f"gold {count['gold']:,}, found {count['found']:,}", strong=True, rows=len(MATCHES))]
            rows.append([*(head if not number else []), Cell(MATCH_WORDS[match]), *cells])
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
                *(score_cell(row["scores"].get(measure), spark_from=least) for measure in measures),
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
                cells = [score_cell(row["scores"].get(what), spark_from=least) for what in ("precision", "recall", "f1")]
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


def _robustness(outcomes: Sequence[Mapping[str, Any]], names: list[str], pictures: Pictures) -> Iterator[Block]:
    yield Text(
        "Each sentence is rewritten and answered again. Scores are of the sentences that the rewriting touched, "
        "before → after, with the interval of the difference; unchanged is the share of them whose topics and participants stayed the same."
    )
    measures = list(dict.fromkeys(score for outcome in outcomes for score in outcome["scores"]))
    rows = [
        [
            Cell(outcome["name"], outcome.get("description", "")),
            Cell(f"{outcome['touched']:,}"),
            Cell(percent(outcome["unchanged"]["value"]), ends(outcome["unchanged"], percent)),
            *(before_after_cell(outcome["scores"].get(measure)) for measure in measures),
        ]
        for outcome in outcomes
    ]
    yield Table("Rewritten sentences", ["rewriting", "touched", "unchanged", *map(score_name, measures)], rows)
    panels = [
        Panel(
            f"{score_name(score)}, change",
            [Dot(o["name"], *triple(o["scores"][score], "difference")) for o in outcomes if score in o["scores"]],
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
