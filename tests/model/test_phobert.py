"""PhoBERT's tokenizers: the same ids as the slow one's for any string, offsets, files and transformers' ways."""

from __future__ import annotations

import itertools
import random
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models
from transformers import PhobertTokenizer, RobertaConfig, RobertaForTokenClassification, pipeline

from hoptac.data.corpus import load_corpus
from hoptac.model.phobert import (
    MERGES_FILE,
    VOCABULARY_FILE,
    build_phobert_tokenizer,
    has_phobert_files,
    known_size,
    piece_name,
    reads_words,
    replace_unknown,
    symbol_of,
)
from hoptac.model.phobert_fast import PhobertTokenizerFast

# Of "ho", "họp" and "mua" the merges make more than the vocabulary has; the line with a no-break space and the last
# line, which lacks its line feed, have no effect.
VOCABULARY = (
    "Nam 9\nViệt_@@ 8\nh@@ 7\no@@ 6\np 5\nm@@ 4\nưa 4\n@@@ 3\n@@ 3\nà 2\nt@@ 2\nu@@ 2\na 2\n<s>@@ 1\na_b c 1\nhà@@ 1\nhà 1\n"
)
MERGES = (
    "V i 9\na m</w> 9\nN am</w> 9\nVi ệ 8\nViệ t 8\nViệt _ 8\nh o 7\nho p</w> 7\n\xa0 m</w> 6\nư a</w> 5\nm u 4\nmu a</w> 4\n"
    "h à 3\nh à</w> 3\nt ưa</w> 2"
)
SPACES = "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """PhoBERT's two files with a handful of pieces."""
    return write(tmp_path_factory.mktemp("phobert"))


@pytest.fixture(scope="module")
def slow(small: Path) -> PhobertTokenizer:
    return slow_tokenizer(small)


@pytest.fixture(scope="module")
def fast(small: Path) -> PhobertTokenizerFast:
    return load(small)


def load(folder: Path, **options: Any) -> PhobertTokenizerFast:
    tokenizer = PhobertTokenizerFast.from_pretrained(folder, **options)
    assert isinstance(tokenizer, PhobertTokenizerFast)
    return tokenizer


def write(folder: Path, vocabulary: str | bytes = VOCABULARY, merges: str | bytes = MERGES) -> Path:
    for name, content in ((VOCABULARY_FILE, vocabulary), (MERGES_FILE, merges)):
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.fixture(scope="module")
def published(shared: Path) -> Path:
    return shared / "phobert-base-tokenizer"


def slow_tokenizer(folder: Path) -> PhobertTokenizer:
    return PhobertTokenizer(str(folder / VOCABULARY_FILE), str(folder / MERGES_FILE))  # type: ignore[no-untyped-call]


def ids_of(tokenizer: Tokenizer, texts: Sequence[str | tuple[str, str]]) -> list[list[int]]:
    size = known_size(tokenizer)
    return [replace_unknown(e.ids, size, 3) for e in tokenizer.encode_batch(texts)]


def differing(folder: Path, texts: list[str]) -> list[str]:
    theirs = slow_tokenizer(folder)(texts, verbose=False)["input_ids"]
    ours = ids_of(build_phobert_tokenizer(folder), texts)
    return [text for text, left, right in zip(texts, ours, theirs, strict=True) if left != right]


def any_texts(count: int, seed: int) -> list[str]:
    """Strings of mixed scripts, every white space, marks, and all that PhoBERT's files give a meaning to."""
    chance = random.Random(seed)
    words = sorted({word for sentence in load_corpus("test")[:200] for word in sentence.text.split()})
    ranges = [(0, 0x80), (0x80, 0x250), (0x300, 0x370), (0x370, 0x700), (0x900, 0xE80), (0x1E00, 0x2100)]
    ranges += [(0x2190, 0x2800), (0x3000, 0x3100), (0x4E00, 0x9FFF), (0xAC00, 0xD7A4), (0xE000, 0x11000), (0x1F300, 0x1FA00)]
    ranges += [(0x20000, 0x20100), (0x10FF00, 0x110000)]
    sources: list[Callable[[], str]] = [
        lambda: chance.choice(words),
        lambda: "_".join(chance.choices(words, k=chance.randint(2, 4))),
        lambda: chance.choice(words)[: chance.randint(1, 4)],
        lambda: "".join(chr(chance.randrange(*chance.choice(ranges))) for _ in range(chance.randint(1, 8))),
        lambda: chance.choice(SPACES) * chance.choice((1, 1, 2)),
        lambda: " ",
        lambda: "\n",
        lambda: chance.choice(SPECIAL),
        lambda: chance.choice(("<", ">", "</", "s>", "mask>", "</w>", "w>", "@@", "@", "@@ ", "_", "__", "\uffff", "\r\n")),
        lambda: str(chance.randrange(10 ** chance.randint(1, 9))) + chance.choice((".000", ",5", "%", "/2025", "")),
        lambda: chance.choice("abcơđ@_") * chance.randint(2, 40),
    ]
    weights = [6, 3, 3, 3, 4, 6, 3, 2, 2, 2, 1]
    return ["".join(source() for source in chance.choices(sources, weights, k=chance.randint(0, 14))) for _ in range(count)]


