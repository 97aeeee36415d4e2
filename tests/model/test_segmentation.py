"""Words with exact offsets, for any string."""

from __future__ import annotations

import json
import os
import random
import sys
import time
import unicodedata
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoptac.data.corpus import load_corpus
from hoptac.data.labels import Span, spans_to_tags
from hoptac.data.schema import Sentence
from hoptac.model import segmentation
from hoptac.model.segmentation import (
    SEGMENTERS,
    VNCORENLP_HOME,
    VNCORENLP_JAR,
    Segmenter,
    SegmenterError,
    Syllables,
    Word,
    align,
    learn_cuts,
    open_segmenter,
    resplit,
    vncorenlp_words,
)

VIETNAMESE = "Bộ trưởng Lương Tam Quang (Việt Nam) tiếp  Trợ lý\tNgoại trưởng Mỹ, ngày 13/2: 1.000,5 tỷ; 80%..."

STRANGE = st.text(
    st.one_of(
        st.sampled_from(
            "aăêđơ ðÐV\u0300\u0301\u0323\u0302\u031b_@&.,-/:%0179\n\t\u00a0\u200b\u3000\u2028\x00\x1c½ﬁ\u1100\u1161가😀\u200d\ud800"
        ),
        st.characters(codec=None),
    ),
    max_size=60,
)


@pytest.fixture(scope="module", params=SEGMENTERS)
def segmenter(request: pytest.FixtureRequest) -> Segmenter:
    """Each segmenter that can be opened here."""
    try:
        return open_segmenter(request.param)
    except SegmenterError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def underthesea() -> Segmenter:
    pytest.importorskip("underthesea")
    return open_segmenter("underthesea")


def surfaces(text: str, words: list[Word]) -> list[str]:
    return [text[start:end] for start, end in words]


def assert_words_of(text: str, words: list[Word]) -> None:
    """What every segmenter promises."""
    position = 0
    for start, end in words:
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        position = end
    assert not text[position:].strip()


@settings(max_examples=1_500, deadline=None)
@given(text=STRANGE)
def test_any_string_gives_words_that_cover_it(segmenter: Segmenter, text: str) -> None:
    assert_words_of(text, segmenter.segment(text))


def test_decomposed_text_has_the_same_words(segmenter: Segmenter) -> None:
    text = unicodedata.normalize("NFD", VIETNAMESE)
    words = segmenter.segment(text)
    assert_words_of(text, words)
    assert [unicodedata.normalize("NFC", word) for word in surfaces(text, words)] == surfaces(
        VIETNAMESE, segmenter.segment(VIETNAMESE)
    )


def test_the_same_text_has_the_same_words_in_every_thread(segmenter: Segmenter) -> None:
    texts = [sentence.text for sentence in load_corpus("test")][:150]
    alone = [segmenter.segment(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        for together in pool.map(lambda _: [segmenter.segment(text) for text in texts], range(4)):
            assert together == alone


@pytest.mark.parametrize("text", ["", " ", "\n\t\u00a0\x1c"])
def test_a_text_without_characters_has_no_words(segmenter: Segmenter, text: str) -> None:
    assert segmenter.segment(text) == []


def test_segmenters_say_what_they_are(segmenter: Segmenter) -> None:
    assert segmenter.name in SEGMENTERS
    assert segmenter.version


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ngày 20/5/2025", ["ngày", "20/5/2025"]),
        ("1.000,5 tỷ", ["1.000,5", "tỷ"]),
        ("80% và 5 %", ["80%", "và", "5", "%"]),
        ("lúc 10:30.", ["lúc", "10:30", "."]),
        ("Việt Nam-Hoa Kỳ", ["Việt", "Nam", "-", "Hoa", "Kỳ"]),
        ("Nga/Mỹ, 5G (G20)...", ["Nga", "/", "Mỹ", ",", "5G", "(", "G20", ")", "..."]),
        ("a_b “Lào”", ["a", "_", "b", "“", "Lào", "”"]),
        ("Vie\u0323\u0302t Nam", ["Vie\u0323\u0302t", "Nam"]),
    ],
)
def test_syllables_numbers_and_marks(text: str, words: list[str]) -> None:
    assert surfaces(text, Syllables().segment(text)) == words


