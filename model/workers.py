"""Processes on this machine that write the parts of a job."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from ..data.schema import DataError
from .job import Counts, Task
from .parts import Block, write_part
from .predictor import Predictor


class Workers:
    """Processes that write parts. Each has one block at a time; the next ones are read meanwhile.

    A process is started anew instead of forked: threads of a network do not survive a fork.

    Args:
        number: of processes.
        opening: arguments of `Predictor.from_pretrained`, which each process calls for itself.
        task: whose parts they write.
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

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for connection, process in self.processes.items():
            connection.close()  # which ends a worker that waits for a block
            if kind is not None:
                process.terminate()
        for process in self.processes.values():
            process.join()

    def run(self, todo: Iterator[Block]) -> Iterator[tuple[Block, Counts]]:
        """Blocks as they get done, in any order.

        Raises:
            DataError: if a process ends before it should, or cannot write a part.
        """
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
            first = f", whose block begins at {block.rows[0].where}," if block.rows else ""
            code = process.exitcode
            why = f"by signal {-code}, perhaps for want of memory" if code and code < 0 else f"with exit code {code}"
            guard = " (a script that calls predict_files keeps its own work under `if __name__ == '__main__':`)"
            raise DataError(
                [
                    f"a worker process{first} ended {why}{guard if code == 1 else ''}. "
                    "The parts that are done are kept; the same command goes on with them."
                ]
            ) from None
        if kind is None:
            return Counts(*answer)
        raise ModuleNotFoundError(answer) if kind == "ModuleNotFoundError" else DataError([str(answer)])


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Ctrl-C goes to all processes of a terminal: those that are started meanwhile leave it to this one."""
    before: Any = None
    with suppress(ValueError):  # only the main thread may
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _work(connection: Any, opening: Mapping[str, Any], task: Task) -> None:
    """A worker: parts of the blocks that come, until no more can come."""
    import threading

    threading.Thread(target=_leave_with_parent, daemon=True).start()
    keep_to_given_threads()
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


def keep_to_given_threads() -> None:
    """Keep the `tokenizers` library of a worker from starting a thread for every core, unless the user set this otherwise.

    A worker has its share of the cores, and already reads as many texts side by side as it has threads.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
