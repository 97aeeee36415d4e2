"""How alike sentences are: cosine of character 5-grams weighted by how rare they are (TF-IDF), and runs of equal syllables.

Needs scikit-learn, from the extra `train`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..data.schema import Sentence

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_ROWS = 512
_SYLLABLE = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sentences that are alike."""

    kept: Sentence
    other: Sentence
    similarity: float

    def __str__(self) -> str:
        return f"{self.other.id}: {self.similarity:.2f} like {self.kept.id}: {self.other.text}"


def vectors(texts: Sequence[str]) -> csr_matrix:
    """One row of length 1 per text; the product of two rows is their cosine."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char", ngram_range=(5, 5)).fit_transform([" ".join(text.split()) for text in texts])


def near_duplicates(
    sentences: Sequence[Sentence],
    threshold: float = 0.9,
    against: Sequence[Sentence] = (),
    against_threshold: float | None = None,
) -> list[Pair]:
    """What to take out of `sentences` so that none is more alike than `threshold` to one before it, or to one of `against`.

    Every sentence is compared with every other, so time grows with the square of their number (8,240 took 5 s).

    Args:
        sentences: the earlier of two is kept.
        threshold: cosine between 0 and 1; 0.9 finds sentences with a word or two exchanged.
        against: sentences that must not come back, such as those of a test set.
        against_threshold: the limit towards `against`; `threshold` if None.

    Returns:
        One pair per sentence to be taken out: `other` goes because of `kept`.

    >>> a, b = Sentence("a", "Việt Nam và Lào ký thỏa thuận."), Sentence("b", "Việt Nam và Lào ký thoả thuận!")
    >>> [pair.other.id for pair in near_duplicates([a, b], 0.5)]
    ['b']
    """
    if not sentences:
        return []
    limits = (threshold, threshold if against_threshold is None else against_threshold)
    everything = [*against, *sentences]
    matrix = vectors([s.text for s in everything])
    out: set[int] = set()
    pairs = []
    for row, column, similarity in _alike(matrix, len(against), min(limits)):
        if similarity <= limits[column < len(against)] or column in out or row in out:
            continue
        out.add(row)
        pairs.append(Pair(everything[column], everything[row], similarity))
    return pairs


def _alike(matrix: Any, first: int, threshold: float) -> Iterator[tuple[int, int, float]]:
    """Row, earlier row and cosine of all pairs above `threshold`, for rows from `first` on, in order of the rows."""
    for begin in range(first, matrix.shape[0], _ROWS):
        block = matrix[begin : begin + _ROWS]
        product = (block @ matrix[: begin + _ROWS].T).tocoo()
        found = sorted(
            (begin + int(i), int(j), float(v))
            for i, j, v in zip(product.row, product.col, product.data, strict=True)
            if v > threshold and j < begin + i
        )
        yield from found


def shared_runs(sentences: Sequence[Sentence], against: Sequence[Sentence], syllables: int = 10) -> list[Pair]:
    """Sentences that share a run of `syllables` equal syllables with one of `against`, whatever stands around it.

    >>> a, b = Sentence("a", "Hôm qua, hai bên đã ký."), Sentence("b", "Tại Lào hai bên đã ký nghị định thư.")
    >>> [pair.other.id for pair in shared_runs([b], [a], syllables=4)]
    ['b']
    """
    home = {run: sentence for sentence in against for run in _runs(sentence.text, syllables)}
    pairs = []
    for sentence in sentences:
        hit = next((home[run] for run in _runs(sentence.text, syllables) if run in home), None)
        if hit is not None:
            pairs.append(Pair(hit, sentence, 1.0))
    return pairs


def _runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    words = _SYLLABLE.findall(text.casefold())
    return (tuple(words[i : i + length]) for i in range(len(words) - length + 1))
