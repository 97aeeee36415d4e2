"""Events as files: every format says the same, is put together from parts, and is what its manual or its reader expects."""

from __future__ import annotations

import csv
import gzip
import io
import json
import pickle
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hoptac.data.article import read_article
from hoptac.data.dates import Interval
from hoptac.data.event import Actor, Event, EventActor
from hoptac.data.plover import contexts_of
from hoptac.data.schema import DataError
from hoptac.model import polecat
from hoptac.model.event_output import FORMS, EventOutput, event_form, read_events
from hoptac.model.event_table import ACTOR_COLUMNS, COLUMNS, CSV_COLUMNS, CSV_DATES, CSV_TYPES
from hoptac.model.events import extract_events
from hoptac.model.job import Job
from hoptac.model.plover_records import plover_record
from hoptac.model.polecat import polecat_row

SCHEMAS = Path(__file__).parent
DAY = Interval(date(2025, 5, 20), date(2025, 5, 20), "day")
VIETNAM = Actor(0, "Việt Nam", "GPE", country="VNM")
LAOS = Actor(1, "Lào", "GPE", country="LAO")
POLICE = Actor(2, "Bộ Công an Việt Nam", "ORG", country="VNM", sectors=("GOV", "COP"))
PERSON = Actor(3, "Trần Thị Nan", "PER", country="VNM", sectors=("GOV",), office="Thứ trưởng")
ASEAN = Actor(4, "ASEAN", "ORG", body="IGO")
UNKNOWN = Actor(5, "Hội Nan", "ORG", undecided="no country in the name")
GREENLAND = Actor(6, "Greenland", "GPE", country="GRL")


def event(topic: str = "narcotics", *actors: Actor, **options: Any) -> Event:
    """An event whose sentence names the actors, and the first of them twice."""
    named = [*actors, *actors[:1]]
    contexts, match, extension = contexts_of(topic, [topic])
    made = Event(
        id=f"a.txt:10:{topic}",
        article="a.txt",
        title="Hai nước bàn về hợp tác",
        published=Interval(date(2025, 5, 1), date(2025, 5, 31), "month"),
        sentence="Hôm qua, các bên bàn về phòng, chống ma túy.",
        start=10,
        end=54,
        kind="body",
        topic=topic,
        probability=0.875,
        date=DAY,
        date_text="Hôm qua",
        actors=tuple(EventActor(actor, actor.name, 20 + i, 20 + i + len(actor.name), 0.5) for i, actor in enumerate(named)),
        article_countries=("VNM", "LAO"),
        contexts=contexts,
        context_match=match,
        extension=extension,
    )
    return replace(made, **options)


MONTH = Interval(date(2025, 9, 1), date(2025, 9, 30), "month")
TROUBLE = 'Tập đoàn "A\tB"; chi nhánh\r\nsố 1, Ý 🚢'
EVENTS: dict[str, Event] = {
    "nobody, no date": event("trade", date=None, date_text="", published=None),
    "no date of its own": event("maritime", VIETNAM, date=None, date_text=""),
    "one actor": event("narcotics", LAOS),
    "several actors": event("law_enforcement", VIETNAM, LAOS, POLICE, PERSON, ASEAN),
    "nobody known": event("mia", UNKNOWN),
    "a month": event("defense", VIETNAM, date=MONTH, date_text="tháng 9/2025"),
    "two days": event("technology", VIETNAM, date=Interval(date(2025, 9, 4), date(2025, 9, 5), "day"), published=DAY),
    "a territory": event("trade", GREENLAND, ASEAN),
    "trouble": event(
        "cybercrime",
        Actor(0, TROUBLE, "ORG", office='"Tổng; giám\tđốc"', sectors=("BUS",), country="VNM"),
        LAOS,
        article='tin "mới"\t; 1.txt',
        title=TROUBLE,
        sentence=f"{TROUBLE} và Lào, ngày 1,5; \u2028 hết.\n",
    ),
    "half a surrogate pair": event("terrorism", Actor(0, "A\ud83d", "ORG"), sentence="x \ud83d y"),
    "a crime beside a narrower one": replace(event("law_enforcement", VIETNAM, LAOS), contexts=(), context_match="none"),
}


