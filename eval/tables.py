"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table

from ..data.coverage import Plan, shortfalls
from ..model.card import HEADLINES
from ..model.configuration import CheckpointConfig
from ..model.display import visible


def measures_table(found: Mapping[str, float], plan: Plan | None = None) -> Table:
    """What `coverage.measures` found, beside what was planned."""
    table = _table(["measure", "found"] if plan is None else ["measure", "found", "planned"])
    missed = shortfalls(found, plan or {})
    for name in [*found, *(name for name in plan or {} if name not in found)]:
        value = found.get(name, 0)
        row = [name, f"{value:.1%}" if name.startswith("share ") else f"{value:,}"]
        if plan is not None:
            bound = plan.get(name, "")
            row.append(" to ".join(f"{b:g}" for b in bound) if isinstance(bound, Sequence) else f"{bound:g}")
        short = any(line.startswith(f"{name}: ") for line in missed)
        table.add_row(*row, style="bold red" if short else None)
    return table


def counts_table(rows: Sequence[tuple[str, Sequence[int]]], parts: Sequence[str]) -> Table:
    """Counts by label and part, each with its share of the label's total."""
    table = _table(["label", *parts])
    for name, counts in rows:
        total = max(sum(counts), 1)
        table.add_row(name, *(f"{count:,} ({count / total:.0%})" for count in counts))
    return table


def agreement_table(scores: Sequence[tuple[str, Mapping[str, Any]]]) -> Table:
    """`agreement` of several groups of sentences, then the first group's topics and types one by one."""
    table = _table(["of", "sentences", "the same", "topics, micro F1", "participants, F1"])
    for name, score in scores:
        topics, participants = score["topics"], score["participants"]
        table.add_row(
            name,
            str(score["sentences"]),
            f"{score['agree'] / score['sentences']:.1%}",
            "-" if topics is None else f"{topics['micro_f1']:.3f}",
            "-" if participants is None else f"{participants['f1']:.3f}",
        )
    _, first = scores[0]
    table.add_section()
    for topic, row in (first["topics"] or {"topics": {}})["topics"].items():
        kappa = first["kappa"][topic]
        f1 = "-" if kappa is None and not row["support"] else f"{row['f1']:.3f}"
        table.add_row(topic, str(row["support"]), "" if kappa is None else f"kappa {kappa:.2f}", f1, "")
    for kind, row in (first["participants"] or {"types": {}})["types"].items():
        table.add_row(kind, str(row["support"]), "", "", f"{row['f1']:.3f}")
    return table


def scores_table(result: Mapping[str, Any], title: str) -> Group:
    """What `analysis.analyse` found: the scores that stand for all, then those of each label."""
    scores, counts = result["scores"], result["counts"]
    whole = _table(["score", "value", "95 % interval"])
    whole.title = f"{title}: {result['sentences']} sentences"
    for name, words in HEADLINES.items():
        if name in scores:
            whole.add_row(words, _short(scores[name]["value"]), _ends(scores[name]))
    labels = _table(["label", "precision", "recall", "F1", "95 % interval", "AP", "gold"])
    labels.caption = f"{result['role']}; intervals: {result['groups']['note']}; AP: average precision"
    for key, inside in (("topics", "topics"), ("participants", "participants/exact")):
        for label, row in counts[key].items():
            own = {what: scores.get(f"{inside}/{label}/{what}") for what in ("precision", "recall", "f1", "average_precision")}
            cells = {what: _short(score["value"]) if score else "" for what, score in own.items()}
            labels.add_row(
                visible(label),
                cells["precision"],
                cells["recall"],
                cells["f1"],
                _ends(own["f1"] or {}),
                cells["average_precision"],
                str(row["gold"]),
            )
        labels.add_section()
    return Group(whole, labels)


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ends(score: Mapping[str, float | None]) -> str:
    low, high = score.get("low"), score.get("high")
    return "-" if low is None or high is None else f"{low:.3f} to {high:.3f}"


