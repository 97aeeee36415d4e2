"""Texts to be read, out of files of any size: each with where it stands and what else its record holds.

JSON Lines, CSV, Parquet and text. What is read at a time is bounded, and a row that cannot be used comes as a `BadRow` and
does not stop the others.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import os
import sys
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, BinaryIO, TextIO

from .inputs import Source
from .schema import DataError, parse_json, utf8_problem
from .sentences import read_lines

_PREDICTED = ("text", "topics", "scores", "participants")
"""Fields of a JSON object that a prediction fills: what they held before is not kept."""
_BATCH = 1024
"""Rows of a Parquet file that are decoded together."""
_FIELD = 4 * 2**20
"""Characters of the longest field of a CSV file, and of a record of several lines. Without a limit, an open quote would read all
that follows it into memory."""
_SHOWN = 10_000
"""Characters of a bad row that are shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text to be read and what stood beside it."""

    text: str
    source: str
    """The file of a sentence of plain text; file and line, or file and row from 1, of what came in records."""
    start: int
    """Offset in the characters of a file of plain text, among which a byte order mark at its head does not count (as with
    Python's encoding `utf-8-sig`); 0 in a text of its own. `end` is exclusive."""
    end: int
    where: str
    """File and line, or file and row: for messages."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The other fields of a JSON object, or the other columns: strings of CSV, `Cells` of Parquet."""
    is_record: bool = False
    """Whether `fields` are those of a JSON object."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used."""

    where: str
    reason: str
    raw: str
    """The row as far as it can be shown."""

    def to_dict(self) -> dict[str, str]:
        """As it stands in a file of errors."""
        return {"source": self.where, "reason": self.reason, "raw": self.raw}


class Cells(Mapping[str, Any]):
    """One row of a pyarrow RecordBatch as a mapping: a cell becomes a Python value only when it is asked for."""

    __slots__ = ("batch", "index")

    def __init__(self, batch: Any, index: int) -> None:
        self.batch = batch
        self.index = index

    def __getitem__(self, name: str) -> Any:
        if name not in self.batch.schema.names:
            raise KeyError(name)
        cell = self.batch.column(name)[self.index]
        # Python's own types end at microseconds, and pyarrow would import pandas for more.
        return str(cell) if cell.is_valid and getattr(cell.type, "unit", "") == "ns" else cell.as_py()

    def __iter__(self) -> Iterator[str]:
        return iter(self.batch.schema.names)

    def __len__(self) -> int:
        return len(self.batch.schema.names)


def arrow(module: str = "") -> Any:
    """pyarrow or one of its modules, which reads and writes Parquet and zstd.

    Raises:
        DataError: if it is not installed.
    """
    try:
        return import_module(f"pyarrow.{module}" if module else "pyarrow")
    except ModuleNotFoundError:
        raise DataError(
            ["Parquet and zstd need pyarrow, which is not installed; the extra `bulk` has it: pip install 'hoptac[bulk]'"]
        ) from None


def kept_columns(sources: Sequence[Source], column: str = "text", typed: bool = False) -> dict[str, Any]:
    """The columns of all CSV and Parquet inputs besides `column`, in the order in which they first appear.

    Args:
        column: the one that holds the text; each of these inputs must have it.
        typed: give pyarrow types, strings for CSV; otherwise every value is None.

    Raises:
        DataError: if `column` is missing or no text, a name stands twice, or, where `typed`, types of one name differ.
    """
    columns: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for source in sources:
        if source.form not in ("csv", "tsv", "parquet"):
            continue
        found = _parquet_columns(source.name) if source.form == "parquet" else _csv_columns(source, typed)
        names = [name for name, _ in found]
        if not names:
            continue
        if column not in names:
            raise DataError(
                [f"{source.name}: has no column {column!r}; it has {', '.join(map(repr, names))} (--column names one)"]
            )
        for name, kind in found:
            if names.count(name) > 1:
                raise DataError([f"{source.name}: the column {name!r} stands twice"])
            if name == column:
                if source.form == "parquet" and not _is_text(kind):
                    raise DataError([f"{source.name}: the column {name!r} holds {kind}, not text"])
                continue
            if not typed:
                columns[name] = None
            elif name not in columns:
                columns[name], origin[name] = kind, source.name
            elif (both := _common_type(columns[name], kind)) is None:
                first = f"in {origin[name]} it holds {columns[name]}"
                raise DataError([f"{source.name}: the column {name!r} holds {kind}, {first}; Parquet needs one type"])
            else:
                columns[name] = both
    return columns


def _parquet_columns(name: str) -> list[tuple[str, Any]]:
    with _parquet_file(name) as file:
        return [(column.name, column.type) for column in file.schema_arrow]


def _csv_columns(source: Source, typed: bool) -> list[tuple[str, Any]]:
    kind = arrow().string() if typed else None
    with _as_text(_Position(), source) as file:
        return [
            (name, kind) for name in _header(csv.reader(file, delimiter=_DELIMITERS[source.form], strict=True), source.name)
        ]


def _is_text(kind: Any) -> bool:
    types = arrow("types")
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _common_type(first: Any, second: Any) -> Any:
    """The type that holds both; None where columns of these types must not be mixed."""
    pa = arrow()
    if first == second or second == pa.null():
        return first
    if first == pa.null():
        return second
    return pa.large_string() if {str(first), str(second)} == {"string", "large_string"} else None


def parquet_rows(name: str) -> int:
    """How many rows a Parquet file has, as its metadata say."""
    with _parquet_file(name) as file:
        return int(file.metadata.num_rows)


@contextmanager
def _parquet_file(name: str) -> Iterator[Any]:
    parquet = arrow("parquet")
    try:
        # Buffered, so that a row group is not read into memory as a whole.
        file = parquet.ParquetFile(name, buffer_size=2**20, pre_buffer=False)
    except (OSError, ValueError) as error:
        raise DataError([f"{name}: not readable as Parquet: {error}"]) from None
    with file:
        yield file


class Stream:
    """The rows of all inputs, one after the other.

    >>> from hoptac.data.inputs import given_texts
    >>> stream = Stream([given_texts(["Lào", "Việt Nam"])])
    >>> [row.text for row in stream]
    ['Lào', 'Việt Nam']

    Args:
        sources: as `find_sources` gives them.
        column: the field or column that holds the text.
        lines: each line of plain text is one row, instead of each sentence.
        whole: each text file, or web page, is one row.

    Raises:
        DataError: while it is read, if a file as a whole cannot be read on.
    """

    def __init__(self, sources: Sequence[Source], column: str = "text", lines: bool = False, whole: bool = False) -> None:
        self.sources = list(sources)
        self.column = column
        self.lines = lines
        self.whole = whole
        self.position = _Position()
        by_rows = bool(self.sources) and all(source.form == "parquet" for source in self.sources)
        self.total_rows = sum(parquet_rows(source.name) for source in self.sources) if by_rows else None
        """Known if all inputs are Parquet."""
        files = [source for source in self.sources if not source.texts]
        self.sizes = {s.name: parquet_rows(s.name) if by_rows else os.path.getsize(s.name) for s in files if s.is_file}
        self.measurable = len(self.sizes) == len(files)
        self.before = 0

    def share(self) -> float | None:
        """The part of the input that has been read, from 0 to 1; None if it cannot be known."""
        total = sum(self.sizes.values())
        if not total or not self.measurable:
            return None
        return min(1.0, (self.before + self.position.share() * self.sizes.get(self.position.name, 0)) / total)

    def __iter__(self) -> Iterator[Row | BadRow]:
        for source in self.sources:
            self.position.start(source.name)
            last = ""
            try:
                for row in self._read(source):
                    last = row.where
                    yield row
            except DataError:
                raise
            except (OSError, EOFError, ValueError, NotImplementedError, zlib.error) as error:
                after = f" after {last}" if last else ""
                raise DataError([f"{source.name}: cannot be read{after}: {error}"]) from None
            self.before += self.sizes.get(source.name, 0)
            self.position.start("")

    def _read(self, source: Source) -> Iterator[Row | BadRow]:
        if source.form == "given":
            for number, text in enumerate(source.texts, 1):
                yield Row(text, f"text {number}", 0, len(text), f"text {number}")
        elif source.form == "article" and self.whole:
            text = "".join(source.texts)
            yield Row(text, source.name, 0, len(text), source.name)
        elif source.form == "article":
            yield from _sentences("".join(source.texts).splitlines(keepends=True), source.name, False)
        elif source.form == "parquet":
            self.position.rows = max(1, parquet_rows(source.name))
            for row in read_parquet(source.name, self.column):
                self.position.row += 1
                yield row
        elif source.form == "jsonl":
            with _as_bytes(self.position, source) as file:
                yield from _records(file, source.name, self.column)
        else:
            with _as_text(self.position, source) as lines:
                if source.form in ("text", "page") and self.whole:
                    yield _whole(lines.read(), source.name)
                elif source.form == "text":
                    yield from _sentences(lines, source.name, self.lines)
                else:
                    yield from _table(lines, source.name, self.column, _DELIMITERS[source.form])


class _Position:
    """How far the file that is being read has been read."""

    def __init__(self) -> None:
        self.start("")

    def start(self, name: str) -> None:
        self.name = name
        self.raw: BinaryIO | None = None
        self.row, self.rows = 0, 0

    def share(self) -> float:
        if self.rows:
            return self.row / self.rows
        if self.raw is None or self.raw.closed:
            return 0.0
        return self.raw.tell() / max(1, os.fstat(self.raw.fileno()).st_size)


@contextmanager
def _as_bytes(position: _Position, source: Source) -> Iterator[Any]:
    if source.name == "-":
        yield sys.stdin.buffer
        return
    with open(source.name, "rb") as raw:
        position.raw = raw if source.is_file else None
        yield decompressed(raw, source.compression)


def decompressed(raw: BinaryIO, compression: str) -> Any:
    """What is in an open file.

    Args:
        compression: one of the values of `inputs.COMPRESSIONS`, or nothing.
    """
    if compression == "gz":
        return gzip.GzipFile(fileobj=raw)
    if compression == "zst":
        return io.BufferedReader(arrow().CompressedInputStream(raw, "zstd"))
    return raw


@contextmanager
def _as_text(position: _Position, source: Source) -> Iterator[TextIO]:
    """Lines with their own ends, so that offsets can be counted; a byte that is not UTF-8 becomes half a surrogate pair.

    A byte order mark says how the file is encoded and is no part of it.
    """
    with _as_bytes(position, source) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        try:
            yield text
        finally:
            text.detach()  # standard input is not ours to close


def _sentences(lines: Iterator[str] | Sequence[str] | TextIO, name: str, whole_lines: bool) -> Iterator[Row | BadRow]:
    offset = 0
    for number, line in enumerate(lines, 1):
        where = f"{name}:{number}"
        if problem := _not_utf8(line):
            yield BadRow(where, problem, _shown(line.rstrip("\r\n")))
        else:
            for place in read_lines([line], name, whole_lines):
                yield Row(place.text, name, offset + place.start, offset + place.end, where)
        offset += len(line)


def _whole(text: str, name: str) -> Row | BadRow:
    problem = _not_utf8(text)
    return BadRow(name, problem, _shown(text)) if problem else Row(text, name, 0, len(text), name)


def _not_utf8(text: str) -> str:
    """What is wrong with a line that was decoded by `_as_text`, or nothing."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        try:
            text.encode("utf-8", "surrogateescape").decode("utf-8")
        except UnicodeDecodeError as error:
            return utf8_problem(error)
    return ""


def _shown(raw: str | bytes) -> str:
    """A row for a message: bytes that are no text as their escapes, and not without end."""
    if isinstance(raw, str):
        raw = raw.encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "backslashreplace")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"


def _records(lines: BinaryIO, name: str, column: str) -> Iterator[Row | BadRow]:
    for number, line in enumerate(lines, 1):
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            record = parse_json(line)
        except ValueError as error:
            yield BadRow(where, str(error), _shown(line.rstrip()))
            continue
        text = record.get(column) if isinstance(record, dict) else None
        if isinstance(text, str):
            fields = {key: value for key, value in record.items() if key != column and key not in _PREDICTED}
            yield Row(text, where, 0, len(text), where, fields, is_record=True)
        else:
            yield BadRow(where, f"{column}: an object with a string `{column}` was expected", _shown(line.rstrip()))


_DELIMITERS = {"csv": ",", "tsv": "\t"}


def _header(rows: Any, name: str) -> list[str]:
    """The names of the columns; none of an empty file."""
    try:
        header = [str(field) for field in next(rows, [])]
    except csv.Error as error:
        raise DataError([f"{name}:1: not CSV: {error}"]) from None
    if problem := _not_utf8("".join(header)):
        raise DataError([f"{name}:1: {problem}"])
    return header


def _table(lines: TextIO, name: str, column: str, delimiter: str) -> Iterator[Row | BadRow]:
    """A quote too many makes one record of many rows. So of a record that is no row, only the first line is bad; the lines
    after it are read again, each as the beginning of a record."""
    csv.field_size_limit(max(_FIELD, csv.field_size_limit()))  # holds for the process
    record = _RecordLines(lines)
    rows = csv.reader(record, delimiter=delimiter, strict=True)
    header = _header(rows, name)
    while True:
        where = f"{name}:{record.begin()}"
        problem = ""
        try:
            fields = next(rows)
            if not fields:
                continue
            if len(fields) != len(header):
                problem = f"{len(fields)} fields, where the header has {len(header)}"
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"not CSV: {error} (is a quote not closed?)"
        if problem:
            record.read_again_but_first()
        if bytes_problem := _not_utf8("".join(record.taken)).partition(" at byte")[0]:
            problem = bytes_problem
        if problem:
            yield BadRow(where, problem, _shown("".join(record.taken).rstrip("\r\n")))
            continue
        values = dict(zip(header, fields, strict=True))
        text = values.pop(column)
        yield Row(text, where, 0, len(text), where, values)


class _RecordLines:
    """The lines of a table, some of which may be read again; those of a record are kept until the next one begins."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.again: deque[str] = deque()
        self.taken: list[str] = []
        self.first = 1
        self.size = 0

    def begin(self) -> int:
        """Begin a record; gives the number of its first line."""
        self.first += len(self.taken)
        self.taken.clear()
        self.size = 0
        return self.first

    def read_again_but_first(self) -> None:
        self.again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def __iter__(self) -> _RecordLines:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self.lines)
        self.taken.append(line)
        self.size += len(line)
        if self.size > _FIELD and len(self.taken) > 1:
            raise csv.Error(f"record of several lines larger than {_FIELD} characters")
        return line


