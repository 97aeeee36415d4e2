"""doccano's JSON Lines, as its projects export and import them.

| project | field | holds |
|---|---|---|
| sequence labelling | `label` (older: `labels`) or `entities` | participants: `[start, end, type]`, or objects with `start_offset`, `end_offset`, `label` |
| text classification | `label` | topics: strings |
| intent detection and slot filling | `cats` and `entities` | both |

The last kind of project labels both parts at once, so that is what is written. Other fields are doccano's metadata.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from .labels import TOPICS, TYPES
from .schema import Sentence, checked_sentences, read_records

_OURS = "hoptac_id"
_LABELS = ("label", "labels")
_NO_PLACE = ("Comments", "comments", "relations")


def write_doccano(file: TextIO, sentences: Iterable[Sentence]) -> None:
    """Write one object per line.

    Fields of the sentences become doccano's metadata. doccano numbers its examples itself, so a sentence's own id travels as `hoptac_id`.

    >>> import sys
    >>> write_doccano(sys.stdout, [Sentence("a1", "Lào", ("trade",), ())])
    {"hoptac_id": "a1", "kind": "body", "text": "Lào", "cats": ["trade"], "entities": []}
    """
    for sentence in sentences:
        for name in (_OURS, "cats", "entities", *_LABELS, *_NO_PLACE):
            if name in sentence.extra:
                raise ValueError(f"{sentence.id}: {name}: doccano needs this name for other things")
        record = {_OURS: sentence.id} | sentence.to_dict()
        del record["id"]
        if (topics := record.pop("topics", None)) is not None:
            record["cats"] = topics
        if (participants := record.pop("participants", None)) is not None:
            record["entities"] = [[p["start"], p["end"], p["type"]] for p in participants]
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def read_doccano(
    path: str | os.PathLike[str], topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES
) -> list[Sentence]:
    """Sentences of a doccano export; a part that its project did not ask for is unlabelled.

    Raises:
        DataError: naming file and line of every problem.
    """
    name = os.fspath(path)
    problems: list[str] = []
    lines = list(read_records(path, problems))
    asked = _asked([value for _, value in lines])
    records = ((f"{name}:{number}", (number, value)) for number, value in lines)
    return checked_sentences(records, problems, topics, types, lambda record: _record(record[0], record[1], asked))


def _asked(values: Iterable[Any]) -> str | None:
    """What the project's `label` lists hold, by those that are not empty."""
    for value in values:
        for field in _LABELS:
            if isinstance(value, dict) and isinstance(value.get(field), list) and value[field]:
                return "topics" if isinstance(value[field][0], str) else "participants"
    return None


def _record(number: int, value: Any, asked: str | None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object was expected, not {type(value).__name__}")
    record = {field: item for field, item in value.items() if item or field not in _NO_PLACE}
    for field in _NO_PLACE:
        if field in record:
            raise ValueError(f"{field}: hoptac has no place for these; take them out of the file first")
    record["id"] = str(record.pop(_OURS, record.pop("id", number)))
    if "cats" in record:
        record["topics"] = record.pop("cats")
    if "entities" in record:
        record["participants"] = _spans(record.pop("entities"), "entities")
    for field in _LABELS:
        if field not in record:
            continue
        labels = record.pop(field)
        if asked is None:
            raise ValueError(f"{field}: empty on every line; rename it to `cats` (topics) or `entities` (participants)")
        record[asked] = labels if asked == "topics" else _spans(labels, field)
    return record


def _spans(items: Any, field: str) -> list[dict[str, Any]]:
    if not isinstance(items, list):
        raise ValueError(f"{field}: a list was expected")
    spans = []
    for index, item in enumerate(items):
        if isinstance(item, dict):
            item = [item.get("start_offset"), item.get("end_offset"), item.get("label")]
        if not isinstance(item, list) or len(item) != 3:
            raise ValueError(f"{field}[{index}]: start, end and type were expected")
        spans.append(dict(zip(("start", "end", "type"), item, strict=True)))
    return spans