def test_underthesea_joins_syllables(underthesea: Segmenter) -> None:
    text = "Hai nước Việt Nam-Hoa Kỳ ký  biên bản  ghi nhớ."
    assert surfaces(text, underthesea.segment(text))[:6] == ["Hai", "nước", "Việt Nam", "-", "Hoa Kỳ", "ký"]


def test_underthesea_changes_nothing_that_cannot_be_found_again(underthesea: Segmenter) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sentence in load_corpus("test"):
            assert_words_of(sentence.text, underthesea.segment(sentence.text))


def test_underthesea_takes_a_letter_for_the_one_it_looks_like(underthesea: Segmenter) -> None:
    assert underthesea.segment("lao ðộng Ðức") == underthesea.segment("lao động Đức")


@pytest.mark.parametrize("text", ["http://" + "." * 60, "http://" + "!" * 60 + "(" * 60, "1." * 1_000, "a" * 50_000])
def test_no_string_takes_long(underthesea: Segmenter, text: str) -> None:
    began = time.perf_counter()
    assert_words_of(text, underthesea.segment(text))
    assert time.perf_counter() - began < 20  # unprotected, the first two take longer than anyone lives


def test_a_long_text_is_segmented_in_parts(underthesea: Segmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmentation, "_LONGEST", 3)
    text = "Việt Nam, " * 3
    assert surfaces(text, underthesea.segment(text)) == ["Việt Nam", ","] * 3


def test_an_unknown_segmenter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SegmenterError, match="unknown segmenter 'pyvi'; known are underthesea, vncorenlp, none"):
        open_segmenter("pyvi")


def test_underthesea_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "underthesea", None)
    with pytest.raises(SegmenterError, match=r"underthesea: not installed .*pip install 'hoptac\[train\]'"):
        open_segmenter("underthesea")


@pytest.fixture
def java(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the package and Java were there."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")


@pytest.mark.usefixtures("java")
def test_each_missing_file_of_vncorenlp_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VNCORENLP_HOME, str(tmp_path))
    (tmp_path / VNCORENLP_JAR).touch()
    with pytest.raises(SegmenterError) as caught:
        open_segmenter("vncorenlp")
    message = str(caught.value)
    assert f"{tmp_path.resolve()} lacks models/wordsegmenter/vi-vocab, models/wordsegmenter/wordsegmenter.rdr;" in message
    assert VNCORENLP_HOME in message
    assert "Java;" not in message


def test_everything_that_vncorenlp_lacks_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VNCORENLP_HOME, str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(SegmenterError, match=f"pip install py_vncorenlp; there is no Java; .*{VNCORENLP_JAR}"):
        open_segmenter("vncorenlp")


class Recorder:
    """Stands for py_vncorenlp's class: changes the folder as that does, and joins every two syllables."""

    def __init__(self, save_dir: str, **options: object) -> None:
        os.chdir(save_dir)
        self.seen: list[str] = []

    def word_segment(self, text: str) -> list[str]:
        self.seen.append(text)
        if "lỗi" in text:
            raise RuntimeError("JVM exception occurred")
        syllables = text.split()
        return [" ".join("_".join(syllables[i : i + 2]) for i in range(0, len(syllables), 2))]


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, java: None) -> Segmenter:
    (tmp_path / "models/wordsegmenter").mkdir(parents=True)
    for name in (VNCORENLP_JAR, "models/wordsegmenter/vi-vocab", "models/wordsegmenter/wordsegmenter.rdr"):
        (tmp_path / name).touch()
    package = type("package", (), {"VnCoreNLP": Recorder})
    monkeypatch.setitem(sys.modules, "py_vncorenlp", package)
    monkeypatch.setenv(VNCORENLP_HOME, str(tmp_path))
    return open_segmenter("vncorenlp")


def test_opening_vncorenlp_leaves_the_working_folder(recorder: Segmenter, tmp_path: Path) -> None:
    assert Path.cwd() != tmp_path.resolve()
    assert recorder.version == "1.2"


