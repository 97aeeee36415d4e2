"""Fine-tuning: sentences and a backbone in, a checkpoint out."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import random
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments, set_seed
from transformers.trainer_utils import get_last_checkpoint

from ..data.corpus import read_sources
from ..data.labels import TOPIC_DESCRIPTIONS, bio_tags
from ..data.schema import DataError, Sentence
from ..eval.evaluate import evaluate
from ..model.backbone import load_encoder
from ..model.card import RECORD_FILE, write_card
from ..model.configuration import TOKENIZER_FILE, TORCH_WEIGHTS, CheckpointConfig
from ..model.decoding import calibrated_probabilities
from ..model.modeling import TopicParticipantModel, mean_state
from ..model.predictor import Predictor
from ..model.runtime import TorchRuntime, best_device, pad
from ..model.tokenization import TextTokenizer
from .augment import Augmenter
from .calibrate import fit_calibration, fit_thresholds
from .collator import Collator, Featurizer, TrainingSet
from .config import ConfigError, Experiment, Train

console = Console(stderr=True)
SCORE = "score"
"""The development score that stopping watches: the mean of topic macro-F1 and span F1."""


@dataclass(frozen=True)
class Run:
    """One training run with all its parts, before the first step."""

    experiment: Experiment
    train: list[Sentence]
    development: list[Sentence]
    test: list[Sentence]
    config: CheckpointConfig
    tokenizer: TextTokenizer
    model: TopicParticipantModel


def finetune(experiment: Experiment, resume: bool = False) -> Path:
    """Train and write a checkpoint to `experiment.output`.

    Args:
        experiment: what to train on what.
        resume: go on from the last saved epoch of an interrupted run in the same folder.

    Returns:
        The checkpoint folder.

    Raises:
        ConfigError: if the output folder holds another run, or there is none to resume.
        DataError: for sentences that cannot be used.

    >>> finetune(Experiment(output="runs/try"))  # doctest: +SKIP
    PosixPath('runs/try')
    """
    output = Path(experiment.output)
    state = output / "trainer"
    began = time.monotonic()
    if is_main_process():
        check_output(output, state, resume)
    keep_freed_memory()
    run = prepare(experiment)
    trainer = build_trainer(run, state)
    if is_main_process():
        note_identity(run, state, resume)
    trainer.train(resume_from_checkpoint=last_checkpoint(state) if resume else None)
    if is_main_process():
        predictor = Predictor(run.config, run.tokenizer, TorchRuntime(run.model, run.config))
        predictor.config = calibrate(predictor, run.development)
        scores = {"development": evaluate(predictor, run.development)}
        if run.test:
            scores["test"] = evaluate(predictor, run.test)
        write_checkpoint(run, predictor.config, output)
        write_record(run, output, scores, trainer, time.monotonic() - began)
        write_card(output)
        shutil.rmtree(state)
    trainer.accelerator.wait_for_everyone()
    return output


def is_main_process() -> bool:
    """Whether this is the process that writes, among those that `accelerate launch` started."""
    return int(os.environ.get("RANK", "0")) == 0


def check_output(output: Path, state: Path, resume: bool) -> None:
    """Refuse a folder in use, or to resume where there is nothing to resume."""
    if resume and not state.is_dir():
        raise ConfigError(f"output: {output} holds no interrupted run to resume")
    if not resume and output.is_dir():
        begun = state.is_dir() and last_checkpoint(state) is not None
        if begun or any(path != state for path in output.iterdir()):
            raise ConfigError(f"output: {output} is not empty; name another folder, or resume the run in it")


def last_checkpoint(state: Path) -> str | None:
    """The last saved epoch in the trainer's folder, if there is one."""
    return get_last_checkpoint(str(state))  # type: ignore[no-untyped-call, no-any-return]


def note_identity(run: Run, state: Path, resume: bool) -> None:
    """Note experiment and data beside the trainer's state; refuse to resume another experiment or other data."""
    path = state / "experiment.json"
    identity = identity_of(run.experiment, run.train, run.development)
    if resume and path.exists():
        begun = json.loads(path.read_text(encoding="utf-8"))
        if changed := [name for name in identity if identity[name] != begun[name]]:
            raise ConfigError(f"output: the interrupted run in {state.parent} had another {' and another '.join(changed)}")
    path.write_text(json.dumps(identity, ensure_ascii=False), encoding="utf-8")


