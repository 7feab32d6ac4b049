"""The tables of the red team are written into the page between its marks, and nowhere else."""

from __future__ import annotations

import pytest

from offduty.redteam import suite
from offduty.redteam.results import FILTER, ResultRow
from tools import write_attacks_page


def adaptive_row(use: str, world: str, mask: str, duties: int, lift: str) -> ResultRow:
    return ResultRow(f"adaptive: {use}", world, mask, 500, duties, 60, 1, lift=lift)


ROWS = [
    adaptive_row(use, "home", mask, duties, f"{number}.06 (0.54-{number + 2}.46)")
    for number, mask in ((6, FILTER), (1, suite.HOLD))
    for duties in (5, 100)
    for use in ("times", "silence", "both")
]
PAGE = (
    "before\n<!-- adaptive -->\nstale\n<!-- /adaptive -->\nbetween\n<!-- attacks -->\nstale\n<!-- /attacks -->\nafter\n"
)


def test_the_adaptive_attacker_at_a_glance():
    """One line for each world and policy, version 1 first; a cell for each number of duties, empty if none was tried."""
    table = write_attacks_page.adaptive(
        [*ROWS, adaptive_row("both", "home", "marks of 30 min", 20, "9.00 (8.00-9.90)")]
    )
    assert table.splitlines() == [
        "| world | policy | 5 duties | 100 duties |",
        "|---|---|---|---|",
        "| *home* | version 1 | 6.1, 6.1, **6.1** (0.5-8.5) | 6.1, 6.1, **6.1** (0.5-8.5) |",
        "| *home* | hold 15 min | 1.1, 1.1, **1.1** (0.5-3.5) | 1.1, 1.1, **1.1** (0.5-3.5) |",
    ]


def test_only_the_text_between_the_marks_is_replaced(tmp_path):
    (tmp_path / "attacks.md").write_text(PAGE)
    write_attacks_page.rewrite(tmp_path, ROWS)
    text = (tmp_path / "attacks.md").read_text()
    assert "stale" not in text
    assert [
        text.startswith("before\n<!-- adaptive"),
        "\nbetween\n" in text,
        text.endswith("<!-- /attacks -->\nafter\n"),
    ] == [True] * 3
    assert text.count("**6.1**") == 2


@pytest.mark.parametrize("lost", ["<!-- attacks -->", "<!-- /attacks -->", "<!-- adaptive -->"])
def test_a_page_without_its_marks_is_left_alone(tmp_path, lost):
    """No byte of it changes."""
    (tmp_path / "attacks.md").write_text(PAGE.replace(lost, ""))
    with pytest.raises(ValueError, match="lacks the mark"):
        write_attacks_page.rewrite(tmp_path, ROWS)
    assert (tmp_path / "attacks.md").read_text() == PAGE.replace(lost, "")
