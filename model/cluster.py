"""Prediction on Ray: a Ray Dataset in and out, and the job of `bulk` on a pool of actors.

Ray is imported when it is needed; the extra `ray` brings it.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..data.rows import BadRow, Row, arrow, parquet_rows, read_parquet
from ..data.schema import DataError
from .bulk import prepare
from .configuration import CheckpointConfig, CheckpointError
from .job import Counts, Job, Task
from .outputs import answer_columns
from .parts import BLOCK, Block, answer, write_part
from .predictor import Predictor
from .run import Progress, Report, thresholds_by_topic
from .runtime import processors
from .workers import keep_to_given_threads

if TYPE_CHECKING:
    from ray.data import Dataset

_ITEM = 64
"""Most blocks that an actor takes at a time: some minutes of work, which is what a straggler may cost at the end."""
_ITEMS_EACH = 8
"""Items for each actor, if there are enough blocks: the more, the more evenly they all end."""
_OBJECT_STORE = 100 * 2**20
"""Bytes of memory that Ray on this machine takes for objects. Ours are numbers; Ray's own default is a third of the memory."""
_TRIES = 3
"""Actors that one block may end before the block is to blame; Ray itself would start them again for ever."""


def predict_dataset(
    dataset: Dataset,
    column: str = "text",
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    thresholds: float | Mapping[str, float] | None = None,
    concurrency: int | tuple[int, int] | None = None,
    num_cpus: float = 1,
    num_gpus: float = 0,
    batch_size: int = BLOCK,
    device: str | None = None,
    backend: str | None = None,
    precision: str | None = None,
    segmenter: str | None = None,
) -> Dataset:
    """The rows of a Ray Dataset, in the same order, with what each text says.

    As with all of Ray Data, nothing is predicted before the result is read or written. These columns are added, in place of any
    that have their names:

    - `topics`: list<string>, `participants`: list<struct<text, start, end, type, score>>, and a float `score_<topic>` for each
      topic, as in the Parquet files that `hoptac predict` writes;
    - `problem`: string, null where there is a prediction. A text that is null or no string, or whose prediction fails, has the
      reason here and null in all columns above. It does not stop the others.

    Args:
        dataset: a `ray.data.Dataset`. Ray is neither started nor stopped here.
        column: the one that holds the texts, each read as one sentence.
        checkpoint: as of `Predictor.from_pretrained`. The shipped one is wherever hoptac is installed. A folder must have the
            same path on every node, on storage that they share or copied to each; a node without it, or with another
            checkpoint in its place, is an error.
        thresholds: as of `Predictor.predict`.
        concurrency: actors, or the fewest and the most of them; each loads the checkpoint once. None is from one to as many as
            the CPUs of the cluster hold now, but one CPU: with actors on all of them, Ray Data has none to read with and waits
            for ever.
        num_cpus: CPUs of each actor, and threads of its network.
        num_gpus: GPUs of each actor; where there are any, `device` is `cuda` unless it is given.
        batch_size: rows that an actor takes at a time.
        device, backend, precision, segmenter: as of `Predictor.from_pretrained`; they hold on the nodes.

    Raises:
        DataError: without Ray.
        CheckpointError: if the checkpoint cannot be opened here.
        ValueError: for other arguments that cannot be. What goes wrong on a node, Ray raises when the result is read: that
            there is no such column, or that the checkpoint is not there.

    >>> import ray  # doctest: +SKIP
    >>> predict_dataset(ray.data.read_parquet("news/"), "sentence").write_parquet("answers/")  # doctest: +SKIP
    """
    ray = _import_ray()
    if batch_size < 1:
        raise ValueError(f"batch_size: {batch_size} is not at least 1")
    if concurrency is None:
        free = (ray.cluster_resources().get("CPU", 0) - 1) // num_cpus if num_cpus else 1
        concurrency = (1, max(1, int(free)))
    fewest, most = (concurrency, concurrency) if isinstance(concurrency, int) else concurrency
    if not 1 <= fewest <= most:
        raise ValueError(f"concurrency: {concurrency} is neither a number of actors nor the fewest and the most of them")
    opening = {
        "device": device or ("cuda" if num_gpus else None),
        "backend": backend,
        "precision": precision,
        "segmenter": segmenter,
    }
    recipe = Recipe.of(checkpoint, {**opening, "threads": max(1, int(num_cpus))}, thresholds)
    predicted = dataset.map_batches(
        DatasetPredictor,
        fn_constructor_kwargs={"recipe": recipe, "column": column},
        compute=ray.data.ActorPoolStrategy(min_size=fewest, max_size=most),
        num_cpus=num_cpus,
        num_gpus=num_gpus,
        batch_size=batch_size,
        batch_format="pyarrow",
    )
    predicted.context.execution_options.preserve_order = True  # of this Dataset and those made from it; others stay as they are
    return predicted


