"""Fine-tuning: sentences and a backbone in, a checkpoint out."""

from __future__ import annotations

import json
import os
import platform
import shutil
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerState

from ..data.schema import fingerprint, whole_file
from ..eval.calibration import calibrate
from ..eval.evaluate import evaluate
from ..model.backbone import find_known
from ..model.card import RECORD_FILE, write_card
from ..model.configuration import TOKENIZER_FILE, TORCH_WEIGHTS, CheckpointConfig
from ..model.runtime import best_device, keep_freed_memory
from .config import ConfigError, Experiment
from .prepare import Run, identity_of, prepare, read_sides
from .resources import Need, available_memory, device_precision, estimate, peak_memory
from .trainer import SCORE, JointTrainer, build_trainer, console, last_complete_state

STATE_FOLDER = "trainer"
"""In the output folder while a run goes on: what `--resume` needs."""


def finetune(experiment: Experiment, resume: bool = False) -> Path:
    """Train and write a checkpoint to `experiment.output`.

    Args:
        experiment: what to train on what.
        resume: go on from the last saved state of an interrupted run in the same folder, or begin where nothing was saved yet.

    Returns:
        The checkpoint folder.

    Raises:
        ConfigError: if the output folder holds another run, or the experiment asks for what this machine does not have.
        DataError: for sentences that cannot be used.
        BackboneError: for an encoder that cannot be loaded.

    >>> finetune(Experiment(output="runs/try"))  # doctest: +SKIP
    PosixPath('runs/try')
    """
    output = Path(experiment.output)
    state = output / STATE_FOLDER
    if resume and is_over(experiment):
        shutil.rmtree(doomed(state), ignore_errors=True)  # if a kill came while it was removed
        return output
    if is_main_process():
        check_output(output, state, resume)
    keep_freed_memory()
    run = prepare(experiment)
    describe(run)
    need = estimate_run(run)
    trainer = build_trainer(run, state)
    saved = last_complete_state(state) if resume else None
    if is_main_process():
        note_identity(run, state, resume)
        for folder in state.glob("checkpoint-*"):
            if saved is None or int(folder.name.rpartition("-")[2]) > int(saved.name.rpartition("-")[2]):
                shutil.rmtree(folder)  # a save that was cut short
    train(trainer, saved)
    measured = {"memory": peak_memory(trainer.args.device.type), "seconds": round(trainer.keeper.seconds(), 1)}
    if is_main_process():
        console.print(f"took {measured['seconds']:.0f} s and at most {_gigabytes(measured['memory'])}")
        predictor = run.predictor(str(trainer.args.device))
        predictor.config = calibrate(predictor, run.development)
        scores = {"development": evaluate(predictor, run.development)}
        if run.test:
            scores["test"] = evaluate(predictor, run.test)
        write_checkpoint(run, predictor.config, output)
        write_record(run, output, scores, trainer, {"estimated": need.to_dict(), "measured": measured})
        write_card(output)
        discard(state)
    trainer.accelerator.wait_for_everyone()
    return output


def estimate_run(run: Run) -> Need:
    """What a run will need, printed before its first step.

    Raises:
        ConfigError: if a batch does not fit into the memory of a GPU, where training could not go on either.
    """
    train, device = run.experiment.train, best_device()
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    precision = device_precision(train.precision, device)
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    free = available_memory(device)
    development = sum(len(encoding.ids) for encoding in run.tokenizer.encode([s.text for s in run.development]))
    if train.gradient_checkpointing:
        run.model.encoder.activation_checkpointing_enable({"use_reentrant": False})  # type: ignore[operator]
    run.model.train()
    features = [feature for _, feature, _ in run.features.items]
    saving = "raise train.gradient_accumulation, set train.gradient_checkpointing, or lower train.batch_size"
    try:
        need = estimate(run.model, features, development, train, precision, device, processes)
    except torch.OutOfMemoryError:
        raise ConfigError(
            f"train.batch_size: a batch of the longest sentences does not fit into the {device}'s memory; {saving}"
        ) from None
    if device == "cuda":
        torch.cuda.empty_cache()
    if is_main_process():
        console.print(
            f"{need.parameters / 1e6:.0f} million parameters, {need.steps} steps, {need.tokens:,} tokens on {device} in {precision}: "
            f"estimated {_duration(need.seconds)} and {_gigabytes(need.memory)}; {_gigabytes(free)} are available"
            + (f"; on each of {processes} devices" if processes > 1 else "")
        )
        if free is not None and need.memory > free:
            console.print(f"this may not fit: {saving}")
    return need


