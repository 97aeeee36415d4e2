"""Several answers to the same sentences: seeds, baselines, perturbations."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hoptac.data.corpus import load_corpus
from hoptac.data.labels import TOPICS
from hoptac.data.schema import Participant, Sentence, fingerprint
from hoptac.eval.contenders import Contender, holds_runs, is_data, open_contenders, open_runs, sentences_of
from hoptac.eval.slices import participant_names
from hoptac.eval.study import beaten_by, over_seeds, study, write_evaluation
from hoptac.eval.tally import Tally
from hoptac.model.card import EVALUATION_FILE, what_they_were
from hoptac.model.configuration import CheckpointError
from hoptac.model.predictor import DEFAULT_CHECKPOINT, Prediction, Predictor

SENTENCES = [
    Sentence(
        "1", "Lào bán điện cho Thái Lan.", ("trade",), (Participant("Lào", 0, 3, "GPE"), Participant("Thái Lan", 17, 25, "GPE"))
    ),
    Sentence("2", "Mưa lớn tại Huế.", (), ()),
    Sentence("3", "Đọc thêm", (), (), kind="boilerplate"),
]


class Fixed:
    """A baseline that knows only one answer."""

    name = "fixed"
    description = "Always trade."
    topics = True
    participants = False

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        return [Prediction(text, ("trade",), dict.fromkeys(TOPICS, 0.5), ()) for text in texts]


def shipped() -> Contender:
    return open_contenders([], Predictor.from_pretrained)[0]


def test_a_study_has_everything_for_each_set_of_sentences() -> None:
    found = study([shipped()], {"a": SENTENCES, "b": SENTENCES[:1]}, [Fixed()], draws=20, known_names={"default": {"lao"}})
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    part = found["data"]["a"]
    assert (part["boilerplate"], part["results"]["default"]["sentences"]) == (1, 2)
    assert {key: part[key] for key in ("sentences", "sha256")} == fingerprint(SENTENCES)
    assert not any(name.startswith("participants") for name in part["baselines"]["fixed"]["scores"])
    assert part["baselines"]["fixed"]["against"]["topics/no_topic_specificity"]["second"] == 0
    assert part["beaten_by"] == []
    assert found["checkpoints"]["default"]["trained_on"]["sentences"] > 7000


def test_what_beats_the_network_comes_clearest_first() -> None:
    def row(difference: float | None, high: float) -> dict[str, float | None]:
        return {"first": 0.5, "second": 0.6, "difference": difference, "low": -1.0, "high": high, "p": None}

    rows = {
        "a": {"topics/macro_f1": row(-0.1, 0.1), "topics/trade/recall": row(-0.5, -0.2), "topics/mia/f1": row(None, 0)},
        "b": {"participants/exact/ORG/f1": row(-0.05, -0.01), "topics/macro_f1": row(0.1, 0.2)},
    }
    found = beaten_by({name: {"against": own} for name, own in rows.items()})
    assert [(row["baseline"], row["score"]) for row in found] == [("b", "participants/exact/ORG/f1"), ("a", "topics/macro_f1")]


def test_seeds_by_hand() -> None:
    def tally(right: list[bool]) -> Tally:
        answers = [Prediction("a", ("trade",) if own else (), {"trade": float(own)}, ()) for own in right]
        return Tally([Sentence(str(i), "a", ("trade",)) for i in range(4)], answers, ("trade",), ())

    tallies = [tally([True] * 4), tally([True, True, True, False]), tally([True, True, False, False])]
    rows = over_seeds(tallies, ["seed-1", "seed-2", "seed-3"], np.ones((7, 4)))["scores"]
    assert rows["topics/exact_match"]["values"] == [1.0, 0.75, 0.5]
    assert (rows["topics/exact_match"]["mean"], rows["topics/exact_match"]["deviation"]) == (0.75, 0.25)
    assert rows["topics/exact_match"]["high"] - 0.75 == pytest.approx(4.303 * 0.25 / 3**0.5, abs=1e-3)
    assert rows["topics/exact_match"]["drawn_low"] == 0.75
    assert "topics/no_topic_specificity" not in rows, "there is nothing to be scored"
    alone = over_seeds(tallies[:1], ["seed-1"], np.ones((7, 4)))["scores"]["topics/exact_match"]
    assert (alone["deviation"], alone["low"]) == (None, None)


def test_runs_of_several_seeds_are_found_in_order(tmp_path: Path, tiny_checkpoint: Path) -> None:
    for name in ("seed-10", "seed-2"):
        shutil.copytree(tiny_checkpoint, tmp_path / name)
    (tmp_path / "seed-3").mkdir()  # not finished
    runs = open_runs(tmp_path, Predictor.from_pretrained)
    assert [one.name for one in runs] == ["seed-2", "seed-10"]
    assert holds_runs(str(tmp_path))
    assert not holds_runs(str(tiny_checkpoint))
    found = study(runs, {"a": SENTENCES}, seeds=True, draws=20)
    part = found["data"]["a"]
    assert part["comparisons"] == []
    assert part["seeds"]["runs"] == ["seed-2", "seed-10"]
    assert part["seeds"]["scores"]["topics/exact_match"]["deviation"] == 0
    with pytest.raises(CheckpointError, match="nor the runs of several seeds"):
        open_runs(tmp_path / "seed-3", Predictor.from_pretrained)


def test_checkpoints_with_other_labels_are_not_compared(tiny_checkpoint: Path) -> None:
    one, other = open_contenders(["default", str(tiny_checkpoint)], Predictor.from_pretrained)
    other.predictor.config = replace(other.config, topics=TOPICS[:3], thresholds={}, calibration={})
    with pytest.raises(ValueError, match="different topics or types"):
        study([one, other], {"a": SENTENCES})


def test_perturbations_are_scored_on_what_they_touch() -> None:
    [rows] = study([shipped()], {"a": SENTENCES}, perturb=True, draws=20)["data"]["a"]["robustness"].values()
    found = {row["name"]: row for row in rows}
    assert found["nfd"]["touched"] == 2
    assert found["nfd"]["unchanged"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert found["nfd"]["scores"]["participants/exact/f1"]["difference"] == 0.0
    assert found["quotes"] == {**found["quotes"], "touched": 0, "scores": {}}
    assert found["quotes"]["unchanged"]["value"] is None


def test_only_boilerplate_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"a\.jsonl: only boilerplate"):
        study([shipped()], {"a.jsonl": SENTENCES[2:]})


def test_what_the_data_were_to_the_checkpoint_is_said() -> None:
    record = shipped().record
    test = record["data"]["test"]
    assert what_they_were(test, record) == "test sentences, by which nothing was chosen"
    assert "set the thresholds" in what_they_were(record["data"]["development"], record)
    assert "trained on" in what_they_were(record["data"]["train"], record)
    assert what_they_were({"sha256": "0"}, record) == what_they_were(test, {}) == "sentences"
    anew = record | {"calibrated_on": test}
    assert "thresholds were set" in what_they_were(test, anew)
    assert "set the thresholds" not in what_they_were(record["data"]["development"], anew)
    found = study([shipped()], {"a": load_corpus("development")[:5]}, draws=5)
    assert found["data"]["a"]["results"]["default"]["role"] == "sentences", "a part of the development data has another hash"


def test_names_of_data_and_checkpoints_are_told_apart(tmp_path: Path) -> None:
    assert [is_data(name) for name in ("corpus:all", "a.JSONL", "b.conll", "user/model", "runs/x", str(tmp_path))] == [
        True
    ] * 3 + [False] * 3


def test_training_sentences_are_found_where_they_are_still_here(tmp_path: Path) -> None:
    assert len(sentences_of(shipped(), "development") or ()) == 570
    gone = shutil.copytree(DEFAULT_CHECKPOINT, tmp_path / "gone")
    record = json.loads((gone / "training.json").read_text(encoding="utf-8"))
    record["experiment"]["data"]["train"] = ["nowhere.jsonl"]
    (gone / "training.json").write_text(json.dumps(record), encoding="utf-8")
    assert sentences_of(open_contenders([str(gone)], Predictor.from_pretrained)[0], "train") is None


def test_the_card_tells_what_was_measured(tmp_path: Path) -> None:
    folder = shutil.copytree(DEFAULT_CHECKPOINT, tmp_path / "mine")
    one = open_contenders([str(folder)], Predictor.from_pretrained)[0]
    found = study(
        [one],
        {"mine.jsonl": SENTENCES},
        [Fixed()],
        perturb=True,
        draws=20,
        known_names={str(folder): participant_names(SENTENCES[:1])},
    )
    write_evaluation(found, folder)
    card = (folder / "README.md").read_text(encoding="utf-8")
    score = found["data"]["mine.jsonl"]["results"][str(folder)]["scores"]["topics/macro_f1"]["value"]
    for words in (
        f"| topics, macro-F1 | {score:.3f} (",
        "| fixed |",
        "No baseline is better",
        "| nfd | 2 | 100.0% |",
        "| GPE |",
    ):
        assert words in card
    evaluation = (folder / EVALUATION_FILE).read_text(encoding="utf-8")
    assert "bán điện" not in evaluation
    assert len(Predictor.from_pretrained(folder).config.operating_points) == 2, "the checkpoint still loads"