@pytest.mark.parametrize("joined", [r"(?!)", r"(?<=[^\W\d_]) (?=[a-zà-ỹ])", r" (?=\S{1,4} )"], ids=["raw", "names", "chains"])
def test_published_vocabulary_on_the_corpus(published: Path, joined: str) -> None:
    texts = [re.sub(joined, "_", sentence.text) for sentence in load_corpus()]
    assert len(texts) > 5000
    assert differing(published, texts) == []


def test_published_vocabulary_on_articles_and_their_words(published: Path, shared: Path) -> None:
    articles = [(shared / "dev" / name).read_text(encoding="utf-8") for name in ("001.txt", "003.txt")]
    words = sorted({word for article in articles for word in article.split()})
    assert differing(published, [*articles, *words, *(f"{word}\n" for word in words)]) == []


def test_published_vocabulary_on_any_text(published: Path) -> None:
    texts = any_texts(20_000, seed=1)
    assert differing(published, [*texts, "a" * 20_000, "đ_" * 5_000]) == []


@settings(max_examples=500, deadline=None)
@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("hoàpmưaNViệt_@ \n<s>")), max_size=40))
def test_small_vocabulary_on_any_text(slow: PhobertTokenizer, fast: PhobertTokenizerFast, text: str) -> None:
    assert fast(text)["input_ids"] == slow(text)["input_ids"]


def test_small_vocabulary_on_generated_text_and_all_short_words(small: Path) -> None:
    short = ["".join(letters) for length in range(4) for letters in itertools.product("hoàpmưatNVi@\n", repeat=length)]
    assert differing(small, any_texts(3_000, seed=2) + short) == []


@pytest.mark.parametrize("space", SPACES, ids=ascii)
def test_every_white_space_parts_words(small: Path, space: str) -> None:
    pieces = "hà hà\n"
    texts = [pieces.replace(" ", gap) for gap in (space, space + "\n", "\n" + space, f" {space}\n\n", f"<mask>{space}\n")]
    assert differing(small, [*texts, space, space + "hà" + space]) == []


def test_a_line_feed_belongs_to_the_word_before_it(small: Path) -> None:
    encoding = build_phobert_tokenizer(small).encode("hà\nNam \nhà", add_special_tokens=False)
    assert [piece_name(token) for token in encoding.tokens] == ["hà@@", "<unk>", "Nam", "hà"]
    assert encoding.offsets == [(0, 2), (2, 3), (3, 6), (8, 10)]
    assert encoding.word_ids == [0, 0, 1, 2]


def test_ids_are_those_of_the_lines(small: Path) -> None:
    tokenizer = build_phobert_tokenizer(small)
    assert [tokenizer.token_to_id(name) for name in SPECIAL] == [0, 1, 2, 3, 21]
    assert known_size(tokenizer) == 22 == len(slow_tokenizer(small))
    assert ids_of(tokenizer, ["Nam hop Việt_a<mask> hp"]) == [[0, 4, 3, 5, 16, 21, 6, 8, 2]]
    assert ids_of(tokenizer, [("Nam", "p")]) == [[0, 4, 2, 2, 8, 2]]


def test_published_size_is_that_of_the_word_table(published: Path) -> None:
    tokenizer = build_phobert_tokenizer(published)
    assert known_size(tokenizer) == 64_001
    assert tokenizer.get_vocab_size() > 66_000


@pytest.mark.parametrize("text", ["", " ", "\n", "\t \u3000"])
def test_a_text_without_words_has_no_pieces(small: Path, text: str) -> None:
    assert ids_of(build_phobert_tokenizer(small), [text]) == [[0, 2]]
    assert differing(small, [text]) == []


