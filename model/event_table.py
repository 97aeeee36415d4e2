"""Events as rows of CSV and of Parquet: the same columns in the same order, with lists in Parquet and joined text in CSV."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..data.event import Event
from ..data.rows import arrow
from .outputs import whole_text

COLUMNS: dict[str, str] = {
    "id": "text",
    "article": "text",
    "title": "text",
    "published_first": "date",
    "published_last": "date",
    "published_precision": "text",
    "sentence": "text",
    "start": "integer",
    "end": "integer",
    "kind": "text",
    "topic": "text",
    "probability": "number",
    "date_first": "date",
    "date_last": "date",
    "date_precision": "text",
    "date_text": "text",
    "countries": "list",
    "bodies": "list",
    "article_countries": "list",
    "actors": "actors",
    "contexts": "list",
    "context_match": "text",
    "extension": "text",
}
"""What `Event.to_dict` gives, in its order, and the kind of each value."""

ACTOR_COLUMNS: dict[str, str] = {
    "actor_names": "name",
    "actor_texts": "text",
    "actor_types": "type",
    "actor_codes": "code",
    "actor_sectors": "sectors",
    "actor_offices": "office",
}
"""Columns that CSV has besides, with one item for each mention of an actor, and what the item is."""

CSV_COLUMNS: tuple[str, ...] = tuple(
    column for name in COLUMNS for column in ((*ACTOR_COLUMNS, name) if name == "actors" else (name,))
)
CSV_DATES: tuple[str, ...] = tuple(name for name, kind in COLUMNS.items() if kind == "date")
CSV_TYPES: dict[str, str] = {
    name: {"integer": "int64", "number": "float64"}.get(COLUMNS.get(name, "text"), "str")
    for name in CSV_COLUMNS
    if name not in CSV_DATES
}
"""For `pandas.read_csv(path, dtype=CSV_TYPES, parse_dates=CSV_DATES, keep_default_na=False, na_values=[""])`, which takes no name
for a number and no text for a missing value."""


def csv_row(event: Event) -> list[str]:
    """The fields of an event in the order of `CSV_COLUMNS`.

    Items of a list are joined by `; `; a semicolon inside an item becomes a comma, and a line break a blank, so that the columns
    that begin with `actor_` stay in step. Several sectors of one actor are joined by `|`. The column `actors` is JSON and keeps all.
    """
    record = event.to_dict()
    mentions = [{**mention.to_dict(), "code": mention.actor.code} for mention in event.actors]
    record |= {column: [_item(mention[field]) for mention in mentions] for column, field in ACTOR_COLUMNS.items()}
    record["actors"] = json.dumps(record["actors"], ensure_ascii=False)
    return [_field(record[name]) for name in CSV_COLUMNS]


def _item(value: Any) -> str:
    return value if isinstance(value, str) else "|".join(value)


def _field(value: Any) -> str:
    if isinstance(value, list):
        return join(value)
    return "" if value is None else str(value)


def join(items: Iterable[str]) -> str:
    """Items in one field, from which `split` gives them back.

    >>> join(["Bộ Công an", "", "A; B"])
    'Bộ Công an; ; A, B'
    """
    return "; ".join(one_line(item.replace(";", ",")) for item in items)


def one_line(text: str) -> str:
    """The text with blanks for tabs and line breaks.

    >>> one_line("a\\tb\\r\\nc")
    'a b c'
    """
    return _BREAKS.sub(" ", text)


_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")


def split(field: str) -> list[str]:
    """The items of a field; none of an empty one.

    >>> split("VNM; ; LAO"), split("")
    (['VNM', '', 'LAO'], [])
    """
    return [item.strip() for item in f"{field} ".split("; ")] if field else []


def arrow_schema() -> Any:
    """The pyarrow Schema of events."""
    pa = arrow()
    names = pa.list_(pa.string())
    actor = pa.struct(
        [
            ("text", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("score", pa.float64()),
            ("actor", pa.int64()),
            ("name", pa.string()),
            ("type", pa.string()),
            ("country", pa.string()),
            ("body", pa.string()),
            ("sectors", names),
            ("office", pa.string()),
            ("undecided", pa.string()),
        ]
    )
    kinds = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "date": pa.date32(),
        "list": names,
        "actors": pa.list_(actor),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])


def arrow_table(events: Sequence[Event]) -> Any:
    """Events as a pyarrow Table."""
    rows = [_whole({**event.to_dict(), **_dates(event)}) for event in events]
    return arrow().Table.from_pylist(rows, arrow_schema())


def _dates(event: Event) -> dict[str, Any]:
    intervals = {"published": event.published, "date": event.date}
    return {
        f"{name}_{end}": getattr(interval, end) if interval else None
        for name, interval in intervals.items()
        for end in ("first", "last")
    }


def _whole(value: Any) -> Any:
    """A value in which no text has half a surrogate pair, which Parquet cannot hold."""
    if isinstance(value, str):
        return value if value.isascii() else whole_text(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {name: _whole(item) for name, item in value.items()} if isinstance(value, dict) else value
