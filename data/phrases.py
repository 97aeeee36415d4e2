"""What newspapers write around their articles: credits, bylines, dates, headings of links, share buttons, footers.

All functions read one line or a part of one, in Unicode NFC and without white space around it.
"""

from __future__ import annotations

import re

UPPER = "A-ZÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐÐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
"""Capitals, for use inside a character class."""

_NEWS = "tin|bài|tin tức|tin bài|tin ảnh|bài viết|bài báo|câu chuyện|nội dung|thông tin|sự kiện|chuyên mục|chủ đề|video"
SECTION = re.compile(
    r"(?:mời (?:bạn|quý độc giả|độc giả|bạn đọc) )?(?:"
    r"(?:có thể )?bạn (?:có thể )?(?:sẽ |cũng )?(?:quan tâm|thích)|có thể (?:quan tâm|bạn chưa đọc)|nên (?:xem|đọc)|đừng bỏ lỡ|dành cho bạn"
    r"|(?:xem|đọc) (?:thêm|tiếp|nhiều|ngay|trước đó)(?: (?:nhất|trong|trên|về|bài|tin|ở)\b.{0,30})?"
    rf"|(?:các |những )?(?:{_NEWS}|tin và bài)(?: (?:{_NEWS}))?"
    r" (?:có )?(?:liên quan|khác|mới(?: nhất| hơn| nhận| đăng)?|nổi bật|nóng|hot|cũ(?: hơn)?|đọc nhiều(?: nhất)?|xem nhiều(?: nhất)?|đang xem nhiều"
    r"|đáng chú ý|cùng (?:chuyên )?mục|cùng chủ đề|cùng tác giả|tiêu điểm|tài trợ|trong ngày|hay|được quan tâm|đề xuất|gợi ý)(?: nhất)?"
    r"|(?:cùng|theo) (?:chuyên mục|chủ đề|tác giả|sự kiện)|(?:bạn đọc|độc giả)? ?quan tâm(?: nhiều)?(?: nhất)?|gợi ý cho bạn|liên quan"
    r"|(?:tin )?(?:nổi bật|mới nhất|tiêu điểm)|multimedia|podcast|infographics?|video clip|recommended|related (?:news|articles|posts)|read more"
    r")"
)
"""Headings of links to other articles: the whole line, as small letters and digits with single spaces."""

_COMMENTS = re.compile(
    r"(?:\(?\d* ?\)?(?:gửi |viết |xem |các |tất cả )?(?:bình luận|phản hồi|ý kiến|nhận xét|comments?)(?: hay| của bạn(?: đọc)?| bạn đọc| mới nhất)?"
    r"|no comments|leave a (?:reply|comment)|trả lời|để lại (?:bình luận|một bình luận))[\s:]*(?:\(?\d*\)?)",
    re.IGNORECASE,
)
_TAGS = re.compile(r"(?:(?:từ khóa|từ khoá|tags?|keywords?)(?:\s*[:：]|\s*$|\s+#)|(?:chủ đề|thẻ)\s*[:：])", re.IGNORECASE)


def is_closing(text: str) -> bool:
    """Whether this line stands below an article: its tags, or the heading of comments.

    >>> is_closing("Từ khóa: Biển Đông, ASEAN"), is_closing("Bình luận (3)"), is_closing("Bình luận về thỏa thuận, ông A nói.")
    (True, True, False)
    """
    return bool(_TAGS.match(text) or _COMMENTS.fullmatch(text))


