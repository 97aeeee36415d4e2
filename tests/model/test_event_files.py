"""Events of articles in files: what is read, what comes out, what becomes of articles that fail."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hoptac import cli
from hoptac.data.article import read_article
from hoptac.data.inputs import find_sources, is_page, sample
from hoptac.data.labels import TOPICS, TYPES
from hoptac.data.rows import BadRow, Row, Stream
from hoptac.data.schema import DataError, Participant
from hoptac.model import actor_table, event_files
from hoptac.model.event_files import extract_files
from hoptac.model.events import events_of
from hoptac.model.predictor import Prediction, Predictor

TEXT = "Việt Nam thăm Lào\n\nChiều 14/10, Lào bán điện cho Việt Nam. Trời mưa.\n\nNgày 15/10, Lào mua gạo."


# The words of a text stand in for the network.
class WordPredictor:
    config = SimpleNamespace(topics=TOPICS, types=TYPES)

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.broken = ""

    def predict(self, texts: Iterable[str], batch_size: int = 32, thresholds: Any = None) -> list[Prediction]:
        texts, found = list(texts), []
        if self.broken and any(self.broken in text for text in texts):
            raise MemoryError
        if any("nổ" in text for text in texts):
            raise ValueError("the network broke")
        self.seen += texts
        for text in texts:
            start = text.find("Lào")
            participants = (Participant("Lào", start, start + 3, "GPE", 0.875),) if start >= 0 else ()
            topics = ("trade",) if "bán" in text or "mua" in text else ()
            found.append(Prediction(text, topics, dict.fromkeys(TOPICS, 0.25), participants))
        return found


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> WordPredictor:
    predictor = WordPredictor()
    monkeypatch.setattr(Predictor, "from_pretrained", lambda *_, **__: predictor)
    return predictor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Articles in every kind of file."""
    place = tmp_path / "articles"
    place.mkdir()
    (place / "a.txt").write_text(f"date 2025-10-20\n\n{TEXT}", encoding="utf-8")
    page = "".join(f"<p>{part}</p>" for part in [*TEXT.split("\n\n")[1:], "Hai bên bàn thêm về nhiều việc khác nhau."])
    meta = '<meta property="article:published_time" content="2025-10-21T08:00:00+07:00">'
    (place / "b.html").write_text(
        f"<!doctype html><html><head><title>Thăm Lào</title>{meta}</head><body><article><h1>Thăm Lào</h1>{page}</article></body></html>",
        encoding="utf-8",
    )
    records = [{"id": "r1", "text": TEXT, "published": "2025-10-22"}, {"text": TEXT, "note": 1}]
    (place / "c.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    pd.DataFrame({"id": ["r2"], "text": [TEXT], "published": ["10/2025"]}).to_csv(place / "d.csv", index=False)
    pq.write_table(pa.table({"text": [TEXT], "published": pa.array([date(2025, 10, 23)])}), place / "e.parquet")
    return place


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_articles_of_every_kind_become_one_table(words: WordPredictor, folder: Path, tmp_path: Path) -> None:
    report = extract_files([folder], tmp_path / "out.jsonl")
    assert (report.rows, report.failed, report.unit) == (6, 0, "articles")
    assert str(report).startswith("6 articles in ")
    found = lines_of(tmp_path / "out.jsonl")
    published = {record["article"]: record["published_first"] for record in found}
    assert published == {
        f"{folder}/a.txt": "2025-10-20",
        f"{folder}/b.html": "2025-10-21",
        "r1": "2025-10-22",
        f"{folder}/c.jsonl:2": None,
        "r2": "2025-10-01",
        f"{folder}/e.parquet:1": "2025-10-23",
    }
    assert {record["topic"] for record in found} == {"trade"}
    dates = [(record["date_first"], record["date_text"]) for record in found if record["article"] == "r1"]
    assert dates == [("2025-10-14", "Chiều 14/10"), ("2025-10-15", "Ngày 15/10")]


def test_dates_without_a_year_stay_open_where_nobody_says_when_it_was_published(
    words: WordPredictor, folder: Path, tmp_path: Path
) -> None:
    source = folder / "c.jsonl"
    extract_files([source], tmp_path / "open.jsonl")
    extract_files([source], tmp_path / "given.jsonl", published="2024")
    name = f"{source}:2"
    unknown, given = (
        [
            (record["date_first"], record["published_precision"])
            for record in lines_of(tmp_path / file)
            if record["article"] == name
        ]
        for file in ("open.jsonl", "given.jsonl")
    )
    assert unknown == [(None, None)] * 2
    assert given == [("2024-10-14", "year"), ("2024-10-15", "year")]
    says_so = [record["date_first"] for record in lines_of(tmp_path / "given.jsonl") if record["article"] == "r1"]
    assert says_so == ["2025-10-14", "2025-10-15"]


def test_what_cannot_be_read_goes_to_the_errors_and_the_rest_goes_on(words: WordPredictor, tmp_path: Path) -> None:
    place = tmp_path / "in"
    place.mkdir()
    (place / "a.txt").write_bytes(b"L\xe0o b\xe1n")
    (place / "b.html").write_text("<html><body></body></html>", encoding="utf-8")
    records = [{"text": TEXT, "published": "hôm nọ"}, {"text": f"{TEXT} Bom nổ."}, {"note": 1}, {"text": TEXT}]
    (place / "c.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    report = extract_files([place], tmp_path / "out.csv")
    assert (report.rows, report.failed) == (6, 5)
    assert report.errors == tmp_path / "out.csv.errors.jsonl"
    reasons = {record["source"].rpartition("/")[2]: record["reason"] for record in lines_of(report.errors)}
    assert list(reasons) == ["a.txt", "b.html", "c.jsonl:1", "c.jsonl:2", "c.jsonl:3"]
    assert "UTF-8" in reasons["a.txt"]
    assert "hôm nọ" in reasons["c.jsonl:1"]
    assert reasons["c.jsonl:1"].startswith("published: ")
    assert reasons["c.jsonl:2"] == "prediction failed: ValueError: the network broke"
    assert "text" in reasons["c.jsonl:3"]
    assert set(pd.read_csv(tmp_path / "out.csv")["article"]) == {f"{place}/c.jsonl:4"}


def test_an_article_without_an_id_is_named_by_its_place(words: WordPredictor, tmp_path: Path) -> None:
    records = [{"id": None, "text": TEXT}, {"id": "", "text": TEXT}, {"id": 0, "text": TEXT}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    pq.write_table(pa.table({"id": pa.array([None], pa.string()), "text": [TEXT]}), tmp_path / "b.parquet")
    (tmp_path / "c.csv").write_text('id,text\n,"Lào bán điện."\n', encoding="utf-8")
    extract_files([tmp_path / name for name in ("a.jsonl", "b.parquet", "c.csv")], tmp_path / "out.jsonl")
    names = list(dict.fromkeys(record["article"] for record in lines_of(tmp_path / "out.jsonl")))
    assert [name.rpartition("/")[2] for name in names] == ["a.jsonl:1", "a.jsonl:2", "0", "b.parquet:1", "c.csv:2"]


@pytest.mark.parametrize(
    ("value", "first"),
    [(2025, "2025-01-01"), (2025.0, "2025-01-01"), ("2025.0", "2025-01-01"), (20250710, None), (2025.5, None)],
)
def test_a_number_as_date_of_publication_is_a_year(
    words: WordPredictor, tmp_path: Path, value: float | str, first: str | None
) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": TEXT, "published": value}) + "\n", encoding="utf-8")
    report = extract_files([tmp_path / "in.jsonl"], tmp_path / "out.jsonl")
    assert report.failed == (first is None)
    assert {record["published_first"] for record in lines_of(tmp_path / "out.jsonl")} == ({first} if first else set())


def test_a_column_of_dates_that_is_named_must_be_there(words: WordPredictor, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "no.csv").write_text('text\n"Lào bán điện."\n', encoding="utf-8")
    for name in (folder / "d.csv", folder / "e.parquet", tmp_path / "no.csv"):
        with pytest.raises(DataError, match=r"published_column: no table has a column 'day'; there are .*'text'"):
            extract_files([name], tmp_path / "out.jsonl", published_column="day")
    assert extract_files([folder], tmp_path / "out.jsonl", published_column="day").failed == 0  # JSON Lines may have it
    assert extract_files([tmp_path / "no.csv"], tmp_path / "no.jsonl").failed == 0


def test_a_file_of_actors_that_changed_is_read_again(words: WordPredictor, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": TEXT}) + "\n", encoding="utf-8")
    mine, codes = tmp_path / "mine.yaml", []
    for code in ("MMR", "KHM"):
        mine.write_text(f"countries:\n  {code}: [Lào]\n", encoding="utf-8")
        extract_files([tmp_path / "in.jsonl"], tmp_path / f"{code}.jsonl", actors=mine)
        codes += lines_of(tmp_path / f"{code}.jsonl")[0]["countries"]
    assert codes == ["MMR", "KHM"]


def test_the_command_says_when_ids_are_not_unique(
    words: WordPredictor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*ids: str) -> str:
        records = "".join(json.dumps({"id": name, "text": TEXT}) + "\n" for name in ids)
        (tmp_path / "in.jsonl").write_text(records, encoding="utf-8")
        assert run("events", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / f"{'-'.join(ids)}.csv")) == 0
        return capsys.readouterr().err

    assert "not unique" not in said("a", "b", "c")
    assert "1 of the names stand for several articles" in said("a", "b", "a")
    assert "1 of the names stand for several articles" in said("a", "a")


def test_charts_do_not_go_into_the_folder_of_the_articles(
    words: WordPredictor, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / f"{folder.name}.csv"
    assert run("events", str(folder), "-o", str(table)) == run("chart", str(table)) == 0
    assert not (folder / "charts.html").exists()


def test_one_odd_article_does_not_cost_the_others(
    words: WordPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(call: Any, word: str) -> Any:
        def run(*arguments: Any, **options: Any) -> Any:
            if word in str(arguments[0]):
                raise RecursionError("too deep")
            return call(*arguments, **options)

        return run

    monkeypatch.setattr(event_files, "read_article", failing(read_article, "gió"))
    monkeypatch.setattr(event_files, "events_of", failing(events_of, "bão"))
    texts = [TEXT, f"{TEXT} Có gió.", f"{TEXT} Có bão.", TEXT]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    report = extract_files([tmp_path / "in.jsonl"], tmp_path / "out.jsonl")
    assert report.failed == 2
    assert report.errors is not None
    reasons = [record["reason"] for record in lines_of(report.errors)]
    assert reasons == ["cannot be read: RecursionError: too deep", "no events: RecursionError: too deep"]
    assert {record["article"].rpartition(":")[2] for record in lines_of(tmp_path / "out.jsonl")} == {"1", "4"}


def test_a_run_that_ended_goes_on_where_it_was(words: WordPredictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_files, "_BLOCK", 2)
    texts = [f"{TEXT} Số {number}." for number in range(7)]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    extract_files([source], tmp_path / "whole.jsonl")
    words.broken = "Số 5."
    with pytest.raises(DataError, match="parts that are done are kept"):
        extract_files([source], tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()
    words.broken = ""
    words.seen.clear()
    report = extract_files([source], tmp_path / "out.jsonl")
    assert (report.rows, report.resumed_rows) == (7, 4)
    assert not [text for text in words.seen if "Số 3." in text]
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_another_date_or_table_of_actors_is_another_job(words: WordPredictor, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": TEXT}) + "\n", encoding="utf-8")
    words.broken = "mưa"
    with pytest.raises(DataError, match="no row is to blame"):
        extract_files([tmp_path / "in.jsonl"], tmp_path / "out.jsonl", published="2025")
    words.broken = ""
    extract_files([tmp_path / "in.jsonl"], tmp_path / "out.jsonl", published="2024")
    assert lines_of(tmp_path / "out.jsonl")[0]["date_first"] == "2024-10-14"


def test_wrong_arguments_are_refused_before_anything_is_written(words: WordPredictor, folder: Path, tmp_path: Path) -> None:
    for wrong, message in (
        ({"published": "hôm nọ"}, "published: 'hôm nọ'"),
        ({"published": ""}, "published: ''"),
        ({"workers": 0}, "workers: 0"),
        ({"format": "xml"}, "xml"),
        ({"column": "body"}, "body"),
        ({"actors": tmp_path / "none.yaml"}, "none.yaml"),
    ):
        with pytest.raises((ValueError, OSError), match=message):
            extract_files([folder], tmp_path / "out.jsonl", **wrong)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["articles"]


def test_web_pages_are_articles_but_no_texts_for_prediction(folder: Path) -> None:
    assert [source.form for source in find_sources([folder], pages=True)] == ["text", "page", "jsonl", "csv", "parquet"]
    assert "page" not in [source.form for source in find_sources([folder])]
    with pytest.raises(DataError, match=r"\.html is not read"):
        find_sources([folder / "b.html"])
    assert is_page("x/Y.HTM.gz")


def test_each_file_is_one_row(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Một.\r\nHai.".encode())
    (tmp_path / "b.txt").write_bytes(b"\xff")
    good, bad = Stream(find_sources([tmp_path]), whole=True)
    assert good == Row("Một.\r\nHai.", f"{tmp_path}/a.txt", 0, 10, f"{tmp_path}/a.txt")
    assert isinstance(bad, BadRow)
    (article,) = Stream([sample()], whole=True)
    assert isinstance(article, Row)
    assert (article.source, article.start, article.end) == ("sample", 0, len(article.text))


def run(*arguments: str) -> int:
    return cli.main(list(arguments))


def test_the_command_prints_json_lines(words: WordPredictor, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("events", str(folder / "a.txt"), "--format", "jsonl") == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["date_first"] for record in found] == ["2025-10-14", "2025-10-15"]
    assert found[0]["countries"] == ["LAO"]


def test_the_command_prints_lines_for_reading(words: WordPredictor, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("events", str(folder / "a.txt")) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.split(maxsplit=4) == ["2025-10-14", "LAO", "trade", "0.25", "Chiều 14/10, Lào bán điện cho Việt Nam."]
    assert second.split()[:2] == ["2025-10-15", "LAO"]


def test_the_command_tells_of_articles_that_fail(
    words: WordPredictor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": "Bom nổ."}) + "\n", encoding="utf-8")
    assert run("events", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.parquet")) == 1
    assert "1 of 1 articles failed; they are in" in capsys.readouterr().err
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


@pytest.mark.parametrize("wrong", [["--workers", "2"], ["--format", "parquet"], ["--errors", "e"]], ids=" ".join)
def test_what_needs_a_file_is_wrong_usage_without_one(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        run("events", "--sample", *wrong)
    assert exit.value.code == 2
    assert "-o FILE" in capsys.readouterr().err


def test_a_missing_library_names_the_extra(
    words: WordPredictor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for cached in (event_files._table, actor_table._own_table, actor_table._cldr):
        cached.cache_clear()
    monkeypatch.setitem(sys.modules, "pycountry", None)
    assert run("events", "--sample") == 1
    assert "of the extra `events`: pip install 'hoptac[events]'" in capsys.readouterr().err


def test_charts_of_what_was_extracted(
    words: WordPredictor, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("events", str(folder), "-o", str(tmp_path / "events.parquet"), "--published", "2025") == 0
    assert run("chart", str(tmp_path / "events.parquet")) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {path.suffix for path in written} == {".png", ".html"}
    assert all((tmp_path / "events-charts") in path.parents for path in written)
    assert all(path.stat().st_size > 1000 for path in written)
