"""A BERT-like network in eight bits: an ONNX graph written node by node.

A CPU multiplies unsigned by signed bytes at up to nine times its rate in float32, but only if a whole row of an activation shares one scale, and
activations of these encoders have a few channels that are ten times as large as the rest. So each channel of an activation is first centred and
divided by a scale of its own, which the weights that read it take over (SmoothQuant, Xiao et al. 2023; Outlier Suppression+, Wei et al. 2023).
What can be moved into a neighbouring layer norm, projection or bias is moved there and costs nothing. How this was chosen: `eval/benchmark.md`.

The graph has no mask: all its rows have the same number of tokens, so that nothing is spent on padding and no answer depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .runtime import PROBE

if TYPE_CHECKING:
    from .modeling import TopicParticipantModel
    from .predictor import Predictor

Floats = NDArray[np.float32]
FAMILY = ("bert", "roberta", "xlm-roberta")
"""Model types whose layers are built here: attention, layer norm, feed-forward, layer norm, with learned positions."""
_OPSET, _IR = 23, 10
_CONTRIBUTED = "com.microsoft"
_SMOOTHING = 0.7
"""How much of a channel's size goes over to the weights: 0 leaves all with the activation, 1 with the weights."""
_ZERO = 128
"""The byte that stands for zero in centred activations."""
_LOW, _GELU_LOW = 16, 0.17
"""After the activation function nothing is below -0.17, so that the byte for zero may be small, and the steps finer."""


_TOGETHER = 1024
"""Tokens whose products are added at once."""


class Seen:
    """What a linear layer read over some texts.

    Attributes:
        low, high: the smallest and the largest value of each channel, arrays of shape (channels,).
        total: the sum of each channel, (channels,).
        squares: the sum of the products of each two channels, (channels, channels).
        rows: how many tokens were read.
    """

    def __init__(self, channels: int) -> None:
        self.low = np.full(channels, np.inf, np.float32)
        self.high = np.full(channels, -np.inf, np.float32)
        self.total = np.zeros(channels)
        self.squares = np.zeros((channels, channels), np.float32)
        self.rows = 0
        self._waiting: list[torch.Tensor] = []

    def add(self, rows: torch.Tensor) -> None:
        """Count rows (tokens, channels); `finish` must follow the last."""
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= _TOGETHER:
            self.finish()

    def finish(self) -> None:
        if not self._waiting:
            return
        # In torch, whose threads are awake already: numpy's would wait for the same processors.
        rows, self._waiting = torch.cat(self._waiting), []
        self.low = np.minimum(self.low, rows.amin(0).numpy())
        self.high = np.maximum(self.high, rows.amax(0).numpy())
        self.total += rows.double().sum(0).numpy()
        torch.from_numpy(self.squares).addmm_(rows.T, rows)
        self.rows += len(rows)

    def moments(self, center: Floats, scale: Floats) -> NDArray[np.float64]:
        """Mean products of each two channels after `(x - center) / scale`."""
        mean = self.total / self.rows
        found = self.squares / self.rows - np.outer(center, mean) - np.outer(mean, center) + np.outer(center, center)
        return np.asarray(found / np.outer(scale, scale), np.float64)


def can_build(encoder: Any) -> bool:
    """Whether the encoder is one of those that `build_int8` knows."""
    config = encoder.config
    learned = getattr(config, "position_embedding_type", "absolute") == "absolute"
    return config.model_type in FAMILY and config.hidden_act == "gelu" and learned and not getattr(config, "is_decoder", False)


def observe(predictor: Predictor, model: TopicParticipantModel, texts: Sequence[str]) -> dict[str, Seen]:
    """What the linear layers of the encoder read in the texts, by the layers' names; layers that read the same share it."""
    found: dict[str, Seen] = {}

    def watch(name: str) -> Any:
        def hook(_: Any, inputs: tuple[torch.Tensor, ...]) -> None:
            rows = inputs[0].detach().flatten(0, -2).float().cpu()
            found.setdefault(name, Seen(rows.shape[1])).add(rows)

        return hook

    layers = [(name, layer) for name, layer in model.encoder.named_modules() if isinstance(layer, torch.nn.Linear)]
    hooks = [
        layer.register_forward_pre_hook(watch(name)) for name, layer in layers if not name.endswith(("self.key", "self.value"))
    ]
    try:
        predictor.logits(texts, batch_size=1)  # one by one: padding would be counted too
    finally:
        for hook in hooks:
            hook.remove()
    for seen in found.values():
        seen.finish()
    return found


