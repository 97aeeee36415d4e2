"""One sentence and JSON Lines: what is refused, with which words, and what survives a round trip."""

from __future__ import annotations

import json
import pickle
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoptac.data.labels import TOPICS, TYPES
from hoptac.data.schema import (
    KINDS,
    DataError,
    Participant,
    Sentence,
    read_sentences,
    whole_file,
    write_sentences,
)

TEXT = "Việt Nam thăm Lào và Nga."
GOOD: dict[str, Any] = {"id": "a-1", "text": TEXT, "topics": ["trade"], "participants": [{"start": 0, "end": 8, "type": "GPE"}]}


def span(start: Any, end: Any, kind: Any = "GPE", **more: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "type": kind, **more}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


BAD_RECORDS: list[tuple[Any, str]] = [
    ([GOOD], "a JSON object was expected, not list"),
    ("text", "a JSON object was expected, not str"),
    (None, "a JSON object was expected, not NoneType"),
    (without("id"), "id: missing"),
    (without("text"), "text: missing"),
    (GOOD | {"id": 7}, "id: a string was expected, not 7"),
    (GOOD | {"text": None}, "text: a string was expected, not None"),
    (GOOD | {"doc": 3}, "doc: a string was expected"),
    (GOOD | {"writer": ["w01"]}, "writer: a string was expected"),
    (GOOD | {"kind": 1}, "kind: a string was expected"),
    (GOOD | {"kind": "title"}, "kind: unknown kind 'title'"),
    (GOOD | {"text": unicodedata.normalize("NFD", TEXT)}, "text: not in Unicode NFC"),
    (GOOD | {"topics": "trade"}, "topics: a list of strings was expected"),
    (GOOD | {"topics": {"trade": 1}}, "topics: a list of strings was expected"),
    (GOOD | {"topics": ["trade", 2]}, "topics: a list of strings was expected"),
    (GOOD | {"topics": ["weather"]}, "topics: unknown topic 'weather'"),
    (GOOD | {"topics": ["mia", "trade", "mia"]}, "topics: a topic stands twice"),
    (GOOD | {"participants": {}}, "participants: a list was expected"),
    (GOOD | {"participants": ["Lào"]}, "participants[0]: an object was expected"),
    (GOOD | {"participants": [span(0, 8), {"end": 17, "type": "GPE"}]}, "participants[1].start: missing"),
    (GOOD | {"participants": [{"start": 0, "type": "GPE"}]}, "participants[0].end: missing"),
    (GOOD | {"participants": [{"start": 0, "end": 8}]}, "participants[0].type: missing"),
    (GOOD | {"participants": [span("0", 8)]}, "participants[0].start: an integer was expected, not '0'"),
    (GOOD | {"participants": [span(0, 8.0)]}, "participants[0].end: an integer was expected, not 8.0"),
    (GOOD | {"participants": [span(False, 8)]}, "participants[0].start: an integer was expected, not False"),
    (GOOD | {"participants": [span(0, True)]}, "participants[0].end: an integer was expected, not True"),
    (GOOD | {"participants": [span(0, 8, "LOC")]}, "participants[0].type: unknown type 'LOC'"),
    (GOOD | {"participants": [span(0, 8, ["GPE"])]}, "participants[0].type: unknown type ['GPE']"),
    (GOOD | {"participants": [span(0, len(TEXT) + 1)]}, "participants[0]: span 0-26 does not lie inside the text"),
    (GOOD | {"participants": [span(-3, -1)]}, "participants[0]: span -3--1 does not lie inside the text"),
    (GOOD | {"participants": [span(4, 4)]}, "participants[0]: span 4-4 does not lie inside the text"),
    (GOOD | {"participants": [span(8, 0)]}, "participants[0]: span 8-0 does not lie inside the text"),
    (GOOD | {"participants": [span(0, 9)]}, "participants[0]: span 'Việt Nam ' begins or ends with white space"),
    (GOOD | {"participants": [span(13, 17)]}, "participants[0]: span ' Lào' begins or ends with white space"),
    (GOOD | {"participants": [span(0, 8), span(5, 13)]}, "participants: 'Việt Nam' (0-8) and 'Nam thăm' (5-13) overlap"),
    (GOOD | {"participants": [span(0, 8), span(0, 8, "ORG")]}, "overlap"),
    (GOOD | {"participants": [span(0, 8), span(5, 8)]}, "overlap"),
    (GOOD | {"participants": [span(0, 8, text="Lào")]}, "participants[0].text: 'Lào' is not the text at 0-8"),
    (GOOD | {"participants": [span(0, 8, score="high")]}, "participants[0].score:"),
    (GOOD | {"participants": [span(0, 8, score=None)]}, "participants[0].score:"),
]


