"""Speed and memory of the shipped checkpoint, against stock tools and against what the machine can do, in one run on the same sentences."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.corpus import load_corpus
from ..model.configuration import TOKENIZER_FILE, TORCH_WEIGHTS, CheckpointConfig, CheckpointError
from ..model.predictor import DEFAULT_CHECKPOINT
from ..model.runtime import processors
from ..model.tokenization import TextTokenizer
from .benchmark_figures import DEFAULT, LIMIT, WORKERS, Measured, bars, cold_start_figures, compared
from .benchmark_process import CONTENDERS
from .machine import describe_machine, thread_counts

FIRST_ANSWER = "import hoptac; hoptac.predict('Hai bên thảo luận về an ninh hàng hải.')"
IMPORTS = "import torch, transformers"
IMPORTED = ("torch", "transformers")
GEOMETRY = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
ROWS = 32
"""Sentences whose tokens go through the network together where the machine's limit is measured."""


@dataclass(frozen=True)
class Effort:
    """How much is measured; the default takes about ten minutes on two cores."""

    rounds: int = 3
    """Everything is measured so often, one after the other, so that a drift of the machine hits all alike."""
    seconds: float = 1.5
    """Each batch size is read for at least so long."""
    sentences: int = 1024
    """At most; slow contenders read fewer, spread over the same lengths."""
    cold_starts: int = 5
    rows_of_workers: int = 4096
    """What one and two worker processes predict, to be cut into equal halves of whole blocks; 0 leaves them out."""
    fewer_threads: bool = True
    """Measure with 1, 2, … threads, and not only with all."""


QUICK = Effort(rounds=1, seconds=0.1, sentences=16, cold_starts=1, rows_of_workers=0, fewer_threads=False)
"""A run of some seconds that shows whether everything works; its figures mean little."""


class ProcessFailed(ValueError):
    """A process ended with an error; the message is its last line."""


