"""Charts of events say what they count, lose nothing in silence, and come out the same from the same table."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from hoptac.data.dates import Interval
from hoptac.data.event import Actor, Event, EventActor
from hoptac.data.labels import TOPICS
from hoptac.eval.event_charts import draw_charts
from hoptac.eval.event_counts import EventCounts, Partner, count_events, fold_topics
from hoptac.eval.event_figures import network_figure, pair_figure, time_figure
from hoptac.eval.event_page import write_page
from hoptac.eval.event_times import UNITS, Timeline, bin_name
from hoptac.eval.event_times import timeline as timeline_of
from hoptac.model.event_output import EventOutput, read_events

# fmt: off
COUNTRIES = (
    "VNM", "USA", "CHN", "LAO", "KHM", "JPN", "KOR", "THA", "RUS", "AUS", "IND", "GBR", "FRA", "DEU", "SGP", "MYS",
    "IDN", "PHL", "BRN", "MMR", "TLS", "CAN", "ITA", "ESP", "NLD", "CHE", "SWE", "NOR", "POL", "CZE", "UKR", "TUR",
    "ISR", "ARE", "SAU", "ZAF", "BRA", "MEX", "NZL", "BIH",
)
# fmt: on
BODIES = ("ASEAN", "Interpol", "Liên hợp quốc", "Liên minh châu Âu", "Tổ chức Di cư quốc tế", "Ủy ban sông Mê Công quốc tế")


def day(text: str) -> Interval:
    first = date.fromisoformat(text)
    return Interval(first, first, "day")


def month(year: int, number: int) -> Interval:
    first = date(year, number, 1)
    return Interval(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), "month")


def year(number: int) -> Interval:
    return Interval(date(number, 1, 1), date(number, 12, 31), "year")


def country(number: int, code: str) -> Actor:
    return Actor(number, code.title(), "GPE", country=code)


def body(number: int, name: str) -> Actor:
    return Actor(number, name, "ORG", body="IGO")


def event(
    topic: str = "trade",
    actors: Sequence[Actor] = (),
    when: Interval | None = None,
    published: Interval | None = None,
    article: str = "a",
) -> Event:
    mentions = tuple(EventActor(actor, actor.name, 10 * n, 10 * n + len(actor.name)) for n, actor in enumerate(actors))
    text = "Hai bên trao đổi về hợp tác trong thời gian tới."
    return Event(f"{article}:0:{topic}", article, "Tựa", published, text, 0, len(text), "body", topic, 0.9, when, "", mentions)


def sample(
    number: int, countries: int = len(COUNTRIES), days: int = 400, seed: int = 7, topics: Sequence[str] = TOPICS
) -> list[Event]:
    """Events as a year of news has them: Vietnam nearly everywhere, few topics often, dates of all kinds."""
    draw = random.Random(seed)
    known = COUNTRIES[:countries]
    weights = [1 / (n + 1) for n in range(len(known))]
    found = []
    for n in range(number):
        topic = draw.choices(topics, [1 / (k + 1) ** 0.8 for k in range(len(topics))])[0]
        codes = dict.fromkeys(
            (["VNM"] if draw.random() < 0.7 else []) + draw.choices(known, weights, k=draw.choice((0, 1, 1, 1, 2, 2, 4)))
        )
        actors = [country(k, code) for k, code in enumerate(codes)]
        if draw.random() < 0.2:
            actors.append(body(len(actors), draw.choice(BODIES)))
        if draw.random() < 0.3:
            actors.append(
                Actor(len(actors), draw.choice(("Phan Thị Lụa", "Công ty Sao Khuê", "John Smith")), "PER", undecided="no title")
            )
        published = date(2024, 9, 1) + timedelta(days=draw.randrange(days))
        when: Interval | None = None
        kind = draw.random()
        if kind < 0.5:
            when = day((published - timedelta(days=draw.randrange(4))).isoformat())
        elif kind < 0.6:
            when = month(published.year, published.month)
        elif kind < 0.68:
            when = year(draw.choice((published.year, published.year, 2030, 1995)))
        found.append(
            event(topic, actors, when, day(published.isoformat()) if draw.random() < 0.95 else None, f"article {n // 6}")
        )
    return found


def counted(events: Iterable[Event]) -> EventCounts:
    return count_events((one.to_dict() for one in events), "events.jsonl")


def timeline(counts: EventCounts, by: str = "") -> Timeline:
    return timeline_of(counts.when, counts.undated, by)


def partners(*codes: str) -> list[Actor]:
    return [country(number, code) for number, code in enumerate(codes)]


# -- counting


def test_every_pair_of_different_partners_counts_once_in_an_event() -> None:
    actors = [
        *partners("VNM", "LAO"),
        body(2, "ASEAN"),
        country(3, "LAO"),
        Actor(4, "Phan Thị Lụa", "PER", undecided="no title"),
    ]
    counts = counted(
        [event("trade", [*actors, actors[0]]), event("mia", partners("VNM", "LAO")), event("mia", partners("VNM"))]
    )
    asean, laos, vietnam = Partner("ASEAN", body=True), Partner("LAO"), Partner("VNM")
    assert counts.partners == {vietnam: 3, laos: 2, asean: 1}
    assert dict(counts.pair_totals()) == {(laos, vietnam): 2, (asean, laos): 1, (asean, vietnam): 1}
    assert counts.pairs[(laos, vietnam), "mia"] == 1
    assert counts.by_number_of_partners == {2: 2, 1: 1}
    assert (counts.coded, dict(counts.uncoded), counts.with_uncoded) == (7, {"Phan Thị Lụa": 1}, 1)


def test_a_body_and_a_country_of_one_name_are_two_partners() -> None:
    counts = counted([event(actors=[country(0, "EUR"), body(1, "EUR")])])
    assert len(counts.pair_totals()) == 1


def test_a_table_without_actors_still_has_partners_and_the_page_says_so(tmp_path: Path) -> None:
    row = event("trade", [*partners("VNM", "LAO"), body(2, "Interpol")], day("2025-05-20")).to_dict() | {"actors": []}
    counts = count_events([row], "events.csv")
    assert len(counts.pair_totals()) == 3
    assert counts.without_list == 1
    page = draw(counts, tmp_path)
    assert "Of 1 event the table names only countries and bodies" in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"date_first": "ngày 20/5"}, r"a\.jsonl: event 2: date_first is 'ngày 20/5', which is no date"),
        ({"date_precision": "century"}, r"a\.jsonl: event 2: date_precision is 'century'; known are day, week"),
    ],
)
def test_what_is_no_event_is_named(change: dict[str, str], message: str) -> None:
    row = event(when=day("2025-05-20")).to_dict()
    with pytest.raises(ValueError, match=message):
        count_events([row, row | change], "a.jsonl")
    with pytest.raises(ValueError, match=r"a\.jsonl: event 1: the field 'topic' is missing"):
        count_events([{}], "a.jsonl")


def test_an_empty_table_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match=r"none\.jsonl: there is no event in it"):
        draw_charts(tmp_path / "none.jsonl", tmp_path / "charts")
    assert [path.name for path in tmp_path.iterdir()] == ["none.jsonl"]


@pytest.mark.parametrize("arguments", [{"by": "hour"}, {"pairs": 1}, {"partners": 0}])
def test_arguments_that_cannot_be_are_refused(arguments: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} is"):
        draw_charts(tmp_path / "a.jsonl", tmp_path, **arguments)  # type: ignore[arg-type]


# -- time


def test_the_date_of_the_sentence_goes_before_that_of_the_article() -> None:
    said, published = day("2025-05-20"), day("2025-05-22")
    line = timeline(
        counted([event("trade", when=said, published=published), event("trade", published=published), event("trade")])
    )
    assert line.drawn == {("trade", False, said.first): 1, ("trade", True, published.first): 1}
    assert line.undated == {"trade": 1}
    assert (line.unit, len(line.bins)) == ("day", 3)


def test_an_event_known_to_the_year_does_not_stand_in_january() -> None:
    days = [event(when=day(f"2025-{m:02}-15")) for m in range(1, 13)]
    line = timeline(counted([*days, event(when=year(2025)), event(when=month(2025, 3))]), by="month")
    assert [line.drawn["trade", False, start] for start in line.bins] == [1, 1, 2, *[1] * 9]
    assert line.coarser == {"trade": 1}


@pytest.mark.parametrize(
    ("days", "unit"), [(10, "day"), (60, "day"), (100, "week"), (410, "week"), (430, "month"), (4000, "quarter")]
)
def test_bins_are_the_finest_that_suit_the_span(days: int, unit: str) -> None:
    first = date(2014, 1, 1)
    line = timeline(counted(event(when=day((first + timedelta(days=n)).isoformat())) for n in range(days)))
    assert line.unit == unit
    assert line.drawn.total() == days
    assert not line.earlier + line.later


def test_bins_are_years_where_most_is_known_to_the_year() -> None:
    assert timeline(counted([event(when=year(2024)), event(when=year(2025)), event(when=day("2025-05-20"))])).unit == "year"


def test_one_event_of_long_ago_does_not_make_bins_of_years() -> None:
    news = [event(when=day(f"2025-05-{n:02}")) for n in range(1, 31)]
    line = timeline(counted([*news, event(when=day("1968-03-02")), event(when=day("2031-01-01"))]))
    assert (line.unit, line.bins[0], line.bins[-1]) == ("day", date(2025, 5, 1), date(2025, 5, 30))
    assert (line.earlier.total(), line.later.total()) == (1, 1)


def test_a_window_never_cuts_what_goes_on_beside_it() -> None:
    daily = [event(when=day((date(2025, 1, 1) + timedelta(days=n)).isoformat())) for n in range(70)]
    line = timeline(counted(daily))
    assert (line.unit, line.cuts) == ("week", False)
    assert timeline(counted([*daily, event(when=day("1975-04-30"))])).earlier == {"trade": 1}


def test_bins_follow_each_other_without_a_gap() -> None:
    counts = counted([event(when=day("2024-11-30")), event(when=day("2025-03-01"))])
    assert [bin_name(start, "month") for start in timeline(counts, "month").bins] == [
        "2024-11",
        "2024-12",
        "2025-01",
        "2025-02",
        "2025-03",
    ]
    assert [bin_name(start, "quarter") for start in timeline(counts, "quarter").bins] == ["2024-Q4", "2025-Q1"]
    weeks = timeline(counts, "week").bins
    assert all(start.weekday() == 0 for start in weeks)
    assert {later - start for start, later in pairwise(weeks)} == {timedelta(days=7)}


def test_an_event_of_several_bins_stands_in_the_first_and_is_counted() -> None:
    line = timeline(counted([event(when=Interval(date(2025, 9, 4), date(2025, 9, 5), "day"))]))
    assert line.bins == (date(2025, 9, 4),)
    assert line.longer == 1


def test_a_date_whose_precision_is_not_said_is_known_to_the_bin_that_holds_it() -> None:
    row = event(published=month(2025, 5)).to_dict() | {"published_precision": None}
    assert next(iter(count_events([row], "a.csv").when))[2].precision == "month"


@pytest.mark.parametrize("by", ["", *UNITS])
def test_no_event_is_lost_or_doubled(by: str) -> None:
    for number, days in ((1, 1), (40, 30), (300, 3000)):
        counts = counted(sample(number, days=days, seed=number))
        line = timeline(counts, by)
        for topic in counts.topics:
            drawn = sum(many for (own, _, _), many in line.drawn.items() if own == topic)
            beside = sum(part[topic] for part in (line.earlier, line.later, line.coarser, line.undated))
            assert drawn + beside == counts.topics[topic]


def test_rare_topics_are_taken_together() -> None:
    counts = counted(event(f"t{n:02}", partners("VNM", "LAO"), day("2025-05-20")) for n in range(20) for _ in range(20 - n))
    pairs = counts.pair_totals()
    assert fold_topics(counts, 16) == ["t15", "t16", "t17", "t18", "t19"]
    assert counts.ordered_topics()[-1] == "5 other topics"
    assert counts.topics["5 other topics"] == 1 + 2 + 3 + 4 + 5
    assert counts.pair_totals() == pairs
    assert timeline(counts).drawn.total() == counts.events


# -- figures


def boxes(figure: Figure, texts: Iterable[object]) -> list[tuple[float, float, float, float]]:
    found = [text.get_window_extent().extents for text in texts]  # type: ignore[attr-defined]
    return [(round(a, 1), round(b, 1), round(c, 1), round(d, 1)) for a, b, c, d in found]


def assert_inside(figure: Figure, own: list[tuple[float, float, float, float]]) -> None:
    width, height = figure.bbox.size
    assert all(a >= 0 and b >= 0 and c <= width and d <= height for a, b, c, d in own)


def assert_apart(own: list[tuple[float, float, float, float]]) -> None:
    for one, other in combinations(own, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


@pytest.mark.parametrize("number", [2, 3, 7, 16, 40])
def test_names_round_the_network_are_not_cut_and_hide_nothing(number: int) -> None:
    known = [
        *(country(0, code) for code in COUNTRIES[: number - number // 8]),
        *(body(0, f"{name} {'á' * 40}") for name in BODIES),
    ]
    actors = [Actor(n, actor.name, actor.type, actor.country, actor.body) for n, actor in enumerate(known[:number])]
    counts = counted([event(actors=actors)])
    figure = network_figure(counts, sorted(counts.partners), counts.pair_totals()[:100])
    figure.draw_without_rendering()
    texts = figure.axes[0].texts
    assert len(texts) == number
    assert_inside(figure, boxes(figure, texts))
    if all(text.get_rotation() == 0 for text in texts):  # turned ones have boxes larger than themselves
        assert_apart(boxes(figure, texts))


def test_ticks_are_apart_and_no_title_is_cut() -> None:
    counts = counted(sample(200, topics=TOPICS[:5]))
    line = timeline(counts)
    figure = time_figure(line, counts.ordered_topics())
    figure.draw_without_rendering()
    assert len(figure.axes) == 6
    for axis in figure.axes:
        assert_apart(boxes(figure, [text for text in axis.get_xticklabels() if text.get_text() and text.get_visible()]))
        assert_inside(figure, boxes(figure, [axis.title, *axis.get_yticklabels()]))
    whole = figure.axes[0].get_title(loc="left")
    assert whole == f"all topics: {line.drawn.total()} (+ {200 - line.drawn.total()} not shown)"


def test_a_topic_of_which_nothing_is_shown_has_no_panel_and_the_page_names_it(tmp_path: Path) -> None:
    counts = counted([event("trade", when=day("2025-05-20")), event("defense", when=day("2025-05-21")), event("mia")])
    figure = time_figure(timeline(counts), counts.ordered_topics())
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == ["all topics: 2 (+ 1 not shown)", "trade: 1", "defense: 1"]
    assert "Without a panel, since none of their events can be shown: mia." in draw(counts, tmp_path)


def test_pairs_not_listed_are_summed_up() -> None:
    counts = counted(sample(300, topics=TOPICS[:3]))
    totals, topics = counts.pair_totals(), counts.ordered_topics()
    figure = pair_figure(counts, [pair for pair, _ in totals[:4]], topics, len(totals) - 4)
    numbers = [int(text.get_text().replace(",", "").replace("·", "0")) for text in figure.axes[0].texts]
    cells, sums = [numbers[start : start + 3] for start in range(0, 15, 3)], numbers[15:]
    assert sums == [*(number for _, number in totals[:4]), sum(number for _, number in totals[4:])]
    assert list(map(sum, cells)) == sums


# -- the page


class Reader(HTMLParser):
    """Tags with their attributes, and the cells of all tables by caption."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.caption, self.cell = "", False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag == "table":
            self.caption = ""
        elif tag == "tr":
            self.tables.setdefault(self.caption, []).append([])
        elif tag in ("td", "th"):
            self.tables[self.caption][-1].append("")
        self.cell = tag in ("td", "th", "caption")

    def handle_endtag(self, tag: str) -> None:
        self.cell = False

    def handle_data(self, text: str) -> None:
        if not self.cell:
            return
        if self.tags[-1][0] == "caption":
            self.caption = text
        else:
            self.tables[self.caption][-1][-1] += text


