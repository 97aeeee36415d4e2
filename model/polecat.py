"""Events as rows of POLECAT, the data set coded in PLOVER (https://doi.org/10.7910/DVN/AJGVIT): tab-separated, in its 40 columns.

What is known of the columns beyond their names comes from PLOVER's manual and from public programs that read the data set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..data.dates import Interval
from ..data.event import Actor, Event, EventActor
from ..data.plover import cow_code
from .event_table import join, one_line
from .plover_records import CODER, by_actor, plover_code

COLUMNS: tuple[str, ...] = (
    "Event ID",
    "Event Date",
    "Event Type",
    "Event Mode",
    "Intensity",
    "Quad Code",
    "Contexts",
    "Actor Name",
    "Actor Country",
    "Actor COW",
    "Primary Actor Sector",
    "Actor Sectors",
    "Actor Title",
    "Actor Name Raw",
    "Wikipedia Actor ID",
    "Recipient Name",
    "Recipient Country",
    "Recipient COW",
    "Primary Recipient Sector",
    "Recipient Sectors",
    "Recipient Title",
    "Recipient Name Raw",
    "Wikipedia Recipient ID",
    "Placename",
    "City",
    "District",
    "Province",
    "Country",
    "Latitude",
    "Longitude",
    "GeoNames ID",
    "Raw Placename",
    "Feature Type",
    "Source",
    "Publication Date",
    "Story People",
    "Story Organizations",
    "Story Locations",
    "Language",
    "Version",
)

NONE = "None"
"""What stands in a cell of POLECAT, and for one of several actors, where nothing is known."""


def polecat_row(event: Event) -> list[str]:
    """The cells of an event in the order of `COLUMNS`.

    Several actors stand in one cell, joined by `; `, in the same order in all columns of actors. They are all actors and nobody is
    a recipient, which is how PLOVER codes what parties do together: who acts on whom is not known. Type, mode, intensity, quad code,
    Wikipedia's identifiers and the place are never filled.
    """
    groups = by_actor(event.actors)
    cells = {
        "Event ID": event.id,
        "Event Date": _day(event.date),
        "Contexts": "; ".join(event.exact_contexts),
        "Actor Name": _each(groups, lambda actor: actor.name),
        "Actor Country": _each(groups, plover_code),
        "Actor COW": _each(groups, lambda actor: str(cow_code(plover_code(actor)) or "")),
        "Primary Actor Sector": _each(groups, lambda actor: "".join(actor.sectors[:1])),
        "Actor Sectors": _each(groups, lambda actor: "|".join(actor.sectors)),
        "Actor Title": _each(groups, lambda actor: actor.office),
        "Actor Name Raw": join(mentions[0].text for mentions in groups),
        "Source": event.article,
        "Publication Date": _day(event.published),
        "Story People": _texts(event, "PER"),
        "Story Organizations": _texts(event, "ORG"),
        "Story Locations": _texts(event, "GPE"),
        "Language": "vi",
        "Version": CODER,
    }
    return [one_line(cells.get(name, "")) or NONE for name in COLUMNS]


def _day(interval: Interval | None) -> str:
    """The first day, where days are known: of a month or a year it would be made up."""
    return interval.first.isoformat() if interval and interval.precision == "day" else ""


def _each(groups: Sequence[Sequence[EventActor]], value: Callable[[Actor], str]) -> str:
    return join(value(mentions[0].actor) or NONE for mentions in groups)


def _texts(event: Event, kind: str) -> str:
    """The texts of all mentions of a type, each once."""
    return join(dict.fromkeys(mention.text for mention in event.actors if mention.actor.type == kind))
