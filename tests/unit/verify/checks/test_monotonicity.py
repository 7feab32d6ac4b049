"""Check 6.1: rows that a later run releases and an earlier one hid are explained by what changed, with their number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from offduty import run
from offduty.verify.auditor import Auditor, verify
from offduty.verify.verdict import Check, Status
from tests.world import AFTERWARDS, World, lay_out, ping, place, shift, world

MORNING = "2026-03-02T12:00:00Z"


def ran(folder: Path, *asked: tuple[World, dict[str, Any]]) -> Check:
    """Check 6.1 for a store after several runs, each with its own world and options."""
    for given, options in asked:
        run(lay_out(given, folder), **options)
    checks = {check.number: check for check in verify(folder / "store", Auditor()).checks}
    assert {number for number, check in checks.items() if check.status is Status.FAIL} <= {"6.1"}
    return checks["6.1"]


def test_windows_that_have_ended(tmp_path):
    """Rows that were `window_open` at noon are released later; a ping after noon was not recorded then."""
    check = ran(tmp_path, (world(), {"as_of": MORNING}), (world(), {"as_of": AFTERWARDS}))
    assert check.status is Status.PASS
    ended = "duty windows that were open have ended"
    assert str(check.why) == f"2 released later, explained: was window_open, and since entry 0 {ended}"


def test_a_policy_that_changed(tmp_path):
    """Each row that a weaker policy releases is counted with that explanation."""
    far = world([ping("08:30"), ping("12:00", "street", 150), ping("15:30")])
    weak = world([ping("08:30"), ping("12:00", "street", 150), ping("15:30")], policy={"accuracy": {"max_m": 200.0}})
    check = ran(tmp_path, (far, {"as_of": AFTERWARDS}), (weak, {"as_of": AFTERWARDS}))
    assert str(check.why) == "1 released later, explained: was imprecise, and since entry 0 the policy changed"


def test_a_table_that_changed(tmp_path):
    """The home is somewhere else in the later run."""
    moved = world([ping("08:30"), ping("12:00", "home"), ping("15:30")], places=[place("other home")])
    check = ran(
        tmp_path,
        (world([ping("08:30"), ping("12:00", "home"), ping("15:30")]), {"as_of": AFTERWARDS}),
        (moved, {"as_of": AFTERWARDS}),
    )
    assert check.status is Status.PASS
    assert "was protected_place, and since entry 0 places changed" in str(check.why)


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
    assert str(check.why) == (
        "1 released later, explained: was off_duty, and since entry 0 roster rows recorded since are known"
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
    """There is nothing to compare, so the check is NOT DONE."""
    check = ran(
        tmp_path,
        (world(), {"as_of": AFTERWARDS, "end": "2026-03-02T12:00:00Z"}),
        (world(), {"as_of": AFTERWARDS, "start": "2026-03-02T12:00:00Z"}),
    )
    assert (check.status, check.count.value) == (Status.NOT_DONE, 0)


def test_the_newest_earlier_run_is_compared(tmp_path):
    """The third run is compared with the second where that recorded the row, else with the first."""
    check = ran(
        tmp_path,
        (world(), {"as_of": MORNING}),
        (world(), {"as_of": AFTERWARDS, "end": "2026-03-02T10:00:00Z"}),
        (world(), {"as_of": "2026-11-20T00:00:01Z"}),
    )
    assert "2 released later, explained: was window_open, and since entry 0" in str(check.why)
    assert check.count.value == 1 + 2
