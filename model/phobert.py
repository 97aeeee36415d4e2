"""PhoBERT's tokenizer for the `tokenizers` library: the same ids as its published slow one, and offsets with them.

Source of the rules: `PhobertTokenizer` of transformers. What looks odd below is odd there too, and pre-training saw it so.
"""

from __future__ import annotations

from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

VOCABULARY_FILE = "vocab.txt"
"""A piece and its count per line: `x@@` goes on within the word, `x` ends it."""
MERGES_FILE = "bpe.codes"
"""Two symbols and a count per line, the earliest learnt first; a symbol that ends a word bears `</w>`."""

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
"""Ids 0 to 3."""
MASK = "<mask>"
END = "</w>"
BEYOND = "(ids from here on are not in the word table)"
"""An entry that no text can produce, since it has spaces; the number of rows of PhoBERT's word table is its id."""

LINE_FEED = "\uffff"
"""Stands in the tokenizer for a line feed right after a word: a character that no piece has."""


def has_phobert_files(folder: str | Path) -> bool:
    """Whether a folder has both of PhoBERT's vocabulary files."""
    return all((Path(folder) / name).is_file() for name in (VOCABULARY_FILE, MERGES_FILE))


def build_phobert_tokenizer(folder: str | Path) -> Tokenizer:
    """Read `vocab.txt` and `bpe.codes` of a folder.

    Merges lead to some two thousand pieces that PhoBERT's vocabulary lacks. They get ids beyond it, which mean `<unk>`:
    see `known_size` and `replace_unknown`. All this stays as it is in a saved `tokenizer.json`.

    Raises:
        FileNotFoundError: if one of the two files is missing.
        ValueError: if one is malformed, or means something that this tokenizer cannot do exactly; it names file and line.

    >>> tokenizer = build_phobert_tokenizer("phobert-base")  # doctest: +SKIP
    >>> [piece_name(token) for token in tokenizer.encode("Hà_Nội mưa").tokens]  # doctest: +SKIP
    ['<s>', 'Hà_Nội', 'mưa', '</s>']
    """
    return read_phobert_tokenizer(Path(folder) / VOCABULARY_FILE, Path(folder) / MERGES_FILE)


def read_phobert_tokenizer(vocabulary_file: Path, merges_file: Path) -> Tokenizer:
    """`build_phobert_tokenizer` for two files that have other names or stand apart."""
    for path in (vocabulary_file, merges_file):
        if not path.is_file():
            raise FileNotFoundError(f"{path}: not there; PhoBERT's tokenizer needs {VOCABULARY_FILE} and {MERGES_FILE}")
    pieces = _read_pieces(vocabulary_file)
    merges = _read_merges(merges_file)
    vocabulary = {name: number for number, name in enumerate(SPECIAL)}
    for number, piece in enumerate(pieces, len(SPECIAL)):
        vocabulary[symbol_of(piece)] = number
    vocabulary.setdefault(MASK, len(vocabulary))
    vocabulary[BEYOND] = len(vocabulary)
    for (first, second), line in merges.items():
        product = first + second
        for symbol in (first, second, product):
            vocabulary.setdefault(symbol, len(vocabulary))
        # The slow tokenizer would write the end `x@@` of a word as it writes an `x` within a word.
        if product.endswith("@@" + END) and product != "@@" + END and piece_name(product) in pieces:
            raise ValueError(
                f"{merges_file}, line {line}: {product!r} ends a word, but {piece_name(product)!r} is a piece within words"
            )
    model = models.BPE(vocabulary, list(merges), unk_token="<unk>", end_of_word_suffix=END, fuse_unk=False)
    tokenizer = Tokenizer(model)
    # Words stand between what Python holds for white space: Rust's, and four separators among the control characters.
    # A line feed right after a word belongs to it, so that the word's last letters do not end it.
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex("[\x1c-\x1f]"), " "), normalizers.Replace(Regex(r"(?<=\S)\n"), LINE_FEED + " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.decoder = decoders.BPEDecoder(suffix=END)
    tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in (*SPECIAL, MASK)])
    return tokenizer


def reads_words(tokenizer: Tokenizer) -> bool:
    """Whether this is PhoBERT's tokenizer, built here or read from its `tokenizer.json`, which wants segmented words."""
    return tokenizer.token_to_id(BEYOND) is not None


