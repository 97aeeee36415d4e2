"""What is reported of one checkpoint on one set of sentences."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.coverage import fold
from hoptac.data.labels import TOPICS, TYPES, Span
from hoptac.data.schema import Participant, Sentence
from hoptac.eval.analysis import analyse
from hoptac.eval.confusions import EDGES, NONE, confusions, pairs
from hoptac.eval.errors import worst
from hoptac.eval.intervals import group, replicates
from hoptac.eval.slices import names_seen, participant_names, slices
from hoptac.eval.tally import Tally
from hoptac.model.configuration import CheckpointConfig
from hoptac.model.predictor import Prediction

CONFIG = CheckpointConfig(
    backbone={"model_type": "bert"},
    thresholds=dict.fromkeys(TOPICS, 0.5),
    operating_points={"0.95": dict.fromkeys(TOPICS, 0.7)},
)


def answer(text: str, topics: tuple[str, ...] = (), *spans: Span, sure: float = 0.9) -> Prediction:
    scores = {topic: sure if topic in topics else 1 - sure for topic in TOPICS}
    return Prediction(text, topics, scores, tuple(Participant(text[s:e], s, e, k, sure) for s, e, k in spans))


def gold(number: int, text: str, topics: tuple[str, ...] | None = (), *spans: Span, **fields: str) -> Sentence:
    named = {name: fields.pop(name) for name in ("doc", "writer", "kind") if name in fields}
    return Sentence(
        str(number), text, topics, tuple(Participant(text[s:e], s, e, k) for s, e, k in spans), extra=fields, **named
    )


SENTENCES = [
    gold(1, "Lào mua điện của Việt Nam.", ("trade",), (0, 3, "GPE"), (17, 25, "GPE"), writer="w1", register="wire"),
    gold(2, "Bộ Công an bắt giữ tin tặc.", ("cybercrime",), (0, 10, "ORG"), writer="w1", register="lead"),
    gold(3, "MƯA LỚN Ở HUẾ.", (), writer="w2", register="wire"),
    gold(
        4,
        'Ông Bình gặp Interpol – hai bên ký "bản ghi nhớ".',
        ("law_enforcement", "trade"),
        (4, 8, "PER"),
        (13, 21, "ORG"),
        writer="w2",
    ),
]
ANSWERS = [
    answer(SENTENCES[0].text, ("trade",), (0, 3, "GPE"), (17, 25, "GPE")),
    answer(SENTENCES[1].text, (), (0, 6, "ORG")),
    answer(SENTENCES[2].text, ("trade",), (10, 13, "GPE"), sure=0.6),
    answer(SENTENCES[3].text, ("law_enforcement",), (4, 8, "PER"), (13, 21, "GPE")),
]


def test_the_whole_is_plain_json_and_the_same_each_time() -> None:
    first, second = (analyse(SENTENCES, ANSWERS, CONFIG, {"Lào"}, draws=50) for _ in range(2))
    assert first == second == json.loads(json.dumps(first, allow_nan=False))
    assert first["counts"]["topics"]["trade"] == {"gold": 2, "found": 2}
    assert first["counts"]["participants"]["ORG"] == {"gold": 2, "found": 1}
    assert first["scores"]["topics/trade/f1"]["value"] == pytest.approx(0.5)
    assert first["scores"]["participants/partial/ORG/f1"]["value"] == pytest.approx(2 * 0.5 / 3)
    assert first["scores"]["participants/type_free/f1"]["value"] == pytest.approx(2 * 4 / 11)
    assert first["groups"]["by"] == "writer"


def test_threshold_curves_and_operating_points_by_hand() -> None:
    found = analyse(SENTENCES, ANSWERS, CONFIG, draws=5)
    at = found["curves"]["threshold"].index(0.7)
    assert (found["curves"]["topics"]["trade"]["precision"][at], found["curves"]["topics"]["trade"]["recall"][at]) == (1.0, 0.5)
    own, promised = found["operating_points"]
    assert own["promised"] is None
    assert own["topics"]["trade"] == {"threshold": 0.5, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert promised["topics"]["trade"]["precision"] == 1.0
    assert promised["topics"]["mia"] == {"threshold": 0.7, "precision": None, "recall": None, "f1": 0.0}
    assert sum(row["count"] for row in found["reliability"]) == 4 * len(TOPICS)


@pytest.mark.parametrize("missing", ["topics", "participants"])
def test_one_side_may_be_unlabelled(missing: str) -> None:
    sentences = [replace(s, **{missing: None}) for s in SENTENCES]  # type: ignore[arg-type]
    found = analyse(sentences, ANSWERS, CONFIG, {"Lào"}, draws=5)
    assert not any(name.startswith(missing) for name in found["scores"])
    assert ("curves" in found) == (missing != "topics")
    assert ("confusions" in found) == (missing != "participants")


def test_nothing_labelled_is_refused() -> None:
    with pytest.raises(ValueError, match="no sentence is labelled"):
        analyse([replace(s, topics=None, participants=None) for s in SENTENCES], ANSWERS, CONFIG)


def test_empty_gold_empty_predictions_and_a_missing_class() -> None:
    nothing = [Prediction(s.text, (), dict.fromkeys(TOPICS, 0.0), ()) for s in SENTENCES]
    silent = analyse(SENTENCES, nothing, CONFIG, draws=5)["scores"]
    assert (silent["topics/macro_f1"]["value"], silent["participants/exact/f1"]["value"]) == (0.0, 0.0)
    assert silent["topics/mia/f1"]["value"] is None
    empty = [replace(s, topics=(), participants=()) for s in SENTENCES]
    wrong = analyse(empty, ANSWERS, CONFIG, draws=5)["scores"]
    assert (wrong["topics/micro_f1"]["value"], wrong["participants/exact/f1"]["value"]) == (0.0, 0.0)
    assert wrong["topics/macro_average_precision"]["value"] is None
    quiet = analyse(empty, nothing, CONFIG, draws=5)["scores"]
    assert quiet["topics/macro_f1"]["value"] is None
    assert quiet["topics/no_topic_specificity"]["value"] == 1.0


def test_slices_are_scores_of_their_own_sentences() -> None:
    tally = Tally(SENTENCES, ANSWERS, TOPICS, TYPES)
    rows = {(row["kind"], row["name"]): row for row in slices(SENTENCES, tally, replicates(group(SENTENCES), 20))}
    assert rows["topics", "0"]["sentences"] == 1
    assert rows["topics", "2"]["scores"]["topics/micro_f1"]["value"] == pytest.approx(2 / 3)
    assert rows["writer", "w1"]["scores"]["participants/exact/f1"]["value"] == pytest.approx(2 * 2 / 6)
    assert rows["register", "wire"]["sentences"] == 2
    assert rows["orthography", "upper case"]["sentences"] == 1
    assert rows["orthography", "quotes"]["sentences"] == rows["orthography", "dashes with spaces"]["sentences"] == 1
    assert rows["length", "1 to 15 syllables"]["sentences"] == 4
    assert not any(kind == "kind" for kind, _ in rows), "all are body"


def test_names_of_the_training_data_are_told_from_others() -> None:
    known = participant_names(SENTENCES[:1])
    assert known == {fold("LÀO"), fold("Việt Nam")}
    rows = {(r["name"], r["type"]): r for r in names_seen(SENTENCES, ANSWERS, known, TYPES, np.ones((3, 4), np.float32))}
    assert (rows["seen", None]["gold"], rows["unseen", None]["gold"]) == (2, 3)
    assert rows["seen", "GPE"]["scores"]["f1"]["value"] == 1.0
    assert rows["unseen", None]["scores"]["recall"]["value"] == pytest.approx(1 / 3)
    assert ("seen", "PER") not in rows


def test_confusions_by_hand() -> None:
    found = confusions(
        [[(0, 9, "ORG"), (12, 15, "GPE"), (20, 25, "PER"), (30, 33, "GPE")]],
        [[(0, 5, "GPE"), (12, 15, "GPE"), (18, 23, "PER"), (40, 44, "ORG")]],
    )
    assert found["types"]["ORG"] == {"PER": 0, "ORG": 0, "GPE": 1, NONE: 0}
    assert found["types"][NONE] == {"PER": 0, "ORG": 1, "GPE": 0, NONE: 0}
    assert found["types"]["GPE"] == {"PER": 0, "ORG": 0, "GPE": 1, NONE: 1}
    assert {kind: [name for name, n in row.items() if n] for kind, row in found["edges"].items()} == {
        "PER": ["shifted"],
        "ORG": ["shorter"],
        "GPE": ["exact", "missed"],
    }


SPAN = st.tuples(st.integers(0, 8), st.integers(9, 15), st.sampled_from(TYPES))


@given(st.lists(SPAN, max_size=4, unique=True), st.lists(SPAN, max_size=4, unique=True))
def test_every_span_is_in_one_pair(ours: list[Span], theirs: list[Span]) -> None:
    found = pairs(ours, theirs)
    assert sorted(a for a, _ in found if a) == sorted(ours)
    assert sorted(b for _, b in found if b) == sorted(theirs)
    table = confusions([ours], [theirs])
    assert sum(map(sum, (row.values() for row in table["types"].values()))) == len(found)
    assert sum(table["edges"][kind][name] for kind in TYPES for name in EDGES) == len(ours)


def test_the_worst_come_first_and_right_ones_not_at_all() -> None:
    rows = worst(SENTENCES, ANSWERS, TOPICS)
    assert [row["id"] for row in rows] == ["2", "4", "3"]
    assert rows[0]["wrong"] == pytest.approx(0.9 + 0.95)
    assert rows[0]["gold"]["topics"] == ["cybercrime"]
    assert len(worst(SENTENCES, ANSWERS, TOPICS, number=1)) == 1
