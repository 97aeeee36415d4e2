"""Dates in sentences: which words name one, which days they mean, what they are to the sentence."""

from __future__ import annotations

import json
import sys
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.dates import DateMention, Interval, find_dates, main_date, parse_published

TODAY = parse_published("2025-05-22")  # a Thursday
YESTERDAY = Interval(date(2025, 5, 19), date(2025, 5, 19), "day")


def shown(mention: DateMention) -> str:
    """`words = first..last precision role`, shorter where these say nothing new."""
    days = "?"
    if found := mention.interval:
        days = f"{found.first}" if found.first == found.last else f"{found.first}..{found.last}"
        days += "" if found.precision == "day" else f" {found.precision}"
    return f"{mention.text} = {days}" + ("" if mention.role == "time" else f" {mention.role}")


def found(text: str, published: Interval | None = TODAY, before: Interval | None = YESTERDAY) -> list[str]:
    return [shown(mention) for mention in find_dates(text, published, before)]


ONE_DATE = [
    ("Ngày 20/5, hai bên hội đàm tại Viêng Chăn.", "Ngày 20/5 = 2025-05-20"),
    ("Chiều 13/2, hai bộ trưởng gặp nhau.", "Chiều 13/2 = 2025-02-13"),
    ("Sáng nay (20/5), tàu cập cảng Đà Nẵng.", "Sáng nay (20/5) = 2025-05-20"),
    ("Cùng ngày, đoàn gặp cộng đồng người Việt.", "Cùng ngày = 2025-05-19"),
    ("Chiều cùng ngày, đoàn về nước.", "Chiều cùng ngày = 2025-05-19"),
    ("Hai bên đã ký hôm qua.", "hôm qua = 2025-05-21"),
    ("Hai bên ký kết hôm nay.", "hôm nay = 2025-05-22"),
    ("Ngày mai, đoàn lên đường.", "Ngày mai = 2025-05-23"),
    ("Tối qua (12-9), hai hãng ký hợp đồng.", "Tối qua (12-9) = 2025-09-12"),
    ("Chiều qua, 21/5, cảnh sát hai nước họp.", "Chiều qua, 21/5 = 2025-05-21"),
    ("Tháng 9/2025, hai bộ sẽ đối thoại.", "Tháng 9/2025 = 2025-09-01..2025-09-30 month"),
    ("Hai bên họp tháng 9 năm 2025.", "tháng 9 năm 2025 = 2025-09-01..2025-09-30 month"),
    ("Hội nghị diễn ra từ 4-5/9.", "từ 4-5/9 = 2025-09-04..2025-09-05"),
    ("Hội nghị diễn ra từ ngày 13 đến 15/6.", "từ ngày 13 đến 15/6 = 2025-06-13..2025-06-15"),
    ("Hội nghị diễn ra từ 30/8 đến 2/9.", "từ 30/8 đến 2/9 = 2025-08-30..2025-09-02"),
    ("Hội nghị diễn ra từ 28-9 đến 1-10.", "từ 28-9 đến 1-10 = 2025-09-28..2025-10-01"),
    ("Hội nghị diễn ra từ 3 - 5.9.", "từ 3 - 5.9 = 2025-09-03..2025-09-05"),
    ("Đoàn thăm Lào từ 28/12/2025 đến 2/1.", "từ 28/12/2025 đến 2/1 = 2025-12-28..2026-01-02"),
    ("Đoàn thăm Lào từ 28/12 đến 2/1/2026.", "từ 28/12 đến 2/1/2026 = 2025-12-28..2026-01-02"),
    ("Chuyến thăm Nhật Bản (5-7/9) thành công.", "5-7/9 = 2025-09-05..2025-09-07"),
    ("Trong hai ngày 4 và 5/9, hai bên đàm phán.", "ngày 4 và 5/9 = 2025-09-04..2025-09-05"),
    ("Trong các ngày 4, 5 và 6/9, tàu neo tại cảng.", "ngày 4, 5 và 6/9 = 2025-09-04..2025-09-06"),
    ("Đêm 13 rạng sáng 14/6, tàu bị chặn.", "Đêm 13 rạng sáng 14/6 = 2025-06-13..2025-06-14"),
    ("Hội nghị họp ngày 20 tháng 5 năm 2025.", "ngày 20 tháng 5 năm 2025 = 2025-05-20"),
    ("Hội nghị họp ngày 21 và 22 tháng 5.", "ngày 21 và 22 tháng 5 = 2025-05-21..2025-05-22"),
    ("Sáng 19-3, lễ khởi hành diễn ra.", "Sáng 19-3 = 2025-03-19"),
    ("Theo tờ báo ngày 17.4, kế hoạch đã xong.", "ngày 17.4 = 2025-04-17"),
    ("Ngày 7-4-2001, trực thăng gặp nạn.", "Ngày 7-4-2001 = 2001-04-07"),
    ("Họp báo 20.5.2025 có 30 phóng viên.", "20.5.2025 = 2025-05-20"),
    ("Năm 2020, hai nước nâng cấp quan hệ.", "Năm 2020 = 2020-01-01..2020-12-31 year"),
    ("Năm ngoái, hai nước tập trận chung.", "Năm ngoái = 2024-01-01..2024-12-31 year"),
    ("Hai bên họp tháng trước.", "tháng trước = 2025-04-01..2025-04-30 month"),
    ("Hai bên họp tuần trước.", "tuần trước = 2025-05-12..2025-05-18 week"),
    ("Chủ tịch sẽ thăm Việt Nam trong tuần này.", "tuần này = 2025-05-19..2025-05-25 week"),
    ("Trong quý I/2025, xuất khẩu tăng.", "quý I/2025 = 2025-01-01..2025-03-31 quarter"),
    ("Dự án khởi công quý 3 năm nay.", "quý 3 năm nay = 2025-07-01..2025-09-30 quarter"),
    ("Trong 4 tháng đầu năm 2025, xuất khẩu tăng.", "4 tháng đầu năm 2025 = 2025-01-01..2025-04-30 month"),
    ("Trong 4 tháng đầu năm, xuất khẩu tăng.", "4 tháng đầu năm = 2025-01-01..2025-04-30 month"),
    ("Hai bên gặp nhau đầu tháng 5.", "đầu tháng 5 = 2025-05-01..2025-05-10 week"),
    ("Hai bên gặp nhau cuối tháng 4 vừa qua.", "cuối tháng 4 vừa qua = 2025-04-21..2025-04-30 week"),
    ("Dự án khởi công đầu năm 2026.", "đầu năm 2026 = 2026-01-01..2026-04-30 quarter"),
    ("Ngày 14/5 (giờ địa phương), đoàn đến Washington.", "Ngày 14/5 = 2025-05-14"),
    ("Những năm 1990, quan hệ còn mới.", "Những năm 1990 = 1990-01-01..1999-12-31 year"),
    ("Bộ trưởng phát biểu hôm thứ Ba.", "hôm thứ Ba = 2025-05-20"),
    ("Hai bên ký kết thứ Ba vừa qua.", "thứ Ba vừa qua = 2025-05-20"),
    ("Thứ Hai (19/5), tòa mở phiên.", "Thứ Hai (19/5) = 2025-05-19"),
    ("Hai bên họp chiều thứ Sáu tuần trước.", "chiều thứ Sáu tuần trước = 2025-05-16"),
    ("Từ năm 2015 đến nay, hai bên họp mười lần.", "Từ năm 2015 đến nay = 2015-01-01..2025-05-22 year"),
    ("Kể từ năm 1995, thương mại tăng mạnh.", "Kể từ năm 1995 = 1995-01-01..2025-05-22 year"),
    ("Từ đầu năm đến nay, 20 vụ bị phát hiện.", "Từ đầu năm đến nay = 2025-01-01..2025-05-22"),
    ("Từ đầu năm tới nay, 20 vụ bị phát hiện.", "Từ đầu năm tới nay = 2025-01-01..2025-05-22"),
    ("Trước năm 2020, chưa có cơ chế này.", "Trước năm 2020 = ?"),
    ("Sau ngày 5/9, hai bên họp lại.", "Sau ngày 5/9 = ?"),
    ("Luật có hiệu lực kể từ ngày 1/7/2025.", "ngày 1/7/2025 = 2025-07-01"),
    ("Thuế mới có hiệu lực từ 1/8.", "1/8 = 2025-08-01"),
    ("Hội nghị diễn ra ngày 5/9 tới.", "ngày 5/9 tới = 2025-09-05"),
    ("Lệnh siết xuất khẩu từ ngày 22.8 vừa qua gây lo ngại.", "ngày 22.8 vừa qua = 2024-08-22"),
    ("Ngày 20/5 tới Hà Nội, ông hội đàm với chủ nhà.", "Ngày 20/5 = 2025-05-20"),
    ("Hai bên ký hồi tháng 3 năm ngoái.", "tháng 3 năm ngoái = 2024-03-01..2024-03-31 month"),
    ("Hai bên họp từ tháng 11/2024 đến tháng 4.", "từ tháng 11/2024 đến tháng 4 = 2024-11-01..2025-04-30 month"),
    ("Cách đây 30 năm, hai nước lập quan hệ.", "Cách đây 30 năm = 1995-01-01..1995-12-31 year"),
    ("Hai ngày sau đó, lệnh được gỡ.", "Hai ngày sau đó = 2025-05-21"),
    ("Ba ngày sau, Manila gửi công hàm.", "Ba ngày sau = 2025-05-22"),
    ("Hai năm trước, hai nước nâng cấp quan hệ.", "Hai năm trước = 2023-01-01..2023-12-31 year"),
    ("Cảnh sát biển diễn tập đêm 30/4 rạng sáng 1/5.", "đêm 30/4 rạng sáng 1/5 = 2025-04-30..2025-05-01"),
    ("Cửa khẩu mở lại từ 15-6 cho xe hàng.", "15-6 = 2025-06-15"),
    ("Phí mới được áp dụng từ 1-8.", "1-8 = 2025-08-01"),
    ("Hà Nội (TTXVN 9/5) - Bộ trưởng tiếp Đại sứ.", "9/5 = 2025-05-09"),
    ("(Singapore, 31-5) - Phòng họp đã kín chỗ.", "31-5 = 2025-05-31"),
    ("Trung tá hy sinh ngày 3-5-2025 khi làm nhiệm vụ.", "ngày 3-5-2025 = 2025-05-03"),
    ("Tổng thống sẽ thăm Mỹ từ ngày 20-22 tháng tới.", "từ ngày 20-22 tháng tới = 2025-06-20..2025-06-22"),
    ("Ngày 5 tháng này, tàu cập cảng Kochi.", "Ngày 5 tháng này = 2025-05-05"),
    ("Hai tàu va nhau hôm 19/6.", "hôm 19/6 = ?"),
    ("Hội nghị diễn ra từ 8/7 tới 11/7.", "từ 8/7 tới 11/7 = 2025-07-08..2025-07-11"),
    ("Từ tháng 11-2001 tới nay, đội đi mười tám lần.", "Từ tháng 11-2001 tới nay = 2001-11-01..2025-05-22 month"),
    ("Từ tháng 11/2024 tới tháng 4/2025, hai bên họp.", "Từ tháng 11/2024 tới tháng 4/2025 = 2024-11-01..2025-04-30 month"),
    ("Nước này bị cáo buộc hồi tháng Bảy.", "tháng Bảy = 2024-07-01..2024-07-31 month"),
    ("VIỆT NAM VÀ LÀO HỌP NGÀY 20/5", "NGÀY 20/5 = 2025-05-20"),
    ("Ngày  20/5,\u00a0hai bên họp.", "Ngày  20/5 = 2025-05-20"),
]


