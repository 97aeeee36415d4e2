"""PLOVER's words for our topics, and the codes of countries that data coded in PLOVER use.

PLOVER is the Political Language Ontology for Verifiable Event Records of the Open Event Data Alliance; names and rules here are
those of its manual, draft version 2.0 (https://github.com/openeventdata/PLOVER, CC BY-SA 4.0). An event's type, what is done to
whom, is never coded here: hoptac says on what states deal with each other, not how.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_CONTEXTS = """
military intelligence executive legislative election political_institutions pro_democracy pro_autocracy economic legal
reparations human_rights rights_freedoms repression human_security gender lgbt religion_ethnicity inequality diplomatic
territory peacekeeping health asylum migration disasters natural_resource environment technology terrorism cbrn cyber
misinformation crime corruption illegal_drugs trafficking
"""
CONTEXTS: tuple[str, ...] = tuple(_CONTEXTS.split())
"""All of PLOVER's, in the manual's order."""

_SECTORS = """
COP GOV JUD LEG MIL PRM PTY REB SPY UAF UNK
AGR BUS CRM CVL EDU ELI JRN LAB MED REF OPP PRE REL SOC
"""
SECTORS: tuple[str, ...] = tuple(_SECTORS.split())
"""What an actor may be: police, government, courts and so on; those that PLOVER calls frequent come first."""

INTERNATIONAL: tuple[str, ...] = ("IGO", "UNO", "EUR", "NGO", "ISM", "IMG", "MNC")
"""Codes of actors that belong to no single country. IGO leaves out the United Nations (UNO) and the European Union (EUR)."""

EXTENSION: tuple[str, ...] = ("mia", "maritime", "war_legacy")
"""Our own contexts, where PLOVER has none that fits."""

_CONTEXTS_OF: dict[str, tuple[tuple[str, ...], str]] = {
    # `cyber` holds attacks, security and crime, and the laws against them. It is the one context beside which the manual
    # wants `crime` too: that tells crimes from what governments do.
    "cybercrime": (("cyber", "crime"), "exact"),
    # A search is a matter of armed forces and of diplomats, but not that of families or museums.
    "mia": (("military", "diplomatic"), "broad"),
    # `economic` holds growth, prices and finance of any country too.
    "trade": (("economic",), "exact"),
    # `legal` names maritime law, `territory` disputes; a coast guard's visit is neither.
    "maritime": (("legal", "territory"), "broad"),
    # `illegal_drugs` names meetings and treaties against drugs.
    "narcotics": (("illegal_drugs",), "exact"),
    # `trafficking` is of persons, and of weapons, animals and goods too.
    "trafficking": (("trafficking",), "exact"),
    # `migration` holds refugees and remittances too.
    "migration": (("migration",), "exact"),
    # `terrorism` names activities and policies against it.
    "terrorism": (("terrorism",), "exact"),
    # `crime` names cooperation of states against it; public order, which our topic also holds, is none.
    "law_enforcement": (("crime",), "exact"),
    # Damages for harm of the past; mines that a third country clears are none.
    "war_legacy": (("reparations",), "broad"),
    # `military` leaves out peacekeeping and non-proliferation, which have contexts of their own.
    "defense": (("military",), "exact"),
    # `technology` names agreements on it, and high-tech industry such as semiconductors.
    "technology": (("technology",), "exact"),
}


def contexts_of(topic: str, topics_of_sentence: Collection[str] = ()) -> tuple[tuple[str, ...], str, str]:
    """PLOVER's contexts of a topic, how well they fit, and our own context where PLOVER has none.

    How they fit: `exact`, PLOVER has a context for this subject; `broad`, it only has neighbours, which are wrong of some
    sentences of the topic; `none`, there are none.

    >>> contexts_of("narcotics"), contexts_of("maritime")
    ((('illegal_drugs',), 'exact', ''), (('legal', 'territory'), 'broad', 'maritime'))
    >>> contexts_of("law_enforcement", ["narcotics", "law_enforcement"])  # PLOVER does not code crime beside these
    ((), 'none', '')

    Args:
        topic: one of `labels.TOPICS`; any other has no contexts.
        topics_of_sentence: all topics of the sentence.
    """
    if topic == "law_enforcement" and {"trafficking", "narcotics"} & set(topics_of_sentence):
        return (), "none", ""
    contexts, match = _CONTEXTS_OF.get(topic, ((), "none"))
    return contexts, match, topic if topic in EXTENSION else ""


def plover_country(country: str) -> str:
    """PLOVER's code of a country: for a territory that of the country which governs it, and KOS for Kosovo (XKX).

    Hong Kong, Palestine and Antarctica have codes of their own.

    >>> plover_country("GRL"), plover_country("HKG")
    ('DNK', 'HKG')

    Args:
        country: ISO 3166-1 alpha-3 or XKX; any other code stays.
    """
    return _GOVERNED_BY.get(country, country)


def cow_code(country: str) -> int | None:
    """The number of a state in the Correlates of War project's list of state members (2016); None if it is no member.

    >>> cow_code("VNM"), cow_code("HKG")
    (816, None)

    Args:
        country: ISO 3166-1 alpha-3, XKX or PLOVER's KOS.
    """
    return _COW.get(country)


_STATES = """
2 USA 20 CAN 31 BHS 40 CUB 41 HTI 42 DOM 51 JAM 52 TTO 53 BRB 54 DMA 55 GRD 56 LCA 57 VCT 58 ATG 60 KNA 70 MEX 80 BLZ 90 GTM
91 HND 92 SLV 93 NIC 94 CRI 95 PAN 100 COL 101 VEN 110 GUY 115 SUR 130 ECU 135 PER 140 BRA 145 BOL 150 PRY 155 CHL 160 ARG
165 URY 200 GBR 205 IRL 210 NLD 211 BEL 212 LUX 220 FRA 221 MCO 223 LIE 225 CHE 230 ESP 232 AND 235 PRT 255 DEU 290 POL
305 AUT 310 HUN 316 CZE 317 SVK 325 ITA 331 SMR 338 MLT 339 ALB 341 MNE 343 MKD 344 HRV 345 SRB 346 BIH 347 XKX 347 KOS 349 SVN
350 GRC 352 CYP 355 BGR 359 MDA 360 ROU 365 RUS 366 EST 367 LVA 368 LTU 369 UKR 370 BLR 371 ARM 372 GEO 373 AZE 375 FIN 380 SWE
385 NOR 390 DNK 395 ISL 402 CPV 403 STP 404 GNB 411 GNQ 420 GMB 432 MLI 433 SEN 434 BEN 435 MRT 436 NER 437 CIV 438 GIN
439 BFA 450 LBR 451 SLE 452 GHA 461 TGO 471 CMR 475 NGA 481 GAB 482 CAF 483 TCD 484 COG 490 COD 500 UGA 501 KEN 510 TZA
516 BDI 517 RWA 520 SOM 522 DJI 530 ETH 531 ERI 540 AGO 541 MOZ 551 ZMB 552 ZWE 553 MWI 560 ZAF 565 NAM 570 LSO 571 BWA
572 SWZ 580 MDG 581 COM 590 MUS 591 SYC 600 MAR 615 DZA 616 TUN 620 LBY 625 SDN 626 SSD 630 IRN 640 TUR 645 IRQ 651 EGY
652 SYR 660 LBN 663 JOR 666 ISR 670 SAU 679 YEM 690 KWT 692 BHR 694 QAT 696 ARE 698 OMN 700 AFG 701 TKM 702 TJK 703 KGZ
704 UZB 705 KAZ 710 CHN 712 MNG 713 TWN 731 PRK 732 KOR 740 JPN 750 IND 760 BTN 770 PAK 771 BGD 775 MMR 780 LKA 781 MDV
790 NPL 800 THA 811 KHM 812 LAO 816 VNM 820 MYS 830 SGP 835 BRN 840 PHL 850 IDN 860 TLS 900 AUS 910 PNG 920 NZL 935 VUT
940 SLB 946 KIR 947 TUV 950 FJI 955 TON 970 NRU 983 MHL 986 PLW 987 FSM 990 WSM
"""
_COW: dict[str, int] = {country: int(number) for number, country in re.findall(r"(\d+) (\w+)", _STATES)}
"""816 is Viet Nam, 817 was the Republic of Vietnam; 255 is Germany and 679 Yemen since 1990; 345 was Yugoslavia, now Serbia."""

_GOVERNED_BY: dict[str, str] = {"XKX": "KOS"} | {
    territory: country
    for country, territories in {
        "AUS": "CCK CXR HMD NFK",
        "CHN": "MAC",
        "DNK": "FRO GRL",
        "FIN": "ALA",
        "FRA": "ATF BLM GLP GUF MAF MTQ MYT NCL PYF REU SPM WLF",
        "GBR": "AIA BMU CYM FLK GGY GIB IMN IOT JEY MSR PCN SGS SHN TCA VGB",
        "NLD": "ABW BES CUW SXM",
        "NOR": "BVT SJM",
        "NZL": "COK NIU TKL",
        "USA": "ASM GUM MNP PRI UMI VIR",
    }.items()
    for territory in territories.split()
}
