"""Events of articles in files of any number: `extract_files`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from ..data.article import Article, read_article
from ..data.dates import Interval, parse_published
from ..data.event import Event
from ..data.inputs import Source, find_sources, is_page
from ..data.rows import BadRow, Row, Stream, kept_columns
from ..data.schema import DataError
from .actors import ActorTable, load_table
from .configuration import CheckpointConfig, sha256
from .event_output import EventOutput, event_form
from .events import events_of, spoken
from .outputs import is_folder
from .parts import failed_row, outcomes
from .predictor import Prediction, Predictor, find_checkpoint
from .run import Plan, Progress, Report, identity_of, places, run, versions

_BLOCK = 64
"""Articles of a part: enough sentences for batches of one length, and few enough for memory."""
_PUBLISHED = "published"
"""The field or column with the date of publication, unless another is named; only then must a table have it."""
_LIBRARIES = ("babel", "dateparser", "pycountry", "trafilatura")


def extract_files(
    inputs: Sequence[str | os.PathLike[str] | Source],
    output: str | os.PathLike[str] = "-",
    *,
    format: str | None = None,
    errors: str | os.PathLike[str] | None = None,
    column: str = "text",
    published: str | None = None,
    published_column: str = _PUBLISHED,
    standard_input: str = "text",
    actors: str | os.PathLike[str] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    device: str | None = None,
    backend: str | None = None,
    precision: str | None = None,
    segmenter: str | None = None,
    threads: int | None = None,
    batch_size: int = 32,
    thresholds: float | Mapping[Any, float] | None = None,
    at_precision: float | None = None,
    workers: int = 1,
    restart: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """The events of articles in files, as a table.

    Each text file or web page is one article, and so is each record of JSON Lines, CSV and Parquet. The output appears whole or
    not at all; a run that was killed goes on, and articles that fail go to a file of errors, all as with `predict_files`.

    >>> extract_files(["articles/"], "events.parquet", published="2025")  # doctest: +SKIP
    Report(rows=120, failed=0, seconds=9.8, resumed_rows=0, errors=None, unit='articles')

    Args:
        inputs: files (.txt, .html, .jsonl, .csv, .tsv, .parquet; all but Parquet also .gz and .zst), folders, patterns, `-`.
        output: a file; a folder of part files if it ends in `/`; `-` is standard output.
        format: `text`, `jsonl`, `csv`, `parquet`, `plover` or `polecat`; None goes by the output's ending.
        column: of records: the field or column that holds the text of the article. A field `id` names it.
        published: when articles were published that do not say so themselves, such as `2025-05-20`, `2025-05` or `2025`.
        published_column: of records: the field or column with the date of publication. It need not be there, but
            where only tables are read, one of them must have a column that is named here.
        actors: a file of names and codes to be added to those that ship, see docs/events.md.

    The others are as of `predict_files`.

    Raises:
        DataError: if an input as a whole or the file of actors cannot be read, or the output is another job's or run's.
        CheckpointError: if the checkpoint cannot be opened.
        ValueError: for an argument that cannot be.
        OSError: if a file is missing or cannot be written.
    """
    begun = time.monotonic()
    if workers < 1:
        raise ValueError(f"workers: {workers} is not at least 1")
    try:
        otherwise = None if published is None else parse_published(published)
    except ValueError as error:
        raise ValueError(f"published: {error}") from None
    choices = {"device": device, "backend": backend, "precision": precision, "segmenter": segmenter}
    plan = _prepare(
        inputs,
        output,
        format=format,
        errors=errors,
        column=column,
        standard_input=standard_input,
        checkpoint=checkpoint,
        extraction=_Extraction(published_column, otherwise, None if actors is None else os.fspath(actors)),
        settings={**choices, "batch_size": batch_size, "thresholds": thresholds, "at_precision": at_precision},
    )
    return run(
        plan,
        {**choices, "threads": threads},
        batch_size=batch_size,
        thresholds=thresholds,
        at_precision=at_precision,
        workers=workers,
        restart=restart,
        progress=progress,
        begun=begun,
    )


def _prepare(
    inputs: Sequence[str | os.PathLike[str] | Source],
    output: str | os.PathLike[str],
    *,
    format: str | None,
    errors: str | os.PathLike[str] | None,
    column: str,
    standard_input: str,
    checkpoint: str | os.PathLike[str] | None,
    extraction: _Extraction,
    settings: Mapping[str, Any],
) -> Plan:
    name = os.fspath(output)
    form, compression = event_form(name, format)
    target, errors_path = places(name, form, errors)
    leave_out = [path for path in (target, errors_path) if path is not None]
    sources = find_sources(inputs, standard_input, leave_out, pages=True)
    columns = kept_columns(sources, column)  # every table must have the column
    forms = {source.form for source in sources}
    if forms & {"csv", "tsv", "parquet"} and "jsonl" not in forms and extraction.published_column not in {_PUBLISHED, *columns}:
        have = ", ".join(map(repr, [column, *columns]))
        raise DataError([f"published_column: no table has a column {extraction.published_column!r}; there are {have}"])
    folder = find_checkpoint(checkpoint)
    config = CheckpointConfig.load(folder, verify=False)
    _table.cache_clear()  # the file may have been edited since another call
    _table(extraction.actors)  # refuses a bad file before the first article
    description = EventOutput(form, compression, is_folder(name))
    settings = {**settings, "column": column, **extraction.to_dict(), "block": _BLOCK}
    identity = identity_of(sources, description, folder, config.files, settings, versions(form, _LIBRARIES))
    stream = partial(Stream, sources, column, whole=True)
    return Plan(name, sources, description, target, errors_path, folder, identity, stream, extraction, _BLOCK, unit="articles")


@dataclass(frozen=True)
class _Extraction:
    """From rows to events, in any process."""

    published_column: str
    published: Interval | None
    """Of articles that do not say."""
    actors: str | None

    def __call__(
        self, predictor: Predictor, rows: Sequence[Row | BadRow], batch_size: int, thresholds: Mapping[str, float] | None
    ) -> tuple[list[Event], list[BadRow]]:
        articles = [row if isinstance(row, BadRow) else self._article(row) for row in rows]
        texts = [sentence.text for article in articles if isinstance(article, Article) for sentence in spoken(article)]
        following = iter(outcomes(predictor, texts, batch_size, thresholds))
        table = _table(self.actors)
        events: list[Event] = []
        bad: list[BadRow] = []
        for row, article in zip(rows, articles, strict=True):
            if isinstance(article, BadRow) or isinstance(row, BadRow):
                bad += [found for found in (article, row) if isinstance(found, BadRow)][:1]
                continue
            found = [next(following) for _ in spoken(article)]
            error = next((outcome for outcome in found if isinstance(outcome, Exception)), None)
            if error is not None:
                bad.append(failed_row(row, error))
                continue
            try:
                events += list(events_of(article, [outcome for outcome in found if isinstance(outcome, Prediction)], table))
            except (MemoryError, OSError):
                raise
            except Exception as unforeseen:  # one odd article must not cost the others
                bad.append(BadRow(row.where, f"no events: {type(unforeseen).__name__}: {unforeseen}", row.text))
        return events, bad

    def _article(self, row: Row) -> Article | BadRow:
        name = row.fields.get("id")
        name = row.source if name is None or name == "" else str(name)
        html = True if not row.fields and is_page(row.source) else None  # else the text says so itself
        try:
            published = _published(row.fields.get(self.published_column))
        except ValueError as error:
            return BadRow(row.where, f"{self.published_column}: {error}", row.text)
        try:
            article = read_article(row.text, published, name, html, otherwise=self.published)
        except ValueError as error:
            return BadRow(row.where, str(error), row.text)
        except (MemoryError, OSError):
            raise
        except Exception as unforeseen:
            return BadRow(row.where, f"cannot be read: {type(unforeseen).__name__}: {unforeseen}", row.text)
        return article

    def to_dict(self) -> dict[str, Any]:
        """What makes two extractions alike, as JSON."""
        return {
            "published_column": self.published_column,
            "published": str(self.published),
            "actors": None if self.actors is None else sha256(self.actors),
        }


def _published(value: Any) -> date | Interval | None:
    """What a field says of the date of publication.

    Raises:
        ValueError: if it is no date.
    """
    if isinstance(value, datetime):
        return value.date()
    # A column of years some of which are empty holds 2025.0, for pandas.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        return parse_published(value.removesuffix(".0")) if value.strip() else None
    if value is None or isinstance(value, date):
        return value
    raise ValueError(f"a date was expected, not {value!r}")


@cache
def _table(path: str | None) -> ActorTable:
    return load_table(path)