def whole(output: EventOutput, *parts: Sequence[Event], folder: Path) -> bytes:
    """Parts written and put together."""
    paths = []
    for number, part in enumerate(parts):
        paths.append(folder / f"{number}{output.ending}")
        paths[-1].write_bytes(output.encode(part))
    target = io.BytesIO()
    output.put_together(paths, target)
    return target.getvalue()


def written(folder: Path, name: str, *events: Event) -> Path:
    """A file of events, from two parts."""
    path = folder / name
    form, compression = event_form(path)
    path.write_bytes(whole(EventOutput(form, compression), events[:1], events[1:], folder=folder))
    return path


def whole_texts(value: Any) -> Any:
    """What Parquet can hold of half a surrogate pair."""
    return json.loads(json.dumps(value).replace("\\ud83d", "\\ufffd"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("e.jsonl", ("jsonl", "")),
        ("e.NDJSON.gz", ("jsonl", "gz")),
        ("e.csv.zst", ("csv", "zst")),
        ("e.parquet", ("parquet", "")),
        ("e.plover.json", ("plover", "")),
        ("e.plover.jsonl.gz", ("plover", "gz")),
        ("e.json", ("plover", "")),
        ("e.polecat.tsv", ("polecat", "")),
        ("e.tsv.gz", ("polecat", "gz")),
        ("e/", ("parquet", "")),
        ("-", ("text", "")),
        ("events", ("text", "")),
    ],
)
def test_the_ending_tells_the_format(name: str, expected: tuple[str, str]) -> None:
    assert event_form(name) == expected


def test_a_format_that_is_named_goes_before_the_ending() -> None:
    assert event_form("e.txt.gz", "polecat") == ("polecat", "gz")
    assert event_form("e/", "csv") == ("csv", "")


def test_endings_and_formats_that_are_unknown_are_refused() -> None:
    with pytest.raises(DataError, match=r"e\.xlsx: \.xlsx is not written; .*\.polecat\.tsv"):
        event_form("e.xlsx")
    with pytest.raises(DataError, match=r"Parquet is compressed inside; leave \.gz out"):
        event_form("e.parquet.gz")
    with pytest.raises(ValueError, match=r"format: unknown format 'xml'; known are text"):
        event_form("e.csv", "xml")


@pytest.mark.parametrize("form", FORMS)
def test_an_output_can_be_sent_to_a_process_and_says_what_it_is(form: str) -> None:
    output = EventOutput(form, "" if form == "parquet" else "gz")
    assert pickle.loads(pickle.dumps(output)) == output
    assert json.loads(json.dumps(output.to_dict())) == output.to_dict()
    assert output.to_dict() != EventOutput(form, folder=True).to_dict()


PACKED = [(form, compression) for form in FORMS for compression in ("", "gz", "zst") if form != "parquet" or not compression]


@pytest.mark.parametrize(("form", "compression"), PACKED)
def test_parts_make_the_same_file_as_one_part(form: str, compression: str, tmp_path: Path) -> None:
    output = EventOutput(form, compression)
    events = list(EVENTS.values())
    one = whole(output, events, folder=tmp_path)
    many = whole(output, events[:3], [], events[3:], folder=tmp_path)
    if form == "parquet":
        assert pq.read_table(io.BytesIO(one)).equals(pq.read_table(io.BytesIO(many)))
    else:
        assert unpacked(one, compression) == unpacked(many, compression)
        assert unpacked(one, compression).decode("utf-8")  # of half a surrogate pair, its escape


def unpacked(data: bytes, compression: str) -> bytes:
    if compression == "gz":
        return gzip.decompress(data)
    return pa.CompressedInputStream(pa.BufferReader(data), "zstd").read() if compression else data


