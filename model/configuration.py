"""The configuration of a checkpoint: everything that prediction needs besides weights and tokenizer.

Read and written without torch or transformers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from ..data.labels import TOPICS, TYPES, bio_tags

CONFIG_FILE = "config.json"
TOKENIZER_FILE = "tokenizer.json"
TORCH_WEIGHTS = "model.safetensors"
ONNX_WEIGHTS = "model.onnx"
ONNX_DATA = "model.onnx.data"
"""The large arrays of `model.onnx`, in a file of their own that is mapped into memory and not copied."""
FORMAT = 1
"""Number of the checkpoint layout; a reader refuses a later one."""


class CheckpointError(ValueError):
    """A folder that is not a checkpoint, or whose parts disagree; the message says what and why."""


@dataclass(frozen=True)
class CheckpointConfig:
    """What is written to `config.json`.

    Raises:
        CheckpointError: if the fields disagree with each other.
    """

    backbone: Mapping[str, Any]
    """The encoder's own transformers configuration, `model_type` included."""
    backbone_name: str = ""
    """What the encoder was started from: `embedded`, a hub id or a folder's name."""
    topics: tuple[str, ...] = TOPICS
    types: tuple[str, ...] = TYPES
    tags: tuple[str, ...] = bio_tags(TYPES)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Calibrated probability from which a topic is given, for each topic."""
    calibration: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """For each topic the slope and the intercept that turn the network's logit into a calibrated one (Platt 1999)."""
    operating_points: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """For a precision, such as `0.95`, thresholds at which the development sentences have it, all topics together."""
    segmenter: str = "none"
    """What makes words for a tokenizer that reads words; see `segmentation`."""
    segmenter_version: str = ""
    cuts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Words of the segmenter that training participants cut, with the syllables before which they are split wherever they stand."""
    max_length: int = 256
    """Tokens in one window, special tokens included."""
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each of the checkpoint's other files that prediction reads."""
    hoptac_version: str = ""
    format: int = FORMAT

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise CheckpointError(f"checkpoint format {self.format}; this version of hoptac reads format {FORMAT}")
        if not isinstance(self.backbone, Mapping) or "model_type" not in self.backbone:
            raise CheckpointError("backbone is no transformers configuration with a model_type")
        if not isinstance(self.max_length, int) or self.max_length < 16:
            raise CheckpointError(f"max_length is {self.max_length!r}, not a number of at least 16 tokens")
        if self.tags != bio_tags(self.types):
            raise CheckpointError(f"tags {list(self.tags)} are not the BIO tags of the types {list(self.types)}")
        for labels in (self.topics, self.types):
            if len(set(labels)) < len(labels):
                raise CheckpointError(f"a label stands twice in {list(labels)}")
        for name in ("thresholds", "calibration"):
            given = getattr(self, name)
            if given and set(given) != set(self.topics):
                raise CheckpointError(f"{name} are given for {sorted(given)}, the topics are {sorted(self.topics)}")
        for topic, threshold in self.thresholds.items():
            if not _is_number(threshold) or not 0 <= threshold <= 1:
                raise CheckpointError(f"the threshold of {topic} is {threshold!r}, not a probability")
        for precision, point in self.operating_points.items():
            if set(point) != set(self.topics):
                raise CheckpointError(
                    f"the operating point {precision} is given for {sorted(point)}, the topics are {sorted(self.topics)}"
                )
            if not all(_is_number(threshold) and 0 <= threshold <= 1 for threshold in point.values()):
                raise CheckpointError(f"the operating point {precision} has a threshold that is no probability")
        for topic, pair in self.calibration.items():
            if len(pair) != 2 or not all(map(_is_number, pair)):
                raise CheckpointError(f"the calibration of {topic} is {pair!r}, not a slope and an intercept")

    @property
    def tag_scores(self) -> int:
        """Width of the tag head: none for a network without types."""
        return len(self.tags) if self.types else 0

    def threshold(self, topic: str) -> float:
        return self.thresholds.get(topic, 0.5)

    def save(self, folder: str | Path) -> None:
        """Write `config.json`, with the hashes of the files that stand beside it."""
        folder = Path(folder)
        names = [name for name in (TOKENIZER_FILE, TORCH_WEIGHTS, ONNX_WEIGHTS, ONNX_DATA) if (folder / name).exists()]
        record = asdict(replace(self, files={name: sha256(folder / name) for name in names}))
        text = json.dumps(record, indent=1, ensure_ascii=False)
        (folder / CONFIG_FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path, verify: bool = True) -> CheckpointConfig:
        """Read and check `config.json`; with `verify`, the hashes of the other files too.

        Raises:
            CheckpointError: naming the file and the reason.
        """
        path = Path(folder) / CONFIG_FILE
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CheckpointError(f"{folder}: no {CONFIG_FILE}, so this is not a checkpoint folder") from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise CheckpointError(f"{path}: not JSON: {error}") from None
        known = {item.name for item in fields(cls)}
        if not isinstance(record, dict) or not {"topics", "tags", "backbone", "format"} <= record.keys():
            raise CheckpointError(f"{path}: not the configuration of a hoptac checkpoint (topics, tags, backbone, format)")
        if record["format"] == FORMAT and (unknown := set(record) - known):
            raise CheckpointError(f"{path}: unknown field {min(unknown)!r}")
        try:
            for name in ("topics", "types", "tags"):
                record[name] = tuple(record.get(name, ()))
            record["cuts"] = {word: tuple(places) for word, places in record.get("cuts", {}).items()}
            record["calibration"] = {topic: tuple(pair) for topic, pair in record.get("calibration", {}).items()}
            config = cls(**{name: value for name, value in record.items() if name in known})
        except (CheckpointError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{path}: {error}") from None
        if verify:
            config.verify(folder)
        return config

    def verify(self, folder: str | Path) -> None:
        """Check that every file named in `files` is there and unchanged."""
        if TOKENIZER_FILE not in self.files or not {TORCH_WEIGHTS, ONNX_WEIGHTS} & self.files.keys():
            raise CheckpointError(f"{folder}: {CONFIG_FILE} names no tokenizer or no weights")
        for name, expected in self.files.items():
            path = Path(folder) / name
            if not path.exists():
                raise CheckpointError(f"{folder}: {name} is missing")
            if (found := sha256(path)) != expected:
                raise CheckpointError(
                    f"{path}: its SHA-256 is {found[:12]}…, {CONFIG_FILE} says {expected[:12]}…; the file is truncated or edited"
                )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def sha256(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    import hashlib  # loads OpenSSL, which may happen while a network is opened

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
