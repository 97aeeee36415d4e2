"""Who is who in one article: mentions grouped into actors, each with country or international body, sectors, and office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..data.event import Actor
from ..data.plover import INTERNATIONAL
from ..data.schema import Participant
from .actor_codes import Mention, code_mentions
from .actor_table import ActorTable, keys, load_table
from .offices import Office
from .organisations import without_company_word

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
    A word marked GPE that is a person's name in this article ("ông Mỹ") is that person's.

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
    table = table or load_table()
    return _grouped(table, code_mentions(table, sentences, participants))


_Identity = tuple[object, ...]
"""What all mentions of one actor share."""


def _grouped(table: ActorTable, rows: list[list[Mention]]) -> Actors:
    mentions = [mention for row in rows for mention in row]
    aliases: dict[_Identity, _Identity] = {}
    for mention in mentions:
        if mention.alias:
            aliases.setdefault(_identity(table, mention), _identity(table, mention.alias))
    groups: dict[_Identity, list[Mention]] = {}
    of: dict[tuple[int, int], _Identity] = {}
    for mention in mentions:
        identity = _identity(table, mention)
        identity = aliases.get(identity, identity)
        groups.setdefault(identity, []).append(mention)
        of[mention.line, mention.number] = identity
    _join_short_names(groups, of)
    numbers = {identity: number for number, identity in enumerate(groups)}
    actors = tuple(_actor(table, number, groups[identity]) for identity, number in numbers.items())
    return Actors(actors, tuple(tuple(numbers[of[m.line, m.number]] for m in row) for row in rows))


def _join_short_names(groups: dict[_Identity, list[Mention]], of: dict[tuple[int, int], _Identity]) -> None:
    """ "Công an tỉnh" is the one police of a province that the article names in full."""
    bases = {key: m[0].organisation.base for key, m in groups.items() if m[0].organisation and m[0].code}
    for key, base in bases.items():
        if base[-1:] and base[-1] in _OF_SOME_PLACE:
            longer = [other for other, its in bases.items() if its[: len(base)] == base and len(its) > len(base)]
            if len(longer) == 1 and groups[key][0].code == groups[longer[0]][0].code:
                for mention in groups.pop(key):
                    of[mention.line, mention.number] = longer[0]
                    groups[longer[0]].append(mention)


def _identity(table: ActorTable, mention: Mention) -> _Identity:
    kind, words = mention.span.type, keys(mention.span.text)
    if kind == "PER":
        return ("person", mention.known.name if mention.known else mention.person)
    if mention.known and mention.known.code == mention.code:
        return ("known", mention.known.name)
    if mention.organisation is None:
        country = mention.code and (words not in table.places.exact or words in table.spellings)
        return ("country", mention.code) if country else (kind, words)
    base = without_company_word(mention.organisation.base)
    if not mention.code:
        # Open for different reasons, they may be those of different countries.
        return ("organisation", base, mention.reason, mention.bearer.person if mention.bearer else "")
    return ("organisation", base, mention.code)


def _actor(table: ActorTable, number: int, mentions: Sequence[Mention]) -> Actor:
    first = next((m for m in mentions if m.code), mentions[0])
    kind = first.span.type
    code = first.code
    known = next((m.known for m in mentions if m.known and m.known.code == code), None)
    fullest = max((m.span.text for m in mentions), key=lambda text: (not text.isupper(), len(text)))
    name = known.name if known else fullest
    if kind == "GPE" and code and not known and keys(fullest) in table.spellings:
        name = table.code_name(code)
    office, sectors = "", known.sectors if known else ()
    if kind == "PER":
        if known and len(fullest) > len(name):
            name = fullest
        with_office = [m for m in mentions if m.office]
        best = max(with_office, key=lambda m: len(m.office.text) if m.office else 0, default=None)
        if best and best.office:
            office = best.office.text
            found = _sectors_of_office(best, best.office)
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


def _sectors_of_office(mention: Mention, office: Office) -> tuple[str, ...]:
    if "ELI" in office.sectors:
        return ("ELI",)
    own: dict[str, None] = {}
    for other in mention.in_title:
        sectors = (other.known.sectors if other.known else ()) or (other.organisation.sectors if other.organisation else ())
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


_OF_SOME_PLACE = {*keys("tỉnh phố huyện quận")}