@pytest.mark.parametrize("form", FORMS)
def test_a_killed_run_goes_on_and_each_part_of_a_folder_stands_alone(form: str, tmp_path: Path) -> None:
    parts = [list(EVENTS.values())[:4], list(EVENTS.values())[4:]]
    for folder in (False, True):
        output = EventOutput(form, folder=folder)
        target = tmp_path / f"{form}-{folder}"
        with Job(target, output, {"a": 1}, errors=tmp_path / "errors") as job:
            job.task().write(job.task().part(0), output.encode(parts[0]))
        with Job(target, output, {"a": 1}, errors=tmp_path / "errors") as job:
            assert job.has(0)
            job.task().write(job.task().part(1), output.encode(parts[1]))
            job.finish(2, 11)
        if not folder:
            assert target.read_bytes() == whole(output, *parts, folder=tmp_path)
        elif form in ("jsonl", "csv", "parquet"):
            assert len(list(read_events(target))) == len(EVENTS)
        else:
            assert len(list(target.iterdir())) == 2


def test_no_events_still_make_a_file_with_columns(tmp_path: Path) -> None:
    nothing: list[list[list[Event]]] = [[], [[]]]
    for parts in nothing:
        table = pq.read_table(io.BytesIO(whole(EventOutput("parquet"), *parts, folder=tmp_path)))
        assert table.num_rows == 0
        assert table.schema.names == list(COLUMNS)
        assert whole(EventOutput("csv"), *parts, folder=tmp_path).decode() == ",".join(CSV_COLUMNS) + "\r\n"
        assert whole(EventOutput("polecat"), *parts, folder=tmp_path).decode() == "\t".join(polecat.COLUMNS) + "\n"
        assert whole(EventOutput("jsonl"), *parts, folder=tmp_path) == b""
    for name in ("e.parquet", "e.csv.gz", "e.jsonl.zst"):
        assert list(read_events(written(tmp_path, name))) == []


def test_columns_are_the_fields_of_an_event() -> None:
    assert list(EVENTS["several actors"].to_dict()) == list(COLUMNS)


@pytest.mark.parametrize("name", ["e.jsonl", "e.jsonl.gz", "e.csv", "e.csv.zst", "e.parquet"])
def test_what_is_read_back_is_what_was_written(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, *EVENTS.values())
    back = list(read_events(path))
    assert len(back) == len(EVENTS)
    for key, found in zip(EVENTS, back, strict=True):
        expected = EVENTS[key].to_dict()
        if key == "half a surrogate pair":
            if ".csv" in name:
                continue  # text holds its escape
            expected = whole_texts(expected) if name == "e.parquet" else expected
        assert found == expected


def test_parquet_has_real_types(tmp_path: Path) -> None:
    schema = pq.read_schema(written(tmp_path, "e.parquet", *EVENTS.values()))
    assert schema.field("date_first").type == pa.date32()
    assert schema.field("start").type == pa.int64()
    assert schema.field("probability").type == pa.float64()
    assert schema.field("countries").type == pa.list_(pa.string())
    actor = schema.field("actors").type.value_type
    assert actor.field("sectors").type == pa.list_(pa.string())
    assert actor.field("score").type == pa.float64()
    frame = pq.read_table(tmp_path / "e.parquet").to_pandas()
    assert frame["actors"][3][0]["name"] == "Việt Nam"
    assert frame["date_first"][2] == date(2025, 5, 20)


def test_csv_opens_in_pandas_with_right_types(tmp_path: Path) -> None:
    path = written(tmp_path, "e.csv", *EVENTS.values())
    frame = pd.read_csv(path, parse_dates=list(CSV_DATES))
    assert list(frame.columns) == list(CSV_COLUMNS)
    assert len(frame) == len(EVENTS)
    assert str(frame["start"].dtype) == str(frame["end"].dtype) == "int64"
    assert str(frame["probability"].dtype) == "float64"
    for name in CSV_DATES:
        assert str(frame[name].dtype).startswith("datetime64")
    assert frame["date_first"].isna().sum() == 2
    assert frame["date_last"][5] == pd.Timestamp(2025, 9, 30)
    for name in set(CSV_COLUMNS) - {*CSV_DATES, "start", "end", "probability"}:
        assert {type(value) for value in frame[name].dropna()} <= {str}, name
    assert frame["sentence"][8] == EVENTS["trouble"].sentence
    assert frame["title"][8] == TROUBLE


