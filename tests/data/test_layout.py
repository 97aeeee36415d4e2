"""Which part of an article is of which kind, on articles made up in the manner of the Vietnamese press."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.layout import Unit, find_layout

KINDS = {"b": "body", "h": "headline", "c": "caption", "x": "boilerplate"}

ARTICLES = {
    # A crawler's prefix stands before the lead; there is no title.
    "prefix": """
x date 2025-11-26 + b Việt Nam và Bỉ nhất trí mở rộng hợp tác hải quan, chia sẻ dữ liệu về hàng hóa quá cảnh.

b Chiều 26/11, tại Hà Nội, hai bên đã họp Ủy ban hỗn hợp lần thứ ba. + b Cuộc họp bàn về hàng giả và tiền chất ma túy.

b Hai nước cam kết sớm ký thỏa thuận tương trợ hành chính./.
""",
    # Offices as makers of pictures, cells of tables, a title twice in the line of a link, a button with a colon.
    "offices": """
h Việt Nam và Na Uy ký thỏa thuận cứu hộ
x Chia sẻ:
b Sáng 14/10, tại Hà Nội, hai bên đã ký thỏa thuận về cứu hộ trên biển.
c Trung tướng Lê Công Minh và Đại sứ Na Uy tại lễ ký. + x Ảnh Bộ Quốc phòng
b Thỏa thuận có hiệu lực ngay sau khi ký.
c Đoàn Na Uy thăm cảng Nha Trang. + x Ảnh Cục Đối ngoại cung cấp
b Hai bên sẽ họp hằng năm.
x Na Uy mở văn phòng thương mại tại Đà Nẵng Na Uy mở văn phòng thương mại tại Đà Nẵng
b Theo đó, tàu hai nước sẽ diễn tập chung.
c | Tàu Na Uy cập cảng Nha Trang. + x (Ảnh: Trần Hậu) + x |
b Ông Minh cảm ơn phía Na Uy.
x Theo dõi Báo Thử trênẢnh minh họa |
""",
    # Line breaks were lost; what skips to the text stands above it.
    "unbroken": """
x Nhảy đến nội dung
h Na Uy tặng Việt Nam hai xuồng cứu hộ
b Hai bên đã ký biên bản tại cảng. + x Ảnh: Reuters. + b Đại sứ Na Uy phát biểu trước đoàn thủy thủ. + x Ảnh: Trần Hậu. + b Lễ ký kết thúc lúc trưa.
x Video đang HOT
b Ông cảm ơn phía Việt Nam.
""",
    # An agency: caption and credit in one line, an end mark, a signature in brackets.
    "agency": """
h Cảnh sát biển Việt Nam và Ấn Độ diễn tập chung

x Thứ Năm, 22/05/2025 - 14:30 (GMT+7)
x Chia sẻ
x Facebook Zalo Copy link

b (TTXVN) - Ngày 22/5, tại cảng Tiên Sa (TP. Đà Nẵng), tàu CSB 8005 và tàu ICGS Vaibhav đã diễn tập cứu hộ trên biển.
c Tàu CSB 8005 và tàu ICGS Vaibhav trong buổi diễn tập. + x (Ảnh: Trần Hậu/TTXVN)
b Đại tá Lê Công Minh nói: “Hai lực lượng đã hiểu nhau hơn. + b Chúng tôi sẽ còn gặp lại.”
b Ngoài ra, hai bên bàn về chống cướp biển, đánh bắt cá trái phép.../.
x (TTXVN/Vietnam+)
x #Cảnh sát biển #Ấn Độ
x Tin liên quan
x Ba tàu hải quân Úc thăm Cam Ranh
x Đội tàu do khu trục hạm dẫn đầu thăm cảng trong bốn ngày.
x Tin cùng chuyên mục
x Giá vàng tăng phiên thứ ba liên tiếp
x Chính phủ họp phiên thường kỳ tháng 5
x Phiên họp bàn về tăng trưởng. + x Nhiều bộ báo cáo.
""",
    # A box of links in the middle, without a name or end mark before it: the article goes on below it.
    "box": """
