"""Vietnamese words as ranges of the string as given.

PhoBERT reads words whose syllables are joined by `_`. The segmenters that find such words give changed strings; here
their answer is laid back onto the text, so that nothing of it is lost and every offset is exact.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import threading
import unicodedata
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from ..data.labels import Span

Word = tuple[int, int]
"""Start and end (exclusive) in the text."""

SEGMENTERS = ("underthesea", "vncorenlp", "none")
"""What `open_segmenter` knows; the first is the default."""

VNCORENLP_HOME = "VNCORENLP_HOME"
"""The environment variable that names the folder of VnCoreNLP's files."""

VNCORENLP_JAR = "VnCoreNLP-1.2.jar"
"""The only file name that the package `py_vncorenlp` looks for."""

_VNCORENLP_FILES = (VNCORENLP_JAR, "models/wordsegmenter/vi-vocab", "models/wordsegmenter/wordsegmenter.rdr")


class SegmenterError(ValueError):
    """A segmenter that is not known or not installed; the message says what to do."""


class Segmenter(Protocol):
    """What finds the words of a text.

    For any string the words stand in order, do not overlap, cover every character that is not white space, and begin
    and end with such a character. White space may stand inside a word, between its syllables.
    """

    @property
    def name(self) -> str:
        """One of `SEGMENTERS`."""

    @property
    def version(self) -> str:
        """Of the segmenter that is installed: with another version the same text may have other words."""

    def segment(self, text: str) -> list[Word]:
        """The words of `text`; several threads may call this at once."""


def open_segmenter(name: str = SEGMENTERS[0]) -> Segmenter:
    """The segmenter of that name.

    >>> open_segmenter("none").segment("thăm Lào.")
    [(0, 4), (5, 8), (8, 9)]

    Raises:
        SegmenterError: for an unknown name, or if what the segmenter needs is not installed.
    """
    if name == "none":
        return Syllables()
    if name == "underthesea":
        return Underthesea()
    if name == "vncorenlp":
        return VnCoreNLP()
    raise SegmenterError(f"unknown segmenter {name!r}; known are {', '.join(SEGMENTERS)}")


class Remembering:
    """A segmenter that keeps the words of the first texts it sees: training reads the same ones in every epoch."""

    def __init__(self, segmenter: Segmenter, texts: int = 100_000) -> None:
        self.name, self.version = segmenter.name, segmenter.version
        self.segmenter = segmenter
        self.texts = texts
        self.words: dict[str, list[Word]] = {}

    def segment(self, text: str) -> list[Word]:
        words = self.words.get(text)
        if words is None:
            words = self.segmenter.segment(text)
            if len(self.words) < self.texts:
                self.words[text] = words
        return words


# A syllable, a number such as 1.000,5 or 20/5/2025 or 80%, an ellipsis, or any single mark.
_PIECE = re.compile(r"[^\W_]+(?:(?<=\d)[.,/:](?=\d)[^\W_]+)*(?:(?<=\d)%)?|\.{2,}|\S")


class Syllables:
    """No dictionary: every syllable is a word, and so is every punctuation mark.

    A run of letters and digits is a word. A point, comma, stroke or colon between two digits belongs to it, and so
    does a per cent sign after a digit. Several points in a row are one word, any other character is one for itself.
    Combining marks stay with the letter before them.

    >>> text = "ngày 20/5/2025: 1.000,5 tấn (80%)..."
    >>> [text[start:end] for start, end in Syllables().segment(text)]
    ['ngày', '20/5/2025', ':', '1.000,5', 'tấn', '(', '80%', ')', '...']
    """

    name = "none"
    version = "1"
    """The number of the rule above; a checkpoint that was trained with another one would read other words."""

    def segment(self, text: str) -> list[Word]:
        words: list[Word] = []
        for match in _PIECE.finditer(text):
            start, end = match.span()
            if words and words[-1][1] == start and _continues(text, start):
                words[-1] = (words[-1][0], end)
            else:
                words.append((start, end))
        return words


def _continues(text: str, position: int) -> bool:
    """Whether a combining mark stands at `position`, or one before it and more of the syllable there."""
    return _is_mark(text[position]) or (_is_mark(text[position - 1]) and text[position].isalnum())


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


