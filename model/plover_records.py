"""Events as records of PLOVER, by the chapter on data fields of its manual, draft version 2.0
(https://github.com/openeventdata/PLOVER)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .. import __version__
from ..data.dates import Interval
from ..data.event import Actor, Event, EventActor
from ..data.plover import plover_country

CODER = f"hoptac {__version__}"


def plover_record(event: Event) -> dict[str, Any]:
    """An event in the fields of the manual, then in some of our own, which the manual allows.

    No type of event is coded, so `has_event` is false and `event` empty. Who acts on whom is not known either: all are in `actor`,
    as the manual has it for what parties do together, and there is no `recipient`. A record must have a date: where the sentence
    has none it is that of publication, and `date_from` says so. The sentence itself is left out, as the manual does with texts
    that the maker of the data may not pass on.
    """
    date = event.date or event.published
    return {
        "id": event.id,
        "has_event": False,
        "date": date.first.isoformat() if date else None,
        **({"enddate": date.last.isoformat()} if date and date.last != date.first else {}),
        "actor": [_entity(mentions) for mentions in by_actor(event.actors)],
        "event": [],
        "context": list(event.exact_contexts) or None,
        "text_info": {"start": event.start, "end": event.end},
        "cite_info": {"citation": event.article, "title": event.title, "language": "vi", "codebook": "plover-2.0"},
        "coder": CODER,
        "date_from": "text" if event.date else "publication" if event.published else None,
        "date_precision": date.precision if date else None,
        "published": _ends(event.published),
        "topic": event.topic,
        "probability": event.probability,
        "context_match": event.context_match,
        "extension": event.extension or None,
    }


def by_actor(mentions: Iterable[EventActor]) -> list[list[EventActor]]:
    """The mentions of each actor, in the order of the first."""
    groups: dict[int, list[EventActor]] = {}
    for mention in mentions:
        groups.setdefault(mention.actor.number, []).append(mention)
    return list(groups.values())


def _entity(mentions: Sequence[EventActor]) -> dict[str, Any]:
    actor = mentions[0].actor
    code = plover_code(actor)
    return {
        **({"code": code} if code else {}),
        **({"sector": actor.sectors[0]} if actor.sectors else {}),
        **({"other_sector_codes": list(actor.sectors[1:])} if actor.sectors[1:] else {}),
        "entity_text": mentions[0].text,
        "identifier_text": actor.name,
        **({"office": actor.office} if actor.office else {}),
        "entity_type": actor.type,
        **({"undecided": actor.undecided} if actor.undecided else {}),
    }


def plover_code(actor: Actor) -> str:
    """PLOVER's code of the country or international body to which an actor belongs; nothing where it is open.

    >>> plover_code(Actor(0, "Greenland", "GPE", country="GRL"))
    'DNK'
    """
    return plover_country(actor.country) or actor.body


def _ends(interval: Interval | None) -> list[str] | None:
    return [interval.first.isoformat(), interval.last.isoformat()] if interval else None
