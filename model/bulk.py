"""Prediction over files of any size: `predict_files`, which is killed at any moment and goes on where it was.

The rows of all inputs form one stream, cut into blocks (`parts`). Each block becomes a part in a work folder beside the output
(`job`), written here or by other processes (`workers`). At the end the parts are put together, and only then the output appears.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

from .. import __version__
from ..data.inputs import Source, find_sources
from ..data.rows import Stream, kept_columns
from ..data.schema import DataError
from .configuration import CONFIG_FILE, CheckpointConfig, sha256
from .job import Counts, Job, work_folder
from .outputs import Output, is_folder, output_form
from .parts import BLOCK, Block, answer, blocks, write_part
from .predictor import Predictor, find_checkpoint
from .runtime import processors
from .workers import Workers


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did."""

    rows: int
    """All rows of the input, failing ones included."""
    failed: int
    seconds: float
    resumed_rows: int
    """Rows whose answers an earlier run of the same job left."""
    errors: Path | None
    """Where failing rows stand; None when there are none, or when they went to standard error."""

    def __str__(self) -> str:
        """
        >>> str(Report(3000, 2, 20.0, 1000, None))
        '3,000 rows in 20.0 s, 100.0 rows/s'
        """
        new = self.rows - self.resumed_rows
        rate = f", {new / self.seconds:.1f} rows/s" if new and self.seconds else ""
        return f"{self.rows:,} rows in {self.seconds:.1f} s{rate}"

    @classmethod
    def of(cls, counts: Counts, resumed_rows: int, begun: float, errors: Path | None) -> Report:
        """A run that ends now and began at `begun`, a time of `time.monotonic`."""
        seconds = time.monotonic() - begun
        return cls(counts.rows, counts.failed, seconds, resumed_rows, errors if counts.failed else None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    rows: int
    resumed: int
    failed: int
    """Of the rows of this run."""
    seconds: float
    """Since the first row was read."""
    share: float | None
    """Of the input, from 0 to 1; None if its size is not known."""
    resumed_share: float
    total: int | None
    """Rows of the input, if it tells."""

    @property
    def rate(self) -> float:
        """Rows per second, without those that an earlier run left."""
        return (self.rows - self.resumed) / self.seconds if self.seconds else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that are left at this rate; None if that cannot be told."""
        done = None if self.share is None else self.share - self.resumed_share
        return (1 - (self.share or 0)) * self.seconds / done if done else None

    def __str__(self) -> str:
        """
        >>> str(Progress(3072, 1024, 0, 20.0, 0.5, 0.25, None))
        '3,072 rows, 102.4 rows/s, 50 % of the input, 0:00:40 left'
        """
        of = f" of {self.total:,}" if self.total is not None else ""
        parts = [f"{self.rows:,}{of} rows", f"{self.rate:.1f} rows/s"]
        if self.failed:
            parts.insert(1, f"{self.failed:,} failed")
        if self.share is not None:
            parts.append(f"{100 * self.share:.0f} % of the input")
        if self.left is not None:
            seconds = round(self.left)
            parts.append(f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02} left")
        return ", ".join(parts)


def predict_files(
    inputs: Sequence[str | os.PathLike[str] | Source],
    output: str | os.PathLike[str] = "-",
    *,
    format: str | None = None,
    errors: str | os.PathLike[str] | None = None,
    column: str = "text",
    lines: bool = False,
    standard_input: str = "text",
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
    """Predict the rows of files of any size into a file, or a folder of part files.

    The output appears whole or not at all. A run that was killed and is started again with the same arguments goes on: what
    was done is kept in a folder `.OUTPUT.partial` beside the output. Rows that fail do not stop the others; they go to a file
    of errors, as JSON Lines with `source` (file and line, or file and row), `reason` and `raw`. Where no row failed there is none.

    JSON Lines hold the other fields of a record, then text, topics, scores and participants. CSV and Parquet hold the other
    columns of CSV and Parquet inputs, and for JSON Lines a column `record` with the other fields as JSON; then source, start,
    end and the answer. What stood in a field or column of a name that the answer needs is replaced.

    With `workers` above 1, processes are started that import the calling script: it must keep its own work under
    `if __name__ == "__main__":`.

    >>> predict_files(["articles.parquet"], "answers.parquet", workers=2)  # doctest: +SKIP
    Report(rows=100000, failed=0, seconds=512.3, resumed_rows=0, errors=None)

    Args:
        inputs: files (.jsonl or .ndjson, .csv, .tsv, .parquet; all but Parquet also .gz and .zst), folders, patterns, or `-`
            for standard input. Other files are text, unless the ending tells a format that is not read, such as .json or .pdf.
        output: a file; a folder of part files if it ends in `/`; `-` is standard output.
        format: `text`, `jsonl`, `csv` or `parquet`; None goes by the output's ending, and refuses one that tells none of these.
        errors: the file of errors; None is `OUTPUT.errors.jsonl`. With standard output they go to standard error.
        column: the field or column that holds the text.
        lines: each line of a text file is one row, instead of each sentence.
        standard_input: what `-` is: `text` or `jsonl`.
        checkpoint, device, backend, precision, segmenter: as of `Predictor.from_pretrained`.
        threads: of each worker; None divides the cores among them.
        batch_size: windows that go through the network together.
        thresholds: probability from which a topic is given, for all topics or by topic; under the key None for all others.
        at_precision: thresholds of the checkpoint's operating point for this precision, in place of its usual ones.
        workers: processes; 1 is this one.
        restart: throw away what another, or an earlier, job left for this output.
        progress: called after every block.

    Raises:
        DataError: if an input as a whole cannot be read, or the output is another job's or another run's.
        CheckpointError: if the checkpoint cannot be opened.
        ValueError: for an argument that cannot be.
        OSError: if a file is missing or cannot be written.
    """
    begun = time.monotonic()
    if workers < 1:
        raise ValueError(f"workers: {workers} is not at least 1")
    choices = {"device": device, "backend": backend, "precision": precision, "segmenter": segmenter}
    plan = prepare(
        inputs,
        output,
        format=format,
        errors=errors,
        column=column,
        lines=lines,
        standard_input=standard_input,
        checkpoint=checkpoint,
        settings={**choices, "batch_size": batch_size, "thresholds": thresholds, "at_precision": at_precision},
    )
    if workers > 1:
        threads = threads or max(1, processors() // workers)
    opening: dict[str, Any] = {"checkpoint": plan.checkpoint, **choices, "threads": threads}

    def open_predictor() -> tuple[Predictor, dict[str, float] | None]:
        predictor = Predictor.from_pretrained(**opening)
        limits = thresholds_by_topic(predictor, thresholds, at_precision)
        predictor.predict([], batch_size, limits)  # refuses what cannot be before the first row
        return predictor, limits

    if plan.target is None or plan.errors is None:
        predictor, limits = open_predictor()
        with _straight(output) as out:
            counts = _stream(plan, predictor, batch_size, limits, out)
        return Report.of(counts, 0, begun, None)

    with Job(plan.target, plan.output, plan.identity, errors=plan.errors, restart=restart) as job:
        if job.finished is not None:
            return Report.of(job.finished, job.finished.rows, begun, job.errors)
        predictor, limits = open_predictor()
        task = job.task(batch_size, limits)
        stream = Stream(plan.sources, column, lines)
        meter = _Meter(progress, stream.total_rows)

        def missing() -> Iterator[Block]:
            for block in blocks(stream):
                if job.has(block.number):
                    meter.add(block, 0, resumed=True)
                else:
                    yield block

        if workers > 1:
            del predictor  # it was opened to see that it can be
            with Workers(workers, opening, task) as pool:
                for block, counts in pool.run(missing()):
                    meter.add(block, counts.failed)
        else:
            for block in missing():
                meter.add(block, write_part(predictor, block, task).failed)
            del predictor  # putting the parts together takes memory too
        plan.check_inputs()
        return Report.of(job.finish(meter.blocks, meter.rows), meter.resumed, begun, job.errors)


@dataclass(frozen=True)
class Plan:
    """What is known before the work begins."""

    sources: list[Source]
    output: Output
    target: Path | None
    """The file or folder to be written; None for what cannot be written whole, such as standard output."""
    errors: Path | None
    checkpoint: Path
    identity: dict[str, Any]
    """What makes two runs the same job."""
    column: str
    lines: bool

    def check_inputs(self) -> None:
        """See whether the inputs are still what they were.

        Raises:
            DataError: if one is not.
        """
        if self.identity["inputs"] != [source.identity() for source in self.sources]:
            raise DataError(
                ["an input changed while it was read; what was done is kept until the command is given with --restart"]
            )


def prepare(
    inputs: Sequence[str | os.PathLike[str] | Source],
    output: str | os.PathLike[str],
    *,
    format: str | None = None,
    errors: str | os.PathLike[str] | None = None,
    column: str = "text",
    lines: bool = False,
    standard_input: str = "text",
    checkpoint: str | os.PathLike[str] | None = None,
    settings: Mapping[str, Any],
) -> Plan:
    """Find and check inputs, output and checkpoint; nothing is written.

    Args:
        settings: of the prediction, in JSON's types; they become part of the job's identity. All else is as of `predict_files`.

    Raises:
        DataError, CheckpointError, ValueError, OSError: as `predict_files`.
    """
    name = os.fspath(output)
    form, compression = output_form(name, format)
    target, errors_path = _places(name, form, errors)
    leave_out = [path for path in (target, errors_path) if path is not None]
    sources = find_sources(inputs, standard_input, leave_out)
    folder = find_checkpoint(checkpoint)
    config = CheckpointConfig.load(folder, verify=False)
    description = Output(
        form,
        config.topics,
        config.types,
        compression,
        is_folder(name),
        kept_columns(sources, column, typed=form == "parquet"),
        any(source.form == "jsonl" for source in sources),
    )
    if description.replaced:
        replaced = ", ".join(map(repr, description.replaced))
        warnings.warn(f"columns of the inputs that the answers replace: {replaced}; rename what is to be kept", stacklevel=3)
    identity = {
        "inputs": [source.identity() for source in sources],
        "output": description.to_dict(),
        "checkpoint": {CONFIG_FILE: sha256(folder / CONFIG_FILE), **config.files},
        "settings": {**settings, "column": column, "lines": lines, "block": BLOCK},
        "versions": _versions(form),
    }
    if not all(source.texts or source.is_file for source in sources):
        identity["once"] = uuid.uuid4().hex  # a pipe cannot be read again
    return Plan(sources, description, target, errors_path, folder, identity, column, lines)


def _places(name: str, form: str, errors: str | os.PathLike[str] | None) -> tuple[Path | None, Path | None]:
    """Where answers and failing rows go; None where the output is no file that can be written whole: a pipe, a device."""
    if name == "-" or (os.path.exists(name) and not os.path.isfile(name) and not os.path.isdir(name)):
        if form == "parquet":
            raise ValueError(f"{name}: Parquet needs a file or a folder to be written to")
        if errors is not None:
            raise ValueError("errors: with standard output, failing rows go to standard error")
        return None, None
    target = Path(os.path.realpath(name))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target.parent}: no such folder")
    if os.path.ismount(target):
        example = f"{name.rstrip('/' + os.sep)}/answers/"
        raise DataError(
            [f"{name}: is a mount point, which cannot be put in place whole; name a folder below it, such as {example}"]
        )
    if is_folder(name) and target.exists() and not target.is_dir():
        raise DataError([f"{name}: is a file; leave the slash out, or name another folder"])
    if not is_folder(name) and target.is_dir():
        raise DataError([f"{name}: is a folder; write {name}/ for a folder of parts"])
    errors_path = Path(os.path.realpath(errors if errors is not None else f"{name.rstrip('/' + os.sep)}.errors.jsonl"))
    if {target, work_folder(target)} & set(errors_path.parents):
        raise ValueError(f"{errors}: is inside the output or its work folder; name another place for the errors")
    if errors_path.exists() and not errors_path.is_file():
        raise ValueError(f"{errors_path}: is no file; errors need one")
    if not errors_path.parent.is_dir():
        raise FileNotFoundError(f"{errors_path.parent}: no such folder")
    if errors_path == target:
        raise ValueError(f"{name}: is named for the answers and for the errors")
    return target, errors_path


def _versions(form: str) -> dict[str, str]:
    found = {"hoptac": __version__}
    for package in ("onnxruntime", "tokenizers", "torch", *(["pyarrow"] if form == "parquet" else [])):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def thresholds_by_topic(
    predictor: Predictor, given: float | Mapping[Any, float] | None, at_precision: float | None
) -> dict[str, float] | None:
    """Thresholds by topic; None where the checkpoint's are to be taken.

    Args:
        given: for all topics, or by topic; under the key None for all others.
        at_precision: of the checkpoint's operating point that `given` changes.

    Raises:
        ValueError: if the checkpoint has no such operating point.
    """
    limits = {} if at_precision is None else predictor.thresholds_at(at_precision)
    if given is not None and not isinstance(given, Mapping):
        given = {None: given}
    changes: dict[Any, float] = dict(given or {})
    if None in changes:
        limits |= dict.fromkeys(predictor.config.topics, changes.pop(None))
    return {**limits, **changes} or None


class _Meter:
    """Counts what is done and tells it."""

    def __init__(self, tell: Callable[[Progress], None] | None, total: int | None) -> None:
        self.tell = tell
        self.total = total
        self.begun = time.monotonic()
        self.blocks = self.rows = self.resumed = self.failed = 0
        self.share: float | None = 0.0
        self.resumed_share = 0.0

    def add(self, block: Block, failed: int, resumed: bool = False) -> None:
        self.blocks += 1
        self.rows += len(block.rows)
        self.failed += failed
        self.share = None if block.share is None or self.share is None else self.share + block.share
        if resumed:
            self.resumed += len(block.rows)
            self.resumed_share += block.share or 0.0
        if self.tell:
            seconds = time.monotonic() - self.begun
            self.tell(Progress(self.rows, self.resumed, self.failed, seconds, self.share, self.resumed_share, self.total))


def _straight(output: str | os.PathLike[str]) -> AbstractContextManager[TextIO]:
    """What is written straight away: standard output, which is not ours to close, or a device such as /dev/null."""
    if os.fspath(output) == "-":
        return nullcontext(sys.stdout)
    return open(output, "w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _stream(plan: Plan, predictor: Predictor, batch_size: int, thresholds: Mapping[str, float] | None, out: TextIO) -> Counts:
    rows = failed = 0
    plan.output.begin(out)
    for block in blocks(Stream(plan.sources, plan.column, plan.lines)):
        answers, bad = answer(predictor, block.rows, batch_size, thresholds)
        plan.output.write(answers, out)
        out.flush()
        for row in bad:
            print(f"error: {row.where}: {row.reason}", file=sys.stderr)
        rows += len(block.rows)
        failed += len(bad)
    return Counts(rows, failed)