class DatasetPredictor:
    """What an actor of `predict_dataset` runs."""

    def __init__(self, recipe: Recipe, column: str) -> None:
        self.recipe = recipe
        self.column = column

    def __call__(self, table: Any) -> Any:
        """A pyarrow Table with the columns that `predict_dataset` describes."""
        if self.column not in table.column_names:
            if not table.num_rows:
                return table  # an empty block may have lost its columns
            names = ", ".join(map(repr, table.column_names))
            raise ValueError(f"column: the dataset has no column {self.column!r}; it has {names}")
        rows = [self._row(number, text) for number, text in enumerate(table.column(self.column).to_pylist())]
        answers, bad = answer(self.recipe.predictor, rows, thresholds=self.recipe.thresholds)
        predictions = {row.where: prediction for row, prediction in answers}
        problems = {row.where: row.reason for row in bad}
        added = answer_columns([predictions.get(row.where) for row in rows], self.recipe.config.topics)
        added["problem"] = arrow().array([problems.get(row.where) for row in rows], arrow().string())
        table = table.drop_columns([name for name in table.column_names if name in added])
        for name, values in added.items():
            table = table.append_column(name, values)
        return table

    def _row(self, number: int, text: Any) -> Row | BadRow:
        if isinstance(text, str):
            return Row(text, "", 0, len(text), str(number))
        kind = "null" if text is None else f"a string was expected, not {type(text).__name__}"
        return BadRow(str(number), f"{self.column}: {kind}", "")


@dataclass(frozen=True)
class Recipe:
    """How an actor opens the predictor. This is what travels to the nodes; the network does not."""

    checkpoint: str | None
    """None is the one of the hoptac that is installed on the node."""
    opening: Mapping[str, Any]
    """Further arguments of `Predictor.from_pretrained`."""
    config: CheckpointConfig
    """The checkpoint's, where the job was started."""
    thresholds: Mapping[str, float] | None
    version: str = __version__

    @classmethod
    def of(
        cls,
        checkpoint: str | os.PathLike[str] | None,
        opening: Mapping[str, Any],
        thresholds: float | Mapping[Any, float] | None = None,
        at_precision: float | None = None,
    ) -> Recipe:
        """A recipe that works here.

        The checkpoint is opened, without the nodes' device, so that what cannot be is refused at once.
        """
        here = Predictor.from_pretrained(checkpoint, segmenter=opening["segmenter"])
        limits = thresholds_by_topic(here, thresholds, at_precision)
        here.predict([], thresholds=limits)
        if checkpoint is not None:
            checkpoint = os.path.abspath(checkpoint) if os.path.isdir(checkpoint) else os.fspath(checkpoint)
        return cls(checkpoint, opening, here.config, limits)

    @cached_property
    def predictor(self) -> Predictor:
        """Opened once in a process, with its first rows: a process that dies in its constructor, Ray does not start again.

        Raises:
            CheckpointError: if this node has another hoptac, or the checkpoint not at all, or another one.
        """
        if self.version != __version__:
            raise CheckpointError(
                f"hoptac {__version__} {_node()}, {self.version} where the job was started; install the same on all nodes"
            )
        if self.checkpoint is not None and os.path.isabs(self.checkpoint) and not os.path.isdir(self.checkpoint):
            raise CheckpointError(
                f"{self.checkpoint}: no such folder {_node()}; a checkpoint needs the same path on every node: "
                "put it on storage that they share, or copy it to each of them"
            )
        keep_to_given_threads()
        predictor = Predictor.from_pretrained(self.checkpoint, **self.opening)
        if predictor.config != self.config:
            raise CheckpointError(
                f"{self.checkpoint or 'the shipped checkpoint'}: is another one {_node()} than where the job was started"
            )
        return predictor


