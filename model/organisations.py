"""What the name of an organisation says by itself: its country or international body, its sectors, its name without the country."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..data.plover import INTERNATIONAL
from .actor_table import HOME, WORD, ActorTable, Known, Phrases, keys, many, vietnamese

_REMEMBERED = 50_000
"""Names of organisations whose description is remembered; it bounds memory."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What a name says."""

    base: tuple[str, ...]
    """Words of the name without the country it ends with: what "Bộ Công an Việt Nam" and "Bộ Công an" share."""
    code: str = ""
    """Country or international body that the name itself tells."""
    known: Known | None = None
    sectors: tuple[str, ...] = ()
    home: bool = False
    """Of this kind only Vietnam has one, or others are named with their country."""
    state: bool = False
    """It is of a kind that may stand without its country: a ministry, an agency, a court, not a company."""
    abroad: bool = False
    """Of this kind Vietnam has none."""
    beyond: bool = False
    """It works abroad, or is an international body that the table does not know."""
    ministry: bool = False
    native: bool = False
    """All its words are Vietnamese."""


def describe(table: ActorTable, text: str) -> Organisation:
    """What a name says.

    >>> from hoptac.model.actor_table import load_table
    >>> found = describe(load_table(), "Bộ Công an Việt Nam")
    >>> found.base == keys("Bộ Công an"), found.code, found.sectors
    (True, 'VNM', ('COP',))
    """
    found = table.described.get(text)
    if found is None:
        found = _describe(table, text)
        if len(table.described) < _REMEMBERED:
            table.described[text] = found
    return found


def _describe(table: ActorTable, text: str) -> Organisation:
    words = keys(text)
    if not words:
        return Organisation(())
    if words[-2:] in _POINTING:
        words = words[:-2] or words
    cut = _before_at(words)
    abroad = any(code not in ("", HOME) for _, _, code in table.places.all(words[len(cut) :]))
    if cut != words:
        text = " ".join(text.split()[: len(cut)])
        words = cut
    known = table.bodies.get(words)
    if known and not known.bare:
        return Organisation(keys(known.name), known.code, known, _own_sectors(table, known, words), state=True, native=True)
    base, code = _ending(table, words, text)
    own = table.bodies.get(base)
    if code and own and own.code == code:
        return Organisation(keys(own.name), code, own, _own_sectors(table, own, base), state=True, native=True)
    sectors = own.sectors if own else _sectors(table, words)
    company = None if code else table.bodies.get(without_company_word(words))
    if company and not company.bare:
        return Organisation(keys(company.name), company.code, company, company.sectors, state=True, native=True)
    code = code or _inside(table, words, text)
    if code in INTERNATIONAL:
        sectors = tuple(sector for sector in sectors if sector != "GOV")
    kinds = {home for _, _, home in table.home_only.all(words)}
    return Organisation(
        base=base,
        code=code,
        known=known,
        sectors=sectors,
        home=kinds == {True} or bool(known and known.code == HOME),
        abroad=False in kinds or bool(known and known.code != HOME),
        state=bool(sectors) and sectors[0] in _STATE and words not in _COMPANY_WORDS,
        beyond=abroad
        or (not code and _of_two(table, words, text))
        or (words[0] in _CENTRES and any(True for _ in _REGIONS.all(words)))
        or (words[0] in _MAY_BE_INTERNATIONAL and any(True for _ in _INTERNATIONAL_WORDS.all(words))),
        ministry=words[0] in _MINISTRIES or sectors[:1] == ("LEG",),
        native=vietnamese(text),
    )


def _of_two(table: ActorTable, words: tuple[str, ...], text: str) -> bool:
    """Whether two countries stand side by side in a name: "Trung tâm Nhiệt đới Việt - Nga"."""
    spelled = WORD.findall(text)
    found = [
        (start, end, code)
        for start, end, code in table.places.all(words)
        if code and words[start:end] in table.spellings and spelled[start][0].isupper()
    ]
    return any(one[1] == other[0] and one[2] != other[2] for one, other in pairwise(found))


