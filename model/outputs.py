"""Predictions as files: JSON Lines, CSV, Parquet and text, part by part and put together.

A part is the answers to some rows, already in the output's format. `put_together` reads all parts of an output, in order and
with bounded memory; for an output that is a folder they are its files.
"""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import math
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from ..data.inputs import COMPRESSIONS
from ..data.rows import Cells, Row, arrow
from ..data.schema import DataError
from .predictor import Prediction

OUTPUTS = ("text", "jsonl", "csv", "parquet")
_ENDINGS = {"text": ".txt", "jsonl": ".jsonl", "csv": ".csv", "parquet": ".parquet"}
_FORMS = {"": "text", ".ndjson": "jsonl", **{ending: form for form, ending in _ENDINGS.items()}}
_GROUP_ROWS = 65_536
_GROUP_BYTES = 64 * 2**20
"""A row group of Parquet ends at whichever comes first; the second bounds memory where other columns are large."""
_SURROGATE = re.compile("[\ud800-\udfff]")

Answer = tuple[Row, Prediction]


def output_form(
    path: str | os.PathLike[str], form: str | None = None, forms: Sequence[str] = OUTPUTS, endings: Mapping[str, str] = _FORMS
) -> tuple[str, str]:
    """Format and compression of an output by its ending; a folder, whose name ends in `/`, holds Parquet unless `form` is given.

    >>> output_form("out.jsonl.gz"), output_form("out/"), output_form("-")
    (('jsonl', 'gz'), ('parquet', ''), ('text', ''))

    Args:
        forms: all that there are.
        endings: which of them an ending tells; one may be of two parts, which then goes before its last part.

    Raises:
        DataError: for a compression around Parquet, or, without `form`, an ending that tells no format. No ending is text.
        ValueError: for an unknown format.
    """
    if form not in (None, *forms):
        raise ValueError(f"format: unknown format {form!r}; known are {', '.join(forms)}")
    name = os.fspath(path)
    if is_folder(name):
        return form or "parquet", ""
    compression = COMPRESSIONS.get(Path(name).suffix.lower(), "")
    suffixes = Path(name.lower()).suffixes[: -1 if compression else None]
    ending = "".join(suffixes[-1:])
    form = form or endings.get("".join(suffixes[-2:])) or endings.get(ending)
    if form is None:
        known = " ".join(filter(None, endings))
        raise DataError([f"{name}: {ending} is not written; {known} are (also with .gz or .zst), or name a format (--format)"])
    if form == "parquet" and compression:
        raise DataError([f"{name}: Parquet is compressed inside; leave .{compression} out"])
    return form, compression


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether an output is a folder of parts: its name ends in a slash."""
    return os.fspath(path).endswith(("/", os.sep))


@dataclass(frozen=True)
class Output:
    """How answers are written; small and picklable, so that it can be sent to other processes."""

    form: str
    """One of `OUTPUTS`."""
    topics: tuple[str, ...]
    types: tuple[str, ...]
    compression: str = ""
    """`gz` or `zst`."""
    folder: bool = False
    """Whether each part is a file of its own, which needs a header of its own."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the inputs, with pyarrow types for Parquet. Those with a name that the answers need are replaced."""
    records: bool = False
    """Whether a column `record` holds the other fields of JSON objects, as JSON."""

    @property
    def ending(self) -> str:
        return _ENDINGS[self.form] + (f".{self.compression}" if self.compression else "")

    @property
    def kept(self) -> dict[str, Any]:
        """The columns that come from the inputs, in order."""
        ours = {"source", "start", "end"}
        if self.form == "csv":
            ours |= set(_table_header(self))
        else:
            ours |= {"text", *answer_types(self.topics)} if self.form == "parquet" else set()
        if self.records:
            ours.add("record")
        return {name: kind for name, kind in self.columns.items() if name not in ours}

    @property
    def replaced(self) -> list[str]:
        """The columns of the inputs in whose place an answer has its own; none in text, which keeps no column."""
        if self.form == "text":
            return []
        ours = {"text", "topics", "scores", "participants"}  # all that an answer has in JSON Lines
        return [name for name in self.columns if (name in ours if self.form == "jsonl" else name not in self.kept)]

    def encode(self, answers: Sequence[Answer]) -> bytes:
        """A part."""
        if self.form == "parquet":
            sink = io.BytesIO()
            arrow("parquet").write_table(_table(self, answers), sink, compression="zstd")
            return sink.getvalue()
        text = io.StringIO(newline="")
        if self.folder:
            self.begin(text)
        self.write(answers, text)
        return compressed(text.getvalue(), self.compression)

    def begin(self, file: TextIO) -> None:
        """Write what stands before the first part: the header of CSV. Not for Parquet."""
        if self.form == "csv":
            record = ["record"] if self.records else []
            csv.writer(file).writerow([*record, *self.kept, "source", "start", "end", *_table_header(self)])

    def write(self, answers: Sequence[Answer], file: TextIO) -> None:
        """Write answers as text. Not for Parquet."""
        {"jsonl": _write_records, "csv": _write_table, "text": _write_text}[self.form](self, answers, file)

    def put_together(self, parts: Iterable[Path], target: BinaryIO) -> None:
        """Write one file out of its parts."""
        if self.form == "parquet":
            join_parquet(_schema(self), parts, target)
            return
        header = io.StringIO(newline="")
        self.begin(header)
        join_text(header.getvalue(), self.compression, parts, target)

    def to_dict(self) -> dict[str, Any]:
        """What makes two outputs alike, as JSON."""
        return {
            "format": self.form,
            "compression": self.compression,
            "folder": self.folder,
            "columns": [[name, str(kind)] for name, kind in self.kept.items()],
            "records": self.records,
        }


