"""A study as one page that opens anywhere and can be printed, and its figures as pictures for a paper.

Needs jinja2 and matplotlib, from the extra `train`. What is said, and in which order, stands here; how it looks, and what the scores
mean in words, in `report.html.j2`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..data.labels import CORE_TOPICS
from ..data.schema import whole_file
from .intervals import FEW
from .metrics import MATCHES
from .report_blocks import (
    OPEN_ROWS,
    Block,
    Cell,
    Part,
    Pictures,
    Table,
    Text,
    Tiles,
    difference_cell,
    ends,
    lower_is_better,
    p_value,
    plain,
    score_cell,
    score_name,
    short,
    topic_f1,
    triple,
    type_f1,
)
from .report_results import result_parts
from .score_plots import Dot, Panel, dots

TEMPLATE = Path(__file__).parent / "report.html.j2"
HEADLINES = (
    "topics/macro_f1",
    "topics/core_macro_f1",
    "topics/micro_f1",
    "topics/exact_match",
    "topics/no_topic_specificity",
    "participants/exact/f1",
    "topics/calibration_error",
)
COMPARED = (
    *HEADLINES[:5],
    "topics/macro_average_precision",
    "topics/calibration_error",
    *(f"participants/{match}/f1" for match in MATCHES),
)


def write_report(study: Mapping[str, Any], folder: str | os.PathLike[str]) -> list[Path]:
    """Write `report.html`, which needs no other file, and the figures in it as `plots/*.png`.

    Args:
        study: what `study.study` returns, or `scores.json` read back. Any part of a data set's results may be absent.
        folder: is made if it is not there.

    Returns:
        What was written, the page first. Each file appears whole or not at all.

    >>> write_report(json.loads(Path("scores.json").read_text()), "report")  # doctest: +SKIP
    [PosixPath('report/report.html'), PosixPath('report/plots/test-default-topics.png'), ...]
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = Pictures(folder / "plots")
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(TEMPLATE.name).render(_page(study, pictures))
    with whole_file(folder / "report.html") as file:
        file.write(page)
    return [folder / "report.html", *pictures.written]


def _page(study: Mapping[str, Any], pictures: Pictures) -> dict[str, Any]:
    checkpoints, data = study["checkpoints"], study["data"]
    tested = {name: found for name, found in data.items() if found.get("baselines")}
    network = next(iter(checkpoints), "")
    parts = [Part("What was measured", "measured", _measured(study))]
    if tested:
        parts.append(Part("Where a baseline beats the network", "beaten", list(_beaten(tested, network))))
    parts += [
        _data_part(f"data-{number}", name, found, study.get("baselines", {}), network, pictures)
        for number, (name, found) in enumerate(data.items(), start=1)
    ]
    return {
        "checkpoints": list(checkpoints),
        "data": list(data),
        "verdicts": [_verdict(name, found, network) for name, found in tested.items()],
        "parts": parts,
        "core": [topic for topic in CORE_TOPICS if any(topic in facts.get("topics", ()) for facts in checkpoints.values())],
        "hoptac": study.get("hoptac", ""),
    }


