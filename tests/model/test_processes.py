"""One Predictor in many threads, and the same answers in processes that were forked or spawned."""

from __future__ import annotations

import multiprocessing
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hoptac.data.corpus import load_corpus
from hoptac.model.predictor import DEFAULT_CHECKPOINT, Prediction, Predictor

TEXTS = [sentence.text for sentence in load_corpus("development")[:40]]


@pytest.fixture(scope="module", params=["shipped", "torch"])
def predictor(request: pytest.FixtureRequest, tiny_checkpoint: Path) -> Predictor:
    if request.param == "shipped":
        return Predictor.from_pretrained(threads=3)
    return Predictor.from_pretrained(tiny_checkpoint, "cpu")


@pytest.fixture(scope="module")
def expected(predictor: Predictor) -> list[Prediction]:
    return [predictor.predict(text) for text in TEXTS]


def test_eight_threads_share_a_predictor(predictor: Predictor, expected: list[Prediction]) -> None:
    def work(number: int) -> list[Prediction]:
        if number % 2:
            return predictor.predict(TEXTS, batch_size=1 + number)
        return [predictor.predict(text) for text in TEXTS]

    with ThreadPoolExecutor(8) as pool:
        for answers in pool.map(work, range(8)):
            _same(answers, expected)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_answer_the_same(predictor: Predictor, expected: list[Prediction], method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system cannot {method}")
    if method == "fork" and not predictor.runtime.__class__.__name__.startswith("Onnx"):
        pytest.skip("torch's own threads do not outlive a fork; spawn is for that")
    predictor.predict(TEXTS)  # so that all threads there may be have been started
    with multiprocessing.get_context(method).Pool(2) as pool:
        for answers in pool.map(predictor.predict, [TEXTS, TEXTS]):
            _same(answers, expected)


def test_threads_do_not_change_an_answer(expected: list[Prediction], predictor: Predictor) -> None:
    alone = Predictor.from_pretrained(predictor.opened["checkpoint"], predictor.opened["device"], threads=1)
    _same(alone.predict(TEXTS), expected)
    _same(list(predictor.stream(iter(TEXTS * 60)))[-len(TEXTS) :], expected)


def test_a_predictor_without_a_folder_is_not_sent(predictor: Predictor) -> None:
    made = Predictor(predictor.config, predictor.tokenizer, predictor.runtime)
    with pytest.raises(TypeError, match="was not opened from a folder"):
        pickle.dumps(made)


def test_a_wrong_number_of_threads_is_refused() -> None:
    with pytest.raises(ValueError, match="threads: 0 is not at least 1"):
        Predictor.from_pretrained(DEFAULT_CHECKPOINT, threads=0)


def test_an_error_in_the_middle_of_the_input_reaches_the_caller(predictor: Predictor) -> None:
    with pytest.raises(TypeError, match=r"texts\[20\]"):
        predictor.predict([*TEXTS[:20], 3, *TEXTS[20:]])  # type: ignore[list-item]


def _same(answers: list[Prediction], expected: list[Prediction]) -> None:
    assert [answer.topics for answer in answers] == [answer.topics for answer in expected]
    for answer, other in zip(answers, expected, strict=True):
        assert answer.scores == pytest.approx(other.scores, abs=1e-3)
        assert [(p.start, p.end, p.type) for p in answer.participants] == [(p.start, p.end, p.type) for p in other.participants]
