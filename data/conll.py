"""CoNLL columns: one token and its BIO tag per line, a blank line after each sentence.

What columns cannot say stands in comments above the tokens, as in CoNLL-U: `# id = …`, `# text = …`, `# topics = trade,defense`,
`# kind = headline` and so on. With them nothing is lost. Files without them are read too: the text is then the tokens
joined by single spaces, and topics are unlabelled.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TextIO

from .labels import TOPICS, TYPES, spans_to_tags, tags_to_spans
from .schema import DataError, Sentence, checked_sentences

_TOKEN = re.compile(r"\w+|[^\w\s]")
_COMMENT = re.compile(r"# ?([^\s=]+) = (.*)")
_LABEL = re.compile(r"(?!-$)[^\s,]+")
_STRINGS = ("id", "doc", "kind", "writer", "text")
_NOT_LABELLED = "not labelled"
_TAG = re.compile(r"O|[BI]-.+")


def write_conll(file: TextIO, sentences: Iterable[Sentence]) -> None:
    """Write `sentences`.

    >>> from hoptac.data.schema import Participant
    >>> import io
    >>> write_conll(file := io.StringIO(), [Sentence("1", "Lào.", ("trade",), (Participant("Lào", 0, 3, "GPE"),))])
    >>> file.getvalue().splitlines()
    ['# id = 1', '# kind = body', '# topics = trade', '# text = Lào.', 'Lào\\tB-GPE', '.\\tO', '']
    """
    for sentence in sentences:
        for label in [*(sentence.topics or ()), *(p.type for p in sentence.participants or ())]:
            if not _LABEL.fullmatch(label):
                raise ValueError(
                    f"{sentence.id}: {label!r} is no label that a CoNLL file can hold: a comma or white space is in it"
                )
        record = sentence.to_dict()
        record["topics"] = _NOT_LABELLED if sentence.topics is None else ",".join(sentence.topics) or "-"
        if sentence.participants is None:
            record["participants"] = _NOT_LABELLED
        else:
            del record["participants"]
        record["text"] = record.pop("text")  # last, above the tokens
        for name, value in record.items():
            file.write(f"# {name} = {_rendered(sentence.id, name, value)}\n")
        offsets = _tokens(sentence)
        tags, cut = spans_to_tags([(p.start, p.end, p.type) for p in sentence.participants or ()], offsets)
        assert not cut, "tokens end where spans do"
        for (start, end), tag in zip(offsets, tags, strict=True):
            file.write(f"{sentence.text[start:end]}\t{tag}\n")
        file.write("\n")


def _rendered(sentence_id: str, name: str, value: Any) -> str:
    """The value as it is where `_value` reads the same back, else as JSON."""
    if not _COMMENT.fullmatch(f"# {name} = "):
        raise ValueError(f"{sentence_id}: {name!r} is no name that a comment of a CoNLL file can hold")
    if isinstance(value, str) and value.isprintable() and value == value.strip() and _value(name, value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _value(name: str, rendered: str) -> Any:
    if name in _STRINGS and not rendered.startswith('"'):
        return rendered
    try:
        return json.loads(rendered)
    except ValueError:
        return rendered


def _tokens(sentence: Sentence) -> list[tuple[int, int]]:
    """Words and punctuation marks, parted where a participant begins or ends inside a word."""
    edges = {edge for p in sentence.participants or () for edge in (p.start, p.end)}
    offsets: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(sentence.text):
        start, end = match.span()
        cuts = [start, *sorted(edge for edge in edges if start < edge < end), end]
        offsets += pairwise(cuts)
    return offsets


def read_conll(
    path: str | os.PathLike[str], topics: Sequence[str] | None = TOPICS, types: Sequence[str] | None = TYPES
) -> list[Sentence]:
    """Sentences of a CoNLL file: the first column is the token, the last its BIO tag.

    Raises:
        DataError: naming file and line of every problem.
    """
    name = os.fspath(path)
    stem = os.path.splitext(os.path.basename(name))[0]
    problems: list[str] = []
    blocks = enumerate(_blocks(name, problems), 1)
    records = ((f"{name}:{block[0][0]}", (f"{stem}-{number:04d}", block)) for number, block in blocks)
    return checked_sentences(records, problems, topics, types, lambda record: _read_block(name, *record))


def _blocks(name: str, problems: list[str]) -> Iterator[list[tuple[int, str]]]:
    """Runs of lines that are not blank, with their numbers."""
    block: list[tuple[int, str]] = []
    with open(name, "rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                problems.append(f"{name}:{number}: not UTF-8: {error.reason}")
                continue
            if line.strip() and not line.startswith("-DOCSTART-"):
                block.append((number, line))
            elif block:
                yield block
                block = []
    if block:
        yield block


def _read_block(name: str, automatic_id: str, block: list[tuple[int, str]]) -> dict[str, Any]:
    try:
        return _record(automatic_id, block)
    except _LineError as error:
        raise DataError([f"{name}:{error.line}: {error}"]) from None


class _LineError(ValueError):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def _record(automatic_id: str, block: list[tuple[int, str]]) -> dict[str, Any]:
    comments: dict[str, Any] = {}
    tokens: list[tuple[int, str, str]] = []
    for number, line in block:
        columns = line.split()
        if line.startswith("#") and not tokens and (match := _COMMENT.fullmatch(line)):
            comments[match[1]] = _value(match[1], match[2])
            continue
        # A token may itself be `#`; then columns follow it, and the last of them is a tag.
        if line.startswith("#") and not tokens and not (len(columns) > 1 and _TAG.fullmatch(columns[-1])):
            continue
        if len(columns) < 2:
            raise _LineError(number, "a token and its tag were expected, in columns")
        tokens.append((number, columns[0], columns[-1]))
    if not tokens and str(comments.get("text", "")).strip():
        raise _LineError(block[0][0], "the sentence's `# text` has no tokens below it")
    if not tokens and "text" not in comments:
        raise _LineError(block[0][0], "a sentence without tokens")
    text = comments.get("text")
    offsets = _joined(tokens) if text is None else _found(tokens, text)
    record = {"id": automatic_id} | comments
    record["text"] = " ".join(token for _, token, _ in tokens) if text is None else text
    for name in ("topics", "participants"):
        if comments.get(name) == _NOT_LABELLED:
            del record[name]
    if "topics" in record:
        if not isinstance(record["topics"], str):
            raise _LineError(block[0][0], "topics: names separated by commas were expected, or - for none")
        record["topics"] = [] if record["topics"] == "-" else record["topics"].split(",")
    if comments.get("participants") != _NOT_LABELLED:
        record["participants"] = [{"start": s, "end": e, "type": t} for s, e, t in _spans(tokens, offsets)]
    return record


def _joined(tokens: Sequence[tuple[int, str, str]]) -> list[tuple[int, int]]:
    offsets = []
    position = 0
    for _, token, _ in tokens:
        offsets.append((position, position + len(token)))
        position += len(token) + 1
    return offsets


def _found(tokens: Sequence[tuple[int, str, str]], text: str) -> list[tuple[int, int]]:
    offsets = []
    position = 0
    for number, token, _ in tokens:
        start = text.find(token, position)
        if start < 0 or text[position:start].strip():
            raise _LineError(number, f"the token {token!r} does not come next in the sentence's `# text`")
        position = start + len(token)
        offsets.append((start, position))
    if text[position:].strip():
        raise _LineError(
            tokens[-1][0], f"the sentence's `# text` goes on after the last token: {text[position:].strip()[:40]!r}"
        )
    return offsets


def _spans(tokens: Sequence[tuple[int, str, str]], offsets: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
    previous = "O"
    for number, _, tag in tokens:
        if not _TAG.fullmatch(tag):
            raise _LineError(number, f"{tag!r} is no BIO tag")
        if tag.startswith("I-") and previous[1:] != tag[1:]:
            raise _LineError(number, f"{tag} continues no {tag[2:]} span: the line before has {previous}")
        previous = tag
    return tags_to_spans([tag for _, _, tag in tokens], offsets)
