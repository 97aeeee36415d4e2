"""The comparison of the fast PhoBERT tokenizer with the slow one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hoptac.data.corpus import load_corpus
from hoptac.eval import parity as module
from hoptac.eval.parity import Difference, Piece, one_thread, parity, pieces_of
from hoptac.model.phobert import MERGES_FILE, VOCABULARY_FILE, build_phobert_tokenizer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / VOCABULARY_FILE).write_text("Nam 9\nh@@ 8\nà 7\no@@ 6\n", encoding="utf-8")
    (tmp_path / MERGES_FILE).write_text("a m</w> 9\nN am</w> 8\nh o 7\n", encoding="utf-8")
    return tmp_path


def test_equal_tokenizers_differ_nowhere(folder: Path) -> None:
    found = parity(folder, ["Nam hà", "", "hoà\n<mask>"], batch_size=2)
    assert (found.texts, found.pieces, found.differing, found.differences) == (3, 7, 0, [])
    assert found.ratio == found.slow_seconds / found.fast_seconds
    assert min(found.slow_seconds, found.fast_seconds, found.offsets_seconds) > 0


def test_differences_are_counted_and_the_first_are_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Here a piece that the merges make and the vocabulary lacks has an id of its own.
    monkeypatch.setattr(module, "replace_unknown", lambda ids, known, unknown: [i if i < known else 7 for i in ids])
    found = parity(folder, ["Nam", *["Nam hoà"] * 8])
    assert found.differing == 8
    assert found.differences == [Difference("Nam hoà", 1, ["Nam", "o@@", "à"], ["Nam", "<unk>", "à"])] * 5


def test_a_piece_more_is_a_difference_after_the_last_common_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "replace_unknown", lambda ids, known, unknown: ids[:-1])
    [difference] = parity(folder, ["Nam hà"]).differences
    assert (difference.position, difference.fast, difference.slow) == (2, ["Nam", "h@@"], ["Nam", "h@@", "à"])


def test_pieces_have_names_and_offsets(folder: Path) -> None:
    assert pieces_of(build_phobert_tokenizer(folder), " Nam\thoà<mask>") == [
        Piece("Nam", 4, 1, 4),
        Piece("<unk>", 3, 5, 7),
        Piece("à", 6, 7, 8),
        Piece("<mask>", 8, 8, 14),
    ]


@pytest.mark.parametrize("before", [None, "true"])
def test_the_setting_of_threads_is_restored(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    if before:
        monkeypatch.setenv("TOKENIZERS_PARALLELISM", before)
    with one_thread():
        assert os.environ["TOKENIZERS_PARALLELISM"] == "false"
    assert os.environ.get("TOKENIZERS_PARALLELISM") == before


def test_nothing_to_compare_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="texts: there is none"):
        parity(folder, [])
    with pytest.raises(ValueError, match="batch_size: 0"):
        parity(folder, ["Nam"], batch_size=0)
    with pytest.raises(ValueError, match="rounds: 0"):
        parity(folder, ["Nam"], rounds=0)
    with pytest.raises(FileNotFoundError, match=VOCABULARY_FILE):
        parity(folder / "elsewhere", ["Nam"])


def test_published_vocabulary_on_the_corpus(shared: Path) -> None:
    texts = [sentence.text for sentence in load_corpus("development")]
    found = parity(shared / "phobert-base-tokenizer", texts, rounds=1)
    assert (found.texts, found.differing) == (len(texts), 0)
    assert found.pieces > 10 * len(texts)