def test_csv_opens_in_pandas_without_taking_names_for_numbers_or_nothing(tmp_path: Path) -> None:
    named = [
        event("trade", Actor(0, name, "PER"), article=article, title="2025", date_text="2025")
        for name, article in (("Nan", "001"), ("NaN", "002"), ("None", "003"), ("NA", "004"))
    ]
    path = written(tmp_path, "e.csv", *named)
    frame = pd.read_csv(path, dtype=CSV_TYPES, parse_dates=list(CSV_DATES), keep_default_na=False, na_values=[""])
    assert list(frame["article"]) == ["001", "002", "003", "004"]
    assert list(frame["actor_names"]) == ["Nan; Nan", "NaN; NaN", "None; None", "NA; NA"]
    assert set(frame["title"]) == set(frame["date_text"]) == {"2025"}
    assert frame["extension"].isna().all()
    assert str(frame["extension"].dtype) in ("str", "object")  # pandas 3, pandas 2


def test_columns_of_actors_stay_in_step_and_json_keeps_all(tmp_path: Path) -> None:
    rows = list(csv.DictReader(written(tmp_path, "e.csv", *EVENTS.values()).open(encoding="utf-8", newline="")))
    for row, made in zip(rows, EVENTS.values(), strict=True):
        for name in ACTOR_COLUMNS:
            items = f"{row[name]} ".split("; ") if row[name] else []
            assert len(items) == len(made.actors) or (not row[name] and len(made.actors) <= 1)
    several = dict(zip(EVENTS, rows, strict=True))["several actors"]
    assert several["actor_names"] == "Việt Nam; Lào; Bộ Công an Việt Nam; Trần Thị Nan; ASEAN; Việt Nam"
    assert several["actor_codes"] == "VNM; LAO; VNM; VNM; IGO; VNM"
    assert several["actor_sectors"] == "; ; GOV|COP; GOV; ; "
    assert several["countries"] == "VNM; LAO"
    assert several["bodies"] == "ASEAN"
    trouble = dict(zip(EVENTS, rows, strict=True))["trouble"]
    assert trouble["actor_names"].split("; ")[0] == 'Tập đoàn "A B", chi nhánh số 1, Ý 🚢'
    assert json.loads(trouble["actors"])[0]["name"] == TROUBLE


def test_the_page_of_definitions_names_every_column_and_field() -> None:
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
    fields = {field for actor in plover_record(EVENTS["several actors"])["actor"] for field in actor}
    mentions = EVENTS["several actors"].to_dict()["actors"][0]
    for name in {*CSV_COLUMNS, *polecat.COLUMNS, *plover_record(EVENTS["a month"]), *fields, *mentions}:
        assert f"`{name}`" in page, name


