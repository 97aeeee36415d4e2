"""Predictions as files: every format says the same, keeps what stood beside a text, and is put together from parts."""

from __future__ import annotations

import csv
import datetime
import decimal
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.inputs import find_sources
from hoptac.data.labels import TYPES
from hoptac.data.rows import Cells, Row, Stream, kept_columns
from hoptac.data.schema import DataError, Participant
from hoptac.model import outputs
from hoptac.model.outputs import Answer, Output, answer_columns, answer_types, output_form
from hoptac.model.predictor import Prediction

TOPICS = ("trade", "mia")


def predicted(text: str) -> Prediction:
    start = text.find("Lào")
    participants = (Participant("Lào", start, start + 3, "GPE", 0.875),) if start >= 0 else ()
    return Prediction(text, ("trade",), {"trade": 0.75, "mia": 0.125}, participants)


def row(text: str, **options: Any) -> Row:
    return Row(text, "a.x:1", 0, len(text), "a.x:1", **options)


def whole(output: Output, *parts: Sequence[Answer], folder: Path) -> bytes:
    """Parts written and put together."""
    paths = []
    for number, part in enumerate(parts):
        paths.append(folder / f"{number}{output.ending}")
        paths[-1].write_bytes(output.encode(part))
    target = io.BytesIO()
    output.put_together(paths, target)
    return target.getvalue()


def answers(*texts: str, **options: Any) -> list[Answer]:
    return [(row(text, **options), predicted(text)) for text in texts]


def unpacked(data: bytes, compression: str) -> bytes:
    if compression == "gz":
        return gzip.decompress(data)
    return pa.CompressedInputStream(pa.BufferReader(data), "zstd").read() if compression else data


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("a.jsonl", None, ("jsonl", "")),
        ("a.CSV.GZ", None, ("csv", "gz")),
        ("a.txt.zst", None, ("text", "zst")),
        ("a.out.gz", "csv", ("csv", "gz")),
        ("a.parquet", None, ("parquet", "")),
        ("a", None, ("text", "")),
        ("a.gz", None, ("text", "gz")),
        ("a.ndjson.zst", None, ("jsonl", "zst")),
        ("a.json", "jsonl", ("jsonl", "")),
        ("a.jsonl", "csv", ("csv", "")),
        ("a/", None, ("parquet", "")),
        ("a.jsonl/", "jsonl", ("jsonl", "")),
    ],
)
def test_the_ending_tells_the_format(name: str, given: str | None, expected: tuple[str, str]) -> None:
    assert output_form(name, given) == expected


def test_parquet_is_not_compressed_again() -> None:
    with pytest.raises(DataError, match=r"a\.parquet\.gz: Parquet is compressed inside; leave \.gz out"):
        output_form("a.parquet.gz")


@pytest.mark.parametrize("ending", [".json", ".tsv", ".xlsx", ".json.gz", ".csv.bz2", ".2"])
def test_an_ending_that_tells_no_format_is_refused(ending: str) -> None:
    with pytest.raises(DataError, match=r"out\..+: \.\w+ is not written; .*\.csv .*, or name a format \(--format\)"):
        output_form(f"out{ending}")


@pytest.mark.parametrize("compression", ["", "gz", "zst"])
@pytest.mark.parametrize("form", ["jsonl", "csv", "text"])
def test_parts_put_together_are_the_whole(form: str, compression: str, tmp_path: Path) -> None:
    texts = ["thăm Lào", 'một "dòng"\nvà hai', "ba"]
    output = Output(form, TOPICS, TYPES, compression)
    joined = whole(output, answers(texts[0]), [], answers(*texts[1:]), folder=tmp_path)
    assert unpacked(joined, compression) == whole(Output(form, TOPICS, TYPES), answers(*texts), folder=tmp_path)
    assert whole(output, answers(texts[0]), [], answers(*texts[1:]), folder=tmp_path) == joined


@pytest.mark.parametrize("form", ["jsonl", "csv", "text", "parquet"])
def test_no_rows_are_a_file_too(form: str, tmp_path: Path) -> None:
    data = whole(Output(form, TOPICS, TYPES), [], folder=tmp_path)
    if form == "parquet":
        table = pq.read_table(io.BytesIO(data))
        assert table.num_rows == 0
        assert table.column_names[-1] == "score_mia"
    else:
        assert data.decode() == ("source,start,end,text,topics,PER,ORG,GPE,score_trade,score_mia\r\n" if form == "csv" else "")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_parts_of_a_folder_are_files_of_their_own(form: str) -> None:
    output = Output(form, TOPICS, TYPES, folder=True)
    text = output.encode(answers("thăm Lào")).decode()
    assert text.startswith("source," if form == "csv" else '{"id"')
    assert output.ending == f".{form}"