_MINISTRIES = {keys("Bộ")[0], keys("Chính")[0]}
_MAY_BE_INTERNATIONAL = {*keys("Hội Liên Tổ Ủy Quỹ Hiệp Tòa Mạng Nhóm Ngân Phong Diễn Nghị")}
_INTERNATIONAL_WORDS: Phrases[bool] = Phrases()
for _words in many(
    "quốc tế, thế giới, toàn cầu, châu Á, châu Âu, châu Phi, châu Mỹ, Pháp ngữ, Arab, Ấn Độ Dương, Thái Bình Dương, Đại Tây Dương, "
    "Đông Nam Á, khu vực"
):
    _INTERNATIONAL_WORDS.add(_words, True)
_CENTRES = {keys("Trung")[0]}
_REGIONS: Phrases[bool] = Phrases()
for _words in many("châu Á, châu Âu, châu Phi, châu Mỹ, Ấn Độ Dương, Thái Bình Dương, Đại Tây Dương, Đông Nam Á"):
    _REGIONS.add(_words, True)
_STATE = {"GOV", "COP", "MIL", "LEG", "JUD", "SPY", "EDU", "MED", "SOC", "JRN"}


_POINTING = {*many("nước này, nước bạn, hai nước, hai bên, các nước")}


def _before_at(words: tuple[str, ...]) -> tuple[str, ...]:
    """The name before "tại" or "ở": where a body works is not whose it is."""
    for position, word in enumerate(words):
        if position and word in _AT:
            return words[:position]
    return words


_AT = {*keys("tại ở")}


def _ending(table: ActorTable, words: tuple[str, ...], text: str) -> tuple[tuple[str, ...], str]:
    """The name without the country it ends with, and that country's code.

    Capitals and provinces tell the country and stay: the police of Hanoi is not the police of Vietnam.
    """
    for length in range(min(6, len(words) - 1), 0, -1):
        ending = words[-length:]
        code = table.spellings.get(ending) or ""
        if not code or table.places.exact.get(ending) == "" or ending in _NEVER_AT_THE_END:
            continue
        before = words[:-length]
        longer = [table.places.exact.get(words[-n:], code) for n in range(length + 1, min(length + 4, len(words)) + 1)]
        if other := [found for found in longer if found != code]:
            return words, other[-1]  # the country's name is part of a longer one: "Đại học Georgia"
        if length == 1 and _part_of_a_word(before, ending[0], text):
            return words, ""
        pair = table.spellings.get(before[-1:]) or table.spellings.get(before[-2:])
        if before[-1:] in _NEVER_AT_THE_END or WORD.findall(text)[len(before) - 1][0].islower():
            pair = None  # "Cảnh sát Nhật Bản", "miền trung Nhật Bản"
        if pair and pair != code and before[0] not in _OF_THE_LAST:
            # "Hội Hữu nghị Việt Nam - Lào" is the first one's, "Trung tâm Nhiệt đới Việt - Nga" of both.
            return words, pair if before[:2] in _FRIENDSHIP else ""
        while before and before[-1] in _LINKS:
            before = before[:-1]
        if ending in _CAPITALS:
            return words, code
        return before or words, code
    return words, ""


_LINKS = {*keys("của nước Vương quốc")}
_OF_THE_LAST = {*keys("Bộ Cục")}
_FRIENDSHIP = {*many("Hội Hữu, Nhóm nghị")}
_NEVER_AT_THE_END = {*many("Thổ, Sát, Triều, Đài")}
_CAPITALS = {
    *many(
        "Hà Nội, Bắc Kinh, Viêng Chăn, Vientiane, Phnom Penh, Bangkok, Băng Cốc, Kuala Lumpur, Jakarta, Manila, Tokyo, Seoul, Bình Nhưỡng, Đài Bắc, "
        "New Delhi, Delhi, Moscow, Moskva, Washington, London, Paris, Berlin, Madrid, Rome, Roma, Athens, Vienna, Bern, La Hay, Oslo, Copenhagen, "
        "Stockholm, Helsinki, Havana, La Habana, Canberra, Wellington, Ottawa, Kiev, Kyiv, Minsk, Warszawa, Praha, Budapest, Sofia, Tehran, Baghdad, "
        "Damascus, Tel Aviv, Ankara, Cairo, Nairobi, Santiago, Lima, Bogota, Caracas, Quito"
    )
}


