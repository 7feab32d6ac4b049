"""The page about single cases has the tables of its rows, and the bars say what rises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import bars
from benchmarks.bars import MET, MISSED, OPEN, WITH, WITHOUT
from benchmarks.single_cases.kinds import COPIES, NAMING
from benchmarks.single_cases.tables import FORCE, PAGE, PARTS, WORLDS, bar, rises
from offduty.redteam.results import CROSSED, HOLDS, ResultRow
from tools.write_attacks_page import read_rows, write_rows

ROWS = read_rows(PAGE.with_suffix(".csv"))


@pytest.mark.parametrize("name", list(PARTS))
def test_the_page_has_the_tables_of_its_rows(name):
    """And a table has a line for everything that was measured."""
    table = PARTS[name](ROWS)
    assert f"<!-- {name} -->\n{table}<!-- /{name} -->" in PAGE.read_text(encoding="utf-8")
    assert len(table.splitlines()) > (0 if name == "bar" else 3)


def test_every_attack_was_made_without_and_with_in_every_world():
    """Naming and homes in each; whether somebody was at home only where there are whole days."""
    for mask in (WITHOUT, WITH):
        found = {(row.attack, row.world) for row in ROWS if row.mask == mask}
        assert {world for attack, world in found if attack == NAMING} == set(WORLDS)
        assert {attack for attack, world in found if world == FORCE} >= {"8 at home on duty", "adaptive", NAMING}


def test_the_bar_is_about_single_cases_alone_and_own_copies_rise():
    """The attack works where it can: on dated files. The top of attacks.md leads to it."""
    assert any(row.verdict == CROSSED for row in ROWS if row.mask == COPIES)
    top = (PAGE.parent / "attacks.md").read_text(encoding="utf-8").partition("`offduty attack` is the red team")[0]
    assert "(single-cases.md)" in top


def test_a_figure_that_rises_is_named_in_the_sentence_about_the_bar():
    """And only one with single cases."""
    first = next(row for row in ROWS if row.mask == WITH)
    risen = replace(first, verdict=CROSSED)
    assert "**The bar is met**: of 2 figures none" in bar([replace(first, verdict=HOLDS)] * 2)
    assert f"1 lies above it: *{first.attack}* in *{first.world}*" in bar([risen])
    assert "of 2 figures 2 lie above it: " in bar([risen] * 2)
    assert "met" in bar([replace(risen, mask=COPIES), replace(first, verdict=HOLDS)])
    assert rises(CROSSED) == "**yes**"


def test_a_bar_is_missed_where_a_figure_rises_beyond_the_interval(monkeypatch, tmp_path):
    """And met where it does not, or not settled where its own interval goes beyond; that without the files stands beside
    it.
    """
    blank = ResultRow("adaptive", "home", WITHOUT, 2, 28, 60, 3, lift="1.00 (0.50-2.00)")
    rows = [
        blank,
        replace(blank, mask=WITH, lift="1.90 (1.00-2.40)", verdict=HOLDS),
        replace(blank, world="posts"),
        replace(blank, world="posts", mask=WITH, verdict=HOLDS),
        replace(blank, attack=NAMING, lift="", finding="10.0 % (5.0-20.0) of 9"),
        replace(blank, attack=NAMING, mask=WITH, lift="", finding="99.0 % (90.0-99.9) of 9", verdict=CROSSED),
    ]
    place = tmp_path / "docs" / "explanation"
    place.mkdir(parents=True)
    write_rows(place / "single-cases.csv", rows)
    monkeypatch.setattr(bars, "ROOT", tmp_path)
    home, posts, name = bars._of_single_cases()
    assert (home.verdict, home.figure, home.interval) == (OPEN, "lift 1.90", "1.00-2.40")
    assert posts.verdict == MET
    assert (name.verdict, name.figure, name.interval) == (MISSED, "99.0 %", "90.0-99.9")
    assert name.wanted == "within 5.0-20.0, as without (10.0 %)"