def read_parquet(name: str, column: str = "text", first: int = 0, rows: int | None = None) -> Iterator[Row | BadRow]:
    """Rows of a Parquet file.

    Args:
        first: the first one, counted from 0. What stands before it in its row group is decoded and passed over.
        rows: how many; None means all that follow.

    Raises:
        DataError: if the file is no Parquet or has no such column.
    """
    with _parquet_file(name) as file:
        if column not in file.schema_arrow.names:
            raise DataError([f"{name}: has no column {column!r}; it has {', '.join(map(repr, file.schema_arrow.names))}"])
        end = file.metadata.num_rows if rows is None else min(first + rows, file.metadata.num_rows)
        groups, position = _groups_from(file.metadata, first, end)
        for batch in file.iter_batches(_BATCH, row_groups=groups) if groups else ():
            below = min(batch.num_rows, end - position)
            if position + below > first:
                yield from _batch_rows(batch, name, column, position, max(0, first - position), below)
            position += batch.num_rows
            if position >= end:
                return


def _groups_from(metadata: Any, first: int, end: int) -> tuple[list[int], int]:
    """Row groups that hold the rows from `first` to `end`, and the number of the first row of the first group."""
    groups: list[int] = []
    start = position = 0
    for number in range(metadata.num_row_groups):
        size = metadata.row_group(number).num_rows
        if position < end and position + size > first:
            start = start if groups else position
            groups.append(number)
        position += size
    return groups, start


def _batch_rows(batch: Any, name: str, column: str, position: int, begin: int, end: int) -> Iterator[Row | BadRow]:
    texts = batch.column(column)
    others = batch.select([other for other in batch.schema.names if other != column])
    for index in range(begin, end):
        where = f"{name}:{position + index + 1}"
        cells = Cells(others, index)
        try:
            text = texts[index].as_py()
        except UnicodeDecodeError as error:
            yield BadRow(where, utf8_problem(error, "the text"), _shown_cells(cells))
            continue
        if text is None:
            yield BadRow(where, f"{column}: null", _shown_cells(cells))
        else:
            yield Row(text, where, 0, len(text), where, cells)


def _shown_cells(cells: Cells) -> str:
    try:
        return _shown(json.dumps(dict(cells), ensure_ascii=False, default=str))
    except (ValueError, TypeError):  # what cannot be shown
        return ""
