"""Events, the rows of a researcher's table: when, who with whom, on what, where in which article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .interval import Interval


@dataclass(frozen=True, slots=True)
class Actor:
    """Who or what several mentions of one article mean.

    What could not be decided is empty, and `undecided` says why.
    """

    number: int
    """Within its article, from 0, in the order of the first mention."""
    name: str
    """The fullest form: of a country or known body its usual name, else as the article writes it."""
    type: str
    """PER, ORG or GPE."""
    country: str = ""
    """ISO 3166-1 alpha-3."""
    body: str = ""
    """PLOVER's code of an international actor (IGO, UNO, EUR, NGO, MNC …), where there is no single country."""
    sectors: tuple[str, ...] = ()
    """PLOVER's sectors (GOV, COP, MIL, BUS …), the main one first."""
    office: str = ""
    """Of a person: the title that stands beside the name, as written."""
    undecided: str = ""

    @property
    def code(self) -> str:
        """Country, else international body, else nothing.

        >>> Actor(0, "ASEAN", "ORG", body="IGO").code
        'IGO'
        """
        return self.country or self.body

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; `undecided` is left out where everything was decided."""
        record = {"actor": self.number, "name": self.name, "type": self.type, "country": self.country, "body": self.body}
        record |= {"sectors": list(self.sectors), "office": self.office}
        return record | ({"undecided": self.undecided} if self.undecided else {})


@dataclass(frozen=True, slots=True)
class EventActor:
    """One mention of an actor in an event's sentence; `start` and `end` are offsets into the article, end exclusive."""

    actor: Actor
    text: str
    start: int
    end: int
    score: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "start": self.start, "end": self.end, "score": self.score, **self.actor.to_dict()}


@dataclass(frozen=True, slots=True)
class Event:
    """One topic of one sentence, with its actors and date and its place in the article."""

    id: str
    """`ARTICLE:START:TOPIC`."""
    article: str
    """Name of the article: its file, or its id in a table of articles."""
    title: str
    published: Interval | None
    sentence: str
    start: int
    """Of the sentence in the text of the article; `end` is exclusive."""
    end: int
    kind: str
    topic: str
    probability: float
    """Calibrated, of the topic."""
    date: Interval | None = None
    """When it takes place, as far as the sentence says."""
    date_text: str = ""
    """The words that say so."""
    actors: tuple[EventActor, ...] = ()
    """In the order of the sentence; one actor may be mentioned twice."""
    article_countries: tuple[str, ...] = ()
    """ISO 3166-1 alpha-3 of all countries that take part anywhere in the article, in the order of the first mention."""
    contexts: tuple[str, ...] = ()
    """PLOVER's."""
    context_match: str = "none"
    """How well the contexts fit the topic: `exact`, `broad` (neighbours only), or `none`, where there are none."""
    extension: str = ""
    """Our own context where PLOVER has only neighbours: mia, war_legacy or maritime."""

    @property
    def countries(self) -> tuple[str, ...]:
        """ISO 3166-1 alpha-3 of the actors, each once, in the order of the sentence."""
        return _each_once([mention.actor.country for mention in self.actors])

    @property
    def bodies(self) -> tuple[str, ...]:
        """Names of the international bodies among the actors, each once."""
        return _each_once([mention.actor.name for mention in self.actors if mention.actor.body])

    @property
    def exact_contexts(self) -> tuple[str, ...]:
        """PLOVER's contexts, unless they are only neighbours of the topic."""
        return self.contexts if self.context_match == "exact" else ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; dates in ISO 8601, null where there is none."""
        return {
            "id": self.id,
            "article": self.article,
            "title": self.title,
            **_interval("published", self.published),
            "sentence": self.sentence,
            "start": self.start,
            "end": self.end,
            "kind": self.kind,
            "topic": self.topic,
            "probability": self.probability,
            **_interval("date", self.date),
            "date_text": self.date_text,
            "countries": list(self.countries),
            "bodies": list(self.bodies),
            "article_countries": list(self.article_countries),
            "actors": [mention.to_dict() for mention in self.actors],
            "contexts": list(self.contexts),
            "context_match": self.context_match,
            "extension": self.extension,
        }


def _interval(name: str, interval: Interval | None) -> dict[str, str | None]:
    return {
        f"{name}_first": interval.first.isoformat() if interval else None,
        f"{name}_last": interval.last.isoformat() if interval else None,
        f"{name}_precision": interval.precision if interval else None,
    }


def _each_once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
