"""Topics, participant types, and the way between character spans and token tags.

The meaning of every label is in `data/README.md`. Nothing here needs more than the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

TOPICS: tuple[str, ...] = (
    "cybercrime",
    "mia",
    "trade",
    "maritime",
    "narcotics",
    "trafficking",
    "migration",
    "terrorism",
    "law_enforcement",
    "war_legacy",
    "defense",
    "technology",
)
"""The taxonomy, in the order in which topics are always listed."""

CORE_TOPICS: tuple[str, ...] = TOPICS[:4]
"""The four topics the package was first asked for."""

TYPES: tuple[str, ...] = ("PER", "ORG", "GPE")
"""Participant types: persons, organisations, countries."""

Span = tuple[int, int, str]
"""Start, end (exclusive) and type."""


def bio_tags(types: Sequence[str] = TYPES) -> tuple[str, ...]:
    """The tag set of `types`: `O`, then `B-` and `I-` of each type.

    >>> bio_tags(["PER", "ORG"])
    ('O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG')
    """
    return ("O", *(f"{prefix}-{kind}" for kind in types for prefix in "BI"))


def sort_topics(topics: Iterable[str], order: Sequence[str] = TOPICS) -> tuple[str, ...]:
    """The distinct `topics` in taxonomy order.

    >>> sort_topics({"technology", "trade"})
    ('trade', 'technology')

    Raises:
        ValueError: for a topic that is not in `order`.
    """
    wanted = set(topics)
    unknown = wanted.difference(order)
    if unknown:
        raise ValueError(f"unknown topic {min(unknown)!r}; known are {', '.join(order)}")
    return tuple(topic for topic in order if topic in wanted)


def spans_to_tags(spans: Iterable[Span], offsets: Sequence[tuple[int, int]]) -> tuple[list[str], list[Span]]:
    """Tags of tokens, and the spans that the tokens cannot express exactly.

    Args:
        spans: character spans that do not overlap.
        offsets: start and end of each token in the same string, in reading order. An empty token
            (start equal to end: a special token) is tagged `O`.

    Returns:
        One tag per token, and every span whose edge falls inside a token or that covers no token.
        Such a span still tags the tokens it touches, so nothing is lost in silence.

    >>> spans_to_tags([(0, 8, "GPE")], [(0, 4), (5, 8), (9, 12)])
    (['B-GPE', 'I-GPE', 'O'], [])
    """
    tags = ["O"] * len(offsets)
    cut: list[Span] = []
    token = 0
    for start, end, kind in sorted(spans):
        while token < len(offsets) and (offsets[token][1] <= start or offsets[token][0] == offsets[token][1]):
            token += 1
        inside = []
        while token < len(offsets) and offsets[token][0] < end:
            if offsets[token][0] < offsets[token][1]:
                inside.append(token)
            token += 1
        if not inside or offsets[inside[0]][0] != start or offsets[inside[-1]][1] != end:
            cut.append((start, end, kind))
        for number, index in enumerate(inside):
            tags[index] = f"{'I' if number else 'B'}-{kind}"
    return tags, cut


def tags_to_spans(tags: Sequence[str], offsets: Sequence[tuple[int, int]]) -> list[Span]:
    """Character spans of valid BIO `tags`; empty (special) tokens are passed over.

    >>> tags_to_spans(["B-GPE", "I-GPE", "O"], [(0, 4), (5, 8), (9, 12)])
    [(0, 8, 'GPE')]

    Raises:
        ValueError: if an `I-` tag does not continue a span of its type.
    """
    spans: list[Span] = []
    open_kind = None
    for tag, (start, end) in zip(tags, offsets, strict=True):
        if start == end:
            continue
        prefix, _, kind = tag.partition("-")
        if prefix == "I":
            if kind != open_kind:
                raise ValueError(f"{tag} at {start} continues no {kind} span")
            spans[-1] = (spans[-1][0], end, kind)
        elif prefix == "B":
            spans.append((start, end, kind))
        open_kind = kind if prefix in ("B", "I") else None
    return spans


TOPIC_DESCRIPTIONS: dict[str, str] = {
    "cybercrime": "an ninh mạng, tội phạm mạng, lừa đảo trực tuyến, tội phạm công nghệ cao, tin tặc tấn công mạng",
    "mia": "tìm kiếm quân nhân mất tích trong chiến tranh, quy tập hài cốt liệt sĩ, trao trả thi thể binh sĩ, giám định ADN",
    "trade": "thương mại, đầu tư, thuế quan, xuất nhập khẩu, hợp tác kinh tế, mua bán hàng hóa giữa các nước",
    "maritime": "an ninh biển, Biển Đông, tự do hàng hải, luật biển, cảnh sát biển, đánh bắt cá bất hợp pháp",
    "narcotics": "phòng chống ma túy, tiền chất, buôn lậu chất gây nghiện qua biên giới",
    "trafficking": "mua bán người, nạn nhân bị lừa bán, buôn người xuyên biên giới",
    "migration": "di cư, nhập cư trái phép, trục xuất, hồi hương và tiếp nhận công dân về nước",
    "terrorism": "chống khủng bố, tổ chức khủng bố, chủ nghĩa cực đoan",
    "law_enforcement": "hợp tác cảnh sát, thực thi pháp luật, tội phạm xuyên quốc gia, dẫn độ, tương trợ tư pháp, rửa tiền",
    "war_legacy": "khắc phục hậu quả chiến tranh, chất độc da cam, tẩy độc dioxin, rà phá bom mìn, vật liệu nổ",
    "defense": "hợp tác quốc phòng, quân sự, vũ khí, tập trận chung, gìn giữ hòa bình, giải trừ vũ khí hạt nhân",
    "technology": "chuyển giao công nghệ, bán dẫn, chip, trí tuệ nhân tạo, khoa học công nghệ, kiểm soát xuất khẩu công nghệ cao",
}
"""What each topic is about in a line of Vietnamese; the topic head starts from the encoder's reading of it."""
