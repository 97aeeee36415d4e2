"""A torch checkpoint as an ONNX int8 checkpoint: small, fast on a CPU, and free of torch."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from ..data.corpus import load_corpus
from ..data.variants import without_diacritics
from .card import EVALUATION_FILE, RECORD_FILE, read_record, write_card
from .configuration import ONNX_DATA, ONNX_WEIGHTS, TOKENIZER_FILE, TORCH_WEIGHTS, CheckpointConfig, CheckpointError
from .int8 import build_int8, can_build, observe, row_scale
from .predictor import Predictor
from .runtime import SLOWER_FUSIONS, OnnxRuntime, TorchRuntime


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


def export(
    checkpoint: str | Path,
    folder: str | Path,
    quantize: bool = True,
    texts: Sequence[str] = (),
    calibration: Sequence[str] | None = None,
) -> Path:
    """Write the ONNX form of a torch checkpoint, of whatever backbone.

    With `quantize` the encoder's matrix products and its word table become int8. Networks of BERT's build are written by `model.int8`; others are
    traced, and their weights quantised in blocks.

    Args:
        checkpoint: a folder with `model.safetensors`.
        folder: where the ONNX checkpoint is written; made if it is missing.
        quantize: int8; False keeps float32.
        texts: compare both networks on these, and note how far they agree in `training.json` and on the card.
        calibration: texts of the kind to be read, some hundred, by which the scales of int8 are chosen; None takes `calibration_texts`, which is
            right for Vietnamese news and hardly for another language.

    Returns:
        `folder`.

    Raises:
        CheckpointError: if `checkpoint` is none, or `folder` holds a torch checkpoint.

    >>> export("runs/embedded", "model/default")  # doctest: +SKIP
    PosixPath('model/default')
    """
    source, target = Path(checkpoint), Path(folder)
    if source.resolve() == target.resolve():
        raise CheckpointError(f"{target}: the ONNX checkpoint needs a folder of its own")
    if (target / TORCH_WEIGHTS).exists():
        raise CheckpointError(f"{target}: holds {TORCH_WEIGHTS}, the weights of another checkpoint")
    # Any version of the segmenter will do, since both forms are compared on the same words.
    segmenter = CheckpointConfig.load(source, verify=False).segmenter
    predictor = Predictor.from_pretrained(
        source, device="cpu", backend="torch", precision="fp32", segmenter=None if segmenter == "none" else segmenter
    )
    assert isinstance(predictor.runtime, TorchRuntime)
    model = predictor.runtime.model
    build = quantize and can_build(model.encoder)
    size = 4 * sum(parameter.numel() for parameter in model.parameters())
    if size > _LARGEST and not build:
        raise CheckpointError(f"{source}: its {size / 1e9:.1f} GB of weights do not fit into one ONNX file, which holds 2 GB")
    target.mkdir(parents=True, exist_ok=True)
    # Beside the result and not where the system keeps small temporary files: a large network takes gigabytes.
    with tempfile.TemporaryDirectory(dir=target, prefix=".export-") as scratch:
        if build:
            network = build_int8(model, observe(predictor, model, calibration or calibration_texts()))
        else:
            plain = Path(scratch) / "float32.onnx"
            _trace(model, predictor.config.max_length, plain)
            if quantize:
                quantised = Path(scratch) / "int8.onnx"
                _quantize(plain, quantised)
                plain = quantised
            network = _optimised(plain)
        onnx.save(
            network,
            str(Path(scratch) / ONNX_WEIGHTS),
            save_as_external_data=True,
            location=ONNX_DATA,
            size_threshold=_SMALL,
        )
        (Path(scratch) / ONNX_DATA).chmod((Path(scratch) / ONNX_WEIGHTS).stat().st_mode)  # onnx makes it for its owner alone
        for name in (ONNX_DATA, ONNX_WEIGHTS):
            (Path(scratch) / name).replace(target / name)
    shutil.copyfile(source / TOKENIZER_FILE, target / TOKENIZER_FILE)
    predictor.config.save(target)
    (target / EVALUATION_FILE).unlink(missing_ok=True)  # of what stood here before
    record = read_record(source)
    if texts:
        exported = Predictor(predictor.config, predictor.tokenizer, OnnxRuntime(target / ONNX_WEIGHTS, predictor.config))
        parity = {"int8": quantize, **asdict(compare(predictor, exported, texts))}
        record = record | {"export": parity}
    if record:
        (target / RECORD_FILE).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if "experiment" in record:
            write_card(target)
    return target


def calibration_texts() -> list[str]:
    """Sentences of the shipped corpus, in other letters too, long texts of them, and odd ones: what activations may look like."""
    texts = [sentence.text for sentence in load_corpus("train")][::16]
    others = [*map(without_diacritics, texts[::4]), *map(str.upper, texts[1::4]), *map(str.lower, texts[2::4])]
    return [*texts, *others, *(" ".join(texts[start::8]) for start in range(8)), *_ODD_TEXTS]


_ODD_TEXTS = (
    "",
    "?",
    "2026",
    "Lào",
    "ABC XYZ",
    "!!! ... ???",
    "1 234 567,89 % (+84) 24/7 $ €",
    "[tin] {ảnh} <video> | #hợp_tác @hanoi",
    "https://vi.example/tin-tuc?trang=2&muc=doi-ngoai",
    "The two sides agreed to exchange data on ships.",
    "Les deux pays ouvrent une ligne directe.",
    "Стороны обсудили обмен опытом.",
    "双方讨论了海上安全。",
    "양측은 협력을 논의했다.",
    "両国は協力を確認した。",
    "ทั้งสองฝ่ายหารือเรื่องการค้า",
    "ناقش الجانبان التجارة",
    "🤝🇻🇳🇱🇦 😀",
)


def _optimised(plain: Path) -> onnx.ModelProto:
    """The network with all fused that onnxruntime can fuse, so that a predictor has less to do when it opens the file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    final = plain.with_name("optimised.onnx")
    options.optimized_model_filepath = str(final)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    onnxruntime.InferenceSession(str(plain), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER_FUSIONS)
    return onnx.load(final)


