"""Marks that deserve a second look: patterns that the guidelines rarely allow.

A finding is a question to the annotator, not an error; `hoptac data review` prints them, and a corpus may keep some.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from rich.table import Table

from .labels import TOPICS
from .schema import Participant, Sentence

_TITLES = (
    "ông bà anh chị em cụ ngài đồng chí tổng thống chủ tịch thủ tướng bộ trưởng thứ trưởng đại sứ ngoại trưởng đại tướng "
    "thượng tướng trung tướng thiếu tướng đại tá trung tá tướng giáo sư tiến sĩ phó"
)
_STARTS_WITH_TITLE = re.compile(rf"(?:{'|'.join(_TITLES.split())})\s")
_SURROUNDED = re.compile(r"^[\s\"'“”‘’(),.;:/\-–—]|[\s\"'“”‘’(,;:/\-–—]$")
_PLACE_BEFORE = re.compile(r"(?:^|\s)(?:tại|ở)\s+$", re.IGNORECASE)
_COUNTRIES = re.compile(
    r"(?<![\w])(?:Việt Nam|Hoa Kỳ|Mỹ|Trung Quốc|Nhật Bản|Hàn Quốc|Triều Tiên|Lào|Campuchia|Thái Lan|Singapore|Malaysia|"
    r"Indonesia|Philippines|Myanmar|Ấn Độ|Nga|Ukraine|Pháp|Đức|Ý|Italia|Tây Ban Nha|Hà Lan|Ba Lan|Úc|Australia|"
    r"New Zealand|Canada|Mexico|Brazil|Cuba|Iran|Israel|Ai Cập|Ả Rập Xê Út|Thổ Nhĩ Kỳ|ASEAN|Liên hợp quốc|EU|NATO)(?![\w])"
)
_PART_OF_NAME = re.compile(r"(?:tiếng|bán đảo|vịnh|biển|Công ước|Luật|Hiến chương|quốc lộ|đồng|USD)\s+$", re.IGNORECASE)
_FOREIGN_OCEAN = re.compile(r"Ấn Độ\s*[-–]\s*Thái Bình Dương|Ấn Độ Dương")


def review(sentences: Iterable[Sentence]) -> Iterator[str]:
    """Findings as `id: what to look at: the span with its surroundings`."""
    for sentence in sentences:
        for participant in sentence.participants or ():
            for question in _questions(sentence, participant):
                yield f"{sentence.id}: {question}: {_context(sentence.text, participant.start, participant.end)}"
        if sentence.participants is not None and sentence.kind != "boilerplate":
            yield from _unmarked(sentence)
        if sentence.kind == "boilerplate" and (sentence.topics or sentence.participants):
            yield f"{sentence.id}: boilerplate has neither topics nor participants"


def _questions(sentence: Sentence, participant: Participant) -> Iterator[str]:
    before = sentence.text[: participant.start]
    after = sentence.text[participant.end :]
    if _SURROUNDED.search(participant.text):
        yield "punctuation at the edge of the span"
    if participant.type == "PER" and _STARTS_WITH_TITLE.match(participant.text.lower()):
        yield "a title inside a person's span"
    if participant.type == "GPE" and _PLACE_BEFORE.search(before):
        yield "a country after 'tại' or 'ở' is a place, unless it is visited"
    if before[-1:].isalnum() or after[:1].isalnum():
        yield "the span cuts a word"
    if re.search(r"\stại\s", participant.text):
        yield "a name stops before 'tại'"
    if participant.type == "GPE" and " - " in participant.text:
        yield "two names joined by a dash are two spans"


def _unmarked(sentence: Sentence) -> Iterator[str]:
    covered = [(p.start, p.end) for p in sentence.participants or ()]
    covered += [match.span() for match in _FOREIGN_OCEAN.finditer(sentence.text)]
    for match in _COUNTRIES.finditer(sentence.text):
        before = sentence.text[: match.start()]
        if any(start <= match.start() and match.end() <= end for start, end in covered):
            continue
        if not _PLACE_BEFORE.search(before) and not _PART_OF_NAME.search(before):
            yield f"{sentence.id}: not marked, only a place? {_context(sentence.text, match.start(), match.end())}"


def _context(text: str, start: int, end: int, width: int = 25) -> str:
    return f"…{text[max(0, start - width) : start]}⟦{text[start:end]}⟧{text[end : end + width]}…"


def count_labels(sentences: Iterable[Sentence]) -> dict[str, Counter[str]]:
    """Counts of sentences by topic, of participants by type, and of the kinds of sentence the corpus plan asks for.

    >>> count_labels([Sentence("1", "Lào", ("trade",))])["topics"]
    Counter({'trade': 1})
    """
    counts: dict[str, Counter[str]] = {"topics": Counter(), "types": Counter(), "sentences": Counter()}
    for sentence in sentences:
        counts["topics"].update(sentence.topics or ())
        counts["types"].update(p.type for p in sentence.participants or ())
        counts["sentences"]["all"] += 1
        counts["sentences"][f"kind {sentence.kind}"] += 1
        if sentence.topics is not None:
            counts["sentences"]["no topic"] += not sentence.topics
            counts["sentences"]["several topics"] += len(sentence.topics) > 1
        if "negative" in sentence.extra:
            counts["sentences"]["hard negative"] += 1
    return counts


def counts_table(sentences: Iterable[Sentence]) -> Table:
    """`count_labels` as a table."""
    table = Table("what", "label", "count")
    table.columns[2].justify = "right"
    for what, counter in count_labels(sentences).items():
        order = sorted(counter, key=TOPICS.index) if what == "topics" else list(counter)
        for label in order:
            table.add_row(what, label, str(counter[label]))
        table.add_section()
    return table
