"""transformers' Trainer, with what joint training needs: exact losses over devices, two kinds of learning rate, states that survive a kill."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch.utils.data import DataLoader
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.integrations.integration_utils import get_available_reporting_integrations
from transformers.trainer_callback import PrinterCallback

from ..data.schema import whole_file
from ..eval.evaluate import mean_score, score, without_boilerplate
from ..model.modeling import IGNORED
from ..model.predictor import Prediction, Predictor
from ..model.runtime import best_device
from .batches import LengthBatches
from .collator import Collator, TrainingSet
from .config import ConfigError
from .config import Train as TrainOptions
from .prepare import Run
from .resources import device_precision, planned_steps

console = Console(stderr=True, soft_wrap=True, highlight=False)
TRACKING_FOLDER = "tracking"
"""In the output folder: what tensorboard reads."""
SCORE = "score"
"""The development score that stopping watches: the mean of topic macro-F1 and span F1, or the one of them that there is."""


class JointTrainer(Trainer):
    """Trainer for a network with two heads.

    Its losses are sums over what all devices and accumulated batches of a step have labelled, divided once by its number; so a run on
    two devices, or with its batches read in parts, follows that of one device reading them whole.
    """

    def __init__(self, run: Run, **options: Any) -> None:
        self.run = run
        self.train_options = run.experiment.train
        super().__init__(model=run.model, **options)
        self.loss_is_scaled_for_ga = True
        self.batches = LengthBatches(
            run.features.lengths,
            self.train_options.batch_size,
            int(self.args.seed),
            self.train_options.gradient_accumulation,
            self.args.world_size,
            self.args.process_index,
        )
        self.add_callback(EpochOf(run.features, self.batches))
        self.keeper = KeepStates(self)
        self.add_callback(self.keeper)

    # -- batches and losses -------------------------------------------------------------------------------------------

    def get_train_dataloader(self) -> DataLoader[Any]:
        return DataLoader(
            self.run.features,
            batch_sampler=self.batches,
            collate_fn=self.data_collator,
            num_workers=self.train_options.workers,
            pin_memory=torch.cuda.is_available(),
        )

    def _get_num_items_in_batch(self, batch_samples: list[Any], device: torch.device) -> torch.Tensor:
        """Labelled topic entries and tokens in a step of the optimiser, over all devices: (2,)."""
        counts = torch.zeros(2)
        for batch in batch_samples:
            counts += torch.stack([(batch[name] != IGNORED).sum() for name in ("topic_labels", "tag_labels")])
        counts = counts.to(device)
        if self.args.world_size > 1:
            counts = self.accelerator.reduce(counts, "sum")
        return counts

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        output = model(**inputs, counts=num_items_in_batch)
        # Gradients are averaged over devices, but each device's loss is its part of the whole.
        loss = output["loss"] * self.args.world_size
        return (loss, output) if return_outputs else loss

    # -- optimiser ----------------------------------------------------------------------------------------------------

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        if self.optimizer is None:
            train, network = self.train_options, self.run.model
            decayed = set(self.get_decay_parameter_names(network))
            groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
            for name, parameter in network.named_parameters():
                rate = learning_rate(name, train, int(network.encoder.config.num_hidden_layers))  # type: ignore[union-attr, arg-type]
                groups.setdefault((rate, train.weight_decay if name in decayed else 0.0), []).append(parameter)
            self.optimizer = torch.optim.AdamW(
                [{"params": p, "lr": r, "weight_decay": d} for (r, d), p in groups.items()], fused=True
            )
        return self.optimizer

    # -- development scores -------------------------------------------------------------------------------------------

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        sentences = without_boilerplate(self.run.development)
        texts = [sentence.text for sentence in sentences]
        predictions = gathered(self.run.predictor(str(self.args.device)), texts, self.args.process_index, self.args.world_size)
        scores = score(predictions, sentences, self.run.config)
        topics, spans = scores["topics"], scores["participants"]
        metrics = {f"eval_{SCORE}": mean_score(scores)}
        if topics:
            metrics |= {f"eval_topic_{name}": topics[name] for name in ("macro_f1", "micro_f1")}
            metrics["eval_no_topic_specificity"] = topics["no_topic_specificity"] or 0.0
        if spans:
            metrics["eval_span_f1"] = spans["f1"]
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def gathered(predictor: Predictor, texts: Sequence[str], rank: int, processes: int) -> list[Prediction]:
    """Predictions of all texts in their order, each text read by one of the processes."""
    own = predictor.predict(texts[rank::processes])
    if processes == 1:
        return own
    from torch import distributed

    parts: list[Any] = [None] * processes
    distributed.all_gather_object(parts, own)
    return [parts[number % processes][number // processes] for number in range(len(texts))]


def learning_rate(name: str, train: TrainOptions, layers: int) -> float:
    """The rate of a parameter: the heads' own, and for the encoder less the deeper a layer lies below the heads."""
    if not name.startswith("encoder."):
        return train.head_learning_rate
    match = re.search(r"\.(?:layers?|h|blocks?)\.(\d+)\.", name)
    depth = layers - 1 - int(match[1]) if match else layers
    return float(train.learning_rate * train.layer_decay**depth)


class EpochOf(TrainerCallback):
    """Tells training set and batches which epoch it is, so that copies and order are drawn anew, and alike after a resume."""

    def __init__(self, *parts: TrainingSet | LengthBatches) -> None:
        self.parts = parts

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        for part in self.parts:
            part.epoch = int(state.epoch or 0)


