"""The checkpoints of a study: one, several, or the runs of several seeds; and what their training data were."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.convert import format_of
from ..data.corpus import read_sources
from ..data.schema import Sentence, fingerprint
from ..model.card import read_record
from ..model.configuration import CONFIG_FILE, CheckpointConfig, CheckpointError
from ..model.predictor import DEFAULT_CHECKPOINT, Predictor

DEFAULT = "default"
"""The name of the shipped checkpoint."""


@dataclass(frozen=True)
class Contender:
    """A checkpoint that takes part."""

    name: str
    predictor: Predictor
    folder: Path | None
    """Where its files are; None for one that came from the hub."""

    @property
    def config(self) -> CheckpointConfig:
        return self.predictor.config

    @property
    def record(self) -> dict[str, Any]:
        """The content of its `training.json`, empty where there is none."""
        return read_record(self.folder) if self.folder else {}

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a report says of it."""
        return {
            "backbone": self.config.backbone_name,
            "files": dict(self.config.files),
            "topics": list(self.config.topics),
            "types": list(self.config.types),
            "hoptac": self.config.hoptac_version,
            "seed": self.record.get("seed"),
            "trained_on": self.record.get("data", {}).get("train"),
        }


def open_contenders(names: Sequence[str], load: Callable[[str | Path | None], Predictor]) -> list[Contender]:
    """Load checkpoints.

    Args:
        names: `default`, folders or hub ids; none is the shipped checkpoint.
        load: opens a predictor, such as `Predictor.from_pretrained`.

    >>> [one.name for one in open_contenders([], Predictor.from_pretrained)]
    ['default']
    """
    return [
        Contender(name, load(None if name == DEFAULT else name), _folder(name)) for name in dict.fromkeys(names or [DEFAULT])
    ]


def open_runs(folder: str | Path, load: Callable[[str | Path | None], Predictor]) -> list[Contender]:
    """Load the finished runs of `hoptac train --seeds`, in the order of their seeds.

    Raises:
        CheckpointError: if there is none.
    """
    runs = sorted((int(number), path) for path in Path(folder).glob("seed-*") if (number := path.name[5:]).isdecimal())
    finished = [path for _, path in runs if (path / CONFIG_FILE).exists()]
    if not finished:
        raise CheckpointError(f"{folder}: neither a checkpoint nor the runs of several seeds (seed-1, seed-2, …)")
    return [Contender(path.name, load(path), path) for path in finished]


def holds_runs(name: str) -> bool:
    """Whether a folder is no checkpoint itself but holds the runs of several seeds."""
    return os.path.isdir(name) and not (Path(name) / CONFIG_FILE).exists()


def _folder(name: str) -> Path | None:
    if name == DEFAULT:
        return DEFAULT_CHECKPOINT
    return Path(name) if os.path.isdir(name) else None


def is_data(name: str) -> bool:
    """Whether a name means labelled sentences rather than a checkpoint.

    >>> is_data("corpus:test"), is_data("mine.jsonl"), is_data("runs/mine")
    (True, True, False)
    """
    if name.startswith("corpus:"):
        return True
    try:
        format_of(name)
    except ValueError:
        return False
    return not os.path.isdir(name)


def sources_of(one: Contender, *sides: str) -> list[str]:
    """The names of the first of `sides` (`train`, `development`, `test`) that the checkpoint's training had data of."""
    data = one.record.get("experiment", {}).get("data", {})
    return next((data[side] for side in sides if data.get(side)), [])


def sentences_of(one: Contender, side: str) -> list[Sentence] | None:
    """The sentences of one side of the checkpoint's training, or None where they are not here any more as they were."""
    names = sources_of(one, side)
    if not names:
        return None
    try:
        sentences = read_sources(names, one.config.topics, one.config.types)
    except (OSError, ValueError):
        return None
    return sentences if fingerprint(sentences) == one.record.get("data", {}).get(side) else None
