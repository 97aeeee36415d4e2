"""Offsets and windows."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoptac.model.tokenization import Encoding, TextTokenizer, modern_tones, normalise

VIETNAMESE = "Bộ trưởng Nguyễn Văn Bình (Lào) bàn về hoà bình, ma tuý – Mỹ-Việt “3+3”."


@pytest.mark.parametrize(
    ("old", "new"),
    [("hoà", "hòa"), ("HOÀ", "HÒA"), ("Thuý", "Thúy"), ("uỷ ban", "ủy ban"), ("khoẻ", "khỏe")],
)
def test_old_tones_become_modern(old: str, new: str) -> None:
    assert modern_tones(unicodedata.normalize("NFC", old)) == unicodedata.normalize("NFC", new)


@pytest.mark.parametrize("word", ["quý", "Quỳnh", "hoàn", "thuỳnh", "huýt", "toán"])
def test_syllables_with_a_coda_or_qu_keep_their_tone(word: str) -> None:
    assert modern_tones(word) == word


def test_words_have_the_offsets_of_the_string_as_given(tiny_tokenizer: TextTokenizer) -> None:
    [encoding] = tiny_tokenizer.encode([VIETNAMESE])
    words = [VIETNAMESE[start:end] for start, end in encoding.offsets]
    assert words[:8] == ["Bộ", "trưởng", "Nguyễn", "Văn", "Bình", "(", "Lào", ")"]
    assert words[-8:] == ["-", "Việt", "“", "3", "+", "3", "”", "."]


def test_decomposed_text_has_the_same_words(tiny_tokenizer: TextTokenizer) -> None:
    decomposed = unicodedata.normalize("NFD", VIETNAMESE)
    composed, split = tiny_tokenizer.encode([VIETNAMESE, decomposed])
    assert composed.ids == split.ids
    assert [decomposed[s:e] for s, e in split.offsets] == [
        unicodedata.normalize("NFD", VIETNAMESE[s:e]) for s, e in composed.offsets
    ]


@pytest.mark.parametrize("other", ["Việt Nam-Lào", "Việt Nam – Lào", "Việt Nam—Lào", "Việt Nam -Lào"])
def test_dashes_and_the_spaces_around_them_do_not_matter(tiny_tokenizer: TextTokenizer, other: str) -> None:
    left, right = tiny_tokenizer.encode(["Việt Nam - Lào", other])
    assert left.ids == right.ids


@settings(max_examples=10_000, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_string_gives_ordered_words_inside_it(tiny_tokenizer: TextTokenizer, text: str) -> None:
    [encoding] = tiny_tokenizer.encode([text])
    assert len(encoding.words) == len(encoding.offsets)
    position = 0
    for start, end in encoding.offsets:
        assert position <= start < end <= len(text)
        position = end
    covered = {i for start, end in encoding.offsets for i in range(start, end)}
    assert not any(text[i].isalnum() and text[i].isascii() for i in range(len(text)) if i not in covered)


@settings(max_examples=2_000, deadline=None)
@given(st.text(alphabet=st.sampled_from("aăêđ ơ\u0300\u0301\u0309\u0323\u0302\u031bHoàUỷ\u1100\u1161\u11a8가"), max_size=30))
def test_normalised_text_keeps_the_place_of_every_character(text: str) -> None:
    normalised, places = normalise(text)
    assert normalised == modern_tones(unicodedata.normalize("NFC", text))
    if places is None:
        assert len(normalised) == len(text)
        return
    assert len(places) == len(normalised)
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)


def test_one_character_that_composition_makes_two_is_one_word(tiny_tokenizer: TextTokenizer) -> None:
    [encoding] = tiny_tokenizer.encode(["\U0001d1bb Lào"])
    assert encoding.offsets == [(0, 1), (2, 5)]


def test_a_surrogate_without_partner_is_read(tiny_tokenizer: TextTokenizer) -> None:
    [encoding] = tiny_tokenizer.encode(["Lào \ud800 Mỹ"])
    assert [o for o in encoding.offsets if o != (4, 5)] == [(0, 3), (6, 8)]


@settings(max_examples=300, deadline=None)
@given(lengths=st.lists(st.integers(1, 6), min_size=0, max_size=200), max_length=st.integers(12, 40))
def test_windows_tile_the_words_of_any_text(tiny_tokenizer: TextTokenizer, lengths: list[int], max_length: int) -> None:
    tokenizer = TextTokenizer(tiny_tokenizer.tokenizer, max_length)
    words: list[int] = []
    ids: list[int] = []
    for number, length in enumerate(lengths):
        words.append(len(ids))
        ids += [number + 10] * length
    encoding = Encoding(ids, words, [(i, i + 1) for i in range(len(words))])
    windows = tokenizer.windows(encoding)
    assert [word for w in windows for word in range(*w.words)] == list(range(len(words)))
    for window in windows:
        assert len(window.ids) <= max_length
        for word, position in zip(range(*window.words), window.positions, strict=True):
            assert window.ids[position] == word + 10


def test_windows_begin_at_words(tiny_tokenizer: TextTokenizer) -> None:
    [encoding] = tiny_tokenizer.encode(["Nguyễn Văn Bình " * 40])
    beginnings = {encoding.ids[word] for word in encoding.words}
    windows = tiny_tokenizer.windows(encoding)
    assert len(windows) > 3
    assert all(window.ids[1] in beginnings for window in windows)


def test_a_window_too_small_for_text_is_refused(tiny_tokenizer: TextTokenizer) -> None:
    with pytest.raises(ValueError, match="max_length: 4"):
        TextTokenizer(tiny_tokenizer.tokenizer, 4)
