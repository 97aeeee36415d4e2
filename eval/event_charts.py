"""What `hoptac chart` does: a table of events becomes three charts and a page that shows them.

Needs babel, pycountry, matplotlib and jinja2, from the extra `events`.
"""

from __future__ import annotations

import os
from pathlib import Path

from .event_counts import count_events
from .event_times import UNITS

PAIRS = 25
PARTNERS = 40


def draw_charts(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    by: str = "",
    pairs: int = PAIRS,
    partners: int = PARTNERS,
) -> list[Path]:
    """Write `charts.html`, which needs no other file, and its three charts as `plots/*.png`.

    Topics over time; who with whom, as a network; topics by pair of partners. The page says what is counted, and how many
    events or actors a chart could not show. The same table gives the same bytes.

    Args:
        path: a table of events as `hoptac events` writes it: `.jsonl`, `.csv` or `.parquet`.
        output: folder; is made if it is not there.
        by: length of the bins of time, one of `event_times.UNITS`; empty: the finest that suits the dates.
        pairs: how many pairs of partners the third chart lists; the rest is summed up.
        partners: how many partners the network shows.

    Returns:
        What was written, the page first. Each file appears whole or not at all.

    Raises:
        ValueError: if the table holds no event, or one that is not as `Event.to_dict` gives it, naming the table; or for an
            argument that cannot be.

    >>> draw_charts("events.parquet", "charts")  # doctest: +SKIP
    [PosixPath('charts/charts.html'), PosixPath('charts/plots/topics-over-time.png'), ...]
    """
    if by and by not in UNITS:
        raise ValueError(f"by is {by!r}; known are {', '.join(UNITS)}")
    for name, number in (("pairs", pairs), ("partners", partners)):
        if number < 2:
            raise ValueError(f"{name} is {number}; it must be 2 or more")
    from ..model.event_output import read_events
    from .event_page import write_page  # needs the extra, so that is said before the table is read

    counts = count_events(read_events(path), os.fspath(path))
    return write_page(counts, Path(path).name, output, by=by, pairs=pairs, partners=partners)