def test_words_given_apart_are_encoded_as_in_their_text(published: Path) -> None:
    tokenizer = build_phobert_tokenizer(published)
    rows = [text.split() for text in any_texts(3_000, seed=3)]
    joined = tokenizer.encode_batch([" ".join(row) for row in rows], add_special_tokens=False)
    apart = tokenizer.encode_batch(rows, is_pretokenized=True, add_special_tokens=False)
    assert [e.ids for e in apart] == [e.ids for e in joined]
    for row, encoding in zip(rows, apart, strict=True):
        assert [word for word, _ in itertools.groupby(encoding.word_ids)] == list(range(len(row)))


def test_offsets_are_of_what_the_tokens_came_from(published: Path) -> None:
    tokenizer = build_phobert_tokenizer(published)
    for text in any_texts(3_000, seed=4):
        encoding = tokenizer.encode(text, add_special_tokens=False)
        position = 0
        for token, (start, end) in zip(encoding.tokens, encoding.offsets, strict=True):
            assert text[position:start].strip() == ""
            if token == "<unk>":
                assert end - start == 1 or text[start:end] == "<unk>"
            else:
                assert text[start:end] == token.removesuffix("</w>")
            position = end
        assert text[position:].strip() == ""


def test_a_saved_tokenizer_stays_the_same(published: Path, tmp_path: Path) -> None:
    built = build_phobert_tokenizer(published)
    built.save(str(tmp_path / "tokenizer.json"))
    read = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert reads_words(read)
    assert known_size(read) == 64_001
    texts = any_texts(2_000, seed=5)
    for left, right in zip(built.encode_batch(texts), read.encode_batch(texts), strict=True):
        assert (left.ids, left.offsets) == (right.ids, right.offsets)


def test_other_tokenizers_know_all_their_ids() -> None:
    other = Tokenizer(models.BPE({"a</w>": 0, "<mask>": 1, "b</w>": 2}, [], end_of_word_suffix="</w>"))
    assert not reads_words(other)
    assert known_size(other) == 3


def test_decoded_text_is_readable(published: Path) -> None:
    tokenizer = build_phobert_tokenizer(published)
    text = "Thủ_tướng Phạm_Minh_Chính tiếp Đại_sứ Hoa_Kỳ ."
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


@given(st.text(min_size=1))
def test_names_of_pieces_and_symbols_are_each_other_s_reverse(text: str) -> None:
    for piece in (text, text + "@@"):
        assert piece_name(symbol_of(piece)) == piece
    assert symbol_of(piece_name(text)) == text