def baselines_table(part: Mapping[str, Any], network: str, title: str) -> Table:
    """The network and each baseline of a study, and below where a baseline scores higher."""
    shown = ("topics/macro_f1", "topics/micro_f1", "topics/no_topic_specificity", "participants/exact/f1")
    table = _table(["", "topics, macro-F1", "micro-F1", "specificity", "participants, F1"])
    table.title = f"{title}: {network} and the baselines"
    for name, scores in [
        (network, part["results"][network]["scores"]),
        *((n, b["scores"]) for n, b in part["baselines"].items()),
    ]:
        table.add_row(name, *(_short(scores[key]["value"]) if key in scores else "" for key in shown))
    beaten = [
        f"{row['baseline']} in {row['score']} ({row['second']:.3f} against {row['first']:.3f})" for row in part["beaten_by"]
    ]
    table.caption = f"better than {network}: {'; '.join(beaten)}" if beaten else f"none is better than {network} in any score"
    return table


def robustness_table(rows: Sequence[Mapping[str, Any]], title: str) -> Table:
    """What `study.perturbed_scores` found for each perturbation."""
    shown = ("topics/macro_f1", "participants/exact/f1")
    table = _table(["rewritten", "sentences", "same answer", "topics, macro-F1", "participants, F1"])
    table.title = f"{title}: rewritten sentences, before and after"
    for row in rows:
        share = row["unchanged"]["value"]
        changes = [row["scores"].get(key) for key in shown]
        cells = [f"{_short(c['before'])} {_short(c['after'])}" if c else "" for c in changes]
        table.add_row(row["name"], str(row["touched"]), "-" if share is None else f"{share:.1%}", *cells)
    return table


def comparison_table(comparison: Mapping[str, Any], title: str) -> Table:
    """What `intervals.compare` found."""
    first, second = comparison["first"], comparison["second"]
    table = _table(["score", "first", "second", "difference", "95 % interval", "p"])
    table.title = f"{title}: first {first}, second {second}"
    table.caption = f"p by exchanging the answers to each {comparison['exchanged']}"
    for name in HEADLINES:
        row = comparison["scores"].get(name)
        if row and row["difference"] is not None:
            p = "-" if row["p"] is None else f"{row['p']:.4f}"
            span = "-" if row["low"] is None else f"{row['low']:+.3f} to {row['high']:+.3f}"
            table.add_row(_words(name), f"{row['first']:.3f}", f"{row['second']:.3f}", f"{row['difference']:+.3f}", span, p)
    return table


def _words(name: str) -> str:
    return name.replace("/", " ").replace("_", " ")


def over_seeds_table(summary: Mapping[str, Any], title: str) -> Table:
    """What `study.over_seeds` found."""
    table = _table(["score", "mean", "deviation", "over seeds", "over sentences"])
    table.title = f"{title}: {', '.join(summary['runs'])}"
    table.caption = "95 % intervals of the mean"
    for name in HEADLINES:
        row = summary["scores"].get(name)
        if row:
            deviation = "-" if row["deviation"] is None else f"{row['deviation']:.4f}"
            spans = [_ends({"low": row[low], "high": row[high]}) for low, high in _ENDS]
            table.add_row(_words(name), f"{row['mean']:.3f}", deviation, *spans)
    return table


def thresholds_table(before: CheckpointConfig, after: CheckpointConfig) -> Table:
    """Thresholds of each topic before and after they were fitted anew, and those of the operating points."""
    table = _table(["topic", "threshold before", "after", *(f"for precision {name}" for name in after.operating_points)])
    for topic in after.topics:
        points = [point.get(topic) for point in after.operating_points.values()]
        cells = ["never" if point is None else f"{point:.2f}" for point in points]
        table.add_row(visible(topic), f"{before.threshold(topic):.2f}", f"{after.threshold(topic):.2f}", *cells)
    return table


_ENDS = (("low", "high"), ("drawn_low", "drawn_high"))


def _table(columns: Sequence[str]) -> Table:
    table = Table(*columns)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def seeds_table(summary: dict[str, Any]) -> Table:
    """The summary of `train.repeat.several_seeds` as a table."""
    table = Table(
        "score", *(f"{side}, {what}" for side in ("development", "test") if side in summary for what in ("mean", "deviation"))
    )
    table.title = f"seeds {', '.join(map(str, summary['seeds']))}"
    for column in table.columns[1:]:
        column.justify = "right"
    sides = [summary[side] for side in ("development", "test") if side in summary]
    for name in sides[0]:
        cells = [
            "-" if value is None else f"{value:.3f}"
            for side in sides
            for value in (side.get(name, {}).get("mean"), side.get(name, {}).get("deviation"))
        ]
        table.add_row(name.replace("_", " "), *cells)
    return table
