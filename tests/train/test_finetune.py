"""Real training runs of a tiny network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from hoptac.data.schema import DataError, Sentence, write_sentences
from hoptac.model.configuration import CheckpointConfig
from hoptac.model.predictor import Predictor
from hoptac.model.runtime import TorchRuntime
from hoptac.train.config import Augment, ConfigError, Data, Experiment, Network, Train
from hoptac.train.finetune import build_trainer, finetune, prepare


@pytest.fixture
def experiment(tmp_path: Path, tiny_backbone: Path, sentences: list[Sentence]) -> Experiment:
    write_sentences(tmp_path / "train.jsonl", sentences)
    other = [Sentence(f"d{s.id}", s.text + " .", s.topics, s.participants, writer="b") for s in sentences]
    write_sentences(tmp_path / "development.jsonl", other)
    return Experiment(
        output=str(tmp_path / "run"),
        backbone=str(tiny_backbone),
        data=Data([str(tmp_path / "train.jsonl")], [str(tmp_path / "development.jsonl")]),
        network=Network(max_length=32),
        augment=Augment(0.0, 0.0, 0.0),
        train=Train(epochs=12, batch_size=4, learning_rate=5.0e-3, head_learning_rate=2.0e-2, patience=12, bf16=False),
    )


def test_every_parameter_moves_and_the_loss_falls(experiment: Experiment, tmp_path: Path) -> None:
    run = prepare(experiment, tmp_path / "run")
    before = {name: parameter.detach().clone() for name, parameter in run.model.named_parameters()}
    trainer = build_trainer(run, tmp_path / "state")
    trainer.train()
    still = [name for name, parameter in run.model.named_parameters() if torch.equal(before[name], parameter)]
    assert still == []
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[-1] < losses[0] / 2


def test_a_run_writes_a_checkpoint_that_answers_as_the_network_did(experiment: Experiment) -> None:
    folder = finetune(experiment)
    assert {p.name for p in folder.iterdir()} == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "training.json",
        "README.md",
    }
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["experiment"]["train"]["epochs"] == 12
    assert record["development"]["participants"]["f1"] > 0.9
    loaded = Predictor.from_pretrained(folder, device="cpu")
    assert loaded.predict("Việt Nam bàn với Lào về thương mại ngày 9").topics == ("trade",)
    # save, load, save: equal outputs
    config = CheckpointConfig.load(folder)
    assert isinstance(loaded.runtime, TorchRuntime)
    again = Predictor(config, loaded.tokenizer, TorchRuntime(loaded.runtime.model, config, "cpu"))
    for (left, left_tags), (right, right_tags) in zip(loaded.logits(["Lào"]), again.logits(["Lào"]), strict=True):
        np.testing.assert_array_equal(left, right)
        np.testing.assert_array_equal(left_tags, right_tags)


def test_an_interrupted_run_resumes_to_the_same_end(experiment: Experiment, tmp_path: Path) -> None:
    from dataclasses import replace

    whole = finetune(experiment)
    cut = replace(experiment, output=str(tmp_path / "cut"))
    run = prepare(cut, tmp_path / "cut")
    trainer = build_trainer(run, tmp_path / "cut" / "trainer")

    from transformers import TrainerCallback

    class Kill(TrainerCallback):
        def on_epoch_begin(self, args: object, state: object, control: object, **kwargs: object) -> None:
            if getattr(state, "epoch", 0) >= 5:
                raise KeyboardInterrupt

    trainer.add_callback(Kill())
    with pytest.raises(KeyboardInterrupt):
        trainer.train()
    resumed = finetune(cut, resume=True)
    epochs = [json.loads((folder / "training.json").read_text(encoding="utf-8"))["epochs"] for folder in (whole, resumed)]
    assert epochs[0] == epochs[1]
    left, right = Predictor.from_pretrained(whole, "cpu"), Predictor.from_pretrained(resumed, "cpu")
    text = "Việt Nam bàn với Lào về thương mại"
    np.testing.assert_allclose(left.logits([text])[0][0], right.logits([text])[0][0], atol=1e-4)


def test_an_output_folder_in_use_is_not_overwritten(experiment: Experiment) -> None:
    output = Path(experiment.output)
    output.mkdir()
    (output / "precious").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not empty"):
        finetune(experiment)
    with pytest.raises(ConfigError, match="no interrupted run"):
        finetune(experiment, resume=True)


def test_a_sentence_on_both_sides_is_refused(experiment: Experiment, tmp_path: Path) -> None:
    from dataclasses import replace

    leaky = replace(experiment, data=Data(experiment.data.train, experiment.data.train))
    with pytest.raises(DataError, match="in the training and in the development data"):
        prepare(leaky, tmp_path)
