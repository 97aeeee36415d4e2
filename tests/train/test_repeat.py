"""Folds and learning curves of a tiny network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hoptac.data.schema import DataError, Sentence, read_sentences, write_sentences
from hoptac.eval.plots import plot_curve
from hoptac.train.config import Augment, ConfigError, Data, Experiment, Network, Train
from hoptac.train.finetune import finetune
from hoptac.train.prepare import prepare, share_of
from hoptac.train.repeat import learning_curve, out_of_fold


@pytest.fixture
def experiment(tmp_path: Path, tiny_backbone: Path, sentences: list[Sentence]) -> Experiment:
    write_sentences(tmp_path / "train.jsonl", [replace(s, writer=f"w{i % 4}") for i, s in enumerate(sentences)])
    for name in ("development", "test"):
        write_sentences(
            tmp_path / f"{name}.jsonl", [replace(s, id=f"{name}{s.id}", text=f"{s.text} {name}.") for s in sentences]
        )
    files = {name: [str(tmp_path / f"{name}.jsonl")] for name in ("train", "development", "test")}
    return Experiment(
        output=str(tmp_path / "run"),
        backbone=str(tiny_backbone),
        data=Data(files["train"], files["development"], files["test"]),
        network=Network(max_length=32),
        augment=Augment(0.0, 0.0, 0.0),
        train=Train(epochs=2, batch_size=4, precision="fp32"),
    )


def test_every_sentence_is_predicted_by_a_checkpoint_that_did_not_see_it(experiment: Experiment) -> None:
    path = out_of_fold(experiment, 2)
    predicted = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    trained_on = read_sentences(experiment.data.train[0])
    assert [record["id"] for record in predicted] == [sentence.id for sentence in trained_on]
    seen = [read_sentences(path.parent / f"fold-{n}-train.jsonl") for n in (1, 2)]
    held = [read_sentences(path.parent / f"fold-{n}-held-out.jsonl") for n in (1, 2)]
    for n in (0, 1):
        assert not {s.writer for s in seen[n]} & {s.writer for s in held[n]}
        record = json.loads((path.parent / f"fold-{n + 1}" / "training.json").read_text(encoding="utf-8"))
        assert record["data"]["train"]["sentences"] == len(seen[n])
    assert sorted(s.id for part in held for s in part) == sorted(s.id for s in trained_on)


def test_finished_runs_are_not_repeated(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    first = out_of_fold(experiment, 2).read_bytes()

    def refuse(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr("hoptac.train.finetune.prepare", refuse)
    assert out_of_fold(experiment, 2).read_bytes() == first


def test_other_folds_labels_or_settings_do_not_reuse_a_run(experiment: Experiment) -> None:
    out_of_fold(experiment, 2)
    with pytest.raises(ConfigError, match="holds a finished run with another"):
        out_of_fold(experiment, 3)
    with pytest.raises(ConfigError, match="finished run with another experiment"):
        out_of_fold(replace(experiment, seed=2), 2)
    path = Path(experiment.data.train[0])
    first, *rest = read_sentences(path)
    write_sentences(path, [replace(first, topics=("mia",)), *rest])
    with pytest.raises(ConfigError, match="finished run with another train"):
        out_of_fold(experiment, 2)


def test_folds_share_the_labels_that_the_data_have(experiment: Experiment) -> None:
    own = replace(experiment, data=replace(experiment.data, topics="data", types="data"))
    path = out_of_fold(own, 2)
    configs = [json.loads((path.parent / f"fold-{n}" / "config.json").read_text(encoding="utf-8")) for n in (1, 2)]
    assert [(c["topics"], c["types"]) for c in configs] == [(["trade"], ["PER", "GPE"])] * 2


def test_too_few_writers_for_the_folds(experiment: Experiment) -> None:
    with pytest.raises(DataError, match="4 different `writer` cannot fill 5 parts"):
        out_of_fold(experiment, 5)


def test_a_curve_measures_growing_shares_on_the_test_data(experiment: Experiment, tmp_path: Path) -> None:
    path = learning_curve(experiment, [1, 0.5])
    points = json.loads(path.read_text(encoding="utf-8"))
    assert [(p["share"], p["sentences"], p["on"]) for p in points] == [(0.5, 4, "test"), (1, 8, "test")]
    plot_curve(points, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_smaller_share_is_part_of_a_larger_one(sentences: list[Sentence]) -> None:
    small, large = ({s.id for s in share_of(sentences, share, 3)} for share in (0.25, 0.75))
    assert len(small) == 2
    assert len(large) == 6
    assert small < large
    assert share_of(sentences, 1.0, 3) == sentences


def test_test_data_are_scored_and_change_nothing(experiment: Experiment, tmp_path: Path) -> None:
    folder = finetune(experiment)
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["test"]["sentences"] == 8
    assert "by which nothing was chosen" in (folder / "README.md").read_text(encoding="utf-8")
    without = finetune(replace(experiment, output=str(tmp_path / "other"), data=replace(experiment.data, test=[])))
    assert (without / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    assert json.loads((without / "training.json").read_text(encoding="utf-8"))["development"] == record["development"]


def test_test_sentences_that_were_trained_on_are_refused(experiment: Experiment) -> None:
    leaky = replace(experiment, data=replace(experiment.data, test=experiment.data.train))
    with pytest.raises(DataError, match="stands in the training and in the test data"):
        prepare(leaky)
