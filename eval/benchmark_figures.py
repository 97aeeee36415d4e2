"""From what the processes of the benchmark measured to medians, spreads and ratios."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model.configuration import CheckpointConfig
from .benchmark_process import CONTENDERS
from .machine import operations

LIMIT = "limit"
"""The name under which the matrix products of the machine take their turn."""
WORKERS = "workers"
"""The same for bulk prediction with one and two worker processes."""
DEFAULT = "default"


@dataclass
class Measured:
    """What the processes found."""

    config: CheckpointConfig
    """That of the shipped checkpoint."""
    lengths: Sequence[int]
    """Tokens of each sentence."""
    threads: Sequence[int]
    """Numbers of threads, the last is all cores."""
    random_weights: bool = True
    """Of the network in torch."""
    runs: dict[str, dict[int, list[Mapping[str, Any]]]] = field(default_factory=dict)
    """By contender and threads, one per round; those of no contender stand under `LIMIT` and `WORKERS`."""
    not_measured: dict[str, str] = field(default_factory=dict)
    """Reasons by name."""

    def add(self, name: str, threads: int, run: Mapping[str, Any]) -> None:
        if reason := run.get("not_measured"):
            self.not_measured[name] = reason
        elif name == LIMIT and not run["products"]:
            self.not_measured[name] = "neither torch nor onnx is installed"
        else:
            self.runs.setdefault(name, {}).setdefault(threads, []).append(run)


def compared(measured: Measured) -> dict[str, Any]:
    """`limit`, `contenders`, `workers`, `not_measured` and `notes` of `benchmark`, with every rate as a ratio to the default's and to the limit.

    `limit` has for each number of threads the rates of the products in 10⁹ operations a second, the name of the fastest, its rate, and
    how many sentences a second the shipped network would read if it did nothing else at that rate.
    `contenders` have for each number of threads latency, throughput by batch size, the best of these with its batch size, peak memory,
    all of them divided by the default's in `to_default`, and `share_of_limit`: the rate at which the contender does the operations that
    its networks need, divided by the machine's.
    """
    limit = {str(threads): _limit(runs) for threads, runs in measured.runs.get(LIMIT, {}).items()}
    contenders: dict[str, Any] = {}
    for name in CONTENDERS:  # the default is the first
        if name not in measured.runs or name in measured.not_measured:
            continue
        contenders[name] = {
            "title": CONTENDERS[name].title,
            "sentences": min(CONTENDERS[name].sentences, len(measured.lengths)),
            "operations": _operations(name, measured),
            "threads": {str(threads): _contender(runs) for threads, runs in measured.runs[name].items()},
        }
        for threads, row in contenders[name]["threads"].items():
            row["to_default"] = _ratios(row, contenders[DEFAULT]["threads"][threads])
            if threads in limit and CONTENDERS[name].networks:
                done = row["best"]["sentences_per_second"] * contenders[name]["operations"]
                row["share_of_limit"] = done / (limit[threads]["rate"] * 1e9)
    needed = _operations(DEFAULT, measured)
    for row in limit.values():
        row["sentences_per_second"] = {name: rates["network"] * 1e9 / needed for name, rates in row["products"].items()}
    return {
        "limit": limit,
        "contenders": contenders,
        "workers": _workers(measured.runs.get(WORKERS, {}).get(1, [])),
        "not_measured": dict(measured.not_measured),
        "notes": list(_notes(contenders, measured.random_weights)),
    }


def _workers(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sentences a second by number of worker processes, and the ratio of two to one; empty without runs."""
    if not runs:
        return {}
    rates = {number: summary([run["rates"][number] for run in runs]) for number in runs[0]["rates"]}
    return {"sentences_per_second": rates, "ratio": rates["2"]["median"] / rates["1"]["median"], "rows": runs[0]["rows"]}


def _operations(name: str, measured: Measured) -> float:
    """Operations of all networks of a contender for one of the sentences it reads."""
    contender = CONTENDERS[name]
    backbone = contender.backbone or measured.config.backbone
    # The tag head is common to all, and small beside the rest.
    return contender.networks * operations(backbone, measured.lengths[: contender.sentences], measured.config.tag_scores)


