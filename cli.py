"""The command `hoptac`: connects the pieces, computes nothing.

Exit codes: 0 done, 1 failed on the input, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from . import __version__
from .data.article import Place, read_lines, sample_article
from .data.schema import DataError, read_records, whole_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        # Half a surrogate pair, which UTF-8 cannot hold, is written as its escape, which JSON reads back.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        options.run(options, parser)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output left; what it wanted it has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"error: {error}; this command needs the extra `train`", file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hoptac", description="Topics and participants of cooperation between states in Vietnamese news."
    )
    parser.add_argument("--version", action="version", version=f"hoptac {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _predict_parser(commands)
    _train_parser(commands)
    _evaluate_parser(commands)
    _export_parser(commands)
    _benchmark_parser(commands)
    _data_parser(commands)
    return parser


# -- predict ----------------------------------------------------------------------------------------------------------


def _predict_parser(commands: Any) -> None:
    parser = commands.add_parser("predict", help="topics and participants of texts")
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="text, or .jsonl whose `text` fields are one sentence each; - is standard input (the default)",
    )
    parser.add_argument("--text", action="append", default=[], help="a text given here, read as one sentence")
    parser.add_argument("--sample", action="store_true", help="the article that ships with the package")
    parser.add_argument(
        "--lines", action="store_true", help="each line of a text file is one sentence; default: sentences are found"
    )
    parser.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="where to write; - is standard output (the default)"
    )
    parser.add_argument("--format", choices=["text", "jsonl", "csv"], help="default: by the ending of --output, else text")
    parser.add_argument(
        "--threshold", action="append", default=[], metavar="[TOPIC=]P", help="probability from which a topic is given"
    )
    parser.add_argument("--batch-size", type=_positive, default=32, metavar="N")
    _checkpoint_options(parser)
    parser.set_defaults(run=_predict)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def _checkpoint_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", metavar="FOLDER", help="a folder or hub id; default: the shipped checkpoint")
    parser.add_argument("--backend", choices=["onnx", "torch"])
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps")


def _predict(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .model.predictor import Predictor

    if not (options.files or options.text or options.sample):
        if sys.stdin.isatty():
            parser.error("predict: name a FILE, or --text, or --sample")
        options.files = ["-"]
    thresholds = _thresholds(options.threshold, parser)
    form = options.format or {".jsonl": "jsonl", ".csv": "csv"}.get(Path(options.output).suffix, "text")
    for name in options.files:
        if name != "-" and not Path(name).is_file():
            raise FileNotFoundError(f"{name}: no such file (for a text on the command line: --text)")
    predictor = Predictor.from_pretrained(options.checkpoint, options.device, options.backend)
    if None in thresholds:
        thresholds = dict.fromkeys(predictor.config.topics, thresholds.pop(None)) | thresholds
    with _output(options.output) as out:
        write = _writer(form, out, predictor.config.topics, predictor.config.types)
        source = _progress(_sources(options), options.output)
        while chunk := list(islice(source, 512)):
            predictions = predictor.predict([place.text for place, _ in chunk], options.batch_size, thresholds or None)
            for (place, record), prediction in zip(chunk, predictions, strict=True):
                write(place, record, prediction)


def _thresholds(given: Sequence[str], parser: argparse.ArgumentParser) -> dict[Any, float]:
    """Thresholds by topic; under None the one for all other topics."""
    thresholds: dict[Any, float] = {}
    for item in given:
        topic, _, value = item.rpartition("=")
        try:
            thresholds[topic or None] = float(value)
        except ValueError:
            parser.error(f"--threshold {item}: {value!r} is not a number")
    return thresholds


def _sources(options: argparse.Namespace) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Sentences with where they stand, and the other fields of their record if they came as JSON Lines."""
    for number, text in enumerate(options.text):
        yield Place(text, f"text {number + 1}", 0, len(text)), {}
    if options.sample:
        for place in read_lines(sample_article().splitlines(keepends=True), "sample"):
            yield place, {}
    for name in options.files:
        if name.endswith(".jsonl"):
            yield from _records(name)
            continue
        with _input(name) as file:
            try:
                for place in read_lines(file, name, options.lines):
                    yield place, {}
            except UnicodeDecodeError as error:
                raise DataError([f"{name}: not UTF-8: {error.reason}"]) from None


@contextmanager
def _input(name: str) -> Iterator[TextIO]:
    """A text file whose line ends stay as they are, so that offsets can be counted."""
    if name == "-":
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", newline="")
        yield sys.stdin
        return
    with open(name, encoding="utf-8", newline="") as file:
        yield file


