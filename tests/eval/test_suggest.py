"""Suggestions are uncertain and unlike each other, by the shipped checkpoint."""

from __future__ import annotations

import pytest

from hoptac.data.corpus import load_corpus
from hoptac.data.schema import Participant, Sentence
from hoptac.eval.suggest import suggest, to_label, uncertainty
from hoptac.model.predictor import Prediction, default_predictor


def prediction(scores: dict[str, float], *spans: float) -> Prediction:
    participants = tuple(Participant("x", 0, 1, "GPE", score) for score in spans)
    return Prediction("x", (), scores, participants)


def test_doubt_is_that_of_the_least_certain_label() -> None:
    assert uncertainty(prediction({"trade": 0.5, "mia": 0.01})) == 1
    assert uncertainty(prediction({"trade": 0.0}, 0.9, 0.4)) == pytest.approx(0.6)
    assert uncertainty(prediction({"trade": 1.0})) == 0
    assert uncertainty(prediction({})) == 0


def test_near_copies_are_asked_for_once() -> None:
    doubtful = max(load_corpus("development")[:200], key=lambda s: uncertainty(default_predictor().predict(s.text)))
    copies = [Sentence(f"copy-{i}", doubtful.text + " " * i) for i in range(5)]
    rest = [Sentence(s.id, s.text) for s in load_corpus("development")[200:220]]
    chosen = suggest(default_predictor(), [*copies, *rest], 5)
    assert sum(c.sentence.id.startswith("copy") for c in chosen) == 1


def test_what_is_known_is_not_asked_for_again() -> None:
    pool = [Sentence(s.id, s.text) for s in load_corpus("development")[:40]]
    first = suggest(default_predictor(), pool, 1)[0].sentence
    assert suggest(default_predictor(), pool, 1, known=[Sentence("k", first.text)])[0].sentence.id != first.id


def test_the_first_is_the_most_doubtful_and_none_comes_twice() -> None:
    pool = load_corpus("development")[:30]
    chosen = suggest(default_predictor(), pool, 100)
    assert len({c.sentence.id for c in chosen}) == len(chosen) == 30
    assert chosen[0].uncertainty == max(c.uncertainty for c in chosen)
    assert suggest(default_predictor(), [], 5) == suggest(default_predictor(), pool, 0) == []


def test_annotators_get_no_labels_unless_asked() -> None:
    [chosen] = suggest(default_predictor(), [Sentence("1", "Lào bán điện cho Việt Nam.", (), ())], 1)
    blank, filled = to_label(chosen), to_label(chosen, prelabel=True)
    assert (blank.topics, blank.participants) == (None, None)
    assert filled.topics == ("trade",)
    assert [p.text for p in filled.participants or ()] == ["Lào", "Việt Nam"]
    assert blank.extra["uncertainty"] == round(chosen.uncertainty, 3)