def draw(counts: EventCounts, folder: Path, name: str = "events.parquet") -> str:
    page, *_ = write_page(counts, name, folder, by="", pairs=25, partners=40)
    return page.read_text(encoding="utf-8")


EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>$x$ {{ 7*7 }}'


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[EventCounts, Path]:
    folder = tmp_path_factory.mktemp("drawn")
    evil = event(EVIL, [country(0, "VNM"), body(1, EVIL), Actor(2, EVIL, "PER")], day("2025-05-20"))
    counts = counted([*sample(80, 6, topics=TOPICS[:2]), evil])
    draw(counts, folder, EVIL)
    return counts, folder


def test_the_page_asks_no_one_for_anything_and_runs_nothing(drawn: tuple[EventCounts, Path]) -> None:
    page = (drawn[1] / "charts.html").read_text(encoding="utf-8")
    reader = Reader(page)
    assert not {tag for tag, _ in reader.tags} & {"script", "img", "link", "iframe", "object", "image", "foreignobject"}
    for tag, attributes in reader.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "src"]
        assert (attributes.get("href") or "#").startswith("#"), tag
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in re.sub(r"url\(#", "", page)
    assert "{{ 7*7 }}" in page


def test_the_page_has_three_charts_told_in_words_and_their_pictures(drawn: tuple[EventCounts, Path]) -> None:
    counts, folder = drawn
    reader = Reader((folder / "charts.html").read_text(encoding="utf-8"))
    charts = [attributes["aria-label"] or "" for tag, attributes in reader.tags if attributes.get("role") == "img"]
    assert [chart.partition(":")[0] for chart in charts] == ["Topics over time", "Who with whom", "Topics by pair"]
    pair, number = counts.pair_totals()[0]
    assert pair == (Partner("USA"), Partner("VNM"))
    assert f"Vietnam (VNM) – United States (USA), with {number} events" in charts[1]
    names = ["topics-by-pair.png", "topics-over-time.png", "who-with-whom.png"]
    assert sorted(path.name for path in (folder / "plots").iterdir()) == names
    assert all((folder / "plots" / name).read_bytes().startswith(b"\x89PNG") for name in names)


