"""Marked text: the form in which people write and reread annotated sentences.

One sentence per line, three fields between bars: topics (or `-` for none), attributes (or `-`), and the text with its
participants in brackets:

    # writer: w03
    # register: wire
    trade,defense | headline | [GPE Lào] mua radar của [ORG Công ty Sao Bắc]
    - | negative=domestic | [ORG Công an tỉnh Lai Châu] bắt 3 người vận chuyển ma túy.

Attributes are a kind (`body` when none is given) and `name=value` pairs. `# name: value` lines hold for all lines below
them (an empty value ends that); other lines that begin with `#` are comments. A literal square bracket or backslash is written with
a backslash before it. `?` in the place of the topics says that they are not labelled. Sentences are numbered by writer unless they have an `id=`.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from .labels import TOPICS, TYPES
from .schema import KINDS, DataError, Sentence

_HEADER = re.compile(r"#\s*([a-z_]+):\s*(.*)")
_TOKEN = re.compile(r"\\([\[\]\\])|\[([A-Z][A-Za-z_]*) |\[|\]")
_TYPE = re.compile(r"[A-Z][A-Za-z_]*")
_VALUE = re.compile(r"[^\s,|]+")
_FIELDS = ("topics", "text", "participants")


def read_marks(
    path: str | os.PathLike[str], topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES
) -> list[Sentence]:
    """Sentences of a file of marked text.

    Raises:
        DataError: naming file and line of every problem.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return parse_marks(file, os.fspath(path), topics, types)
    except UnicodeDecodeError as error:
        raise DataError([f"{os.fspath(path)}: not UTF-8: {error.reason}"]) from None


def parse_marks(
    lines: Iterable[str], name: str = "<marks>", topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES
) -> list[Sentence]:
    """Sentences of lines of marked text; ids are the writer (or file) and a running number.

    >>> [s.text for s in parse_marks(["trade | - | [GPE Lào] bán điện."])]
    ['Lào bán điện.']
    """
    header: dict[str, str] = {}
    sentences: list[Sentence] = []
    problems: list[str] = []
    first_seen: dict[str, int] = {}
    ids: dict[str, int] = {}
    for number, raw in enumerate(lines, 1):
        line = unicodedata.normalize("NFC", raw.strip().lstrip("\ufeff"))
        if line.startswith("#"):
            if match := _HEADER.fullmatch(line):
                header[match[1]] = match[2].strip()
                header = {name: value for name, value in header.items() if value}
            continue
        if not line:
            continue
        try:
            record = _parse_line(line, header)
            writer = record.get("writer") or os.path.splitext(os.path.basename(name))[0]
            record.setdefault("doc", writer)
            record.setdefault("id", _numbered(writer, len(sentences)))
            sentence = Sentence.from_dict(record, topics, types)
            if sentence.id in ids:
                raise ValueError(f"id: {sentence.id!r} stands on line {ids[sentence.id]} already")
            ids[sentence.id] = number
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
            if not name or name in _FIELDS:
                raise ValueError(f"attributes: {attribute!r} is no attribute")
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
        if match[1]:
            text.append(match[1])
            length += 1
        elif match[2]:
            if opened:
                raise ValueError(f"text: a mark opens inside another one at {marked[match.start() : match.start() + 20]!r}")
            opened = (length, match[2])
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

    Raises:
        ValueError: naming the sentence that marked text cannot hold.
    """
    lines = []
    written: dict[str, str] = {}
    for number, sentence in enumerate(sentences):
        _check_can_be_marked(sentence)
        for name, value in (("writer", sentence.writer), ("register", str(sentence.extra.get("register", "")))):
            if written.get(name, "") != value:
                lines.append(f"# {name}: {value}".rstrip())
                written[name] = value
        attributes = [sentence.kind] if sentence.kind != "body" else []
        automatic = _numbered(sentence.writer or "<marks>", number)
        attributes += [f"id={sentence.id}"] if sentence.id != automatic else []
        own_doc = sentence.doc != sentence.writer or not sentence.writer
        attributes += [f"doc={sentence.doc}"] if own_doc and sentence.doc != "<marks>" else []
        attributes += [f"{name}={value}" for name, value in sentence.extra.items() if name != "register"]
        lines.append(f"{mark_topics(sentence)} | {' '.join(attributes) or '-'} | {mark_text(sentence)}")
    return "".join(line + "\n" for line in lines)


def write_marks(file: TextIO, sentences: Iterable[Sentence]) -> None:
    """Write `render_marks` to an open file."""
    file.write(render_marks(sentences))


def _numbered(writer: str, count: int) -> str:
    return f"{writer}-{count + 1:04d}"


def _check_can_be_marked(sentence: Sentence) -> None:
    if sentence.participants is None:
        raise ValueError(f"{sentence.id}: participants: not labelled, which marked text cannot say")
    if sentence.text != " ".join(sentence.text.splitlines()).strip():
        raise ValueError(f"{sentence.id}: text: marked text holds neither line breaks nor white space at the edges")
    if sentence.writer != sentence.writer.strip() or not sentence.writer.isprintable():
        raise ValueError(f"{sentence.id}: writer: {sentence.writer!r} is no name that marked text can hold")
    for label in sentence.topics or ():
        if not label.strip() or {",", "|", "\n"} & set(label) or label in ("-", "?"):
            raise ValueError(f"{sentence.id}: topics: {label!r} is no topic that marked text can hold")
    for p in sentence.participants:
        if not _TYPE.fullmatch(p.type):
            raise ValueError(f"{sentence.id}: participants: {p.type!r} is no type that marked text can hold")
    for name, value in {"id": sentence.id, "doc": sentence.doc or "-", **sentence.extra}.items():
        if not isinstance(value, str) or not _VALUE.fullmatch(value) or not _VALUE.fullmatch(name) or "=" in name:
            raise ValueError(f"{sentence.id}: {name}: {value!r} is no word that marked text can hold")


def mark_topics(sentence: Sentence) -> str:
    """The first field of a line of marked text: the topics, `-` for none, `?` for not labelled."""
    return "?" if sentence.topics is None else ",".join(sentence.topics) or "-"


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
    return re.sub(r"([\[\]\\])", r"\\\1", text)
