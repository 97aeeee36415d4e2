"""PLOVER's contexts of our topics, its lists of codes, and the numbers of countries."""

from __future__ import annotations

import pycountry
import pytest

from hoptac.data.labels import TOPICS
from hoptac.data.plover import CONTEXTS, EXTENSION, INTERNATIONAL, SECTORS, contexts_of, cow_code, plover_country

ISO = {country.alpha_3 for country in pycountry.countries}
STAY = {"ATA", "ESH", "HKG", "PSE", "VAT"}
"""Neither members of the Correlates of War's state system nor counted to a country that is."""


def test_the_lists_are_those_of_the_manual() -> None:
    assert len(CONTEXTS) == len(set(CONTEXTS)) == 37
    assert len(SECTORS) == len(set(SECTORS)) == 25
    assert INTERNATIONAL == ("IGO", "UNO", "EUR", "NGO", "ISM", "IMG", "MNC")
    assert not ISO & set(INTERNATIONAL)  # else a code could mean two things


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("cybercrime", (("cyber", "crime"), "exact", "")),
        ("mia", (("military", "diplomatic"), "broad", "mia")),
        ("trade", (("economic",), "exact", "")),
        ("maritime", (("legal", "territory"), "broad", "maritime")),
        ("narcotics", (("illegal_drugs",), "exact", "")),
        ("trafficking", (("trafficking",), "exact", "")),
        ("migration", (("migration",), "exact", "")),
        ("terrorism", (("terrorism",), "exact", "")),
        ("law_enforcement", (("crime",), "exact", "")),
        ("war_legacy", (("reparations",), "broad", "war_legacy")),
        ("defense", (("military",), "exact", "")),
        ("technology", (("technology",), "exact", "")),
    ],
)
def test_each_topic_has_its_contexts(topic: str, expected: tuple[tuple[str, ...], str, str]) -> None:
    assert contexts_of(topic, [topic]) == expected


def test_every_topic_is_told_and_flags_agree_with_contexts() -> None:
    for topic in TOPICS:
        contexts, match, extension = contexts_of(topic, TOPICS[:4])
        assert set(contexts) <= set(CONTEXTS)
        assert (match == "none") == (not contexts)
        assert bool(extension) == (topic in EXTENSION) == (match == "broad")
        assert contexts or extension  # no topic is lost


@pytest.mark.parametrize("other", ["narcotics", "trafficking"])
def test_crime_is_not_coded_beside_a_narrower_crime(other: str) -> None:
    assert contexts_of("law_enforcement", {"law_enforcement", other}) == ((), "none", "")
    assert contexts_of(other, {"law_enforcement", other})[0] != ()


def test_crime_stays_beside_cyber_which_it_qualifies() -> None:
    assert contexts_of("law_enforcement", ["cybercrime", "law_enforcement"])[0] == ("crime",)
    assert contexts_of("cybercrime", ["cybercrime", "narcotics", "law_enforcement"])[0] == ("cyber", "crime")


def test_a_topic_of_ones_own_has_no_contexts() -> None:
    assert contexts_of("tourism", ["tourism", "trade"]) == ((), "none", "")


def test_numbers_of_states_are_unique_and_their_codes_are_iso() -> None:
    numbers = {country: number for country in ISO if (number := cow_code(country)) is not None}
    assert len(numbers) == len(set(numbers.values())) == 194  # the 195 members of 2016 without Kosovo
    assert min(numbers.values()) == 2
    assert max(numbers.values()) == 990


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("VNM", 816),  # not 817, the Republic of Vietnam until 1975
        ("DEU", 255),  # not 260, the Federal Republic until 1990
        ("YEM", 679),
        ("SRB", 345),
        ("USA", 2),
        ("LAO", 812),
        ("KHM", 811),
        ("CHN", 710),
        ("TWN", 713),
        ("KOR", 732),
        ("PRK", 731),
        ("JPN", 740),
        ("RUS", 365),
        ("TLS", 860),
        ("AUS", 900),
        ("AUT", 305),
        ("VAT", None),  # no member; 327 were the Papal States
        ("EUR", None),
    ],
)
def test_numbers_of_states(country: str, number: int | None) -> None:
    assert cow_code(country) == number


def test_territories_belong_to_a_state_and_every_iso_code_is_accounted_for() -> None:
    territories = {country for country in ISO if plover_country(country) != country}
    assert all(cow_code(plover_country(territory)) for territory in territories)
    assert not any(cow_code(territory) for territory in territories)
    assert {country for country in ISO if cow_code(country) is None} - territories == STAY
    assert plover_country("GRL") == "DNK"
    assert plover_country("MAC") == "CHN"
    assert plover_country("UNO") == "UNO"
    assert plover_country("XKX") == "KOS"
    assert cow_code("XKX") == cow_code("KOS") == 347
    assert plover_country("") == ""
