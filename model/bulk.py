"""Prediction over files of any size: `predict_files`, which is killed at any moment and goes on where it was.

The rows of all inputs form one stream, cut into blocks. Each block becomes a part, a file with its answers, in a work folder
beside the output; at the end the parts are put together, and only then the output appears. `Job` is that folder, `write_part`
makes a part; neither needs the other's process.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import count, islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from .. import __version__
from ..data.rows import BadRow, Row, Source, Stream, find_sources, kept_columns
from ..data.schema import DataError
from .configuration import CONFIG_FILE, CheckpointConfig, sha256
from .outputs import Answer, Output, is_folder, output_form
from .predictor import Prediction, Predictor, _find

BLOCK = 1024
"""Rows of a part, failing ones included. It is part of what a job is: other blocks would make other parts."""
_GROUP_CHARACTERS = 2**20
"""Characters of texts that are predicted together; it bounds memory where rows are long."""
_LIKELY_BROKEN = 16
"""Where as many rows are predicted together and all fail, they are not to blame."""


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
        inputs: files (.jsonl, .csv, .tsv, .parquet, others are text; all but Parquet also .gz and .zst), folders, patterns, or
            `-` for standard input.
        output: a file; a folder of part files if it ends in `/`; `-` is standard output.
        format: `text`, `jsonl`, `csv` or `parquet`; None goes by the output's ending.
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
    plan = prepare(
        inputs,
        output,
        format=format,
        errors=errors,
        column=column,
        lines=lines,
        standard_input=standard_input,
        checkpoint=checkpoint,
        settings={
            "device": device,
            "backend": backend,
            "precision": precision,
            "segmenter": segmenter,
            "batch_size": batch_size,
            "thresholds": thresholds,
            "at_precision": at_precision,
        },
    )
    opening: dict[str, Any] = {
        "checkpoint": plan.checkpoint,
        "device": device,
        "backend": backend,
        "precision": precision,
        "segmenter": segmenter,
    }
    if workers > 1:
        threads = threads or max(1, _cores() // workers)
    if threads is not None:
        opening["threads"] = threads

    def open_predictor() -> tuple[Predictor, dict[str, float] | None]:
        predictor = Predictor.from_pretrained(**opening)
        limits = _thresholds(predictor, thresholds, at_precision)
        predictor.predict([], batch_size, limits)  # refuses what cannot be before the first row
        return predictor, limits

    if plan.target is None or plan.errors is None:
        predictor, limits = open_predictor()
        with _standard_output(output) as out:
            rows, failed = _stream(plan, predictor, batch_size, limits, out)
        return Report(rows, failed, time.monotonic() - begun, 0, None)

    with Job(plan.target, plan.output, plan.identity, errors=plan.errors, restart=restart) as job:
        if job.finished is not None:
            done = job.finished
            return Report(done.rows, done.failed, time.monotonic() - begun, done.rows, job.errors if done.failed else None)
        predictor, limits = open_predictor()
        task = job.task(batch_size, limits)
        stream = Stream(plan.sources, column, lines)
        meter = _Meter(progress, stream.total_rows)
        parts = 0

        def missing() -> Iterator[Block]:
            nonlocal parts
            for block in blocks(stream):
                parts += 1
                if job.has(block.number):
                    meter.add(block, 0, resumed=True)
                else:
                    yield block

        if workers > 1:
            del predictor  # it was opened to see that it can be
            with _Workers(workers, opening, task) as pool:
                for block, counts in pool.run(missing()):
                    meter.add(block, counts.failed)
        else:
            for block in missing():
                meter.add(block, write_part(predictor, block, task).failed)
            del predictor  # putting the parts together takes memory too
        if plan.identity["inputs"] != [source.identity() for source in plan.sources]:
            raise DataError(
                ["an input changed while it was read; what was done is kept until the command is given with --restart"]
            )
        done = job.finish(parts, meter.rows)
    return Report(done.rows, done.failed, time.monotonic() - begun, meter.resumed, job.errors if done.failed else None)


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
    """What makes two runs the same job, as JSON."""
    column: str
    lines: bool


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
    is_whole = name != "-" and (not os.path.exists(name) or os.path.isfile(name) or os.path.isdir(name))
    target = Path(os.path.realpath(name)) if is_whole else None  # not a pipe or a device
    errors_path = None
    if target is not None:
        _check_target(name, target)
        errors_path = Path(os.path.realpath(errors if errors is not None else f"{name.rstrip('/' + os.sep)}.errors.jsonl"))
        if not errors_path.parent.is_dir():
            raise FileNotFoundError(f"{errors_path.parent}: no such folder")
        if errors_path == target:
            raise ValueError(f"{name}: is named for the answers and for the errors")
    elif form == "parquet":
        raise ValueError(f"{name}: Parquet needs a file or a folder to be written to")
    elif errors is not None:
        raise ValueError("errors: with standard output, failing rows go to standard error")
    leave_out = [path for path in (target, errors_path) if path is not None]
    sources = find_sources(inputs, standard_input, leave_out)
    folder = _find(checkpoint)
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
    identity = {
        "inputs": [source.identity() for source in sources],
        "output": description.to_dict(),
        "checkpoint": {CONFIG_FILE: sha256(folder / CONFIG_FILE), **config.files},
        "settings": {**settings, "column": column, "lines": lines, "block": BLOCK},
        "versions": _versions(form),
    }
    if not all(source.texts or source.is_file for source in sources):
        identity["once"] = uuid.uuid4().hex  # a pipe cannot be read again
    return Plan(sources, description, target, errors_path, folder, _as_json(identity), column, lines)


def _check_target(name: str, target: Path) -> None:
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target.parent}: no such folder")
    if is_folder(name) and target.exists() and not target.is_dir():
        raise DataError([f"{name}: is a file; leave the slash out, or name another folder"])
    if not is_folder(name) and target.is_dir():
        raise DataError([f"{name}: is a folder; write {name}/ for a folder of parts"])


def _versions(form: str) -> dict[str, str]:
    found = {"hoptac": __version__}
    for package in ("onnxruntime", "tokenizers", "torch", *(["pyarrow"] if form == "parquet" else [])):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def _as_json(value: Any) -> Any:
    """A value as it comes back from a JSON file; a key None is the text `null`, as JSON writes it."""
    return json.loads(json.dumps(value))


def _thresholds(
    predictor: Predictor, given: float | Mapping[Any, float] | None, at_precision: float | None
) -> dict[str, float] | None:
    """Thresholds by topic; None where the checkpoint's are to be taken."""
    limits = {} if at_precision is None else predictor.thresholds_at(at_precision)
    if given is not None and not isinstance(given, Mapping):
        given = {None: given}
    changes: dict[Any, float] = dict(given or {})
    if None in changes:
        limits |= dict.fromkeys(predictor.config.topics, changes.pop(None))
    return {**limits, **changes} or None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Rows to answers


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one part, numbered from 0 over the whole job."""

    number: int
    rows: list[Row | BadRow]
    share: float | None = None
    """How much of the input this is, from 0 to 1."""


def blocks(stream: Stream) -> Iterator[Block]:
    """The stream in blocks of `BLOCK` rows; one empty block if there are no rows, so that there always is a part.

    >>> from hoptac.data.rows import given_texts
    >>> [len(block.rows) for block in blocks(Stream([given_texts(["Lào"] * 1500)]))]
    [1024, 476]
    """
    rows = iter(stream)
    before = 0.0
    for number in count():
        chunk = list(islice(rows, BLOCK))
        if number and not chunk:
            return
        share = stream.share()
        yield Block(number, chunk, None if share is None else share - before)
        before = share or 0.0
        if len(chunk) < BLOCK:
            return


def answer(
    predictor: Predictor, rows: Sequence[Row | BadRow], batch_size: int = 32, thresholds: Mapping[str, float] | None = None
) -> tuple[list[Answer], list[BadRow]]:
    """Answers to rows in their order, and the rows that have none: bad ones, and those at which prediction fails.

    Raises:
        DataError: if prediction fails at every one of many rows, which no row can be blamed for.
    """
    texts = [row.text for row in rows if isinstance(row, Row)]
    following = iter([outcome for group in _groups(texts) for outcome in _outcomes(predictor, group, batch_size, thresholds)])
    answers: list[Answer] = []
    bad: list[BadRow] = []
    for row in rows:
        if isinstance(row, BadRow):
            bad.append(row)
        elif isinstance(outcome := next(following), Exception):
            bad.append(BadRow(row.where, f"prediction failed: {_named(outcome)}", row.text))
        else:
            answers.append((row, outcome))
    return answers, bad


def _groups(texts: Sequence[str]) -> Iterator[list[str]]:
    """Texts that are predicted together: those of a block, in several groups where they are long."""
    group: list[str] = []
    size = 0
    for text in texts:
        if group and size + len(text) > _GROUP_CHARACTERS:
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group


def _outcomes(
    predictor: Predictor, texts: list[str], batch_size: int, thresholds: Mapping[str, float] | None
) -> Sequence[Prediction | Exception]:
    """For each text its prediction, or why there is none."""
    try:
        return predictor.predict(texts, batch_size, thresholds)
    except Exception:  # one of the texts; which one is seen when each goes alone
        pass
    found: list[Prediction | Exception] = []
    for text in texts:
        try:
            found += predictor.predict([text], batch_size, thresholds)
        except Exception as error:
            found.append(error)
    failures = [outcome for outcome in found if isinstance(outcome, Exception)]
    if len(failures) == len(found) >= _LIKELY_BROKEN:
        raise DataError([f"prediction fails at every row, last with {_named(failures[-1])}"]) from failures[-1]
    return found


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


@dataclass(frozen=True, slots=True)
class Counts:
    rows: int
    failed: int


@dataclass(frozen=True, slots=True)
class Task:
    """All that a process needs to write parts of a job; small and picklable. The folders are absolute."""

    parts: str
    errors: str
    temporary: str
    output: Output
    batch_size: int
    thresholds: Mapping[str, float] | None

    def part(self, number: int) -> Path:
        return Path(self.parts) / f"part-{number:06}{self.output.ending}"

    def errors_of(self, number: int) -> Path:
        return Path(self.errors) / f"part-{number:06}.jsonl"

    def unfinished(self) -> Path:
        """A name that no other process takes, on another machine neither."""
        return Path(self.temporary) / uuid.uuid4().hex


def write_part(predictor: Predictor, block: Block, task: Task) -> Counts:
    """Answer a block's rows into its part, in any process that reaches the task's folders. A part that is there is whole."""
    answers, bad = answer(predictor, block.rows, task.batch_size, task.thresholds)
    data = task.output.encode(answers)
    # The part comes last: where it stands, its errors do too.
    if bad:
        _write_whole(task.errors_of(block.number), _error_lines(bad), task.unfinished())
    else:
        task.errors_of(block.number).unlink(missing_ok=True)
    _write_whole(task.part(block.number), data, task.unfinished())
    return Counts(len(block.rows), len(bad))


def _error_lines(bad: Sequence[BadRow]) -> bytes:
    lines = "".join(json.dumps(row.to_dict(), ensure_ascii=False) + "\n" for row in bad)
    return lines.encode("utf-8", "backslashreplace")


def _write_whole(path: Path, data: bytes | Callable[[BinaryIO], None], unfinished: Path) -> None:
    """A file that appears whole or not at all, also when the machine stops; until then it is called `unfinished`."""
    try:
        with open(unfinished, "wb") as file:
            if callable(data):
                data(file)
            else:
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder last, where a folder can be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# The job


class Job:
    """The work folder of one output, `.OUTPUT.partial` beside it. While this context manager is open, no other run can have it.

    In the folder stand `job.json`, which says what job this is, the parts, and at the end `done.json`, which says that all
    parts were put together. From then on, a run that finds it only moves the result into place. The order of the ending: the
    output is put together in the work folder; `done.json` is written; the errors take their place, then the output; the work
    folder goes, and `done.json` last. Whatever step a run is killed at, the next one repeats that step and goes on.

    Args:
        target: the file or folder to be written, without links.
        output: how it is written.
        identity: what makes two runs the same job, in JSON's types; a key `once` marks one that cannot be gone on with.
        errors: where failing rows go.
        restart: throw away what is in the work folder.

    Raises:
        DataError: if another run has the folder, or if it holds parts of another job.
    """

    def __init__(
        self, target: Path, output: Output, identity: Mapping[str, Any], *, errors: Path, restart: bool = False
    ) -> None:
        self.target = target
        self.output = output
        self.errors = errors
        self.identity = _as_json(dict(identity))
        self.restart = restart
        self.folder = target.parent / f".{target.name}.partial"
        key = hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()[:12]
        # A worker of a killed run may live for a second: it finds only folders of its own job.
        self.parts = self.folder / f"parts-{key}"
        self.part_errors = self.folder / f"errors-{key}"
        self.temporary = self.folder / f"temporary-{key}"
        self.staged = self.parts if output.folder else self.folder / "output"
        self.finished: Counts | None = None
        """Set on entering if an earlier run had put everything together: the output is in its place, nothing is left to do."""
        self._lock: int | None = None

    def __enter__(self) -> Job:
        self._lock = _lock(self.folder, self.target)
        try:
            self._open()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _leave(self) -> None:
        if self.finished is None and not (_has_parts(self.folder) or (self.folder / "done.json").exists()):
            self._remove()  # there is nothing in it to go on with
        self._unlock()

    def _open(self) -> None:
        shutil.rmtree(self._rubbish, ignore_errors=True)
        before = _read_json(self.folder / "job.json")
        done = _read_json(self.folder / "done.json")
        landed = done is not None and not (self.folder / done["staged"]).exists()
        if self.restart or (before is not None and "once" in before):
            self._clear()
        elif before is not None and before != self.identity:
            if not landed and (done is not None or _has_parts(self.folder)):
                raise DataError(
                    [
                        f"{self.folder}: holds the unfinished job of other arguments for {self.target.name} "
                        f"({'; '.join(_differences(before, self.identity))}); give those again to go on with it, "
                        "or --restart to throw it away"
                    ]
                )
            self._clear()
        elif before is not None and done is not None:
            if not landed or self.target.exists():
                self._land(Counts(done["rows"], done["failed"]))
                return
            self._clear()  # its result was taken away since
        if self.output.folder and self.target.exists() and any(self.target.iterdir()):
            raise DataError([f"{self.target}: exists and is not empty; a folder of parts must be new"])
        for folder in (self.parts, self.part_errors, self.temporary):
            folder.mkdir(exist_ok=True)
        for unfinished in self.temporary.iterdir():
            unfinished.unlink(missing_ok=True)
        record = json.dumps(self.identity, ensure_ascii=False, indent=1)
        self._write("job.json", record.encode("utf-8", "backslashreplace"))

    def task(self, batch_size: int = 32, thresholds: Mapping[str, float] | None = None) -> Task:
        """What `write_part` needs."""
        return Task(str(self.parts), str(self.part_errors), str(self.temporary), self.output, batch_size, thresholds)

    def has(self, number: int) -> bool:
        """Whether a part is there."""
        return self.task().part(number).exists()

    def finish(self, parts: int, rows: int) -> Counts:
        """Put the parts together, move output and errors into place, remove the work folder.

        Args:
            parts: how many; all of them must be there.
            rows: of all blocks, failing ones included.

        Raises:
            DataError: if a part is missing.
        """
        task = self.task()
        missing = [number for number in range(parts) if not self.has(number)]
        if missing:
            raise DataError([f"{self.parts}: {len(missing)} of {parts} parts are missing, first {task.part(missing[0]).name}"])
        if not self.output.folder:
            files = [task.part(number) for number in range(parts)]
            self._write(self.staged.name, lambda file: self.output.put_together(files, file))
        failed = sum(_count_lines(path) for path in self._error_files())
        record = {"rows": rows, "failed": failed, "staged": self.staged.name}
        self._write("done.json", json.dumps(record).encode())
        counts = Counts(rows, failed)
        self._land(counts)
        return counts

    def _land(self, counts: Counts) -> None:
        """Everything that follows `done.json`; it may be done again at any point."""
        if self.staged.exists():
            if counts.failed:
                # In its own folder, for a rename does not leave a file system.
                unfinished = self.errors.with_name(f".{self.errors.name}.partial")
                _write_whole(self.errors, self._join_errors, unfinished)
            else:
                self.errors.unlink(missing_ok=True)  # of an earlier job
            if self.output.folder and self.target.is_dir():
                self.target.rmdir()
            os.replace(self.staged, self.target)
            _sync_folder(self.target.parent)
        self.finished = counts
        self._remove()

    def _write(self, name: str, data: bytes | Callable[[BinaryIO], None]) -> None:
        _write_whole(self.folder / name, data, self.task().unfinished())

    def _error_files(self) -> list[Path]:
        return sorted(self.part_errors.glob("part-*.jsonl"), key=lambda path: (len(path.name), path.name))

    def _join_errors(self, file: BinaryIO) -> None:
        for path in self._error_files():
            with open(path, "rb") as part:
                shutil.copyfileobj(part, file)

    @property
    def _rubbish(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.old")

    def _clear(self) -> None:
        """Empty the work folder of what an earlier job left; first goes what says that it was at its end."""
        for name in ("done.json", "job.json"):
            (self.folder / name).unlink(missing_ok=True)
        self._remove_all_but("lock")

    def _remove(self) -> None:
        """Remove the work folder. What is large goes first: until the last moment the folder says that the job is done."""
        self._remove_all_but("done.json", "job.json", "lock")
        os.replace(self.folder, self._rubbish)
        shutil.rmtree(self._rubbish, ignore_errors=True)

    def _remove_all_but(self, *names: str) -> None:
        for path in self.folder.iterdir():
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _lock(folder: Path, target: Path) -> int | None:
    """Take a work folder, which is made where it is missing; None where the system has no such locks."""
    try:
        import fcntl
    except ModuleNotFoundError:
        folder.mkdir(exist_ok=True)
        return None
    while True:
        folder.mkdir(exist_ok=True)
        try:
            handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            continue  # the run before has just removed the folder
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), os.stat(folder / "lock")):
                return handle
        except BlockingIOError:
            os.close(handle)
            raise DataError([f"{target}: another run is writing it at this moment ({folder})"]) from None
        except FileNotFoundError:
            pass
        os.close(handle)


def _read_json(path: Path) -> Any:
    """What a file of the work folder holds; None if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _has_parts(folder: Path) -> bool:
    return any(folder.glob("parts-*/part-*"))