def _gigabytes(number: float | None) -> str:
    return "an unknown number of GB" if number is None else f"{number:.1f} GB"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def describe(run: Run) -> None:
    """Say what is trained on what, the backbone's licence, and which labels cannot be learned as they are."""
    if not is_main_process():
        return
    config, features = run.config, run.features
    known = find_known(config.backbone_name)
    console.print(f"backbone {config.backbone_name}" + (f" ({known.hub_id}, {known.licence})" if known else ""))
    if known and known.notice:
        console.print(f"{known.licence}: {known.notice}")
    console.print(
        f"{len(run.train)} training and {len(run.development)} development sentences, {len(config.topics)} topics, "
        f"{len(config.types)} types"
    )
    if features.long:
        console.print(f"{features.long} training sentences are longer than a window, so their topics are ignored")
    if config.segmenter != "none":
        console.print(f"segmenter {config.segmenter} {config.segmenter_version}")
    if features.spans:
        console.print(
            f"of {features.spans} training participants {features.cut_by_segmenter} ({features.cut_by_segmenter / features.spans:.2%}) begin or end "
            f"inside a word; after splitting {len(config.cuts)} words, {features.cut} ({features.cut / features.spans:.2%})"
        )


def train(trainer: JointTrainer, saved: Path | None) -> None:
    """Train from the beginning or from a saved state, and end with the best network."""
    if saved is None:
        trainer.train()
        return
    state = TrainerState.load_from_json(str(saved / "trainer_state.json"))
    control = state.stateful_callbacks.get("TrainerControl", {})
    trainer.keeper.restore(saved)
    if not control.get("args", {}).get("should_training_stop"):
        trainer.train(resume_from_checkpoint=str(saved))
        return
    # The last epoch was over when the run was killed, so only the choice of the best network is left.
    from safetensors.torch import load_file

    trainer.state = state
    trainer.run.model.load_state_dict(load_file(Path(state.best_model_checkpoint or saved) / TORCH_WEIGHTS))


def is_main_process() -> bool:
    """Whether this is the process that writes, among those that `accelerate launch` started."""
    return int(os.environ.get("RANK", "0")) == 0


def check_output(output: Path, state: Path, resume: bool) -> None:
    """Refuse a folder in use."""
    if not output.exists() or not any(output.iterdir()):
        return
    if resume and not state.is_dir():
        raise ConfigError(f"output: {output} holds no interrupted run to resume")
    begun = state.is_dir() and last_complete_state(state) is not None
    if not resume and (begun or any(path != state for path in output.iterdir())):
        raise ConfigError(f"output: {output} is not empty; name another folder, or resume the run in it")


def note_identity(run: Run, state: Path, resume: bool) -> None:
    """Note experiment and data beside the trainer's state; refuse to resume another experiment or other data."""
    path = state / "experiment.json"
    identity = identity_of(run.experiment, run.train, run.development)
    if resume and path.exists():
        begun = json.loads(path.read_text(encoding="utf-8"))
        if changed := [name for name in identity if identity[name] != begun[name]]:
            raise ConfigError(f"output: the interrupted run in {state.parent} had another {' and another '.join(changed)}")
        return
    state.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        json.dump(identity, file, ensure_ascii=False)


def is_over(experiment: Experiment) -> bool:
    """Whether a run that is to be resumed has been finished already, but perhaps for its last tidying."""
    output = Path(experiment.output)
    return not (output / STATE_FOLDER).exists() and is_finished(experiment)


def discard(state: Path) -> None:
    """Remove the state of a finished run, so that a kill meanwhile leaves nothing that looks like a run to resume."""
    shutil.rmtree(doomed(state), ignore_errors=True)
    state.rename(doomed(state))
    shutil.rmtree(doomed(state))


def doomed(state: Path) -> Path:
    """What the state's folder is called while it is removed."""
    return state.with_name(f".{state.name}-finished")


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


def write_checkpoint(run: Run, config: CheckpointConfig, output: Path) -> None:
    """Write weights, tokenizer and, last, the configuration that holds their hashes."""
    from safetensors.torch import save_file

    output.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in run.model.state_dict().items()}
    save_file(tensors, output / TORCH_WEIGHTS, {"format": "pt"})
    run.tokenizer.tokenizer.save(str(output / TOKENIZER_FILE))
    shutil.copymode(output / TOKENIZER_FILE, output / TORCH_WEIGHTS)  # safetensors lets only the owner read
    config.save(output)


def write_record(
    run: Run, output: Path, scores: dict[str, Any], trainer: JointTrainer, resources: dict[str, dict[str, Any]]
) -> None:
    """Write `training.json`: what was trained on what, with which versions, at what cost, and how well it did."""
    packages = ("hoptac", "torch", "transformers", "tokenizers", "accelerate", "numpy", "scikit-learn")
    features, args = run.features, trainer.args
    record = {
        "experiment": asdict(run.experiment),
        "seed": run.experiment.seed,
        "data": {"train": fingerprint(run.train), "development": fingerprint(run.development)}
        | ({"test": fingerprint(run.test)} if run.test else {}),
        "spans": {"train": features.spans, "cut_by_segmenter": features.cut_by_segmenter, "cut": features.cut},
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "device": args.device.type,
        "devices": args.world_size,
        "precision": "bf16" if args.bf16 else "fp16" if args.fp16 else "tf32" if args.tf32 else "fp32",
        "resources": resources,
        "seconds": round(resources["measured"]["seconds"]),
        "losses": [entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
        "epochs": [entry for entry in trainer.state.log_history if f"eval_{SCORE}" in entry],
    } | scores
    with whole_file(output / RECORD_FILE) as file:
        file.write(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
