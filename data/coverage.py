"""What a set of sentences covers, and whether that is what its plan asks for.

A plan is a JSON object of measures and bounds, `{"sentences": 6000, "share old tone marks": [0.02, 0.2]}`: a number is a
minimum, a pair is a range. `corpus/plan.json` is the shipped corpus's own. What a sentence tells of (a meeting, an agreement …)
and whether a country is only a place are found by words, so those counts are estimates.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from .labels import TOPICS, TYPES, sort_topics
from .schema import DataError, Sentence

Plan = Mapping[str, float | Sequence[float]]
COUNTRIES_FILE = Path(__file__).parent / "countries.json"
CORPUS_PLAN = Path(__file__).parent / "corpus" / "plan.json"

_ACTS = {
    "meeting": "hội đàm|tiếp|gặp|hội nghị|hội thảo|đối thoại|cuộc họp|phiên họp|họp|thăm|điện đàm|tham vấn|diễn đàn|tọa đàm|trao đổi|thảo luận",
    "agreement": "ký|thỏa thuận|hiệp định|nghị định thư|biên bản ghi nhớ|bản ghi nhớ|nhất trí|phê chuẩn|công ước|thống nhất|hợp đồng",
    "request": "đề nghị|yêu cầu|kêu gọi|đề xuất|mong muốn|nhờ|xin|hối thúc|khuyến nghị|đòi",
    "position": "khẳng định|tuyên bố|cho rằng|ủng hộ|lập trường|phản đối|bác bỏ|bày tỏ|nhấn mạnh|quan điểm|coi trọng|cam kết",
    "programme": "dự án|chương trình|khóa|tập huấn|đào tạo|viện trợ|tài trợ|hỗ trợ|tặng|diễn tập|tập trận|chuyên án|chiến dịch|đề án",
    "statistics": r"\d[\d.,]*\s*(?:%|tỷ|triệu|vụ|người|nạn nhân|bộ|hài cốt|trường hợp|kg|tấn|ha|lượt|đối tượng|công dân|tàu)",
    "incident": "bắt giữ|bắt|phát hiện|tấn công|xảy ra|thu giữ|chặn|va chạm|mắc cạn|nổ|đột kích|giải cứu|triệt phá|xâm nhập|tịch thu|đâm",
    "hand-over": "bàn giao|trao trả|trao lại|tiếp nhận|hồi hương|dẫn độ|chuyển giao|đưa về nước|về nước|trục xuất|trao",
    "plan": "sẽ|dự kiến|kế hoạch|lộ trình|chuẩn bị|sắp|xem xét|hướng tới|mục tiêu|từ nay đến",
    "criticism": "chỉ trích|cáo buộc|lên án|phản đối|quan ngại|lo ngại|tố|chậm trễ|vi phạm|trái phép|thiếu|cảnh báo|phàn nàn|trừng phạt",
}
ACTS: tuple[str, ...] = tuple(_ACTS)
"""What a sentence may tell of."""
_ACT_PATTERNS = {act: re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for act, words in _ACTS.items()}

_OLD_TONE = re.compile(r"(?<![Qq])(?:[oO][àáảãạ]|[oO][èéẻẽẹ]|[uU][ỳýỷỹỵ])(?!\w)")
ORTHOGRAPHY: dict[str, Callable[[Sentence], bool]] = {
    "old tone marks": lambda s: bool(_OLD_TONE.search(s.text)),
    "dashes with spaces": lambda s: bool(re.search(r"\s[-–—]\s", s.text)),
    "dashes without spaces": lambda s: bool(re.search(r"\w[-–—]\w", s.text)),
    "quotes": lambda s: bool(re.search("[\"“”'‘’«»]", s.text)),
    "brackets": lambda s: "(" in s.text,
    "upper case": lambda s: s.text.isupper(),
    "foreign words": lambda s: bool(re.search(r"\b\w*[fjwzFJWZ]\w*[a-z]\w*\b", s.text)),
    "no diacritics": lambda s: s.text.isascii(),
    "typing errors, as marked": lambda s: s.extra.get("noise") == "typo",
}


@cache
def country_codes() -> Mapping[str, str]:
    """ISO 3166-1 alpha-3 code by spelling, all in one case and without tone placement, from `countries.json`.

    >>> country_codes()[fold("Hoa Kỳ")] == country_codes()[fold("MỸ")] == "USA"
    True
    """
    return {fold(spelling): code for code, spellings in countries().items() for spelling in spellings}


@cache
def countries() -> Mapping[str, Sequence[str]]:
    """The spellings of each country by its ISO 3166-1 alpha-3 code."""
    return json.loads(COUNTRIES_FILE.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def fold(name: str) -> str:
    """A spelling without case, doubled spaces and the place of tone marks.

    >>> fold("THUỴ SĨ") == fold("Thụy Sĩ")
    True
    """
    marks = unicodedata.normalize("NFD", " ".join(name.casefold().split()))
    tones = "".join(c for c in marks if c in "\u0300\u0301\u0303\u0309\u0323")
    return unicodedata.normalize("NFC", "".join(c for c in marks if c not in tones)) + tones


def partners(sentence: Sentence) -> set[str]:
    """The states and bodies that take part, Vietnam left out: country codes, and names of organisations that are one word."""
    codes = country_codes()
    found = {codes.get(fold(p.text), p.text) for p in sentence.participants or () if p.type == "GPE"}
    found |= {p.text for p in sentence.participants or () if p.type == "ORG" and p.text.isupper() and " " not in p.text}
    return found - {"VNM"}


def acts(sentence: Sentence) -> set[str]:
    """What the sentence tells of, by its words.

    >>> sorted(acts(Sentence("1", "Hai bên ký bản ghi nhớ tại hội nghị.")))
    ['agreement', 'meeting']
    """
    return {act for act, pattern in _ACT_PATTERNS.items() if pattern.search(sentence.text)}


def registers(sentence: Sentence) -> set[str]:
    """The kind of text the sentence belongs to, as its field `register` says; empty without one."""
    register = sentence.extra.get("register")
    return {register} if isinstance(register, str) else set()


@cache
def _spelled_countries() -> re.Pattern[str]:
    names = sorted((name for names in countries().values() for name in names if len(name) > 3), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")


def only_places(sentence: Sentence) -> bool:
    """Whether the sentence names countries outside all participants, and no country takes part.

    >>> only_places(Sentence("1", "Vụ cháy ở Thái Lan làm ba người bị thương.", (), ()))
    True
    """
    if sentence.participants is None or any(p.type == "GPE" for p in sentence.participants):
        return False
    spans = [(p.start, p.end) for p in sentence.participants]
    places = [match.span() for match in _spelled_countries().finditer(sentence.text)]
    return any(not any(start < right and left < end for start, end in spans) for left, right in places)


def measures(sentences: Iterable[Sentence]) -> dict[str, float]:
    """All that a plan can ask for, by name.

    Counts of sentences, writers, topics, types and different names; `share …` of sentences between 0 and 1; for each topic how many
    different partners, acts (each in five sentences or more) and registers it comes with.

    >>> measures([Sentence("1", "Lào", ("trade",), ())])["topic trade"]
    1
    """
    sentences = list(sentences)
    labelled = [s for s in sentences if s.topics is not None]
    none = [s for s in labelled if not s.topics]
    counts: dict[str, float] = {
        "sentences": len(sentences),
        "writers": len({s.writer for s in sentences if s.writer}),
        "registers": len({register for s in sentences for register in registers(s)}),
        "shortest, syllables": min((len(s.text.split()) for s in sentences), default=0),
        "longest, syllables": max((len(s.text.split()) for s in sentences), default=0),
        "several topics": sum(len(s.topics or ()) > 1 for s in labelled),
        "no topic": len(none),
        "hard negatives": sum("negative" in s.extra for s in none),
        "countries only as places": sum(map(only_places, sentences)),
    }
    total = max(len(labelled), 1)
    counts |= {f"kind {kind}": count for kind, count in sorted(Counter(s.kind for s in sentences).items())}
    counts["share several topics"] = counts["several topics"] / total
    counts["share no topic"] = counts["no topic"] / total
    counts["share hard negatives of no topic"] = counts["hard negatives"] / max(len(none), 1)
    for name, holds in ORTHOGRAPHY.items():
        counts[f"share {name}"] = sum(map(holds, sentences)) / max(len(sentences), 1)
    by_topic = Counter(topic for s in labelled for topic in s.topics or ())
    for topic in in_order(by_topic, TOPICS):
        own = [s for s in labelled if topic in (s.topics or ())]
        per_act = Counter(act for s in own for act in acts(s))
        counts[f"topic {topic}"] = by_topic[topic]
        counts[f"partners, {topic}"] = len({partner for s in own for partner in partners(s)})
        counts[f"acts, {topic}"] = sum(count >= 5 for count in per_act.values())
        counts[f"registers, {topic}"] = len({register for s in own for register in registers(s)})
    spans = [p for s in sentences for p in s.participants or ()]
    for kind in in_order({p.type for p in spans}, TYPES):
        names = [p.text for p in spans if p.type == kind]
        counts[f"type {kind}"] = len(names)
        counts[f"different names, {kind}"] = len({fold(name) for name in names})
    known = [country_codes().get(fold(p.text)) for p in spans if p.type == "GPE"]
    counts["countries"] = len(set(known) - {None})
    return counts


def in_order(labels: Iterable[str], order: Sequence[str]) -> list[str]:
    """Labels in the order of the package's own, others after them."""
    labels = set(labels)
    return [*sort_topics(labels.intersection(order), order), *sorted(labels.difference(order))]


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """A plan from a JSON file.

    Raises:
        DataError: naming the file and the entry that is no number and no pair of numbers.
    """
    name = os.fspath(path)
    try:
        with open(path, encoding="utf-8") as file:
            plan = json.load(file)
    except ValueError as error:
        raise DataError([f"{name}: not JSON: {error}"]) from None
    if not isinstance(plan, dict):
        raise DataError([f"{name}: an object of measures and bounds was expected"])
    if problems := [
        f"{name}: {entry}: {bound!r} is neither a number nor a pair" for entry, bound in plan.items() if not _is_bound(bound)
    ]:
        raise DataError(problems)
    return plan


def _is_bound(bound: Any) -> bool:
    numbers = bound if isinstance(bound, list) and len(bound) == 2 else [bound]
    return all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers)


def shortfalls(found: Mapping[str, float], plan: Plan) -> list[str]:
    """Where the measures do not keep to the plan; a measure that the sentences do not have counts as 0.

    >>> shortfalls({"sentences": 3}, {"sentences": 4, "topic trade": 1})
    ['sentences: 3, at least 4 planned', 'topic trade: 0, at least 1 planned']
    """
    missed = []
    for name, bound in plan.items():
        least, most = bound if isinstance(bound, Sequence) else (bound, float("inf"))
        if not least <= found.get(name, 0) <= most:
            planned = f"at least {least:g}" if most == float("inf") else f"{least:g} to {most:g}"
            missed.append(f"{name}: {found.get(name, 0):.4g}, {planned} planned")
    return missed