def test_vncorenlp_reads_what_java_can(recorder: Segmenter) -> None:
    text = "Hà\u00a0Nội \ud800\u3000Lào"
    assert surfaces(text, recorder.segment(text)) == ["Hà\u00a0Nội", "\ud800\u3000Lào"]
    assert recorder._model.seen == ["Hà Nội \ufffd Lào"]  # type: ignore[attr-defined]


def test_an_error_of_java_leaves_syllables_and_warns(recorder: Segmenter) -> None:
    with pytest.warns(UserWarning, match="syllables stand for them"):
        assert recorder.segment("một lỗi") == [(0, 3), (4, 7)]


def test_a_jar_that_does_not_start_is_named(recorder: Segmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segmentation._start_vncorenlp.cache_clear()
    monkeypatch.setattr(Recorder, "__init__", lambda self, **options: 1 / 0)
    with pytest.raises(SegmenterError, match=f"{VNCORENLP_JAR} does not start: division by zero"):
        open_segmenter("vncorenlp")


@pytest.mark.parametrize(
    ("text", "sentences", "words"),
    [
        (
            "Ông Nguyễn Khắc Chúc  đang làm việc. Bà Lan",
            ["Ông Nguyễn_Khắc_Chúc đang làm_việc .", "Bà Lan"],
            ["Ông", "Nguyễn Khắc Chúc", "đang", "làm việc", ".", "Bà", "Lan"],
        ),
        ("a_b làm việc", ["a_b làm_việc"], ["a_b", "làm việc"]),
        ("_ làm việc_", ["_ làm_việc_"], ["_", "làm việc", "_"]),
        ("(hoà bình)", ["( hòa_bình )"], ["(", "hoà bình", ")"]),
        ("Lào 😀 và Mỹ", ["Lào ?? và Mỹ"], ["Lào", "😀", "và", "Mỹ"]),
        ("Lào và Mỹ", ["Lào và Mỹ và Nga"], ["Lào", "và", "Mỹ"]),
        ("", [], []),
    ],
)
def test_the_output_of_vncorenlp_becomes_ranges(text: str, sentences: list[str], words: list[str]) -> None:
    assert surfaces(text, vncorenlp_words(text, sentences)) == words


@settings(max_examples=1_500, deadline=None)
@given(text=STRANGE, tokens=st.lists(st.text("aăêđV 0_.\u0301가\u1100", max_size=4), max_size=20))
def test_any_tokens_give_words_that_cover_the_text(text: str, tokens: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_words_of(text, align(text, tokens))


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_tokens_that_were_not_changed_come_back(data: st.DataObject) -> None:
    tokens = data.draw(st.lists(st.text("abcđêVN", min_size=1, max_size=5), max_size=30))
    spaces = data.draw(st.lists(st.sampled_from([" ", "  ", "\n", "\u00a0"]), min_size=len(tokens), max_size=len(tokens)))
    text = "".join(token + space for token, space in zip(tokens, spaces, strict=True))
    assert surfaces(text, align(text, tokens)) == tokens


def test_a_dropped_stretch_becomes_syllables() -> None:
    text = "Hà Nội đón, rồi tiễn Viêng Chăn"
    words = surfaces(text, align(text, ["Hà Nội", "đón", "tiễn", "Viêng Chăn"]))
    assert words == ["Hà Nội", "đón", ",", "rồi", "tiễn", "Viêng Chăn"]


def test_tokens_of_another_text_leave_syllables_and_warn() -> None:
    with pytest.warns(UserWarning, match="syllables stand for them"):
        assert align("Lào và Mỹ", ["hoàn toàn", "khác"]) == [(0, 3), (4, 6), (7, 9)]


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("Bộ trưởng", ["Bộ trưởng"]),
        ("Liên hợp quốc", ["Liên hợp quốc"]),
        ("Hồ Chí Minh", ["Hồ Chí Minh"]),
        ("quốc hội", ["quốc hội"]),
        ("Giám đốc Ty", ["Giám đốc", "Ty"]),
        ("Tô Lâm tiếp", ["Tô Lâm", "tiếp"]),
        ("Interpol phát", ["Interpol", "phát"]),
        ("Mỹ Marc", ["Mỹ", "Marc"]),
        ("Nam-Hoa Kỳ", ["Nam", "-", "Hoa Kỳ"]),
        ("MỸ GỠ", ["MỸ", "GỠ"]),
        ("Mỹ hoãn", ["Mỹ hoãn"]),
        ("L.T.M.", ["L", ".", "T", ".", "M", "."]),
    ],
)
def test_words_are_cut_at_the_edges_of_names(word: str, parts: list[str]) -> None:
    assert surfaces(word, resplit(word, [(0, len(word))])) == parts


