"""Runs that are killed, and runs on several processes, end where an undisturbed run of one process does."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.numpy import load_file

from hoptac.train.finetune import STATE_FOLDER

ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "TRANSFORMERS_OFFLINE": "1"}


@pytest.fixture(scope="module")
def still_phobert(tiny_phobert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small PhoBERT without dropout, whose masks would differ from device to device."""
    folder = Path(shutil.copytree(tiny_phobert, tmp_path_factory.mktemp("still") / "phobert"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def _write(folder: Path, name: str, backbone: Path, dropout: float, **train: Any) -> tuple[Path, Path]:
    """A configuration and the output folder that it names."""
    experiment = {
        "output": str(folder / name),
        "backbone": str(backbone),
        "segmenter": "none",
        "network": {"dropout": dropout},
        "data": {"limit": 60},
        "train": {"epochs": 3, "batch_size": 8, "learning_rate": 1.0e-3, "patience": 9, "precision": "fp32", **train},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(experiment), encoding="utf-8")
    return path, folder / name


def _start(config: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hoptac.train", str(config), *options]
    return subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, encoding="utf-8")


def _record(output: Path) -> dict[str, Any]:
    return dict(json.loads((output / "training.json").read_text(encoding="utf-8")))


def test_killed_at_three_random_moments_and_resumed_the_weights_are_the_same(tmp_path: Path, tiny_phobert: Path) -> None:
    config, whole = _write(tmp_path, "whole", tiny_phobert, 0.1, save_steps=3)
    process = _start(config)
    _wait_for(whole / STATE_FOLDER, process)
    began = time.monotonic()
    assert process.wait() == 0
    needed = time.monotonic() - began

    seed = time.time_ns()
    draw = random.Random(seed)
    config, killed = _write(tmp_path, "killed", tiny_phobert, 0.1, save_steps=3)
    for _ in range(3):
        process = _start(config, "--resume")
        _wait_for(killed / STATE_FOLDER, process)
        try:
            process.wait(draw.uniform(0, needed))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    process = _start(config, "--resume")
    assert process.wait() == 0, process.stderr.read() if process.stderr else ""
    assert (killed / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes(), f"seed {seed}"
    left, right = _record(whole), _record(killed)
    for name in ("losses", "epochs", "development"):
        assert left[name] == right[name], f"{name}, seed {seed}"
    assert not list(killed.glob(f"*{STATE_FOLDER}*"))


def _wait_for(folder: Path, process: subprocess.Popen[str]) -> None:
    """Until the run has made its state folder, or is over."""
    while not folder.exists() and process.poll() is None:
        time.sleep(0.02)


def test_two_processes_or_accumulated_batches_follow_the_loss_of_one_process(tmp_path: Path, still_phobert: Path) -> None:
    config, alone = _write(tmp_path, "alone", still_phobert, 0.0)
    assert _start(config).wait() == 0
    config, parts = _write(tmp_path, "parts", still_phobert, 0.0, gradient_accumulation=2)
    assert _start(config).wait() == 0
    config, both = _write(tmp_path, "both", still_phobert, 0.0)
    _launch("-m", "hoptac.train", str(config))
    one, accumulated, two = map(_record, (alone, parts, both))
    assert (one["devices"], two["devices"]) == (1, 2)
    assert len(one["losses"]) == 3
    # Sums in another order: tolerance of a thousandth of the loss, and of a hundredth of a learning rate per step in the weights.
    for other, folder in ((accumulated, parts), (two, both)):
        assert other["losses"] == pytest.approx(one["losses"], rel=1e-3)
        assert [e["eval_score"] for e in other["epochs"]] == pytest.approx([e["eval_score"] for e in one["epochs"]], abs=0.02)
        weights = load_file(folder / "model.safetensors")
        for name, array in load_file(alone / "model.safetensors").items():
            assert abs(array - weights[name]).max() < 2e-4, name


def test_every_sentence_is_evaluated_by_exactly_one_process(tmp_path: Path) -> None:
    script = tmp_path / "gather.py"
    script.write_text(
        "import json, sys\n"
        "from accelerate import PartialState\n"
        "from hoptac.train.trainer import gathered\n"
        "class Recording:\n"
        "    def predict(self, texts):\n"
        "        self.read = list(texts)\n"
        "        return [text + ' read' for text in texts]\n"
        "state, predictor = PartialState(cpu=True), Recording()\n"
        "texts = [str(number) for number in range(11)]\n"
        "found = gathered(predictor, texts, state.process_index, state.num_processes)\n"
        "with open(f'{sys.argv[1]}/{state.process_index}.json', 'w') as file:\n"
        "    json.dump([found, predictor.read], file)\n"
        "state.destroy_process_group()\n",  # whose threads may otherwise outlive the interpreter, which then aborts
        encoding="utf-8",
    )
    _launch(str(script), str(tmp_path))
    answers = [json.loads((tmp_path / f"{rank}.json").read_text(encoding="utf-8")) for rank in (0, 1)]
    texts = [str(number) for number in range(11)]
    assert [found for found, _ in answers] == [[f"{text} read" for text in texts]] * 2
    assert sorted(answers[0][1] + answers[1][1], key=int) == texts


def _launch(*arguments: str) -> None:
    """`accelerate launch` with two processes on the CPU."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # With `--cpu` accelerate starts several processes by MPI only; its launcher for GPUs starts them by itself, here without a GPU.
    options = [
        "--multi_gpu",
        "--num_processes",
        "2",
        "--num_machines",
        "1",
        "--mixed_precision",
        "no",
        "--dynamo_backend",
        "no",
    ]
    command = [sys.executable, "-m", "accelerate.commands.launch", *options, "--main_process_port", str(port), *arguments]
    environment = ENVIRONMENT | {"ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr[-3000:]
