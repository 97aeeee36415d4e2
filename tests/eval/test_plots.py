"""Pictures are written whole, in the format that their ending says."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoptac.data.corpus import load_corpus
from hoptac.data.schema import Sentence
from hoptac.eval.plots import plot_coverage, topics_of


@pytest.mark.parametrize(("ending", "first"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_coverage_is_drawn(ending: str, first: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"coverage.{ending}"
    plot_coverage(load_corpus("development"), path)
    assert path.read_bytes().startswith(first)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_sentences_without_register_or_partner_are_drawn(tmp_path: Path) -> None:
    plot_coverage([Sentence("1", "x", ("fish", "trade"))], tmp_path / "a.png")
    assert topics_of([Sentence("1", "x", ("fish", "trade"))]) == ("trade", "fish")


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sentence has a topic"):
        plot_coverage([Sentence("1", "x", ())], tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"'\.doc' is no picture format"):
        plot_coverage([Sentence("1", "x", ("trade",))], tmp_path / "a.doc")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        plot_coverage([Sentence("1", "x", ("trade",))], tmp_path / "nowhere" / "a.png")
    assert list(tmp_path.iterdir()) == []
