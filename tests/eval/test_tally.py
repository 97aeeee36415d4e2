"""Scores of any selection of sentences, against scikit-learn on the selected sentences themselves."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from hoptac.data.labels import TOPICS, TYPES
from hoptac.data.schema import Participant, Sentence
from hoptac.eval.metrics import score_spans, score_topics, spans_of
from hoptac.eval.tally import Tally, average_precision
from hoptac.model.predictor import Prediction

TEXT = "Bộ Công an Việt Nam và ông Nguyễn Văn Bình bàn với Lào về ma túy tại Hà Nội hôm nay."


def draw(seed: int, size: int = 60) -> tuple[list[Sentence], list[Prediction]]:
    """Sentences and answers that agree most of the time."""
    random_ = random.Random(seed)
    sentences, answers = [], []
    for number in range(size):
        topics = tuple(topic for topic in TOPICS if random_.random() < 0.2)
        scores = {t: min(max(random_.gauss(0.75 if t in topics else 0.25, 0.2), 0.0), 1.0) for t in TOPICS}
        if number % 7 == 0:
            scores = {t: round(p, 1) for t, p in scores.items()}  # ties
        edges = sorted(random_.sample(range(80), 6))
        spans = [(edges[i], edges[i + 1], random_.choice(TYPES)) for i in (0, 2, 4)]
        gold = tuple(Participant(TEXT[s:e], s, e, k) for s, e, k in spans if random_.random() < 0.8)
        found = tuple(
            Participant(TEXT[s:e], s, e, k if random_.random() < 0.9 else "ORG", 0.9)
            for s, e, k in spans
            if random_.random() < 0.8
        )
        sentences.append(Sentence(str(number), TEXT, topics, gold, doc=f"d{number % 7}", writer=f"w{number % 3}"))
        answers.append(Prediction(TEXT, tuple(t for t in TOPICS if scores[t] >= 0.5), scores, found))
    return sentences, answers


@pytest.mark.parametrize("seed", range(3))
def test_weights_are_the_same_as_repeated_sentences(seed: int) -> None:
    sentences, answers = draw(seed)
    weights = np.random.default_rng(seed).integers(0, 4, len(sentences))
    rows = [i for i, times in enumerate(weights) for _ in range(times)]
    weighted = Tally(sentences, answers, TOPICS, TYPES).scores(weights.astype(np.float32))
    repeated = Tally([sentences[i] for i in rows], [answers[i] for i in rows], TOPICS, TYPES).scores()
    assert weighted.keys() == repeated.keys()
    for name, value in weighted.items():
        assert value == pytest.approx(repeated[name], nan_ok=True, abs=1e-6), name


@pytest.mark.parametrize("seed", range(3))
def test_scores_equal_the_plain_scorers_and_sklearn(seed: int) -> None:
    sentences, answers = draw(seed)
    scores = Tally(sentences, answers, TOPICS, TYPES).scores()
    plain = score_topics([s.topics or () for s in sentences], [a.topics for a in answers])
    spans = score_spans([spans_of(s.participants or ()) for s in sentences], [spans_of(a.participants) for a in answers])
    for name in ("macro_f1", "core_macro_f1", "micro_f1", "exact_match", "no_topic_specificity"):
        assert scores[f"topics/{name}"] == pytest.approx(plain[name])
    for kind in TYPES:
        assert scores[f"participants/exact/{kind}/f1"] == pytest.approx(spans["types"][kind]["f1"])
    assert scores["participants/exact/f1"] == pytest.approx(spans["f1"])
    gold = np.array([[t in (s.topics or ()) for t in TOPICS] for s in sentences])
    probabilities = np.array([[a.scores[t] for t in TOPICS] for a in answers])
    assert scores["topics/micro_f1"] == pytest.approx(f1_score(gold, probabilities >= 0.5, average="micro"))
    for column, topic in enumerate(TOPICS):
        expected = average_precision_score(gold[:, column], probabilities[:, column])
        assert scores[f"topics/{topic}/average_precision"] == pytest.approx(expected)
    assert scores["topics/macro_average_precision"] == pytest.approx(average_precision_score(gold, probabilities))


def test_average_precision_with_weights_equals_sklearn() -> None:
    random_ = np.random.default_rng(3)
    gold, probabilities = random_.random(50) < 0.3, random_.random(50).round(1)
    weights = random_.integers(0, 3, (400, 50)).astype(np.float32)
    found = average_precision(probabilities, gold, weights)
    for row, value in zip(weights[::50], found[::50], strict=True):
        assert value == pytest.approx(average_precision_score(gold, probabilities, sample_weight=row))
    assert np.isnan(average_precision(probabilities, np.zeros(50, bool), weights)).all()


def test_calibration_error_by_hand() -> None:
    """Two bins: 0.9 said and half right, 0.1 said and none right."""
    sentences = [Sentence(str(i), "a", ("trade",) if i < 1 else ()) for i in range(4)]
    answers = [Prediction("a", (), {"trade": p}, ()) for p in (0.9, 0.9, 0.1, 0.1)]
    scores = Tally(sentences, answers, ("trade",), ()).scores()
    assert scores["topics/calibration_error"] == pytest.approx((2 * 0.4 + 2 * 0.1) / 4, abs=1e-6)
    assert scores["topics/trade/calibration_error"] == pytest.approx(0.25, abs=1e-6)


def test_topic_by_topic_errors_that_cancel_out_show_only_by_topic() -> None:
    sentences = [Sentence("1", "a", ("trade",))]
    answers = [Prediction("a", (), {"trade": 0.5, "mia": 0.5}, ())]
    scores = Tally(sentences, answers, ("trade", "mia"), ()).scores()
    assert scores["topics/calibration_error"] == pytest.approx(0, abs=1e-6)
    assert scores["topics/calibration_error_by_topic"] == pytest.approx(0.5, abs=1e-6)


def test_what_is_not_labelled_counts_nothing() -> None:
    sentences, answers = draw(1)
    half = [replace(s, topics=None) if i % 2 else replace(s, participants=None) for i, s in enumerate(sentences)]
    scores = Tally(half, answers, TOPICS, TYPES).scores()
    with_topics = Tally(sentences[::2], answers[::2], TOPICS, ()).scores()
    with_spans = Tally(sentences[1::2], answers[1::2], (), TYPES).scores()
    assert scores.keys() == with_topics.keys() | with_spans.keys()
    for name, value in (with_topics | with_spans).items():
        assert scores[name] == pytest.approx(value, nan_ok=True, abs=1e-6), name


def test_sides_without_any_label_have_no_scores() -> None:
    sentences, answers = draw(1, 5)
    only_spans = Tally([replace(s, topics=None) for s in sentences], answers, TOPICS, TYPES)
    assert not any(name.startswith("topics/") for name in only_spans.scores())
    neither = Tally([replace(s, topics=None, participants=None) for s in sentences], answers, TOPICS, TYPES)
    assert neither.scores() == {}
    assert Tally([], [], TOPICS, TYPES).scores() == {}


def test_a_replicate_without_gold_of_a_topic_says_nothing_of_it() -> None:
    sentences = [Sentence("1", "a", ("trade",)), Sentence("2", "a", ())]
    answers = [Prediction("a", topics, {"trade": 0.5, "mia": 0.5}, ()) for topics in (("trade",), ("trade", "mia"))]
    tally = Tally(sentences, answers, ("trade", "mia"), ())
    scores = tally.scores(np.array([[1, 1], [0, 2]]))
    assert scores["topics/trade/f1"] == pytest.approx([2 / 3, np.nan], nan_ok=True)
    assert scores["topics/mia/f1"].tolist() == [0, 0], (
        "no sentence at all has gold of it, so a prediction is enough to be wrong"
    )
    assert scores["topics/macro_f1"] == pytest.approx([1 / 3, 0])


def test_predictions_must_be_as_many_as_sentences() -> None:
    with pytest.raises(ValueError, match="1 sentences and 0 predictions"):
        Tally([Sentence("1", "a")], [], TOPICS, TYPES)
