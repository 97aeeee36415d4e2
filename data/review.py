"""Marks that deserve a second look: patterns that the guidelines rarely allow.

A finding is a question to the annotator, not an error; `hoptac data review` prints them, and a corpus may keep some.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .schema import DataError, Participant, Sentence, read_records

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


def contradictions(sentences: Iterable[Sentence], predictions: str | os.PathLike[str], certainty: float = 0.9) -> Iterator[str]:
    """Labels that confident predictions contradict, as questions.

    The predictions must come from checkpoints that did not learn from these sentences, as those of `hoptac train --folds` do;
    others repeat what they were taught.

    Args:
        predictions: JSON Lines with `id`, `scores` by topic, and `participants` with scores, as `hoptac predict` writes.
        certainty: a topic is contradicted if its probability is at least this, or at most 1 minus this; a participant that is
            not labelled if its score is at least this. A labelled one is asked for when nothing predicted touches it, or
            when what touches it is that certain.

    Raises:
        DataError: for a line that is no prediction, a prediction of another text, or if no sentence is predicted.
    """
    name = os.fspath(predictions)
    found: dict[str, dict[str, Any]] = {}
    for number, record in read_records(predictions):
        if not _is_prediction(record):
            raise DataError([f"{name}:{number}: `id`, `scores` by topic, and `participants` with their scores were expected"])
        found[record["id"]] = record
    predicted = [(sentence, found[sentence.id]) for sentence in sentences if sentence.id in found]
    if not predicted:
        raise DataError([f"{name}: predicts none of these sentences; ids are compared"])
    for sentence, prediction in predicted:
        if prediction.get("text", sentence.text) != sentence.text:
            raise DataError([f"{name}: {sentence.id}: text: differs from the sentence's"])
        if sentence.kind != "boilerplate":
            yield from _contradicted(sentence, prediction, certainty)


def _is_prediction(record: Any) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        return False
    scores, participants = record.get("scores"), record.get("participants")
    return (
        isinstance(scores, dict)
        and all(isinstance(score, int | float) for score in scores.values())
        and isinstance(participants, list)
        and all(isinstance(p, dict) and {"start", "end", "type", "score"} <= p.keys() for p in participants)
    )


def _contradicted(sentence: Sentence, prediction: dict[str, Any], certainty: float) -> Iterator[str]:
    for topic, score in prediction["scores"].items():
        if sentence.topics is None:
            break
        if topic not in sentence.topics and score >= certainty:
            yield f"{sentence.id}: {topic} is not labelled, yet has {score:.2f}: {sentence.text}"
        if topic in sentence.topics and score <= 1 - certainty:
            yield f"{sentence.id}: {topic} is labelled, yet has {score:.2f}: {sentence.text}"
    if sentence.participants is None:
        return
    gold = {(p.start, p.end, p.type) for p in sentence.participants}
    guesses = {(p["start"], p["end"], p["type"]): p["score"] for p in prediction["participants"]}
    for (start, end, kind), score in guesses.items():
        if (start, end, kind) not in gold and score >= certainty:
            yield f"{sentence.id}: {kind} is not labelled, yet has {score:.2f}: {_context(sentence.text, start, end)}"
    for start, end, kind in sorted(gold - guesses.keys()):
        touching = [score for (left, right, _), score in guesses.items() if left < end and start < right]
        if not touching or max(touching) >= certainty:
            yield f"{sentence.id}: {kind} is labelled, yet not found so: {_context(sentence.text, start, end)}"
