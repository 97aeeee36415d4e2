"""The table of who is who: spellings of countries, known bodies, words that tell sectors, titles.

Countries come from CLDR (through babel), `data/countries.json` and `configs/actors.yaml`; codes are checked with pycountry. Sectors and the
codes of international actors are PLOVER's.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..data.coverage import countries, fold
from ..data.plover import INTERNATIONAL, SECTORS
from ..data.schema import DataError
from ..data.variants import without_diacritics

TABLE_FILE = Path(__file__).parent.parent / "configs" / "actors.yaml"
HOME = "VNM"
"""The country that a Vietnamese newspaper does not name."""


def load_table(path: str | os.PathLike[str] | None = None) -> ActorTable:
    """The table that `find_actors` reads: the package's own, and over it a researcher's file of the same form.

    Args:
        path: a YAML file with any of the sections of `configs/actors.yaml`. Its entries win over the package's of the same spelling.

    >>> load_table().country("Hoa Kỳ")
    'USA'

    Raises:
        DataError: naming the file and every entry that is wrong, or the extra that has what is not installed.
        OSError: if the file cannot be read.
    """
    try:
        return _own_table() if path is None else ActorTable.read((TABLE_FILE, path))
    except ModuleNotFoundError as error:
        raise DataError(
            [f"codes of actors need babel, pycountry and PyYAML, of the extra `events`: pip install 'hoptac[events]' ({error})"]
        ) from None


@cache
def _own_table() -> ActorTable:
    return ActorTable.read((TABLE_FILE,))


@lru_cache(maxsize=100_000)
def key(word: str) -> str:
    """A word without case and the place of its tone mark."""
    return fold(word)


WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=50_000)
def keys(text: str) -> tuple[str, ...]:
    """The words of a name, without case, the place of tone marks and hyphens.

    >>> keys("In-đô-nê-xi-a") == keys("IN ĐÔ NÊ XI A")
    True
    """
    return tuple(key(word) for word in WORD.findall(text))


def many(names: str) -> tuple[tuple[str, ...], ...]:
    """The words of each of several names, between which commas stand.

    >>> many("Hà Nội, Roma") == (keys("Hà Nội"), keys("Roma"))
    True
    """
    return tuple(keys(name) for name in names.split(","))


T = TypeVar("T")


class Phrases(Generic[T]):
    """Values by phrases of words, found where they begin; a longer phrase wins over a shorter one."""

    def __init__(self) -> None:
        self.exact: dict[tuple[str, ...], T] = {}
        self._lengths: dict[str, tuple[int, ...]] = {}

    def add(self, phrase: str | tuple[str, ...], value: T) -> None:
        words = keys(phrase) if isinstance(phrase, str) else phrase
        self.exact[words] = value
        lengths = {*self._lengths.get(words[0], ()), len(words)}
        self._lengths[words[0]] = tuple(sorted(lengths, reverse=True))

    def at(self, words: Sequence[str], start: int) -> tuple[int, T] | None:
        """Number of words and value of the longest phrase that begins at `start`."""
        for length in self._lengths.get(words[start], ()):
            phrase = tuple(words[start : start + length])
            if len(phrase) == length and phrase in self.exact:
                return length, self.exact[phrase]
        return None

    def all(self, words: Sequence[str]) -> Iterator[tuple[int, int, T]]:
        """First word, end and value of all phrases that do not overlap, from left to right."""
        position = 0
        while position < len(words):
            found = self.at(words, position)
            if found:
                yield position, position + found[0], found[1]
            position += found[0] if found else 1


@dataclass(frozen=True, slots=True)
class Known:
    """A body or person known by name."""

    name: str
    code: str
    sectors: tuple[str, ...] = ()
    bare: bool = False
    """Other countries have one of this name too."""


@dataclass(eq=False)
class ActorTable:
    """What is known before an article is read; make one with `load_table`."""

    names: dict[str, str] = field(default_factory=dict)
    """The usual name of each country by code."""
    places: Phrases[str] = field(default_factory=Phrases)
    """Country by spelling, also of provinces and cities; empty where a country's name is part of another word."""
    spellings: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Country by spelling, of countries and capitals alone."""
    unmarked: dict[str, str] = field(default_factory=dict)
    """Country by spelling without diacritics, where only one has it."""
    bodies: dict[tuple[str, ...], Known] = field(default_factory=dict)
    persons: dict[tuple[str, ...], Known] = field(default_factory=dict)
    sectors: Phrases[tuple[str, bool]] = field(default_factory=Phrases)
    """Sector by word of an organisation's name, and whether it counts only where no other does."""
    home_only: Phrases[bool] = field(default_factory=Phrases)
    """True: of this kind only Vietnam has one; False: Vietnam has none."""
    offices: Phrases[str] = field(default_factory=Phrases)
    """Sector by title."""
    before_office: Phrases[bool] = field(default_factory=Phrases)
    """True: the title is a former one."""
    surnames: set[str] = field(default_factory=set)
    unmarked_surnames: set[str] = field(default_factory=set)
    described: dict[str, Any] = field(default_factory=dict)
    """What organisations' names were found to say, remembered by `organisations.describe`."""

    @classmethod
    def read(cls, paths: Sequence[str | os.PathLike[str]]) -> ActorTable:
        """A table of several files; later ones win."""
        table = cls()
        table._add_countries()
        for path in paths:
            record = _read_yaml(path)
            problems: list[str] = []
            for section, content in record.items():
                if section not in _SECTIONS:
                    problems.append(f"{section}: unknown section; there are {', '.join(_SECTIONS)}")
                elif content is not None:
                    problems += [f"{section}: {problem}" for problem in getattr(table, f"_add_{section}")(content)]
            if problems:
                raise DataError([f"{os.fspath(path)}: {problem}" for problem in problems])
        table._finish()
        return table

    def country(self, name: str) -> str:
        """ISO 3166-1 alpha-3 code of a country, or of the one a capital stands for; empty if it is neither.

        >>> load_table().country("WASHINGTON"), load_table().country("Atlantis")
        ('USA', '')
        """
        words = keys(name)
        while words and words[0] in _BEFORE_COUNTRY and words not in self.spellings:
            words = words[1:]
        if words in self.spellings:
            return self.spellings[words]
        return self.unmarked.get(" ".join(words), "") if name.isascii() else ""

    def code_name(self, code: str) -> str:
        """The usual name of a country."""
        return self.names.get(code, code)

    def is_vietnamese_name(self, name: str) -> bool:
        """Whether a person's name looks Vietnamese: two syllables or more of Vietnamese form, the first a family name.

        >>> load_table().is_vietnamese_name("Lương Tam Quang"), load_table().is_vietnamese_name("Lee Jae-myung")
        (True, False)
        """
        words = keys(name)
        if not 1 < len(words) < 7:
            return False
        if name.isascii():  # without diacritics three syllables are needed to tell: "Pham Thu Hang"; a Kim is rather a Korean
            likely = len(words) > 2 and words[0] in self.unmarked_surnames and words[0] != "kim"
            return likely and all(map(_SYLLABLE.fullmatch, words))
        return words[0] in self.surnames and vietnamese(name)

    def _add_countries(self, content: Any = None) -> list[str]:
        if content is None:
            for code, name in _cldr().items():
                self._spell(code, [name])
            for code, spellings in countries().items():
                self._spell(code, spellings)
            return []
        return self._by_code(content, self._spell, _is_country, "not an ISO 3166-1 alpha-3 code")

    def _spell(self, code: str, spellings: Sequence[str]) -> None:
        self.names[code] = spellings[0]
        for spelling in spellings:
            self.spellings[keys(spelling)] = code
            self.places.add(spelling, code)

    def _add_places(self, content: Any) -> list[str]:
        def add(code: str, names: Sequence[str]) -> None:
            for name in names:
                self.places.add(name, code)

        return self._by_code(content, add, _is_country, "not an ISO 3166-1 alpha-3 code")

    def _add_not_countries(self, content: Any) -> list[str]:
        return _each(content, lambda name: self.places.add(name, ""))

    def _add_bodies(self, content: Any) -> list[str]:
        return self._known(content, self.bodies)

    def _add_persons(self, content: Any) -> list[str]:
        return self._known(content, self.persons)

    def _add_sectors(self, content: Any) -> list[str]:
        return self._by_sector(content, lambda word, sector: self.sectors.add(word, (sector, False)))

    def _add_general_sectors(self, content: Any) -> list[str]:
        return self._by_sector(content, lambda word, sector: self.sectors.add(word, (sector, True)))

    def _add_offices(self, content: Any) -> list[str]:
        return self._by_sector(content, self.offices.add)

    def _add_home_only(self, content: Any) -> list[str]:
        return _each(content, lambda phrase: self.home_only.add(phrase, True))

    def _add_abroad_only(self, content: Any) -> list[str]:
        return _each(content, lambda phrase: self.home_only.add(phrase, False))

    def _add_former(self, content: Any) -> list[str]:
        return _each(content, lambda phrase: self.before_office.add(phrase, True))

    def _add_before_office(self, content: Any) -> list[str]:
        return _each(content, lambda phrase: self.before_office.add(phrase, False))

    def _add_surnames(self, content: Any) -> list[str]:
        return _each(content, lambda name: self.surnames.add(keys(name)[0]))

    def _by_sector(self, content: Any, add_word: Any) -> list[str]:
        def add(sector: str, words: Sequence[str]) -> None:
            for word in words:
                add_word(word, sector)

        return self._by_code(content, add, SECTORS.__contains__, f"not one of PLOVER's sectors {' '.join(SECTORS)}")

    def _by_code(self, content: Any, add: Any, allowed: Any, complaint: str) -> list[str]:
        if not isinstance(content, dict):
            return ["codes with lists of names were expected"]
        problems = []
        for code, names in content.items():
            if not isinstance(code, str) or not allowed(code):
                problems.append(f"{code}: {complaint}")
            elif wrong := _each(names, lambda name: None):
                problems += [f"{code}: {problem}" for problem in wrong]
            elif names:
                add(code, names)
        return problems

    def _known(self, content: Any, into: dict[tuple[str, ...], Known]) -> list[str]:
        if not isinstance(content, list):
            return ["a list was expected"]
        problems = []
        for number, entry in enumerate(content, 1):
            wrong = _problem_of_known(entry)
            if wrong:
                name = entry.get("name") if isinstance(entry, dict) else None
                problems.append(f"entry {number}{f' ({name})' if name else ''}: {wrong}")
                continue
            known = Known(entry["name"], entry["code"], tuple(entry.get("sectors", ())), entry.get("bare", False))
            for name in (known.name, *entry.get("also", ())):
                into[keys(name)] = known
        return problems

    def _finish(self) -> None:
        """What follows from all the files together."""
        self.unmarked_surnames = {without_diacritics(name) for name in self.surnames}
        bare: dict[str, set[str]] = {}
        for words, code in self.spellings.items():
            bare.setdefault(without_diacritics(" ".join(words)), set()).add(code)
        self.unmarked = {spelling: codes.pop() for spelling, codes in bare.items() if len(codes) == 1}


