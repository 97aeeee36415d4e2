"""Changed copies stay well labelled."""

from __future__ import annotations

import random
import unicodedata

import pytest

from hoptac.data.schema import Participant, Sentence
from hoptac.data.variants import rewrite, same_length, slip, without_diacritics
from hoptac.train.augment import Augmenter
from hoptac.train.config import Augment


@pytest.mark.parametrize("seed", range(20))
def test_spans_of_changed_copies_index_their_text(sentences: list[Sentence], seed: int) -> None:
    augmenter = Augmenter(Augment(replace=1.0, upper_case=0.5, no_diacritics=0.5), sentences)
    for sentence in sentences:
        changed = augmenter(sentence, random.Random(seed))
        assert len(changed.participants or ()) == len(sentence.participants or ())
        assert unicodedata.is_normalized("NFC", changed.text)
        for p in changed.participants or ():
            assert changed.text[p.start : p.end] == p.text


def test_the_same_name_is_replaced_by_one_other_name() -> None:
    sentence = Sentence("1", "Lào và Lào", (), (Participant("Lào", 0, 3, "GPE"), Participant("Lào", 7, 10, "GPE")))
    pool = [Sentence("2", "Mỹ", (), (Participant("Mỹ", 0, 2, "GPE"),))]
    found = {Augmenter(Augment(1.0, 0.0, 0.0), pool)(sentence, random.Random(seed)).text for seed in range(20)}
    assert found == {"Lào và Lào", "Mỹ và Mỹ"}


def test_a_replaced_organisation_leaves_the_topics_open() -> None:
    sentence = Sentence("1", "IMF họp", ("trade",), (Participant("IMF", 0, 3, "ORG"),))
    changed = [Augmenter(Augment(1.0, 0.0, 0.0), [sentence])(sentence, random.Random(seed)) for seed in range(20)]
    assert {c.topics for c in changed} == {None, ("trade",)}


def test_without_diacritics_keeps_length_and_offsets() -> None:
    sentence = Sentence("1", "Đỗ Mười thăm Lào", (), (Participant("Lào", 13, 16, "GPE"),))
    changed = rewrite(sentence, same_length(sentence.text, without_diacritics)).sentence
    assert (changed.text, changed.participants) == ("Do Muoi tham Lao", (Participant("Lao", 13, 16, "GPE"),))


def test_a_change_of_length_is_not_made() -> None:
    sentence = Sentence("1", "Straße", ())
    assert rewrite(sentence, same_length(sentence.text, str.upper)).sentence is sentence


def test_what_is_not_labelled_stays_unlabelled(sentences: list[Sentence]) -> None:
    augmenter = Augmenter(Augment(1.0, 1.0, 1.0), sentences)
    assert augmenter(Sentence("1", "Lào", ("trade",)), random.Random(1)).participants is None


@pytest.mark.parametrize("seed", range(40))
def test_a_slip_changes_one_place_and_keeps_the_spans(sentences: list[Sentence], seed: int) -> None:
    for sentence in sentences:
        changed = rewrite(sentence, slip(sentence, random.Random(seed))).sentence
        assert abs(len(changed.text) - len(sentence.text)) <= 1
        assert [p.type for p in changed.participants or ()] == [p.type for p in sentence.participants or ()]
        for old, new in zip(sentence.participants or (), changed.participants or (), strict=True):
            assert changed.text[new.start : new.end] == new.text
            assert new.text == new.text.strip()
            assert old.text[0] == new.text[0]


def test_every_kind_of_slip_is_made_and_spaces_at_the_edge_of_a_participant_stay() -> None:
    sentence = Sentence("1", "họp tại Lào nay", (), (Participant("Lào", 8, 11, "GPE"),))
    found = {rewrite(sentence, slip(sentence, random.Random(seed))).sentence.text for seed in range(200)}
    assert {len(text) - len(sentence.text) for text in found} == {-1, 0, 1}
    assert "họptại Lào nay" in found
    assert not any("tạiLào" in text or "Làonay" in text for text in found)


def test_a_text_without_room_for_a_slip_stays() -> None:
    sentence = Sentence("1", "Ý, Bỉ")
    assert all(slip(sentence, random.Random(seed)) == [] for seed in range(20))
