"""Bulk prediction that is killed: at random moments, at every step of its ending, its workers, and its parent."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

KILLS = 20 if os.environ.get("HOPTAC_TEST_ALL_SIZES") else 3
ROWS = 4000

# The command with the words of a text in place of the network; so is every worker, which imports this file too. Blocks are small, and
# each takes a while. Who predicts what is noted, and what the tokenizers are told.
COMMAND = """
import os, sys, time
from types import SimpleNamespace
from hoptac.data.labels import TOPICS, TYPES
from hoptac.data.schema import Participant
from hoptac.model import parts
from hoptac.model.predictor import Prediction, Predictor

parts.BLOCK = int(os.environ.get("TEST_BLOCK", "200"))

class Words:
    config = SimpleNamespace(topics=TOPICS, types=TYPES)

    def predict(self, texts, batch_size=32, thresholds=None):
        if any("nổ" in text for text in texts):
            raise ValueError("the network broke")
        if texts and (log := os.environ.get("TEST_LOG")):
            with open(log, "a") as file:
                file.write(f"{os.getpid()} {os.environ.get('TOKENIZERS_PARALLELISM')} {texts[0]}\\n")
        if len(texts) > 1:
            time.sleep(float(os.environ.get("TEST_SECONDS", "0.03")))
        return [Prediction(t, ("trade",), dict.fromkeys(TOPICS, len(t) / 1000), (Participant(t[:1], 0, 1, "GPE", 0.5),)) for t in texts]

Predictor.from_pretrained = classmethod(lambda cls, *_, **__: Words())

if __name__ == "__main__":
    from hoptac.cli import main
    sys.exit(main(sys.argv[1:]))
"""

# Kills a run of its own at its first step, another at its second, and so on, and lets each be gone on with. A step is what changes the disk.
EVERY_STEP = (
    COMMAND.partition("if __name__")[0]
    + """
import json, shutil, signal
from pathlib import Path
from hoptac.cli import main

source, name = sys.argv[1:]
steps = 0

def counted(call, last):
    def run(*arguments, **options):
        global steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return run

def forked(folder, last):
    global steps
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    for function in ("replace", "unlink", "rmdir", "mkdir"):
        setattr(os, function, counted(getattr(os, function), last))
    os.fsync = counted(lambda file: None, last)  # the disk outlives a killed process, and waiting for it takes long
    sys.stderr = open(os.devnull, "w")
    main(["predict", source, "-o", f"{folder}/{name}", "--format", "jsonl"])
    os._exit(0 if last is None else 42)

def left(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}

def predicted():
    return Path(os.environ["TEST_LOG"]).read_text().count("\\n")

folder = Path("run")
folder.mkdir()
assert forked(folder, None) == 0
expected = left(folder)
for last in range(1, 1000):
    shutil.rmtree(folder)
    folder.mkdir()
    if not name.endswith("/"):
        (folder / name).write_text("old")
        (folder / f"{name}.errors.jsonl").write_text("old")
    status = forked(folder, last)
    now = left(folder)
    stem = name.rstrip("/")
    output = {path: data for path, data in now.items() if path.split("/")[0] == stem}
    whole = {path: data for path, data in expected.items() if path.split("/")[0] == stem}
    assert output == whole or output == ({} if name.endswith("/") else {name: b"old"}), (last, list(now))
    done = output == whole and (folder / f".{stem}.partial").exists()
    before = predicted()
    assert forked(folder, None) == 0
    assert not done or predicted() == before, f"{last}: all was done, only the work folder was left"
    assert left(folder) == expected, (last, list(left(folder)), list(expected))
    if os.waitstatus_to_exitcode(status) == 42:
        break