def compressed(text: str, compression: str) -> bytes:
    """Text as the bytes of a file, or of a piece: members of gzip and frames of zstd may follow each other (RFC 1952, RFC 8878).

    Args:
        compression: `gz`, `zst` or nothing.
    """
    # Half a surrogate pair, which UTF-8 cannot hold, is written as its escape, which JSON reads back.
    data = text.encode("utf-8", "backslashreplace")
    if compression == "gz":
        return gzip.compress(data, mtime=0)
    if compression == "zst":
        return bytes(arrow().Codec("zstd").compress(data, asbytes=True))
    return data


def join_text(header: str, compression: str, parts: Iterable[Path], target: BinaryIO) -> None:
    """Write a file of text out of what stands before the first part, and its parts, which are compressed already."""
    if header:
        target.write(compressed(header, compression))
    for part in parts:
        with open(part, "rb") as file:
            shutil.copyfileobj(file, target, 2**20)


def _source(row: Row) -> str:
    """The name by which an answer is found again: the id of a JSON object that has one, else where the row stands."""
    return str(row.fields.get("id", row.source)) if row.is_record else row.source


def _write_records(output: Output, answers: Sequence[Answer], file: TextIO) -> None:
    for row, prediction in answers:
        fields: Mapping[str, Any] = row.fields
        if isinstance(fields, Cells):
            fields = {name: _json_value(value) for name, value in fields.items()}
        # With an id of its own, what comes out can go into `hoptac data`.
        own = {"id": f"{row.source}:{row.start}", "doc": row.source, "source": row.source, "start": row.start, "end": row.end}
        answer = prediction.to_dict()
        where = {name: value for name, value in fields.items() if name not in answer} or own
        file.write(json.dumps({**where, **answer}, ensure_ascii=False) + "\n")


