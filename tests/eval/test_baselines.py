"""Baselines on a few dozen sentences: right answers, valid spans for any text, labels that are missing, unknown or one's own."""

from __future__ import annotations

import importlib.util
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoptac.data.corpus import load_corpus
from hoptac.data.labels import TOPICS, TYPES
from hoptac.data.schema import Participant, Sentence
from hoptac.eval import baselines, keywords
from hoptac.eval.baselines import BASELINES, Baseline, BaselineError, fit_baselines, fit_embeddings
from hoptac.eval.metrics import score_spans, spans_of
from hoptac.model import backbone
from hoptac.model.predictor import Prediction

OF_TOPICS = ["keywords", "tfidf-lr", "tfidf-svm", "majority"]
OF_PARTICIPANTS = ["keywords", "crf", "underthesea", "majority"]
LEARNING = ["tfidf-lr", "tfidf-svm", "crf", "majority"]
BUILT = [name for name in BASELINES if name != "embeddings-lr"]


@cache
def some(split: str) -> list[Sentence]:
    """A few dozen sentences of the corpus."""
    return [s for s in load_corpus(split)[::9] if s.kind == "body"][:80]


def fit(name: str, train: Sequence[Sentence], development: Sequence[Sentence], **scheme: Sequence[str]) -> Baseline:
    labels = {"topics": TOPICS, "types": TYPES} | scheme
    return fit_baselines(train, development, labels["topics"], labels["types"], [name])[0]


@cache
def fitted(name: str) -> Baseline:
    return fit(name, some("train"), some("development"))


def own(texts: Sequence[tuple[str, tuple[str, ...], str]]) -> list[Sentence]:
    """Sentences from text, topics and the name of their one participant, of type TEAM."""
    return [
        Sentence(str(i), t, topics, (Participant(name, t.index(name), t.index(name) + len(name), "TEAM"),) if name else ())
        for i, (t, topics, name) in enumerate(texts)
    ]


SPORT = own(
    [
        ("Hà Nội FC thắng trận bóng đá", ("sport",), "Hà Nội FC"),
        ("Sông Lam thua trận bóng đá", ("sport",), "Sông Lam"),
        ("trận bóng đá hòa, Sông Lam vui", ("sport",), "Sông Lam"),
        ("mưa lớn ở miền núi", ("weather",), ""),
        ("mưa lớn và gió ở biển", ("weather",), ""),
        ("nắng ở miền núi", (), ""),
    ]
)


def check(prediction: Prediction, text: str, topics: Sequence[str] = TOPICS, types: Sequence[str] = TYPES) -> None:
    """Whether it is what `Predictor` could have answered."""
    assert prediction.text == text
    assert prediction.topics == tuple(topic for topic in topics if topic in prediction.topics)
    assert all(isinstance(score, float) and 0 <= score <= 1 for score in prediction.scores.values())
    for p in prediction.participants:
        assert text[p.start : p.end] == p.text == p.text.strip()
        assert p.text
        assert p.type in types
        assert 0 <= p.score <= 1
    assert all(left.end <= right.start for left, right in pairwise(prediction.participants))


@pytest.mark.parametrize("name", BUILT)
def test_answers_are_predictions(name: str) -> None:
    baseline = fitted(name)
    texts = [s.text for s in some("development")]
    predictions = baseline.predict(texts)
    assert baseline.name == name
    assert baseline.description
    assert "\n" not in baseline.description
    assert (baseline.topics, baseline.participants) == (name in OF_TOPICS, name in OF_PARTICIPANTS)
    for prediction, text in zip(predictions, texts, strict=True):
        check(prediction, text)
        assert list(prediction.scores) == (list(TOPICS) if baseline.topics else [])
    assert any(p.topics for p in predictions) == (baseline.topics and name != "majority")
    assert any(p.participants for p in predictions) == baseline.participants


@pytest.mark.parametrize("name", LEARNING)
def test_fitting_twice_gives_the_same_answers(name: str) -> None:
    texts = [s.text for s in some("development")]
    again = fit(name, some("train"), some("development"))
    assert again.predict(texts) == fitted(name).predict(texts)
    assert again.description == fitted(name).description


@pytest.mark.parametrize("name", BUILT)
def test_texts_do_not_depend_on_each_other(name: str) -> None:
    texts = [s.text for s in some("development")[:9]]
    assert [fitted(name).predict([text])[0] for text in texts] == fitted(name).predict(texts)


@pytest.mark.parametrize("name", BUILT)
@pytest.mark.parametrize("text", ["", " ", "\n", "!", "…", "\ud800", "a" * 2000])
def test_a_text_of_nothing_has_no_participants(name: str, text: str) -> None:
    prediction = fitted(name).predict([text])[0]
    check(prediction, text)
    assert not prediction.participants