print(json.dumps({"steps": last, "files": list(expected)}))
"""
)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.Popen[str]]:
    """Starts the command as a process of its own, with the words in place of the network."""
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    script = tmp_path / "hoptac_command.py"
    script.write_text(COMMAND, encoding="utf-8")

    def start(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(script), "predict", *map(str, arguments)],
            env={**os.environ, **environment},
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=tmp_path,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # it is ignored where tests run in the background
        )

    return start


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def write_input(path: Path, rows: int = ROWS) -> Path:
    """Rows of which a few fail, in reading and in prediction."""
    texts = ["nổ" if number % 613 == 5 else f"Lào {number}" for number in range(rows)]
    if path.suffix == ".parquet":
        table = pa.table({"n": range(rows), "text": [None if n % 501 == 7 else text for n, text in enumerate(texts)]})
        pq.write_table(table, path, row_group_size=700)
    else:
        lines = ["{" if n % 501 == 7 else json.dumps({"n": n, "text": text}) for n, text in enumerate(texts)]
        path.write_text("\n".join(lines), encoding="utf-8")
    return path


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(
    form: str, command: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    source = write_input(tmp_path / f"in.{form}")
    for folder in ("whole", "killed"):
        (tmp_path / folder).mkdir()
    begun = time.monotonic()
    code, errors = finish(command(source, "-o", f"whole/out.{form}"))
    took = time.monotonic() - begun
    assert code == 1, errors
    assert "rows failed" in errors
    expected = outputs(tmp_path / "whole")
    assert sorted(expected) == [f"out.{form}", f"out.{form}.errors.jsonl"]
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    killed = 0
    for _ in range(200):
        process = command(source, "-o", f"killed/out.{form}", "--workers", str(moments.choice([1, 1, 2])))
        time.sleep(moments.uniform(0.2, 1.0) * took)
        process.kill()
        code, errors = finish(process)
        assert code in (-signal.SIGKILL, 1), errors
        killed += code == -signal.SIGKILL
        assert outputs(tmp_path / "killed").items() <= expected.items(), f"seed {seed}: whole or not there"
        if not (tmp_path / "killed" / f".out.{form}.partial").exists() and (tmp_path / "killed" / f"out.{form}").exists():
            assert outputs(tmp_path / "killed") == expected, f"seed {seed}"
            if killed < KILLS:  # the work was done too soon
                shutil.rmtree(tmp_path / "killed")
                (tmp_path / "killed").mkdir()
        if killed >= KILLS:
            break
    assert killed >= KILLS
    code, errors = finish(command(source, "-o", f"killed/out.{form}"))
    assert "rows failed" in errors
    assert outputs(tmp_path / "killed") == expected, f"seed {seed}"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked for every step")
@pytest.mark.parametrize("name", ["out.jsonl", "out/"])
def test_killed_at_any_step_it_ends_with_the_same_bytes(name: str, tmp_path: Path) -> None:
    script = tmp_path / "every_step.py"
    script.write_text(EVERY_STEP, encoding="utf-8")
    source = write_input(tmp_path / "in.jsonl", 20)
    done = subprocess.run(
        [sys.executable, str(script), str(source), name],
        env={**os.environ, "TEST_BLOCK": "8", "TEST_SECONDS": "0", "TEST_LOG": str(tmp_path / "log")},
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["steps"] > 30, "three parts, the output, its errors, and what says how far the job is"
    stem = name.rstrip("/")
    parts = [f"out/part-{number:06}.jsonl" for number in range(3)]
    assert found["files"] == [*(parts if name == "out/" else [name]), f"{stem}.errors.jsonl"]


def lives(pid: int) -> bool:
    """Whether a process is there; one that has ended and that nobody asked about is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def workers_of(log: Path) -> set[int]:
    return {int(line.split()[0]) for line in log.read_text(encoding="utf-8").splitlines()} if log.exists() else set()


def test_workers_end_soon_after_their_parent_was_killed(command: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    source, log = write_input(tmp_path / "in.jsonl"), tmp_path / "log"
    process = command(source, "-o", "out.jsonl", "--workers", "2", TEST_LOG=str(log), TEST_SECONDS="30")
    assert wait_until(lambda: len(workers_of(log)) == 2, 30)
    workers = workers_of(log)
    assert process.pid not in workers
    assert all(map(lives, workers))
    process.kill()
    process.wait()
    ended = wait_until(lambda: not any(map(lives, workers)), 1.5)
    finish(process)  # which waits for all who hold its standard error
    assert ended, "in the middle of a block of thirty seconds"


def test_a_killed_worker_ends_the_run_and_keeps_what_was_done(
    command: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    source, log = write_input(tmp_path / "in.jsonl"), tmp_path / "log"
    process = command(source, "-o", "out.jsonl", "--workers", "2", TEST_LOG=str(log), TEST_SECONDS="0.3")
    assert wait_until(lambda: len(list(tmp_path.glob(".out.jsonl.partial/parts-*/part-*"))) >= 2, 30)
    os.kill(min(workers_of(log)), signal.SIGKILL)
    code, errors = finish(process)
    assert code == 1
    assert "a worker process, whose block begins at" in errors
    assert "ended by signal 9" in errors
    assert not (tmp_path / "out.jsonl").exists()
    assert wait_until(lambda: not any(map(lives, workers_of(log))), 1)
    parts = list(tmp_path.glob(".out.jsonl.partial/parts-*/part-*"))
    before = len(log.read_text(encoding="utf-8").splitlines())
    code, errors = finish(command(source, "-o", "out.jsonl", "--workers", "2", TEST_LOG=str(log)))
    assert f"{200 * len(parts):,} of {ROWS:,} rows were there from an earlier run" in errors
    again = [line.split(" ", 2)[2] for line in log.read_text(encoding="utf-8").splitlines()[before:]]
    assert {f"Lào {200 * int(part.stem[5:])}" for part in parts}.isdisjoint(again), "the first row of what was done"
    texts = [json.loads(line)["n"] for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert texts == [n for n in range(ROWS) if n % 613 != 5 and n % 501 != 7]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_is_one_word_and_the_run_can_be_gone_on_with(
    workers: str, command: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    rows = 1400
    source, log = write_input(tmp_path / "in.jsonl", rows), tmp_path / "log"
    process = command(source, "-o", "out.jsonl", "--workers", workers, TEST_LOG=str(log), TEST_SECONDS="0.2")
    assert wait_until(lambda: list(tmp_path.glob(".out.jsonl.partial/parts-*/part-*")), 30)
    os.killpg(process.pid, signal.SIGINT)
    assert finish(process) == (1, "interrupted\n")
    assert wait_until(lambda: not any(map(lives, workers_of(log))), 1)
    told = {line.split()[1] for line in log.read_text(encoding="utf-8").splitlines()}
    assert told == {"None" if workers == "1" else "false"}, "the tokenizers start no threads of their own in each worker"
    _, errors = finish(command(source, "-o", "out.jsonl"))
    assert "rows were there from an earlier run" in errors
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == rows - 3 - 3
