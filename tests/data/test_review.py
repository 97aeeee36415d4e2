"""The questions that a review asks, each with a sentence that deserves it and one that does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hoptac.data.marks import parse_marks
from hoptac.data.review import contradictions, review
from hoptac.data.schema import DataError, Participant, Sentence


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


TEXT = "Lào gặp Thái Lan và ông Nam."
GOLD = Sentence("1", TEXT, ("trade",), (Participant("Lào", 0, 3, "GPE"), Participant("Thái Lan", 8, 16, "GPE")))


def predicted(
    tmp_path: Path, scores: dict[str, float], spans: list[tuple[int, int, str, float]], sentence_id: str = "1"
) -> Path:
    participants = [{"start": s, "end": e, "type": t, "score": p} for s, e, t, p in spans]
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps({"id": sentence_id, "scores": scores, "participants": participants}) + "\n", "utf-8")
    return path


def test_agreement_contradicts_nothing(tmp_path: Path) -> None:
    path = predicted(tmp_path, {"trade": 0.99, "mia": 0.01}, [(0, 3, "GPE", 0.99), (8, 16, "GPE", 0.6)])
    assert list(contradictions([GOLD], path)) == []


def test_confident_predictions_contradict_labels(tmp_path: Path) -> None:
    path = predicted(tmp_path, {"trade": 0.02, "mia": 0.95}, [(0, 3, "ORG", 0.97), (24, 27, "PER", 0.99), (25, 27, "GPE", 0.2)])
    found = list(contradictions([GOLD], path))
    assert [line.split(": ")[1].split(",")[0] for line in found] == [
        "trade is labelled",
        "mia is not labelled",
        "ORG is not labelled",
        "PER is not labelled",
        "GPE is labelled",
        "GPE is labelled",
    ]


def test_doubtful_predictions_and_unlabelled_parts_contradict_nothing(tmp_path: Path) -> None:
    path = predicted(tmp_path, {"trade": 0.4, "mia": 0.6}, [(0, 3, "ORG", 0.7), (8, 16, "GPE", 0.9)])
    assert list(contradictions([GOLD], path)) == []
    path = predicted(tmp_path, {"mia": 1.0}, [(0, 3, "ORG", 1.0)])
    assert list(contradictions([Sentence("1", TEXT)], path)) == []


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "1"}',
        '{"id": ["1"], "scores": {}, "participants": []}',
        '{"id": "1", "scores": [], "participants": []}',
        '{"id": "1", "scores": {}, "participants": [{"start": 0, "end": 1, "type": "GPE"}]}',
    ],
)
def test_a_line_that_is_no_prediction_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(f"{line}\n", "utf-8")
    with pytest.raises(DataError, match=r"p\.jsonl:1: `id`, `scores`"):
        list(contradictions([GOLD], path))


def test_predictions_of_other_sentences_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="predicts none of these sentences"):
        list(contradictions([GOLD], predicted(tmp_path, {}, [], "9")))
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "1", "text": "Nga", "scores": {}, "participants": []}\n', "utf-8")
    with pytest.raises(DataError, match="1: text: differs"):
        list(contradictions([GOLD], path))
