"""Perturbed sentences stay well labelled, and answers are compared where they stand."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

import pytest

from hoptac.data.corpus import load_corpus
from hoptac.data.coverage import COUNTRIES_FILE, country_codes, fold
from hoptac.data.marks import mark_text, parse_marks
from hoptac.data.schema import Participant, Sentence
from hoptac.data.variants import Variant, rewrite
from hoptac.eval import robustness as module
from hoptac.eval.robustness import PERTURBATIONS, perturbed, robustness, unchanged
from hoptac.model.predictor import Prediction, Predictor
from hoptac.model.tokenization import modern_tones


def marked(*texts: str) -> list[Sentence]:
    return parse_marks([f"- | - | {text}" for text in texts], "x")


def after(name: str, *texts: str, seed: int = 1) -> str:
    """The first of some marked texts, perturbed; the others lend their names."""
    return mark_text(perturbed(name, marked(*texts), seed)[0].sentence)


@cache
def corpus() -> list[Sentence]:
    return load_corpus("development")


@cache
def development(name: str) -> list[Variant]:
    return perturbed(name, corpus())


SHARES = {
    "nfd": (0.99, 1.0),
    "tone placement": (0.15, 0.3),
    "no diacritics": (0.99, 1.0),
    "upper case": (0.95, 1.0),
    "lower case": (0.99, 1.0),
    "quotes": (0.02, 0.1),
    "dashes": (0.04, 0.15),
    "white space": (0.98, 1.0),
    "agency mark": (0.97, 1.0),
    "country names": (0.35, 0.6),
    "other persons": (0.15, 0.35),
    "other countries": (0.45, 0.65),
    "typing errors": (0.9, 1.0),
    "OCR noise": (0.9, 1.0),
}


def test_the_names_are_those_of_the_table() -> None:
    assert list(PERTURBATIONS) == list(SHARES)
    assert all(name == p.name and p.description and "\n" not in p.description for name, p in PERTURBATIONS.items())


@pytest.mark.parametrize("name", SHARES)
def test_a_sensible_share_of_the_corpus_is_perturbed(name: str) -> None:
    least, most = SHARES[name]
    variants = development(name)
    assert least <= sum(bool(v.edits) for v in variants) / len(variants) <= most
    assert all(bool(v.edits) == (v.sentence.text != v.original.text) for v in variants)


@pytest.mark.parametrize("name", SHARES)
def test_perturbed_sentences_stay_well_labelled(name: str) -> None:
    for original, variant in zip(corpus(), development(name), strict=True):
        sentence = variant.sentence
        assert variant.original == original
        assert (sentence.id, sentence.topics, sentence.extra) == (original.id, original.topics, original.extra)
        for old, new in zip(original.participants or (), sentence.participants or (), strict=True):
            assert sentence.text[new.start : new.end] == new.text
            assert new.text == new.text.strip()
            assert new.type == old.type
            assert variant.back(new.start, new.end) == (old.start, old.end)


@pytest.mark.parametrize("name", SHARES)
def test_what_is_drawn_depends_on_seed_and_sentence_only(name: str) -> None:
    assert perturbed(name, corpus()[::-1]) == development(name)[::-1]
    drawn = perturbed(name, corpus(), seed=2) != development(name)
    assert drawn == (
        name in {"dashes", "white space", "country names", "other persons", "other countries", "typing errors", "OCR noise"}
    )


@pytest.mark.parametrize("name", SHARES)
def test_unlabelled_sentences_can_be_perturbed(name: str) -> None:
    sentences = [Sentence(s.id, s.text) for s in corpus()]
    variants = perturbed(name, sentences)
    assert {(v.sentence.topics, v.sentence.participants) for v in variants} == {(None, None)}
    assert any(v.edits for v in variants) == (name not in {"other persons", "other countries"})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("nfd", "[GPE Ý]", "[GPE Y\u0301]"),
        ("tone placement", "hoà với [ORG Ủy ban]", "hòa với [ORG Uỷ ban]"),
        ("no diacritics", "thăm [GPE Đức]", "tham [GPE Duc]"),
        ("upper case", "thăm [GPE Lào]", "THĂM [GPE LÀO]"),
        ("lower case", "Thăm [GPE Lào]", "thăm [GPE lào]"),
        ("quotes", 'Báo [GPE Nga]: "Tốt"', "Báo [GPE Nga]: “Tốt”"),
        ("dashes", "[ORG Phòng không - Không quân] bay", "[ORG Phòng không – Không quân] bay"),
        ("agency mark", "[GPE Lào] mời", "(TTXVN) - [GPE Lào] mời"),
        ("agency mark", "(TTXVN) - [GPE Lào] mời", "(TTXVN) - [GPE Lào] mời"),
        ("agency mark", "- Thưa ông", "- Thưa ông"),
        ("country names", "Phía [GPE Mỹ] mời", "Phía [GPE Hoa Kỳ] mời"),
    ],
)
def test_what_each_does(name: str, text: str, expected: str) -> None:
    assert after(name, text) == expected


def test_drawn_spellings_differ_by_sentence() -> None:
    sentences = [Sentence(name, "một hai ba bốn năm sáu bảy tám chín mười") for name in "ab"]
    first, second = (v.sentence.text for v in perturbed("white space", sentences))
    assert first != second
    assert first.split() == second.split()


def test_another_tone_placement_is_read_as_the_same_text() -> None:
    for variant in development("tone placement"):
        assert modern_tones(variant.sentence.text) == modern_tones(variant.original.text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[GPE Hoa Kỳ], [GPE Mỹ] và [GPE Mỹ]", "[GPE Mỹ], [GPE Hoa Kỳ] và [GPE Hoa Kỳ]"),
        ("[GPE MỸ] THĂM [GPE LÀO]", "[GPE HOA KỲ] THĂM [GPE LÀO]"),
        ("[ORG Quốc hội Mỹ], sống tại Mỹ", "[ORG Quốc hội Hoa Kỳ], sống tại Hoa Kỳ"),
        ("[ORG FBI Mỹ], [PER Mỹ], xã Mỹ Tho, châu Mỹ", "[ORG FBI Hoa Kỳ], [PER Mỹ], xã Mỹ Tho, châu Mỹ"),
        ("[ORG Công ty Hoàng Anh] ở Mỹ Tho", "[ORG Công ty Hoàng Anh] ở Mỹ Tho"),
        (
            "[GPE Washington], [GPE Bắc Kinh], [GPE Trung], [GPE Việt Nam]",
            "[GPE Washington], [GPE Bắc Kinh], [GPE Trung], [GPE Việt Nam]",
        ),
        ("[ORG Hội đồng Anh], [GPE Anh]", "[ORG Hội đồng Anh], [GPE Anh]"),
        ("[GPE Bru-nây Mới] và [GPE Malaysia]", "[GPE Bru-nây Mới] và [GPE Ma-lai-xi-a]"),
    ],
)
def test_country_names_are_exchanged_where_they_surely_are_countries(text: str, expected: str) -> None:
    assert after("country names", text) == expected


def test_other_country_names_are_of_the_same_country() -> None:
    for variant in development("country names"):
        for start, end, new in variant.edits:
            assert country_codes()[fold(new)] == country_codes()[fold(variant.original.text[start:end])]


def test_names_that_do_not_stand_for_a_country_everywhere_are_in_the_table() -> None:
    spellings = {name for names in json.loads(COUNTRIES_FILE.read_text(encoding="utf-8")).values() for name in names}
    assert set(module._NOT_EVERYWHERE.split(", ")) <= spellings
    assert all(module._spellings().values())


POOL = (
    "[PER An] gặp [PER Bình]",
    "[PER Carter], [PER Dung], [PER TRẦN VĂN EM]",
    "[GPE Nga], [GPE Moskva], [GPE Bỉ], [GPE Việt Nam]",
)


@pytest.mark.parametrize("seed", range(20))
def test_persons_get_the_names_of_others(seed: int) -> None:
    [variant, *_] = perturbed("other persons", marked("[PER An], [PER Bình], [PER An], [GPE Lào]", *POOL), seed)
    first, second, third, lao = (p.text for p in variant.sentence.participants or ())
    assert {first, second} == {"Carter", "Dung"}
    assert (third, lao) == (first, "Lào")


@pytest.mark.parametrize("seed", range(20))
def test_countries_but_vietnam_become_other_countries(seed: int) -> None:
    text = "[GPE Mỹ], [GPE Washington], [ORG Quốc hội Mỹ], [GPE Lào], [GPE Việt Nam], [GPE Hà Nội], [ORG Bộ Công an Lào]"
    [variant, *_] = perturbed("other countries", marked(text, *POOL), seed)
    found = [p.text for p in variant.sentence.participants or ()]
    x, y = found[0], found[3]
    assert found == [x, x, f"Quốc hội {x}", y, "Việt Nam", "Hà Nội", f"Bộ Công an {y}"]
    assert {x, y} == {"Nga", "Bỉ"}


def test_names_in_capitals_stay_in_capitals() -> None:
    assert after("other persons", "[PER LÊ AN] [GPE MỸ] họp", "[PER Carter]") == "[PER CARTER] [GPE MỸ] họp"
    assert after("other countries", "[PER LÊ AN] THĂM [GPE MỸ]", "[GPE Bỉ]") == "[PER LÊ AN] THĂM [GPE BỈ]"
    assert after("other countries", "[GPE UAE] họp", "[GPE Bỉ]") == "[GPE Bỉ] họp"


def test_without_other_names_nothing_is_replaced() -> None:
    assert not perturbed("other persons", marked("[PER An], [PER An]"))[0].edits
    assert not perturbed("other countries", marked("[GPE Lào], [GPE Viêng Chăn]", "[GPE Việt Nam]"))[0].edits


def test_different_countries_never_become_one() -> None:
    for variant in development("other countries"):
        pairs = {
            (country_codes().get(fold(old.text), old.text), country_codes()[fold(new.text)])
            for old, new in zip(variant.original.participants or (), variant.sentence.participants or (), strict=True)
            if old.type == "GPE" and old.text != new.text
        }
        assert len({old for old, _ in pairs}) == len({new for _, new in pairs}) == len(pairs)
        assert "VNM" not in {code for pair in pairs for code in pair}


def prediction(text: str, topics: tuple[str, ...] = ("trade",)) -> Prediction:
    """The answer that a marked text gives."""
    [sentence] = marked(text)
    return Prediction(sentence.text, topics, {}, sentence.participants or ())


BEFORE = "ông [PER An] thăm [GPE Lào]"


@pytest.mark.parametrize(
    ("text", "topics", "same"),
    [
        ("Ông [PER An Bình]  thăm [GPE Mỹ]", ("trade",), True),
        ("Ông [PER An Bình]  thăm [GPE Mỹ]", ("trade", "mia"), False),
        ("Ông [PER An Bình]  thăm [GPE Mỹ]", (), False),
        ("Ông [PER An] Bình  thăm [GPE Mỹ]", ("trade",), False),
        ("Ông An [PER Bình]  thăm [GPE Mỹ]", ("trade",), False),
        ("[PER Ông An Bình]  thăm [GPE Mỹ]", ("trade",), False),
        ("Ông [PER An Bình]  thăm [ORG Mỹ]", ("trade",), False),
        ("Ông [PER An Bình]  thăm Mỹ", ("trade",), False),
        ("[PER Ông] [PER An Bình]  thăm [GPE Mỹ]", ("trade",), False),
        ("Ông [PER An] [PER Bình]  thăm [GPE Mỹ]", ("trade",), False),
    ],
)
def test_answers_are_unchanged_if_topics_and_spans_are(text: str, topics: tuple[str, ...], same: bool) -> None:
    [original] = marked(BEFORE)
    variant = rewrite(original, [(0, 1, "Ô"), (4, 6, "An Bình"), (6, 6, " "), (12, 15, "Mỹ")])
    assert variant.sentence.text == prediction(text).text
    assert unchanged(prediction(BEFORE), prediction(text, topics), variant) is same


def test_part_of_a_name_is_not_the_whole_of_another_one() -> None:
    [original] = marked("thăm [GPE Lào]")
    variant = rewrite(original, [(5, 8, "Thái Lan")])
    parts = prediction("thăm [GPE Là]o"), prediction("thăm [GPE Thái] Lan")
    wholes = prediction("thăm [GPE Lào]"), prediction("thăm [GPE Thái Lan]")
    assert [unchanged(b, a, variant) for b in (parts[0], wholes[0]) for a in (parts[1], wholes[1])] == [False] * 3 + [True]


def test_the_order_of_topics_and_the_scores_do_not_matter() -> None:
    [original] = marked(BEFORE)
    before = Prediction(original.text, ("trade", "mia"), {"trade": 0.9}, (Participant("An", 4, 6, "PER", 0.5),))
    later = Prediction(original.text, ("mia", "trade"), {"trade": 0.8}, (Participant("An", 4, 6, "PER", 0.6),))
    assert unchanged(before, later, rewrite(original, []))


@pytest.fixture(scope="module")
def predictor(tiny_checkpoint: Path) -> Predictor:
    return Predictor.from_pretrained(tiny_checkpoint)


def test_outcomes_hold_what_was_perturbed(predictor: Predictor) -> None:
    sentences = random.Random(1).sample(corpus(), 40)
    outcomes = robustness(predictor, sentences)
    assert [(o.name, o.description) for o in outcomes] == [(p.name, p.description) for p in PERTURBATIONS.values()]
    for outcome in outcomes:
        assert outcome.variants == [v for v in perturbed(outcome.name, sentences) if v.edits]
        assert [p.text for p in outcome.before] == [v.original.text for v in outcome.variants]
        assert [p.text for p in outcome.after] == [v.sentence.text for v in outcome.variants]
        assert outcome.unchanged == [
            unchanged(*row) for row in zip(outcome.before, outcome.after, outcome.variants, strict=True)
        ]
    found = {outcome.name: outcome.unchanged for outcome in outcomes}
    assert all(found["nfd"])
    assert all(found["tone placement"])
    assert not all(found["lower case"])


def test_known_predictions_are_used_as_they_are(predictor: Predictor) -> None:
    sentences = marked("[GPE Lào] mời", "Trời mưa")
    made_up = [Prediction(s.text, ("mia",), {}, ()) for s in sentences]
    [outcome] = robustness(predictor, sentences, made_up, ["upper case"])
    assert outcome.before == made_up
    assert outcome.unchanged == [unchanged(b, a, v) for b, a, v in zip(made_up, outcome.after, outcome.variants, strict=True)]


def test_unlabelled_sentences_have_outcomes(predictor: Predictor) -> None:
    outcomes = robustness(predictor, [Sentence("1", "Lào mời ông An sang họp.")], names=["nfd", "other persons", "quotes"])
    assert [len(o.unchanged) for o in outcomes] == [1, 0, 0]
    assert robustness(predictor, [], names=["nfd"])[0].variants == []


def test_unknown_perturbations_and_missing_predictions_are_refused(predictor: Predictor) -> None:
    with pytest.raises(ValueError, match="unknown perturbation 'caps'; known are nfd, tone placement"):
        perturbed("caps", [])
    with pytest.raises(ValueError, match="unknown perturbation 'caps'"):
        robustness(predictor, [], names=["nfd", "caps"])
    with pytest.raises(ValueError, match="predictions: 0 for 1 sentences"):
        robustness(predictor, marked("Trời mưa"), [])