def test_json_lines_keep_fields_and_replace_those_of_the_answer() -> None:
    kept = row("thăm Lào", fields={"id": "7", "topics": ["mia"], "note": [1]}, is_record=True)
    alone = row("ba", fields={}, is_record=True)
    written = Output("jsonl", TOPICS, TYPES, records=True).encode([(kept, predicted("thăm Lào")), (alone, predicted("ba"))])
    first, second = map(json.loads, written.decode().splitlines())
    assert list(first) == ["id", "note", "text", "topics", "scores", "participants"]
    assert (first["id"], first["note"], first["topics"]) == ("7", [1], ["trade"])
    assert list(second)[:5] == ["id", "doc", "source", "start", "end"]
    assert second["id"] == "a.x:1:0"


def test_a_table_has_the_columns_of_all_inputs_first(tmp_path: Path) -> None:
    output = Output(
        "csv", TOPICS, TYPES, columns={"n": None, "text": None, "source": None, "PER": None, "m": None}, records=True
    )
    assert list(output.kept) == ["n", "m"]
    rows = [row("thăm Lào", fields={"n": "1", "PER": "x"}), row("ba", fields={"id": 7, "n": 2}, is_record=True), row("bốn")]
    first, second, third = csv.DictReader(
        io.StringIO(whole(output, [(r, predicted(r.text)) for r in rows], folder=tmp_path).decode(), newline="")
    )
    assert list(first)[:6] == ["record", "n", "m", "source", "start", "end"]
    assert (first["record"], first["n"], first["m"], first["PER"], first["GPE"]) == ("", "1", "", "", "Lào")
    assert (second["record"], second["n"], second["source"]) == ('{"id": 7, "n": 2}', "", "7")
    assert (third["record"], third["n"], third["source"]) == ("", "", "a.x:1")


VALUES = {
    "int": pa.array([1, None], pa.int8()),
    "when": pa.array([1_500_000_000_000_000_001, None], pa.timestamp("ns", "Asia/Ho_Chi_Minh")),
    "day": pa.array([datetime.date(2025, 5, 1), None]),
    "money": pa.array([decimal.Decimal("1.50"), None]),
    "bytes": pa.array([b"\xff\x00", None]),
    "list": pa.array([[{"a": 1.5}], None]),
    "kind": pa.array(["x", None]).dictionary_encode(),
    "half": pa.array([float("nan"), 0.5]),
    "yes": pa.array([True, None]),
    "score_mia": pa.array([7, 8]),
}


def parquet_answers(path: Path, form: str) -> tuple[Output, list[Answer]]:
    pq.write_table(pa.table({**VALUES, "text": ["thăm Lào", "ba"]}), path)
    sources = find_sources([path])
    rows = [r for r in Stream(sources) if isinstance(r, Row)]
    columns = kept_columns(sources, typed=form == "parquet")
    return Output(form, TOPICS, TYPES, columns=columns), [(r, predicted(r.text)) for r in rows]


def test_parquet_keeps_columns_with_their_types(tmp_path: Path) -> None:
    output, found = parquet_answers(tmp_path / "in.parquet", "parquet")
    table = pq.read_table(io.BytesIO(whole(output, found[:1], found[1:], folder=tmp_path)))
    assert table.column_names[:9] == list(VALUES)[:9]
    for name in list(VALUES)[:9]:
        assert table.schema.field(name).type == VALUES[name].type or name == "kind"
        assert str(table.column(name).to_pylist()) == str(VALUES[name].to_pylist())
    assert table.column_names[9:] == ["source", "start", "end", "text", *answer_types(TOPICS)]
    assert table.column("score_mia").to_pylist() == [0.125, 0.125], "a column of this name is the answer's"
    assert table.column("participants").to_pylist() == [
        [{"text": "Lào", "start": 5, "end": 8, "type": "GPE", "score": 0.875}],
        [],
    ]
    assert table.column("text").to_pylist() == ["thăm Lào", "ba"]
    assert table.column("source").to_pylist() == [f"{tmp_path / 'in.parquet'}:{number}" for number in (1, 2)]


