"""What a date is to its sentence: when something takes place, part of a name, or what is striven for."""

from __future__ import annotations

import re

from .date_numbers import NAMED_DAY
from .date_words import Context, Expression
from .interval import Interval


def role_of(found: Expression, interval: Interval | None, context: Context) -> str:
    """`time`, `name` or `aim`; nothing where the date is only what something is compared with, or a street."""
    low, start = context.low, found.start
    before = low[max(0, start - 160) : start]
    if (
        _COMPARED.search(before)
        or _BORN.search(before)
        or (found.form == "day" and _PLACE.search(before) and low[start].isdigit())
    ):
        return ""
    if _is_name(found, interval, before, context) or _is_other_events(found, before, context):
        return "name"
    is_over = False
    if interval is not None and context.published is not None:
        # "Đến tháng 5 năm nay, … đã" counts what there is, before the month is over.
        reached = start <= len("đến hết ") and interval.first <= context.published.last and context.tense_at(0) < 0
        is_over = reached or interval.last < context.published.first
    return "aim" if not is_over and _is_aim(found, before) else "time"


_COMPARED = re.compile(
    r"(?:so\s+với|bằng|hơn|gấp\s+(?:đôi|\S+\s+lần))\s+(?:với\s+)?(?:(?:mức|con\s+số)\s+(?:của\s+)?)?(?:cùng\s+kỳ\s+)?(?:của\s+)?$|cùng\s+k[ỳì]\s+(?:của\s+)?$"
)
_BORN = re.compile(r"(?:(?<!hy\s)(?<!học\s)(?<!phát\s)sinh\s+(?:vào\s+)?|(?<!\w)sn\.?:?\s*)$")
_PLACE = re.compile(r"(?:đường|phố|quảng\s+trường|phường|công\s+viên|cầu|bệnh\s+viện|nhà\s+hát|số\s+nhà)\s+$")

_DOCUMENT = (
    r"(?:bản\s+ghi\s+nhớ|tuyên\s+bố\s+(?:chung|tầm\s+nhìn|về|paris|hà\s+nội)|công\s+ước|hiệp\s+định|hiệp\s+ước|nghị\s+định(?:\s+thư)?|nghị\s+quyết|bộ\s+luật|"
    r"luật|hiến\s+pháp|thông\s+tư|chỉ\s+thị|thỏa\s+thuận|thoả\s+thuận|công\s+hàm|công\s+văn|phán\s+quyết|sách\s+trắng|chiến\s+lược|quy\s+hoạch|"
    r"đề\s+án|lộ\s+trình|kế\s+hoạch|chương\s+trình|quy\s+tắc|unclos|pháp\s+lệnh|tầm\s+nhìn|hiến\s+chương|biên\s+bản|quyết\s+định\s+số)"
)
_PLAN = re.compile(
    r"chiến\s+lược|quy\s+hoạch|đề\s+án|lộ\s+trình|kế\s+hoạch|chương\s+trình|tầm\s+nhìn|nghị\s+quyết|quyết\s+định|phong\s+trào|thỏa\s+thuận"
)
_EVENT = r"(?:Hội nghị|Đại hội|Diễn đàn|Lễ hội|Liên hoan|Giải|Cuộc thi|Triển lãm|Hội chợ|Festival|Olympic|World Cup|SEA Games|Tết|Xuân|Năm|Ngày|Tuần lễ|Tuyên bố)"
# What ends the name that a head word begins: a clause, a place, a verb, a preposition of time.
_BREAK = re.compile(
    r"[,;:()“”\"]|(?<!\w)(?:vào|trong|từ|hôm|được|đã|sẽ|đang|là|có|diễn\s+ra|tổ\s+chức|ký|tại|ở|khi|hồi|kéo\s+dài|nêu|khẳng\s+định|bắt\s+đầu|kết\s+thúc|tăng|giảm|đạt|"
    r"thông\s+qua|khai\s+mạc|bế\s+mạc|cho|sau|trước|nhằm|đến|và\s+(?:triển\s+khai|đề\s+ra))(?!\w)"
)
_HEAD = re.compile(rf"(?<!\w){_DOCUMENT}(?!\w)", re.IGNORECASE)
_EVENT_HEAD = re.compile(rf"(?<!\w){_EVENT}(?!\w)")
_MAKING = re.compile(
    r"(?:ký(?:\s+kết)?|phê\s+chuẩn|thông\s+qua|ban\s+hành|gia\s+nhập|công\s+bố|đạt(?:\s+được)?)\s+(?:\w+\s+)?$"
)


