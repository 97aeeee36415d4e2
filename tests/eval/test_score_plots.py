"""Figures hold whatever labels users have, keep apart in one page, and come out the same each time."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from hoptac.eval.score_plots import (
    DPI,
    FIRST,
    VARIABLES,
    WIDTH,
    Dot,
    Panel,
    dots,
    inline_svg,
    reliability_plot,
    threshold_curves,
    write_png,
)

CURVE = {"precision": [0.4, 0.8, 0.0], "recall": [1.0, 0.5, 0.0], "f1": [0.57, 0.62, 0.0]}
BINS: list[dict[str, Any]] = [
    {"count": 90, "probability": 0.02, "right": 0.01},
    {"count": 0, "probability": None, "right": None},
    {"count": 4, "probability": 0.9, "right": 0.75},
]


def curves(*names: str) -> Figure:
    return threshold_curves(
        {"threshold": [0.2, 0.5, 0.8], "all": CURVE, "topics": dict.fromkeys(names, CURVE)}, {}, dict.fromkeys(names, 5)
    )


def figures() -> dict[str, Figure]:
    rows = [Dot("trade", 0.9, 0.8, 0.95), Dot("mia", None), Dot("defense", 0.4, points=(0.3, 0.5), strong=False)]
    difference = Panel("F1, difference", [Dot("trade", -0.02, -0.1, 0.03)], difference=True)
    return {"dots": dots([Panel("F1", rows), difference]), "curves": curves("trade"), "reliability": reliability_plot(BINS)}


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for axis in figure.axes for text in axis.texts]


@pytest.mark.parametrize("name", ["dots", "curves", "reliability"])
def test_the_same_figure_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    for number in (1, 2):
        write_png(figures()[name], tmp_path / f"{number}.png")
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()
    assert inline_svg(figures()[name], "x") == inline_svg(figures()[name], "x")


def test_a_picture_is_as_wide_as_a_printed_page_at_200_dots_per_inch(tmp_path: Path) -> None:
    write_png(dots([Panel("F1", [Dot("trade", 0.9)])]), tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">I", content[16:20])[0] == round(WIDTH * DPI)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(OSError, match=r"a\.png"):
        write_png(dots([Panel("F1", [Dot("trade", 0.9)])]), tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_ids_of_two_figures_keep_apart_and_every_reference_has_its_target() -> None:
    found = []
    for name in ("one", "two"):
        svg = inline_svg(dots([Panel("F1", [Dot("trade", 0.9, 0.8, 1.0)])]), name)
        ids = re.findall(r' id="([^"]*)"', svg)
        assert ids
        assert len(set(ids)) == len(ids)
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) == set(ids)
        found.append(set(ids))
    assert not found[0] & found[1]


@pytest.mark.parametrize("name", ["dots", "curves", "reliability"])
def test_an_svg_asks_for_nothing_says_no_date_and_leaves_the_pages_style_alone(name: str) -> None:
    svg = inline_svg(figures()[name], "x")
    assert ElementTree.fromstring(svg).tag == "svg"
    assert not re.search("http|<style|<script|<text|<!--|20[2-9][0-9]-|matplotlib", svg, re.IGNORECASE)
    colours = set(re.findall("#[0-9a-f]{6}", svg))
    assert FIRST in colours
    assert colours <= set(VARIABLES)
    assert all(f"var(--{VARIABLES[colour]},{colour})" in svg for colour in colours)
    assert len(re.findall("#[0-9a-f]{6}", svg)) == svg.count("var(--")


@settings(max_examples=10, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_any_label_is_drawn(labels: list[str]) -> None:
    assert ElementTree.fromstring(inline_svg(dots([Panel(labels[0], [Dot(label, 0.5) for label in labels])]), "x")).tag == "svg"
    assert curves(*(f"{n}{label}" for n, label in enumerate(labels))).axes


def test_a_label_with_markup_or_formulas_stands_as_it_is() -> None:
    labels = ["<script>", "$x_1$", "$\\bad{$", "a\nb", "_private"]
    figure = dots([Panel("F1", [Dot(label, 0.5) for label in labels])])
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == [
        "<script>",
        "$x_1$",
        "$\\bad{$",
        "a b",
        "_private",
    ]
    assert "script" not in inline_svg(figure, "x")


def test_a_long_label_is_shortened() -> None:
    [label] = dots([Panel("F1", [Dot("x" * 200, 0.5)])]).axes[0].get_yticklabels()
    assert label.get_text() == "x" * 27 + "…"


def test_a_row_without_a_value_says_so() -> None:
    assert texts(dots([Panel("F1", [Dot("trade", 0.5), Dot("mia", None)])])) == ["  nothing to score"]


def test_shares_stay_between_0_and_1_and_differences_have_a_line_at_zero() -> None:
    wide = dots([Panel("F1", [Dot("x", 0.9, -0.4, 2.2)]), Panel("", [Dot("x", 0.3, 0.2, 0.4)], difference=True)])
    left, right = wide.axes[0].get_xlim()
    assert -0.05 < left < 0 < 1 < right < 1.05
    assert any(list(map(float, line.get_xdata())) == [0, 0] for line in wide.axes[1].lines)  # type: ignore[arg-type]
    assert wide.axes[1].get_xlim()[0] < 0


@pytest.mark.parametrize("value", [0.0, 1.0, None])
def test_an_axis_without_extent_is_drawn(value: float | None) -> None:
    figure = dots([Panel("F1", [Dot("x", value, value, value)]), Panel("", [Dot("x", value and 0.0)], difference=True)])
    assert all(axis.get_xlim()[0] < axis.get_xlim()[1] for axis in figure.axes)


@pytest.mark.parametrize("topics", [1, 4, 12, 40])
def test_there_is_a_panel_for_each_topic_and_one_for_all(topics: int) -> None:
    shown = [axis for axis in curves(*(f"topic {number}" for number in range(topics))).axes if axis.get_visible()]
    assert [axis.get_title(loc="left") for axis in shown] == ["all topics", *(f"topic {n}" for n in range(topics))]


def test_the_three_curves_differ_without_colour() -> None:
    lines = curves("trade").axes[1].lines
    assert len({(line.get_linestyle(), line.get_linewidth(), line.is_dashed()) for line in lines}) == 3
    assert len({to_hex(line.get_color()) for line in lines}) == 3


def test_precision_has_no_value_where_nothing_is_found() -> None:
    precision, recall, _ = curves("trade").axes[1].lines
    assert list(precision.get_ydata()) == pytest.approx([0.4, 0.8, float("nan")], nan_ok=True)  # type: ignore[arg-type]
    assert list(recall.get_ydata()) == [1.0, 0.5, 0.0]  # type: ignore[arg-type]


def test_a_topic_that_is_not_in_the_gold_has_no_curves() -> None:
    figure = threshold_curves({"threshold": [0.2, 0.5, 0.8], "all": CURVE, "topics": {"mia": CURVE}}, {"mia": 0.5}, {"mia": 0})
    assert texts(figure) == ["not in the gold"]
    assert not figure.axes[1].lines


def test_bins_with_few_pairs_are_hollow() -> None:
    _, _, many, few = reliability_plot(BINS).axes[0].lines
    assert many.get_markerfacecolor() == FIRST
    assert few.get_markerfacecolor() != FIRST


def test_empty_bins_are_drawn(recwarn: pytest.WarningsRecorder) -> None:
    empty: dict[str, Any] = {"count": 0, "probability": None, "right": None}
    assert len(reliability_plot([empty] * 15).axes) == 2
    assert not recwarn.list
