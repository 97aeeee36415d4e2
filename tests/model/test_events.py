"""From an article to its events, with the shipped checkpoint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

import hoptac
from hoptac import cli
from hoptac.data.article import Article, read_article
from hoptac.data.event import Event
from hoptac.model import events as module
from hoptac.model.events import events_of, extract_events, spoken
from hoptac.model.predictor import DEFAULT_CHECKPOINT, predict

pytestmark = pytest.mark.skipif(not (DEFAULT_CHECKPOINT / "config.json").is_file(), reason="no checkpoint is shipped yet")
ARTICLES = Path(__file__).resolve().parents[2] / "docs" / "articles"


@pytest.fixture(scope="module")
def article() -> Article:
    return read_article((ARTICLES / "viet-nam-lao.txt").read_text(encoding="utf-8"), name="lao")


@pytest.fixture(scope="module")
def events(article: Article) -> list[Event]:
    return extract_events(article)


def with_words(events: Sequence[Event], words: str) -> list[Event]:
    found = [event for event in events if words in event.sentence]
    assert found, f"no event of a sentence with {words!r}"
    return found


def test_an_event_stands_where_its_offsets_say(article: Article, events: list[Event]) -> None:
    assert events
    for event in events:
        assert article.text[event.start : event.end] == event.sentence
        for mention in event.actors:
            assert article.text[mention.start : mention.end] == mention.text
            assert event.start <= mention.start < mention.end <= event.end


def test_ids_are_unique_and_name_article_place_and_topic(events: list[Event]) -> None:
    assert len({event.id for event in events}) == len(events)
    assert all(event.id == f"lao:{event.start}:{event.topic}" for event in events)


def test_each_topic_of_a_sentence_is_an_event_with_its_probability(article: Article, events: list[Event]) -> None:
    for sentence in spoken(article):
        prediction = predict(sentence.text)
        found = [(event.topic, event.probability) for event in events if event.start == sentence.start]
        assert [topic for topic, _ in found] == list(prediction.topics)
        for topic, probability in found:
            assert probability == pytest.approx(prediction.scores[topic])


def test_the_date_of_an_event_is_the_one_its_sentence_speaks_of(events: list[Event]) -> None:
    (meeting,) = [event for event in with_words(events, "đồng chủ trì") if event.topic == "narcotics"]
    assert meeting.date is not None
    assert (meeting.date.first, meeting.date.last, meeting.date.precision) == (date(2025, 10, 14), date(2025, 10, 14), "day")
    assert meeting.date_text == "Chiều 14/10"
    same_day = with_words(events, "Cùng ngày")[0]
    assert same_day.date == meeting.date
    assert {event.published.first for event in events if event.published} == {date(2025, 10, 15)}


def test_an_undated_sentence_has_no_date(events: list[Event]) -> None:
    undated = with_words(events, "đội quy tập")
    assert [(event.date, event.date_text) for event in undated] == [(None, "")] * len(undated)


def test_actors_have_codes_and_one_number_through_the_article(events: list[Event]) -> None:
    (meeting,) = [event for event in with_words(events, "đồng chủ trì") if event.topic == "narcotics"]
    assert meeting.countries == ("VNM", "LAO")
    minister = next(mention.actor for mention in meeting.actors if mention.text == "Đỗ Văn Thành")
    assert (minister.country, minister.type) == ("VNM", "PER")
    assert "Thứ trưởng" in minister.office
    later = [mention for event in with_words(events, "đội quy tập") for mention in event.actors if mention.text == "Thành"]
    assert {mention.actor for mention in later} == {minister}


def test_teasers_links_and_credits_give_no_events(article: Article, events: list[Event]) -> None:
    assert not [event for event in events if "cà phê" in event.sentence or "Ảnh" in event.sentence]
    assert {"boilerplate", "headline", "caption", "body"} == {sentence.kind for sentence in article.sentences}
    assert {event.kind for event in events} <= {"headline", "caption", "body"}


def test_topics_without_a_context_in_plover_have_our_extension(events: list[Event]) -> None:
    (missing,) = [event for event in events if event.topic == "mia"]
    assert missing.extension == "mia"
    assert missing.context_match != "exact"
    drugs = next(event for event in events if event.topic == "narcotics")
    assert (drugs.contexts, drugs.context_match, drugs.extension) == (("illegal_drugs",), "exact", "")


def test_events_become_plain_json(events: list[Event]) -> None:
    assert json.loads(json.dumps([event.to_dict() for event in events])) == [event.to_dict() for event in events]


def test_countries_of_the_article_are_those_of_all_its_actors(events: list[Event]) -> None:
    assert {event.article_countries for event in events} == {events[0].article_countries}
    assert {code for event in events for code in event.countries} <= set(events[0].article_countries)


def test_thresholds_decide_what_is_an_event(article: Article, events: list[Event]) -> None:
    assert extract_events(article, thresholds=1.0) == []
    drugs = extract_events(article, thresholds={topic: 0.0 if topic == "narcotics" else 1.0 for topic in hoptac.TOPICS})
    assert {event.topic for event in drugs} == {"narcotics"}
    assert len(drugs) == len(spoken(article))


def test_an_article_without_topics_needs_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = read_article("Trời mưa.")
    monkeypatch.setattr(module, "find_actors", lambda *_: pytest.fail("was asked"))
    assert extract_events(quiet) == []
    assert extract_events(read_article("")) == []


def test_predictions_must_be_those_of_the_article(article: Article) -> None:
    with pytest.raises(ValueError, match=r"predictions: 3 were given for \d+ sentences"):
        list(events_of(article, predict(["Lào"] * 3)))


def test_a_web_page_gives_events_too() -> None:
    page = read_article((ARTICLES / "viet-nam-han-quoc.html").read_text(encoding="utf-8"))
    assert page.title == "Việt Nam và Hàn Quốc bàn về an ninh mạng, thuế quan và biển"
    found = extract_events(page)
    assert {"cybercrime", "trade", "maritime"} <= {event.topic for event in found}
    assert {"VNM", "KOR"} <= set(found[0].article_countries)
    talks = [event for event in found if event.date and event.date.precision == "day"]
    assert {event.date.first for event in talks if event.date} <= {date(2025, 11, 3), date(2025, 11, 4)}


def test_the_real_articles_give_the_events_that_their_labels_say(shared: Path) -> None:
    for name, published in (("001", "2026-02"), ("003", "2019-03")):
        article = read_article((shared / "dev" / f"{name}.txt").read_text(encoding="utf-8"), published, name)
        lines = (shared / "dev" / "sentences.jsonl").read_text(encoding="utf-8").splitlines()
        gold = [record for record in map(json.loads, lines) if record["doc"] == name]
        wanted = {(record["text"], topic) for record in gold for topic in record["topics"]}
        found = {(event.sentence, event.topic) for event in extract_events(article)}
        assert len(wanted - found) <= 1, wanted - found
        assert len(found - wanted) <= 1, found - wanted


def test_the_readme_shows_what_the_command_prints(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ARTICLES.parents[1])
    assert cli.main(["events", "docs/articles"]) == 0
    printed = capsys.readouterr().out.splitlines()
    readme = Path("README.md").read_text(encoding="utf-8")
    shown = [line.removesuffix("…") for line in readme.splitlines() if line.endswith("…") and line.startswith(("20", "-   "))]
    assert f"{len(shown)} of {len(printed)} are below" in readme
    assert [line for line in shown if not any(other.startswith(line) for other in printed)] == []