@pytest.mark.parametrize(
    ("vocabulary", "merges", "message"),
    [
        ("Nam 9\nViệt\n", MERGES, r"vocab\.txt, line 2: expected a piece, a space and a count, got 'Việt'"),
        ("Nam 9\n\nhà 1\n", MERGES, r"vocab\.txt, line 2: expected a piece"),
        ("Hà Nội\n", MERGES, r"vocab\.txt, line 1: expected a piece"),
        ("Nam 9\nhà 1\nNam 2\n", MERGES, r"vocab\.txt, line 3: 'Nam' is on line 1 already"),
        ("Nam 9\n<unk> 1\n", MERGES, r"vocab\.txt, line 2: '<unk>' is a special token"),
        (b"Nam 9\nh\xe0 1\n", MERGES, r"vocab\.txt, line 2: not UTF-8"),
        (VOCABULARY, b"h o 1\n\xff", r"bpe\.codes, line 2: not UTF-8"),
        (VOCABULARY, "h o\nho p</w>\n", r"bpe\.codes, line 1: expected two symbols and a count.*'h o'"),
        (VOCABULARY, "ho p 3\nh o 2\n", r"bpe\.codes, line 2: makes 'ho', which line 1 uses already"),
        (VOCABULARY, "< / 3\n</ w 2\n</w > 2\n", r"bpe\.codes, line 3: </w> may only end the second symbol"),
        (VOCABULARY, "@ @</w> 3\n@ @@</w> 2\n", r"bpe\.codes, line 2: '@@@</w>' ends a word"),
        (VOCABULARY, "t @ 3\nt@ @</w> 2\n", r"bpe\.codes, line 2: 't@@</w>' ends a word"),
        (VOCABULARY, "h \uffff 3\n", r"bpe\.codes, line 1: U\+FFFF"),
    ],
)
def test_malformed_files_are_refused_by_line(
    tmp_path: Path, vocabulary: str | bytes, merges: str | bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        build_phobert_tokenizer(write(tmp_path, vocabulary, merges))


@pytest.mark.parametrize("missing", [VOCABULARY_FILE, MERGES_FILE])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    write(tmp_path)
    assert has_phobert_files(tmp_path)
    (tmp_path / missing).unlink()
    assert not has_phobert_files(tmp_path)
    with pytest.raises(FileNotFoundError, match=rf"{missing}: not there"):
        build_phobert_tokenizer(tmp_path)


def test_other_forms_of_the_files_that_the_slow_tokenizer_reads(tmp_path: Path) -> None:
    texts = any_texts(300, seed=6)
    windows = VOCABULARY.replace("\n", "\r\n").rstrip()
    assert differing(write(tmp_path, windows, MERGES.replace("\n", "\r\n")), texts) == []
    mask_inside = VOCABULARY.replace("Nam 9\n", "Nam 9\n<mask> 9\n<mask>@@ 8\n</w>@@ 1\n")
    assert differing(write(tmp_path, mask_inside, "h o 9\nm u 8\nh o 7\n"), texts) == []
    assert differing(write(tmp_path, VOCABULARY, ""), texts) == []
    pair_twice = write(tmp_path, VOCABULARY, "o p 9\nh o 8\n@ @</w> 8\no p 7\n")
    assert differing(pair_twice, [*texts, "hopa @@"]) == []
    assert ids_of(build_phobert_tokenizer(pair_twice), ["hopa @@"]) == [[0, 3, 3, 16, 12, 2]]


def test_transformers_class_gives_the_slow_ids(published: Path, tmp_path: Path) -> None:
    texts = any_texts(2_000, seed=7)
    slow = PhobertTokenizer.from_pretrained(published)
    built = load(published)
    built.save_pretrained(tmp_path)
    for saved in (VOCABULARY_FILE, MERGES_FILE):  # what remains is tokenizer.json
        (tmp_path / saved).unlink()
    theirs = slow(texts, verbose=False)
    for ours in (built, load(tmp_path)):
        fields = ours(texts, verbose=False)
        assert fields["input_ids"] == theirs["input_ids"]
        assert fields["attention_mask"] == theirs["attention_mask"]
        assert ours(texts[:50], texts[50:100])["input_ids"] == slow(texts[:50], texts[50:100])["input_ids"]
        assert len(ours) == len(slow) == ours.vocab_size
        assert ours.get_vocab() == slow.get_vocab()
        assert ours.model_max_length == 256


def test_batches_have_offsets_words_and_tensors(fast: PhobertTokenizerFast) -> None:
    texts = ["hà hop", "Nam"]
    batch = fast(texts, padding=True, truncation=True, return_offsets_mapping=True, return_tensors="pt")
    assert batch["input_ids"].tolist() == [[0, 20, 3, 2], [0, 4, 2, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]
    assert batch["offset_mapping"].tolist()[0] == [[0, 0], [0, 2], [3, 6], [0, 0]]
    assert batch.word_ids(0) == [None, 0, 1, None]


def test_long_texts_are_cut_at_256_or_give_windows(fast: PhobertTokenizerFast) -> None:
    text = "Nam hop " * 200
    assert len(fast(text, truncation=True)["input_ids"]) == 256
    windows = fast(
        text, truncation=True, max_length=100, stride=10, return_overflowing_tokens=True, return_offsets_mapping=True
    )
    assert [len(ids) for ids in windows["input_ids"]] == [100, 100, 100, 100, 50]
    assert set(itertools.chain(*windows["input_ids"])) == {0, 2, 3, 4}
    assert windows["offset_mapping"][0][-11:-1] == windows["offset_mapping"][1][1:11]
    assert windows["overflow_to_sample_mapping"] == [0] * 5


@pytest.mark.parametrize(("given", "limit"), [(None, 256), (int(1e30), 256), (128, 128)])
def test_length_is_limited_where_the_files_set_no_limit(small: Path, given: int | None, limit: int) -> None:
    options = {} if given is None else {"model_max_length": given}
    assert load(small, **options).model_max_length == limit


def test_pieces_have_the_vocabulary_s_names(fast: PhobertTokenizerFast) -> None:
    assert fast.tokenize("Việt_Nam hop<mask>") == ["Việt_@@", "Nam", "<unk>", "<mask>"]
    assert fast.convert_ids_to_tokens([5, 4, 21, 99]) == ["Việt_@@", "Nam", "<mask>", "<unk>"]
    assert fast.convert_ids_to_tokens(5) == "Việt_@@"
    assert fast.convert_tokens_to_ids(["Việt_@@", "Nam", "hop", "ho@@", "Việt_", "<mask>"]) == [5, 4, 3, 3, 3, 21]


def test_decoding_gives_words(fast: PhobertTokenizerFast) -> None:
    ids = fast("Việt_Nam hà")["input_ids"]
    assert fast.decode(ids) == "<s> Việt_Nam hà </s>"
    assert fast.decode(ids, skip_special_tokens=True) == "Việt_Nam hà"
    assert fast.decode([5]) == "Việt_"
    assert fast.batch_decode(torch.tensor([[0, 4, 2]]), skip_special_tokens=True) == ["Nam"]


def test_added_tokens_follow_upon_the_word_table(small: Path, tmp_path: Path) -> None:
    slow, fast = PhobertTokenizer.from_pretrained(small), load(small)
    text = "[E1] Nam hop [/E1]hà"
    for tokenizer in (slow, fast):
        assert tokenizer.add_tokens(["[E1]", "[/E1]"]) == 2
    assert fast(text)["input_ids"] == slow(text)["input_ids"] == [0, 22, 4, 3, 23, 20, 2]
    assert len(fast) == len(slow) == 24
    assert fast.convert_ids_to_tokens([22, 23]) == ["[E1]", "[/E1]"]
    assert fast.convert_tokens_to_ids("[E1]") == 22
    assert fast.get_added_vocab()["[/E1]"] == 23
    fast.save_pretrained(tmp_path)
    assert not has_phobert_files(tmp_path)  # with them the slow tokenizer would take other ids from tokenizer.json
    again = load(tmp_path)
    assert again(text)["input_ids"] == fast(text)["input_ids"]
    assert len(again) == 24
    for piece in ("Nam", "Việt_"):
        with pytest.raises(ValueError, match=f"'{piece}' cannot be added"):
            fast.add_tokens([piece])


def test_a_saved_folder_serves_the_slow_tokenizer_too(fast: PhobertTokenizerFast, tmp_path: Path) -> None:
    fast.save_pretrained(tmp_path)
    texts = any_texts(200, seed=8)
    slow = PhobertTokenizer.from_pretrained(tmp_path)
    again = load(tmp_path)
    assert slow.model_max_length == again.model_max_length == 256
    assert slow(texts)["input_ids"] == again(texts)["input_ids"] == fast(texts)["input_ids"]
    again.save_pretrained(tmp_path)
    assert (tmp_path / VOCABULARY_FILE).read_text(encoding="utf-8") == VOCABULARY


def test_a_tokenizer_json_of_another_make_is_left_alone(small: Path, tmp_path: Path) -> None:
    other = Tokenizer(models.WordLevel({"<unk>": 0, "Nam": 1}, unk_token="<unk>"))
    other.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match=r"needed are vocab\.txt and bpe\.codes, or a tokenizer\.json that this class wrote"):
        load(tmp_path)
    write(tmp_path)
    assert load(tmp_path)("Nam")["input_ids"] == [0, 4, 2]


def test_pipeline_finds_spans_of_the_text(fast: PhobertTokenizerFast) -> None:
    torch.manual_seed(3)
    labels = dict(enumerate(["O", "B-PER", "I-PER", "B-GPE", "I-GPE"]))
    config = RobertaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=258,
        type_vocab_size=1,
        id2label=labels,
        label2id={label: number for number, label in labels.items()},
    )
    model = RobertaForTokenClassification(config)
    model.train(False)
    text = "Việt_Nam  hop, hà\tmua Nam ?"
    found = pipeline("token-classification", model=model, tokenizer=fast, aggregation_strategy="simple")(text)
    fields = fast(text, return_tensors="pt", return_offsets_mapping=True)
    offsets = fields.pop("offset_mapping")[0].tolist()
    tags = [labels[number] for number in model(**fields).logits[0].argmax(-1).tolist()]
    expected: list[list[int | str]] = []
    for (start, end), tag in zip(offsets[1:-1], tags[1:-1], strict=True):
        kind = tag[2:] if tag != "O" else tag
        if expected and expected[-1][2] == kind and not tag.startswith("B-"):
            expected[-1][1] = end
        else:
            expected.append([start, end, kind])
    assert [[e["start"], e["end"], e["entity_group"]] for e in found] == [e for e in expected if e[2] != "O"]
    assert len(found) > 1
