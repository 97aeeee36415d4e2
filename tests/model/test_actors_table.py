"""The table of who is who: what is loaded, what a researcher may change, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoptac.data.coverage import countries
from hoptac.data.plover import INTERNATIONAL, SECTORS
from hoptac.data.schema import DataError, Participant
from hoptac.model.actor_table import keys, load_table, vietnamese
from hoptac.model.actors import find_actors
from hoptac.model.coreference import group_names
from hoptac.model.organisations import describe


def test_every_country_of_cldr_and_of_the_corpus_tools_is_known() -> None:
    import pycountry
    from babel import Locale

    table = load_table()
    for code, spellings in countries().items():
        # Hong Kong has a code of its own.
        assert {table.country(spelling) for spelling in spellings} <= {code, "HKG"}, code
    names = Locale("vi").territories
    for country in pycountry.countries:
        assert table.country(names[country.alpha_2]) == country.alpha_3


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("Mỹ", "USA"),
        ("HOA KỲ", "USA"),
        ("nước Mỹ", "USA"),
        ("Anh", "GBR"),
        ("Úc", "AUS"),
        ("Ô-xtrây-li-a", "AUS"),
        ("Triều Tiên", "PRK"),
        ("Hàn", "KOR"),
        ("Đài Loan", "TWN"),
        ("LB Nga", "RUS"),
        ("Mát-xcơ-va", "RUS"),
        ("Thuỵ Sĩ", "CHE"),
        ("Ả rập Xê út", "SAU"),
        ("Hồng Kông", "HKG"),
        ("Tiệp Khắc", "CZE"),
        ("Cộng hòa Dân chủ Congo", "COD"),
        ("Congo", "COG"),
        ("Nam Sudan", "SSD"),
        ("Tchad", "TCD"),
        ("Trung Quoc", "CHN"),
        ("Nam Định", ""),
        ("", ""),
    ],
)
def test_spellings_of_the_press(spelling: str, code: str) -> None:
    assert load_table().country(spelling) == code


def test_the_table_names_only_codes_and_sectors_that_plover_has() -> None:
    table = load_table()
    known = [*table.bodies.values(), *table.persons.values()]
    assert {sector for entry in known for sector in entry.sectors} <= set(SECTORS)
    assert {entry.code for entry in known if len(entry.code) != 3} == set()
    assert {"IGO", "UNO", "EUR", "NGO", "IMG", "MNC"} <= {entry.code for entry in known}
    assert {code for code in INTERNATIONAL if code in table.names} == set()


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_ones_own_is_merged_over_the_packages(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "countries:\n  MNG: [Mông Cổ, Xứ Thảo Nguyên]\n"
        "bodies:\n- {name: Meta, code: MNC, sectors: [BUS]}\n- {name: Hội Sếu Đầu Đỏ, code: NGO, also: [HSĐĐ]}\n"
        "persons:\n- {name: Ada Berg, code: NOR}\n"
        "sectors:\n  AGR: [Nông hội]\n",
    )
    table = load_table(path)
    assert table.country("xứ thảo nguyên") == "MNG"
    assert table.country("Mỹ") == "USA"
    assert describe(table, "Meta").code == "MNC"
    assert describe(load_table(), "Meta").code == "USA"
    assert describe(table, "Nông hội Lào").sectors == ("AGR",)
    found = find_actors(
        ["HSĐĐ và Ada Berg"], [[Participant("HSĐĐ", 0, 4, "ORG"), Participant("Ada Berg", 8, 16, "PER")]], table
    )
    assert [(a.name, a.code) for a in found.actors] == [("Hội Sếu Đầu Đỏ", "NGO"), ("Ada Berg", "NOR")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("land:\n- a", "mine.yaml: land: unknown section; there are countries"),
        ("countries:\n  XYZ: [Atlantis]", "mine.yaml: countries: XYZ: not an ISO 3166-1 alpha-3 code"),
        ("countries:\n  IGO: [Atlantis]", "mine.yaml: countries: IGO: not an ISO 3166-1 alpha-3 code"),
        ("countries:\n  USA: Mỹ", "mine.yaml: countries: USA: a list of names was expected"),
        ("countries:\n  USA: [5]", "mine.yaml: countries: USA: 5 is not a name"),
        ("countries: [USA]", "mine.yaml: countries: codes with lists of names were expected"),
        ("bodies:\n- {name: NATO, code: NAT}", "mine.yaml: bodies: entry 1 (NATO): code 'NAT' is neither an ISO 3166-1"),
        ("bodies:\n- {name: A, code: USA}\n- {code: USA}", "mine.yaml: bodies: entry 2: a `name` and a `code` were expected"),
        (
            "bodies:\n- {name: A, code: USA, sectors: [ARMY]}",
            "mine.yaml: bodies: entry 1 (A): sectors: 'ARMY' is not one of PLOVER's",
        ),
        ("bodies:\n- {name: A, code: USA, alias: B}", "mine.yaml: bodies: entry 1 (A): unknown field alias"),
        ("bodies:\n- {name: A, code: USA, bare: 3}", "mine.yaml: bodies: entry 1 (A): bare: 3 is neither true nor false"),
        ("bodies: NATO", "mine.yaml: bodies: a list was expected"),
        ("sectors:\n  POL: [Cảnh sát]", "mine.yaml: sectors: POL: not one of PLOVER's sectors COP GOV"),
        ("surnames:\n- [a]", "mine.yaml: surnames: ['a'] is not a name"),
        ("- a", "mine.yaml: sections were expected"),
        ("a: [", "mine.yaml: not YAML"),
    ],
)
def test_a_bad_entry_is_refused_by_file_and_name(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        load_table(write(tmp_path, text))
    assert message in str(error.value)


def test_all_bad_entries_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        load_table(write(tmp_path, "persons:\n- {name: A, code: X}\n- {name: B, code: Y}\n"))
    assert [problem.split(": ")[2] for problem in error.value.problems] == ["entry 1 (A)", "entry 2 (B)"]


def test_an_empty_file_changes_nothing_and_a_missing_one_is_an_os_error(tmp_path: Path) -> None:
    assert load_table(write(tmp_path, "")).country("Mỹ") == "USA"
    with pytest.raises(OSError, match="nowhere"):
        load_table(tmp_path / "nowhere.yaml")


def test_words_do_not_depend_on_case_tones_or_hyphens() -> None:
    assert keys("UỶ BAN Khánh Hoà") == keys("ủy ban Khánh-Hòa")
    assert keys("Lào") != keys("Lao")


@pytest.mark.parametrize(
    "name", ["Lương Tam Quang", "NGUYỄN THÚY HẰNG", "Trần Quốc Tuấn", "Vũ Giang", "Lê Hoài Trung", "Pham Thu Hang"]
)
def test_vietnamese_names(name: str) -> None:
    assert load_table().is_vietnamese_name(name)


@pytest.mark.parametrize(
    "name", ["Trump", "Kim Jong-un", "Park Joon-young", "Đổng Quân", "Hun Manet", "Lee", "Sato Kenji", "Quang", "Do Ban"]
)
def test_other_names(name: str) -> None:
    assert not load_table().is_vietnamese_name(name)


def test_syllables_that_end_in_a_stop_carry_a_tone() -> None:
    assert vietnamese("Bắc Kạn")
    assert vietnamese("TAND cấp cao")
    assert not vietnamese("Nong Het")


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["Donald Trump", "Trump", "Donald J. Trump"], [0, 0, 0]),
        (["Michael DeSombre", "Michael George DeSombre"], [0, 0]),
        (["Nguyễn Văn An", "An", "Nguyễn"], [0, 0, 1]),
        (["Lee Jae-myung", "LEE JAE MYUNG", "Lee"], [0, 0, 0]),
        (["Andrea Thompson", "Mark Thompson", "Thompson"], [0, 1, 2]),
        (["Thompson", "Andrea Thompson"], [0, 0]),
        (["Trần Thị Hoa", "Lê Văn Hoà"], [0, 1]),
        (["Phạm Minh Chính", "Minh Chính"], [0, 0]),
    ],
)
def test_names_of_one_person(names: list[str], groups: list[int]) -> None:
    found = group_names(load_table(), names)
    heads = list(dict.fromkeys(found[name] for name in names))
    assert [heads.index(found[name]) for name in names] == groups


def test_titles_of_different_countries_keep_names_apart() -> None:
    found = group_names(load_table(), ["Andrea Thompson", "Thompson"], {"Andrea Thompson": "USA", "Thompson": "GBR"})
    assert found["Thompson"] == ("Thompson",)
