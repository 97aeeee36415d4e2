"""Topics, tags, and the way between spans and tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoptac.data.labels import (
    CORE_TOPICS,
    TOPIC_DESCRIPTIONS,
    TOPICS,
    TYPES,
    Span,
    bio_tags,
    sort_topics,
    spans_to_tags,
    tags_to_spans,
)

Offsets = list[tuple[int, int]]
WORDS: Offsets = [(0, 4), (5, 8), (9, 13), (14, 17)]


def test_the_taxonomy_is_the_guidelines_order() -> None:
    assert (
        *("cybercrime", "mia", "trade", "maritime", "narcotics", "trafficking", "migration", "terrorism"),
        *("law_enforcement", "war_legacy", "defense", "technology"),
    ) == TOPICS
    assert CORE_TOPICS == ("cybercrime", "mia", "trade", "maritime")
    assert TYPES == ("PER", "ORG", "GPE")


def test_every_topic_has_a_description_of_its_own() -> None:
    assert tuple(TOPIC_DESCRIPTIONS) == TOPICS
    assert len(set(TOPIC_DESCRIPTIONS.values())) == len(TOPICS)


def test_bio_tags_have_outside_first_and_begin_before_inside() -> None:
    assert bio_tags() == ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-GPE", "I-GPE")
    assert bio_tags([]) == ("O",)


@pytest.mark.parametrize(
    ("given_topics", "expected"),
    [
        ([], ()),
        (["technology", "cybercrime"], ("cybercrime", "technology")),
        (["trade", "trade"], ("trade",)),
        (reversed(TOPICS), TOPICS),
    ],
)
def test_topics_are_sorted_and_distinct(given_topics: list[str], expected: tuple[str, ...]) -> None:
    assert sort_topics(given_topics) == expected


def test_topics_follow_another_order() -> None:
    assert sort_topics(["a", "b"], ("b", "a")) == ("b", "a")


def test_an_unknown_topic_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown topic 'weather'; known are cybercrime, mia"):
        sort_topics(["trade", "weather"])


@st.composite
def tilings(draw: st.DrawFn) -> tuple[Offsets, list[Span]]:
    """Words with random gaps, some empty (special) tokens, and spans over runs of words."""
    offsets: Offsets = []
    spans: list[Span] = []
    position = 0
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.none() | st.sampled_from(TYPES))
        begins = None
        for _ in range(draw(st.integers(1, 4))):
            if draw(st.integers(0, 5)) == 0:
                offsets.append(draw(st.sampled_from([(0, 0), (position, position)])))
            position += draw(st.integers(0, 2))
            begins = position if begins is None else begins
            offsets.append((position, position + draw(st.integers(1, 5))))
            position = offsets[-1][1]
        if kind is not None and begins is not None:
            spans.append((begins, position, kind))
    return offsets, spans


@given(tilings())
def test_spans_over_whole_words_come_back_from_their_tags(tiling: tuple[Offsets, list[Span]]) -> None:
    offsets, spans = tiling
    tags, cut = spans_to_tags(spans, offsets)
    assert cut == []
    assert len(tags) == len(offsets)
    assert tags_to_spans(tags, offsets) == spans


@given(tilings())
def test_tags_come_back_from_their_spans(tiling: tuple[Offsets, list[Span]]) -> None:
    offsets, spans = tiling
    tags, _ = spans_to_tags(reversed(spans), offsets)
    assert spans_to_tags(tags_to_spans(tags, offsets), offsets) == (tags, [])
    assert all(tag == "O" for tag, (start, end) in zip(tags, offsets, strict=True) if start == end)


@given(tilings(), st.data())
def test_random_spans_are_either_expressed_exactly_or_reported(tiling: tuple[Offsets, list[Span]], data: st.DataObject) -> None:
    offsets, _ = tiling
    length = max((end for _, end in offsets), default=0) + 2
    edges = sorted(data.draw(st.sets(st.integers(0, length), max_size=8)))
    spans = [(s, e, data.draw(st.sampled_from(TYPES))) for s, e in zip(edges[::2], edges[1::2], strict=False)]
    tags, cut = spans_to_tags(spans, offsets)
    found = tags_to_spans(tags, offsets)
    assert set(cut) <= set(spans)
    assert set(spans) - set(cut) <= set(found)
    assert set(cut).isdisjoint(found)


@pytest.mark.parametrize(
    ("span", "tags"),
    [
        ((0, 6, "ORG"), ["B-ORG", "I-ORG", "O", "O"]),
        ((2, 8, "ORG"), ["B-ORG", "I-ORG", "O", "O"]),
        ((6, 7, "PER"), ["O", "B-PER", "O", "O"]),
        ((4, 8, "GPE"), ["O", "B-GPE", "O", "O"]),
        ((4, 5, "GPE"), ["O", "O", "O", "O"]),
        ((20, 25, "GPE"), ["O", "O", "O", "O"]),
    ],
)
def test_a_span_that_cuts_a_token_is_reported_and_tags_what_it_touches(span: Span, tags: list[str]) -> None:
    assert spans_to_tags([span], WORDS) == (tags, [span])


def test_a_cut_span_does_not_spoil_the_next_one() -> None:
    tags, cut = spans_to_tags([(0, 6, "ORG"), (9, 17, "GPE")], WORDS)
    assert tags == ["B-ORG", "I-ORG", "B-GPE", "I-GPE"]
    assert cut == [(0, 6, "ORG")]


def test_adjacent_spans_of_one_type_stay_two() -> None:
    spans = [(0, 8, "GPE"), (9, 13, "GPE")]
    tags, cut = spans_to_tags(spans, WORDS)
    assert tags == ["B-GPE", "I-GPE", "B-GPE", "O"]
    assert cut == []
    assert tags_to_spans(tags, WORDS) == spans


def test_special_tokens_are_outside_and_do_not_break_a_span() -> None:
    offsets = [(0, 0), (0, 4), (4, 4), (5, 8), (0, 0)]
    assert spans_to_tags([(0, 8, "GPE")], offsets) == (["O", "B-GPE", "O", "I-GPE", "O"], [])
    assert tags_to_spans(["O", "B-GPE", "O", "I-GPE", "O"], offsets) == [(0, 8, "GPE")]


@pytest.mark.parametrize("tags", [["I-GPE", "O"], ["O", "I-GPE"], ["B-ORG", "I-GPE"]])
def test_an_inside_tag_that_continues_nothing_raises(tags: list[str]) -> None:
    with pytest.raises(ValueError, match=r"I-GPE at . continues no GPE span"):
        tags_to_spans(tags, WORDS[:2])


def test_an_inside_tag_after_a_gap_raises() -> None:
    with pytest.raises(ValueError, match="I-GPE at 9 continues no GPE span"):
        tags_to_spans(["B-GPE", "O", "I-GPE"], WORDS[:3])


def test_as_many_tags_as_tokens_are_needed() -> None:
    with pytest.raises(ValueError, match="zip"):
        tags_to_spans(["O"], WORDS)
