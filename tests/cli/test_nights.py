"""Several nights of a small force whose roster grows: no night is run again without a reason, and what was published
verifies with the last night's files.
"""

from __future__ import annotations

from pathlib import Path

from offduty import run
from offduty.runs.plan import CURRENT, MISSING, STALE, plan
from offduty.runs.run import RunResult
from offduty.verify.auditor import Auditor, Status, verify
from tests.grown import append
from tests.world import assignment, lay_out, ping, place, shift, site, world, write_table

DAYS = [f"2026-03-{day:02}" for day in range(2, 9)]
LAST = "2026-03-09"


def duty(officer: str, day: str, planned: str) -> dict[str, object]:
    """A day's shift, as it was planned on another day."""
    return shift(
        f"{day}T08:00", f"{day}T16:00", shift_id=f"{officer}-{day}", officer=officer, recorded=f"{planned}T12:00:00Z"
    )


def force(folder: Path) -> Path:
    """Two officers; the roster has the first two days."""
    given = world(
        [],
        assignments=[assignment(), assignment("d2", "o2")],
        roster=[duty(officer, day, "2026-02-20") for officer in ("o1", "o2") for day in DAYS[:2]],
        places=[place(), place("other home", officer="o2", place_id="h2")],
        sites=[site()],
    )
    return lay_out(given, folder, files=0)


def night(folder: Path, number: int) -> None:
    """What arrives in a night: the day's positions, and the plan of the day after tomorrow."""
    day = DAYS[number]
    rows = [
        ping(f"{day}T{clock}:00Z", "station", device=device)
        for device in ("d1", "d2")
        for clock in ("08:30", "12:00", "15:30")
    ]
    write_table(folder / "pings" / f"{day}.csv", "pings", rows)
    if number + 2 < len(DAYS):
        append(folder / "roster.csv", *(duty(officer, DAYS[number + 2], day) for officer in ("o1", "o2")))


def the_day(number: int) -> dict[str, str]:
    """The interval of a day."""
    return {"start": DAYS[number], "end": [*DAYS, LAST][number + 1]}


def that_night(folder: Path, number: int) -> RunResult:
    """The run of a day, early the next morning."""
    return run(one_day_job(folder, number), **the_day(number), as_of=f"{[*DAYS, LAST][number + 1]}T04:00:00Z")


def verified(folder: Path) -> dict[str, Status]:
    """How each check ends with the files that are there now."""
    given = Auditor(inputs=folder / "job.toml", reference=folder / "job.toml", policy=folder / "policy.toml")
    return {check.number: check.status for check in verify(folder / "store", given).checks}


def one_day_job(folder: Path, number: int) -> Path:
    """The job with the positions of one day: every other night's file is no part of the question."""
    job = folder / f"job-{number}.toml"
    job.write_text((folder / "job.toml").read_text().replace('"pings"', f'"pings/{DAYS[number]}.csv"'))
    return job


def test_a_roster_that_grows_makes_no_night_stale(tmp_path):
    """Each night is run once. Every night before is asked for again, and is already there; with the last night's files
    all of them verify.
    """
    force(tmp_path)
    made = []
    for number in range(len(DAYS)):
        night(tmp_path, number)
        made.append(that_night(tmp_path, number))
        assert made[-1].published
        assert made[-1].counts["on_duty"] == 6
        for earlier in range(number + 1):
            again = run(one_day_job(tmp_path, earlier), **the_day(earlier))
            assert (again.already, again.run_id) == (True, made[earlier].run_id)
    found = verified(tmp_path)
    assert Status.FAIL not in found.values()
    assert {found[check] for check in ("4.1", "4.2", "5.1", "5.2", "5.3", "5.4")} == {Status.PASS}


def test_a_late_row_makes_exactly_its_day_stale(tmp_path):
    """Leave that is written down days afterwards: that day is run again, and no other."""
    force(tmp_path)
    for number in range(len(DAYS)):
        night(tmp_path, number)
        if number < len(DAYS) - 1:
            that_night(tmp_path, number)
    jobs = [one_day_job(tmp_path, number) for number in range(len(DAYS))]
    late = shift(f"{DAYS[2]}T10:00", f"{DAYS[2]}T14:00", "leave", shift_id="late", recorded="2026-03-20T00:00:00Z")
    append(tmp_path / "roster.csv", late)
    states = []
    for number, job in enumerate(jobs):
        (planned,) = plan(job, **the_day(number))
        states.append(planned.state)
        changes = [(change.what, change.how, change.name) for change in planned.because]
        assert changes == ([("roster", "changed", "roster.csv")] if number == 2 else [])
    assert states == [CURRENT, CURRENT, STALE, CURRENT, CURRENT, CURRENT, MISSING]
    again = run(jobs[2], **the_day(2))
    assert again.published
    assert again.counts["off_duty"] == 1
    assert verified(tmp_path)["4.1"] is Status.PASS


def test_a_row_that_was_altered_afterwards_is_found(tmp_path):
    """With the last night's files, and by its table; the nights before it was altered are named."""
    force(tmp_path)
    for number in range(3):
        night(tmp_path, number)
        that_night(tmp_path, number)
    path = tmp_path / "roster.csv"
    path.write_text(path.read_text().replace(f"{DAYS[2]}T08:00", f"{DAYS[2]}T06:00", 1))
    given = Auditor(inputs=tmp_path / "job.toml")
    (found,) = (check for check in verify(tmp_path / "store", given).checks if check.number == "4.1")
    assert found.status is Status.FAIL
    assert len(found.findings) == 3
    assert all(": roster: of the " in finding for finding in found.findings)