def plover_schema() -> jsonschema.Draft202012Validator:
    schema = json.loads((SCHEMAS / "plover.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", EVENTS)
def test_a_record_of_plover_is_what_its_manual_says(name: str) -> None:
    record = json.loads(json.dumps(plover_record(EVENTS[name])))
    plover_schema().validate(record)
    assert record["event"] == []
    assert record["has_event"] is False
    assert "recipient" not in record
    assert "mode" not in record
    assert "text" not in record


def test_a_record_of_plover_tells_what_is_known() -> None:
    record = plover_record(EVENTS["several actors"])
    assert [actor.get("code") for actor in record["actor"]] == ["VNM", "LAO", "VNM", "VNM", "IGO"]
    police, person = record["actor"][2:4]
    assert police["sector"] == "GOV"
    assert police["other_sector_codes"] == ["COP"]
    assert person["office"] == "Thứ trưởng"
    assert person["identifier_text"] == "Trần Thị Nan"
    assert record["context"] == ["crime"]
    assert record["date"] == "2025-05-20"
    assert "enddate" not in record
    assert plover_record(EVENTS["a month"])["enddate"] == "2025-09-30"
    assert plover_record(EVENTS["a territory"])["actor"][0]["code"] == "DNK"
    assert plover_record(EVENTS["nobody known"])["actor"][0]["undecided"] == "no country in the name"
    assert plover_record(EVENTS["nobody known"])["extension"] == "mia"
    assert plover_record(EVENTS["nobody known"])["context"] is None


def test_a_record_of_plover_says_where_its_date_comes_from() -> None:
    assert plover_record(EVENTS["one actor"])["date_from"] == "text"
    lent = plover_record(EVENTS["no date of its own"])
    assert (lent["date"], lent["enddate"], lent["date_precision"]) == ("2025-05-01", "2025-05-31", "month")
    assert lent["date_from"] == "publication"
    none = plover_record(EVENTS["nobody, no date"])
    assert (none["date"], none["date_from"]) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"event": ["DISCUSS"]},
        {"has_event": True},
        {"date": "20/05/2025"},
        {"actor": None},
        {"actor": [{"code": "Vietnam"}]},
        {"actor": [{"sector": "POLICE"}]},
        {"context": ["maritime"]},
        {"context": ["crime", "trafficking"]},
        {"id": ""},
    ],
)
def test_a_broken_record_of_plover_fails(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        plover_schema().validate({**plover_record(EVENTS["several actors"]), **change})


@pytest.mark.parametrize("name", ["id", "date", "actor", "event"])
def test_a_record_of_plover_without_a_required_field_fails(name: str) -> None:
    record = plover_record(EVENTS["several actors"])
    del record[name]
    with pytest.raises(jsonschema.ValidationError, match=name):
        plover_schema().validate(record)


def polecat_schema() -> jsonschema.Draft202012Validator:
    schema = json.loads((SCHEMAS / "polecat.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_a_table_of_polecat_is_what_the_data_set_is(tmp_path: Path) -> None:
    path = written(tmp_path, "e.polecat.tsv", *EVENTS.values())
    schema = polecat_schema()
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        assert rows.fieldnames == list(schema.schema["properties"])
        assert len(rows.fieldnames) == 40
        found = list(rows)
    assert len(found) == len(EVENTS) == len(path.read_bytes().splitlines()) - 1  # one line for each
    for row in found:
        schema.validate(row)
        for name in row:
            if name in ("Event Type", "Event Mode", "Intensity", "Quad Code", "Country") or "Recipient" in name:
                assert row[name] == "None"
    frame = pd.read_csv(path, sep="\t", parse_dates=["Event Date", "Publication Date"])
    assert frame.shape == (len(EVENTS), 40)
    assert frame["Event Type"].isna().all()
    assert frame["Event Date"].notna().sum() == 8


def test_a_row_of_polecat_tells_what_is_known() -> None:
    row = dict(zip(polecat.COLUMNS, polecat_row(EVENTS["several actors"]), strict=True))
    assert row["Actor Name"] == "Việt Nam; Lào; Bộ Công an Việt Nam; Trần Thị Nan; ASEAN"
    assert row["Actor Country"] == "VNM; LAO; VNM; VNM; IGO"
    assert row["Actor COW"] == "816; 812; 816; 816; None"
    assert row["Primary Actor Sector"] == "None; None; GOV; GOV; None"
    assert row["Actor Sectors"] == "None; None; GOV|COP; GOV; None"
    assert row["Actor Title"] == "None; None; None; Thứ trưởng; None"
    assert row["Contexts"] == "crime"
    assert row["Story People"] == "Trần Thị Nan"
    assert row["Story Organizations"] == "Bộ Công an Việt Nam; ASEAN"
    assert row["Story Locations"] == "Việt Nam; Lào"
    assert row["Event Date"] == "2025-05-20"
    assert row["Language"] == "vi"


def test_polecat_has_no_column_for_less_than_a_day_so_none_is_made_up() -> None:
    days = {name: polecat_row(made)[1] for name, made in EVENTS.items()}
    assert days["a month"] == "None"
    assert days["no date of its own"] == "None"
    assert days["two days"] == "2025-09-04"
    assert polecat_row(EVENTS["two days"])[polecat.COLUMNS.index("Publication Date")] == "2025-05-20"


def test_quotes_survive_in_polecat_and_line_breaks_become_blanks(tmp_path: Path) -> None:
    path = written(tmp_path, "e.tsv", EVENTS["trouble"])
    row = pd.read_csv(path, sep="\t", keep_default_na=False).iloc[0]
    assert row["Actor Name"] == 'Tập đoàn "A B", chi nhánh số 1, Ý 🚢; Lào'
    assert row["Actor Title"] == '"Tổng, giám đốc"; None'
    assert row["Source"] == 'tin "mới" ; 1.txt'


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Event Type", "DISCUSS"),
        ("Event Type", ""),
        ("Event Date", "2025-13-01"),
        ("Contexts", "maritime"),
        ("Contexts", "crime, cyber"),
        ("Actor Country", "Việt Nam"),
        ("Actor COW", "VNM"),
        ("Actor Sectors", "POL"),
        ("Story People", "A\tB"),
        ("Event ID", "None"),
    ],
)
def test_a_broken_row_of_polecat_fails(column: str, value: str) -> None:
    row = dict(zip(polecat.COLUMNS, polecat_row(EVENTS["several actors"]), strict=True))
    polecat_schema().validate(row)
    with pytest.raises(jsonschema.ValidationError):
        polecat_schema().validate({**row, column: value})
    with pytest.raises(jsonschema.ValidationError):
        polecat_schema().validate({name: cell for name, cell in row.items() if name != column})


@pytest.mark.parametrize("article", ["001.txt", "003.txt"])
def test_exports_of_real_articles_are_what_the_manuals_say(article: str, shared: Path, tmp_path: Path) -> None:
    text = (shared / "dev" / article).read_text(encoding="utf-8")
    events = extract_events(read_article(text, published="2025", name=article))
    assert events
    for found in events:
        plover_schema().validate(json.loads(json.dumps(plover_record(found))))
        polecat_schema().validate(dict(zip(polecat.COLUMNS, polecat_row(found), strict=True)))
    for name in ("e.jsonl", "e.csv", "e.parquet"):
        assert list(read_events(written(tmp_path, name, *events))) == [found.to_dict() for found in events]


def test_a_csv_of_which_columns_were_deleted_still_counts(tmp_path: Path) -> None:
    frame = pd.read_csv(written(tmp_path, "e.csv", *EVENTS.values()))
    kept = ["topic", "date_first", "date_last", "date_precision", "countries", "bodies"]
    frame.assign(mine=1)[["mine", *kept]].to_csv(tmp_path / "f.csv", index=False)
    found = list(read_events(tmp_path / "f.csv"))
    assert [e["topic"] for e in found] == [made.topic for made in EVENTS.values()]
    assert found[3]["countries"] == ["VNM", "LAO"]
    assert found[3]["bodies"] == ["ASEAN"]
    assert found[3]["actors"] == []
    assert found[3]["probability"] is None
    assert found[5]["date_first"] == "2025-09-01"
    assert found[5]["date_precision"] == "month"
    assert found[0]["date_precision"] is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.jsonl", "\n{x}\n", r"e\.jsonl:2: not JSON"),
        ("e.jsonl", "[1]\n", r"e\.jsonl:1: an object was expected, not \[1\]"),
        ("e.jsonl", '{"topic": "trade"}\n', r"e\.jsonl:1: date_first: missing"),
        ("e.csv", "", r"e\.csv: has no column 'topic'; it has none"),
        ("e.csv", "topic,countries\n", r"e\.csv: has no column 'date_first'; it has 'topic', 'countries'"),
        ("e.csv", "topic,topic,date_first,date_last,date_precision,countries\n", r"has the column 'topic' twice"),
        ("e.txt", "x", r"e\.txt: events are read from \.jsonl"),
        ("e.polecat.tsv", "x", r"not from PLOVER or POLECAT"),
        ("e.plover.jsonl", "{}", r"not from PLOVER or POLECAT"),
        ("e.parquet", "x", r"e\.parquet: damaged, or not what its ending says"),
        ("e.csv.gz", "x", r"e\.csv\.gz: damaged, or not what its ending says"),
        ("e.jsonl", "\udcff", r"e\.jsonl:1: .*UTF-8"),
        ("e.csv", "topic,date_first,date_last,date_precision,countries\n\udcff,,,,\n", r"e\.csv:.*UTF-8"),
    ],
)
def test_files_that_are_no_events_are_refused_by_place(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=message):
        list(read_events(tmp_path / name))


