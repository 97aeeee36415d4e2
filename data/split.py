"""Parts of a labelled set for training, development and test: groups stay whole, labels are spread evenly."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence

from .schema import DataError, Sentence

GROUPS = ("doc", "writer", "id")


def split(
    sentences: Sequence[Sentence], shares: Mapping[str, float], by: str = "doc", seed: int = 1
) -> dict[str, list[Sentence]]:
    """Sentences in parts of about the given shares.

    Groups are dealt out greedily, those with the rarest labels first, each to the part that then lies nearest to its share of
    every topic, participant type and of the sentences; afterwards single groups move while that helps, five rounds at most. This is the
    idea of Sechidis et al. (2011), "On the stratification of multi-label data", for whole groups.

    Args:
        sentences: labelled sentences.
        shares: part name to its share; the shares add up to 1.
        by: what must not be torn apart: `doc` (an article), `writer` or `id` (every sentence by itself).
        seed: decides between equally good choices.

    Raises:
        DataError: if a group has no name, or there are fewer groups than parts.
        ValueError: for shares that are no shares.

    >>> parts = split([Sentence(str(i), "x", doc=f"d{i // 2}") for i in range(8)], {"train": 0.75, "test": 0.25})
    >>> {name: len(part) for name, part in parts.items()}
    {'train': 6, 'test': 2}
    """
    if by not in GROUPS:
        raise ValueError(f"by: {by!r} is none of {', '.join(GROUPS)}")
    check_shares(shares)
    groups: dict[str, list[Sentence]] = {}
    for sentence in sentences:
        if not (name := getattr(sentence, by)):
            raise DataError([f"{sentence.id}: {by}: empty, so there is nothing to split by"])
        groups.setdefault(name, []).append(sentence)
    if len(groups) < len(shares):
        raise DataError([f"{len(groups)} different `{by}` cannot fill {len(shares)} parts"])
    home = _deal({name: _labels(group) for name, group in groups.items()}, shares, random.Random(seed))
    return {part: [s for s in sentences if home[getattr(s, by)] == part] for part in shares}


def check_shares(shares: Mapping[str, float]) -> None:
    """Refuse, with a ValueError, what are no shares of a whole."""
    good = all(math.isfinite(share) and share > 0 for share in shares.values())
    if not shares or not good or abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError(f"positive numbers that add up to 1 were expected, not {dict(shares)}")


def _labels(group: Sequence[Sentence]) -> Counter[str]:
    labels: Counter[str] = Counter(sentences=len(group))
    for sentence in group:
        labels.update(f"topic {topic}" for topic in sentence.topics or ())
        labels.update(f"type {p.type}" for p in sentence.participants or ())
        labels["no topic"] += sentence.topics == ()
    return labels


def _deal(groups: Mapping[str, Counter[str]], shares: Mapping[str, float], draw: random.Random) -> dict[str, str]:
    total: Counter[str] = sum(groups.values(), Counter())
    filled: dict[str, Counter[str]] = {part: Counter() for part in shares}

    def distance(part: str, added: Counter[str]) -> float:
        """How far the part lies from its share of every label, in squares of shares of that label."""
        have = filled[part]
        return (
            sum((((have[name] + added[name]) / count - shares[part]) ** 2 for name, count in total.items()), 0.0) / shares[part]
        )

    names = list(groups)
    draw.shuffle(names)
    names.sort(key=lambda name: -max(groups[name][label] / count for label, count in total.items()))
    home: dict[str, str] = {}
    nothing: Counter[str] = Counter()
    for name in names:
        empty = [part for part in shares if not filled[part]]
        # The last groups go where nothing is yet, so that no part stays empty.
        choice = empty if len(empty) == len(names) - len(home) else list(shares)
        home[name] = min(choice, key=lambda part: distance(part, groups[name]) - distance(part, nothing))
        filled[home[name]].update(groups[name])
    for _ in range(5):
        moved = False
        for name in names:
            here = home[name]
            if sum(part == here for part in home.values()) == 1:
                continue
            minus = Counter({label: -count for label, count in groups[name].items()})
            gain = distance(here, nothing) - distance(here, minus)
            there = min(
                shares, key=lambda part: distance(part, groups[name]) - distance(part, nothing) if part != here else gain
            )
            if there != here:
                filled[here].subtract(groups[name])
                filled[there].update(groups[name])
                home[name] = there
                moved = True
        if not moved:
            break
    return home


def split_report(parts: Mapping[str, Sequence[Sentence]]) -> list[tuple[str, list[int]]]:
    """How often each label stands in each part, in the order of `parts`."""
    labels = {part: _labels(sentences) for part, sentences in parts.items()}
    names = sorted({name for counts in labels.values() for name in counts}, key=lambda name: (name != "sentences", name))
    return [(name, [labels[part][name] for part in parts]) for name in names]
