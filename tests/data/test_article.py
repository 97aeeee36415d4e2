"""An article as a whole: sentences, publication date, dates, any text; and what the real articles hold."""

from __future__ import annotations

import json
import sys
import unicodedata
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.article import Article, looks_like_html, read_article
from hoptac.data.dates import Interval
from hoptac.data.layout import find_layout

TEXT = """date 2025-05
Việt Nam và Ba Lan ký hiệp định dẫn độ
Thứ Năm, 22/05/2025 - 14:30 (GMT+7)
Sáng 22/5, tại Hà Nội, hai Bộ trưởng Tư pháp đã ký hiệp định. Cùng ngày, Đoàn Ba Lan thăm TP. Huế.
Lễ ký tại Hà Nội ngày 22/5. (Ảnh: Minh Thu/TTXVN)
Hiệp định có hiệu lực từ ngày 1/7./.
Hồng Nhung
Tin liên quan
Ngày 19/5, Ba Lan tặng 200 máy tính cho Đại học Huế
"""


def day(*numbers: int) -> Interval:
    return Interval(date(*numbers), date(*numbers), "day")


def kinds(article: Article) -> list[tuple[str, str]]:
    return [(sentence.kind, sentence.text) for sentence in article.sentences]


def test_an_article_has_title_date_and_sentences_in_their_places() -> None:
    article = read_article(TEXT, name="a.txt")
    assert (article.name, article.title, article.published) == (
        "a.txt",
        "Việt Nam và Ba Lan ký hiệp định dẫn độ",
        day(2025, 5, 22),
    )
    assert article.text == TEXT
    assert all(TEXT[sentence.start : sentence.end] == sentence.text for sentence in article.sentences)
    assert [text for kind, text in kinds(article) if kind == "body"] == [
        "Sáng 22/5, tại Hà Nội, hai Bộ trưởng Tư pháp đã ký hiệp định.",
        "Cùng ngày, Đoàn Ba Lan thăm TP. Huế.",
        "Hiệp định có hiệu lực từ ngày 1/7./.",
    ]


def test_dates_are_resolved_by_the_publication_date_and_by_the_sentence_before() -> None:
    article = read_article(TEXT)
    by_text = {sentence.text: sentence for sentence in article.sentences}
    assert by_text["Sáng 22/5, tại Hà Nội, hai Bộ trưởng Tư pháp đã ký hiệp định."].date == day(2025, 5, 22)
    assert by_text["Cùng ngày, Đoàn Ba Lan thăm TP. Huế."].date == day(2025, 5, 22)
    assert by_text["Lễ ký tại Hà Nội ngày 22/5."].date == day(2025, 5, 22)


def test_no_date_is_looked_for_in_boilerplate() -> None:
    teaser = read_article(TEXT).sentences[-1]
    assert (teaser.kind, teaser.dates, teaser.date) == ("boilerplate", (), None)


@pytest.mark.parametrize(
    ("published", "found"),
    [
        ("2019-03-28", day(2019, 3, 28)),
        ("2019-03", Interval(date(2019, 3, 1), date(2019, 3, 31), "month")),
        (date(2019, 3, 28), day(2019, 3, 28)),
        (datetime(2019, 3, 28, 23, 59), day(2019, 3, 28)),
        (day(2019, 3, 28), day(2019, 3, 28)),
        (None, day(2025, 5, 22)),
    ],
)
def test_a_date_that_is_given_wins(published: str | date | Interval | None, found: Interval) -> None:
    assert read_article(TEXT, published).published == found


def test_what_is_no_date_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="không biết"):
        read_article(TEXT, "không biết")


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ("date 2025-05", Interval(date(2025, 5, 1), date(2025, 5, 31), "month")),
        ("date 2025-05\nCập nhật lúc 9:00, 23/05/2025", day(2025, 5, 23)),
        ("Cập nhật lúc 9:00, 23/05/2025\n22/05/2025 8:00", day(2025, 5, 22)),
        ("45/13/2025 8:00", None),
        ("Không có ngày nào ở đây cả", None),
    ],
)
def test_the_most_exact_date_of_the_page_is_taken_and_none_is_made_up(head: str, published: Interval | None) -> None:
    assert read_article(f"{head}\nHai bên đã họp.\nHai bên sẽ gặp lại.").published == published


