"""Time and memory of the shipped checkpoint, against importing torch and transformers, in one run."""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from rich.table import Table

from ..data.corpus import load_corpus
from ..model.predictor import Predictor

FIRST_ANSWER = "import hoptac; hoptac.predict('Hai bên thảo luận về an ninh hàng hải.')"
IMPORTS = "import torch, transformers"


def benchmark(runs: int = 5, sentences: int = 200) -> dict[str, Any]:
    """Measure whole processes (median of `runs`, taken in turn) and the speed inside one process.

    Returns:
        For each process `seconds` and `megabytes` (peak resident memory); `ratios` of the first answer to the imports,
        where torch and transformers are installed; `sentences_per_second` one by one and all at once.
    """
    commands = {"first_answer": FIRST_ANSWER}
    if all(importlib.util.find_spec(name) for name in ("torch", "transformers")):
        commands["import_torch_transformers"] = IMPORTS
    for code in commands.values():
        run_process(code)  # once unmeasured, so that all files are in memory
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, code in commands.items():
            measured[name].append(run_process(code))
    figures: dict[str, Any] = {"processors": os.cpu_count(), "runs": runs}
    for name, pairs in measured.items():
        seconds, megabytes = zip(*pairs, strict=True)
        figures[name] = {"seconds": statistics.median(seconds), "megabytes": statistics.median(megabytes)}
    if len(measured) == 2:
        first, imports = figures["first_answer"], figures["import_torch_transformers"]
        figures["ratios"] = {unit: first[unit] / imports[unit] for unit in ("seconds", "megabytes")}
    figures["sentences_per_second"] = _throughput(sentences)
    return figures


def run_process(code: str) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of a fresh Python process that runs `code`."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ValueError(f"`python -c {code!r}` ended with exit code {process.returncode}")
    kilobytes = usage.ru_maxrss / 1024 if sys.platform == "darwin" else usage.ru_maxrss
    return seconds, kilobytes / 1024


def _throughput(sentences: int) -> dict[str, float]:
    predictor = Predictor.from_pretrained()
    texts = [sentence.text for sentence in load_corpus("development")][:sentences]
    predictor.predict(texts[:32])
    began = time.perf_counter()
    for text in texts:
        predictor.predict(text)
    one_by_one = time.perf_counter() - began
    began = time.perf_counter()
    predictor.predict(texts)
    together = time.perf_counter() - began
    return {"one_by_one": len(texts) / one_by_one, "together": len(texts) / together}


def figures_table(figures: dict[str, Any]) -> Table:
    """The figures of `benchmark` as a table."""
    table = Table("what", "figure", title=f"median of {figures['runs']} runs, {figures['processors']} processors")
    table.columns[1].justify = "right"
    for name, unit in (
        ("first_answer", "process to first answer"),
        ("import_torch_transformers", "import torch, transformers"),
    ):
        if name in figures:
            table.add_row(unit, f"{figures[name]['seconds']:.2f} s, {figures[name]['megabytes']:.0f} MB")
    if "ratios" in figures:
        table.add_row(
            "ratio", f"{figures['ratios']['seconds']:.2f} of the time, {figures['ratios']['megabytes']:.2f} of the memory"
        )
    speed = figures["sentences_per_second"]
    table.add_row("one sentence at a time", f"{speed['one_by_one']:.0f} sentences/s")
    table.add_row("all at once", f"{speed['together']:.0f} sentences/s")
    return table
