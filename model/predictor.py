"""`Predictor`: a checkpoint that answers. `predict` is the same with the checkpoint that ships with the package."""

from __future__ import annotations

import html
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, overload

import numpy as np

from ..data.schema import Participant
from .configuration import ONNX_WEIGHTS, TOKENIZER_FILE, CheckpointConfig, CheckpointError
from .decoding import calibrated_probabilities, decode_spans, select_topics
from .runtime import Runtime, open_runtime
from .segmentation import Segmenter, open_segmenter
from .tokenization import Encoding, TextTokenizer

DEFAULT_CHECKPOINT = Path(__file__).parent / "default"
_CHUNK = 1024
"""Texts that are encoded together; it bounds memory, whatever their number."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one text says.

    >>> Prediction("thăm Lào", (), {}, (Participant("Lào", 5, 8, "GPE", 0.9),)).participants[0].text
    'Lào'
    """

    text: str
    """The text as given."""
    topics: tuple[str, ...]
    """Topics whose probability reaches their threshold, in the taxonomy's order."""
    scores: Mapping[str, float]
    """A calibrated probability for every topic."""
    participants: tuple[Participant, ...]
    """Participants sorted by start; offsets are characters of `text`, end exclusive."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "text": self.text,
            "topics": list(self.topics),
            "scores": dict(self.scores),
            "participants": [participant.to_dict() for participant in self.participants],
        }

    def _repr_html_(self) -> str:
        colours = ("#cfe8ff", "#ffe1b8", "#d3f2c8", "#f3d1f0", "#e2e2e2")
        types = list(dict.fromkeys(p.type for p in self.participants))
        parts, position = [], 0
        for p in self.participants:
            colour = {"PER": colours[0], "ORG": colours[1], "GPE": colours[2]}.get(p.type, colours[types.index(p.type) % 5])
            parts.append(html.escape(self.text[position : p.start]))
            parts.append(
                f'<mark style="background:{colour};color:#111;border-radius:3px;padding:1px 3px" '
                f'title="{html.escape(p.type)} {p.score:.2f}">{html.escape(p.text)}<small> {html.escape(p.type)}</small></mark>'
            )
            position = p.end
        parts.append(html.escape(self.text[position:]))
        topics = "".join(
            f'<span style="border:1px solid #888;border-radius:8px;padding:0 6px;margin-right:4px">'
            f"{html.escape(topic)} {self.scores[topic]:.2f}</span>"
            for topic in self.topics
        )
        return f'<div style="line-height:1.9"><div>{topics or "<i>no topic</i>"}</div><div>{"".join(parts)}</div></div>'


class Predictor:
    """A loaded checkpoint.

    >>> predictor = Predictor.from_pretrained()
    >>> predictor.predict("Hai bên thảo luận về an ninh hàng hải.").topics
    ('maritime',)
    """

    def __init__(self, config: CheckpointConfig, tokenizer: TextTokenizer, runtime: Runtime) -> None:
        self.config = config
        self.tokenizer = tokenizer
        self.runtime = runtime

    @classmethod
    def from_pretrained(
        cls,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str | None = None,
        backend: str | None = None,
        precision: str | None = None,
        segmenter: str | None = None,
    ) -> Predictor:
        """Load a checkpoint.

        Args:
            checkpoint: a folder, or the id of a model on the Hugging Face hub; None is the shipped checkpoint.
            device: `cpu`, `cuda`, `cuda:1`, `mps`; None takes a GPU when torch runs and has one.
            backend: `onnx` or `torch`; None takes `onnx` where the checkpoint has it and no GPU is asked for.
            precision: of torch: `bf16` or `fp32`; None takes `bf16` where the device computes in it natively.
            segmenter: `underthesea`, `vncorenlp` or `none` in place of the one the checkpoint was trained with, or the same in
                whatever version is installed; None refuses another version than that of training.

        Raises:
            CheckpointError: if the folder is no checkpoint, its parts disagree, or its segmenter is not here in its version.
            ValueError: for an unknown backend, precision or segmenter.
        """
        folder = _find(checkpoint)
        config = CheckpointConfig.load(folder)
        words = _segmenter(folder, config) if segmenter is None else open_segmenter(segmenter)
        tokenizer = TextTokenizer.from_file(folder / TOKENIZER_FILE, config.max_length, words, config.cuts)
        if segmenter not in (None, "none") and tokenizer.segmenter is None:
            raise ValueError(f"segmenter: {segmenter}, but the checkpoint's tokenizer reads raw text; only PhoBERT reads words")
        return cls(config, tokenizer, open_runtime(folder, config, backend, device, precision))

    @overload
    def predict(  # type: ignore[overload-overlap]  # a string is an iterable of strings too
        self, texts: str, batch_size: int = ..., thresholds: float | Mapping[str, float] | None = ...
    ) -> Prediction: ...
    @overload
    def predict(
        self, texts: Iterable[str], batch_size: int = ..., thresholds: float | Mapping[str, float] | None = ...
    ) -> list[Prediction]: ...
    def predict(
        self,
        texts: str | Iterable[str],
        batch_size: int = 32,
        thresholds: float | Mapping[str, float] | None = None,
    ) -> Prediction | list[Prediction]:
        """Topics and participants of one text, or of each of several in the same order.

        Args:
            texts: a string, or any iterable of strings. Each is read as one sentence, however long it is.
            batch_size: windows that go through the network together.
            thresholds: probability from which a topic is given, for all topics or by topic; None takes the checkpoint's.

        Raises:
            TypeError: naming the position of what is not a string.
            ValueError: for an unknown topic in `thresholds`, or a threshold that is no probability.
        """
        if isinstance(texts, str):
            return next(self.stream([texts], batch_size, thresholds))
        return list(self.stream(texts, batch_size, thresholds))

    def stream(
        self,
        texts: Iterable[str],
        batch_size: int = 32,
        thresholds: float | Mapping[str, float] | None = None,
    ) -> Iterator[Prediction]:
        """As `predict`, but one by one, so that the input may be larger than memory."""
        if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
            raise TypeError(f"texts: an iterable of strings was expected, not {type(texts).__name__}")
        if batch_size < 1:
            raise ValueError(f"batch_size: {batch_size} is not at least 1")
        limits = self._thresholds(thresholds)
        source = _checked(texts)
        return self._stream(source, batch_size, limits)

    def _stream(self, source: Iterator[str], batch_size: int, limits: Mapping[str, float]) -> Iterator[Prediction]:
        while chunk := list(islice(source, _CHUNK)):
            encodings = self.tokenizer.encode(chunk)
            yield from self._answers(chunk, encodings, self._score(encodings, batch_size), limits)

    def logits(self, texts: Sequence[str], batch_size: int = 32) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each text the uncalibrated topic logits (topics,) and the tag logits (words, tags)."""
        return self._score(self.tokenizer.encode(texts), batch_size)

    def answers(
        self,
        texts: Sequence[str],
        logits: Sequence[tuple[np.ndarray, np.ndarray]],
        thresholds: float | Mapping[str, float] | None = None,
    ) -> list[Prediction]:
        """The predictions that `logits` of the same texts mean."""
        return list(self._answers(texts, self.tokenizer.encode(texts), logits, self._thresholds(thresholds)))

    def _answers(
        self,
        texts: Sequence[str],
        encodings: Sequence[Encoding],
        logits: Sequence[tuple[np.ndarray, np.ndarray]],
        limits: Mapping[str, float],
    ) -> Iterator[Prediction]:
        if not texts:
            return
        calibration = [self.config.calibration.get(topic, (1.0, 0.0)) for topic in self.config.topics]
        probabilities = calibrated_probabilities(np.stack([topic_logits for topic_logits, _ in logits]), calibration)
        for text, encoding, row, (_, tag_logits) in zip(texts, encodings, probabilities.tolist(), logits, strict=True):
            yield self._read(text, encoding, row, tag_logits, limits)

    def _score(self, encodings: Sequence[Encoding], batch_size: int) -> list[tuple[np.ndarray, np.ndarray]]:
        windows = [(number, window) for number, encoding in enumerate(encodings) for window in self.tokenizer.windows(encoding)]
        order = sorted(range(len(windows)), key=lambda i: len(windows[i][1].ids))
        topic_logits = np.full((len(encodings), len(self.config.topics)), -np.inf, np.float32)
        tag_logits = [np.zeros((len(e.words), self.config.tag_scores), np.float32) for e in encodings]
        for first in range(0, len(order), batch_size):
            batch = [windows[i] for i in order[first : first + batch_size]]
            topics, tags = self.runtime.run([window.ids for _, window in batch])
            for row, (number, window) in enumerate(batch):
                # A topic that one window of a long text has, the text has.
                topic_logits[number] = np.maximum(topic_logits[number], topics[row])
                tag_logits[number][slice(*window.words)] = tags[row, window.positions]
        return list(zip(topic_logits, tag_logits, strict=True))

    def _read(
        self,
        text: str,
        encoding: Encoding,
        probabilities: Sequence[float],
        tag_logits: np.ndarray,
        limits: Mapping[str, float],
    ) -> Prediction:
        scores = dict(zip(self.config.topics, probabilities, strict=True))
        topics = select_topics(scores, limits) if encoding.words else ()
        spans = decode_spans(tag_logits, self.config.tags, encoding.offsets) if self.config.types else []
        participants = tuple(Participant(text[s:e], s, e, kind, score) for (s, e, kind), score in spans)
        return Prediction(text, topics, scores, participants)

    def thresholds_at(self, precision: float) -> dict[str, float]:
        """Thresholds at which the development sentences had this precision, all topics together, for `predict(texts, thresholds=…)`.

        On other texts precision may be lower: `hoptac evaluate` measures it.

        Raises:
            ValueError: if the checkpoint has no operating point for `precision`.

        >>> Predictor.from_pretrained().thresholds_at(0.95)["trade"] < 1
        True
        """
        point = self.config.operating_points.get(f"{precision:g}")
        if point is None:
            known = ", ".join(self.config.operating_points) or "none"
            raise ValueError(f"precision: the checkpoint has no operating point {precision:g}; it has {known}")
        return dict(point)

    def _thresholds(self, given: float | Mapping[str, float] | None) -> dict[str, float]:
        limits = {topic: self.config.threshold(topic) for topic in self.config.topics}
        if given is None:
            return limits
        changes = dict(given) if isinstance(given, Mapping) else dict.fromkeys(limits, given)
        for topic, threshold in changes.items():
            if topic not in limits:
                raise ValueError(f"thresholds: unknown topic {topic!r}; known are {', '.join(limits)}")
            if not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
                raise ValueError(f"thresholds: {threshold!r} for {topic} is not a probability")
        return limits | changes


