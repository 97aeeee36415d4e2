"""What a training run needs: precision of the device, memory and time, estimated before it starts and measured after."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from ..model.runtime import computes_bf16
from .config import ConfigError, Train

GIGABYTE = 1e9


@dataclass(frozen=True)
class Need:
    """Memory and time of a run.

    `memory` and `seconds` are of one device, in gigabytes (10^9 bytes) and seconds; `seconds` does not count the evaluations.
    """

    memory: float
    seconds: float
    steps: int
    tokens: int
    """Tokens in all steps, padding included."""
    parameters: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def choose_precision(wanted: str, device: str, bf16: bool, tf32: bool) -> str:
    """The precision of the matrix products.

    Args:
        wanted: `auto`, `bf16`, `fp16`, `tf32` or `fp32`.
        device: type of the device: `cuda`, `mps`, `cpu`.
        bf16, tf32: whether the device has them natively.

    Raises:
        ConfigError: for a precision that the device does not have.

    >>> choose_precision("auto", "cuda", bf16=False, tf32=False)
    'fp16'
    """
    if wanted == "auto":
        if bf16:
            return "bf16"
        return "fp16" if device == "cuda" else "fp32"
    if (wanted == "fp16" and device != "cuda") or (wanted == "tf32" and not tf32):
        raise ConfigError(f"train.precision: this device ({device}) has no {wanted}")
    return wanted


def device_precision(wanted: str, device: str) -> str:
    """`choose_precision` for a device of this machine."""
    tf32 = device == "cuda" and torch.cuda.get_device_capability()[0] >= 8
    return choose_precision(wanted, device, computes_bf16(device), tf32)


def estimate(
    model: Any, lengths: Sequence[int], train: Train, precision: str, device: str, processes: int = 1, rate: float | None = None
) -> Need:
    """What a run will need on each device.

    Memory: weights, gradients and the two moments of AdamW in float32 (16 bytes a parameter), a copy of the weights in the
    precision of the products, and what backward needs of the largest batch: per token and layer the inputs of its products and
    norms (about 34 hidden widths of two bytes; Korthikanti et al. 2022, section 4) and, for attention, five bytes per pair of tokens
    and head. Time: six operations per weight and token (Kaplan et al. 2020), the products of attention, and the update of every parameter,
    at `rate`.

    Args:
        model: the network, with `encoder.config`.
        lengths: tokens of each training item.
        rate: operations a second that this device reaches in the products; None measures it, in less than a second.
    """
    config = model.encoder.config
    width, layers = int(config.hidden_size), int(config.num_hidden_layers)
    heads = int(getattr(config, "num_attention_heads", 1))
    parameters = sum(p.numel() for p in model.parameters())
    words = int(model.encoder.get_input_embeddings().weight.numel())
    steps = -(-len(lengths) // train.batch_size) * train.epochs
    if train.max_steps:
        steps = min(steps, train.max_steps)
    share = steps / (-(-len(lengths) // train.batch_size))
    per_device = max(1, train.batch_size // (processes * train.gradient_accumulation))
    longest = max(lengths)
    bytes_ = 4 if precision in ("fp32", "tf32") else 2
    kept = per_device * longest * layers * (17 * bytes_ * width + 2.5 * bytes_ * heads * longest)
    if train.gradient_checkpointing:
        kept = kept / layers + per_device * longest * width * bytes_ * layers
    memory = 16 * parameters + (bytes_ * (parameters - words) if bytes_ == 2 else 0) + kept
    tokens = round(sum(lengths) * share / processes)
    mean = sum(lengths) / len(lengths)
    again = 8 if train.gradient_checkpointing else 6
    operations = again * tokens * (parameters - words) + again * 2 * tokens * mean * width * layers
    rate = rate or measured_rate(device, precision, width, round(per_device * mean))
    # AdamW reads and writes each parameter and its moments: bound by memory, at about a billion parameters a second on a CPU.
    update = steps * parameters / (1e9 if device == "cpu" else 2e10)
    return Need(memory / GIGABYTE, operations / rate + update, steps, tokens, parameters)


def measured_rate(device: str, precision: str, width: int, tokens: int) -> float:
    """Operations a second of products as large as those of a layer, (tokens, width) by (width, 4 · width), on this device now."""
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)
    left = torch.randn(max(tokens, 1), width, device=device).to(kind)
    right = torch.randn(4 * width, width, device=device).to(kind)
    operations = 2 * left.shape[0] * left.shape[1] * right.shape[0]
    torch.nn.functional.linear(left, right)
    best = float("inf")
    deadline = time.perf_counter() + 0.5
    while time.perf_counter() < deadline:
        began = time.perf_counter()
        torch.nn.functional.linear(left, right)
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return operations / best


def peak_memory(device: str) -> float | None:
    """Gigabytes that this process has had at most, on a GPU what torch took there; None where the system does not tell."""
    if device == "cuda":
        return float(torch.cuda.max_memory_allocated()) / GIGABYTE
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / GIGABYTE


def available_memory(device: str) -> float | None:
    """Gigabytes that a run could take on this device now; None where the system does not tell."""
    if device == "cuda":
        return float(torch.cuda.mem_get_info()[0]) / GIGABYTE
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            kilobytes = {line.split(":")[0]: line.split()[1] for line in file}
        return int(kilobytes["MemAvailable"]) * 1024 / GIGABYTE
    except (OSError, KeyError):
        return None