def _records(name: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    for number, record in read_records(name):
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise DataError([f"{name}:{number}: text: an object with a string `text` was expected"])
        text = record.pop("text")
        kept = {field: value for field, value in record.items() if field not in ("topics", "participants")}
        yield Place(text, f"{name}:{number}", 0, len(text)), kept


def _writer(form: str, out: TextIO, topics: Sequence[str], types: Sequence[str]) -> Any:
    from .model.display import render, table_header, table_row

    if form == "jsonl":

        def write_record(place: Place, record: dict[str, Any], prediction: Any) -> None:
            where = record or {"source": place.source, "start": place.start, "end": place.end}
            out.write(json.dumps(where | prediction.to_dict(), ensure_ascii=False) + "\n")

        return write_record
    if form == "csv":
        rows = csv.writer(out)
        rows.writerow(["source", "start", "end", *table_header(topics, types)])

        def write_row(place: Place, record: dict[str, Any], prediction: Any) -> None:
            rows.writerow([record.get("id", place.source), place.start, place.end, *table_row(prediction, topics, types)])

        return write_row
    from rich.console import Console

    console = Console(file=out, highlight=False)

    def write_text(place: Place, record: dict[str, Any], prediction: Any) -> None:
        console.print(render(prediction), soft_wrap=not out.isatty())
        console.print()

    return write_text


@contextmanager
def _output(name: str) -> Iterator[TextIO]:
    if name == "-":
        yield sys.stdout
        return
    with whole_file(name) as file:
        yield file


def _progress(items: Iterable[Any], output: str) -> Iterator[Any]:
    if output == "-" or not sys.stderr.isatty():
        return iter(items)
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn

    def watched() -> Iterator[Any]:
        columns = (SpinnerColumn(), "sentences", MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("sentences", total=None)
            for item in items:
                yield item
                progress.advance(task)

    return watched()


# -- train, evaluate, export, benchmark -------------------------------------------------------------------------------


def _train_parser(commands: Any) -> None:
    parser = commands.add_parser("train", help="fine-tune a backbone on labelled sentences")
    parser.add_argument("config", metavar="CONFIG", help="a YAML file, such as configs/embedded.yaml")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a key, for example train.epochs=3"
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .train.config import load_experiment

    experiment = load_experiment(options.config, options.set)
    from .train.finetune import finetune  # takes seconds to import: after the configuration has been read

    folder = finetune(experiment, options.resume)
    print(f"checkpoint written to {folder}")


def _evaluate_parser(commands: Any) -> None:
    parser = commands.add_parser("evaluate", help="score a checkpoint on labelled sentences")
    parser.add_argument("files", nargs="+", metavar="DATA", help="JSON Lines files, or corpus:development")
    parser.add_argument("--json", action="store_true", help="all scores as JSON")
    _checkpoint_options(parser)
    parser.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.corpus import read_sources
    from .eval.evaluate import evaluate, scores_table
    from .model.predictor import Predictor

    predictor = Predictor.from_pretrained(options.checkpoint, options.device, options.backend)
    for name in options.files:
        scores = evaluate(predictor, read_sources([name], predictor.config.topics, predictor.config.types))
        if options.json:
            print(json.dumps({"data": name, **scores}, ensure_ascii=False))
        else:
            _console().print(scores_table(scores, name))


def _export_parser(commands: Any) -> None:
    parser = commands.add_parser("export", help="write the ONNX int8 form of a checkpoint")
    parser.add_argument("checkpoint", metavar="CHECKPOINT")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER")
    parser.add_argument("--float32", action="store_true", help="do not quantise")
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.corpus import load_corpus
    from .model.export import compare, export
    from .model.predictor import Predictor

    folder = export(options.checkpoint, options.output, quantize=not options.float32)
    texts = [sentence.text for sentence in load_corpus("development")]
    parity = compare(Predictor.from_pretrained(options.checkpoint, "cpu", "torch"), Predictor.from_pretrained(folder), texts)
    print(
        f"checkpoint written to {folder}; on {parity.texts} development sentences of the corpus the same topics in "
        f"{parity.same_topics:.1%}, the same participants in {parity.same_participants:.1%}"
    )


def _benchmark_parser(commands: Any) -> None:
    parser = commands.add_parser("benchmark", help="time and memory of the shipped checkpoint on this machine")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.set_defaults(run=_benchmark)


def _benchmark(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .eval.benchmark import benchmark, figures_table

    figures = benchmark()
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        _console().print(figures_table(figures))


# -- data -------------------------------------------------------------------------------------------------------------


def _data_parser(commands: Any) -> None:
    parser = commands.add_parser("data", help="check, count and convert labelled sentences")
    parts = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, run, text in (
        ("validate", _validate, "check files; exit 1 if there is a problem"),
        ("review", _review, "print marks that deserve a second look"),
        ("stats", _stats, "count topics, types and kinds of sentence"),
    ):
        part = parts.add_parser(name, help=text)
        part.add_argument("files", nargs="+", metavar="FILE", help=".jsonl or .marks, or corpus:all")
        part.set_defaults(run=run)
    convert = parts.add_parser("convert", help="between .marks and .jsonl")
    convert.add_argument("source", metavar="FROM")
    convert.add_argument("target", metavar="TO")
    convert.set_defaults(run=_convert)


def _validate(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.corpus import read_source

    problems: list[str] = []
    for name in options.files:
        try:
            print(f"{name}: {len(read_source(name))} sentences")
        except DataError as error:
            problems += error.problems
        except OSError as error:
            problems.append(f"{name}: {error.strerror}")
    if problems:
        raise DataError(problems, shown=len(problems))


def _review(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.corpus import read_source
    from .data.review import review

    for name in options.files:
        for finding in review(read_source(name)):
            print(finding)


def _stats(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.corpus import read_sources
    from .data.review import counts_table

    _console().print(counts_table(read_sources(options.files)))


def _convert(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.corpus import read_source
    from .data.marks import render_marks
    from .data.schema import write_sentences

    sentences = read_source(options.source)
    if options.target.endswith(".jsonl"):
        write_sentences(options.target, sentences)
    elif options.target.endswith(".marks"):
        with whole_file(options.target) as file:
            file.write(render_marks(sentences))
    else:
        parser.error(f"{options.target}: the ending .jsonl or .marks was expected")


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False)


if __name__ == "__main__":
    sys.exit(main())
