"""Web pages: what is taken from them, and what their markup tells."""

from __future__ import annotations

import sys
from datetime import date

import pytest

from hoptac.data.article import read_article
from hoptac.data.dates import Interval
from hoptac.data.web_page import read_page

pytest.importorskip("trafilatura")

TITLE = "Nga và Ukraine trao đổi 350 tù binh"
LEAD = "Cuộc trao đổi do UAE làm trung gian diễn ra ở biên giới Belarus, theo hai bộ quốc phòng."
PAGE = """<!DOCTYPE html><html lang="vi"><head><title>{title} - Báo Thử</title><meta property="og:title" content="{title}">{meta}</head><body>
<nav><a href="/">Trang chủ</a> <a href="/tg">Thế giới</a></nav>
<div class="detail"><h1>{title}</h1><span class="date">Thứ Sáu, 14/3/2025, 10:20 (GMT+7)</span>
<p class="sapo">{lead}</p>
<article><p>Bộ Quốc phòng Nga ngày 13/3 thông báo mỗi bên trao trả 175 người. Đây là lần thứ 60.</p>
{picture}
<h2>Vai trò của UAE</h2>
<p>Tổng thống Ukraine cảm ơn <a href="/uae">UAE</a> đã giúp hai bên liên lạc.</p>
<table><tr><th>Năm</th><th>Số người</th></tr><tr><td>2023</td><td>1.500</td></tr></table>
<ul><li>Nga: 175 người về nước bằng máy bay.</li><li>Ukraine: 175 người về nước bằng xe buýt.</li></ul>
<p>UAE sẽ tiếp tục làm trung gian.<br>Hai bên cảm ơn nước này.</p>
<p><strong>Huyền Lê</strong> (Theo <em>Reuters</em>)</p></article></div>
<aside><h3>Tin liên quan</h3><ul><li><a href="/1">Zelensky thăm Phần Lan</a></li></ul></aside>
<footer>Bản quyền thuộc Báo Thử</footer></body></html>"""
PICTURES = {
    "figure": "<figure><img src='a.jpg'><figcaption><p>Tù binh về nước. Ảnh: <em>AFP</em></p></figcaption></figure>",
    "table": "<table class='picture'><tr><td><img src='a.jpg'></td></tr><tr><td class='pic_caption'>Tù binh về nước. Ảnh: AFP</td></tr></table>",
    "division": "<div class='photo'><img src='a.jpg'><div class='PhotoCMS_Caption'><p>Tù binh về nước. Ảnh: AFP</p></div></div>",
}


def page(meta: str = "", picture: str = "", lead: str = LEAD) -> str:
    return PAGE.format(title=TITLE, meta=meta, picture=picture, lead=lead)


def test_a_heading_that_is_only_a_link_leads_elsewhere() -> None:
    headings = (
        "<h3><a href='/1'>Ukraine sửa lưới điện</a></h3><h3><a href='#b'>Số người trở về</a></h3><p>Mỗi bên 175 người.</p>"
    )
    kinds = {sentence.text: sentence.kind for sentence in read_article(page(picture=headings)).sentences}
    assert (kinds["Ukraine sửa lưới điện"], kinds["Số người trở về"]) == ("boilerplate", "headline")


@pytest.mark.parametrize("picture", PICTURES)
def test_a_page_is_read_with_its_lead_captions_rows_and_items(picture: str) -> None:
    article = read_article(page(picture=PICTURES[picture]))
    assert [(sentence.kind, sentence.text) for sentence in article.sentences] == [
        ("headline", TITLE),
        ("body", LEAD),
        ("body", "Bộ Quốc phòng Nga ngày 13/3 thông báo mỗi bên trao trả 175 người."),
        ("body", "Đây là lần thứ 60."),
        ("caption", "Tù binh về nước."),
        ("boilerplate", "Ảnh: AFP"),
        ("headline", "Vai trò của UAE"),
        ("body", "Tổng thống Ukraine cảm ơn UAE đã giúp hai bên liên lạc."),
        ("body", "Năm | Số người"),
        ("body", "2023 | 1.500"),
        ("body", "Nga: 175 người về nước bằng máy bay."),
        ("body", "Ukraine: 175 người về nước bằng xe buýt."),
        ("body", "UAE sẽ tiếp tục làm trung gian."),
        ("body", "Hai bên cảm ơn nước này."),
        ("boilerplate", "Huyền Lê (Theo Reuters)"),
    ]
    assert all(article.text[sentence.start : sentence.end] == sentence.text for sentence in article.sentences)
    assert article.title == TITLE


@pytest.mark.parametrize(
    ("meta", "day"),
    [
        ('<meta property="article:published_time" content="2025-03-13T23:20:00+07:00">', 13),
        (
            '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2025-03-12T10:20:00+07:00"}</script>',
            12,
        ),
        ("", 14),
    ],
    ids=["meta", "json-ld", "the line of date"],
)
def test_the_publication_date_is_that_of_the_metadata_else_of_the_page(meta: str, day: int) -> None:
    assert read_article(page(meta)).published == Interval(date(2025, 3, day), date(2025, 3, day), "day")
    assert read_article(page(meta), "2024").published == Interval(date(2024, 1, 1), date(2024, 12, 31), "year")


def test_a_date_in_the_text_is_no_publication_date() -> None:
    html = "<html><body><article><p>Ngày 5/6/2019, hai bên đã ký thỏa thuận hợp tác tại Hà Nội.</p></article></body></html>"
    assert read_article(html).published is None


def test_the_lead_of_another_article_is_not_taken() -> None:
    html = page('<meta name="description" content="Mô tả riêng của trang này, không giống dòng nào trong bài viết cả.">')
    assert LEAD not in read_page(html).text
    assert LEAD in read_page(page(f'<meta name="description" content="{LEAD[:70]}...">')).text


@pytest.mark.parametrize("change", ["no-break spaces", "windows", "declared", "control"])
def test_how_a_page_is_written_changes_nothing(change: str) -> None:
    html = page()
    if change == "no-break spaces":
        html = html.replace("làm trung gian", "làm&nbsp;trung\u00a0gian")
    elif change == "windows":
        html = html.replace("\n", "\r\n")
    elif change == "declared":
        html = '\ufeff<?xml version="1.0" encoding="UTF-8"?>' + html
    else:
        html = html.replace("làm", "l\x0bàm".replace("\x0b", "")).replace("<nav>", "\x00\ud800<nav>")
    assert read_page(html) == read_page(page())


@pytest.mark.parametrize(
    "html",
    [
        "<html></html>",
        "<!DOCTYPE html>",
        "<html><body><script>var a;</script></body></html>",
        f"<html><head><title>{TITLE}</title></head></html>",
    ],
)
def test_a_page_without_text_is_refused(html: str) -> None:
    with pytest.raises(ValueError, match="the page has no text"):
        read_article(html)


def test_a_blank_page_is_refused_only_where_html_is_said() -> None:
    with pytest.raises(ValueError, match="the page has no text"):
        read_article(" ", html=True)
    assert read_article(" ").sentences == ()


def test_without_trafilatura_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(ValueError, match=r"hoptac\[events\]"):
        read_article(page())


def test_a_part_of_a_page_is_read_where_html_is_said() -> None:
    html = "<div><p>Hai bên đã ký thỏa thuận hợp tác tại Hà Nội sáng nay.</p><p>Lễ ký có 200 người dự.</p></div>"
    assert [sentence.kind for sentence in read_article(html, html=True).sentences] == ["body", "body"]
