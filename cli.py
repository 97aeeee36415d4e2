"""The command `hoptac`: connects the pieces, computes nothing.

Exit codes: 0 done, 1 failed on the input, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from . import __version__
from .data.convert import FORMATS, format_of, write_file
from .data.corpus import labels_of, read_source, read_sources
from .data.labels import TOPICS, TYPES
from .data.schema import DataError, Sentence, whole_file, write_sentences
from .data.split import GROUPS


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
        print(f"error: {error}; this command needs the extra `{getattr(options, 'extra', 'train')}`", file=sys.stderr)
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
    _events_parser(commands)
    _chart_parser(commands)
    _train_parser(commands)
    _evaluate_parser(commands)
    _calibrate_parser(commands)
    _export_parser(commands)
    _benchmark_parser(commands)
    _tokenize_parser(commands)
    _data_parser(commands)
    return parser


# -- predict ----------------------------------------------------------------------------------------------------------


def _predict_parser(commands: Any) -> None:
    parser = commands.add_parser("predict", help="topics and participants of texts, few or millions")
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="text, .jsonl, .csv, .tsv or .parquet, also .gz and .zst; folders; patterns; - is standard input (the default)",
    )
    parser.add_argument("--text", action="append", default=[], help="a text given here, read as one sentence")
    parser.add_argument("--sample", action="store_true", help="the article that ships with the package")
    parser.add_argument("--column", default="text", metavar="NAME", help="field or column that holds the text; default: text")
    parser.add_argument(
        "--lines", action="store_true", help="each line of a text file is one sentence; default: sentences are found"
    )
    parser.add_argument(
        "--format", choices=["text", "jsonl", "csv", "parquet"], help="default: by the ending of --output, else text"
    )
    _job_options(parser)
    parser.add_argument(
        "--engine",
        choices=["local", "ray"],
        default="local",
        help="ray: Parquet files by a cluster, see docs/scale.md; default: local",
    )
    parser.add_argument(
        "--address", help="of a running Ray, auto on one of its machines; default: Ray is started here for this run"
    )
    parser.set_defaults(run=_predict)


def _job_options(parser: argparse.ArgumentParser) -> None:
    """Options of a job over files."""
    parser.add_argument("--input-format", choices=["text", "jsonl"], default="text", help="of standard input; default: text")
    parser.add_argument(
        "-o",
        "--output",
        default="-",
        metavar="FILE",
        help="where to write; FOLDER/ for part files; - is standard output (the default)",
    )
    parser.add_argument("--errors", metavar="FILE", help="what fails; default: OUTPUT.errors.jsonl")
    parser.add_argument("--workers", type=_positive, metavar="N", help="processes; default: 1, with Ray one for each CPU")
    parser.add_argument(
        "--threads", type=_positive, metavar="N", help="of each process; default: all cores, divided by the workers; with Ray 1"
    )
    parser.add_argument("--restart", action="store_true", help="throw away what an unfinished run for this output left")
    parser.add_argument(
        "--threshold", action="append", default=[], metavar="[TOPIC=]P", help="probability from which a topic is given"
    )
    parser.add_argument(
        "--at-precision",
        type=float,
        metavar="P",
        help="thresholds at which the development sentences had this precision, such as 0.95",
    )
    parser.add_argument("--batch-size", type=_positive, default=32, metavar="N")
    _checkpoint_options(parser)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def _checkpoint_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", metavar="FOLDER", help="a folder or hub id; default: the shipped checkpoint")
    _runtime_options(parser)


def _runtime_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backend", choices=["onnx", "torch"])
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps")
    parser.add_argument("--precision", choices=["bf16", "fp32"], help="of torch; default: bf16 where the device has it")
    parser.add_argument(
        "--segmenter",
        choices=["underthesea", "vncorenlp", "none"],
        help="in place of the checkpoint's own, or the same in whatever version is installed",
    )


def _open_predictor(options: argparse.Namespace, checkpoint: str | Path | None = None) -> Any:
    from .model.predictor import Predictor

    return Predictor.from_pretrained(checkpoint, options.device, options.backend, options.precision, options.segmenter)


def _predict(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if not (options.files or options.text or options.sample):
        if sys.stdin.isatty():
            parser.error("predict: name a FILE, or --text, or --sample")
        options.files = ["-"]
    thresholds = _thresholds(options, parser)
    if options.output == "-" and (
        options.format == "parquet" or options.errors or (options.workers or 1) > 1 or options.engine == "ray"
    ):
        parser.error("--format parquet, --errors, --workers and --engine ray need an output file: -o FILE")
    predict_files, arguments = _engine(options, parser)
    from .data.inputs import given_texts, sample

    inputs = [*([given_texts(options.text)] if options.text else []), *([sample()] if options.sample else []), *options.files]
    _run_job(predict_files, inputs, options, thresholds, arguments)


def _run_job(
    job: Any,
    inputs: Sequence[Any],
    options: argparse.Namespace,
    thresholds: dict[Any, float],
    arguments: dict[str, Any],
    tell: Callable[[str], None] = lambda output: None,
) -> None:
    """Call what reads files and writes one, tell how it goes and what came of it, and raise where some of the input failed."""
    with _plain_warnings(), _progress(options.output) as progress:
        report = job(
            inputs,
            options.output,
            format=options.format,
            errors=options.errors,
            column=options.column,
            checkpoint=options.checkpoint,
            device=options.device,
            backend=options.backend,
            precision=options.precision,
            segmenter=options.segmenter,
            batch_size=options.batch_size,
            thresholds=thresholds or None,
            at_precision=options.at_precision,
            restart=options.restart,
            progress=progress,
            **arguments,
        )
    if report.resumed_rows:
        print(f"{report.resumed_rows:,} of {report.rows:,} {report.unit} were there from an earlier run", file=sys.stderr)
    if options.output != "-":
        print(f"{report}, written to {options.output}", file=sys.stderr)
        tell(options.output)
    if report.failed:
        where = f"; they are in {report.errors}" if report.errors else ""
        raise DataError([f"{report.failed:,} of {report.rows:,} {report.unit} failed{where}"])


def _engine(options: argparse.Namespace, parser: argparse.ArgumentParser) -> tuple[Any, dict[str, Any]]:
    """What predicts files, and the arguments that only this engine has."""
    if options.engine == "ray":
        others = [
            name for name in options.files if name == "-" or (Path(name).is_file() and Path(name).suffix.lower() != ".parquet")
        ]
        if options.text or options.sample or others:
            parser.error(f"--engine ray reads Parquet files, not {', '.join(others) or 'texts given here'}")
        from .model.cluster import predict_files as predict_on_ray

        return predict_on_ray, {"address": options.address, "workers": options.workers, "threads": options.threads or 1}
    if options.address:
        parser.error("--address goes with --engine ray")
    from .model.bulk import predict_files

    reading = {"lines": options.lines, "standard_input": options.input_format}
    return predict_files, {"workers": options.workers or 1, "threads": options.threads, **reading}


def _thresholds(options: argparse.Namespace, parser: argparse.ArgumentParser) -> dict[Any, float]:
    """Thresholds by topic; under None the one for all other topics."""
    thresholds: dict[Any, float] = {}
    for item in options.threshold:
        topic, _, value = item.rpartition("=")
        try:
            thresholds[topic or None] = float(value)
        except ValueError:
            parser.error(f"--threshold {item}: {value!r} is not a number")
    if options.at_precision is not None and None in thresholds:
        parser.error("--at-precision sets all thresholds; --threshold may only change single topics")
    return thresholds


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


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Warnings as lines for whoever gave the command, without the code from which they come."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        print(f"warning: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


@contextmanager
def _progress(output: str) -> Iterator[Any]:
    """What tells how far a run is: a line that changes on a terminal, else one now and then, for logs."""
    if output == "-":
        yield None
        return
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("reading") as status:
            yield lambda progress: status.update(str(progress))
        return
    told = time.monotonic()

    def tell(progress: Any) -> None:
        nonlocal told
        if time.monotonic() - told >= _SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            print(progress, file=sys.stderr, flush=True)

    yield tell


_SECONDS_BETWEEN_LINES = 30


# -- events, chart ----------------------------------------------------------------------------------------------------


def _events_parser(commands: Any) -> None:
    parser = commands.add_parser("events", help="articles into a table of events: when, who with whom, on what")
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="articles: .txt and .html, one each, or records of .jsonl, .csv, .tsv and .parquet, also .gz and .zst; folders; "
        "patterns; - is standard input (the default)",
    )
    parser.add_argument("--sample", action="store_true", help="the article that ships with the package")
    parser.add_argument(
        "--published", metavar="DATE", help="of articles that do not say it themselves: 2025-05-20, 2025-05 or 2025"
    )
    parser.add_argument("--column", default="text", metavar="NAME", help="field or column of the article; default: text")
    parser.add_argument(
        "--published-column", default="published", metavar="NAME", help="of the date of publication; default: published"
    )
    parser.add_argument("--actors", metavar="FILE", help="names and codes of your own (YAML), see docs/events.md")
    parser.add_argument(
        "--format",
        choices=["text", "jsonl", "csv", "parquet", "plover", "polecat"],
        help="default: by the ending of --output, else text",
    )
    _job_options(parser)
    parser.set_defaults(run=_events, extra="events")


def _events(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if not (options.files or options.sample):
        if sys.stdin.isatty():
            parser.error("events: name a FILE or a folder, or --sample")
        options.files = ["-"]
    thresholds = _thresholds(options, parser)
    if options.output == "-" and (options.format == "parquet" or options.errors or (options.workers or 1) > 1):
        parser.error("--format parquet, --errors and --workers need an output file: -o FILE")
    from .data.inputs import sample
    from .model.event_files import extract_files

    arguments = {
        "published": options.published,
        "published_column": options.published_column,
        "standard_input": options.input_format,
        "actors": options.actors,
        "workers": options.workers or 1,
        "threads": options.threads,
    }
    inputs = [*([sample()] if options.sample else []), *options.files]
    _run_job(extract_files, inputs, options, thresholds, arguments, _tell_events)


def _tell_events(output: str) -> None:
    """Say what an output holds, where it can be read back."""
    from .eval.event_counts import in_short
    from .model.event_output import read_events, reading_form

    if os.path.isdir(output) or reading_form(output):
        print(in_short(read_events(output)), file=sys.stderr)


def _chart_parser(commands: Any) -> None:
    parser = commands.add_parser("chart", help="events as pictures and a page: topics over time, who with whom, pairs")
    parser.add_argument("events", metavar="EVENTS", help="what `hoptac events` wrote: .jsonl, .csv or .parquet")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="where to write; default: EVENTS-charts, beside EVENTS")
    parser.add_argument(
        "--by",
        choices=["day", "week", "month", "quarter", "year"],
        default="",
        help="bars of time; default: what suits the span",
    )
    parser.add_argument("--pairs", type=_positive, default=25, metavar="N", help="country pairs in the table; default: 25")
    parser.add_argument("--partners", type=_positive, default=40, metavar="N", help="in the network; default: 40")
    parser.set_defaults(run=_chart, extra="events")


def _chart(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .eval.event_charts import draw_charts

    for path in draw_charts(
        options.events,
        options.output or _chart_folder(options.events),
        by=options.by,
        pairs=options.pairs,
        partners=options.partners,
    ):
        print(path)


def _chart_folder(events: str) -> Path:
    """Beside a table and named like it; not quite, for `news` may well be the folder of the articles of `news.parquet`."""
    path = Path(events)
    name = path.name if path.is_dir() else path.name.split(".")[0]
    return path.with_name(f"{name or path.name}-charts")


# -- train, evaluate, export, benchmark -------------------------------------------------------------------------------


def _train_parser(commands: Any) -> None:
    parser = commands.add_parser("train", help="fine-tune a backbone on labelled sentences")
    parser.add_argument("config", metavar="CONFIG", help="a YAML file, such as configs/phobert-base.yaml")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a key, for example train.epochs=3"
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    several = parser.add_mutually_exclusive_group()
    several.add_argument("--estimate", action="store_true", help="print what the run will need, and train nothing")
    several.add_argument("--seeds", metavar="N,…", help="train with each of these seeds; mean and deviation of the scores")
    several.add_argument(
        "--folds", type=_positive, metavar="N", help="predict each training sentence by a checkpoint that did not learn from it"
    )
    several.add_argument(
        "--shares", metavar="P,…", help="a learning curve over these shares of the training data, such as 0.25,0.5,1"
    )
    parser.add_argument("--by", choices=GROUPS, default="writer", help="what a fold keeps whole; default: a writer")
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .train.config import load_experiment

    if options.folds == 1:
        parser.error("--folds: two or more were expected")
    try:
        shares = [float(share) for share in options.shares.split(",")] if options.shares else []
    except ValueError:
        parser.error(f"--shares {options.shares}: numbers between 0 and 1 were expected")
    try:
        seeds = [int(seed) for seed in options.seeds.split(",")] if options.seeds else []
    except ValueError:
        parser.error(f"--seeds {options.seeds}: whole numbers were expected, such as 1,2,3")
    if len(set(seeds)) < len(seeds) or any(seed < 0 for seed in seeds):
        parser.error(f"--seeds {options.seeds}: each once, and none below 0")
    experiment = load_experiment(options.config, options.set)
    # What follows takes seconds to import, so the configuration has been read before.
    from .train.finetune import estimate_run, finetune, is_main_process
    from .train.prepare import prepare
    from .train.repeat import learning_curve, out_of_fold, several_seeds

    if shares and not all(0 < share <= 1 for share in shares):
        parser.error(f"--shares {options.shares}: numbers between 0 and 1 were expected")
    if options.estimate:
        estimate_run(prepare(experiment))
        return
    if seeds:
        path = several_seeds(experiment, seeds)
    elif options.folds:
        path = out_of_fold(experiment, options.folds, options.by)
    elif shares:
        path = learning_curve(experiment, shares)
    else:
        path = finetune(experiment, options.resume)
    if not is_main_process():
        return  # one of several processes writes and prints for all
    if seeds:
        from .eval.tables import seeds_table

        _console().print(seeds_table(json.loads(path.read_text(encoding="utf-8"))))
        print(f"scores of {len(seeds)} seeds written to {path}")
    elif options.folds:
        print(f"out-of-fold predictions written to {path}")
    elif shares:
        from .eval.plots import plot_curve

        plot_curve(json.loads(path.read_text(encoding="utf-8")), path.with_suffix(".png"))
        print(f"learning curve written to {path} and {path.with_suffix('.png')}")
    else:
        print(f"checkpoint written to {path}")


def _evaluate_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="score checkpoints on labelled sentences; scores.json, report.html, plots",
        description="Scores with intervals, and a report. With two checkpoints or more, each is compared with the first.",
    )
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="checkpoints (a folder, a hub id, a folder of `train --seeds`; `default`, or none: the shipped one) and data (labelled "
        "files, corpus:test; none: what the checkpoint was trained with as test data)",
    )
    parser.add_argument(
        "-o",
        "--output",
        default="evaluation",
        metavar="FOLDER",
        help="where scores.json, report.html and plots go; default: %(default)s",
    )
    parser.add_argument("--json", action="store_true", help="print what scores.json would hold, and write nothing")
    parser.add_argument(
        "--robustness", action="store_true", help="also answer rewritten sentences: capitals, slips, other names …"
    )
    parser.add_argument(
        "--baselines", nargs="?", const="all", metavar="NAME,…", help="also fit what one would try first; default: all of them"
    )
    for side in ("train", "development"):
        parser.add_argument(
            f"--{side}",
            action="append",
            default=[],
            metavar="DATA",
            help=f"{side} data, for baselines and unseen names; default: the checkpoint's",
        )
    parser.add_argument(
        "--by", choices=["writer", "doc", "sentence"], help="what the bootstrap draws; default: writers or articles"
    )
    parser.add_argument("--draws", type=_positive, default=1000, metavar="N", help="bootstrap replicates; default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--card", action="store_true", help="write the scores into the checkpoint's folder and its model card")
    _runtime_options(parser)
    parser.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .eval.baselines import BASELINES, fit_baselines
    from .eval.contenders import DEFAULT, holds_runs, is_data, open_contenders, open_runs, sentences_of, sources_of
    from .eval.slices import participant_names
    from .eval.study import study, write_evaluation
    from .eval.tables import baselines_table, comparison_table, over_seeds_table, robustness_table, scores_table

    data = [name for name in options.names if is_data(name)]
    names = [name for name in options.names if not is_data(name)]
    runs = [name for name in names if holds_runs(name)]
    if runs and len(names) > 1:
        parser.error(f"{runs[0]} holds the runs of several seeds, which are summed up, not compared with another checkpoint")
    if options.card and (len(names) > 1 or runs or not data):
        parser.error("--card: one checkpoint, in a folder of this machine, and data were expected")
    wanted = None if options.baselines in (None, "all") else [name.strip() for name in options.baselines.split(",")]
    if unknown := [name for name in wanted or () if name not in BASELINES]:
        parser.error(f"--baselines: unknown {unknown[0]!r}; known are {', '.join(BASELINES)}")
    if not options.json:
        from .eval.report import write_report  # needs the extra, so that is said before any work

    def load(checkpoint: Any) -> Any:
        return _open_predictor(options, checkpoint)

    contenders = open_runs(runs[0], load) if runs else open_contenders(names, load)
    first = contenders[0]
    if options.card and (options.json or first.name == DEFAULT or not first.record.get("experiment")):
        parser.error("--card: the folder of a checkpoint that training wrote was expected, and no --json")
    data = data or sources_of(first, "test", "development")
    if not data:
        parser.error("name the data: labelled files, or corpus:test")
    labels = first.config.topics, first.config.types
    sources = {name: read_sources([name], *labels) for name in data}
    folder = Path(options.output)
    if not options.json:
        folder.mkdir(parents=True, exist_ok=True)
    train = read_sources(options.train, *labels) if options.train else sentences_of(first, "train")
    learned = {one.name: train if options.train or one is first else sentences_of(one, "train") for one in contenders}
    fitted = []
    if options.baselines:
        development = read_sources(options.development, *labels) if options.development else sentences_of(first, "development")
        if train is None or development is None:
            parser.error("--baselines: name --train and --development; what the checkpoint was trained with is not here")
        fitted = fit_baselines(train, development, *labels, wanted, _say)
    elif train is None:
        _say("the checkpoint's training data are not here, so seen and unseen names are not told apart (--train names them)")
    found = study(
        contenders,
        sources,
        fitted,
        options.robustness,
        seeds=bool(runs),
        known_names={name: participant_names(own) for name, own in learned.items() if own is not None},
        by=options.by,
        draws=options.draws,
        seed=options.seed,
        say=_say,
    )
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    with whole_file(folder / "scores.json") as file:
        file.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    for name, part in found["data"].items():
        for checkpoint, result in part["results"].items() if not runs else ():
            _console().print(scores_table(result, f"{checkpoint} on {name}"))
        if part["baselines"]:
            _console().print(baselines_table(part, first.name, name))
        for checkpoint, rows in part["robustness"].items():
            _console().print(robustness_table(rows, f"{checkpoint} on {name}"))
        for comparison in part["comparisons"]:
            _console().print(comparison_table(comparison, name))
        if runs:
            _console().print(over_seeds_table(part["seeds"], name))
    written = write_report(found, folder)
    if options.card and first.folder:
        write_evaluation(found, first.folder)
        written.append(first.folder)
    print(
        f"written: {folder / 'scores.json'}, {', '.join(str(path) for path in written if path.suffix != '.png')}, and plots in {folder / 'plots'}"
    )


def _calibrate_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "calibrate",
        help="fit a checkpoint's probabilities and thresholds to development sentences of your own",
        description="Writes calibration, thresholds and operating points into the checkpoint; its network stays as it is.",
    )
    parser.add_argument("checkpoint", metavar="CHECKPOINT")
    parser.add_argument("files", nargs="+", metavar="DATA", help="labelled files, or corpus:development; not those you test on")
    _runtime_options(parser)
    parser.set_defaults(run=_calibrate)


def _calibrate(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .eval.calibration import recalibrate
    from .eval.tables import thresholds_table

    if not Path(options.checkpoint).is_dir():
        raise FileNotFoundError(f"{options.checkpoint}: no such folder")
    predictor = _open_predictor(options, options.checkpoint)
    sentences = read_sources(options.files, predictor.config.topics, predictor.config.types)
    config = recalibrate(Path(options.checkpoint), predictor, options.files, sentences)
    _console().print(thresholds_table(predictor.config, config))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _export_parser(commands: Any) -> None:
    parser = commands.add_parser("export", help="write the ONNX int8 form of a checkpoint")
    parser.add_argument("checkpoint", metavar="CHECKPOINT")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER")
    parser.add_argument("--float32", action="store_true", help="do not quantise")
    parser.add_argument(
        "--sentences", type=_positive, default=200, metavar="N", help="compare both forms on so many; default: %(default)s"
    )
    parser.add_argument(
        "--data", default="corpus:development", metavar="DATA", help="where these are taken from; default: %(default)s"
    )
    parser.add_argument(
        "--calibration",
        metavar="DATA",
        help="some hundred sentences of the kind to be read, by which the scales of int8 are chosen; default: of the shipped corpus",
    )
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .model.export import export

    texts = [sentence.text for sentence in read_source(options.data, None, None)][: options.sentences]
    if not texts:
        raise DataError([f"{options.data}: no sentences to compare the two forms on"])
    calibration = list(_texts([options.calibration])) if options.calibration else None
    if calibration == []:
        raise DataError([f"{options.calibration}: no sentences to choose scales by"])
    folder = export(options.checkpoint, options.output, not options.float32, texts, calibration)
    parity = json.loads((folder / "training.json").read_text(encoding="utf-8"))["export"]
    print(
        f"checkpoint written to {folder}; on {parity['texts']} sentences of {options.data} the same topics in "
        f"{parity['same_topics']:.1%}, the same participants in {parity['same_participants']:.1%}"
    )


def _benchmark_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "benchmark", help="time and memory of the shipped checkpoint, or of a backbone, on this machine"
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", help="write benchmark.json and benchmark.png there")
    parser.add_argument(
        "--contenders",
        metavar="A,B",
        help="default, torch-fp32, torch-bf16, stock, stock-phobert, underthesea; default: whatever is installed",
    )
    parser.add_argument(
        "--torch", metavar="FOLDER", help="the shipped network's weights in torch; default: random weights, which are as fast"
    )
    parser.add_argument("--rounds", type=_positive, metavar="N", help="measure everything so often, in turn; default: 3")
    parser.add_argument("--quick", action="store_true", help="some seconds instead of minutes; the figures mean little")
    parser.add_argument(
        "--training", action="store_true", help="steps of training `embedded` too, against a plain Trainer; minutes more"
    )
    parser.add_argument(
        "--backbone", metavar="NAME", help="only this: speed of training and prediction with it against stock transformers"
    )
    parser.add_argument(
        "--events", type=_positive, metavar="N", help="only this: N articles to events, against prediction of their sentences"
    )
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.set_defaults(run=_benchmark)


def _benchmark(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if options.events:
        if any((options.output, options.contenders, options.torch, options.quick, options.training, options.backbone)):
            parser.error("--events: only --rounds and --json go with it")
        from .eval.event_benchmark import benchmark_events, events_table

        figures = benchmark_events(options.events, options.rounds or 1, _say)
        table: Any = events_table(figures)
    elif options.backbone:
        if options.output or options.contenders or options.torch or options.rounds or options.quick or options.training:
            parser.error("--backbone: only --json goes with it")
        from .train.benchmark import backbone_table, benchmark_backbone

        figures = benchmark_backbone(options.backbone)
        table = backbone_table(figures)
    else:
        from .eval.benchmark import QUICK, Effort, benchmark
        from .eval.benchmark_output import figures_tables, write_figures

        effort = QUICK if options.quick else Effort()
        if options.rounds:
            effort = replace(effort, rounds=options.rounds)
        names = {"contenders": options.contenders.split(",")} if options.contenders else {}
        figures = benchmark(**names, torch_checkpoint=options.torch, effort=effort, progress=_say)
        if options.training:
            from .train.benchmark import benchmark_training

            _say("training")
            figures["training"] = benchmark_training(steps=1 if options.quick else 4)
        if options.output:
            written = write_figures(figures, options.output)
            _say(f"written: {', '.join(map(str, written))}")
        table = figures_tables(figures)
    if options.json:
        print(json.dumps(figures, indent=1))
    else:
        _console().print(table)


def _tokenize_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "tokenize", help="PhoBERT's pieces and offsets; whether the fast tokenizer agrees with the slow one of transformers"
    )
    parser.add_argument(
        "backbone", metavar="FOLDER", help="a folder with vocab.txt and bpe.codes, or a name such as phobert-base"
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="text, one per line; .jsonl; corpus:all; - is standard input (the default)"
    )
    parser.add_argument("--segmenter", choices=["underthesea", "vncorenlp", "none"], help="make words of each text first")
    parser.add_argument("--parity", action="store_true", help="compare the two tokenizers; exit 1 if they differ")
    parser.set_defaults(run=_tokenize)


def _tokenize(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .model.backbone import find_phobert_files
    from .model.phobert import build_phobert_tokenizer
    from .model.segmentation import open_segmenter, segmented

    folder = find_phobert_files(options.backbone)
    texts: Iterable[str] = _texts(options.files or ["-"])
    if options.segmenter:
        segmenter = open_segmenter(options.segmenter)
        texts = (segmented(text, segmenter) for text in texts)
    if not options.parity:
        from .eval.parity import pieces_of

        tokenizer = build_phobert_tokenizer(folder)
        for text in texts:
            print(f"# {text}")
            for piece in pieces_of(tokenizer, text):
                print(f"{piece.name}\t{piece.id}\t{piece.start}\t{piece.end}")
            print()
        return
    from .eval.parity import parity

    found = parity(folder, list(texts))
    for difference in found.differences:
        print(
            f"differ from piece {difference.position} on: {difference.text!r}\n fast {difference.fast}\n slow {difference.slow}"
        )
    print(
        f"{found.texts} texts, {found.pieces} pieces: {found.differing} texts differ; the fast tokenizer is {found.ratio:.1f} times as fast, "
        f"one thread each ({found.slow_seconds / found.offsets_seconds:.1f} times with offsets)"
    )
    if found.differing:
        raise DataError([f"{found.differing} texts differ"])


def _texts(names: Sequence[str]) -> Iterator[str]:
    """Texts of sentences where the source has them, else lines."""
    for name in names:
        if name.startswith("corpus:") or name.endswith(".jsonl"):
            yield from (sentence.text for sentence in read_source(name, None, None))
            continue
        with _input(name) as file:
            try:
                yield from (line.rstrip("\r\n") for line in file)
            except UnicodeDecodeError as error:
                raise DataError([f"{name}: not UTF-8: {error.reason}"]) from None


# -- data -------------------------------------------------------------------------------------------------------------


def _data_parser(commands: Any) -> None:
    parser = commands.add_parser("data", help="check, count, divide, compare and convert labelled sentences")
    parts = parser.add_subparsers(metavar="COMMAND", required=True)
    part = _data_command(parts, "validate", _validate, "check files; exit 1 if there is a problem")
    _files(part)
    part = _data_command(parts, "review", _review, "print labels that deserve a second look")
    _files(part)
    part.add_argument("--predictions", metavar="FILE", help="also where these, of `train --folds`, contradict with confidence")
    part.add_argument("--certainty", type=_probability, default=0.9, metavar="P", help="what is confident; default 0.9")
    part = _data_command(parts, "stats", _stats, "count labels, names, partners and registers; draw and check the coverage")
    _files(part)
    part.add_argument("--plan", metavar="FILE", help="a JSON file of bounds, or `corpus`; exit 1 if they are not kept")
    part.add_argument(
        "--plot", metavar="FILE", help="draw topics by partner, by what is told and by register: .png, .svg, .pdf"
    )
    part.add_argument("--json", action="store_true", help="all measures as JSON")
    part = _data_command(
        parts, "split", _split, "parts for training, development and test, groups whole and labels spread evenly"
    )
    _files(part)
    part.add_argument("-o", "--output", required=True, metavar="FOLDER", help="a folder that is new or empty")
    part.add_argument(
        "--shares", default="train=0.8,development=0.1,test=0.1", metavar="NAME=SHARE,…", help="default: %(default)s"
    )
    part.add_argument(
        "--by", choices=GROUPS, default="doc", help="what stays whole: an article (the default), a writer, a sentence"
    )
    part.add_argument("--seed", type=int, default=1, metavar="N")
    part = _data_command(parts, "dedup", _dedup, "near-copies; without -o they are listed, and exit 1 if there are any")
    _files(part)
    part.add_argument("-o", "--output", metavar="FILE", help="write the sentences without them")
    part.add_argument(
        "--threshold", type=_probability, default=0.9, metavar="P", help="cosine of character 5-grams; default 0.9"
    )
    part.add_argument(
        "--against", action="append", default=[], metavar="FILE", help="nothing may be near these, such as test data"
    )
    part.add_argument("--against-threshold", type=_probability, metavar="P", help="the limit towards these; default: the same")
    part.add_argument("--same-syllables", type=_positive, metavar="N", help="nor share N syllables in a row with these")
    part = _data_command(parts, "convert", _convert, "between JSON Lines, marked text, CoNLL, Label Studio and doccano")
    part.add_argument("source", metavar="FROM")
    part.add_argument("target", metavar="TO")
    for side in ("from", "to"):
        part.add_argument(f"--{side}", dest=f"{side}_format", choices=FORMATS, help="default: by the file's ending")
    part = _data_command(parts, "agreement", _agreement, "how far two annotators of the same sentences agree")
    part.add_argument("first", metavar="A")
    part.add_argument("second", metavar="B")
    part.add_argument("--by", choices=[group for group in GROUPS if group != "id"], help="also for each writer or article")
    part.add_argument("--disagreements", action="store_true", help="print the sentences they disagree on, as marked text")
    part.add_argument("--at-least", type=_probability, metavar="F1", help="exit 1 if topics or participants agree less")
    part = _data_command(
        parts, "suggest", _suggest, "which unlabelled sentences to label next: uncertain, and unlike each other"
    )
    _files(part)
    part.add_argument("-n", "--number", type=_positive, default=100, metavar="N", help="default: %(default)s")
    part.add_argument("-o", "--output", required=True, metavar="FILE", help="JSON Lines, CoNLL, or an annotation tool's format")
    part.add_argument("--to", dest="to_format", choices=FORMATS, help="default: by the file's ending")
    part.add_argument(
        "--known", action="append", default=[], metavar="FILE", help="labelled already; suggestions are unlike these too"
    )
    part.add_argument("--prelabel", action="store_true", help="write the checkpoint's labels too, to be corrected")
    _checkpoint_options(part)


def _data_command(parts: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    part: argparse.ArgumentParser = parts.add_parser(name, help=text)
    part.add_argument(
        "--topics", type=_labels, default=TOPICS, metavar="A,B,…", help="a scheme of your own, or `any`; default: the package's"
    )
    part.add_argument("--types", type=_labels, default=TYPES, metavar="X,Y,…", help="likewise, of participants")
    part.set_defaults(run=run)
    return part


def _files(part: argparse.ArgumentParser) -> None:
    endings = " ".join(ending for form in FORMATS.values() for ending in form.endings)
    part.add_argument("files", nargs="+", metavar="FILE", help=f"{endings}, or corpus:all, :train, :development, :test")


def _labels(text: str) -> tuple[str, ...] | None:
    if text == "any":
        return None
    labels = tuple(label.strip() for label in text.split(",") if label.strip())
    if len(set(labels)) < len(labels):
        raise argparse.ArgumentTypeError(f"{text!r} names a label twice")
    return labels


def _probability(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{number} does not lie between 0 and 1")
    return number


def _validate(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    problems: list[str] = []
    for name in options.files:
        try:
            print(f"{name}: {len(read_source(name, options.topics, options.types))} sentences")
        except DataError as error:
            problems += error.problems
        except ValueError as error:
            problems.append(str(error))
        except OSError as error:
            problems.append(f"{name}: {error.strerror}")
    if problems:
        raise DataError(problems, shown=len(problems))


def _review(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.review import contradictions, review

    sentences = read_sources(options.files, options.topics, options.types)
    for finding in review(sentences):
        print(finding)
    if options.predictions:
        for finding in contradictions(sentences, options.predictions, options.certainty):
            print(finding)


def _stats(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.coverage import CORPUS_PLAN, measures, read_plan, shortfalls

    plan = None
    if options.plan:
        plan = read_plan(CORPUS_PLAN if options.plan == "corpus" else options.plan)
    sentences = read_sources(options.files, options.topics, options.types)
    found = measures(sentences)
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        from .eval.tables import measures_table

        _console().print(measures_table(found, plan))
    if options.plot:
        from .eval.plots import plot_coverage

        plot_coverage(sentences, options.plot)
    if plan and (missed := shortfalls(found, plan)):
        raise DataError(missed, shown=len(missed))


def _split(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.split import check_shares, split, split_report
    from .eval.tables import counts_table

    shares: dict[str, float] = {}
    for item in options.shares.split(","):
        name, _, share = item.partition("=")
        try:
            shares[name.strip()] = float(share)
        except ValueError:
            parser.error(f"--shares {item}: NAME=SHARE was expected, such as train=0.8")
        if not re.fullmatch(r"[\w-]+", name.strip()):
            parser.error(f"--shares {item}: {name!r} is no name for a file")
    try:
        check_shares(shares)
    except ValueError as error:
        parser.error(f"--shares: {error}")
    folder = Path(options.output)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder}: exists and is no empty folder")
    parts = split(read_sources(options.files, options.topics, options.types), shares, options.by, options.seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, sentences in parts.items():
        write_sentences(folder / f"{name}.jsonl", sentences)
    _console().print(counts_table(split_report(parts), list(parts)))


def _dedup(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .eval.similarity import near_duplicates, shared_runs

    if options.same_syllables and not options.against:
        parser.error("--same-syllables compares with the files of --against; name one")
    if options.output:
        _check_format(options.output, None, parser)
    sentences = read_sources(options.files, options.topics, options.types)
    against = [s for name in options.against for s in read_source(name, options.topics, options.types)]
    pairs = shared_runs(sentences, against, options.same_syllables) if options.same_syllables else []
    out = {pair.other.id for pair in pairs}
    rest = [sentence for sentence in sentences if sentence.id not in out]
    pairs += near_duplicates(rest, options.threshold, against, options.against_threshold)
    for pair in pairs:
        print(pair)
    print(f"{len(sentences)} sentences, {len(pairs)} of them near-copies", file=sys.stderr)
    if options.output:
        out = {pair.other.id for pair in pairs}
        _write(options.output, [s for s in sentences if s.id not in out])
    elif pairs:
        raise DataError([f"{len(pairs)} near-copies; -o FILE writes the sentences without them"])


def _convert(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    _check_format(options.target, options.to_format, parser)
    sentences = read_source(options.source, options.topics, options.types, options.from_format)
    _write(options.target, sentences, options.to_format)


def _check_format(path: str, form: str | None, parser: argparse.ArgumentParser) -> None:
    """Leave with wrong usage, before any work, if no format is known for a file to be written."""
    try:
        format_of(path, form)
    except ValueError as error:
        parser.error(str(error))


def _write(path: str, sentences: Sequence[Sentence], form: str | None = None) -> None:
    lost = write_file(path, sentences, form)
    print(f"{len(sentences)} sentences written to {path}", file=sys.stderr)
    for loss in lost:
        print(f"lost: {loss}", file=sys.stderr)


def _agreement(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .data.marks import mark_text, mark_topics
    from .eval.agreement import Both, agreement, pair_up
    from .eval.tables import agreement_table

    pairs = pair_up(*(read_source(name, options.topics, options.types) for name in (options.first, options.second)))
    found = [labels_of([name]) for name in (options.first, options.second)]
    topics = options.topics or list(dict.fromkeys(topic for labels, _ in found for topic in labels))
    types = options.types or list(dict.fromkeys(kind for _, labels in found for kind in labels))
    groups: dict[str, list[Both]] = {}
    for pair in pairs if options.by else ():
        groups.setdefault(getattr(pair.first, options.by) or "-", []).append(pair)
    scores = [(name, agreement(group, topics, types)) for name, group in [("all", pairs), *sorted(groups.items())]]
    if options.disagreements:
        for pair in pairs:
            if not pair.agree:
                for sentence in (pair.first, pair.second):
                    print(f"{mark_topics(sentence)} | id={sentence.id} | {mark_text(sentence)}")
    _console().print(agreement_table(scores))
    low = [
        f"{name}: {what} agree at {part[key]:.3f}, below {options.at_least}"
        for name, score in scores
        for what, key in (("topics", "micro_f1"), ("participants", "f1"))
        if options.at_least is not None and (part := score[what]) is not None and part[key] < options.at_least
    ]
    if low:
        raise DataError(low, shown=len(low))


def _suggest(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    from .eval.suggest import suggest, to_label

    _check_format(options.output, options.to_format, parser)
    if format_of(options.output, options.to_format) is FORMATS["marks"]:
        parser.error(f"{options.output}: marked text cannot say that participants are not labelled yet; name another format")
    pool = read_sources(options.files, options.topics, options.types)
    known = [s for name in options.known for s in read_source(name, options.topics, options.types)]
    predictor = _open_predictor(options, options.checkpoint)
    labelled = {sentence.text for sentence in known}
    suggestions = suggest(predictor, [s for s in pool if s.text not in labelled], options.number, known)
    _write(options.output, [to_label(suggestion, options.prelabel) for suggestion in suggestions], options.to_format)


def _console() -> Any:
    from rich.console import Console

    # A file has no width of its own, and 80 columns would cut the wider tables.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 120)


if __name__ == "__main__":
    sys.exit(main())
