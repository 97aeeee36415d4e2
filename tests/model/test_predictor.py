"""The contract of `predict`, on a tiny untrained network: its answers mean nothing, but they must be well formed."""

from __future__ import annotations

import json
import pickle
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hoptac.data.labels import TOPICS
from hoptac.model.predictor import Prediction, Predictor

TEXTS = ["Việt Nam bàn với Lào.", "", "Mỹ", "ông Nguyễn Văn Bình thăm Lào ngày 3" * 20, "   ", "😀"]


@pytest.fixture(scope="module")
def predictor(tiny_checkpoint: Path) -> Predictor:
    return Predictor.from_pretrained(tiny_checkpoint, device="cpu")


def test_a_string_gives_a_prediction_and_an_iterable_a_list_in_order(predictor: Predictor) -> None:
    one = predictor.predict(TEXTS[0])
    assert isinstance(one, Prediction)
    assert [p.text for p in predictor.predict(TEXTS)] == TEXTS
    assert [p.text for p in predictor.predict(text for text in TEXTS)] == TEXTS
    assert predictor.predict([]) == []


def test_answers_do_not_depend_on_the_neighbours(predictor: Predictor) -> None:
    together = predictor.predict(TEXTS, batch_size=4)
    for text, prediction in zip(TEXTS, together, strict=True):
        alone = predictor.predict(text)
        assert alone.topics == prediction.topics
        assert [(p.start, p.end, p.type) for p in alone.participants] == [
            (p.start, p.end, p.type) for p in prediction.participants
        ]
        assert alone.scores == pytest.approx(prediction.scores, abs=1e-4)


def _check(prediction: Prediction, text: str) -> None:
    assert prediction.text == text
    assert list(prediction.scores) == list(TOPICS)
    assert all(0 <= score <= 1 for score in prediction.scores.values())
    assert list(prediction.topics) == [topic for topic in TOPICS if topic in prediction.topics]
    end = 0
    for p in prediction.participants:
        assert end <= p.start < p.end <= len(text)
        assert text[p.start : p.end] == p.text == p.text.strip()
        assert 0 < p.score <= 1
        end = p.end
    json.dumps(prediction.to_dict())
    assert prediction._repr_html_().startswith("<div")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(), max_size=80))
def test_any_string_is_answered(predictor: Predictor, text: str) -> None:
    _check(predictor.predict(text), text)


@pytest.mark.parametrize(
    "text",
    ["", " \t\n", "😀🇻🇳", "\x00\x1b[31m", "外交部长访问河内", "Министр иностранных дел", "\ufeff\u200b\u202e", "𝕍𝕚𝕖𝕥"],
)
def test_unusual_strings(predictor: Predictor, text: str) -> None:
    _check(predictor.predict(text), text)


def test_empty_text_has_nothing(predictor: Predictor) -> None:
    prediction = predictor.predict(" ", thresholds=0.0)
    assert (prediction.topics, prediction.participants) == ((), ())


def test_decomposed_text_gets_the_same_answer_in_its_own_offsets(predictor: Predictor) -> None:
    composed = predictor.predict(TEXTS[0])
    text = unicodedata.normalize("NFD", TEXTS[0])
    decomposed = predictor.predict(text)
    assert decomposed.topics == composed.topics
    assert [unicodedata.normalize("NFC", p.text) for p in decomposed.participants] == [p.text for p in composed.participants]
    _check(decomposed, text)


def test_a_very_long_line_is_read_to_its_end(predictor: Predictor) -> None:
    text = "Việt Nam bàn với Lào về ma túy. " * 2_500
    prediction = predictor.predict(text)
    _check(prediction, text)
    assert prediction.participants
    assert prediction.participants[-1].end > len(text) - 200


@pytest.mark.parametrize(
    ("texts", "message"), [(["a", 3], r"texts\[1\]: .* not int"), ([None], r"texts\[0\]"), ([b"a"], "bytes")]
)
def test_what_is_not_a_string_is_named(predictor: Predictor, texts: list[str], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        predictor.predict(texts)


@pytest.mark.parametrize("texts", [3, None, b"abc"])
def test_what_is_not_iterable_text_is_refused(predictor: Predictor, texts: str) -> None:
    with pytest.raises(TypeError, match="an iterable of strings was expected"):
        predictor.predict(texts)


def test_thresholds(predictor: Predictor) -> None:
    assert predictor.predict(TEXTS[0], thresholds=0.0).topics == TOPICS
    assert predictor.predict(TEXTS[0], thresholds=1.0).topics == ()
    assert "trade" in predictor.predict(TEXTS[0], thresholds={"trade": 0.0}).topics
    with pytest.raises(ValueError, match="unknown topic 'sport'"):
        predictor.predict(TEXTS[0], thresholds={"sport": 0.5})
    with pytest.raises(ValueError, match=r"2\.0 for cybercrime is not a probability"):
        predictor.predict(TEXTS[0], thresholds=2.0)


def test_stream_reads_no_further_than_it_must(predictor: Predictor) -> None:
    taken = 0

    def source() -> Iterator[str]:
        nonlocal taken
        for _ in range(5_000):
            taken += 1
            yield "Lào"

    next(predictor.stream(source()))
    assert taken < 5_000


def test_predictions_travel_between_processes(predictor: Predictor) -> None:
    prediction = predictor.predict(TEXTS[0])
    assert pickle.loads(pickle.dumps(prediction)) == prediction


@pytest.mark.parametrize(
    ("options", "message"), [({"backend": "tensorflow"}, "unknown backend"), ({"backend": "onnx"}, "has no model.onnx")]
)
def test_backends_that_cannot_run_are_refused(tiny_checkpoint: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Predictor.from_pretrained(tiny_checkpoint, **options)