def build_int8(model: TopicParticipantModel, seen: dict[str, Seen]) -> onnx.ModelProto:
    """The network with an eight-bit word table and eight-bit matrix products in the encoder; the two heads keep float32.

    Args:
        model: on the CPU, in float32; `can_build` must say yes to its encoder.
        seen: of `observe`.

    Returns:
        A graph from `input_ids` (batch, tokens), all of them real tokens, to `topic_logits` (batch, topics) and `tag_logits` (batch, tokens, tags).
    """
    encoder: Any = model.encoder
    graph = _Graph(encoder.config)
    layers = list(encoder.encoder.layer)
    readings = [_layer_readings(layer, f"encoder.layer.{number}.", seen) for number, layer in enumerate(layers)]
    states = _embeddings(graph, encoder, readings[0][0].center)
    for number, layer in enumerate(layers):
        following = readings[number + 1][0].center if number + 1 < len(layers) else np.zeros_like(readings[0][0].center)
        last = seen[f"encoder.layer.{number}.output.dense"]
        factor = rounding_factor(np.asarray(last.squares / last.rows, np.float64))
        states = _layer(graph, layer, states, readings[number], factor, following)
    _heads(graph, model, states)
    _probe(graph)
    return graph.model()


class _Graph:
    """Nodes and constants of a graph, of a network with this configuration."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.names: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self.one = self.constant(np.float32(1))
        self.zero = self.constant(np.uint8(_ZERO))
        self.last = self.constant(np.array([-1], np.int64))
        self.shared: dict[str, str] = {}

    def constant(self, value: Any) -> str:
        array = np.ascontiguousarray(value).reshape(np.shape(value))
        name = f"c{len(self.constants)}"
        if array.size <= 1024:  # what is small often comes again
            name = self.names.setdefault((str(array.dtype), array.shape, array.tobytes()), name)
        if name == f"c{len(self.constants)}":
            self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, *inputs: str, domain: str = "", output: str = "", **attributes: Any) -> str:
        name = output or f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def once(self, name: str, make: Callable[[], str]) -> str:
        """What every layer needs alike."""
        if name not in self.shared:
            self.shared[name] = make()
        return self.shared[name]

    def norm(self, rows: str, layer: Any, shift: Floats) -> str:
        """A layer norm, less `shift`."""
        weight, bias = self.constant(_array(layer.weight)), self.constant(_array(layer.bias) - shift)
        return self.add("LayerNormalization", rows, weight, bias, axis=-1, epsilon=float(layer.eps))

    def product(
        self, rows: str, weight: Floats, factor: NDArray[np.float64], bias: Floats | None = None, zero: str = ""
    ) -> str:
        """Bytes times a matrix (outputs, inputs), with a scale for each output; `factor` is what `round_weights` takes."""
        scale = row_scale(weight)
        matrix = round_weights(weight / scale, factor).T
        given = [
            rows,
            self.constant(matrix),
            self.one,
            self.constant(scale[:, 0]),
            zero or self.zero,
            "",
        ]  # the weights' zero is 0
        given += [] if bias is None else [self.constant(bias.astype(np.float32))]
        return self.add("MatMulIntegerToFloat", *given, domain=_CONTRIBUTED)

    def bytes_of(self, rows: str, scale: Floats) -> str:
        """Centred activations as bytes, each channel by its scale."""
        return self.add("QuantizeLinear", self.add("Mul", rows, self.constant(1 / scale)), self.one, self.zero)

    def model(self) -> onnx.ModelProto:
        ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
        graph = helper.make_graph(self.nodes, "hoptac", [ids], self.outputs, self.constants)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIBUTED, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR, producer_name="hoptac")


@dataclass(frozen=True, slots=True)
class _Reading:
    """How an activation becomes bytes: `(activation - center) / scale`, channel by channel, lies between -127 and 127."""

    center: Floats
    scale: Floats
    factor: NDArray[np.float64]
    """Of the bytes' moments, for all weights that read them."""

    def weight(self, weight: Floats) -> Floats:
        """The weight (outputs, inputs) that reads the bytes."""
        return weight * self.scale

    def bias(self, weight: Floats, bias: Floats) -> Floats:
        return bias + weight @ self.center


def _reading(seen: Seen, weights: Iterable[Floats]) -> _Reading:
    middle = (seen.high + seen.low) / 2
    size = np.maximum((seen.high - seen.low) / 2, 1e-5)
    column = np.maximum(np.abs(np.concatenate(list(weights))).max(axis=0), 1e-5)
    share = size**_SMOOTHING / column ** (1 - _SMOOTHING)
    step = (size / share).max() / 127
    center, scale = middle.astype(np.float32), (share * step).astype(np.float32)
    return _Reading(center, scale, rounding_factor(seen.moments(center, scale)))


