"""Check 6.1: rows that a later run releases and an earlier one hid are explained by what changed, with their number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offduty import run
from offduty.verify.auditor import Auditor, verify
from offduty.verify.checks.widening import FILES_GONE, LATE_FILE, OTHER_FILES, causes_in_pings
from offduty.verify.verdict import Check, Status
from tests import made_before
from tests.world import AFTERWARDS, World, assignment, lay_out, ping, place, shift, world, write_table

MORNING = "2026-03-02T12:00:00Z"
SICK = shift("09:00", "10:00", code="leave", shift_id="sick", recorded="2026-02-02T00:00:00Z")
CANCELLED = shift("09:00", "10:00", code="leave", shift_id="sick", status="cancelled", recorded="2026-05-01T00:00:00Z")


def ran(folder: Path, *asked: tuple[World, dict[str, Any]]) -> Check:
    """Check 6.1 for a store after several runs, each with its own world and options."""
    for given, options in asked:
        made_before.ran(lay_out(given, folder), **options)
    checks = {check.number: check for check in verify(folder / "store", Auditor()).checks}
    assert {number for number, check in checks.items() if check.status is Status.FAIL} <= {"6.1"}
    return checks["6.1"]


def ran_with_another_roster(folder: Path, roster: list[dict[str, Any]]) -> Check:
    """Check 6.1 for two runs: the earlier one knew of a leave, the later one has this roster."""
    pings = [ping("08:30"), ping("09:30"), ping("15:30")]
    before = world(pings, roster=[shift(), SICK])
    after = world(pings, roster=roster)
    return ran(folder, (before, {"as_of": "2026-04-15T00:00:00Z"}), (after, {"as_of": AFTERWARDS}))


def widened(check: Check) -> list[tuple[str, int, tuple[str, ...]]]:
    """The figures of the check: what the rows were, how many, and the causes that there may be."""
    return [(f.what.split()[3].rstrip(":"), f.count.value, f.causes) for f in check.figures]


def test_windows_that_have_ended(tmp_path):
    """Rows that were `window_open` at noon are released later; a ping after noon was not recorded then."""
    check = ran(tmp_path, (world(), {"as_of": MORNING}), (world(), {"as_of": AFTERWARDS}))
    assert check.status is Status.PASS
    ended = "duty windows that were open have ended"
    assert str(check.why) == f"2 released later by entry 1, was window_open in entry 0: {ended}"
    assert widened(check) == [("window_open", 2, ("window_closed",))]


def test_a_policy_that_changed(tmp_path):
    """Each row that a weaker policy releases is counted with that explanation."""
    far = world([ping("08:30"), ping("12:00", "street", 150), ping("15:30")])
    weak = world([ping("08:30"), ping("12:00", "street", 150), ping("15:30")], policy={"accuracy": {"max_m": 200.0}})
    check = ran(tmp_path, (far, {"as_of": AFTERWARDS}), (weak, {"as_of": AFTERWARDS, "supersede_policy": True}))
    assert str(check.why) == "1 released later by entry 2, was imprecise in entry 0: the policy changed"
    assert (check.status, widened(check)) == (Status.NOT_DONE, [("imprecise", 1, ("policy",))])


def test_a_table_that_changed(tmp_path):
    """The home is somewhere else in the later run."""
    moved = world([ping("08:30"), ping("12:00", "home"), ping("15:30")], places=[place("other home")])
    check = ran(
        tmp_path,
        (world([ping("08:30"), ping("12:00", "home"), ping("15:30")]), {"as_of": AFTERWARDS}),
        (moved, {"as_of": AFTERWARDS}),
    )
    assert check.status is Status.NOT_DONE
    assert "was protected_place in entry 0: places changed, and have no record times" in str(check.why)
    assert ("protected_place", 1, ("table:places",)) in widened(check)


def test_roster_rows_that_became_known(tmp_path):
    """A leave that was cancelled between the two runs, in a roster that both runs read."""
    roster = [
        shift(),
        shift(code="leave", shift_id="away", recorded="2026-02-02T00:00:00Z"),
        shift(code="leave", shift_id="away", status="cancelled", recorded="2026-03-01T00:00:00Z"),
        shift("09:00", "10:00", code="leave", shift_id="sick", recorded="2026-04-01T00:00:00Z"),
        shift("09:00", "10:00", code="leave", shift_id="sick", status="cancelled", recorded="2026-05-01T00:00:00Z"),
    ]
    both = world([ping("08:30"), ping("08:50"), ping("09:30"), ping("15:30")], roster=roster)
    check = ran(tmp_path, (both, {"as_of": "2026-04-15T00:00:00Z"}), (both, {"as_of": AFTERWARDS}))
    assert (check.status, widened(check)) == (Status.PASS, [("off_duty", 1, ("roster_recorded_since",))])


def test_a_late_file_ends_a_silence(tmp_path):
    """Fixes that came late: what was the way to a silence is released, and that is the ordinary course."""
    silence = {"legs": {"max_gap_s": 3600}}
    first = [ping("08:30"), ping("09:00", "street"), ping("12:00")]
    between = [ping(f"{hour:02}:{minute:02}") for hour in (9, 10, 11) for minute in (10, 30, 50)]
    job = lay_out(world(first, policy=silence), tmp_path)
    run(job, as_of=AFTERWARDS)
    write_table(tmp_path / "pings" / "late.csv", "pings", between)
    run(job, as_of="2026-11-21T00:00:00Z")
    check = {each.number: each for each in verify(tmp_path / "store").checks}["6.1"]
    assert (check.status, widened(check)) == (Status.PASS, [("home_leg", 1, ("late_file",))])


def test_rows_of_one_cause_are_one_finding_with_their_number(tmp_path):
    """Not a line for each of a thousand rows: how many, why, and the first of them by file and row."""
    pings = [ping("08:30"), *(ping(f"09:{minute}") for minute in range(20, 27)), ping("15:30")]
    before, after = world(pings, roster=[shift(), SICK]), world(pings, roster=[shift()])
    check = ran(tmp_path, (before, {"as_of": "2026-04-15T00:00:00Z"}), (after, {"as_of": AFTERWARDS}))
    assert (check.status, check.found) == (Status.FAIL, 7)
    (finding,) = check.findings
    assert finding.startswith(
        "entry 1 releases what entry 0 had hidden: 7 rows were off_duty (rows of roster that were known were changed or"
        " removed): "
    )
    assert finding.endswith(".csv row 5, …")


def test_a_roster_that_has_fewer_rows_than_were_known_was_altered(tmp_path):
    """By the number of rows that each run knew: a roster with record times only grows."""
    check = ran_with_another_roster(tmp_path, [shift()])
    assert (check.status, widened(check)) == (Status.FAIL, [("off_duty", 1, ("altered:roster",))])


def test_a_roster_that_is_another_one_cannot_be_told(tmp_path):
    """Whether rows were added or altered: two digests of two instants do not say, so it is no PASS."""
    check = ran_with_another_roster(tmp_path, [shift(), {**SICK, "officer_id": "o9"}])
    assert (check.status, widened(check)) == (Status.NOT_DONE, [("off_duty", 1, ("untold:roster",))])


@pytest.mark.parametrize(
    ("later", "given", "key", "status"),
    [
        ([shift(), SICK, CANCELLED], True, "roster_recorded_since", Status.PASS),
        ([shift(), SICK, CANCELLED], False, "untold:roster", Status.NOT_DONE),
        ([shift(), {**SICK, "officer_id": "o9"}], True, "altered:roster", Status.FAIL),
    ],
)
def test_the_later_files_tell_whether_a_table_only_grew(tmp_path, later, given, key, status):
    """The manifests alone do not. A roster that has only grown is the ordinary course; a row that was altered is not,
    and then the inputs are found to be others, too.
    """
    pings = [ping("08:30"), ping("09:30"), ping("15:30")]
    late = {"duty": {"late_edit_tolerance_s": 10_000_000}}
    run(lay_out(world(pings, roster=[shift(), SICK], policy=late), tmp_path), as_of="2026-04-15T00:00:00Z")
    job = lay_out(world(pings, roster=later, policy=late), tmp_path)
    run(job, as_of=AFTERWARDS)
    checks = {
        check.number: check for check in verify(tmp_path / "store", Auditor(inputs=job if given else None)).checks
    }
    assert (checks["6.1"].status, widened(checks["6.1"])) == (status, [("off_duty", 1, (key,))])
    failed = {number for number, check in checks.items() if check.status is Status.FAIL}
    assert failed == ({"4.1", "6.1"} if status is Status.FAIL else set())


def test_assignments_that_only_grew_leave_the_question_open(tmp_path):
    """They have record times, and what was recorded since is said; but an assignment may be recorded for any reason."""
    known = {"recorded_at": "2026-01-01T00:00:00Z"}
    other = {**assignment(officer="o2", end="2026-03-02T09:00:00Z"), **known}
    over = {**assignment(officer="o2", start="2026-03-02T09:00:00Z"), "recorded_at": "2026-05-01T00:00:00Z"}
    late = {"duty": {"late_edit_tolerance_s": 10_000_000}}
    whole = [ping("08:30"), ping("09:30"), ping("15:30")]
    on = [shift(), shift(shift_id="r2", officer="o2")]
    homes = [place(), place(officer="o2", place_id="h2")]
    both = {"roster": on, "places": homes, "policy": late}
    run(lay_out(world(whole, assignments=[other], **both), tmp_path), as_of="2026-04-15T00:00:00Z")
    job = lay_out(world(whole, assignments=[other, over], **both), tmp_path)
    run(job, as_of=AFTERWARDS)
    check = {check.number: check for check in verify(tmp_path / "store", Auditor(inputs=job)).checks}["6.1"]
    assert (check.status, widened(check)) == (
        Status.NOT_DONE,
        [("unassigned", 2, ("recorded_since:assignments",))],
    )


def test_rows_that_are_hidden_later_are_not_found(tmp_path):
    """A later run may hide more, for any reason."""
    close = world(places=[place("street"), place()])
    check = ran(tmp_path, (world(), {"as_of": AFTERWARDS}), (close, {"as_of": AFTERWARDS}))
    assert (check.status, check.count.value, str(check.why)) == (
        Status.PASS,
        3,
        "no row was released later that was hidden before",
    )


def test_intervals_side_by_side_do_not_overlap(tmp_path):
    """There is nothing to compare, so the check does not apply."""
    check = ran(
        tmp_path,
        (world(), {"as_of": AFTERWARDS, "end": "2026-03-02T12:00:00Z"}),
        (world(), {"as_of": AFTERWARDS, "start": "2026-03-02T12:00:00Z"}),
    )
    assert (check.status, check.count.value) == (Status.DOES_NOT_APPLY, 0)


def test_the_newest_earlier_run_is_compared(tmp_path):
    """The third run is compared with the second where that recorded the row, else with the first."""
    check = ran(
        tmp_path,
        (world(), {"as_of": MORNING}),
        (world(), {"as_of": AFTERWARDS, "end": "2026-03-02T10:00:00Z"}),
        (world(), {"as_of": "2026-11-20T00:00:01Z"}),
    )
    assert "1 released later by entry 1, was window_open in entry 0" in str(check.why)
    assert "1 released later by entry 2, was window_open in entry 0" in str(check.why)
    assert check.count.value == 1 + 2


def manifest_with(time: str, *files: str) -> dict[str, Any]:
    """The time and the files of pings of a run."""
    inputs = [{"table": "pings", "sha256": each} for each in files]
    return {"interval": time, "context_days": time, "inputs": inputs}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("day", "a"), ("day", "a", "b"), [LATE_FILE]),
        (("day", "a", "b"), ("day", "a"), [FILES_GONE]),
        (("week", "a", "b", "c"), ("day", "a", "b"), []),
        (("week", "a"), ("day", "a", "b"), [OTHER_FILES]),
    ],
)
def test_other_files_explain_only_what_they_may(before, after, expected):
    """A day reads fewer files than its week: that releases nothing (specification#independence)."""
    assert list(causes_in_pings(manifest_with(*before), manifest_with(*after))) == expected
