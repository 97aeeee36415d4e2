"""What a training run needs: precision of the device, memory and time, estimated before it starts and measured after."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from ..model.runtime import computes_bf16
from .collator import Collator, Features
from .config import ConfigError, Train

GIGABYTE = 1e9
_SPARE = 1.25


@dataclass(frozen=True)
class Need:
    """Memory and time of a run, on each device."""

    memory: float
    """Gigabytes (10^9 bytes) at most; on a CPU those of the whole process."""
    seconds: float
    """Of all steps and evaluations."""
    steps: int
    tokens: int
    """Read in all steps by one device."""
    parameters: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def planned_steps(items: int, train: Train) -> int:
    """Steps of the optimiser in a run that is not stopped early.

    >>> planned_steps(100, Train(epochs=3, batch_size=16))
    21
    """
    steps = -(-items // train.batch_size) * train.epochs
    return min(steps, train.max_steps or steps)


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
    model: Any,
    features: Sequence[Features],
    development: int,
    train: Train,
    precision: str,
    device: str,
    processes: int = 1,
) -> Need:
    """What a run will need on each device, from trying two batches forward and backward.

    Memory: what the process has now, gradients and the two moments of AdamW in float32 (12 bytes a parameter), and what backward
    keeps of the batch of the longest items; a quarter is added for temporaries and gaps, as was measured on CPUs. Time: that of a batch of typical length for every batch, a third of it for each token of
    an evaluation, which has no backward, and the update of the weights at a rate that suits the kind of device. Nothing random is
    drawn from the run's own sequence, and no gradient is left.

    Args:
        model: the network, on the CPU; it is moved to the device.
        features: the training items.
        development: tokens that each evaluation reads.
    """
    per_device = max(1, train.batch_size // (processes * train.gradient_accumulation))
    per_epoch = -(-len(features) // train.batch_size)
    steps = planned_steps(len(features), train)
    lengths = [len(feature["input_ids"]) for feature in features]
    by_length = sorted(features, key=lambda feature: len(feature["input_ids"]))
    middle = max(0, len(by_length) // 2 - per_device // 2)
    typical, longest = by_length[middle : middle + per_device], by_length[-per_device:]
    collate = Collator(int(model.encoder.config.pad_token_id or 0))
    model.to(device)
    before = current_memory(device)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        kept = _kept_bytes(model, collate(longest), precision, device)
        _forward_backward(model, collate(typical), precision, device)  # once unmeasured
        began = time.perf_counter()
        _forward_backward(model, collate(typical), precision, device)
        seconds = time.perf_counter() - began
    model.zero_grad(set_to_none=True)
    parameters = sum(p.numel() for p in model.parameters())
    here = before if before is not None else 4 * parameters / GIGABYTE
    per_token = seconds / sum(len(feature["input_ids"]) for feature in typical)
    tokens = round(sum(lengths) * steps / per_epoch / processes)
    evaluations = -(-steps // per_epoch)
    update = parameters / (1e9 if device == "cpu" else 2e10)
    return Need(
        memory=_SPARE * (here + (12 * parameters + kept) / GIGABYTE),
        seconds=per_token * (tokens + evaluations * development / processes / 3) + steps * update,
        steps=steps,
        tokens=tokens,
        parameters=parameters,
    )


def _forward_backward(model: Any, batch: dict[str, Any], precision: str, device: str) -> None:
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision)
    with torch.autocast(device, kind, enabled=kind is not None):
        loss = model(**{name: tensor.to(device) for name, tensor in batch.items()})["loss"]
    loss.backward()
    if device == "cuda":
        torch.cuda.synchronize()


def _kept_bytes(model: Any, batch: dict[str, Any], precision: str, device: str) -> int:
    """Bytes that backward needs of a batch, weights not counted."""
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
    sizes: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        _forward_backward(model, batch, precision, device)
    return sum(sizes.values())


def peak_memory(device: str) -> float | None:
    """Gigabytes that this process has had at most, on a GPU what torch took there; None where the system does not tell."""
    if device == "cuda":
        return float(torch.cuda.max_memory_allocated()) / GIGABYTE
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / GIGABYTE


def current_memory(device: str) -> float | None:
    """Gigabytes that this process has now, on a GPU what torch took there; None where the system does not tell."""
    if device == "cuda":
        return float(torch.cuda.memory_allocated()) / GIGABYTE
    return _kilobytes("/proc/self/status", "VmRSS")


def available_memory(device: str) -> float | None:
    """Gigabytes that a run could take on this device now; None where the system does not tell."""
    if device == "cuda":
        return float(torch.cuda.mem_get_info()[0]) / GIGABYTE
    return _kilobytes("/proc/meminfo", "MemAvailable")


def _kilobytes(path: str, name: str) -> float | None:
    """An entry of one of Linux's tables, in gigabytes."""
    try:
        with open(path, encoding="utf-8") as file:
            entries = dict(line.split(":", 1) for line in file if ":" in line)
        return int(entries[name].split()[0]) * 1024 / GIGABYTE
    except (OSError, KeyError):
        return None
