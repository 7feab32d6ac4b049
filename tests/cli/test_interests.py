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


def test_the_officer_is_told_that_an_interest_is_not_assessed(folder):
    """Not that there is no finding; and somebody else is."""
    rows = [row(), row(interest_id="i2", officer_id="o2", valid_from="02/03/2026")]
    mine = asked(folder, rows, "--officer", "o2")
    assert "not assessed: 1 interest." in mine.stdout
    assert "No finding" not in mine.stdout
    assert "No finding." in asked(folder, rows, "--officer", "o1").stdout


def test_the_roster_is_that_of_the_job(folder):
    """The same answer; and a roster and a job do not go together."""
    plain = asked(folder, [row(pattern="mon 09:00-11:00")], "--officer", "o1")
    named = ("interests", "--register", "register.csv", "--policy", "policy.toml", "--officer", "o1")
    assert "finding I1" in plain.stdout
    assert here(*named, "--inputs", "job.toml", cwd=folder).stdout == plain.stdout
    for more, why in (
        (("--inputs", "job.toml", "--roster", "roster.csv"), "leave --roster out"),
        ((), "name the tables"),
        (("--roster", "roster.csv", "--key", "pseudonym.key"), "name the store, too"),
    ):
        done = here(*named, *more, cwd=folder)
        assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    done = here("interests", "store", *named[1:], "--roster", "roster.csv", cwd=folder)
    assert (done.returncode, "--key" in done.stderr) == (2, True)


def test_only_some_days_may_be_asked_about(folder):
    """The day after has no duty; and no day at all is refused."""
    rows = [row(pattern="mon 09:00-11:00")]
    assert "finding I1" in asked(folder, rows, "--officer", "o1", "--from", "2026-03-02", "--to", "2026-03-03").stdout
    assert "No finding." in asked(folder, rows, "--officer", "o1", "--from", "2026-03-03").stdout
    assert "from 2026-03-03 until before the end" in asked(folder, rows, "--from", "2026-03-03").stdout
    done = asked(folder, rows, "--from", "2026-03-03", "--to", "2026-03-03")
    assert (done.returncode, done.stdout, "--from must be before --to" in done.stderr) == (2, "", True)


def test_a_register_whose_rows_have_a_value_more_than_its_head_is_refused(folder):
    """A comma at the end of each line: the reader took the first column for row names, and moved all others."""
    done = asked(folder, [[*row(), ""]])
    assert (done.returncode, done.stdout) == (3, "")
    assert "more values than the header" in done.stderr