_BUTTON = re.compile(
    r"(?:(?:chia sẻ(?: bài viết| lên| qua| trên| tới)?|facebook|twitter|zalo|youtube|tiktok|instagram|linkedin|pinterest|telegram|messenger|whatsapp"
    r"|e-?mail|copy(?: link)?|link|sao chép(?: liên kết| link)?|in(?: bài(?: viết| này)?| trang)|lưu(?: bài(?: viết| này)?)?|bình luận|thích|like|share|tweet"
    r"|gửi(?: bài| email)?|nghe(?: đọc)?(?: audio| bài| tin)?(?: viết)?|audio|giọng (?:nam|nữ|đọc)|google news|theo dõi(?: chúng tôi)?|follow|cỡ chữ|aa+|a[+-]"
    r"|nhỏ bình thường lớn|(?:nhảy|chuyển|đi) (?:đến|tới) nội dung(?: chính)?|video đang hot|đọc bài gốc|xem bài gốc|tại đây|quảng cáo|advertisements?|quay lại|trở lại|lên đầu trang|về đầu trang|back to top|top|in|rss|icon|đăng nhập|đăng ký"
    r"|\d+|[|/,.:·•()+–-]):?(?:\s+|$))++",
    re.IGNORECASE,
)
_MENU = re.compile(
    r"(?:(?:trang chủ|home|chính trị|thời sự|xã hội|thế giới|quốc tế|kinh tế|kinh doanh|đối ngoại|đối nội|pháp luật|giáo dục|văn hóa|văn hoá|giải trí"
    r"|thể thao|công nghệ|khoa học|sức khỏe|y tế|đời sống|du lịch|ô tô(?: xe máy)?|xe|bất động sản|môi trường|quân sự|quốc phòng|an ninh|biển đảo|hội nhập"
    r"|tin tức|tin trong nước|trong nước|bạn đọc|góc nhìn|ý kiến|bình luận|phân tích|hồ sơ|sự kiện|tài chính|chứng khoán|lao động|video|ảnh|megastory"
    r"|long ?form|e-?magazine|infographic|podcast|đa phương tiện|media|xây dựng đảng|địa phương|nông nghiệp|việc làm|nhịp sống|phóng sự|tâm điểm|menu)"
    r"(?:[\s>|/»›·•,–-]+|$))++",
    re.IGNORECASE,
)
_FOLLOW = re.compile(
    rf"theo dõi .{{0,60}}?(?:trên(?:\s*$|(?-i:[{UPPER}]))|(?:trên|tại|qua) (?:google|facebook|zalo|youtube|tiktok|telegram|fanpage))",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"(?:©|\(c\) ?\d{4}|copyright\b|all rights reserved|bản quyền (?:©|thuộc(?: về)?\b|của (?:báo|tạp chí|\S+\.vn)|\d{4})"
    r"|(?:số )?giấy phép(?: (?:hoạt động|xuất bản|thiết lập|báo|trang|thông tin|điện tử|tổng hợp|mạng|xã hội|chí|in)){0,9} số:? \d|(?:tổng|phó tổng) biên tập\s*[:：]|(?:phụ trách|chịu trách nhiệm)(?: \S+){0,3}\s*[:：]"
    r"|(?:tòa soạn|toà soạn|trụ sở(?: chính| tòa soạn)?|địa chỉ|điện thoại|đt|tel|fax|hotline|đường dây nóng|e-?mail|website|liên hệ(?: \S+){0,3}"
    r"|cơ quan chủ quản|quảng cáo)\s*[:：]|(?:vui lòng |đề nghị |yêu cầu )?(?:ghi|dẫn) rõ nguồn|mọi hình thức sao chép|không (?:được )?sao chép"
    r"|(?:xem )?phiên bản (?:di động|mobile|desktop|máy tính)|đăng ký (?:ngay )?(?:để )?nhận |tối đa:? \d+ ký tự|your browser|skip |end of "
    r"|thiết kế (?:và phát triển )?bởi|powered by|(?:url|source|author|category|section|link|id|keywords|lang)\s*:\s)",
    re.IGNORECASE,
)
_PATH = re.compile(r"[^.!?>»›]{1,40}(?: [>»›] ?[^.!?>»›]{1,40})+")
_GLUED_PATH = re.compile(rf"Trang chủ[{UPPER}]")
"""The way to a page, whose links have run together; it ends with the title, cut off."""
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+|(?:#\w+[\s,]*)+", re.IGNORECASE)


def is_furniture(text: str) -> bool:
    """Whether this line belongs to the page and not to the article: menus, buttons, addresses, the footer.

    >>> is_furniture("Theo dõi Báo Thử trên Google News"), is_furniture("Trang chủ > Thế giới"), is_furniture("Hai bên đã ký.")
    (True, True, False)
    """
    return bool(
        not _LETTERS.search(text)
        or _FOOTER.match(text)
        or _FOLLOW.match(text)
        or _GLUED_PATH.match(text)
        or (
            len(text) < 300
            and (_BUTTON.fullmatch(text) or _MENU.fullmatch(text) or _ADDRESS.fullmatch(text) or _PATH.fullmatch(text))
        )
    )


_LETTERS = re.compile(r"[^\W\d_]{2}")
_LINK = re.compile(
    r"(?:\[(?:infographics?|video|ảnh|photo|podcast|mega \w+|e-?magazine)\]|[>»›]{2,}|[>»›☞➤►▶→⇒](?!.*[.;:]$)|[\[(*•\s-]*(?:xem thêm|đọc thêm|xem tiếp|đọc tiếp|xem ngay|đọc ngay|xem video|xem lại|tin liên quan|bài liên quan"
    r"|tin,? bài liên quan|bài viết liên quan|tin khác|nên đọc)\s*(?:[:：>»]|tại đây)"
    r"|[\[(*•\s-]*(?:kính )?mời (?:quý )?(?:bạn đọc|độc giả|bạn|các bạn|thính giả|khán giả)(?: và \S+ \S+)? (?:xem|đọc|theo dõi|đón|nghe|tham khảo|tìm))",
    re.IGNORECASE,
)


def is_link(text: str) -> bool:
    """Whether this line leads to another article and says so itself.

    >>> is_link(">>> Na Uy tặng tàu tuần tra"), is_link("Xem thêm: Na Uy tặng tàu"), is_link("Mời bạn đọc xem số tới.")
    (True, True, True)
    """
    return _LINK.match(text) is not None


_PICTURE = r"(?:[Ảả]nh|ẢNH|[Pp]hoto|PHOTO|[Hh]ình(?: ảnh)?|[Đđ]ồ họa|[Ii]nfographic|[Vv]ideo|VIDEO|[Cc]lip)"
_KIND_OF_PICTURE = r"(?: (?:và|,) \w+| minh h[oọ][aạ]| tư liệu| chụp (?:màn hình|từ \w+)| cắt từ \w+| do \w+ \w+ cung cấp| internet| Internet| vệ tinh)?"
_LEFT = r"(?:^|(?<=[.!?…”\")]\s)|(?<=[.!?…])|(?<=\s)[-–—|/]\s*)"
"""What stands before a credit without brackets: the line's begin, the end of a sentence, a dash."""
_OFFICE = r"(?:Bộ|Báo|Ban|Cục|Sở|Công an|Cảnh sát|Đại sứ quán|Văn phòng|Thông tấn xã|Cổng|Đài|Tổng cục|Trung tâm|Hải quân|Quân (?:chủng|khu|đội)|Biên phòng)"
_TOKEN = r"(?:https?://\S+|[^\s:;!?()\[\]]*[^\s.:;!?()\[\]])"
_MAKER = rf"{_TOKEN}(?: +{_TOKEN}){{0,9}}"
_CREDIT = re.compile(
    # (Ảnh: A/TTXVN), (Nguồn: AFP), (Ảnh minh họa), (Ảnh TTXVN): in brackets, anywhere
    rf"[(\[]\s*(?:{_PICTURE}{_KIND_OF_PICTURE}(?:\s*[:：/][^()\[\]]{{1,80}}| (?=[{UPPER}])[^()\[\]]{{1,40}}|\s*)|[Nn]guồn(?: ảnh)?\s*[:：][^()\[\]]{{1,80}})[)\]]"
    r"(?:\.(?=\s*$))?"
    # Ảnh: AFP; - Ảnh: AFP; Bài và ảnh: A; Nguồn: Bộ Ngoại giao: at the end of the line
    rf"|{_LEFT}(?:(?:(?:[Tt]in|[Bb]ài)(?:,| và) )?{_PICTURE}{_KIND_OF_PICTURE}|[Nn]guồn(?: ảnh| [^:]{{1,20}})?|[Ss]ource)\s*[:：]\s*{_MAKER}\.?$"
    rf"|^Nguồn (?:hình )?ảnh, {_MAKER}$"
    rf"|(?<=\s)(?:Ảnh|ẢNH|Photo)(?: minh h[oọ][aạ]| tư liệu)?\s*[:：]\s*{_MAKER}\.?$"
    # Ảnh Minh Thu; Ảnh TTXVN; Ảnh minh họa
    rf"|{_LEFT}{_PICTURE}(?: minh h[oọ][aạ]| (?:tư|tài) liệu(?: minh h[oọ][aạ])?)?(?: [{UPPER}][\w.]*){{0,5}}(?:\s*/\s*[{UPPER}][\w.+]*)*\.?$"
    # Ảnh Bộ Ngoại giao; Ảnh Báo Thử cung cấp
    rf"|{_LEFT}Ảnh {_OFFICE}(?: \w+){{0,6}}$"
)
_MAY_BE_CREDIT = re.compile(
    rf"(?:^|[(\[.!?…”\")–—|/-])\s*(?:{_PICTURE}|(?:[Tt]in|[Bb]ài)(?:,| và) |[Nn]guồn|[Ss]ource)|\s(?:Ảnh|ẢNH|Photo)\b"
)
"""For speed: few lines have a credit."""


def find_credits(text: str) -> list[tuple[int, int]]:
    """Start and end of each credit of a picture in this line, in their order.

    A source in brackets with a full stop after it is that of a figure, and no credit.

    >>> line = "Lễ ký tại Hà Nội. (Ảnh: Minh Thu/TTXVN)"
    >>> [line[start:end] for start, end in find_credits(line)]
    ['(Ảnh: Minh Thu/TTXVN)']
    >>> find_credits("Kim ngạch đạt 3 tỷ USD (Nguồn: Hải quan).")
    []
    """
    if not _MAY_BE_CREDIT.search(text):
        return []
    return [
        match.span()
        for match in _CREDIT.finditer(text)
        if not _is_figure_source(match[0]) and not (match.start() == 0 and _tells(match[0]))
    ]


def _is_figure_source(credit: str) -> bool:
    return credit.endswith(").") and not names_picture(credit)


def _tells(credit: str) -> bool:
    """Whether a whole line such as "Video: Tàu sân bay Mỹ vào vịnh" says what there is to see, and not who made it."""
    words = credit.partition(":")[2].split()
    return len(words) > 4 and sum(word[0].islower() for word in words) >= 2


def names_picture(credit: str) -> bool:
    """Whether a credit is that of a picture or film, and not only a source.

    >>> names_picture("(Ảnh: AFP)"), names_picture("(Nguồn: AFP)"), names_picture("Nguồn: AFP"), names_picture("Nguồn Báo Thử: x.vn")
    (True, True, False, False)
    """
    if credit[0] in "([" and not credit.endswith("."):
        return True
    return ("ảnh" in credit or "guồn" not in credit.partition(":")[0]) and "ource" not in credit


_NAME = rf"[{UPPER}][\w’'.+-]*"
_AGENCY = r"\((?:[Tt]heo |[Tt]ừ |[Tt]ổng hợp|[Tt]hực hiện|[Dd]ịch|[Ll]ược dịch|[Gg]hi)?[^()]{0,40}\)"
_NAMES = re.compile(
    rf"(?:{_NAME})(?: {_NAME}){{0,4}}(?:\s*(?:[-–—/,|&]|và)\s*{_NAME}(?: {_NAME}){{0,4}}){{0,3}}"
    rf"(?:\s*[-–—/,|]\s*(?:Báo|báo|Đài|Tạp chí|Học viện|Viện|Trường|Đại học|Văn phòng|Cổng|Bộ|Hãng|Thông tấn xã|Trung tâm|PV|phóng viên)\b[^.!?]{{0,60}})?"
    rf"(?:\s*{_AGENCY})?"
)
_BYLINE = re.compile(
    rf"(?:{_AGENCY}|\((?:[Tt]heo )?{_NAME}(?:[ /,+&-]+{_NAME}){{0,6}}\)"
    r"|(?:[Tt]heo|THEO)(?!\s+(?:đó|kế hoạch|dự kiến)\b)\s+[^.,:;!?]{1,40}"
    r"|(?:(?:Bài|Tin|Ảnh|Thực hiện|Tác giả|Biên dịch|Biên soạn|Người dịch|Lược dịch|Trình bày|Phóng viên|Nguồn|Clip|Video|Thiết kế|Đồ họa)"
    r"(?:(?:,| và|/) (?:ảnh|bài|tin|clip|video|trình bày|thực hiện))?\s*[:：]\s*[^.!?]{1,60})"
    rf"|(?:PV|P\.V|CTV|BTV|[Pp]hóng viên|[Nn]hóm (?:PV|[Pp]hóng viên))(?:[ /,.–-]+(?:{_NAME}|[Tt]ổng hợp|\([^()]{{1,30}}\)))*"
    r"|[Tt]ổng hợp|TỔNG HỢP|[Cc]òn nữa|\([Cc]òn (?:nữa|tiếp)\)"
    rf"|[{UPPER}](?:[. ]{{1,2}}[{UPPER}]{{1,2}}){{1,4}}\.?|[{UPPER}]{{1,6}}[.+]?)"
)


def is_byline(text: str) -> bool:
    """Whether this is the name of an author or agency that stands alone.

    >>> [is_byline(text) for text in ("B.D", "Theo TTXVN", "Hồng Nhung - Báo Thử", "(TTXVN/Vietnam+)", "Quan hệ Việt Nam - Lào")]
    [True, True, True, True, False]
    """
    if len(text) > 90:
        return False
    if _BYLINE.fullmatch(text):
        return True
    if not _NAMES.fullmatch(text):
        return False
    return text.count(" ") <= 3 or not text.isupper()


_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)(?:uary|ruary|ch|il|ust|ember|ober)?"
_DAY = (
    r"(?<!\d)(?:\d{4}-\d\d?-\d\d?(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|\d\d?\s?[/.-]\s?\d\d?\s?[/.-]\s?\d{4}"
    r"|(?:ngày )?\d\d? (?:tháng|Tháng) \w+(?: năm|, năm|,)? \d{4}"
    rf"|\d\d? {_MONTH} \d{{4}}|{_MONTH} \d\d?(?:st|nd|rd|th)?, \d{{4}})(?!\d)"
)
_YEAR = re.compile(r"\d{4}")
_DATE = re.compile(_DAY, re.IGNORECASE)
_AROUND_DATE = re.compile(
    r"(?:thứ (?:hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|chủ nhật|(?<!\w)(?:t[2-7]|cn|hà nội|mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?(?!\w)"
    r"|(?:lần )?cập nhật(?: lần cuối| mới nhất)?|đăng|xuất bản|đăng tải|gửi|ngày|lúc|vào|giờ|phút|thời gian|posted|published|updated?|date|on|at|sáng|chiều|tối"
    r"|\(?(?:gmt|utc)?\s*[+-]\s*\d{1,2}(?::\d\d)?\)?|gmt|utc|(?<!\w)[ap]m(?!\w)|(?<!\w)(?:sa|ch)(?!\w)|\d{1,2}\s*(?:h|:|g)\s*\d{0,2}(?::\d\d)?'?|[|,.:;()\[\]•·/–—-]|(?<!\w)a\s?[+-]|(?<!\w)a(?!\w))",
    re.IGNORECASE,
)


