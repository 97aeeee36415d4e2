"""A fast PhoBERT tokenizer for code of your own that uses transformers."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer
from transformers import PreTrainedTokenizerFast

from .phobert import (
    BEYOND,
    MASK,
    MERGES_FILE,
    SPECIAL,
    VOCABULARY_FILE,
    known_size,
    piece_name,
    read_phobert_tokenizer,
    symbol_of,
)

LONGEST = 256
"""Tokens that PhoBERT has positions for, special tokens included; its files on the hub do not say it."""


class PhobertTokenizerFast(PreTrainedTokenizerFast):
    """transformers' `PhobertTokenizer` with offsets: the same ids, several times as fast.

    Reads `vocab.txt` and `bpe.codes`, or the `tokenizer.json` that `save_pretrained` wrote; another tokenizer.json beside the two
    files, as some repositories have, is left alone. Text is to be segmented into words, syllables joined by `_`.

    Ids, offsets, names of pieces and decoded text are as PhoBERT has them. Only what comes from the library without passing
    through here, `BatchEncoding.tokens()` and `backend_tokenizer`, has the library's spelling (`x</w>` for `x`, `x` for `x@@`)
    and pieces that PhoBERT's vocabulary lacks, which are `<unk>` everywhere else.

    Raises:
        ValueError: if files are missing or malformed; it names the file.

    >>> tokenizer = PhobertTokenizerFast.from_pretrained("vinai/phobert-base")  # doctest: +SKIP
    >>> tokenizer("Hà_Nội mưa", return_offsets_mapping=True)["offset_mapping"]  # doctest: +SKIP
    [(0, 0), (0, 6), (7, 10), (0, 0)]
    """

    vocab_files_names = {  # noqa: RUF012  an attribute that transformers reads from the class
        "vocab_file": VOCABULARY_FILE,
        "merges_file": MERGES_FILE,
        "tokenizer_file": "tokenizer.json",
    }

    def __init__(
        self,
        vocab_file: str | None = None,
        merges_file: str | None = None,
        tokenizer_file: str | None = None,
        bos_token: str | AddedToken = "<s>",
        eos_token: str | AddedToken = "</s>",
        sep_token: str | AddedToken = "</s>",
        cls_token: str | AddedToken = "<s>",
        unk_token: str | AddedToken = "<unk>",
        pad_token: str | AddedToken = "<pad>",
        mask_token: str | AddedToken = "<mask>",
        **kwargs: Any,
    ) -> None:
        self._tokenizer = _read(vocab_file, merges_file, tokenizer_file)
        self.merges_file = merges_file
        self._known = known_size(self._tokenizer)
        # Tokens that a user adds follow upon the library's own ids, but PhoBERT's word table grows at its end.
        self._first_added = self.backend_tokenizer.get_vocab_size(with_added_tokens=False)
        limit = kwargs.get("model_max_length")
        kwargs["model_max_length"] = LONGEST if limit is None or limit > 1e20 else limit
        super().__init__(  # type: ignore[no-untyped-call]
            vocab_file=vocab_file,
            bos_token=bos_token,
            eos_token=eos_token,
            sep_token=sep_token,
            cls_token=cls_token,
            unk_token=unk_token,
            pad_token=pad_token,
            mask_token=mask_token,
            **kwargs,
        )

    @classmethod
    def convert_to_native_format(cls, trust_remote_code: bool = False, **kwargs: Any) -> dict[str, Any]:
        """Leave the files to `__init__`; transformers would rebuild the tokenizer from parts of them."""
        return kwargs

    @property
    def vocab_size(self) -> int:
        """Rows of PhoBERT's word table."""
        return self._known

    def __len__(self) -> int:
        """Rows that the word table needs, tokens that were added included."""
        return self._known + self.backend_tokenizer.get_vocab_size() - self._first_added

    def get_vocab(self) -> dict[str, int]:
        """Names of pieces as `vocab.txt` spells them, and their ids."""
        return {name: number for number, name in enumerate(self._names(range(len(self))))}

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """Special tokens and those that were added, by id."""
        return {self._outer(number): token for number, token in self.backend_tokenizer.get_added_tokens_decoder().items()}

    def tokenize(self, text: str, pair: str | None = None, add_special_tokens: bool = False, **kwargs: Any) -> list[str]:
        """Names of the pieces of a text; `<unk>` for what the vocabulary lacks."""
        encoding = self._encode_plus(text=text, text_pair=pair, add_special_tokens=add_special_tokens, **kwargs)
        return self._names(encoding["input_ids"])

    def convert_ids_to_tokens(self, ids: int | Sequence[int], skip_special_tokens: bool = False) -> str | list[str]:
        """Names of pieces as `vocab.txt` spells them: `x@@` goes on, `x` ends a word."""
        if isinstance(ids, int):
            return self._convert_id_to_token(ids)
        skipped = set(self.all_special_ids) if skip_special_tokens else set()
        return self._names(number for number in map(int, ids) if number not in skipped)

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Words with a space between them.

        >>> PhobertTokenizerFast.convert_tokens_to_string(None, ["Hà_@@", "Nội", "m@@"])
        'Hà_Nội m'
        """
        return re.sub(r"(?<=\S)@@( |$)", "", " ".join(tokens))

    def save_vocabulary(  # type: ignore[override]
        self, save_directory: str, filename_prefix: str | None = None
    ) -> tuple[str, ...]:
        """Copy `vocab.txt` and `bpe.codes`, so that the slow tokenizer can read the folder, where it would give the same ids."""
        if not self.can_save_slow_tokenizer:
            return ()
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        copies = []
        for file, name in ((str(self.vocab_file), VOCABULARY_FILE), (str(self.merges_file), MERGES_FILE)):
            copy = Path(save_directory) / f"{prefix}{name}"
            if not (copy.exists() and copy.samefile(file)):
                shutil.copyfile(file, copy)
            copies.append(str(copy))
        return tuple(copies)

    def _save_pretrained(
        self,
        save_directory: str | os.PathLike[str],
        file_names: tuple[str, ...],
        legacy_format: bool | None = None,
        filename_prefix: str | None = None,
    ) -> tuple[str, ...]:
        files = super()._save_pretrained(save_directory, file_names, legacy_format, filename_prefix)
        return (*files, *self.save_vocabulary(str(save_directory), filename_prefix))

    @property
    def can_save_slow_tokenizer(self) -> bool:
        """Whether this was read from `vocab.txt` and `bpe.codes`, and no tokens were added."""
        files = (getattr(self, "vocab_file", None), self.merges_file)
        return len(self) == self._known and all(file and Path(file).is_file() for file in files)

    def _convert_encoding(self, *args: Any, **kwargs: Any) -> Any:
        fields, encodings = super()._convert_encoding(*args, **kwargs)
        fields["input_ids"] = [[self._outer(number) for number in ids] for ids in fields["input_ids"]]
        return fields, encodings

    def _convert_token_to_id_with_added_voc(self, token: str) -> int:
        number = self.backend_tokenizer.token_to_id(token)
        if number is None or number < self._first_added:
            number = self.backend_tokenizer.token_to_id(symbol_of(token))
        return self.unk_token_id if number is None else self._outer(number)

    def _names(self, ids: Iterable[int]) -> list[str]:
        return [self._convert_id_to_token(number) for number in ids]

    def _convert_id_to_token(self, index: int) -> str:
        if 0 <= index < self._known:
            return piece_name(str(self.backend_tokenizer.id_to_token(index)))
        return self.backend_tokenizer.id_to_token(index - self._known + self._first_added) or str(self.unk_token)

    def _decode(
        self,
        token_ids: int | list[int],
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **kwargs: Any,
    ) -> str:
        names = self.convert_ids_to_tokens([token_ids] if isinstance(token_ids, int) else token_ids, skip_special_tokens)
        return self.convert_tokens_to_string(list(names))

    def _add_tokens(self, new_tokens: list[Any], special_tokens: bool = False) -> int:
        numbers = self.backend_tokenizer.token_to_id
        for name in map(str, new_tokens):
            # The library would take what it calls `x`, the piece `x@@` or an unknown one, for the new token.
            is_symbol = (numbers(name) or self._first_added) < self._first_added
            is_piece = (numbers(symbol_of(name)) or self._known) < self._known
            if name not in (*SPECIAL, MASK) and (is_symbol or is_piece):
                raise ValueError(f"{name!r} cannot be added: PhoBERT has a piece of these letters already")
        return super()._add_tokens(new_tokens, special_tokens)

    def _outer(self, number: int) -> int:
        """PhoBERT's id of one of the library's."""
        if number < self._known:
            return number
        return self._known + number - self._first_added if number >= self._first_added else SPECIAL.index("<unk>")


def _read(vocab_file: str | None, merges_file: str | None, tokenizer_file: str | None) -> Tokenizer:
    if tokenizer_file and BEYOND in Path(tokenizer_file).read_text(encoding="utf-8"):
        return Tokenizer.from_file(tokenizer_file)
    if not (vocab_file and merges_file):
        raise ValueError(
            f"needed are {VOCABULARY_FILE} and {MERGES_FILE}, or a tokenizer.json that this class wrote; got "
            f"vocab_file={vocab_file}, merges_file={merges_file}, tokenizer_file={tokenizer_file}"
        )
    return read_phobert_tokenizer(Path(vocab_file), Path(merges_file))