def _is_name(found: Expression, interval: Interval | None, before: str, context: Context) -> bool:
    low, start = context.low, found.start
    opens = not before.strip() or before.rstrip()[-1] in ",;:"
    if found.form == "bare":
        return True
    if found.form == "period":
        in_time = opens or re.search(r"(?:trong|suốt|của|ở|cho)\s+(?:cả\s+)?$", before)
        word = low[start : start + 8]
        return not (in_time and word.startswith("giai")) or word.startswith(("nhiệm", "niên", "năm", "mùa"))
    if found.form == "day" and (low[start].isdigit() or before.endswith("(")) and NAMED_DAY.search(before):
        return True
    if found.is_range and found.form == "day" and interval and (interval.last - interval.first).days > 1000:
        return True  # "(2/9/1945 - 2/9/2025)"
    if found.form == "day" and low[start].isdigit() and _CALLED_DAY.search(context.usual, max(0, start - 80), start):
        return True
    if found.form == "month" and re.search(r"cách\s+mạng\s+$", before):
        return True
    if _MEMORIAL.search(before) and before.rstrip().endswith("("):
        return True
    if re.search(r"(?<!\w)(?:tết|xuân)(?:\s+\w+){0,3}\s+$", before) and found.form in ("year", "month"):
        return True
    if found.form == "year" and _INCIDENT.search(before):
        return True
    usual = context.usual[max(0, start - 160) : start]
    heads = list(_HEAD.finditer(usual)) if found.form != "relative" else []
    if found.form == "year":
        heads += list(_EVENT_HEAD.finditer(usual))
    for head in heads:
        gap = usual[head.end() :].lower()
        if low.startswith("kế", max(0, start - 160) + head.start()) and found.form == "day":
            continue
        if _PLAN.match(head[0].lower()):  # "… đến năm 2030, tầm nhìn 2045" goes on with the plan's name
            gap = re.sub(r"(?:,\s+)?(?:tầm\s+nhìn\s+)?(?:đến|tới)\s+$", "", gap)
        broken = _BREAK.search(gap)
        if broken or (head[0][0].islower() and len(gap.split()) > (12 if head[0] in _LONG_NAMED else 4)):
            continue
        if not (_MAKING.search(usual[: head.start()].lower()) and found.form in ("year", "day", "month")):
            return True
    return False


def _is_other_events(found: Expression, before: str, context: Context) -> bool:
    """Whether the date tells which event came before or after this one: "Sau phiên họp ngày 3/6, sáng 5/6 hai bên …"."""
    if _SHORTLY_BEFORE.search(before):
        return True
    clause = _AFTER_EVENT.match(context.low, 0, found.start) if found.start < 300 else None
    if clause is None or _TENSE.search(context.low, clause.end(), found.start):
        return False
    return before.endswith("(") or _OTHER_DAY.match(context.low, found.end) is not None


_TENSE = re.compile(r"(?<!\w)(?:đã|sẽ|vừa|đang)(?!\w)")
_SHORTLY_BEFORE = re.compile(
    r"(?<!\w)(?:ngay|không\s+lâu|ít\s+ngày)\s+trước\s+(?:thềm\s+)?(?:khi\s+)?(?:phiên|cuộc|chuyến|hội\s+nghị|hội\s+đàm|lễ|kỳ|vòng|đối\s+thoại)(?!\w)[^,;:()]*$"
)
_AFTER_EVENT = re.compile(
    r"(?:[^\W\d]+(?:\s+[^\W\d]+){0,2},\s+)?(?:tiếp\s+)?sau\s+(?:các\s+|hai\s+)?(?:phiên|cuộc|chuyến|hội\s+nghị|hội\s+đàm|lễ|kỳ|vòng|đối\s+thoại)(?!\w)"
)
_OTHER_DAY = re.compile(
    r",\s+(?:vào\s+)?(?:(?:rạng\s+sáng|sáng|trưa|chiều|tối|đêm|ngày|hôm)\s+){1,2}\d{1,2}(?:[/.-]\d|\s+tháng)"
)