def find_date(text: str) -> str | None:
    """The date in a line that says when the page was published, with at most its author; None for every other line.

    >>> find_date("Thứ Năm, 22/05/2025 - 14:30 (GMT+7)"), find_date("Hồng Nhung | 22/05/2025"), find_date("Ngày 22/05/2025, hai bên họp")
    ('22/05/2025', '22/05/2025', None)
    """
    match = _DATE.search(text) if len(text) <= 200 and _YEAR.search(text) else None
    if match is None:
        return None
    rest = _AROUND_DATE.sub(" ", _DATE.sub(" ", text))
    rest = " ".join(rest.split())
    if rest and not _NAMES.fullmatch(rest):
        return None
    return match[0]


_POSITION = re.compile(
    r"\((?:ảnh )?(?:bên|ngồi|đứng|hàng|người|ở)? ?(?:bìa |ngoài cùng |chính )?(?:phải|trái|giữa|thứ (?:\w+)|ngoài cùng|đầu tiên|hàng \w+)(?:[ ,][^()]{0,40})?\)"
)
_VIEW = re.compile(r"(?:\(\d\d\.\d\d\)|Quang cảnh|Toàn cảnh|Trong ảnh|Ảnh minh h[oọ]a|Khung cảnh|Hình ảnh) ")
_TELLS = re.compile(
    r"(?<!\w)(?:đã|sẽ|đang|vừa|được|bị|cho|là|có|khẳng|nhấn|đề|cũng|cần|phải|không|nhất|diễn|nêu|nói|hai bên|hai nước|nhằm|để|đồng thời|bày tỏ|chúc|cảm|mong)(?!\w)",
    re.IGNORECASE,
)
_OFFICES = frozenset(
    """bộ trưởng ngoại thủ tướng tổng thống chủ tịch nước đại sứ thứ phó phu nhân ông bà và với cùng của quyền trợ lý giám đốc thư ký nghị sĩ sỹ đặc phái
    viên cố vấn quốc phòng công an hội thượng hạ viện trung tá úy phụ trách cấp cao chánh văn người đồng""".split()  # noqa: SIM905
)


