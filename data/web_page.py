"""The main text of a web page, by trafilatura (Barbaresi 2021, https://aclanthology.org/2021.acl-demo.15)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .phrases import find_date


@dataclass(frozen=True, slots=True)
class WebPage:
    """What a page says, without its markup."""

    text: str
    """The title, then one paragraph, heading, caption or row of a table per line; Unicode NFC."""
    known: dict[int, str]
    """Kinds that the markup tells, by the offset of the line."""
    published: str
    """The day, in ISO 8601, as the metadata say, else the page's own line of date as written; empty if there is neither."""


def read_page(html: str) -> WebPage:
    """Take the main text from HTML.

    trafilatura leaves captions of pictures out, so they are made paragraphs first, and known by their text afterwards.

    Raises:
        ValueError: if the page has no text, or trafilatura is not installed.

    >>> read_page("<html><body><article><p>Sáng 14/10, hai bên họp tại Hà Nội.</p></article></body></html>").text
    'Sáng 14/10, hai bên họp tại Hà Nội.'
    """
    trafilatura, lxml_html = _libraries()
    tree = _parse(html, lxml_html)
    if tree is None:
        raise ValueError("the page has no text")
    said = _said_date(tree)
    leads = _leads(tree)
    captions = _free_captions(tree)
    links = _links(tree)
    document = trafilatura.bare_extraction(
        tree,
        include_comments=False,
        include_tables=True,
        favor_recall=True,
        with_metadata=True,
        # Without this, dates are looked for in the text too, where they may be any date.
        date_extraction_params={"original_date": True, "extensive_search": False, "outputformat": "%Y-%m-%d", "url": None},
    )
    if document is None:
        raise ValueError("the page has no text")
    title = _clean(document.title or "")
    lines: list[tuple[str, str]] = [(title, "headline")] if title else []
    for line, tag in _blocks(document.body):
        if line == title:
            continue
        letters = _letters(line)
        kind = "caption" if letters in captions else "boilerplate" if letters in links else "body" if tag == "row" else ""
        lines.append((line, kind))
    if lead := _missing_lead(leads, _clean(document.description or ""), lines):
        lines.insert(1 if title else 0, (lead, "body"))
    if not any(line for line, kind in lines if kind != "headline"):
        raise ValueError("the page has no text")
    return _page(lines, document.date or said)


def _libraries() -> tuple[Any, Any]:
    try:
        return import_module("trafilatura"), import_module("lxml.html")
    except ImportError as error:
        raise ValueError(f"HTML needs trafilatura: pip install 'hoptac[events]' ({error})") from None


def _parse(html: str, lxml_html: Any) -> Any:
    """The page as a tree; None if there is nothing in it. lxml refuses control characters and, in a string, a declared encoding."""
    cleaned = _CONTROL.sub(" ", html)
    cleaned = _DECLARATION.sub("", cleaned, count=1)
    if not cleaned.strip():
        return None
    try:
        return lxml_html.document_fromstring(cleaned.encode("utf-8", "replace"), parser=lxml_html.HTMLParser(encoding="utf-8"))
    except (ValueError, lxml_html.etree.LxmlError):
        return None


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")
_CLASS = "translate(@class, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
_DATES = f"//time | //*[contains({_CLASS}, 'date') or contains({_CLASS}, 'time')]"


def _said_date(tree: Any) -> str:
    """The first line of date among the elements that are named so."""
    texts = (_clean(element.text_content()) for element in tree.xpath(_DATES))
    return next((date for text in texts if len(text) < 100 and (date := find_date(text))), "")


_LEADS = " or ".join(
    f"contains({_CLASS}, '{name}')" for name in ("sapo", "lead", "description", "summary", "chapeau", "teaser")
)
_LEADS = f"//h1/following::*[(self::p or self::h2 or self::div) and ({_LEADS})][not(ancestor::a or ancestor::li)]"


def _leads(tree: Any) -> list[str]:
    """What may be the lead by its name: the first such element below the main title, and the others, which teasers may have too."""
    return [text for element in tree.xpath(_LEADS)[:20] if 8 <= len((text := _clean(element.text_content())).split()) <= 150]


def _missing_lead(leads: list[str], described: str, lines: list[tuple[str, str]]) -> str:
    """The lead, where trafilatura left it out because it stands outside of the text; it must say what the metadata describe."""
    text = "".join(_letters(line) for line, _ in lines)
    for lead in leads:
        letters = _letters(lead)
        if letters not in text and ((lead is leads[0] and not described) or _same_start(letters, _letters(described))):
            return lead
    return ""


def _same_start(one: str, other: str) -> bool:
    length = min(len(one), len(other), 60)
    return length >= 20 and one[:length] == other[:length]


_CAPTIONS = (
    f"//figcaption | //*[contains({_CLASS}, 'caption') and (self::p or self::div or self::td or self::span or self::em)]"
)


def _free_captions(tree: Any) -> set[str]:
    """Put a paragraph in the place of each picture that has a caption; gives the letters of the captions."""
    found = set()
    for element in tree.xpath(_CAPTIONS):
        words = _clean(element.text_content())
        if not words or len(words) > 600:
            continue
        found.add(_letters(words))
        picture = next(
            (
                above
                for above in element.iterancestors("figure", "table")
                if len(_clean(above.text_content())) <= len(words) + 40
            ),
            element,
        )
        if picture.getparent() is None:
            continue
        paragraph = tree.makeelement("p")
        paragraph.text, paragraph.tail = words, picture.tail
        picture.getparent().replace(picture, paragraph)
    return found


def _links(tree: Any) -> set[str]:
    """The letters of paragraphs that are nothing but a link, without a full stop: they lead to other articles."""
    texts = ((_clean(block.text_content()), _clean(block.xpath("string(.//a[@href])"))) for block in tree.xpath(_LINKED))
    return {_letters(text) for text, link in texts if text == link and text[-1:].isalnum()}


_LINKED = (
    "//*[(self::p or self::li or self::h2 or self::h3 or self::h4)][count(.//a[@href and not(starts-with(@href, '#'))]) = 1]"
)


def _blocks(body: Any) -> Iterator[tuple[str, str]]:
    """Paragraphs, headings, items and rows in their order, each with the name of its element in trafilatura's tree."""
    for element in body:
        if element.tag in ("list", "quote", "table", "div") and len(element):
            yield from _own(element.text, element.tag)
            yield from _blocks(element)
        elif element.tag == "row":
            yield from _own(" | ".join(filter(None, (_clean("".join(cell.itertext())) for cell in element))), "row")
        elif isinstance(element.tag, str):
            yield from _own("".join(_with_breaks(element)), element.tag)
        yield from _own(element.tail, "p")


def _with_breaks(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield "\n" if child.tag == "lb" else ""
        yield from _with_breaks(child)
        yield child.tail or ""


def _own(text: str | None, tag: str) -> Iterator[tuple[str, str]]:
    for line in (text or "").split("\n"):
        if cleaned := _clean(line):
            yield cleaned, tag


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def _page(lines: list[tuple[str, str]], published: str) -> WebPage:
    known, offset = {}, 0
    for line, kind in lines:
        if kind:
            known[offset] = kind
        offset += len(line) + 1
    return WebPage("\n".join(line for line, _ in lines), known, published)
