"""A training run before its first step: data read, labels found, backbone loaded, network built."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from itertools import combinations
from typing import Any

import torch
from transformers import set_seed

from ..data.corpus import labels_of, read_sources
from ..data.labels import TOPIC_DESCRIPTIONS, bio_tags
from ..data.schema import DataError, Sentence, fingerprint
from ..eval.evaluate import without_boilerplate
from ..eval.metrics import spans_of
from ..model.backbone import LONGEST_WINDOW, Backbone, load_backbone
from ..model.configuration import CheckpointConfig
from ..model.modeling import TopicParticipantModel, mean_state
from ..model.predictor import Predictor
from ..model.runtime import TorchRuntime, computes_bf16, pad
from ..model.segmentation import Remembering, Segmenter, learn_cuts, open_segmenter
from ..model.tokenization import TextTokenizer, normalise
from .augment import Augmenter
from .collator import Featurizer, TrainingSet
from .config import ConfigError, Data, Experiment


@dataclass(frozen=True)
class Run:
    """One training run with all its parts."""

    experiment: Experiment
    train: list[Sentence]
    development: list[Sentence]
    test: list[Sentence]
    config: CheckpointConfig
    tokenizer: TextTokenizer
    model: TopicParticipantModel
    features: TrainingSet

    def predictor(self, device: str | None = None) -> Predictor:
        """The network as it is now, in the form that users will get."""
        return Predictor(self.config, self.tokenizer, TorchRuntime(self.model, self.config, device))


def prepare(experiment: Experiment) -> Run:
    """Read data and backbone, build the network and start its topic vectors from the topics' descriptions.

    Raises:
        ConfigError, DataError, BackboneError, SegmenterError: for what cannot be used, before anything is written.
    """
    set_seed(experiment.seed)
    data = with_labels(experiment.data)
    if not data.topics and not data.types:
        raise ConfigError("data.topics and data.types: both are empty, so there is nothing to learn")
    train, development, test = read_sides(replace(experiment, data=data))
    refuse_unlabelled(data, train, development)
    backbone = load_backbone(experiment.backbone, experiment.revision)
    segmenter = choose_segmenter(experiment.segmenter, backbone)
    max_length = choose_length(experiment.network.max_length, backbone)
    tokenizer = TextTokenizer(backbone.tokenizer, max_length, segmenter)
    if segmenter is not None:
        tokenizer.cuts = {**find_cuts(segmenter, train)}
    config = CheckpointConfig(
        backbone=backbone.config,
        backbone_name=experiment.backbone,
        topics=tuple(data.topics),
        types=tuple(data.types),
        tags=bio_tags(data.types),
        segmenter=segmenter.name if segmenter else "none",
        segmenter_version=segmenter.version if segmenter else "",
        cuts={word: tuple(places) for word, places in tokenizer.cuts.items()},
        max_length=max_length,
        hoptac_version=version("hoptac"),
    )
    network = experiment.network
    model = TopicParticipantModel(
        backbone.encoder, len(config.topics), config.tag_scores, network.dropout, network.topic_weight
    )
    start_topic_head(model, tokenizer, [s.text for s in train], config)
    featurizer = Featurizer(tokenizer, config.topics, config.tags)
    features = TrainingSet(train, featurizer, Augmenter(experiment.augment, train), experiment.seed)
    return Run(experiment, train, development, test, config, tokenizer, model, features)


def refuse_unlabelled(data: Data, train: Sequence[Sentence], development: Sequence[Sentence]) -> None:
    """Refuse labels that no training sentence could teach, and development sentences by which nothing could be chosen."""
    wanted = [name for name in ("topics", "types") if getattr(data, name)]
    field = {"topics": "topics", "types": "participants"}
    for name in wanted:
        if len(set(getattr(data, name))) < len(getattr(data, name)):
            raise ConfigError(f"data.{name}: a label stands twice in {list(getattr(data, name))}")
        if all(getattr(sentence, field[name]) is None for sentence in train):
            raise ConfigError(
                f"data.{name}: no training sentence says its {field[name]}; set data.{name}: [] to learn without them"
            )
    scored = without_boilerplate(development)
    if all(getattr(sentence, field[name]) is None for sentence in scored for name in wanted):
        raise ConfigError(f"data.development: no sentence says its {' or '.join(field[name] for name in wanted)}")


def with_labels(data: Data) -> Data:
    """`data` with the labels that its training sentences have, where it asks for them."""
    if "data" not in (data.topics, data.types):
        return data
    topics, types = labels_of(data.train)
    return replace(
        data, topics=topics if data.topics == "data" else data.topics, types=types if data.types == "data" else data.types
    )


def choose_segmenter(wanted: str, backbone: Backbone) -> Segmenter | None:
    """The segmenter of a backbone that reads words; None for one whose tokenizer reads raw text.

    Raises:
        ConfigError: for a segmenter that the backbone has no use for.
    """
    if backbone.segmented:
        return Remembering(open_segmenter("underthesea" if wanted == "auto" else wanted))
    if wanted not in ("auto", "none"):
        raise ConfigError(f"segmenter: {wanted}, but the tokenizer of {backbone.name} reads raw text; only PhoBERT reads words")
    return None


def choose_length(wanted: int | None, backbone: Backbone) -> int:
    """Tokens of a window.

    Raises:
        ConfigError: for more than the encoder has positions for.
    """
    positions = backbone.positions
    if wanted is None:
        return min(LONGEST_WINDOW, positions or LONGEST_WINDOW)
    if positions is not None and wanted > positions:
        raise ConfigError(f"network.max_length: {wanted}, but the encoder has positions for {positions} tokens")
    return wanted


def find_cuts(segmenter: Segmenter, sentences: Sequence[Sentence]) -> dict[str, list[int]]:
    """Words that participants of the training sentences cut."""
    # Sentences are in NFC, so normalising moves no offset.
    texts = [(normalise(s.text)[0], spans_of(s.participants)) for s in sentences if s.participants]
    return learn_cuts((text, segmenter.segment(text), spans) for text, spans in texts)


def identity_of(experiment: Experiment, train: Sequence[Sentence], development: Sequence[Sentence]) -> dict[str, Any]:
    """What makes two runs the same run, in plain JSON types."""
    found = {"experiment": asdict(experiment), "train": fingerprint(train), "development": fingerprint(development)}
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def read_sides(experiment: Experiment) -> tuple[list[Sentence], list[Sentence], list[Sentence]]:
    """Training, development and test sentences of an experiment."""
    data = with_labels(experiment.data)
    train = share_of(read_sources(data.train, data.topics, data.types)[: data.limit], data.share, experiment.seed)
    development = read_sources(data.development, data.topics, data.types)[: data.limit]
    test = read_sources(data.test, data.topics, data.types)[: data.limit]
    refuse_shared({"training": train, "development": development, "test": test})
    return train, development, test


def share_of(sentences: list[Sentence], share: float, seed: int) -> list[Sentence]:
    """A random share, in the old order; with one seed a smaller share is part of every larger one."""
    drawn = random.Random(seed).sample(range(len(sentences)), len(sentences))
    return [sentences[i] for i in sorted(drawn[: max(1, round(share * len(sentences)))])]


def refuse_shared(sides: Mapping[str, Sequence[Sentence]]) -> None:
    """Refuse data of which two sides share a text."""
    for (left, first), (right, second) in combinations(sides.items(), 2):
        known = {sentence.text for sentence in first}
        if leaked := [sentence.id for sentence in second if sentence.text in known]:
            raise DataError([f"{leaked[0]}: stands in the {left} and in the {right} data ({len(leaked)} such)"])


@torch.no_grad()
def start_topic_head(
    model: TopicParticipantModel, tokenizer: TextTokenizer, texts: Sequence[str], config: CheckpointConfig
) -> None:
    """Set the centre to the mean state of 2,000 training texts, and each topic's vector to its description's."""
    head = model.topic_head
    if head is None:
        return
    model.eval()
    pad_id = int(config.backbone["pad_token_id"])
    some = random.Random(0).sample(texts, min(2000, len(texts)))
    head.center.copy_(_states(model, tokenizer, some, pad_id).mean(0))
    described = [topic for topic in config.topics if topic in TOPIC_DESCRIPTIONS]
    if described:
        states = _states(model, tokenizer, [TOPIC_DESCRIPTIONS[topic] for topic in described], pad_id)
        head.vectors[[config.topics.index(topic) for topic in described]] = torch.nn.functional.normalize(
            states - head.center, dim=-1
        )
    model.train()


def _states(model: TopicParticipantModel, tokenizer: TextTokenizer, texts: Sequence[str], pad_id: int) -> torch.Tensor:
    rows = []
    for first in range(0, len(texts), 32):
        encodings = tokenizer.encode(texts[first : first + 32])
        ids, mask = (torch.from_numpy(a) for a in pad([tokenizer.windows(e)[0].ids for e in encodings], pad_id))
        with torch.autocast("cpu", torch.bfloat16, enabled=computes_bf16("cpu")):
            states = model.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        rows.append(mean_state(states.float(), mask))
    return torch.cat(rows)
