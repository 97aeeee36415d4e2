"""Scores against sklearn, the reference scorer and hand-computed cases."""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate.evaluator import Evaluator
from seqeval.metrics import f1_score as seqeval_f1
from seqeval.metrics import precision_score, recall_score
from seqeval.scheme import IOB2
from sklearn.metrics import f1_score, precision_recall_fscore_support

from hoptac.data.labels import TOPICS, TYPES, Span, spans_to_tags
from hoptac.data.schema import Participant
from hoptac.eval.metrics import count_spans, partial_credit, precision_recall_f1, score_spans, score_topics, spans_of

SCORER = Path(__file__).resolve().parents[3] / "shared" / "score.py"
Sets = list[list[str]]


def topics(gold: Any, found: Any, **options: Any) -> Any:
    """`score_topics` with values of any type, as JSON has them."""
    return score_topics(gold, found, **options)


def spans(gold: Any, found: Any, **options: Any) -> Any:
    return score_spans(gold, found, **options)


def random_topics(seed: int, size: int = 200, names: tuple[str, ...] = TOPICS) -> tuple[Sets, Sets]:
    """Predictions that agree with gold most of the time."""
    rng = random.Random(seed)
    gold = [[name for name in names if rng.random() < 0.15] for _ in range(size)]
    found = [[name for name in names if (name in row) != (rng.random() < 0.08)] for row in gold]
    return gold, found


def indicator(sets: Sets, names: tuple[str, ...]) -> np.ndarray:
    return np.array([[name in row for name in names] for row in sets], dtype=int)


@pytest.mark.parametrize("seed", range(5))
def test_topic_scores_equal_sklearn(seed: int) -> None:
    gold, found = random_topics(seed)
    y, z = indicator(gold, TOPICS), indicator(found, TOPICS)
    scores = topics(gold, found)
    assert scores["micro_f1"] == pytest.approx(f1_score(y, z, average="micro"))
    assert scores["macro_f1"] == pytest.approx(f1_score(y, z, average="macro"))
    assert scores["core_macro_f1"] == pytest.approx(f1_score(y[:, :4], z[:, :4], average="macro"))
    assert scores["exact_match"] == pytest.approx((y == z).all(axis=1).mean())
    columns = zip(*precision_recall_fscore_support(y, z), strict=True)
    for row, expected in zip(scores["topics"].values(), columns, strict=True):
        assert list(row) == ["precision", "recall", "f1", "support"]
        assert list(row.values()) == pytest.approx(expected)


def test_macro_leaves_out_topics_that_occur_nowhere() -> None:
    names = TOPICS[:3]
    gold, found = random_topics(7, names=names)
    expected = f1_score(indicator(gold, names), indicator(found, names), average="macro")
    assert topics(gold, found)["macro_f1"] == pytest.approx(expected)


def test_a_topic_that_is_only_predicted_counts_as_zero_in_macro() -> None:
    scores = topics([["trade"]], [["trade", "mia"]])
    assert scores["macro_f1"] == 0.5
    assert scores["topics"]["mia"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    assert scores["topics"]["defense"]["support"] == 0


def test_topic_scores_by_hand() -> None:
    gold = [["trade"], ["trade", "defense"], [], [], ["mia"]]
    found = [["trade"], ["trade"], [], ["mia"], ["defense"]]
    scores = topics(gold, found)
    assert scores["micro_f1"] == pytest.approx(2 * 2 / (2 * 2 + 2 + 2))
    assert scores["macro_f1"] == pytest.approx((1 + 0 + 0) / 3)
    assert scores["core_macro_f1"] == pytest.approx((1 + 0) / 2)
    assert scores["exact_match"] == pytest.approx(2 / 5)
    assert scores["no_topic_specificity"] == pytest.approx(1 / 2)


def test_without_core_topics_the_core_score_is_zero() -> None:
    assert topics([["defense"]], [["defense"]])["core_macro_f1"] == 0.0


def test_specificity_needs_sentences_without_topic() -> None:
    assert topics([["trade"]], [["trade"]])["no_topic_specificity"] is None


def test_a_topic_that_is_given_twice_counts_once() -> None:
    assert topics([["trade", "trade"]], [["trade"]])["topics"]["trade"]["support"] == 1


@pytest.mark.parametrize(("gold", "found"), [([], []), ([[]], [[]]), ([[], []], [[], []])])
def test_no_topic_in_gold_and_prediction_is_zero_with_a_warning(gold: Sets, found: Sets) -> None:
    with pytest.warns(UserWarning, match="no topic in gold or prediction"):
        scores = topics(gold, found)
    assert scores["micro_f1"] == scores["macro_f1"] == scores["core_macro_f1"] == 0.0
    assert scores["exact_match"] == (1.0 if gold else 0.0)


@pytest.mark.parametrize(("gold", "found"), [([["trade"]], [[]]), ([[]], [["trade"]])])
def test_one_empty_side_is_zero_without_a_warning(gold: Sets, found: Sets, recwarn: pytest.WarningsRecorder) -> None:
    scores = topics(gold, found)
    assert scores["micro_f1"] == scores["macro_f1"] == 0.0
    assert not recwarn.list


@pytest.mark.parametrize("score", [topics, spans])
def test_gold_and_predictions_must_be_of_equal_number(score: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="shorter"):
        score([[], []], [[]])


def test_span_scores_by_hand() -> None:
    gold: list[list[Span]] = [[(0, 3, "GPE"), (5, 9, "ORG")], [(0, 4, "PER")], []]
    found: list[list[Span]] = [[(0, 3, "GPE"), (5, 8, "ORG")], [(0, 4, "ORG")], [(1, 2, "GPE")]]
    scores = spans(gold, found)
    assert scores["precision"] == pytest.approx(1 / 4)
    assert scores["recall"] == pytest.approx(1 / 3)
    assert scores["f1"] == pytest.approx(2 / 7)
    assert scores["support"] == 3
    assert {kind: row["f1"] for kind, row in scores["types"].items()} == pytest.approx({"PER": 0.0, "ORG": 0.0, "GPE": 2 / 3})


def test_the_same_span_in_another_sentence_is_no_hit() -> None:
    assert spans([[(0, 3, "GPE")], []], [[], [(0, 3, "GPE")]])["f1"] == 0.0


def test_no_span_in_gold_and_prediction_is_zero_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="no participant in gold or prediction"):
        assert spans([[], []], [[], []])["f1"] == 0.0


