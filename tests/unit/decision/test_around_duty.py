"""Pings in the hours around duty are counted where they are, and in no hour that is not beside duty."""

from __future__ import annotations

import numpy as np
import pytest

from offduty.core.instants import instant
from offduty.decision import around_duty
from offduty.decision.around_duty import NOT_AROUND, AroundDuty, DutyHours
from offduty.duty.on_duty import settle_duty
from offduty.duty.timeline import Timeline, settle_timeline
from tests.unit.duty.tables import Row, custody_of, roster_of, us
from tests.world import assignment, at, shift

AS_OF = "2026-11-01T00:00:00Z"


def timeline_of(roster: list[Row], assignments: list[Row]) -> Timeline:
    """The timeline of some devices."""
    custody = custody_of(assignments)
    settled = settle_duty(roster_of(roster, AS_OF, tuple(custody.officers)), 0, us(AS_OF))
    return settle_timeline(custody, settled)


def count(
    clocks: list[str], roster: list[Row] | None = None, assignments: list[Row] | None = None, device: int = 0
) -> AroundDuty:
    """What is counted of pings of one device at some instants; the usual duty is from 08:00 to 16:00."""
    timeline = timeline_of([shift()] if roster is None else roster, assignments or [assignment()])
    observed = np.array([instant(at(clock)) for clock in clocks], np.int64)
    devices = np.full(len(observed), device, np.int32)
    return DutyHours.of(timeline).count(timeline.at(devices, observed), observed, None)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("06:59:59.999999", NOT_AROUND),
        ("07:00", AroundDuty(before=1)),
        ("07:59:59.999999", AroundDuty(before=1)),
        ("08:00", AroundDuty(first=1)),
        ("08:59:59.999999", AroundDuty(first=1)),
        ("09:00", NOT_AROUND),
        ("14:59:59.999999", NOT_AROUND),
        ("15:00", AroundDuty(last=1)),
        ("15:59:59.999999", AroundDuty(last=1)),
        ("16:00", AroundDuty(after=1)),
        ("16:59:59.999999", AroundDuty(after=1)),
        ("17:00", NOT_AROUND),
        ("2025-12-31T23:59:59Z", NOT_AROUND),
    ],
)
def test_each_hour_is_half_open(clock, expected):
    """The hour before duty, the first, the last, and the hour after it."""
    assert count([clock]) == expected


def test_of_a_short_duty_the_first_hour_is_the_last_hour():
    """Both are counted."""
    assert count(["08:30"], [shift("08:00", "09:00")]) == AroundDuty(first=1, last=1)


def test_codes_do_not_divide_a_duty():
    """Overtime that follows the shift is the same window."""
    roster = [shift("08:00", "12:00"), shift("12:00", "16:00", "court", shift_id="r2")]
    assert count(["11:30", "12:30"], roster) == NOT_AROUND
    assert count(["15:30"], roster) == AroundDuty(last=1)


def test_a_short_break_between_two_duties_is_no_hour_beside_duty():
    """One of two hours is, on both sides."""
    roster = [shift("08:00", "12:00"), shift("13:30", "16:00", shift_id="r2")]
    assert count(["12:30", "13:00"], roster) == NOT_AROUND
    roster = [shift("08:00", "12:00"), shift("14:00", "16:00", shift_id="r2")]
    assert count(["12:30", "13:00"], roster) == AroundDuty(after=1, before=1)


def test_time_in_which_nobody_held_the_device_is_beside_no_duty():
    """Neither is that of another device, nor of one that nobody was assigned."""
    assert count(["07:30", "16:30"], assignments=[assignment(start="08:00", end="16:00")]) == NOT_AROUND
    both = [assignment(), assignment("d2", "o2")]
    assert count(["07:30"], assignments=both, device=1) == NOT_AROUND
    assert count(["07:30"], device=-1) == NOT_AROUND


def test_of_very_many_devices_always_the_same_are_counted(monkeypatch):
    """Every so manieth by number."""
    monkeypatch.setattr(around_duty, "ENOUGH_DEVICES", 2)
    roster = [shift(officer=f"o{n}", shift_id=f"r{n}") for n in range(6)]
    held = [assignment(f"d{n}", f"o{n}") for n in range(6)]
    found = [count(["07:30"], roster, held, device).before for device in range(6)]
    assert found == [1, 0, 0, 1, 0, 0]


def test_the_counts_of_parts_add_up():
    """Of no parts they are nothing."""
    assert AroundDuty.together([AroundDuty(1, 2, 3, 4), AroundDuty(10, 20, 30, 40)]) == AroundDuty(11, 22, 33, 44)
    assert AroundDuty.together([]) == NOT_AROUND