def is_scene(text: str) -> bool:
    """Whether this line says what a picture shows: who stands where, a general view, names alone.

    >>> is_scene("Toàn cảnh buổi tiếp."), is_scene("Ngoại trưởng Jonas Gahr (phải) tại lễ đón."), is_scene("Hai bên đã ký tại lễ đón.")
    (True, True, False)
    """
    words = text.rstrip(".").split()
    if len(words) > 40 or ". " in text:
        return False
    shows = _VIEW.match(text) is not None and len(words) <= 16
    if (shows or _POSITION.search(text)) and not _TELLS.search(_POSITION.sub("", text)):
        return True
    if not (4 <= len(words) <= 25 and text.endswith(".") and words[0][0].isupper() and words[-1][0].isupper()):
        return False
    return all(word[0].isupper() or word.strip(",") in _OFFICES for word in words)


_AT = re.compile(r" (?:tại|trong|ở|bên lề) (?:buổi|lễ|cuộc|hội|phiên|điểm cầu|trụ sở|sân bay|cảng|nhà máy|hiện trường)\b")


def may_be_scene(text: str) -> bool:
    """Whether a line without full stop, between paragraphs, is more likely a picture's caption than a heading.

    >>> may_be_scene("Đại tá Minh phát biểu tại lễ ký"), may_be_scene("Hợp tác trên biển")
    (True, False)
    """
    return _AT.search(text) is not None and not _TELLS.search(text)