_SECTIONS = (
    *("countries", "not_countries", "places", "bodies", "home_only", "abroad_only", "sectors", "general_sectors"),
    *("offices", "former", "before_office", "persons", "surnames"),
)
_BEFORE_COUNTRY = {key(word) for word in ("nước", "phía", "vương", "quốc", "cộng", "hòa", "nhà", "chính", "quyền")}


def _each(content: Any, add: Any) -> list[str]:
    """Adds each of a list of names; complaints about what is none."""
    if not isinstance(content, list):
        return ["a list of names was expected"]
    problems = []
    for entry in content:
        if not isinstance(entry, str) or not keys(entry):
            problems.append(f"{entry!r} is not a name")
        else:
            add(entry)
    return problems


def _problem_of_known(entry: Any) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not keys(entry["name"]):
        return "a `name` and a `code` were expected"
    if unknown := set(entry) - {"name", "code", "sectors", "also", "bare"}:
        return f"unknown field {', '.join(sorted(map(str, unknown)))}"
    code = entry.get("code")
    if not isinstance(code, str) or not (_is_country(code) or code in INTERNATIONAL):
        return f"code {code!r} is neither an ISO 3166-1 alpha-3 code nor one of {' '.join(INTERNATIONAL)}"
    sectors = entry.get("sectors", [])
    if not isinstance(sectors, list) or (wrong := [s for s in sectors if s not in SECTORS]):
        return f"sectors: {sectors if not isinstance(sectors, list) else wrong[0]!r} is not one of PLOVER's {' '.join(SECTORS)}"
    if problems := _each(entry.get("also", []), lambda name: None):
        return f"also: {problems[0]}"
    return "" if isinstance(entry.get("bare", False), bool) else f"bare: {entry['bare']!r} is neither true nor false"


