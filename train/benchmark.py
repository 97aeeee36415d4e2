"""Speed of training and prediction with a backbone, against what stock tools give, in one run on the same sentences."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.table import Table
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback
from transformers.utils import logging

from ..data.corpus import load_corpus
from ..data.schema import write_sentences
from ..model.backbone import LONGEST_WINDOW
from ..model.export import export
from ..model.predictor import Predictor
from ..model.runtime import keep_freed_memory
from .config import Data, Experiment, Train
from .finetune import write_checkpoint
from .prepare import Run, prepare
from .trainer import build_trainer

BATCH = 16


class StepTimes(TrainerCallback):
    """Seconds of each step of the optimiser; its batches are ready by then."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.began = 0.0

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.began = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.seconds.append(time.perf_counter() - self.began)


def benchmark_backbone(backbone: str, steps: int = 2, sentences: int = 64) -> dict[str, Any]:
    """Measure steps of training and sentences a second of prediction; random weights do as well as trained ones.

    Stock training is `transformers.Trainer` in float32 with a token classifier, batches padded to the longest window. Stock prediction
    is a sequence classifier and a token classifier in float32, called one after the other sentence by sentence. Both get ready token ids,
    so that their tokenizers and segmenters cost them nothing, and run in processes of their own: once as they are, and once with
    the one setting of the system that ours make (`keep_freed_memory`). Ours are joint training, and one network for both
    tasks in torch and in ONNX, from the text on.

    Args:
        backbone: as in a configuration.
        steps: steps of stock training; ours does four times as many, since its batches differ in length.
        sentences: how many are predicted, 4 or more; the stock models read a quarter of them.

    Returns:
        Seconds per training step of `BATCH` sentences, sentences per second of prediction, and ratios of ours to stock.
    """
    if sentences < 4:
        raise ValueError(f"sentences: {sentences}, but at least 4 are needed")
    with tempfile.TemporaryDirectory() as folder:
        workplace = Path(folder)
        run, texts, task = _prepared(backbone, steps, sentences, workplace)
        stock = {name: in_own_process(task, workplace, keep=name == "stock_kept") for name in ("stock", "stock_kept")}
        keep_freed_memory()
        prediction = {name: found["prediction"] for name, found in stock.items()} | our_prediction(run, texts, workplace)
        training = {name: found["training"] for name, found in stock.items()} | {"ours": our_training(run, workplace)}
    ratios = {f"training_to_{name}": training[name] / training["ours"] for name in stock}
    for form in ("torch", "onnx"):
        ratios |= {f"prediction_{form}_to_{name}": prediction[form] / prediction[name] for name in stock}
    return {
        "backbone": backbone,
        "threads": torch.get_num_threads(),
        "training": training,
        "prediction": prediction,
        "ratios": ratios,
    }


def benchmark_training(backbone: str = "embedded", steps: int = 4) -> dict[str, Any]:
    """Steps a second of training, against plain loops of `transformers.Trainer` in float32 with a token classifier.

    The plain loops pad to the longest window, or to the longest of each batch, and run in processes of their own. Ours learns both tasks
    in one step.

    Args:
        backbone: as in a configuration.
        steps: of each plain loop; ours does four times as many, since its batches differ in length.

    Returns:
        `steps_per_second` by loop and, by plain loop, `ratios` of ours to it.
    """
    with tempfile.TemporaryDirectory() as folder:
        workplace = Path(folder)
        run, _, task = _prepared(backbone, steps, 4, workplace)
        padding = {f"plain, padded to {LONGEST_WINDOW} tokens": LONGEST_WINDOW, "plain, padded to the longest of a batch": 0}
        seconds = {
            name: in_own_process(task | {"predict": [], "longest": longest}, workplace)["training"]
            for name, longest in padding.items()
        }
        keep_freed_memory()
        ours = our_training(run, workplace)
    return {
        "backbone": backbone,
        "batch_size": BATCH,
        "threads": torch.get_num_threads(),
        "steps_per_second": {name: 1 / step for name, step in seconds.items()} | {"ours": 1 / ours},
        "ratios": {name: step / ours for name, step in seconds.items()},
    }


