"""Sentences to exact tensors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hoptac.data.labels import TOPICS, bio_tags
from hoptac.data.schema import Participant, Sentence
from hoptac.model.modeling import IGNORED
from hoptac.model.tokenization import TextTokenizer
from hoptac.train.augment import Augmenter
from hoptac.train.collator import Collator, Featurizer, TrainingSet
from hoptac.train.config import Augment

TAGS = bio_tags()


@pytest.fixture
def featurizer(tiny_tokenizer: TextTokenizer) -> Featurizer:
    return Featurizer(tiny_tokenizer, TOPICS, TAGS)


LAO = Sentence("1", "thăm Việt Nam", ("trade",), (Participant("Việt Nam", 5, 13, "GPE"),))


def test_features_of_a_labelled_sentence(featurizer: Featurizer) -> None:
    [feature] = featurizer(LAO)
    tokens = [featurizer.tokenizer.tokenizer.id_to_token(i) for i in feature["input_ids"]]
    assert tokens == ["<s>", "▁thăm", "▁Việt", "▁Nam", "</s>"]
    assert feature["tag_labels"] == [IGNORED, 0, TAGS.index("B-GPE"), TAGS.index("I-GPE"), IGNORED]
    assert feature["topic_labels"] == [int(topic == "trade") for topic in TOPICS]


def test_unlabelled_parts_are_ignored(featurizer: Featurizer) -> None:
    [feature] = featurizer(replace(LAO, topics=None, participants=None))
    assert set(feature["topic_labels"]) == {IGNORED}
    assert set(feature["tag_labels"]) == {IGNORED}
    [feature] = featurizer(replace(LAO, topics=(), participants=()))
    assert set(feature["topic_labels"]) == {0}
    assert feature["tag_labels"] == [IGNORED, 0, 0, 0, IGNORED]


def test_only_the_first_piece_of_a_word_is_tagged(featurizer: Featurizer) -> None:
    [feature] = featurizer(Sentence("1", "Zax", (), (Participant("Zax", 0, 3, "PER"),)))
    assert feature["tag_labels"].count(IGNORED) == len(feature["input_ids"]) - 1
    assert TAGS.index("B-PER") in feature["tag_labels"]


def test_a_long_sentence_gives_windows_that_hold_every_tag_once(featurizer: Featurizer) -> None:
    text = "Lào " * 60
    sentence = Sentence("1", text, ("trade",), tuple(Participant("Lào", 4 * i, 4 * i + 3, "GPE") for i in range(60)))
    features = featurizer(sentence)
    assert len(features) > 1
    assert sum(f["tag_labels"].count(TAGS.index("B-GPE")) for f in features) == 60
    assert all(set(f["topic_labels"]) == {IGNORED} for f in features)


def test_collator_pads_to_the_longest() -> None:
    batch = Collator(pad_id=1)(
        [
            {"input_ids": [0, 9, 2], "topic_labels": [1, 0], "tag_labels": [IGNORED, 3, IGNORED]},
            {"input_ids": [0, 2], "topic_labels": [0, IGNORED], "tag_labels": [IGNORED, IGNORED]},
        ]
    )
    assert batch["input_ids"].tolist() == [[0, 9, 2], [0, 2, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch["topic_labels"].tolist() == [[1, 0], [0, IGNORED]]
    assert batch["tag_labels"].tolist() == [[IGNORED, 3, IGNORED], [IGNORED, IGNORED, IGNORED]]


def test_changed_copies_depend_on_seed_and_epoch_only(featurizer: Featurizer, sentences: list[Sentence]) -> None:
    augmenter = Augmenter(Augment(replace=1.0, upper_case=0.0, no_diacritics=0.5), sentences)
    one, two = (TrainingSet(sentences, featurizer, augmenter, seed=3) for _ in range(2))
    first = [one[i] for i in range(len(one))]
    assert first == [two[i] for i in range(len(two))]
    one.epoch = 1
    assert first != [one[i] for i in range(len(one))]