def known_size(tokenizer: Tokenizer) -> int:
    """The number of ids that mean a piece: rows of PhoBERT's word table (64,001 as published).

    Ids from there on mean `<unk>`. Of any other tokenizer all ids are known.
    """
    beyond = tokenizer.token_to_id(BEYOND)
    return tokenizer.get_vocab_size() if beyond is None else beyond


def replace_unknown(ids: list[int], known: int, unknown: int) -> list[int]:
    """The ids that the network gets: `unknown` in place of those from `known` on.

    >>> replace_unknown([0, 64000, 64777, 2], 64001, 3)
    [0, 64000, 3, 2]
    """
    if max(ids, default=0) < known:  # so in nearly every text
        return ids
    return [number if number < known else unknown for number in ids]


def piece_name(symbol: str) -> str:
    """A token of the `tokenizers` library as `vocab.txt` spells it.

    >>> piece_name("Nội</w>"), piece_name("Hà_"), piece_name("<mask>")
    ('Nội', 'Hà_@@', '<mask>')
    """
    if symbol in (*SPECIAL, MASK):
        return symbol
    return symbol.removesuffix(END) if symbol.endswith(END) else symbol + "@@"


def symbol_of(piece: str) -> str:
    """The token of the `tokenizers` library for a piece; the reverse of `piece_name`.

    >>> symbol_of("Nội"), symbol_of("Hà_@@"), symbol_of("@@")
    ('Nội</w>', 'Hà_', '@@</w>')
    """
    stem = piece.removesuffix("@@")
    if piece in (*SPECIAL, MASK):
        return piece
    # A stem that looks like another entry stands for nothing that a text can produce; it only has to keep its id.
    goes_on = stem not in ("", piece, *SPECIAL, MASK, BEYOND) and END not in stem
    return stem if goes_on else piece + END


def _read_pieces(path: Path) -> dict[str, int]:
    """Pieces in the order of their ids, with their lines."""
    lines = _read_text(path).split("\n")
    pieces: dict[str, int] = {}
    for number, line in enumerate(lines[:-1] if not lines[-1] else lines, 1):
        piece, space, count = line.strip().rpartition(" ")
        if not space or not count.isdigit():
            raise ValueError(f"{path}, line {number}: expected a piece, a space and a count, got {line!r}")
        # The slow tokenizer gives two pieces one id from there on, and such a file fits no word table.
        if piece in pieces or piece in SPECIAL:
            where = "a special token" if piece in SPECIAL else f"on line {pieces[piece]} already"
            raise ValueError(f"{path}, line {number}: {piece!r} is {where}")
        pieces[piece] = number
    return pieces


def _read_merges(path: Path) -> dict[tuple[str, str], int]:
    """Merges in the order in which they apply, with their lines."""
    merges: dict[tuple[str, str], int] = {}
    lines = _read_text(path).split("\n")[:-1]  # the slow tokenizer does not read a last line without line feed
    for number, line in enumerate(lines, 1):
        symbols = line.split()[:-1]
        if len(symbols) != 2:
            continue  # a symbol that was a no-break space, say: the line has no effect in the slow tokenizer
        first, second = symbols
        if END in first + second.removesuffix(END):
            raise ValueError(f"{path}, line {number}: {END} may only end the second symbol, as the mark of a word's end")
        merges.pop((first, second), None)  # the later line counts
        merges[first, second] = number
    if lines and not merges:
        raise ValueError(f"{path}, line 1: expected two symbols and a count, here or on a later line; got {lines[0]!r}")
    _check_order(merges, path)
    return merges


def _check_order(merges: dict[tuple[str, str], int], path: Path) -> None:
    """Refuse a merge whose product an earlier merge uses.

    The slow tokenizer applies a merge to the whole word before it looks for the next, the library one place at a time. They
    agree where no merge makes room for an earlier one, as is so in the order in which merges are learnt.
    """
    used: dict[str, int] = {}
    for pair, number in merges.items():
        for symbol in pair:
            used.setdefault(symbol, number)
    for (first, second), number in merges.items():
        if used.get(first + second, number) < number:
            raise ValueError(
                f"{path}, line {number}: makes {first + second!r}, which line {used[first + second]} uses already; "
                "merges must stand in the order in which they were learnt"
            )


def _read_text(path: Path) -> str:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: not UTF-8") from None
    if LINE_FEED in text:
        line = text.count("\n", 0, text.index(LINE_FEED)) + 1
        raise ValueError(f"{path}, line {line}: U+FFFF is no character that a piece may have")
    return text.replace("\r\n", "\n").replace("\r", "\n")
