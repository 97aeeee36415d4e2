"""Which names of persons in one article mean the same person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .actor_table import ActorTable, keys


def group_names(table: ActorTable, names: Sequence[str], codes: Mapping[str, str] | None = None) -> dict[str, str]:
    """For each name the fullest one in the article that means the same person.

    A shorter name joins a longer one when only one longer name fits: a Vietnamese given name, a foreign family name, a name without its
    middle part. Two names whose titles name different countries stay apart.

    Args:
        names: in the order of the article; the same name may come twice.
        codes: the country that a title beside a name tells, where one does.

    >>> from hoptac.model.actor_table import load_table
    >>> group_names(load_table(), ["Andrea Thompson", "Lương Tam Quang", "Thompson", "Quang"])["Quang"]
    'Lương Tam Quang'
    """
    codes = codes or {}
    words = {name: keys(name) for name in names}
    short = {name: tuple(w for w in words[name] if len(w) > 1) or words[name] for name in words}
    native = {name: table.is_vietnamese_name(name) for name in words}
    heads: list[str] = []
    found: dict[str, str] = {}
    for name in sorted(words, key=lambda name: (-len(words[name]), name.isupper())):
        fits = [
            head
            for head in heads
            if (words[head] == words[name] or _means(short[name], short[head], native[head]))
            and (not codes.get(name) or not codes.get(head) or codes[name] == codes[head])
        ]
        same = [head for head in fits if words[head] == words[name]]
        fits = same or fits
        if len(fits) == 1:
            found[name] = fits[0]
        else:
            found[name] = name
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
