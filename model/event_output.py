"""Events as files: text for reading, JSON Lines, CSV, Parquet, PLOVER's records and POLECAT's table, part by part and put together."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from ..data.event import Event
from ..data.rows import arrow
from . import polecat
from .event_reading import read_events as read_events
from .event_reading import reading_form as reading_form
from .event_table import CSV_COLUMNS, arrow_schema, arrow_table, csv_row
from .outputs import compressed, join_parquet, join_text, output_form
from .plover_records import plover_record

FORMS = ("text", "jsonl", "csv", "parquet", "plover", "polecat")
_ENDINGS = {
    **{"text": ".txt", "jsonl": ".jsonl", "csv": ".csv", "parquet": ".parquet"},
    **{"plover": ".plover.json", "polecat": ".polecat.tsv"},
}
_FORM_OF = {
    "": "text",
    **{".plover.json": "plover", ".plover.jsonl": "plover", ".json": "plover", ".polecat.tsv": "polecat", ".tsv": "polecat"},
    **{".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet", ".txt": "text"},
}
"""Formats by endings."""


def event_form(path: str | os.PathLike[str], format: str | None = None) -> tuple[str, str]:
    """Format and compression of events by the ending of a file; a folder, whose name ends in `/`, holds Parquet unless `format` is
    given.

    >>> event_form("events.csv.gz"), event_form("out/"), event_form("-"), event_form("vn.polecat.tsv")
    (('csv', 'gz'), ('parquet', ''), ('text', ''), ('polecat', ''))

    Raises:
        DataError: for a compression around Parquet, or, without `format`, an ending that tells no format. No ending is text.
        ValueError: for an unknown format.
    """
    return output_form(path, format, FORMS, _FORM_OF)


@dataclass(frozen=True)
class EventOutput:
    """How events are written; small and picklable, so that it can be sent to other processes."""

    form: str
    """One of `FORMS`."""
    compression: str = ""
    """`gz` or `zst`."""
    folder: bool = False
    """Whether each part is a file of its own, which needs a header of its own."""

    @property
    def ending(self) -> str:
        """Of the name of a part."""
        return _ENDINGS[self.form] + (f".{self.compression}" if self.compression else "")

    def encode(self, events: Sequence[Event]) -> bytes:
        """A part."""
        if self.form == "parquet":
            sink = io.BytesIO()
            arrow("parquet").write_table(arrow_table(events), sink, compression="zstd")
            return sink.getvalue()
        text = io.StringIO(newline="")
        if self.folder:
            self.begin(text)
        self.write(events, text)
        return compressed(text.getvalue(), self.compression)

    def begin(self, file: TextIO) -> None:
        """Write what stands before the first part: the header of a table. Not for Parquet."""
        if self.form == "csv":
            csv.writer(file).writerow(CSV_COLUMNS)
        elif self.form == "polecat":
            _tabbed(file).writerow(polecat.COLUMNS)

    def write(self, events: Sequence[Event], file: TextIO) -> None:
        """Write events as text. Not for Parquet."""
        if self.form == "csv":
            csv.writer(file).writerows(map(csv_row, events))
        elif self.form == "polecat":
            _tabbed(file).writerows(map(polecat.polecat_row, events))
        elif self.form == "text":
            file.writelines(map(_line, events))
        else:
            record = plover_record if self.form == "plover" else Event.to_dict
            file.writelines(json.dumps(record(event), ensure_ascii=False) + "\n" for event in events)

    def put_together(self, parts: Iterable[Path], target: BinaryIO) -> None:
        """Write one file out of its parts; of none, one without rows."""
        if self.form == "parquet":
            join_parquet(arrow_schema(), parts, target)
            return
        header = io.StringIO(newline="")
        self.begin(header)
        join_text(header.getvalue(), self.compression, parts, target)

    def to_dict(self) -> dict[str, Any]:
        """What makes two outputs alike, as JSON."""
        return {"format": self.form, "compression": self.compression, "folder": self.folder}


def _tabbed(file: TextIO) -> Any:
    return csv.writer(file, delimiter="\t", lineterminator="\n")


def _line(event: Event) -> str:
    """One event for reading: when, who, on what, and the sentence."""
    who = ", ".join(dict.fromkeys([*event.countries, *event.bodies])) or "-"
    sentence = " ".join(event.sentence.split())
    return f"{event.date or '-'!s:<15}  {who:<13}  {event.topic:<15}  {event.probability:.2f}  {sentence}\n"
