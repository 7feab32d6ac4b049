"""The tables of the red team are made from rows, written into the page between its marks, and nowhere else."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from offduty.redteam import suite
from offduty.redteam.force_worlds import FIRST, POLICIES
from offduty.redteam.proposed_rules import BEFORE
from offduty.redteam.results import CROSSED, FILTER, HOLDS, ResultRow
from offduty.redteam.rule_costs import INIT
from tests.paths import ROOT
from tools import tradeoff_chart, write_attacks_page


def adaptive_row(use: str, world: str, mask: str, duties: int, lift: str) -> ResultRow:
    return ResultRow(f"adaptive: {use}", world, mask, 500, duties, 60, 1, lift=lift)


ROWS = [
    adaptive_row(use, "home", mask, duties, f"{number}.06 (0.54-{number + 2}.46)")
    for number, mask in ((6, FILTER), (1, suite.BY_DEFAULT))
    for duties in (5, 100)
    for use in ("times", "silence", "both")
]
SILENT = [
    ResultRow(
        "16 silent door", "60 m", mask, 200, 12, 60, 3, far=f"{hits}.0 % (0-1)", lift=lift, line=line, verdict=verdict
    )
    for mask, hits, lift, line, verdict in (
        (FIRST, 20, "62.00 (31.00-105.00)", "", ""),
        ("the defaults", 0, "0.00 (0.00-9.00)", "lift <= 1.5", HOLDS),
        (INIT, 9, "5.00 (2.00-9.00)", "lift <= 1.5", CROSSED),
    )
]
PRICE = [
    *(
        ResultRow(
            "price of rules",
            "mixed force",
            mask,
            9,
            3,
            60,
            7,
            finding="75.0 % kept; of what is hidden as home_leg 5.0 % was truly",
        )
        for mask in POLICIES
    ),
    ResultRow(
        "price of rules", "mixed force", f"{INIT}: what hides the rest", 9, 3, 60, 7, finding="hold 4.0; silence 1.0"
    ),
]
PAGE = (
    "before\n"
    + "".join(f"<!-- {name} -->\nstale\n<!-- /{name} -->\nbetween\n" for name in write_attacks_page.PARTS)
    + "after\n"
)


def test_the_adaptive_attacker_at_a_glance():
    """A line for each world; what was not tried is empty, other rules are left out."""
    table = write_attacks_page.adaptive(
        [*ROWS, adaptive_row("both", "home", "marks of 30 min", 20, "9.00 (8.00-9.90)")]
    )
    names = "version 1, {0} duties | default policy, {0} duties"
    assert table.splitlines() == [
        f"| world | {names.format(5)} | {names.format(20)} |",
        "|---|---|---|---|---|",
        "| *home* | 6.06 (0.54-8.46) | 1.06 (0.54-3.46) |  |  |",
    ]


def test_the_worst_figure_stands_for_an_attack_and_version_1_is_not_promised():
    """A crossing, wherever it is, before what holds; rows of the rules of version 1 are left out."""
    old = ResultRow(
        "3 duty-start gap", "home", FILTER, 500, 5, 60, 1, lift="9.00 (8-10)", line="lift <= 1.5", verdict=CROSSED
    )
    (line,) = write_attacks_page.lines([*SILENT, old]).splitlines()[2:]
    assert (
        line
        == "| 16 silent door | lift <= 1.5 | 2 times | 5.00 (2.00-9.00) (*60 m*, 12 duties, what init proposes) | CROSSED |"
    )


def test_a_world_has_a_line_with_its_policies_and_its_price():
    """Version 1 first, then the policies that are promised."""
    assert (
        write_attacks_page.second_round(SILENT)
        .splitlines()[2]
        .startswith("| 16 silent door | *60 m* | 200 | 20.0 %, lift 62.00")
    )
    assert write_attacks_page.price(PRICE).splitlines()[2] == (
        "| *mixed force* | 75.0 % | 75.0 % | 75.0 % | 5.0 % | hold 4.0; silence 1.0 |"
    )


def test_a_rule_that_gives_back_stands_beside_its_best_attack():
    """What it keeps in each of two worlds, the greatest lift with its world, and the adaptive attacker's."""
    rows = [
        ResultRow("price of rules", "mixed force", BEFORE, 9, 3, 60, 7, finding="79.0 % kept, about"),
        ResultRow("3 duty-start gap", "home", BEFORE, 9, 20, 60, 1, lift="0.40 (0.10-1.40)"),
        ResultRow("5 heading", "posts", BEFORE, 9, 20, 60, 1, lift="1.20 (0.10-1.40)"),
        adaptive_row("both", "posts", BEFORE, 20, "2.00 (1.00-3.00)"),
    ]
    head, _, *lines = write_attacks_page.proposals(rows).splitlines()
    assert head == "| rule | *station start* | *mixed force* | attacks 1 to 7 | adaptive, *posts* |"
    (line,) = [line for line in lines if BEFORE in line]
    assert line == f"| {BEFORE} |  | 79.0 % | 1.20 (0.10-1.40) (*posts*) | 2.00 (1.00-3.00) |"


def test_only_the_text_between_the_marks_is_replaced_and_rows_are_as_they_were(tmp_path: Path):
    (tmp_path / "attacks.md").write_text(PAGE)
    write_attacks_page.rewrite(tmp_path, [*ROWS, *SILENT, *PRICE])
    text = (tmp_path / "attacks.md").read_text()
    assert "stale" not in text and text.startswith("before\n<!-- lines -->") and text.endswith("between\nafter\n")
    read = write_attacks_page.read_rows(tmp_path / "attacks.csv")
    given = [dataclasses.replace(row, median_m=0.0) for row in [*ROWS, *SILENT, *PRICE]]
    assert [dataclasses.replace(row, median_m=0.0) for row in read] == given
    assert all(math.isnan(row.median_m) for row in read)


@pytest.mark.parametrize("lost", ["<!-- lines -->", "<!-- /price -->", "<!-- adaptive -->"])
def test_a_page_without_its_marks_is_left_alone(tmp_path: Path, lost: str):
    """No byte of it changes."""
    (tmp_path / "attacks.md").write_text(PAGE.replace(lost, ""))
    with pytest.raises(ValueError, match="lacks the mark"):
        write_attacks_page.rewrite(tmp_path, ROWS)
    assert (tmp_path / "attacks.md").read_text() == PAGE.replace(lost, "")


def test_the_page_has_the_tables_of_its_rows_and_can_be_read():
    """docs/explanation/attacks.md and docs/explanation/attacks.csv are of one run, and the page has at most 150 lines."""
    rows = write_attacks_page.read_rows(ROOT / "docs" / "explanation" / "attacks.csv")
    text = (ROOT / "docs" / "explanation" / "attacks.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    for name, table in write_attacks_page.PARTS.items():
        assert f"<!-- {name} -->\n{table(rows)}<!-- /{name} -->" in text, name


def test_a_policy_is_a_point_of_what_is_kept_and_what_is_gained():
    """A lift of nothing has a place on the scale; rows about other things are none."""
    row = ResultRow(
        "price: best is 5 heading", "round", "hold 15 min", 500, 20, 60, 1, lift="0.00 (0-1)", finding="60.7 % kept"
    )
    assert tradeoff_chart.points([row, *ROWS]) == [("hold 15 min", pytest.approx(0.607), tradeoff_chart.LEAST_LIFT)]
