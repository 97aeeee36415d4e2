"""A PhoBERT with random weights, in the layout of the hub: what tests train where the published one cannot be had.

`python tests/make_phobert.py FOLDER --geometry base --vocabulary ../shared/phobert-base-tokenizer` writes one of full size.
"""

from __future__ import annotations

import argparse
import collections
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import RobertaConfig, RobertaForMaskedLM

from hoptac.data.corpus import load_corpus

GEOMETRIES: dict[str, dict[str, Any]] = {
    "tiny": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64},
    "base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    "large": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096},
}
ENTRIES = 64_001
"""Rows of the published word table: four special tokens, the lines of vocab.txt, and <mask>."""


def make_phobert(
    folder: Path,
    geometry: str = "tiny",
    vocabulary: Path | None = None,
    safetensors: bool = False,
    full_vocabulary: bool = False,
) -> Path:
    """Write config.json, weights, vocab.txt and bpe.codes, and no tokenizer_config.json, as the hub's folder may be.

    Args:
        geometry: a key of `GEOMETRIES`.
        vocabulary: a folder with the published vocab.txt and bpe.codes; without one a small vocabulary is trained on the corpus.
        safetensors: write model.safetensors in place of pytorch_model.bin.
        full_vocabulary: fill a small vocabulary up to the size of the published one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if vocabulary is None:
        rows = write_vocabulary(folder, ENTRIES if full_vocabulary else None)
    else:
        for name in ("vocab.txt", "bpe.codes"):
            shutil.copyfile(vocabulary / name, folder / name)
        rows = len((folder / "vocab.txt").read_text(encoding="utf-8").splitlines()) + 5
    torch.manual_seed(5)
    config = RobertaConfig(
        vocab_size=rows,
        max_position_embeddings=258,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        **GEOMETRIES[geometry],
    )
    config.tokenizer_class = "PhobertTokenizer"
    model = RobertaForMaskedLM(config)
    if safetensors:
        model.save_pretrained(folder)
    else:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "config.json").write_text(json.dumps(config.to_diff_dict() | {"model_type": "roberta"}), encoding="utf-8")
    return folder


def write_vocabulary(folder: Path, entries: int | None = None) -> int:
    """Train byte-pair merges on a part of the corpus and write them as PhoBERT's files; returns the rows of the word table."""
    texts = [sentence.text.replace("Việt Nam", "Việt_Nam") for sentence in load_corpus("test")]
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=2000, end_of_word_suffix="</w>", show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    counts: collections.Counter[str] = collections.Counter()
    for encoding in tokenizer.encode_batch(texts):
        counts.update(encoding.tokens)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    pieces = [*tokenizer.get_vocab()]
    # As in the published files, some products of merges are no entries: pieces that only stand inside longer ones.
    kept = [piece for piece in pieces if counts[piece] or len(piece.removesuffix("</w>")) == 1]
    lines = [piece.removesuffix("</w>") if piece.endswith("</w>") else f"{piece}@@" for piece in kept]
    fillers = [f"filler{number}" for number in range((entries or 0) - 5 - len(lines))]
    (folder / "vocab.txt").write_text(
        "".join(f"{line} {number}\n" for number, line in enumerate([*lines, *fillers])), encoding="utf-8"
    )
    (folder / "bpe.codes").write_text("".join(f"{left} {right} 1\n" for left, right in merges), encoding="utf-8")
    return len(lines) + len(fillers) + 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--geometry", choices=GEOMETRIES, default="base")
    parser.add_argument("--vocabulary", type=Path)
    parser.add_argument("--safetensors", action="store_true")
    options = parser.parse_args()
    make_phobert(options.folder, options.geometry, options.vocabulary, options.safetensors, full_vocabulary=True)


if __name__ == "__main__":
    main()