def test_tables_have_the_numbers_of_the_charts(drawn: tuple[EventCounts, Path]) -> None:
    counts, folder = drawn
    tables = Reader((folder / "charts.html").read_text(encoding="utf-8")).tables
    line = timeline(counts)
    left = tables["Events in the chart and left out of it"]
    assert left[-1] == [
        "all topics",
        "81",
        *(f"{part.total() or '·'}" for part in (line.drawn, line.earlier, line.later, line.coarser, line.undated)),
    ]
    assert sum(int(row[1]) for row in tables[f"Events by {line.unit}"][1:]) == line.drawn.total()
    years = tables["All dated events by year, however exactly the date is known"][1:]
    assert sum(int(row[1]) for row in years) == counts.when.total()
    assert {row[0]: int(row[1]) for row in tables["Pairs"][1:]}["Vietnam (VNM) – United States (USA)"] == counts.pair_totals()[
        0
    ][1]
    assert sum(int(row[1]) for row in tables["Events by pair and topic"][1:]) == sum(counts.pairs.values())
    assert {row[0]: int(row[2]) for row in tables["Partners"][1:]}["Vietnam (VNM)"] == counts.partners[Partner("VNM")]
    assert {
        row[0]: int(row[1]) for row in tables["Actors without country or international body, by name"][1:]
    } == counts.uncoded


