"""Networks in eight bits: near their torch form, deaf to their neighbours, exact on every processor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoModel, BertConfig, ElectraConfig, RobertaConfig

from hoptac.data.corpus import load_corpus
from hoptac.data.labels import TOPICS, TYPES, bio_tags
from hoptac.model import runtime
from hoptac.model.configuration import TOKENIZER_FILE, TORCH_WEIGHTS, CheckpointConfig
from hoptac.model.export import calibration_texts, export
from hoptac.model.int8 import Seen, round_weights, rounding_factor
from hoptac.model.modeling import TopicParticipantModel
from hoptac.model.predictor import Predictor

TEXTS = ["Việt Nam bàn với Lào về thương mại.", "ông Nguyễn Văn Bình", "", "Mỹ (Lào) " * 30, "Lào, Mỹ và Việt Nam"]
CALIBRATION = calibration_texts()[::8]
CONFIGS = {"bert": BertConfig, "roberta": RobertaConfig, "electra": ElectraConfig}


def _checkpoint(
    folder: Path, tiny_checkpoint: Path, kind: str, topics: tuple[str, ...], types: tuple[str, ...], **fields: int
) -> Path:
    """A torch checkpoint of an untrained network whose activations have a channel that is much larger than the rest."""
    torch.manual_seed(5)
    vocabulary = json.loads((tiny_checkpoint / "config.json").read_text(encoding="utf-8"))["backbone"]["vocab_size"]
    config: Any = CONFIGS[kind]
    backbone = config(
        vocab_size=vocabulary,
        hidden_size=32,
        embedding_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        pad_token_id=1,
        **fields,
    )
    encoder = AutoModel.from_config(backbone)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for module in encoder.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.weight[3], module.bias[5] = 8.0, -4.0
            if isinstance(module, torch.nn.Linear):
                module.bias.normal_(0, 0.2)
    folder.mkdir()
    tags = bio_tags(types)
    model = TopicParticipantModel(encoder, len(topics), len(tags) if types else 0)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / TORCH_WEIGHTS)
    (folder / TOKENIZER_FILE).write_bytes((tiny_checkpoint / TOKENIZER_FILE).read_bytes())
    CheckpointConfig(backbone.to_dict(), topics=topics, types=types, tags=tags, max_length=32).save(folder)
    return folder


@pytest.mark.parametrize(
    ("kind", "topics", "types"),
    [
        ("bert", TOPICS, TYPES),
        ("bert", TOPICS, ()),
        ("bert", (), TYPES),
        ("roberta", TOPICS, TYPES),
        ("electra", TOPICS, TYPES),
    ],
)
def test_int8_is_near_torch(
    tmp_path: Path, tiny_checkpoint: Path, kind: str, topics: tuple[str, ...], types: tuple[str, ...]
) -> None:
    source = _checkpoint(tmp_path / "torch", tiny_checkpoint, kind, topics, types)
    network = Predictor.from_pretrained(source, "cpu", "torch", "fp32")
    small = Predictor.from_pretrained(export(source, tmp_path / "onnx", calibration=CALIBRATION))
    assert small.runtime.padded == (kind == "electra")  # which is traced, the others are written node by node
    texts = [sentence.text for sentence in load_corpus("development")[:60]]
    for left, right in zip(zip(*network.logits(texts), strict=True), zip(*small.logits(texts), strict=True), strict=True):
        plain, quantised = np.concatenate(left), np.concatenate(right)
        assert plain.shape == quantised.shape
        error = (
            np.square(plain - quantised).mean() / max(np.square(plain - plain.mean(axis=0)).mean(), 1e-9) if plain.size else 0
        )
        assert error < 0.01


@pytest.fixture(scope="module")
def int8(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("int8")
    return export(
        _checkpoint(folder / "torch", tiny_checkpoint, "bert", TOPICS, TYPES), folder / "onnx", calibration=CALIBRATION
    )


def test_not_a_bit_of_an_answer_depends_on_the_neighbours(int8: Path) -> None:
    predictor = Predictor.from_pretrained(int8)
    together = predictor.logits(TEXTS * 3, batch_size=4)
    for text, (topics, tags) in zip(TEXTS * 3, together, strict=True):
        [(alone, alone_tags)] = predictor.logits([text])
        np.testing.assert_array_equal(topics, alone)
        np.testing.assert_array_equal(tags, alone_tags)


def test_a_processor_that_overflows_gets_the_exact_form(int8: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Predictor.from_pretrained(int8).logits(TEXTS)
    opened: list[bool] = []
    session = runtime._session

    class Overflowing:
        """A session on a processor that adds up in 16 bits."""

        def __init__(self, real: object) -> None:
            self.real = real

        def __getattr__(self, name: str) -> object:
            return getattr(self.real, name)

        def run(self, names: list[str], given: dict[str, np.ndarray], *options: object) -> list[np.ndarray]:
            found: list[np.ndarray] = self.real.run(names, given, *options)  # type: ignore[attr-defined]
            return [array // 2 if name == runtime.PROBE else array for name, array in zip(names, found, strict=True)]

    def open_session(path: Path, exact: bool) -> object:
        opened.append(exact)
        return session(path, exact) if exact else Overflowing(session(path, exact))

    monkeypatch.setattr(runtime, "_session", open_session)
    predictor = Predictor.from_pretrained(int8)
    assert opened == [False, True]
    for (left, left_tags), (right, right_tags) in zip(expected, predictor.logits(TEXTS), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)
        np.testing.assert_allclose(left_tags, right_tags, atol=1e-4)


def test_the_word_table_and_the_encoder_are_bytes(int8: Path) -> None:
    kinds = {"Gather": 0, "MatMulIntegerToFloat": 0}
    network = onnx.load(int8 / "model.onnx").graph
    weights = {weight.name: weight.data_type for weight in network.initializer}
    for node in network.node:
        if node.op_type == "Gather":
            kinds["Gather"] += weights[node.input[0]] == onnx.TensorProto.INT8
        elif node.op_type == "MatMulIntegerToFloat":
            kinds["MatMulIntegerToFloat"] += weights[node.input[1]] == onnx.TensorProto.INT8
    assert kinds == {"Gather": 1, "MatMulIntegerToFloat": 12}


def test_texts_of_different_lengths_are_refused_by_a_network_without_mask(int8: Path) -> None:
    with pytest.raises(ValueError, match="one length"):
        Predictor.from_pretrained(int8).runtime.run([[0, 5, 2], [0, 5, 6, 2]])


def test_rounding_by_what_varies_together_is_better_than_to_the_nearest() -> None:
    draw = np.random.default_rng(3)
    inputs = draw.normal(size=(400, 100)) @ draw.normal(size=(100, 100)) + draw.normal(size=100)
    weight = draw.normal(size=(7, 100)).astype(np.float32) * 3
    moments = inputs.T @ inputs / len(inputs)
    errors = [
        np.square(inputs @ (weight - rounded).T).mean()
        for rounded in (round_weights(weight, rounding_factor(moments)), np.round(weight))
    ]
    assert errors[0] < 0.5 * errors[1]


def test_moments_are_those_of_the_centred_and_scaled_rows() -> None:
    draw = np.random.default_rng(4)
    rows = (draw.normal(size=(50, 6)) + 2).astype(np.float32)
    seen = Seen(6)
    seen.add(torch.from_numpy(rows[:20]))
    seen.add(torch.from_numpy(rows[20:]))
    seen.finish()
    center, scale = rows.mean(axis=0), np.linspace(0.5, 2, 6).astype(np.float32)
    changed = (rows - center) / scale
    np.testing.assert_allclose(seen.moments(center, scale), changed.T @ changed / 50, atol=1e-4)
    np.testing.assert_array_equal(seen.low, rows.min(axis=0))


def test_a_full_window_of_roberta_reaches_its_last_position(tmp_path: Path, tiny_checkpoint: Path) -> None:
    source = _checkpoint(tmp_path / "torch", tiny_checkpoint, "roberta", TOPICS, TYPES, max_position_embeddings=34)
    small = Predictor.from_pretrained(export(source, tmp_path / "onnx", calibration=CALIBRATION))
    network = Predictor.from_pretrained(source, "cpu", "torch", "fp32")
    windows = small.tokenizer.windows(small.tokenizer.encode([TEXTS[3]])[0])
    assert max(len(window.ids) for window in windows) == 32  # with the two positions before the first: the whole table
    [(left, _)], [(right, _)] = network.logits([TEXTS[3]]), small.logits([TEXTS[3]])
    np.testing.assert_allclose(left, right, atol=0.5)


def test_a_checkpoint_of_links_opens_as_in_the_cache_of_the_hub(int8: Path, tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "snapshots" / "main").mkdir(parents=True)
    for number, path in enumerate(int8.iterdir()):
        blob = tmp_path / "blobs" / f"{number:040x}"
        blob.write_bytes(path.read_bytes())
        (tmp_path / "snapshots" / "main" / path.name).symlink_to(Path("..", "..", "blobs", blob.name))
    predictor = Predictor.from_pretrained(tmp_path / "snapshots" / "main")
    np.testing.assert_array_equal(predictor.logits(TEXTS)[0][0], Predictor.from_pretrained(int8).logits(TEXTS)[0][0])
