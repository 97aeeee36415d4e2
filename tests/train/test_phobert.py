"""PhoBERT, small and with random weights, through everything a researcher does with it; schemes of one's own."""

from __future__ import annotations

import json
import pickle
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hoptac.cli import main
from hoptac.data.corpus import load_corpus
from hoptac.data.schema import Participant, Sentence, write_sentences
from hoptac.model.configuration import CheckpointConfig, CheckpointError
from hoptac.model.predictor import Predictor
from hoptac.train.config import ConfigError, Data, Experiment, Network, Train
from hoptac.train.finetune import finetune
from hoptac.train.prepare import prepare

TEXT = "Bộ Công an Việt Nam và Interpol bàn về phòng, chống tội phạm mạng."


@pytest.fixture(scope="module")
def checkpoint(tiny_phobert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint after four steps."""
    output = tmp_path_factory.mktemp("run") / "phobert"
    data = Data(limit=32)
    return finetune(
        Experiment(
            output=str(output), backbone=str(tiny_phobert), data=data, train=Train(epochs=1, batch_size=8, precision="fp32")
        )
    )


def test_the_checkpoint_knows_its_segmenter_and_window(checkpoint: Path) -> None:
    config = CheckpointConfig.load(checkpoint)
    assert (config.segmenter, config.max_length) == ("underthesea", 256)
    record = json.loads((checkpoint / "training.json").read_text(encoding="utf-8"))
    assert config.segmenter_version
    assert record["spans"]["train"] >= record["spans"]["cut_by_segmenter"] >= record["spans"]["cut"]
    assert record["resources"]["estimated"]["steps"] == 4
    assert record["resources"]["measured"]["seconds"] > 0
    assert f"underthesea {config.segmenter_version}" in (checkpoint / "README.md").read_text(encoding="utf-8")


def test_it_predicts_in_torch_and_as_int8(checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = Predictor.from_pretrained(checkpoint, "cpu", "torch", "fp32").predict(TEXT)
    assert main(["export", str(checkpoint), "-o", str(tmp_path / "onnx"), "--sentences", "20"]) == 0
    assert "on 20 sentences of corpus:development the same topics in" in capsys.readouterr().out
    right = Predictor.from_pretrained(tmp_path / "onnx").predict(TEXT)
    assert max(abs(left.scores[topic] - right.scores[topic]) for topic in left.scores) < 0.1
    record = json.loads((tmp_path / "onnx" / "training.json").read_text(encoding="utf-8"))
    assert record["export"]["texts"] == 20
    assert record["export"]["int8"]
    assert "Exported to int8" in (tmp_path / "onnx" / "README.md").read_text(encoding="utf-8")
    for answer in (left, right):
        assert all(TEXT[p.start : p.end] == p.text for p in answer.participants)


def test_precisions_give_nearly_the_same(checkpoint: Path) -> None:
    exact, short = (Predictor.from_pretrained(checkpoint, "cpu", "torch", name).predict(TEXT) for name in ("fp32", "bf16"))
    assert max(abs(exact.scores[topic] - short.scores[topic]) for topic in exact.scores) < 0.05
    with pytest.raises(ValueError, match="precision: unknown precision 'int3'"):
        Predictor.from_pretrained(checkpoint, precision="int3")


def test_another_version_of_the_segmenter_is_refused_unless_asked_for(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "older"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"segmenter_version": "1.0"}), encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"was trained with underthesea 1\.0, installed is 9"):
        Predictor.from_pretrained(folder)
    assert Predictor.from_pretrained(folder, segmenter="underthesea").predict(TEXT).text == TEXT
    assert main(["export", str(folder), "-o", str(tmp_path / "onnx"), "--sentences", "2"]) == 0
    assert Predictor.from_pretrained(folder, segmenter="none").predict(TEXT).text == TEXT
    assert main(["predict", "--checkpoint", str(folder), "--text", TEXT]) == 1
    assert main(["predict", "--checkpoint", str(folder), "--segmenter", "underthesea", "--text", TEXT]) == 0


def test_another_rule_for_syllables_is_another_version(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "none"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"segmenter": "none", "segmenter_version": "0"}), encoding="utf-8")
    with pytest.raises(CheckpointError, match="was trained with none 0, installed is"):
        Predictor.from_pretrained(folder)


def test_a_segmenter_for_a_checkpoint_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="segmenter: underthesea, but the checkpoint's tokenizer reads raw text"):
        Predictor.from_pretrained(segmenter="underthesea")


def test_features_can_go_to_processes_that_are_not_forked(tiny_phobert: Path, tmp_path: Path) -> None:
    run = prepare(Experiment(output=str(tmp_path / "run"), backbone=str(tiny_phobert), data=Data(limit=8)))
    copy = pickle.loads(pickle.dumps(run.features))
    assert [copy[i] for i in range(8)] == [run.features[i] for i in range(8)]


def test_workers_change_nothing(tiny_phobert: Path, tmp_path: Path) -> None:
    weights = []
    for workers in (0, 2):
        train = Train(epochs=1, batch_size=8, precision="fp32", workers=workers)
        data = Data(limit=24)
        output = str(tmp_path / f"run{workers}")
        folder = finetune(Experiment(output=output, backbone=str(tiny_phobert), segmenter="none", data=data, train=train))
        weights.append((folder / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_a_missing_segmenter_says_what_to_install(checkpoint: Path, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.modules['underthesea'] = None\nimport hoptac\nhoptac.Predictor.from_pretrained({str(checkpoint)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert "CheckpointError" in done.stderr
    assert "pip install" in done.stderr


def test_training_counts_participants_that_the_segmenter_cuts_and_learns_to_split_them(
    tiny_phobert: Path, tmp_path: Path
) -> None:
    run = prepare(Experiment(output=str(tmp_path / "run"), backbone=str(tiny_phobert)))
    assert run.features.cut_by_segmenter > 0.03 * run.features.spans
    assert run.features.cut < 0.002 * run.features.spans
    assert run.config.cuts


def test_a_segmenter_for_a_backbone_without_words_is_refused(tiny_backbone: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="only PhoBERT reads words"):
        prepare(Experiment(output=str(tmp_path / "run"), backbone=str(tiny_backbone), segmenter="underthesea"))


def test_a_window_longer_than_phobert_was_made_for_is_refused(tiny_phobert: Path, tmp_path: Path) -> None:
    experiment = Experiment(output=str(tmp_path / "run"), backbone=str(tiny_phobert), network=Network(max_length=257))
    with pytest.raises(ConfigError, match=r"network\.max_length: 257, but the encoder has positions for 256 tokens"):
        prepare(experiment)


TEN_TYPES = ["VESSEL", "PORT", "TREATY", "DISEASE", "MONEY", "WEAPON", "AWARD", "LANGUAGE", "RIVER", "FESTIVAL"]


def _made_up(side: str, count: int) -> list[Sentence]:
    """Sentences in which each of ten kinds of made-up names follows a word of its own."""
    draw = random.Random(side)
    sentences = []
    for number in range(count):
        kind = TEN_TYPES[number % 10]
        name = f"{draw.choice(['An', 'Bình', 'Cát', 'Dương'])} {draw.choice(['Giang', 'Hà', 'Khê', 'Long'])} {number}"
        text = f"hôm nay {kind.lower()} {name} có tên trong bài"
        start = text.index(name)
        sentences.append(Sentence(f"{side}{number}", text, None, (Participant(name, start, start + len(name), kind),)))
    return sentences


def test_a_scheme_of_ten_types_and_no_topics_goes_through_every_command(
    tiny_phobert: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for side, count in (("train", 80), ("development", 20)):
        write_sentences(tmp_path / f"{side}.jsonl", _made_up(side, count))
        source, target = (str(tmp_path / f"{side}.{ending}") for ending in ("jsonl", "conll"))
        assert main(["data", "convert", source, target, "--types", ",".join(TEN_TYPES)]) == 0
    (tmp_path / "ner.yaml").write_text(
        f"output: {tmp_path / 'ner'}\nbackbone: {tiny_phobert}\nsegmenter: none\n"
        f"data:\n  train: [{tmp_path / 'train.conll'}]\n  development: [{tmp_path / 'development.conll'}]\n"
        "  topics: []\n  types: data\n"
        "augment: {replace: 0, upper_case: 0, no_diacritics: 0}\n"
        "train: {epochs: 25, patience: 25, batch_size: 8, learning_rate: 3.0e-3, head_learning_rate: 1.0e-2, precision: fp32}\n",
        encoding="utf-8",
    )
    assert main(["train", str(tmp_path / "ner.yaml")]) == 0
    config = CheckpointConfig.load(tmp_path / "ner")
    assert (config.topics, sorted(config.types), len(config.tags)) == ((), sorted(TEN_TYPES), 21)
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "development.conll"), str(tmp_path / "ner"), "--json", "--draws", "5"]) == 0
    [part] = json.loads(capsys.readouterr().out)["data"].values()
    [result] = part["results"].values()
    assert result["counts"]["topics"] == {}
    assert result["scores"]["participants/exact/f1"]["value"] > 0.8
    assert (
        main(["export", str(tmp_path / "ner"), "-o", str(tmp_path / "onnx"), "--data", str(tmp_path / "development.conll")])
        == 0
    )
    [sentence] = _made_up("other", 1)
    answers = [Predictor.from_pretrained(tmp_path / name).predict(sentence.text) for name in ("ner", "onnx")]
    for answer in answers:
        assert [(p.text, p.type) for p in answer.participants] == [(p.text, p.type) for p in sentence.participants or ()]
        assert answer.topics == ()
    assert main(["predict", "--checkpoint", str(tmp_path / "onnx"), "--text", sentence.text, "--format", "csv"]) == 0
    assert "VESSEL" in capsys.readouterr().out


def test_a_scheme_of_own_topics_comes_from_the_data(tiny_phobert: Path, tmp_path: Path) -> None:
    def labelled(side: str) -> list[Sentence]:
        return [
            Sentence(f"{side}{n}", f"bài số {n} về {topic} {side}", (topic,) if topic != "không" else ())
            for n, topic in enumerate(["bóng đá", "thời tiết", "không"] * 6)
        ]

    for side in ("train", "development"):
        write_sentences(tmp_path / f"{side}.jsonl", labelled(side))
    data = Data([str(tmp_path / "train.jsonl")], [str(tmp_path / "development.jsonl")], topics="data", types="data")
    folder = finetune(
        Experiment(
            output=str(tmp_path / "run"),
            backbone=str(tiny_phobert),
            segmenter="none",
            data=data,
            train=Train(epochs=1, batch_size=6),
        )
    )
    config = CheckpointConfig.load(folder)
    assert (config.topics, config.types) == (("bóng đá", "thời tiết"), ())
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["development"]["participants"] is None
    assert record["development"]["topics"]["core_macro_f1"] is None


def test_nothing_to_learn_is_refused(tiny_phobert: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is nothing to learn"):
        prepare(Experiment(output=str(tmp_path / "run"), backbone=str(tiny_phobert), data=Data(topics=[], types=[])))


def test_unlabelled_corpora_train_the_package_s_own_tags_only(tiny_phobert: Path, tmp_path: Path) -> None:
    sentences = [Sentence(s.id, s.text, None, s.participants) for s in load_corpus("train")[:16]]
    write_sentences(tmp_path / "train.jsonl", sentences)
    data = Data([str(tmp_path / "train.jsonl")], limit=16, topics="data")
    run = prepare(Experiment(output=str(tmp_path / "run"), backbone=str(tiny_phobert), data=data))
    assert run.config.topics == ()
    assert run.model.topic_head is None
