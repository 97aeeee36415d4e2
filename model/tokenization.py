"""From a string as given to token ids, and back to offsets in that same string.

The one encoding that training, evaluation and prediction share.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tokenizers import Tokenizer

from .configuration import CheckpointError
from .phobert import known_size, reads_words, replace_unknown
from .segmentation import Segmenter, Word, open_segmenter, resplit, word_surface

_REMEMBERED = 100_000
"""Words in capitals whose usual case is remembered; it bounds memory."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One text as tokens. Special tokens are not part of it; `TextTokenizer.windows` adds them."""

    ids: list[int]
    words: list[int]
    """Index of the first token of each word: of what the segmenter made, or of letters without a break; a mark is a word of its own."""
    offsets: list[tuple[int, int]]
    """Start and end of each word in the string as given."""


@dataclass(frozen=True, slots=True)
class Window:
    """A slice of a text's words that fits into the encoder, and the part of it whose tags count."""

    ids: list[int]
    """Token ids with special tokens."""
    words: tuple[int, int]
    """First and last (exclusive) word whose tags are taken from this window; these ranges tile the text."""
    positions: list[int]
    """Position in `ids` of the first token of each of these words."""


class TextTokenizer:
    """A `tokenizers.Tokenizer` with what prediction needs around it: Unicode, words, windows.

    Args:
        tokenizer: PhoBERT's, which reads words that a segmenter made, or any other, which finds pieces of raw text by itself.
        max_length: tokens of a window, special tokens included.
        segmenter: makes the words; None is `none`. Not used for a tokenizer that reads raw text.
        cuts: words to split further, as `segmentation.learn_cuts` found them.
        whole: leave all words as the segmenter made them.

    >>> from tokenizers import Tokenizer, models, pre_tokenizers
    >>> raw = Tokenizer(models.WordLevel({"<unk>": 0, "Lào": 1}, unk_token="<unk>"))
    >>> raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    >>> TextTokenizer(raw, max_length=8).encode(["thăm Lào"])[0].offsets
    [(0, 4), (5, 8)]
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        max_length: int,
        segmenter: Segmenter | None = None,
        cuts: Mapping[str, Sequence[int]] | None = None,
        whole: bool = False,
    ) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.segmenter = (segmenter or open_segmenter("none")) if reads_words(tokenizer) else None
        self.cuts = dict(cuts or {})
        self.whole = whole
        self.usual: dict[str, str] = {}
        self.known = known_size(tokenizer) if self.segmenter else 0
        self.unknown = tokenizer.token_to_id("<unk>") or 0
        template = tokenizer.encode("a")
        special = template.special_tokens_mask
        content = special.index(0) if 0 in special else len(special)
        self.prefix = template.ids[:content]
        self.suffix = [i for i, mask in zip(template.ids[content:], special[content:], strict=True) if mask]
        self.capacity = max_length - len(self.prefix) - len(self.suffix)
        if self.capacity < 8:
            raise ValueError(f"max_length: {max_length} leaves {self.capacity} tokens for text; at least 8 are needed")

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        max_length: int,
        segmenter: Segmenter | None = None,
        cuts: Mapping[str, Sequence[int]] | None = None,
    ) -> TextTokenizer:
        """Read a `tokenizer.json`.

        Raises:
            CheckpointError: if the file cannot be read as one.
        """
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the Rust side raises bare Exception
            raise CheckpointError(f"{path}: not a tokenizer file: {error}") from None
        return cls(tokenizer, max_length, segmenter, cuts)

    def without_cuts(self) -> TextTokenizer | None:
        """The same with the segmenter's words left whole; None where no segmenter makes words."""
        return TextTokenizer(self.tokenizer, self.max_length, self.segmenter, whole=True) if self.segmenter else None

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """One `Encoding` per text; nothing is truncated."""
        normalised = [(self._usual_case(text), places) for text, places in map(normalise, texts)]
        if self.segmenter is not None:
            return self._encode_words(self.segmenter, normalised)
        encodings = self.tokenizer.encode_batch([text for text, _ in normalised], add_special_tokens=False)
        return [
            self._words(encoding.ids, encoding.offsets, text, places)
            for encoding, (text, places) in zip(encodings, normalised, strict=True)
        ]

    def _usual_case(self, text: str) -> str:
        """A text in capitals as it would stand in a sentence, any other as it is; the length stays.

        Where all letters are capitals they tell nothing, and vocabularies know few words in them. Each word takes the case in which
        the vocabulary, whose pieces stand in the order of their frequency, knows it best.
        """
        return _LETTERS.sub(lambda match: self._usual_word(match[0]), text) if in_capitals(text) else text

    def _usual_word(self, word: str) -> str:
        found = self.usual.get(word)
        if found is None:
            small = lower(word)
            forms = dict.fromkeys((small, word[0] + small[1:], word))
            ids = self.tokenizer.encode_batch([*map(modern_tones, forms)], add_special_tokens=False)
            known = [(len(encoding.ids), max(encoding.ids, default=0)) for encoding in ids]
            found = min(zip(known, forms, strict=True), key=lambda pair: pair[0])[1]
            if len(self.usual) < _REMEMBERED:
                self.usual[word] = found
        return found

    def _encode_words(self, segmenter: Segmenter, normalised: Sequence[tuple[str, Places]]) -> list[Encoding]:
        words = [segmenter.segment(text) for text, _ in normalised]
        if not self.whole:
            words = [resplit(text, row, self.cuts) for row, (text, _) in zip(words, normalised, strict=True)]
        surfaces = [[word_surface(text, word) for word in row] for row, (text, _) in zip(words, normalised, strict=True)]
        encodings = self.tokenizer.encode_batch(surfaces, is_pretokenized=True, add_special_tokens=False)
        found: list[Encoding] = []
        for encoding, row, (_, places) in zip(encodings, words, normalised, strict=True):
            starts: list[int] = []
            offsets: list[tuple[int, int]] = []
            before = None
            for token, word in enumerate(encoding.word_ids):
                if word == before or word is None:
                    continue
                before = word
                left, right = _in_given_text(row[word], places)
                if offsets and left < offsets[-1][1]:  # one character of the text given became letters of two words
                    offsets[-1] = (offsets[-1][0], max(right, offsets[-1][1]))
                else:
                    starts.append(token)
                    offsets.append((left, right))
            found.append(Encoding(replace_unknown(encoding.ids, self.known, self.unknown), starts, offsets))
        return found

    def _words(self, ids: list[int], offsets: list[tuple[int, int]], text: str, places: Places) -> Encoding:
        words: list[int] = []
        spans: list[tuple[int, int]] = []
        end_in_text = 0
        for token, (start, end) in enumerate(offsets):
            while start < end and text[start].isspace():
                start += 1
            if start == end:
                continue
            left, right = _in_given_text((start, end), places)
            # One character may become several tokens, and (in a few scripts) several characters of NFC.
            inside = words and (left < spans[-1][1] or (start == end_in_text and _inside_word(text, start)))
            if inside:
                spans[-1] = (spans[-1][0], max(right, spans[-1][1]))
            else:
                words.append(token)
                spans.append((left, right))
            end_in_text = end
        return Encoding(ids, words, spans)

    def windows(self, encoding: Encoding) -> list[Window]:
        """The text in windows of at most `max_length` tokens, cut between words where a word fits.

        Neighbouring windows share about a quarter of their tokens; each word's tags come from the window in which it
        stands further from the edge. A text without tokens has one empty window.
        """
        count = len(encoding.ids)
        if count <= self.capacity:
            return [self._window(encoding, 0, count, 0, len(encoding.words))]
        slices = self._slices(encoding.words, count)
        edges = [0]
        for (_, left_end), (right_start, _) in pairwise(slices):
            edges.append(bisect_left(encoding.words, (left_end + right_start) // 2))
        edges.append(len(encoding.words))
        return [self._window(encoding, start, end, edges[i], edges[i + 1]) for i, (start, end) in enumerate(slices)]

    def _slices(self, words: list[int], count: int) -> list[tuple[int, int]]:
        beginnings = set(words)
        slices = [(0, self.capacity)]
        while slices[-1][1] < count:
            start = slices[-1][1] - self.capacity // 4
            earliest = start - self.capacity // 4
            while start > earliest and start not in beginnings:
                start -= 1
            slices.append((start, min(start + self.capacity, count)))
        return slices

    def _window(self, encoding: Encoding, start: int, end: int, first: int, last: int) -> Window:
        ids = [*self.prefix, *encoding.ids[start:end], *self.suffix]
        positions = [len(self.prefix) + encoding.words[word] - start for word in range(first, last)]
        return Window(ids, (first, last), positions)


Places = list[tuple[int, int]] | None
"""For each character of a normalised text the range it has in the text as given; None when all kept their place."""


def _in_given_text(word: Word, places: Places) -> tuple[int, int]:
    return word if places is None else (places[word[0]][0], places[word[1] - 1][1])


def _inside_word(text: str, position: int) -> bool:
    return _is_letter(text[position]) and _is_letter(text[position - 1])


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def normalise(text: str) -> tuple[str, Places]:
    """The text in NFC with modern tone placement, and for each of its characters the range it has in `text`.

    The ranges are None when every character kept its place, which is the rule. A surrogate without its partner,
    which no encoding can hold, is read as the replacement character.

    >>> normalise("hoà bình")
    ('hòa bình', None)
    """
    text = _SURROGATE.sub("\ufffd", text)
    if unicodedata.is_normalized("NFC", text):
        return modern_tones(text), None
    characters: list[str] = []
    places: list[tuple[int, int]] = []
    for start, end in _clusters(text):
        composed = unicodedata.normalize("NFC", text[start:end])
        characters.append(composed)
        places += [(start, end)] * len(composed)
    return modern_tones("".join(characters)), places


_SURROGATE = re.compile("[\ud800-\udfff]")


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Ranges of a character with all that may combine with it: marks, and the later letters of a Hangul syllable."""
    start = 0
    for position in range(1, len(text) + 1):
        if position == len(text) or not (
            unicodedata.category(text[position])[0] == "M" or "\u1160" <= text[position] <= "\u11ff"
        ):
            yield start, position
            start = position


def in_capitals(text: str) -> bool:
    """Whether a text is set in capitals: three words of two letters or more, and nine letters in ten.

    >>> in_capitals("VIỆT NAM VÀ LÀO"), in_capitals("NATO, EU")
    (True, False)
    """
    if text.islower() or sum(map(str.isupper, text)) < 6:
        return False
    letters = [c for c in text if c.isalpha()]
    return sum(map(str.isupper, letters)) >= 0.9 * len(letters) and len(_TWO_LETTERS.findall(text)) >= 3


_TWO_LETTERS = re.compile(r"[^\W\d_]{2,}")
_LETTERS = re.compile(r"[^\W\d_]+")


def lower(text: str) -> str:
    """Small letters for capitals; the length stays.

    >>> lower("İÁ")
    'İá'
    """
    return "".join(small if len(small := c.lower()) == 1 else c for c in text)


_OLD_TONES = "oà oá oả oã oạ oè oé oẻ oẽ oẹ uỳ uý uỷ uỹ uỵ"
_NEW_TONES = "òa óa ỏa õa ọa òe óe ỏe õe ọe ùy úy ủy ũy ụy"


def _tone_table() -> dict[str, str]:
    table: dict[str, str] = {}
    for old, new in zip(_OLD_TONES.split(), _NEW_TONES.split(), strict=True):
        table |= {old: new, old.upper(): new.upper(), old.capitalize(): new.capitalize()}
    return table


_TONES = _tone_table()
_OLD_TONE = re.compile(rf"(?<![qQ])(?:{'|'.join(_TONES)})(?![^\W\d_])")


def modern_tones(text: str) -> str:
    """Put the tone mark of open syllables where PhoBERT's pre-training text has it; the length stays.

    >>> modern_tones("Khánh Hoà, uỷ ban, quý, hoàn")
    'Khánh Hòa, ủy ban, quý, hoàn'
    """
    return _OLD_TONE.sub(lambda match: _TONES[match[0]], text)
