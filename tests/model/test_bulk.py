"""Prediction over files: what comes out, what becomes of rows that fail, and how a job is gone on with."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hoptac.data.inputs import given_texts, sample
from hoptac.data.labels import TOPICS, TYPES
from hoptac.data.rows import Row, Stream
from hoptac.data.schema import DataError, Participant
from hoptac.model import parts
from hoptac.model.bulk import predict_files, prepare
from hoptac.model.job import Counts, Job, Task
from hoptac.model.outputs import Output
from hoptac.model.parts import Block, answer, blocks, write_part
from hoptac.model.predictor import DEFAULT_CHECKPOINT, Prediction, Predictor
from hoptac.model.run import Progress
from hoptac.model.workers import Workers

shipped = pytest.mark.skipif(not (DEFAULT_CHECKPOINT / "config.json").is_file(), reason="no checkpoint is shipped yet")
TEXTS = ["Việt Nam thăm Lào", 'ông "Bình", bàn; về ma túy', "Biển Đông và thương mại", "", "Mỹ tại Lào, ngày 5"]


# The words of a text stand in for the network.
class WordPredictor:
    config = SimpleNamespace(topics=TOPICS, types=TYPES)

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.stop_at: str | None = None
        """A text at which the run is interrupted, as by Ctrl-C."""

    def predict(self, texts: Iterable[str], batch_size: int = 32, thresholds: Any = None) -> list[Prediction]:
        texts, found = list(texts), []
        if self.stop_at in texts:
            raise KeyboardInterrupt
        if any("nổ" in text for text in texts):
            raise ValueError("the network broke")
        self.seen += texts
        for text in texts:
            start = text.find("Lào")
            participants = (Participant("Lào", start, start + 3, "GPE", 0.875),) if start >= 0 else ()
            found.append(Prediction(text, ("trade",), dict.fromkeys(TOPICS, 0.25), participants))
        return found


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> WordPredictor:
    predictor = WordPredictor()
    monkeypatch.setattr(Predictor, "from_pretrained", lambda *_, **__: predictor)
    return predictor


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "BLOCK", 4)


def write_lines(path: Path, texts: Iterable[str]) -> Path:
    lines = (json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n" for number, text in enumerate(texts))
    path.write_text("".join(lines), encoding="utf-8")
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# What comes out


def write_input(folder: Path, form: str) -> Path:
    """The texts as a file of each format, an empty one where the format can hold it."""
    name, _, compression = form.partition(".")
    path = folder / f"in.{form}"
    if name == "parquet":
        pq.write_table(pa.table({"n": range(len(TEXTS)), "text": TEXTS}), path)
        return path
    if name == "jsonl":
        content = "".join(json.dumps({"n": number, "text": text}) + "\n" for number, text in enumerate(TEXTS))
    elif name == "txt":
        content = "".join(f"{text}\n" for text in TEXTS)
    else:
        table = io.StringIO(newline="")
        rows = csv.writer(table, delimiter="\t" if name == "tsv" else ",")
        rows.writerows([("n", "text"), *enumerate(TEXTS)])
        content = table.getvalue()
    data = content.encode()
    if compression == "gz":
        data = gzip.compress(data)
    elif compression == "zst":
        data = pa.Codec("zstd").compress(data, asbytes=True)
    path.write_bytes(data)
    return path


Found = tuple[str, list[str], list[str], list[float]]


def read_output(path: Path) -> list[Found]:
    """Text, topics, participants (sorted) and rounded scores of every answer of a file or a folder of parts."""
    if path.is_dir():
        return [found for part in sorted(path.iterdir()) for found in read_output(part)]
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    if name.endswith(".parquet"):
        rows = pq.read_table(pa.BufferReader(data)).to_pylist()
        return [
            (row["text"], row["topics"], sorted(p["text"] for p in row["participants"]), rounded(row, "score_")) for row in rows
        ]
    if name.endswith(".jsonl"):
        records = [json.loads(line) for line in data.decode().split("\n")[:-1]]
        return [
            (record["text"], record["topics"], sorted(p["text"] for p in record["participants"]), rounded(record["scores"]))
            for record in records
        ]
    fields = csv.DictReader(io.StringIO(data.decode(), newline=""))
    return [
        (
            row["text"],
            [topic for topic in row["topics"].split("; ") if topic],
            sorted(name for kind in TYPES for name in row[kind].split("; ") if name),
            rounded(row, "score_"),
        )
        for row in fields
    ]


def rounded(scores: Mapping[str, Any], prefix: str = "") -> list[float]:
    return [round(float(scores[prefix + topic]), 4) for topic in TOPICS]


INPUTS = ["jsonl", "jsonl.gz", "csv", "csv.zst", "tsv", "parquet", "txt", "txt.gz"]
OUTPUTS = ["out.jsonl", "out.csv", "out.parquet", "out.jsonl.gz", "out.csv.zst", "out/", "out.csv/"]


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("form", INPUTS)
def test_every_input_and_output_holds_the_same_predictions(
    form: str, name: str, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor.from_pretrained(tiny_checkpoint)
    texts = [text for text in TEXTS if text or "txt" not in form]
    expected = [
        (p.text, list(p.topics), sorted(q.text for q in p.participants), rounded(p.scores)) for p in predictor.predict(texts)
    ]
    assert any(topics for _, topics, _, _ in expected)
    monkeypatch.setattr(Predictor, "from_pretrained", lambda *_, **__: predictor)
    source = write_input(tmp_path, form)
    options: dict[str, Any] = {"format": "csv"} if name == "out.csv/" else {}
    report = predict_files([source], f"{tmp_path}/{name}", checkpoint=tiny_checkpoint, lines=True, **options)
    assert (report.rows, report.failed, report.resumed_rows, report.errors) == (len(texts), 0, 0, None)
    assert read_output(tmp_path / name) == expected
    assert names(tmp_path) == sorted([source.name, name.rstrip("/")])


def test_text_for_people_is_the_same_in_a_file(words: WordPredictor, tmp_path: Path) -> None:
    predict_files([given_texts(["thăm Lào", "ba"])], tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == " trade  0.25  \nthăm [GPE Lào]\n\n trade  0.25  \nba\n\n"


def test_all_inputs_are_one_stream_in_order(words: WordPredictor, small_blocks: None, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write_lines(folder / "b.jsonl", ["3", "4", "5", "6", "7"])
    (folder / "a.csv").write_text("text\n1\n2\n", encoding="utf-8")
    report = predict_files([given_texts(["0"]), folder], tmp_path / "out.jsonl")
    assert [record["text"] for record in lines_of(tmp_path / "out.jsonl")] == list("01234567")
    assert report.rows == 8


def test_an_empty_input_gives_an_empty_output(words: WordPredictor, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").touch()
    assert predict_files([tmp_path / "in.jsonl"], tmp_path / "out.jsonl").rows == 0
    assert (tmp_path / "out.jsonl").read_bytes() == b""
    predict_files([tmp_path / "in.jsonl"], f"{tmp_path}/out/")
    assert names(tmp_path / "out") == ["part-000000.parquet"]


def test_a_device_is_written_straight_away(words: WordPredictor) -> None:
    assert predict_files([sample()], os.devnull, format="jsonl").rows > 3


# Rows that fail


def test_rows_that_fail_go_to_a_file_and_the_others_go_on(words: WordPredictor, small_blocks: None, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"text": "a"}\n{\n{"text": "n\xe1\xbb\x95 to"}\n{"text": "b"}\n\n{"text": "c"}\n{"text": 1}\n')
    report = predict_files([source], tmp_path / "out.jsonl")
    errors = tmp_path / "out.jsonl.errors.jsonl"
    assert (report.rows, report.failed, report.errors) == (6, 3, errors)
    assert [record["text"] for record in lines_of(tmp_path / "out.jsonl")] == ["a", "b", "c"]
    first, second, third = lines_of(errors)
    assert (first["source"], first["raw"]) == (f"{source}:2", "{")
    assert first["reason"].startswith("not JSON")
    assert second == {"source": f"{source}:3", "reason": "prediction failed: ValueError: the network broke", "raw": "nổ to"}
    assert third["source"] == f"{source}:7"
    assert names(tmp_path) == ["in.jsonl", "out.jsonl", "out.jsonl.errors.jsonl"]
    write_lines(source, "abc")
    assert predict_files([source], tmp_path / "out.jsonl").errors is None
    assert names(tmp_path) == ["in.jsonl", "out.jsonl"], "errors of an earlier run would mislead"


def test_errors_go_where_they_are_wanted(words: WordPredictor, tmp_path: Path) -> None:
    (tmp_path / "e").mkdir()
    pq.write_table(pa.table({"text": ["a", None]}), tmp_path / "in.parquet")
    errors = tmp_path / "e" / "bad.jsonl"
    assert predict_files([tmp_path / "in.parquet"], f"{tmp_path}/out/", errors=errors).errors == errors
    assert lines_of(errors) == [{"source": f"{tmp_path / 'in.parquet'}:2", "reason": "text: null", "raw": "{}"}]
    assert names(tmp_path) == ["e", "in.parquet", "out"]
    assert names(tmp_path / "e") == ["bad.jsonl"]


def test_on_standard_output_failing_rows_go_to_standard_error(
    words: WordPredictor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(tmp_path / "in.jsonl", ["a", "nổ"])
    report = predict_files([tmp_path / "in.jsonl"], format="jsonl")
    captured = capsys.readouterr()
    assert (report.rows, report.failed) == (2, 1)
    assert [json.loads(line)["text"] for line in captured.out.splitlines()] == ["a"]
    assert captured.err == f"error: {tmp_path / 'in.jsonl'}:2: prediction failed: ValueError: the network broke\n"


def test_a_network_that_fails_at_everything_stops_the_run(words: WordPredictor, tmp_path: Path) -> None:
    write_lines(tmp_path / "in.jsonl", ["nổ"] * 20)
    with pytest.raises(DataError, match="prediction fails at every row, last with ValueError: the network broke"):
        predict_files([tmp_path / "in.jsonl"], tmp_path / "out.jsonl")
    assert names(tmp_path) == ["in.jsonl"], "nothing was done that could be gone on with"


class OrtFail(Exception):
    __module__ = "onnxruntime.capi.onnxruntime_pybind11_state"


@pytest.mark.parametrize("alone", [False, True], ids=["at first", "when texts go alone"])
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(5, "Input/output error"),
        BrokenPipeError("the segmenter has ended"),
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        OrtFail("Failed to allocate memory for requested buffer of size 1048576"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_machine_lacks_ends_the_run_and_no_row_is_blamed(
    error: Exception, alone: bool, words: WordPredictor, small_blocks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict: Callable[..., Any] = words.predict

    def fail(texts: list[str], *others: Any) -> Any:
        if "6" in texts and (alone or len(texts) > 1):
            raise ValueError("one of these") if alone and len(texts) > 1 else error
        return predict(texts, *others)

    monkeypatch.setattr(words, "predict", fail)
    source = write_lines(tmp_path / "in.jsonl", map(str, range(10)))
    with pytest.raises(DataError, match=f"no row is to blame: {type(error).__name__}: .* parts that are done are kept"):
        predict_files([source], tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()
    monkeypatch.setattr(words, "predict", predict)
    report = predict_files([source], tmp_path / "out.jsonl")
    assert (report.rows, report.failed, report.resumed_rows) == (10, 0, 4)


def test_an_error_that_names_no_device_is_of_its_row(words: WordPredictor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(texts: list[str], *_: Any) -> Any:
        raise RuntimeError("index out of range in self")

    monkeypatch.setattr(words, "predict", fail)
    found, bad = answer(words, [Row("thiết bị, device", "a", 0, 16, "a:1")])  # type: ignore[arg-type]
    assert (found, bad[0].reason) == ([], "prediction failed: RuntimeError: index out of range in self")


def test_long_rows_are_predicted_in_small_groups(words: WordPredictor, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def predict(texts: Sequence[str], *_: Any) -> list[Prediction]:
        calls.append(sum(map(len, texts)))
        return WordPredictor.predict(words, texts)

    monkeypatch.setattr(words, "predict", predict)
    monkeypatch.setattr(parts, "_GROUP_CHARACTERS", 100)
    rows = [Row("x" * size, "a", 0, size, "a:1") for size in (10, 60, 60, 500, 1, 1)]
    found, bad = answer(words, rows)  # type: ignore[arg-type]
    assert [len(row.text) for row, _ in found] == [10, 60, 60, 500, 1, 1]
    assert (calls, bad) == ([70, 60, 500, 2], [])


# A file as a whole


def broken_gzip(folder: Path) -> Path:
    path = folder / "in.jsonl.gz"
    content = "".join(json.dumps({"text": os.urandom(20).hex()}) + "\n" for _ in range(5000)).encode()
    path.write_bytes(gzip.compress(content)[:-100_000])
    return path


def test_a_file_that_breaks_off_stops_the_run_and_leaves_no_output(
    words: WordPredictor, small_blocks: None, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"in\.jsonl\.gz: cannot be read after .*in\.jsonl\.gz:\d+: Compressed file ended"):
        predict_files([broken_gzip(tmp_path)], tmp_path / "out.jsonl")
    assert names(tmp_path) == [".out.jsonl.partial", "in.jsonl.gz"]
    assert len(list((tmp_path / ".out.jsonl.partial").glob("parts-*/part-*.jsonl"))) > 10, "what was done is kept"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("nowhere/out.csv", {}, "nowhere: no such folder"),
        ("folder", {}, "folder: is a folder; write .*folder/ for a folder of parts"),
        ("full/", {}, "full: exists and is not empty"),
        ("in.jsonl/", {}, "in.jsonl/: is a file"),
        ("in.jsonl", {}, "in.jsonl: is to be read and to be written"),
        ("out.jsonl", {"errors": "out.jsonl"}, "out.jsonl: is named for the answers and for the errors"),
        ("out.jsonl", {"errors": "nowhere/e.jsonl"}, "nowhere: no such folder"),
        ("folder/", {"errors": "folder/e.jsonl"}, "folder/e.jsonl: is inside the output"),
        ("new/", {"errors": "new/e.jsonl"}, "new/e.jsonl: is inside the output"),
        ("new/", {"errors": ".new.partial/e.jsonl"}, ".new.partial/e.jsonl: is inside the output or its work folder"),
        ("out.jsonl", {"errors": "folder"}, "folder: is no file"),
        ("out.jsonl", {"errors": "in.jsonl"}, "in.jsonl: is to be read and to be written"),
        ("out.json", {}, "out.json: .json is not written; .ndjson .txt .jsonl .csv .parquet are"),
        ("out.jsonl", {"workers": 0}, "workers: 0 is not at least 1"),
        ("-", {"format": "parquet"}, "Parquet needs a file"),
        ("out.xml", {"format": "xml"}, "format: unknown format 'xml'; known are text, jsonl, csv, parquet"),
        ("out.jsonl", {"standard_input": "csv"}, "standard_input: 'csv' is neither text nor jsonl"),
    ],
)
def test_what_cannot_be_is_told_before_the_work(
    words: WordPredictor, name: str, options: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("full").mkdir()
    Path("full", "x").touch()
    write_lines(Path("in.jsonl"), "ab")
    before = names(tmp_path)
    with pytest.raises((ValueError, OSError), match=message):
        predict_files(["in.jsonl"], name, **options)
    assert words.seen == []
    assert names(tmp_path) == before


def test_a_mount_point_is_no_output_folder_but_a_folder_below_it_is(
    words: WordPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) == str(tmp_path / "disk"))
    with pytest.raises(DataError, match=r"disk/: is a mount point, .* name a folder below it, such as .*disk/answers/$"):
        predict_files([given_texts(["a"])], f"{tmp_path}/disk/")
    assert words.seen == []
    assert names(tmp_path) == ["disk"]
    predict_files([given_texts(["a"])], f"{tmp_path}/disk/answers/")
    assert names(tmp_path / "disk" / "answers") == ["part-000000.parquet"]


@pytest.mark.parametrize(
    ("name", "replaced"),
    [
        ("out.csv", "'PER', 'topics', 'source', 'record'"),
        ("out.parquet", "'topics', 'source', 'record'"),
        ("out.jsonl", "'topics'"),
    ],
)
def test_columns_that_the_answers_replace_are_told_once(words: WordPredictor, name: str, replaced: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("n,PER,topics,source,record,text\n1,a,b,c,d,Lào\n", encoding="utf-8")
    write_lines(tmp_path / "in.jsonl", "a")
    inputs = [tmp_path / "in.csv", tmp_path / "in.jsonl"]
    with pytest.warns(UserWarning, match=f"that the answers replace: {replaced}; rename") as told:
        predict_files(inputs, tmp_path / name)
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predict_files(inputs, tmp_path / "out.txt")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"thresholds": {"weather": 0.5}}, "unknown topic 'weather'"),
        ({"thresholds": 1.5}, "1.5"),
        ({"at_precision": 0.9}, "no operating point 0.9"),
        ({"backend": "abacus"}, "unknown backend 'abacus'"),
    ],
)
def test_what_the_predictor_refuses_leaves_nothing_behind(
    options: dict[str, Any], message: str, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    write_lines(tmp_path / "in.jsonl", "ab")
    with pytest.raises(ValueError, match=message):
        predict_files([tmp_path / "in.jsonl"], tmp_path / "out.jsonl", checkpoint=tiny_checkpoint, **options)
    assert names(tmp_path) == ["in.jsonl"]


def test_thresholds_for_all_and_for_one_reach_the_predictor(words: WordPredictor, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []

    def predict(texts: list[str], batch_size: int, thresholds: Any) -> list[Prediction]:
        given.append(thresholds)
        return []

    monkeypatch.setattr(words, "predict", predict)
    predict_files([given_texts([])], os.devnull, thresholds={None: 0.4, "trade": 0.2})
    predict_files([given_texts([])], os.devnull, thresholds=0.4)
    predict_files([given_texts([])], os.devnull)
    assert given == [dict.fromkeys(TOPICS, 0.4) | {"trade": 0.2}, dict.fromkeys(TOPICS, 0.4), None]


# Going on


def interrupted(words: WordPredictor, folder: Path, name: str = "out.jsonl", **options: Any) -> Path:
    """A job that was interrupted after two of its five blocks; one row of the first fails."""
    texts = ["0", "nổ", *map(str, range(2, 18))]
    source = write_lines(folder / "in.jsonl", texts)
    words.stop_at = "9"
    with pytest.raises(KeyboardInterrupt):
        predict_files([source], f"{folder}/{name}", **options)
    words.stop_at = None
    words.seen.clear()
    return source


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet", "out.csv.gz", "out/"])
def test_a_run_goes_on_without_predicting_again(words: WordPredictor, small_blocks: None, name: str, tmp_path: Path) -> None:
    source = interrupted(words, tmp_path, name)
    assert not (tmp_path / name).exists()
    told: list[Progress] = []
    report = predict_files([source], f"{tmp_path}/{name}", progress=told.append)
    assert words.seen == [str(number) for number in range(8, 18)]
    assert (report.rows, report.failed, report.resumed_rows) == (18, 1, 8)
    assert [progress.rows for progress in told] == [4, 8, 12, 16, 18]
    assert told[1].rate == 0.0
    assert told[-1].resumed == 8
    assert [text for text, *_ in read_output(tmp_path / name)] == ["0", *map(str, range(2, 18))]
    assert len(lines_of(tmp_path / f"{name.rstrip('/')}.errors.jsonl")) == 1
    resumed = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for path in tmp_path.glob("out*"):
        path.rename(tmp_path / f"before-{path.name}")
    predict_files([source], f"{tmp_path}/{name}")
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.name in resumed} == resumed


def test_a_part_that_is_missing_in_the_middle_is_made(words: WordPredictor, small_blocks: None, tmp_path: Path) -> None:
    source = interrupted(words, tmp_path)
    [part] = (tmp_path / ".out.jsonl.partial").glob("parts-*/part-000000.jsonl")
    part.unlink()
    report = predict_files([source], tmp_path / "out.jsonl")
    assert words.seen == ["0", "2", "3", *map(str, range(8, 18))]
    assert (report.resumed_rows, report.failed) == (4, 1)
    assert [int(record["text"]) for record in lines_of(tmp_path / "out.jsonl")] == [0, *range(2, 18)]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (None, {"thresholds": 0.5}, r"thresholds: null then, 0\.5 now"),
        (None, {"column": "id"}, "column: text then, id now"),
        (None, {"format": "csv"}, "format: jsonl then, csv now"),
        ("touch", {}, r"in\.jsonl has changed"),
        ("more", {}, r"more\.jsonl is a new input"),
    ],
)
def test_the_unfinished_job_of_other_arguments_is_not_touched(
    words: WordPredictor, small_blocks: None, change: str | None, options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    inputs = [interrupted(words, tmp_path)]
    before = sorted(path for path in tmp_path.rglob("*"))
    if change == "touch":
        os.utime(inputs[0], ns=(1, 1))
    elif change == "more":
        inputs.append(write_lines(tmp_path / "more.jsonl", "x"))
        before = sorted([*before, inputs[1]])
    with pytest.raises(DataError, match=message) as caught:
        predict_files(inputs, tmp_path / "out.jsonl", **options)
    assert ".out.jsonl.partial: holds the unfinished job" in str(caught.value)
    assert "--restart" in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before
    report = predict_files(inputs, tmp_path / "out.jsonl", restart=True, **options)
    assert report.resumed_rows == 0
    assert ".out.jsonl.partial" not in names(tmp_path)


def test_restart_begins_the_same_job_anew(words: WordPredictor, small_blocks: None, tmp_path: Path) -> None:
    source = interrupted(words, tmp_path)
    assert predict_files([source], tmp_path / "out.jsonl", restart=True).resumed_rows == 0
    assert words.seen == ["0", *map(str, range(2, 18))]


def test_the_number_of_workers_is_no_other_job(words: WordPredictor, small_blocks: None, tmp_path: Path) -> None:
    source = interrupted(words, tmp_path, threads=1)
    assert predict_files([source], tmp_path / "out.jsonl", threads=2).resumed_rows == 8


def test_standard_input_cannot_be_gone_on_with(
    words: WordPredictor, small_blocks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words.stop_at = "9"
    for _ in range(2):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("".join(f"{i}\n" for i in range(12)).encode())))
        if words.stop_at:
            with pytest.raises(KeyboardInterrupt):
                predict_files(["-"], tmp_path / "out.jsonl")
            words.stop_at = None
        else:
            assert predict_files(["-"], tmp_path / "out.jsonl").resumed_rows == 0
    assert [record["text"] for record in lines_of(tmp_path / "out.jsonl")] == [str(i) for i in range(12)]


def test_an_input_that_changes_meanwhile_is_told(words: WordPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_lines(tmp_path / "in.jsonl", "ab")
    predict: Callable[..., Any] = words.predict

    def and_touch(*arguments: Any) -> Any:
        os.utime(source, ns=(1, 1))
        return predict(*arguments)

    monkeypatch.setattr(words, "predict", and_touch)
    with pytest.raises(DataError, match="an input changed while it was read"):
        predict_files([source], tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


def test_the_output_takes_the_place_of_an_older_one_only_when_it_is_whole(
    words: WordPredictor, small_blocks: None, tmp_path: Path
) -> None:
    (tmp_path / "out.jsonl").write_text("old\n", encoding="utf-8")
    source = interrupted(words, tmp_path)
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "old\n"
    predict_files([source], tmp_path / "out.jsonl")
    assert len(lines_of(tmp_path / "out.jsonl")) == 17


def test_a_link_stays_a_link(words: WordPredictor, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out.jsonl").symlink_to(tmp_path / "disk" / "real.jsonl")
    predict_files([given_texts(["a"])], tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").is_symlink()
    assert len(lines_of(tmp_path / "disk" / "real.jsonl")) == 1


# The job by itself


def make_job(folder: Path, restart: bool = False) -> Job:
    plan = prepare([given_texts(["a", "b"])], folder / "out.jsonl", settings={})
    assert plan.target is not None
    assert plan.errors is not None
    return Job(plan.target, plan.output, plan.identity, errors=plan.errors, restart=restart)


def test_a_second_run_for_the_same_output_is_refused(tmp_path: Path) -> None:
    with make_job(tmp_path):
        with pytest.raises(DataError, match=r"out\.jsonl: another run is writing it at this moment"):
            make_job(tmp_path).__enter__()
        assert names(tmp_path) == [".out.jsonl.partial"]
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", ["ENOSYS", "EOPNOTSUPP", "ENOLCK", "EINVAL"])
def test_a_file_system_without_locks_is_told_and_works(
    code: str, words: WordPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    tried: list[int] = []

    def fail(handle: int, _: int) -> None:
        tried.append(handle)
        raise OSError(getattr(errno, code), os.strerror(getattr(errno, code)))

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.warns(
        UserWarning, match=r"\.out\.jsonl\.partial: this file system has no locks \(.+\); see to it that no other"
    ):
        predict_files([given_texts(["a"])], tmp_path / "out.jsonl")
    assert names(tmp_path) == ["out.jsonl"]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(tried[0])


def test_another_error_of_a_lock_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def fail(*_: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(OSError, match="Input/output error"):
        make_job(tmp_path).__enter__()


def test_the_lock_is_open_no_more_when_its_file_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fcntl")
    handles: list[int] = []
    removed: list[bool] = []
    rmtree = shutil.rmtree

    def look(path: Path, **options: Any) -> None:
        if (Path(path) / "lock").exists():
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.fstat(handles[0])
            removed.append(True)
        rmtree(path, **options)

    monkeypatch.setattr(shutil, "rmtree", look)
    with make_job(tmp_path) as job:
        assert job._lock is not None
        handles.append(job._lock)
    assert removed == [True]
    assert names(tmp_path) == []


def test_parts_may_be_written_in_any_order_and_all_are_needed(words: WordPredictor, tmp_path: Path) -> None:
    made = list(blocks(Stream([given_texts(["a", "b"])])))
    assert [block.number for block in made] == [0]
    with make_job(tmp_path) as job:
        task = job.task()
        write_part(words, Block(1, made[0].rows), task)  # type: ignore[arg-type]
        assert (job.has(0), job.has(1)) == (False, True)
        with pytest.raises(DataError, match=r"1 of 2 parts are missing, first part-000000\.jsonl"):
            job.finish(2, 4)
        assert write_part(words, made[0], task) == Counts(2, 0)  # type: ignore[arg-type]
        assert job.finish(2, 4) == Counts(4, 0)
    assert [record["text"] for record in lines_of(tmp_path / "out.jsonl")] == ["a", "b", "a", "b"]
    assert names(tmp_path) == ["out.jsonl"]


def test_a_part_that_succeeds_now_has_no_errors_left(words: WordPredictor, tmp_path: Path) -> None:
    rows = [Row("nổ", "a", 0, 2, "a:1"), Row("b", "a", 0, 1, "a:2")]
    with make_job(tmp_path) as job:
        assert write_part(words, Block(0, list(rows)), job.task()).failed == 1  # type: ignore[arg-type]
        assert write_part(words, Block(0, list(rows[1:])), job.task()).failed == 0  # type: ignore[arg-type]
        assert job.finish(1, 1).failed == 0
    assert names(tmp_path) == ["out.jsonl"]


def test_an_output_is_described_in_json() -> None:
    described = Output("parquet", ("trade",), ("GPE",), columns={"n": pa.int64(), "score_trade": pa.int8()}).to_dict()
    assert json.loads(json.dumps(described)) == described
    assert described["columns"] == [["n", "int64"]]


# Progress


def test_progress_leaves_out_what_was_there() -> None:
    progress = Progress(rows=5000, resumed=4000, failed=2, seconds=10.0, share=0.5, resumed_share=0.4, total=10_000)
    assert progress.rate == 100.0
    assert progress.left == pytest.approx(50.0)
    assert str(progress) == "5,000 of 10,000 rows, 2 failed, 100.0 rows/s, 50 % of the input, 0:00:50 left"
    assert str(Progress(10, 0, 0, 1.0, None, 0.0, None)) == "10 rows, 10.0 rows/s"
    assert Progress(10, 10, 0, 0.0, 0.1, 0.1, None).left is None


# Worker processes, with the shipped checkpoint


@shipped
def test_two_workers_write_the_same_bytes_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "BLOCK", 3)
    monkeypatch.chdir(tmp_path)
    source, name = Path("in.jsonl"), "out.parquet"
    write_lines(source, [*TEXTS, *(f"Việt Nam và Lào bàn về ma túy, lần {number}." for number in range(6))])
    source.write_bytes(source.read_bytes() + b"{\n")
    one = predict_files([source], name, threads=1)
    first = [Path(path).read_bytes() for path in (name, f"{name}.errors.jsonl")]
    two = predict_files([source], name, workers=2)
    assert [Path(path).read_bytes() for path in (name, f"{name}.errors.jsonl")] == first
    assert (one.rows, one.failed) == (two.rows, two.failed) == (12, 1)
    assert names(tmp_path) == ["in.jsonl", name, f"{name}.errors.jsonl"]


@shipped
def test_what_a_worker_cannot_do_is_told() -> None:
    task = Task("/nowhere", "/nowhere", "/nowhere", Output("jsonl", TOPICS, TYPES), 32, None)
    with pytest.raises(DataError, match="No such file or directory: '/nowhere"), Workers(1, {}, task) as pool:
        list(pool.run(blocks(Stream([given_texts(["a"])]))))
    with pytest.raises(DataError, match="unknown backend 'abacus'"), Workers(1, {"backend": "abacus"}, task) as pool:
        list(pool.run(blocks(Stream([given_texts(["a"])]))))
