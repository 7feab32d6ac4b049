"""`offduty explain` answers on a terminal, in words, and nowhere else (specification#explain)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.command import contents, on_terminal
from tests.cli.test_silence import planted, sightings
from tests.forked import forked
from tests.world import AFTERWARDS, lay_out, ping, world

AS_OF = ("--as-of", AFTERWARDS)


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day with a way from home to work."""
    pings = [ping("08:10", "home"), ping("08:20", "street"), ping("08:30"), ping("15:30"), ping("nonsense")]
    return lay_out(world(pings), tmp_path_factory.mktemp("job"))


def test_a_way_is_explained_proof_by_proof(job):
    """Held, failed and not reached, in order, at most 80 columns wide."""
    done = on_terminal("explain", job, "--row", "pings/part-0.csv:1", *AS_OF)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("hidden, home_leg: it lies on the way to or from a place")
    states = re.findall(r"^( +)(held|failed|not reached)  ", done.stdout, re.MULTILINE)
    assert [state for indent, state in states if len(indent) == 2] == ["held"] * 9 + ["failed", "not reached"]
    assert [state for indent, state in states if len(indent) > 2] == ["failed", "held", "held"]
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("row", "beginning"),
    [
        ("0:0", "hidden, protected_place: "),
        ("0:2", "released, on_duty: "),
        ("0:4", "hidden, quarantine:bad_time: the row has no readable instant"),
    ],
)
def test_other_rows(job, row, beginning):
    """The file may be named by its number."""
    assert on_terminal("explain", job, "--row", row, *AS_OF).stdout.startswith(beginning)


def test_a_row_outside_of_the_interval(job):
    """It is not decided, and there is nothing to prove."""
    done = on_terminal("explain", job, "--row", "0:2", "--from", "2026-03-02T12:00:00Z", *AS_OF)
    assert " ".join(done.stdout.split()) == "not decided: it lies outside of the interval, or after as_of"


def test_it_answers_on_a_terminal_only(job):
    """Into a pipe it says why not, and reads nothing."""
    done = forked("explain", job, "--row", "0:0", *AS_OF)
    assert (done.returncode, done.stdout) == (2, "")
    assert "explain answers on a terminal only" in done.stderr


def test_a_row_that_is_not_there_is_exit_2(job):
    """And without --row it is a wrong command, too."""
    assert on_terminal("explain", job, "--row", "0:99", *AS_OF).returncode == 2
    assert on_terminal("explain", job, *AS_OF).returncode == 2


def test_what_stops_a_run_before_it_decides_stops_it(tmp_path):
    """With exit code 3."""
    job = lay_out(world(), tmp_path)
    (tmp_path / "roster.csv").write_text("nothing\n")
    assert on_terminal("explain", job, "--row", "0:0", *AS_OF).returncode == 3


def test_it_keeps_no_history_and_prints_no_value(tmp_path):
    """Nothing is written beside the job or left in the folder for temporary files, and no canary is printed."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    job = lay_out(planted(), tmp_path / "job")
    before = contents(tmp_path / "job")
    env = {"TMPDIR": str(temporary), "HOME": str(tmp_path)}
    for row in range(len(planted()["tables"]["pings"])):
        done = on_terminal("explain", job, "--row", f"0:{row}", *AS_OF, env=env)
        assert done.returncode == 0
        assert sightings({"stdout": done.stdout.encode(), "stderr": done.stderr.encode()}) == []
        assert not re.search(r"\d", done.stdout.replace("(0, 0)", ""))
    assert contents(tmp_path / "job") == before
    assert list(temporary.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"temporary", "job"}
