"""Plots, drawn with matplotlib from the extra `train`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..data.coverage import ACTS, acts, in_order, partners, registers
from ..data.labels import TOPICS
from ..data.schema import Sentence


def plot_coverage(sentences: Sequence[Sentence], path: str | os.PathLike[str], columns: int = 30) -> None:
    """Three tables of counts as one picture: topics by partner (the `columns` most frequent), by what is told, by register.

    Args:
        path: where to write; the ending says the format, such as .png, .svg or .pdf.

    Raises:
        ValueError: if no sentence has a topic, or for an ending that matplotlib does not write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    topics = topics_of(sentences)
    tables: list[tuple[str, Callable[[Sentence], Iterable[str]], Sequence[str] | None]] = [
        ("partner (ISO 3166 code or body)", partners, None),
        ("what the sentence tells of, by its words", acts, ACTS),
        ("register", registers, None),
    ]
    figure = Figure(figsize=(11, 12), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(tables), 1)
    figure.suptitle(f"Sentences by topic and …; {len(sentences):,} in all")
    for axis, (title, find, order) in zip(axes, tables, strict=True):
        _heat_map(axis, sentences, topics, title, find, order, columns)
    save(figure, path)


def plot_curve(points: Sequence[Mapping[str, Any]], path: str | os.PathLike[str]) -> None:
    """A learning curve: scores by the number of training sentences, all together and for each topic.

    Args:
        points: what `hoptac train --shares` writes to `curve.json`.
        path: where to write; the ending says the format.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    sizes = [point["sentences"] for point in points]
    together: list[tuple[str, Callable[[Any], float]]] = [
        ("topics, macro F1", lambda s: s["topics"]["macro_f1"]),
        ("participants, exact-span F1", lambda s: s["participants"]["f1"]),
        ("specificity without topic", lambda s: s["topics"]["no_topic_specificity"] or 0.0),
        *(
            (f"{kind}", lambda s, kind=kind: s["participants"]["types"][kind]["f1"])
            for kind in points[0]["scores"]["participants"]["types"]
        ),
    ]
    for number, (name, value) in enumerate(together):
        style = {"linewidth": 2.0} if number < 3 else {"linewidth": 1.0, "linestyle": "--"}
        left.plot(sizes, [value(point["scores"]) for point in points], marker="o", label=name, color=f"C{number}", **style)
    for number, topic in enumerate(points[0]["scores"]["topics"]["topics"]):
        values = [point["scores"]["topics"]["topics"][topic]["f1"] for point in points]
        # Twelve lines need more than ten colours: the line style changes with every half dozen.
        right.plot(
            sizes,
            values,
            marker="os^"[number // 6 % 3],
            label=topic,
            color=f"C{number % 6}",
            linestyle=("-", "--", ":")[number // 6 % 3],
        )
    for axis, title in ((left, "all together"), (right, "topics, F1")):
        axis.set_xscale("log")
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axis.minorticks_off()
        axis.set_xlabel("training sentences")
        axis.set_title(title, loc="left", fontsize=10)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7, ncols=2, loc="lower right")
    figure.suptitle(f"Learning curve, measured on the {points[0]['on']} data")
    save(figure, path)


def topics_of(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    """The topics that occur, in the taxonomy's order, others after them."""
    found = {topic for sentence in sentences for topic in sentence.topics or ()}
    if not found:
        raise ValueError("no sentence has a topic, so there is no coverage to draw")
    return tuple(in_order(found, TOPICS))


def _heat_map(
    axis: Any,
    sentences: Sequence[Sentence],
    topics: Sequence[str],
    title: str,
    find: Callable[[Sentence], Iterable[str]],
    order: Sequence[str] | None,
    most: int,
) -> None:
    found = [(sentence.topics or (), set(find(sentence))) for sentence in sentences]
    total = Counter(label for own, labels in found if own for label in labels)
    columns = list(order) if order else [label for label, _ in total.most_common(most)]
    cells = Counter((topic, label) for own, labels in found for topic in own for label in labels)
    table = [[cells[topic, label] for label in columns] for topic in topics]
    axis.set_title(title, loc="left", fontsize=10)
    if not columns:
        axis.text(0.5, 0.5, "none named", ha="center", transform=axis.transAxes)
        return
    # The root keeps small counts apart from none beside the largest.
    axis.imshow([[cell**0.5 for cell in row] for row in table], cmap="Blues", aspect="auto", vmin=0)
    largest = max(map(max, table))
    for y, row in enumerate(table):
        for x, cell in enumerate(row):
            axis.text(x, y, str(cell), ha="center", va="center", fontsize=6.5, color="white" if cell > largest / 2 else "black")
    axis.set_yticks(range(len(topics)), topics, fontsize=8)
    axis.set_xticks(range(len(columns)), columns, rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
    axis.tick_params(length=0)


def save(figure: Any, path: str | os.PathLike[str]) -> None:
    """Write a figure; the file appears whole or not at all."""
    target = Path(path)
    supported = figure.canvas.get_supported_filetypes()
    ending = target.suffix[1:].lower()
    if ending not in supported:
        raise ValueError(f"{path}: the ending {target.suffix!r} is no picture format; known are {', '.join(sorted(supported))}")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target.parent}: no such folder")
    temporary = target.with_name(f".{target.name}.part")
    try:
        figure.savefig(temporary, format=ending, dpi=150)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