@pytest.mark.parametrize("name", BUILT)
def test_no_texts_get_no_answers(name: str) -> None:
    assert fitted(name).predict([]) == []


PIECES = ["Bộ", "Công", "an", "Việt Nam", "-", "Lào", "Mỹ", ", ", "Phòng,", "chống", "ma tuý", "(", ")", "ông", "Nguyễn", "Văn"]
PIECES += [
    "Cam-pu-chia",
    "ASEAN",
    "và",
    "Hà Nội",
    "tại",
    "A05",
    "“",
    "TP.HCM",
    "Đức",
    "Anh",
    "J.",
    "al-Qaeda",
    "tỉnh",
    "4",
    " ",
]
WORDS = st.lists(st.sampled_from(PIECES), max_size=14)
TEXTS = st.one_of(st.text(max_size=40), WORDS.map(" ".join), WORDS.map("".join))


@pytest.mark.parametrize("name", OF_PARTICIPANTS)
@settings(max_examples=40, deadline=None)
@given(text=TEXTS, form=st.sampled_from(["NFC", "NFD"]))
def test_spans_are_valid_in_any_text(name: str, text: str, form: Any) -> None:
    text = unicodedata.normalize(form, text)
    check(fitted(name).predict([text])[0], text)


@pytest.mark.parametrize("name", ["keywords", "crf", "majority"])
def test_decomposed_letters_change_nothing(name: str) -> None:
    text = "Thứ trưởng Bộ Ngoại giao Nguyễn Minh Vũ tiếp Đại sứ Lào, bàn về phòng, chống ma túy."
    composed, decomposed = fitted(name).predict([text, unicodedata.normalize("NFD", text)])
    assert composed.topics == decomposed.topics
    assert [(p.type, p.text) for p in composed.participants] == [
        (p.type, unicodedata.normalize("NFC", p.text)) for p in decomposed.participants
    ]


@pytest.mark.parametrize("name", ["tfidf-lr", "tfidf-svm"])
def test_classifiers_learn_topics_of_a_scheme_of_ones_own(name: str) -> None:
    baseline = fit(name, SPORT, SPORT, topics=("weather", "sport"), types=("TEAM",))
    predictions = baseline.predict([s.text for s in SPORT])
    assert [p.topics for p in predictions] == [("sport",)] * 3 + [("weather",)] * 2 + [()]
    assert all(list(p.scores) == ["weather", "sport"] for p in predictions)
    assert "C=" in baseline.description
    assert not baseline.participants


def test_the_tagger_learns_types_of_a_scheme_of_ones_own() -> None:
    baseline = fit("crf", SPORT, SPORT, topics=(), types=("TEAM",))
    predictions = baseline.predict([s.text for s in SPORT])
    assert score_spans(
        [spans_of(s.participants or ()) for s in SPORT], [spans_of(p.participants) for p in predictions], ["TEAM"]
    )["f1"] == pytest.approx(1.0)
    assert "c1=" in baseline.description
    assert all(0.3 < p.score <= 1 for prediction in predictions for p in prediction.participants)


@pytest.mark.parametrize("name", ["keywords", "underthesea"])
def test_what_knows_other_labels_only_says_so(name: str) -> None:
    with pytest.raises(BaselineError, match=name):
        fit(name, SPORT, SPORT, topics=("sport",), types=("TEAM",))


def test_the_lists_never_give_labels_of_a_scheme_that_they_have_no_words_for() -> None:
    baseline = fit("keywords", some("train"), [], topics=("sport", "narcotics"), types=("TEAM",))
    prediction = baseline.predict(["Việt Nam và Lào bàn về phòng, chống ma túy."])[0]
    assert prediction.topics == ("narcotics",)
    assert prediction.scores == {"sport": 0.0, "narcotics": 1.0}
    assert not baseline.participants
    assert "1 of 2 topics" in baseline.description


@pytest.mark.parametrize("name", ["tfidf-lr", "tfidf-svm"])
def test_a_topic_that_training_lacks_is_never_given(name: str) -> None:
    always = [replace(s, topics=(*(s.topics or ()), "news")) for s in SPORT]
    baseline = fit(name, always, always, topics=("sport", "opera", "news"))
    for prediction in baseline.predict([s.text for s in SPORT]):
        assert "opera" not in prediction.topics
        assert prediction.scores["opera"] == 0.0
        assert prediction.topics[-1] == "news"
        assert prediction.scores["news"] == 1.0