def predict_files(
    inputs: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    address: str | None = None,
    workers: int | None = None,
    threads: int = 1,
    format: str | None = None,
    errors: str | os.PathLike[str] | None = None,
    column: str = "text",
    checkpoint: str | os.PathLike[str] | None = None,
    device: str | None = None,
    backend: str | None = None,
    precision: str | None = None,
    segmenter: str | None = None,
    batch_size: int = 32,
    thresholds: float | Mapping[Any, float] | None = None,
    at_precision: float | None = None,
    restart: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """As `bulk.predict_files`, by actors on Ray: the same job, parts and output; either goes on with what the other left.

    Input is Parquet, any number of files; output is anything. Both, and the work folder beside the output, must be on storage
    that all nodes reach by the same paths. An actor takes some blocks at a time, reads their rows and writes their parts
    itself; through Ray go only numbers. If it dies, Ray starts another one, which goes on at the part that is missing.

    >>> predict_files(["/shared/news/"], "/shared/answers/", address="auto")  # doctest: +SKIP
    Report(rows=100000, failed=0, seconds=512.3, resumed_rows=0, errors=None)

    Args:
        address: of a running Ray, or `auto` on one of its machines. None starts Ray on this machine only, reachable from it
            only, without dashboard and reports of usage, and ends it again. A Ray that this process has joined already is
            taken as it is.
        workers: actors; None is as many as the CPUs hold.
        threads: threads of each actor, which are the CPUs that it takes. On the device `cuda` it takes a GPU besides.
        inputs, output, and all others: as of `bulk.predict_files`.

    Raises:
        DataError, CheckpointError, ValueError, OSError: as `bulk.predict_files`; DataError too without Ray, for an input that
            is not Parquet, if a block has ended several actors, and if Ray itself fails.
    """
    begun = time.monotonic()
    if workers is not None and workers < 1:
        raise ValueError(f"workers: {workers} is not at least 1")
    if threads < 1:
        raise ValueError(f"threads: {threads} is not at least 1")
    choices = {"device": device, "backend": backend, "precision": precision, "segmenter": segmenter}
    settings = {**choices, "batch_size": batch_size, "thresholds": thresholds, "at_precision": at_precision}
    plan = prepare(inputs, output, format=format, errors=errors, column=column, checkpoint=checkpoint, settings=settings)
    if others := [source.name for source in plan.sources if source.form != "parquet"]:
        raise DataError([f"{name}: is not Parquet, which is all that the engine ray reads" for name in others])
    if plan.target is None or plan.errors is None:
        raise DataError([f"{output}: the engine ray writes a file or a folder, which all nodes reach"])
    recipe = Recipe.of(checkpoint, {**choices, "threads": threads}, thresholds, at_precision)
    with Job(plan.target, plan.output, plan.identity, errors=plan.errors, restart=restart) as job:
        if job.finished is not None:
            return Report.of(job.finished, job.finished.rows, begun, job.errors)
        sizes = [(source.name, parquet_rows(source.name)) for source in plan.sources]
        total = sum(size for _, size in sizes)
        parts = max(1, -(-total // BLOCK))
        missing = [number for number in range(parts) if not job.has(number)]
        resumed = total - sum(min(BLOCK, total - number * BLOCK) for number in missing)
        if missing:
            task = job.task(batch_size, recipe.thresholds)
            writer = {"recipe": recipe, "task": task, "sizes": sizes, "column": column, "folder": os.getcwd()}
            rows, failed, started = resumed, 0, time.monotonic()
            for counts in _write_parts(writer, missing, address, workers, threads):
                rows, failed = rows + counts.rows, failed + counts.failed
                if progress:
                    seconds = time.monotonic() - started
                    progress(Progress(rows, resumed, failed, seconds, rows / max(1, total), resumed / max(1, total), total))
        plan.check_inputs()
        return Report.of(job.finish(parts, total), resumed, begun, job.errors)


def _write_parts(
    writer: Mapping[str, Any], missing: Sequence[int], address: str | None, workers: int | None, threads: int
) -> Iterator[Counts]:
    """Write the parts with these numbers on Ray, and give the counts of each as it gets done."""
    with _session(address, workers and workers * threads) as ray:
        actors = workers or max(1, int(ray.cluster_resources().get("CPU", 1) // threads))
        items = _items(missing, min(_ITEM, max(1, len(missing) // (actors * _ITEMS_EACH))))
        # Items stay whole, each a block of Ray's. They are here already: no task has to read, and actors can have all CPUs.
        dataset = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
            PartWriter,
            fn_constructor_kwargs=writer,
            compute=ray.data.ActorPoolStrategy(size=min(actors, len(items)), max_tasks_in_flight_per_actor=1),
            num_cpus=threads,
            num_gpus=1 if (writer["recipe"].opening["device"] or "").startswith("cuda") else 0,
            batch_size=None,
            batch_format="numpy",
        )
        dataset.context.enable_progress_bars = False
        try:
            for row in dataset.iter_rows():
                if row["problem"]:
                    raise DataError([row["problem"]])
                yield Counts(int(row["rows"]), int(row["failed"]))
        except ray.exceptions.RayError as error:
            raise DataError(
                [f"Ray: {_in_short(error)}. The parts that are done are kept; the same command goes on with them."]
            ) from error


def _in_short(error: Exception) -> str:
    """An error of Ray in one line: of what an actor raised, and Ray tells with its traceback, the line that says what it was.

    >>> _in_short(RuntimeError("The actor died.\\n\\tclass_name: X"))
    'RuntimeError: The actor died'
    """
    first = str(error).partition("\nThe above exception was the direct cause")[0]
    lines = [line.strip() for line in first.splitlines() if line.strip()] or [""]
    raised = hasattr(error, "cause")  # ray.exceptions.RayTaskError
    return (lines[-1] if raised else f"{type(error).__name__}: {lines[0]}").rstrip(".")


def _items(numbers: Sequence[int], most: int) -> list[dict[str, int]]:
    """Numbers in order as runs without gaps of at most so many.

    >>> _items([0, 1, 2, 5, 6], 2)
    [{'first': 0, 'count': 2}, {'first': 2, 'count': 1}, {'first': 5, 'count': 2}]
    """
    items: list[dict[str, int]] = []
    for number in numbers:
        if items and number == items[-1]["first"] + items[-1]["count"] and items[-1]["count"] < most:
            items[-1]["count"] += 1
        else:
            items.append({"first": number, "count": 1})
    return items


class PartWriter:
    """What an actor of `predict_files` runs.

    Args:
        sizes: the input files in order, with the rows of each.
        folder: from which their names are meant.
    """

    def __init__(self, recipe: Recipe, task: Task, sizes: Sequence[tuple[str, int]], column: str, folder: str) -> None:
        self.recipe = recipe
        self.task = task
        self.sizes = sizes
        self.column = column
        self.folder = folder

    def __call__(self, items: Mapping[str, Any]) -> dict[str, list[Any]]:
        """Write the parts of items, `first` and `count` of each, but those that are there.

        Gives rows and failed rows of each part; or one problem, which ends the run. As an error it would come through Ray with
        much around it.
        """
        pairs = zip(items["first"].tolist(), items["count"].tolist(), strict=True)
        try:
            self._look()
            counts = [done for first, number in pairs for done in self._write(first, number)]
        except (ValueError, OSError, ModuleNotFoundError) as error:
            return {"rows": [0], "failed": [0], "problem": [str(error)]}
        return {
            "rows": [done.rows for done in counts],
            "failed": [done.failed for done in counts],
            "problem": [""] * len(counts),
        }

    def _look(self) -> None:
        """See whether this node has the folders of the job."""
        try:
            os.chdir(self.folder)  # names of inputs are relative to it, and stand in the answers as they were given
        except OSError:
            if not all(os.path.isabs(name) for name, _ in self.sizes):
                raise DataError([f"{self.folder}: no such folder {_node()}; name the inputs by their whole paths"]) from None
        if not os.path.isdir(self.task.parts):
            raise DataError(
                [f"{self.task.parts}: no such folder {_node()}; the output must be on storage that all nodes share"]
            )

    def _write(self, first: int, number: int) -> Iterator[Counts]:
        rows = self._rows(first * BLOCK, number * BLOCK)
        for block in (Block(first + i, list(islice(rows, BLOCK))) for i in range(number)):
            if self.task.part(block.number).exists():  # by an actor that died in the middle of this item
                yield Counts(len(block.rows), self.task.failed(block.number))
                continue
            notes = self._note(block)
            counts = write_part(self.recipe.predictor, block, self.task)
            notes.unlink(missing_ok=True)
            yield counts

    def _rows(self, first: int, rows: int) -> Iterator[Row | BadRow]:
        """Rows of the stream that all inputs form."""
        position = 0
        for name, size in self.sizes:
            begin, end = max(first, position), min(first + rows, position + size)
            if begin < end:
                if not os.path.exists(name):
                    raise DataError([f"{name}: no such file {_node()}; the inputs must be on storage that all nodes share"])
                try:
                    yield from read_parquet(name, self.column, begin - position, end - begin)
                except (OSError, ValueError) as error:
                    raise DataError([f"{name}: cannot be read {_node()}: {error}"]) from None
            position += size

    def _note(self, block: Block) -> Path:
        """Note who begins this block; the note goes when the block is done.

        Raises:
            DataError: if it was begun often enough.
        """
        notes = Path(self.task.temporary) / f"begun-{block.number:06}"
        with open(notes, "a+", encoding="utf-8") as file:
            file.seek(0)
            before = file.read().splitlines()
            file.write(f"{socket.gethostname()} {os.getpid()}\n")
        if len(before) >= _TRIES:
            where = f"{block.rows[0].where} to {block.rows[-1].where}" if block.rows else "an empty input"
            raise DataError(
                [
                    f"the rows {where} have ended {len(before)} actors ({', '.join(before)}), perhaps for want of memory. "
                    "The parts that are done are kept; the same command goes on with them."
                ]
            )
        return notes


def _node() -> str:
    return f"on the node {socket.gethostname()}"


def _import_ray() -> Any:
    """Ray with Ray Data.

    Raises:
        DataError: if it is not installed.
    """
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise DataError([f"Ray Data is not installed ({error}); the extra `ray` has it: pip install 'hoptac[ray]'"]) from None
    return ray


@contextmanager
def _session(address: str | None, cpus: int | None) -> Iterator[Any]:
    """Ray at an address; without one, Ray of this machine for as long as this lasts, with so many CPUs or all."""
    if address is None:
        # Read when Ray is imported: its processes are to listen on the loopback interface, as on other systems than Linux.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    ray = _import_ray()
    if ray.is_initialized():
        yield ray
        return
    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setLevel(logging.CRITICAL)  # what goes wrong is raised here, with less words
    local = {"num_cpus": cpus or processors(), "include_dashboard": False, "object_store_memory": _OBJECT_STORE}
    ray.init(address or "local", logging_level="error", log_to_driver=False, **({} if address else local))
    try:
        yield ray
    finally:
        ray.shutdown()