# "vụ tấn công tại X năm 2023": the year tells it from others of its kind.
_INCIDENT = re.compile(
    r"(?<!\w)(?:vụ|trận|đại\s+dịch|cuộc\s+(?:tấn\s+công|chiến|khủng\s+hoảng|xung\s+đột|bầu\s+cử|đảo\s+chính|tập\s+kích|đụng\s+độ|thảm\s+sát))(?!\w)"
    r"(?:(?!(?<!\w)(?:vào|trong|từ|đã|sẽ|đang|là|xảy\s+ra|diễn\s+ra|tổ\s+chức|hồi|được|bị|đến)(?!\w))[^,;:]){0,60}$"
)
_CALLED_DAY = re.compile(r"Ngày\s+[^\W\d][^.;:\d]*\s\(?$")
_LONG_NAMED = ("bản ghi nhớ", "công ước", "hiệp định", "nghị định thư", "thỏa thuận", "phong trào")
_MEMORIAL = re.compile(r"(?:kỷ|kỉ)\s+niệm|ngày\s+(?:thiết\s+lập|thành\s+lập|truyền\s+thống|sinh|mất)")

_GOAL = re.compile(
    r"(?<!\w)(?:hướng\s+(?:tới|đến)|tiến\s+tới|phấn\s+đấu|mục\s+tiêu|kỳ\s+vọng|kì\s+vọng|quyết\s+tâm|tham\s+vọng|thời\s+hạn|hạn\s+chót|hạn\s+cuối|"
    r"chậm\s+nhất|(?:nâng|đưa)\s.*(?:lên|đạt)|chuẩn\s+bị\s+.*k[ỷỉ]\s+niệm)(?!\w)"
)
# These are about a goal only where the date follows as its term: "muốn ký … trong năm nay".
_WISH = re.compile(
    r"(?<!\w)(?:(?P<loose>nhằm|để)|mong\s+muốn|muốn|cam\s+kết|phải|cần|hoàn\s+thành|hoàn\s+tất|trở\s+thành|k[ỷỉ]\s+niệm\s+(?:lần\s+thứ\s+)?\d+)(?!\w)"
)
_TERM = re.compile(r"(?:(?P<exact>vào|đến|tới)|trong|trước)\s+(?:hết\s+)?$")
_TAKES_PLACE = re.compile(
    r"(?:,|;|:)\s|(?<!\w)(?:diễn\s+ra|tổ\s+chức|khai\s+mạc|sang\s+thăm|thăm|gặp|ký(?:\s+kết)?|dự\s+kiến|sẽ|đã|hôm|xảy\s+ra|công\s+bố|vừa)(?!\w)"
)
_CLAUSE = re.compile(r"(?:,|;|:)\s|(?<!\w)(?:diễn\s+ra|khai\s+mạc|dự\s+kiến|sẽ|đã|vừa|hôm|xảy\s+ra)(?!\w)")
_UNTIL = re.compile(r"(?:^|\W)(?P<as_of>tính\s+|kéo\s+dài\s+|diễn\s+ra\s+|cho\s+)?(?:đến|tới)\s+(?:hết\s+|trước\s+)?$")


def _is_aim(found: Expression, before: str) -> bool:
    if found.form in ("year", "month", "quarter") and (until := _UNTIL.search(before)):
        return not until["as_of"]
    for goal in reversed(list(_GOAL.finditer(before))):
        return not _TAKES_PLACE.search(before, goal.end())
    term = _TERM.search(before)
    for wish in reversed(list(_WISH.finditer(before))):
        if not term or (wish["loose"] and not term["exact"]) or (found.form == "day" and "niệm" in wish[0]):
            return False
        return not (_TAKES_PLACE if wish["loose"] else _CLAUSE).search(before, wish.end())
    return False
