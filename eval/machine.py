"""What this machine can do at best: its processor, its matrix products, and the operations that a network needs."""

from __future__ import annotations

import importlib.util
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from ..model.runtime import processors

SQUARE = 2048
"""Side of the large square product, which shows what the processor gives when nothing is small."""
_FLAGS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm", "bf16")
_PACKAGES = ("hoptac", "numpy", "onnxruntime", "tokenizers", "onnx", "torch", "transformers", "underthesea")


def describe_machine() -> dict[str, Any]:
    """Processor, cores that this process may use, instructions that matter here, memory and versions.

    >>> describe_machine()["cores"] >= 1
    True
    """
    try:
        facts = dict(_facts(Path("/proc/cpuinfo").read_text(encoding="utf-8")))
    except OSError:  # not Linux
        facts = {}
    flags = set((facts.get("flags") or facts.get("Features") or "").split())
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return {
        "processor": facts.get("model name") or platform.processor() or platform.machine(),
        "cores": processors(),
        "instructions": [flag for flag in _FLAGS if flag in flags],
        "memory_gigabytes": round(pages / 2**30, 1),
        "system": platform.platform(),
        "versions": {"python": platform.python_version(), **dict(_versions())},
    }


def _facts(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n\n")[0].splitlines():  # of the first core
        name, _, value = line.partition(":")
        yield name.strip(), value.strip()


def _versions() -> Iterator[tuple[str, str]]:
    for package in _PACKAGES:
        try:
            yield package, metadata.version(package)
        except metadata.PackageNotFoundError:
            continue


def thread_counts() -> list[int]:
    """1, 2, 4, … and all cores that this process may use.

    >>> thread_counts()[0]
    1
    """
    cores = processors()
    return sorted({1 << power for power in range(cores.bit_length())} | {cores})


def operations(backbone: Mapping[str, Any], lengths: Sequence[int], outputs: int = 0) -> float:
    """Mean number of additions and multiplications of the matrix products that a text needs, padding not counted.

    Per layer and token 8 d² for queries, keys, values and the output, 4 d f for the two inner products; per layer and text 4 n² d for
    attention; d is the width, f the inner width, n the text's tokens. What is no matrix product is not counted.

    Args:
        backbone: the encoder's transformers configuration.
        lengths: tokens of each text, special tokens included.
        outputs: width of the tag head.

    Raises:
        ValueError: if there is no text.

    >>> operations({"num_hidden_layers": 1, "hidden_size": 2, "intermediate_size": 3}, [1])
    64.0
    """
    if not lengths:
        raise ValueError("lengths: no text")
    layers, width, inner = (int(backbone[key]) for key in ("num_hidden_layers", "hidden_size", "intermediate_size"))
    per_token = layers * (8 * width**2 + 4 * width * inner) + 2 * width * outputs
    return statistics.fmean(n * per_token + layers * 4 * n * n * width for n in lengths)


def product_rates(backbone: Mapping[str, Any], rows: int, threads: int, seconds: float = 0.2) -> dict[str, dict[str, float]]:
    """Rates of matrix products at the network's shapes, in 10⁹ operations a second, for every library and precision that is here.

    Results go into memory that is there already, weights are prepared as each library wants them, and activations are integers where
    the product takes integers: nothing but the product is timed. The rate is the median of the calls.

    Args:
        backbone: the encoder's transformers configuration.
        rows: tokens that go through the network together.
        threads: that compute; torch keeps the number.
        seconds: how long each product of each shape is repeated.

    Returns:
        By product, such as `torch int8`: the rate by shape (`384x1536`), of the large square, and under `network` that of all the
        products of a layer together. Empty where neither torch nor onnx is installed.
    """
    width, inner = int(backbone["hidden_size"]), int(backbone["intermediate_size"])
    counts = {(width, width): 4, (width, inner): 1, (inner, width): 1}
    shapes = [(rows, *shape) for shape in counts] + [(SQUARE, SQUARE, SQUARE)]
    found: dict[str, dict[str, float]] = {}
    for name, product in _products(threads):
        times = [_median_time(product(*shape), seconds) for shape in shapes]
        work = [2.0 * m * k * n for m, k, n in shapes]
        names = [f"{k}x{n}" for k, n in counts] + ["square"]
        rates = {shape: operations / spent / 1e9 for shape, operations, spent in zip(names, work, times, strict=True)}
        done = sum(count * amount for count, amount in zip(counts.values(), work, strict=False))
        spent = sum(count * part for count, part in zip(counts.values(), times, strict=False))
        found[name] = rates | {"network": done / spent / 1e9}
    return found


Product = Callable[[int, int, int], Callable[[], object]]
"""From rows, inner and outer size to a call that multiplies once."""


def _products(threads: int) -> Iterator[tuple[str, Product]]:
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(threads)
        yield "torch fp32", lambda m, k, n: _torch_float(m, k, n, torch.float32)
        yield "torch bf16", lambda m, k, n: _torch_float(m, k, n, torch.bfloat16)
        if hasattr(torch, "_int_mm"):
            yield "torch int8", _torch_int8
    if importlib.util.find_spec("onnx"):
        for name, make in (("fp32", _onnx_float), ("int8", _onnx_integer), ("NBits", _onnx_blocks)):
            yield f"onnxruntime {name}", lambda m, k, n, make=make: make(m, k, n, threads)  # type: ignore[misc]


def _torch_float(m: int, k: int, n: int, dtype: Any) -> Callable[[], object]:
    import torch

    left, right = torch.randn(m, k).to(dtype), torch.randn(k, n).to(dtype)
    out = torch.empty(m, n, dtype=dtype)
    return lambda: torch.mm(left, right, out=out)


def _torch_int8(m: int, k: int, n: int) -> Callable[[], object]:
    import torch

    left, right = (torch.randint(-127, 128, shape, dtype=torch.int8) for shape in ((m, k), (k, n)))
    out = torch.empty(m, n, dtype=torch.int32)
    return lambda: torch._int_mm(left, right, out=out)


def _onnx_float(m: int, k: int, n: int, threads: int) -> Callable[[], object]:
    values = np.random.default_rng(0)
    left, right = (values.standard_normal(shape, np.float32) for shape in ((m, k), (k, n)))
    return _onnx_call("MatMul", left, {"b": right}, n, np.float32, threads)


def _onnx_integer(m: int, k: int, n: int, threads: int) -> Callable[[], object]:
    values = np.random.default_rng(0)
    left = values.integers(0, 256, (m, k), np.uint8)
    return _onnx_call("MatMulInteger", left, {"b": values.integers(-127, 128, (k, n), np.int8)}, n, np.int32, threads)


def _onnx_blocks(m: int, k: int, n: int, threads: int, block: int = 32) -> Callable[[], object]:
    """`MatMulNBits`: a scale per block of weights and of activations, which it makes integers itself."""
    values = np.random.default_rng(0)
    blocks = -(-k // block)
    weights = {
        "b": values.integers(0, 256, (n, blocks, block), np.uint8),
        "scales": values.random((n, blocks), np.float32),
    }
    left = values.standard_normal((m, k), np.float32)
    options = {"K": k, "N": n, "bits": 8, "block_size": block, "accuracy_level": 4, "domain": "com.microsoft"}
    return _onnx_call("MatMulNBits", left, weights, n, np.float32, threads, **options)


def _onnx_call(
    kind: str, left: np.ndarray, weights: Mapping[str, np.ndarray], columns: int, result: Any, threads: int, **options: Any
) -> Callable[[], object]:
    import onnxruntime
    from onnx import helper, numpy_helper

    def typed(name: str, dtype: Any, shape: Sequence[int]) -> Any:
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)

    node = helper.make_node(kind, ["a", *weights], ["y"], **options)
    constants = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    shape = [len(left), columns]
    graph = helper.make_graph([node], kind, [typed("a", left.dtype, left.shape)], [typed("y", result, shape)], constants)
    sets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.log_severity_level = 3
    network = helper.make_model(graph, opset_imports=sets, ir_version=10).SerializeToString()
    session = onnxruntime.InferenceSession(network, settings, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_ortvalue_input("a", onnxruntime.OrtValue.ortvalue_from_numpy(left))
    binding.bind_ortvalue_output("y", onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, result))
    return lambda: session.run_with_iobinding(binding)


def _median_time(call: Callable[[], object], seconds: float) -> float:
    call()
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)