def test_values_of_parquet_in_text_formats(tmp_path: Path) -> None:
    output, found = parquet_answers(tmp_path / "in.parquet", "jsonl")
    first, second = (json.loads(line) for line in output.encode(found).decode().splitlines())
    assert first["when"].startswith("2017-07-14")
    del first["when"]
    expected = {"int": 1, "day": "2025-05-01", "money": "1.50", "bytes": "/wA=", "list": [{"a": 1.5}], "kind": "x"}
    assert {name: first[name] for name in expected} == expected
    assert (first["half"], first["yes"], second["half"]) == (None, True, 0.5)
    output, found = parquet_answers(tmp_path / "in.parquet", "csv")
    [fields, _] = csv.DictReader(io.StringIO(whole(output, found, folder=tmp_path).decode(), newline=""))
    assert {name: fields[name] for name in expected} == {
        "int": "1", "day": "2025-05-01", "money": "1.50", "bytes": "/wA=", "list": '[{"a": 1.5}]', "kind": "x",
    }  # fmt: skip
    assert (fields["half"], fields["yes"]) == ("", "true")


def test_rows_of_different_inputs_become_one_table(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"text": ["một", "hai"], "n": [1, 2], "k": pa.array(["x", "y"]).dictionary_encode()}), tmp_path / "a.parquet"
    )
    pq.write_table(pa.table({"text": ["ba"], "k": pa.array(["z"]).dictionary_encode(), "m": ["u"]}), tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text("m,text\nv,bốn\n", encoding="utf-8")
    (tmp_path / "d.jsonl").write_text('{"text": "năm", "n": "\\ud800"}\n', encoding="utf-8")
    sources = find_sources([tmp_path])
    rows = [r for r in Stream(sources) if isinstance(r, Row)]
    output = Output("parquet", TOPICS, TYPES, columns=kept_columns(sources, typed=True), records=True)
    found = [(r, predicted(r.text)) for r in rows]
    expected = {
        "record": [None] * 4 + ['{"n": "\\ud800"}'],
        "n": [1, 2, None, None, None],
        "k": ["x", "y", "z", None, None],
        "m": [None, None, "u", "v", None],
        "text": ["một", "hai", "ba", "bốn", "năm"],
    }
    for cut in range(6):
        table = pq.read_table(io.BytesIO(whole(output, found[:cut], found[cut:], folder=tmp_path)))
        assert {name: table.column(name).to_pylist() for name in expected} == expected


def test_half_a_surrogate_pair_is_written_in_every_format(tmp_path: Path) -> None:
    text = "Lào \ud800"
    assert json.loads(Output("jsonl", TOPICS, TYPES).encode(answers(text)))["text"] == text
    assert "Lào \\ud800" in Output("csv", TOPICS, TYPES).encode(answers(text)).decode()
    [found] = pq.read_table(io.BytesIO(Output("parquet", TOPICS, TYPES).encode(answers(text)))).to_pylist()
    assert found["text"] == "Lào \ufffd"
    assert (found["end"], len(found["text"])) == (5, 5)


def test_row_groups_are_large_and_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs, "_GROUP_ROWS", 10)
    parts = [answers(*["thăm Lào"] * size) for size in (4, 0, 7, 25, 3)]
    output = Output("parquet", TOPICS, TYPES)

    def group_sizes() -> list[int]:
        file = pq.ParquetFile(io.BytesIO(whole(output, *parts, folder=tmp_path)))
        return [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]

    assert group_sizes() == [10, 10, 10, 9]
    monkeypatch.setattr(outputs, "_GROUP_ROWS", 1000)
    monkeypatch.setattr(outputs, "_GROUP_BYTES", 500)
    sizes = group_sizes()
    assert sum(sizes) == 39
    assert len(sizes) > 2


def test_answers_of_nothing_are_null() -> None:
    columns = answer_columns([None, predicted("thăm Lào")], TOPICS)
    assert {name: column.type for name, column in columns.items()} == answer_types(TOPICS)
    assert {column.to_pylist()[0] for column in columns.values()} == {None}
    assert columns["topics"].to_pylist()[1] == ["trade"]


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=5))
def test_any_text_comes_back_from_every_format(texts: list[str]) -> None:
    found = answers(*texts)
    lines = Output("jsonl", TOPICS, TYPES).encode(found).decode().split("\n")[:-1]
    assert [json.loads(line)["text"] for line in lines] == texts
    table = Output("csv", TOPICS, TYPES, folder=True).encode(found).decode()
    assert [fields["text"] for fields in csv.DictReader(io.StringIO(table, newline=""))] == texts
    assert pq.read_table(io.BytesIO(Output("parquet", TOPICS, TYPES).encode(found))).column("text").to_pylist() == texts


def test_cells_are_a_mapping_that_reads_what_is_asked_for() -> None:
    cells = Cells(pa.RecordBatch.from_pydict({"a": [1, 2], "b": ["x", None]}), 1)
    assert (dict(cells), len(cells), cells.get("c")) == ({"a": 2, "b": None}, 2, None)