h Nhật Bản viện trợ thiết bị rà phá bom mìn cho Quảng Trị
x Minh Châu
b Chính phủ Nhật Bản sẽ tài trợ 5 triệu USD để mua thiết bị rà phá bom mìn, Đại sứ Ito Naoki cho biết hôm 3/6.
b Khoản tài trợ này được giải ngân trong hai năm.
x Xem thêm:
x Quảng Trị làm sạch thêm 300 ha đất
x Mỹ bàn giao xe cứu thương cho Trung tâm Hành động bom mìn
b Theo đó, 40 máy dò mới sẽ được chuyển đến Đông Hà vào tháng 9. + b Nhóm kỹ thuật viên đầu tiên đã được đào tạo.
x >>> Hàn Quốc cam kết hỗ trợ nạn nhân bom mìn
b Ông Ito Naoki nhấn mạnh Tokyo coi trọng hợp tác khắc phục hậu quả chiến tranh.
h Kế hoạch năm 2026
b Năm 2026, dự án mở rộng sang Quảng Bình.
x Đọc thêm: Bom mìn còn lại bao nhiêu?
b Đại sứ quán sẽ công bố danh sách xã được chọn vào tháng 12.
""",
    # The one paragraph below the box does not refer back, but names whom the article has named.
    "names": """
h Thái Lan trao trả 12 nghi phạm lừa đảo
b Cảnh sát Thái Lan ngày 4/3 bàn giao 12 nghi phạm cho Công an tỉnh Quảng Trị tại cửa khẩu Lao Bảo.
x Tin liên quan
x Campuchia giải cứu 30 người bị ép làm việc phi pháp
b Thiếu tướng Somchai Rattana của Cảnh sát Thái Lan đánh giá cao Công an tỉnh Quảng Trị trong việc truy vết dòng tiền.
x Lê Vân (Theo Bangkok Post)
""",
    # Captions without brackets, in the manner of two Saigon papers; the sapo has the paper's initials.
    "dash": """
x Thế giới
h Liên minh châu Âu áp thuế thép: Hà Nội đề nghị tham vấn
x 14/10/2025 09:12 GMT+7
x THANH TUẤN
x THANH TUẤN
b TTO - Bộ Công Thương Việt Nam ngày 14-10 cho biết đã đề nghị Ủy ban châu Âu (EC) tham vấn về biện pháp tự vệ với thép.
c Thép cuộn chờ xuất khẩu tại cảng Hải Phòng + x - Ảnh: REUTERS
b Theo bộ này, kim ngạch thép sang EU đạt 1.500 triệu USD trong chín tháng, tăng 20.5% so với cùng kỳ.
b "Chúng tôi muốn đối thoại", ông Trịnh Anh Tuấn nói.
x Bình luận hay
x Chia sẻ
x Tuổi Trẻ Online Newsletters
x Đăng ký ngay để nhận gói tin tức mới
x Bình luận (0)
x Tối đa: 1500 ký tự
x Tin cùng chuyên mục

x Cháy rừng lan rộng ở miền nam nước Pháp

x Hàng nghìn người phải sơ tán trong đêm 13-10 khi gió mạnh đẩy lửa về phía bờ biển.

x Cháy rừng lan rộng ở miền nam nước Pháp
x Tags: thép EU
""",
    # The title returns as what stands in place of a picture; links have it in front, with and without its marks.
    "repeated": """