def _layer_readings(layer: Any, name: str, seen: dict[str, Seen]) -> tuple[_Reading, _Reading, _Reading]:
    """What the projections of the attention read, what its output layer reads, and what the feed-forward part reads."""
    attention = layer.attention.self
    projections = [_array(part.weight) for part in (attention.query, attention.key, attention.value)]
    return (
        _reading(seen[f"{name}attention.self.query"], projections),
        _reading(seen[f"{name}attention.output.dense"], [_array(layer.attention.output.dense.weight)]),
        _reading(seen[f"{name}intermediate.dense"], [_array(layer.intermediate.dense.weight)]),
    )


def row_scale(matrix: Floats) -> Floats:
    """The step of each row (rows, 1) at which its largest value is 127."""
    scale: Floats = np.maximum(np.abs(matrix).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
    return scale


def rounding_factor(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """How the errors of inputs make up for each other: the lower Cholesky factor of the inverse moments, slightly damped.

    Args:
        moments: mean products of each two inputs, (inputs, inputs).
    """
    damped = moments + np.eye(len(moments)) * max(0.01 * float(np.trace(moments)) / len(moments), 1e-9)
    return np.linalg.cholesky(np.linalg.inv(damped))


def round_weights(weight: Floats, lower: NDArray[np.float64]) -> NDArray[np.int8]:
    """Weights (outputs, inputs) between -127 and 127 as whole numbers, so that what they give changes least (GPTQ, Frantar et al. 2023).

    Input by input the weights are rounded, and the inputs not yet rounded make up for the error as far as they vary together with it.

    Args:
        lower: the `rounding_factor` of the inputs.

    >>> round_weights(np.array([[1.4, 1.4]], np.float32), rounding_factor(np.ones((2, 2)))).tolist()
    [[1, 2]]
    """
    left = weight.astype(np.float64)
    rounded = np.zeros(left.shape, np.int8)
    for start in range(0, len(lower), _BLOCK):  # what later blocks make up for is added block by block
        stop = min(start + _BLOCK, len(lower))
        errors = np.zeros((len(left), stop - start))
        for column in range(start, stop):
            rounded[:, column] = np.clip(np.round(left[:, column]), -127, 127)
            errors[:, column - start] = (left[:, column] - rounded[:, column]) / lower[column, column]
            left[:, column + 1 : stop] -= np.outer(errors[:, column - start], lower[column + 1 : stop, column])
        left[:, stop:] -= errors @ lower[stop:, start:stop].T
    return rounded


_BLOCK = 64


def _embeddings(graph: _Graph, encoder: Any, shift: Floats) -> str:
    parts = encoder.embeddings
    table = _array(parts.word_embeddings.weight)
    scale = row_scale(table)
    rows = graph.add("Gather", graph.constant(np.round(table / scale).astype(np.int8)), "input_ids")
    scales = graph.add("Gather", graph.constant(scale), "input_ids")
    words = graph.add("Mul", graph.add("Cast", rows, to=TensorProto.FLOAT), scales)
    positions = _array(parts.position_embeddings.weight) + _array(parts.token_type_embeddings.weight)[0]
    if graph.config.model_type != "bert":  # positions of RoBERTa begin behind that of padding
        positions = positions[graph.config.pad_token_id + 1 :]
    ends = graph.add("Shape", "input_ids", start=1)
    first = graph.constant(np.array([0], np.int64))
    places = graph.add("Slice", graph.constant(positions), first, ends, first)
    return graph.norm(graph.add("Add", words, places), parts.LayerNorm, shift)


def _layer(
    graph: _Graph,
    layer: Any,
    states: str,
    readings: tuple[_Reading, _Reading, _Reading],
    factor: NDArray[np.float64],
    following: Floats,
) -> str:
    """One layer.

    Args:
        states: less the centre of the first reading.
        factor: the `rounding_factor` of what the last product reads.
        following: what the result is to be less by.
    """
    inner, heads = layer.attention.self, graph.config.num_attention_heads
    before, context, between = readings
    taken = graph.bytes_of(states, before.scale)
    projected = []
    for part in (inner.query, inner.key, inner.value):
        weight, bias = _array(part.weight), _array(part.bias)
        if part is inner.value:  # attention averages values, so these may already be what the output layer reads
            weight, bias = weight / context.scale[:, None], (bias - context.center) / context.scale
        projected.append(graph.product(taken, before.weight(weight), before.factor, before.bias(weight, bias)))
    mixed = graph.add("Attention", *projected, q_num_heads=heads, kv_num_heads=heads)
    output = layer.attention.output
    weight = _array(output.dense.weight)
    mixed = graph.add("QuantizeLinear", mixed, graph.one, graph.zero)
    bias = context.bias(weight, _array(output.dense.bias)) + before.center
    attended = graph.add("Add", graph.product(mixed, context.weight(weight), context.factor, bias), states)
    attended = graph.norm(attended, output.LayerNorm, between.center)

    weight, bias = _array(layer.intermediate.dense.weight), _array(layer.intermediate.dense.bias)
    taken = graph.bytes_of(attended, between.scale)
    wide = graph.product(taken, between.weight(weight), between.factor, between.bias(weight, bias))
    narrow = _narrow(graph, graph.add("Gelu", wide), _array(layer.output.dense.weight), factor)
    narrow = graph.add("Add", narrow, graph.constant(_array(layer.output.dense.bias) + between.center))
    return graph.norm(graph.add("Add", narrow, attended), layer.output.LayerNorm, following)


def _narrow(graph: _Graph, wide: str, weight: Floats, factor: NDArray[np.float64]) -> str:
    """The second product of the feed-forward part, whose inputs differ too much from token to token for a scale known beforehand."""
    rows = graph.add("Reshape", wide, graph.constant(np.array([-1, weight.shape[1]], np.int64)))
    largest = graph.add("ReduceMax", rows, graph.last, keepdims=0)
    finest = graph.constant(np.float32(_GELU_LOW / _LOW))
    scale = graph.add("Max", graph.add("Mul", largest, graph.constant(np.float32(1 / (255 - _LOW)))), finest)
    low = numpy_helper.from_array(np.array([_LOW], np.uint8))
    zeros = graph.once("zeros", lambda: graph.add("ConstantOfShape", graph.add("Shape", scale), value=low))
    taken = graph.add("QuantizeLinear", rows, scale, zeros, axis=0)
    product = graph.product(taken, weight, factor, zero=graph.constant(np.uint8(_LOW)))
    product = graph.add("Mul", product, graph.add("Unsqueeze", scale, graph.last))
    shape = graph.once("shape", lambda: graph.add("Concat", graph.add("Shape", "input_ids"), graph.last, axis=0))
    return graph.add("Reshape", product, shape)


def _heads(graph: _Graph, model: TopicParticipantModel, states: str) -> None:
    topics = 0 if model.topic_head is None else model.topic_head.vectors.shape[0]
    tags = 0 if model.tag_head is None else model.tag_head.out_features
    shapes: dict[str, list[str | int]] = {"topic_logits": ["batch", topics], "tag_logits": ["batch", "tokens", tags]}
    for name, shape in shapes.items():
        graph.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    if model.topic_head is None:
        _nothing(graph, "topic_logits", graph.add("Shape", "input_ids", end=1))
    else:
        head = model.topic_head
        # Sums go along the last axis, and no matrix product of a single row is used: both would add up in an order that depends on the batch.
        mean = graph.add("ReduceMean", graph.add("Transpose", states, perm=[0, 2, 1]), graph.last, keepdims=0)
        centred = graph.add("Sub", mean, graph.constant(_array(head.center)))
        length = graph.add("ReduceL2", centred, graph.last, keepdims=1)
        cosine = graph.add("Div", centred, graph.add("Max", length, graph.constant(np.float32(1e-12))))
        vectors = _array(torch.nn.functional.normalize(head.vectors, dim=-1)) * _array(head.scale)[:, None]
        products = graph.add(
            "Mul", graph.add("Unsqueeze", cosine, graph.constant(np.array([1], np.int64))), graph.constant(vectors)
        )
        logits = graph.add("ReduceSum", products, graph.last, keepdims=0)
        graph.add("Add", logits, graph.constant(_array(head.bias)), output="topic_logits")
    if model.tag_head is None:
        _nothing(graph, "tag_logits", graph.add("Shape", "input_ids"))
    else:
        logits = graph.add("MatMul", states, graph.constant(_array(model.tag_head.weight).T))
        graph.add("Add", logits, graph.constant(_array(model.tag_head.bias)), output="tag_logits")


def _probe(graph: _Graph) -> None:
    """The largest product of bytes there is, as an output: where it is not 255 x 127 x 64, the processor adds up in too few bits."""
    left, right = np.full((8, 64), 255, np.uint8), np.full((64, 16), 127, np.int8)
    graph.add("MatMulInteger", graph.constant(left), graph.constant(right), output=PROBE)
    graph.outputs.append(helper.make_tensor_value_info(PROBE, TensorProto.INT32, [8, 16]))


def _nothing(graph: _Graph, output: str, shape: str) -> None:
    """An output without columns."""
    shape = graph.add("Concat", shape, graph.constant(np.array([0], np.int64)), axis=0)
    graph.add("ConstantOfShape", shape, output=output)


def _array(weight: torch.Tensor) -> Floats:
    return weight.detach().float().cpu().numpy()
