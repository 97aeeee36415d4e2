"""From an article to its events: `extract_events`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..data.article import Article, ArticleSentence
from ..data.dates import main_date
from ..data.event import Actor, Event, EventActor
from ..data.plover import contexts_of
from .actors import ActorTable, find_actors, load_table
from .predictor import Prediction, Predictor, default_predictor


def extract_events(
    article: Article,
    predictor: Predictor | None = None,
    *,
    thresholds: float | Mapping[str, float] | None = None,
    actors: ActorTable | None = None,
) -> list[Event]:
    """The events of an article: one for each topic of each sentence that is not boilerplate.

    An event has the date that its sentence speaks of, not that of the article, and as actors whoever its sentence names.

    >>> from hoptac.data.article import read_article
    >>> article = read_article("Chiều 14/10, Việt Nam và Lào bàn về phòng, chống ma túy.", published="2025-10")
    >>> for event in extract_events(article):
    ...     print(event.date.first, event.countries, event.topic)
    2025-10-14 ('VNM', 'LAO') narcotics

    Args:
        article: what `read_article` gives.
        predictor: default: the shipped checkpoint.
        thresholds: probability from which a topic is given, for all topics or by topic; default: the checkpoint's.
        actors: names and codes, as `load_table` reads them; default: the table that ships with the package.

    Raises:
        DataError: if a library of the extra `events` is missing.
    """
    predictor = predictor or default_predictor()
    predictions = predictor.predict([sentence.text for sentence in spoken(article)], thresholds=thresholds)
    return list(events_of(article, predictions, actors))


def spoken(article: Article) -> list[ArticleSentence]:
    """The sentences of an article that are predicted: all but boilerplate."""
    return [sentence for sentence in article.sentences if sentence.kind != "boilerplate"]


def events_of(article: Article, predictions: Sequence[Prediction], table: ActorTable | None = None) -> Iterator[Event]:
    """The events of an article whose sentences have been predicted.

    Args:
        predictions: of the sentences that `spoken` gives, in their order.

    Raises:
        ValueError: if there are more or fewer predictions than sentences.
    """
    sentences = spoken(article)
    if len(predictions) != len(sentences):
        raise ValueError(f"predictions: {len(predictions)} were given for {len(sentences)} sentences")
    if not any(prediction.topics for prediction in predictions):
        return
    participants = [prediction.participants for prediction in predictions]
    found = find_actors([sentence.text for sentence in sentences], participants, table or load_table())
    countries = _countries(found.actors[number] for numbers in found.of for number in numbers)
    for sentence, prediction, numbers in zip(sentences, predictions, found.of, strict=True):
        date = main_date(sentence.dates)
        actors = tuple(
            EventActor(found.actors[number], p.text, sentence.start + p.start, sentence.start + p.end, p.score)
            for p, number in zip(prediction.participants, numbers, strict=True)
        )
        for topic in prediction.topics:
            contexts, match, extension = contexts_of(topic, prediction.topics)
            yield Event(
                id=f"{article.name}:{sentence.start}:{topic}",
                article=article.name,
                title=article.title,
                published=article.published,
                sentence=sentence.text,
                start=sentence.start,
                end=sentence.end,
                kind=sentence.kind,
                topic=topic,
                probability=prediction.scores[topic],
                date=date.interval if date else None,
                date_text=date.text if date else "",
                actors=actors,
                article_countries=countries,
                contexts=contexts,
                context_match=match,
                extension=extension,
            )


def _countries(actors: Iterable[Actor]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(actor.country for actor in actors if actor.country))