def benchmark(
    contenders: Sequence[str] = tuple(CONTENDERS),
    torch_checkpoint: str | Path | None = None,
    effort: Effort | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Measure cold start, latency, throughput, memory and the machine's limit; figures are medians over rounds.

    Each contender reads the sentences in a fresh process of its own, once in each round for each number of threads. The shipped
    checkpoint always takes part. What is not installed is not measured, and named.

    Args:
        contenders: names from `benchmark_process.CONTENDERS`.
        torch_checkpoint: a folder with torch weights of a network of the shipped one's geometry; None makes one with random weights,
            which computes as fast.
        effort: how much is measured; None is the default.
        progress: is told what begins.

    Returns:
        `machine`, `settings`, `cold_start`, `limit`, `contenders`, `workers`, `bars` (the ratios that matter most), `not_measured`
        (reasons by name) and `notes`, in JSON types.

    Raises:
        ValueError: for an unknown contender, a torch checkpoint that does not fit, or if the shipped checkpoint's process fails.

    >>> benchmark(["default"], effort=QUICK)["contenders"]["default"]["threads"]  # doctest: +SKIP
    """
    if unknown := [name for name in contenders if name not in CONTENDERS]:
        raise ValueError(f"contenders: unknown {unknown[0]!r}; known are {', '.join(CONTENDERS)}")
    if torch_checkpoint is not None:
        _check_geometry(Path(torch_checkpoint))
    effort = effort or Effort()
    machine = describe_machine()
    progress("cold start")
    start = cold_start(effort.cold_starts)
    texts = chosen_texts(effort.sentences)
    lengths = token_counts(texts)
    threads = thread_counts() if effort.fewer_threads else [processors()]
    names = [LIMIT, *(name for name in CONTENDERS if name in contenders or name == DEFAULT)]
    measured = Measured(CheckpointConfig.load(DEFAULT_CHECKPOINT, verify=False), lengths, threads, torch_checkpoint is None)
    if reason := _missing(IMPORTED):
        measured.not_measured["import_torch_transformers"] = reason
    if effort.rows_of_workers:
        names.append(WORKERS)
        if processors() == 1:
            measured.not_measured[WORKERS] = "two need two cores, here is one"
    _measure_in_turn(measured, names, texts, torch_checkpoint, effort, progress)
    figures = {
        "machine": machine,
        "settings": {
            "rounds": effort.rounds,
            "seconds": effort.seconds,
            "sentences": len(texts),
            "tokens_per_sentence": statistics.fmean(lengths),
            "threads": threads,
            "torch_weights": "random" if torch_checkpoint is None else "trained",
        },
        "cold_start": start,
        **compared(measured),
    }
    return figures | {"bars": bars(figures)}


def cold_start(runs: int = 5) -> dict[str, Any]:
    """Fresh processes to the first answer, and importing torch and transformers where they are installed, taken in turn.

    Returns:
        For each `seconds` and `megabytes` (peak resident memory): median, low and high; `ratios` of the first answer to the imports.
    """
    commands = {"first_answer": FIRST_ANSWER}
    if not _missing(IMPORTED):
        commands["import_torch_transformers"] = IMPORTS
    for code in commands.values() if runs > 1 else ():
        run_process(code)  # once unmeasured, so that all files are in memory
    found: dict[str, list[Finished]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, code in commands.items():
            found[name].append(run_process(code))
    return cold_start_figures({name: [(run.seconds, run.megabytes) for run in runs] for name, runs in found.items()})


@dataclass(frozen=True)
class Finished:
    """A process that has ended."""

    seconds: float
    megabytes: float
    """Peak resident memory."""
    output: str


def run_process(code: str, threads: int | None = None) -> Finished:
    """Run a fresh Python process.

    Args:
        code: what it runs.
        threads: on how many it may compute; None sets nothing.

    Raises:
        ProcessFailed: with the last line of its errors.

    >>> run_process("print(6 * 7)").output
    '42'
    """
    wanted = {} if threads is None else dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), str(threads))
    command = [sys.executable, "-c", code + _TELL_PEAK]
    began = time.perf_counter()
    done = subprocess.run(
        command, env=os.environ | wanted, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ProcessFailed(said[-1])
    *lines, peak = done.stdout.splitlines()
    return Finished(seconds, float(peak), "\n".join(lines))


# What the system says of an ended process includes its parent's memory at the start, so the process says it itself.
_TELL_PEAK = """
try:
    print(next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
except OSError:  # not Linux
    import resource, sys
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024))
"""


def chosen_texts(count: int) -> list[str]:
    """Sentences of writers held out from training, `count` at most, so ordered that the first 16, 32, 64, … have the same lengths.

    >>> texts = chosen_texts(64)
    >>> len(texts), round(sum(token_counts(texts[:16])) / sum(token_counts(texts)), 2)
    (64, 0.25)
    """
    texts = [sentence.text for split in ("test", "development") for sentence in load_corpus(split)]
    ordered = [text for _, text in sorted(zip(token_counts(texts), texts, strict=True))]
    count = min(count, len(ordered))
    return _spread([ordered[(2 * number + 1) * len(ordered) // (2 * count)] for number in range(count)])


def _spread(ordered: list[str], upper: int = 0) -> list[str]:
    """One of each pair of neighbours, the lower and the upper in turn, before all others; and so again among those."""
    if len(ordered) < 2:
        return ordered
    pairs = [ordered[place : place + 2] for place in range(0, len(ordered), 2)]
    chosen = [(number + upper) % len(pair) for number, pair in enumerate(pairs)]
    first = [pair[which] for pair, which in zip(pairs, chosen, strict=True)]
    others = [pair[1 - which] for pair, which in zip(pairs, chosen, strict=True) if len(pair) == 2]
    return _spread(first, 1 - upper) + others


def token_counts(texts: Sequence[str]) -> list[int]:
    """Tokens of each text for the shipped network, special tokens included."""
    config = CheckpointConfig.load(DEFAULT_CHECKPOINT, verify=False)
    tokenizer = TextTokenizer.from_file(DEFAULT_CHECKPOINT / TOKENIZER_FILE, config.max_length)
    return [sum(len(window.ids) for window in tokenizer.windows(encoding)) for encoding in tokenizer.encode(texts)]


def _measure_in_turn(
    measured: Measured,
    names: Sequence[str],
    texts: Sequence[str],
    torch_checkpoint: str | Path | None,
    effort: Effort,
    progress: Callable[[str], None],
) -> None:
    """Run every process of every round and put what it found, or why it found nothing, into `measured`."""
    for name in names:
        if name in CONTENDERS and (reason := _missing(CONTENDERS[name].needs)):
            measured.not_measured[name] = reason
    with tempfile.TemporaryDirectory(prefix="hoptac-benchmark-") as folder:
        weights = folder if torch_checkpoint is None else str(Path(torch_checkpoint).resolve())
        if torch_checkpoint is None and any(name.startswith("torch") and name not in measured.not_measured for name in names):
            progress("writing a torch checkpoint with random weights")
            run_process(f"from hoptac.eval.benchmark_process import write_random_checkpoint as w; w({folder!r})")
        task_file = Path(folder) / "task.json"
        for number, threads, name in _turns(names, measured.threads, effort.rounds):
            if name in measured.not_measured:
                continue
            progress(f"round {number} of {effort.rounds}: {name}, threads: {threads}")
            task: dict[str, Any] = {"threads": threads, "seconds": effort.seconds}
            if name == LIMIT:
                task |= {"rows": round(ROWS * statistics.fmean(measured.lengths))}
            elif name == WORKERS:
                task |= {"texts": texts, "rows": effort.rows_of_workers, "folder": folder}
            else:
                batches = [batch for batch in _batches(name, threads, measured.threads) if batch <= len(texts)]
                task |= {"contender": name, "texts": texts[: CONTENDERS[name].sentences], "batches": batches, "torch": weights}
            task_file.write_text(json.dumps(task), encoding="utf-8")
            function = {LIMIT: "measure_products", WORKERS: "measure_workers"}.get(name, "measure")
            try:
                run = run_process(f"from hoptac.eval.benchmark_process import {function} as m; m({str(task_file)!r})", threads)
            except ProcessFailed as error:
                if name == DEFAULT:
                    raise ProcessFailed(f"{name}: {error}") from None
                measured.not_measured[name] = str(error)
            else:
                measured.add(name, threads, json.loads(run.output.splitlines()[-1]) | {"megabytes": run.megabytes})


def _turns(names: Sequence[str], threads: Sequence[int], rounds: int) -> Iterator[tuple[int, int, str]]:
    """Round, threads and name of each process."""
    for number in range(1, rounds + 1):
        for count in threads:
            for name in names:
                if count == 1 if name == WORKERS else name == LIMIT or _batches(name, count, threads):
                    yield number, count, name


def _batches(name: str, threads: int, counts: Sequence[int]) -> tuple[int, ...]:
    contender = CONTENDERS[name]
    return contender.batches if threads == counts[-1] else contender.fewer


def _missing(packages: Sequence[str]) -> str:
    """Which of the packages are not installed, as a reason; empty if they all are."""
    names = [name for name in packages if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(names)}" if names else ""


def _check_geometry(folder: Path) -> None:
    shipped, given = (CheckpointConfig.load(path, verify=False) for path in (DEFAULT_CHECKPOINT, folder))
    if TORCH_WEIGHTS not in given.files:
        raise CheckpointError(f"{folder}: has no {TORCH_WEIGHTS}")
    for field in GEOMETRY:
        if given.backbone.get(field) != shipped.backbone[field]:
            raise CheckpointError(
                f"{folder}: {field} is {given.backbone.get(field)}, that of the shipped network is {shipped.backbone[field]}"
            )
