"""The job of one output on disk: parts that any process writes, and the ending that puts them together.

A job is killed at any moment and gone on with. `Job` is its work folder; `Task` is what a process needs to write a part.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import uuid
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TextIO

from ..data.rows import BadRow, Row
from ..data.schema import DataError
from .predictor import Predictor


class Format(Protocol):
    """How answers are written; small and picklable, so that it can be sent to other processes."""

    @property
    def ending(self) -> str:
        """Of the name of a part."""

    @property
    def folder(self) -> bool:
        """Whether each part is a file of the output."""

    def begin(self, file: TextIO) -> None:
        """Write what stands before the first part."""

    def write(self, answers: Any, file: TextIO) -> None:
        """Write answers as text."""

    def encode(self, answers: Any) -> bytes:
        """A part."""

    def put_together(self, parts: Iterable[Path], target: BinaryIO) -> None:
        """Write one file out of its parts."""

    def to_dict(self) -> dict[str, Any]:
        """What makes two outputs alike, as JSON."""


Answering = Callable[[Predictor, Sequence[Row | BadRow], int, Mapping[str, float] | None], tuple[list[Any], list[BadRow]]]
"""Answers to rows, and the rows that have none, given a batch size and thresholds; picklable."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows, and how many of them failed."""

    rows: int
    failed: int


@dataclass(frozen=True, slots=True)
class Task:
    """All that a process needs to write parts of a job; small and picklable. The folders are absolute."""

    parts: str
    errors: str
    temporary: str
    output: Format
    batch_size: int
    thresholds: Mapping[str, float] | None
    answer: Answering | None = None
    """None: rows are predicted."""

    def part(self, number: int) -> Path:
        """The file of a part. If it is there, it is whole, and so are its errors."""
        return Path(self.parts) / f"part-{number:06}{self.output.ending}"

    def errors_of(self, number: int) -> Path:
        """The failing rows of a part, as JSON Lines; there is no such file where none failed."""
        return Path(self.errors) / f"part-{number:06}.jsonl"

    def failed(self, number: int) -> int:
        """How many rows failed in a part that is there."""
        path = self.errors_of(number)
        return _count_lines(path) if path.exists() else 0

    def write(self, path: Path, data: bytes | Callable[[BinaryIO], None]) -> None:
        """Write a file of the work folder that appears whole or not at all.

        Args:
            data: what it holds, or what writes it.
        """
        # A name that no other process takes, on another machine neither.
        _write_whole(path, data, Path(self.temporary) / uuid.uuid4().hex)


def work_folder(target: Path) -> Path:
    """Where the parts of an output stand until it is whole.

    >>> work_folder(Path("a/out.csv")).name
    '.out.csv.partial'
    """
    return target.parent / f".{target.name}.partial"


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
        self, target: Path, output: Format, identity: Mapping[str, Any], *, errors: Path, restart: bool = False
    ) -> None:
        self.target = target
        self.output = output
        self.errors = errors
        self.identity = json.loads(json.dumps(dict(identity)))  # as it comes back from a file: a key None is the text `null`
        self.restart = restart
        self.folder = work_folder(target)
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

    def task(
        self, batch_size: int = 32, thresholds: Mapping[str, float] | None = None, answer: Answering | None = None
    ) -> Task:
        """What `write_part` needs."""
        folders = str(self.parts), str(self.part_errors), str(self.temporary)
        return Task(*folders, self.output, batch_size, thresholds, answer)

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
        self.task().write(self.folder / name, data)

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
        self._unlock()  # a network file system keeps an open file, and its folder with it
        shutil.rmtree(self._rubbish, ignore_errors=True)

    def _remove_all_but(self, *names: str) -> None:
        for path in self.folder.iterdir():
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


_NO_LOCKS = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK, errno.EINVAL}
"""What `flock` says on file systems without locks, such as some of networks and clusters."""


def _lock(folder: Path, target: Path) -> int | None:
    """Take a work folder, which is made where it is missing.

    None where the system (Windows) or the file system has no such locks: there, nothing keeps two runs apart. Of the second,
    which a user may not know, a warning tells.
    """
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
        except OSError as error:
            os.close(handle)
            if error.errno not in _NO_LOCKS:
                raise
            warnings.warn(
                f"{folder}: this file system has no locks ({error.strerror}); see to it that no other run writes {target.name}",
                stacklevel=2,
            )
            return None
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