def identity_of(experiment: Experiment, train: Sequence[Sentence], development: Sequence[Sentence]) -> dict[str, Any]:
    """What makes two runs the same run, in plain JSON types."""
    found = {"experiment": asdict(experiment), "train": fingerprint(train), "development": fingerprint(development)}
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def is_finished(experiment: Experiment) -> bool:
    """Whether the output folder holds the finished run of this very experiment on these very data.

    Raises:
        ConfigError: if it holds the finished run of another one.
    """
    path = Path(experiment.output) / RECORD_FILE
    if not path.exists():
        return False
    record = json.loads(path.read_text(encoding="utf-8"))
    train, development, _ = read_sides(experiment)
    wanted = identity_of(experiment, train, development)
    found = {"experiment": record["experiment"], **{side: record["data"][side] for side in ("train", "development")}}
    if changed := [name for name in wanted if wanted[name] != found[name]]:
        raise ConfigError(f"output: {experiment.output} holds a finished run with another {' and another '.join(changed)}")
    return True


def read_sides(experiment: Experiment) -> tuple[list[Sentence], list[Sentence], list[Sentence]]:
    """Training, development and test sentences of an experiment."""
    data = experiment.data
    train = share_of(read_sources(data.train, data.topics, data.types)[: data.limit], data.share, experiment.seed)
    development = read_sources(data.development, data.topics, data.types)[: data.limit]
    test = read_sources(data.test, data.topics, data.types)[: data.limit]
    refuse_shared({"training": train, "development": development, "test": test})
    return train, development, test


def prepare(experiment: Experiment) -> Run:
    """Read data and backbone, build the network and start its topic vectors from the topics' descriptions."""
    set_seed(experiment.seed)
    data = experiment.data
    train, development, test = read_sides(experiment)
    with tempfile.TemporaryDirectory() as workplace:
        encoder, raw_tokenizer, backbone = load_encoder(experiment.backbone, Path(workplace))
    check_length(experiment.network.max_length, backbone)
    tokenizer = TextTokenizer(raw_tokenizer, experiment.network.max_length)
    config = CheckpointConfig(
        backbone=json.loads(json.dumps(backbone, default=str)),
        backbone_name=experiment.backbone,
        topics=tuple(data.topics),
        types=tuple(data.types),
        tags=bio_tags(data.types),
        max_length=experiment.network.max_length,
        hoptac_version=version("hoptac"),
    )
    network = experiment.network
    model = TopicParticipantModel(encoder, len(config.topics), config.tag_scores, network.dropout, network.topic_weight)
    start_topic_head(model, tokenizer, [s.text for s in train], config)
    return Run(experiment, train, development, test, config, tokenizer, model)


def share_of(sentences: list[Sentence], share: float, seed: int) -> list[Sentence]:
    """A random share, in the old order; with one seed a smaller share is part of every larger one."""
    drawn = random.Random(seed).sample(range(len(sentences)), len(sentences))
    return [sentences[i] for i in sorted(drawn[: max(1, round(share * len(sentences)))])]


def refuse_shared(sides: Mapping[str, Sequence[Sentence]]) -> None:
    """Refuse data of which two sides share a text."""
    for (left, first), (right, second) in combinations(sides.items(), 2):
        known = {sentence.text for sentence in first}
        if leaked := [sentence.id for sentence in second if sentence.text in known]:
            raise DataError([f"{leaked[0]}: stands in the {left} and in the {right} data ({len(leaked)} such)"])


def check_length(max_length: int, backbone: Mapping[str, Any]) -> None:
    """Refuse windows longer than the encoder has positions."""
    positions = backbone.get("max_position_embeddings")
    if positions is None:
        return
    # RoBERTa and its kin count positions from the padding id on.
    unused = int(backbone["pad_token_id"]) + 1 if "roberta" in backbone["model_type"] else 0
    if max_length > positions - unused:
        raise ConfigError(f"network.max_length: {max_length}, but the encoder has positions for {positions - unused} tokens")


