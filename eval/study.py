"""A study: the answers of checkpoints, and of baselines, to sets of sentences; what `hoptac evaluate` writes to `scores.json`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..data.schema import Sentence, fingerprint, whole_file
from ..model.card import EVALUATION_FILE, HEADLINES, what_they_were, write_card
from ..model.configuration import CheckpointConfig
from ..model.predictor import Prediction
from .analysis import analyse
from .baselines import Baseline
from .contenders import Contender
from .evaluate import without_boilerplate
from .intervals import DRAWS, Groups, compare, exchanged, group, interval, number, replicates, with_intervals
from .robustness import Outcome, robustness
from .tally import Tally

JUDGED = ("f1", "average_precision", "exact_match", "no_topic_specificity")
"""Endings of the scores in which a baseline can beat the network; precision and recall alone are bought with each other."""
PERTURBED = ("topics/macro_f1", "topics/micro_f1", "topics/no_topic_specificity", "participants/exact/f1")


def study(
    contenders: Sequence[Contender],
    sources: Mapping[str, Sequence[Sentence]],
    baselines: Sequence[Baseline] = (),
    perturb: bool = False,
    seeds: bool = False,
    known_names: Mapping[str, Collection[str]] | None = None,
    by: str | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Score contenders on each set of sentences and compare them; the first contender is the one that others are compared with.

    Args:
        contenders: checkpoints, with one label scheme.
        sources: labelled sentences by name.
        baselines: fitted ones, which the first contender is compared with.
        perturb: also answer rewritten sentences.
        seeds: the contenders are runs of one experiment with several seeds: sum them up instead of comparing them.
        known_names: for each contender, by name, the participants of its training data; without them names are not told apart.
        by: what is drawn together, as in `intervals.group`.
        draws: bootstrap replicates.
        seed: of everything drawn.
        say: hears what is being done.

    Returns:
        Plain JSON types, described in `docs/evaluation.md`.

    Raises:
        ValueError: if a set has nothing that the checkpoints predict, or checkpoints have different labels.
    """
    for other in contenders[1:]:
        if (other.config.topics, other.config.types) != (contenders[0].config.topics, contenders[0].config.types):
            raise ValueError(
                f"{other.name} and {contenders[0].name} have different topics or types, so they cannot be compared"
            )
    return {
        "hoptac": __version__,
        "checkpoints": {c.name: dict(c.facts) for c in contenders},
        "baselines": {b.name: b.description for b in baselines},
        "data": {
            name: _on(name, sentences, contenders, baselines, perturb, seeds, known_names, by, draws, seed, say)
            for name, sentences in sources.items()
        },
    }


def write_evaluation(found: Mapping[str, Any], folder: Path) -> None:
    """Write the figures of a study of one checkpoint to its `evaluation.json`, without sentences and curves, and its card anew."""
    data = {}
    for name, part in found["data"].items():
        [result] = part["results"].values()
        [robust] = part["robustness"].values() or [[]]
        # A file's path and the names of writers are the user's own business.
        data[name if name.startswith("corpus:") else Path(name).name] = {
            **{key: part[key] for key in ("sentences", "sha256", "boilerplate")},
            "result": {key: value for key, value in result.items() if key not in ("errors", "curves", "slices", "seconds")},
            "baselines": {
                baseline: {side: {k: v for k, v in rows[side].items() if k in HEADLINES} for side in rows}
                for baseline, rows in part["baselines"].items()
            },
            "beaten_by": part.get("beaten_by", []),
            "robustness": robust,
        }
    with whole_file(folder / EVALUATION_FILE) as file:
        file.write(
            json.dumps({"hoptac": found["hoptac"], "baselines": found["baselines"], "data": data}, ensure_ascii=False, indent=1)
            + "\n"
        )
    write_card(folder)


