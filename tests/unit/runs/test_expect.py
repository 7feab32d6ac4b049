"""A run outside of what its job expects publishes nothing, and the message names each figure and its limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from offduty import run
from offduty.core.errors import InputError
from offduty.runs.check import check
from tests.cli.command import entries, published_nothing
from tests.world import AFTERWARDS, World, assignment, lay_out, ping, place, shift, world


def job_that_expects(folder: Path, given: World | None = None, **expect: Any) -> Path:
    """A job with expectations."""
    job = lay_out(world() if given is None else given, folder)
    lines = [f"{key} = {json.dumps(value)}" for key, value in expect.items()]
    job.write_text("\n".join([job.read_text(), "[expect]", *lines, ""]))
    return job


def stopped(job: Path, **options: Any) -> str:
    """The message of a run that stops; a check of it says the same, and nothing is published."""
    with pytest.raises(InputError) as error:
        run(job, as_of=AFTERWARDS, **options)
    assert error.value.exit_code == 3
    assert published_nothing(job.parent)
    stops = check(job, as_of=AFTERWARDS, **options).stops
    assert stops is not None
    assert str(stops) == str(error.value)
    return str(stops)


def goes_on(job: Path, **options: Any) -> None:
    """The run publishes."""
    assert check(job, as_of=AFTERWARDS, **options).stops is None
    assert run(job, as_of=AFTERWARDS, **options).published


BAD = [ping("08:30"), ping("12:00"), ping("15:30"), ping("nonsense")]


def test_rows_that_cannot_be_read(tmp_path):
    """At exactly the limit the run goes on."""
    said = stopped(job_that_expects(tmp_path / "a", world(BAD), max_quarantined_share=0.24))
    assert said == (
        "job.toml: 25 % of the rows in the interval cannot be read as positions, and expect.max_quarantined_share is"
        " 24 %. Correct the inputs, or what the job expects. Nothing was published"
    )
    goes_on(job_that_expects(tmp_path / "b", world(BAD), max_quarantined_share=0.25))


def test_rows_outside_of_the_interval_do_not_count(tmp_path):
    """A row without an instant belongs to every interval."""
    given = [*BAD[:3], {**ping("2026-03-03T09:00:00Z"), "lat": 95}, {**ping("09:00"), "lat": 95}]
    job = job_that_expects(tmp_path, world(given), max_quarantined_share=0.2)
    assert "25 % of the rows" in stopped(job, start="2026-03-02", end="2026-03-03")
    assert "40 % of the rows" in stopped(job)


def test_positions_of_devices_that_nobody_was_ever_assigned(tmp_path):
    """Of all files read, with the context of the interval; a lookalike meets, and so does an earlier holder."""
    given = [ping("08:30"), ping("09:00", device="D1"), ping("2026-03-03T09:00:00Z", device="d9"), ping("12:00")]
    said = stopped(job_that_expects(tmp_path / "a", world(given), max_unmatched_share=0.2))
    assert "25 % of the positions are of devices that nobody was ever assigned" in said
    assert "expect.max_unmatched_share is 20 %" in said
    goes_on(job_that_expects(tmp_path / "b", world(given), max_unmatched_share=0.25))


def test_reference_rows_that_meet_nothing(tmp_path):
    """Roster and places each by itself; a place for everyone meets everyone, and a row that was recorded later is not
    there.
    """
    given = world(
        roster=[shift(), shift(officer="o9", shift_id="r9"), shift(officer="o8", shift_id="r8", recorded="2026-12-01")],
        places=[place(), place("other home", officer="o9"), place("clinic", officer=None, kind="clinic")],
    )
    said = stopped(job_that_expects(tmp_path / "a", given, max_unmatched_share=0.3))
    assert "50 % of the rows of the roster are of officers whom no assignment names" in said
    assert "33.3 % of the rows of the places are of officers whom no assignment names" in said
    said = stopped(job_that_expects(tmp_path / "b", given, max_unmatched_share=0.4))
    assert "roster" in said
    assert "places" not in said
    goes_on(job_that_expects(tmp_path / "c", given, max_unmatched_share=0.5))


def test_too_few_positions(tmp_path):
    """Those in the interval that can be read count, whatever becomes of them."""
    job = job_that_expects(tmp_path, world([ping("05:00"), ping("nonsense"), ping("09:00")]), min_pings=2)
    goes_on(job)
    other = job_that_expects(tmp_path / "other", world(BAD), min_pings=4)
    assert "3 positions lie in the interval and can be read, and expect.min_pings is 4" in stopped(other)
    one = stopped(job_that_expects(tmp_path / "one", world([ping("09:00")]), min_pings=2))
    assert "1 position lies in the interval and can be read, and expect.min_pings is 2" in one
    empty = stopped(other, start="2026-05-01", end="2026-05-02")
    assert "0 positions lie in the interval" in empty


def test_all_that_is_outside_stands_in_one_message(tmp_path):
    """Quarantine, devices and number of positions."""
    given = world([ping("09:00"), ping("nonsense"), ping("10:00", device="d9")])
    said = stopped(job_that_expects(tmp_path, given, max_quarantined_share=0, max_unmatched_share=0, min_pings=9))
    assert [key in said for key in ("max_quarantined_share", "max_unmatched_share", "min_pings")] == [True] * 3


def test_without_a_section_nothing_but_the_built_in_expectation_is_enforced(tmp_path):
    """A day without positions is a heartbeat; pings that all meet nothing stop the run in any case."""
    job = lay_out(world(BAD), tmp_path / "a")
    quiet = run(job, as_of=AFTERWARDS, start="2026-05-01", end="2026-05-02")
    assert quiet.published
    manifest = json.loads(entries(tmp_path / "a")[0].read_bytes().partition(b"\n\n")[0])
    assert manifest["quarantined"]["bad_time"] == 1
    nobodys = world(assignments=[assignment("d9")])
    said = stopped(job_that_expects(tmp_path / "b", nobodys, max_unmatched_share=1))
    assert "no ping is of a device that anybody was ever assigned" in said


def test_expectations_are_no_part_of_the_question(tmp_path):
    """Another one gives no other run: what is there stays the answer, even where it is outside of it."""
    job = lay_out(world(BAD), tmp_path)
    first = run(job, as_of=AFTERWARDS)
    job.write_text(job.read_text() + "\n[expect]\nmax_quarantined_share = 0\n")
    again = run(job, as_of=AFTERWARDS)
    assert (again.already, again.run_id) == (True, first.run_id)
