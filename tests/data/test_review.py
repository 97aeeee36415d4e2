"""The questions that a review asks, each with a sentence that deserves it and one that does not."""

from __future__ import annotations

from collections import Counter

import pytest

from hoptac.data.marks import parse_marks
from hoptac.data.review import count_labels, counts_table, review
from hoptac.data.schema import Participant, Sentence


def findings(marked: str, kind: str = "-") -> list[str]:
    return list(review(parse_marks([f"- | {kind} | {marked}"], "x")))


@pytest.mark.parametrize(
    ("marked", "question"),
    [
        ("Phía [GPE (Lào] nói.", "punctuation at the edge of the span"),
        ("Phía [GPE Lào,] nói.", "punctuation at the edge of the span"),
        ("Phía [ORG “Bộ Công an”] nói.", "punctuation at the edge of the span"),
        ("Gặp [PER ông Trần Nam].", "a title inside a person's span"),
        ("Gặp [PER Thứ trưởng Trần Nam].", "a title inside a person's span"),
        ("Họp tại [GPE Lào].", "a country after 'tại' or 'ở' is a place, unless it is visited"),
        ("Ở [GPE Lào] trời mưa.", "a country after 'tại' or 'ở' is a place, unless it is visited"),
        ("Phía [ORG Interpo]l nói.", "the span cuts a word"),
        ("Phía c[GPE ampu] nói.", "the span cuts a word"),
        ("Gặp [ORG Đại sứ quán Nga tại Paris].", "a name stops before 'tại'"),
        ("Quan hệ [GPE Lào - Nga] tốt.", "two names joined by a dash are two spans"),
        ("Hàng hóa Mỹ tăng giá.", "not marked, only a place?"),
        ("Ông thăm ASEAN và [GPE Lào].", "not marked, only a place?"),
    ],
)
def test_a_doubtful_mark_is_questioned_once(marked: str, question: str) -> None:
    (finding,) = findings(marked)
    assert finding.startswith(f"x-0001: {question}")
    assert "⟦" in finding


@pytest.mark.parametrize(
    "marked",
    [
        "Thứ trưởng [PER Trần Nam] thăm [GPE Lào] và làm việc với [ORG Bộ Công an Lào].",
        "Quan hệ [GPE Việt] - [GPE Mỹ] phát triển.",
        "Ông [PER Ferdinand Marcos Jr.] phát biểu.",
        "Tập đoàn [ORG Apple Inc.] đầu tư.",
        "[ORG Ủy ban châu Âu] ([ORG EC]) họp.",
        "Đại sứ [GPE Mỹ] tại Việt Nam gặp [PER Anna].",
        "Lễ ký diễn ra ở Pháp.",
        "Sách bằng tiếng Nga, tiếng Đức.",
        "Khu vực Ấn Độ - Thái Bình Dương và Ấn Độ Dương ổn định.",
        "Căng thẳng trên bán đảo Triều Tiên.",
        "Phong tục Mỹnh và Ngaa không phải tên nước.",
    ],
)
def test_a_clean_sentence_is_not_questioned(marked: str) -> None:
    assert findings(marked) == []


def test_the_finding_shows_the_span_with_its_surroundings() -> None:
    (finding,) = findings("Hội nghị họp tại [GPE Lào] hôm nay.")
    assert finding.endswith(": …Hội nghị họp tại ⟦Lào⟧ hôm nay.…")


def test_boilerplate_with_labels_is_questioned() -> None:
    assert findings("Nguồn: [ORG TTXVN].", "boilerplate") == ["x-0001: boilerplate has neither topics nor participants"]
    assert findings("Tin Mỹ.", "boilerplate") == []


def test_unlabelled_participants_are_not_questioned() -> None:
    assert list(review([Sentence("1", "Hàng hóa Mỹ tăng giá.", ("trade",), None)])) == []


SENTENCES = [
    Sentence("1", "Lào.", ("mia", "trade"), (Participant("Lào", 0, 3, "GPE"),), kind="headline"),
    Sentence("2", "Mưa.", (), (), extra={"negative": "weather"}),
    Sentence("3", "Nắng.", None, None),
]


def test_labels_are_counted() -> None:
    counts = count_labels(SENTENCES)
    assert counts["topics"] == Counter(mia=1, trade=1)
    assert counts["types"] == Counter(GPE=1)
    assert counts["sentences"] == Counter(
        {"all": 3, "kind headline": 1, "kind body": 2, "no topic": 1, "several topics": 1, "hard negative": 1}
    )


def test_the_table_lists_topics_in_taxonomy_order() -> None:
    table = counts_table([Sentence("1", "Lào.", ("trade",)), Sentence("2", "Nga.", ("cybercrime",))])
    assert list(table.columns[1].cells)[:2] == ["cybercrime", "trade"]
