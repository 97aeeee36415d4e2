"""Prediction on Ray: the same answers as without it, whatever dies meanwhile. Ray runs on this machine, with two CPUs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac import cli
from hoptac.data.rows import Row
from hoptac.data.schema import DataError
from hoptac.model import bulk, cluster
from hoptac.model.cluster import DatasetPredictor, PartWriter, Recipe, predict_dataset, predict_files
from hoptac.model.configuration import CheckpointError
from hoptac.model.job import Task
from hoptac.model.outputs import Output
from hoptac.model.parts import BLOCK
from hoptac.model.run import Progress

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed; the extra `bulk` has it")
pq = pytest.importorskip("pyarrow.parquet")
TEXTS = [
    "Hai bên bàn về ma túy.",
    "Việt Nam và Lào ký hiệp định.",
    "Ông Bình thăm Mỹ.",
    "Trời mưa.",
    "Interpol hỗ trợ Bộ Công an.",
    "Hợp tác thương mại với Nga.",
]


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    if find_spec("ray") is None:  # not imported yet: settings that it reads then are made when a session begins
        pytest.skip("Ray is not installed; the extra `ray` has it")
    with pytest.MonkeyPatch.context() as change:
        change.setenv("RAY_worker_niceness", "0")  # or whatever else runs here goes first
        change.delenv("TOKENIZERS_PARALLELISM", raising=False)
        with cluster._session(None, 2) as session:
            yield session


@pytest.fixture(scope="module")
def recipe() -> Iterator[Recipe]:
    opening = {"device": None, "backend": None, "precision": None, "segmenter": None, "threads": 1}
    with pytest.MonkeyPatch.context() as change:
        change.setenv("TOKENIZERS_PARALLELISM", "true")  # opened here, it would change this process for good
        yield Recipe.of(None, opening)


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two Parquet files of three blocks together, the second of both, with row groups of other sizes and rows without text."""
    folder = tmp_path_factory.mktemp("news")
    for name, rows in (("a", BLOCK + 300), ("b", BLOCK)):
        texts: list[str | None] = [TEXTS[i % 7] if i % 7 < len(TEXTS) else "Lào" for i in range(rows)]
        texts[17] = None
        pq.write_table(pa.table({"id": range(rows), "text": texts}), folder / f"{name}.parquet", row_group_size=700)
    return folder


