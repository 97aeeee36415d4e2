"""The command line: exit codes, messages, and what it writes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hoptac import __version__
from hoptac.cli import main
from hoptac.data.labels import TOPICS, TYPES
from hoptac.data.schema import Participant, read_sentences
from hoptac.data.sentences import sample_article, split_sentences
from hoptac.model.parts import BLOCK
from hoptac.model.predictor import DEFAULT_CHECKPOINT, Prediction, Predictor

COMMANDS = ["predict", "train", "evaluate", "calibrate", "export", "benchmark", "data"]
PARTS = ["validate", "review", "stats", "split", "dedup", "convert", "agreement", "suggest"]
MARKS = (
    "# writer: w01\n# register: wire\ntrade | - | [GPE Lào] bán điện.\n- | headline negative=place | Mưa lớn \\[cập nhật\\].\n"
)

shipped = pytest.mark.skipif(not (DEFAULT_CHECKPOINT / "config.json").is_file(), reason="no checkpoint is shipped yet")
Capture = pytest.CaptureFixture[str]


def run(*arguments: str) -> int:
    """The exit code, also when argparse leaves."""
    try:
        return main(arguments)
    except SystemExit as leaving:
        return int(leaving.code or 0)


def fail(capsys: Capture, *arguments: str) -> str:
    """The message of a command that fails on its input; nothing is on standard output."""
    assert run(*arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.out == ""
    return captured.err


# The words of a sentence stand in for the network, so that what surrounds it can be tested without a checkpoint.
class WordPredictor:
    config = SimpleNamespace(topics=TOPICS, types=TYPES)

    broken: str | None = "nổ"

    def __init__(self) -> None:
        self.thresholds: Any = None

    def predict(self, texts: Iterable[str], batch_size: int = 32, thresholds: Any = None) -> list[Prediction]:
        self.thresholds = thresholds
        return [self.read(text) for text in texts]

    def read(self, text: str) -> Prediction:
        if self.broken and self.broken in text:
            raise ValueError("the network broke")
        start = text.find("Lào")
        participants = (Participant("Lào", start, start + 3, "GPE", 0.9),) if start >= 0 else ()
        topics = ("trade",) if "bán" in text else ()
        return Prediction(text, topics, {topic: float(topic in topics) for topic in TOPICS}, participants)


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> WordPredictor:
    predictor = WordPredictor()
    monkeypatch.setattr(Predictor, "from_pretrained", lambda *_, **__: predictor)
    return predictor


def standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


def records(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


# Usage


@pytest.mark.parametrize("arguments", [[], *([c] for c in COMMANDS), *(["data", p] for p in PARTS)], ids=" ".join)
def test_help_of_every_command_exits_0(arguments: list[str], capsys: Capture) -> None:
    assert run(*arguments, "--help") == 0
    assert "usage: " + " ".join(["hoptac", *arguments]) in capsys.readouterr().out


def test_the_version_is_told(capsys: Capture) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"hoptac {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["data"],
        ["data", "fly"],
        ["data", "validate"],
        ["data", "convert", "a.marks"],
        ["train"],
        ["evaluate"],
        ["export", "folder"],
        ["predict", "--format", "xml", "--text", "a"],
        ["predict", "--batch-size", "many", "--text", "a"],
        ["predict", "--threshold", "trade=high", "--text", "a"],
        ["predict", "--backend", "abacus", "--text", "a"],
        ["predict", "--unknown"],
        ["predict", "--text", "a", "--format", "parquet"],
        ["predict", "--text", "a", "--errors", "e.jsonl"],
        ["predict", "--text", "a", "--workers", "2"],
        ["predict", "--text", "a", "--workers", "0", "-o", "a.csv"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2(arguments: list[str], capsys: Capture) -> None:
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("usage: ")
    assert captured.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "nowhere.txt"],
        ["predict", "nowhere.jsonl"],
        ["data", "validate", "nowhere.jsonl"],
        ["data", "validate", "nowhere.marks"],
        ["data", "review", "nowhere.jsonl"],
        ["data", "stats", "nowhere.jsonl"],
        ["data", "convert", "nowhere.marks", "b.jsonl"],
        ["train", "nowhere.yaml"],
        ["predict", "--checkpoint", "./nowhere", "--text", "a"],
        ["evaluate", "./nowhere", "corpus:development", "--json"],
        ["calibrate", "./nowhere", "corpus:development"],
    ],
    ids=" ".join,
)
def test_what_is_missing_is_named_with_exit_1(
    arguments: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "nowhere" in fail(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


# data


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    path = tmp_path / "w01.marks"
    path.write_text(MARKS, encoding="utf-8")
    return path


def test_validate_counts_the_sentences_of_each_file(marks: Path, capsys: Capture) -> None:
    assert run("data", "validate", str(marks), "corpus:development") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{marks}: 2 sentences"
    assert second.startswith("corpus:development: ")


def test_validate_names_every_problem_of_every_file(tmp_path: Path, capsys: Capture) -> None:
    lines = ["{", *(json.dumps({"id": str(i), "text": "a", "topics": ["weather"]}) for i in range(30))]
    first, second = tmp_path / "a.jsonl", tmp_path / "b.marks"
    first.write_text("\n".join(lines), encoding="utf-8")
    second.write_text("- | Lào\n", encoding="utf-8")
    message = fail(capsys, "data", "validate", str(first), str(second))
    assert f"{first}:1: not JSON" in message
    assert f"{first}:31: topics: unknown topic 'weather'" in message
    assert f"{second}:1: three fields" in message


def test_validate_tells_the_problems_found_before_a_missing_file(tmp_path: Path, capsys: Capture) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{", encoding="utf-8")
    message = fail(capsys, "data", "validate", str(bad), str(tmp_path / "nowhere.jsonl"))
    assert "bad.jsonl:1: not JSON" in message
    assert "nowhere.jsonl" in message


@pytest.mark.parametrize("name", ["latin.jsonl", "latin.marks"])
def test_a_file_that_is_not_utf8_is_named(name: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / name).write_bytes(b'- | - | {"text": "caf\xe9 nam"}\n')
    message = fail(capsys, "data", "validate", str(tmp_path / name))
    assert name in message
    assert "not UTF-8" in message


def test_a_score_that_is_no_number_is_named(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "a.jsonl"
    participant = {"start": 0, "end": 3, "type": "GPE", "score": None}
    path.write_text(json.dumps({"id": "1", "text": "Lào", "participants": [participant]}), encoding="utf-8")
    assert "a.jsonl:1: participants[0].score" in fail(capsys, "data", "validate", str(path))


def test_convert_goes_both_ways(marks: Path, tmp_path: Path) -> None:
    jsonl, back = tmp_path / "x.jsonl", tmp_path / "back.marks"
    assert run("data", "convert", str(marks), str(jsonl)) == 0
    lion, rain = read_sentences(jsonl)
    assert (lion.text, lion.topics, [p.text for p in lion.participants or ()]) == ("Lào bán điện.", ("trade",), ["Lào"])
    assert (rain.text, rain.kind, dict(rain.extra)) == (
        "Mưa lớn [cập nhật].",
        "headline",
        {"register": "wire", "negative": "place"},
    )
    assert run("data", "convert", str(jsonl), str(back)) == 0
    assert back.read_text(encoding="utf-8") == MARKS


def test_the_shipped_corpus_survives_conversion(tmp_path: Path) -> None:
    marks, jsonl = tmp_path / "all.marks", tmp_path / "all.jsonl"
    assert run("data", "convert", "corpus:development", str(marks)) == 0
    assert run("data", "convert", str(marks), str(jsonl)) == 0
    assert run("data", "convert", str(jsonl), str(tmp_path / "again.marks")) == 0
    assert (tmp_path / "again.marks").read_bytes() == marks.read_bytes()


def test_convert_refuses_another_ending(marks: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run("data", "convert", str(marks), str(tmp_path / "x.csv")) == 2
    assert "x.csv: the ending tells no format" in capsys.readouterr().err


def test_convert_leaves_the_target_alone_when_the_source_is_bad(tmp_path: Path, capsys: Capture) -> None:
    source, target = tmp_path / "bad.marks", tmp_path / "x.jsonl"
    source.write_text("weather | - | Mưa.\n", encoding="utf-8")
    target.write_text("old\n", encoding="utf-8")
    assert "unknown topic 'weather'" in fail(capsys, "data", "convert", str(source), str(target))
    assert target.read_text(encoding="utf-8") == "old\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.marks", "x.jsonl"]


def test_stats_count_topics_types_and_sentences(marks: Path, capsys: Capture) -> None:
    assert run("data", "stats", str(marks)) == 0
    rows = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    for row in (
        ["topic", "trade", "1"],
        ["type", "GPE", "1"],
        ["sentences", "2"],
        ["hard", "negatives", "1"],
    ):
        assert row in rows


def test_stats_of_nothing_is_an_error(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert "empty.jsonl: no sentences" in fail(capsys, "data", "stats", str(tmp_path / "empty.jsonl"))


def test_review_prints_findings_and_nothing_for_clean_sentences(marks: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run("data", "review", str(marks)) == 0
    assert capsys.readouterr().out == ""
    doubtful = tmp_path / "d.marks"
    doubtful.write_text("- | - | Họp tại [GPE Lào].\n", encoding="utf-8")
    assert run("data", "review", str(doubtful)) == 0
    assert capsys.readouterr().out.startswith("d-0001: a country after 'tại'")


# predict, with words in place of the network


def test_predict_reads_files_and_offsets_index_into_them(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    content = "Tiêu đề\r\n\r\n  Lào bán điện. Hai bên ký.\r\nHết\n"
    path = tmp_path / "a.txt"
    path.write_bytes(content.encode())
    assert run("predict", str(path), "--format", "jsonl") == 0
    found = records(capsys.readouterr().out)
    assert [record["text"] for record in found] == ["Tiêu đề", "Lào bán điện.", "Hai bên ký.", "Hết"]
    assert all(content[record["start"] : record["end"]] == record["text"] for record in found)
    assert {record["source"] for record in found} == {str(path)}
    assert found[1]["topics"] == ["trade"]
    assert found[1]["participants"] == [{"text": "Lào", "start": 0, "end": 3, "type": "GPE", "score": 0.9}]


@pytest.mark.parametrize("arguments", [["-"], []], ids=["dash", "default"])
def test_predict_reads_standard_input(
    words: WordPredictor, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    standard_input(monkeypatch, "Lào bán điện. Hai bên ký.\n".encode())
    assert run("predict", *arguments, "--format", "jsonl") == 0
    found = records(capsys.readouterr().out)
    assert [(r["source"], r["start"], r["text"]) for r in found] == [("-", 0, "Lào bán điện."), ("-", 14, "Hai bên ký.")]


def test_offsets_of_standard_input_count_windows_line_ends(
    words: WordPredictor, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    content = "Tiêu đề\r\nLào bán điện.\r\nHết."
    standard_input(monkeypatch, content.encode())
    assert run("predict", "-", "--format", "jsonl") == 0
    found = records(capsys.readouterr().out)
    assert [content[r["start"] : r["end"]] for r in found] == [r["text"] for r in found] == content.split("\r\n")


def test_predict_lines_takes_each_line_as_a_sentence(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Một. Hai.\n\nBa.\n", encoding="utf-8")
    assert run("predict", str(path), "--lines", "--format", "jsonl") == 0
    assert [r["text"] for r in records(capsys.readouterr().out)] == ["Một. Hai.", "Ba."]


def test_predict_keeps_the_fields_of_json_lines(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "a.jsonl"
    lines = [{"id": "7", "text": "Một. Lào bán.", "topics": ["mia"], "note": [1]}, {"text": "Trần."}]
    path.write_text("\n\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert run("predict", str(path), "--format", "jsonl") == 0
    first, second = records(capsys.readouterr().out)
    assert (first["id"], first["note"], first["text"], first["topics"]) == ("7", [1], "Một. Lào bán.", ["trade"])
    assert (second["source"], second["text"]) == (f"{path}:3", "Trần.")


def test_predict_takes_texts_sample_and_files_together(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Hết.", encoding="utf-8")
    assert run("predict", "--text", "Một. Hai.", "--text", "Ba.", "--sample", str(path), "--format", "jsonl") == 0
    found = records(capsys.readouterr().out)
    assert [(r["source"], r["text"]) for r in found[:2]] == [("text 1", "Một. Hai."), ("text 2", "Ba.")]
    assert [(r["start"], r["end"]) for r in found if r["source"] == "sample"] == list(split_sentences(sample_article()))
    assert found[-1]["text"] == "Hết."


def test_predict_writes_a_table(words: WordPredictor, capsys: Capture) -> None:
    text = 'Lào bán "điện", xăng'
    assert run("predict", "--text", text, "--text", "Mưa", "--format", "csv") == 0
    first, second = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert (first["text"], first["topics"], first["GPE"], first["PER"]) == (text, "trade", "Lào", "")
    assert (first["source"], first["start"], first["end"]) == ("text 1", "0", str(len(text)))
    assert (float(first["score_trade"]), float(first["score_mia"])) == (1.0, 0.0)
    assert (second["topics"], second["GPE"]) == ("", "")


def test_predict_writes_text_for_people(words: WordPredictor, capsys: Capture) -> None:
    assert run("predict", "--text", "Lào bán điện \x1b[31mđỏ [x]", "--text", "Mưa") == 0
    out = capsys.readouterr().out
    assert "trade" in out
    assert "[GPE Lào] bán điện" in out
    assert "đỏ [x]" in out
    assert "no topic" in out
    assert "\x1b" not in out


def test_a_long_text_is_written_to_its_end(words: WordPredictor, capsys: Capture) -> None:
    text = " ".join(f"từ{number}" for number in range(100))
    assert run("predict", "--text", text) == 0
    assert text in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("name", "start"), [("x.jsonl", '{"id": "text 1:0", "doc"'), ("x.csv", "source,start"), ("x.txt", " trade ")]
)
def test_the_output_file_has_the_form_of_its_ending(words: WordPredictor, name: str, start: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert run("predict", "--text", "Lào bán điện", "-o", str(path)) == 0
    assert path.read_text(encoding="utf-8").startswith(start)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("before", [None, "old\n"])
def test_the_output_file_is_whole_or_not_there(
    words: WordPredictor, before: str | None, tmp_path: Path, capsys: Capture
) -> None:
    source, target = tmp_path / "a.txt", tmp_path / "x.jsonl"
    source.write_text("Lào bán điện.\n" * BLOCK + "nổ.\n" * 20, encoding="utf-8")
    if before:
        target.write_text(before, encoding="utf-8")
    assert "the network broke" in fail(capsys, "predict", str(source), "-o", str(target))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".x.jsonl.partial", "a.txt", *(["x.jsonl"] if before else [])]
    assert before is None or target.read_text(encoding="utf-8") == before


def test_a_run_that_stopped_is_gone_on_with_or_thrown_away(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    source, target = tmp_path / "a.txt", tmp_path / "x.jsonl"
    source.write_text("Lào bán điện.\n" * BLOCK + "nổ.\n" * 20, encoding="utf-8")
    fail(capsys, "predict", str(source), "-o", str(target))
    words.broken = None
    assert "--restart" in fail(capsys, "predict", str(source), "-o", str(target), "--lines")
    assert run("predict", str(source), "-o", str(target)) == 0
    there, ended = capsys.readouterr().err.splitlines()
    assert there == "1,024 of 1,044 rows were there from an earlier run"
    assert re.fullmatch(rf"1,044 rows in [\d.]+ s, [\d.]+ rows/s, written to {re.escape(str(target))}", ended)
    assert len(records(target.read_text(encoding="utf-8"))) == BLOCK + 20


def test_rows_that_fail_are_counted_and_the_others_written(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "x.jsonl.gz"
    source.write_text("id,title\n1,Lào bán điện\n2,nổ\n3,Mưa\n", encoding="utf-8")
    errors = tmp_path / "bad.jsonl"
    assert run("predict", str(source), "--column", "title", "-o", str(target), "--errors", str(errors)) == 1
    ended, message = capsys.readouterr().err.splitlines()
    assert re.fullmatch(rf"3 rows in .* rows/s, written to {re.escape(str(target))}", ended)
    assert message == f"error: 1 of 3 rows failed; they are in {errors}"
    found = records(gzip.decompress(target.read_bytes()).decode("utf-8"))
    assert [(record["id"], record["text"]) for record in found] == [("1", "Lào bán điện"), ("3", "Mưa")]
    assert [record["raw"] for record in records(errors.read_text(encoding="utf-8"))] == ["nổ"]
    assert "title" not in found[0]


def test_folders_and_patterns_are_read(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.txt").write_text("Lào bán điện.", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text('{"text": "Mưa"}', encoding="utf-8")
    for arguments in ([str(tmp_path)], [str(tmp_path / "*.txt"), str(tmp_path / "*.jsonl")]):
        assert run("predict", *arguments, "--format", "jsonl") == 0
        assert [record["text"] for record in records(capsys.readouterr().out)] == ["Lào bán điện.", "Mưa"]


def test_logs_get_a_line_of_progress_now_and_then(
    words: WordPredictor, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hoptac.cli._SECONDS_BETWEEN_LINES", 0)
    (tmp_path / "a.txt").write_text("Lào bán điện.\n" * 3000, encoding="utf-8")
    assert run("predict", str(tmp_path / "a.txt"), "-o", str(tmp_path / "x.csv")) == 0
    first, second, third, _ = capsys.readouterr().err.splitlines()
    assert first.startswith("1,024 rows, ")
    assert re.fullmatch(r"2,048 rows, [\d.]+ rows/s, \d+ % of the input, 0:00:\d\d left", second)
    assert "100 % of the input, 0:00:00 left" in third


def test_a_run_ends_with_a_line_that_says_what_was_done(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.csv").write_text("text,start\nLào,0\nMưa,0\n", encoding="utf-8")
    assert run("predict", str(tmp_path / "a.csv"), "-o", str(tmp_path / "x.csv")) == 0
    captured = capsys.readouterr()
    warned, ended = captured.err.splitlines()
    assert captured.out == ""
    assert warned == "warning: columns of the inputs that the answers replace: 'start'; rename what is to be kept"
    assert re.fullmatch(rf"2 rows in \d+\.\d s, [\d.]+ rows/s, written to {re.escape(str(tmp_path / 'x.csv'))}", ended)
    assert run("predict", "--text", "a", "--format", "jsonl") == 0
    assert capsys.readouterr().err == "", "standard output needs no such line"


def test_an_output_folder_that_is_missing_is_named(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    assert "nowhere" in fail(capsys, "predict", "--text", "a", "-o", str(tmp_path / "nowhere" / "x.csv"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"text": "a"}\n{', "bad.jsonl:2: not JSON: "),
        (b'{"id": "1"}', "bad.jsonl:1: text: "),
        (b'\n{"text": 3}', "bad.jsonl:2: text: "),
        (b'["text"]', "bad.jsonl:1: text: "),
        (b'{"text": "caf\xe9 nam"}', "bad.jsonl"),
    ],
)
def test_bad_json_lines_are_named(words: WordPredictor, content: bytes, message: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    assert run("predict", str(path), "--format", "jsonl") == 1
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.splitlines()[-1] == f"error: 1 of {1 + len(records(captured.out))} rows failed"


def test_a_text_file_that_is_not_utf8_is_named(words: WordPredictor, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "latin.txt"
    path.write_bytes(b"caf\xe9 nam")
    assert "latin.txt:1: not UTF-8" in fail(capsys, "predict", str(path))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], None),
        (["--threshold", "0.4"], dict.fromkeys(TOPICS, 0.4)),
        (["--threshold", "trade=0.4", "--threshold", "mia=0.2"], {"trade": 0.4, "mia": 0.2}),
    ],
)
def test_thresholds_reach_the_predictor(words: WordPredictor, arguments: list[str], expected: Any) -> None:
    assert run("predict", "--text", "a", *arguments) == 0
    assert words.thresholds == expected


@pytest.mark.parametrize("arguments", [["0.4", "trade=0.2"], ["trade=0.2", "0.4"]], ids=" ".join)
def test_a_threshold_of_a_topic_is_not_dropped_beside_one_for_all(words: WordPredictor, arguments: list[str]) -> None:
    code = run("predict", "--text", "a", *(part for item in arguments for part in ("--threshold", item)))
    if code != 2:
        assert words.thresholds == dict.fromkeys(TOPICS, 0.4) | {"trade": 0.2}


# With the shipped checkpoint


@shipped
@pytest.mark.parametrize("form", ["text", "jsonl", "csv"])
def test_the_sample_is_predicted_in_every_form(form: str, capsys: Capture) -> None:
    assert run("predict", "--sample", "--format", form) == 0
    out = capsys.readouterr().out
    text = sample_article()
    if form == "text":
        assert out.count("maritime") >= 1
        assert "[PER " in out
    elif form == "jsonl":
        found = records(out)
        assert [text[r["start"] : r["end"]] for r in found] == [r["text"] for r in found]
        for record in found:
            assert set(record["scores"]) == set(TOPICS)
            assert all(record["text"][p["start"] : p["end"]] == p["text"] for p in record["participants"])
        assert {"maritime", "cybercrime"} <= {topic for record in found for topic in record["topics"]}
    else:
        rows = list(csv.DictReader(io.StringIO(out, newline="")))
        assert len(rows) == len(list(split_sentences(text)))
        assert "Việt Nam" in rows[0]["GPE"]


@shipped
def test_every_form_says_the_same(capsys: Capture) -> None:
    assert run("predict", "--sample", "--format", "jsonl") == 0
    found = records(capsys.readouterr().out)
    assert run("predict", "--sample", "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))
    assert [row["topics"] for row in rows] == ["; ".join(record["topics"]) for record in found]
    assert [row["text"] for row in rows] == [record["text"] for record in found]


@shipped
@pytest.mark.parametrize(
    ("threshold", "message"),
    [("weather=0.5", "unknown topic 'weather'"), ("trade=1.5", "1.5 for trade"), ("-1", "-1.0"), ("nan", "nan")],
)
def test_a_threshold_that_cannot_be_is_named(threshold: str, message: str, capsys: Capture) -> None:
    assert message in fail(capsys, "predict", "--text", "a", f"--threshold={threshold}")


@shipped
def test_thresholds_change_the_topics(capsys: Capture) -> None:
    text = "Hai bên thảo luận về an ninh hàng hải."
    assert run("predict", "--text", text, "--format", "jsonl", "--threshold", "0") == 0
    assert run("predict", "--text", text, "--format", "jsonl", "--threshold", "maritime=1") == 0
    everything, without = records(capsys.readouterr().out)
    assert everything["topics"] == list(TOPICS)
    assert "maritime" not in without["topics"]


@shipped
def test_a_batch_size_below_one_is_wrong_usage(capsys: Capture) -> None:
    assert run("predict", "--text", "a", "--batch-size", "0") == 2
    assert "--batch-size: 0 is not at least 1" in capsys.readouterr().err


@shipped
def test_evaluate_prints_scores(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "w01.marks"
    path.write_text(MARKS, encoding="utf-8")
    assert run("evaluate", str(path), "--json", "--draws", "20") == 0
    found = json.loads(capsys.readouterr().out)
    [result] = found["data"][str(path)]["results"].values()
    assert result["sentences"] == 2
    assert set(result["counts"]["topics"]) == set(TOPICS)
    assert result["names"], "the shipped checkpoint's training data are here"
    assert [item.name for item in tmp_path.iterdir()] == ["w01.marks"]


def test_evaluate_compares_two_and_writes_a_report(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_checkpoint: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "w01.marks"
    path.write_text(MARKS, encoding="utf-8")
    options = [
        "--draws",
        "20",
        "--baselines",
        "majority,keywords",
        "--train",
        "corpus:development",
        "--development",
        "corpus:development",
    ]
    assert run("evaluate", "default", str(tiny_checkpoint), str(path), *options) == 0
    assert "difference" in capsys.readouterr().out
    found = json.loads((tmp_path / "evaluation" / "scores.json").read_text(encoding="utf-8"))
    [part] = found["data"].values()
    assert len(part["results"]) == 2
    assert set(part["baselines"]) == {"majority", "keywords"}
    assert part["comparisons"][0]["scores"]["topics/trade/f1"]["first"] is not None
    assert "keywords" in (tmp_path / "evaluation" / "report.html").read_text(encoding="utf-8")
    assert list((tmp_path / "evaluation" / "plots").glob("*.png"))


def test_evaluate_card_goes_into_the_checkpoint_and_calibrate_takes_it_out(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = shutil.copytree(DEFAULT_CHECKPOINT, tmp_path / "mine")
    path = tmp_path / "w01.marks"
    path.write_text(MARKS, encoding="utf-8")
    assert run("evaluate", "mine", str(path), "--card", "--draws", "20", "-o", "out") == 0
    evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert list(evaluation["data"]) == [path.name], "where the file lies is nobody else's business"
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"### {path.name}: 2 sentences" in card
    assert "bán điện" not in json.dumps(evaluation, ensure_ascii=False), "sentences of the data stay out of the checkpoint"
    assert run("calibrate", "mine", str(path)) == 0
    assert not (folder / "evaluation.json").exists()
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["calibrated_on"]["sentences"] == 2
    assert run("predict", "--checkpoint", "mine", "--text", "Lào bán điện.", "--at-precision", "0.95") == 0
    assert run("predict", "--checkpoint", "mine", "--text", "Lào bán điện.", "--at-precision", "0.9") == 1
    assert "has no operating point 0.9; it has 0.95, 0.99" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "default", "default", "corpus:test", "--baselines", "wishes"], "unknown 'wishes'"),
        (["evaluate", "corpus:test", "default", "./a", "--card"], "--card: one checkpoint"),
        (["evaluate", ".", "default", "corpus:test"], "runs of several seeds"),
    ],
)
def test_evaluate_says_what_cannot_be_combined(arguments: list[str], said: str, capsys: Capture) -> None:
    assert run(*arguments) == 2
    assert said in capsys.readouterr().err


# Data


def marked(path: Path, *lines: str) -> str:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


def test_stats_check_a_plan_and_draw(capsys: Capture, tmp_path: Path) -> None:
    name = marked(tmp_path / "w.marks", "trade | - | [GPE Lào] bán điện.")
    plan = tmp_path / "plan.json"
    plan.write_text('{"sentences": 1}', "utf-8")
    assert run("data", "stats", name, "--plan", str(plan), "--plot", str(tmp_path / "c.png"), "--json") == 0
    assert json.loads(capsys.readouterr().out)["topic trade"] == 1
    assert (tmp_path / "c.png").stat().st_size > 1000
    plan.write_text('{"sentences": 2}', "utf-8")
    assert run("data", "stats", name, "--plan", str(plan)) == 1
    captured = capsys.readouterr()
    assert "sentences" in captured.out
    assert captured.err == "error: sentences: 1, at least 2 planned\n"


def test_split_writes_parts_into_an_empty_folder_only(capsys: Capture, tmp_path: Path) -> None:
    name = marked(tmp_path / "w.marks", *(f"- | doc=d{i} | câu số {i}" for i in range(10)))
    folder = tmp_path / "parts"
    assert run("data", "split", name, "-o", str(folder), "--shares", "train=0.7,test=0.3") == 0
    assert {p.name: len(read_sentences(p)) for p in folder.iterdir()} == {"train.jsonl": 7, "test.jsonl": 3}
    assert "7 (70%)" in capsys.readouterr().out
    assert "no empty folder" in fail(capsys, "data", "split", name, "-o", str(folder))
    assert run("data", "split", name, "-o", str(folder), "--shares", "train") == 2
    assert run("data", "split", name, "-o", str(folder), "--shares", "train=0.5,test=0.4") == 2
    assert run("data", "split", name, "-o", str(folder), "--shares", "../x=1") == 2


def test_dedup_lists_and_removes(capsys: Capture, tmp_path: Path) -> None:
    name = marked(tmp_path / "w.marks", "- | - | Bộ trưởng Công an Lào tới Hà Nội", "- | - | Bộ trưởng Công an Lào tới Hà Nội!")
    assert run("data", "dedup", name, "--threshold", "0.7") == 1
    assert "like w-0001: Bộ trưởng" in capsys.readouterr().out
    assert run("data", "dedup", name, "-o", str(tmp_path / "out.jsonl"), "--threshold", "0.7") == 0
    assert [s.id for s in read_sentences(tmp_path / "out.jsonl")] == ["w-0001"]
    other = marked(tmp_path / "o.marks", "- | - | Tin nói Bộ trưởng Công an Lào tới Hà Nội hôm nay vì việc khác hẳn")
    assert run("data", "dedup", other, "--against", name, "--threshold", "0.95") == 0
    assert run("data", "dedup", other, "--against", name, "--threshold", "0.95", "--same-syllables", "8") == 1
    assert run("data", "dedup", other, "--same-syllables", "8") == 2
    assert run("data", "dedup", other, "--threshold", "2") == 2


def test_convert_knows_formats_and_own_labels(capsys: Capture, tmp_path: Path) -> None:
    name = marked(tmp_path / "w.marks", "fish | - | [BOAT Hải Âu] về bến")
    assert "unknown" in fail(capsys, "data", "convert", name, str(tmp_path / "w.conll"))
    own = ("--topics", "fish", "--types", "BOAT")
    assert run("data", "convert", name, str(tmp_path / "w.conll"), *own) == 0
    assert "Hải\tB-BOAT\nÂu\tI-BOAT\n" in (tmp_path / "w.conll").read_text("utf-8")
    assert run("data", "convert", str(tmp_path / "w.conll"), str(tmp_path / "w.x"), "--to", "doccano", *own) == 0
    assert '"cats": ["fish"]' in (tmp_path / "w.x").read_text("utf-8")
    assert "1 sentences written" in capsys.readouterr().err
    assert run("data", "validate", str(tmp_path / "w.conll"), *own) == 0
    assert run("data", "validate", str(tmp_path / "w.conll"), "--types", "A,A") == 2


def test_agreement_has_a_bar_and_a_list(capsys: Capture, tmp_path: Path) -> None:
    first = marked(tmp_path / "a.marks", "trade | id=1 | [GPE Lào] bán điện.", "- | id=2 | Mưa.")
    second = marked(tmp_path / "b.marks", "trade,mia | id=1 | [GPE Lào] bán điện.", "- | id=2 | Mưa.")
    assert run("data", "agreement", first, second, "--by", "writer") == 0
    everyone = marked(tmp_path / "c.marks", "# writer: all", "trade | id=1 | [GPE Lào] bán điện.")
    assert run("data", "agreement", everyone, everyone, "--by", "writer") == 0
    assert run("data", "agreement", first, second, "--at-least", "0.9", "--disagreements") == 1
    captured = capsys.readouterr()
    assert "mia,trade | id=1 | [GPE Lào] bán điện." in captured.out
    assert captured.err == "error: all: topics agree at 0.667, below 0.9\n"


def test_review_reads_predictions(capsys: Capture, tmp_path: Path) -> None:
    name = marked(tmp_path / "w.marks", "trade | id=1 | [GPE Lào] bán điện.")
    (tmp_path / "p.jsonl").write_text('{"id": "1", "scores": {"trade": 0.01}, "participants": []}\n', "utf-8")
    assert run("data", "review", name, "--predictions", str(tmp_path / "p.jsonl")) == 0
    assert "trade is labelled, yet has 0.01" in capsys.readouterr().out


@shipped
def test_suggest_writes_what_an_annotator_opens(capsys: Capture, tmp_path: Path) -> None:
    name = marked(tmp_path / "w.marks", "? | - | Lào bán điện cho Thái Lan.", "? | - | Trời mưa.", "? | - | Mưa trời.")
    assert run("data", "suggest", name, "-n", "2", "-o", str(tmp_path / "tasks.json"), "--prelabel") == 0
    tasks = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    assert len(tasks) == 2
    assert "2 sentences written" in capsys.readouterr().err
    assert "named twice" in fail(capsys, "data", "suggest", name, name, "-o", str(tmp_path / "x.json"))
    assert run("data", "suggest", name, "-o", str(tmp_path / "x.zip")) == 2
    assert run("data", "dedup", name, "-o", str(tmp_path / "x.zip")) == 2
    assert run("data", "suggest", name, "-o", str(tmp_path / "x.marks")) == 2


# As a process


def process(*arguments: str, content: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hoptac.cli", *arguments], input=content, capture_output=True, encoding="utf-8", check=False
    )


def test_the_process_ends_with_the_exit_code_and_no_traceback(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{", encoding="utf-8")
    assert process("--version").returncode == 0
    assert process("fly").returncode == 2
    failed = process("data", "validate", str(bad))
    assert failed.returncode == 1
    assert "bad.jsonl:1: not JSON" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"'{sys.executable}' -m hoptac.cli data review corpus:all | head -n 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0
    assert done.stderr == ""


@shipped
def test_a_prediction_imports_nothing_that_only_large_jobs_need() -> None:
    code = "import sys; from hoptac.cli import main; main(['predict', '--text', 'a']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert {"pyarrow", "multiprocessing"}.isdisjoint(done.stdout.split())


@shipped
def test_a_process_predicts_from_standard_input() -> None:
    done = process("predict", "-", "--format", "jsonl", content="Hai bên thảo luận về an ninh hàng hải. Trời mưa.\n")
    assert done.returncode == 0, done.stderr
    assert [record["text"] for record in records(done.stdout)] == ["Hai bên thảo luận về an ninh hàng hải.", "Trời mưa."]
