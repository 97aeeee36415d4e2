"""Running a checkpoint's network, in onnxruntime or in torch."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .configuration import ONNX_DATA, ONNX_WEIGHTS, TORCH_WEIGHTS, CheckpointConfig, CheckpointError

BACKENDS = ("onnx", "torch")
PRECISIONS = ("bf16", "fp32")


class Runtime(Protocol):
    """A network that is ready to run; several threads may run it at the same time."""

    threads: int
    """How many calls of `run` keep the machine busy."""
    padded: bool
    """Whether texts of different lengths may go through together."""
    tokens: int
    """Tokens that go through together at most, unless a single text has more."""

    def run(self, ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Token ids, special tokens included, to topic logits (batch, topics) and tag logits (batch, tokens, tags)."""
        ...


def open_runtime(
    folder: Path,
    config: CheckpointConfig,
    backend: str | None,
    device: str | None,
    precision: str | None = None,
    threads: int | None = None,
) -> Runtime:
    """The network of a checkpoint folder.

    Args:
        threads: of the CPU; None takes all processors that this process may use.

    Raises:
        CheckpointError: if the folder lacks the weights for the backend, or they do not fit the configuration.
        ValueError: for an unknown backend, or a device or precision that it cannot use.
    """
    if threads is not None and threads < 1:
        raise ValueError(f"threads: {threads} is not at least 1")
    backend = choose_backend(config, backend, device)
    needed = {"onnx": ONNX_WEIGHTS, "torch": TORCH_WEIGHTS}[backend]
    if needed not in config.files:
        raise CheckpointError(f"{folder}: has no {needed}, which the backend {backend} needs")
    if backend == "torch":
        return TorchRuntime.load(folder, config, device, precision, threads)
    if precision is not None:
        raise ValueError(f"precision: the backend onnx computes in that of its file, not in {precision!r}")
    if device not in (None, "cpu"):
        raise ValueError(f"device: the backend onnx runs on the CPU, not on {device!r}")
    return OnnxRuntime(folder / ONNX_WEIGHTS, config, threads)


def choose_backend(config: CheckpointConfig, backend: str | None, device: str | None) -> str:
    """`onnx` or `torch`: the one asked for, or else `onnx` where the checkpoint has it and no GPU is asked for.

    Raises:
        ValueError: for an unknown backend.
    """
    if backend not in (None, *BACKENDS):
        raise ValueError(f"backend: unknown backend {backend!r}; known are {', '.join(BACKENDS)}")
    return backend or ("onnx" if ONNX_WEIGHTS in config.files and device in (None, "cpu") else "torch")


