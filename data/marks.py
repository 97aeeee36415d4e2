"""Marked text: the form in which people write and reread annotated sentences.

One sentence per line, three fields between bars: topics (or `-` for none), attributes (or `-`), and the text with its
participants in brackets:

    # writer: w03
    # register: wire
    trade,defense | headline | [GPE Lào] mua radar của [ORG Công ty Sao Bắc]
    - | negative=domestic | [ORG Công an tỉnh Lai Châu] bắt 3 người vận chuyển ma túy.

Attributes are a kind (`body` when none is given) and `name=value` pairs. `# name: value` lines hold for all lines below
them; other lines that begin with `#` are comments. A literal square bracket is written doubled: `[[` and `]]`.
`?` in the place of the topics says that they are not labelled.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from .labels import TOPICS, TYPES
from .schema import KINDS, DataError, Sentence

_HEADER = re.compile(r"#\s*([a-z_]+):\s*(.*)")
_TOKEN = re.compile(r"\[\[|\]\]|\[([A-Z][A-Za-z_]*) |\[|\]")


def read_marks(path: str | os.PathLike[str], topics: Sequence[str] = TOPICS, types: Sequence[str] = TYPES) -> list[Sentence]:
    """Sentences of a file of marked text.

    Raises:
        DataError: naming file and line of every problem.
    """
    with open(path, encoding="utf-8") as file:
        return parse_marks(file, os.fspath(path), topics, types)


def parse_marks(
    lines: Iterable[str], name: str = "<marks>", topics: Sequence[str] = TOPICS, types: Sequence[str] = TYPES
) -> list[Sentence]:
    """Sentences of lines of marked text; ids are the writer (or file) and a running number.

    >>> [s.text for s in parse_marks(["trade | - | [GPE Lào] bán điện."])]
    ['Lào bán điện.']
    """
    header: dict[str, str] = {}
    sentences: list[Sentence] = []
    problems: list[str] = []
    first_seen: dict[str, int] = {}
    for number, raw in enumerate(lines, 1):
        line = unicodedata.normalize("NFC", raw.strip().lstrip("\ufeff"))
        if line.startswith("#"):
            if match := _HEADER.fullmatch(line):
                header[match[1]] = match[2].strip()
            continue
        if not line:
            continue
        try:
            record = _parse_line(line, header)
            writer = record.get("writer") or os.path.splitext(os.path.basename(name))[0]
            record.setdefault("doc", writer)
            record["id"] = f"{writer}-{len(sentences) + 1:04d}"
            sentence = Sentence.from_dict(record, topics, types)
        except ValueError as error:
            problems.append(f"{name}:{number}: {error}")
            continue
        if sentence.text in first_seen:
            problems.append(f"{name}:{number}: text: the same sentence stands on line {first_seen[sentence.text]}")
        first_seen.setdefault(sentence.text, number)
        sentences.append(sentence)
    if problems:
        raise DataError(problems)
    return sentences


def _parse_line(line: str, header: dict[str, str]) -> dict[str, Any]:
    fields = [field.strip() for field in line.split("|", 2)]
    if len(fields) < 3:
        raise ValueError("three fields separated by | were expected: topics | attributes | marked text")
    record: dict[str, Any] = dict(header)
    if fields[0] != "?":
        record["topics"] = [] if fields[0] == "-" else [topic.strip() for topic in fields[0].split(",")]
    for attribute in fields[1].replace(",", " ").split():
        name, equals, value = attribute.partition("=")
        if equals:
            record[name] = value
        elif name in KINDS:
            record["kind"] = name
        elif name != "-":
            raise ValueError(f"attributes: {name!r} is neither a kind ({', '.join(KINDS)}) nor name=value")
    record["text"], record["participants"] = parse_marked_text(fields[2])
    if not record["text"]:
        raise ValueError("text: empty")
    return record


def parse_marked_text(marked: str) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and participants of one marked sentence.

    >>> parse_marked_text("thăm [GPE Lào]")
    ('thăm Lào', [{'start': 5, 'end': 8, 'type': 'GPE'}])

    Raises:
        ValueError: for a bracket that is not closed, not opened, nested, empty or without a type.
    """
    text: list[str] = []
    participants: list[dict[str, Any]] = []
    length = position = 0
    opened: tuple[int, str] | None = None
    for match in _TOKEN.finditer(marked):
        plain = marked[position : match.start()]
        position = match.end()
        length += len(plain)
        text.append(plain)
        if match[0] in ("[[", "]]"):
            text.append(match[0][0])
            length += 1
        elif match[1]:
            if opened:
                raise ValueError(f"text: a mark opens inside another one at {marked[match.start() : match.start() + 20]!r}")
            opened = (length, match[1])
        elif match[0] == "[":
            raise ValueError(f"text: a bracket without a type at {marked[match.start() : match.start() + 20]!r}")
        else:
            if not opened:
                raise ValueError(f"text: a bracket closes nothing before {marked[match.end() : match.end() + 20]!r}")
            if opened[0] == length:
                raise ValueError(f"text: an empty mark before {marked[match.end() : match.end() + 20]!r}")
            participants.append({"start": opened[0], "end": length, "type": opened[1]})
            opened = None
    if opened:
        raise ValueError(f"text: the mark of type {opened[1]} is never closed")
    text.append(marked[position:])
    return "".join(text), participants


def render_marks(sentences: Iterable[Sentence]) -> str:
    """Marked text of `sentences`, as `parse_marks` reads it.

    >>> print(render_marks(parse_marks(["trade | headline | [GPE Lào] bán điện"])), end="")
    trade | headline | [GPE Lào] bán điện
    """
    lines = []
    written: dict[str, str] = {}
    for sentence in sentences:
        for name in ("writer", "register"):
            value = sentence.writer if name == "writer" else str(sentence.extra.get(name, ""))
            if value and written.get(name) != value:
                lines.append(f"# {name}: {value}")
                written[name] = value
        topics = "?" if sentence.topics is None else ",".join(sentence.topics) or "-"
        attributes = [sentence.kind] if sentence.kind != "body" else []
        attributes += [f"{name}={value}" for name, value in sentence.extra.items() if name != "register"]
        lines.append(f"{topics} | {' '.join(attributes) or '-'} | {mark_text(sentence)}")
    return "".join(line + "\n" for line in lines)


def mark_text(sentence: Sentence) -> str:
    """The text of `sentence` with its participants in brackets."""
    parts = []
    position = 0
    for participant in sentence.participants or ():
        parts.append(_escape(sentence.text[position : participant.start]))
        parts.append(f"[{participant.type} {_escape(participant.text)}]")
        position = participant.end
    parts.append(_escape(sentence.text[position:]))
    return "".join(parts)


def _escape(text: str) -> str:
    return text.replace("[", "[[").replace("]", "]]")