def _checked(texts: Iterable[str]) -> Iterator[str]:
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{position}]: a string was expected, not {type(text).__name__}")
        yield text


def _segmenter(folder: Path, config: CheckpointConfig) -> Segmenter:
    """The segmenter of a checkpoint, in the version it was trained with."""
    try:
        segmenter = open_segmenter(config.segmenter)
    except ValueError as error:
        raise CheckpointError(f"{folder}: {error}") from None
    if config.segmenter_version and segmenter.version != config.segmenter_version:
        raise CheckpointError(
            f"{folder}: was trained with {config.segmenter} {config.segmenter_version}, installed is {segmenter.version}, which may "
            f"make other words; install that version, or ask for the one that is here (segmenter={config.segmenter!r}, "
            f"--segmenter {config.segmenter})"
        )
    return segmenter


def _find(checkpoint: str | os.PathLike[str] | None) -> Path:
    if checkpoint is None:
        return DEFAULT_CHECKPOINT
    folder = Path(checkpoint)
    if folder.exists() or not isinstance(checkpoint, str) or checkpoint.count("/") != 1 or checkpoint.startswith((".", "/")):
        if not folder.is_dir():
            raise CheckpointError(f"{folder}: no such folder")
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(checkpoint, allow_patterns=["*.json", "*.safetensors", ONNX_WEIGHTS, "*.md"]))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise CheckpointError(f"{checkpoint}: neither a folder here nor a model that the hub gives out: {error}") from None


@cache
def default_predictor() -> Predictor:
    """The shipped checkpoint, loaded once."""
    return Predictor.from_pretrained()


@overload
def predict(texts: str, **options: Any) -> Prediction: ...
@overload
def predict(texts: Iterable[str], **options: Any) -> list[Prediction]: ...
def predict(texts: str | Iterable[str], **options: Any) -> Prediction | list[Prediction]:
    """Topics and participants of one text or of several, by the shipped checkpoint; options as in `Predictor.predict`.

    >>> predict("Việt Nam và Lào bàn về phòng, chống ma túy.").topics
    ('narcotics',)
    """
    return default_predictor().predict(texts, **options)