def _limit(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    products = {
        name: {shape: statistics.median(run["products"][name][shape] for run in runs) for shape in rates}
        for name, rates in runs[0]["products"].items()
    }
    best = max(products, key=lambda name: products[name]["network"])
    spread = summary([run["products"][best]["network"] for run in runs])
    return {"products": products, "best": best, "rate": spread["median"], "spread": spread["spread"]}


def _contender(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    latencies = [latency for run in runs for latency in run["latencies"]]
    rates = {batch: summary([run["rates"][batch] for run in runs]) for batch in runs[0]["rates"]}
    best = max(rates, key=lambda batch: rates[batch]["median"])
    return {
        "milliseconds": {"p50": percentile(latencies, 50), "p99": percentile(latencies, 99), "calls": len(latencies)},
        "sentences_per_second": rates,
        "best": {"batch_size": int(best), "sentences_per_second": rates[best]["median"], "spread": rates[best]["spread"]},
        "megabytes": statistics.median(run["megabytes"] for run in runs),
        "load_seconds": statistics.median(run["load_seconds"] for run in runs),
    }


def _ratios(row: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, float]:
    ratios = {which: row["milliseconds"][which] / default["milliseconds"][which] for which in ("p50", "p99")}
    for batch, rate in row["sentences_per_second"].items():
        if batch in default["sentences_per_second"]:
            ratios[batch] = rate["median"] / default["sentences_per_second"][batch]["median"]
    ratios["best"] = row["best"]["sentences_per_second"] / default["best"]["sentences_per_second"]
    return ratios | {"megabytes": row["megabytes"] / default["megabytes"]}


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median, lowest and highest of one value per round, and `spread`: how far lowest and highest lie apart, as a share of the median.

    >>> summary([9.0, 10.0, 12.0])
    {'median': 10.0, 'low': 9.0, 'high': 12.0, 'spread': 0.3}
    """
    middle = statistics.median(values)
    return {"median": middle, "low": min(values), "high": max(values), "spread": (max(values) - min(values)) / middle}


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` of 100 values do not exceed.

    >>> percentile([3.0, 1.0, 2.0], 50), percentile([3.0, 1.0, 2.0], 99)
    (2.0, 3.0)
    """
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def cold_start_figures(runs: Mapping[str, Sequence[tuple[float, float]]]) -> dict[str, Any]:
    """Summaries of seconds and megabytes by process, and the ratios of the first answer to the imports."""
    figures: dict[str, Any] = {
        name: {unit: summary([pair[place] for pair in pairs]) for place, unit in enumerate(("seconds", "megabytes"))}
        for name, pairs in runs.items()
    }
    if "import_torch_transformers" in figures:
        answer, imports = figures["first_answer"], figures["import_torch_transformers"]
        figures["ratios"] = {unit: answer[unit]["median"] / imports[unit]["median"] for unit in ("seconds", "megabytes")}
    return figures


def bars(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ratios that the project has set itself: `name`, `value`, `wanted`, `reached`; those that were not measured are left out.

    >>> bars({"cold_start": {"ratios": {"seconds": 0.25}}, "contenders": {}})[0]["reached"]
    False
    """
    return [
        {
            "name": name,
            "value": value,
            "wanted": wanted,
            "at_most": at_most,
            "reached": (value <= wanted) if at_most else (value >= wanted),
        }
        for name, value, wanted, at_most in _bars(figures)
    ]


def _bars(figures: Mapping[str, Any]) -> Iterator[tuple[str, float, float, bool]]:
    """On all cores, every contender at its best batch size."""
    rows = {name: list(contender["threads"].values())[-1] for name, contender in figures["contenders"].items()}
    if "torch-fp32" in rows:
        yield "throughput, to torch fp32 of the same network", 1 / rows["torch-fp32"]["to_default"]["best"], 3.5, False
    if "share_of_limit" in rows.get(DEFAULT, {}):
        yield "share of the machine's limit", rows[DEFAULT]["share_of_limit"], 0.5, False
    if "stock-phobert" in rows:
        singly = rows["stock-phobert"]["sentences_per_second"]["1"]["median"]
        value = rows[DEFAULT]["best"]["sentences_per_second"] / singly
        yield "throughput, to two stock PhoBERT-base pipelines one by one", value, 100, False
    if "ratios" in figures["cold_start"]:
        yield "cold start, to importing torch and transformers", figures["cold_start"]["ratios"]["seconds"], 0.1, True
    if "ratio" in figures.get("workers", {}):
        yield "two workers of one thread, to one", figures["workers"]["ratio"], 1.7, False


def _notes(contenders: Mapping[str, Any], random_weights: bool) -> Iterator[str]:
    yield (
        "default: a batch holds texts of one length and 512 tokens at most, so sizes above some 14 sentences change little; it finds more texts of "
        "one length in a longer list, and reads all sentences, the others the first of them, of the same mean length"
    )
    yield "limit: the fastest of these products at the network's shapes; the processor itself may be faster still"
    if random_weights and any(name.startswith("torch") for name in contenders):
        yield "torch: random weights in the geometry of the default, which compute as fast as trained ones"
    if any(name.startswith("stock") for name in contenders):
        yield (
            "stock: two transformers pipelines, text-classification and token-classification, one after the other; random weights, "
            "float32, the shipped tokenizer, so that they read the same tokens; PhoBERT's word segmenter would cost extra; "
            "torch hands freed memory back in every step, and `hoptac benchmark --backbone` shows what remains without that"
        )
    if "underthesea" in contenders:
        yield "underthesea.ner: a CRF in one thread; it finds names, not topics"