SPANS = st.sets(st.tuples(st.integers(0, 4), st.integers(5, 8), st.sampled_from(TYPES)), max_size=5)
PAIRS = st.lists(st.tuples(SPANS, SPANS), min_size=1, max_size=4).filter(lambda pairs: any(g or f for g, f in pairs))


@given(PAIRS)
def test_span_scores_are_bounded_symmetric_and_harmonic(pairs: list[tuple[set[Span], set[Span]]]) -> None:
    gold, found = [g for g, _ in pairs], [f for _, f in pairs]
    there, back = spans(gold, found), spans(found, gold)
    precision, recall, f1 = there["precision"], there["recall"], there["f1"]
    assert (back["precision"], back["recall"], back["f1"]) == (recall, precision, f1)
    assert min(precision, recall) - 1e-12 <= f1 <= max(precision, recall) + 1e-12
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    assert (f1 == 1.0) == (gold == found)
    assert there["support"] == sum(map(len, gold)) == sum(row["support"] for row in there["types"].values())


@given(PAIRS)
def test_the_order_of_sentences_and_spans_does_not_matter(pairs: list[tuple[set[Span], set[Span]]]) -> None:
    gold, found = [sorted(g) for g, _ in pairs], [sorted(f, reverse=True) for _, f in pairs]
    assert spans(gold, found) == spans(gold[::-1], found[::-1])


@given(PAIRS)
def test_a_further_wrong_span_never_helps(pairs: list[tuple[set[Span], set[Span]]]) -> None:
    gold, found = [g for g, _ in pairs], [f for _, f in pairs]
    worse = [found[0] | {(90, 99, "PER")}, *found[1:]]
    assert spans(gold, worse)["f1"] <= spans(gold, found)["f1"]


def apart(draw: st.DrawFn) -> list[Span]:
    """Spans of one sentence that do not overlap, as annotations and predictions are."""
    edges = draw(st.lists(st.integers(0, 40), max_size=10, unique=True).map(sorted))
    kinds = st.sampled_from(TYPES)
    return [(start, end, draw(kinds)) for start, end in zip(edges[::2], edges[1::2], strict=False)]


APART = st.composite(apart)()
APART_PAIRS = st.lists(st.tuples(APART, APART), min_size=1, max_size=5)


@given(APART_PAIRS)
def test_matches_agree_with_nervaluate(pairs: list[tuple[list[Span], list[Span]]]) -> None:
    """Its partial credit is per type when each type is evaluated by itself; its ends are inclusive."""
    gold, found = [g for g, _ in pairs], [f for _, f in pairs]

    def records(rows: list[list[Span]], kind: str = "") -> list[list[dict[str, Any]]]:
        return [[{"start": s, "end": e - 1, "label": k} for s, e, k in row if k == kind or not kind] for row in rows]

    counts = count_spans(gold, found).sum(axis=0)
    whole = Evaluator(records(gold), records(found), tags=list(TYPES), loader="dict").evaluate()["overall"]
    assert whole["strict"].correct == counts[0, :, 0].sum() == counts[0, :, 2].sum()
    assert whole["exact"].correct == counts[2, :, 0].sum() == counts[2, :, 2].sum()
    assert whole["strict"].possible == counts[0, :, 1].sum()
    assert whole["strict"].actual == counts[0, :, 3].sum()
    for number, kind in enumerate(TYPES):
        own = Evaluator(records(gold, kind), records(found, kind), tags=[kind], loader="dict").evaluate()["overall"]["partial"]
        assert own.correct + own.partial / 2 == counts[1, number, 0] == counts[1, number, 2]
        assert own.f1 == pytest.approx(precision_recall_f1(counts[1, number])[2])


