"""Several training runs of one experiment: other seeds, out-of-fold predictions, and learning curves."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.corpus import read_sources
from ..data.schema import DataError, whole_file, write_sentences
from ..data.split import split
from ..model.card import RECORD_FILE
from ..model.predictor import Predictor
from .config import Experiment
from .finetune import finetune, is_main_process
from .prepare import with_labels

PREDICTIONS_FILE = "predictions.jsonl"
CURVE_FILE = "curve.json"
SEEDS_FILE = "seeds.json"
SCORES = {"topics": ("macro_f1", "micro_f1", "core_macro_f1", "exact_match", "no_topic_specificity"), "participants": ("f1",)}
"""The scores that are summed up over seeds."""


def several_seeds(experiment: Experiment, seeds: Sequence[int]) -> Path:
    """Train once with each seed, and sum up how far the scores depend on it.

    A seed that is finished is not trained again, so more can be added.

    Returns:
        `seeds.json` in the output folder: for `development`, and for `test` where there are such data, mean, standard deviation (of a
        sample; None for one seed) and values of each score; the runs are in `seed-1` and so on.

    Raises:
        ConfigError: if a seed's folder holds a run of another experiment or of other sentences.

    >>> several_seeds(load_experiment("configs/embedded.yaml"), [1, 2, 3])  # doctest: +SKIP
    PosixPath('runs/embedded/seeds.json')
    """
    output = Path(experiment.output)
    records = []
    for seed in seeds:
        folder = output / f"seed-{seed}"
        _trained(replace(experiment, output=str(folder), seed=seed))
        records.append(json.loads((folder / RECORD_FILE).read_text(encoding="utf-8")))
    summary: dict[str, Any] = {"seeds": list(seeds)}
    for side in ("development", "test"):
        if all(side in record for record in records):
            summary[side] = _spread([record[side] for record in records])
    if is_main_process():
        with whole_file(output / SEEDS_FILE) as file:
            json.dump(summary, file, indent=1, ensure_ascii=False)
    return output / SEEDS_FILE


def _spread(scores: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part, names in SCORES.items():
        for name in names:
            values = [score[part][name] for score in scores if score[part] and score[part][name] is not None]
            if len(values) == len(scores):
                deviation = statistics.stdev(values) if len(values) > 1 else None
                found[f"{part}_{name}"] = {"mean": statistics.fmean(values), "deviation": deviation, "values": values}
    return found


def out_of_fold(experiment: Experiment, folds: int, by: str = "writer") -> Path:
    """Predict every training sentence by a checkpoint that did not learn from it.

    The training sentences are divided in `folds` parts, whole writers or articles in each; for each part a checkpoint is trained on the
    others. The part itself stands in for development data, which chooses the epoch and calibrates: a little in favour of the labels.
    A fold that is finished is not trained again, provided that experiment and sentences are still the same; after labels have been
    corrected, name another output folder.

    Args:
        experiment: its training data are predicted; its development data are not used.
        folds: how many parts, two or more.
        by: what stays whole: `writer`, `doc` or `id`.

    Returns:
        `predictions.jsonl` in the output folder, to be read by `hoptac data review --predictions`.

    Raises:
        ConfigError: if a fold's folder holds a run of another experiment or of other sentences.

    >>> out_of_fold(load_experiment("configs/embedded.yaml"), 3)  # doctest: +SKIP
    PosixPath('runs/embedded/predictions.jsonl')
    """
    output = Path(experiment.output)
    data = with_labels(experiment.data)
    sentences = read_sources(data.train, data.topics, data.types)[: data.limit]
    names = [f"fold-{number}" for number in range(1, folds + 1)]
    parts = split(sentences, dict.fromkeys(names, 1 / folds), by, experiment.seed)
    lines: dict[str, str] = {}
    for name in names:
        held_out = {sentence.id for sentence in parts[name]}
        sides = {
            "train": [sentence for sentence in sentences if sentence.id not in held_out],
            "held-out": parts[name],
        }
        output.mkdir(parents=True, exist_ok=True)
        files = {side: output / f"{name}-{side}.jsonl" for side in sides}
        for side, path in files.items():
            write_sentences(path, sides[side])
        own = replace(data, train=[str(files["train"])], development=[str(files["held-out"])], test=[], limit=None)
        _trained(replace(experiment, output=str(output / name), data=own))
        if not is_main_process():
            continue
        predictions = Predictor.from_pretrained(output / name).predict([sentence.text for sentence in parts[name]])
        for sentence, prediction in zip(parts[name], predictions, strict=True):
            lines[sentence.id] = json.dumps({"id": sentence.id, **prediction.to_dict()}, ensure_ascii=False)
    if is_main_process():
        with whole_file(output / PREDICTIONS_FILE) as file:
            file.writelines(f"{lines[sentence.id]}\n" for sentence in sentences)
    return output / PREDICTIONS_FILE


def learning_curve(experiment: Experiment, shares: Sequence[float]) -> Path:
    """Train on growing random shares of the training sentences and score each checkpoint on the test data, or the development data if there are none.

    A share that is finished is not trained again, so a curve can be continued with more shares.

    Returns:
        `curve.json` in the output folder; `eval.plots.plot_curve` draws it.

    >>> learning_curve(load_experiment("configs/embedded.yaml"), [0.25, 0.5, 1])  # doctest: +SKIP
    PosixPath('runs/embedded/curve.json')
    """
    output = Path(experiment.output)
    if output.exists() and not output.is_dir():
        raise DataError([f"{output}: is no folder"])
    points: list[dict[str, Any]] = []
    for share in sorted(set(shares)):
        folder = output / f"share-{share:g}"
        _trained(replace(experiment, output=str(folder), data=replace(experiment.data, share=share)))
        record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
        measured = "test" if "test" in record else "development"
        points.append(
            {"share": share, "sentences": record["data"]["train"]["sentences"], "on": measured, "scores": record[measured]}
        )
    if is_main_process():
        with whole_file(output / CURVE_FILE) as file:
            json.dump(points, file, indent=1, ensure_ascii=False)
    return output / CURVE_FILE


def _trained(experiment: Experiment) -> None:
    """Train, go on, or do nothing, by what the output folder holds."""
    finetune(experiment, resume=True)