class Underthesea:
    """`underthesea.word_tokenize` (Apache-2.0), a conditional random field; its model comes with the package."""

    name = "underthesea"

    def __init__(self) -> None:
        try:
            import underthesea
        except ImportError as error:
            raise SegmenterError(f"underthesea: not installed ({error}); pip install 'hoptac[train]'") from None
        self.version: str = underthesea.__version__
        self._tokenize = underthesea.word_tokenize
        with _LOADING:  # the package loads its model at the first call, and a second thread would find it half loaded
            self._tokenize("Lào")

    def segment(self, text: str) -> list[Word]:
        # The package gets syllables with spaces between them: its pattern for web addresses takes exponential time on
        # a string such as `http://` with forty points, and it reads `Nam-Hoa` as one syllable.
        syllables = [_printable(text[start:end]) for start, end in Syllables().segment(text)]
        tokens: list[str] = []
        for first in range(0, len(syllables), _LONGEST):
            tokens += self._tokenize(" ".join(syllables[first : first + _LONGEST]), use_token_normalize=False)
        return align(text, tokens)


_LONGEST = 5_000
"""Syllables at a time: underthesea takes about 10 kB of memory for each. No sentence is as long."""

_LOADING = threading.Lock()
_SURROGATE = re.compile("[\ud800-\udfff]")


def _printable(text: str) -> str:
    """The text without surrogates, which cannot leave Python; every character keeps its place."""
    return _SURROGATE.sub("\ufffd", text)


class VnCoreNLP:
    """VnCoreNLP's segmenter (Java, GPL-3), with which PhoBERT's pre-training text was segmented.

    The package `py_vncorenlp` runs it. Its jar and its two models lie in the folder that `VNCORENLP_HOME` names, or
    else in `~/.vncorenlp`. A process starts Java once, with the folder that it asked for first.
    """

    name = "vncorenlp"
    version = re.sub(r"^VnCoreNLP-|\.jar$", "", VNCORENLP_JAR)

    def __init__(self) -> None:
        home = Path(os.environ.get(VNCORENLP_HOME) or "~/.vncorenlp").expanduser().resolve()
        if missing := _missing_for_vncorenlp(home):
            raise SegmenterError(f"vncorenlp: {'; '.join(missing)}")
        with _LOADING:
            self._model = _start_vncorenlp(home)

    def segment(self, text: str) -> list[Word]:
        # Java's white space is that of ASCII only, and the dictionary's syllables are in NFC.
        spaced = "".join(" " if character.isspace() else character for character in _printable(text))
        spaced = unicodedata.normalize("NFC", spaced)
        if not spaced.strip():
            return []
        try:
            with _RUNNING:
                sentences = self._model.word_segment(spaced)
        except Exception:  # whatever Java throws at a text that it cannot read; `align` says that it did
            sentences = []
        return vncorenlp_words(text, sentences)


_RUNNING = threading.Lock()


def _missing_for_vncorenlp(home: Path) -> list[str]:
    """What is not there, and what to do about it."""
    missing = []
    if importlib.util.find_spec("py_vncorenlp") is None:
        missing.append("the package py_vncorenlp is not installed; pip install py_vncorenlp")
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        missing.append("there is no Java; install a runtime of version 8 or newer, or name its folder in JAVA_HOME")
    absent = [name for name in _VNCORENLP_FILES if not (home / name).is_file()]
    if absent:
        missing.append(
            f"{home} lacks {', '.join(absent)}; put them there from the repository vncorenlp/VnCoreNLP on GitHub,"
            f" or name the folder that holds them in {VNCORENLP_HOME}"
        )
    return missing


@cache
def _start_vncorenlp(home: Path) -> Any:
    folder = Path.cwd()
    try:
        from py_vncorenlp import VnCoreNLP as Java

        return Java(max_heap_size="-Xmx500m", annotators=["wseg"], save_dir=str(home))
    except Exception as error:  # those of Java are of no common class
        raise SegmenterError(f"vncorenlp: {home / VNCORENLP_JAR} does not start: {error}") from None
    finally:
        os.chdir(folder)  # the package changes it and leaves it so


