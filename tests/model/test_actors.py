"""Who is who in an article: groups, countries, sectors and offices."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoptac.data.event import Actor
from hoptac.data.schema import Participant
from hoptac.model.actor_table import TABLE_FILE, ActorTable
from hoptac.model.actors import Actors, find_actors

_MARK = re.compile(r"\[([^\[\]|]+)\|(PER|ORG|GPE)\]")


def marked(sentence: str) -> tuple[str, list[Participant]]:
    """A sentence and its participants from `Đại sứ [Lào|GPE] phát biểu.`."""
    text, participants, position = "", [], 0
    for match in _MARK.finditer(sentence):
        text += sentence[position : match.start()]
        participants.append(Participant(match[1], len(text), len(text) + len(match[1]), match[2]))
        text += match[1]
        position = match.end()
    return text + sentence[position:], participants


def find(*sentences: str, table: ActorTable | None = None) -> Actors:
    read = [marked(sentence) for sentence in sentences]
    return find_actors([text for text, _ in read], [participants for _, participants in read], table)


def codes(found: Actors) -> list[list[str]]:
    """Code of each mention; `-` where it is open."""
    return [[found.actors[number].code or "-" for number in row] for row in found.of]


def actor(found: Actors, name: str) -> Actor:
    return next(actor for actor in found.actors if actor.name == name)


# The two real articles, checked by hand: which actor each mention means, by sentence number and surface form.

REAL = {
    "001": (
        "quang=VNM politburo=VNM bca=VNM us=USA desombre=USA vn=VNM party=VNM state=USA",
        """
        000: Lương Tam Quang quang; Bộ Chính trị politburo; Bộ Công an bca; Hoa Kỳ us; Michael DeSombre desombre
        001: Lương Tam Quang quang; Việt Nam vn; Đảng Cộng sản Việt Nam party
        002: Việt Nam vn; Hoa Kỳ us; Lương Tam Quang quang
        004: Bộ Công an Việt Nam bca; Hoa Kỳ us
        005: Bộ Công an Việt Nam bca; Bộ Ngoại giao Hoa Kỳ state
        007: Lương Tam Quang quang; Bộ Công an bca; Hoa Kỳ us; Michael George DeSombre desombre
        009: Lương Tam Quang quang; Michael DeSombre desombre; Việt Nam vn; Hoa Kỳ us
        010: Bộ Công an bca
        011: Lương Tam Quang quang; Bộ Công an Việt Nam bca; Hoa Kỳ us
        012: Lương Tam Quang quang; Hoa Kỳ us; Michael DeSombre desombre; Việt Nam vn; Hoa Kỳ us; Bộ Công an bca; Hoa Kỳ us
        """,
    ),
    "003": (
        "vn=VNM us=USA mofa=VNM son=VNM thompson=USA bca=VNM bqp=VNM state=USA pentagon=USA dhs=USA usaid=USA trump=USA nk=PRK mattis=USA "
        "kupperman=USA hale=USA schiver=USA gardner=USA",
        """
        000: Việt Nam vn; Hoa Kỳ us
        001: Bộ Ngoại giao mofa; Bùi Thanh Sơn son; Hoa Kỳ us; Andrea Thompson thompson
        005: Việt Nam vn; Bộ Ngoại giao mofa; Bộ Công an bca; Bộ Quốc phòng bqp; Hoa Kỳ us; Bộ Ngoại giao state; Bộ Quốc phòng pentagon; Bộ An ninh nội địa dhs; Cơ quan phát triển Quốc tế Hoa Kỳ usaid
        006: Việt Nam vn; Hoa Kỳ us
        009: Bùi Thanh Sơn son; Andrea Thompson thompson; Việt Nam vn; Hoa Kỳ us; Donald Trump trump; Hoa Kỳ us; Triều Tiên nk
        011: James Mattis mattis; Việt Nam vn; Hoa Kỳ us; Việt Nam vn
        012: Việt Nam vn; Hoa Kỳ us; Việt Nam vn
        013: Bộ Công an Việt Nam bca; Hoa Kỳ us
        015: Thompson thompson; Hoa Kỳ us; Việt Nam vn; Hoa Kỳ us; Triều Tiên nk; Việt Nam vn
        017: Hoa Kỳ us
        018: Hoa Kỳ us; Việt Nam vn; Việt Nam vn
        019: Việt Nam vn; Hoa Kỳ us
        021: Bùi Thanh Sơn son; Charles Kupperman kupperman; Bộ Ngoại giao state; David Hale hale; Randall Schiver schiver; Cory Gardner gardner; Việt Nam vn; Hoa Kỳ us
        """,
    ),
}


def real_article(shared: Path, doc: str) -> tuple[list[str], list[str], list[list[Participant]]]:
    lines = (shared / "dev" / "sentences.jsonl").read_text(encoding="utf-8").splitlines()
    records = [r for r in map(json.loads, lines) if r["doc"] == doc and r["kind"] != "boilerplate"]
    spans = [
        [Participant(r["text"][p["start"] : p["end"]], p["start"], p["end"], p["type"]) for p in r["participants"]]
        for r in records
    ]
    return [r["id"].split("-")[1] for r in records], [r["text"] for r in records], spans


def checked(doc: str) -> list[tuple[str, str, str]]:
    """Sentence number, surface form and actor of each mention."""
    found = []
    for line in REAL[doc][1].split("\n"):
        number, _, mentions = line.strip().partition(": ")
        found += [(number, *mention.strip().rsplit(" ", 1)) for mention in mentions.split(";") if mention.strip()]
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("doc", REAL)
def test_real_articles_have_the_actors_and_codes_that_were_checked_by_hand(shared: Path, doc: str) -> None:
    numbers, sentences, spans = real_article(shared, doc)
    found = find_actors(sentences, spans)
    expected = checked(doc)
    mentions = [
        (i, p.text, n) for i, row, own in zip(numbers, spans, found.of, strict=True) for p, n in zip(row, own, strict=True)
    ]
    assert [(i, text) for i, text, _ in mentions] == [(i, text) for i, text, _ in expected]
    wanted = dict(pair.split("=") for pair in REAL[doc][0].split())
    assert [found.actors[n].code for _, _, n in mentions] == [wanted[label] for _, _, label in expected]
    pairs = {(n, label) for (_, _, n), (_, _, label) in zip(mentions, expected, strict=True)}
    assert len(pairs) == len(wanted) == len(found.actors)
    assert found.undecided == 0


def test_real_offices_stand_as_written(shared: Path) -> None:
    found = find_actors(*real_article(shared, "001")[1:])
    assert actor(found, "Lương Tam Quang").office == "Đại tướng, Ủy viên Bộ Chính trị, Bộ trưởng Bộ Công an"
    assert actor(found, "Michael George DeSombre").office.startswith("Trợ lý Ngoại trưởng Hoa Kỳ phụ trách")
    assert actor(found, "Lương Tam Quang").sectors == ("COP", "GOV")


@pytest.mark.parametrize("doc", REAL)
@pytest.mark.parametrize("change", [str.upper, lambda s: unicodedata.normalize("NFD", s)], ids=["capitals", "NFD"])
def test_capitals_and_composition_change_no_code(shared: Path, doc: str, change: object) -> None:
    _, sentences, spans = real_article(shared, doc)
    plain = find_actors(sentences, spans)
    changed: list[list[Participant]] = []
    for sentence, row in zip(sentences, spans, strict=True):
        new = []
        for p in row:
            start, end = (len(change(sentence[:edge])) for edge in (p.start, p.end))  # type: ignore[operator]
            new.append(Participant(change(p.text), start, end, p.type))  # type: ignore[operator]
        changed.append(new)
    found = find_actors([change(s) for s in sentences], changed)  # type: ignore[operator]
    assert codes(found) == codes(plain)
    assert found.of == plain.of


def test_persons_of_the_real_articles_need_no_list_of_known_persons(shared: Path) -> None:
    table = ActorTable.read((TABLE_FILE,))
    table.persons.clear()
    found = find_actors(*real_article(shared, "003")[1:], table)
    assert {a.name for a in found.actors if not a.code} == {"Donald Trump"}


# Articles of our own.


def test_two_ministries_of_one_name_are_two_actors() -> None:
    found = find(
        "Sáng 5/6, tại Hà Nội, Thượng tướng [Lê Quốc Hùng|PER], Thứ trưởng [Bộ Công an|ORG], hội đàm với Trung tướng "
        "[Kongthong Phongvichit|PER], Thứ trưởng [Bộ Công an Lào|ORG].",
        "Cùng dự, về phía [Việt Nam|GPE] có lãnh đạo [Cục Đối ngoại|ORG]; phía [Lào|GPE] có Thiếu tướng [Bounthavy Vanthong|PER], "
        "Tổng cục trưởng [Tổng cục Cảnh sát|ORG].",
        "Thứ trưởng [Hùng|PER] cảm ơn [Bộ Công an Lào|ORG]; ông [Kongthong|PER] mong [Bộ Công an|ORG] giúp đào tạo cán bộ.",
    )
    assert codes(found) == [["VNM", "VNM", "LAO", "LAO"], ["VNM", "VNM", "LAO", "LAO", "LAO"], ["VNM", "LAO", "LAO", "VNM"]]
    assert found.of[2] == (found.of[0][0], found.of[0][3], found.of[0][2], found.of[0][1])
    assert actor(found, "Lê Quốc Hùng").office == "Thượng tướng, Thứ trưởng Bộ Công an"
    assert actor(found, "Bounthavy Vanthong").sectors == ("COP",)


def test_a_title_between_two_names_belongs_to_one_of_them() -> None:
    found = find(
        "Tiếp bà [Sofia Håkansson|PER], Đại sứ [Thụy Điển|GPE], Bộ trưởng [Bộ Khoa học và Công nghệ|ORG] [Nguyễn Mạnh Hùng|PER] "
        "đề nghị [Ericsson|ORG] mở rộng đầu tư.",
    )
    assert codes(found) == [["SWE", "SWE", "VNM", "VNM", "-"]]
    assert actor(found, "Sofia Håkansson").office == "Đại sứ Thụy Điển"
    assert actor(found, "Nguyễn Mạnh Hùng").office == "Bộ trưởng Bộ Khoa học và Công nghệ"


def test_an_ambassador_is_of_the_country_that_sends() -> None:
    found = find(
        "Đại sứ [Mỹ|GPE] tại Việt Nam [Marc Knapper|PER] gặp Đại sứ [Việt Nam|GPE] tại Mỹ [Nguyễn Quốc Dũng|PER].",
        "Tổng Lãnh sự [Mỹ|GPE] tại TP.HCM [Melissa Brown|PER] và Đại sứ [Marc E. Knapper|PER] cùng dự; bà [Brown|PER] phát biểu.",
    )
    assert codes(found) == [["USA", "USA", "VNM", "VNM"], ["USA", "USA", "USA", "USA"]]
    assert actor(found, "Marc E. Knapper").office == "Đại sứ Mỹ tại Việt Nam"
    assert found.of[1][1] == found.of[1][3]


def test_acronyms_and_long_forms_are_one() -> None:
    found = find(
        "[Hiệp hội các quốc gia Đông Nam Á|ORG] ([ASEAN|ORG]) và [Liên Hiệp Quốc|ORG] họp.",
        "Tổng Thư ký [LHQ|ORG] [António Guterres|PER] gặp Tổng Thư ký [ASEAN|ORG] [Kao Kim Hourn|PER].",
        "[Tổ chức Cảnh sát hình sự quốc tế|ORG] ([Interpol|ORG]) hỗ trợ; [INTERPOL|ORG] phát lệnh truy nã.",
        "[Trung tâm Ứng cứu Sao Biển|ORG] ([TTUC|ORG]) dự; [TTUC|ORG] ghi nhận.",
    )
    assert [actor(found, name).body for name in ("ASEAN", "Liên hợp quốc", "Interpol")] == ["IGO", "UNO", "IGO"]
    assert found.of[0][0] == found.of[0][1] == found.of[1][2]
    assert found.of[0][2] == found.of[1][0]
    assert len(set(found.of[2])) == len(set(found.of[3])) == 1
    assert [found.actors[number].code for number in (found.of[1][1], found.of[1][3])] == ["UNO", "IGO"]


def test_countries_capitals_and_old_spellings_are_one() -> None:
    found = find(
        "[Mỹ|GPE], [Hoa Kỳ|GPE], [Washington|GPE] và [Oa-sinh-tơn|GPE]",
        "[Pháp|GPE] hay [CỘNG HOÀ PHÁP|GPE]; [Thuỵ Sĩ|GPE], [Thụy Sỹ|GPE]",
    )
    assert [actor.name for actor in found.actors] == ["Hoa Kỳ", "Pháp", "Thụy Sĩ"]
    assert codes(found) == [["USA"] * 4, ["FRA", "FRA", "CHE", "CHE"]]


def test_the_spokeswoman_of_a_bare_ministry_is_vietnams_where_another_countrys_is_named() -> None:
    found = find(
        "Người phát ngôn [Bộ Ngoại giao|ORG] [Phạm Thu Hằng|PER] trả lời về việc [Trung Quốc|GPE] điều tàu khảo sát.",
        "[Bộ Ngoại giao Trung Quốc|ORG] chưa phản hồi.",
        "Bà [Hằng|PER] cho biết [Bộ Ngoại giao|ORG] đã giao thiệp với [Đại sứ quán Trung Quốc|ORG] tại Hà Nội.",
    )
    assert codes(found) == [["VNM", "VNM", "CHN"], ["CHN"], ["VNM", "VNM", "CHN"]]


def test_the_police_of_a_province_is_one_with_its_short_name() -> None:
    found = find(
        "[Cơ quan Cảnh sát điều tra|ORG] [Công an tỉnh Hà Tĩnh|ORG] khởi tố bị can.",
        "Đại tá [Nguyễn Hồng Phong|PER], Giám đốc [Công an tỉnh|ORG], biểu dương.",
    )
    assert found.of[0][1] == found.of[1][1]
    assert len(found.actors) == 3


def test_a_country_beside_the_name_of_a_ministry_keeps_later_bare_names_open() -> None:
    found = find(
        "[Bộ Thương mại|ORG] [Mỹ|GPE] và [Bộ Thương mại Trung Quốc|ORG] đàm phán.", "[Bộ Thương mại|ORG] chưa bình luận."
    )
    assert codes(found) == [["USA", "USA", "CHN"], ["-"]]


def test_a_foreign_name_beside_a_bare_ministry_is_not_vietnams() -> None:
    one = find(
        "Thứ trưởng [Bộ Ngoại giao|ORG] [David Hart|PER] thăm [Việt Nam|GPE] để thúc đẩy quan hệ [Việt Nam|GPE] - [Mỹ|GPE]."
    )
    assert codes(one) == [["USA", "USA", "VNM", "VNM", "USA"]]
    explicit = find(
        "[Bộ Ngoại giao Nhật Bản|ORG] triệu Đại sứ [Trung Quốc|GPE].",
        "Thứ trưởng [Bộ Ngoại giao|ORG] [Funakoshi Takehiro|PER] phản đối [Bắc Kinh|GPE].",
    )
    assert codes(explicit) == [["JPN", "CHN"], ["JPN", "JPN", "CHN"]]
    open_ = find("Thứ trưởng [Bộ Ngoại giao|ORG] [Sergei Petrov|PER] nói về [Mỹ|GPE], [Pháp|GPE] và [Đức|GPE].")
    assert codes(open_)[0][:2] == ["-", "-"]
    assert actor(open_, "Bộ Ngoại giao").undecided == "in the title of a person whose country is not named"


def test_what_two_countries_share_stays_open() -> None:
    found = find(
        "[Quốc hội|ORG] hai nước và [Trung tâm Nhiệt đới Việt - Nga|ORG] ký với [Lào|GPE]; [Việt Nam|GPE] hoan nghênh."
    )
    assert codes(found) == [["-", "-", "LAO", "VNM"]]
    assert actor(found, "Quốc hội").undecided == "of several countries"
    assert found.undecided == 2


def test_a_bare_ministry_among_foreign_countries_stays_open() -> None:
    found = find(
        "[Nga|GPE] và [Ukraine|GPE] trao đổi tù binh.", "[Bộ Quốc phòng|ORG] chưa bình luận, [Điện Kremlin|ORG] im lặng."
    )
    assert codes(found) == [["RUS", "UKR"], ["-", "RUS"]]


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        # Vietnam takes no part, though its news agency reports or a name looks Vietnamese.
        (("[Nga|GPE] và [Ukraine|GPE] đổi tù binh, theo Thông tấn xã Việt Nam.", "[Bộ Quốc phòng|ORG] im lặng."), ["-"]),
        (("[Nga|GPE] và [Ukraine|GPE] đổi tù binh, theo [Thông tấn xã Việt Nam|ORG].", "[Bộ Quốc phòng|ORG] im lặng."), ["-"]),
        (("[Mỹ|GPE] và [Triều Tiên|GPE] họp.", "Thứ trưởng [Bộ Ngoại giao|ORG] [Kim Song Nam|PER] đến."), ["-", "-"]),
        (("[Mỹ|GPE] và [Nga|GPE] họp.", "[Bộ Tư pháp|ORG] im lặng.", "[Bộ Tư pháp Nga|ORG] bác bỏ."), ["RUS"]),
        (("Tổng thống [Putin|PER] gặp Tổng thống [Zelensky|PER].", "[Bộ Quốc phòng|ORG] im lặng."), ["-"]),
        (("[Thái Lan|GPE] siết biên giới.", "[Bộ Nội vụ|ORG] ra lệnh mới."), ["THA"]),
        # Vietnam takes part, and it is open whose the ministry is.
        (("[Bộ Tài chính Mỹ|ORG] và [Việt Nam|GPE] họp.", "[Bộ Tài chính|ORG] sẽ kết luận."), ["-"]),
        (("[Bộ Thương mại Mỹ|ORG] và [Việt Nam|GPE] họp.", "[Bộ Thương mại|ORG] sẽ kết luận."), ["USA"]),
        (("[Việt Nam|GPE] theo dõi.", "[Bộ Ngoại giao|ORG] và [Bộ Quốc phòng Nhật Bản|ORG] lên tiếng."), ["-", "JPN"]),
        (("[Việt Nam|GPE] và [Mỹ|GPE] họp.", "[Thượng viện|ORG] thông qua dự luật."), ["USA"]),
        (("[Việt Nam|GPE], [Mỹ|GPE] và [Nhật Bản|GPE] họp.", "[Thượng viện|ORG] thông qua dự luật."), ["-"]),
        # One foreign country beside Vietnam in the sentence is a speaker's own only if it is the article's partner.
        (
            ("[Việt Nam|GPE] và [Nga|GPE] họp.", "Đại sứ [Ivan Petrov|PER] kể với [Việt Nam|GPE] về [Ukraine|GPE]."),
            ["-", "VNM", "UKR"],
        ),
        (
            (
                "[Việt Nam|GPE], [Nga|GPE] và [Lào|GPE] họp.",
                "Đại sứ [Ivan Petrov|PER] cảm ơn [Việt Nam|GPE], nói [Nga|GPE] vui.",
            ),
            ["RUS", "VNM", "RUS"],
        ),
        # Chinese names look Vietnamese, but not all Vietnamese ones look Chinese.
        (("[Trung Quốc|GPE] dự họp.", "Bộ trưởng [Nguyễn Hòa Bình|PER] và Bộ trưởng [Trần Hòa Bình|PER] đến."), ["VNM", "-"]),
    ],
)
def test_whose_a_bare_name_is_after_what_was_said(sentences: tuple[str, ...], expected: list[str]) -> None:
    assert codes(find(*sentences))[-1] == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Đại sứ [Anh|GPE] [Adam Reed|PER] và bà [Lan Anh|PER] dự lễ.",
        "Ngoại trưởng [Mỹ|GPE] đón người đồng cấp [Anh|GPE] [Adam Reed|PER].",
        "Giám đốc [Cơ quan Tội phạm Quốc gia Anh|ORG] ([NCA|ORG]) [Adam Reed|PER] dự lễ.",
        "Trưởng đại diện [Cơ quan Tội phạm Quốc gia Anh|ORG] ([NCA|ORG]) tại Việt Nam [Adam Reed|PER] dự lễ.",
        "Ngoại trưởng Vương quốc Anh [Adam Reed|PER] dự lễ.",
    ],
)
def test_a_title_tells_the_country_however_it_is_written(sentence: str) -> None:
    assert actor(find(sentence), "Adam Reed").country == "GBR"


def test_a_country_in_a_list_of_persons_is_that_of_its_own_person() -> None:
    found = find("Dự lễ có Đại sứ [Mỹ|GPE] [Adam Reed|PER], ông [Jean Petit|PER] và Đại sứ [Ý|GPE] [Anna Rossi|PER].")
    assert codes(found) == [["USA", "USA", "-", "ITA", "ITA"]]


def test_two_persons_of_one_surname_stay_two() -> None:
    found = find(
        "Đại sứ [Mỹ|GPE] [Adam Reed|PER], Đại sứ [Úc|GPE] [Carol Reed|PER].",
        "Thiếu tướng [Trần Văn Đức|PER] và Đại tá [Trần Minh Đức|PER] tiếp đoàn [Đức|GPE].",
        "Ông [Reed|PER] và Thiếu tướng [Đức|PER] bắt tay.",
    )
    assert len({*found.of[0], *found.of[1], *found.of[2]}) == 9
    assert codes(found)[2] == ["-", "VNM"]  # both of one name are Vietnamese
    assert actor(found, "Reed").undecided == "either Adam Reed or Carol Reed"


def test_a_chinese_is_called_by_the_first_of_the_names() -> None:
    found = find("Bộ trưởng [Trung Quốc|GPE] [Vương Tiểu Minh|PER] đến.", "Ông [Vương|PER] cảm ơn.")
    assert found.of[1] == (found.of[0][1],)


def test_a_country_behind_an_honorific_is_a_person_in_any_composition() -> None:
    read = [marked(s) for s in ("Bà [Nguyễn Thị Nga|PER] tiếp đoàn [Nga|GPE].", "Đồng chí [Nga|GPE] tặng quà.")]
    texts = [unicodedata.normalize("NFD", text) for text, _ in read]
    spans = [
        [
            Participant(name, text.index(name), text.index(name) + len(name), p.type)
            for p in row
            for name in [unicodedata.normalize("NFD", p.text)]
        ]
        for text, (_, row) in zip(texts, read, strict=True)
    ]
    found = find_actors(texts, spans)
    assert found.of[1] == (found.of[0][0],)


def test_words_that_are_a_country_or_a_person() -> None:
    found = find(
        "Ông [Lê Công Mỹ|PER] và Bộ trưởng [Bộ Công Thương|ORG] [Đặng Quốc Hàn|PER] gặp Đại sứ [Hàn|GPE] [Min Park|PER].",
        "Đại tá [Mỹ|GPE] cảm ơn [Mỹ|GPE]; Bộ trưởng [Hàn|GPE] đề nghị [Hàn|GPE] mở cửa.",
    )
    assert codes(found) == [["VNM", "VNM", "VNM", "KOR", "KOR"], ["VNM", "USA", "-", "KOR"]]
    assert found.of[1][0] == found.of[0][0]
    assert [found.actors[number].type for number in found.of[1]] == ["PER", "GPE", "GPE", "GPE"]
    assert found.actors[found.of[1][2]].undecided == "either a country or a person of that name"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("[Bộ Nội vụ|ORG] của [Lào|GPE] phản hồi.", ["LAO", "LAO"]),
        ("[Cảnh sát Tokyo|ORG], [CẢNH SÁT HÀN QUỐC|ORG], [Kiểm sát Nga|ORG]", ["JPN", "KOR", "RUS"]),
        ("[Đại học Georgia|ORG], [Đại học Quốc gia Georgia|ORG], [Georgia|GPE]", ["USA", "GEO", "GEO"]),
        ("[Brussels|GPE], [Bỉ|GPE], [Cảnh sát Brussels|ORG]", ["EUR", "BEL", "BEL"]),
        ("[Bắc Triều Tiên|GPE], [Nam Triều Tiên|GPE], [Hàn|GPE], [Triều|GPE]", ["PRK", "KOR", "KOR", "PRK"]),
        ("[Washington|GPE] và bà [Kerry Washington|PER]", ["USA", "-"]),
        (
            "[EC|ORG], [ILO|ORG], [IOM|ORG], [UNODC|ORG], [Aseanapol|ORG], [ICMP|ORG]",
            ["EUR", "UNO", "UNO", "UNO", "IGO", "IGO"],
        ),
        ("[Tòa án sơ thẩm Pasig|ORG] ([Philippines|GPE]) tuyên án.", ["PHL", "PHL"]),
        ("Sau khi [Thái Lan|GPE] đề nghị, [Bộ Tư pháp|ORG] nước này đồng ý.", ["THA", "THA"]),
        ("Sau khi [Thái Lan|GPE] đề nghị, [Bộ Tư pháp nước này|ORG] đồng ý; [Việt Nam|GPE] ghi nhận.", ["THA", "THA", "VNM"]),
        ("[Bộ Tư pháp hai nước|ORG] và [Tập đoàn|ORG] họp tại [Việt Nam|GPE].", ["-", "-", "VNM"]),
        ("[Quốc hội khóa XVI|ORG] khai mạc.", ["VNM"]),
        ("[UBND tỉnh Lào Cai|ORG], [Công an TP Thủ Đức|ORG], [Đại học Tôn Đức Thắng|ORG] cùng dự.", ["VNM", "VNM", "VNM"]),
        ("[BỘ TƯ PHÁP|ORG] TRẢ LỜI CỬ TRI", ["VNM"]),
        ("[Công an huyện Nong Het|ORG] phối hợp với [Đồn Biên phòng Nậm Cắn|ORG].", ["-", "VNM"]),
        ("[Lầu Năm Góc|ORG], [FBI|ORG], [Duma Quốc gia|ORG], [Điện Kremlin|ORG]", ["USA", "USA", "RUS", "RUS"]),
        ("[Cục Điều tra Liên bang Mỹ|ORG] và [Cơ quan Phát triển Quốc tế Hoa Kỳ|ORG]", ["USA", "USA"]),
        ("[Đại sứ quán Mỹ|ORG], [Phái đoàn EU|ORG], [Văn phòng Interpol Việt Nam|ORG]", ["USA", "EUR", "VNM"]),
        ("[Văn phòng Kinh tế và Văn hóa Đài Bắc TP.HCM|ORG], [Tổng Lãnh sự quán Mỹ tại TP.HCM|ORG]", ["TWN", "USA"]),
        ("[Lực lượng Tự vệ trên biển Nhật Bản|ORG] thăm [Quân khu 7|ORG].", ["JPN", "VNM"]),
        ("[Hội Hữu nghị Việt - Mỹ|ORG], [Hội Cựu chiến binh Mỹ vì hòa bình|ORG]", ["VNM", "USA"]),
        ("[Văn phòng thường trực Bộ Công an về gìn giữ hòa bình Liên hợp quốc|ORG] họp.", ["VNM"]),
        ("[Nhà nước Hồi giáo|ORG] ([IS|ORG]) tấn công [Syria|GPE].", ["IMG", "IMG", "SYR"]),
        ("[Hội Luật gia Dân chủ Quốc tế|ORG] và [Ủy ban Chữ thập đỏ quốc tế|ORG]", ["-", "NGO"]),
        ("[Han Quoc|GPE] va [Nhat Ban|GPE] hop tac voi [My|GPE]", ["KOR", "JPN", "USA"]),
        ("[Atlantis|GPE] và [Bình Nhưỡg|GPE]", ["-", "-"]),
    ],
)
def test_whose_a_name_is(sentence: str, expected: list[str]) -> None:
    assert codes(find(sentence)) == [expected]


@pytest.mark.parametrize(
    ("sentence", "office", "sectors"),
    [
        ("Tổng thống [Mỹ|GPE] [Adam Reed|PER] phát biểu.", "Tổng thống Mỹ", ("GOV",)),
        ("Cựu Ngoại trưởng [Mỹ|GPE] [Adam Reed|PER] phát biểu.", "Cựu Ngoại trưởng Mỹ", ("ELI",)),
        ("Ông [Adam Reed|PER], Giám đốc [FBI|ORG], đã đến.", "Giám đốc FBI", ("COP",)),
        ("Chủ tịch Tập đoàn [Nvidia|ORG] [Adam Reed|PER] và [FPT|ORG] ký.", "Chủ tịch Tập đoàn Nvidia", ("BUS",)),
        ("Thượng nghị sỹ [Mỹ|GPE] [Adam Reed|PER] và bà [Mai Anh|PER] gặp nhau.", "Thượng nghị sỹ Mỹ", ("LEG",)),
        ("Bộ trưởng Quốc phòng [Mỹ|GPE] [Adam Reed|PER] thăm Hà Nội.", "Bộ trưởng Quốc phòng Mỹ", ("MIL", "GOV")),
        (
            "Tư lệnh [Hải quân Mỹ|ORG], Đô đốc [Adam Reed|PER] dự lễ.",
            "Tư lệnh Hải quân Mỹ, Đô đốc",
            ("MIL",),
        ),
        ("Thủ tướng [Lào|GPE] tiếp Đại sứ [Mỹ|GPE] tại Lào [Adam Reed|PER].", "Đại sứ Mỹ tại Lào", ("GOV",)),
        ("Rời Phủ Chủ tịch, Thủ tướng [Mỹ|GPE] [Adam Reed|PER], lãnh đạo hai nước dự lễ.", "Thủ tướng Mỹ", ("GOV",)),
        ("Người phát ngôn Tổng thống [Mỹ|GPE] [Adam Reed|PER] bác bỏ.", "Người phát ngôn Tổng thống Mỹ", ("GOV",)),
    ],
)
def test_the_office_beside_a_name(sentence: str, office: str, sectors: tuple[str, ...]) -> None:
    reed = actor(find(sentence), "Adam Reed")
    assert (reed.office, reed.country, reed.sectors) == (office, "USA", sectors)


@pytest.mark.parametrize(
    "sentence",
    [
        "Tổng thống [Nga|GPE] và ông [Adam Reed|PER] gặp nhau.",
        "Tổng thống [Nga|GPE] tiếp ông [Adam Reed|PER].",
        "Bộ trưởng [Nga|GPE] khen [Adam Reed|PER].",
        "[Adam Reed|PER], Bộ trưởng [Nam Hải|PER] và Đại sứ [Lào|GPE] cùng dự.",
        "Theo Đại sứ [Lào|GPE], [Adam Reed|PER] đã về.",
    ],
)
def test_a_title_of_somebody_else_is_not_taken(sentence: str) -> None:
    reed = actor(find(sentence), "Adam Reed")
    assert (reed.office, reed.code) in (("", ""), ("", "-")), reed
    assert reed.undecided


def test_a_rebel_is_not_of_the_country_that_punishes() -> None:
    found = find("[Mahn Tun|PER], lãnh đạo nhóm [Ngôi sao Đen|ORG], bị [Mỹ|GPE] trừng phạt; [Việt Nam|GPE] theo dõi.")
    assert codes(found) == [["-", "-", "USA", "VNM"]]


def test_titles_that_disagree_leave_the_country_open() -> None:
    found = find("Đại sứ [Lào|GPE] [Adam Reed|PER] đến.", "Ngoại trưởng [Mỹ|GPE] [Adam Reed|PER] về.")
    assert actor(found, "Adam Reed").undecided == "titles name LAO and USA"


def test_sectors_are_plovers() -> None:
    found = find(
        "[Chính phủ Lào|ORG] [Bộ Công an Lào|ORG] [Quân đội Lào|ORG] [Quốc hội Lào|ORG] [Tòa án Tối cao Lào|ORG] [Đảng Dân chủ Nhật Bản|ORG] "
        "[Công ty Than Lào|ORG] [Đại học Quốc gia Lào|ORG] [Bệnh viện Lào|ORG] [Đài Tiếng nói Việt Nam|ORG] [Cơ quan Tình báo Lào|ORG]"
    )
    assert [a.sectors[0] for a in found.actors] == ["GOV", "COP", "MIL", "LEG", "JUD", "PTY", "BUS", "EDU", "MED", "JRN", "SPY"]


def test_numbers_follow_the_first_mention_and_an_empty_article_has_no_actors() -> None:
    found = find("Không có ai.", "[Lào|GPE] và [Mỹ|GPE]", "[Mỹ|GPE], [Lào|GPE], [Anh|GPE]")
    assert found.of == ((), (0, 1), (1, 0, 2))
    assert [a.number for a in found.actors] == [0, 1, 2]
    assert find_actors([], []) == Actors((), ())


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="1 lists for 2 sentences"):
        find_actors(["a", "b"], [[]])
    with pytest.raises(ValueError, match=r"participants\[0\]: 'Lào' at 3:9 is not in the sentence"):
        find_actors(["Lào"], [[Participant("Lào", 3, 9, "GPE")]])


WORDS = st.sampled_from(
    [
        "Bộ Công an",
        "Lào",
        "Tổng thống",
        "Trump",
        "phía",
        "có",
        ",",
        "(",
        ")",
        ".",
        "…",
        "và",
        "-",
        "Nguyễn Văn A",
        "tại",
        "ông",
        "của",
        "hai nước",
        "\u0301",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_spans_in_any_text_get_an_actor_each(data: st.DataObject) -> None:
    sentences, rows = [], []
    for _ in range(data.draw(st.integers(0, 3))):
        text = " ".join(data.draw(st.lists(WORDS, min_size=1, max_size=12)))
        edges = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
        kinds = data.draw(st.lists(st.sampled_from(["PER", "ORG", "GPE", "XYZ"]), min_size=3, max_size=3))
        pairs: Sequence[tuple[int, int]] = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
        sentences.append(text)
        rows.append([Participant(text[a:b], a, b, kind) for (a, b), kind in zip(pairs, kinds, strict=False)])
    found = find_actors(sentences, rows)
    assert [len(row) for row in found.of] == [len(row) for row in rows]
    assert {number for row in found.of for number in row} == set(range(len(found.actors)))
    assert all(not (a.country and a.body) and bool(a.code) != bool(a.undecided) for a in found.actors)


def test_a_long_article_is_fast() -> None:
    sentence = "Thứ trưởng [Bộ Ngoại giao|ORG] [Nguyễn Văn An|PER] gặp Đại sứ [Mỹ|GPE] [Adam Reed|PER] và [Bộ Công an Lào|ORG] bàn về biển."
    text, participants = marked(sentence)
    find_actors([text], [participants])
    began = time.perf_counter()
    find_actors([text] * 2000, [participants] * 2000)
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("Việc xác minh do [Tổng cục Di trú|ORG], [Bộ Nội vụ Campuchia|ORG] tiến hành.", "KHM"),
        ("Đoàn của [Cục Lãnh sự|ORG] thuộc [Bộ Ngoại giao Lào|ORG] đã tới nơi.", "LAO"),
        ("Đoàn do [Cục Phòng chống ma túy|ORG] - [Bộ Công an Trung Quốc|ORG] cử.", "CHN"),
        ("Dự họp có [Bộ Ngoại giao|ORG], [Bộ Quốc phòng Lào|ORG] và [Việt Nam|GPE].", "VNM"),
        ("Ông nói tại [Trung tâm Nghiên cứu Thái Bình Dương|ORG] ở Honolulu.", "-"),
        ("[Văn phòng MIA|ORG] tại Hà Nội đã cử người tới lễ bàn giao.", "USA"),
    ],
)
def test_a_unit_is_of_the_ministry_behind_it_and_a_regional_centre_of_nobody(sentence: str, wanted: str) -> None:
    assert codes(find(sentence))[0][0] == wanted