@pytest.mark.parametrize(("sentence", "expected"), ONE_DATE)
def test_this_sentence_has_one_date(sentence: str, expected: str) -> None:
    assert found(sentence) == [expected]


SEVERAL = [
    ("Ngày 20/5, ông đến Huế; chiều cùng ngày, ông thăm chợ.", ["Ngày 20/5 = 2025-05-20", "chiều cùng ngày = 2025-05-20"]),
    ("Ngày 30-4 và 1-5, công sở nghỉ.", ["Ngày 30-4 = 2025-04-30", "1-5 = 2025-05-01"]),
    ("Hai bên họp tháng trước 20/5.", ["tháng trước = 2025-04-01..2025-04-30 month", "20/5 = 2025-05-20"]),
    ("Ngày 4/6 và 6/6, hai bên họp.", ["Ngày 4/6 = 2025-06-04", "6/6 = 2025-06-06"]),
    (
        "Năm 1995, năm 2013 và năm 2023 là ba mốc lớn.",
        [f"{word} {year} = {year}-01-01..{year}-12-31 year" for word, year in (("Năm", 1995), ("năm", 2013), ("năm", 2023))],
    ),
    (
        "Ông thăm Huế vào các năm 2017 và 2019.",
        ["năm 2017 = 2017-01-01..2017-12-31 year", "2019 = 2019-01-01..2019-12-31 year"],
    ),
    ("Tối 20/5 tại Mỹ (sáng 21/5 giờ Hà Nội), ông phát biểu.", ["Tối 20/5 = 2025-05-20", "sáng 21/5 = 2025-05-21"]),
]