@torch.no_grad()
def start_topic_head(
    model: TopicParticipantModel, tokenizer: TextTokenizer, texts: Sequence[str], config: CheckpointConfig
) -> None:
    """Set the centre to the mean state of 2,000 training texts, and each topic's vector to its description's."""
    head = model.topic_head
    if head is None:
        return
    model.eval()
    pad_id = int(config.backbone["pad_token_id"])
    some = random.Random(0).sample(texts, min(2000, len(texts)))
    head.center.copy_(_states(model, tokenizer, some, pad_id).mean(0))
    described = [topic for topic in config.topics if topic in TOPIC_DESCRIPTIONS]
    if described:
        states = _states(model, tokenizer, [TOPIC_DESCRIPTIONS[topic] for topic in described], pad_id)
        head.vectors[[config.topics.index(topic) for topic in described]] = torch.nn.functional.normalize(
            states - head.center, dim=-1
        )
    model.train()


def _states(model: TopicParticipantModel, tokenizer: TextTokenizer, texts: Sequence[str], pad_id: int) -> torch.Tensor:
    rows = []
    for first in range(0, len(texts), 32):
        encodings = tokenizer.encode(texts[first : first + 32])
        ids, mask = (torch.from_numpy(a) for a in pad([tokenizer.windows(e)[0].ids for e in encodings], pad_id))
        with torch.autocast("cpu", torch.bfloat16, enabled=computes_bf16("cpu")):
            states = model.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        rows.append(mean_state(states.float(), mask))
    return torch.cat(rows)


class JointTrainer(Trainer):
    """transformers' Trainer with two learning rates, and development scores from the predictor that users get."""

    def __init__(self, run: Run, **options: Any) -> None:
        self.run = run
        super().__init__(model=run.model, **options)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        if self.optimizer is None:
            train = self.run.experiment.train
            decayed = set(self.get_decay_parameter_names(self.run.model))
            groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
            for name, parameter in self.run.model.named_parameters():
                rate = learning_rate(name, train, int(self.run.model.encoder.config.num_hidden_layers))  # type: ignore[union-attr, arg-type]
                groups.setdefault((rate, train.weight_decay if name in decayed else 0.0), []).append(parameter)
            self.optimizer = torch.optim.AdamW(
                [{"params": p, "lr": r, "weight_decay": d} for (r, d), p in groups.items()], fused=True
            )
        return self.optimizer

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        run = self.run
        device = str(self.args.device)
        scores = evaluate(Predictor(run.config, run.tokenizer, TorchRuntime(run.model, run.config, device)), run.development)
        topics, spans = scores["topics"], scores["participants"]
        metrics = {
            f"eval_{SCORE}": (topics["macro_f1"] + spans["f1"]) / 2,
            "eval_topic_macro_f1": topics["macro_f1"],
            "eval_topic_micro_f1": topics["micro_f1"],
            "eval_span_f1": spans["f1"],
            "eval_no_topic_specificity": topics["no_topic_specificity"] or 0.0,
        }
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def learning_rate(name: str, train: Train, layers: int) -> float:
    """The rate of a parameter: the heads' own, and for the encoder less the deeper a layer lies below the heads."""
    if not name.startswith("encoder."):
        return train.head_learning_rate
    match = re.search(r"\.(?:layers?|h|blocks?)\.(\d+)\.", name)
    depth = layers - 1 - int(match[1]) if match else layers
    return float(train.learning_rate * train.layer_decay**depth)


class EpochOfData(TrainerCallback):
    """Tells the training set which epoch it is, so that changed copies are drawn anew, also after a resume."""

    def __init__(self, dataset: TrainingSet) -> None:
        self.dataset = dataset

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.dataset.epoch = int(state.epoch or 0)


class Report(TrainerCallback):
    """One line per epoch."""

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:
        losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
        console.print(
            f"epoch {state.epoch:.0f}  loss {losses[-1] if losses else float('nan'):.3f}  "
            + "  ".join(f"{name[5:]} {value:.3f}" for name, value in metrics.items() if name.startswith("eval_"))
        )