@given(APART_PAIRS)
def test_exact_spans_agree_with_seqeval(pairs: list[tuple[list[Span], list[Span]]]) -> None:
    tokens = [(i, i + 1) for i in range(41)]
    gold, found = ([spans_to_tags(row[side], tokens)[0] for row in pairs] for side in (0, 1))
    scores = spans([g for g, _ in pairs], [f for _, f in pairs]) if any(g or f for g, f in pairs) else None
    if scores is None:
        return
    for name, reference in (("precision", precision_score), ("recall", recall_score), ("f1", seqeval_f1)):
        assert scores[name] == pytest.approx(reference(gold, found, mode="strict", scheme=IOB2, zero_division=0))


@given(APART_PAIRS)
def test_easier_matches_never_score_less(pairs: list[tuple[list[Span], list[Span]]]) -> None:
    counts = count_spans([g for g, _ in pairs], [f for _, f in pairs]).sum(axis=0)
    assert (counts[1] >= counts[0]).all()
    assert (counts[2] >= counts[0]).all()
    assert (counts[..., 0] <= counts[..., 1]).all()
    assert (counts[..., 2] <= counts[..., 3]).all()


def test_matches_by_hand() -> None:
    gold: list[list[Span]] = [[(0, 10, "ORG"), (20, 24, "GPE"), (30, 35, "PER")]]
    found: list[list[Span]] = [[(0, 6, "ORG"), (20, 24, "ORG"), (31, 35, "GPE")]]
    exact, partial, type_free = count_spans(gold, found)[0]
    assert exact[:, [0, 2]].tolist() == [[0, 0], [0, 0], [0, 0]]
    assert partial[:, 0].tolist() == [0, 0.5, 0]
    assert type_free[:, 0].tolist() == [0, 0, 1], "the gold country's edges were found"
    assert type_free[:, 2].tolist() == [0, 1, 0], "one predicted organisation has right edges"
    assert partial_credit([(0, 4, "ORG"), (6, 9, "ORG")], [(0, 9, "ORG")]) == 0.5, "one prediction stands for one gold span"


def test_nothing_to_count_is_zero() -> None:
    assert [score.tolist() for score in precision_recall_f1(np.zeros((2, 4)))] == [[0.0, 0.0]] * 3


def test_spans_of_participants_leave_text_and_score_out() -> None:
    assert spans_of([Participant("Lào", 5, 8, "GPE", 0.5)]) == [(5, 8, "GPE")]


@pytest.mark.skipif(not SCORER.is_file(), reason="the reference scorer (../shared/score.py) is not here")
@pytest.mark.parametrize("seed", range(5))
def test_scores_equal_the_reference_scorer(seed: int) -> None:
    spec = importlib.util.spec_from_file_location("reference_scorer", SCORER)
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    gold, found = random_topics(seed, names=TOPICS if seed else TOPICS[:5])
    rng = random.Random(seed)
    gold_spans = [sorted({(s, s + 2, rng.choice(TYPES)) for s in range(0, 12, 3) if rng.random() < 0.5}) for _ in gold]
    found_spans = [[(s, e, k if rng.random() < 0.8 else "ORG") for s, e, k in row if rng.random() < 0.8] for row in gold_spans]

    def records(names: Sets, rows: list[list[Span]]) -> list[dict[str, Any]]:
        return [
            {"topics": t, "participants": [{"start": s, "end": e, "type": k} for s, e, k in row]}
            for t, row in zip(names, rows, strict=True)
        ]

    expected = reference.score(records(gold, gold_spans), records(found, found_spans))
    topic_scores, span_scores = topics(gold, found), spans(gold_spans, found_spans)
    assert expected["topic_macro_f1"] == pytest.approx(topic_scores["macro_f1"])
    assert expected["topic_macro_f1_core"] == pytest.approx(topic_scores["core_macro_f1"])
    assert expected["topic_micro_f1"] == pytest.approx(topic_scores["micro_f1"])
    assert expected["topic_exact_match"] == pytest.approx(topic_scores["exact_match"])
    assert expected["no_topic_specificity"] == pytest.approx(topic_scores["no_topic_specificity"])
    for topic, f1 in expected["topic_f1"].items():
        assert topic_scores["topics"][topic]["f1"] == pytest.approx(f1 or 0.0)
    assert expected["span_f1"] == pytest.approx(
        {"all": span_scores["f1"]} | {k: r["f1"] for k, r in span_scores["types"].items()}
    )
