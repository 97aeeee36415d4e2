"""One annotated sentence, and JSON Lines in and out.

The format is one JSON object per line, UTF-8, Unicode NFC:
`{"id": "a01-003", "doc": "a01", "kind": "body", "text": "…", "topics": ["trade"], "participants": [{"start": 4, "end": 15, "type": "GPE"}]}`
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

from .labels import TOPICS, TYPES, sort_topics

_SURROGATE = re.compile("[\ud800-\udfff]")
KINDS: tuple[str, ...] = ("body", "headline", "caption", "boilerplate")


class DataError(ValueError):
    """Data that cannot be used; the message names the file, the line and the field of each problem."""

    def __init__(self, problems: Sequence[str], shown: int = 20) -> None:
        self.problems = tuple(problems)
        self.shown = shown
        more = len(self.problems) - shown
        super().__init__("\n".join([*self.problems[:shown], *([f"… and {more} more"] if more > 0 else [])]))

    def __reduce__(self) -> tuple[type[DataError], tuple[tuple[str, ...], int]]:
        # Exceptions are pickled by their message, which is not what makes this one.
        return DataError, (self.problems, self.shown)


@dataclass(frozen=True, slots=True)
class Participant:
    """A person, organisation or country that takes part, as a half-open character span.

    >>> Participant("Lào", 4, 7, "GPE").to_dict()
    {'text': 'Lào', 'start': 4, 'end': 7, 'type': 'GPE', 'score': 1.0}
    """

    text: str
    start: int
    end: int
    type: str
    score: float = 1.0
    """Probability of the span's least certain word; 1.0 when a person labelled it."""

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "start": self.start, "end": self.end, "type": self.type, "score": self.score}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with what is known about it.

    `topics` or `participants` may be None: not labelled, which is not the same as none. `from_dict` checks the format.
    """

    id: str
    text: str
    topics: tuple[str, ...] | None = None
    participants: tuple[Participant, ...] | None = None
    doc: str = ""
    kind: str = "body"
    writer: str = ""
    """Who wrote the sentence, if it was written for a corpus; splits keep a writer on one side."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Every other field of the record, kept as it was."""

    @classmethod
    def from_dict(cls, record: Any, topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES) -> Sentence:
        """A checked sentence from a JSON object.

        Args:
            topics, types: the labels that are allowed; None allows any.

        >>> Sentence.from_dict({"id": "1", "text": "thăm Lào", "participants": [{"start": 5, "end": 8, "type": "GPE"}]}).participants[0].text
        'Lào'

        Raises:
            ValueError: naming the field that is wrong.
        """
        if not isinstance(record, dict):
            raise ValueError(f"a JSON object was expected, not {type(record).__name__}")
        known = {"id", "text", "topics", "participants", "doc", "kind", "writer"}
        for name in ("id", "text"):
            if name not in record:
                raise ValueError(f"{name}: missing")
        for name in known - {"topics", "participants"}:
            if not isinstance(record.get(name, ""), str):
                raise ValueError(f"{name}: a string was expected, not {record[name]!r}")
        text = record["text"]
        for name in ("id", "text"):
            if not record[name]:
                raise ValueError(f"{name}: empty")
        if _SURROGATE.search(text):
            raise ValueError("text: holds half of a surrogate pair, which no file in UTF-8 can")
        if not unicodedata.is_normalized("NFC", text):
            raise ValueError("text: not in Unicode NFC")
        if record.get("kind", "body") not in KINDS:
            raise ValueError(f"kind: unknown kind {record['kind']!r}; known are {', '.join(KINDS)}")
        return cls(
            id=record["id"],
            text=text,
            topics=_read_topics(record.get("topics"), topics),
            participants=_read_participants(record.get("participants"), text, types),
            doc=record.get("doc", ""),
            kind=record.get("kind", "body"),
            writer=record.get("writer", ""),
            extra={name: value for name, value in record.items() if name not in known},
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the format; unlabelled fields and empty extras are left out."""
        record: dict[str, Any] = {"id": self.id}
        if self.doc:
            record["doc"] = self.doc
        record |= {"kind": self.kind, "text": self.text}
        if self.topics is not None:
            record["topics"] = list(self.topics)
        if self.participants is not None:
            record["participants"] = [{"start": p.start, "end": p.end, "type": p.type} for p in self.participants]
        if self.writer:
            record["writer"] = self.writer
        return record | dict(self.extra)


def _read_topics(value: Any, known: Sequence[str] | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(topic, str) for topic in value):
        raise ValueError(f"topics: a list of strings was expected, not {value!r}")
    if len(set(value)) < len(value):
        raise ValueError(f"topics: a topic stands twice in {value!r}")
    if known is None:
        return tuple(_labels_only(value, "topics"))
    try:
        return sort_topics(value, known)
    except ValueError as error:
        raise ValueError(f"topics: {error}") from None


def _labels_only(labels: Sequence[Any], where: str) -> Sequence[str]:
    """The labels, where any non-empty string is one."""
    for label in labels:
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f"{where}: a label was expected, not {label!r}")
    return labels


def _read_participants(value: Any, text: str, types: Sequence[str] | None) -> tuple[Participant, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise ValueError(f"participants: a list was expected, not {value!r}")
    participants = sorted((_read_participant(item, i, text, types) for i, item in enumerate(value)), key=lambda p: p.start)
    for left, right in pairwise(participants):
        if right.start < left.end:
            raise ValueError(
                f"participants: {left.text!r} ({left.start}-{left.end}) and {right.text!r} ({right.start}-{right.end}) overlap"
            )
    return tuple(participants)


def _read_participant(item: Any, index: int, text: str, types: Sequence[str] | None) -> Participant:
    where = f"participants[{index}]"
    if not isinstance(item, dict):
        raise ValueError(f"{where}: an object was expected, not {item!r}")
    for name in ("start", "end", "type"):
        if name not in item:
            raise ValueError(f"{where}.{name}: missing")
    start, end, kind = item["start"], item["end"], item["type"]
    for name, offset in (("start", start), ("end", end)):
        if not isinstance(offset, int) or isinstance(offset, bool):
            raise ValueError(f"{where}.{name}: an integer was expected, not {offset!r}")
    if types is None:
        _labels_only([kind], f"{where}.type")
    elif kind not in types:
        raise ValueError(f"{where}.type: unknown type {kind!r}; known are {', '.join(types)}")
    if not 0 <= start < end <= len(text):
        raise ValueError(f"{where}: span {start}-{end} does not lie inside the text of {len(text)} characters")
    span = text[start:end]
    if span != span.strip():
        raise ValueError(f"{where}: span {span!r} begins or ends with white space")
    if item.get("text", span) != span:
        raise ValueError(f"{where}.text: {item['text']!r} is not the text at {start}-{end}, {span!r}")
    score = item.get("score", 1.0)
    if not isinstance(score, int | float) or isinstance(score, bool) or not 0 <= score <= 1:
        raise ValueError(f"{where}.score: a probability was expected, not {score!r}")
    return Participant(span, start, end, kind, float(score))


def read_sentences(
    path: str | os.PathLike[str], topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES
) -> list[Sentence]:
    """All sentences of a JSON Lines file; blank lines are passed over.

    Raises:
        DataError: naming file, line and field of every problem.
        OSError: if the file cannot be read.
    """
    problems: list[str] = []
    name = os.fspath(path)
    records = ((f"{name}:{number}", record) for number, record in read_records(path, problems))
    return checked_sentences(records, problems, topics, types)


def checked_sentences(
    records: Iterable[tuple[str, Any]],
    problems: list[str],
    topics: Sequence[str] | None,
    types: Sequence[str] | None,
    convert: Callable[[Any], Any] = lambda record: record,
) -> list[Sentence]:
    """Sentences of all records, or every problem at once.

    Args:
        records: where each record stands, such as `file:line`, and the record.
        problems: what was wrong already; read after `records` is used up.
        topics, types: the labels that are allowed; None allows any.
        convert: makes the JSON object that `Sentence.from_dict` reads; a `DataError` of its names its own places.

    Raises:
        DataError: if there is any problem.
    """
    sentences: list[Sentence] = []
    first_seen: dict[str, str] = {}
    for place, record in records:
        try:
            sentence = Sentence.from_dict(convert(record), topics, types)
            if sentence.id in first_seen:
                raise ValueError(f"id: {sentence.id!r} stands at {first_seen[sentence.id]} already")
        except DataError as error:
            problems += error.problems
        except ValueError as error:
            problems.append(f"{place}: {error}")
        else:
            first_seen[sentence.id] = place
            sentences.append(sentence)
    if problems:
        raise DataError(problems)
    return sentences


def read_records(path: str | os.PathLike[str], problems: list[str] | None = None) -> Iterator[tuple[int, Any]]:
    """Line number and JSON value of each line that is not blank.

    Args:
        path: a JSON Lines file in UTF-8.
        problems: where lines that cannot be read are noted, as `file:line: what is wrong`; without it they raise.

    Raises:
        DataError: at the first line that is not UTF-8 or not JSON, if `problems` is None.
    """
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                value = parse_json(line)
            except ValueError as error:
                problem = f"{os.fspath(path)}:{number}: {error}"
                if problems is None:
                    raise DataError([problem]) from None
                problems.append(problem)
            else:
                yield number, value


def parse_json(line: bytes) -> Any:
    """The JSON value of a line in UTF-8.

    >>> parse_json(b'{"text": "a"}')
    {'text': 'a'}

    Raises:
        ValueError: saying at which byte it is no UTF-8, or at which column no JSON; `NaN` and `Infinity` are none.
    """
    try:
        return json.loads(line.decode("utf-8").rstrip(), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise ValueError(utf8_problem(error)) from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("not JSON: nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def shortened(value: Any, most: int = 80) -> str:
    """A value as Python writes it, for a message that names it, cut after `most` characters.

    >>> shortened([1, 2, 3], 4)
    '[1, …'
    """
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}…"


def utf8_problem(error: UnicodeDecodeError, of: str = "the line") -> str:
    """What is wrong with bytes that are no UTF-8, and where.

    Args:
        of: what the bytes are.

    >>> try:
    ...     b"caf\\xe9".decode()
    ... except UnicodeDecodeError as error:
    ...     utf8_problem(error)
    'not UTF-8: unexpected end of data at byte 3 of the line'
    """
    return f"not UTF-8: {error.reason} at byte {error.start} of {of}"


def fingerprint(sentences: Sequence[Sentence]) -> dict[str, Any]:
    """Count and SHA-256 of the sentences as JSON Lines.

    >>> fingerprint([])["sentences"]
    0
    """
    import hashlib  # loads OpenSSL, which those who only predict need not wait for

    text = "".join(json.dumps(s.to_dict(), ensure_ascii=False, sort_keys=True) + "\n" for s in sentences)
    return {"sentences": len(sentences), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def write_sentences(path: str | os.PathLike[str], sentences: Iterable[Sentence]) -> None:
    """Write JSON Lines; the file appears whole or not at all."""
    with whole_file(path) as file:
        write_lines(file, sentences)


def write_lines(file: TextIO, sentences: Iterable[Sentence]) -> None:
    """Write JSON Lines to an open file."""
    for sentence in sentences:
        file.write(json.dumps(sentence.to_dict(), ensure_ascii=False) + "\n")


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """A text file under a temporary name that takes its own name only when everything is written."""
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with open(target, "w", encoding="utf-8", newline="\n") as device:  # such as /dev/stdout
            yield device
        return
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{target.parent}: no such folder")
    import tempfile  # a fifth of the time that importing this package takes, for those who only read

    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", text=True)
    try:
        with open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            yield file
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