@pytest.mark.parametrize(("sentence", "expected"), SEVERAL)
def test_this_sentence_has_several_dates(sentence: str, expected: list[str]) -> None:
    assert found(sentence) == expected


NO_DATE = """Nghị quyết được 2/3 số nghị sĩ ủng hộ.
Tỷ lệ là 50/50, khoảng 1/3 cử tri chưa quyết.
Đội khách thua 2/3 trận; tỷ số chung cuộc là 3-1.
Đường dây nóng trực 24/7 để giúp công dân.
Nghị quyết số 418/NQ-CP và Chỉ thị 55-CT/TW đã ban hành; Nghị quyết số 18 cũng vậy.
Nghị định 15/2021/NĐ-CP, Thông tư 12/2025/TT-BCA và Luật số 20/2023/QH15 có hiệu lực.
Gọi 0912.345.678, (84-24) 3.825.4224 hoặc 1900 1234.
Xem https://bao.vn/20/5/2025/tin.html?d=20-5-2025 và www.bao.vn/12/5.
Kim ngạch tăng 20,5 %, đạt 2.025 triệu USD, lọt top 15.
Đối thoại lần thứ 10, phiên thứ hai và lần thứ ba vừa qua đều thành công.
Sau 30 năm quan hệ và hơn hai năm triển khai, hai nước đã là đối tác.
Cơ chế 3+3, nhóm G7 và ADMM+ cùng họp.
Thế kỷ 21 là thế kỷ của biển.
Quốc lộ 13 dài 20.5 km, nối với đường 3/2.
Hơn 2025 đại biểu và 12/12 tỉnh tham gia, hoàn thành 10/10 nội dung.
Ngày 31/2, ngày 32/5 và tháng 13/2025 đều không có.
Mỗi ngày 3 chuyến, một tháng 3 lần, năm người trong năm ngày.
Tên lửa S-400, tiêm kích Su-57 và Boeing 737 xuất hiện.
Nhiều năm qua, trong những năm tới và thời gian qua, hai bên tin nhau.
Thứ hai, Việt Nam ủng hộ đối thoại; thứ ba, không dùng vũ lực.
Ngày rằm tháng 7 và mùng 10/3 âm lịch là lễ lớn.
Nghi phạm sinh năm 1990, quê Huế.
So với cùng kỳ năm 2024 và so với năm ngoái, xuất khẩu tăng.
Kim ngạch gấp ba lần năm 2018 và gấp đôi năm 2020.
Ngày 4/7 hằng năm, sứ quán mở tiệc.
Bốn mươi năm trước, hai nước lập quan hệ.
Đoàn đi từ 3-5 ngày và chi từ 1-8 triệu đồng.
Ngày nay, ngày càng nhiều nước tham gia."""


