"""Who takes part in the benchmark, and what is measured in each one's own process."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from ..model.configuration import TOKENIZER_FILE, TORCH_WEIGHTS, CheckpointConfig
from ..model.predictor import DEFAULT_CHECKPOINT, Predictor
from .machine import product_rates

Read = Callable[[list[str], int], object]
"""Reads texts with a batch size."""
ONE_BY_ONE = 128
"""Sentences that are read one by one, at most."""
PHOBERT_BASE: Mapping[str, Any] = {
    "model_type": "roberta",
    "vocab_size": 64001,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 258,
    "type_vocab_size": 1,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
}
"""The geometry of PhoBERT-base (Nguyen and Nguyen, 2020, PhoBERT)."""


@dataclass(frozen=True)
class Contender:
    """Something that reads sentences, and how much of it is measured: the slow ones get fewer sentences and settings."""

    title: str
    load: Callable[[Mapping[str, Any]], Read]
    """From a task (see `measure`) to what reads."""
    needs: tuple[str, ...]
    """Packages besides those of the light install."""
    sentences: int
    """How many are read in one pass."""
    batches: tuple[int, ...]
    """Batch sizes on all cores; 1 is one call per sentence."""
    fewer: tuple[int, ...]
    """Batch sizes with fewer threads; none: not measured there."""
    networks: int = 1
    """How many networks read each sentence; 0: it is none."""
    backbone: Mapping[str, Any] | None = None
    """The geometry of these networks; None is that of the shipped checkpoint."""


def measure(task_file: str) -> None:
    """Measure one contender with one number of threads, and print what was found as JSON.

    Args:
        task_file: JSON with `contender`, `threads`, `texts`, `batches`, `seconds` (each batch size is read for at least so long) and
            `torch` (the folder of a torch checkpoint).

    Prints `load_seconds`, `latencies` (milliseconds of each call with one sentence) and `rates` (sentences a second by batch size);
    or `not_measured`, a reason.
    """
    task = json.loads(Path(task_file).read_text(encoding="utf-8"))
    contender = CONTENDERS[task["contender"]]
    began = time.perf_counter()
    try:
        read = contender.load(task)
    except NotHere as reason:
        print(json.dumps({"not_measured": str(reason)}))
        return
    load_seconds = time.perf_counter() - began
    texts = task["texts"]
    read(texts[:2], 1)
    latencies = _latencies(read, texts[:ONE_BY_ONE], task["seconds"])
    rates = {1: 1000 * len(latencies) / sum(latencies)}
    for batch in task["batches"]:
        if batch > 1:
            rates[batch] = _rate(read, texts, batch, task["seconds"])
    print(json.dumps({"load_seconds": load_seconds, "latencies": latencies, "rates": rates}))


def measure_products(task_file: str) -> None:
    """Measure the matrix products at the shapes of the shipped network, and print what `machine.product_rates` found as JSON.

    Args:
        task_file: JSON with `rows` (tokens that go through the network together), `threads`, and `seconds`, of which each product of each
            shape is given an eighth.
    """
    task = json.loads(Path(task_file).read_text(encoding="utf-8"))
    backbone = CheckpointConfig.load(DEFAULT_CHECKPOINT, verify=False).backbone
    print(json.dumps({"products": product_rates(backbone, task["rows"], task["threads"], task["seconds"] / 8)}))


def measure_workers(task_file: str) -> None:
    """Measure bulk prediction of a file by one and by two processes of one thread, start included, and print sentences a second as JSON.

    Args:
        task_file: JSON with `texts`, `rows` (the texts are repeated up to this number) and `folder`, where files may be written.
    """
    from ..model.bulk import predict_files

    task = json.loads(Path(task_file).read_text(encoding="utf-8"))
    source = Path(task["folder"]) / "rows.jsonl"
    with open(source, "w", encoding="utf-8") as file:
        for text in islice(cycle(task["texts"]), task["rows"]):
            file.write(json.dumps({"text": text}) + "\n")
    rates: dict[int, float] = {}
    for workers in (1, 2):
        target = source.with_name(f"answers-{workers}.jsonl")
        began = time.perf_counter()
        predict_files([source], target, workers=workers, threads=1)
        rates[workers] = task["rows"] / (time.perf_counter() - began)
        target.unlink()
    print(json.dumps({"rates": rates, "rows": task["rows"]}))


class NotHere(Exception):
    """Why a contender cannot be measured on this machine."""


def _latencies(read: Read, texts: Sequence[str], seconds: float) -> list[float]:
    """Whole passes, so that every text counts as often as any other."""
    found: list[float] = []
    while not found or sum(found) < 1000 * seconds:
        for text in texts:
            began = time.perf_counter()
            read([text], 1)
            found.append(1000 * (time.perf_counter() - began))
    return found


def _rate(read: Read, texts: list[str], batch: int, seconds: float) -> float:
    read(texts[:batch], batch)
    began, passes, spent = time.perf_counter(), 0, 0.0
    while not passes or spent < seconds:
        read(texts, batch)
        passes += 1
        spent = time.perf_counter() - began
    return len(texts) * passes / spent


def _default(task: Mapping[str, Any]) -> Read:
    return _reader(Predictor.from_pretrained(threads=task["threads"]))


def _torch(precision: str) -> Callable[[Mapping[str, Any]], Read]:
    def load(task: Mapping[str, Any]) -> Read:
        from ..model.runtime import computes_bf16

        if precision == "bf16" and not computes_bf16("cpu"):
            raise NotHere("this processor does not multiply in bfloat16")
        return _reader(
            Predictor.from_pretrained(
                task["torch"], device="cpu", backend="torch", precision=precision, threads=task["threads"]
            )
        )

    return load


def _reader(predictor: Predictor) -> Read:
    return lambda texts, batch: predictor.predict(texts[0] if len(texts) == 1 else texts, batch_size=batch)


def _pipelines(backbone: Mapping[str, Any] | None) -> Callable[[Mapping[str, Any]], Read]:
    """Two stock pipelines of transformers with random weights, one per task, called one after the other."""

    def load(task: Mapping[str, Any]) -> Read:
        import torch
        from tokenizers import Tokenizer
        from transformers import (
            AutoConfig,
            AutoModelForSequenceClassification,
            AutoModelForTokenClassification,
            PreTrainedTokenizerFast,
            pipeline,
        )
        from transformers.utils import logging

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        torch.set_num_threads(task["threads"])
        shipped = CheckpointConfig.load(DEFAULT_CHECKPOINT, verify=False)
        pieces = Tokenizer.from_file(str(DEFAULT_CHECKPOINT / TOKENIZER_FILE))
        fields = dict(backbone or shipped.backbone)
        kind = fields.pop("model_type")
        tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=pieces,
            pad_token=pieces.id_to_token(fields["pad_token_id"]),
            model_max_length=shipped.max_length,
            model_input_names=["input_ids", "attention_mask"],
        )
        made: list[Any] = []
        for maker, labels in (
            (AutoModelForSequenceClassification, shipped.topics),
            (AutoModelForTokenClassification, shipped.tags),
        ):
            names = dict(enumerate(labels))
            config = AutoConfig.for_model(kind, **fields, id2label=names, label2id={name: i for i, name in names.items()})
            made.append(maker.from_config(config).eval())  # type: ignore[no-untyped-call]
        _mostly_outside(made[1].classifier.bias)
        topics = pipeline(
            "text-classification", made[0], tokenizer=tokenizer, device="cpu", top_k=None, function_to_apply="sigmoid"
        )
        tags = pipeline("token-classification", made[1], tokenizer=tokenizer, device="cpu", aggregation_strategy="simple")

        def read(texts: list[str], batch: int) -> object:
            if len(texts) == 1:
                return topics(texts[0], truncation=True), tags(texts[0])
            return topics(texts, batch_size=batch, truncation=True), tags(texts, batch_size=batch)

        return read

    return load


def _mostly_outside(bias: Any) -> None:
    """Make random weights find few participants, as trained ones do: reading thousands off would cost time of its own."""
    import torch

    with torch.no_grad():
        bias[0] = 5.0


def _underthesea(task: Mapping[str, Any]) -> Read:
    from underthesea import ner

    return lambda texts, batch: [ner(text) for text in texts]


def write_random_checkpoint(folder: str | Path) -> None:
    """A torch checkpoint of the shipped network's geometry with random weights, which compute as fast as any."""
    from safetensors.torch import save_file

    from ..model.modeling import build_model

    target = Path(folder)
    config = CheckpointConfig.load(DEFAULT_CHECKPOINT, verify=False)
    model = build_model(config.backbone, len(config.topics), config.tag_scores)
    if model.tag_head is not None:
        _mostly_outside(model.tag_head.bias)
    save_file(model.state_dict(), target / TORCH_WEIGHTS)
    shutil.copyfile(DEFAULT_CHECKPOINT / TOKENIZER_FILE, target / TOKENIZER_FILE)
    config.save(target)


BATCHES = (1, 8, 32, 128)
_TORCH = ("torch", "transformers", "safetensors")
_STOCK = ("torch", "transformers")
CONTENDERS: Mapping[str, Contender] = {
    "default": Contender("default", _default, (), 1024, BATCHES, BATCHES),
    "torch-fp32": Contender("torch fp32", _torch("fp32"), _TORCH, 256, BATCHES, (1, 32)),
    "torch-bf16": Contender("torch bf16", _torch("bf16"), _TORCH, 256, BATCHES, (1, 32)),
    "stock": Contender("stock, same size", _pipelines(None), _STOCK, 32, (1, 8, 32), (), networks=2),
    "stock-phobert": Contender(
        "stock, PhoBERT-base", _pipelines(PHOBERT_BASE), _STOCK, 32, (1, 8, 32), (), networks=2, backbone=PHOBERT_BASE
    ),
    "underthesea": Contender("underthesea.ner", _underthesea, ("underthesea",), 64, (1,), (), networks=0),
}
"""By name. The shipped checkpoint comes first: all others are compared with it."""
