"""Label Studio's JSON: a list of tasks, each with the annotations people made.

A project that labels both parts has this interface (`hoptac data convert … -o tasks.json` writes tasks for it):

    <View>
      <Labels name="participants" toName="text"><Label value="PER"/><Label value="ORG"/><Label value="GPE"/></Labels>
      <Text name="text" value="$text"/>
      <Choices name="topics" toName="text" choice="multiple"><Choice value="cybercrime"/> … </Choices>
    </View>
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from .labels import TOPICS, TYPES
from .schema import DataError, Sentence, checked_sentences

_LABELLED = "hoptac_labelled"
_PRELABELLED = "prelabelled"


def write_label_studio(file: TextIO, sentences: Iterable[Sentence]) -> None:
    """Write tasks, one per line of a JSON list.

    A sentence of which nothing is labelled becomes a task without annotation, to be annotated. Labels that a checkpoint gave
    (`hoptac data suggest --prelabel` marks them) become a prediction of the task, which annotators start from.

    Raises:
        ValueError: for a field of a sentence whose name is needed here.
    """
    file.write("[")
    for number, sentence in enumerate(sentences):
        file.write(",\n" if number else "\n")
        file.write(json.dumps(_task(sentence), ensure_ascii=False))
    file.write("\n]\n")


def _task(sentence: Sentence) -> dict[str, Any]:
    record = sentence.to_dict()
    data = {name: value for name, value in record.items() if name not in ("topics", "participants")}
    if _LABELLED in data:
        raise ValueError(f"{sentence.id}: {_LABELLED}: this name is needed for other things")
    labelled = [name for name in ("topics", "participants") if name in record]
    if not labelled:
        return {"data": data}
    result: list[dict[str, Any]] = [
        {
            "id": f"p{number}",
            "from_name": "participants",
            "to_name": "text",
            "type": "labels",
            "value": {"start": p.start, "end": p.end, "text": p.text, "labels": [p.type]},
        }
        for number, p in enumerate(sentence.participants or ())
    ]
    if sentence.topics:
        choices = {"choices": list(sentence.topics)}
        result.append({"id": "topics", "from_name": "topics", "to_name": "text", "type": "choices", "value": choices})
    if _PRELABELLED in data:
        return {"data": data, "predictions": [{"model_version": str(data[_PRELABELLED]), "result": result}]}
    # An empty result says "none" of what was asked for; what that was stands beside the text.
    data[_LABELLED] = labelled
    return {"data": data, "annotations": [{"result": result}]}


def read_label_studio(
    path: str | os.PathLike[str], topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES
) -> list[Sentence]:
    """Sentences of a JSON export (the format called JSON, not JSON-MIN).

    A task that nobody annotated is a sentence without labels, whatever was predicted for it. In a file whose annotations never mark
    a participant, participants are unlabelled, and so with topics: such a project did not ask for them. One that several people annotated is refused: export
    each annotator's work by itself and compare the files with `hoptac data agreement`.

    Raises:
        DataError: naming file and task of every problem.
    """
    name = os.fspath(path)
    try:
        with open(path, encoding="utf-8-sig") as file:
            tasks = json.load(file)
    except UnicodeDecodeError as error:
        raise DataError([f"{name}: not UTF-8: {error.reason}"]) from None
    except json.JSONDecodeError as error:
        raise DataError([f"{name}:{error.lineno}: not JSON: {error.msg} at column {error.colno}"]) from None
    except RecursionError:
        raise DataError([f"{name}: not JSON: nested too deeply"]) from None
    if not isinstance(tasks, list):
        raise DataError([f"{name}: a list of tasks was expected, as the export named JSON gives"])
    asked = {part for task in tasks for annotation in _annotations(task) for part in _parts(annotation.get("result"))}
    records = ((f"{name}: task {number}", (number, task)) for number, task in enumerate(tasks, 1))
    return checked_sentences(records, [], topics, types, lambda record: _record(record[0], record[1], asked))


def _annotations(task: Any) -> list[dict[str, Any]]:
    """What people submitted; an empty list for what is no task."""
    found = task.get("annotations") if isinstance(task, dict) else None
    return [a for a in found if isinstance(a, dict) and not a.get("was_cancelled")] if isinstance(found, list) else []


def _parts(result: Any) -> set[str]:
    values = [region.get("value") for region in result if isinstance(region, dict)] if isinstance(result, list) else []
    kinds = {"choices": "topics", "labels": "participants"}
    return {part for value in values if isinstance(value, dict) for kind, part in kinds.items() if kind in value}


def _record(number: int, task: Any, asked: set[str]) -> dict[str, Any]:
    if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
        raise ValueError("an object with `data` was expected")
    record = dict(task["data"])
    text = record.get("text")
    if not isinstance(text, str):
        raise ValueError("data.text: a string was expected")
    record["id"] = str(record.get("id", task.get("id", number)))
    labelled = record.pop(_LABELLED, None)
    annotations = task.get("annotations") or []
    if not isinstance(annotations, list) or not all(isinstance(a, dict) for a in annotations):
        raise ValueError("annotations: a list of objects was expected")
    done = _annotations(task)
    if len(done) > 1:
        raise ValueError(f"annotations: {len(done)} people annotated it; export each one's work by itself")
    for annotation in done:
        record.pop(_PRELABELLED, None)  # a person has been there since
        topics, participants = _labels(annotation.get("result"), text)
        wanted = asked if labelled is None else {*labelled, *_parts(annotation["result"])}
        if "topics" in wanted:
            record["topics"] = topics
        if "participants" in wanted:
            record["participants"] = participants
    return record


def _labels(result: Any, text: str) -> tuple[list[str], list[dict[str, Any]]]:
    topics: list[str] = []
    participants: list[dict[str, Any]] = []
    if not isinstance(result, list):
        raise ValueError("result: a list was expected")
    for index, region in enumerate(result):
        where = f"result[{index}]"
        value = region.get("value") if isinstance(region, dict) else None
        if not isinstance(value, dict):
            raise ValueError(f"{where}: an object with a `value` was expected")
        if isinstance(value.get("choices"), list):
            topics += value["choices"]
        elif isinstance(value.get("labels"), list):
            participants.append(_span(value, text, where))
        else:
            raise ValueError(f"{where}: neither `labels` nor `choices`: {region.get('type')!r} regions have no place here")
    return topics, participants


def _span(value: dict[str, Any], text: str, where: str) -> dict[str, Any]:
    labels, start, end = value["labels"], value.get("start"), value.get("end")
    if len(labels) != 1:
        raise ValueError(f"{where}: one label was expected, not {labels!r}")
    if not isinstance(start, int) or not isinstance(end, int):
        raise ValueError(f"{where}: start and end: integers were expected")
    marked = value.get("text")
    if marked is not None and text[start:end] != marked:
        # Old releases count UTF-16 units, as browsers do; beyond a rare sign they differ from characters.
        start, end = (_characters(text, units) for units in (start, end))
        if text[start:end] != marked:
            raise ValueError(f"{where}: {marked!r} does not stand at {value['start']}-{value['end']} of the text")
    return {"start": start, "end": end, "type": labels[0]}


def _characters(text: str, units: int) -> int:
    """The number of characters in the first `units` UTF-16 code units of `text`."""
    return len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore"))