@pytest.mark.parametrize("sentence", NO_DATE.splitlines())
def test_this_sentence_has_no_date(sentence: str) -> None:
    assert found(sentence) == []


ROLES = [
    ("Bản ghi nhớ hợp tác quốc phòng năm 2011 là nền tảng.", "name"),
    ("Theo Công ước của Liên hợp quốc về Luật Biển năm 1982, tàu có quyền qua lại.", "name"),
    ("Các nước tuân thủ UNCLOS 1982 trên biển.", "name"),
    ("Hiệp định Geneva 1954 chấm dứt chiến tranh.", "name"),
    ("Chiến lược hợp tác giai đoạn 2021-2030 đã được duyệt.", "name"),
    ("Nghị quyết 57-NQ/TW ngày 22/12/2024 mở đường cho bán dẫn.", "name"),
    ("Sau cuộc tấn công 11/9, luật được siết lại.", "name"),
    ("Dịp Quốc khánh 2/9, hai bên gửi điện mừng.", "name"),
    ("Mừng Quốc khánh (2/9/1945 - 2/9/2025), hai bên mở triển lãm.", "name"),
    ("Nhân Ngày quốc tế phòng, chống ma túy 26/6, hai bên phát động chiến dịch.", "name"),
    ("World Cup 2026 cần nhiều cảnh sát.", "name"),
    ("Vụ tấn công tại biên giới năm 2023 làm nhiều người thiệt mạng.", "name"),
    ("Khóa XV, nhiệm kỳ 2021 - 2026 đã thông qua luật.", "name"),
    ("Hai bên đặt mục tiêu nâng kim ngạch lên 200 tỷ USD vào năm 2030.", "aim"),
    ("Nước này phấn đấu đến năm 2045 trở thành nước phát triển.", "aim"),
    ("Hai bên nhất trí đưa kim ngạch lên 20 tỷ USD trước năm 2030.", "aim"),
    ("Các hoạt động hướng tới kỷ niệm 50 năm quan hệ vào năm 2026.", "aim"),
    ("Manila muốn ký bộ quy tắc trong năm nay.", "aim"),
    ("Đối thoại lần sau sẽ diễn ra tại Viêng Chăn vào năm 2026.", "time"),
    ("Hội nghị dự kiến khai mạc vào ngày 5/9.", "time"),
    ("Hai nước ký Hiệp định Thương mại năm 2000.", "time"),
    ("Trong giai đoạn 2021-2025, hai bên trao đổi 20 đoàn.", "time"),
    ("Tính đến ngày 15/5, kim ngạch đạt 20 tỷ USD.", "time"),
    ("Hướng tới kỷ niệm 50 năm quan hệ, sáng 20/5, hai bên khai mạc triển lãm.", "time"),
    ("Trong tuyên bố ngày 20/5, Viêng Chăn phản đối cáo buộc.", "time"),
    ("Đến năm 2024, kim ngạch đã đạt 20 tỷ USD.", "time"),
    ("Đến tháng 5 năm nay, Tokyo đã bàn giao sáu tàu.", "time"),
    ("Đến năm 2030, Tokyo sẽ bàn giao sáu tàu.", "aim"),
    ("Hai bên đã nhất trí đưa kim ngạch lên 20 tỷ USD vào cuối năm nay.", "aim"),
]


