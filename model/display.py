"""Predictions for people and for tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from rich.text import Text

from .predictor import Prediction

STYLES = {"PER": "bold magenta", "ORG": "bold cyan", "GPE": "bold green"}


def render(prediction: Prediction) -> Text:
    """A prediction in colour: its topics with their probabilities, then the text with participants in brackets.

    >>> render(Prediction("Xin chào.", (), {}, ())).plain
    'no topic\\nXin chào.'
    """
    line = Text()
    for topic in prediction.topics:
        line.append(f" {topic} ", "bold white on blue")
        line.append(f" {prediction.scores[topic]:.2f}  ", "dim")
    if not prediction.topics:
        line.append("no topic", "dim italic")
    line.append("\n")
    position = 0
    for participant in prediction.participants:
        style = STYLES.get(participant.type, "bold yellow")
        line.append(visible(prediction.text[position : participant.start]))
        line.append(f"[{participant.type} ", f"dim {style}")
        line.append(visible(participant.text), style)
        line.append("]", f"dim {style}")
        position = participant.end
    line.append(visible(prediction.text[position:]))
    line.rstrip()
    return line


def visible(text: str) -> str:
    """Control characters as pictures or replacement characters, so that no text can steer the terminal.

    >>> visible("a\\x1b[31m")
    'a␛[31m'
    """
    return "".join(
        chr(0x2400 + ord(c)) if ord(c) < 32 else "\ufffd" if unicodedata.category(c) == "Cc" or c in _DIRECTIONS else c
        for c in text.replace("\t", " ")
    )


_DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def table_header(topics: Sequence[str], types: Sequence[str]) -> list[str]:
    """Columns of `table_row`."""
    return ["text", "topics", *types, *(f"score_{topic}" for topic in topics)]


def table_row(prediction: Prediction, topics: Sequence[str], types: Sequence[str]) -> list[str]:
    """One row of a table: text, topics, the names of each type (joined by `; `), a probability for each topic."""
    names = ["; ".join(p.text for p in prediction.participants if p.type == kind) for kind in types]
    scores = [f"{prediction.scores[topic]:.4f}" for topic in topics]
    return [prediction.text, "; ".join(prediction.topics), *names, *scores]
