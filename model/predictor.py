"""`Predictor`: a checkpoint that answers. `predict` is the same with the checkpoint that ships with the package."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np

from ..data.schema import Participant
from .configuration import ONNX_DATA, ONNX_WEIGHTS, TOKENIZER_FILE, CheckpointConfig, CheckpointError
from .decoding import WordSpan, calibrated_probabilities, decode_spans, select_topics
from .runtime import Runtime, choose_backend, open_runtime

if TYPE_CHECKING:
    from .segmentation import Segmenter
    from .tokenization import Encoding, TextTokenizer, Window

DEFAULT_CHECKPOINT = Path(__file__).parent / "default"
_CHUNK = 1024
"""Texts that a thread takes together; it bounds memory, whatever their number."""
_FEW = 8
"""Texts that are not worth a second thread."""
Logits = tuple[np.ndarray, np.ndarray]
"""Of one text the uncalibrated topic logits (topics,) and the tag logits (words, tags)."""
Answer = TypeVar("Answer")


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
        import html

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
    """A loaded checkpoint. Threads may share it, and it may be sent to other processes, which open its folder anew.

    >>> predictor = Predictor.from_pretrained()
    >>> predictor.predict("Hai bên thảo luận về an ninh hàng hải.").topics
    ('maritime',)
    """

    def __init__(self, config: CheckpointConfig, tokenizer: TextTokenizer, runtime: Runtime) -> None:
        self.config = config
        self.tokenizer = tokenizer
        self.runtime = runtime
        self.opened: dict[str, Any] = {}
        """What `from_pretrained` was given."""

    def __reduce__(self) -> tuple[Any, ...]:
        if not self.opened:
            raise TypeError("a Predictor that was not opened from a folder cannot be sent to another process")
        return _reopen, (self.opened,)

    @classmethod
    def from_pretrained(
        cls,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str | None = None,
        backend: str | None = None,
        precision: str | None = None,
        segmenter: str | None = None,
        threads: int | None = None,
    ) -> Predictor:
        """Load a checkpoint.

        Args:
            checkpoint: a folder, or the id of a model on the Hugging Face hub; None is the shipped checkpoint.
            device: `cpu`, `cuda`, `cuda:1`, `mps`; None takes a GPU when torch runs and has one.
            backend: `onnx` or `torch`; None takes `onnx` where the checkpoint has it and no GPU is asked for.
            precision: of torch: `bf16` or `fp32`; None takes `bf16` where the device computes in it natively.
            segmenter: `underthesea`, `vncorenlp` or `none` in place of the one the checkpoint was trained with, or the same in
                whatever version is installed; None refuses another version than that of training.
            threads: of the CPU; None takes all processors that this process may use.

        Raises:
            CheckpointError: if the folder is no checkpoint, its parts disagree, or its segmenter is not here in its version.
            ValueError: for an unknown backend, precision or segmenter, or fewer threads than 1.
        """
        folder = find_checkpoint(checkpoint)
        config = CheckpointConfig.load(folder, verify=False)
        opening = _Meanwhile(lambda: open_runtime(folder, config, backend, device, precision, threads))
        if choose_backend(config, backend, device) == "onnx":
            import onnxruntime  # noqa: F401  # here, since two threads that import hold each other up

            opening.start()  # the network is read while the rest is done here
        try:
            config.verify(folder)
            from .segmentation import open_segmenter
            from .tokenization import TextTokenizer

            words = _segmenter(folder, config) if segmenter is None else open_segmenter(segmenter)
            tokenizer = TextTokenizer.from_file(folder / TOKENIZER_FILE, config.max_length, words, config.cuts)
        finally:
            opening.join()
        if segmenter not in (None, "none") and tokenizer.segmenter is None:
            raise ValueError(f"segmenter: {segmenter}, but the checkpoint's tokenizer reads raw text; only PhoBERT reads words")
        predictor = cls(config, tokenizer, opening.result())
        predictor.opened = {
            "checkpoint": str(folder.resolve()),
            "device": device,
            "backend": backend,
            "precision": precision,
            "segmenter": segmenter,
            "threads": threads,
        }
        return predictor

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
            batch_size: windows that go through the network together at most.
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
        def answer(texts: Sequence[str]) -> list[Prediction]:
            encodings = self.tokenizer.encode(texts)
            return self._read(texts, encodings, self._score(encodings, batch_size), limits)

        return self._side_by_side(source, answer)

    def logits(self, texts: Sequence[str], batch_size: int = 32) -> list[Logits]:
        """For each text the uncalibrated topic logits (topics,) and the tag logits (words, tags)."""
        return list(self._side_by_side(iter(texts), lambda part: self._score(self.tokenizer.encode(part), batch_size)))

    def answers(
        self,
        texts: Sequence[str],
        logits: Sequence[Logits],
        thresholds: float | Mapping[str, float] | None = None,
    ) -> list[Prediction]:
        """The predictions that `logits` of the same texts mean."""
        return self._read(texts, self.tokenizer.encode(texts), logits, self._thresholds(thresholds))

    def _side_by_side(self, source: Iterator[str], work: Callable[[Sequence[str]], list[Answer]]) -> Iterator[Answer]:
        """The answers of `work` to all texts in their order, by as many threads as the network takes."""
        threads = self.runtime.threads
        size = _CHUNK * min(threads, 8)
        taken = list(islice(source, size))
        if threads == 1 or len(taken) <= _FEW:
            while taken:
                yield from work(taken)
                taken = list(islice(source, size))
            return
        from concurrent.futures import Future, ThreadPoolExecutor

        waiting: deque[Future[list[Answer]]] = deque()
        # Threads of its own for each call: a process that was forked in between has none of its parent's.
        with ThreadPoolExecutor(threads) as pool:
            try:
                while taken:
                    share = -(-len(taken) // threads)
                    waiting += [pool.submit(work, taken[first : first + share]) for first in range(0, len(taken), share)]
                    while len(waiting) > threads:
                        yield from waiting.popleft().result()
                    taken = list(islice(source, size))
                while waiting:
                    yield from waiting.popleft().result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _score(self, encodings: Sequence[Encoding], batch_size: int) -> list[Logits]:
        windows = [(number, window) for number, encoding in enumerate(encodings) for window in self.tokenizer.windows(encoding)]
        topic_logits = np.full((len(encodings), len(self.config.topics)), -np.inf, np.float32)
        tag_logits = [np.zeros((len(e.words), self.config.tag_scores), np.float32) for e in encodings]
        for batch in self._batches(windows, batch_size):
            topics, tags = self.runtime.run([window.ids for _, window in batch])
            for row, (number, window) in enumerate(batch):
                # A topic that one window of a long text has, the text has.
                topic_logits[number] = np.maximum(topic_logits[number], topics[row])
                tag_logits[number][slice(*window.words)] = tags[row, window.positions]
        return list(zip(topic_logits, tag_logits, strict=True))

    def _batches(self, windows: list[tuple[int, Window]], batch_size: int) -> Iterator[list[tuple[int, Window]]]:
        """Windows of one length, or nearly so where the network reads them padded, under a budget of tokens."""
        batch: list[tuple[int, Window]] = []
        for item in sorted(windows, key=lambda item: len(item[1].ids)):
            length = len(item[1].ids)
            full = len(batch) == batch_size or (len(batch) + 1) * length > self.runtime.tokens
            if batch and (full or (not self.runtime.padded and length > len(batch[-1][1].ids))):
                yield batch
                batch = []
            batch.append(item)
        if batch:
            yield batch

    def _read(
        self, texts: Sequence[str], encodings: Sequence[Encoding], logits: Sequence[Logits], limits: Mapping[str, float]
    ) -> list[Prediction]:
        if not texts:
            return []
        calibration = [self.config.calibration.get(topic, (1.0, 0.0)) for topic in self.config.topics]
        probabilities = calibrated_probabilities(np.stack([topic_logits for topic_logits, _ in logits]), calibration)
        spans: Sequence[Sequence[WordSpan]] = [()] * len(texts)
        if self.config.types:
            spans = decode_spans([tag_logits for _, tag_logits in logits], self.config.tags)
        predictions = []
        for text, encoding, row, found in zip(texts, encodings, probabilities.tolist(), spans, strict=True):
            scores = dict(zip(self.config.topics, row, strict=True))
            topics = select_topics(scores, limits) if encoding.words else ()
            participants = []
            for first, last, kind, score in found:
                start, end = encoding.offsets[first][0], encoding.offsets[last - 1][1]
                participants.append(Participant(text[start:end], start, end, kind, score))
            predictions.append(Prediction(text, topics, scores, tuple(participants)))
        return predictions

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


def _reopen(opened: Mapping[str, Any]) -> Predictor:
    return Predictor.from_pretrained(**opened)


class _Meanwhile:
    """Work for a thread of its own, or for whoever asks for its result first."""

    def __init__(self, work: Callable[[], Runtime]) -> None:
        self.work = work
        self.thread: Thread | None = None
        self.found: Runtime | None = None
        self.error: Exception | None = None

    def start(self) -> None:
        self.thread = Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.found = self.work()
        except Exception as error:
            self.error = error

    def join(self) -> None:
        if self.thread is not None:
            self.thread.join()

    def result(self) -> Runtime:
        if self.error is not None:
            raise self.error
        return self.work() if self.found is None else self.found


def _checked(texts: Iterable[str]) -> Iterator[str]:
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{position}]: a string was expected, not {type(text).__name__}")
        yield text


def _segmenter(folder: Path, config: CheckpointConfig) -> Segmenter:
    """The segmenter of a checkpoint, in the version it was trained with."""
    from .segmentation import open_segmenter

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


def find_checkpoint(checkpoint: str | os.PathLike[str] | None) -> Path:
    """The folder of a checkpoint: the shipped one for None, a folder that is here, or what the hub has under an id.

    Raises:
        CheckpointError: if there is none.
    """
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
        return Path(snapshot_download(checkpoint, allow_patterns=["*.json", "*.safetensors", ONNX_WEIGHTS, ONNX_DATA, "*.md"]))
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