def processors() -> int:
    """Processors that this process may use; under `taskset`, and in some containers, fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pad(ids: Sequence[Sequence[int]], pad_id: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids and mask as int64 arrays (batch, longest)."""
    longest = max(map(len, ids))
    padded = np.full((len(ids), longest), pad_id, np.int64)
    mask = np.zeros((len(ids), longest), np.int64)
    for row, sequence in enumerate(ids):
        padded[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return padded, mask


class OnnxRuntime:
    """An ONNX file in onnxruntime, on the CPU.

    Each run keeps to one thread. Batches side by side keep more processors busy than one batch cut into pieces, without threads that wait for
    each other, and a session without threads of its own outlives a fork.
    """

    tokens = 512

    def __init__(self, path: Path, config: CheckpointConfig, threads: int | None = None) -> None:
        self.session = _open_session(path)
        shapes = {output.name: output.shape[-1] for output in self.session.get_outputs() if output.name != PROBE}
        expected = {"topic_logits": len(config.topics), "tag_logits": config.tag_scores}
        if shapes != expected:
            raise CheckpointError(f"{path}: its outputs {shapes} do not fit the configuration's {expected}")
        self.threads = threads or processors()
        self.padded = "attention_mask" in {given.name for given in self.session.get_inputs()}
        self.pad_id = int(config.backbone.get("pad_token_id") or 0)

    def run(self, ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        given = dict(zip(("input_ids", "attention_mask"), pad(ids, self.pad_id), strict=True))
        if not self.padded and not given.pop("attention_mask").all():
            raise ValueError("ids: this network reads texts of one length together")
        topics, tags = self.session.run(["topic_logits", "tag_logits"], given)
        return topics, tags


def _open_session(path: Path) -> Any:
    session = _session(path, exact=False)
    if any(output.name == PROBE for output in session.get_outputs()):
        [products] = session.run([PROBE], {"input_ids": np.zeros((1, 1), np.int64)})
        if (products != 255 * 127 * 64).any():
            session = _session(path, exact=True)
    return session


def _session(path: Path, exact: bool) -> Any:
    """A session of one thread; `exact` makes int8 weights unsigned, which processors without VNNI multiply slower but without overflow."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    levels = onnxruntime.GraphOptimizationLevel
    # What can be fused has been fused when the file was written, if it was written with its arrays apart; before, it was left to the reader.
    written_fused = (path.parent / ONNX_DATA).exists()
    options.graph_optimization_level = levels.ORT_DISABLE_ALL if written_fused and not exact else levels.ORT_ENABLE_EXTENDED
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER_FUSIONS
        )
    except Exception as error:  # onnxruntime's own exceptions share no public base
        raise CheckpointError(f"{path}: onnxruntime cannot read it: {error}") from None


PROBE = "probe"
"""An output that shows whether the processor adds up products of bytes without overflow."""
SLOWER_FUSIONS = ["SkipLayerNormFusion"]
"""Optimisations of onnxruntime that make it slower: a fused sum and layer norm takes nine times as long as both apart."""


class TorchRuntime:
    """The network in torch.

    Args:
        model: a `TopicParticipantModel`; it is moved to the device.
        device: None takes the fastest there is.
        precision: `bf16` computes the matrix products in bfloat16, `fp32` in float32; None takes bf16 where the device has it natively.
        threads: of the CPU, for all that torch does in this process; None leaves torch as it is.
    """

    threads = 1
    padded = True
    tokens = 8192

    def __init__(
        self,
        model: Any,
        config: CheckpointConfig,
        device: str | None = None,
        precision: str | None = None,
        threads: int | None = None,
    ) -> None:
        import torch

        if threads is not None:
            torch.set_num_threads(threads)

        if precision not in (None, *PRECISIONS):
            raise ValueError(f"precision: unknown precision {precision!r}; known are {', '.join(PRECISIONS)}")
        try:
            self.device = torch.device(device or best_device())
            self.model = model.to(self.device)
        except (RuntimeError, AssertionError) as error:
            raise ValueError(f"device: {device!r} cannot be used here: {str(error).splitlines()[0]}") from None
        self.bf16 = computes_bf16(self.device.type) if precision is None else precision == "bf16"
        if self.device.type == "cpu":
            keep_freed_memory()
        self.pad_id = int(config.backbone.get("pad_token_id") or 0)
        self.topics, self.tags = len(config.topics), config.tag_scores

    @classmethod
    def load(
        cls,
        folder: Path,
        config: CheckpointConfig,
        device: str | None,
        precision: str | None = None,
        threads: int | None = None,
    ) -> TorchRuntime:
        import torch
        from safetensors.torch import load_file

        from .modeling import build_model

        model = build_model(config.backbone, len(config.topics), config.tag_scores)
        try:
            model.load_state_dict(load_file(folder / TORCH_WEIGHTS))
        except RuntimeError as error:
            raise CheckpointError(f"{folder / TORCH_WEIGHTS}: does not fit the configuration: {error}") from None
        runtime = cls(model.eval(), config, device, precision, threads)
        if runtime.bf16:
            model.encoder.to(torch.bfloat16)  # once, and not anew in every batch
        return runtime

    def run(self, ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        import torch

        input_ids, mask = (torch.from_numpy(array).to(self.device) for array in pad(ids, self.pad_id))
        training = self.model.training
        if training:
            self.model.eval()
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            output = self.model(input_ids, mask)
        if training:
            self.model.train()
        batch, tokens = input_ids.shape
        topics = output.get("topic_logits", torch.zeros(batch, self.topics))
        tags = output.get("tag_logits", torch.zeros(batch, tokens, self.tags))
        return topics.float().cpu().numpy(), tags.float().cpu().numpy()


def best_device() -> str:
    """`cuda`, `mps` or `cpu`: the fastest that torch finds here."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def computes_bf16(device: str) -> bool:
    """Whether a device of this type (`cuda`, `cpu`, …) multiplies in bfloat16 natively."""
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities() if device == "cpu" and hasattr(torch.cpu, "get_capabilities") else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") or capabilities.get("arm_bf16"))


def keep_freed_memory() -> None:
    """Tell glibc to keep what is freed, if it is the allocator here.

    torch on a CPU frees and takes the same large blocks in every step; handing them back to the system and having them zeroed
    again keeps the kernel busy instead of the matrix products. It holds for the whole process, whose memory then stays as large as it
    has been at most.
    """
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3
    try:
        allocator = ctypes.CDLL("libc.so.6")
    except OSError:
        return
    allocator.mallopt(mmap_threshold, 32 * 2**20)
    allocator.mallopt(trim_threshold, 2**31 - 1)
    allocator.mallopt(top_pad, 64 * 2**20)
