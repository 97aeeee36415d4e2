"""An experiment: YAML to dataclasses. Unknown keys and wrong types are refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ..data.labels import TOPICS, TYPES
from ..data.schema import shortened

_STRICT = ConfigDict(extra="forbid")

Labels = list[str] | Literal["data"]


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the file and the key."""


@dataclass(config=_STRICT, frozen=True)
class Data:
    """Where sentences come from: files of labelled sentences, or `corpus:train`, `corpus:development`, `corpus:test`, `corpus:all`."""

    train: Annotated[list[str], Field(min_length=1)] = field(default_factory=lambda: ["corpus:train"])
    development: Annotated[list[str], Field(min_length=1)] = field(default_factory=lambda: ["corpus:development"])
    test: list[str] = field(default_factory=list)
    """Scored once, when training is over; nothing is chosen by it."""
    topics: Labels = field(default_factory=lambda: list(TOPICS))
    """The topics to learn, in the order in which they will be listed; `data`: all that the training sentences have; `[]`: none."""
    types: Labels = field(default_factory=lambda: list(TYPES))
    """Likewise the types of participants, or of whatever spans the sentences have."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """Use only the first so many sentences of each side, for a quick try."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Use a random share of the training sentences, for a learning curve; a smaller share is part of every larger one."""


@dataclass(config=_STRICT, frozen=True)
class Network:
    max_length: Annotated[int, Field(ge=16)] | None = None
    """Tokens in one window, special tokens included; None: what the encoder has positions for, 256 at most."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    topic_weight: Annotated[float, Field(gt=0)] = 4.0
    """Weight of the topic loss; the tag loss has weight 1."""


@dataclass(config=_STRICT, frozen=True)
class Augment:
    """Shares of training sentences that are changed, drawn anew each epoch."""

    replace: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Participants replaced by others of their type."""
    upper_case: Annotated[float, Field(ge=0, le=1)] = 0.03
    no_diacritics: Annotated[float, Field(ge=0, le=1)] = 0.03
    typos: Annotated[float, Field(ge=0, le=1)] = 0.0
    """One slip each: a letter dropped, doubled or exchanged with the next, or a space left out."""


@dataclass(config=_STRICT, frozen=True)
class Train:
    epochs: Annotated[int, Field(ge=1)] = 10
    batch_size: Annotated[int, Field(ge=1)] = 16
    """Sentences in one step of the optimiser, over all devices together, so that a run means the same on any number of them."""
    gradient_accumulation: Annotated[int, Field(ge=1)] = 1
    """Parts in which each device reads its share of a step's sentences, to save memory; the result is the same."""
    learning_rate: Annotated[float, Field(gt=0)] = 2.0e-4
    """Of the encoder."""
    head_learning_rate: Annotated[float, Field(gt=0)] = 5.0e-3
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Each layer of the encoder learns at this multiple of the rate of the layer above it; the embeddings come last."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the steps."""
    max_steps: Annotated[int, Field(ge=1)] | None = None
    """Stop after so many steps, for a quick try."""
    patience: Annotated[int, Field(ge=1)] = 3
    """Epochs without a better development score after which training stops."""
    save_steps: Annotated[int, Field(ge=1)] | None = None
    """Save the state for `--resume` after so many steps too, not only after each epoch."""
    precision: Literal["auto", "bf16", "fp16", "tf32", "fp32"] = "auto"
    """Of the matrix products; `auto`: the fastest that the device has natively. Weights and optimiser stay in float32."""
    gradient_checkpointing: bool = False
    """Keep only each layer's input and compute the rest again: less memory, about a third more time."""
    compile: bool = False
    """Compile the encoder with torch.compile."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that prepare batches beside the training, for devices that would wait for them."""
    report_to: list[str] = field(default_factory=list)
    """Trackers that follow the run, by transformers' names: `tensorboard`, or others that are installed (`wandb`, `mlflow`)."""


@dataclass(config=_STRICT, frozen=True)
class Experiment:
    """One training run.

    >>> Experiment(output="runs/try", train=Train(epochs=2)).train.epochs
    2
    """

    output: str
    backbone: str = "embedded"
    """A name such as `phobert-base` (all are in `model/backbone.py`), a hub id, or a folder in the hub's layout."""
    revision: str | None = None
    """Commit, tag or branch of a backbone on the hub."""
    segmenter: Literal["auto", "underthesea", "vncorenlp", "none"] = "auto"
    """What makes Vietnamese words for a backbone that reads words; `auto`: `underthesea` for PhoBERT, `none` for all others."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    data: Data = Data()
    network: Network = Network()
    augment: Augment = Augment()
    train: Train = Train()


_ADAPTER = TypeAdapter(Experiment)


def load_experiment(path: str | Path, overrides: Iterable[str] = ()) -> Experiment:
    """Read a YAML file and apply overrides such as `train.learning_rate=1.0e-4`.

    Raises:
        ConfigError: naming the file and every key that is unknown or of the wrong type.
    """
    try:
        record = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {error}") from None
    if not isinstance(record, dict):
        raise ConfigError(f"{path}: keys and values were expected")
    for override in overrides:
        _override(record, override)
    try:
        return _ADAPTER.validate_python(record)
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']} (given: {shortened(e['input'])})" for e in error.errors()]
        raise ConfigError("\n".join(lines)) from None


def _override(record: dict[str, Any], override: str) -> None:
    path, equals, value = override.partition("=")
    if not equals:
        raise ConfigError(f"--set {override}: key=value was expected, for example train.epochs=3")
    *parents, last = path.split(".")
    for name in parents:
        record = record.setdefault(name, {})
        if not isinstance(record, dict):
            raise ConfigError(f"--set {override}: {name} has no keys below it")
    try:
        record[last] = yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigError(f"--set {override}: {value!r} is not YAML") from None
