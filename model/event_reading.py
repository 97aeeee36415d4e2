"""Events read back from files: `read_events`."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from ..data.inputs import COMPRESSIONS
from ..data.rows import arrow, decompressed
from ..data.schema import DataError, parse_json, shortened, utf8_problem
from .event_table import COLUMNS, split

REQUIRED = ("topic", "date_first", "date_last", "date_precision", "countries")
"""Columns without which no event can be counted; of others that are missing, values are None and lists empty."""
_FIELD = 16 * 2**20
"""Characters of the longest field of a CSV file."""


def read_events(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Events as `Event.to_dict` gives them, out of a file that `hoptac events` wrote as JSON Lines, CSV or Parquet, or out of a
    folder of such files. A researcher's own columns are passed over, and all but a few columns may be missing: see `REQUIRED`.

    >>> [event["topic"] for event in read_events("events.csv")]  # doctest: +SKIP
    ['trade', 'narcotics']

    Raises:
        DataError: naming file, line (of Parquet the row) and column of what is no event, or the file that is none of these formats.
        OSError: if the file cannot be opened.
    """
    name = os.fspath(path)
    if not os.path.isdir(name):
        yield from _read_file(name)
        return
    files = sorted(str(file) for file in Path(name).iterdir() if file.is_file() and reading_form(file.name))
    if not files:
        raise DataError([f"{name}: holds no .jsonl, .csv or .parquet"])
    for file in files:
        yield from _read_file(file)


def reading_form(name: str) -> str:
    """The format by which `read_events` reads a file of this name; nothing if it does not.

    >>> reading_form("e.csv.gz"), reading_form("e.polecat.tsv")
    ('csv', '')
    """
    lower = Path(name).name.lower()
    for ending in COMPRESSIONS:
        lower = lower.removesuffix(ending)
    if lower.startswith(".") or lower.endswith((".plover.jsonl", ".errors.jsonl")):
        return ""
    form = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}.get(Path(lower).suffix, "")
    return form if form != "parquet" or name.lower().endswith(".parquet") else ""


def _read_file(name: str) -> Iterator[dict[str, Any]]:
    form = reading_form(name)
    if not form:
        raise DataError(
            [f"{name}: events are read from .jsonl, .csv (also .gz and .zst) and .parquet, not from PLOVER or POLECAT"]
        )
    read: Callable[[str], Iterator[tuple[str, Any]]] = {"jsonl": _records, "csv": _table, "parquet": _parquet}[form]
    try:
        for where, record in read(name):
            yield _event(record, where)
    except (EOFError, OSError, ValueError, zlib.error) as error:
        if isinstance(error, DataError) or getattr(error, "errno", None):
            raise  # it says itself what is wrong; pyarrow's and gzip's errors have no number
        raise DataError([f"{name}: damaged, or not what its ending says: {error}"]) from None


def _event(record: Any, where: str) -> dict[str, Any]:
    """A record whose values have the types of `Event.to_dict`."""
    if not isinstance(record, Mapping):
        raise DataError([f"{where}: an object was expected, not {shortened(record)}"])
    missing = [name for name in REQUIRED if name not in record]
    if missing:
        raise DataError([f"{where}: {missing[0]}: missing"])
    event: dict[str, Any] = {}
    for name, kind in COLUMNS.items():
        try:
            event[name] = _VALUES[kind](record.get(name))
        except ValueError as error:
            raise DataError([f"{where}: {name}: {error}"]) from None
    if not event["topic"]:
        raise DataError([f"{where}: topic: empty"])
    for name in ("published", "date"):
        if problem := _interval_problem(name, event):
            raise DataError([f"{where}: {problem}"])
    return event


def _interval_problem(name: str, event: Mapping[str, Any]) -> str:
    first, last = event[f"{name}_first"], event[f"{name}_last"]
    if (first is None) != (last is None):
        return f"{name}_{'last' if first else 'first'}: empty, where the other end is {first or last}"
    if first and first > last:
        return f"{name}_last: {last} is before {name}_first, {first}"
    if first and not event[f"{name}_precision"] and name == "date":
        return "date_precision: empty, where there is a date"
    return ""


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"text was expected, not {shortened(value)}")


