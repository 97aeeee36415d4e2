"""Reading rows: formats, folders and patterns, and what becomes of rows that cannot be used."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.inputs import Source, find_sources, given_texts, sample
from hoptac.data.rows import BadRow, Cells, Row, Stream, kept_columns, parquet_rows, read_parquet
from hoptac.data.schema import DataError

TEXTS = ["Việt Nam thăm Lào", 'ông "Bình", bàn; về', "ma túy\tvà thương mại"]


def read(*names: str | Path | Source, column: str = "text", lines: bool = False) -> list[Row | BadRow]:
    return list(Stream(find_sources(names), column, lines))


def good(rows: Sequence[Row | BadRow]) -> list[Row]:
    assert all(isinstance(row, Row) for row in rows), rows
    return [row for row in rows if isinstance(row, Row)]


def bad(row: Row | BadRow) -> BadRow:
    assert isinstance(row, BadRow)
    return row


def write_csv(path: Path, rows: Sequence[Sequence[str]], delimiter: str = ",") -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


# Formats


def test_text_is_read_in_sentences_with_offsets_into_the_file(tmp_path: Path) -> None:
    content = "Tiêu đề\r\n\r\n  Lào bán điện. Hai bên ký.\rHết"
    path = tmp_path / "a.txt"
    path.write_bytes(content.encode())
    rows = good(read(path))
    assert [row.text for row in rows] == ["Tiêu đề", "Lào bán điện.", "Hai bên ký.", "Hết"]
    assert [content[row.start : row.end] for row in rows] == [row.text for row in rows]
    assert [row.where for row in rows] == [f"{path}:{line}" for line in (1, 3, 3, 4)]
    assert {row.source for row in rows} == {str(path)}
    assert [row.text for row in good(read(path, lines=True))] == ["Tiêu đề", "Lào bán điện. Hai bên ký.", "Hết"]


def test_json_lines_keep_other_fields_but_those_of_a_prediction(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    record = {"id": 7, "text": "Lào", "topics": ["mia"], "scores": {}, "participants": [], "note": {"a": [1]}}
    path.write_text(f"\ufeff{json.dumps(record)}\n\n{json.dumps({'text': 'Mỹ'})}", encoding="utf-8")
    first, second = good(read(path))
    assert (first.text, first.fields, first.where) == ("Lào", {"id": 7, "note": {"a": [1]}}, f"{path}:1")
    assert (second.text, second.fields, second.source) == ("Mỹ", {}, f"{path}:3")
    assert first.is_record


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t"), ("A.CSV", ",")])
def test_tables_keep_other_columns(name: str, delimiter: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / name, [["id", "text", ""], *([str(i), text, "x"] for i, text in enumerate(TEXTS))], delimiter)
    rows = good(read(path))
    assert [row.text for row in rows] == TEXTS
    assert [dict(row.fields) for row in rows] == [{"id": str(i), "": "x"} for i in range(3)]
    assert rows[2].where == f"{path}:4"
    assert list(kept_columns(find_sources([path]))) == ["id", ""]


def test_a_table_counts_lines_inside_of_fields_and_passes_over_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbftext,n\r\n"one\r\ntwo",1\r\n\r\nthree,2\r\n')
    first, second = good(read(path))
    assert (first.text, first.where) == ("one\r\ntwo", f"{path}:2")
    assert (second.text, second.where) == ("three", f"{path}:5")


def test_a_field_beyond_the_usual_limit_of_csv_is_read(tmp_path: Path) -> None:
    long = "Lào " * 100_000
    path = write_csv(tmp_path / "a.csv", [["text"], [long], ["Mỹ"]])
    assert [row.text for row in good(read(path))] == [long, "Mỹ"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())], ids=str)
def test_parquet_keeps_other_columns_as_they_are(kind: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    when = pa.array([1, 2, None], pa.timestamp("ns"))
    pq.write_table(pa.table({"headline": pa.array(TEXTS).cast(kind), "when": when, "n": [[1], [], None]}), path)
    rows = good(read(path, column="headline"))
    assert [row.text for row in rows] == TEXTS
    assert [row.where for row in rows] == [f"{path}:{number}" for number in (1, 2, 3)]
    assert isinstance(rows[0].fields, Cells)
    assert dict(rows[0].fields) == {"when": "1970-01-01 00:00:00.000000001", "n": [1]}
    assert dict(rows[2].fields) == {"when": None, "n": None}
    assert kept_columns(find_sources([path]), "headline", typed=True) == {"when": when.type, "n": pa.list_(pa.int64())}


@given(first=st.integers(0, 25), rows=st.integers(0, 30), group=st.integers(1, 9))
def test_any_range_of_parquet_is_the_slice_of_all(
    tmp_path_factory: pytest.TempPathFactory, first: int, rows: int, group: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.parquet"
    everything = [str(number) for number in range(23)]
    pq.write_table(pa.table({"text": everything, "n": list(range(23))}), path, row_group_size=group)
    found = good(list(read_parquet(str(path), first=first, rows=rows)))
    assert [row.text for row in found] == everything[first : first + rows]
    assert [row.fields["n"] for row in found] == list(range(23))[first : first + rows]
    assert [row.where for row in found] == [f"{path}:{int(row.text) + 1}" for row in found]
    assert parquet_rows(str(path)) == 23


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("form", ["jsonl", "csv", "txt"])
def test_compressed_files_are_read_also_of_several_members(form: str, ending: str, tmp_path: Path) -> None:
    lines = {"jsonl": ['{"text": "Lào"}\n', '{"text": "Mỹ"}\n'], "csv": ["text\nLào\n", "Mỹ\n"], "txt": ["Lào\n", "Mỹ\n"]}[form]
    compress = gzip.compress if ending == ".gz" else zstd
    path = tmp_path / f"a.{form}{ending}"
    path.write_bytes(b"".join(compress(line.encode()) for line in lines))
    assert [row.text for row in good(read(path))] == ["Lào", "Mỹ"]


def test_given_texts_and_the_sample_are_inputs_too() -> None:
    rows = good(read(given_texts(["Một. Hai.", "Ba."]), sample()))
    assert [(row.source, row.text) for row in rows[:2]] == [("text 1", "Một. Hai."), ("text 2", "Ba.")]
    assert len(rows) > 5
    assert {row.source for row in rows[2:]} == {"sample"}


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_standard_input_is_read_and_left_open(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"text": "Lào.\r\nMỹ.\n", "jsonl": '{"text": "Lào."}\n{"text": "Mỹ."}'}[form]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode()), encoding="ascii"))
    assert [row.text for row in good(list(Stream(find_sources(["-"], form))))] == ["Lào.", "Mỹ."]
    assert not sys.stdin.closed


# Rows that cannot be used


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON: "),
        (b"[" * 100_000, "not JSON: nested too deeply"),
        (b'{"id": "1"}', "text: an object with a string `text` was expected"),
        (b'{"text": 3}', "text: an object with a string `text` was expected"),
        (b'["text"]', "text: an object with a string `text` was expected"),
        (b'{"text": NaN}', "not JSON: NaN"),
        (b'{"text": "caf\xe9 nam"}', "not UTF-8: invalid continuation byte at byte 13 of the line"),
    ],
)
def test_a_bad_line_of_json_is_shown_and_the_rest_is_read(line: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "a"}\n' + line + b'\n{"text": "b"}\n')
    first, second, third = read(path)
    assert [row.text for row in good([first, third])] == ["a", "b"]
    assert bad(second).where == f"{path}:2"
    assert bad(second).reason.startswith(reason)
    assert bad(second).raw.startswith(line[:20].decode("utf-8", "backslashreplace"))
    assert len(bad(second).raw) < 11_000


def test_a_line_of_text_that_is_not_utf8_is_one_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"L\xc3\xa0o.\ncaf\xe9 nam. Hai.\nM\xe1\xbb\xb9.")
    first, second, third = read(path)
    assert [(row.text, row.start) for row in good([first, third])] == [("Lào.", 0), ("Mỹ.", 20)]
    assert bad(second).to_dict() == {
        "source": f"{path}:2",
        "reason": "not UTF-8: invalid continuation byte at byte 3 of the line",
        "raw": "caf\\xe9 nam. Hai.",
    }


@pytest.mark.parametrize(
    ("row", "reason", "raw"),
    [
        (b"only", "1 fields, where the header has 2", "only"),
        (b"a,b,c", "3 fields, where the header has 2", "a,b,c"),
        (b'caf\xe9,"x, y"', "not UTF-8: invalid continuation byte", 'caf\\xe9,"x, y"'),
        (b'"a"b,c', "not CSV: ',' expected after '\"' (is a quote not closed?)", '"a"b,c'),
    ],
)
def test_a_bad_row_of_a_table_is_shown_and_the_rest_is_read(row: bytes, reason: str, raw: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,n\none,1\n" + row + b"\ntwo,2\n")
    first, second, third = read(path)
    assert [row.text for row in good([first, third])] == ["one", "two"]
    assert bad(second) == BadRow(f"{path}:3", reason, raw)


def numbers(rows: Sequence[Row | BadRow]) -> list[int]:
    return [int(row.where.rpartition(":")[2]) for row in rows]


@pytest.mark.parametrize("closing", ['"x, y",207', "207,no more quotes"], ids=["another quote", "none"])
def test_a_stray_quote_costs_the_row_in_which_it_stands_and_no_other(closing: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["one,1", '"two,2', *(f"text {i},{i}" for i in range(206)), closing]
    path.write_text("text,n\n" + "\n".join(lines), encoding="utf-8")
    rows = read(path)
    assert numbers(rows) == list(range(2, 211)), "good rows and bad rows are the rows of the file"
    assert bad(rows[1]).raw == '"two,2'
    assert "is a quote not closed?" in bad(rows[1]).reason
    assert [row.text for row in good([rows[0], *rows[2:]])][:3] == ["one", "text 0", "text 1"]


def test_a_quote_that_is_closed_too_late_loses_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text,n,m\n"one,1,1\ntwo,2,2\nthree,"3,3\nfour",4,4\n"two\nlines",5,5\n', encoding="utf-8")
    rows = read(path)
    assert numbers(rows) == [2, 3, 4, 5, 6]
    assert [(row.text, row.where) for row in rows if isinstance(row, Row)] == [
        ("two", f"{path}:3"),
        ('four"', f"{path}:5"),
        ("two\nlines", f"{path}:6"),
    ]


@given(st.lists(st.lists(st.sampled_from(['"', '""', ",", "a", "é"]), max_size=6).map("".join), max_size=12))
def test_every_line_of_a_table_is_in_a_row_or_shown_as_a_bad_one(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.csv"
    path.write_text("".join(f"{line}\n" for line in ["text,n", *lines]), encoding="utf-8")
    rows = read(path)
    starts = numbers(rows)
    assert not any(lines[: starts[0] - 2 if rows else None])
    for row, start, end in zip(rows, starts, [*starts, len(lines) + 2][1:], strict=True):
        own = lines[start - 2 : end - 2]
        if isinstance(row, BadRow):
            assert (row.raw, any(own[1:])) == (own[0], False)
        else:
            record, *blank = csv.reader([f"{line}\n" for line in own], strict=True)
            assert (record, any(blank)) == ([row.text, row.fields["n"]], False)


@pytest.mark.parametrize("line", ["three\n", 'x","y\n'], ids=["one field", "many fields"])
def test_a_quote_that_is_not_closed_bounds_memory(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text\none\n"two\n' + line * 10, encoding="utf-8")
    monkeypatch.setattr("hoptac.data.rows._FIELD", 20)
    rows = read(path)
    assert bad(rows[1]).reason == ("not CSV: record of several lines larger than 20 characters (is a quote not closed?)")
    assert numbers(rows) == list(range(2, 14))
    if line == "three\n":
        assert [row.text for row in good(rows[2:])] == ["three"] * 10


@pytest.mark.parametrize("content", ['"text","n"\n"Lào","1"\n', "text,n\nLào,1\n"])
def test_a_table_may_begin_with_a_byte_order_mark(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8-sig")
    assert list(kept_columns(find_sources([path]))) == ["n"]
    [row] = good(read(path))
    assert (row.text, dict(row.fields)) == ("Lào", {"n": "1"})


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.txt.gz"])
def test_a_byte_order_mark_is_no_part_of_the_first_text(name: str, tmp_path: Path) -> None:
    content = '{"text": "Lào."}\n' if "jsonl" in name else "Lào. Mỹ.\nNga."
    path = tmp_path / name
    data = content.encode("utf-8-sig")
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    rows = good(read(path))
    assert rows[0].text == "Lào."
    if "txt" in name:
        assert [content[row.start : row.end] for row in rows] == [row.text for row in rows] == ["Lào.", "Mỹ.", "Nga."]


def test_null_and_broken_text_of_parquet_are_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    offsets, letters = pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pa.py_buffer(b"a\xff")
    broken = pa.Array.from_buffers(pa.string(), 2, [None, offsets, letters])
    texts = pa.concat_arrays([broken, pa.array([None, "b"], pa.string())])
    pq.write_table(pa.table({"text": texts, "n": [1, 2, 3, 4]}), path)
    first, second, third, fourth = read(path)
    assert [row.text for row in good([first, fourth])] == ["a", "b"]
    assert (bad(second).where, bad(second).raw) == (f"{path}:2", '{"n": 2}')
    assert bad(second).reason == "not UTF-8: invalid start byte at byte 0 of the text"
    assert bad(third) == BadRow(f"{path}:3", "text: null", '{"n": 3}')


# What stops the work


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_missing_column_is_told_with_those_there_are(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "a.csv":
        path.write_text("id,headline\n1,Lào\n", encoding="utf-8")
    else:
        pq.write_table(pa.table({"id": ["1"], "headline": ["Lào"]}), path)
    with pytest.raises(DataError, match=r"a\.\w+: has no column 'text'; it has 'id', 'headline' \(--column names one\)"):
        kept_columns(find_sources([path]))
    assert list(kept_columns(find_sources([path]), "headline")) == ["id"]


def test_columns_that_cannot_be_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [1]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: the column 'text' holds int64, not text"):
        kept_columns(find_sources([tmp_path / "a.parquet"]))
    write_csv(tmp_path / "a.csv", [["text", "n", "n"]])
    with pytest.raises(DataError, match=r"a\.csv: the column 'n' stands twice"):
        kept_columns(find_sources([tmp_path / "a.csv"]))
    (tmp_path / "b.parquet").write_bytes(b"PAR1 this is none")
    with pytest.raises(DataError, match=r"b\.parquet: not readable as Parquet: "):
        kept_columns(find_sources([tmp_path / "b.parquet"]))


def test_columns_of_several_files_are_united_in_order_of_appearance(tmp_path: Path) -> None:
    pq.write_table(pa.table({"b": [1], "text": ["x"], "a": pa.nulls(1)}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"text": ["x"], "c": ["z"], "a": [True]}), tmp_path / "2.parquet")
    write_csv(tmp_path / "3.csv", [["d", "text", "c"]])
    (tmp_path / "4.csv").touch()
    sources = find_sources([tmp_path])
    assert kept_columns(sources, typed=True) == {"b": pa.int64(), "a": pa.bool_(), "c": pa.string(), "d": pa.string()}
    pq.write_table(pa.table({"text": ["x"], "b": ["1"]}), tmp_path / "5.parquet")
    assert list(kept_columns(find_sources([tmp_path]))) == ["b", "a", "c", "d"]
    with pytest.raises(DataError, match=r"5\.parquet: the column 'b' holds string, in .*1\.parquet it holds int64"):
        kept_columns(find_sources([tmp_path]), typed=True)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_compressed_file_that_breaks_off_stops_with_its_name(ending: str, damage: str, tmp_path: Path) -> None:
    content = "".join(f'{{"text": "{os.urandom(40).hex()}"}}\n' for _ in range(20_000)).encode()
    data = gzip.compress(content) if ending == ".gz" else zstd(content)
    data = data[: len(data) // 2] if damage == "cut" else data[:50_000] + bytes(100) + data[50_100:]
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(data)
    with pytest.raises(DataError, match=rf"a\.jsonl\{ending}: cannot be read"):
        read(path)


# Which files


def test_folders_and_patterns_give_sorted_files_of_known_endings(tmp_path: Path) -> None:
    names = ["b.jsonl", "a.csv", "c/d.txt.gz", "c/e.parquet", "c/.f/g.txt", ".h.txt", "i.md", "b.jsonl.errors.jsonl", "out.csv"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = find_sources([tmp_path], leave_out=[tmp_path / "out.csv"])
    assert [os.path.relpath(source.name, tmp_path) for source in found] == ["a.csv", "b.jsonl", "c/d.txt.gz", "c/e.parquet"]
    assert [(source.form, source.compression) for source in found[1:3]] == [("jsonl", ""), ("text", "gz")]
    found = find_sources([str(tmp_path / "**" / "*.[tp]*"), tmp_path / "i.md"])
    assert [os.path.relpath(source.name, tmp_path) for source in found] == ["c/d.txt.gz", "c/e.parquet", "i.md"]
    assert found[2].form == "text"
    (tmp_path / "[x].txt").touch()
    assert find_sources([tmp_path / "[x].txt"])[0].name == str(tmp_path / "[x].txt"), "a file of that name is no pattern"


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (["empty"], DataError, "empty: no file below this folder has one of the endings .jsonl .csv"),
        (["*.jsonl"], FileNotFoundError, r"\*.jsonl: no file fits this pattern"),
        (["nowhere.csv"], FileNotFoundError, "nowhere.csv: no such file"),
        (["a.txt", "./a.txt"], DataError, "./a.txt: is named twice"),
        (["a.txt", "*.txt"], DataError, "a.txt: is named twice"),
        (["-", "-"], DataError, "-: is named twice"),
        (["out.txt"], DataError, "out.txt: is to be read and to be written"),
        (["a.parquet.gz"], DataError, "a.parquet.gz: a Parquet file is compressed inside"),
    ],
)
def test_inputs_that_cannot_be_are_named(
    inputs: list[str], error: type[Exception], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("empty", "notes.md").touch()
    for name in ("a.txt", "out.txt", "a.parquet.gz"):
        Path(name).touch()
    with pytest.raises(error, match=message):
        find_sources(inputs, leave_out=["out.txt"])


@pytest.mark.parametrize(
    "name", ["a.json", "A.XLSX", "a.xls", "a.docx", "a.pdf", "a.html", "a.csv.bz2", "a.xz", "a.zip", "a.json.gz"]
)
def test_a_file_of_another_format_is_refused_by_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    for path in (tmp_path / name, tmp_path / "[aA].*"):
        with pytest.raises(DataError, match=rf"{name}: \.\w+ is not read; .*\.jsonl .* standard input"):
            find_sources([path])


@pytest.mark.parametrize("name", ["a", "a.txt", "a.md", "a.2025", "a.gz"])
def test_other_files_are_text(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert find_sources([tmp_path / name])[0].form == "text"


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
def test_ndjson_is_json_lines(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert [source.form for source in find_sources([tmp_path])] == ["jsonl"]


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt.zst"
    path.write_bytes(zstd(b"a"))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"pip install 'hoptac\[bulk\]'"):
        read(path)


# How far


def test_the_share_of_the_input_grows_to_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Lào"}\n' * 20_000, encoding="utf-8")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n' * 20_000))
    stream = Stream(find_sources([tmp_path]))
    shares = [stream.share() for _ in stream]
    assert shares == sorted(shares, key=lambda share: share or 0)
    assert 0.4 < (shares[10_000] or 0) < 0.6
    assert stream.share() == 1.0
    assert stream.total_rows is None


def test_parquet_tells_its_rows(tmp_path: Path) -> None:
    for name, rows in (("a", 30), ("b", 10)):
        pq.write_table(pa.table({"text": ["Lào"] * rows}), tmp_path / f"{name}.parquet")
    stream = Stream(find_sources([tmp_path]))
    assert stream.total_rows == 40
    shares = [stream.share() for _ in stream]
    assert shares[14] == pytest.approx(15 / 40)
    assert shares[39] == 1.0


def test_the_share_of_standard_input_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    stream = Stream(find_sources(["-"]))
    assert [stream.share() for _ in stream] == [None, None]


def test_the_identity_of_a_file_changes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a", encoding="utf-8")
    [source] = find_sources([path])
    before = source.identity()
    os.utime(path, ns=(1, 1))
    assert source.identity() != before
    assert given_texts(["a", "b"]).identity() != given_texts(["a\nb"]).identity()