@pytest.mark.parametrize(("sentence", "role"), ROLES)
def test_a_date_has_this_role(sentence: str, role: str) -> None:
    assert [mention.role for mention in find_dates(sentence, TODAY)] == [role]


UNRESOLVED = ["2025-05", "2025", None]


@pytest.mark.parametrize("published", UNRESOLVED)
@pytest.mark.parametrize("words", ["hôm qua", "hôm nay", "tuần trước", "thứ Ba vừa qua", "sáng mai"])
def test_what_needs_a_day_stays_open_without_one(words: str, published: str | None) -> None:
    [mention] = find_dates(f"Hai bên họp {words}.", parse_published(published) if published else None)
    assert mention.interval is None


@pytest.mark.parametrize("words", ["ngày 20/5", "tháng 9", "năm ngoái", "từ 4-5/9", "từ năm 2015 đến nay", "cùng ngày"])
def test_without_a_publication_date_nothing_is_guessed(words: str) -> None:
    [mention] = find_dates(f"Hai bên họp {words}.")
    assert mention.interval is None


def test_the_same_day_is_unknown_after_several_days() -> None:
    before = Interval(date(2025, 9, 4), date(2025, 9, 5), "day")
    assert found("Cùng ngày, hai bên ký kết.", TODAY, before) == ["Cùng ngày = ?"]


YEARS = [
    ("Chiều 13/2, ông A đã tiếp ông B.", "2026-02-13", "2026-02-13"),
    ("Chiều 13/2, ông A đã tiếp ông B.", "2026-02", "2026-02-13"),
    ("Chiều 13/2, ông A tiếp ông B.", "2026", "2026-02-13"),
    ("Tối 31/12, phường mở hội.", "2026-01-01", "2025-12-31"),
    ("Tối 31/12, phường mở hội.", "2026-01", "2025-12-31"),
    ("Ngày 2/1, hội nghị khai mạc.", "2025-12-30", "2026-01-02"),
    ("Tối 31/12, phường mở hội.", "2026", None),
    ("Tối 31/12, phường đã mở hội.", "2026", "2025-12-31"),
    ("Ngày 20/5, hai bên gặp nhau.", "2025-11-20", None),
    ("Ngày 20/5, hai bên đã gặp nhau, và sẽ họp lại.", "2025-11-20", "2025-05-20"),
    ("Hai bên sẽ gặp nhau ngày 20/5.", "2025-11-20", "2026-05-20"),
    ("Hai bên đã hẹn sẽ gặp nhau ngày 20/5.", "2025-11-20", None),
    ("Thứ Tư (20/5), hai bên gặp nhau.", "2025-11-20", "2026-05-20"),
    ("Ngày 29/2, hai bên gặp nhau.", "2025-03-01", "2024-02-29"),
]


