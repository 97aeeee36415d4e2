"""A scraped article, or a web page, to sentences with their kinds, places and dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .dates import DateMention, Interval, find_dates, main_date, parse_published
from .layout import Layout, find_layout


@dataclass(frozen=True, slots=True)
class ArticleSentence:
    """A sentence, title, caption or piece of boilerplate; `start` and `end` are offsets into the article's text, end exclusive."""

    text: str
    start: int
    end: int
    kind: str
    """`body`, `headline`, `caption` or `boilerplate`, as the annotation guidelines define them."""
    dates: tuple[DateMention, ...] = ()
    """Dates that it speaks of; offsets are into the sentence. Of boilerplate none are looked for."""

    @property
    def date(self) -> Interval | None:
        """When what it tells takes place, as far as it says."""
        mention = main_date(self.dates)
        return mention.interval if mention else None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; dates in ISO 8601, `first` and `last` null where a date is not resolved."""
        return {
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "kind": self.kind,
            "dates": [_mention(d) for d in self.dates],
        }


@dataclass(frozen=True, slots=True)
class Article:
    """An article as read: `text[s.start:s.end] == s.text` for each `s` of `sentences`."""

    text: str
    """The string as given; of a web page, the text taken from it."""
    sentences: tuple[ArticleSentence, ...]
    """In the order of the text; together they hold all of it but white space."""
    published: Interval | None
    """When it was published, as exactly as is known."""
    name: str = ""

    @property
    def title(self) -> str:
        """The first headline, or nothing."""
        return next((sentence.text for sentence in self.sentences if sentence.kind == "headline"), "")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "name": self.name,
            "title": self.title,
            "published": _interval(self.published),
            "text": self.text,
            "sentences": [sentence.to_dict() for sentence in self.sentences],
        }


def read_article(
    text: str,
    published: str | date | Interval | None = None,
    name: str = "",
    html: bool | None = None,
    *,
    otherwise: str | date | Interval | None = None,
) -> Article:
    """Find the sentences of an article, what each of them is, and the dates they speak of.

    Any string can be read; an empty or blank one has no sentences. Of HTML, the main text is taken from the page by trafilatura (the
    extra `events`), and offsets index that text, `Article.text`.

    Args:
        text: as scraped, one paragraph or title per line, or HTML.
        published: when it was published, a string as `parse_published` reads it. It wins over what the text says; None takes that: the
            most exact of a crawler's prefix ("date 2025-05"), the page's own line of date, or the metadata of HTML.
        name: of its file, or its id.
        html: whether `text` is HTML; None: if it begins as a page does.
        otherwise: when it was published if neither `published` nor the text says it.

    Raises:
        ValueError: if `published` or `otherwise` is no date, or a page has no text, or HTML is given and trafilatura is missing.

    >>> article = read_article("date 2025-10\\nViệt Nam và Na Uy họp\\nSáng 14/10, hai bên đã họp tại Hà Nội. Lễ ký diễn ra sau đó./.\\nHồng Nhung")
    >>> [(sentence.kind, sentence.text) for sentence in article.sentences][1:3]
    [('headline', 'Việt Nam và Na Uy họp'), ('body', 'Sáng 14/10, hai bên đã họp tại Hà Nội.')]
    >>> article.sentences[2].date
    Interval(first=datetime.date(2025, 10, 14), last=datetime.date(2025, 10, 14), precision='day')
    """
    when, last_resort = _given(published), _given(otherwise)
    known: dict[int, str] = {}
    if looks_like_html(text) if html is None else html:
        from .web_page import read_page

        page = read_page(text)
        text, known = page.text, page.known
        when = when or (parse_published(page.published) if page.published else None)
    layout = find_layout(text, known)
    when = when or _said(layout) or last_resort
    sentences: list[ArticleSentence] = []
    before: Interval | None = None
    for unit in layout.units:
        content = text[unit.start : unit.end]
        dates = () if unit.kind == "boilerplate" else find_dates(content, when, before)
        sentences.append(ArticleSentence(content, unit.start, unit.end, unit.kind, dates))
        for mention in dates:
            if mention.role == "time" and mention.interval is not None and mention.interval.precision == "day":
                before = mention.interval
    return Article(text, tuple(sentences), when, name)


def looks_like_html(text: str) -> bool:
    """Whether a text says itself that it is a web page.

    >>> looks_like_html("\\ufeff <!DOCTYPE html><html></html>"), looks_like_html("5 < 7")
    (True, False)
    """
    start = text[:4096].lstrip("\ufeff \t\r\n\x0b\x0c").lower()
    return start.startswith(("<!doctype html", "<html")) or (start.startswith("<?xml") and "<html" in start)


def _given(published: str | date | Interval | None) -> Interval | None:
    if isinstance(published, str):
        return parse_published(published)
    if isinstance(published, date):  # a date-time is its day
        day = date(published.year, published.month, published.day)
        return Interval(day, day, "day")
    return published


def _said(layout: Layout) -> Interval | None:
    """The most exact of the dates of publication that the page gives; the first of equally exact ones."""
    found: list[Interval] = []
    for words in layout.dates:
        try:
            found.append(parse_published(words))
        except ValueError:  # figures that are no date, such as 45/13/2025
            continue
    return min(found, key=lambda interval: interval.last - interval.first, default=None)


def _mention(mention: DateMention) -> dict[str, Any]:
    return {
        "text": mention.text,
        "start": mention.start,
        "end": mention.end,
        "role": mention.role,
        **(_interval(mention.interval) or _OPEN),
    }


_OPEN = {"first": None, "last": None, "precision": None}


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    if interval is None:
        return None
    return {"first": interval.first.isoformat(), "last": interval.last.isoformat(), "precision": interval.precision}
