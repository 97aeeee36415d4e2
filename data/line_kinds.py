"""The kind of each line of a scraped page, from what it is and from its neighbours.

In doubt a line is body: who looks for events loses more by a sentence that is missing than by a teaser too many.
"""

from __future__ import annotations

import re
from collections import Counter

from .page_lines import ENDS, INNER_END, Line, letters_of
from .phrases import UPPER, may_be_scene, refers_back
from .variants import without_diacritics


def give_kinds(lines: list[Line]) -> None:
    """Set `kind` of all lines that have none: `body`, `headline`, `caption` or `boilerplate`."""
    _Reader(lines).read()


class _Reader:
    """Gives each line its kind."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.seen: set[str] = set()
        self.names: set[str] = set()
        self.named = 0
        self.counts = Counter(line.key for line in lines)

    def read(self) -> None:
        title = self._title()
        first = next((i for i, line in enumerate(self.lines) if line.sort == "prose" and (title is None or i > title)), None)
        if first is None:  # no full stop anywhere: lines below the title that are no names and no phrases are its text
            first = len(self.lines) if title is None else title + 1
            for line in self.lines[first:]:
                if line.sort == "title" and line.words >= 8:
                    line.sort = "prose"
        self.title = "" if title is None else self.lines[title].key
        self.bare_title = without_diacritics(self.title)
        self._read_head(title, first)
        self._read_rest(first)

    def _title(self) -> int | None:
        """The line that is the article's own title: above its text, of four words or more.

        If there are several, it is the one that the page repeats, else the last one above the date of publication, else the first.
        """
        told = next((i for i, line in enumerate(self.lines) if line.kind == "headline"), None)
        if told is not None:
            return told
        first = next((i for i, line in enumerate(self.lines) if line.sort == "prose" and not self._asks(i)), len(self.lines))
        found = [i for i in range(first) if self.lines[i].sort in ("title", "prose") and self.lines[i].words >= 4]
        if len(found) < 2:
            return found[0] if found else None
        if self.lines[found[0]].key.startswith(self.lines[found[1]].key + " "):
            return found[1]  # the first one is the name of the page: title and newspaper
        for i in found:
            if self.counts[self.lines[i].key] > 1:
                return i
        dated = next((i for i in range(first) if self.lines[i].date and i > found[0]), None)
        if dated is None:
            return found[0]
        last = max(i for i in found if i < dated)
        return last - 1 if last - 1 in found and last - 2 not in found else last  # the last one may be a subtitle

    def _asks(self, i: int) -> bool:
        """Whether line `i` may be a title in spite of the mark at its end: it opens the page, is short, and other text follows."""
        line = self.lines[i]
        if line.words > 25 or INNER_END.search(line.text) or (line.text[-1] in ".:;," and not line.text.endswith("...")):
            return False
        return all(before.sort != "prose" for before in self.lines[:i]) and any(
            after.sort == "prose" for after in self.lines[i + 1 : i + 12]
        )

    def _read_head(self, title: int | None, first: int) -> None:
        """Above the text: the title, one or two subtitles, captions; all else is the page's."""
        below = [
            i
            for i in range((first if title is None else title) + 1, first)
            if self.lines[i].sort == "title" and self.lines[i].words >= 5 and self.lines[i].key != self.title
        ]
        long = {i for i in below if self.lines[i].words > _LONGEST_TITLE and not self._is_glued(self.lines[i])}
        subtitles = [i for i in below if i not in long]
        for i, line in enumerate(self.lines[:first]):
            if i == title or (len(subtitles) <= 2 and i in subtitles and not self._is_glued(line)):
                line.kind = "headline"
            elif line.sort == "caption" or self._stands_on_caption(i):
                line.kind = "caption"
            elif i in long:
                line.kind = "body"
            else:
                line.kind = line.kind or "boilerplate"

    def _read_rest(self, first: int) -> None:
        """From the first text on.

        `box` is true inside a list of links to other articles, `over` where the article seems to have ended, with its author's name or
        more: `closed` is true below "./.", tags or the heading of comments.
        """
        box = over = closed = False
        end = max((i for i, line in enumerate(self.lines) if _END_MARK.search(line.text)), default=-1)
        last = max((i for i, line in enumerate(self.lines) if line.sort == "prose"), default=-1)
        for i in range(first, len(self.lines)):
            line = self.lines[i]
            if line.kind:
                self.seen.add(line.key)
                continue
            if 0 <= end < i:
                over = closed = True
            if line.sort == "prose":
                goes_on = i <= end or not (box or over) or self._returns(i, over, closed)
                line.kind = self._kind_of_prose(line) if goes_on else "boilerplate"
                if line.kind == "body":
                    box = over = closed = False
                    self.seen.add(line.key)
            elif line.sort == "caption":
                line.kind = "boilerplate" if closed else "caption"
                over = (over and box) or closed  # pictures stand in an article, not below it
            elif line.sort == "title":
                box = box or self._opens_pair(i)
                line.kind = "boilerplate" if box or over else self._kind_of_title(i, last)
            else:
                line.kind = "boilerplate"
                if box or (self.lines[i - 1].sort in ("prose", "title") if over else len(self.seen) > 2):
                    line.date = ""  # of another article, or a heading in the text
                box = box or (line.sort == "section" and bool(self.seen))
                closed = closed or (line.sort == "closing" and bool(self.seen))
                over = over or closed or (line.sort == "byline" and bool(self.seen))

    def _kind_of_prose(self, line: Line) -> str:
        if line.key in self.seen and line.words >= 6:
            return "boilerplate"  # the same again
        if not ENDS.search(line.text[-60:]) and self._is_glued(line):
            return "boilerplate"
        return "caption" if self._repeats_title(line) else "body"

    def _kind_of_title(self, i: int, last: int) -> str:
        """Of a line without full stop between texts."""
        line = self.lines[i]
        if self._repeats_title(line):
            return "caption"  # what a page says in place of a picture
        if self._is_glued(line):
            return "boilerplate"  # a link: the title of this page stands before that of the other one
        if self._is_item(i):
            return "body"
        if i + 1 < len(self.lines) and self.lines[i + 1].sort == "credit":
            return "caption"
        if i > last:  # nothing but titles from here on; a long one below text is its last sentence, without full stop
            return "body" if line.words >= 20 and self.lines[i - 1].sort == "prose" else "boilerplate"
        if _ITEM.match(line.text) or line.text[0].islower() or _OPEN_END.search(line.text):
            return "body" if line.words >= 5 else "headline"
        return self._kind_in_run(i)

    def _kind_in_run(self, i: int) -> str:
        """Three lines without full stop in a row are links; a single short one is a heading, a long one a caption without credit."""
        low = high = i
        while low > i - 3 and low and self.lines[low - 1].sort == "title":
            low -= 1
        while high < i + 3 and high + 1 < len(self.lines) and self.lines[high + 1].sort == "title":
            high += 1
        if high - low >= 2:
            return "boilerplate"
        return "headline" if self.lines[i].words <= 14 and not may_be_scene(self.lines[i].text) else "caption"

    def _is_item(self, i: int) -> bool:
        """Whether line `i` belongs to a list: above its first item stands a text that ends with a colon."""
        above = self.lines[i - 1]
        if i == 0 or above.kind != "body" or not (above.sort == "item" or above.text.endswith((":", ";"))):
            return False
        self.lines[i].sort = "item"
        return True

    def _repeats_title(self, line: Line) -> bool:
        return bool(self.title) and _PICTURE_NUMBER.sub("", line.key) == self.title

    def _is_glued(self, line: Line) -> bool:
        """Whether the title of the page stands in front, as it is or without its marks (as in addresses)."""
        key = without_diacritics(letters_of(line.text))
        return (
            self.bare_title.count(" ") >= 3
            and key.startswith(self.bare_title + " ")
            and key.count(" ") >= self.bare_title.count(" ") + 3
        )

    def _stands_on_caption(self, i: int) -> bool:
        line = self.lines[i]
        return (
            line.sort == "title"
            and line.words >= 5
            and i + 1 < len(self.lines)
            and self.lines[i + 1].sort in ("credit", "caption")
        )

    def _opens_pair(self, i: int) -> bool:
        """Whether a title that is not the page's own stands here twice: so do those of teasers, for the picture and for the text."""
        key = self.lines[i].key
        return (
            self.counts[key] > 1
            and key != self.title
            and any(0 <= j < len(self.lines) and self.lines[j].key == key for j in (i - 1, i + 1))
        )

    def _returns(self, i: int, over: bool, closed: bool) -> bool:
        """Whether the article goes on at text `i`, below links or a name.

        A teaser is a title with at most one paragraph, and it stands alone. So two things speak for the article: its place (no title
        precedes, or two paragraphs follow each other) and its words (they refer back, as "Theo đó" or "Hai bên", or name what the article
        has named). One of them is enough inside a box of links; both are wanted where the article seems to be over, unless it had hardly
        begun, or a name stands right above the text, as authors do below the lead.
        """
        if self._looks_like_title(i):
            return False
        run = self._run(i)
        in_place = run >= 2 or not (self.lines[i - 1].sort == "title" or self._looks_like_title(i - 1))
        if over and not closed and self._stands_under_name(i):
            return True
        if over and len(self.seen) <= 2 and run >= 3:
            return True
        if over != in_place:
            return in_place
        return refers_back(self.lines[i].text) or self._shared_names(i) >= 2

    def _stands_under_name(self, i: int) -> bool:
        """Whether a name is the last thing above line `i`, buttons and dates aside."""
        above = (line.sort for line in reversed(self.lines[max(0, i - 5) : i]) if line.sort not in ("furniture", "date"))
        return next(above, "") == "byline"

    def _looks_like_title(self, i: int) -> bool:
        """Of a line among links: a question or exclamation."""
        line = self.lines[i]
        return line.sort == "prose" and line.words <= 20 and line.text[-1] in "?!" and not INNER_END.search(line.text)

    def _run(self, i: int) -> int:
        """Paragraphs in a row from line `i` on; pictures between them do not count."""
        run = 0
        for j in range(i, min(i + 8, len(self.lines))):
            sort = self.lines[j].sort
            if sort == "prose" and not self._looks_like_title(j):
                run += 1
            elif sort not in ("caption", "credit"):
                break
        return run

    def _shared_names(self, i: int) -> int:
        for line in self.lines[self.named : i]:
            if line.kind in ("body", "headline"):
                self.names |= _names(line.text)
        self.named = max(self.named, i)
        return len(_names(self.lines[i].text) & self.names)


_LONGEST_TITLE = 24
"""Words. What is longer, below the title, is a lead without full stop."""
_ITEM = re.compile(r"[-–•+*]|\d{1,2}[.)/]|[a-zđ]\) ")
"""What an item of a list begins with."""
_OPEN_END = re.compile(r" (?:và|của|với|tại|là|cho|các|những|về|trong|do|đã|sẽ|từ|đến|để|theo|ở|một|hoặc|như|bởi|được)$")
"""Words that no title ends with: the line was broken."""
_END_MARK = re.compile(r"\./\.?[\"”)]*(?:\s*\([^()]{1,40}\))?$|\./\.")
_PICTURE_NUMBER = re.compile(r" ảnh \d+$| hình \d+$")
_EVERYWHERE = {"Việt Nam", "Hà Nội"}
_NAME = re.compile(rf"[{UPPER}]\w*(?: [{UPPER}]\w*)+")


def _names(text: str) -> set[str]:
    return set(_NAME.findall(text)) - _EVERYWHERE