@pytest.mark.parametrize(("record", "message"), BAD_RECORDS, ids=[message[:60] for _, message in BAD_RECORDS])
def test_a_bad_record_names_file_line_and_field(tmp_path: Path, record: Any, message: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(GOOD) + "\n\n" + json.dumps(record) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_sentences(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}:3: ")
    assert message in problem


def problems_of(lines: list[str], folder: Path) -> tuple[str, ...]:
    """The problems of a file `x` that holds these lines."""
    path = folder / "x"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_sentences(path)
    return tuple(problem.removeprefix(f"{folder}/") for problem in caught.value.problems)


@pytest.mark.parametrize("line", ["{", '{"id": "1",}', "text", '{"id": "1"} {"id": "2"}', "\ufeff{}", "'a'"])
def test_bad_json_names_file_line_and_column(line: str, tmp_path: Path) -> None:
    (problem,) = problems_of([json.dumps(GOOD), line], tmp_path)
    assert re.match(r"x:2: not JSON: .+ at column \d+$", problem)


def test_json_nested_too_deeply_is_a_problem_of_its_line_not_a_crash(tmp_path: Path) -> None:
    (problem,) = problems_of(["[" * 100_000], tmp_path)
    assert problem.startswith("x:1: not JSON: nested")


def test_all_problems_are_listed_and_good_lines_are_no_problem(tmp_path: Path) -> None:
    lines = ["{", json.dumps(GOOD), json.dumps(without("id")), "", json.dumps(GOOD | {"id": "a-2"})]
    assert problems_of(lines, tmp_path) == (
        "x:1: not JSON: Expecting property name enclosed in double quotes at column 2",
        "x:3: id: missing",
    )


def test_a_duplicate_id_names_the_first_line(tmp_path: Path) -> None:
    lines = [json.dumps(GOOD), json.dumps(GOOD | {"id": "other"}), json.dumps(GOOD | {"text": "Khác.", "participants": []})]
    assert problems_of(lines, tmp_path)[-1].endswith("x:1 already")


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.jsonl"
    path.write_bytes('{"id": "1", "text": "caf\xe9"}\n'.encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.jsonl:1: not UTF-8: .* at byte 24 of the line"):
        read_sentences(path)


def test_the_byte_that_is_not_utf8_is_counted_from_the_start_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    good = "".join(json.dumps({"id": str(i), "text": "Lào"}) + "\n" for i in range(2000)).encode()
    path.write_bytes(good + b'{"id": "bad", "text": "\xff"}\n')
    with pytest.raises(DataError, match=rf"at byte {len(good) + 23}\b|long\.jsonl:2001: "):
        read_sentences(path)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jsonl"):
        read_sentences(tmp_path / "nowhere.jsonl")


def test_data_error_shows_the_first_problems_and_counts_the_rest() -> None:
    error = DataError([f"p{i}" for i in range(23)], shown=20)
    assert str(error).splitlines() == [*(f"p{i}" for i in range(20)), "… and 3 more"]
    assert len(error.problems) == 23
    assert str(DataError(["one", "two"])) == "one\ntwo"


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(f"\n  \n{json.dumps(GOOD)}\n\n\t\n", encoding="utf-8")
    assert [sentence.id for sentence in read_sentences(path)] == ["a-1"]


def test_an_empty_file_has_no_sentences(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.touch()
    assert read_sentences(path) == []


@pytest.mark.parametrize("name", ["topics", "participants"])
def test_unlabelled_is_not_the_same_as_none(name: str) -> None:
    missing, null = Sentence.from_dict(without(name)), Sentence.from_dict(GOOD | {name: None})
    empty = Sentence.from_dict(GOOD | {name: []})
    assert getattr(missing, name) is getattr(null, name) is None
    assert getattr(empty, name) == ()
    assert name not in missing.to_dict()
    assert empty.to_dict()[name] == []


def test_participants_come_out_sorted_and_with_their_text() -> None:
    sentence = Sentence.from_dict(GOOD | {"participants": [span(21, 24), span(0, 8), span(14, 17)]})
    assert sentence.participants is not None
    assert [(p.text, p.start, p.end) for p in sentence.participants] == [("Việt Nam", 0, 8), ("Lào", 14, 17), ("Nga", 21, 24)]


def test_spans_that_touch_do_not_overlap() -> None:
    sentence = Sentence.from_dict({"id": "1", "text": "LàoNga", "participants": [span(3, 6), span(0, 3)]})
    assert [p.text for p in sentence.participants or ()] == ["Lào", "Nga"]


def test_topics_come_out_in_taxonomy_order() -> None:
    assert Sentence.from_dict(GOOD | {"topics": list(reversed(TOPICS))}).topics == TOPICS


def test_another_taxonomy_brings_its_own_names_and_order() -> None:
    record = GOOD | {"topics": ["sport", "art"], "participants": [span(0, 8, "LOC")]}
    sentence = Sentence.from_dict(record, ("sport", "art"), ("LOC",))
    assert sentence.topics == ("sport", "art")
    with pytest.raises(ValueError, match="unknown topic 'trade'; known are sport, art"):
        Sentence.from_dict(GOOD, ("sport", "art"))


def test_other_fields_survive_a_round_trip(tmp_path: Path) -> None:
    record = GOOD | {"doc": "a", "kind": "headline", "writer": "w01", "register": "wire", "note": {"by": ["x", 1, None]}}
    sentence = Sentence.from_dict(record)
    assert sentence.extra == {"register": "wire", "note": {"by": ["x", 1, None]}}
    path = tmp_path / "x.jsonl"
    write_sentences(path, [sentence])
    assert json.loads(path.read_text(encoding="utf-8")) == record
    assert read_sentences(path) == [sentence]


def test_written_lines_keep_letters_readable(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    write_sentences(path, [Sentence("1", TEXT), Sentence("2", "Lào")])
    content = path.read_bytes().decode("utf-8")
    assert TEXT in content
    assert content.count("\n") == 2
    assert "\r" not in content


def failing_sentences() -> Iterator[Sentence]:
    yield Sentence("1", TEXT)
    raise RuntimeError("the source broke")


@pytest.mark.parametrize("before", [None, "the old content\n"])
def test_no_partial_file_is_left_when_the_iterable_raises(tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "x.jsonl"
    if before is not None:
        path.write_text(before, encoding="utf-8")
    with pytest.raises(RuntimeError, match="the source broke"):
        write_sentences(path, failing_sentences())
    assert [file.name for file in tmp_path.iterdir()] == ([] if before is None else ["x.jsonl"])
    assert before is None or path.read_text(encoding="utf-8") == before


def test_a_whole_file_has_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    with whole_file(path) as file:
        file.write("một\n")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "một\n"
    assert list(tmp_path.iterdir()) == [path]


SPACE_FREE = st.text(st.characters(exclude_categories=("Cs", "Z", "Cc")), min_size=1, max_size=8)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("aữđ\n\u2028", max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def sentences(draw: st.DrawFn, number: int = 1) -> Sentence:
    text = unicodedata.normalize(
        "NFC", draw(st.sampled_from(["", " ", "\n"])).join(draw(st.lists(SPACE_FREE, min_size=1, max_size=6)))
    )
    edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = [(s, e) for s, e in zip(edges[::2], edges[1::2], strict=False) if text[s:e] == text[s:e].strip()]
    participants = tuple(Participant(text[s:e], s, e, draw(st.sampled_from(TYPES))) for s, e in spans)
    topics = draw(st.sets(st.sampled_from(TOPICS)))
    return Sentence(
        id=f"s-{number}",
        text=text,
        topics=draw(st.none() | st.just(tuple(topic for topic in TOPICS if topic in topics))),
        participants=draw(st.none() | st.just(participants)),
        doc=draw(st.text("aữ -", max_size=3)),
        kind=draw(st.sampled_from(KINDS)),
        writer=draw(st.sampled_from(["", "w01"])),
        extra=draw(st.dictionaries(st.sampled_from(["register", "negative", "ghi chú"]), JSON_VALUES, max_size=3)),
    )


@settings(deadline=None)
@given(st.integers(0, 4).flatmap(lambda count: st.tuples(*(sentences(i) for i in range(count)))))
def test_what_is_written_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, given_sentences: tuple[Sentence, ...]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round-trip.jsonl"
    write_sentences(path, given_sentences)
    assert read_sentences(path) == list(given_sentences)


def test_an_error_crosses_processes_with_its_words() -> None:
    error = DataError([f"a.jsonl:{line}: id: empty" for line in range(30)], shown=2)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.problems) == (DataError, str(error), error.problems)
    assert str(again).endswith("… and 28 more")
