"""Whether the fast PhoBERT tokenizer gives what transformers' slow one gives, and in what part of its time."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tokenizers import Tokenizer

from ..model.phobert import (
    MERGES_FILE,
    SPECIAL,
    VOCABULARY_FILE,
    build_phobert_tokenizer,
    known_size,
    piece_name,
    replace_unknown,
)

SHOWN = 5
UNKNOWN = SPECIAL.index("<unk>")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Piece:
    """One token of a text, special tokens left out."""

    name: str
    """As `vocab.txt` spells it: `x@@` goes on within the word, `x` ends it; `<unk>` if it is not there."""
    id: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A text that the two tokenizers read differently."""

    text: str
    position: int
    """Index of the first piece in which they differ."""
    fast: list[str]
    slow: list[str]


@dataclass(frozen=True, slots=True)
class Parity:
    """What `parity` found; seconds are the processor's, in one thread."""

    texts: int
    pieces: int
    """Pieces that the slow tokenizer made of all texts."""
    differing: int
    """Texts whose ids are not the same."""
    differences: list[Difference]
    """The first few of these texts."""
    slow_seconds: float
    """From texts to ids."""
    fast_seconds: float
    """From texts to ids."""
    offsets_seconds: float
    """From texts to ids and offsets by the fast tokenizer; the slow one has no offsets."""

    @property
    def ratio(self) -> float:
        """How many times as fast the fast tokenizer is, from texts to ids."""
        return self.slow_seconds / self.fast_seconds


def pieces_of(tokenizer: Tokenizer, text: str) -> list[Piece]:
    """The pieces of a text with their offsets in it; `text[piece.start : piece.end]` is what a piece came from.

    >>> pieces_of(build_phobert_tokenizer("phobert-base"), "Hà_Nội mưa")[1]  # doctest: +SKIP
    Piece(name='mưa', id=679, start=7, end=10)
    """
    encoding = tokenizer.encode(text, add_special_tokens=False)
    ids = replace_unknown(encoding.ids, known_size(tokenizer), UNKNOWN)
    return [
        Piece(piece_name(str(tokenizer.id_to_token(number))), number, start, end)
        for number, (start, end) in zip(ids, encoding.offsets, strict=True)
    ]


def parity(folder: str | Path, texts: Sequence[str], batch_size: int = 32, rounds: int = 3) -> Parity:
    """Encode texts by both tokenizers, in batches and one thread each, and compare the ids. Needs transformers.

    Args:
        folder: has PhoBERT's `vocab.txt` and `bpe.codes`.
        texts: at least one.
        rounds: how often each is timed, the shortest time counting; each time it is read anew and knows no word yet.

    Raises:
        FileNotFoundError: if the folder lacks one of the files.
        ValueError: if one is malformed, if there is no text, or for a batch size or rounds below 1.

    >>> parity("phobert-base", ["Hà_Nội mưa"]).differing  # doctest: +SKIP
    0
    """
    if not texts:
        raise ValueError("texts: there is none")
    for name, value in (("batch_size", batch_size), ("rounds", rounds)):
        if value < 1:
            raise ValueError(f"{name}: {value}, but at least 1 is needed")
    batches = [texts[start : start + batch_size] for start in range(0, len(texts), batch_size)]
    fast_seconds, offsets_seconds, slow_seconds = [], [], []
    with one_thread():
        for _ in range(rounds):
            ours, seconds = _timed(_fast_ids(build_phobert_tokenizer(folder)), batches)
            fast_seconds.append(seconds)
            offsets_seconds.append(_timed(_fast_offsets(build_phobert_tokenizer(folder)), batches)[1])
            slow = _read_slow(folder)
            theirs, seconds = _timed(_slow_ids(slow), batches)
            slow_seconds.append(seconds)
    differing = [number for number, (left, right) in enumerate(zip(ours, theirs, strict=True)) if left != right]
    return Parity(
        texts=len(texts),
        pieces=sum(map(len, theirs)),
        differing=len(differing),
        differences=[
            _difference(texts[number], ours[number], theirs[number], slow.convert_ids_to_tokens) for number in differing[:SHOWN]
        ],
        slow_seconds=min(slow_seconds),
        fast_seconds=min(fast_seconds),
        offsets_seconds=min(offsets_seconds),
    )


def _read_slow(folder: str | Path) -> Any:
    from transformers import PhobertTokenizer

    return PhobertTokenizer(*(str(Path(folder) / name) for name in (VOCABULARY_FILE, MERGES_FILE)))  # type: ignore[no-untyped-call]


def _slow_ids(tokenizer: Any) -> Callable[[Sequence[str]], list[list[int]]]:
    options = {"add_special_tokens": False, "return_attention_mask": False, "verbose": False}
    return lambda batch: tokenizer(list(batch), **options)["input_ids"]


def _fast_ids(tokenizer: Tokenizer) -> Callable[[Sequence[str]], list[list[int]]]:
    known = known_size(tokenizer)

    def encode(batch: Sequence[str]) -> list[list[int]]:
        encodings = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
        return [replace_unknown(encoding.ids, known, UNKNOWN) for encoding in encodings]

    return encode


def _fast_offsets(tokenizer: Tokenizer) -> Callable[[Sequence[str]], list[tuple[list[int], list[tuple[int, int]]]]]:
    known = known_size(tokenizer)

    def encode(batch: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        encodings = tokenizer.encode_batch(batch, add_special_tokens=False)
        return [(replace_unknown(encoding.ids, known, UNKNOWN), encoding.offsets) for encoding in encodings]

    return encode


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep the `tokenizers` library to one thread."""
    name = "TOKENIZERS_PARALLELISM"
    before = os.environ.get(name)
    os.environ[name] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _timed(encode: Callable[[Sequence[str]], list[Row]], batches: list[Sequence[str]]) -> tuple[list[Row], float]:
    """The rows of all batches, and the processor's seconds, which other programs disturb less than those of the clock."""
    collects = gc.isenabled()
    gc.disable()  # as `timeit` does
    began = time.process_time()
    try:
        rows = [row for batch in batches for row in encode(batch)]
        return rows, time.process_time() - began
    finally:
        if collects:
            gc.enable()


def _difference(text: str, fast: list[int], slow: list[int], names: Callable[[list[int]], list[str]]) -> Difference:
    position = next(
        (i for i, (left, right) in enumerate(zip(fast, slow, strict=False)) if left != right), min(len(fast), len(slow))
    )
    return Difference(text, position, names(fast), names(slow))
