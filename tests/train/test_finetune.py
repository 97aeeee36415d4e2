"""Real training runs of a tiny network."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hoptac.cli import main
from hoptac.data.schema import DataError, Sentence, read_sentences, write_sentences
from hoptac.model.configuration import CheckpointConfig, CheckpointError
from hoptac.model.export import export
from hoptac.model.predictor import Predictor
from hoptac.model.runtime import TorchRuntime
from hoptac.train.collator import Collator
from hoptac.train.config import Augment, ConfigError, Data, Experiment, Network, Train
from hoptac.train.finetune import finetune, note_identity
from hoptac.train.prepare import prepare
from hoptac.train.repeat import several_seeds
from hoptac.train.trainer import build_trainer, last_complete_state


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
        train=Train(epochs=12, batch_size=4, learning_rate=5.0e-3, head_learning_rate=2.0e-2, patience=12, precision="fp32"),
    )


def test_every_parameter_moves_and_the_loss_falls(experiment: Experiment, tmp_path: Path) -> None:
    run = prepare(experiment)
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
    assert record["development"]["participants"]["f1"] > 0.85  # its full stop is new to the network
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
    whole = finetune(experiment)
    cut = replace(experiment, output=str(tmp_path / "cut"))
    run = prepare(cut)
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


def test_a_run_killed_inside_an_epoch_resumes_to_the_same_weights_and_losses(experiment: Experiment, tmp_path: Path) -> None:
    from transformers import TrainerCallback

    class Kill(TrainerCallback):
        def on_step_begin(self, args: object, state: object, control: object, **kwargs: object) -> None:
            if getattr(state, "global_step", 0) == 7:
                raise KeyboardInterrupt

    often = replace(experiment, train=replace(experiment.train, epochs=3, batch_size=2, save_steps=3))
    whole = finetune(often)
    cut = replace(often, output=str(tmp_path / "cut"))
    state = tmp_path / "cut" / "trainer"
    trainer = build_trainer(prepare(cut), state)
    trainer.add_callback(Kill())
    with pytest.raises(KeyboardInterrupt):
        trainer.train()
    assert last_complete_state(state) == state / "checkpoint-6"  # four steps are an epoch
    resumed = finetune(cut, resume=True)
    assert (resumed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    records = [json.loads((folder / "training.json").read_text(encoding="utf-8")) for folder in (whole, resumed)]
    assert records[0]["losses"] == records[1]["losses"]
    assert records[0]["epochs"] == records[1]["epochs"]


def test_a_record_cut_short_by_a_kill_is_written_again(experiment: Experiment, tmp_path: Path) -> None:
    short = replace(experiment, train=replace(experiment.train, epochs=1))
    folder = finetune(short)
    (folder / "training.json").write_text('{"experiment": {', encoding="utf-8")
    (folder / "trainer").mkdir()
    finetune(short, resume=True)
    assert json.loads((folder / "training.json").read_text(encoding="utf-8"))["experiment"]["train"]["epochs"] == 1
    assert not (folder / "trainer").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"topics": None}, r"data\.topics: no training sentence says its topics; set data\.topics: \[\]"),
        ({"participants": None}, r"data\.types: no training sentence says its participants"),
    ],
)
def test_a_task_without_labels_is_refused(
    experiment: Experiment, tmp_path: Path, changes: dict[str, None], message: str
) -> None:
    path = tmp_path / "train.jsonl"
    write_sentences(path, [replace(s, **changes) for s in read_sentences(path)])  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=message):
        prepare(experiment)


def test_development_data_without_labels_are_refused(experiment: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "development.jsonl"
    write_sentences(path, [replace(s, topics=None, participants=None) for s in read_sentences(path)])
    with pytest.raises(ConfigError, match=r"data\.development: no sentence says its topics or participants"):
        prepare(experiment)


def test_a_label_named_twice_is_refused(experiment: Experiment) -> None:
    with pytest.raises(ConfigError, match=r"data\.types: a label stands twice"):
        prepare(replace(experiment, data=replace(experiment.data, types=["PER", "ORG", "GPE", "PER"])))


def test_an_empty_scheme_leaves_labels_aside(experiment: Experiment, capsys: pytest.CaptureFixture[str]) -> None:
    train = replace(experiment.train, epochs=1)
    folder = finetune(replace(experiment, data=replace(experiment.data, types=[]), train=train))
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["development"]["participants"] is None
    assert main(["evaluate", experiment.data.development[0], str(folder), "--json", "--draws", "5"]) == 0
    [part] = json.loads(capsys.readouterr().out)["data"].values()
    assert part["results"][str(folder)]["counts"]["participants"] == {}
    assert "with its topics (" in (folder / "README.md").read_text(encoding="utf-8")
    assert "participants (" not in (folder / "README.md").read_text(encoding="utf-8")


def test_an_output_folder_in_use_is_not_overwritten(experiment: Experiment) -> None:
    output = Path(experiment.output)
    output.mkdir()
    (output / "precious").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not empty"):
        finetune(experiment)
    with pytest.raises(ConfigError, match="no interrupted run"):
        finetune(experiment, resume=True)


def test_a_sentence_on_both_sides_is_refused(experiment: Experiment, tmp_path: Path) -> None:
    leaky = replace(experiment, data=Data(experiment.data.train, experiment.data.train))
    with pytest.raises(DataError, match="in the training and in the development data"):
        prepare(leaky)


def test_another_experiment_does_not_resume_this_one(experiment: Experiment, tmp_path: Path) -> None:
    run = prepare(experiment)
    state = tmp_path / "run" / "trainer"
    state.mkdir(parents=True)
    note_identity(run, state, resume=False)
    note_identity(run, state, resume=True)
    with pytest.raises(ConfigError, match="had another experiment"):
        note_identity(replace(run, experiment=replace(experiment, seed=2)), state, resume=True)


@pytest.mark.parametrize(("topics", "types"), [(["trade"], []), ([], ["GPE"]), (["trade", "mia"], ["GPE", "PER"])])
def test_one_task_or_a_smaller_scheme_trains_loads_and_exports(
    experiment: Experiment, tmp_path: Path, topics: list[str], types: list[str]
) -> None:
    for name in ("train", "development"):
        kept = [
            replace(
                s,
                topics=tuple(t for t in s.topics or () if t in topics),
                participants=tuple(p for p in s.participants or () if p.type in types),
            )
            for s in read_sentences(tmp_path / f"{name}.jsonl")
        ]
        write_sentences(tmp_path / f"{name}.jsonl", kept)
    data = replace(experiment.data, topics=topics, types=types)
    folder = finetune(replace(experiment, data=data, train=replace(experiment.train, epochs=2)))
    text = "Việt Nam bàn với Lào về thương mại"
    answers = [Predictor.from_pretrained(path, "cpu").predict(text) for path in (folder, export(folder, tmp_path / "onnx"))]
    for answer in answers:
        assert list(answer.scores) == topics
        assert {p.type for p in answer.participants} <= set(types)


def test_windows_longer_than_the_encoder_are_refused(experiment: Experiment) -> None:
    with pytest.raises(ConfigError, match=r"network\.max_length: 600, but the encoder has positions for 512"):
        prepare(replace(experiment, network=Network(max_length=600)))


def test_an_export_does_not_mix_with_other_weights(experiment: Experiment, tiny_checkpoint: Path) -> None:
    folder = finetune(replace(experiment, train=replace(experiment.train, epochs=1)))
    with pytest.raises(CheckpointError, match="the weights of another checkpoint"):
        export(tiny_checkpoint, folder)


def test_trackers_follow_a_run_and_unknown_ones_are_refused(experiment: Experiment) -> None:
    short = replace(experiment.train, epochs=2, report_to=["tensorboard"])
    folder = finetune(replace(experiment, train=short))
    assert [path.name.split(".")[0] for path in (folder / "tracking").iterdir()] == ["events"]
    with pytest.raises(ConfigError, match=r"train\.report_to: papyrus is not installed here; installed are .*tensorboard"):
        finetune(replace(experiment, output=experiment.output + "2", train=replace(short, report_to=["papyrus"])))


def test_checkpointed_gradients_are_the_same(experiment: Experiment, tmp_path: Path) -> None:
    still = replace(experiment, network=replace(experiment.network, dropout=0.0))
    gradients = []
    for checkpointing in (False, True):
        run = prepare(replace(still, train=replace(still.train, gradient_checkpointing=checkpointing)))
        build_trainer(run, tmp_path / "state")
        for module in run.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        batch = Collator(1)([run.features[i] for i in range(4)])
        run.model.train()(**batch)["loss"].backward()
        gradients.append({name: p.grad for name, p in run.model.named_parameters()})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], msg=name)


def test_a_run_has_the_planned_steps(experiment: Experiment, tmp_path: Path) -> None:
    for max_steps, expected in ((3, 3), (1000, 4), (None, 4)):
        train = replace(experiment.train, epochs=2, max_steps=max_steps)
        trainer = build_trainer(prepare(replace(experiment, train=train)), tmp_path / "state")
        trainer.train()
        assert trainer.state.global_step == expected


def test_a_compiled_encoder_keeps_the_names_of_its_weights(experiment: Experiment, tmp_path: Path) -> None:
    run = prepare(replace(experiment, train=replace(experiment.train, compile=True)))
    names = list(run.model.state_dict())
    build_trainer(run, tmp_path / "state")
    assert run.model.encoder._compiled_call_impl is not None
    assert list(run.model.state_dict()) == names


def test_seeds_are_summed_up(experiment: Experiment, capsys: pytest.CaptureFixture[str]) -> None:
    short = replace(experiment, train=replace(experiment.train, epochs=2))
    summary = json.loads(several_seeds(short, [1, 2]).read_text(encoding="utf-8"))
    records = [json.loads((Path(short.output) / f"seed-{n}" / "training.json").read_text(encoding="utf-8")) for n in (1, 2)]
    values = [record["development"]["participants"]["f1"] for record in records]
    found = summary["development"]["participants_f1"]
    assert found["values"] == values
    assert found["mean"] == pytest.approx(sum(values) / 2)
    assert found["deviation"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    again = json.loads(several_seeds(short, [1]).read_text(encoding="utf-8"))
    assert again["development"]["participants_f1"]["deviation"] is None


def test_a_run_that_was_finished_is_not_resumed_again(experiment: Experiment) -> None:
    short = replace(experiment, train=replace(experiment.train, epochs=1))
    folder = finetune(short, resume=True)  # nothing to resume: from the beginning
    before = (folder / "training.json").read_bytes()
    assert finetune(short, resume=True) == folder
    assert (folder / "training.json").read_bytes() == before
    with pytest.raises(ConfigError, match="holds a finished run with another experiment"):
        finetune(replace(short, seed=9), resume=True)


def test_a_state_that_was_cut_short_is_not_resumed_from(tmp_path: Path) -> None:
    for step, complete in ((4, True), (8, True), (12, False)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if complete:
            (folder / "complete").touch()
    assert last_complete_state(tmp_path) == tmp_path / "checkpoint-8"
    assert last_complete_state(tmp_path / "nothing") is None
