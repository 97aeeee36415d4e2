"""The model card of a checkpoint, written from its own files: nothing in it is typed by hand that a file knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .backbone import find_known
from .configuration import ONNX_WEIGHTS, CheckpointConfig

RECORD_FILE = "training.json"
CARD_FILE = "README.md"
EVALUATION_FILE = "evaluation.json"


def read_record(folder: str | Path) -> dict[str, Any]:
    """The content of a checkpoint's `training.json`; empty where it has none."""
    path = Path(folder) / RECORD_FILE
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return record


def write_card(folder: str | Path) -> None:
    """Write `README.md` of a checkpoint from its `config.json`, `training.json` and, where it has one, `evaluation.json`.

    >>> write_card("runs/embedded")  # doctest: +SKIP
    """
    folder = Path(folder)
    config = CheckpointConfig.load(folder, verify=False)
    record = read_record(folder)
    scores = folder / EVALUATION_FILE
    evaluation = json.loads(scores.read_text(encoding="utf-8")) if scores.exists() else None
    (folder / CARD_FILE).write_text(model_card(config, record, evaluation), encoding="utf-8")


def model_card(config: CheckpointConfig, record: dict[str, Any], evaluation: dict[str, Any] | None = None) -> str:
    """The text of the card.

    Args:
        config: the checkpoint's configuration.
        record: the content of its `training.json`.
        evaluation: the content of its `evaluation.json`, as `hoptac evaluate --card` writes it.
    """
    known = find_known(config.backbone_name)
    base = known.hub_id if known else config.backbone_name
    # What is trained from a backbone under the MIT licence is ours to license; another licence goes on to what is derived.
    licence = "other" if known is None else "apache-2.0" if known.licence == "MIT" else known.licence.lower()
    data = record["data"]
    own = all(source.startswith("corpus:") for source in record["experiment"]["data"]["train"])
    fitted = record.get("calibrated_on", data["development"])
    form = "ONNX" if ONNX_WEIGHTS in config.files else "safetensors, for torch"
    lines = [
        "---",
        "language: vi",
        f"license: {licence}",
        *([f"base_model: {base}"] if known or not Path(base).exists() else []),
        "tags: [hoptac, token-classification, text-classification, international-relations]",
        "---",
        "",
        "# A hoptac checkpoint",
        "",
        f"Reads one Vietnamese sentence; answers with {_answers(config)}. Form: {form}. "
        "Load it with `hoptac.Predictor.from_pretrained(folder)`.",
        "",
        "## How it was made",
        "",
        f"- Backbone: `{base}`{' with a vocabulary pruned for Vietnamese news' if config.backbone_name == 'embedded' else ''}"
        f"{f', licence {known.licence}' if known else ''}.",
        *([f"- {known.licence}: {known.notice}."] if known and known.notice else []),
        *(
            [
                f"- Words: {config.segmenter} {config.segmenter_version}; prediction needs the same version, or is asked for another."
            ]
            if config.segmenter != "none"
            else []
        ),
        f"- Training: {data['train']['sentences']} sentences (SHA-256 {data['train']['sha256'][:12]}…), seed {record['seed']}, "
        f"{record['seconds'] // 60} minutes; the experiment is in `{RECORD_FILE}`.",
        f"- Calibration and thresholds: fitted on {fitted['sentences']} development sentences (SHA-256 {fitted['sha256'][:12]}…).",
        "",
        "## Scores",
        "",
        *(_evaluated(config, record, evaluation) if evaluation else _trained(config, record)),
        "## Limits",
        "",
        "It reads each sentence alone."
        + (" It was trained on sentences written for the purpose, not on published articles." if own else "")
        + (_weakest(evaluation) if evaluation else ""),
        "",
    ]
    return "\n".join(lines)


def _answers(config: CheckpointConfig) -> str:
    topics = f"its topics ({', '.join(config.topics)})" if config.topics else ""
    spans = f"its participants ({', '.join(config.types)}) as character spans" if config.types else ""
    return " and with ".join(filter(None, (topics, spans)))


def _trained(config: CheckpointConfig, record: dict[str, Any]) -> list[str]:
    """What training itself measured."""
    lines = [
        "Measured in torch before any export; `hoptac evaluate CHECKPOINT DATA --card` puts scores with intervals here.",
        "",
    ]
    lines += _parity(record)
    if "calibrated_on" in record:
        return [*lines, "Thresholds were fitted anew since training, so scores with them are to be measured.", ""]
    for side in ("test", "development"):
        if side in record:
            lines += _scores(config, record[side], what_they_were(record["data"][side], record), record["data"][side])
    return lines


