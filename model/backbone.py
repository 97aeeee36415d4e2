"""Backbones: the pre-trained encoders a checkpoint can be trained from, by name, hub id or folder."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from .embedded import HUB_ID as EMBEDDED_HUB_ID
from .embedded import build_backbone
from .phobert import MERGES_FILE, VOCABULARY_FILE, build_phobert_tokenizer, has_phobert_files, known_size

LONGEST_WINDOW = 256
"""Tokens of a window at most; what PhoBERT was trained with, and more than nearly every sentence needs."""


class BackboneError(ValueError):
    """A backbone that cannot be loaded; the message says what is missing or wrong."""


@dataclass(frozen=True)
class KnownBackbone:
    """What has been looked up about a published encoder."""

    hub_id: str
    licence: str
    notice: str = ""
    """What a user must know before training from it."""


BACKBONES: Mapping[str, KnownBackbone] = {
    "phobert-base": KnownBackbone("vinai/phobert-base", "MIT"),
    "phobert-base-v2": KnownBackbone(
        "vinai/phobert-base-v2",
        "AGPL-3.0",
        "a network trained from it is a derived work: whoever passes it on, or offers it as a service, must do so under the AGPL-3.0",
    ),
    "phobert-large": KnownBackbone("vinai/phobert-large", "MIT"),
    "xlm-roberta-base": KnownBackbone("FacebookAI/xlm-roberta-base", "MIT"),
    "embedded": KnownBackbone(EMBEDDED_HUB_ID, "MIT"),
}
"""Short names for configurations."""


def find_known(name: str) -> KnownBackbone | None:
    """The entry of `BACKBONES` under a short name, a hub id, or the path of a folder that is named like one of them; or None.

    >>> find_known("vinai/phobert-base-v2").licence
    'AGPL-3.0'
    """
    last = Path(name).name
    return BACKBONES.get(last) or next((known for known in BACKBONES.values() if known.hub_id.endswith(f"/{last}")), None)


@dataclass(frozen=True)
class Backbone:
    """A loaded encoder, ready for training."""

    name: str
    encoder: Any
    """A transformers model without heads, in float32."""
    tokenizer: Tokenizer
    config: dict[str, Any]
    """The encoder's transformers configuration as plain JSON types, `model_type` and `pad_token_id` included."""
    positions: int | None
    """Tokens that the encoder has positions for, special tokens included; None if it sets no limit."""
    segmented: bool
    """Whether the encoder was trained on segmented words, as PhoBERT was."""


def load_backbone(name: str, revision: str | None = None) -> Backbone:
    """Load an encoder with a fast tokenizer.

    Args:
        name: a name in `BACKBONES`, a hub id, or a folder in the hub's layout: `config.json`, weights as `model.safetensors` or
            `pytorch_model.bin`, and either `vocab.txt` with `bpe.codes` (PhoBERT) or a `tokenizer.json`.
        revision: commit, tag or branch on the hub; None takes the newest.

    Raises:
        BackboneError: if the hub cannot be reached, a file is missing, or files disagree.

    >>> load_backbone("phobert-base").segmented  # doctest: +SKIP
    True
    """
    if name == "embedded":
        if revision:
            raise BackboneError("revision: the embedded backbone has none")
        with tempfile.TemporaryDirectory() as workplace:
            return read_backbone(build_backbone(Path(workplace) / "e5-small-vi"), name)
    if name not in BACKBONES and Path(name).exists():
        if revision:
            raise BackboneError(f"revision: {name} is a folder here, and only a model on the hub has revisions")
        return read_backbone(Path(name), name)
    known = BACKBONES.get(name)
    return read_backbone(fetch_backbone(known.hub_id if known else name, revision), name)


_SMALL_FILES = ("*.json", VOCABULARY_FILE, MERGES_FILE, "*.model")
_WEIGHTS = (("model.safetensors", "model*.safetensors*"), ("pytorch_model.bin", "pytorch_model*.bin*"))
"""Weights in the order of preference: the file that tells the form, and the pattern of all its parts."""


def fetch_backbone(hub_id: str, revision: str | None = None) -> Path:
    """The files of a model on the hub, from the local cache where they are there already.

    Raises:
        BackboneError: if they can be had from neither; the message says which files to put where.
    """
    # The small files first: they tell in which form the weights are wanted, so that no form is fetched in vain.
    folder = _download(hub_id, revision, _SMALL_FILES)
    for _, pattern in _WEIGHTS:
        folder = _download(hub_id, revision, (pattern,))
        if any(folder.glob(pattern)):
            break
    return folder