def _on(
    name: str,
    sentences: Sequence[Sentence],
    contenders: Sequence[Contender],
    baselines: Sequence[Baseline],
    perturb: bool,
    seeds: bool,
    known_names: Mapping[str, Collection[str]] | None,
    by: str | None,
    draws: int,
    seed: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    scored = without_boilerplate(sentences)
    if not scored:
        raise ValueError(f"{name}: only boilerplate, which is not scored")
    texts = [s.text for s in scored]
    groups = group(scored, by)
    weights = replicates(groups, draws, seed)
    found: dict[str, Any] = {
        **fingerprint(sentences),
        "boilerplate": len(sentences) - len(scored),
        "results": {},
        "comparisons": [],
        "baselines": {},
        "robustness": {},
    }
    answers: list[list[Prediction]] = []
    for one in contenders:
        say(f"{name}: {one.name} answers {len(scored)} sentences")
        began = time.perf_counter()
        answers.append(one.predictor.predict(texts))
        seconds = time.perf_counter() - began
        try:
            result = analyse(scored, answers[-1], one.config, (known_names or {}).get(one.name), groups, draws, seed)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        role = what_they_were(found, one.record)
        found["results"][one.name] = result | {"role": role, "seconds": round(seconds, 2)}
    tallies = [Tally(scored, a, c.config.topics, c.config.types) for a, c in zip(answers, contenders, strict=True)]
    if seeds:
        found["seeds"] = over_seeds(tallies, [one.name for one in contenders], weights)
    else:
        for other, tally in zip(contenders[1:], tallies[1:], strict=True):
            rows = compare(tallies[0], tally, groups, weights, seed)
            pair = {"first": contenders[0].name, "second": other.name, "exchanged": exchanged(groups), "scores": rows}
            found["comparisons"].append(pair)
    for baseline in baselines:
        say(f"{name}: the baseline {baseline.name} answers")
        found["baselines"][baseline.name] = against(baseline, scored, tallies[0], answers[0], groups, weights, seed)
    if baselines:
        found["beaten_by"] = beaten_by(found["baselines"])
    if perturb:
        for one, own in zip(contenders, answers, strict=True):
            say(f"{name}: {one.name} answers rewritten sentences")
            outcomes = robustness(one.predictor, scored, own, seed=seed)
            found["robustness"][one.name] = [perturbed_scores(outcome, one.config, by, draws, seed) for outcome in outcomes]
    return found


def against(
    baseline: Baseline,
    sentences: Sequence[Sentence],
    network: Tally,
    answers: Sequence[Prediction],
    groups: Groups,
    weights: np.ndarray,
    seed: int,
) -> dict[str, Any]:
    """Scores of a baseline, and of the network beside it, in what the baseline answers.

    Returns:
        `scores` with intervals as in `analyse`, and `against`: rows of `intervals.compare`, the network first.
    """
    topics = network.topics if baseline.topics else ()
    types = network.types if baseline.participants else ()
    own = Tally(sentences, baseline.predict([s.text for s in sentences]), topics, types)
    same = Tally(sentences, answers, topics, types)
    return {
        "scores": with_intervals(own.scores(), own.scores(weights)),
        "against": compare(same, own, groups, weights, seed),
    }


def beaten_by(baselines: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Where a baseline scores higher than the network: `baseline`, `score`, and the row of the comparison; the clearest first."""
    rows = [
        {"baseline": name, "score": score, **row}
        for name, found in baselines.items()
        for score, row in found["against"].items()
        if score.endswith(JUDGED) and row["difference"] is not None and row["difference"] < 0
    ]
    return sorted(rows, key=lambda row: (row["high"] is None or row["high"] >= 0, row["difference"]))


def over_seeds(tallies: Sequence[Tally], names: Sequence[str], weights: np.ndarray) -> dict[str, Any]:
    """Each score over runs that differ in their seed only.

    Returns:
        For each score `values` by run, their `mean` and `deviation` (of a sample; None for one run), `low` and `high` of the mean by
        Student's t over runs, and `drawn_low` and `drawn_high`, the mean's bootstrap interval over sentences.
    """
    points, drawn = [t.scores() for t in tallies], [t.scores(weights) for t in tallies]
    rows = {}
    for score in points[0]:
        values = [number(point[score]) for point in points]
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            continue
        mean = float(np.mean(known))
        deviation = float(np.std(known, ddof=1)) if len(known) > 1 else None
        reach = None if deviation is None else student(len(known) - 1) * deviation / len(known) ** 0.5
        low, high = interval(np.mean([replicate[score] for replicate in drawn], axis=0))
        rows[score] = {
            "mean": mean,
            "deviation": deviation,
            "low": None if reach is None else mean - reach,
            "high": None if reach is None else mean + reach,
            "drawn_low": low,
            "drawn_high": high,
            "values": known,
        }
    return {"runs": list(names), "scores": rows}


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t."""
    from scipy.stats import t

    return float(t.ppf(0.975, freedom))


def perturbed_scores(outcome: Outcome, config: CheckpointConfig, by: str | None, draws: int, seed: int) -> dict[str, Any]:
    """What a perturbation did to the sentences that it touched.

    Returns:
        `name`, `description`, how many sentences were `touched`, the share `unchanged` of answers with its interval, and for each of some scores `before`,
        `after`, and their `difference` with `low` and `high`.
    """
    scores: dict[str, Any] = {}
    unchanged: dict[str, float | None] = dict.fromkeys(("value", "low", "high"))
    if outcome.variants:
        originals = [variant.original for variant in outcome.variants]
        before = Tally(originals, outcome.before, config.topics, config.types)
        after = Tally([variant.sentence for variant in outcome.variants], outcome.after, config.topics, config.types)
        weights = replicates(group(originals, by), draws, seed)
        same = np.array(outcome.unchanged, np.float64)
        low, high = interval(weights @ same / weights.sum(axis=1))
        unchanged = {"value": float(same.mean()), "low": low, "high": high}
        points, drawn = (before.scores(), after.scores()), (before.scores(weights), after.scores(weights))
        for name in PERTURBED:
            if name in points[0]:
                low, high = interval(drawn[1][name] - drawn[0][name])
                first, second = number(points[0][name]), number(points[1][name])
                difference = None if first is None or second is None else second - first
                scores[name] = {"before": first, "after": second, "difference": difference, "low": low, "high": high}
    return {
        "name": outcome.name,
        "description": outcome.description,
        "touched": len(outcome.variants),
        "unchanged": unchanged,
        "scores": scores,
    }