h Hội thảo về Công ước Hà Nội chống tội phạm mạng
x Bảo Chi
x Học viện Ngoại giao
b Các chuyên gia của 20 nước đã bàn cách thực thi Công ước Hà Nội, văn kiện mở ký từ ngày 25/10.
x Theo dõi Baoviet.vn trên
c Hội thảo về Công ước Hà Nội chống tội phạm mạng
c Hội thảo về Công ước Hà Nội chống tội phạm mạng.
x TIN LIÊN QUAN
x hoi thao ve cong uoc ha noi chong toi pham mang Interpol mở văn phòng liên lạc mới ở Đông Nam Á
x Hội thảo về Công ước Hà Nội chống tội phạm mạng UNODC đào tạo điều tra viên số cho sáu nước
b Tại hội thảo, bà Brigitte Strobel-Shaw của UNODC kêu gọi các nước sớm phê chuẩn. + b Bà cho rằng chứng cứ điện tử là điểm nghẽn.
b Đại diện Bộ Công an nêu ba ưu tiên trong năm tới. + x (Reuters)
x H.N
""",
    # A caption with "Nguồn", one with positions and no credit, one of names alone, a general view, one with a heading above the credit.
    "captions": """
h Việt Nam - Phần Lan nâng cấp quan hệ
b Hai nước thiết lập quan hệ Đối tác Chiến lược ngày 21/10.
c Tổng thống Phần Lan Alexander Stubb phát biểu tại Helsinki, tháng 10/2025. + x (Nguồn: AFP)
b Tuyên bố chung nêu bốn trụ cột hợp tác, trong đó có công nghệ bán dẫn và 6G.
c Bộ trưởng Nguyễn Mạnh Hùng và bà Elina Valtonen (phải) tại lễ ký
b Bộ Khoa học và Công nghệ hai nước sẽ lập nhóm công tác chung.
c Bộ trưởng Nguyễn Mạnh Hùng và Ngoại trưởng Phần Lan Elina Valtonen.
b Nokia đề nghị mở trung tâm nghiên cứu tại Hà Nội.
c Toàn cảnh buổi hội đàm.
b Kim ngạch năm 2024 đạt 430 triệu USD (Nguồn: Cục Hải quan).
c Nhà máy của Nokia tại Oulu
x Ảnh: Bloomberg
b Hai bên đặt mục tiêu 1 tỷ USD vào năm 2030.
x Nguồn: https://example.vn/phan-lan
""",
    # Paragraphs have run together: the caption stands between sentences of the text.
    "joined": """
h Lào và Việt Nam khánh thành cửa khẩu mới
b Sáng 2/4, hai nước khánh thành cửa khẩu Nam Giang. + b Lễ có 200 người dự. + c Cắt băng khánh thành. + x (Ảnh: Văn Tiến) + b Cửa khẩu mở từ 7 giờ đến 19 giờ.
b Hàng qua đây chủ yếu là nông sản.
x PV
""",
    # A question as title, questions in the interview, a list, a last sentence without full stop.
    "interview": """
h Vì sao Hoa Kỳ chưa công nhận kinh tế thị trường của Việt Nam?
x Cập nhật lúc 07:15, Thứ Hai, 05/08/2024
b Bộ Thương mại Hoa Kỳ (DOC) ngày 2/8 ra kết luận. + b GS.TS. Hoàng Văn Cường trao đổi với báo chí.
b - Thưa ông, DOC dựa vào tiêu chí nào?
b - Luật năm 1930 nêu sáu tiêu chí, gồm:
b Khả năng chuyển đổi của đồng tiền
b Tiền lương do thương lượng tự do
b Mức độ mở cửa với đầu tư nước ngoài
b - Vậy bước tiếp theo là gì?
b - Ta có thể đề nghị xem xét lại sau một năm.
b Đây là lần thứ hai trong vòng hai mươi năm phía Hoa Kỳ từ chối công nhận Việt Nam có nền kinh tế thị trường kể từ năm 2002
x Bản quyền thuộc Báo Thử. + x Giấy phép số 12/GP-BTTTT
x Tổng Biên tập: Nguyễn Văn X
x Điện thoại: 024 1234 567
""",
    # Teasers without a heading are known by their title, which stands twice.
    "pairs": """
