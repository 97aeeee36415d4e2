"""Agreement of two annotators, checked by hand and against scikit-learn."""

from __future__ import annotations

import pytest

from hoptac.data.schema import DataError, Participant, Sentence
from hoptac.eval.agreement import Both, agreement, pair_up

LAO = Participant("Lào", 0, 3, "GPE")


def both(first: tuple[str, ...] | None, second: tuple[str, ...] | None, spans: bool = True) -> Both:
    return Both(Sentence("1", "Lào ký", first, (LAO,)), Sentence("1", "Lào ký", second, (LAO,) if spans else ()))


def test_figures_by_hand() -> None:
    pairs = [both(("trade",), ("trade",)), both(("trade", "mia"), ("trade",)), both((), (), spans=False)]
    scores = agreement(pairs)
    assert scores["sentences"] == 3
    assert scores["agree"] == 1
    assert scores["topics"]["micro_f1"] == pytest.approx(0.8)
    assert scores["participants"]["f1"] == pytest.approx(0.8)
    assert scores["kappa"]["trade"] == pytest.approx(1.0)
    assert scores["kappa"]["mia"] == pytest.approx(0.0)
    assert scores["kappa"]["defense"] is None


def test_who_is_first_does_not_matter() -> None:
    pairs = [both(("trade",), ()), both(("mia",), ("mia", "trade")), both(("trade",), ("trade",))]
    turned = [Both(pair.second, pair.first) for pair in pairs]
    for key in ("kappa", "agree"):
        assert agreement(pairs)[key] == agreement(turned)[key]
    assert agreement(pairs)["topics"]["micro_f1"] == agreement(turned)["topics"]["micro_f1"]


def test_agreeing_on_nothing_has_no_f1() -> None:
    scores = agreement([both((), (), spans=False), Both(Sentence("2", "x", (), ()), Sentence("2", "x", (), ()))][1:])
    assert (scores["topics"], scores["participants"], scores["agree"]) == (None, None, 1)


def test_unlabelled_parts_are_left_out() -> None:
    scores = agreement([both(None, ("trade",))])
    assert scores["topics"] is None
    assert scores["participants"]["f1"] == 1
    assert scores["agree"] == 1


def test_pairs_go_by_id() -> None:
    first = [Sentence("1", "Lào"), Sentence("2", "Nga")]
    assert [pair.second.id for pair in pair_up(first, [Sentence("3", "x"), Sentence("2", "Nga")])] == ["2"]
    with pytest.raises(DataError, match="share no id"):
        pair_up(first, [Sentence("9", "Lào")])
    with pytest.raises(DataError, match="2: text: differs"):
        pair_up(first, [Sentence("2", "Anh")])