def _part_of_a_word(before: tuple[str, ...], word: str, text: str) -> bool:
    """Whether a country's short name at the end is rather the end of another word: "Bộ Tư pháp", "Đại học Hồng Đức"."""
    if before[-1:] and (before[-1], word) in _COMPOUNDS:
        return True
    last = text.split()[-2:]
    if word in _ALSO_GIVEN_NAMES and len(last) == 2 and not text.isupper():
        own_name = last[0][:1].isupper() and vietnamese(last[0]) and before[0] in _WITH_OWN_NAME
        return last[1][:1].islower() or own_name
    return False


_COMPOUNDS = {*many("tư pháp, lập pháp, hiến pháp, luật pháp, hành pháp, hợp pháp, giải pháp, phương pháp, miền trung")}
_ALSO_GIVEN_NAMES = {*keys("Đức Anh Mỹ Nga Thái Trung Việt Ý Pháp Hàn Nhật Ấn Đài Triều Thổ Sát Áo")}
_WITH_OWN_NAME = {*keys("Công Tập Đại Trường Bệnh Học Hãng Ngân Tổng Quỹ")}


def _inside(table: ActorTable, words: tuple[str, ...], text: str) -> str:
    """The one country or international body that a name mentions elsewhere than at its end."""
    if _of_two(table, words, text):
        return ""
    codes: dict[str, bool] = {}
    spelled = WORD.findall(text)
    for start, end, code in table.places.all(words):
        # A country's name of one syllable is too often part of a Vietnamese word; "hòa bình" is no province.
        own_word = end - start > 1 or len(words[start]) > 5 or _stands_out(spelled, start)
        if code and own_word and spelled[start][0].isupper() and spelled[end - 1][0].isupper():
            codes.setdefault(code, words[start:end] in table.spellings)
    whole = [code for code, is_country in codes.items() if is_country] or list(codes)
    if whole:
        return whole[0] if len(whole) == 1 else ""
    if any(word in _OF_A_STATE for word in words[:-1]):
        return ""
    for length in range(min(4, len(words) - 1), 0, -1):
        body = table.bodies.get(words[-length:])
        if body and body.code in ("UNO", "EUR", "IGO") and not (length == 1 and len(words[-1]) < 2):
            return body.code
    return ""


def _stands_out(spelled: Sequence[str], word: int) -> bool:
    """Whether a capitalised word stands between small ones: "Hội Cựu chiến binh Mỹ vì hòa bình"."""
    return 0 < word < len(spelled) - 1 and spelled[word - 1].islower() and spelled[word + 1].islower()


_OF_A_STATE = {*keys("Bộ Vụ UBND")}


_COMPANY_WORDS = many("Tập đoàn, Công ty, Hãng, Group, Tổng công ty, Tổ chức, Mạng lưới, Cartel, Nhóm, Băng đảng")


def without_company_word(words: tuple[str, ...]) -> tuple[str, ...]:
    """A company's own name: "Tập đoàn Prince" and "Prince Group" are both "Prince".

    >>> without_company_word(keys("Tập đoàn Prince"))
    ('prince',)
    """
    for kind in _COMPANY_WORDS:
        if len(words) > len(kind):
            if words[: len(kind)] == kind:
                return words[len(kind) :]
            if words[-len(kind) :] == kind:
                return words[: -len(kind)]
    return words


def _own_sectors(table: ActorTable, known: Known, words: Sequence[str]) -> tuple[str, ...]:
    """What the table says of a known body, else, of one country's, what its name says."""
    return known.sectors or (() if known.code in INTERNATIONAL else _sectors(table, words))


def _sectors(table: ActorTable, words: Sequence[str]) -> tuple[str, ...]:
    special: dict[str, None] = {}
    general: dict[str, None] = {}
    for start, end, (sector, only_alone) in table.sectors.all(words):
        # One syllable ("Hội", "Báo") tells something at the head of a name, and "Bank" at its end.
        if end - start > 1 or start == 0 or end == len(words):
            (general if only_alone else special)[sector] = None
    return tuple(special or general)[:2]
