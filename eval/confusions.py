"""How predicted spans differ from gold ones: in their type, and at their edges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..data.labels import TYPES, Span

NONE = ""
"""Stands where there is no span; no type has this name."""
EDGES: tuple[str, ...] = ("exact", "longer", "shorter", "shifted", "missed")
"""A predicted span reaches over a gold one on some side (longer), stays inside it (shorter), or does both (shifted)."""


def confusions(
    gold: Sequence[Iterable[Span]], found: Sequence[Iterable[Span]], types: Sequence[str] = TYPES
) -> dict[str, dict[str, dict[str, int]]]:
    """Counts of what became of each span.

    Returns:
        `types`: for each gold type, and `NONE`, how often which type was predicted there, or `NONE`; a gold span is compared with the
        predicted one that overlaps it most. `edges`: for each gold type how often which of `EDGES`, whatever the type found.

    >>> confusions([[(0, 9, "ORG")]], [[(0, 5, "GPE")]], ["ORG", "GPE"])["types"]["ORG"]
    {'ORG': 0, 'GPE': 1, '': 0}
    """
    by_type: Counter[tuple[str, str]] = Counter()
    by_edge: Counter[tuple[str, str]] = Counter()
    for left, right in zip(gold, found, strict=True):
        for ours, theirs in pairs(left, right):
            by_type[ours[2] if ours else NONE, theirs[2] if theirs else NONE] += 1
            if ours:
                by_edge[ours[2], edge(ours, theirs)] += 1
    rows = [*types, NONE]
    return {
        "types": {row: {column: by_type[row, column] for column in rows} for row in rows},
        "edges": {kind: {name: by_edge[kind, name] for name in EDGES} for kind in types},
    }


def pairs(gold: Iterable[Span], found: Iterable[Span]) -> list[tuple[Span | None, Span | None]]:
    """Gold and predicted spans one to one, the pairs that overlap most first; what is left stands alone."""
    ours, theirs = list(dict.fromkeys(gold)), list(dict.fromkeys(found))
    overlaps = sorted(
        (
            (min(a[1], b[1]) - max(a[0], b[0]), a[2] == b[2], -abs(a[0] - b[0]) - abs(a[1] - b[1]), i, j)
            for i, a in enumerate(ours)
            for j, b in enumerate(theirs)
        ),
        key=lambda item: (-item[0], -item[2], -item[1], item[3], item[4]),
    )
    paired: list[tuple[Span | None, Span | None]] = []
    left, right = set(range(len(ours))), set(range(len(theirs)))
    for overlap, _, _, i, j in overlaps:
        if overlap > 0 and i in left and j in right:
            left.remove(i)
            right.remove(j)
            paired.append((ours[i], theirs[j]))
    return [*paired, *((ours[i], None) for i in sorted(left)), *((None, theirs[j]) for j in sorted(right))]


def edge(gold: Span, found: Span | None) -> str:
    """Which of `EDGES` a predicted span is beside the gold one."""
    if found is None:
        return "missed"
    if gold[:2] == found[:2]:
        return "exact"
    if found[0] <= gold[0] and gold[1] <= found[1]:
        return "longer"
    return "shorter" if gold[0] <= found[0] and found[1] <= gold[1] else "shifted"
