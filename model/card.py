"""The model card of a checkpoint, written from its own files: nothing in it is typed by hand that a file knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .backbone import find_known
from .configuration import ONNX_WEIGHTS, CheckpointConfig

RECORD_FILE = "training.json"
CARD_FILE = "README.md"


def write_card(folder: str | Path) -> None:
    """Write `README.md` of a checkpoint from its `config.json` and `training.json`.

    >>> write_card("runs/embedded")  # doctest: +SKIP
    """
    folder = Path(folder)
    config = CheckpointConfig.load(folder, verify=False)
    record = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
    (folder / CARD_FILE).write_text(model_card(config, record), encoding="utf-8")


def model_card(config: CheckpointConfig, record: dict[str, Any]) -> str:
    """The text of the card.

    Args:
        config: the checkpoint's configuration.
        record: the content of its `training.json`.
    """
    known = find_known(config.backbone_name)
    base = known.hub_id if known else config.backbone_name
    # What is trained from a backbone under the MIT licence is ours to license; another licence goes on to what is derived.
    licence = "other" if known is None else "apache-2.0" if known.licence == "MIT" else known.licence.lower()
    data = record["data"]
    own = all(source.startswith("corpus:") for source in record["experiment"]["data"]["train"])
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
        f"- Calibration and thresholds: fitted on {data['development']['sentences']} development sentences "
        f"(SHA-256 {data['development']['sha256'][:12]}…).",
        "",
        "## Scores",
        "",
        "Measured in torch before any export.",
        "",
        *_parity(record),
        *(
            _scores(config, record["test"], "test sentences, by which nothing was chosen", data["test"])
            if "test" in record
            else []
        ),
        *_scores(
            config,
            record["development"],
            "development sentences, which also stopped training, calibrated and set the thresholds, so that they flatter",
            data["development"],
        ),
        "## Limits",
        "",
        "It reads each sentence alone."
        + (
            " It was trained on sentences written for the purpose, not on published articles, and it errs most where domestic "
            "news uses the words of a topic, and where a long name of an organisation begins or ends."
            if own
            else ""
        ),
        "",
    ]
    return "\n".join(lines)


def _answers(config: CheckpointConfig) -> str:
    topics = f"its topics ({', '.join(config.topics)})" if config.topics else ""
    spans = f"its participants ({', '.join(config.types)}) as character spans" if config.types else ""
    return " and with ".join(filter(None, (topics, spans)))


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
        specificity = topics["no_topic_specificity"]
        lines += [
            "| topic | threshold | precision | recall | F1 | gold |",
            "|---|---|---|---|---|---|",
            *(f"| {t} | {config.threshold(t):.2f} | {_cells(topics['topics'][t])} |" for t in config.topics),
            "",
            f"Topics: micro-F1 {topics['micro_f1']:.3f}, macro-F1 {topics['macro_f1']:.3f}, exact sets {topics['exact_match']:.3f}, "
            f"sentences without topic left without one {'-' if specificity is None else f'{specificity:.3f}'}.",
            "",
        ]
    if spans:
        lines += [
            "| participants, exact spans | precision | recall | F1 | gold |",
            "|---|---|---|---|---|",
            *(f"| {kind} | {_cells(row)} |" for kind, row in spans["types"].items()),
            f"| all | {_cells(spans)} |",
            "",
        ]
    return lines


def score_cells(row: dict[str, Any]) -> list[str]:
    """Precision, recall, F1 and the number of gold items, as every table of scores prints them."""
    return [f"{row['precision']:.3f}", f"{row['recall']:.3f}", f"{row['f1']:.3f}", str(row["support"])]


def _cells(row: dict[str, Any]) -> str:
    return " | ".join(score_cells(row))