def test_cuts_are_learned_for_other_words_that_begin_with_the_name() -> None:
    cuts = learn_cuts([("Mỹ hoãn", [(0, 7)], [(0, 2, "GPE")])])
    assert cuts == {"Mỹ_": [1]}
    assert resplit("Mỹ siết", [(0, 7)], cuts) == [(0, 2), (3, 7)]
    assert resplit("Thẩm mỹ viện", [(0, 12)], cuts) == [(0, 12)]


def test_a_cut_elsewhere_is_of_that_word_only() -> None:
    cuts = learn_cuts([("Trưởng Ban", [(0, 10)], [(7, 10, "ORG")])])
    assert cuts == {"Trưởng_Ban": [1]}
    assert resplit("Trưởng Ban", [(0, 10)], cuts) == [(0, 6), (7, 10)]
    assert resplit("Trưởng Khoa", [(0, 11)], cuts) == [(0, 11)]


def test_a_span_within_a_syllable_is_not_learned() -> None:
    assert learn_cuts([("Lào đánh", [(0, 8)], [(0, 2, "GPE")])]) == {}


def test_cuts_beyond_a_word_do_nothing() -> None:
    assert resplit("hòa bình", [(0, 8)], {"hòa_bình": [0, 2, 7, -1]}) == [(0, 8)]


@settings(max_examples=500, deadline=None)
@given(
    text=STRANGE,
    cuts=st.dictionaries(st.sampled_from(["V_", "a_a", "a_", "đ_V"]), st.lists(st.integers(-1, 3), max_size=3)),
)
def test_cut_words_still_cover_any_string(text: str, cuts: dict[str, list[int]]) -> None:
    words = resplit(text, Syllables().segment(text), cuts)
    assert_words_of(text, words)
    if text.strip():  # all of it as one word
        start = len(text) - len(text.lstrip())
        assert_words_of(text, resplit(text, [(start, len(text.rstrip()))], cuts))


def labelled(sentences: list[Sentence], segmenter: Segmenter) -> list[tuple[str, list[Word], list[Span]]]:
    return [(s.text, segmenter.segment(s.text), [(p.start, p.end, p.type) for p in s.participants or ()]) for s in sentences]


def share_cut(sentences: list[tuple[str, list[Word], list[Span]]]) -> float:
    """Share of spans that the words cannot express."""
    return sum(len(spans_to_tags(spans, words)[1]) for _, words, spans in sentences) / sum(len(s) for _, _, s in sentences)


def test_rules_and_learned_cuts_leave_few_spans_of_the_corpus_cut(underthesea: Segmenter) -> None:
    train = labelled(load_corpus("train"), underthesea)
    held_out = labelled(load_corpus("test"), underthesea)
    cuts = learn_cuts(train)
    assert json.loads(json.dumps(cuts)) == cuts
    assert list(cuts) == sorted(cuts)
    random.Random(3).shuffle(train)
    assert learn_cuts(train) == cuts
    assert share_cut([(text, resplit(text, words, cuts), spans) for text, words, spans in train]) < 0.001
    assert share_cut(held_out) > 0.03
    assert share_cut([(text, resplit(text, words), spans) for text, words, spans in held_out]) < 0.02
    assert share_cut([(text, resplit(text, words, cuts), spans) for text, words, spans in held_out]) < 0.005