def what_they_were(data: dict[str, Any], record: dict[str, Any]) -> str:
    """What the sentences were to the checkpoint's training, by their hash."""
    fitted = record.get("calibrated_on", {}).get("sha256")
    if data["sha256"] == fitted:
        return "sentences by which its thresholds were set, so that they flatter"
    calibrated = "" if fitted else ", calibrated and set the thresholds"
    sides = {
        "train": "sentences that it was trained on, so that they say nothing of others",
        "development": f"development sentences, which also stopped training{calibrated}, so that they flatter",
        "test": "test sentences, by which nothing was chosen",
    }
    known = record.get("data", {})
    return next((words for side, words in sides.items() if known.get(side, {}).get("sha256") == data["sha256"]), "sentences")


def _parity(record: dict[str, Any]) -> list[str]:
    if "export" not in record:
        return []
    parity = record["export"]
    return [
        f"Exported{' to int8' if parity['int8'] else ''}: on {parity['texts']} sentences the same topics as in torch in {parity['same_topics']:.1%}, the same "
        f"participants in {parity['same_participants']:.1%}; topic logits differ by {parity['topic_logits']:.3f} at most.",
        "",
    ]


def _scores(config: CheckpointConfig, scores: dict[str, Any], where: str, data: dict[str, Any]) -> list[str]:
    topics, spans = scores["topics"], scores["participants"]
    lines = [f"On {data['sentences']} {where}:", ""]
    if topics:
        rows = [[t, f"{config.threshold(t):.2f}", *score_cells(topics["topics"][t])] for t in config.topics]
        specificity = topics["no_topic_specificity"]
        lines += [
            *_table(["topic", "threshold", "precision", "recall", "F1", "gold"], rows),
            f"Topics: micro-F1 {topics['micro_f1']:.3f}, macro-F1 {topics['macro_f1']:.3f}, exact sets {topics['exact_match']:.3f}, "
            f"sentences without topic left without one {'-' if specificity is None else f'{specificity:.3f}'}.",
            "",
        ]
    if spans:
        rows = [[kind, *score_cells(row)] for kind, row in [*spans["types"].items(), ("all", spans)]]
        lines += _table(["participants, exact spans", "precision", "recall", "F1", "gold"], rows)
    return lines


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    cells = [header, ["---"] * len(header), *rows]
    return [*(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in cells), ""]


def score_cells(row: dict[str, Any]) -> list[str]:
    """Precision, recall, F1 and the number of gold items, as every table of scores prints them."""
    return [f"{row['precision']:.3f}", f"{row['recall']:.3f}", f"{row['f1']:.3f}", str(row["support"])]


# What `hoptac evaluate` measured, with intervals.


def with_interval(score: Mapping[str, float | None] | None) -> str:
    """A score with the ends of its interval, as every table prints it.

    >>> with_interval({"value": 0.5, "low": 0.4, "high": 0.61})
    '0.500 (0.400 to 0.610)'
    """
    if not score or score["value"] is None:
        return "-"
    low, high = score["low"], score["high"]
    return f"{score['value']:.3f}" + (f" ({low:.3f} to {high:.3f})" if low is not None and high is not None else "")


HEADLINES = {
    "topics/macro_f1": "topics, macro-F1",
    "topics/core_macro_f1": "topics, macro-F1 of the core four",
    "topics/micro_f1": "topics, micro-F1",
    "topics/macro_average_precision": "topics, mean average precision",
    "topics/exact_match": "sentences with exactly the right topics",
    "topics/no_topic_specificity": "sentences without topic left without one",
    "topics/calibration_error": "calibration error of topic probabilities",
    "participants/exact/f1": "participants, exact spans, F1",
    "participants/partial/f1": "participants, overlap counting half, F1",
    "participants/type_free/f1": "participants, exact edges whatever the type, F1",
}
"""The scores that stand for all, with their names in words."""