class SaveSteps(TrainerCallback):
    """Saves the state after so many steps, also inside an epoch."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # The last step of an epoch is saved anyway, after the evaluation.
        if state.global_step % self.steps == 0 and not float(state.epoch).is_integer():
            control.should_save = True


class KeepStates(TrainerCallback):
    """Marks a saved state as complete, and only then removes older ones, so that a kill at any moment leaves one to resume from."""

    FILE = "complete"
    """Written into a saved state when all the rest of it is; holds what Trainer's own state does not."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.began = time.monotonic()
        self.resumed = {"seconds": 0.0, "loss": 0.0, "logged": 0}
        """Of the run that this one resumes: seconds it took, its losses since it last logged them, and the step when it did."""

    def seconds(self) -> float:
        return self.resumed["seconds"] + time.monotonic() - self.began

    def restore(self, saved: Path) -> None:
        """Go on from what a saved state holds."""
        self.resumed = json.loads((saved / self.FILE).read_text(encoding="utf-8"))

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        # Trainer forgets the losses of an epoch's steps before a resume, and would log the mean of the rest.
        if state.global_step:
            self.trainer._tr_loss += self.resumed["loss"]
            self.trainer._globalstep_last_logged = int(self.resumed["logged"])

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        loss = float(self.trainer.accelerator.gather(self.trainer._tr_loss).mean())
        if args.world_size > 1:
            torch.distributed.barrier()  # every process has written its part
        if not state.is_world_process_zero:
            return
        saved = state_folder(Path(args.output_dir), state.global_step)
        with whole_file(saved / self.FILE) as file:
            json.dump({"seconds": self.seconds(), "loss": loss, "logged": self.trainer._globalstep_last_logged}, file)
        kept = {saved.name, Path(state.best_model_checkpoint or saved).name}
        for folder in Path(args.output_dir).glob("checkpoint-*"):
            if folder.name not in kept:
                (folder / self.FILE).unlink(missing_ok=True)
                shutil.rmtree(folder)


def state_folder(state: Path, step: int) -> Path:
    return state / f"checkpoint-{step}"


def last_complete_state(state: Path) -> Path | None:
    """The newest state in the trainer's folder that was saved to its end, or None."""
    complete = [path.parent for path in state.glob(f"checkpoint-*/{KeepStates.FILE}")]
    return max(complete, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


class Report(TrainerCallback):
    """One line per epoch."""

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:
        if not state.is_world_process_zero:
            return
        losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
        console.print(
            f"epoch {state.epoch:.0f}  loss {losses[-1] if losses else float('nan'):.3f}  "
            + "  ".join(f"{name[5:]} {value:.3f}" for name, value in metrics.items() if name.startswith("eval_"))
        )


def build_trainer(run: Run, state: Path) -> JointTrainer:
    """The trainer of a run; its resumable state goes to the folder `state`.

    Raises:
        ConfigError: for a precision, tracker or batch size that cannot be had here.
    """
    experiment, train = run.experiment, run.experiment.train
    device = best_device()
    precision = device_precision(train.precision, device)
    check_trackers(train.report_to)
    if "tensorboard" in train.report_to:
        os.environ["TENSORBOARD_LOGGING_DIR"] = str(state.parent / TRACKING_FOLDER)  # the state is removed at the end
    if precision in ("fp32", "tf32"):
        os.environ["ACCELERATE_MIXED_PRECISION"] = "no"  # what `accelerate config` set would go before
    arguments = TrainingArguments(
        output_dir=str(state),
        num_train_epochs=train.epochs,
        max_steps=planned_steps(len(run.features), train),
        gradient_accumulation_steps=train.gradient_accumulation,
        learning_rate=train.learning_rate,
        weight_decay=train.weight_decay,
        warmup_steps=train.warmup,
        lr_scheduler_type="linear",
        use_cpu=device == "cpu",
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        tf32=True if precision == "tf32" else None,
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        load_best_model_at_end=True,
        metric_for_best_model=SCORE,
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,  # every parameter has a gradient in every step
        ddp_timeout=6 * 3600,  # the other processes wait while one scores and writes
        report_to=train.report_to or "none",
        seed=experiment.seed,
        data_seed=experiment.seed,
        disable_tqdm=not console.is_terminal,
    )
    # Without `accelerate launch` this is one process, and Trainer would copy the network to all GPUs it sees at every step.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    if train.gradient_checkpointing:
        run.model.encoder.activation_checkpointing_enable({"use_reentrant": False})  # type: ignore[operator]
    if train.compile:
        run.model.encoder.compile(dynamic=True)  # in place, so that the names of the weights stay
    callbacks = [EarlyStoppingCallback(train.patience), Report()]
    trainer = JointTrainer(
        run,
        args=arguments,
        train_dataset=run.features,
        eval_dataset=run.features,  # Trainer asks for one; JointTrainer.evaluate reads the run's development sentences
        data_collator=Collator(int(run.config.backbone["pad_token_id"])),
        callbacks=callbacks + ([SaveSteps(train.save_steps)] if train.save_steps else []),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def check_trackers(names: Sequence[str]) -> None:
    """Refuse a tracker that is not installed."""
    known = get_available_reporting_integrations()  # type: ignore[no-untyped-call]
    if missing := [name for name in names if name not in known]:
        raise ConfigError(f"train.report_to: {missing[0]} is not installed here; installed are {', '.join(known) or 'none'}")