@pytest.mark.parametrize(("sentence", "published", "day"), YEARS)
def test_the_year_is_the_nearest_or_the_tense_decides_or_nothing(sentence: str, published: str, day: str | None) -> None:
    interval = find_dates(sentence, parse_published(published))[0].interval
    assert (interval and interval.first.isoformat()) == day


def test_the_first_date_that_says_when_is_the_main_one() -> None:
    def main(text: str) -> str | None:
        mention = main_date(find_dates(text, TODAY))
        return mention.text if mention else None

    assert main("Theo Nghị quyết năm 2020, ngày 20/5 hai bên họp, bàn việc tháng 9/2024.") == "ngày 20/5"
    assert main("Sau ngày 5/5, hai bên họp hôm 20/5.") == "hôm 20/5"
    assert main("Trước năm 2020, chưa có cơ chế này.") == "Trước năm 2020"
    assert main("Hai bên phấn đấu đạt mục tiêu vào năm 2030.") is None
    assert main_date(()) is None


def test_an_unresolved_main_date_is_not_replaced_by_another() -> None:
    mention = main_date(find_dates("Chiều 13/2, hai bên rà soát thỏa thuận ký tháng 9/2025."))
    assert mention is not None
    assert (mention.text, mention.interval) == ("Chiều 13/2", None)


ARTICLES = [
    [
        ("Từ ngày 9-11/7, Tổng thống nước bạn thăm cấp Nhà nước tới Việt Nam.", "2025-07-09"),
        ("Sáng 10/7, lễ đón diễn ra tại Phủ Chủ tịch.", "2025-07-10"),
        ("Ngay sau lễ đón, hai nhà lãnh đạo hội đàm.", None),
        ("Chiều cùng ngày, Tổng thống hội kiến Thủ tướng.", "2025-07-10"),
        ("Năm 2024, kim ngạch hai chiều đạt 14 tỷ USD, tăng 9 % so với năm 2023.", "2024-01-01"),
        ("Hai bên phấn đấu đưa con số này lên 25 tỷ USD vào năm 2030.", None),
        ("Ngày mai (11/7), đoàn sẽ thăm Vịnh Hạ Long.", "2025-07-11"),
    ],
    [
        ("Cảnh sát biển hai nước tuần tra chung từ 7 đến 9-7.", "2025-07-07"),
        ("Đây là chuyến tuần tra thứ 29 kể từ khi hai bên ký thỏa thuận năm 2006.", "2006-01-01"),
        ("Tàu 8004 rời cảng lúc 8h30 ngày 7-7.", "2025-07-07"),
        ("Chuyến sau dự kiến vào tháng 11 tới.", "2025-11-01"),
    ],
    [
        ("Hơn 40 công dân bị lừa sang sòng bạc đã về nước tối qua.", "2025-07-09"),
        ("Nghi phạm (SN 1988) bị bắt hôm 3.7 tại cửa khẩu.", "2025-07-03"),
        ("Đường dây hoạt động từ tháng 10/2024 đến tháng 6/2025.", "2024-10-01"),
        ("Đường dây nóng trực 24/7, 2/3 số cuộc gọi là của phụ nữ.", None),
    ],
]


@pytest.mark.parametrize("article", ARTICLES)
def test_articles_read_sentence_by_sentence(article: list[tuple[str, str | None]]) -> None:
    published = parse_published("2025-07-10")
    before = None
    for sentence, expected in article:
        mention = main_date(find_dates(sentence, published, before))
        interval = mention and mention.interval
        assert (interval and interval.first.isoformat()) == expected, sentence
        if interval and interval.precision == "day":
            before = interval


@pytest.mark.parametrize("sentence", [sentence for sentence, _ in ONE_DATE[:40]])
def test_decomposed_letters_give_the_same_dates_with_offsets_into_the_given_text(sentence: str) -> None:
    decomposed = unicodedata.normalize("NFD", sentence)
    mentions = find_dates(decomposed, TODAY, YESTERDAY)
    assert [unicodedata.normalize("NFC", shown(mention)) for mention in mentions] == found(sentence)
    assert all(decomposed[mention.start : mention.end] == mention.text for mention in mentions)


