"""Parts keep groups whole, spread labels evenly, and lose nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.corpus import load_corpus
from hoptac.data.labels import TOPICS
from hoptac.data.schema import DataError, Sentence
from hoptac.data.split import split, split_report

SHARES = {"train": 0.8, "development": 0.1, "test": 0.1}


def made_up(groups: int, seed: int = 0) -> list[Sentence]:
    draw = random.Random(seed)
    return [
        Sentence(f"{g}-{i}", "x", tuple(t for t in TOPICS if draw.random() < 0.1), (), doc=f"d{g}", writer=f"w{g % 7}")
        for g in range(groups)
        for i in range(draw.randint(1, 9))
    ]


@given(st.integers(3, 40), st.integers(0, 5))
def test_nothing_is_lost_and_groups_stay_whole(groups: int, seed: int) -> None:
    sentences = made_up(groups, seed)
    parts = split(sentences, SHARES, "doc", seed)
    assert sorted(s.id for part in parts.values() for s in part) == sorted(s.id for s in sentences)
    homes = [{s.doc for s in part} for part in parts.values()]
    assert sum(map(len, homes)) == groups
    assert all(homes)


def test_labels_are_spread_better_than_by_chance() -> None:
    sentences = load_corpus("train")
    parts = split(sentences, SHARES, "id")
    for name, counts in split_report(parts):
        share = counts[1] / sum(counts)
        assert share == pytest.approx(0.1, abs=0.01), name


def test_whole_writers_come_near_their_share() -> None:
    parts = split(load_corpus(), {"train": 0.8, "test": 0.2}, "writer")
    for name, (train, test) in split_report(parts):
        assert test / (train + test) == pytest.approx(0.2, abs=0.08), name


def test_a_seed_repeats_a_split() -> None:
    sentences = made_up(30)
    assert split(sentences, SHARES, seed=3) == split(sentences, SHARES, seed=3)


@pytest.mark.parametrize(
    ("shares", "by", "error", "message"),
    [
        ({"a": 0.5, "b": 0.4}, "doc", ValueError, "add up to 1"),
        ({"a": 1.5, "b": -0.5}, "doc", ValueError, "positive numbers"),
        ({"a": float("nan"), "b": 0.5}, "doc", ValueError, "positive numbers"),
        ({}, "doc", ValueError, "positive numbers"),
        (SHARES, "kind", ValueError, "by: 'kind' is none of doc, writer, id"),
        (SHARES, "writer", DataError, "1: writer: empty"),
        (SHARES, "doc", DataError, "2 different `doc` cannot fill 3 parts"),
    ],
)
def test_what_cannot_be_split_is_refused(shares: dict[str, float], by: str, error: type[Exception], message: str) -> None:
    sentences = [Sentence("1", "x", doc="a"), Sentence("2", "y", doc="b")]
    with pytest.raises(error, match=message):
        split(sentences, shares, by)