def build_trainer(run: Run, state: Path) -> JointTrainer:
    """The trainer of a run; its resumable state goes to the folder `state`."""
    experiment = run.experiment
    train = experiment.train
    featurizer = Featurizer(run.tokenizer, run.config.topics, run.config.tags)
    dataset = TrainingSet(run.train, featurizer, Augmenter(experiment.augment, run.train), experiment.seed)
    if dataset.long or dataset.cut:
        console.print(
            f"{dataset.long} training sentences are longer than a window, so their topics are ignored; "
            f"{dataset.cut} participants begin or end inside a word, so the whole word is learned"
        )
    arguments = TrainingArguments(
        output_dir=str(state),
        num_train_epochs=train.epochs,
        per_device_train_batch_size=train.batch_size,
        learning_rate=train.learning_rate,
        weight_decay=train.weight_decay,
        warmup_steps=train.warmup,
        lr_scheduler_type="linear",
        train_sampling_strategy="group_by_length",
        use_cpu=best_device() == "cpu",
        bf16=computes_bf16(best_device()) if train.bf16 is None else train.bf16,
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model=SCORE,
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        remove_unused_columns=False,
        report_to="none",
        seed=experiment.seed,
        data_seed=experiment.seed,
        disable_tqdm=not console.is_terminal,
    )
    trainer = JointTrainer(
        run,
        args=arguments,
        train_dataset=dataset,
        eval_dataset=dataset,  # Trainer asks for one; JointTrainer.evaluate reads the run's development sentences
        data_collator=Collator(int(run.config.backbone["pad_token_id"])),
        callbacks=[EpochOfData(dataset), EarlyStoppingCallback(train.patience), Report()],
    )
    from transformers.trainer_callback import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    return trainer


def keep_freed_memory() -> None:
    """Tell glibc to keep what is freed, if it is the allocator here.

    Each step of training on a CPU frees and takes the same large blocks; handing them back to the system and having them
    zeroed again keeps the kernel busy instead of the matrix products.
    """
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3
    try:
        allocator = ctypes.CDLL("libc.so.6")
    except OSError:
        return
    allocator.mallopt(mmap_threshold, 32 * 2**20)
    allocator.mallopt(trim_threshold, 2**31 - 1)
    allocator.mallopt(top_pad, 64 * 2**20)


def computes_bf16(device: str) -> bool:
    """Whether `device` multiplies in bfloat16 natively."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities() if device == "cpu" and hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("arm_bf16"))


def calibrate(predictor: Predictor, development: Sequence[Sentence]) -> CheckpointConfig:
    """The predictor's configuration with calibration and thresholds fitted on development sentences."""
    config = predictor.config
    sentences = [s for s in development if s.kind != "boilerplate" and s.topics is not None]
    if not sentences or not config.topics:
        return config
    logits = np.stack([topics for topics, _ in predictor.logits([s.text for s in sentences])])
    labels = np.array([[topic in (s.topics or ()) for topic in config.topics] for s in sentences], int)
    calibration = fit_calibration(logits, labels)
    thresholds = fit_thresholds(calibrated_probabilities(logits, calibration), labels)
    return replace(
        config,
        calibration=dict(zip(config.topics, calibration, strict=True)),
        thresholds=dict(zip(config.topics, thresholds, strict=True)),
    )


def write_checkpoint(run: Run, config: CheckpointConfig, output: Path) -> None:
    """Write weights, tokenizer and, last, the configuration that holds their hashes."""
    from safetensors.torch import save_file

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in run.model.state_dict().items()}
    save_file(tensors, output / TORCH_WEIGHTS, {"format": "pt"})
    run.tokenizer.tokenizer.save(str(output / TOKENIZER_FILE))
    config.save(output)


def write_record(run: Run, output: Path, scores: dict[str, Any], trainer: Trainer, seconds: float) -> None:
    """Write `training.json`: what was trained on what, with which versions, and how well it did."""
    packages = ("hoptac", "torch", "transformers", "tokenizers", "accelerate", "numpy", "scikit-learn")
    record = {
        "experiment": asdict(run.experiment),
        "seed": run.experiment.seed,
        "data": {"train": fingerprint(run.train), "development": fingerprint(run.development)}
        | ({"test": fingerprint(run.test)} if run.test else {}),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "seconds": round(seconds),
        "epochs": [entry for entry in trainer.state.log_history if f"eval_{SCORE}" in entry],
    } | scores
    (output / RECORD_FILE).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def fingerprint(sentences: Sequence[Sentence]) -> dict[str, Any]:
    """Count and SHA-256 of the sentences as JSON Lines."""
    text = "".join(json.dumps(s.to_dict(), ensure_ascii=False, sort_keys=True) + "\n" for s in sentences)
    return {"sentences": len(sentences), "sha256": hashlib.sha256(text.encode()).hexdigest()}
