"""Prediction over files of any size: `predict_files`."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..data.inputs import Source, find_sources
from ..data.rows import Stream, kept_columns
from .configuration import CheckpointConfig
from .outputs import Output, is_folder, output_form
from .parts import BLOCK
from .predictor import find_checkpoint
from .run import Plan, Progress, Report, identity_of, places, run, versions


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
    target, errors_path = places(name, form, errors)
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
    settings = {**settings, "column": column, "lines": lines, "block": BLOCK}
    identity = identity_of(sources, description, folder, config.files, settings, versions(form))
    stream = partial(Stream, sources, column, lines)
    return Plan(name, sources, description, target, errors_path, folder, identity, stream)