@pytest.mark.parametrize("name", LEARNING)
def test_boilerplate_unlabelled_parts_and_other_labels_teach_nothing(name: str) -> None:
    scheme: dict[str, Sequence[str]] = {"topics": ("sport",), "types": ("TEAM",)}
    noise = [
        Sentence("b", "mưa lớn ở miền núi", ("sport",), (Participant("mưa", 0, 3, "TEAM"),), kind="boilerplate"),
        Sentence("u", "nắng ở biển Đông xanh"),
    ]
    changed = [
        replace(
            s,
            topics=(*(s.topics or ()), "other"),
            participants=(*(s.participants or ()), Participant(s.text[-2:], len(s.text) - 2, len(s.text), "THING")),
        )
        for s in SPORT
        if not s.participants or s.participants[0].end < len(s.text) - 2
    ]
    rest = [s for s in SPORT if s.id not in {c.id for c in changed}]
    texts = [s.text for s in [*SPORT, *noise]]
    plain = fit(name, sorted(SPORT, key=lambda s: s.id), SPORT, **scheme).predict(texts)
    noisy = fit(name, [*sorted([*changed, *rest], key=lambda s: s.id), *noise], [*SPORT, *noise], **scheme).predict(texts)
    assert plain == noisy


@pytest.mark.parametrize("name", BUILT)
def test_one_side_of_the_labels_is_enough(name: str) -> None:
    train, development = some("train"), some("development")
    if name in OF_TOPICS:
        topics_only = [[replace(s, participants=None) for s in part] for part in (train, development)]
        baseline = fit(name, *topics_only, types=())
        assert baseline.topics
        assert not baseline.participants
        assert baseline.predict([train[0].text])[0].participants == ()
    if name in OF_PARTICIPANTS:
        spans_only = [[replace(s, topics=None) for s in part] for part in (train, development)]
        baseline = fit(name, *spans_only, topics=())
        assert baseline.participants
        assert not baseline.topics
        assert baseline.predict([train[0].text])[0].scores == {}


@pytest.mark.parametrize("name", LEARNING)
def test_without_labels_there_is_nothing_to_fit(name: str) -> None:
    bare = [replace(s, topics=None, participants=None) for s in SPORT]
    with pytest.raises(BaselineError, match=f"{name}: no training sentence"):
        fit(name, bare, SPORT, topics=("sport",), types=("TEAM",))


@pytest.mark.parametrize("name", ["tfidf-lr", "crf"])
def test_settings_need_development_sentences(name: str) -> None:
    with pytest.raises(BaselineError, match=f"{name}: no development sentence"):
        fit(name, SPORT, [], topics=("sport",), types=("TEAM",))


def test_what_cannot_be_fitted_is_said_and_left_out() -> None:
    lines: list[str] = []
    found = fit_baselines(SPORT, [], ("sport",), ("TEAM",), say=lines.append)
    assert [baseline.name for baseline in found] == ["majority"]
    assert [line.split(":")[1].strip() for line in lines if line.startswith("left out")] == list(BASELINES)[:-1]


def test_names_are_fitted_in_the_order_of_the_table() -> None:
    found = fit_baselines(some("train"), [], TOPICS, TYPES, ["majority", "keywords"])
    assert [baseline.name for baseline in found] == ["keywords", "majority"]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown baseline 'svm'; known are keywords, tfidf-lr"):
        fit_baselines([], [], TOPICS, TYPES, ["svm"])


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [
        ("tfidf-svm", "sklearn", "scikit-learn"),
        ("embeddings-lr", "torch", "torch"),
        ("crf", "sklearn_crfsuite", "sklearn-crfsuite"),
        ("underthesea", "underthesea", "underthesea"),
    ],
)
def test_a_missing_package_is_named(name: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda wanted: None if wanted == module else real(wanted))
    with pytest.raises(ModuleNotFoundError, match=f"{name}: the package {package} is not installed") as error:
        fit(name, SPORT, SPORT)
    assert error.value.name == module


def test_an_encoder_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(name: str) -> None:
        raise OSError("no hub")

    monkeypatch.setattr(backbone, "load_backbone", unreachable)
    with pytest.raises(BaselineError, match=r"embeddings-lr: the encoder embedded cannot be loaded: no hub"):
        fit("embeddings-lr", some("train"), some("development"))


def test_an_encoder_of_segmented_words_is_refused(tiny_phobert: Path) -> None:
    with pytest.raises(BaselineError, match="reads segmented words"):
        fit_embeddings(SPORT, SPORT, ("sport",), (), str(tiny_phobert))