def vncorenlp_words(text: str, sentences: Iterable[str]) -> list[Word]:
    """The words of VnCoreNLP's output for `text`: a string per sentence, spaces between words, `_` between syllables.

    >>> vncorenlp_words("Ông Chúc đang làm  việc.", ["Ông Chúc đang làm_việc ."])
    [(0, 3), (4, 8), (9, 13), (14, 23), (23, 24)]
    """
    return align(text, [token for sentence in sentences for token in sentence.split()])


_REACH = 64
"""How many letters of the text a token may skip; further on, its like is taken for another one."""


def align(text: str, tokens: Iterable[str]) -> list[Word]:
    """Words of `text` from the tokens that a segmenter made of it, whatever it did to white space, tone marks and `_`.

    What no token accounts for becomes words by the rule of `Syllables`. If that is more than half of the text, so does
    the whole of it, with a warning.

    >>> align("hoà  bình, Lào", ["hòa_bình", "Lào"])
    [(0, 9), (9, 10), (11, 14)]
    """
    letters, places = _folded(_printable(text))
    words: list[Word] = []
    position = found = 0
    for token in tokens:
        folded, _ = _folded(token)
        start = letters.find(folded, position, position + _REACH + len(folded)) if folded else -1
        # One character may fold to several letters, such as the two or three of a Hangul syllable.
        if start < 0 or (words and places[start] < words[-1][1]):
            continue
        position = start + len(folded)
        found += len(folded)
        words.append((places[start], _end(text, places[position - 1])))
    if 2 * found < len(letters):
        warnings.warn("a text's words could not be found in it again; syllables stand for them", stacklevel=3)
        return Syllables().segment(text)
    return _filled(text, words)


def _folded(text: str) -> tuple[str, list[int]]:
    """The letters and marks of `text`, without white space, tones and `_`, and where each of them stands."""
    bases = [(base, place) for place, character in enumerate(text) for base in _base(character)]
    return "".join(base for base, _ in bases), [place for _, place in bases]


@cache
def _base(character: str) -> str:
    if character in "ðÐ":  # eth: underthesea reads it as the Vietnamese letter that looks like it
        return "đ" if character == "ð" else "Đ"
    decomposed = unicodedata.normalize("NFD", character)
    return "".join(c for c in decomposed if not (c.isspace() or c == "_" or _is_mark(c)))


def _end(text: str, last: int) -> int:
    """The end of the character at `last` with its combining marks."""
    end = last + 1
    while end < len(text) and _is_mark(text[end]):
        end += 1
    return end


def _filled(text: str, words: Iterable[Word]) -> list[Word]:
    """These words, and the syllables of what stands between them."""
    filled: list[Word] = []
    position = 0
    for start, end in (*words, (len(text), len(text))):
        filled += [(position + left, position + right) for left, right in Syllables().segment(text[position:start])]
        if start < end:
            filled.append((start, end))
        position = end
    return filled


def word_surface(text: str, word: Word) -> str:
    """A word as PhoBERT reads it: its syllables joined by `_`.

    >>> word_surface("thăm Việt  Nam", (5, 14))
    'Việt_Nam'
    """
    return "_".join(text[word[0] : word[1]].split())


def segmented(text: str, segmenter: Segmenter) -> str:
    """The text with its words as PhoBERT reads them, separated by spaces; `resplit` is not applied.

    >>> segmented("thăm Lào.", open_segmenter("none"))
    'thăm Lào .'
    """
    return " ".join(word_surface(text, word) for word in segmenter.segment(text))


def resplit(text: str, words: Iterable[Word], cuts: Mapping[str, Sequence[int]] | None = None) -> list[Word]:
    """Words cut where names begin and end, so that participants are made of whole words.

    Segmenters join a name with what stands before or after it (`Giám đốc Ty`, `Tô Lâm tiếp`). A word is cut

    - on both sides of what is no Vietnamese syllable: foreign names, numbers, punctuation;
    - before a syllable with a capital that follows one without;
    - before a syllable without a capital that follows two with one;
    - between syllables in capitals only;
    - and where `cuts` says, which `learn_cuts` returned.

    >>> text = "Giám đốc Ty Công an Xiêng Khoảng tiếp"
    >>> [text[start:end] for start, end in resplit(text, [(0, 11), (12, 19), (20, 37)])]
    ['Giám đốc', 'Ty', 'Công an', 'Xiêng Khoảng', 'tiếp']
    """
    return [part for word in words for part in _learned_parts(text, _ruled_parts(text, word), cuts or {})]


