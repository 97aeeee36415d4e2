"""Near-copies are found, whatever their case, and the earlier one stays."""

from __future__ import annotations

from hoptac.data.schema import Sentence
from hoptac.eval.similarity import near_duplicates, shared_runs

BASE = "Sáng 12/3, Bộ trưởng Công an Lào tiếp đoàn cán bộ tỉnh Nghệ An và bàn về phòng, chống ma túy ở cửa khẩu."
COPY = BASE.replace("12/3", "14/3")
OTHER = "Giá gạo xuất khẩu sang Philippines tăng nhẹ trong tuần qua, theo các thương nhân ở Cần Thơ."


def sentences(*texts: str) -> list[Sentence]:
    return [Sentence(str(number), text) for number, text in enumerate(texts)]


def test_the_first_of_two_copies_stays() -> None:
    [pair] = near_duplicates(sentences(BASE, OTHER, COPY.upper()), 0.8)
    assert (pair.kept.id, pair.other.id) == ("0", "2")
    assert 0.8 < pair.similarity < 1
    assert str(pair).startswith("2: 0.")


def test_what_goes_takes_nothing_else_along() -> None:
    """The third is like the second only, and the second goes: so the third stays."""
    texts = ["một hai ba bốn năm sáu", "bốn năm sáu bảy tám chín", "bảy tám chín mười trăm nghìn"]
    assert [pair.other.id for pair in near_duplicates(sentences(*texts), 0.2)] == ["1"]


def test_who_does_what_to_whom_counts() -> None:
    one = "Cảnh sát Lào trao trả 12 nạn nhân buôn người cho phía Việt Nam"
    other = "Việt Nam trao trả 12 nạn nhân buôn người cho phía Cảnh sát Lào"
    assert near_duplicates(sentences(one, other), 0.9) == []


def test_different_sentences_stay() -> None:
    assert near_duplicates(sentences(BASE, OTHER), 0.5) == []
    assert near_duplicates([], 0.5) == []


def test_more_than_one_block_is_compared() -> None:
    many = [f"câu số {i} nói về việc thứ {i * 7919 % 1009}" for i in range(600)]
    pairs = near_duplicates(sentences(BASE, *many, COPY), 0.8)
    assert ("0", "601") in {(pair.kept.id, pair.other.id) for pair in pairs}


def test_a_second_limit_holds_towards_other_data() -> None:
    other = [Sentence("gold", BASE)]
    assert near_duplicates(sentences(COPY), 0.99, other, 0.8)[0].kept.id == "gold"
    assert near_duplicates(sentences(COPY), 0.99, other) == []
    assert near_duplicates(sentences(OTHER, COPY), 0.99, other, 0.8)[0].other.id == "1"


def test_runs_of_syllables_are_found_across_punctuation_and_case() -> None:
    copied = Sentence("x", "Theo đài này: “BỘ TRƯỞNG CÔNG AN LÀO tiếp đoàn, cán bộ tỉnh Nghệ An” hôm qua.")
    assert shared_runs([copied], sentences(BASE), 10)[0].other is copied
    assert shared_runs([copied], sentences(BASE), 14) == []