@pytest.mark.parametrize("sentence", [sentence for sentence, _ in ONE_DATE if "thứ" not in sentence.lower()])
def test_capitals_give_the_same_days(sentence: str) -> None:
    def days(text: str) -> list[Interval | None]:
        return [mention.interval for mention in find_dates(text, TODAY, YESTERDAY)]

    if "tới Hà Nội" not in sentence:  # the capital of a name is what tells it
        assert days(sentence.upper()) == days(sentence)


PIECES = st.sampled_from(
    [
        "ngày",
        "Ngày",
        "20/5",
        "4-5/9",
        "31/2",
        "2025",
        "13",
        "/",
        "-",
        ".",
        ",",
        "(",
        ")",
        "tháng",
        "9",
        "năm",
        "nay",
        "ngoái",
        "từ",
        "đến",
        "và",
        "cùng",
        "hôm",
        "qua",
        "thứ",
        "Ba",
        "tuần",
        "trước",
        "quý",
        "I",
        "đầu",
        "cuối",
        "vừa qua",
        "tới",
        "sáng",
        "99",
        "0",
        "9999",
        "0000",
        "giai đoạn",
        "những năm",
        "1990",
        "cách đây",
        "đó",
        "âm lịch",
        "nửa",
        "kể từ",
        "sau",
        "İ",
        "á",
        "٢٠٢٥",
    ]
)


@given(
    st.lists(PIECES, max_size=12).map(" ".join) | st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=30),
    st.sampled_from([None, "0001", "1999-12", "2024-02-29", "2025", "9990-12-31"]),
)
def test_any_text_is_read_without_exception(text: str, published: str | None) -> None:
    when = Interval(date.max, date.max, "day") if published == "9990-12-31" else published and parse_published(published)
    position = 0
    for mention in find_dates(text, when or None, Interval(date.min, date.min, "day")):
        assert position <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end] == mention.text
        assert mention.interval is None or mention.interval.first <= mention.interval.last
        position = mention.end


@pytest.mark.parametrize(
    "piece", ["ngày 4, ", "20/5 ", "năm 2020, ", "1, ", "Hội nghị ", "vụ ", "2020-", " ", "từ ", "tháng 9-"]
)
def test_long_texts_take_time_in_proportion(piece: str) -> None:
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    counts = []
    for number in (200, 400):
        calls = 0
        sys.setprofile(count)
        try:
            find_dates(piece * number, TODAY)
        finally:
            sys.setprofile(None)
        counts.append(calls)
    assert counts[1] <= 2.2 * counts[0] + 100


def test_every_date_of_the_two_real_articles_is_right(shared: Path) -> None:
    expected = {
        "001-000": ["Chiều 13/2 = 2026-02-13"],
        "001-005": ["Tháng 9/2025 = 2025-09-01..2025-09-30 month"],
        "003-009": ["tháng 2/2019 = 2019-02-01..2019-02-28 month"],
        "003-011": ["năm 2018 = 2018-01-01..2018-12-31 year"],
        "003-012": ["năm 2011 = 2011-01-01..2011-12-31 year name", "năm 2015 = 2015-01-01..2015-12-31 year name"],
        "003-020": ["năm 2020 = 2020-01-01..2020-12-31 year"],
        "003-021": ["năm 2020 = 2020-01-01..2020-12-31 year aim"],
    }
    records = [json.loads(line) for line in (shared / "dev" / "sentences.jsonl").read_text("utf-8").splitlines()]
    for dates in (("2026-02", "2019-03"), ("2026", "2019"), ("2026-02-13", "2019-03-28")):
        published = {doc: parse_published(date) for doc, date in zip(("001", "003"), dates, strict=True)}
        for record in records:
            if record["kind"] != "boilerplate":
                assert found(record["text"], published[record["doc"]], None) == expected.get(record["id"], []), record["id"]


