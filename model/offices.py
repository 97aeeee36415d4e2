"""A sentence as words, and the title that stands beside a person's name in it."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..data.schema import Participant
from .actor_table import WORD, ActorTable, Phrases, key, keys, many


@dataclass(frozen=True, slots=True)
class Span:
    """A participant in the words of its sentence; `last` is exclusive."""

    text: str
    type: str
    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence as words; what stands between two words is `gap`."""

    text: str
    words: tuple[str, ...]
    """None are read where there are no participants."""
    starts: list[int]
    ends: list[int]
    spans: tuple[Span, ...]

    def gap(self, word: int) -> str:
        """What stands between a word and the one before it."""
        left = self.ends[word - 1] if word else 0
        if word and self.text[left : left + 1] == "." and self.words[word - 1] in _SHORTENED:
            left += 1
        return self.text[left : self.starts[word] if word < len(self.starts) else len(self.text)]

    def spelled(self, first: int, last: int) -> str:
        """The words as written, with what stands between them."""
        return self.text[self.starts[first] : self.ends[last - 1]]


_SHORTENED = {*keys("TP GS PGS TS ThS BS KS")}


def read_line(text: str, participants: Sequence[Participant]) -> Line:
    """A sentence and its participants in NFC, as words."""
    places = [(p.start, p.end) for p in participants]
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text, places = _composed(text, places)
    words, starts, ends = [], [], []
    for match in WORD.finditer(text) if places else ():
        start, end = match.span()
        starts.append(start)
        ends.append(end)
        words.append(key(match[0]))
    spans = []
    for participant, (start, end) in zip(participants, places, strict=True):
        first = bisect_left(ends, start + 1)
        last = max(bisect_left(starts, end), first)
        spans.append(Span(text[start:end], participant.type, first, last, start, end))
    return Line(text, tuple(words), starts, ends, tuple(spans))


