"""Raw text to sentences, with offsets into that text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files

# Words by which Vietnamese sentences begin and names hardly ever do: they tell the end of a sentence from an abbreviation.
_OPENERS = (
    "Ai|Ba|Bà|Báo|Bên|Bộ|Bởi|Bốn|Bước|Cả|Các|Cạnh|Chiều|Chính|Cho|Chúng|Chuyến|Cơ|Còn|Cùng|Cuộc|Cuối|Cũng|Do|Dù|Dự|Đại|Đáng|Đặc|Đầu|Đây|Để|Đến"
    "|Đêm|Điều|Đó|Đoàn|Đồng|Đối|Đợt|Giới|Gần|Hai|Hãng|Hiện|Hôm|Họ|Hội|Khi|Khoảng|Không|Kể|Kết|Kim|Lãnh|Lần|Liên|Lễ|Mặc|Một|Mỗi|Mới|Mục|Năm|Nếu"
    "|Ngay|Ngày|Ngoài|Người|Nhân|Nhằm|Nhiều|Như|Nhưng|Những|Nói|Nơi|Nước|Ông|Phái|Phát|Phía|Phó|Qua|Quan|Rồi|Riêng|Sau|Sáng|Sự|Tại|Tất|Thay|Theo"
    "|Tháng|Thông|Thời|Thủ|Thứ|Tiếp|Toàn|Tôi|Tối|Trong|Trên|Trước|Trưa|Từ|Tuy|Tuyên|Tổng|Và|Vào|Về|Vì|Việc|Với|Vụ|Vừa"
)
_END = re.compile(
    r"[.!?…](?<![.!?…][.!?…])[.!?…]*+(?:/\.)?"  # begins with the mark itself, for speed
    r"(?:[\"'”’»)\]]*(?=\s+[\"'“‘«(\[\-–—•…]*+\s?\w)"
    # A scraper lost the space: two small letters before the full stop, so that no abbreviation or address is cut.
    rf"|(?:(?<=[^\W\d_A-Z]{{2}}\.)|(?<=[^\W\d_A-Z]{{2}}\./\.))(?=(?:{_OPENERS})[ ,]))"
)
_TITLE = re.compile(
    r"(?:^|[\s(\"“‘.])(?:GS|PGS|TS|TSKH|ThS|Ths|BS|CN|KS|LS|NSND|NSƯT|NGND|NGƯT|KTS|Mr|Mrs|Ms|Dr|Prof|Gen|St|No|vs)\.$|(?:^|[\s(])[PQ]\.$"
)
"""These always stand before a name or number: no sentence ends with them."""
_ABBREVIATION = re.compile(r"(?:^|[\s(\"“‘./-])(?:TP|Tp|TX|TT|Ltd|Inc|Co|Corp|Jr|Sr|[A-ZĐ])\.$")
"""A sentence can end with these, but then the next one opens with a usual word."""
_ROMAN = re.compile(r"(?:thứ|khu|kỳ|khóa|quý|cấp|loại|nhóm|hạng|tập|phần|chương|số|vitamin) [IVXA-C]\.$", re.IGNORECASE)
"""A number or letter of a row, not an initial."""
_WORD = re.compile(r"\w")
_LIST_NUMBER = re.compile(r"\s*\d{1,3}\.")
_NEXT = re.compile(r"\s+[\"'“‘«(\[\-–—•…]*+\s?(\w+)")
_OPENER = re.compile(f"(?:{_OPENERS})")


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence and where it stands: `source` names the file, offsets are characters of its text, end exclusive."""

    text: str
    source: str
    start: int
    end: int


def split_sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of `text[start:end]`, without surrounding white space; a line break always ends one.

    Offsets are into `text`. "./." belongs to the sentence that it ends.

    >>> [("Ông A thăm Lào. Hai bên bàn về TP. Vinh."[s:e]) for s, e in split_sentences("Ông A thăm Lào. Hai bên bàn về TP. Vinh.")]
    ['Ông A thăm Lào.', 'Hai bên bàn về TP. Vinh.']
    """
    for line in _LINE.finditer(text, start, len(text) if end is None else end):
        begin = line.start()
        for match in _END.finditer(text, line.start(), line.end()):
            if _goes_on(text, begin, match.end(), line.end()):
                continue
            yield from _trimmed(text, begin, match.end())
            begin = match.end()
        yield from _trimmed(text, begin, line.end())


_LINE = re.compile(r"[^\r\n\u2028\u2029]+")


def _goes_on(text: str, begin: int, position: int, end: int) -> bool:
    """Whether the sentence that begins at `begin` goes on after the mark that ends at `position`."""
    head = text[max(begin, position - 16) : position]
    if position - begin <= 16 and (_LIST_NUMBER.fullmatch(head) or not _WORD.search(head)):
        return True
    following = _NEXT.match(text, position, end)
    if following is None:  # no white space: an opener stands here
        return False
    if following[1][0].islower() or (head[-1] == "." and _TITLE.search(head)):
        return True
    if head[-1] != "." or not _ABBREVIATION.search(head):
        return False
    return not _OPENER.fullmatch(following[1]) and not _ROMAN.search(head)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def read_lines(lines: Iterable[str], source: str, whole_lines: bool = False) -> Iterator[Place]:
    """Sentences of a text that comes line by line; with `whole_lines` each line that is not blank is one sentence.

    Args:
        lines: with their line ends, so that offsets can be counted.
        source: a name for the text.
    """
    offset = 0
    for line in lines:
        spans = _trimmed(line, 0, len(line)) if whole_lines else split_sentences(line)
        for start, end in spans:
            yield Place(line[start:end], source, offset + start, offset + end)
        offset += len(line)


def sample_article() -> str:
    """A short article that ships with the package; the persons and events in it are made up."""
    return files(__package__).joinpath("sample.txt").read_text(encoding="utf-8")
