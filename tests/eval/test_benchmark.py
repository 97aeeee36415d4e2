"""The benchmark: what it reads, what it computes from times, and one quick run. Nothing here depends on how fast the machine is."""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from hoptac.cli import main
from hoptac.data.labels import TOPICS, TYPES
from hoptac.eval import benchmark as benchmark_module
from hoptac.eval import benchmark_process
from hoptac.eval.benchmark import (
    QUICK,
    Finished,
    ProcessFailed,
    _spread,
    _turns,
    benchmark,
    chosen_texts,
    run_process,
    token_counts,
)
from hoptac.eval.benchmark_figures import LIMIT, WORKERS, Measured, bars, cold_start_figures, compared, percentile, summary
from hoptac.eval.benchmark_output import figures_tables, plot_figures
from hoptac.eval.benchmark_process import CONTENDERS, measure, measure_workers, write_random_checkpoint
from hoptac.eval.machine import operations
from hoptac.model.configuration import CheckpointConfig, CheckpointError
from hoptac.model.predictor import DEFAULT_CHECKPOINT

SHIPPED = CheckpointConfig.load(DEFAULT_CHECKPOINT, verify=False)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command wrote in one quick run."""
    folder, weights = tmp_path_factory.mktemp("benchmark"), tmp_path_factory.mktemp("random")
    write_random_checkpoint(weights)  # here and not by the command, since torch has been imported here
    arguments = ["benchmark", "--quick", "--contenders", "torch-fp32", "--torch", str(weights), "-o", str(folder)]
    assert main(arguments) == 0
    assert (folder / "benchmark.png").stat().st_size > 10_000
    return dict(json.loads((folder / "benchmark.json").read_text(encoding="utf-8")))


def test_a_run_measures_what_was_asked_for_and_the_default(figures: dict[str, Any]) -> None:
    assert list(figures["contenders"]) == ["default", "torch-fp32"]
    assert figures["not_measured"] == {}
    assert figures["settings"]["sentences"] == 16
    assert figures["settings"]["torch_weights"] == "trained", "as far as the command can know"
    for contender in figures["contenders"].values():
        [row] = contender["threads"].values()
        assert row["milliseconds"]["p99"] >= row["milliseconds"]["p50"] > 0
        assert row["milliseconds"]["calls"] % 16 == 0, "every sentence counts as often as any other"
        assert row["megabytes"] > 10
    assert set(next(iter(figures["contenders"]["default"]["threads"].values()))["sentences_per_second"]) == {"1", "8"}


def test_a_run_compares_with_the_default_and_the_limit(figures: dict[str, Any]) -> None:
    [limit] = figures["limit"].values()
    for contender in figures["contenders"].values():
        [row] = contender["threads"].values()
        best = row["best"]["sentences_per_second"]
        assert best == max(rate["median"] for rate in row["sentences_per_second"].values())
        assert row["share_of_limit"] == pytest.approx(best / max(limit["sentences_per_second"].values()))
    [default] = figures["contenders"]["default"]["threads"].values()
    assert set(default["to_default"].values()) == {1.0}
    assert set(figures["cold_start"]["ratios"]) == {"seconds", "megabytes"}
    assert len(figures["bars"]) == 3


def test_tables_of_a_run_fit_a_hundred_columns(figures: dict[str, Any]) -> None:
    row = next(iter(figures["contenders"]["default"]["threads"].values()))
    row = row | {
        "sentences_per_second": {str(batch): summary([1234.5, 1000.0]) for batch in (1, 8, 32, 128)},
        "to_default": dict.fromkeys(("p50", "p99", "1", "8", "32", "128", "best", "megabytes"), 123.45),
    }
    wide = figures | {
        "contenders": {name: found | {"threads": {"1": row, "16": row}} for name, found in figures["contenders"].items()},
        "limit": {"1": next(iter(figures["limit"].values())), "16": next(iter(figures["limit"].values()))},
        "workers": {"sentences_per_second": {"1": summary([1.0]), "2": summary([2.0])}, "ratio": 2.0, "rows": 10},
        "training": {
            "backbone": "embedded",
            "batch_size": 16,
            "threads": 2,
            "steps_per_second": {"plain": 0.5, "ours": 2.0},
            "ratios": {"plain": 4.0},
        },
        "not_measured": {"stock": "not installed: torch"},
    }
    out = io.StringIO()
    Console(file=out, width=100).print(figures_tables(wide))
    text = out.getvalue()
    assert "…" not in text, "nothing is cut off"
    assert max(map(len, text.splitlines())) <= 100
    assert "stock: not installed: torch" in text
    assert [line.split()[0] for line in text.splitlines() if line.strip().startswith("default ")] == ["default"] * 2
    assert "plain" in text


def test_a_plot_shows_one_contender_without_a_limit(figures: dict[str, Any], tmp_path: Path) -> None:
    alone = figures | {"contenders": {"default": figures["contenders"]["default"]}, "limit": {}}
    plot_figures(alone, tmp_path / "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")


# What is read


@pytest.mark.parametrize("count", [16, 1024])
def test_every_start_of_the_sentences_has_the_same_lengths(count: int) -> None:
    texts = chosen_texts(count)
    assert len(set(texts)) == count
    tokens = token_counts(texts)
    for first in (16, 32, 256):
        assert np.mean(tokens[:first]) == pytest.approx(np.mean(tokens), rel=0.015)


def test_there_are_no_more_sentences_than_the_corpus_has() -> None:
    texts = chosen_texts(10**6)
    assert len(texts) == len(set(texts)) > 1000


@given(st.integers(0, 300))
def test_spreading_loses_nothing(count: int) -> None:
    ordered = [f"{number:03}" for number in range(count)]
    assert sorted(_spread(ordered)) == ordered


# What is computed


def run(rate: float, **others: Any) -> dict[str, Any]:
    return {"latencies": [1.0, 3.0], "rates": {"1": rate / 2, "8": rate}, "megabytes": 100, "load_seconds": 1.0} | others


def measured(runs: dict[str, dict[int, list[Any]]], lengths: Sequence[int] = (10, 20)) -> Measured:
    return Measured(SHIPPED, lengths, [1, 2], runs=runs)


def products(**rates: float) -> dict[str, Any]:
    return {"products": {name: {"384x384": rate, "network": rate} for name, rate in rates.items()}}


def test_ratios_by_hand() -> None:
    needed = operations(SHIPPED.backbone, (10, 20), SHIPPED.tag_scores)
    found = compared(
        measured(
            {
                LIMIT: {2: [products(slow=needed / 1e7, fast=needed / 1e6)]},
                "default": {2: [run(100.0), run(120.0), run(80.0)]},
                "torch-fp32": {2: [run(25.0, latencies=[4.0, 12.0], megabytes=400)]},
                "stock": {2: [run(10.0)]},
                "underthesea": {2: [run(5.0)]},
            }
        )
    )
    assert found["limit"]["2"]["best"] == "fast"
    assert found["limit"]["2"]["sentences_per_second"] == pytest.approx({"slow": 100, "fast": 1000})
    default, fp32, stock = (found["contenders"][name]["threads"]["2"] for name in ("default", "torch-fp32", "stock"))
    assert default["best"] == {"batch_size": 8, "sentences_per_second": 100.0, "spread": 0.4}
    assert default["sentences_per_second"]["1"] == {"median": 50.0, "low": 40.0, "high": 60.0, "spread": 0.4}
    assert default["milliseconds"] == {"p50": 1.0, "p99": 3.0, "calls": 6}
    assert default["share_of_limit"] == pytest.approx(0.1)
    assert fp32["to_default"] == {"p50": 4.0, "p99": 4.0, "1": 0.25, "8": 0.25, "best": 0.25, "megabytes": 4.0}
    assert fp32["share_of_limit"] == pytest.approx(0.025)
    assert stock["share_of_limit"] == pytest.approx(0.02), "two networks read each sentence"
    assert "share_of_limit" not in found["contenders"]["underthesea"]["threads"]["2"], "it is no network"
    [first, second] = bars(found | {"cold_start": {}})
    assert (first["value"], first["reached"]) == (4.0, True)
    assert second["value"] == pytest.approx(0.1)
    assert not second["reached"]


def test_the_bar_of_stock_pipelines_takes_them_one_by_one() -> None:
    found = compared(measured({"default": {2: [run(300.0)]}, "stock-phobert": {2: [run(8.0)]}}))
    [bar] = bars(found | {"cold_start": {}})
    assert bar["value"] == pytest.approx(300 / 4)
    assert not bar["reached"]


def test_two_workers_are_compared_with_one() -> None:
    runs = [{"rates": {"1": 10.0, "2": two}, "rows": 8} for two in (17.0, 18.0, 20.0)]
    found = compared(measured({"default": {2: [run(1.0)]}, WORKERS: {1: runs}}))
    assert found["workers"]["ratio"] == pytest.approx(1.8)
    assert bars(found | {"cold_start": {}})[-1]["reached"]


@pytest.mark.parametrize(("seconds", "reached"), [(0.09, True), (0.1, True), (0.11, False)])
def test_a_cold_start_is_to_be_short(seconds: float, reached: bool) -> None:
    start = cold_start_figures({"first_answer": [(seconds, 50), (seconds, 50)], "import_torch_transformers": [(1, 200)]})
    assert start["ratios"] == pytest.approx({"seconds": seconds, "megabytes": 0.25})
    assert bars({"cold_start": start, "contenders": {}})[0]["reached"] == reached


def test_what_a_process_cannot_measure_is_named() -> None:
    found = Measured(SHIPPED, [1], [1])
    found.add("default", 1, run(1.0))
    found.add("torch-bf16", 1, {"not_measured": "no bfloat16"})
    found.add(LIMIT, 1, {"products": {}})
    result = compared(found)
    assert set(result["contenders"]) == {"default"}
    assert result["limit"] == {}
    assert result["not_measured"] == {"torch-bf16": "no bfloat16", LIMIT: "neither torch nor onnx is installed"}
    assert "share_of_limit" not in result["contenders"]["default"]["threads"]["1"]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200), st.sampled_from([1, 50, 99, 100]))
def test_percentiles_are_those_of_numpy(values: list[float], percent: int) -> None:
    assert percentile(values, percent) == np.percentile(values, percent, method="inverted_cdf")


# How it is measured


def test_a_process_does_not_count_the_memory_of_its_parent() -> None:
    ballast = bytearray(300_000_000)
    assert run_process("pass").megabytes < 200
    assert len(ballast) == 300_000_000
    assert run_process("ballast = bytearray(300_000_000)").megabytes > 280


def test_a_process_is_told_its_threads() -> None:
    found = run_process("import os; print(os.environ['OMP_NUM_THREADS'], os.environ['RAYON_NUM_THREADS'])", threads=3)
    assert found.output == "3 3"
    assert found.seconds > 0


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(ProcessFailed, match="ValueError: no such thing"):
        run_process("raise ValueError('no such thing')")


def test_contenders_take_turns() -> None:
    turns = list(_turns([LIMIT, "default", "stock", WORKERS], [1, 2], rounds=2))
    once = [(1, LIMIT), (1, "default"), (1, WORKERS), (2, LIMIT), (2, "default"), (2, "stock")]
    assert turns == [(number, threads, name) for number in (1, 2) for threads, name in once]


def test_a_failing_process_is_named_unless_it_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = "underthesea"

    def fake(code: str, threads: int | None = None) -> Finished:
        task = json.loads(Path(code.split("m('")[1].split("'")[0]).read_text(encoding="utf-8")) if "m('" in code else {}
        if task.get("contender") == broken:
            raise ProcessFailed("out of memory")
        found = products(fast=1e3) if "products" in code else run(10.0)
        return Finished(1.0, 50.0, json.dumps(found))

    monkeypatch.setattr(benchmark_module, "run_process", fake)
    found = benchmark(["underthesea"], effort=QUICK)
    assert found["not_measured"] == {"underthesea": "out of memory"}
    broken = "default"
    with pytest.raises(ProcessFailed, match="out of memory"):
        benchmark(["underthesea"], effort=QUICK)


def test_without_torch_weights_random_ones_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fake(code: str, threads: int | None = None) -> Finished:
        asked.append(code)
        return Finished(1.0, 50.0, json.dumps(products(fast=1e3) if "products" in code else run(10.0)))

    monkeypatch.setattr(benchmark_module, "run_process", fake)
    for contenders, times in ((["torch-bf16"], 1), (["stock"], 0)):
        asked.clear()
        found = benchmark(contenders, effort=QUICK)
        assert found["settings"]["torch_weights"] == "random"
        assert sum("import write_random_checkpoint as w" in code for code in asked) == times
        assert any(note.startswith("torch: random weights") for note in found["notes"]) == bool(times)


def test_a_light_install_measures_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    absent = ("torch", "transformers", "safetensors", "underthesea")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in absent else find(name))
    asked: list[str] = []

    def fake(code: str, threads: int | None = None) -> Finished:
        asked.append(code)
        return Finished(1.0, 50.0, json.dumps({"products": {}} if "products" in code else run(10.0)))

    monkeypatch.setattr(benchmark_module, "run_process", fake)
    found = benchmark(effort=QUICK)
    assert list(found["contenders"]) == ["default"]
    assert set(found["not_measured"]) == {*CONTENDERS, LIMIT, "import_torch_transformers"} - {"default"}
    assert found["not_measured"]["stock"] == "not installed: torch, transformers"
    assert "ratios" not in found["cold_start"]
    assert not [code for code in asked if "torch" in code]
    assert figures_tables(found)


def test_an_unknown_contender_is_named() -> None:
    with pytest.raises(ValueError, match="contenders: unknown 'spacy'; known are default, torch-fp32"):
        benchmark(["default", "spacy"])


def test_the_torch_checkpoint_must_have_the_same_geometry(tiny_checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match="hidden_size is 32, that of the shipped network is 384"):
        benchmark(["torch-fp32"], tiny_checkpoint)
    with pytest.raises(CheckpointError, match=r"has no model\.safetensors"):
        benchmark(["torch-fp32"], DEFAULT_CHECKPOINT)


def test_a_processor_without_bfloat16_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hoptac.model.runtime.computes_bf16", lambda device: False)
    task = tmp_path / "task.json"
    task.write_text(json.dumps({"contender": "torch-bf16", "threads": 1}), encoding="utf-8")
    measure(str(task))
    assert json.loads(capsys.readouterr().out) == {"not_measured": "this processor does not multiply in bfloat16"}


def test_stock_pipelines_do_both_tasks_one_by_one_and_in_batches() -> None:
    small = dict(
        benchmark_process.PHOBERT_BASE, hidden_size=16, num_attention_heads=2, num_hidden_layers=1, intermediate_size=16
    )
    read: Any = benchmark_process._pipelines(small)({"threads": 1})
    texts = ["Lào bán điện cho Việt Nam.", "Hai bên bàn về ma túy. " * 60]
    topics, tags = read(texts, 2)
    assert [{row["label"] for row in rows} for rows in topics] == [set(TOPICS)] * 2
    assert all({tag["entity_group"] for tag in rows} <= {*TYPES, "O"} for rows in tags)
    alone, _ = read(texts[:1], 1)
    scores = [
        {row["label"]: row["score"] for row in rows} for rows in (topics[0], alone[0] if isinstance(alone[0], list) else alone)
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)


def test_underthesea_reads_sentences() -> None:
    pytest.importorskip("underthesea")
    found: Any = CONTENDERS["underthesea"].load({})(["Ông Bình thăm Lào.", "Xin chào."], 2)
    first, second = found
    assert "Lào" in [word[0] for word in first]
    assert second


def test_workers_answer_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = tmp_path / "task.json"
    task.write_text(json.dumps({"texts": ["Lào bán điện.", "Xin chào."], "rows": 5, "folder": str(tmp_path)}), encoding="utf-8")
    measure_workers(str(task))
    found = json.loads(capsys.readouterr().out)
    assert set(found["rates"]) == {"1", "2"}
    assert (tmp_path / "rows.jsonl").read_text(encoding="utf-8").count("\n") == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl", "task.json"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--backbone", "phobert-base", "--quick"], "--backbone: only --json"), (["--rounds", "0"], "0 is not at least 1")],
)
def test_options_that_cannot_be_are_wrong_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["benchmark", *arguments])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