def _trace(model: Any, max_length: int, path: Path) -> None:
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
    size = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=max_length)}
    with _quiet():
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
    graph = onnx.load(path)
    del graph.graph.value_info[:]  # the quantiser refuses what the exporter notes there
    onnx.save(graph, path)


_SMALL = 1024
"""Bytes of an array that stays in the description of the network."""

_LARGEST = 1.95e9
"""Bytes of weights that an ONNX file can hold beside the network's description."""

_BLOCK = 32
"""Weights that share one scale; activations are quantised in blocks of the same size."""


def _quantize(plain: Path, final: Path) -> None:
    """Eight-bit weights for the encoder's matrix products and the word table; the two heads keep float32.

    Scales are per block of 32 weights and, for activations, per block of 32 values of one token (`MatMulNBits` of onnxruntime at accuracy
    level 4). One scale for a whole batch, which plain dynamic quantisation takes, changed the topics of one sentence in
    fourteen and let answers depend on the neighbours in the batch.
    """
    import onnx
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = plain.with_name("prepared.onnx")
    with _quiet():
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        network = onnx.load(prepared)
        _quantize_word_table(network.graph)
        heads = _head_products(network.graph)
        quantizer = MatMulNBitsQuantizer(
            network, bits=8, block_size=_BLOCK, is_symmetric=True, accuracy_level=4, nodes_to_exclude=heads
        )
        quantizer.process()
        quantizer.model.save_model_to_file(str(final), False)


def _head_products(graph: Any) -> list[str]:
    """Names of the matrix products nearest to the outputs: those of the two heads."""
    makers = {name: node for node in graph.node for name in node.output}
    names: list[str] = []
    open_ = [output.name for output in graph.output]
    while open_:
        node = makers.get(open_.pop())
        if node is None:
            continue
        if node.op_type in ("MatMul", "Gemm"):
            names.append(node.name)
        else:
            open_ += node.input
    return names


def _quantize_word_table(graph: Any) -> None:
    """Replace the largest table that is read row by row by an int8 table with a scale per row."""
    from onnx import TensorProto, helper, numpy_helper

    weights = {weight.name: weight for weight in graph.initializer}
    reads = [node for node in graph.node if node.op_type == "Gather" and node.input[0] in weights]
    read = max(reads, key=lambda node: int(np.prod(weights[node.input[0]].dims)))
    table = numpy_helper.to_array(weights[read.input[0]])
    scale = row_scale(table)
    name, ids = read.input[0], read.input[1]
    graph.initializer.remove(weights[name])
    graph.initializer.append(numpy_helper.from_array(np.round(table / scale).astype(np.int8), f"{name}_int8"))
    graph.initializer.append(numpy_helper.from_array(scale, f"{name}_scale"))
    parts = [
        helper.make_node("Gather", [f"{name}_int8", ids], [f"{name}_rows"], f"{name}_rows"),
        helper.make_node("Cast", [f"{name}_rows"], [f"{name}_float"], f"{name}_float", to=TensorProto.FLOAT),
        helper.make_node("Gather", [f"{name}_scale", ids], [f"{name}_scales"], f"{name}_scales"),
        helper.make_node("Mul", [f"{name}_float", f"{name}_scales"], [read.output[0]], f"{name}_mul"),
    ]
    place = list(graph.node).index(read)
    graph.node.remove(read)
    for offset, node in enumerate(parts):
        graph.node.insert(place + offset, node)


@contextmanager
def _quiet() -> Iterator[None]:
    """No log lines of the tools within; importing the quantiser also puts a handler on the root logger, which goes again."""
    root = logging.getLogger()
    handlers, disabled = root.handlers[:], logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        root.handlers[:] = handlers


def compare(original: Predictor, exported: Predictor, texts: Sequence[str]) -> Parity:
    """How far two predictors of one checkpoint are apart on `texts`."""
    logits = [predictor.logits(texts) for predictor in (original, exported)]
    left, right = (predictor.answers(texts, found) for predictor, found in zip((original, exported), logits, strict=True))
    spans = [[[(p.start, p.end, p.type) for p in answer.participants] for answer in answers] for answers in (left, right)]
    topics = [np.stack([row for row, _ in found]) for found in logits]
    return Parity(
        texts=len(texts),
        topic_logits=float(np.abs(topics[0] - topics[1]).max(initial=0)),
        same_topics=sum(a.topics == b.topics for a, b in zip(left, right, strict=True)) / len(texts),
        same_participants=sum(a == b for a, b in zip(*spans, strict=True)) / len(texts),
    )