h Na Uy chia sẻ ảnh vệ tinh giám sát tàu cá
b Na Uy sẽ chia sẻ ảnh vệ tinh với Cục Kiểm ngư từ tháng 1/2026, theo thỏa thuận ký sáng nay.
b Dữ liệu giúp phát hiện tàu tắt thiết bị định vị.
x Sở Du lịch mở tuyến xe buýt hai tầng
x Sở Du lịch mở tuyến xe buýt hai tầng
x Tuyến xe chạy từ 8 giờ đến 22 giờ hằng ngày.
x Hội hoa xuân khai mạc sớm hơn mọi năm
x Hội hoa xuân khai mạc sớm hơn mọi năm
x Năm nay có 5.000 chậu cúc.
""",
    # A menu above, related links between title and lead, comments of readers below.
    "comments": """
x Trang chủ
x Chính trị Xã hội Thế giới Kinh tế
x Trang chủ > Thế giới > Châu Á
h Hàn Quốc và Triều Tiên nối lại đường dây nóng quân sự
h Seoul nói cuộc gọi thử đầu tiên diễn ra suôn sẻ
x Bình luận
x >> Triều Tiên phóng thử tên lửa
b Bộ Quốc phòng Hàn Quốc cho biết đường dây nóng hoạt động trở lại từ 9 giờ ngày 12/7.
b Hai miền đã ngừng liên lạc hơn một năm.
b Bộ trưởng Ahn Gyu-back gọi đây là bước đi nhỏ nhưng cần thiết.
x Thu Hằng - Minh Đức (theo Yonhap)
x Bình luận (2)
x Nguyễn A
x Tin vui cho hòa bình.
x Trả lời
x Trần B
x Mong rằng lâu bền!
""",
    # Lead and text as one, said twice; hard spaces; a caption in the head.
    "twice": """
h Cuba cảm ơn Việt Nam tặng gạo
c Lễ tiếp nhận 1.000 tấn gạo tại cảng Mariel. + x Ảnh: VOV
b (VOV5) - Lô gạo đầu tiên trong 5.000 tấn đã cập cảng Mariel hôm 9/9, Bộ Ngoại thương Cuba thông báo.
x (VOV5) - Lô gạo đầu tiên trong 5.000 tấn đã cập cảng Mariel hôm 9/9, Bộ Ngoại thương Cuba thông báo.
b Thứ trưởng Déborah Rivas cảm ơn nhân dân Việt Nam.
x Theo Prensa Latina
""",
    # The author below the lead, a picture and a box before the text goes on; lines broken by the scraper; a source without picture.
    "author above": """
h Cơ quan Phòng, chống ma túy Mỹ mở văn phòng tại Viêng Chăn
b Văn phòng mới sẽ điều phối việc truy bắt các đường dây ở vùng Tam giác vàng.
x Đỗ Quyên
x Chia sẻ
c Cảnh sát Lào thu giữ ma túy tổng hợp tại Bokeo + x (Ảnh: Lao Phattana)
b Đại sứ Heather Variava khánh thành văn phòng hôm thứ Tư. + b Lễ có mặt Thứ trưởng Kongkeo Vongphachanh.
► Về nhân sự, sáu đặc vụ sẽ làm việc thường xuyên.
b Hoạt động này là một phần của
b thỏa thuận tương trợ tư pháp mà hai nước ký năm ngoái.
b Lào sẽ cử tám sĩ quan sang Quantico học tập. + b Khóa học dài sáu tháng. + x Nguồn: Reuters
x Video: Reuters
""".replace("► Về", "b ► Về"),
    # The name of the page above its title; a lead without full stop; a timeline with dates as headings.
    "timeline": """
