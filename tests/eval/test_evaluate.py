"""What is scored, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoptac.data.schema import Sentence
from hoptac.eval.evaluate import evaluate
from hoptac.model.predictor import Predictor


@pytest.fixture(scope="module")
def predictor(tiny_checkpoint: Path) -> Predictor:
    return Predictor.from_pretrained(tiny_checkpoint, device="cpu")


def test_unlabelled_parts_and_boilerplate_are_left_out(predictor: Predictor) -> None:
    text = "Việt Nam bàn với Lào"
    answer = predictor.predict(text)
    sentences = [
        Sentence("1", text, topics=answer.topics),
        Sentence("2", text, participants=answer.participants),
        Sentence("3", text, ("mia",), (), kind="boilerplate"),
    ]
    scores = evaluate(predictor, sentences)
    assert scores["sentences"] == 2
    assert scores["topics"]["exact_match"] == 1
    assert sum(row["support"] for row in scores["topics"]["topics"].values()) == len(answer.topics)
    assert scores["participants"]["support"] == len(answer.participants)


def test_equal_ids_are_scored_each_for_itself(predictor: Predictor) -> None:
    texts = ["Việt Nam bàn với Lào", "ông Nguyễn Văn Bình " * 9]
    answers = predictor.predict(texts)
    sentences = [Sentence("same", a.text, a.topics, a.participants) for a in answers]
    assert evaluate(predictor, sentences)["topics"]["exact_match"] == 1