PUBLISHED = [
    ("2025-05", "2025-05-01", "month"),
    ("2025-12-20", "2025-12-20", "day"),
    ("2025", "2025-01-01", "year"),
    ("20/05/2025", "2025-05-20", "day"),
    ("05/2025", "2025-05-01", "month"),
    ("2025/05/22", "2025-05-22", "day"),
    ("22.5.2025 14:30", "2025-05-22", "day"),
    ("Thứ Năm, 22/05/2025 - 14:30 (GMT+7)", "2025-05-22", "day"),
    ("Chủ nhật, 25/5/2025, 08:15", "2025-05-25", "day"),
    ("Thứ Năm, ngày 22 tháng 5 năm 2025", "2025-05-22", "day"),
    ("Cập nhật lúc 14:30 ngày 22/05/2025", "2025-05-22", "day"),
    ("22 tháng 5 năm 2025", "2025-05-22", "day"),
    ("tháng 5 năm 2025", "2025-05-01", "month"),
    ("2025-05-22T23:30:00+07:00", "2025-05-22", "day"),
    ("2025-05-22T23:30:00-05:00", "2025-05-22", "day"),
    ("2025-05-22T23:30:00.000Z", "2025-05-22", "day"),
    (unicodedata.normalize("NFD", "Thứ Năm, 22/05/2025"), "2025-05-22", "day"),
]


@pytest.mark.parametrize(("text", "first", "precision"), PUBLISHED)
@pytest.mark.parametrize("is_installed", [True, False])
def test_publication_dates_are_as_exact_as_written(
    text: str, first: str, precision: str, is_installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_installed:
        monkeypatch.setitem(sys.modules, "dateparser.date", None)
    interval = parse_published(text)
    assert (interval.first.isoformat(), interval.precision) == (first, precision)
    assert (interval.first == interval.last) == (precision == "day")


@pytest.mark.parametrize(
    ("text", "first", "precision"),
    [
        ("May 22, 2025", "2025-05-22", "day"),
        ("May 2025", "2025-05-01", "month"),
        ("Thu, 22 May 2025 23:30 GMT", "2025-05-22", "day"),
    ],
)
def test_other_publication_dates_are_read_by_dateparser(text: str, first: str, precision: str) -> None:
    pytest.importorskip("dateparser")
    interval = parse_published(text)
    assert (interval.first.isoformat(), interval.precision) == (first, precision)


@pytest.mark.parametrize(
    "text",
    [
        *("", "hôm qua", "22/5", "22/05/25", "05/22/2025", "31/02/2025", "2025-13", "2025-02-30", "0000", "xin chào 2025"),
        *("Ngày 20/5/2025 hai bên ký", "20250522", "1747900000", "May 22"),
    ],
)
def test_what_is_no_publication_date_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="no publication date") as caught:
        parse_published(text)
    assert repr(text) in str(caught.value)


def test_a_long_text_is_no_publication_date() -> None:
    with pytest.raises(ValueError, match="too long"):
        parse_published("ngày " * 10_000)


def test_without_dateparser_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from hoptac.data import published

    monkeypatch.setitem(sys.modules, "dateparser.date", None)
    published._parser.cache_clear()
    with pytest.raises(ValueError, match=r"hoptac\[events\]"):
        parse_published("May 22, 2025")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Sau phiên họp diễn ra vào chiều ngày 3/6, sáng ngày 5/6, hai bên đã ký biên bản.", "2025-06-05"),
        ("Sau lễ đón sáng 3/6, hai bên đã hội đàm.", "2025-06-03"),
        (
            "Đặc biệt, sau chuyến thăm của Thủ tướng, Chủ tịch Ủy ban tới Oslo (tháng 3/2025), hai nước đã mở rộng hợp tác.",
            None,
        ),
        ("Đây là cuộc gặp thứ ba, được tổ chức ngay trước vòng đàm phán từ ngày 12-14/6.", None),
        ("Ngày 3/6, sau cuộc gặp, hai bên đã ký biên bản.", "2025-06-03"),
        (
            "Hai bên rà soát việc đã làm kể từ khi ủy ban hỗn hợp về nghề cá được thành lập tại thành phố Bergen của Na Uy năm 2009.",
            "2009-01-01",
        ),
        ("Kể từ năm 2016, hai bên đã chín lần tuần tra chung.", "2016-01-01"),
        ("Sau chuyến thăm, hai bên đã ký (ngày 3/6) một biên bản.", "2025-06-03"),
    ],
)
def test_the_day_of_another_event_is_not_that_of_the_sentence(text: str, first: str | None) -> None:
    mention = main_date(find_dates(text, parse_published("10/06/2025")))
    assert (mention.interval.first.isoformat() if mention and mention.interval else None) == first