ROW = {
    "topic": "trade",
    "date_first": "2025-05-20",
    "date_last": "2025-05-21",
    "date_precision": "day",
    "countries": "VNM; LAO",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"topic": ""}, "topic: empty"),
        ({"date_first": "20/05/2025"}, r"date_first: a date such as 2025-05-20 was expected, not '20/05/2025'"),
        ({"date_first": "2025-02-30"}, r"date_first: a date such as"),
        ({"date_last": ""}, r"date_last: empty, where the other end is 2025-05-20"),
        ({"date_last": "2025-05-19"}, r"date_last: 2025-05-19 is before date_first, 2025-05-20"),
        ({"date_precision": ""}, r"date_precision: empty"),
        ({"probability": "0,9"}, r"probability: a number was expected, not '0,9'"),
        ({"probability": "nan"}, r"probability: a number was expected, not nan"),
        ({"start": "1.5"}, r"start: an integer was expected, not '1\.5'"),
        ({"actors": "[{"}, r"actors: JSON was expected"),
        ({"actors": '[{"name": 1}]'}, r"actors: name of an actor: text was expected, not 1"),
        ({"actors": "{}"}, r"actors: a list of actors was expected, not \{\}"),
    ],
)
def test_rows_that_are_no_events_are_refused_by_line_and_column(change: dict[str, str], message: str, tmp_path: Path) -> None:
    rows = [{"mine": "a\nb", **ROW}, {"mine": "c", **ROW, **change}]
    pd.DataFrame(rows).fillna("").to_csv(tmp_path / "e.csv", index=False)
    with pytest.raises(DataError, match=rf"e\.csv:4: {message}"):
        list(read_events(tmp_path / "e.csv"))


