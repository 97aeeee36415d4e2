"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from ..data.coverage import Plan, shortfalls


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