def test_the_real_articles_are_read_as_labelled(shared: Path) -> None:
    labels = [json.loads(line) for line in (shared / "dev" / "sentences.jsonl").read_text(encoding="utf-8").splitlines()]
    for doc, published in (("001", "2026-02"), ("003", "2019-03")):
        text = (shared / "dev" / f"{doc}.txt").read_text(encoding="utf-8")
        for variant in (text, "date 2020-01\n" + text, text.replace("\n", "\r\n"), unicodedata.normalize("NFD", text)):
            article = read_article(variant, published)
            found = [(kind, unicodedata.normalize("NFC", text)) for kind, text in kinds(article)]
            wanted = [(label["kind"], label["text"]) for label in labels if label["doc"] == doc]
            assert [unit for unit in found if unit != ("boilerplate", "date 2020-01")] == wanted
            assert all(variant[sentence.start : sentence.end] == sentence.text for sentence in article.sentences)


BOXES = {
    "links": "Tin liên quan\nMỹ và Nhật Bản họp về thép\nGiá dầu tăng mạnh phiên đầu tuần",
    "teaser": "Xem thêm\nMỹ và Nhật Bản họp về thép\nHai nước bàn về hạn ngạch mới.",
    "arrows": ">>> Mỹ và Nhật Bản họp về thép",
    "name": "Minh Châu",
}


@pytest.mark.parametrize("box", BOXES)
def test_nothing_of_a_real_article_is_lost_below_a_box_wherever_it_stands(shared: Path, box: str) -> None:
    text = (shared / "dev" / "001.txt").read_text(encoding="utf-8")
    paragraphs = [line for line in text.splitlines() if line.strip()]
    units = kinds(read_article(text))
    for i in range(1, len(paragraphs)):
        found = kinds(read_article("\n".join([*paragraphs[:i], BOXES[box], *paragraphs[i:]])))
        assert [unit for unit in units if unit not in found] == []


@pytest.mark.parametrize("left_out", ["B.D\n", "Có thể bạn quan tâm\n", "Nên xem\n", "Tin khác\n"])
def test_teasers_are_kept_out_with_less_to_tell_them(shared: Path, left_out: str) -> None:
    text = (shared / "dev" / "003.txt").read_text(encoding="utf-8")
    assert left_out in text
    units = kinds(read_article(text))
    assert [unit for unit in kinds(read_article(text.replace(left_out, ""))) if unit not in units] == []


@pytest.mark.parametrize("text", ["", " \n\t", "\ufeff"])
def test_a_blank_text_is_an_article_without_sentences(text: str) -> None:
    article = read_article(text)
    assert (article.text, article.sentences, article.title, article.published) == (text, (), "", None)


def test_an_article_becomes_plain_json() -> None:
    record = json.loads(json.dumps(read_article(TEXT, name="a").to_dict()))
    assert (record["name"], record["published"]) == ("a", {"first": "2025-05-22", "last": "2025-05-22", "precision": "day"})
    lead = record["sentences"][3]
    assert (lead["kind"], lead["start"]) == ("body", TEXT.index("Sáng 22/5"))
    assert lead["dates"][0]["text"] == "Sáng 22/5"
    assert read_article("Hai bên họp hôm qua.").to_dict()["published"] is None


@pytest.mark.parametrize(
    ("text", "is_html"),
    [
        ("<!DOCTYPE html><html>", True),
        ("\ufeff \n<html lang='vi'>", True),
        ('<?xml version="1.0"?>\n<html>', True),
        ("<?xml version='1.0'?><rss>", False),
        ("<p>Hai bên họp.</p>", False),
        ("Trang bắt đầu bằng <html>", False),
    ],
)
def test_html_is_what_says_so(text: str, is_html: bool) -> None:
    assert looks_like_html(text) is is_html


def test_text_that_is_no_html_can_be_kept_as_it_is() -> None:
    text = "<html> là thẻ mở đầu của một trang."
    assert read_article(text, html=False).text == text


TEXTS = st.lists(
    st.sampled_from([*TEXT.splitlines(), "\r", "\u2028", "a\u0302", "\ud800", "(Ảnh: ", "\x00"]) | st.text(max_size=9),
    max_size=9,
)


@given(TEXTS.map("\n".join) | TEXTS.map("".join))
def test_any_text_is_read_with_exact_offsets(text: str) -> None:
    article = read_article(text, html=False)
    assert article.text == text
    assert all(text[sentence.start : sentence.end] == sentence.text for sentence in article.sentences)