def test_a_row_with_too_few_fields_and_a_quote_that_is_open_are_refused_by_line(tmp_path: Path) -> None:
    header = ",".join(ROW)
    (tmp_path / "e.csv").write_text(f"{header}\ntrade,,,,VNM\ntrade,,\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"e\.csv:3: 3 fields, where the header has 5"):
        list(read_events(tmp_path / "e.csv"))
    (tmp_path / "e.csv").write_text(f'{header}\ntrade,,,,"VNM\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"e\.csv:2: not CSV: .*is a quote not closed"):
        list(read_events(tmp_path / "e.csv"))


def test_parquet_that_went_through_pandas_is_read(tmp_path: Path) -> None:
    frame = pd.read_parquet(written(tmp_path, "e.parquet", *EVENTS.values()))
    for name in ("date_first", "date_last"):
        frame[name] = pd.to_datetime(frame[name])
    frame.drop(columns=["sentence", "actors"]).to_parquet(tmp_path / "f.parquet")
    found = list(read_events(tmp_path / "f.parquet"))
    assert found[2]["date_first"] == "2025-05-20"
    assert found[0]["date_first"] is None
    assert found[3]["countries"] == ["VNM", "LAO"]
    frame.assign(topic=1).to_parquet(tmp_path / "g.parquet")
    with pytest.raises(DataError, match=r"g\.parquet: row 1: topic: text was expected, not 1"):
        list(read_events(tmp_path / "g.parquet"))


def test_a_folder_without_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no \.jsonl, \.csv or \.parquet"):
        list(read_events(tmp_path))
    with pytest.raises(FileNotFoundError):
        list(read_events(tmp_path / "e.csv"))