def _measured(study: Mapping[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    rows = []
    for name, facts in study["checkpoints"].items():
        trained = facts.get("trained_on") or {}
        files = "; ".join(f"{file} {short(sha)}" for file, sha in (facts.get("files") or {}).items())
        labels = [f"{len(facts[what])} {what}" for what in ("topics", "types") if facts.get(what)]
        rows.append(
            [
                Cell(name, strong=True),
                Cell(facts.get("backbone") or "–", ", ".join(labels)),
                Cell("–" if facts.get("seed") is None else str(facts["seed"])),
                Cell(f"{trained['sentences']:,} sentences" if trained else "not recorded", short(trained.get("sha256"))),
                Cell(files or "–"),
                Cell(facts.get("hoptac") or "–"),
            ]
        )
    columns = ["checkpoint", "backbone, labels", "seed", "trained on", "files (SHA-256)", "hoptac"]
    blocks.append(Table("Checkpoints", columns, rows, words=range(6)))
    rows, few = [], []
    for name, found in study["data"].items():
        result: Mapping[str, Any] = next(iter(found["results"].values()), {})
        counts, groups = result.get("counts", {}), result.get("groups", {})
        rows.append(
            [
                Cell(name, f"{short(found.get('sha256'))} {result.get('role', '')}".strip(), strong=True),
                Cell(groups.get("note", "–"), f"{result.get('draws', 0):,} draws, seed {result.get('seed', '–')}"),
                Cell(
                    f"{result.get('sentences', found.get('sentences', 0)):,}",
                    f"{found.get('boilerplate', 0):,} boilerplate left out",
                ),
                Cell(f"{counts.get('with_topics_labelled', 0):,}"),
                Cell(f"{counts.get('with_participants_labelled', 0):,}"),
            ]
        )
        if groups.get("number", FEW) < FEW:
            few.append(name)
    columns = ["data (SHA-256)", "95 % intervals from", "sentences scored", "topics labelled in", "participants labelled in"]
    blocks.append(Table("Data", columns, rows, words=(0, 1)))
    if few:
        blocks.append(Text(f"Intervals on {', '.join(few)} are usually too narrow: {_FEW_GROUPS}", "warning"))
    return blocks


_FEW_GROUPS = "so few groups do not show how far others would differ. Take them as the least doubt there is."


def _verdict(name: str, found: Mapping[str, Any], network: str) -> dict[str, Any]:
    """One line about the baselines on one set of data, for the head of the page."""
    rows = found.get("beaten_by", [])
    clear = [row for row in rows if _clear(row)]
    return {
        "data": name,
        "network": network,
        "higher": len(rows),
        "certain": len(clear),
        "first": [(row["baseline"], score_name(row["score"]), plain(row["first"]), plain(row["second"])) for row in rows[:2]],
        "baselines": len(found["baselines"]),
    }


def _clear(row: Mapping[str, Any]) -> bool:
    return row.get("high") is not None and row["high"] < 0


def _beaten(tested: Mapping[str, Mapping[str, Any]], network: str) -> Iterator[Block]:
    yield Text(
        "Compared are F1, average precision, exact match and specificity, over everything and of each label, on the same sentences. "
        "A baseline that seldom answers is specific at little cost; read its specificity beside its F1. "
        "With so many scores a few fall to a baseline by chance: intervals and values of p are not corrected for their number."
    )
    for name, found in tested.items():
        rows = found.get("beaten_by", [])
        if not rows:
            yield Text(f"{name}: no baseline scores higher than {network} in any of these scores.", "unbeaten")
            continue
        clear = sum(map(_clear, rows))
        table = Table(
            f"{name}: scores in which a baseline is higher",
            ["score", "baseline", f"network ({network})", "the baseline", "difference", "p", "interval"],
            [
                [
                    Cell(score_name(row["score"])),
                    Cell(row["baseline"]),
                    Cell(plain(row["first"])),
                    Cell(plain(row["second"])),
                    difference_cell(row, strong=_clear(row)),
                    Cell(p_value(row.get("p"))),
                    Cell("below zero" if _clear(row) else "includes zero"),
                ]
                for row in rows
            ],
            f"In {clear} of {len(rows)} the interval of the difference lies wholly below zero.",
            folded=len(rows) > OPEN_ROWS,
            words=(0, 1, 6),
        )
        yield table


def _data_part(
    anchor: str,
    name: str,
    found: Mapping[str, Any],
    descriptions: Mapping[str, str],
    network: str,
    pictures: Pictures,
) -> Part:
    results = found["results"]
    first = next(iter(results), network)
    several = len(results) > 1
    parts = []
    if found.get("seeds"):
        parts.append(Part("Seeds", f"{anchor}-seeds", list(_seeds(found["seeds"], name, pictures))))
    if found.get("comparisons"):
        blocks = [b for one in found["comparisons"] for b in _comparison(one, name, one.get("exchanged"), results, pictures)]
        parts.append(Part("Comparison", f"{anchor}-comparison", blocks))
    if found.get("baselines"):
        parts.append(Part("Baselines", f"{anchor}-baselines", list(_baselines(found, name, first, descriptions, pictures))))
    own = [
        result_parts(f"{anchor}-{number}", [name, checkpoint], result, found.get("robustness", {}).get(checkpoint), pictures)
        for number, (checkpoint, result) in enumerate(results.items(), start=1)
    ]
    if several:
        parts += [
            Part(
                f"Results of {checkpoint}",
                f"{anchor}-{number}",
                [_tiles(result["scores"])] if number > 1 or found.get("seeds") else [],
                inner,
                "open" if number == 1 else "closed",
            )
            for number, ((checkpoint, result), inner) in enumerate(zip(results.items(), own, strict=True), start=1)
        ]
    elif own:
        parts += own[0]
    return Part(name, anchor, list(_head(found, first, several)), parts)


def _head(found: Mapping[str, Any], first: str, several: bool) -> Iterator[Block]:
    result = found["results"].get(first)
    if result is None:
        return
    if found.get("seeds"):
        runs = len(found["seeds"]["runs"])
        mean = {score: row | {"value": row["mean"]} for score, row in found["seeds"]["scores"].items()}
        yield Text(f"Means of {runs} run{'s' * (runs != 1)}; below each the interval over runs.")
        yield _tiles(mean)
    else:
        if several:
            yield Text(Markup("Scores of <b>{}</b>, with which the others are compared.").format(first))
        yield _tiles(result["scores"])
    groups = result.get("groups", {})
    style = "warning" if groups.get("number", FEW) < FEW else ""
    yield Text(f"{result['sentences']:,} sentences. Intervals: {groups.get('note', 'not drawn')}.", style)


def _tiles(scores: Mapping[str, Any]) -> Tiles:
    return Tiles(
        [
            (score_name(score) + (", lower is better" if lower_is_better(score) else ""), plain(row["value"]), ends(row))
            for score in HEADLINES
            if (row := scores.get(score)) is not None
        ]
    )


def _seeds(seeds: Mapping[str, Any], name: str, pictures: Pictures) -> Iterator[Block]:
    scores = seeds["scores"]
    shown = [score for score in COMPARED if score in scores]
    columns = ["score", "mean", "± deviation", "interval over runs", "interval over sentences", *seeds["runs"]]

    def table(which: Iterable[str], caption: str, folded: bool = False) -> Table:
        rows = [
            [
                Cell(score_name(score)),
                Cell(plain(scores[score]["mean"]), strong=True),
                Cell("–" if scores[score]["deviation"] is None else f"± {plain(scores[score]['deviation'])}"),
                Cell(ends(scores[score]) or "–"),
                Cell(ends({"low": scores[score]["drawn_low"], "high": scores[score]["drawn_high"]}) or "–"),
                *(Cell(plain(value)) for value in scores[score]["values"]),
            ]
            for score in which
        ]
        note = "Over runs: the mean ± Student’s t times the standard error, for another seed. Over sentences: bootstrap, for other sentences."
        return Table(caption, columns, rows, note, folded)

    yield table(shown, "Means over seeds")
    rows = [
        Dot(score_name(score), s["mean"], s["low"], s["high"], s["values"])
        for score in shown
        if not lower_is_better(score)
        for s in [scores[score]]
    ]
    if rows:
        caption = "Means over seeds (dots) with their intervals over runs (lines); each run is a stroke."
        yield pictures(dots([Panel("scores of each run", rows)]), [name, "seeds"], caption)
    rest = [score for score in scores if score not in shown]
    if rest:
        yield table(rest, "Every other score", folded=True)


def _comparison(
    one: Mapping[str, Any], name: str, exchanged: str | None, results: Mapping[str, Any], pictures: Pictures
) -> Iterator[Block]:
    first, second, scores = one["first"], one["second"], one["scores"]
    shown = [score for score in COMPARED if score in scores]

    def table(which: Iterable[str], caption: str, folded: bool = False) -> Table:
        rows = [
            [
                Cell(score_name(score), "lower is better" if lower_is_better(score) else ""),
                Cell(plain(scores[score]["first"])),
                Cell(plain(scores[score]["second"])),
                difference_cell(scores[score]),
                Cell(p_value(scores[score].get("p"))),
            ]
            for score in which
        ]
        note = (
            "Difference: the first less the second, with the interval of the paired difference. p: two-sided permutation test, "
            f"exchanging the answers to each {exchanged or 'sentence'}; not corrected for the number of scores. Scores that depend on the order of "
            "probabilities have none."
        )
        return Table(caption, ["score", first, second, "difference", "p"], rows, note, folded)

    yield table(shown, f"{first} and {second}")
    labels = results.get(first, {}).get("counts", {})
    panels = [
        Panel(
            title,
            [
                Dot(label, row["difference"], row["low"], row["high"])
                for label in labels.get(side, {})
                if (row := scores.get(key(label)))
            ],
            difference=True,
        )
        for title, side, key in (
            ("topics, difference in F1", "topics", topic_f1),
            ("participants, difference in exact F1", "participants", type_f1),
        )
    ]
    panels = [panel for panel in panels if panel.dots]
    if panels:
        caption = f"F1 of {first} less F1 of {second}, label by label; right of the dashed line {first} is better."
        yield pictures(dots(panels), [name, first, "against", second], caption)
    rest = [score for score in scores if score not in shown]
    if rest:
        yield table(rest, "Every other score", folded=True)


def _baselines(
    found: Mapping[str, Any], name: str, network: str, descriptions: Mapping[str, str], pictures: Pictures
) -> Iterator[Block]:
    result, baselines = found["results"][network], found["baselines"]
    scores = {network: result["scores"], **{b: row["scores"] for b, row in baselines.items()}}
    wanted = [
        "topics/macro_f1",
        "topics/micro_f1",
        "topics/core_macro_f1",
        "topics/no_topic_specificity",
        "participants/exact/f1",
        *map(type_f1, result.get("counts", {}).get("participants", {})),
    ]
    columns = [score for score in wanted if any(score in row for row in scores.values())]
    known = {score: [v for row in scores.values() if (v := row.get(score, {}).get("value")) is not None] for score in columns}
    rows = [
        [
            Cell(
                contender,
                "the network" if contender == network else descriptions.get(contender, ""),
                strong=contender == network,
            ),
            *(
                score_cell(row.get(score), best=max(known[score], default=None)) if score in row else Cell("")
                for score in columns
            ),
        ]
        for contender, row in scores.items()
    ]
    heads = ["", *map(score_name, columns)]
    yield Table(
        "The network and the baselines",
        heads,
        rows,
        "Best in bold; an empty cell is something that the baseline does not answer.",
    )
    panels = [
        Panel(title, [Dot(c, *triple(row[score]), strong=c == network) for c, row in scores.items() if score in row])
        for title, score in (("topics, macro-F1", "topics/macro_f1"), ("participants, exact F1", "participants/exact/f1"))
    ]
    panels = [panel for panel in panels if len(panel.dots) > 1]
    if panels:
        yield pictures(
            dots(panels), [name, "baselines"], "The network (filled) and the baselines (hollow) with 95 % intervals."
        )
    rows = [
        [Cell(b), *(difference_cell(row["against"][s], p=True) if s in row["against"] else Cell("") for s in columns)]
        for b, row in baselines.items()
    ]
    note = "Above zero the network is better. Intervals and p of the paired difference, not corrected for their number."
    yield Table("The network less each baseline", heads, rows, note, folded=True)
