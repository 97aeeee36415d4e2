"""Whether numbers such as 20/5 are a date where no word says so; 2/3 of the votes, 24/7 and document numbers are none."""

from __future__ import annotations

import re

from .date_words import LATER, Context


def is_date_by_itself(match: re.Match[str], context: Context, day: int, month: int, year: str | None) -> bool:
    """Whether numbers without "ngày", "sáng" or the like before them are a date and no share, score or number."""
    low, start = context.low, match.start()
    if year and match["y4"] is None:
        return not _LISTED.search(match["early"])
    if match["word"]:
        return bool(match["year"] or match["y4"] or _PREPOSITION.search(low, max(0, start - 12), start))
    from_here = _PREPOSITION.search(low, max(0, start - 12), start)
    in_brackets = low.endswith(("(", ", ", "ttxvn "), 0, start) and low.startswith(")", match.end())
    if match["m2"] is None:
        if match["early"] or _RANGE_FOLLOWS.match(low, match.end()):
            return bool(from_here)
        if _RANGE_BEFORE.search(low, max(0, start - 12), start):
            return True
        if match["m1"] and from_here:  # "từ 15-7", but not "từ 3-5 ngày"
            return day > month or bool(NOTHING_AFTER.match(low, match.end()))
        return bool(match["m1"] and day > 12 and in_brackets)
    if (day, month) == (24, 7) or _RATIO_AFTER.match(low, match.end()):
        return bool(match["year"])
    pointed = in_brackets or _POINTS_TO_DATE.search(low, max(0, start - 14), start)
    if match["early"]:
        return bool(from_here or (pointed and not _LISTED.search(match["early"]) and (day > 12 or in_brackets)))
    if day < month:  # looks like a share
        return bool(
            (match["year"] or match["only"])
            or NAMED_DAY.search(low, max(0, start - 40), start)
            or (from_here and NOTHING_AFTER.match(low, match.end()))
            or _RANGE_BEFORE.search(low, max(0, start - 12), start)
        )
    if _RANGE_BEFORE.search(low, max(0, start - 12), start):
        return True
    if RATIO_BEFORE.search(low, max(0, start - 16), start):
        return False
    return bool(day > 12 or pointed or NAMED_DAY.search(low, max(0, start - 40), start))


_RANGE_FOLLOWS = re.compile(rf"{LATER}(?:ngày\s+)?\d{{1,2}}[/.-]\d")
_RANGE_BEFORE = re.compile(r"\d[/.-]\d{1,2}\s*(?:-|–|đến|tới|và|,)\s*$")
_PREPOSITION = re.compile(r"(?:từ|từ\s+ngày|kể\s+từ|trước|sau|hết|vào|dịp)\s+$")
RATIO_BEFORE = re.compile(
    r"(?:số|t[ỷỉ]\s+(?:lệ|số)|kết\s+quả|điểm|phiếu|chiếm|khoảng|hơn|gần|quá|điều|khoản|mục|hẻm|ngõ|nhà|quốc\s+lộ|ql|luật|"
    r"nghị\s+(?:định|quyết)|thông\s+tư|quyết\s+định|chỉ\s+thị|công\s+văn|đường|phố|phường|cầu|quảng\s+trường|với|thắng|thua|hòa|trang|tập|kỳ|bài|"
    r"phần|đạt|được|đủ|có|là|tới|lên|còn|đúng|nhóm|trực|cả|mức|trong)\s+$"
)
_RATIO_AFTER = re.compile(
    r"\s+(?:số|thành\s+viên|nghị\s+sĩ|đại\s+biểu|phiếu|dân\s+số|diện\s+tích|ghế|điểm|tổng|quân|nước|tỉnh|người|quốc\s+gia|bang|"
    r"chỉ\s+tiêu|tiêu\s+chí|xã|huyện|phường|ủy\s+viên|lượng|giá\s+trị|kim\s+ngạch|khối\s+lượng|quãng|chặng|thế\s+kỷ|tuần|giờ|ngày)(?!\w)"
)
_POINTS_TO_DATE = re.compile(r"(?:^|[^\w\s]\s*|(?:từ|đến|vào|sau|trước|hết|dịp|lễ|quốc\s+khánh)\s+)$")
NOTHING_AFTER = re.compile(r"\s*(?:$|[,;.)\]:–-]|(?:đến|tới|và)\s+(?:ngày\s+)?\d)")
_LISTED = re.compile(r"[,&]|và|hoặc")
# Days that have a name of their own, and events that are called by their day.
NAMED_DAY = re.compile(
    r"(?:quốc\s+khánh|lao\s+động|giải\s+phóng\s+miền\s+nam|thống\s+nhất\s+đất\s+nước|phụ\s+nữ(?:\s+việt\s+nam)?|nhà\s+giáo(?:\s+việt\s+nam)?|"
    r"liệt\s+sĩ|tấn\s+công|khủng\s+bố|sự\s+kiện|thảm\s+họa|vụ|dịp\s+lễ|nghỉ\s+lễ|lễ|cách\s+mạng)\s+(?:\(\s*)?$"
)
