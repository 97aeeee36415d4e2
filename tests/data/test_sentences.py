"""Raw text to sentences: where sentences end, and that offsets index into the text as given."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hoptac.data.sentences import Place, read_lines, sample_article, split_sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


ONE_SENTENCE = [
    "Đoàn đến TP. Hồ Chí Minh sáng nay.",
    "Đoàn đến (TP. Huế) sáng nay.",
    "Ông gặp GS. Nguyễn Văn An.",
    "Ông gặp PGS.TS. Nguyễn Văn An.",
    "Ông gặp ThS. Lê Bình và BS. Trần Cường.",
    "Hội nghị tại Washington D.C. Mỹ kết thúc.",
    "Ông J. D. Vance đến thăm.",
    "Bà Đ. Hoa phát biểu.",
    "Công ty Apple Inc. Mỹ và Samsung Co. Ltd. Hàn Quốc ký kết.",
    "Ông nói với Mr. Smith.",
    "Kim ngạch đạt 3.5 tỷ USD, tăng 1.000 lần.",
    "Giá là 12,5 USD.",
    "Trang vnexpress.net đưa tin.",
    "Hai bên... rồi cũng ký.",
    "Chờ đã… hai bên sẽ ký.",
    "“Chúng tôi ủng hộ!” ông nói.",
    '"Thật sao?" bà hỏi.',
    "1. Hợp tác trên biển",
    "Không có dấu chấm",
    "Mr. Smith và Mrs. Jones thuộc U.S. Coast Guard đến Đà Nẵng.",
    "Nghi phạm bị bắt ở Q. Hai Bà Trưng, P. Ngọc Hà.",
    "GS. TSKH. Lê Minh và KS. Phạm Hoa cùng dự.",
    "No. 10 Downing Street không bình luận.",
    "Đối thoại diễn ra tại Washington D.C., Hoa Kỳ hôm 5/9.",
    "Tháng 7 năm 1995 ... hai nước lập quan hệ.",
    "Kết thúc./.",
    "!?…",
]


@pytest.mark.parametrize("text", ONE_SENTENCE)
def test_this_is_one_sentence(text: str) -> None:
    assert split(text) == [text]


SEVERAL = [
    ["Ông A thăm Lào.", "Hai bên hội đàm."],
    ["Hai bên ký.", "Đại sứ Lào phát biểu.", "Ủy ban họp.", "Ấn Độ đồng ý.", "Ưu tiên là biển."],
    ["Hai bên ký.", "Ông nói.", "À ra thế.", "Ý là vậy."],
    ["Tốt!", "Vậy sao?", "Rất tốt."],
    ["Đoàn đã về nước./.", "Tin khác: Hai bên họp."],
    ["Chờ đã…", "Hai bên ký."],
    ["Chờ đã...", "Hai bên ký."],
    ["“Chúng tôi ủng hộ.”", "Ông nói thêm."],
    ['Ông nói: "Tốt!"', '"Rất tốt", bà nói.'],
    ["(Ảnh: TTXVN.)", "Hai bên họp."],
    ["Kim ngạch đạt 3.5 tỷ.", "Năm 2025.", "10 nước dự."],
    ["1. Biển.", "2. Mạng.", "3. Ma túy."],
    ["Đoàn gặp lãnh đạo TP.HCM.", "Hai bên ký."],
    ["Theo UBND.", "Hai bên ký."],
    ["Đối thoại diễn ra tại Washington D.C.", "Hai bên nhất trí gặp lại."],
    ["Ông gặp GS.TS. Nguyễn Văn An và PGS.TS. Trần Bình.", "Cuộc gặp kéo dài một giờ."],
    ["Tàu chạy từ St. Petersburg đến Hải Phòng.", "Hàng gồm phân bón."],
    ["Thuế tăng 1.500 đồng từ 20.5.", "Doanh nghiệp phản đối."],
    ["Hợp tác về ma túy, mua bán người...", "Hai bên sẽ họp lại."],
    ["Các nước như Lào, Campuchia... đều tham gia.", "Việt Nam là chủ nhà."],
    ["Ông nói: “Chúng tôi ủng hộ.", "Chúng tôi sẽ đến.”", "Bà Lan gật đầu."],
    ["Hai bên cam kết với hòa bình./.", "(TTXVN)"],
    ["Lễ ký tại Hà Nội.", "Ảnh: B.N.G"],
    ["Nhà máy thuộc Foxconn Co. Ltd.", "Theo kế hoạch, nhà máy mở cửa năm sau."],
    ["Đại hội lần thứ V.", "Các đại biểu bỏ phiếu kín."],
    ["Nghi phạm khai với N.V.T.", "Theo cơ quan điều tra, còn hai người bỏ trốn."],
    ["Xem tại vnexpress.net hoặc www.mofa.gov.vn.", "Hạn chót là 30/6."],
    ["- Thưa ông, khi nào ký?", "- Tháng tới."],
    ["Ai ký?...", "Không ai biết."],
    ["Ông A đến thăm.", "… Hai bên ký sau đó."],
]


@pytest.mark.parametrize("sentences", SEVERAL, ids=lambda sentences: " / ".join(sentences)[:50])
@pytest.mark.parametrize("gap", [" ", "  ", "\u00a0", "\n", "\r\n"], ids=["space", "two", "hard space", "line", "windows line"])
def test_these_are_several_sentences(sentences: list[str], gap: str) -> None:
    assert split(gap.join(sentences)) == sentences


@pytest.mark.parametrize("capital", "ĂÂĐÊÔƠƯÀẢÃÁẠẤẬẮẶÉẸẾỆÍỊĨÓỌỐỘỚỢÚỤŨỨỰÝỲỴ")
def test_a_sentence_may_begin_with_every_vietnamese_capital(capital: str) -> None:
    assert split(f"Hai bên ký. {capital}n là thế.") == ["Hai bên ký.", f"{capital}n là thế."]


@pytest.mark.parametrize("letter", "ăâđêôơưàảãáạấậắặéẹếệíịĩóọốộớợúụũứựýỳỵ")
def test_no_sentence_begins_with_a_small_letter(letter: str) -> None:
    assert len(split(f"Hai bên ký. {letter}n là thế.")) == 1


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\n\n", "\u2028", "\u2029"])
def test_a_line_break_always_ends_a_sentence(line_break: str) -> None:
    assert split(f"Tiêu đề bài báo{line_break}và dòng sau") == ["Tiêu đề bài báo", "và dòng sau"]


@pytest.mark.parametrize("text", ["", " ", "\n\r\n", "\u2028 \t"])
def test_white_space_has_no_sentences(text: str) -> None:
    assert split(text) == []


def test_a_space_that_a_scraper_lost_still_ends_a_sentence() -> None:
    assert split("Hai bên ký.Theo đó, Lào mở cửa khẩu./.Hai nước vui mừng.") == [
        "Hai bên ký.",
        "Theo đó, Lào mở cửa khẩu./.",
        "Hai nước vui mừng.",
    ]
    assert len(split("Xem tại cand.com.vn và St.Theo.")) == 1


def test_a_part_of_a_text_is_split_with_offsets_into_the_whole() -> None:
    text = "Một. Hai. Ba. Bốn."
    assert [text[start:end] for start, end in split_sentences(text, 5, 13)] == ["Hai.", "Ba."]


PIECES = st.sampled_from(
    ["Ông", "TP", "đi", "Đ", "1", "20", ".", "...", "…", "!", "?", "./.", '"', "”", "(", ")", "-", " ", "  ", "\u00a0", "\t"]
)
BREAKS = st.sampled_from(["\n", "\r\n", "\r", "\u2028", "\x0b", "\x0c", "\x1c", "\x85", "\ufeff"])


@given(st.lists(PIECES | BREAKS, max_size=30).map("".join) | st.text(max_size=40))
@example("\ufeffÔng A. Ông B.")
def test_spans_are_sorted_apart_stripped_and_leave_only_white_space(text: str) -> None:
    position = 0
    for start, end in split_sentences(text):
        assert position <= start < end <= len(text)
        assert text[position:start].strip() == ""
        assert text[start:end] == text[start:end].strip()
        assert not set(text[start:end]) & set("\r\n\u2028\u2029")
        position = end
    assert text[position:].strip() == ""


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_offsets_of_lines_index_into_the_whole_text(line_break: str) -> None:
    text = line_break.join(["Tiêu đề", "", "  Ông A đến. Hai bên ký.  ", "Hết."]) + line_break
    places = list(read_lines(io.StringIO(text, newline=""), "x.txt"))
    assert [place.text for place in places] == ["Tiêu đề", "Ông A đến.", "Hai bên ký.", "Hết."]
    assert all(text[place.start : place.end] == place.text for place in places)
    assert {place.source for place in places} == {"x.txt"}


@given(st.lists(PIECES | BREAKS, max_size=30).map("".join), st.booleans())
def test_offsets_index_into_any_text(text: str, whole_lines: bool) -> None:
    places = list(read_lines(io.StringIO(text, newline=""), "x", whole_lines))
    assert all(text[place.start : place.end] == place.text for place in places)
    assert "".join("".join(place.text.split()) for place in places) == "".join(text.split())


def test_reading_line_by_line_finds_what_reading_at_once_finds() -> None:
    text = sample_article()
    places = read_lines(text.splitlines(keepends=True), "sample")
    assert [(place.start, place.end) for place in places] == list(split_sentences(text))


def test_whole_lines_are_one_sentence_each() -> None:
    lines = ["Một. Hai. Ba.\n", "\n", "   \n", " Bốn. \n"]
    assert list(read_lines(lines, "x", whole_lines=True)) == [Place("Một. Hai. Ba.", "x", 0, 13), Place("Bốn.", "x", 20, 24)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hai bên cùng họp. " * 5000, 5000),
        ("họp " * 20_000, 1),
        ("TP. Vinh " * 10_000, 1),
        (" " * 100_000 + "x", 1),
        ("Mục lục" + "." * 20_000 + "5", 1),
    ],
    ids=["sentences", "words", "abbreviations", "spaces", "dots"],
)
def test_a_line_of_twenty_thousand_words_finishes_fast(text: str, sentences: int) -> None:
    began = time.perf_counter()
    found = len(split(text))
    assert time.perf_counter() - began < 1.0
    assert found == sentences


def test_the_sample_article_has_several_sentences() -> None:
    sentences = split(sample_article())
    assert len(sentences) >= 8
    assert sentences[0] == sample_article().splitlines()[0]
    assert all(sentence[-1] in ".)" for sentence in sentences[1:])