def _ruled_parts(text: str, word: Word) -> list[list[Word]]:
    """The parts of a word that the rules leave, each as its syllables."""
    start, end = word
    syllables = [(start + left, start + right) for left, right in Syllables().segment(text[start:end])]
    surfaces = [text[left:right] for left, right in syllables]
    return _split(syllables, (position for position in range(1, len(syllables)) if _is_edge(surfaces, position)))


def _is_edge(surfaces: Sequence[str], position: int) -> bool:
    left, right = surfaces[position - 1], surfaces[position]
    if left[0].islower() and right[0].isupper():
        return True
    if position > 1 and surfaces[position - 2][0].isupper() and left[0].isupper() and right[0].islower():
        return True
    if left.isupper() and right.isupper():
        return True
    return not (_is_vietnamese(left) and _is_vietnamese(right))


_SYLLABLE = re.compile(r"(ngh?|nh|gh?|gi|kh|ph|th|tr|ch|qu|[bcdđhklmnpqrstvx])?[aeiouy]{1,3}(ch|ng|nh|[cmnpt])?")


@lru_cache(maxsize=10_000)
def _is_vietnamese(syllable: str) -> bool:
    """Whether it is spelled like a Vietnamese syllable, whatever its tone."""
    return bool(_SYLLABLE.fullmatch(_folded(syllable.lower())[0]))


def _learned_parts(text: str, parts: Iterable[list[Word]], cuts: Mapping[str, Sequence[int]]) -> list[Word]:
    words = []
    for syllables in parts:
        surfaces = [text[start:end] for start, end in syllables]
        whole = cuts.get("_".join(surfaces), ())
        positions = [
            position
            for position in range(1, len(surfaces))
            if position in whole or (surfaces[position][0].islower() and _as_beginning(surfaces, position) in cuts)
        ]
        words += [(part[0][0], part[-1][1]) for part in _split(syllables, positions)]
    return words


def _as_beginning(surfaces: Sequence[str], position: int) -> str:
    return "_".join(surfaces[:position]) + "_"


def _split(syllables: list[Word], positions: Iterable[int]) -> list[list[Word]]:
    edges = [0, *positions, len(syllables)]
    return [syllables[left:right] for left, right in pairwise(edges)]


def learn_cuts(sentences: Iterable[tuple[str, Iterable[Word], Iterable[Span]]]) -> dict[str, list[int]]:
    """Where `resplit` must cut so that these spans are made of whole words.

    Args:
        sentences: text, words as a segmenter gives them, and labelled spans.

    Returns:
        For a word's surface, its syllables joined by `_`, the syllables before which it is cut wherever it occurs. A
        surface that ends in `_` is the beginning of a word, a name with a capital: cut before a syllable without one,
        whatever that is, since news writes `Mỹ hoãn` and `Mỹ siết` alike. Both sorted, for JSON. A span that begins or
        ends within a syllable cannot be helped; `hoptac.data.labels.spans_to_tags` returns such spans.

    >>> text = "Chống án danh tiếng Mỹ trao"
    >>> learn_cuts([(text, [(0, 5), (6, 13), (14, 19), (20, 27)], [(6, 8, "ORG"), (20, 22, "GPE")])])
    {'Mỹ_': [1], 'án_danh': [1]}
    """
    cuts: defaultdict[str, set[int]] = defaultdict(set)
    for text, words, spans in sentences:
        spans = list(spans)
        starts, ends = {start for start, _, _ in spans}, {end for _, end, _ in spans}
        for syllables in (part for word in words for part in _ruled_parts(text, word)):
            surfaces = [text[start:end] for start, end in syllables]
            for position in range(1, len(syllables)):
                ended = syllables[position - 1][1] in ends
                if ended and surfaces[position - 1][0].isupper() and surfaces[position][0].islower():
                    cuts[_as_beginning(surfaces, position)].add(position)
                elif ended or syllables[position][0] in starts:
                    cuts["_".join(surfaces)].add(position)
    return {surface: sorted(cuts[surface]) for surface in sorted(cuts)}
