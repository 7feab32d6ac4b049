"""The figures of error cards as they are printed: as many decimals for each, on pages, in text and in the pack."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from benchmarks.bars import SHARES, force_by_force, known_bars
from offduty.analyses import interests_summary, presence_summary, roster_summary, site_days_summary
from offduty.analyses.answer_page import error_card_tables
from offduty.analyses.error_cards import error_card
from offduty.pages.language import ENGLISH, language
from tests.unit.analyses.shown_answers import shown_pages
from tests.unit.report.pages import Element, cells, read

TEXTS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "presence": presence_summary.card_text,
    "site-days": site_days_summary.card_text,
    "interests": interests_summary.card_text,
    "roster-audit": roster_summary.card_text,
}
UNEVEN = {"percent": 99.2, "from": 98.86, "to": 99.4}


def with_uneven(analysis: str) -> dict[str, Any]:
    """The card of an analysis, in which each share has these figures."""
    return {
        name: {**each, **UNEVEN} if isinstance(each, dict) and "percent" in each else each
        for name, each in error_card(analysis).items()
    }


@pytest.mark.parametrize("analysis", TEXTS)
def test_a_line_has_two_decimals_for_a_figure_and_for_both_ends(analysis: str) -> None:
    """An interval read "98.86 to 99.4"."""
    lines = TEXTS[analysis](with_uneven(analysis))
    shares = [line for line in lines if line.endswith("%).")]
    assert shares
    assert all(line.endswith(": 99.20 % (98.86 to 99.40 %).") for line in shares)


@pytest.mark.parametrize("analysis", ["presence", "interests", "roster-audit"])
def test_of_100_conclusions_the_right_ones_have_one_decimal(analysis: str) -> None:
    """So the card has them: two would say more than was measured. Of days on site nothing is concluded."""
    card = error_card(analysis)
    (name,) = (name for name in card if name.startswith("of_100_"))
    last = TEXTS[analysis]({**card, name: {"1 %": 4.0, "2 %": 7.94}})[-1]
    assert last.endswith(" 4.0 if 1 %, 7.9 if 2 %.")
    assert "if 1 %" not in TEXTS["site-days"](error_card("site-days"))[-1]


@pytest.mark.parametrize("name", shown_pages())
def test_a_page_has_the_same_decimals_in_both_languages(name: str) -> None:
    """Of shares, of their intervals, and of what rules of silence would do."""
    for pages, sign in ((shown_pages(), r"\."), (shown_pages(language("de")), ",")):
        shares = [each for table in of_cards(read(pages[name])) for row in cells(table) for each in row[1:]]
        assert shares
        assert [each for each in shares if not re.fullmatch(rf"\d+{sign}\d\d( \w+ \d+{sign}\d\d)?", each)] == []


def of_cards(page: Element) -> list[Element]:
    """The tables of a page whose figures have an interval."""
    heads = {ENGLISH.say("answer.card_interval"), language("de").say("answer.card_interval")}
    return [table for table in page.all("table") if {head.text for head in table.all("th")} & heads]


def test_the_pack_has_the_decimals_of_the_answers() -> None:
    """It is made of the same tables."""
    made = error_card_tables("presence", with_uneven("presence"), ENGLISH)
    (shares, *_) = of_cards(read(f"<html><body>{made}</body></html>".encode()))
    assert {(row[1], row[2]) for row in cells(shares)} == {("99.20", "98.86 to 99.40")}


def test_the_bars_have_two_decimals_too() -> None:
    """Of every share of a card, of its interval, and of each force."""
    shares = [bar for bar in known_bars() if bar.where.startswith("card, seeds")]
    assert len(shares) >= len(SHARES)
    for bar in shares:
        assert re.match(r"\d+\.\d\d % \(", bar.figure), bar
        assert re.fullmatch(r"\d+\.\d\d to \d+\.\d\d %", bar.interval), bar
    assert [each for each in force_by_force() if not re.fullmatch(r"\d+\.\d\d", each)] == []