def _read_yaml(path: str | os.PathLike[str]) -> dict[str, Any]:
    import yaml

    with open(path, encoding="utf-8") as file:
        try:
            record = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise DataError([f"{os.fspath(path)}: not YAML: {error}"]) from None
    if record is None:
        return {}
    if not isinstance(record, dict):
        raise DataError([f"{os.fspath(path)}: sections were expected"])
    return record


@cache
def _cldr() -> dict[str, str]:
    """Vietnamese names by ISO 3166-1 alpha-3 code."""
    import pycountry
    from babel import Locale

    found = {}
    for short, name in Locale("vi").territories.items():
        country = pycountry.countries.get(alpha_2=short) if len(short) == 2 else None
        if country:
            found[country.alpha_3] = name
    return found


def _is_country(code: str) -> bool:
    return code in _cldr() or code == "XKX"


_SYLLABLE = re.compile(
    "(?:ngh|ng|nh|ch|gh|gi|kh|ph|th|tr|qu|[bcdđghklmnpqrstvx])?"
    "(?:a[iouy]?|ă|â[uy]?|e[ou]?|êu?|ia|i?êu?|ieu?|iu?|oa[ioy]?|oă|oeo?|o[io]?|ôi?|ơi?|ua|uây?|uê|ue|u[iou]?|uôi?|uơ|ư[aiu]?|ươ[iu]?|uoi|uou"
    "|uya|uyêu?|uyeu?|uyu?|yêu?|yeu?|y)"
    "(?:ng|nh|[mn]|(?P<stop>ch|[cpt]))?",
    re.IGNORECASE,
)
"""Tone marks aside; also as written without any marks."""
_ROMAN = re.compile("[IVX]+")
_STOP_TONES = {"\u0301", "\u0323"}
_ABBREVIATIONS = {*WORD.findall("TNHH CP TP HCM UBND TAND VKSND VKS KSND HĐND THPT MTV CHQS BĐBP LHQ GD TNCS")}


@lru_cache(maxsize=20_000)
def vietnamese(text: str) -> bool:
    """Whether each word has the form of a Vietnamese syllable; a few Vietnamese abbreviations and figures aside.

    >>> vietnamese("Công ty Bay dịch vụ miền Bắc"), vietnamese("Công ty Medsintez"), vietnamese("Nong Het")
    (True, False, False)
    """
    for word in WORD.findall(unicodedata.normalize("NFC", text)):
        if word in _ABBREVIATIONS or word.isdigit() or _ROMAN.fullmatch(word):
            continue
        marks = unicodedata.normalize("NFD", word)
        tones = _TONES.intersection(marks)
        syllable = _SYLLABLE.fullmatch(unicodedata.normalize("NFC", "".join(c for c in marks if c not in _TONES)))
        # A syllable that ends in a stop has one of two tones; without a mark it is of another language.
        if not syllable or (syllable["stop"] and not tones & _STOP_TONES):
            return False
    return True


_TONES = {*"\u0300\u0301\u0303\u0309\u0323"}
