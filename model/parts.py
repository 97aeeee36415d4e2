"""From rows to a part: the rows of a job in blocks, a block's answers, and the file that holds them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice

from ..data.rows import BadRow, Row, Stream
from ..data.schema import DataError
from .job import Counts, Task
from .outputs import Answer
from .predictor import Prediction, Predictor

BLOCK = 1024
"""Rows of a part, failing ones included. It is part of what a job is: other blocks would make other parts."""
_GROUP_CHARACTERS = 2**20
"""Characters of texts that are predicted together; it bounds memory where rows are long."""
_LIKELY_BROKEN = 16
"""Where as many rows are predicted together and all fail, they are not to blame."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one part, numbered from 0 over the whole job."""

    number: int
    rows: list[Row | BadRow]
    share: float | None = None
    """How much of the input this is, from 0 to 1."""


def blocks(stream: Stream, size: int | None = None) -> Iterator[Block]:
    """The stream in blocks of `size` rows, by default `BLOCK`; one empty block if there are no rows, so that there always is a part.

    >>> from hoptac.data.inputs import given_texts
    >>> [len(block.rows) for block in blocks(Stream([given_texts(["Lào"] * 1500)]))]
    [1024, 476]
    """
    size = size or BLOCK
    rows = iter(stream)
    before = 0.0
    for number in count():
        chunk = list(islice(rows, size))
        if number and not chunk:
            return
        share = stream.share()
        yield Block(number, chunk, None if share is None else share - before)
        before = share or 0.0
        if len(chunk) < size:
            return


def write_part(predictor: Predictor, block: Block, task: Task) -> Counts:
    """Answer a block's rows into its part, in any process that reaches the task's folders.

    Raises:
        DataError: as `answer`.
        OSError: if the part cannot be written.
    """
    answers, bad = (task.answer or answer)(predictor, block.rows, task.batch_size, task.thresholds)
    data = task.output.encode(answers)
    # The part comes last: where it stands, its errors do too.
    if bad:
        task.write(task.errors_of(block.number), _error_lines(bad))
    else:
        task.errors_of(block.number).unlink(missing_ok=True)
    task.write(task.part(block.number), data)
    return Counts(len(block.rows), len(bad))


def _error_lines(bad: Sequence[BadRow]) -> bytes:
    lines = "".join(json.dumps(row.to_dict(), ensure_ascii=False) + "\n" for row in bad)
    return lines.encode("utf-8", "backslashreplace")


def answer(
    predictor: Predictor, rows: Sequence[Row | BadRow], batch_size: int = 32, thresholds: Mapping[str, float] | None = None
) -> tuple[list[Answer], list[BadRow]]:
    """Answers to rows in their order, and the rows that have none: bad ones, and those at which prediction fails.

    Raises:
        DataError: if prediction fails at every one of many rows, or for want of memory, of a device or by the system: none of
            which a row can be blamed for.
    """
    texts = [row.text for row in rows if isinstance(row, Row)]
    following = iter(outcomes(predictor, texts, batch_size, thresholds))
    answers: list[Answer] = []
    bad: list[BadRow] = []
    for row in rows:
        if isinstance(row, BadRow):
            bad.append(row)
        elif isinstance(outcome := next(following), Exception):
            bad.append(failed_row(row, outcome))
        else:
            answers.append((row, outcome))
    return answers, bad


def failed_row(row: Row, error: Exception) -> BadRow:
    """A row at which prediction failed."""
    return BadRow(row.where, f"prediction failed: {_named(error)}", row.text)


def outcomes(
    predictor: Predictor, texts: Sequence[str], batch_size: int = 32, thresholds: Mapping[str, float] | None = None
) -> list[Prediction | Exception]:
    """For each text its prediction, or why there is none.

    Raises:
        DataError: as `answer`.
    """
    return [outcome for group in _groups(texts) for outcome in _outcomes(predictor, group, batch_size, thresholds)]


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
    try:
        return predictor.predict(texts, batch_size, thresholds)
    except Exception as error:  # one of the texts; which one is seen when each goes alone
        _end_if_no_text_is_to_blame(error)
    found: list[Prediction | Exception] = []
    for text in texts:
        try:
            found += predictor.predict([text], batch_size, thresholds)
        except Exception as error:
            _end_if_no_text_is_to_blame(error)
            found.append(error)
    failures = [outcome for outcome in found if isinstance(outcome, Exception)]
    if len(failures) == len(found) >= _LIKELY_BROKEN:
        raise DataError([f"prediction fails at every row, last with {_named(failures[-1])}"]) from failures[-1]
    return found


_MACHINE = re.compile(r"\b(CUDA|cuDNN|cuBLAS|HIP|MPS|NCCL|device|driver|memory|bad_alloc|bad allocation)\b", re.IGNORECASE)
"""What torch (in a RuntimeError) and onnxruntime (in exceptions of its own) name when the machine fails them."""


def _end_if_no_text_is_to_blame(error: Exception) -> None:
    """End the run where its next rows would fail too, or where the same row may succeed another time."""
    of_runtime = isinstance(error, RuntimeError) or type(error).__module__.startswith("onnxruntime")
    if isinstance(error, MemoryError | OSError) or (of_runtime and _MACHINE.search(str(error))):
        raise DataError(
            [f"prediction failed, for which no row is to blame: {_named(error)}. The parts that are done are kept."]
        ) from error


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