def test_embeddings_of_any_folder_can_be_classified(tiny_backbone: Path) -> None:
    baseline = fit_embeddings(SPORT, SPORT, ("sport", "weather", "opera"), (), str(tiny_backbone))
    texts = ["trận bóng đá", "", "mưa " * 700, "\ud800"]
    together, alone = baseline.predict(texts), [baseline.predict([text])[0] for text in texts]
    for prediction, single in zip(together, alone, strict=True):
        check(prediction, prediction.text, ("sport", "weather", "opera"))
        assert prediction.topics == single.topics
        assert prediction.scores == pytest.approx(single.scores, abs=1e-4)
        assert prediction.scores["opera"] == 0.0
    seen = [p.scores["sport"] for p in baseline.predict([s.text for s in SPORT])]
    assert min(seen[:3]) > max(seen[3:])
    assert tiny_backbone.name in baseline.description


def test_majority_says_the_most_frequent_set_and_how_frequent_each_topic_is() -> None:
    rows = [("a", ("sport", "opera")), ("b", ("opera", "sport")), ("c", ()), ("d", ("sport",))]
    train = [Sentence(text, text, topics) for text, topics in rows]
    prediction = fit("majority", train, [], topics=("opera", "sport", "news")).predict(["x"])[0]
    assert prediction.topics == ("opera", "sport")
    assert prediction.scores == {"opera": 0.5, "sport": 0.75, "news": 0.0}


def test_majority_remembers_names_that_mostly_take_part() -> None:
    def sentence(text: str, *names: tuple[str, str]) -> Sentence:
        spans = (Participant(n, text.index(n), text.index(n) + len(n), kind) for n, kind in names)
        return Sentence(text, text, None, tuple(spans))

    train = [
        sentence("Lào ký với Bộ Công an Lào", ("Lào", "GPE"), ("Bộ Công an Lào", "ORG")),
        sentence("họp ở Huế", ("Huế", "GPE")),
        sentence("mưa ở Huế"),
        sentence("Anh thắng", ("Anh", "GPE")),
        sentence("gặp Anh", ("Anh", "PER")),
        sentence("cùng Anh", ("Anh", "GPE")),
    ]
    prediction = fit("majority", train, []).predict(["Bộ Công an  Lào, Lào, Huế, Làos và Anh"])[0]
    assert [(p.text, p.type) for p in prediction.participants] == [("Bộ Công an  Lào", "ORG"), ("Lào", "GPE"), ("Anh", "GPE")]
    assert [p.score for p in prediction.participants] == [1.0, 1.0, pytest.approx(2 / 3)]


def test_tags_that_continue_nothing_begin_a_span() -> None:
    assert baselines._tagged(["I-PER", "I-PER", "O", "B-ORG", "I-PER", "I-PER", "B-PER"]) == [
        (0, 2, "PER"),
        (3, 4, "ORG"),
        (4, 6, "PER"),
        (6, 7, "PER"),
    ]


def test_underthesea_runs_without_a_network_and_points_into_the_given_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr("socket.socket.connect", refuse)
    text = "Ông  Putin ca ngợi\tnhững thành tựu vĩ đại của Liên  Xô"
    found = fitted("underthesea").predict([text])[0].participants
    assert [(p.text, p.type) for p in found] == [("Putin", "PER"), ("Liên  Xô", "GPE")]


ANYTHING = dict.fromkeys(TOPICS, keywords.SIGNS[0])
FOREIGN = dict.fromkeys(TOPICS, keywords.SIGNS[1])
COUNTRY = dict.fromkeys(TOPICS, keywords.SIGNS[2])


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Hai nước bàn về phòng - chống TỘI PHẠM MẠNG và mua bán người.", {"cybercrime", "trafficking"}),
        ("Việt Nam trao trả hài cốt quân nhân Mỹ mất tích.", {"mia"}),
        ("Thuế đối ứng Hoa Kỳ áp lên hàng Việt Nam giảm còn 20%", {"trade"}),
        ("Trung Quốc và Philippines tranh cãi về Biển Đông.", {"maritime"}),
        ("Lào và Thái Lan phối hợp kiểm soát tiền chất.", {"narcotics"}),
        ("Anh nhận trở lại công dân nhập cư trái phép.", {"migration"}),
        ("Pháp giúp Mali chống khủng bố.", {"terrorism"}),
        ("Hàn Quốc đề nghị dẫn độ nghi phạm.", {"law_enforcement"}),
        ("Na Uy tài trợ rà phá bom mìn ở Quảng Trị.", {"war_legacy"}),
        ("Ấn Độ chuyển giao công nghệ bán dẫn cho Việt Nam.", {"technology"}),
        ("Hai bộ trưởng ký thỏa thuận hợp tác quốc phòng với Úc.", {"defense"}),
        ("Quan hệ Việt Nam - Cuba phát triển vượt bậc.", set()),
        ("Mạng lưới bán hàng của Nga", set()),
    ],
)
def test_words_of_a_topic_are_found(text: str, topics: set[str]) -> None:
    assert set(keywords.topics_named(text, FOREIGN)) == topics


