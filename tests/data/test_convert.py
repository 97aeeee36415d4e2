"""Formats of annotation tools: what goes out comes back, and bad files are refused by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.convert import FORMATS, format_of, read_file, write_file
from hoptac.data.corpus import load_corpus
from hoptac.data.schema import DataError, Participant, Sentence

SENTENCES = [
    Sentence("a", 'Bộ Công an nói: "Lào, Thái Lan".', ("trade",), (Participant("Lào", 17, 20, "GPE"),), kind="headline"),
    Sentence("b", "Không nhãn nào"),
    Sentence("c", "Chỉ chủ đề", topics=("mia", "trade"), doc="d1", writer="w", extra={"register": "wire", "n": 3, "deep": {"x": [1]}}),
    Sentence("d", "Chỉ Lào", participants=(Participant("Lào", 4, 7, "GPE"),)),
    Sentence("7", "không có gì", (), ()),
    Sentence("e", "tiền ASEANxyz", (), (Participant("ASEAN", 5, 10, "ORG"),)),
    Sentence("f", "Một chữ 𝔸 rồi Lào", (), (Participant("Lào", 14, 17, "GPE"),)),
    Sentence("g", "# Lào = số 1\u00a0!", (), (Participant("Lào", 2, 5, "GPE"),)),
]  # fmt: skip
FULL = [name for name in FORMATS if name != "marks"]


def round_trip(sentences: list[Sentence], form: str, folder: Path) -> list[Sentence]:
    target = str(folder / "target")
    assert write_file(target, sentences, form) == []
    return read_file(target, form)


@pytest.mark.parametrize("form", FULL)
def test_all_fields_survive(form: str, tmp_path: Path) -> None:
    assert round_trip(SENTENCES, form, tmp_path) == SENTENCES


@pytest.mark.parametrize("form", FORMATS)
def test_the_corpus_survives(form: str, tmp_path: Path) -> None:
    sentences = load_corpus("development")
    assert round_trip(sentences, form, tmp_path) == sentences


@pytest.mark.parametrize("form", FULL)
@given(
    text=st.text(st.characters(codec="utf-8", categories=["L", "P", "N", "Z", "S"]), min_size=1, max_size=30), data=st.data()
)
def test_any_text_survives(form: str, tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject) -> None:
    import unicodedata

    text = unicodedata.normalize("NFC", text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    span = text[start:end]
    spans = () if span != span.strip() else (Participant(span, start, end, "ORG"),)
    sentences = [Sentence("1", text, ("trade",), spans)]
    assert round_trip(sentences, form, tmp_path_factory.mktemp("convert")) == sentences


def test_formats_go_by_ending_or_name() -> None:
    assert format_of("a.CONLL") is FORMATS["conll"]
    assert format_of("a.jsonl", "doccano") is FORMATS["doccano"]
    with pytest.raises(ValueError, match=r"a\.xyz: the ending tells no format"):
        format_of("a.xyz")
    with pytest.raises(ValueError, match="unknown format 'brat'"):
        format_of("a.jsonl", "brat")


def test_probabilities_are_lost_and_named(tmp_path: Path) -> None:
    guessed = [Sentence("1", "Lào", None, (Participant("Lào", 0, 3, "GPE", 0.5),))]
    assert write_file(str(tmp_path / "a.conll"), guessed) == ["the probabilities of 1 participants"]


def test_what_a_format_cannot_hold_leaves_the_file_alone(tmp_path: Path) -> None:
    target = tmp_path / "b.conll"
    target.write_text("before", "utf-8")
    with pytest.raises(ValueError, match="1: 'two words' is no name"):
        write_file(str(target), [Sentence("0", "Lào"), Sentence("1", "Lào", extra={"two words": 1})])
    assert target.read_text("utf-8") == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["b.conll"]


@pytest.mark.parametrize(
    ("form", "extra"),
    [
        ("doccano", {"label": ["mia"]}),
        ("doccano", {"cats": []}),
        ("doccano", {"hoptac_id": "q"}),
        ("label-studio", {"hoptac_labelled": "x"}),
    ],
)
def test_fields_whose_names_a_format_needs_are_refused(form: str, extra: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"1: {next(iter(extra))}: "):
        write_file(str(tmp_path / "x"), [Sentence("1", "Lào", (), (), extra=extra)], form)


@pytest.mark.parametrize(
    ("form", "topic", "kind"),
    [
        ("conll", "two words", "GPE"),
        ("conll", "-", "GPE"),
        ("conll", "trade", "my type"),
        ("marks", "a,b", "GPE"),
        ("marks", "trade", "country"),
    ],
)
def test_labels_that_a_format_cannot_hold_are_refused(form: str, topic: str, kind: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"that (a CoNLL file|marked text) can hold"):
        write_file(str(tmp_path / "x"), [Sentence("1", "Lào", (topic,), (Participant("Lào", 0, 3, kind),))], form)


def test_marks_keep_sentences_without_doc_and_writer(tmp_path: Path) -> None:
    sentences = [
        Sentence("1", "Lào", ("trade",), ()),
        Sentence("2", "Nga", (), (), doc="d", writer="w"),
        Sentence("3", "x", None, (), writer="w"),
    ]
    assert round_trip(sentences, "marks", tmp_path) == sentences
    with pytest.raises(ValueError, match="writer: 'a\\\\nb' is no name"):
        write_file(str(tmp_path / "x"), [Sentence("1", "Lào", (), (), writer="a\nb")], "marks")


def test_foreign_conll(tmp_path: Path) -> None:
    path = tmp_path / "ner.conll"
    path.write_text("-DOCSTART- -X- O\n\nÔng NN O\nNam NNP B-PER\n\n# a remark\n# 4\nLào N B-GPE\n", "utf-8-sig")
    first, second = FORMATS["conll"].read(str(path), ("trade",), ("PER", "GPE"))
    assert (first.id, first.text, first.topics, first.participants) == (
        "ner-0001",
        "Ông Nam",
        None,
        (Participant("Nam", 4, 7, "PER"),),
    )
    assert second.text == "Lào"
    path.write_text("# newdoc\n# CD I-NP O\nLào NNP I-NP B-GPE\n", "utf-8")
    [only] = FORMATS["conll"].read(str(path), ("trade",), ("GPE",))
    assert only.text == "# Lào"


CONLL = [
    ("Lào\tB-GPE\nbán\n", "a.conll:2: a token and its tag were expected"),
    ("Lào\tX-GPE\n", "a.conll:1: 'X-GPE' is no BIO tag"),
    ("Lào\tO\nbán\tI-GPE\n", "a.conll:2: I-GPE continues no GPE span: the line before has O"),
    ("Lào\tB-LOC\n", "a.conll:1: participants[0].type: unknown type 'LOC'"),
    ("# text = Lào bán\nbán\tO\n", "a.conll:2: the token 'bán' does not come next"),
    ("# text = Lào bán\nLào\tO\n", "a.conll:2: the sentence's `# text` goes on after the last token: 'bán'"),
    ("# topics = tade\nLào\tO\n", "a.conll:1: topics: unknown topic 'tade'"),
    ("# text = abc\n", "a.conll:1: the sentence's `# text` has no tokens below it"),
    ('# topics = ["trade"]\nLào\tO\n', "a.conll:1: topics: names separated by commas"),
    ("# topics = 5\nLào\tO\n", "a.conll:1: topics"),
    ("# only = this\n\nLào\tO\n", "a.conll:1: a sentence without tokens"),
    ("# id = x\nLào\tO\n\n# id = x\nAnh\tO\n", "a.conll:4: id: 'x' stands at"),
]
STUDIO = [
    ("{", "a.json:1: not JSON"),
    ("{}", "a.json: a list of tasks was expected"),
    ("[1]", "a.json: task 1: an object with `data` was expected"),
    ('[{"data": {}}]', "a.json: task 1: data.text: a string was expected"),
    ('[{"data": {"text": "Lào"}, "annotations": [{"result": []}, {"result": []}]}]', "2 people annotated it"),
    (
        '[{"data": {"text": "Lào"}, "annotations": [{"result": [{"type": "rating", "value": {"rating": 1}}]}]}]',
        "'rating' regions have no place",
    ),
    (
        '[{"data": {"text": "Lào"}, "annotations": [{"result": [{"value": {"start": 0, "end": 2, "text": "Lào", "labels": ["GPE"]}}]}]}]',
        "'Lào' does not stand at 0-2",
    ),
    ('[{"data": {"text": "Lào"}, "annotations": [{"result": [{"value": {"choices": ["x"]}}]}]}]', "unknown topic 'x'"),
]
DOCCANO = [
    ("[]\n", "a.jsonl:1: a JSON object was expected"),
    ('{"text": "Lào", "label": []}\n', "a.jsonl:1: label: empty on every line"),
    ('{"text": "Lào", "entities": [[0, 3]]}\n', "a.jsonl:1: entities[0]: start, end and type were expected"),
    ('{"text": "Lào", "entities": [], "relations": [{"id": 1}]}\n', "relations: hoptac has no place"),
    ('{"text": "Lào", "label": [[0, 9, "GPE"]]}\n', "a.jsonl:1: participants[0]: span 0-9 does not lie inside"),
    ('{"text": "Lào", "label": ["trade"]}\n{"text": "x", "label": [[0, 1, "GPE"]]}\n', "a.jsonl:2: topics"),
]


@pytest.mark.parametrize(
    ("form", "name", "content", "message"),
    [("conll", "a.conll", *case) for case in CONLL]
    + [("label-studio", "a.json", *case) for case in STUDIO]
    + [("doccano", "a.jsonl", *case) for case in DOCCANO],
)
def test_bad_files_are_refused_by_place(form: str, name: str, content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    with pytest.raises(DataError) as caught:
        read_file(str(path), form)
    assert message in str(caught.value)


@pytest.mark.parametrize("form", ["conll", "doccano"])
def test_bytes_that_are_no_utf8_are_refused_by_line(form: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\n\xff\tO\n")
    with pytest.raises(DataError, match=r"a\.txt:2: not UTF-8"):
        FORMATS[form].read(str(path), ("trade",), ("GPE",))


def test_label_studio_exports(tmp_path: Path) -> None:
    """A cancelled annotation is none; offsets in UTF-16 units, as old releases wrote, are understood."""
    region = {"value": {"start": 3, "end": 6, "text": "Lào", "labels": ["GPE"]}, "type": "labels"}
    tasks = [
        {"id": 5, "data": {"text": "𝔸 Lào"}, "annotations": [{"result": [region]}], "predictions": []},
        {"id": 6, "data": {"text": "Lào"}, "annotations": [{"was_cancelled": True, "result": []}]},
    ]
    (tmp_path / "a.json").write_text(json.dumps(tasks), "utf-8")
    first, second = FORMATS["label-studio"].read(str(tmp_path / "a.json"), ("trade",), ("GPE",))
    assert (first.id, first.topics, first.participants) == ("5", None, (Participant("Lào", 2, 5, "GPE"),))
    assert (second.topics, second.participants) == (None, None)


def test_label_studio_projects_that_ask_for_one_part(tmp_path: Path) -> None:
    region = {"value": {"start": 0, "end": 3, "labels": ["GPE"]}, "type": "labels"}
    choice = {"value": {"choices": ["trade"]}, "type": "choices"}
    path = tmp_path / "a.json"
    for one, topics, participants in ((region, None, ()), (choice, (), None)):
        tasks = [{"id": i, "data": {"text": "Lào"}, "annotations": [{"result": r}]} for i, r in enumerate(([one], []))]
        path.write_text(json.dumps(tasks), "utf-8")
        second = FORMATS["label-studio"].read(str(path), ("trade",), ("GPE",))[1]
        assert (second.topics, second.participants) == (topics, participants)


def test_prelabels_are_predictions_until_a_person_has_been_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    guessed = Sentence("1", "Lào", ("trade",), (), extra={"prelabelled": "hoptac"})
    assert write_file(str(path), [guessed]) == []
    [task] = json.loads(path.read_text("utf-8"))
    assert "annotations" not in task
    [unlabelled] = read_file(str(path))
    assert (unlabelled.topics, unlabelled.participants) == (None, None)
    task["annotations"] = [{"result": task["predictions"][0]["result"]}]
    path.write_text(json.dumps([task]), "utf-8")
    [labelled] = read_file(str(path))
    assert (labelled.topics, labelled.extra) == (("trade",), {})


def test_what_an_annotator_adds_to_a_half_labelled_task_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_file(str(path), [Sentence("1", "Lào", ("trade",))])
    [task] = json.loads(path.read_text("utf-8"))
    task["annotations"][0]["result"].append({"value": {"start": 0, "end": 3, "labels": ["GPE"]}, "type": "labels"})
    path.write_text(json.dumps([task]), "utf-8")
    [sentence] = read_file(str(path))
    assert (sentence.topics, sentence.participants) == (("trade",), (Participant("Lào", 0, 3, "GPE"),))


def test_doccano_projects(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": 1, "text": "x", "label": []}\n{"id": 2, "text": "Lào", "label": [[0, 3, "GPE"]]}\n', "utf-8")
    first, second = FORMATS["doccano"].read(str(path), ("trade",), ("GPE",))
    assert (first.topics, first.participants) == (None, ())
    assert second.participants == (Participant("Lào", 0, 3, "GPE"),)
    path.write_text('{"id": 1, "text": "x", "label": []}\n{"id": 2, "text": "Lào", "label": ["trade"]}\n', "utf-8")
    first, second = FORMATS["doccano"].read(str(path), ("trade",), ("GPE",))
    assert (first.topics, first.participants, second.topics) == ((), None, ("trade",))
    path.write_text(
        '{"id": 3, "text": "Lào", "Comments": [], "relations": [], '
        '"entities": [{"id": 9, "label": "GPE", "start_offset": 0, "end_offset": 3}]}\n',
        "utf-8",
    )
    [only] = FORMATS["doccano"].read(str(path), ("trade",), ("GPE",))
    assert only.participants == (Participant("Lào", 0, 3, "GPE"),)
