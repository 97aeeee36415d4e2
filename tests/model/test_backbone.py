"""Encoders by name, hub id and folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from make_phobert import make_phobert
from transformers import BertConfig, BertModel

from hoptac.model.backbone import BACKBONES, BackboneError, find_known, load_backbone, read_backbone
from hoptac.model.phobert import known_size, reads_words


@pytest.fixture
def folder(tiny_phobert: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(tiny_phobert, tmp_path / "phobert"))


def test_the_hubs_layout_loads_from_either_form_of_weights(tiny_phobert: Path, tmp_path: Path) -> None:
    assert not (tiny_phobert / "tokenizer_config.json").exists()
    backbone = load_backbone(str(tiny_phobert))
    assert backbone.segmented
    assert reads_words(backbone.tokenizer)
    assert backbone.positions == 256
    assert known_size(backbone.tokenizer) == backbone.config["vocab_size"]
    assert backbone.config["pad_token_id"] == 1
    same = load_backbone(str(make_phobert(tmp_path / "safe", safetensors=True)))
    state = same.encoder.state_dict()
    for name, tensor in backbone.encoder.state_dict().items():
        if "pooler" not in name:
            torch.testing.assert_close(tensor, state[name])


def test_half_precision_weights_are_trained_in_full(folder: Path) -> None:
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    torch.save({name: tensor.half() for name, tensor in weights.items()}, folder / "pytorch_model.bin")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"dtype": "float16"}), encoding="utf-8")
    assert {p.dtype for p in load_backbone(str(folder)).encoder.parameters()} == {torch.float32}


class Dangerous:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, (str(self.path),))


def test_weights_that_would_run_code_are_refused_before_it_runs(folder: Path, tmp_path: Path) -> None:
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    torch.save(weights | {"extra": Dangerous(tmp_path / "was-here")}, folder / "pytorch_model.bin")
    with pytest.raises(BackboneError, match="cannot be loaded safely"):
        load_backbone(str(folder))
    assert not (tmp_path / "was-here").exists()


def test_code_beside_the_weights_is_not_run(folder: Path, tmp_path: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "own.py").write_text(f"import os\nos.mkdir({str(tmp_path / 'was-here')!r})\n", encoding="utf-8")
    with pytest.raises(BackboneError, match="cannot be loaded safely"):
        load_backbone(str(folder))
    assert not (tmp_path / "was-here").exists()


def test_a_tokenizer_s_code_is_not_run_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    BertModel(small).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "own"}), encoding="utf-8")
    own = {"tokenizer_class": "OwnTokenizer", "auto_map": {"AutoTokenizer": ["own.OwnTokenizer", None]}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(own), encoding="utf-8")
    (tmp_path / "own.py").write_text(f"import os\nos.mkdir({str(tmp_path / 'was-here')!r})\n", encoding="utf-8")
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    with pytest.raises(BackboneError):
        load_backbone(str(tmp_path))
    assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", "has no config.json"),
        ("pytorch_model.bin", "has neither model.safetensors nor pytorch_model.bin"),
        ("vocab.txt", r"is a PhoBERT without vocab\.txt"),
        ("bpe.codes", r"is a PhoBERT without bpe\.codes"),
    ],
)
def test_a_missing_file_is_named(folder: Path, name: str, message: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BackboneError, match=message):
        load_backbone(str(folder))


def test_weights_that_lack_a_layer_are_refused_and_not_made_up(folder: Path) -> None:
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    torch.save({name: tensor for name, tensor in weights.items() if ".layer.1." not in name}, folder / "pytorch_model.bin")
    with pytest.raises(BackboneError, match=r"its weights lack .*layer\.1\."):
        load_backbone(str(folder))


def test_a_vocabulary_larger_than_the_word_table_is_refused(folder: Path) -> None:
    with open(folder / "vocab.txt", "a", encoding="utf-8") as file:
        file.write("thừa 1\n")
    with pytest.raises(BackboneError, match=r"its tokenizer knows \d+ pieces, its word table has"):
        load_backbone(str(folder))


def test_a_slow_tokenizer_is_refused_with_the_reason(tmp_path: Path) -> None:
    BertModel(
        BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    ).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"]), encoding="utf-8")
    config = {"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "basic", "subword_tokenizer_type": "character"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(BackboneError, match="a slow tokenizer whose tokens carry no offsets"):
        read_backbone(tmp_path, "x")


def test_an_unreachable_hub_says_which_files_to_put_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _use_cache(monkeypatch, tmp_path)
    with pytest.raises(BackboneError) as caught:
        load_backbone("phobert-base", revision="abc")
    message = str(caught.value)
    for part in (
        "vinai/phobert-base at revision abc",
        "config.json",
        "pytorch_model.bin",
        "vocab.txt",
        "bpe.codes",
        "backbone: ./FOLDER",
    ):
        assert part in message


def test_a_model_in_the_hubs_cache_loads_at_its_revision(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_phobert: Path
) -> None:
    cache = _use_cache(monkeypatch, tmp_path)
    commit = "0123456789abcdef0123456789abcdef01234567"
    home = cache / "models--vinai--phobert-base"
    shutil.copytree(tiny_phobert, home / "snapshots" / commit)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit, encoding="ascii")
    for revision in (None, "main", commit):
        assert load_backbone("phobert-base", revision).segmented
    with pytest.raises(BackboneError, match="at revision v9"):
        load_backbone("phobert-base", "v9")


def _use_cache(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Path:
    """An empty cache and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    return cache


@pytest.mark.parametrize("name", ["nowhere", "a/b/c", "./nowhere", ""])
def test_what_is_neither_name_nor_folder_nor_hub_id_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    _use_cache(monkeypatch, tmp_path)
    with pytest.raises(BackboneError, match="backbone: "):
        load_backbone(name)


def test_a_folder_has_no_revision(tiny_phobert: Path) -> None:
    with pytest.raises(BackboneError, match="only a model on the hub has revisions"):
        load_backbone(str(tiny_phobert), "main")


def test_licences_are_known() -> None:
    assert {name: known.licence for name, known in BACKBONES.items()} == {
        "phobert-base": "MIT",
        "phobert-base-v2": "AGPL-3.0",
        "phobert-large": "MIT",
        "xlm-roberta-base": "MIT",
        "embedded": "MIT",
    }
    known = find_known("phobert-base-v2")
    assert known is not None
    assert "AGPL-3.0" in known.notice
    assert find_known("models/phobert-base-v2") is known
    assert find_known("somebody/else") is None
