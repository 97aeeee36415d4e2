"""Who is who in one article: mentions grouped into actors, each with country or international body, sectors, and office."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ..data.event import Actor
from ..data.schema import Participant
from .actor_table import HOME, INTERNATIONAL, ActorTable, Known, keys, load_table
from .coreference import group_names
from .offices import Line, Office, Span, find_office, read_line
from .organisations import Organisation, describe, without_company_word
from .sides import Sides, owner_after, read_sides

__all__ = ["ActorTable", "Actors", "find_actors", "load_table"]


@dataclass(frozen=True, slots=True)
class Actors:
    """The actors of an article, and which of them each mention means."""

    actors: tuple[Actor, ...]
    """In the order of the first mention; `actors[k].number` is k."""
    of: tuple[tuple[int, ...], ...]
    """`of[i][j]` is the number of the actor that participant j of sentence i means."""

    @property
    def undecided(self) -> int:
        """How many actors have neither a country nor an international body."""
        return sum(not actor.code for actor in self.actors)


def find_actors(
    sentences: Sequence[str], participants: Sequence[Sequence[Participant]], table: ActorTable | None = None
) -> Actors:
    """Group the participants of one article into actors.

    Args:
        sentences: of one article, in order.
        participants: of each sentence, as annotated or predicted; types other than PER, ORG and GPE are grouped by name alone.
        table: None is the package's own, `load_table()`.

    A country is given only where the name, the title beside it, the side of a meeting or the article's other mentions tell it. A bare
    ministry is Vietnam's if Vietnam takes part or no other country does. All else is left open, with the reason in `Actor.undecided`.

    >>> text = "Bộ Công an Việt Nam và Interpol bàn về tội phạm mạng."
    >>> found = find_actors([text], [[Participant("Bộ Công an Việt Nam", 0, 19, "ORG"), Participant("Interpol", 23, 31, "ORG")]])
    >>> [(actor.name, actor.code, actor.sectors) for actor in found.actors]
    [('Bộ Công an Việt Nam', 'VNM', ('COP',)), ('Interpol', 'IGO', ('COP',))]

    Raises:
        ValueError: if there are not as many lists of participants as sentences, or a span lies outside its sentence.
    """
    if len(sentences) != len(participants):
        raise ValueError(f"participants: {len(participants)} lists for {len(sentences)} sentences")
    for number, (sentence, row) in enumerate(zip(sentences, participants, strict=True)):
        for participant in row:
            if not 0 <= participant.start < participant.end <= len(sentence):
                raise ValueError(
                    f"participants[{number}]: {participant.text!r} at {participant.start}:{participant.end} is not in the sentence"
                )
    article = _Article(table or load_table(), sentences, participants)
    article.read_names()
    article.read_titles()
    article.decide_organisations()
    article.decide_persons()
    return article.grouped()


@dataclass(slots=True, eq=False)
class _Mention:
    line: int
    number: int
    span: Span
    code: str = ""
    reason: str = ""
    organisation: Organisation | None = None
    known: Known | None = None
    office: Office | None = None
    person: str = ""
    """The fullest name of the person in the article."""
    bearer: _Mention | None = None
    """Of an organisation: the person in whose title it stands."""
    alias: _Mention | None = None
    """The long form that an acronym in brackets stands for, or the other way round."""


@dataclass(slots=True, eq=False)
class _Article:
    table: ActorTable
    sentences: Sequence[str]
    participants: Sequence[Sequence[Participant]]
    lines: list[Line] = field(default_factory=list)
    mentions: list[list[_Mention]] = field(default_factory=list)
    sides: list[Sides] = field(default_factory=list)
    home: bool = False
    """Whether Vietnam takes part, or the article speaks of it."""
    first_bare: dict[tuple[str, ...], tuple[int, int]] = field(default_factory=dict)
    """Where each organisation first stands without its country."""
    foreign: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Other countries that take part, and where each is first mentioned."""

    def all(self, kind: str) -> Iterator[_Mention]:
        return (mention for row in self.mentions for mention in row if mention.span.type == kind)

    # What the names say by themselves.

    def read_names(self) -> None:
        for index, (sentence, row) in enumerate(zip(self.sentences, self.participants, strict=True)):
            line = read_line(sentence, row)
            self.lines.append(line)
            self.mentions.append([_Mention(index, number, span) for number, span in enumerate(line.spans)])
            for mention in self.mentions[-1]:
                self._read_name(mention)
            self._read_aliases(line, self.mentions[-1])
            self.sides.append(read_sides(self.table, line))
        self._spread_aliases()
        for mention in (m for row in self.mentions for m in row):
            self._count(mention)
        self.home = self.home or any(_VIETNAM in line.text for line in self.lines) or any(s.home for s in self.sides)

    def _read_name(self, mention: _Mention) -> None:
        span = mention.span
        if span.type == "PER":
            mention.known = self.table.persons.get(keys(span.text))
            return
        words = keys(span.text)
        body = self.table.bodies.get(words)
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

    def _read_aliases(self, line: Line, row: Sequence[_Mention]) -> None:
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

    def _count(self, mention: _Mention) -> None:
        organisation = mention.organisation
        if mention.code == HOME or (mention.known and mention.known.code == HOME):
            self.home = True
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
                mention.code = self._of_title(line, row, mention.office)
                for number in mention.office.spans:
                    if row[number].span.type == "ORG" and row[number].bearer is None:
                        row[number].bearer = mention
            mention.code = mention.code or (mention.known.code if mention.known else "")
            mention.code = mention.code or self.sides[mention.line].at(mention.span.first, self.foreign)
            if (
                not mention.code
                and mention.office
                and mention.office.official
                and self.table.is_vietnamese_name(mention.span.text)
            ):
                self.home = self.home or not any(code in self.foreign for code in _SINO_VIETNAMESE)
            if mention.code:
                codes.setdefault(mention.span.text, mention.code)
                if mention.code == HOME:
                    self.home = True
                elif mention.code not in INTERNATIONAL and mention.office:
                    self.foreign.setdefault(mention.code, (mention.line, mention.span.start))
        names = group_names(self.table, [mention.span.text for mention in self.all("PER")], codes)
        for mention in self.all("PER"):
            mention.person = names[mention.span.text]

    def _of_title(self, line: Line, row: Sequence[_Mention], office: Office) -> str:
        """The country or body that a title names: a country first, then an organisation whose name tells it."""
        for kind in ("GPE", "ORG"):
            for number in office.spans:
                if row[number].span.type == kind and row[number].code:
                    return row[number].code
        inside = {word for number in office.spans for word in range(row[number].span.first, row[number].span.last)}
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
            if mention.organisation and mention.code and mention.code not in INTERNATIONAL:
                where = explicit.setdefault(mention.organisation.base, {})
                where.setdefault(mention.code, (mention.line, mention.span.start))
            elif mention.organisation and (not mention.bearer or self.table.is_vietnamese_name(mention.bearer.person)):
                self.first_bare.setdefault(mention.organisation.base, (mention.line, mention.span.start))
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
        self, mention: _Mention, explicit: dict[tuple[str, ...], dict[str, tuple[int, int]]], persons: dict[str, set[str]]
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
        self, bearer: _Mention, persons: dict[str, set[str]], explicit: dict[str, tuple[int, int]]
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
        """The one foreign country that takes part, in the article or with Vietnam in a sentence; empty if there are several or none."""
        if len(self.foreign) < 2:
            return next(iter(self.foreign), "")
        own = {m.code for m in self.mentions[line] if m.code and m.span.type != "PER"} - set(INTERNATIONAL)
        if HOME in own and len(own) == 2:
            return (own - {HOME}).pop()
        return ""

    def _by_default(
        self, mention: _Mention, organisation: Organisation, explicit: dict[str, tuple[int, int]]
    ) -> tuple[str, str]:
        place = (mention.line, mention.span.start)
        others = {code: where for code, where in explicit.items() if code != HOME}
        first = self.first_bare.get(organisation.base, place)
        if not organisation.native:
            return "", "its name is not Vietnamese and tells no country"
        if organisation.beyond:
            return "", "its name tells that it is no Vietnamese body, and not whose"
        if HOME in explicit:
            return HOME, ""
        if others and first < min(others.values()) and not organisation.abroad:
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

    def _shares_a_country(self, mention: _Mention) -> bool:
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
        groups: dict[str, list[_Mention]] = {}
        for mention in self.all("PER"):
            groups.setdefault(mention.person, []).append(mention)
        for name, mentions in groups.items():
            known = self.table.persons.get(keys(name))
            code, reason = (known.code, "") if known else self._country_of(name, mentions)
            for mention in mentions:
                mention.code, mention.reason, mention.known = code, reason, known

    def _country_of(self, name: str, mentions: Sequence[_Mention]) -> tuple[str, str]:
        codes = dict.fromkeys(mention.code for mention in mentions if mention.code)
        if len(codes) == 1:
            return next(iter(codes)), ""
        if codes:
            return "", f"titles name {' and '.join(codes)}"
        decided: dict[str, None] = {}
        for mention in mentions:
            for number in mention.office.spans if mention.office else ():
                if code := self.mentions[mention.line][number].code:
                    decided[code] = None
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
        if any(code in self.foreign for code in _SINO_VIETNAMESE):
            return "", "the title names no country, and Chinese names look alike"
        return HOME, ""

    def _speaks_for_a_body(self, mention: _Mention) -> bool:
        """Whether a title that international bodies have too stands in a sentence with such a body."""
        office = mention.office
        return bool(office and office.international) and any(m.code in INTERNATIONAL for m in self.mentions[mention.line])

    # Groups.

    def grouped(self) -> Actors:
        groups: dict[tuple[object, ...], list[_Mention]] = {}
        identities: dict[tuple[object, ...], tuple[object, ...]] = {}
        for row in self.mentions:
            for mention in row:
                if mention.alias:
                    identities.setdefault(self._identity(mention), self._identity(mention.alias))
        key_of = {}
        for row in self.mentions:
            for mention in row:
                identity = self._identity(mention)
                identity = identities.get(identity, identity)
                groups.setdefault(identity, []).append(mention)
                key_of[mention.line, mention.number] = identity
        self._join_short_names(groups, key_of)
        numbers = {identity: number for number, identity in enumerate(groups)}
        actors = tuple(self._actor(number, groups[identity]) for identity, number in numbers.items())
        return Actors(actors, tuple(tuple(numbers[key_of[m.line, m.number]] for m in row) for row in self.mentions))

    def _join_short_names(
        self, groups: dict[tuple[object, ...], list[_Mention]], key_of: dict[tuple[int, int], tuple[object, ...]]
    ) -> None:
        """ "Công an tỉnh" is the one police of a province that the article names in full."""
        bases = {key: m[0].organisation.base for key, m in groups.items() if m[0].organisation and m[0].code}
        for key, base in bases.items():
            if base[-1:] and base[-1] in _OF_SOME_PLACE:
                longer = [other for other, its in bases.items() if its[: len(base)] == base and len(its) > len(base)]
                if len(longer) == 1 and groups[key][0].code == groups[longer[0]][0].code:
                    for mention in groups.pop(key):
                        key_of[mention.line, mention.number] = longer[0]
                        groups[longer[0]].append(mention)

    def _identity(self, mention: _Mention) -> tuple[object, ...]:
        """What all mentions of one actor share."""
        kind, words = mention.span.type, keys(mention.span.text)
        if kind == "PER":
            return ("person", mention.known.name if mention.known else mention.person)
        if mention.known and mention.known.code == mention.code:
            return ("known", mention.known.name)
        if mention.organisation is None:
            country = mention.code and (words not in self.table.places.exact or words in self.table.spellings)
            return ("country", mention.code) if country else (kind, words)
        base = without_company_word(mention.organisation.base)
        if not mention.code:
            # Open for different reasons, they may be those of different countries.
            return ("organisation", base, mention.reason, mention.bearer.person if mention.bearer else "")
        return ("organisation", base, mention.code)

    def _actor(self, number: int, mentions: Sequence[_Mention]) -> Actor:
        first = next((m for m in mentions if m.code), mentions[0])
        kind = first.span.type
        code = first.code
        known = next((m.known for m in mentions if m.known and m.known.code == code), None)
        fullest = max((m.span.text for m in mentions), key=lambda text: (not text.isupper(), len(text)))
        name = known.name if known else fullest
        if kind == "GPE" and code and not known and keys(fullest) in self.table.spellings:
            name = self.table.code_name(code)
        office, sectors = "", known.sectors if known else ()
        if kind == "PER":
            if known and len(fullest) > len(name):
                name = fullest
            with_office = [m for m in mentions if m.office]
            best = max(with_office, key=lambda m: len(m.office.text) if m.office else 0, default=None)
            if best and best.office:
                office = best.office.text
                found = self._sectors_of_office(best)
                sectors = found if found == ("ELI",) else sectors or found
        elif not sectors and first.organisation:
            sectors = first.organisation.sectors
        return Actor(
            number=number,
            name=name,
            type=kind,
            country="" if code in INTERNATIONAL else code,
            body=code if code in INTERNATIONAL else "",
            sectors=sectors,
            office=office,
            undecided="" if code else first.reason or "nothing says whose it is",
        )

    def _sectors_of_office(self, mention: _Mention) -> tuple[str, ...]:
        office = mention.office
        assert office is not None
        if "ELI" in office.sectors:
            return ("ELI",)
        row = self.mentions[mention.line]
        own: dict[str, None] = {}
        for number in office.spans:
            organisation, known = row[number].organisation, row[number].known
            sectors = (known.sectors if known else ()) or (organisation.sectors if organisation else ())
            own.update(dict.fromkeys(sectors[:1]))
        found = {**own, **dict.fromkeys(office.sectors)}
        if "COP" in found or (own and "MIL" not in own and "GOV" in own):
            found.pop("MIL", None)  # a general of the police; a rank beside a civil office
        if "GOV" in found and len(found) > 1 and not office.political and own.keys() - {"GOV"}:
            found.pop("GOV")  # the chairman of a company
        if "GOV" in found and len(found) > 1:
            found.pop("GOV")
            found["GOV"] = None
        return tuple(found)


_VIETNAM = "Việt Nam"
_LAST_NAMED = "last named"
_OF_SOME_PLACE = {*keys("tỉnh phố huyện quận")}
_BETWEEN = {*keys("giữa")}
_SINO_VIETNAMESE = ("CHN", "TWN", "HKG", "MAC", "SGP")


def _may_be_acronym(left: str, right: str) -> bool:
    """Whether one of two names, of which the second stands in brackets behind the first, is short for the other."""
    short, long = sorted((left, right), key=len)
    return len(short.split()) <= 2 and len(short) < 13 and not any(c.isdigit() for c in short) and len(long) > len(short)