def test_the_page_says_what_a_chart_leaves_out(drawn: tuple[EventCounts, Path]) -> None:
    counts, folder = drawn
    page, line = (folder / "charts.html").read_text(encoding="utf-8"), timeline(counts)
    assert f"{line.coarser.total()} known only to a longer time than a {line.unit}" in page
    assert f"{line.undated.total()} without a date of their own or of their article" in page
    total = counts.coded + counts.uncoded.total()
    assert f"{counts.uncoded.total()} of {total} actors, in {counts.with_uncoded} events, could not be given" in page
    assert f"{counts.by_number_of_partners[1]} events have one partner only" in page


@pytest.mark.filterwarnings("error")
def test_names_that_no_font_has_are_no_trouble(tmp_path: Path) -> None:
    names = ["中国外交部", "กระทรวง", "dòng\nmột\tvà \x00", "nửa \ud83d", "", "$x^2$ & <b>"]
    page = draw(counted([event("chủ đề", [country(0, "VNM"), *(body(n, name) for n, name in enumerate(names, 1))])]), tmp_path)
    assert "中国外交部" in page
    assert "$x^2$ &amp; &lt;b&gt;" in page


def test_events_that_cannot_be_drawn_make_a_page_that_says_so(tmp_path: Path) -> None:
    page = draw(counted([event(actors=[Actor(0, "Phan Thị Lụa", "PER")])]), tmp_path)
    assert "no event has a date that can be drawn" in page
    assert "no event names two different countries or bodies" in page
    assert "1 of 1 actors, in 1 event, could not be given" in page


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_every_format_of_events_gives_the_same_counts(form: str, tmp_path: Path) -> None:
    events = sample(60)
    (tmp_path / f"events.{form}").write_bytes(EventOutput(form, folder=True).encode(events))
    assert count_events(read_events(tmp_path / f"events.{form}"), form) == counted(events)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "events.parquet").write_bytes(EventOutput("parquet").encode(sample(30, 4, topics=["trade"])))
    first = draw_charts(tmp_path / "events.parquet", tmp_path / "one", by="month")
    second = draw_charts(tmp_path / "events.parquet", tmp_path / "two", by="month")
    assert [path.relative_to(tmp_path / "one").as_posix() for path in first] == [
        "charts.html",
        "plots/topics-over-time.png",
        "plots/who-with-whom.png",
        "plots/topics-by-pair.png",
    ]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
