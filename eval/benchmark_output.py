"""The figures of the benchmark as tables and as a plot."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from ..data.schema import whole_file
from .benchmark_figures import DEFAULT
from .machine import SQUARE
from .plots import save

JSON_FILE, PLOT_FILE = "benchmark.json", "benchmark.png"


def figures_tables(figures: Mapping[str, Any]) -> Group:
    """The figures of `benchmark`, 100 columns wide."""
    parts: list[Any] = [*_head(figures), _cold_start_table(figures["cold_start"])]
    if figures["limit"]:
        parts.append(_limit_table(figures["limit"]))
    parts += _contenders_tables(figures["contenders"])
    for name, table in (("workers", _workers_table), ("training", _training_table)):
        if figures.get(name):
            parts.append(table(figures[name]))
    if figures["bars"]:
        parts.append(_bars_table(figures["bars"]))
    parts += [f"not measured: {name}: {reason}" for name, reason in figures["not_measured"].items()]
    return Group(*parts, *figures["notes"])


def _head(figures: Mapping[str, Any]) -> Iterator[str]:
    machine, settings = figures["machine"], figures["settings"]
    yield f"{machine['processor']}, cores: {machine['cores']}, {machine['memory_gigabytes']} GB; {' '.join(machine['instructions'])}"
    yield ", ".join(f"{package} {version}" for package, version in machine["versions"].items())
    yield (
        f"rounds: {settings['rounds']}, figures are medians; {settings['sentences']} sentences of writers held out, "
        f"{settings['tokens_per_sentence']:.1f} tokens each"
    )


def plain_table(title: str, first: str, *others: str) -> Table:
    """An empty table of names in the first column and figures in the others."""
    table = Table(first, title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in others:
        table.add_column(name, justify="right")
    return table


def _cold_start_table(figures: Mapping[str, Any]) -> Table:
    table = plain_table("Cold start: a fresh process", "what", "seconds", "spread", "peak MB", "ratio", "of memory")
    ratios = figures.get("ratios", {})
    for name, title in (
        ("first_answer", "to the first answer"),
        ("import_torch_transformers", "import torch, transformers"),
    ):
        if name not in figures:
            continue
        seconds, megabytes = figures[name]["seconds"], figures[name]["megabytes"]
        shares = (
            [f"{ratios[unit]:.2f}" for unit in ("seconds", "megabytes")] if ratios and name == "first_answer" else ["1", "1"]
        )
        row = [f"{seconds['median']:.2f}", f"{seconds['spread']:.0%}", f"{megabytes['median']:.0f}"]
        table.add_row(title, *row, *(shares if ratios else ["", ""]))
    return table


def _limit_table(limit: Mapping[str, Any]) -> Table:
    shapes = list(next(iter(next(iter(limit.values()))["products"].values())))
    heads = ["threads", *(_SHAPES.get(shape, shape) for shape in shapes), "to best", "sentences/s"]
    table = plain_table("The machine's matrix products, 10⁹ operations a second; the fastest is the limit", "product", *heads)
    for threads, row in limit.items():
        for product, rates in row["products"].items():
            table.add_row(
                product,
                threads,
                *(f"{rates[shape]:,.0f}" for shape in shapes),
                f"{rates['network'] / row['rate']:.2f}",
                f"{row['sentences_per_second'][product]:,.0f}",
                style="bold" if product == row["best"] else None,
            )
        table.add_section()
    return table


_SHAPES = {"square": f"{SQUARE}²", "network": "all of it"}


def _contenders_tables(contenders: Mapping[str, Any]) -> Iterator[Table]:
    """Latency of one sentence and throughput by batch size; and the same as ratios."""
    rows = [(found["title"], threads, row) for found in contenders.values() for threads, row in found["threads"].items()]
    batches = sorted({batch for _, _, row in rows for batch in row["sentences_per_second"]}, key=int)
    columns = ("threads", "p50 ms", "p99 ms", *(f"by {batch}" for batch in batches))
    figures = plain_table(
        "Milliseconds of one sentence; sentences a second by batch size", "contender", *columns, "spread", "peak MB"
    )
    ratios = plain_table(
        "The same, divided by the default's; and its share of the limit", "contender", *columns, "best", "peak MB", "limit"
    )
    before = ""
    for title, threads, row in rows:
        latencies, rates, to_default = row["milliseconds"], row["sentences_per_second"], row["to_default"]
        name = title if title != before else ""
        figures.add_row(
            name,
            threads,
            *(f"{latencies[which]:.1f}" for which in ("p50", "p99")),
            *(f"{rates[batch]['median']:.1f}" if batch in rates else "" for batch in batches),
            f"{row['best']['spread']:.0%}",
            f"{row['megabytes']:.0f}",
        )
        ratios.add_row(
            name,
            threads,
            *(f"{to_default[key]:.2f}" if key in to_default else "" for key in ("p50", "p99", *batches, "best", "megabytes")),
            f"{row['share_of_limit']:.1%}" if "share_of_limit" in row else "",
        )
        before = title
    yield figures
    yield ratios


def _workers_table(figures: Mapping[str, Any]) -> Table:
    table = plain_table("Worker processes of one thread each", "workers", "sentences a second", "spread", "ratio")
    for workers, rate in figures["sentences_per_second"].items():
        ratio = figures["ratio"] if workers == "2" else 1
        table.add_row(workers, f"{rate['median']:.0f}", f"{rate['spread']:.0%}", f"{ratio:.2f}")
    return table


def _training_table(figures: Mapping[str, Any]) -> Table:
    title = f"Training of {figures['backbone']}: steps of {figures['batch_size']} sentences, {figures['threads']} threads"
    table = plain_table(title, "", "steps a second", "ours is")
    for name, rate in figures["steps_per_second"].items():
        table.add_row(name, f"{rate:.2f}", f"{figures['ratios'].get(name, 1):.1f}x")
    return table


def _bars_table(bars: Sequence[Mapping[str, Any]]) -> Table:
    table = plain_table(
        "What the default is to reach, on all cores, each at its best batch size", "ratio", "measured", "wanted", ""
    )
    for bar in bars:
        wanted = f"{'at most' if bar['at_most'] else 'at least'} {bar['wanted']:g}"
        table.add_row(bar["name"], f"{bar['value']:.2f}", wanted, "reached" if bar["reached"] else "missed")
    return table


def write_figures(figures: Mapping[str, Any], folder: str | os.PathLike[str]) -> list[Path]:
    """Write `benchmark.json`, and `benchmark.png` where matplotlib is installed; the folder is made if it is missing.

    Returns:
        What was written.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with whole_file(target / JSON_FILE) as file:
        file.write(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    if importlib.util.find_spec("matplotlib") is None:
        return [target / JSON_FILE]
    plot_figures(figures, target / PLOT_FILE)
    return [target / JSON_FILE, target / PLOT_FILE]


def plot_figures(figures: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Throughput of each contender on all cores beside the machine's limit, and throughput by batch size and threads.

    Args:
        figures: what `benchmark` returned.
        path: where to write; the ending says the format.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=[1.3, 1])
    _draw_contenders(left, figures)
    _draw_batches(right, figures)
    machine = figures["machine"]
    figure.suptitle(
        f"{machine['processor']}, cores: {machine['cores']}; medians over rounds: {figures['settings']['rounds']}, with lowest and highest",
        fontsize=10,
    )
    save(figure, path)


def _draw_contenders(axis: Any, figures: Mapping[str, Any]) -> None:
    """One bar per contender on a logarithmic axis, with its ratio to the default written on it, and one for the machine's limit."""
    bars: list[tuple[str, float, float, float, str, str]] = []
    for name, found in figures["contenders"].items():
        row = list(found["threads"].values())[-1]
        rate = row["sentences_per_second"][str(row["best"]["batch_size"])]
        share = f", {row['share_of_limit']:.0%} of the limit" if "share_of_limit" in row else ""
        said = share if name == DEFAULT else f", {row['to_default']['best']:.2g} times the default"
        bars.append((found["title"], rate["median"], rate["low"], rate["high"], said, _COLOURS[0 if name == DEFAULT else 1]))
    if figures["limit"]:
        limit = list(figures["limit"].values())[-1]
        rate = limit["sentences_per_second"][limit["best"]]
        ratio = f", {rate / bars[0][1]:.2g} times the default"
        bars.insert(0, (f"limit ({limit['best']})", rate, rate, rate, ratio, "white"))
    for place, (_, rate, low, high, said, colour) in enumerate(bars):
        axis.barh(place, rate, height=0.62, color=colour, edgecolor="black", linewidth=0.6)
        axis.plot([low, high], [place, place], color="black", linewidth=1.2)
        axis.text(high, place, f"  {rate:,.{0 if rate >= 100 else 1}f}/s{said}", va="center", fontsize=8)
    rates = [bar[1] for bar in bars]
    axis.set_yticks(range(len(bars)), [bar[0] for bar in bars])
    axis.invert_yaxis()
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter("{x:g}")
    axis.set_xlim(min(rates) / 3, max(rates) * (max(rates) / min(rates)) ** 0.5 * 4)  # room for what stands beside the bars
    axis.set_xlabel("sentences a second, best batch size, all cores")


def _draw_batches(axis: Any, figures: Mapping[str, Any]) -> None:
    from matplotlib.ticker import LogLocator

    ticks: set[int] = set()
    for number, found in enumerate(figures["contenders"].values()):
        for place, (threads, row) in enumerate(reversed(found["threads"].items())):
            batches = [int(batch) for batch in row["sentences_per_second"]]
            rates = [rate["median"] for rate in row["sentences_per_second"].values()]
            label = f"{found['title']}, {threads} {'thread' if threads == '1' else 'threads'}"
            style = ("-", "--", ":", "-.")[place % 4]
            axis.plot(batches, rates, style, marker=_MARKERS[number], color=_COLOURS[number], label=label, markersize=4)
            ticks |= set(batches)
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xticks(sorted(ticks), [str(tick) for tick in sorted(ticks)])
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()
    axis.set_xlabel("batch size")
    axis.set_ylabel("sentences a second")
    axis.grid(axis="y")
    axis.legend(fontsize=7, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)


_COLOURS = ("#1b5e9e", "#8a9299", "#b3541e", "#4f7f3a", "#7a4a8c", "#a8892b")
_MARKERS = "os^vDP"
