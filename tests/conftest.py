"""A tiny seeded encoder, tokenizer and checkpoint, built in code: no test downloads anything."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from make_phobert import make_phobert
from transformers import BertConfig, BertModel

from hoptac.data.labels import TOPICS, TYPES, bio_tags
from hoptac.data.schema import Participant, Sentence
from hoptac.model.configuration import TOKENIZER_FILE, TORCH_WEIGHTS, CheckpointConfig
from hoptac.model.embedded import SPECIAL, Encoder, prune, write_hugging_face
from hoptac.model.modeling import TopicParticipantModel
from hoptac.model.tokenization import TextTokenizer

# Where nobody looks for new counterexamples, the same examples are drawn each time.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
WORDS = [
    "Việt",
    "Nam",
    "Lào",
    "Mỹ",
    "Bộ",
    "Công",
    "an",
    "Nguyễn",
    "Văn",
    "Bình",
    "thăm",
    "bàn",
    "về",
    "ma",
    "túy",
    "thương",
    "mại",
    "Biển",
    "Đông",
    "và",
    "ông",
    "tại",
    "với",
    "ngày",
]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the developers' shared files; a user's clone has none."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared is not here")
    return SHARED


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face folder of a BERT encoder with 2 layers of width 32."""
    folder = tmp_path_factory.mktemp("backbone")
    letters = [chr(code) for code in range(0x21, 0x250)]
    pieces = [
        *SPECIAL,
        *dict.fromkeys(["▁", *letters, *("▁" + word for word in WORDS), *("▁" + mark for mark in "()-,.\"'/:;")]),
    ]
    scores = np.full(len(pieces), -8.0, np.float32)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    model = BertModel(config, add_pooling_layer=False)
    fields = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings")
    encoder = Encoder(
        {name: getattr(config, name) for name in (*fields, "type_vocab_size", "layer_norm_eps")},
        pieces,
        scores,
        {name: tensor.numpy() for name, tensor in model.state_dict().items()},
    )
    write_hugging_face(prune(encoder, pieces), folder)
    return folder


@pytest.fixture(scope="session")
def tiny_phobert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the hub's layout of a PhoBERT with 2 layers of width 32 and a small vocabulary of its own."""
    return Path(make_phobert(tmp_path_factory.mktemp("phobert")))


def _tiny_model(backbone: Path) -> tuple[TopicParticipantModel, CheckpointConfig]:
    """An untrained network around the tiny encoder."""
    torch.manual_seed(11)
    encoder = BertModel.from_pretrained(backbone, add_pooling_layer=False)
    fields = json.loads((backbone / "config.json").read_text(encoding="utf-8"))
    config = CheckpointConfig(
        backbone=fields,
        backbone_name="tiny",
        thresholds=dict.fromkeys(TOPICS, 0.5),
        calibration=dict.fromkeys(TOPICS, (1.0, 0.0)),
        max_length=32,
        hoptac_version="test",
    )
    return TopicParticipantModel(encoder, len(TOPICS), len(bio_tags(TYPES))), config


@pytest.fixture
def tiny_model(tiny_backbone: Path) -> TopicParticipantModel:
    """The untrained tiny network."""
    return _tiny_model(tiny_backbone)[0]


@pytest.fixture(scope="session")
def tiny_checkpoint(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A torch checkpoint of the untrained tiny network; its answers mean nothing."""
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("checkpoint")
    model, config = _tiny_model(tiny_backbone)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / TORCH_WEIGHTS)
    (folder / TOKENIZER_FILE).write_bytes((tiny_backbone / "tokenizer.json").read_bytes())
    config.save(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_tokenizer(tiny_checkpoint: Path) -> TextTokenizer:
    return TextTokenizer.from_file(tiny_checkpoint / TOKENIZER_FILE, 32)


@pytest.fixture
def sentences() -> list[Sentence]:
    """Eight labelled sentences, enough for a network to learn by heart."""
    made = []
    for number in range(4):
        made.append(
            Sentence(f"t{number}", f"Việt Nam bàn với Lào về thương mại ngày {number}", ("trade",), doc="t", writer="a")
        )
        made.append(Sentence(f"n{number}", f"ông Nguyễn Văn Bình thăm Lào ngày {number}", (), doc="n", writer="a"))
    return [
        Sentence(
            s.id,
            s.text,
            s.topics,
            tuple(
                Participant(name, s.text.index(name), s.text.index(name) + len(name), kind)
                for name, kind in (("Việt Nam", "GPE"), ("Nguyễn Văn Bình", "PER"), ("Lào", "GPE"))
                if name in s.text
            ),
            doc=s.doc,
            writer=s.writer,
        )
        for s in made
    ]
