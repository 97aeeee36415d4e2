"""PhoBERT's words: from any string to pieces and back, and over the seams of windows."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoptac.data.corpus import load_corpus
from hoptac.data.labels import TYPES, bio_tags
from hoptac.model.configuration import CheckpointConfig
from hoptac.model.phobert import build_phobert_tokenizer
from hoptac.model.predictor import Predictor
from hoptac.model.segmentation import Segmenter, open_segmenter
from hoptac.model.tokenization import TextTokenizer

TEXTS = [sentence.text for sentence in load_corpus("development")[:200]]


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return open_segmenter("underthesea")


@pytest.fixture(scope="module")
def words(tiny_phobert: Path, segmenter: Segmenter) -> TextTokenizer:
    return TextTokenizer(build_phobert_tokenizer(tiny_phobert), 32, segmenter)


def _surfaces(tokenizer: TextTokenizer, text: str) -> list[str]:
    [encoding] = tokenizer.encode([text])
    return [text[start:end] for start, end in encoding.offsets]


def test_words_of_several_syllables_are_one_piece_with_the_offsets_of_the_text(words: TextTokenizer) -> None:
    assert _surfaces(words, "thăm  Việt   Nam, hợp tác") == ["thăm", "Việt   Nam", ",", "hợp tác"]
    [encoding] = words.encode(["Việt Nam"])
    assert [words.tokenizer.id_to_token(i) for i in encoding.ids] == ["Việt_Nam</w>"]


def test_other_forms_of_unicode_give_the_same_pieces_and_index_the_string_as_given(words: TextTokenizer) -> None:
    for text in TEXTS:
        decomposed = unicodedata.normalize("NFD", text)
        [plain], [other] = words.encode([text]), words.encode([decomposed])
        assert plain.ids == other.ids
        assert [unicodedata.normalize("NFC", decomposed[s:e]) for s, e in other.offsets] == [
            text[s:e] for s, e in plain.offsets
        ]


def test_old_and_new_tone_marks_give_the_same_pieces(words: TextTokenizer) -> None:
    [old], [new] = words.encode(["Uỷ ban Hoà bình thăm Khánh Hoà"]), words.encode(["Ủy ban Hòa bình thăm Khánh Hòa"])
    assert old == new


def test_pieces_beyond_the_vocabulary_are_unknown(words: TextTokenizer) -> None:
    for encoding in words.encode([*TEXTS, "漢字 ☃ zq9"]):
        assert max(encoding.ids) < words.known


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=80) | st.lists(st.sampled_from(["Việt Nam", " ", "_", "<mask>", "́", "Lào", "가", "\n", "…"])).map("".join)
)
def test_any_string_keeps_its_offsets(words: TextTokenizer, text: str) -> None:
    [encoding] = words.encode([text])
    assert len(encoding.words) == len(encoding.offsets)
    assert encoding.words == sorted(set(encoding.words))
    end = 0
    for left, right in encoding.offsets:
        assert end <= left < right <= len(text)
        assert not text[end:left].strip() or unicodedata.normalize("NFC", text[end:left]) == ""
        end = right


@pytest.mark.parametrize("cuts", [{}, {"Việt_Nam": [1]}])
def test_cut_words_are_split_wherever_they_stand(tiny_phobert: Path, segmenter: Segmenter, cuts: dict[str, list[int]]) -> None:
    tokenizer = TextTokenizer(build_phobert_tokenizer(tiny_phobert), 32, segmenter, cuts)
    whole = tokenizer.without_cuts()
    assert whole is not None
    assert ("Việt Nam" in _surfaces(tokenizer, "thăm Việt Nam")) is not bool(cuts)
    assert "Việt Nam" in _surfaces(whole, "thăm Việt Nam")


class TagByPiece:
    """Stands for a network: the tag of a token follows from its id alone, so that windows cannot change it."""

    threads, padded, tokens = 1, True, 8192

    def __init__(self, tags: int) -> None:
        self.tags = tags
        self.windows = 0

    def run(self, ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        self.windows += len(ids)
        longest = max(map(len, ids))
        logits = np.zeros((len(ids), longest, self.tags), np.float32)
        for row, sequence in enumerate(ids):
            for position, piece in enumerate(sequence):
                logits[row, position, piece % self.tags] = 5.0
        return np.zeros((len(ids), 0), np.float32), logits


def _predictor(folder: Path, max_length: int) -> Predictor:
    config = CheckpointConfig({"model_type": "roberta", "pad_token_id": 1}, topics=(), types=TYPES, max_length=max_length)
    tokenizer = TextTokenizer(build_phobert_tokenizer(folder), max_length, open_segmenter("none"))
    return Predictor(config, tokenizer, TagByPiece(len(bio_tags(TYPES))))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(" ".join(TEXTS).split()), max_size=150), st.integers(16, 40))
def test_nothing_at_the_seams_of_windows_is_lost_or_doubled(tiny_phobert: Path, chosen: list[str], length: int) -> None:
    text = " ".join(chosen)
    small, large = _predictor(tiny_phobert, length), _predictor(tiny_phobert, 4096)
    assert small.predict(text).participants == large.predict(text).participants


def test_a_long_text_has_windows_that_begin_at_words(tiny_phobert: Path) -> None:
    predictor = _predictor(tiny_phobert, 24)
    text = " ".join(TEXTS[:5])
    [encoding] = predictor.tokenizer.encode([text])
    windows = predictor.tokenizer.windows(encoding)
    assert len(windows) > 5
    assert [word for window in windows for word in range(*window.words)] == list(range(len(encoding.words)))
    beginnings = {encoding.ids[i] for i in encoding.words}
    assert all(len(window.ids) <= 24 and window.ids[1] in beginnings for window in windows)