_BACK = re.compile(
    r"[\"“]?(?:Theo đó|Hai bên|Hai nước|Hai ông|Ông|Bà|Bên cạnh đó|Bên cạnh|Ngoài ra|Trước đó|Sau đó|Đồng thời|Trong khi đó|Tuy nhiên|Cũng|Cùng ngày"
    r"|Nhân dịp|Tại (?:buổi|cuộc|hội nghị|hội đàm|lễ|đối thoại|phiên|đây)|Về phần|Về phía|Phía|Đáp lại|Thay mặt|Trong đó|Do đó|Vì vậy|Vì thế|Mặt khác"
    r"|Đặc biệt|Được biết|Phát biểu|Kết thúc|Cuối cùng|Mặc dù vậy|Dù vậy|Đáng chú ý|Liên quan|Trả lời|Trong khuôn khổ|Về (?:vấn đề|hợp tác|quan hệ|tình hình))(?!\w)"
    r"|(?:\S+ ){1,4}(?:này|đó|trên|nói trên)(?!\w)"
)


def refers_back(text: str) -> bool:
    """Whether this paragraph begins as one that goes on with what was said.

    >>> refers_back("Theo đó, hai bên sẽ họp."), refers_back("Ủy ban này họp hai lần."), refers_back("Sáng 14/10, Quốc hội họp.")
    (True, True, False)
    """
    return _BACK.match(text) is not None
