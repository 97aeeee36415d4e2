"""The shipped sentences: valid, split by writer, all different, as many and as varied as promised, and new."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from hoptac.data.corpus import CORPUS, SPLITS, held_out_writers, load_corpus, read_source, read_sources
from hoptac.data.coverage import CORPUS_PLAN, measures, read_plan, shortfalls
from hoptac.data.labels import CORE_TOPICS, TOPICS
from hoptac.data.schema import DataError, Sentence, read_sentences, write_sentences
from hoptac.eval.agreement import agreement, pair_up
from hoptac.eval.similarity import near_duplicates, shared_runs

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "data" / "corpus").glob("*.jsonl"))
REAL = ROOT.parent / "shared" / "dev"


@cache
def corpus() -> list[Sentence]:
    """Read from the repository, so that a file the installed copy does not know yet is checked too."""
    return [sentence for path in FILES for sentence in read_sentences(path)]


def twice(items: list[str]) -> list[str]:
    return [item for item, count in Counter(items).items() if count > 1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shipped_file_is_valid(path: Path) -> None:
    assert read_sentences(path)


def test_the_installed_package_holds_the_files_of_the_repository() -> None:
    installed = {path.name for path in CORPUS.iterdir()}
    assert installed == {path.name for path in (ROOT / "data" / "corpus").iterdir()}, "install the package again"


def test_ids_are_unique_over_all_files() -> None:
    assert twice([sentence.id for sentence in corpus()]) == []


def test_every_sentence_is_fully_labelled_and_has_a_writer() -> None:
    assert [s.id for s in corpus() if not s.writer] == []
    assert [s.id for s in corpus() if s.topics is None or s.participants is None] == []


def test_a_file_holds_one_writer() -> None:
    assert {path.stem for path in FILES} == {sentence.writer for sentence in corpus()}
    for path in FILES:
        assert {sentence.writer for sentence in read_sentences(path)} == {path.stem}


def test_no_text_stands_twice() -> None:
    assert twice([sentence.text for sentence in corpus()]) == []


def test_no_text_stands_twice_but_for_case_and_white_space() -> None:
    assert twice([" ".join(sentence.text.lower().split()) for sentence in corpus()]) == []


def test_texts_have_no_white_space_at_the_edges_and_stand_on_one_line() -> None:
    assert [s.id for s in corpus() if s.text != s.text.strip() or len(s.text.splitlines()) != 1] == []


def test_boilerplate_has_no_labels() -> None:
    assert [s.id for s in corpus() if s.kind == "boilerplate" and (s.topics or s.participants)] == []


def test_sentences_with_a_topic_are_no_negatives() -> None:
    assert [s.id for s in corpus() if s.topics and "negative" in s.extra] == []


def test_the_coverage_keeps_to_its_plan() -> None:
    assert shortfalls(measures(corpus()), read_plan(CORPUS_PLAN)) == []


def test_the_plan_asks_for_every_topic_and_for_known_measures_only() -> None:
    plan = read_plan(CORPUS_PLAN)
    assert plan.keys() <= measures(corpus()).keys()
    for topic in TOPICS:
        assert plan[f"topic {topic}"] == (700 if topic in CORE_TOPICS else 450)


def test_no_two_sentences_are_near_copies() -> None:
    assert near_duplicates(corpus(), 0.9) == []


@pytest.mark.parametrize("split", ["development", "test"])
def test_no_held_out_sentence_is_like_one_of_training(split: str) -> None:
    assert near_duplicates(load_corpus(split), 0.9, load_corpus("train"), 0.8) == []


@pytest.mark.parametrize("name", ["sentences", "leads"])
def test_no_sentence_comes_from_the_real_ones_we_measure_on(shared: Path, name: str) -> None:
    real = read_sentences(shared / "dev" / f"{name}.jsonl")
    assert near_duplicates(corpus(), 0.9, real, 0.6) == []
    assert shared_runs(corpus(), real, 10) == []


def low_writers(name: str) -> dict[str, tuple[float, float]]:
    """Writers whose two annotators agree below the bar, with topic and span F1; the bar holds for all together."""
    folder = ROOT / "data" / "agreement"
    pairs = pair_up(*(read_sentences(folder / f"{name}-{side}.jsonl") for side in ("first", "second")))
    scores = {}
    for writer in {"all", *(pair.first.writer for pair in pairs)}:
        found = agreement([pair for pair in pairs if writer in ("all", pair.first.writer)])
        scores[writer] = (found["topics"]["micro_f1"], found["participants"]["f1"])
    assert min(scores["all"]) >= 0.97
    return {writer: score for writer, score in scores.items() if min(score) < 0.97}


def test_blind_annotators_agree_and_writers_below_the_bar_were_done_again() -> None:
    again = {s.writer for s in read_sentences(ROOT / "data" / "agreement" / "whole-second.jsonl")}
    assert set(low_writers("tenth")) == again
    assert low_writers("whole") == {}


def test_a_tenth_of_every_writer_was_labelled_twice() -> None:
    twice_labelled = Counter(s.writer for s in read_sentences(ROOT / "data" / "agreement" / "tenth-second.jsonl"))
    written = Counter(s.writer for s in corpus())
    assert all(twice_labelled[writer] >= count // 10 for writer, count in written.items())


def test_splits_by_writer_are_disjoint_and_complete() -> None:
    splits = {split: load_corpus(split) for split in SPLITS}
    assert sorted(s.id for part in splits.values() for s in part) == sorted(s.id for s in load_corpus())
    writers = {split: {s.writer for s in part} for split, part in splits.items()}
    for split in ("development", "test"):
        assert len(writers[split]) == 3
        assert writers[split] == {writer for writer, home in held_out_writers().items() if home == split}
    assert not writers["train"] & (writers["development"] | writers["test"])


@pytest.mark.parametrize("split", ["development", "test"])
@pytest.mark.parametrize("topic", TOPICS)
def test_held_out_writers_can_measure_every_topic(topic: str, split: str) -> None:
    assert sum(topic in (sentence.topics or ()) for sentence in load_corpus(split)) >= 5


def test_an_unknown_split_is_named() -> None:
    with pytest.raises(ValueError, match="unknown split 'dev'; known are train, development, test"):
        load_corpus("dev")
    with pytest.raises(ValueError, match="unknown split 'dev'"):
        read_source("corpus:dev")


def write(path: Path, *sentences: Sentence) -> str:
    write_sentences(path, sentences)
    return str(path)


def test_sources_are_read_in_order(tmp_path: Path) -> None:
    marks = tmp_path / "b.marks"
    marks.write_text("- | - | Nga.\n", encoding="utf-8")
    first = write(tmp_path / "a.jsonl", Sentence("1", "Lào."))
    assert [s.text for s in read_sources([str(marks), first])] == ["Nga.", "Lào."]
    assert [s.id for s in read_source("corpus:development")] == [s.id for s in load_corpus("development")]
    assert len(read_source("corpus:all")) == len(load_corpus())


def test_a_source_without_sentences_is_an_error(tmp_path: Path) -> None:
    empty = write(tmp_path / "empty.jsonl")
    with pytest.raises(DataError, match=r"empty\.jsonl: no sentences"):
        read_sources([write(tmp_path / "a.jsonl", Sentence("1", "Lào.")), empty])


def test_an_id_that_two_sources_share_names_both(tmp_path: Path) -> None:
    first, second = (write(tmp_path / name, Sentence("1", name)) for name in ("a.jsonl", "b.jsonl"))
    with pytest.raises(DataError, match=r"b\.jsonl: id: '1' stands in .*a\.jsonl already"):
        read_sources([first, second])


def test_a_source_that_is_named_twice_does_not_count_twice(tmp_path: Path) -> None:
    name = write(tmp_path / "a.jsonl", Sentence("1", "Lào."))
    with pytest.raises(DataError, match=r"a\.jsonl"):
        read_sources([name, name])


def test_overlapping_corpus_sources_are_refused() -> None:
    with pytest.raises(DataError, match=r"corpus:all: id: .* stands in corpus:train already"):
        read_sources(["corpus:train", "corpus:all"])


def test_a_missing_source_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_sources(["nowhere.jsonl"])


def normal(text: str) -> str:
    """Words alone, in lower case, with a space around each."""
    words = re.findall(r"[^\W_]+", text.lower())
    return f" {' '.join(words)} "


@pytest.mark.skipif(not REAL.is_dir(), reason="the real articles (../shared/dev) are not here")
def test_no_corpus_text_is_a_text_of_the_real_articles() -> None:
    units = [
        json.loads(line)["text"] for path in REAL.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()
    ]
    articles = [path.read_text(encoding="utf-8") for path in REAL.glob("*.txt")]
    units += [line for article in articles for line in article.splitlines() if line.strip()]
    assert units
    wholes = [normal(text) for text in units + articles]
    # Two or three words ("Xem thêm") are no text of their own.
    long_units = [unit for unit in map(normal, units) if len(unit.split()) >= 5]
    found = [
        sentence.id
        for sentence in corpus()
        for text in [normal(sentence.text)]
        if any(text in whole for whole in wholes) or any(unit in text for unit in long_units)
    ]
    assert found == []
