"""Intervals cover what they promise, and differences by chance are called so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import permutation_test as scipy_permutation_test

from hoptac.data.labels import TOPICS, TYPES
from hoptac.data.schema import Sentence
from hoptac.eval.intervals import compare, exchanged, group, interval, permutation_test, replicates, with_intervals
from hoptac.eval.tally import Tally
from hoptac.model.predictor import Prediction


def answers(right: np.ndarray) -> Tally:
    """A tally of one topic with these sentences answered rightly."""
    sentences = [Sentence(str(i), "a", ("trade",)) for i in range(len(right))]
    given = [Prediction("a", ("trade",) if own else (), {"trade": 0.9 if own else 0.1}, ()) for own in right]
    return Tally(sentences, given, ("trade",), ())


def test_what_is_drawn_together() -> None:
    sentences = [Sentence(str(i), "a", doc=f"d{i % 4}", writer=f"w{i % 2}") for i in range(8)]
    assert (group(sentences).by, group(sentences).number) == ("writer", 2)
    assert (group(sentences, "doc").by, group(sentences, "doc").of.tolist()) == ("doc", [0, 1, 2, 3] * 2)
    assert group(sentences, "sentence").number == 8
    alone = [replace(s, writer="w1") for s in sentences]
    assert group(alone).by == "doc", "one writer cannot be drawn from"
    assert group([replace(s, doc="d") for s in alone]).by == "sentence"
    assert group([]).number == 0
    with pytest.raises(ValueError, match="by: 'topic'"):
        group(sentences, "topic")


def test_sentences_without_writer_or_article_are_no_group() -> None:
    sentences = [Sentence(str(i), "a", doc=f"d{i % 5}", writer="anna" if i < 3 else "") for i in range(20)]
    assert group(sentences).by == "doc"
    assert group([replace(s, doc="") if i == 7 else s for i, s in enumerate(sentences)]).by == "sentence"
    with pytest.raises(ValueError, match="17 of 20 sentences have no field `writer`"):
        group(sentences, "writer")


def test_intervals_over_many_groups_cover_the_truth() -> None:
    """A little wider than by sentences alone, where sentences of a group are a little alike."""
    random = np.random.default_rng(7)
    groups = group([Sentence(str(i), "a", doc=f"d{i // 10}") for i in range(300)])
    covered = 0
    for trial in range(120):
        chance = np.repeat(np.clip(random.normal(0.7, 0.1, 30), 0, 1), 10)
        low, high = interval(answers(random.random(300) < chance).scores(replicates(groups, 300, trial))["topics/exact_match"])
        covered += low is not None and high is not None and low <= 0.7 <= high
    assert 0.86 <= covered / 120 <= 0.985


def test_the_interval_of_a_calibration_error_holds_its_value() -> None:
    random = np.random.default_rng(2)
    probabilities = random.random(300)
    gold = random.random(300) < probabilities
    sentences = [Sentence(str(i), "a", ("trade",) if own else ()) for i, own in enumerate(gold)]
    given = [Prediction("a", (), {"trade": float(p)}, ()) for p in probabilities]
    tally = Tally(sentences, given, ("trade",), ())
    row = with_intervals(tally.scores(), tally.scores(replicates(group(sentences))))["topics/calibration_error"]
    assert row["low"] is not None
    assert row["value"] is not None
    assert row["high"] is not None
    assert 0 <= row["low"] <= row["value"] <= row["high"]


def test_few_groups_are_warned_of() -> None:
    few = [Sentence(str(i), "a", doc=f"d{i % 4}") for i in range(20)]
    many = [Sentence(str(i), "a", doc=f"d{i % 10}") for i in range(20)]
    assert "too narrow" in group(few).describe()
    assert "too narrow" not in group(many).describe()
    assert "too narrow" not in group(many, "sentence").describe()


@pytest.mark.parametrize("by", ["sentence", "doc"])
def test_each_sentence_counts_once_on_average_and_draws_repeat_with_the_seed(by: str) -> None:
    sentences = [Sentence(str(i), "a", doc=f"d{i % 5}") for i in range(40)]
    weights = replicates(group(sentences, by), 4000, seed=2)
    assert weights.shape == (4000, 40)
    assert weights.mean(axis=0) == pytest.approx(np.ones(40), abs=0.12)
    assert (weights == replicates(group(sentences, by), 4000, seed=2)).all()
    assert (weights != replicates(group(sentences, by), 4000, seed=3)).any()


def test_whole_groups_come_and_go() -> None:
    groups = group([Sentence(str(i), "a", doc=f"d{i % 5}") for i in range(40)])
    totals = np.stack([replicates(groups)[:, groups.of == own].sum(axis=1) for own in range(5)], axis=1)
    assert set(np.unique(totals % 8)) == {0}, "a group is drawn so and so many times, with as many sentences as it has"
    assert (totals.sum(axis=1) == 40).all()
    assert (totals == 0).mean() == pytest.approx((1 - 1 / 5) ** 5, abs=0.03)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    covered = 0
    for trial in range(150):
        tally = answers(random.random(200) < 0.8)
        weights = replicates(group([Sentence(str(i), "a") for i in range(200)]), 300, seed=trial)
        low, high = interval(tally.scores(weights)["topics/exact_match"])
        covered += low is not None and high is not None and low <= 0.8 <= high
    assert 0.88 <= covered / 150 <= 0.99


def test_sentences_of_one_article_that_are_alike_make_intervals_wider() -> None:
    right = np.repeat(np.random.default_rng(1).random(20) < 0.7, 10)
    sentences = [Sentence(str(i), "a", doc=f"d{i // 10}") for i in range(200)]
    widths = []
    for by in ("sentence", "doc"):
        low, high = interval(answers(right).scores(replicates(group(sentences, by)))["topics/exact_match"])
        assert low is not None
        assert high is not None
        widths.append(high - low)
    assert widths[1] > 2 * widths[0]


def test_nothing_to_be_scored_has_no_value_and_no_interval() -> None:
    tally = Tally([Sentence("1", "a", ())], [Prediction("a", (), dict.fromkeys(TOPICS, 0.1), ())], TOPICS, TYPES)
    rows = with_intervals(tally.scores(), tally.scores(np.ones((5, 1))))
    assert rows["topics/trade/f1"] == {"value": None, "low": None, "high": None}
    assert rows["topics/no_topic_specificity"] == {"value": 1.0, "low": 1.0, "high": 1.0}


def test_the_permutation_test_agrees_with_scipy() -> None:
    random = np.random.default_rng(4)
    first, second = random.random(60) < 0.85, random.random(60) < 0.7
    found = permutation_test(answers(first), answers(second), group([Sentence(str(i), "a") for i in range(60)]))
    expected = scipy_permutation_test(
        (first.astype(float), second.astype(float)),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        rng=np.random.default_rng(1),
    )
    assert found["topics/exact_match"] == pytest.approx(expected.pvalue, abs=0.02)


def test_equal_answers_do_not_differ_and_clear_ones_do() -> None:
    right = np.arange(100) % 10 > 0
    sentences = [Sentence(str(i), "a") for i in range(100)]
    groups = group(sentences)
    weights = replicates(groups, 200)
    same = compare(answers(right), answers(right), groups, weights)["topics/micro_f1"]
    assert (same["difference"], same["low"], same["high"], same["p"]) == (0, 0, 0, 1)
    worse = compare(answers(right), answers(np.arange(100) % 2 > 0), groups, weights)["topics/micro_f1"]
    assert worse["low"] is not None
    assert worse["low"] > 0
    assert worse["p"] == pytest.approx(1 / 10_000)
    assert compare(answers(right), answers(~right), groups, weights)["topics/calibration_error"]["p"] is None


def test_groups_are_exchanged_whole_where_there_are_enough() -> None:
    assert exchanged(group([Sentence(str(i), "a", doc=f"d{i // 2}") for i in range(40)])) == "doc"
    assert exchanged(group([Sentence(str(i), "a", doc=f"d{i // 20}") for i in range(40)])) == "sentence"
    right = np.repeat(np.arange(20) % 4 > 0, 5)
    groups = group([Sentence(str(i), "a", doc=f"d{i // 5}") for i in range(100)])
    by_doc = permutation_test(answers(right), answers(np.ones(100, bool)), groups)["topics/exact_match"]
    by_sentence = permutation_test(
        answers(right), answers(np.ones(100, bool)), group([Sentence(str(i), "a") for i in range(100)])
    )
    assert by_doc is not None
    assert by_doc == pytest.approx(2 / 2**5, abs=0.02), "five articles differ, all in one direction"
    assert by_sentence["topics/exact_match"] == pytest.approx(1 / 10_000)


def test_answers_with_other_labels_cannot_be_exchanged() -> None:
    one = answers(np.ones(3, bool))
    other = Tally([Sentence(str(i), "a", ()) for i in range(3)], [Prediction("a", (), {"mia": 0.1}, ())] * 3, ("mia",), ())
    with pytest.raises(ValueError, match="same labels"):
        permutation_test(one, other, group([Sentence(str(i), "a") for i in range(3)]))
