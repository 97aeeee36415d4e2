"""What the measures count, on sentences small enough to count by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hoptac.data.coverage import (
    ACTS,
    COUNTRIES_FILE,
    acts,
    country_codes,
    fold,
    measures,
    only_places,
    partners,
    read_plan,
    shortfalls,
)
from hoptac.data.marks import parse_marks
from hoptac.data.schema import DataError, Sentence


def sentence(marked: str) -> Sentence:
    [only] = parse_marks([marked], "x")
    return only


SENTENCES = parse_marks(
    [
        "# writer: w1",
        "# register: wire",
        "trade,mia | headline | [GPE LÀO], [GPE MỸ] VÀ [ORG ASEAN] KÝ THỎA THUẬN",
        "# register: lead",
        "trade | - | [GPE Lào] hoà giải với [GPE Hoa Kỳ].",
        "- | negative=domestic noise=typo | Bắt ba người tại Thái Lan, ông [PER Nam] nói.",
        "- | - | Mua xe ở Hà Nội",
    ],
    "x",
)


def test_measures_count_what_is_there() -> None:
    found = measures(SENTENCES)
    wanted = {
        "sentences": 4,
        "writers": 1,
        "registers": 2,
        "topic trade": 2,
        "topic mia": 1,
        "several topics": 1,
        "no topic": 2,
        "hard negatives": 1,
        "share no topic": 0.5,
        "share hard negatives of no topic": 0.5,
        "countries only as places": 2,
        "partners, trade": 3,
        "registers, trade": 2,
        "countries": 2,
        "different names, GPE": 3,
        "type GPE": 4,
        "share upper case": 0.25,
        "share old tone marks": 0.25,
        "share typing errors, as marked": 0.25,
        "share dashes with spaces": 0.0,
        "kind headline": 1,
    }
    assert {name: found[name] for name in wanted} == wanted


def test_nothing_has_measures_too() -> None:
    assert measures([])["sentences"] == 0
    assert measures([Sentence("1", "Lào")])["share no topic"] == 0


def test_a_register_that_is_no_word_is_none() -> None:
    assert measures([Sentence("1", "x", ("trade",), extra={"register": ["a"]})])["registers, trade"] == 0


def test_labels_of_other_schemes_are_counted() -> None:
    [other] = parse_marks(["fish | - | [BOAT Hải Âu] về bến"], "x", ["fish"], ["BOAT"])
    found = measures([other])
    assert (found["topic fish"], found["type BOAT"]) == (1, 1)


@pytest.mark.parametrize("spelling", ["Mỹ", "MỸ", "Hoa Kỳ", "Hoa  Kỳ", "Washington"])
def test_spellings_of_one_country_are_one(spelling: str) -> None:
    assert country_codes()[fold(spelling)] == "USA"


def test_the_table_of_countries_is_unambiguous() -> None:
    table = json.loads(COUNTRIES_FILE.read_text(encoding="utf-8"))
    spellings = [fold(name) for names in table.values() for name in names]
    assert len(set(spellings)) == len(spellings)
    assert all(len(code) == 3 and code.isupper() for code in table)


def test_tone_marks_count_wherever_they_stand_but_they_count() -> None:
    assert fold("Thuỵ Sĩ") == fold("Thụy Sĩ")
    assert fold("Mỹ") != fold("My")
    assert fold("Lào") != fold("Lao")


def test_partners_leave_vietnam_out() -> None:
    assert partners(sentence("- | - | [GPE Việt Nam], [GPE Lào], [ORG UNODC] và [ORG Bộ Y tế]")) == {"LAO", "UNODC"}


@pytest.mark.parametrize(
    ("marked", "places"),
    [
        ("- | - | Cháy lớn tại Thái Lan", True),
        ("- | - | [GPE Lào] cháy, cả Thái Lan cũng cháy", False),
        ("- | - | [ORG Đại sứ quán Thái Lan] đóng cửa", False),
        ("- | - | Mưa to", False),
        ("- | - | Xem hội ở Mỹ Tho", False),
    ],
)
def test_countries_that_are_only_places(marked: str, places: bool) -> None:
    assert only_places(sentence(marked)) is places


def test_every_act_is_found() -> None:
    text = "Hội đàm ký hiệp định, đề nghị và khẳng định dự án 5 tỷ USD; bắt giữ, bàn giao, sẽ chỉ trích."
    assert acts(Sentence("1", text)) == set(ACTS)
    assert acts(Sentence("1", "Trời mưa.")) == set()


def test_a_plan_is_kept_or_not(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"sentences": 4, "topic mia": [2, 3], "topic maritime": 1}', "utf-8")
    assert shortfalls(measures(SENTENCES), read_plan(path)) == [
        "topic mia: 1, 2 to 3 planned",
        "topic maritime: 0, at least 1 planned",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "plan.json: not JSON"),
        ("[]", "an object of measures"),
        ('{"a": "b"}', "a: 'b' is neither"),
        ('{"a": [1]}', "neither"),
    ],
)
def test_a_bad_plan_is_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=message):
        read_plan(path)