def _json_value(value: Any) -> Any:
    """A value of Parquet in JSON's types: times in ISO 8601, bytes in base64, decimals as text, null for what is no number."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _json_value(item) for name, item in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _table_header(output: Output) -> list[str]:
    from .display import table_header

    return table_header(output.topics, output.types)


def _write_table(output: Output, answers: Sequence[Answer], file: TextIO) -> None:
    from .display import table_row

    rows = csv.writer(file)
    for row, prediction in answers:
        record = [_record(row) or ""] if output.records else []
        kept = ["" if row.is_record else _cell(row.fields.get(name)) for name in output.kept]
        rows.writerow([*record, *kept, _source(row), row.start, row.end, *table_row(prediction, output.topics, output.types)])


def _record(row: Row) -> str | None:
    return json.dumps(row.fields, ensure_ascii=False) if row.is_record else None


def _cell(value: Any) -> str:
    """A value of CSV or Parquet as a field of CSV."""
    value = _json_value(value)
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _write_text(output: Output, answers: Sequence[Answer], file: TextIO) -> None:
    from rich.console import Console

    from .display import render

    console = Console(file=file, highlight=False)
    for _, prediction in answers:
        console.print(render(prediction), soft_wrap=not file.isatty())
        console.print()


def answer_types(topics: Sequence[str]) -> dict[str, Any]:
    """The pyarrow types of the columns that an answer has in Parquet.

    >>> list(answer_types(["trade"]))  # doctest: +SKIP
    ['topics', 'participants', 'score_trade']
    """
    pa = arrow()
    participant = pa.struct(
        [("text", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("type", pa.string()), ("score", pa.float64())]
    )
    scores = {f"score_{topic}": pa.float64() for topic in topics}
    return {"topics": pa.list_(pa.string()), "participants": pa.list_(participant), **scores}


def answer_columns(predictions: Sequence[Prediction | None], topics: Sequence[str]) -> dict[str, Any]:
    """Predictions as pyarrow arrays with the names and types of `answer_types`; None becomes null in all of them."""
    pa = arrow()
    values: dict[str, list[Any]] = {
        "topics": [p and list(p.topics) for p in predictions],
        "participants": [p and [{**q.to_dict(), "text": whole_text(q.text)} for q in p.participants] for p in predictions],
    }
    values |= {f"score_{topic}": [p and p.scores[topic] for p in predictions] for topic in topics}
    return {name: pa.array(values[name], kind) for name, kind in answer_types(topics).items()}


def whole_text(text: str) -> str:
    """The text with the replacement character for half a surrogate pair, which Parquet cannot hold; the length stays."""
    return _SURROGATE.sub("\ufffd", text)


def _schema(output: Output) -> Any:
    pa = arrow()
    record = {"record": pa.string()} if output.records else {}
    where = {"source": pa.string(), "start": pa.int64(), "end": pa.int64(), "text": pa.string()}
    return pa.schema(list({**record, **output.kept, **where, **answer_types(output.topics)}.items()))


def _table(output: Output, answers: Sequence[Answer]) -> Any:
    """Answers as a pyarrow Table."""
    pa = arrow()
    rows = [row for row, _ in answers]
    columns: dict[str, Any] = {name: _kept_column(rows, name, kind) for name, kind in output.kept.items()}
    if output.records:
        records = [_record(row) for row in rows]
        columns["record"] = [r and r.encode("utf-8", "backslashreplace").decode("utf-8") for r in records]
    columns |= {
        "source": [whole_text(_source(row)) for row in rows],
        "start": [row.start for row in rows],
        "end": [row.end for row in rows],
        "text": [whole_text(row.text) for row in rows],
    }
    columns |= answer_columns([prediction for _, prediction in answers], output.topics)
    schema = _schema(output)
    return pa.table(
        [
            columns[name] if hasattr(columns[name], "type") else pa.array(columns[name], kind)
            for name, kind in zip(schema.names, schema.types, strict=True)
        ],
        schema,
    )


def _kept_column(rows: Sequence[Row], name: str, kind: Any) -> Any:
    """A column of the inputs, null where a row's input has none of this name."""
    pa = arrow()

    def batch_of(row: Row) -> Any:
        return row.fields.batch if isinstance(row.fields, Cells) else None

    chunks = []
    for _, run in groupby(rows, lambda row: id(batch_of(row))):
        group = list(run)
        batch = batch_of(group[0])
        if batch is None:
            chunks.append(pa.array([None if row.is_record else row.fields.get(name) for row in group], kind))
        elif name in batch.schema.names:
            indices = [row.fields.index for row in group if isinstance(row.fields, Cells)]
            chunks.append(batch.column(name).take(pa.array(indices, pa.int64())).cast(kind))
        else:
            chunks.append(pa.nulls(len(group), kind))
    return pa.chunked_array(chunks, kind)


def join_parquet(schema: Any, parts: Iterable[Path], target: BinaryIO) -> None:
    """Write a Parquet file out of its parts, which have this schema, in row groups of bounded size."""
    parquet = arrow("parquet")
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for group in _row_groups(parquet.read_table(part) for part in parts):
            writer.write_table(group, row_group_size=max(1, group.num_rows))


def _row_groups(tables: Iterable[Any]) -> Iterator[Any]:
    pa = arrow()
    held: list[Any] = []
    rows = size = 0
    for table in tables:
        held.append(table)
        rows += table.num_rows
        size += table.nbytes
        if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
            joined = pa.concat_tables(held)
            yield joined.slice(0, _GROUP_ROWS)
            held = [joined.slice(_GROUP_ROWS)] if rows > _GROUP_ROWS else []
            rows = max(0, rows - _GROUP_ROWS)
            size = sum(table.nbytes for table in held)
    if rows:
        yield pa.concat_tables(held)
