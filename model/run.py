"""What every job over files does, whatever it makes of their rows: `run`, which is killed at any moment and goes on where it was.

The rows of all inputs form one stream, cut into blocks (`parts`). Each block becomes a part in a work folder beside the output
(`job`), written here or by other processes (`workers`). At the end the parts are put together, and only then the output appears.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

from .. import __version__
from ..data.inputs import Source
from ..data.rows import Stream
from ..data.schema import DataError
from .configuration import CONFIG_FILE, sha256
from .job import Answering, Counts, Format, Job, work_folder
from .outputs import is_folder
from .parts import Block, answer, blocks, write_part
from .predictor import Predictor
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
    unit: str = "rows"
    """What a row is."""

    def __str__(self) -> str:
        """
        >>> str(Report(3000, 2, 20.0, 1000, None))
        '3,000 rows in 20.0 s, 100.0 rows/s'
        """
        new = self.rows - self.resumed_rows
        rate = f", {new / self.seconds:.1f} {self.unit}/s" if new and self.seconds else ""
        return f"{self.rows:,} {self.unit} in {self.seconds:.1f} s{rate}"

    @classmethod
    def of(cls, counts: Counts, resumed_rows: int, begun: float, errors: Path | None, unit: str = "rows") -> Report:
        """A run that ends now and began at `begun`, a time of `time.monotonic`."""
        seconds = time.monotonic() - begun
        return cls(counts.rows, counts.failed, seconds, resumed_rows, errors if counts.failed else None, unit)


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
    unit: str = "rows"

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
        parts = [f"{self.rows:,}{of} {self.unit}", f"{self.rate:.1f} {self.unit}/s"]
        if self.failed:
            parts.insert(1, f"{self.failed:,} failed")
        if self.share is not None:
            parts.append(f"{100 * self.share:.0f} % of the input")
        if self.left is not None:
            seconds = round(self.left)
            parts.append(f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02} left")
        return ", ".join(parts)


@dataclass(frozen=True)
class Plan:
    """What is known before the work begins."""

    name: str
    """The output as it was given."""
    sources: list[Source]
    output: Format
    target: Path | None
    """The file or folder to be written; None for what cannot be written whole, such as standard output."""
    errors: Path | None
    checkpoint: Path
    identity: dict[str, Any]
    """What makes two runs the same job."""
    stream: Callable[[], Stream]
    """The rows of the sources, from the beginning."""
    answer: Answering = answer
    block: int | None = None
    """Rows of a part; None: `parts.BLOCK`."""
    unit: str = "rows"
    """What a row is, for messages."""

    def check_inputs(self) -> None:
        """See whether the inputs are still what they were.

        Raises:
            DataError: if one is not.
        """
        if self.identity["inputs"] != [source.identity() for source in self.sources]:
            raise DataError(
                ["an input changed while it was read; what was done is kept until the command is given with --restart"]
            )


def run(
    plan: Plan,
    opening: Mapping[str, Any],
    *,
    batch_size: int = 32,
    thresholds: float | Mapping[Any, float] | None = None,
    at_precision: float | None = None,
    workers: int = 1,
    restart: bool = False,
    progress: Callable[[Progress], None] | None = None,
    begun: float | None = None,
) -> Report:
    """Do what is planned.

    Args:
        opening: arguments of `Predictor.from_pretrained`; `threads` are those of each worker, None divides the cores among them.
        begun: when the caller began, a time of `time.monotonic`.

    The others are as of `predict_files`, and so are the errors.
    """
    begun = time.monotonic() if begun is None else begun
    opening = {**opening, "checkpoint": plan.checkpoint}
    if workers > 1:
        opening["threads"] = opening.get("threads") or max(1, processors() // workers)

    def open_predictor() -> tuple[Predictor, dict[str, float] | None]:
        predictor = Predictor.from_pretrained(**opening)
        limits = thresholds_by_topic(predictor, thresholds, at_precision)
        predictor.predict([], batch_size, limits)  # refuses what cannot be before the first row
        return predictor, limits

    if plan.target is None or plan.errors is None:
        predictor, limits = open_predictor()
        with _straight(plan.name) as out:
            counts = _stream(plan, predictor, batch_size, limits, out)
        return Report.of(counts, 0, begun, None, plan.unit)

    with Job(plan.target, plan.output, plan.identity, errors=plan.errors, restart=restart) as job:
        if job.finished is not None:
            return Report.of(job.finished, job.finished.rows, begun, job.errors, plan.unit)
        predictor, limits = open_predictor()
        task = job.task(batch_size, limits, plan.answer)
        stream = plan.stream()
        meter = _Meter(progress, stream.total_rows, plan.unit)

        def missing() -> Iterator[Block]:
            for block in blocks(stream, plan.block):
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
        return Report.of(job.finish(meter.blocks, meter.rows), meter.resumed, begun, job.errors, plan.unit)


def identity_of(
    sources: Sequence[Source],
    output: Format,
    checkpoint: Path,
    files: Mapping[str, str],
    settings: Mapping[str, Any],
    packages: Mapping[str, str],
) -> dict[str, Any]:
    """What makes two runs the same job, in JSON's types.

    Args:
        checkpoint: its folder.
        files: of its configuration: the checkpoint's other files with their sums.
        packages: versions of those on which answers depend.
    """
    identity = {
        "inputs": [source.identity() for source in sources],
        "output": output.to_dict(),
        "checkpoint": {CONFIG_FILE: sha256(checkpoint / CONFIG_FILE), **files},
        "settings": dict(settings),
        "versions": dict(packages),
    }
    if not all(source.texts or source.is_file for source in sources):
        identity["once"] = uuid.uuid4().hex  # a pipe cannot be read again
    return identity


def places(name: str, form: str, errors: str | os.PathLike[str] | None) -> tuple[Path | None, Path | None]:
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


def versions(form: str, others: Sequence[str] = ()) -> dict[str, str]:
    """What is installed of the packages on which answers depend."""
    found = {"hoptac": __version__}
    for package in ("onnxruntime", "tokenizers", "torch", *others, *(["pyarrow"] if form == "parquet" else [])):
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

    def __init__(self, tell: Callable[[Progress], None] | None, total: int | None, unit: str) -> None:
        self.tell = tell
        self.total = total
        self.unit = unit
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
            shares = (self.share, self.resumed_share, self.total, self.unit)
            self.tell(Progress(self.rows, self.resumed, self.failed, seconds, *shares))


def _straight(output: str | os.PathLike[str]) -> AbstractContextManager[TextIO]:
    """What is written straight away: standard output, which is not ours to close, or a device such as /dev/null."""
    if os.fspath(output) == "-":
        return nullcontext(sys.stdout)
    return open(output, "w", encoding="utf-8", errors="backslashreplace", newline="\n")


def _stream(plan: Plan, predictor: Predictor, batch_size: int, thresholds: Mapping[str, float] | None, out: TextIO) -> Counts:
    rows = failed = 0
    plan.output.begin(out)
    for block in blocks(plan.stream(), plan.block):
        answers, bad = plan.answer(predictor, block.rows, batch_size, thresholds)
        plan.output.write(answers, out)
        out.flush()
        for row in bad:
            print(f"error: {row.where}: {row.reason}", file=sys.stderr)
        rows += len(block.rows)
        failed += len(bad)
    return Counts(rows, failed)