def _evaluated(config: CheckpointConfig, record: dict[str, Any], evaluation: dict[str, Any]) -> list[str]:
    lines = [
        f"Measured by `hoptac evaluate`, version {evaluation['hoptac']}, on this very form of the checkpoint; in brackets 95 % intervals.",
        "",
    ]
    lines += _parity(record)
    for name, part in evaluation["data"].items():
        result = part["result"]
        scores, counts = result["scores"], result["counts"]
        lines += [
            f"### {name}: {result['sentences']} {what_they_were(part, record)}",
            "",
            f"Intervals: {result['groups']['note']}, {result['draws']} times.",
            "",
        ]
        lines += _table(
            ["score", "value"], [[words, with_interval(scores[key])] for key, words in HEADLINES.items() if key in scores]
        )
        for key, words in (("topics", "topic"), ("participants", "participants, exact spans")):
            inside = "topics" if key == "topics" else "participants/exact"
            if counts[key]:
                lines += _table(
                    [words, "precision", "recall", "F1", "gold"],
                    [
                        [
                            label,
                            *(with_interval(scores.get(f"{inside}/{label}/{what}")) for what in ("precision", "recall", "f1")),
                            str(row["gold"]),
                        ]
                        for label, row in counts[key].items()
                    ],
                )
        lines += _operating_points(result.get("operating_points", []))
        lines += _baselines(part, scores)
        lines += _robustness(part["robustness"])
    return lines


def _operating_points(points: list[dict[str, Any]]) -> list[str]:
    rows = []
    for point in points:
        measured = point["all"]
        name = "its own thresholds" if point["promised"] is None else f"`thresholds_at({point['promised']:g})`"
        rows.append([name, *("-" if measured[what] is None else f"{measured[what]:.3f}" for what in ("precision", "recall"))])
    return _table(["thresholds, fitted on development sentences", "precision of all topics", "recall"], rows) if rows else []


def _baselines(part: dict[str, Any], own: dict[str, Any]) -> list[str]:
    if not part["baselines"]:
        return []
    shown = ("topics/macro_f1", "topics/micro_f1", "participants/exact/f1")
    rows = [["this checkpoint", *(with_interval(own.get(key)) for key in shown)]]
    rows += [[name, *(with_interval(found["scores"].get(key)) for key in shown)] for name, found in part["baselines"].items()]
    beaten = [row for row in part["beaten_by"] if row["score"] in HEADLINES]
    said = "; ".join(
        f"{row['baseline']} in {HEADLINES[row['score']]} ({row['second']:.3f} against {row['first']:.3f})" for row in beaten
    )
    return [
        *_table(["trained on the same sentences", *(HEADLINES[key] for key in shown)], rows),
        f"A baseline is better than the checkpoint here: {said}."
        if said
        else "No baseline is better than the checkpoint in an F1, average precision, exact sets or specificity of the first table.",
        "",
    ]


def _robustness(rows: list[dict[str, Any]]) -> list[str]:
    shown = {"topics/macro_f1": "topics, macro-F1", "participants/exact/f1": "participants, exact F1"}
    table = []
    for row in rows:
        changes = [row["scores"].get(key) for key in shown]
        table.append(
            [row["name"], str(row["touched"]), "-" if row["unchanged"]["value"] is None else f"{row['unchanged']['value']:.1%}"]
            + [
                "-" if not change or change["difference"] is None else f"{change['before']:.3f} → {change['after']:.3f}"
                for change in changes
            ]
        )
    return _table(["rewritten", "sentences", "same answer", *shown.values()], table) if table else []


def _weakest(evaluation: dict[str, Any]) -> str:
    """Where it errs most, by the first data of the evaluation."""
    name, part = next(iter(evaluation["data"].items()))
    result = part["result"]
    said = ""
    for key, what, inside in (("topics", "topics", "topics"), ("participants", "types", "participants/exact")):
        rows = [
            (score, label)
            for label in result["counts"][key]
            if (score := result["scores"][f"{inside}/{label}/f1"]["value"]) is not None
        ]
        if len(rows) > 1:
            said += f" On {name} the weakest {what} are {', '.join(f'{label} ({score:.3f})' for score, label in sorted(rows)[: 3 if key == 'topics' else 1])}."
    seen = {row["name"]: row["scores"]["f1"]["value"] for row in result["names"] if row["type"] is None}
    if len(seen) == 2:
        said += f" Participants whose names its training sentences have are found with F1 {seen['seen']:.3f}, others with {seen['unseen']:.3f}."
    return said
