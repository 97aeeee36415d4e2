"""Marked text: every error has its words, and rendering and parsing are inverse."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.labels import TOPICS, TYPES
from hoptac.data.marks import mark_text, parse_marked_text, parse_marks, read_marks, render_marks
from hoptac.data.schema import KINDS, DataError, Participant, Sentence

GOOD = "trade | - | [GPE Lào] bán điện."


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Lào bán điện.", "three fields separated by | were expected"),
        ("trade | Lào bán điện.", "three fields separated by | were expected"),
        ("weather | - | Mưa.", "topics: unknown topic 'weather'"),
        ("trade,trade | - | Lào.", "topics: a topic stands twice"),
        ("trade, | - | Lào.", "topics: unknown topic ''"),
        (" | - | Lào.", "topics: unknown topic ''"),
        ("- | title | Lào.", "attributes: 'title' is neither a kind (body, headline, caption, boilerplate) nor name=value"),
        ("- | kind=title | Lào.", "kind: unknown kind 'title'"),
        ("- | - | ", "text: empty"),
        ("- | - | [GPE Lào", "text: the mark of type GPE is never closed"),
        ("- | - | Lào] bán", "text: a bracket closes nothing before ' bán'"),
        ("- | - | [Lào] bán", "text: a bracket without a type at '[Lào] bán'"),
        ("- | - | [gpe Lào] bán", "text: a bracket without a type at '[gpe Lào] bán'"),
        ("- | - | [GPE ] bán", "text: an empty mark before ' bán'"),
        ("- | - | [ORG Bộ [GPE Lào]] bán", "text: a mark opens inside another one at '[GPE Lào]"),
        ("- | - | [GPE  Lào] bán", "participants[0]: span ' Lào' begins or ends with white space"),
        ("- | - | [GPE Lào ] bán", "participants[0]: span 'Lào ' begins or ends with white space"),
        ("- | - | [LOC Lào] bán", "participants[0].type: unknown type 'LOC'"),
    ],
)
def test_a_bad_line_names_file_line_and_fault(line: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_marks(["# writer: w01", GOOD, "", line, "- | - | Khác."], "x.marks")
    (problem,) = caught.value.problems
    assert problem.startswith("x.marks:4: ")
    assert message in problem


def test_every_bad_line_is_listed() -> None:
    with pytest.raises(DataError) as caught:
        parse_marks(["a", GOOD, "b"], "x")
    assert [problem.split(" ")[0] for problem in caught.value.problems] == ["x:1:", "x:3:"]


def test_a_sentence_that_stands_twice_names_the_first_line() -> None:
    with pytest.raises(DataError, match=r"^x:3: text: the same sentence stands on line 1$"):
        parse_marks([GOOD, "- | - | Khác.", "- | headline | Lào bán điện."], "x")


def test_headers_hold_for_the_lines_below_them() -> None:
    lines = ["# writer: w03", "- | - | A.", "# register: wire", "- | - | B.", "# writer: w04", "#register: ", "- | - | C."]
    first, second, third = parse_marks(lines)
    assert (first.writer, first.doc, first.id, dict(first.extra)) == ("w03", "w03", "w03-0001", {})
    assert (second.writer, second.id, dict(second.extra)) == ("w03", "w03-0002", {"register": "wire"})
    assert (third.writer, dict(third.extra)) == ("w04", {})


def test_other_comments_and_blank_lines_are_passed_over() -> None:
    assert len(parse_marks(["# một ghi chú", "#", "", "   ", GOOD])) == 1


def test_without_a_writer_ids_come_from_the_file() -> None:
    (sentence,) = parse_marks([GOOD], "folder/press.marks")
    assert (sentence.id, sentence.doc, sentence.writer) == ("press-0001", "press", "")


@pytest.mark.parametrize(
    ("attributes", "kind", "extra"),
    [
        ("-", "body", {}),
        ("", "body", {}),
        ("headline", "headline", {}),
        ("negative=domestic", "body", {"negative": "domestic"}),
        ("caption negative=place, source=a=b", "caption", {"negative": "place", "source": "a=b"}),
    ],
)
def test_attributes_are_a_kind_and_named_values(attributes: str, kind: str, extra: dict[str, str]) -> None:
    (sentence,) = parse_marks([f"- | {attributes} | Lào."])
    assert (sentence.kind, dict(sentence.extra)) == (kind, extra)


@pytest.mark.parametrize(
    ("field", "topics"),
    [("?", None), ("-", ()), ("trade", ("trade",)), ("technology, mia", ("mia", "technology"))],
)
def test_topics_may_be_unlabelled_none_or_several(field: str, topics: tuple[str, ...] | None) -> None:
    assert parse_marks([f"{field} | - | Lào."])[0].topics == topics


@pytest.mark.parametrize(
    ("marked", "text", "spans"),
    [
        ("[GPE Lào]", "Lào", [(0, 3, "GPE")]),
        ("[GPE Lào] - [GPE Nga]", "Lào - Nga", [(0, 3, "GPE"), (6, 9, "GPE")]),
        ("[GPE Lào][GPE Nga]", "LàoNga", [(0, 3, "GPE"), (3, 6, "GPE")]),
        (r"a \[b\] c", "a [b] c", []),
        (r"\[PER x\] \\", "[PER x] \\", []),
        (r"[ORG Bộ \[A\] B]", "Bộ [A] B", [(0, 8, "ORG")]),
        (r"[ORG Bộ \[A\]]", "Bộ [A]", [(0, 6, "ORG")]),
        ("a | b", "a | b", []),
    ],
)
def test_marked_text_is_read(marked: str, text: str, spans: list[tuple[int, int, str]]) -> None:
    found, participants = parse_marked_text(marked)
    assert found == text
    assert [(p["start"], p["end"], p["type"]) for p in participants] == spans


def test_decomposed_letters_are_composed_before_offsets_are_counted() -> None:
    (sentence,) = parse_marks([unicodedata.normalize("NFD", "trade | - | [GPE Việt Nam] và [GPE Lào].")])
    assert sentence.text == "Việt Nam và Lào."
    assert [p.text for p in sentence.participants or ()] == ["Việt Nam", "Lào"]


def test_a_file_is_read_with_its_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "w09.marks"
    path.write_bytes(b"\xef\xbb\xbf" + f"# writer: w09\r\n{GOOD}\r\n".encode())
    assert [(s.id, s.text) for s in read_marks(path)] == [("w09-0001", "Lào bán điện.")]


def test_a_file_that_is_not_utf8_is_a_data_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "latin.marks"
    path.write_bytes("- | - | caf\xe9".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.marks.*not UTF-8"):
        read_marks(path)


# Letters, digits and marks of the format itself; no white space at the edges, where a line has none.
WORD = st.text("aữĐ1|#,?=-.", min_size=1, max_size=5).filter(lambda word: unicodedata.is_normalized("NFC", word))
PLAIN = st.text("aữ[ |", min_size=1, max_size=5)


@st.composite
def marked_sentences(draw: st.DrawFn) -> list[Sentence]:
    sentences: list[Sentence] = []
    writer = draw(st.sampled_from(["w01", "w02"]))
    for number in range(1, draw(st.integers(0, 4)) + 1):
        text = f"{number}"
        participants: list[Participant] = []
        for _ in range(draw(st.integers(0, 3))):
            text += draw(PLAIN)
            name = " ".join(draw(st.lists(WORD, min_size=1, max_size=3)))
            participants.append(Participant(name, len(text), len(text) + len(name), draw(st.sampled_from(TYPES))))
            text += name
        text += draw(st.sampled_from(["", ".", " [a] ]]b", " x"]))
        topics = draw(st.none() | st.sets(st.sampled_from(TOPICS)))
        extra = {"register": "wire"} | draw(
            st.dictionaries(st.sampled_from(["negative", "note"]), st.text("aữ1=-#", min_size=1, max_size=4))
        )
        sentences.append(
            Sentence(
                id=f"{writer}-{number:04d}",
                text=text,
                topics=None if topics is None else tuple(topic for topic in TOPICS if topic in topics),
                participants=tuple(participants),
                doc=writer,
                kind=draw(st.sampled_from(KINDS)),
                writer=writer,
                extra=extra,
            )
        )
    return sentences


@given(marked_sentences())
def test_rendered_marks_parse_to_the_same_sentences(sentences: list[Sentence]) -> None:
    assert parse_marks(render_marks(sentences).splitlines()) == sentences


@pytest.mark.parametrize(
    ("text", "name"),
    [("theo [Lào] nói", "Lào"), ("theo [Lào", "Lào"), ("Lào] nói", "Lào"), ("Lào]] nói", "Lào"), ("Bộ [A] họp", "Bộ [A]")],
)
def test_brackets_beside_and_inside_a_name_survive(text: str, name: str) -> None:
    start = text.index(name)
    sentence = Sentence("1", text, (), (Participant(name, start, start + len(name), "GPE"),))
    assert parse_marked_text(mark_text(sentence)) == (text, [{"start": start, "end": start + len(name), "type": "GPE"}])


def test_rendering_writes_headers_once() -> None:
    lines = ["# writer: w01", "# register: wire", GOOD, "? | headline negative=place | Khác."]
    assert render_marks(parse_marks(lines)).splitlines() == lines


def test_a_sentence_without_writer_does_not_inherit_the_one_before() -> None:
    sentences = [Sentence("1", "A.", (), (), writer="w01", extra={"register": "wire"}), Sentence("2", "B.", (), ())]
    again = parse_marks(render_marks(sentences).splitlines())
    assert [(s.writer, s.extra.get("register", "")) for s in again] == [("w01", "wire"), ("", "")]


def test_unlabelled_participants_do_not_silently_become_none() -> None:
    sentences = [Sentence("1", "Lào họp.", ("trade",), None)]
    try:
        marked = render_marks(sentences)
    except ValueError:
        return  # refusing is an answer too
    assert parse_marks(marked.splitlines())[0].participants is None


@pytest.mark.parametrize("value", ["hai từ", "a,b", "a|b"])
def test_an_attribute_that_the_form_cannot_hold_is_refused_or_survives(value: str) -> None:
    sentences = [Sentence("1", "Lào họp.", (), (), extra={"note": value})]
    try:
        marked = render_marks(sentences)
    except ValueError:
        return
    assert [dict(sentence.extra) for sentence in parse_marks(marked.splitlines())] == [{"note": value}]


@pytest.mark.parametrize("text", ["Dòng một\ndòng hai", " Lào họp"])
def test_a_text_that_the_form_cannot_hold_is_refused_or_survives(text: str) -> None:
    sentences = [Sentence("1", text, (), ())]
    try:
        marked = render_marks(sentences)
    except ValueError:
        return
    assert [sentence.text for sentence in parse_marks(marked.splitlines())] == [text]


@pytest.mark.parametrize("attribute", ["topics=x", "text=x", "participants=x", "=x"])
def test_an_attribute_that_would_be_dropped_is_refused(attribute: str) -> None:
    with pytest.raises(DataError, match="attributes"):
        parse_marks([f"- | {attribute} | Lào."])


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(DataError, match=r"x:2: id: 'a' stands on line 1 already"):
        parse_marks(["- | id=a | Lào.", "- | id=a | Nga."], "x")