def _composed(text: str, places: Sequence[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """The text in NFC, and where the places went."""
    cuts = sorted({0, len(text), *(position for place in places for position in place)})
    pieces = [unicodedata.normalize("NFC", text[left:right]) for left, right in pairwise(cuts)]
    moved = {0: 0}
    for cut, piece, before in zip(cuts[1:], pieces, cuts, strict=False):
        moved[cut] = moved[before] + len(piece)
    return "".join(pieces), [(moved[start], moved[end]) for start, end in places]


@dataclass(frozen=True, slots=True)
class Office:
    """The title beside a name."""

    text: str
    """As written; what stands before the name and what stands after it, joined by a comma."""
    sectors: tuple[str, ...]
    spans: tuple[int, ...]
    """Which other participants of the sentence stand in it."""
    words: tuple[tuple[int, int], ...]
    """Ranges of words that it covers."""
    official: bool
    """Whether it is an office of a state, not a profession."""
    political: bool
    """Whether its bearer is of the government whatever the sector of the ministry: a minister, not a director."""
    international: bool
    """Whether international bodies have such an office too."""


def find_office(table: ActorTable, line: Line, number: int) -> Office | None:
    """The title beside the name of the person that is participant `number`; None if none stands there.

    >>> from hoptac.model.actor_table import load_table
    >>> line = read_line("Ngoại trưởng Lào Thongsavanh đến thăm.", [Participant("Thongsavanh", 17, 28, "PER")])
    >>> find_office(load_table(), line, 0).text
    'Ngoại trưởng Lào'
    """
    name = line.spans[number]
    pieces = _before(table, line, name)
    pieces += _after(table, line, name)
    if not pieces:
        return None
    sectors: dict[str, None] = {}
    former = False
    official = international = False
    for piece in pieces:
        former = former or piece.former
        inside = {s.type for s in line.spans if piece.first <= s.first < piece.last}
        head = line.words[piece.head : piece.head_end]
        if piece.sector and ("GPE" in inside or head not in _INTERNATIONAL):
            sectors[piece.sector] = None
        if line.words[piece.head : piece.head + 2] in _MINISTERS:
            sectors["GOV"] = None
        # "Chủ tịch" alone is often a head of state; with an organisation, or "Giám đốc", it may be anybody's.
        of_anybody = head in _INTERNATIONAL and (head != _CHAIRMAN or "ORG" in inside) and "GPE" not in inside
        official = official or (piece.sector in _OF_A_STATE and not of_anybody)
        international = international or head in _INTERNATIONAL
    found = [i for i, s in enumerate(line.spans) if s is not name and any(p.first <= s.first < p.last for p in pieces)]
    found = [i for i in found if line.spans[i].type != "PER" and not _receives(table, line, pieces, line.spans[i])]
    return Office(
        text=", ".join(line.spelled(piece.first, piece.last) for piece in pieces),
        sectors=("ELI",) if former else tuple(sectors),
        spans=tuple(found),
        words=tuple((piece.first, _before_tai(table, line, piece)) for piece in pieces),
        official=official,
        political=any(line.words[piece.head : piece.head + 2] in _POLITICAL for piece in pieces),
        international=international,
    )


_MINISTERS = {*many("Bộ trưởng, Thứ trưởng")}
_POLITICAL = {*many("Bộ trưởng, Thứ trưởng, Thủ tướng, Tổng thống, Phó Thủ, Chủ tịch nước, Ngoại trưởng")}
_CHAIRMAN = keys("Chủ tịch")
_OF_A_STATE = {"GOV", "MIL", "LEG", "COP", "JUD"}
_INTERNATIONAL = {
    *many(
        "Tổng Thư ký, Phó Tổng Thư ký, Cao ủy, Tổng giám đốc, Giám đốc, Giám đốc điều hành, Chủ tịch, Người phát ngôn, Phát ngôn viên, "
        "Trưởng đại diện, Đại diện, Điều phối viên, Trưởng đoàn, Trưởng phái đoàn, Lãnh đạo"
    )
}


@dataclass(frozen=True, slots=True)
class _Piece:
    first: int
    last: int
    head: int
    head_end: int
    sector: str
    former: bool


def _before(table: ActorTable, line: Line, name: Span) -> list[_Piece]:
    """Pieces of the title before the name, from left to right."""
    pieces: list[_Piece] = []
    end = name.first
    while len(pieces) < 4:
        piece = _piece_before(table, line, end, name.last if not pieces else None)
        if not piece or (pieces and _names_country(line, piece) and any(_names_country(line, other) for other in pieces)):
            break
        pieces.insert(0, piece)
        if not piece.first or line.gap(piece.first).strip() not in ("", ","):
            break
        end = piece.first
    first = pieces[0].first if pieces else 0
    before = _covering(line, first - 1) if first else None
    if before and before.type == "PER" and "," in line.gap(first):
        # "bà Linh, Đại sứ Lào, Bộ trưởng Nam": what stands behind a name belongs to that one, the last title to the next.
        return pieces[-1:] if len(pieces) > 1 else pieces
    return pieces


def _names_country(line: Line, piece: _Piece) -> bool:
    return any(span.type == "GPE" and piece.first <= span.first < piece.last for span in line.spans)


_AND = {*keys("và cùng với")}
_HONORIFICS = {*keys("ông bà ngài anh chị đồng chí em cụ")}


def _piece_before(table: ActorTable, line: Line, end: int, after_name: int | None) -> _Piece | None:
    """The piece of a title that ends at a word, its head being the nearest title to the left with no verb or comma between.

    `after_name` is the word behind the name; None if another piece of the title stands between.
    """
    goes_on = after_name is None
    last = end
    while last and line.words[last - 1] in _HONORIFICS and not _breaks(line.gap(last)) and not _is_britain(line, last - 1):
        last -= 1
    if not goes_on and last < end and "," not in line.gap(last):
        return None  # "Tổng thống Mỹ và ông Nam": an honorific stands where a title would
    position = last
    while position and last - position < 24:
        long_form = _before_acronym(line, position)
        if long_form:
            position = long_form.first
            continue
        gap = line.gap(position)
        covering = _covering(line, position - 1)
        if position != end and _breaks(gap) and not (covering and covering.last > position):
            return None
        if position == end and _breaks(gap) and not (goes_on or last < end or _set_off(line, gap, after_name)):
            return None
        if covering:
            if covering.type == "PER" or (position < last and not _goes_on_after(line, position)):
                return None
            position = covering.first
            continue
        position -= 1
        if line.words[position] in _AND and _begins(table, line, position + 1, last):
            return None
        head = _head_ending_before(table, line, position, last)
        if head:
            return head
        stop = _STOPS.at(line.words, position)
        if stop and stop[1]:
            return None
    return None


def _before_acronym(line: Line, position: int) -> Span | None:
    """The organisation whose acronym ends at a word: "Giám đốc Tổ chức Di cư quốc tế (IOM) Nam"."""
    if ")" not in line.gap(position):
        return None
    acronym = _covering(line, position - 1)
    if not acronym or acronym.type != "ORG" or line.gap(acronym.first).strip() != "(" or line.gap(position).strip() != ")":
        return None
    return _covering(line, acronym.first - 1) if acronym.first else None


def _is_britain(line: Line, word: int) -> bool:
    """Whether "Anh" is the country, and no honorific."""
    return _covering(line, word) is not None or line.spelled(word, word + 1) == "Anh"


def _set_off(line: Line, gap: str, after_name: int | None) -> bool:
    """Whether the name stands between commas: "Đại sứ Lào, Bounmy, phát biểu"."""
    return after_name is not None and gap.strip() == "," and line.gap(after_name).strip() == ","


def _goes_on_after(line: Line, word: int) -> bool:
    """Whether a title goes on with a word that stands behind the country or organisation it names, rather than a verb."""
    covering = _covering(line, word)
    capital = line.text[line.starts[word]].isupper()
    return line.words[word] in _GOES_ON or capital or bool(covering and covering.first == word)


_GOES_ON = {*keys("phụ đặc tại ở về và kiêm thường của khu nhiệm gốc bang tỉnh")}


def _covering(line: Line, word: int) -> Span | None:
    for span in line.spans:
        if span.first <= word < span.last:
            return span
    return None


def _begins(table: ActorTable, line: Line, word: int, last: int) -> bool:
    """Whether another title, an honorific or the name itself follows an "and"."""
    return word >= last or line.words[word] in _HONORIFICS or bool(table.offices.at(line.words, word))


def _head_ending_before(table: ActorTable, line: Line, position: int, last: int) -> _Piece | None:
    """The title whose last word stands at `position`, with the words before it that belong to it: "Trợ lý Ngoại trưởng"."""
    first = position
    best: tuple[int, str] | None = None
    for start in range(position, max(position - 6, -1), -1):
        found = table.offices.at(line.words[:last], start)
        if found and start + found[0] > position:
            best, first = (start + found[0], found[1]), start
    if not best or (first and line.words[first - 1] in _PALACES):
        return None
    former = False
    head, sector = first, best[1]
    while first:
        for length in (4, 3, 2, 1):
            words = line.words[max(first - length, 0) : first]
            if len(words) == length and not _breaks(line.gap(first)) and words in table.before_office.exact:
                if line.words[max(first - length - 1, 0) : first] == _GOVERNMENT:
                    continue  # "chính quyền Tổng thống Pháp"
                former = former or table.before_office.exact[words]
                first -= length
                break
            if len(words) == length and not _breaks(line.gap(first)) and words in table.offices.exact:
                # Of two titles that follow each other the first says what the person is: "Người phát ngôn Tổng thống".
                head, sector = first - length, table.offices.exact[words]
                first -= length
                break
        else:
            break
    return _Piece(first, last, head, max(best[0], position + 1), sector, former)


_PALACES = {*keys("Phủ Dinh")}
_GOVERNMENT = keys("chính quyền")


def _after(table: ActorTable, line: Line, name: Span) -> list[_Piece]:
    """Pieces of the title after the name, each behind a comma, the first perhaps behind a bracket or a dash."""
    pieces: list[_Piece] = []
    position = name.last
    while position < len(line.words) and len(pieces) < 4:
        gap = line.gap(position).strip()
        if gap not in ((",", "(", "-", "–") if not pieces else (",",)):
            break
        start = position
        former = False
        while found_before := table.before_office.at(line.words, start):
            if table.offices.at(line.words, start) and not found_before[1]:
                break
            former = former or found_before[1]
            start += found_before[0]
            if start >= len(line.words):
                return pieces
        head = table.offices.at(line.words, start)
        if not head:
            break
        end = _end_of_title(table, line, start + head[0], name)
        if end is None or (end == start + head[0] and line.words[start:end] in _OF_MANY):
            break
        pieces.append(_Piece(position, end, start, start + head[0], head[1], former))
        position = end
    return pieces


_OF_MANY = {*many("lãnh đạo, đại diện, quan chức, đại biểu, nghị sĩ, chuyên gia")}
"""Behind a name and with nothing after it, they begin a new thing: "Tổng thống Nam, lãnh đạo hai nước"."""


def _end_of_title(table: ActorTable, line: Line, position: int, name: Span) -> int | None:
    """The word after a title that stands behind a name; None if it rather belongs to the next name."""
    begun = position
    while position < len(line.words) and position - begun < 24:
        covering = _covering(line, position)
        if covering and covering.type == "PER":
            return None
        gap = line.gap(position)
        if _breaks(gap):
            return position
        if covering and covering.first == position:
            position = covering.last
            if position < len(line.words) and not _goes_on_after(line, position):
                return position
            continue
        if line.words[position] in _AND and (position + 1 == len(line.words) or _next_is_other(table, line, position + 1)):
            return position
        stop = _STOPS.at(line.words, position)
        if stop and stop[1]:
            return position
        position += stop[0] if stop else 1
    return position


def _next_is_other(table: ActorTable, line: Line, word: int) -> bool:
    covering = _covering(line, word)
    return bool(covering and covering.type == "PER") or _begins(table, line, word, len(line.words))


def _breaks(gap: str) -> bool:
    return gap not in (" ", ".") and not _MARKS.isdisjoint(gap)


_MARKS = frozenset(',;:.!?…()[]“”"/–—\n')


def _receives(table: ActorTable, line: Line, pieces: Sequence[_Piece], span: Span) -> bool:
    """Whether a country stands behind the "tại" of a title: where the person works, not whence."""
    return any(_before_tai(table, line, piece) <= span.first < piece.last for piece in pieces)


def _before_tai(table: ActorTable, line: Line, piece: _Piece) -> int:
    for word in range(piece.head_end, piece.last):
        if line.words[word] in _AT:
            return word
    return piece.last


_AT = {*keys("tại ở")}


_VERBS = """
đã, sẽ, đang, vừa, tiếp, gặp, thăm, cho, rằng, khẳng định, nhấn mạnh, đề nghị, tuyên bố, phát biểu, nói, chủ trì, dự, tham dự, dẫn đầu, làm, cùng, với, do,
tới, đến, bày tỏ, là, bị, được, để, theo, trong, khi, có, ký, trao, hội đàm, hội kiến, điện đàm, đón, mời, thay mặt, nhận, kêu gọi, cảnh báo, cho biết,
cảm ơn, chúc mừng, đồng chủ trì, nhắc lại, từ, sau, trước, nhân, gửi, yêu cầu, mong, thảo luận, trao đổi, đánh giá, ghi nhận, nhất trí, thừa nhận, cáo buộc,
chỉ trích, phản đối, ủng hộ, bắt, thông báo, xác nhận, phê chuẩn, ra lệnh, chỉ đạo, trả lời, giới thiệu, kể, hứa, cam kết, tái khẳng định, lên tiếng, bắt tay,
hoan nghênh, chia sẻ, chào, rời, về nước, thì, mà, nhưng, vì, nếu, còn, cũng, mới, lần, ngày, chiều, sáng, tối, hôm, tuần, tháng, giữa, muốn, tin, kỳ vọng,
quyết định, phối hợp, hợp tác, tổ chức, thống nhất, hai, ba, các, nhiều, viết, bàn, đưa, thúc đẩy, chứng kiến, cho rằng, trình, xem, tặng, nêu, hỏi, ca ngợi,
trấn an, dọa, cử, gọi, khen, thề, sang, qua, lên, không, chưa
"""
_NO_VERBS = """
tiếp cận, dự án, dự báo, tiếp vận, hợp tác quốc tế, bộ hợp tác, hội đồng hợp tác, theo dõi, nhân dân, nhân quyền, nhân đạo, nhân sự, nhân lực, từ thiện, tin học,
trao trả, tuần tra, tuần duyên, trong nước, dự trữ, các vấn đề, các nước, các quốc gia, không quân, phòng không, không gian, ba lan, hợp tác và phát triển
"""


def _stops() -> Phrases[bool]:
    """Words that are no part of a title, and longer ones that begin like them and may be."""
    phrases: Phrases[bool] = Phrases()
    for words, stops in ((_VERBS, True), (_NO_VERBS, False)):
        for word in words.replace("\n", " ").split(","):
            phrases.add(word, stops)
    return phrases


_STOPS = _stops()