def test_every_topic_has_a_fair_number_of_expressions() -> None:
    for topic in TOPICS:
        words = keywords.topic_words(topic)
        assert 15 <= len(words) <= 75
        assert len(set(words)) == len(words)
        assert all(words)


@pytest.mark.parametrize("spelling", ["ma túy", "ma tuý", "MA TÚY", unicodedata.normalize("NFD", "ma túy")])
def test_case_tone_placement_and_unicode_form_do_not_matter(spelling: str) -> None:
    assert keywords.topics_named(f"Chống {spelling}", ANYTHING) == ("narcotics",)


def test_an_office_is_no_topic() -> None:
    assert keywords.topics_named("Thứ trưởng Bộ Quốc phòng thăm Lào.", ANYTHING) == ()
    assert keywords.topics_named("Bộ Quốc phòng bàn hợp tác quốc phòng.", ANYTHING) == ("defense",)


@pytest.mark.parametrize(
    ("text", "needs", "given"),
    [
        ("Phạt kẻ bán ma túy", ANYTHING, True),
        ("Phạt kẻ bán ma túy", FOREIGN, False),
        ("Hai bên bàn về ma túy", FOREIGN, True),
        ("Hai bên bàn về ma túy", COUNTRY, False),
        ("Việt Nam phạt kẻ bán ma túy", COUNTRY, False),
        ("Interpol bắt kẻ bán ma túy", COUNTRY, True),
        ("LÀO BẮT KẺ BÁN MA TÚY", COUNTRY, True),
    ],
)
def test_what_a_topic_needs_besides_its_words(text: str, needs: dict[str, str], given: bool) -> None:
    assert (keywords.topics_named(text, needs) == ("narcotics",)) == given


def test_needs_are_learnt_from_sentences() -> None:
    rows = [
        ("Lào chống ma túy", ("narcotics",)),
        ("Phạt kẻ bán ma túy", ()),
        ("tìm hài cốt liệt sĩ", ("mia",)),
        ("tìm hài cốt ở Lào", ("mia",)),
    ]
    needs = keywords.learn_needs([Sentence(text, text, topics) for text, topics in rows] + [Sentence("u", "bán ma túy")])
    assert needs["narcotics"] == keywords.SIGNS[1]
    assert needs["mia"] == keywords.SIGNS[0]


@pytest.mark.parametrize(
    ("text", "participants"),
    [
        (
            "Thủ tướng Phạm Minh Chính tiếp Tổng thống Pháp Emmanuel Macron",
            "Phạm Minh Chính/PER Pháp/GPE Emmanuel Macron/PER",
        ),
        ("Đại sứ Hàn Quốc tại Việt Nam Choi Young-sam", "Hàn Quốc/GPE Choi Young-sam/PER"),
        ("Bộ trưởng Tài chính Mỹ Scott Bessent", "Mỹ/GPE Scott Bessent/PER"),
        (
            "Bộ Khoa học và Công nghệ và Cục Điều tra Liên bang Mỹ (FBI)",
            "Bộ Khoa học và Công nghệ/ORG Cục Điều tra Liên bang Mỹ/ORG FBI/ORG",
        ),
        ("Công an tỉnh Nghệ An làm việc với UNODC", "Công an tỉnh Nghệ An/ORG UNODC/ORG"),
        ("quan hệ Việt - Nga, biển Đông, tiếng Anh, tại Lào", "Việt/GPE Nga/GPE"),
        ("họp ở Hà Nội, bay đến Paris; Hà Nội và Bắc Kinh nhất trí", "Hà Nội/GPE Bắc Kinh/GPE"),
        ("Lê Đức Anh, Thái Bình, Trung Đông, Ấn Độ Dương", "Lê Đức Anh/PER"),
        ("Cam-pu-chia và Mi-an-ma", "Cam-pu-chia/GPE Mi-an-ma/GPE"),
        ("VIỆT NAM VÀ LÀO KÝ HIỆP ĐỊNH", "VIỆT NAM/GPE LÀO/GPE"),
        ("bộ trưởng và hội nghị của chính phủ", ""),
    ],
)
def test_participants_are_found_by_rules(text: str, participants: str) -> None:
    found = " ".join(f"{text[start:end]}/{kind}" for start, end, kind in keywords.participants_named(text))
    assert found == participants
