"""Whether a predictor answers the same when a sentence is spelt in another way, damaged, or tells of others."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ..data.coverage import countries, country_codes, fold
from ..data.schema import Sentence
from ..data.variants import (
    Edit,
    Variant,
    decomposed,
    misread,
    other_dashes,
    other_names,
    other_quotes,
    other_tone_placement,
    rewrite,
    same_length,
    typing_errors,
    wider_spaces,
    without_diacritics,
)
from ..model.predictor import Prediction, Predictor

Names = Mapping[str, Sequence[str]]
"""Different participants' names by type, in a fixed order."""


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A way of writing a sentence differently that leaves its topics as they are.

    >>> PERTURBATIONS["upper case"](Sentence("1", "thăm Lào"), random.Random(1)).sentence.text
    'THĂM LÀO'
    """

    name: str
    description: str
    """A line for a report."""
    edits: Callable[[Sentence, random.Random, Names], Iterable[Edit]]

    def __call__(self, sentence: Sentence, draw: random.Random, names: Names | None = None) -> Variant:
        """The sentence rewritten, or without edits where there is nothing for this perturbation to do.

        Args:
            names: where other names are taken from.
        """
        return rewrite(sentence, self.edits(sentence, draw, names or {}))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one perturbation did to a predictor's answers; one entry per sentence that it has edits for, in the order given."""

    name: str
    description: str
    variants: list[Variant]
    before: list[Prediction]
    """Of the original texts."""
    after: list[Prediction]
    """Of the rewritten texts, with offsets in these."""
    unchanged: list[bool]


def robustness(
    predictor: Predictor,
    sentences: Sequence[Sentence],
    predictions: Sequence[Prediction] | None = None,
    names: Iterable[str] | None = None,
    seed: int = 1,
    batch_size: int = 32,
) -> list[Outcome]:
    """Predict perturbed sentences and compare the answers with those for the sentences as they are.

    Args:
        sentences: with or without labels, which tell where participants stand: so no damage blurs their edges, and persons and
            countries (types `PER` and `GPE`) get other names, taken from the other sentences.
        predictions: of these sentences, if they are known already.
        names: of perturbations; None takes all.

    Raises:
        ValueError: for an unknown perturbation, or if there is not one prediction for each sentence.

    >>> sentences = [Sentence("1", "Hai bên thảo luận về an ninh hàng hải.")]
    >>> [outcome] = robustness(Predictor.from_pretrained(), sentences, names=["nfd"])
    >>> outcome.unchanged
    [True]
    """
    chosen = [_perturbation(name) for name in (PERTURBATIONS if names is None else names)]
    if predictions is None:
        predictions = predictor.predict([s.text for s in sentences], batch_size)
    if len(predictions) != len(sentences):
        raise ValueError(f"predictions: {len(predictions)} for {len(sentences)} sentences")
    outcomes = []
    for perturbation in chosen:
        tried = [(v, p) for v, p in zip(perturbed(perturbation.name, sentences, seed), predictions, strict=True) if v.edits]
        variants, before = [variant for variant, _ in tried], [prediction for _, prediction in tried]
        after = predictor.predict([variant.sentence.text for variant in variants], batch_size)
        same = [unchanged(*answers) for answers in zip(before, after, variants, strict=True)]
        outcomes.append(Outcome(perturbation.name, perturbation.description, variants, before, after, same))
    return outcomes


def _perturbation(name: str) -> Perturbation:
    if name not in PERTURBATIONS:
        raise ValueError(f"unknown perturbation {name!r}; known are {', '.join(PERTURBATIONS)}")
    return PERTURBATIONS[name]


def perturbed(name: str, sentences: Sequence[Sentence], seed: int = 1) -> list[Variant]:
    """A variant of each sentence; what is drawn for one depends on `seed`, on its id, and on the names in all, not on their order.

    >>> [variant] = perturbed("agency mark", [Sentence("1", "Việt Nam và Lào ký hiệp định.")])
    >>> variant.sentence.text
    '(TTXVN) - Việt Nam và Lào ký hiệp định.'

    Raises:
        ValueError: for an unknown perturbation.
    """
    perturbation = _perturbation(name)
    found: dict[str, set[str]] = {}
    for participant in (p for sentence in sentences for p in sentence.participants or ()):
        found.setdefault(participant.type, set()).add(participant.text)
    names = {kind: sorted(texts) for kind, texts in found.items()}
    return [perturbation(s, random.Random(f"{seed} {name} {s.id}"), names) for s in sentences]