def _prepared(backbone: str, steps: int, sentences: int, workplace: Path) -> tuple[Run, list[str], dict[str, Any]]:
    """A run of ours that is ready to train, texts to predict, and the same for `stock`; its encoder is in the folder `stock`."""
    corpus = [s for s in load_corpus("train") if s.kind != "boilerplate"]
    chosen = random.Random(1).sample(corpus, max(sentences, 4 * BATCH * steps))
    texts = [s.text for s in chosen[:sentences]]
    write_sentences(workplace / "train.jsonl", chosen)
    write_sentences(workplace / "development.jsonl", load_corpus("development")[:BATCH])
    data = Data([str(workplace / "train.jsonl")], [str(workplace / "development.jsonl")])
    options = Train(epochs=1, batch_size=BATCH)
    run = prepare(Experiment(output=str(workplace / "run"), backbone=backbone, data=data, train=options))
    encoder: Any = run.model.encoder
    encoder.save_pretrained(workplace / "stock")
    task = {
        "weights": str(workplace / "stock"),
        "topics": max(1, len(run.config.topics)),
        "tags": len(run.config.tags),
        "padding": run.config.backbone["pad_token_id"],
        "longest": LONGEST_WINDOW,
        "steps": steps,
        "train": [feature["input_ids"] for _, feature, _ in run.features.items[: BATCH * (steps + 1)]],
        "predict": [run.tokenizer.windows(e)[0].ids for e in run.tokenizer.encode(texts[: sentences // 4])],
    }
    return run, texts, task


def in_own_process(task: Mapping[str, Any], workplace: Path, keep: bool = False) -> dict[str, float]:
    """What `stock` measures in a fresh process."""
    task_file = workplace / "task.json"
    task_file.write_text(json.dumps(task), encoding="utf-8")
    code = f"from hoptac.train.benchmark import stock; stock({str(task_file)!r}, {keep})"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def stock(task_file: str, keep: bool) -> None:
    """Measure stock models and print seconds per step and sentences per second as JSON."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    if keep:
        keep_freed_memory()
    task = json.loads(Path(task_file).read_text(encoding="utf-8"))
    found = {"prediction": stock_prediction(task)} if task["predict"] else {}
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(found | {"training": stock_training(task, folder)}))


def stock_training(task: dict[str, Any], folder: str) -> float:
    """Seconds per step, without the first."""

    def collate(items: list[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        rows = [item["input_ids"][:LONGEST_WINDOW] for item in items]
        longest = task["longest"] or max(map(len, rows))
        return {
            name: torch.tensor([[*made(row), *[filler] * (longest - len(row))] for row in rows])
            for name, made, filler in (
                ("input_ids", list, task["padding"]),
                ("attention_mask", lambda row: [1] * len(row), 0),
                ("labels", lambda row: [0] * len(row), -100),
            )
        }

    times = StepTimes()
    trainer = Trainer(
        model=AutoModelForTokenClassification.from_pretrained(task["weights"], num_labels=task["tags"]),
        args=TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=BATCH,
            max_steps=task["steps"] + 1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
        ),
        data_collator=collate,
        train_dataset=[{"input_ids": ids} for ids in task["train"]],
        callbacks=[times],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return statistics.fmean(times.seconds[1:])


def stock_prediction(task: dict[str, Any]) -> float:
    """Sentences a second of two models, one after the other."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    topics = AutoModelForSequenceClassification.from_pretrained(task["weights"], num_labels=task["topics"])
    tags = AutoModelForTokenClassification.from_pretrained(task["weights"], num_labels=task["tags"])
    models = [model.to(device).eval() for model in (topics, tags)]

    def predict(texts: list[list[int]]) -> None:
        with torch.no_grad():
            for ids in texts:
                for model in models:
                    model(input_ids=torch.tensor([ids], device=device)).logits.cpu()

    predict(task["predict"][:1])
    return rate(lambda: predict(task["predict"]), len(task["predict"]))


def our_training(run: Run, workplace: Path) -> float:
    """Seconds per step, without the first."""
    trainer = build_trainer(run, workplace / "ours")
    times = StepTimes()
    trainer.add_callback(times)
    trainer.train()
    return statistics.fmean(times.seconds[1:])


def our_prediction(run: Run, texts: Sequence[str], workplace: Path) -> dict[str, float]:
    """Sentences a second in torch and in ONNX, all texts together."""
    checkpoint = workplace / "checkpoint"
    write_checkpoint(run, run.config, checkpoint)
    found: dict[str, float] = {}
    for name, folder in (("torch", checkpoint), ("onnx", export(checkpoint, workplace / "onnx"))):
        predictor = Predictor.from_pretrained(folder, backend=name)
        predictor.predict(texts[:BATCH])
        found[name] = rate(lambda predictor=predictor: predictor.predict(texts), len(texts))  # type: ignore[misc]
    return found


def rate(work: Callable[[], object], count: int) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def backbone_table(figures: dict[str, Any]) -> Table:
    """The figures of `benchmark_backbone` as a table."""
    training, prediction, ratios = figures["training"], figures["prediction"], figures["ratios"]
    table = Table(
        "what", "figure", "to stock", "to stock that keeps memory", title=f"{figures['backbone']}, {figures['threads']} threads"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name, title in (("stock", "stock"), ("stock_kept", "stock that keeps memory")):
        table.add_row(f"{title}: seconds per step of {BATCH}", f"{training[name]:.2f}", "", "")
        table.add_row(f"{title}: sentences per second", f"{prediction[name]:.2f}", "", "")
    table.add_section()
    table.add_row(f"ours: seconds per step of {BATCH}", f"{training['ours']:.2f}", *_times(ratios, "training_to_stock"))
    for form in ("torch", "onnx"):
        table.add_row(
            f"ours in {form}: sentences per second", f"{prediction[form]:.2f}", *_times(ratios, f"prediction_{form}_to_stock")
        )
    return table


def _times(ratios: dict[str, float], name: str) -> list[str]:
    return [f"{ratios[key]:.1f} times" for key in (name, f"{name}_kept")]
