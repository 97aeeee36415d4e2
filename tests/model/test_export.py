"""The ONNX form answers as the torch form does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hoptac.model.configuration import CheckpointError
from hoptac.model.export import calibration_texts, compare, export
from hoptac.model.predictor import Predictor

CALIBRATION = calibration_texts()[::8]
TEXTS = ["Việt Nam bàn với Lào về thương mại.", "ông Nguyễn Văn Bình", "", "Mỹ (Lào) " * 30]


@pytest.fixture(scope="module")
def exported(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tiny_checkpoint, tmp_path_factory.mktemp("onnx"), quantize=False)


def test_float32_export_agrees_with_torch(tiny_checkpoint: Path, exported: Path) -> None:
    torch_form, onnx_form = (
        Predictor.from_pretrained(tiny_checkpoint, "cpu", "torch", "fp32"),
        Predictor.from_pretrained(exported),
    )
    for (left, left_tags), (right, right_tags) in zip(torch_form.logits(TEXTS), onnx_form.logits(TEXTS), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)
        np.testing.assert_allclose(left_tags, right_tags, atol=1e-4)
    parity = compare(torch_form, onnx_form, TEXTS)
    assert (parity.texts, parity.same_topics, parity.same_participants) == (4, 1.0, 1.0)


def test_int8_export_stays_near_torch(tiny_checkpoint: Path, tmp_path: Path) -> None:
    folder = export(tiny_checkpoint, tmp_path / "int8", calibration=CALIBRATION)
    torch_form, onnx_form = (
        Predictor.from_pretrained(tiny_checkpoint, "cpu", "torch", "fp32"),
        Predictor.from_pretrained(folder),
    )
    parity = compare(torch_form, onnx_form, TEXTS)
    assert 0 < parity.topic_logits < 0.3  # above zero: it was quantised


def test_int8_answers_do_not_depend_on_the_batch(tiny_checkpoint: Path, tmp_path: Path) -> None:
    predictor = Predictor.from_pretrained(export(tiny_checkpoint, tmp_path / "int8", calibration=CALIBRATION))
    together = predictor.logits(TEXTS, batch_size=4)
    for text, (topics, tags) in zip(TEXTS, together, strict=True):
        [(alone, alone_tags)] = predictor.logits([text], batch_size=1)
        np.testing.assert_allclose(topics, alone, atol=1e-4)
        np.testing.assert_allclose(tags, alone_tags, atol=1e-4)


def test_a_truncated_network_is_refused_even_with_a_matching_hash(exported: Path, tmp_path: Path) -> None:
    from hoptac.model.configuration import CheckpointConfig

    for path in exported.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    network = tmp_path / "model.onnx"
    network.write_bytes(network.read_bytes()[:5000])
    config = CheckpointConfig.load(tmp_path, verify=False)
    config.save(tmp_path)
    with pytest.raises(CheckpointError, match="onnxruntime cannot read it"):
        Predictor.from_pretrained(tmp_path)


def test_the_export_needs_a_folder_of_its_own(tiny_checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match="a folder of its own"):
        export(tiny_checkpoint, tiny_checkpoint)