def unchanged(before: Prediction, after: Prediction, variant: Variant) -> bool:
    """Whether two answers are the same: topics, and participants with their types, each standing where the other's stands.

    Spans are compared in both texts: in the original alone, half of a name that was put in would pass for the whole.

    >>> from hoptac.data.schema import Participant
    >>> variant = rewrite(Sentence("1", "thăm Lào"), [(0, 0, "(TTXVN) - ")])
    >>> before = Prediction("thăm Lào", (), {}, (Participant("Lào", 5, 8, "GPE"),))
    >>> after = Prediction("(TTXVN) - thăm Lào", (), {}, (Participant("Lào", 15, 18, "GPE"),))
    >>> unchanged(before, after, variant)
    True
    """
    old = {(p.start, p.end, p.type) for p in before.participants}
    new = {(p.start, p.end, p.type) for p in after.participants}
    return (
        set(before.topics) == set(after.topics)
        and old == {(*variant.back(start, end), kind) for start, end, kind in new}
        and new == {(*variant.forward(start, end), kind) for start, end, kind in old}
    )


# Cities, bound forms ("Trung", as in "Mỹ - Trung"), formal names ("Viện Công tố Liên bang Bỉ" bears no "Vương quốc") and those of
# another time: a country's, but not wherever it is named.
_NOT_EVERYWHERE = (
    "A-bu-gia, A-ten, Abu Dhabi, Abuja, Accra, Addis Ababa, Ancara, Ankara, Astana, Athens, Bagdad, Baghdad, Baku, Bamako, "
    "Bangkok, Beirut, Belgrade, Beograd, Berlin, Bern, Bogota, Bogotá, Brasilia, Bratislava, Bucharest, Budapest, Buenos "
    "Aires, Bát-đa, Béc-lin, Bình Nhưỡng, Băng Cốc, Bắc Kinh, Cairo, Canberra, Caracas, Colombo, Copenhagen, Cotonou, Cộng "
    "hòa Azerbaijan, Cộng hòa Uruguay, Dakar, Damascus, Dhaka, Doha, Helsinki, Hong Kong, Honiara, Hà Nội, Hàn, Hồng Kông, "
    "Hợp chủng quốc Hoa Kỳ, Islamabad, Jakarta, Kabul, Khartoum, Kiev, Kigali, Kuala Lumpur, Kyiv, La Habana, La Hay, Lima, "
    "Lisbon, Liên Xô, London, Luanda, Luân Đôn, Ma-ni-la, Madrid, Manila, Minsk, Moscow, Moskva, Mát-xcơ-va, Nairobi, "
    "Naypyidaw, New Delhi, Niamey, Niu Đê-li, Oa-sinh-tơn, Oslo, Ottawa, Pa-ri, Paris, Phnom Penh, Port Moresby, Praha, "
    "Pretoria, Quito, Rabat, Riga, Riyadh, Rome, Santiago, Sarajevo, Seoul, Sofia, Stockholm, Tallinn, Tashkent, Tbilisi, "
    "Tehran, Tel Aviv, Thái, Tirana, Tokyo, Trung, Tê-hê-ran, Tô-ki-ô, Ulan Bator, VN, Vienna, Vientiane, Viet Nam, Vilnius, "
    "Viêng Chăn, Việt, Vácsava, Vương quốc Anh, Vương quốc Bỉ, Vương quốc Campuchia, Warszawa, Washington, Wellington, Xơ-un, "
    "Yerevan, Zagreb, Đa-mát, Đài, Đài Bắc, Đại Hàn Dân Quốc, Ấn, Ốt-ta-oa"
)


@cache
def _spellings() -> Mapping[str, Sequence[str]]:
    """By code the names of each country that may stand for each other."""
    left_out = frozenset(_NOT_EVERYWHERE.split(", "))
    return {code: [name for name in names if name not in left_out] for code, names in countries().items()}


@cache
def _code_of() -> Mapping[str, str]:
    return {name: code for code, names in _spellings().items() for name in names}


@cache
def _code_of_folded() -> Mapping[str, str]:
    """The code for each of these names, without regard to case and tone placement."""
    return {fold(name): code for name, code in _code_of().items()}


@cache
def _after_a_preposition() -> re.Pattern[str]:
    names = sorted(_code_of(), key=len, reverse=True)
    either_case = "|".join(re.escape(spelling) for name in names for spelling in (name, name.upper()))
    return re.compile(rf"(?<!\w)(?i:tại|ở|sang|từ|đến|tới|nước) ({either_case})(?![\w-])")