def _integer(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError(f"an integer was expected, not {shortened(value)}")


def _number(value: Any) -> float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)):
        return None if value is None else float(value)
    raise ValueError(f"a number was expected, not {shortened(value)}")


def _date(value: Any) -> str | None:
    if isinstance(value, datetime):
        value = value.date()
    if value is None or isinstance(value, date):
        return value.isoformat() if value else None
    try:
        if isinstance(value, str) and len(value) == len("2025-05-20"):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise ValueError(f"a date such as 2025-05-20 was expected, not {shortened(value)}")


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise ValueError(f"a list of texts was expected, not {shortened(value)}")


def _actors(value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"a list of actors was expected, not {shortened(value)}")
    for actor in value:
        if not isinstance(actor, dict):
            raise ValueError(f"an actor is an object, not {shortened(actor)}")
        for name in ("name", "type", "country", "body"):
            if not isinstance(actor.get(name), str):
                raise ValueError(f"{name} of an actor: text was expected, not {shortened(actor.get(name))}")
    return [{**{k: v for k, v in actor.items() if v is not None}, "sectors": _list(actor.get("sectors"))} for actor in value]


_VALUES: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "date": _date,
    "list": _list,
    "actors": _actors,
}


def _records(name: str) -> Iterator[tuple[str, Any]]:
    with _opened(name) as file:
        for number, line in enumerate(file, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.strip():
                try:
                    yield f"{name}:{number}", parse_json(line)
                except ValueError as error:
                    raise DataError([f"{name}:{number}: {error}"]) from None


def _table(name: str) -> Iterator[tuple[str, Any]]:
    csv.field_size_limit(max(_FIELD, csv.field_size_limit()))  # holds for the process
    line = 1
    with _opened(name) as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), strict=True)
        try:
            header = next(rows, [])
            _check_columns(header, name)
            while True:
                line = rows.line_num + 1  # where the record begins; it may have several lines
                fields = next(rows, None)
                if fields is None:
                    return
                if not fields:
                    continue
                if len(fields) != len(header):
                    raise DataError([f"{name}:{line}: {len(fields)} fields, where the header has {len(header)}"])
                yield f"{name}:{line}", _cells(dict(zip(header, fields, strict=True)), f"{name}:{line}")
        except csv.Error as error:
            raise DataError([f"{name}:{line}: not CSV: {error} (is a quote not closed?)"]) from None
        except UnicodeDecodeError as error:
            raise DataError([f"{name}:{line}: {utf8_problem(error, 'the file')}"]) from None


def _check_columns(names: Sequence[str], file: str) -> None:
    twice = [column for column in COLUMNS if names.count(column) > 1]
    missing = [column for column in REQUIRED if column not in names]
    if missing or twice:
        what = f"has no column {missing[0]!r}" if missing else f"has the column {twice[0]!r} twice"
        raise DataError([f"{file}: {what}; it has {', '.join(map(repr, names)) or 'none'}"])


def _cells(row: Mapping[str, str], where: str) -> dict[str, Any]:
    """The fields of a row of CSV as values."""
    record: dict[str, Any] = {}
    for name, kind in COLUMNS.items():
        if name not in row:
            continue
        try:
            record[name] = _CELLS[kind](row[name]) if row[name] or kind in ("text", "list") else None
        except ValueError:
            expected = {"integer": "an integer", "number": "a number", "actors": "JSON"}[kind]
            raise DataError([f"{where}: {name}: {expected} was expected, not {shortened(row[name])}"]) from None
    for name in ("published_precision", "date_precision"):
        record[name] = record.get(name) or None
    return record


_CELLS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "integer": int,
    "number": float,
    "date": str,
    "list": split,
    "actors": json.loads,
}


def _parquet(name: str) -> Iterator[tuple[str, Any]]:
    with arrow("parquet").ParquetFile(name, pre_buffer=False) as file:
        names = file.schema_arrow.names
        _check_columns(names, name)
        number = 0
        for batch in file.iter_batches(1024, columns=[column for column in COLUMNS if column in names]):
            for record in batch.to_pylist():
                number += 1
                yield f"{name}: row {number}", record


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    with open(name, "rb") as raw:
        yield decompressed(raw, COMPRESSIONS.get(Path(name).suffix.lower(), ""))