@pytest.fixture(scope="module")
def expected(news: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the local engine makes of them."""
    output = tmp_path_factory.mktemp("expected") / "out.parquet"
    bulk.predict_files([news], output, threads=1)
    return output


def errors_of(output: Path) -> str:
    return output.with_name(f"{output.name}.errors.jsonl").read_text(encoding="utf-8")


def wait_for(what: Callable[[], Any], seconds: float = 120) -> Any:
    """What a function gives, once it gives something."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


# A Dataset in and out


def test_a_dataset_gets_the_answers_of_the_local_engine_in_its_own_order(ray: Any, news: Path, expected: Path) -> None:
    local = pq.read_table(expected)
    rows = local.drop_columns(["source", "start", "end"]).slice(0, 300)
    pieces = [rows.select(["id", "text"]).slice(first, 25) for first in range(0, 300, 25)]
    got = predict_dataset(ray.data.from_arrow(pieces), concurrency=2, batch_size=25).take_all()
    assert [row["id"] for row in got] == rows["id"].to_pylist()
    assert {row.pop("problem") for row in got} == {None}
    for ours, theirs in zip(got, rows.to_pylist(), strict=True):
        scores = [name for name in theirs if name.startswith("score_")]
        assert len(scores) == 12
        # Other texts in a batch may change the last digits of a score.
        assert [ours.pop(name) for name in scores] == pytest.approx([theirs.pop(name) for name in scores], abs=1e-6)
        for participants in (ours["participants"], theirs["participants"]):
            for participant in participants:
                participant["score"] = pytest.approx(participant["score"], abs=1e-6)
        assert ours == theirs


def test_parquet_in_and_out_needs_no_word_about_actors(ray: Any, news: Path, expected: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.parquet"
    pq.write_table(pq.read_table(news / "b.parquet").slice(0, 40), few)
    predict_dataset(ray.data.read_parquet(str(few))).write_parquet(str(tmp_path / "out"))
    got = pq.read_table(tmp_path / "out")
    assert got["id"].to_pylist() == list(range(40))
    assert [number for number, problem in enumerate(got["problem"].to_pylist()) if problem] == [17]
    local = pq.read_schema(expected)
    assert {name: got.schema.field(name).type for name in got.schema.names if name != "problem"} == {
        name: local.field(name).type for name in local.names if name not in ("source", "start", "end")
    }


def test_a_killed_actor_loses_no_row_of_a_dataset(ray: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Telling(DatasetPredictor):  # made here, so that it travels to the actors whole
        def __call__(self, table: Any) -> Any:
            table = DatasetPredictor.__call__(self, table)
            told = os.environ.get("TOKENIZERS_PARALLELISM")
            table = table.append_column("tokenizers", pa.array([told] * table.num_rows, pa.string()))
            return table.append_column("process", pa.array([os.getpid()] * table.num_rows))

    monkeypatch.setattr(cluster, "DatasetPredictor", Telling)
    pieces = [pa.table({"id": range(first, first + 100), "text": TEXTS[:5] * 20}) for first in range(0, 1500, 100)]
    got = []
    killed = None
    for row in predict_dataset(ray.data.from_arrow(pieces), concurrency=2, batch_size=100).iter_rows():
        got.append(row)
        if killed is None:
            killed = row["process"]
            os.kill(killed, signal.SIGKILL)
    assert [row["id"] for row in got] == list(range(1500))
    assert all(row["topics"] is not None for row in got)
    assert len({row["process"] for row in got}) >= 2
    assert got[-1]["process"] != killed
    assert {row["tokenizers"] for row in got} == {"false"}, "they start no threads of their own in each actor"


def test_an_error_comes_back_from_an_actor_in_its_words(ray: Any) -> None:
    def fail() -> None:
        raise DataError(["a.jsonl:1: id: empty", "a.jsonl:2: id: empty"])

    with pytest.raises(DataError, match=r"a\.jsonl:1: id: empty\na\.jsonl:2: id: empty"):
        ray.get(ray.remote(fail).remote())


def test_rows_without_a_text_say_why(recipe: Recipe) -> None:
    table = pa.table({"text": ["Trời mưa.", None, "Ông Bình thăm Mỹ."], "id": [1, 2, 3]})
    got = DatasetPredictor(recipe, "text")(table).to_pylist()
    assert [row["problem"] for row in got] == [None, "text: null", None]
    assert got[1]["topics"] is got[1]["participants"] is got[1]["score_trade"] is None
    assert got[0]["topics"] == []
    assert [p["text"] for p in got[2]["participants"]] == ["Mỹ"]
    assert [row["id"] for row in got] == [1, 2, 3]
    numbers = DatasetPredictor(recipe, "id")(table)
    assert numbers["problem"].to_pylist() == ["id: a string was expected, not int"] * 3
    assert numbers["topics"].null_count == 3


def test_a_text_at_which_prediction_fails_does_not_stop_the_others(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    predict = recipe.predictor.predict

    def fail(texts: Any, *others: Any) -> Any:
        if "Trời mưa." in texts:
            raise ValueError("too long")
        return predict(texts, *others)

    monkeypatch.setattr(recipe.predictor, "predict", fail)
    got = DatasetPredictor(recipe, "text")(pa.table({"text": ["Ông Bình thăm Mỹ.", "Trời mưa."]})).to_pylist()
    assert got[0]["participants"]
    assert got[1]["problem"] == "prediction failed: ValueError: too long"
    assert got[1]["participants"] is None


def test_columns_with_our_names_are_replaced_and_empty_blocks_pass(recipe: Recipe) -> None:
    predicted = DatasetPredictor(recipe, "text")
    got = predicted(pa.table({"topics": ["old"], "text": ["Trời mưa."], "problem": ["old"]}))
    assert got.column_names.count("topics") == 1
    assert got.to_pylist()[0]["topics"] == []
    assert got.to_pylist()[0]["problem"] is None
    empty = predicted(got.slice(0, 0))
    assert empty.num_rows == 0
    assert empty.schema == got.schema
    assert predicted(pa.table({})).num_rows == 0


def test_a_missing_column_is_named_with_those_there_are(recipe: Recipe) -> None:
    with pytest.raises(ValueError, match=r"no column 'body'; it has 'id', 'text'"):
        DatasetPredictor(recipe, "body")(pa.table({"id": [1], "text": ["a"]}))


def test_what_cannot_be_is_refused_before_ray_works(ray: Any) -> None:
    dataset = ray.data.from_arrow(pa.table({"text": ["a"]}))
    with pytest.raises(ValueError, match="unknown topic 'sport'"):
        predict_dataset(dataset, thresholds={"sport": 0.5})
    with pytest.raises(ValueError, match="concurrency: 0"):
        predict_dataset(dataset, concurrency=0)
    with pytest.raises(ValueError, match="batch_size: 0"):
        predict_dataset(dataset, batch_size=0)
    with pytest.raises(CheckpointError, match="no such folder"):
        predict_dataset(dataset, checkpoint="./nowhere")


def test_a_node_with_another_hoptac_or_checkpoint_is_found_out(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"hoptac .* on the node .*, 0\.0\.0 where the job was started"):
        _ = replace(recipe, version="0.0.0").predictor
    with pytest.raises(CheckpointError, match=r"no such folder on the node .* storage that they share"):
        _ = replace(recipe, checkpoint=str(tmp_path / "nowhere")).predictor
    with pytest.raises(CheckpointError, match=r"shipped checkpoint: is another one on the node"):
        _ = replace(recipe, config=replace(recipe.config, thresholds=dict.fromkeys(recipe.config.topics, 0.9))).predictor


# The job of the command


def at_work(folder: Path) -> list[int]:
    """The processes that are at a block: each notes itself when it begins one."""
    found = []
    for note in folder.glob(".*.partial/temporary-*/begun-*"):
        with suppress(FileNotFoundError):
            found += [int(line.split()[-1]) for line in note.read_text(encoding="utf-8").splitlines()[-1:]]
    return found


def test_a_killed_actor_loses_no_part(ray: Any, news: Path, expected: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.parquet"

    def kill() -> None:
        wait_for(lambda: list(tmp_path.glob(".out.parquet.partial/parts-*/part-*")))
        os.kill(wait_for(lambda: at_work(tmp_path))[0], signal.SIGKILL)

    with ThreadPoolExecutor() as pool:
        killer = pool.submit(kill)
        told: list[Progress] = []
        report = predict_files([news], output, workers=2, progress=told.append)
        killer.result()
    assert output.read_bytes() == expected.read_bytes()
    assert errors_of(output) == errors_of(expected)
    assert (report.rows, report.failed, report.resumed_rows) == (2 * BLOCK + 300, 2, 0)
    assert (told[-1].rows, told[-1].share) == (report.rows, 1.0)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["out.parquet", "out.parquet.errors.jsonl"]


# It joins the Ray of these tests: to start another takes seconds.
RUN = """
import sys
from hoptac.model.cluster import predict_files
predict_files([sys.argv[1]], sys.argv[2], address=sys.argv[3], workers=1)
"""


def test_a_killed_run_is_gone_on_with(
    ray: Any, news: Path, expected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.parquet"
    address = ray.get_runtime_context().gcs_address
    run = subprocess.Popen([sys.executable, "-c", RUN, str(news), str(output), address])
    try:
        first = wait_for(lambda: list(tmp_path.glob(".out.parquet.partial/parts-*/part-*")))[0]
        made = first.stat().st_mtime_ns
    finally:
        run.kill()
        run.wait()
    assert not output.exists()
    with pytest.raises(DataError, match="unfinished job of other arguments"):
        predict_files([news], output, workers=1, thresholds=0.9)
    assert first.stat().st_mtime_ns == made
    # Two rows have no text, which is what the 1 says.
    assert cli.main(["predict", str(news), "-o", str(output), "--engine", "ray", "--workers", "1"]) == 1
    told = capsys.readouterr().err
    assert re.search(rf"\b(1,024|2,048) of {2 * BLOCK + 300:,} rows were there from an earlier run", told)
    assert f"2 of {2 * BLOCK + 300:,} rows failed" in told
    assert output.read_bytes() == expected.read_bytes()
    assert errors_of(output) == errors_of(expected)


def test_what_a_node_lacks_ends_the_run_with_its_reason(
    ray: Any, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": ["Trời mưa."]}), table)
    monkeypatch.setattr(Recipe, "of", lambda *_: replace(recipe, checkpoint=str(tmp_path / "nowhere")))
    with pytest.raises(DataError, match=r"^\S+nowhere: no such folder on the node \S+; a checkpoint needs .* each of them$"):
        predict_files([table], tmp_path / "out.parquet", workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


def test_an_error_of_ray_is_told_in_a_line(ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(PartWriter):  # made here, so that it travels to the actors whole
        def __call__(self, items: Any) -> Any:
            raise KeyError("what no writer expects")

    table = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": ["Trời mưa."]}), table)
    monkeypatch.setattr(cluster, "PartWriter", Broken)
    with pytest.raises(
        DataError, match=r"^Ray: .*KeyError: 'what no writer expects'\. The parts that are done are kept; .*$"
    ) as caught:
        predict_files([table], tmp_path / "out.parquet", workers=1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("ActorDiedError", r"^Ray: ActorDiedError: The actor died unexpectedly before finishing this task\. The parts"),
        ("OutOfMemoryError", r"^Ray: OutOfMemoryError: Task was killed due to the node running low on memory\. The parts"),
        ("RaySystemError", r"^Ray: RaySystemError: System error: the head node is gone\. The parts"),
    ],
)
def test_what_ends_ray_ends_the_run_with_a_clear_error(
    ray: Any, error: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {
        "ActorDiedError": "The actor died unexpectedly before finishing this task.\n\tclass_name: X",
        "OutOfMemoryError": "Task was killed due to the node running low on memory.\nMemory: 7 GB",
        "RaySystemError": "the head node is gone",
    }

    def fail(*_: Any, **__: Any) -> Any:
        kind = getattr(ray.exceptions, error)
        if error == "ActorDiedError":
            raised = kind()
            raised.error_msg = words[error]
            raise raised
        raise kind(words[error])

    table = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": ["Trời mưa."]}), table)
    monkeypatch.setattr(ray.data.Dataset, "iter_rows", fail)
    with pytest.raises(DataError, match=message):
        predict_files([table], tmp_path / "out.parquet", workers=1)


def test_only_this_machine_reaches_what_we_start(ray: Any) -> None:
    psutil = pytest.importorskip("psutil")
    heard = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            if "ray" in " ".join(process.cmdline()):
                heard |= {place.laddr.ip for place in process.net_connections("inet") if place.status == psutil.CONN_LISTEN}
    assert heard
    assert {address.removeprefix("::ffff:") for address in heard} <= {"127.0.0.1", "::1"}


FIRST = {"first": np.array([0]), "count": np.array([1])}


@pytest.fixture
def writer(recipe: Recipe, tmp_path: Path) -> PartWriter:
    """A writer of the parts of three small files, with the folders it needs."""
    sizes = [5, 0, 7]
    for name, size in zip("abc", sizes, strict=True):
        texts = pa.array([f"{name}{i}" for i in range(size)], pa.string())
        pq.write_table(pa.table({"text": texts}), tmp_path / f"{name}.parquet", row_group_size=2)
    for name in ("parts", "errors", "temporary"):
        (tmp_path / name).mkdir()
    output = Output("jsonl", recipe.config.topics, recipe.config.types)
    task = Task(str(tmp_path / "parts"), str(tmp_path / "errors"), str(tmp_path / "temporary"), output, 32, None)
    return PartWriter(
        recipe, task, [(f"{n}.parquet", size) for n, size in zip("abc", sizes, strict=True)], "text", str(tmp_path)
    )


def test_rows_of_all_files_form_one_stream(writer: PartWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(writer.folder)
    texts = [f"a{i}" for i in range(5)] + [f"c{i}" for i in range(7)]
    for first in range(14):
        for rows in range(14):
            got = list(writer._rows(first, rows))
            assert [row.text for row in got if isinstance(row, Row)] == texts[first : first + rows]
    assert [row.where for row in writer._rows(4, 2)] == ["a.parquet:5", "c.parquet:1"]


def test_a_part_that_is_there_is_not_written_again(writer: PartWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(writer.folder)  # which it does itself, and would not take back
    assert writer(FIRST) == {"rows": [12], "failed": [0], "problem": [""]}
    part = writer.task.part(0)
    made = part.stat().st_mtime_ns
    assert len(part.read_text(encoding="utf-8").splitlines()) == 12
    assert at_work(Path(writer.folder)) == []
    assert writer(FIRST) == {"rows": [12], "failed": [0], "problem": [""]}
    assert part.stat().st_mtime_ns == made


def test_rows_that_end_every_actor_end_the_run(writer: PartWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(writer.folder)
    notes = Path(writer.task.temporary) / "begun-000000"
    notes.write_text("node1 11\nnode1 12\n", encoding="utf-8")
    monkeypatch.setattr(cluster, "write_part", lambda *_: pytest.fail("was begun"))
    with pytest.raises(pytest.fail.Exception):
        writer(FIRST)  # the third time it is tried
    found = writer(FIRST)["problem"][0]
    assert re.match(r"the rows a\.parquet:1 to c\.parquet:7 have ended 3 actors \(node1 11, node1 12, ", found)


def test_a_node_without_the_folders_says_so(writer: PartWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(writer.folder)
    (Path(writer.folder) / "c.parquet").unlink()
    assert re.match(r"c\.parquet: no such file on the node", writer(FIRST)["problem"][0])
    Path(writer.task.parts).rmdir()
    assert re.search(r"parts: no such folder on the node .* the output must be on storage", writer(FIRST)["problem"][0])
    writer.folder = "nowhere"
    assert re.match(r"nowhere: no such folder on the node .*; name the inputs by their whole", writer(FIRST)["problem"][0])


def test_only_parquet_can_be_shared_out(tmp_path: Path) -> None:
    lines = tmp_path / "in.jsonl"
    lines.write_text('{"text": "Trời mưa."}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"in\.jsonl: is not Parquet"):
        predict_files([lines], tmp_path / "out.parquet")
    table = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": ["Trời mưa."]}), table)
    with pytest.raises(DataError, match="a file or a folder"):
        predict_files([table], "-")
    with pytest.raises(ValueError, match="workers: 0 is not at least 1"):
        predict_files([table], tmp_path / "out.parquet", workers=0)
    with pytest.raises(ValueError, match="threads: 0 is not at least 1"):
        predict_files([table], tmp_path / "out.parquet", threads=0)


def test_the_command_refuses_what_ray_cannot_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "in.jsonl"
    lines.write_text('{"text": "Trời mưa."}\n', encoding="utf-8")
    for arguments, reason in (
        ([str(lines), "-o", "out.parquet", "--engine", "ray"], r"reads Parquet files, not \S+in\.jsonl"),
        (["--text", "a", "-o", "out.parquet", "--engine", "ray"], "not texts given here"),
        ([str(lines), "--engine", "ray"], "need an output file"),
        ([str(lines), "--address", "auto"], "--address goes with --engine ray"),
    ):
        with pytest.raises(SystemExit, match="2"):
            cli.main(["predict", *arguments])
        assert re.search(reason, capsys.readouterr().err)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    dataset: Any = None
    with pytest.raises(DataError, match=r"pip install 'hoptac\[ray\]'"):
        predict_dataset(dataset)


@given(st.sets(st.integers(0, 200)), st.integers(1, 20))
def test_items_are_runs_that_cover_each_number_once(numbers: set[int], most: int) -> None:
    items = cluster._items(sorted(numbers), most)
    assert [n for item in items for n in range(item["first"], item["first"] + item["count"])] == sorted(numbers)
    assert all(1 <= item["count"] <= most for item in items)