x Hai năm đàm phán thuế quan giữa Mỹ và Thụy Sĩ | Báo Thử
h Hai năm đàm phán thuế quan giữa Mỹ và Thụy Sĩ
x title: + x 03/02/2026
b Bern và Washington đã mất hai năm, qua sáu vòng đàm phán và một lần đổ vỡ, để đi đến thỏa thuận về thuế hàng hóa được ký hôm qua
b Dưới đây là các mốc chính.
h Mùa hè 2025
b Mỹ áp thuế 39% với hàng Thụy Sĩ. + b Giới đồng hồ lo ngại.
h Mùa đông 2025
b Hai bên đạt thỏa thuận khung ở mức 15%.
b Quốc hội Thụy Sĩ phê chuẩn sau ba phiên thảo luận.
x Anh Thư
""".replace("x title: + x 03", "x 03"),
}


def written(article: str) -> tuple[str, list[tuple[str, str]]]:
    """The raw text, and what its units are: one or several in a line, each after the letter of its kind."""
    lines, units = [], []
    for line in article.strip().splitlines():
        parts = line.split(" + ") if line else []
        units += [(KINDS[part[0]], part[2:]) for part in parts]
        lines.append(" ".join(part[2:] for part in parts))
    return "\n".join(lines), units


def read(text: str) -> list[tuple[str, str]]:
    return [(unit.kind, text[unit.start : unit.end]) for unit in find_layout(text).units]


@pytest.mark.parametrize("name", ARTICLES)
def test_each_unit_has_its_kind(name: str) -> None:
    text, units = written(ARTICLES[name])
    assert read(text) == units


@pytest.mark.parametrize("name", ARTICLES)
@pytest.mark.parametrize("change", ["crlf", "blank lines", "indented", "nfd"])
def test_the_kinds_do_not_depend_on_how_the_text_is_encoded(name: str, change: str) -> None:
    text, units = written(ARTICLES[name])
    if change == "crlf":
        text = text.replace("\n", "\r\n")
    elif change == "blank lines":
        text = text.replace("\n", "\n\n \n") + "\n\n"
    elif change == "indented":
        text = "\ufeff  " + text.replace("\n", "  \n\t\u00a0")
    else:
        text, units = (unicodedata.normalize("NFD", text), [(kind, unicodedata.normalize("NFD", unit)) for kind, unit in units])
    assert read(text) == units


@pytest.mark.parametrize("doc", ["001", "003"])
def test_the_units_of_the_real_articles_are_those_of_their_labels(shared: Path, doc: str) -> None:
    text = (shared / "dev" / f"{doc}.txt").read_text(encoding="utf-8")
    labels = map(json.loads, (shared / "dev" / "sentences.jsonl").read_text(encoding="utf-8").splitlines())
    assert read(text) == [(label["kind"], label["text"]) for label in labels if label["doc"] == doc]


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("date 2025-05\nHai nước ký thỏa thuận mới\nHai bên đã họp.", ("2025-05",)),
        (" date 2025-12-20 Hai bên đã họp.", ("2025-12-20",)),
        (
            "Hai nước ký thỏa thuận mới\nCập nhật lúc 10:30, 23/05/2025\nThứ Năm, 22/05/2025 - 14:30\nHọp.",
            ("22/05/2025", "23/05/2025"),
        ),
        ("Hai nước ký thỏa thuận mới\nHồng Nhung | 22.5.2025 | 7h05\nHai bên đã họp.", ("22.5.2025",)),
        ("Hai nước ký thỏa thuận mới\nNgày 22 tháng 5 năm 2025\nHai bên đã họp.", ("Ngày 22 tháng 5 năm 2025",)),
        ("Hai nước ký thỏa thuận mới\nHai bên đã họp.\nHồng Nhung\n22/05/2025", ("22/05/2025",)),
        ("Hai bên đã họp.\nHồng Nhung\nTin khác\nGiá vàng lại tăng mạnh\n21/05/2025", ()),
        ("date: 2025-12-20T10:00:00+07:00\nHai bên đã họp.", ("2025-12-20T10:00:00+07:00",)),
        ("Hai nước ký.\nHai bên họp.\nLễ kết thúc.\n21/05/2025\nĐoàn đến Huế.\n22/05/2025\nĐoàn về nước.", ()),
        ("Ngày 22/05/2025, hai bên đã họp.", ()),
        ("Hai bên đã họp.\ndate 2025-05 là tên tệp.", ("2025-05",)),
    ],
)
def test_the_page_tells_when_it_was_published(text: str, dates: tuple[str, ...]) -> None:
    assert find_layout(text).dates == dates


@pytest.mark.parametrize("text", ["", " \r\n\t", "\ufeff", "\u2028\n"])
def test_a_blank_text_has_no_units(text: str) -> None:
    assert find_layout(text).units == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "Theo dõi diễn biến trên Biển Đông, hai bên bày tỏ quan ngại.",
        "Bình luận về thỏa thuận, Ngoại trưởng Lào gọi đây là bước tiến.",
        "Chia sẻ thông tin về tội phạm mạng là ưu tiên của hai nước.",
        "Giấy phép khai thác mới sẽ do hai nước cùng cấp.",
        "Ảnh hưởng của thuế quan sẽ còn kéo dài.",
        "Hình ảnh vệ tinh cho thấy ba tàu đã rời cảng.",
        "Nguồn tin ngoại giao cho biết cuộc gặp đã bị hoãn.",
        "Theo Reuters, Mỹ sẽ gia hạn lệnh miễn trừ.",
        "Xem thêm biện pháp mới là việc của hai bộ.",
        "Tại Washington D.C., Hoa Kỳ và Nhật Bản đã ký.",
        "Liên hệ giữa hai quân đội được nối lại.",
        "Video do Cảnh sát biển công bố ghi lại vụ va chạm.",
        "Ngày 20/5/2025, hai bên ký.",
    ],
)
def test_text_that_only_begins_like_a_part_of_the_page_is_body(sentence: str) -> None:
    text = f"Hai nước ký thỏa thuận mới\nHai bên họp sáng nay tại Hà Nội.\n{sentence}\nLễ ký diễn ra sau đó."
    assert read(text)[2] == ("body", sentence)


def test_a_title_alone_is_a_headline_and_a_sentence_alone_is_body() -> None:
    assert read("Hai nước ký thỏa thuận mới") == [("headline", "Hai nước ký thỏa thuận mới")]
    assert read("Hai nước ký thỏa thuận mới.") == [("body", "Hai nước ký thỏa thuận mới.")]


def test_lines_of_a_text_without_any_full_stop_are_not_lost() -> None:
    text = "Hai nước ký thỏa thuận mới\nThủ tướng hai nước đã chứng kiến lễ ký tại Hà Nội\nHồng Nhung"
    assert [kind for kind, _ in read(text)] == ["headline", "body", "boilerplate"]


def test_what_the_page_itself_tells_is_believed() -> None:
    text = "Một dòng không nói gì cả\nHai bên đã họp."
    assert find_layout(text, {0: "caption"}).units[0] == Unit(0, 24, "caption")


PIECES = st.sampled_from(
    [piece for article in ARTICLES.values() for piece in written(article)[0].splitlines()]
    + [
        "\r\n",
        "\n\n",
        " ",
        "\u2028",
        "\x85",
        "\x1c",
        "\ufeff",
        "./.",
        "(Ảnh: ",
        ")",
        "Ảnh:",
        "date 2025-05",
        "a\u0302\u0323",
        "\ud800",
        "...",
    ]
)


@given(
    st.lists(PIECES | st.text(max_size=8), max_size=12).map("\n".join) | st.lists(PIECES, max_size=12).map("".join) | st.text()
)
def test_the_units_of_any_text_are_in_order_and_leave_out_only_white_space(text: str) -> None:
    position = 0
    for unit in find_layout(text).units:
        assert position <= unit.start < unit.end <= len(text)
        assert not text[position : unit.start].strip().strip("\ufeff").strip()
        assert text[unit.start : unit.end] == text[unit.start : unit.end].strip()
        assert unit.kind in KINDS.values()
        position = unit.end
    assert not text[position:].replace("\ufeff", " ").strip()