def _download(hub_id: str, revision: str | None, patterns: Sequence[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(hub_id, revision=revision, allow_patterns=list(patterns)))
    except HFValidationError:
        raise BackboneError(
            f"backbone: {hub_id!r} is no folder here, no hub id (owner/name), and none of {', '.join(BACKBONES)}"
        ) from None
    except RepositoryNotFoundError as error:
        raise BackboneError(f"backbone: the hub gives out no {hub_id}: {_first_line(error)}") from None
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        at = f" at revision {revision}" if revision else ""
        raise BackboneError(
            f"backbone: {hub_id}{at} is not in the cache, and cannot be had from the hub ({_first_line(error)}). On a machine that "
            f"reaches it, run `hf download {hub_id} --local-dir FOLDER`; copy FOLDER here and set `backbone: ./FOLDER`. Needed are "
            f"config.json, pytorch_model.bin or model.safetensors, and the tokenizer's files: {VOCABULARY_FILE} and {MERGES_FILE} "
            "for PhoBERT, tokenizer.json for others"
        ) from None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def find_phobert_files(name: str) -> Path:
    """A folder with PhoBERT's vocabulary files, from a folder here, a name in `BACKBONES` or a hub id.

    Raises:
        BackboneError: if there are none.
    """
    folder = Path(name)
    if name in BACKBONES or not folder.exists():
        known = BACKBONES.get(name)
        folder = _download(known.hub_id if known else name, None, _SMALL_FILES)
    if not has_phobert_files(folder):
        raise BackboneError(f"backbone: {folder} has no {VOCABULARY_FILE} with {MERGES_FILE}")
    return folder


def read_backbone(folder: Path, name: str) -> Backbone:
    """Read a folder in the hub's layout.

    Raises:
        BackboneError: naming the file that is missing or wrong.
    """
    config_file = folder / "config.json"
    if not config_file.is_file():
        raise BackboneError(f"backbone: {folder} has no config.json")
    if not any(any(folder.glob(pattern)) for _, pattern in _WEIGHTS):
        raise BackboneError(f"backbone: {folder} has neither {' nor '.join(file for file, _ in _WEIGHTS)}")
    try:
        fields = json.loads(config_file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BackboneError(f"backbone: {config_file}: not JSON: {error}") from None
    if not isinstance(fields, dict) or "model_type" not in fields:
        raise BackboneError(f"backbone: {config_file}: names no model_type, so it is no transformers configuration")
    segmented = has_phobert_files(folder)
    if not segmented and (fields.get("tokenizer_class") == "PhobertTokenizer" or (folder / MERGES_FILE).exists()):
        lacking = [file for file in (VOCABULARY_FILE, MERGES_FILE) if not (folder / file).is_file()]
        raise BackboneError(f"backbone: {folder} is a PhoBERT without {' and '.join(lacking)}")
    tokenizer = build_phobert_tokenizer(folder) if segmented else _fast_tokenizer(folder, name)
    encoder = _encoder(folder)
    rows = int(encoder.get_input_embeddings().num_embeddings)
    wanted = known_size(tokenizer) if segmented else tokenizer.get_vocab_size()
    if wanted > rows:
        raise BackboneError(f"backbone: {folder}: its tokenizer knows {wanted} pieces, its word table has {rows} rows")
    # Only what differs from the defaults of a model type, and what prediction reads.
    config = encoder.config.to_diff_dict() | {"model_type": encoder.config.model_type}
    config |= {"pad_token_id": encoder.config.pad_token_id or 0, "vocab_size": rows}
    if hasattr(encoder.config, "max_position_embeddings"):
        config["max_position_embeddings"] = encoder.config.max_position_embeddings
    return Backbone(name, encoder, tokenizer, json.loads(json.dumps(config, default=str)), _positions(encoder), segmented)


def _positions(encoder: Any) -> int | None:
    positions = getattr(encoder.config, "max_position_embeddings", None)
    if positions is None:
        return None
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    # RoBERTa and its kin count positions from after the padding id on.
    padding = getattr(table, "padding_idx", None)
    return int(positions) - (0 if padding is None else int(padding) + 1)


def _fast_tokenizer(folder: Path, name: str) -> Tokenizer:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # each tokenizer fails in its own way on files that it does not know
        raise BackboneError(f"backbone: {folder}: no tokenizer can be read: {_first_line(error)}") from None
    if not tokenizer.is_fast:
        raise BackboneError(
            f"backbone: {name} comes with {type(tokenizer).__name__}, a slow tokenizer whose tokens carry no offsets, so spans "
            "cannot be placed; choose a backbone with a tokenizer.json"
        )
    return Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())


def _encoder(folder: Path) -> Any:
    import torch
    from transformers import AutoModel

    try:
        with _quiet_transformers():
            # `weights_only` is what transformers takes by itself; said here, since nothing else stands between a file and its code.
            encoder, report = AutoModel.from_pretrained(
                folder, dtype=torch.float32, weights_only=True, trust_remote_code=False, output_loading_info=True
            )
    except Exception as error:  # unpickling, safetensors and transformers each raise their own
        raise BackboneError(f"backbone: {folder}: its weights cannot be loaded safely: {_first_line(error)}") from None
    missing = sorted(key for key in report["missing_keys"] if "pooler" not in key and "position_ids" not in key)
    if missing:
        raise BackboneError(
            f"backbone: {folder}: its weights lack {missing[0]} and {len(missing) - 1} more that config.json asks for"
        )
    return encoder


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Without transformers' report of a missing pooler and an unused language model head, which no head of ours reads."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
