"""`offduty interests`: a register of which nothing, or not all, can be read is never answered with a silence."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.command import here
from tests.unit.analyses.registers import COLUMNS, interest
from tests.world import lay_out, ping, shift, world

GOOD = interest("i1", "o1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A policy in which the question was agreed on, and a roster."""
    terms = {"purpose": "advice", "recipients": ["standards"], "keep_days": 90}
    given = world([ping("2026-03-02T09:00:00Z")], roster=[shift("2026-03-02T08:00", "2026-03-02T16:00")])
    given["policy"]["analyses.interests"] = terms
    lay_out(given, tmp_path)
    return tmp_path


def asked(folder: Path, rows: list[list[str]], *options: str):
    """The question about a register of these rows below a head."""
    with (folder / "register.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    named = ("--register", "register.csv", "--roster", "roster.csv", "--policy", "policy.toml")
    return here("interests", *named, *options, cwd=folder)


def row(**changes: str) -> list[str]:
    """A row of the register."""
    return [{**GOOD, **changes}[name] for name in COLUMNS]


@pytest.mark.parametrize("options", [(), ("--officer", "o1")])
def test_a_register_of_which_nothing_can_be_read_stops(folder, options):
    """Days before months, in every row: "no finding" would be said of everybody."""
    done = asked(folder, [row(valid_from="02/03/2026"), row(interest_id="i2", valid_from="02/03/2026")], *options)
    assert (done.returncode, done.stdout) == (3, "")
    assert "register.csv: not one interest can be read" in done.stderr
    assert "o1" not in done.stderr


@pytest.mark.parametrize("options", [(), ("--officer", "o1")])
def test_interests_that_are_not_assessed_are_said(folder, options):
    """With no small number, and nobody's id; where all can be read nothing is said."""
    done = asked(folder, [row(), row(interest_id="i2", valid_from="02/03/2026")], *options)
    assert done.returncode == 0, done.stderr
    assert "fewer than 10 interests of the register are not assessed" in done.stderr
    assert "i2" not in done.stderr
    assert "not assessed" not in asked(folder, [row()], *options).stderr


def test_a_register_whose_rows_have_a_value_more_than_its_head_is_refused(folder):
    """A comma at the end of each line: the reader took the first column for row names, and moved all others."""
    done = asked(folder, [[*row(), ""]])
    assert (done.returncode, done.stdout) == (3, "")
    assert "more values than the header" in done.stderr
