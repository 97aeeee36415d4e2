"""Which names of persons in one article mean the same person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .actor_table import HOME, ActorTable, keys


def group_names(table: ActorTable, names: Sequence[str], codes: Mapping[str, str] | None = None) -> dict[str, tuple[str, ...]]:
    """For each name the fullest ones in the article that may mean the same person: itself, if there is no fuller one.

    A shorter name fits a longer one if it is a Vietnamese given name, a foreign family name, or leaves the middle part out; not if the
    titles beside them name different countries.

    Args:
        names: in the order of the article; the same name may come twice.
        codes: the country that a title beside a name tells, where one does.

    >>> from hoptac.model.actor_table import load_table
    >>> found = group_names(load_table(), ["Adam Reed", "Carol Reed", "Lương Tam Quang", "Reed", "Quang"])
    >>> found["Quang"], found["Reed"]
    (('Lương Tam Quang',), ('Adam Reed', 'Carol Reed'))
    """
    codes = codes or {}
    words = {name: keys(name) for name in names}
    short = {name: tuple(w for w in words[name] if len(w) > 1) or words[name] for name in words}
    # Chinese names look Vietnamese, but the Chinese are called by the first of them.
    native = {name: table.is_vietnamese_name(name) and codes.get(name, HOME) == HOME for name in words}
    heads: list[str] = []
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(words, key=lambda name: (-len(words[name]), name.isupper())):
        fits = [
            head
            for head in heads
            if (words[head] == words[name] or _means(short[name], short[head], native[head]))
            and (not codes.get(name) or not codes.get(head) or codes[name] == codes[head])
        ]
        fits = [head for head in fits if words[head] == words[name]] or fits
        found[name] = tuple(fits) or (name,)
        if len(fits) != 1:
            heads.append(name)
    return found


def _means(name: Sequence[str], longer: Sequence[str], native: bool) -> bool:
    """Whether a shorter name may mean the person of a longer one."""
    if name == longer:
        return True
    if not name or len(name) >= len(longer):
        return False
    if native or len(name) == 1:
        # Vietnamese are called by their last name, others by the family name, which is the last, or in East Asia the first.
        return list(longer[-len(name) :]) == list(name) or (not native and name[0] == longer[0])
    rest = iter(longer)
    in_order = all(word in rest for word in name)
    return in_order and (name[0] == longer[0] or name[-1] == longer[-1])
