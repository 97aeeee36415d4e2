"""A torch checkpoint as an ONNX int8 checkpoint: small, fast on a CPU, and free of torch."""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .card import RECORD_FILE, write_card
from .configuration import ONNX_WEIGHTS, TOKENIZER_FILE, CheckpointError
from .predictor import Predictor
from .runtime import TorchRuntime


@dataclass(frozen=True, slots=True)
class Parity:
    """How far the exported network is from the one it came from, over some texts."""

    texts: int
    topic_logits: float
    """Largest absolute difference of a topic logit."""
    same_topics: float
    """Share of texts with the same topics."""
    same_participants: float
    """Share of texts with the same participants."""


def export(checkpoint: str | Path, folder: str | Path, quantize: bool = True) -> Path:
    """Write the ONNX form of a torch checkpoint.

    Weight matrices become int8 with one scale per output channel, the word table int8, activations are quantised as
    they come (dynamic quantisation).

    Args:
        checkpoint: a folder with `model.safetensors`.
        folder: where the ONNX checkpoint is written; made if it is missing.
        quantize: int8; False keeps float32.

    Returns:
        `folder`.

    Raises:
        CheckpointError: if `checkpoint` is none, or `folder` is the same folder.

    >>> export("runs/embedded", "model/default")  # doctest: +SKIP
    PosixPath('model/default')
    """
    source, target = Path(checkpoint), Path(folder)
    if source.resolve() == target.resolve():
        raise CheckpointError(f"{target}: the ONNX checkpoint needs a folder of its own")
    predictor = Predictor.from_pretrained(source, device="cpu", backend="torch")
    assert isinstance(predictor.runtime, TorchRuntime)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "float32.onnx"
        _trace(predictor.runtime.model, plain)
        final = Path(scratch) / ONNX_WEIGHTS
        if quantize:
            _quantize(plain, final)
        else:
            plain.rename(final)
        shutil.copyfile(final, target / ONNX_WEIGHTS)
    shutil.copyfile(source / TOKENIZER_FILE, target / TOKENIZER_FILE)
    predictor.config.save(target)
    if (source / RECORD_FILE).exists():
        shutil.copyfile(source / RECORD_FILE, target / RECORD_FILE)
        write_card(target)
    return target


def _trace(model: Any, path: Path) -> None:
    import onnx
    import torch

    class Heads(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> tuple[Any, Any]:
            output = self.model(input_ids, attention_mask)
            batch, tokens = input_ids.shape
            return (
                output.get("topic_logits", torch.zeros(batch, 0)),
                output.get("tag_logits", torch.zeros(batch, tokens, 0)),
            )

    ids = torch.ones(2, 9, dtype=torch.int64)
    size = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=512)}
    noisy = logging.getLogger("torch.onnx")
    level = noisy.level
    noisy.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Heads().eval(),
                (ids, torch.ones_like(ids)),
                str(path),
                input_names=["input_ids", "attention_mask"],
                output_names=["topic_logits", "tag_logits"],
                dynamic_shapes={"input_ids": size, "attention_mask": size},
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    finally:
        noisy.setLevel(level)
    graph = onnx.load(path)
    del graph.graph.value_info[:]  # the quantiser refuses what the exporter notes there
    onnx.save(graph, path)


def _quantize(plain: Path, final: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = plain.with_name("prepared.onnx")
    quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        quantize_dynamic(
            prepared,
            final,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )
    finally:
        root.setLevel(level)


def compare(original: Predictor, exported: Predictor, texts: Sequence[str]) -> Parity:
    """How far two predictors of one checkpoint are apart on `texts`."""
    left = [topics for topics, _ in original.logits(texts)]
    right = [topics for topics, _ in exported.logits(texts)]
    answers = list(zip(original.predict(texts), exported.predict(texts), strict=True))
    spans = [[[(p.start, p.end, p.type) for p in a.participants] for a in pair] for pair in answers]
    return Parity(
        texts=len(texts),
        topic_logits=float(np.abs(np.stack(left) - np.stack(right)).max()),
        same_topics=sum(a.topics == b.topics for a, b in answers) / len(texts),
        same_participants=sum(a == b for a, b in spans) / len(texts),
    )