@pytest.mark.parametrize(
    "piece",
    [
        "Hai bên đã họp tại Hà Nội. ",
        "Tin khác\nGiá vàng tăng lại\n",
        "Tuyến xe mới mở\nTuyến xe mới mở\nXe chạy đến đêm.\n",
        "gồm:\nMột hai\n",
        "Nguyễn Văn An\n",
        "Ảnh: ",
        "(Ảnh: x",
        "Vì sao?\n",
        "…",
        "./.",
        "A. ",
        "video > ",
        "a\u0302",
        "x",
    ],
)
def test_work_grows_as_the_text_does(piece: str) -> None:
    """Work is counted in calls, so that no clock is asked; a regular expression that goes astray would not come to its end."""
    short, long = (_calls(piece * (size // len(piece))) for size in (4_000, 16_000))
    assert long < 5 * short + 100


def _calls(text: str) -> int:
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += 1

    sys.setprofile(count)
    try:
        find_layout(text)
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize(
    ("head", "title", "published"),
    [
        ("Na Uy tặng Việt Nam hai xuồng cứu hộ 24/10/2025 11:19", "Na Uy tặng Việt Nam hai xuồng cứu hộ", "2025-10-24"),
        ("Na Uy tặng Việt Nam hai xuồng - Thứ Sáu, 24/10/2025 11:19 GMT+7", "Na Uy tặng Việt Nam hai xuồng", "2025-10-24"),
        (
            "Na Uy tặng hai xuồng cứu hộ\nChuyện hôm nay-Thứ sáu, ngày 24/10/2025 06:00 GMT+7",
            "Na Uy tặng hai xuồng cứu hộ",
            "2025-10-24",
        ),
        ("24 October 2025\nNa Uy tặng hai xuồng cứu hộ", "Na Uy tặng hai xuồng cứu hộ", "2025-10-24"),
        ("Friday, October 24, 2025\nNa Uy tặng hai xuồng cứu hộ", "Na Uy tặng hai xuồng cứu hộ", None),
        ("[Video] Na Uy tặng hai xuồng cứu hộ", "[Video] Na Uy tặng hai xuồng cứu hộ", None),
        ("Nhỏ Bình thường Lớn\nNa Uy tặng hai xuồng cứu hộ", "Na Uy tặng hai xuồng cứu hộ", None),
        ("Trang chủBiển đảoNa Uy tặng hai...\nNa Uy tặng hai xuồng cứu hộ", "Na Uy tặng hai xuồng cứu hộ", None),
    ],
)
def test_a_date_beside_the_title_is_that_of_publication(head: str, title: str, published: str | None) -> None:
    """The day in English that opens a page is the day on which it was fetched."""
    pytest.importorskip("dateparser")
    article = read_article(
        head + "\nChiều 23/10, hai bên đã ký biên bản bàn giao tại cảng Nha Trang.\nLễ ký diễn ra trọng thể."
    )
    assert article.title == title
    assert (article.published.first.isoformat() if article.published else None) == published
    assert [s.kind for s in article.sentences][-2:] == ["body", "body"]
    assert all(s.kind in ("headline", "boilerplate") and not s.dates for s in article.sentences[:-2])


@pytest.mark.parametrize(
    "line", ["Lễ bàn giao sẽ bắt đầu vào ngày 24/10/2025 11:19", "Hai bên họp từ 22/10/2025 08:00 đến 24/10/2025 11:19"]
)
def test_a_date_that_a_preposition_ties_to_the_text_stays_in_it(line: str) -> None:
    article = read_article(line + "\nHai bên đã ký biên bản bàn giao tại cảng Nha Trang.")
    assert article.published is None
    assert line in [s.text for s in article.sentences]


def test_a_date_with_a_clock_below_the_text_is_left_to_it() -> None:
    article = read_article("Na Uy tặng hai xuồng\nHai bên đã ký biên bản.\nTàu Ấn Độ thăm cảng Đà Nẵng 24/10/2025 11:19")
    assert article.published is None


def test_a_date_for_want_of_another_gives_way_to_what_the_text_says() -> None:
    silent, speaking = "Chiều 14/10, hai bên đã họp.", "date 2025-10-20\n\nChiều 14/10, hai bên đã họp."
    for text, published, year in (
        (silent, None, 2024),
        (speaking, None, 2025),
        (silent, "2023", 2023),
        (speaking, "2023", 2023),
    ):
        date = read_article(text, published, otherwise="2024").sentences[-1].date
        assert date is not None
        assert date.first.year == year
    with pytest.raises(ValueError, match="hôm nọ"):
        read_article(speaking, otherwise="hôm nọ")