def _differences(before: Any, now: Any, name: str = "") -> list[str]:
    """What differs between two jobs, in words."""
    if name == "inputs":
        return _changed_inputs({source["name"]: source for source in before}, {source["name"]: source for source in now})
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        return [difference for key in keys for difference in _differences(before.get(key), now.get(key), key)]
    return [f"{name}: {_short(before)} then, {_short(now)} now"]


def _changed_inputs(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    found = [f"{name} is no input any more" for name in before if name not in now]
    found += [f"{name} is a new input" for name in now if name not in before]
    found += [f"{name} has changed" for name, source in before.items() if now.get(name, source) != source]
    found = found or ["the inputs have another order"]
    return found if len(found) <= 3 else [*found[:3], f"{len(found) - 3} more inputs differ"]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _count_lines(path: Path) -> int:
    with open(path, "rb") as file:
        return sum(1 for _ in file)


# Running it


class _Meter:
    """Counts what is done and tells it."""

    def __init__(self, tell: Callable[[Progress], None] | None, total: int | None) -> None:
        self.tell = tell
        self.total = total
        self.begun = time.monotonic()
        self.rows = self.resumed = self.failed = 0
        self.share: float | None = 0.0
        self.resumed_share = 0.0

    def add(self, block: Block, failed: int, resumed: bool = False) -> None:
        self.rows += len(block.rows)
        self.failed += failed
        self.share = None if block.share is None or self.share is None else self.share + block.share
        if resumed:
            self.resumed += len(block.rows)
            self.resumed_share += block.share or 0.0
        if self.tell:
            seconds = time.monotonic() - self.begun
            self.tell(Progress(self.rows, self.resumed, self.failed, seconds, self.share, self.resumed_share, self.total))


def _standard_output(output: str | os.PathLike[str]) -> Any:
    if os.fspath(output) == "-":
        return _Open(sys.stdout)
    return open(output, "w", encoding="utf-8", errors="backslashreplace", newline="\n")  # such as /dev/null


@dataclass
class _Open:
    """A stream that is not ours to close."""

    file: TextIO

    def __enter__(self) -> TextIO:
        return self.file

    def __exit__(self, *_: object) -> None:
        self.file.flush()


def _stream(
    plan: Plan, predictor: Predictor, batch_size: int, thresholds: Mapping[str, float] | None, out: TextIO
) -> tuple[int, int]:
    """Rows and failed rows of what is written straight away."""
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
    return rows, failed


class _Workers:
    """Processes that write parts. Each has one block at a time; the next ones are read meanwhile.

    A process is started anew instead of forked: threads of a network do not survive a fork.
    """

    def __init__(self, number: int, opening: Mapping[str, Any], task: Task) -> None:
        import multiprocessing

        self.processes: dict[Any, Any] = {}
        context = multiprocessing.get_context("spawn")
        with _no_interrupts():
            for _ in range(number):
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, dict(opening), task), daemon=True)
                process.start()
                theirs.close()
                self.processes[ours] = process

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for connection, process in self.processes.items():
            connection.close()  # which ends a worker that waits for a block
            if kind is not None:
                process.terminate()
        for process in self.processes.values():
            process.join()

    def run(self, todo: Iterator[Block]) -> Iterator[tuple[Block, Counts]]:
        """Blocks as they get done, in any order."""
        from multiprocessing.connection import wait

        idle = list(self.processes)
        busy: dict[Any, Block] = {}

        def finished() -> Iterator[tuple[Block, Counts]]:
            for connection in wait(list(busy)):
                block = busy.pop(connection)
                yield block, self._receive(connection, block)
                idle.append(connection)

        for block in todo:
            while not idle:
                yield from finished()
            connection = idle.pop()
            busy[connection] = block
            try:
                connection.send(block)
            except OSError:
                self._receive(connection, block)
        while busy:
            yield from finished()

    def _receive(self, connection: Any, block: Block) -> Counts:
        try:
            kind, answer = connection.recv()
        except (EOFError, OSError):
            process = self.processes[connection]
            process.join(1)
            first = f", whose block begins at {block.rows[0].where}" if block.rows else ""
            code = process.exitcode
            why = f"by signal {-code}, perhaps for want of memory" if code and code < 0 else f"with exit code {code}"
            guard = " (a script that calls predict_files keeps its own work under `if __name__ == '__main__':`)"
            raise DataError(
                [
                    f"a worker process{first}, ended {why}{guard if code == 1 else ''}. "
                    "The parts that are done are kept; the same command goes on with them."
                ]
            ) from None
        if kind is None:
            return Counts(*answer)
        raise ModuleNotFoundError(answer) if kind == "ModuleNotFoundError" else DataError([str(answer)])


class _no_interrupts:
    """Ctrl-C goes to all processes of a terminal: those that are started meanwhile leave it to this one."""

    def __enter__(self) -> None:
        import signal

        self.before: Any = None
        with suppress(ValueError):  # only the main thread may
            self.before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __exit__(self, *_: object) -> None:
        import signal

        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)


def _work(connection: Any, opening: Mapping[str, Any], task: Task) -> None:
    """A worker: parts of the blocks that come, until no more can come."""
    import threading

    threading.Thread(target=_leave_with_parent, daemon=True).start()
    predictor = None
    while True:
        try:
            block = connection.recv()
        except EOFError:
            return
        try:
            predictor = predictor or Predictor.from_pretrained(**opening)
            counts = write_part(predictor, block, task)
            connection.send((None, (counts.rows, counts.failed)))
        except Exception as error:
            connection.send((type(error).__name__, str(error)))


def _leave_with_parent() -> None:
    """End this process as soon as the one that started it is gone, in the middle of a block too."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
