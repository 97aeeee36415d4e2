"""The country or international body of each mention in an article: by its name, by titles, and by what else the article says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ..data.plover import INTERNATIONAL
from ..data.schema import Participant
from .actor_table import HOME, ActorTable, Known, keys
from .coreference import group_names
from .offices import Line, Office, Span, find_office, read_line
from .organisations import Organisation, describe
from .sides import Sides, owner_after, read_sides


@dataclass(slots=True, eq=False)
class Mention:
    """A participant of a sentence, and what was found out about it."""

    line: int
    number: int
    """In its sentence."""
    span: Span
    code: str = ""
    """Country or international body; empty if it is open."""
    reason: str = ""
    """Why it is open."""
    organisation: Organisation | None = None
    known: Known | None = None
    office: Office | None = None
    person: str = ""
    """The fullest name of the person in the article."""
    namesakes: tuple[str, ...] = ()
    """Of a short name: the persons of the article whom it may mean, if there are several."""
    in_title: tuple[Mention, ...] = ()
    """Of a person: the countries and organisations in the title."""
    bearer: Mention | None = None
    """Of an organisation: the person in whose title it stands."""
    alias: Mention | None = None
    """The long form that an acronym in brackets stands for, or the other way round."""


def code_mentions(
    table: ActorTable, sentences: Sequence[str], participants: Sequence[Sequence[Participant]]
) -> list[list[Mention]]:
    """What is known of each participant of an article, sentence by sentence.

    Args:
        sentences: of one article, in order.
        participants: of each sentence.
    """
    article = _Article(table, sentences, participants)
    article.read_names()
    article.read_titles()
    article.decide_organisations()
    article.decide_persons()
    return article.mentions


@dataclass(slots=True, eq=False)
class _Article:
    table: ActorTable
    sentences: Sequence[str]
    participants: Sequence[Sequence[Participant]]
    given: set[str] = field(default_factory=set)
    """The last words of full names: "Mỹ" of "Lê Công Mỹ"."""
    lines: list[Line] = field(default_factory=list)
    mentions: list[list[Mention]] = field(default_factory=list)
    sides: list[Sides] = field(default_factory=list)
    home: bool = False
    """Whether Vietnam takes part, or the article speaks of it."""
    first_bare: dict[tuple[str, ...], Mention] = field(default_factory=dict)
    """Of each organisation the first mention without its country, unless in the title of a foreigner."""
    foreign: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Other countries that take part, and where each is first mentioned."""

    def all(self, kind: str) -> Iterator[Mention]:
        return (mention for row in self.mentions for mention in row if mention.span.type == kind)

    # What the names say by themselves.

    def read_names(self) -> None:
        self.given = {keys(p.text)[-1] for row in self.participants for p in row if p.type == "PER" and len(keys(p.text)) > 1}
        for index, (sentence, row) in enumerate(zip(self.sentences, self.participants, strict=True)):
            line = read_line(sentence, [self._or_person(sentence, participant) for participant in row])
            self.lines.append(line)
            self.mentions.append([Mention(index, number, span) for number, span in enumerate(line.spans)])
            for mention in self.mentions[-1]:
                self._read_name(line, mention)
            self._read_aliases(line, self.mentions[-1])
            self.sides.append(read_sides(self.table, line))
        self._spread_aliases()
        for mention in (m for row in self.mentions for m in row):
            self._count(mention)
        self.home = (
            self.home or any(_SPEAKS_OF_HOME.search(line.text) for line in self.lines) or any(s.home for s in self.sides)
        )

    def _or_person(self, sentence: str, participant: Participant) -> Participant:
        """In "ông Mỹ" or "Đại tá Nga" the name is that of a person, if the article has one of this name."""
        words = keys(participant.text) if participant.type == "GPE" else ()
        if len(words) != 1 or words[0] not in self.given:
            return participant
        before = unicodedata.normalize("NFC", sentence[: participant.start])
        return replace(participant, type="PER") if _HONORIFIC.search(before) else participant

    def _read_name(self, line: Line, mention: Mention) -> None:
        span = mention.span
        if span.type == "PER":
            mention.known = self.table.persons.get(keys(span.text))
            return
        words = keys(span.text)
        body = self.table.bodies.get(words)
        if span.type == "GPE" and len(words) == 1 and words[0] in self.given and self._ends_a_title(line, mention):
            mention.reason = "either a country or a person of that name"
            return
        if span.type == "GPE" or (not body and words in self.table.spellings):
            mention.code = (
                self.table.country(span.text) or (body.code if body else "") or self.table.places.exact.get(words, "")
            )
            mention.known = body if mention.code in INTERNATIONAL else None
            mention.reason = "" if mention.code else "a place that the table does not know"
            return
        if span.type == "ORG":
            mention.organisation = describe(self.table, span.text)
            mention.code = mention.organisation.code
            mention.known = mention.organisation.known

    def _ends_a_title(self, line: Line, mention: Mention) -> bool:
        """Whether a title stands before a word and no person's name behind it: "Bộ trưởng Hàn"."""
        first, behind = mention.span.first, line.spans[mention.number + 1 : mention.number + 2]
        if behind and behind[0].type == "PER" and behind[0].first == mention.span.last:
            return False
        return any(line.words[max(first - length, 0) : first] in self.table.offices.exact for length in (1, 2, 3))

    def _read_aliases(self, line: Line, row: Sequence[Mention]) -> None:
        """An acronym in brackets is another name of what stands before them, and a country there is whose it is."""
        for left, right in pairwise(row):
            if left.span.type != "ORG" or line.gap(right.span.first).strip() != "(" or left.span.last != right.span.first:
                continue
            if right.span.type == "GPE" and not left.code:
                left.code = right.code
            elif right.span.type == "ORG" and _may_be_acronym(left.span.text, right.span.text):
                one, other = (left, right) if right.code and not left.code else (right, left)
                if one.code and other.code and one.code != other.code:
                    continue
                if one.known and other.known and one.known != other.known:
                    continue
                if other.known and not one.known:
                    one.known = other.known
                elif one.known:
                    other.known = one.known
                one.code = one.code or other.code
                other.code = other.code or one.code
                right.alias = left

    def _spread_aliases(self) -> None:
        """An acronym that is explained once means the same wherever it stands."""
        explained = {keys(m.span.text): m.alias for m in self.all("ORG") if m.alias and not m.known}
        for mention in self.all("ORG") if explained else ():
            if not mention.alias and not mention.code and mention is not explained.get(keys(mention.span.text)):
                mention.alias = explained.get(keys(mention.span.text))
                mention.code = mention.alias.code if mention.alias else ""

    def _count(self, mention: Mention) -> None:
        organisation = mention.organisation
        if mention.code == HOME or (mention.known and mention.known.code == HOME):
            self.home = self.home or not (organisation and organisation.sectors == ("JRN",))  # a source, not a party
        elif mention.code and mention.code not in INTERNATIONAL:
            self.foreign.setdefault(mention.code, (mention.line, mention.span.start))
        if organisation and not mention.code and organisation.home and organisation.native and not organisation.abroad:
            self.home = True

    # Titles, and who bears them.

    def read_titles(self) -> None:
        codes: dict[str, str] = {}
        for mention in self.all("PER"):
            line, row = self.lines[mention.line], self.mentions[mention.line]
            mention.office = find_office(self.table, line, mention.number)
            if mention.office:
                mention.in_title = tuple(row[number] for number in mention.office.spans)
                mention.code = self._of_title(line, mention, mention.office)
                for other in mention.in_title:
                    if other.span.type == "ORG" and other.bearer is None:
                        other.bearer = mention
            mention.code = mention.code or (mention.known.code if mention.known else "")
            mention.code = mention.code or self.sides[mention.line].at(mention.span.first, self.foreign)
            if (
                not mention.code
                and mention.office
                and mention.office.official
                and self.table.is_vietnamese_name(mention.span.text)
            ):
                self.home = self.home or not self._may_be_chinese(mention.span.text)
            if mention.code:
                codes.setdefault(mention.span.text, mention.code)
                if mention.code == HOME:
                    self.home = True
                elif mention.code not in INTERNATIONAL and mention.office:
                    self.foreign.setdefault(mention.code, (mention.line, mention.span.start))
        names = group_names(self.table, [mention.span.text for mention in self.all("PER")], codes)
        for mention in self.all("PER"):
            fits = names[mention.span.text]
            mention.person, mention.namesakes = (fits[0], ()) if len(fits) == 1 else (mention.span.text, fits)

    def _of_title(self, line: Line, mention: Mention, office: Office) -> str:
        """The country or body that a title names: a country first, then an organisation whose name tells it."""
        for kind in ("GPE", "ORG"):
            for other in mention.in_title:
                if other.span.type == kind and other.code:
                    return other.code
        inside = {word for other in mention.in_title for word in range(other.span.first, other.span.last)}
        for first, last in office.words:
            for start, end, code in self.table.places.all(line.words[first:last]):
                whole = line.words[first + start : first + end]
                if code and whole in self.table.spellings and first + start not in inside and end - start > 1:
                    return code
        return ""

    # Organisations whose name does not tell whose they are.

    def decide_organisations(self) -> None:
        explicit: dict[tuple[str, ...], dict[str, tuple[int, int]]] = {}
        for mention in self.all("ORG"):
            if not mention.code:
                owner, _ = owner_after(self.table, self.lines[mention.line], mention.number)
                mention.code = owner if owner != _LAST_NAMED else ""
                mention.code = mention.code or self._of_ministry_behind(mention)
            if mention.organisation and mention.code and mention.code not in INTERNATIONAL:
                where = explicit.setdefault(mention.organisation.base, {})
                where.setdefault(mention.code, (mention.line, mention.span.start))
            elif mention.organisation and (not mention.bearer or self.table.is_vietnamese_name(mention.bearer.person)):
                self.first_bare.setdefault(mention.organisation.base, mention)
        persons = self._codes_of_persons()
        for mention in self.all("ORG"):
            if not mention.code:
                mention.code, mention.reason = self._decide(mention, explicit, persons)
        for mention in self.all("ORG"):
            if mention.alias and not mention.code:
                mention.code = mention.alias.code

    def _codes_of_persons(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for mention in self.all("PER"):
            if mention.code:
                found.setdefault(mention.person, set()).add(mention.code)
        return found

    def _decide(
        self, mention: Mention, explicit: dict[tuple[str, ...], dict[str, tuple[int, int]]], persons: dict[str, set[str]]
    ) -> tuple[str, str]:
        organisation = mention.organisation
        assert organisation is not None
        line = self.lines[mention.line]
        owner, several = owner_after(self.table, line, mention.number)
        if several:
            return "", "of several countries"
        if owner == _LAST_NAMED:
            before = [m.code for m in self.mentions[mention.line][: mention.number] if m.span.type == "GPE" and m.code]
            code = before[-1] if before else next(iter(self.foreign)) if len(self.foreign) == 1 else ""
            return code, "" if code else "of a country named elsewhere"
        if side := self.sides[mention.line].at(mention.span.first, self.foreign):
            return side, ""
        if not organisation.state and not (
            organisation.native and organisation.sectors[:1] == ("BUS",) and len(organisation.base) > 2
        ):
            return "", "nothing says whose it is"
        if mention.bearer:
            decided = self._of_bearer(mention.bearer, persons, explicit.get(organisation.base, {}))
            if decided is not None:
                return decided
        return self._by_default(mention, organisation, explicit.get(organisation.base, {}))

    def _of_bearer(
        self, bearer: Mention, persons: dict[str, set[str]], explicit: dict[str, tuple[int, int]]
    ) -> tuple[str, str] | None:
        """Of an organisation in a title: the country of the person, or where the name is foreign the one foreign country."""
        codes = persons.get(bearer.person, set()) - set(INTERNATIONAL)
        if len(codes) == 1:
            return next(iter(codes)), ""
        if self.table.is_vietnamese_name(bearer.person):
            return None
        named = {code for code, (line, _) in explicit.items() if code != HOME and line <= bearer.line}
        candidate = next(iter(named)) if len(named) == 1 else self._only_foreign(bearer.line)
        return candidate, "" if candidate else "in the title of a person whose country is not named"

    def _only_foreign(self, line: int) -> str:
        """The one foreign country that takes part; of several the first, where it stands with Vietnam alone in the sentence."""
        if len(self.foreign) < 2:
            return next(iter(self.foreign), "")
        own = {m.code for m in self.mentions[line] if m.code and m.span.type != "PER"} - set(INTERNATIONAL)
        partner = next(iter(self.foreign))
        return partner if own == {HOME, partner} else ""

    def _by_default(
        self, mention: Mention, organisation: Organisation, explicit: dict[str, tuple[int, int]]
    ) -> tuple[str, str]:
        place = (mention.line, mention.span.start)
        others = {code: where for code, where in explicit.items() if code != HOME}
        bare = self.first_bare.get(organisation.base, mention)
        first = (bare.line, bare.span.start)
        if not organisation.native:
            return "", "its name is not Vietnamese and tells no country"
        if organisation.beyond:
            return "", "its name tells that it is no Vietnamese body, and not whose"
        if HOME in explicit:
            return HOME, ""
        if (self.home or bare.bearer) and others and first < min(others.values()) and not organisation.abroad:
            return HOME, ""  # named without a country first, and then another country's with it
        if len(others) == 1 and min(others.values()) < place:
            code = next(iter(others))
            if not self.home or organisation.abroad:
                return code, ""
            if not organisation.home and min(others.values())[0] < mention.line:
                return "", "either Vietnam's or that of the country named before"
        if organisation.abroad:
            code = self._only_foreign(mention.line)
            before = code and self.foreign.get(code, place) < place
            return (code, "") if before else ("", "Vietnam has none of this kind, and its country is not named")
        if organisation.home:
            return HOME, ""
        if self._shares_a_country(mention):
            return "", "either of its own or of the country named after it"
        if self.home or (not self.foreign and organisation.sectors[:1] not in (("EDU",), ("BUS",))):
            return HOME, ""
        code = self._only_foreign(mention.line)
        if code and organisation.ministry and self.foreign.get(code, place)[0] < mention.line:
            return code, ""
        return "", "its country is not named"

    def _of_ministry_behind(self, mention: Mention) -> str:
        """The country of "Cục Di trú" in "Cục Di trú, Bộ Nội vụ Campuchia"."""
        line, behind = self.lines[mention.line], self.mentions[mention.line][mention.number + 1 : mention.number + 2]
        if not behind or not behind[0].organisation or not behind[0].organisation.ministry:
            return ""
        between = line.text[mention.span.end : behind[0].span.start].strip()
        return behind[0].organisation.code if between in _PART_OF and line.words[mention.span.first] in _UNITS else ""

    def _shares_a_country(self, mention: Mention) -> bool:
        """Whether "Bộ Ngoại giao và Bộ Quốc phòng Nhật Bản" leaves open if the country behind the second is that of both."""
        line, row = self.lines[mention.line], self.mentions[mention.line]
        if mention.span.first and line.words[mention.span.first - 1] in _BETWEEN:
            return False
        for other in row[mention.number + 1 :]:
            between = line.text[row[other.number - 1].span.end : other.span.start].strip()
            if other.span.type != "ORG" or between not in ("và", ","):
                return False
            if other.organisation and other.organisation.code:
                return other.organisation.code not in (HOME, *INTERNATIONAL) and between == "và"
        return False

    # Persons.

    def decide_persons(self) -> None:
        groups: dict[str, list[Mention]] = {}
        for mention in self.all("PER"):
            groups.setdefault(mention.person, []).append(mention)
        decided: dict[str, str] = {}
        for name, mentions in sorted(groups.items(), key=lambda group: bool(group[1][0].namesakes)):
            known = self.table.persons.get(keys(name))
            if known:
                code, reason = known.code, ""
            elif namesakes := mentions[0].namesakes:
                codes = {decided.get(other, "") for other in namesakes}
                code = codes.pop() if len(codes) == 1 else ""
                reason = "" if code else f"either {' or '.join(namesakes)}"
            else:
                code, reason = self._country_of(name, mentions)
            decided[name] = code
            for mention in mentions:
                mention.code, mention.reason, mention.known = code, reason, known

    def _country_of(self, name: str, mentions: Sequence[Mention]) -> tuple[str, str]:
        codes = dict.fromkeys(mention.code for mention in mentions if mention.code)
        if len(codes) == 1:
            return next(iter(codes)), ""
        if codes:
            return "", f"titles name {' and '.join(codes)}"
        decided: dict[str, None] = {}
        for mention in mentions:
            decided |= {other.code: None for other in mention.in_title if other.code}
        if len(decided) == 1:
            return next(iter(decided)), ""
        if decided:
            return "", f"titles name organisations of {' and '.join(decided)}"
        official = [mention for mention in mentions if mention.office and mention.office.official]
        if not official:
            return "", "no title names a country"
        if not self.table.is_vietnamese_name(name):
            # Where Vietnam takes no part, a president without a country may be anybody's: "Thủ tướng Modi thăm Nga".
            candidates = {self._only_foreign(m.line) for m in official if not self._speaks_for_a_body(m)} - {""}
            if self.home and len(candidates) == 1:
                return candidates.pop(), ""
            return "", "the title names no country, and Vietnam and one other are not all that take part"
        if self._may_be_chinese(name):
            return "", "the title names no country, and Chinese names look alike"
        return HOME, ""

    def _may_be_chinese(self, name: str) -> bool:
        """Whether a Chinese takes part and a Vietnamese-looking name may be another's: Vietnamese papers translate them."""
        words = keys(name)
        never = words[0] in _NO_CHINESE_SURNAMES or _NO_CHINESE_MIDDLE in words[1:-1]
        return not never and any(code in self.foreign for code in _SINO_VIETNAMESE)

    def _speaks_for_a_body(self, mention: Mention) -> bool:
        """Whether a title that international bodies have too stands in a sentence with such a body."""
        office = mention.office
        return bool(office and office.international) and any(m.code in INTERNATIONAL for m in self.mentions[mention.line])


_SPEAKS_OF_HOME = re.compile("(?<!Thông tấn xã )(?<!Đài Tiếng nói )(?<!Đài Truyền hình )Việt Nam")
"""Vietnam is named, and not only a reporter's agency."""
_HONORIFIC = re.compile(r"(?:^|\W)(?:ông|bà|anh|chị|đồng chí|(?:đại|thượng|trung|thiếu) (?:tướng|tá|úy))\s$", re.IGNORECASE)
_LAST_NAMED = "last named"
_PART_OF = (",", "-", "–", "—", "thuộc", ", thuộc", "của")
_UNITS = {*keys("Cục Tổng Vụ Phòng Ban")}
"""First words of what belongs to a ministry: "Tổng cục", "Ban chỉ huy"."""
_BETWEEN = {*keys("giữa")}
_NO_CHINESE_SURNAMES = {*keys("Nguyễn Huỳnh Võ")}
_NO_CHINESE_MIDDLE = keys("Thị")[0]
_SINO_VIETNAMESE = ("CHN", "TWN", "HKG", "MAC", "SGP")


def _may_be_acronym(left: str, right: str) -> bool:
    """Whether one of two names, of which the second stands in brackets behind the first, is short for the other."""
    short, long = sorted((left, right), key=len)
    return len(short.split()) <= 2 and len(short) < 13 and not any(c.isdigit() for c in short) and len(long) > len(short)