def _countries_in(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Where the sentence surely names countries: as participants, at the end of organisations' names, and after some prepositions."""
    text = sentence.text
    for p in sentence.participants or ():
        if p.type == "GPE" and fold(p.text) in _code_of_folded():
            yield p.start, p.end
        elif p.type == "ORG":
            words = [match.start() for match in re.finditer(r"\S+", p.text)][1:]
            for start in words:
                before, name = p.text[:start].split()[-1], p.text[start:]
                # "Hoàng Anh" is a name, "Quốc hội Anh" a country's parliament.
                if fold(name) in _code_of_folded() and name[0].isupper() and (before[0].islower() or before.isupper()):
                    yield p.start + start, p.end
                    break
    for match in _after_a_preposition().finditer(text):
        start, end = match.span(1)
        longer = text[end : end + 1] == " " and text[end + 1 : end + 2].isupper() and not text.isupper()  # "Mỹ Tho"
        if not longer and not any(p.start < end and start < p.end for p in sentence.participants or ()):
            yield start, end


def _other_spellings(sentence: Sentence, draw: random.Random, names: Names) -> Iterator[Edit]:
    chosen: dict[str, str] = {}
    for start, end in _countries_in(sentence):
        written = sentence.text[start:end]
        key = fold(written)
        if key not in chosen:
            same = _spellings()[_code_of_folded()[key]]
            others = [name for name in same if fold(name) != key and not re.search("[A-ZĐ]{2}", name)]
            chosen[key] = draw.choice(others) if others else written
        if chosen[key] != written:
            yield start, end, _in_case_of(written, chosen[key], sentence.text)


def _in_case_of(written: str, name: str, text: str) -> str:
    """The name in capitals where the one it replaces is, unless that is so by itself: `UAE`, `Ý`."""
    return name.upper() if written.isupper() and (text.isupper() or " " in written) else name


def _other_persons(sentence: Sentence, draw: random.Random, names: Names) -> list[Edit]:
    persons = list(dict.fromkeys(p.text for p in sentence.participants or () if p.type == "PER"))
    here = list(dict.fromkeys(map(fold, persons)))
    pool = names.get("PER", ())
    # A few more than needed, for those that cannot be taken.
    drawn = [
        name
        for name in draw.sample(pool, min(4 * len(here) + 4, len(pool)))
        if fold(name) not in here and not (name.isupper() and " " in name)
    ]
    other = dict(zip(here, drawn, strict=False))
    found = {(p, "PER"): _in_case_of(p, other[fold(p)], sentence.text) for p in persons if fold(p) in other}
    return other_names(sentence, found)


def _other_countries(sentence: Sentence, draw: random.Random, names: Names) -> Iterator[Edit]:
    """Other countries for all but Việt Nam, one for all names of a country, also at the end of organisations' names.

    So what happened between two countries, or within one, still does.
    """
    participants = [p for p in sentence.participants or () if p.type == "GPE"]
    here = [key for key in dict.fromkeys(_key(p.text) for p in participants) if key != "VNM"]
    pool: dict[str, list[str]] = {}
    for name in names.get("GPE", ()):
        code = _code_of().get(name, "VNM")
        if code != "VNM" and code not in here:
            pool.setdefault(code, []).append(name)
    codes = draw.sample(sorted(pool), min(len(here), len(pool)))
    other = {key: draw.choice(pool[code]) for key, code in zip(here, codes, strict=False)}
    for start, end in sorted({(p.start, p.end) for p in participants}.union(_countries_in(sentence))):
        written = sentence.text[start:end]
        if (key := _key(written)) in other:
            yield start, end, _in_case_of(written, other[key], sentence.text)


def _key(name: str) -> str:
    """The code of a country by any of its names, its capital's included; another name's is the name."""
    return country_codes().get(fold(name), fold(name))


def _agency_mark(sentence: Sentence, draw: random.Random, names: Names) -> list[Edit]:
    # What begins with a bracket or a dash has a mark, or is an answer in an interview.
    return [] if sentence.text.startswith(tuple("([-–—")) else [(0, 0, "(TTXVN) - ")]


PERTURBATIONS: Mapping[str, Perturbation] = {
    perturbation.name: perturbation
    for perturbation in (
        Perturbation("nfd", "Unicode NFD: letters and their marks apart", lambda s, draw, names: decomposed(s.text)),
        Perturbation("tone placement", "hòa for hoà, hoà for hòa", lambda s, draw, names: other_tone_placement(s.text)),
        Perturbation(
            "no diacritics", "plain letters: Viet Nam", lambda s, draw, names: same_length(s.text, without_diacritics)
        ),
        Perturbation("upper case", "all in capitals", lambda s, draw, names: same_length(s.text, str.upper)),
        Perturbation("lower case", "all in small letters", lambda s, draw, names: same_length(s.text, str.lower)),
        Perturbation(
            "quotes", "straight for typographic marks, typographic for straight", lambda s, draw, names: other_quotes(s.text)
        ),
        Perturbation(
            "dashes", "hyphen for dash, dash for hyphen, with spaces or without", lambda s, draw, names: other_dashes(s, draw)
        ),
        Perturbation(
            "white space", "one space in five doubled or non-breaking", lambda s, draw, names: wider_spaces(s.text, draw)
        ),
        Perturbation("agency mark", "(TTXVN) - before the sentence", _agency_mark),
        Perturbation("country names", "another name of the same country: Mỹ for Hoa Kỳ", _other_spellings),
        Perturbation("other persons", "every person under another name", _other_persons),
        Perturbation("other countries", "other countries for all but Việt Nam", _other_countries),
        Perturbation("typing errors", "a slip in one of twelve syllables", lambda s, draw, names: typing_errors(s, draw)),
        Perturbation("OCR noise", "one character in fifty read wrongly", lambda s, draw, names: misread(s, draw)),
    )
}
"""What `robustness` tries, by name: spelling, names, damage."""
