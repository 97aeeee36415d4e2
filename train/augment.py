"""Changed copies of training sentences: other names, upper case, no diacritics, slips of the keyboard."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ..data.schema import Sentence
from ..data.variants import other_names, rewrite, same_length, slip, without_diacritics
from .config import Augment


class Augmenter:
    """Draws changed copies.

    Args:
        config: the shares.
        sentences: where other names are taken from.

    >>> from hoptac.data.schema import Participant
    >>> lao = Sentence("1", "thăm Lào", (), (Participant("Lào", 5, 8, "GPE"),))
    >>> Augmenter(Augment(replace=0.0, upper_case=1.0, no_diacritics=0.0), [lao])(lao, random.Random(1)).text
    'THĂM LÀO'
    """

    def __init__(self, config: Augment, sentences: Sequence[Sentence]) -> None:
        self.config = config
        self.names: dict[str, list[str]] = {}
        for sentence in sentences:
            for participant in sentence.participants or ():
                self.names.setdefault(participant.type, []).append(participant.text)

    def __call__(self, sentence: Sentence, draw: random.Random) -> Sentence:
        if draw.random() < self.config.replace:
            sentence = self._replace(sentence, draw)
        if draw.random() < self.config.upper_case:
            sentence = rewrite(sentence, same_length(sentence.text, str.upper)).sentence
        if draw.random() < self.config.no_diacritics:
            sentence = rewrite(sentence, same_length(sentence.text, without_diacritics)).sentence
        if draw.random() < self.config.typos:
            sentence = rewrite(sentence, slip(sentence, draw)).sentence
        return sentence

    def _replace(self, sentence: Sentence, draw: random.Random) -> Sentence:
        """Other names for half of the sentence's names, the same one wherever the same name stands."""
        participants = sentence.participants
        if not participants:
            return sentence
        other = {
            (p.text, p.type): draw.choice(self.names[p.type])
            for p in dict.fromkeys(replace(p, start=0, end=0) for p in participants)
            if draw.random() < 0.5
        }
        # An organisation often decides whether news is domestic, and so the topics: what is replaced is not known any more.
        topics = None if any(kind == "ORG" for _, kind in other) else sentence.topics
        return replace(rewrite(sentence, other_names(sentence, other)).sentence, topics=topics)
