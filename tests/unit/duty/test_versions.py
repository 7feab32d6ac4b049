"""What versions of shifts grant, take away and undo, and since when that counts."""

from __future__ import annotations

import pytest

from offduty.core.errors import OwnerlessRowError
from offduty.core.ids import exact_key
from offduty.duty.versions import LOOKALIKE_SHIFT
from tests.unit.duty.tables import Row, duty, roster_of
from tests.world import shift

FIRST, SECOND, THIRD = "2026-02-02T00:00:00Z", "2026-02-03T00:00:00Z", "2026-02-04T00:00:00Z"
LATE = "2026-03-02T12:00:00Z"


def leave(starts: str | None = "09:00", ends: str | None = "10:00", recorded: str = FIRST, **more: object) -> Row:
    """A leave of o1."""
    return shift(starts, ends, "leave", **{"shift_id": "AL", "recorded": recorded, **more})


def cancelled(recorded: str = THIRD, **more: object) -> Row:
    """A cancelled version without times, of the leaves."""
    return shift(None, None, None, **{"shift_id": "AL", "status": "cancelled", "recorded": recorded, **more})


def during(rows: list[Row], *clocks: str, **more: object) -> str:
    """The state at each of these instants, the first letter each: on, off (x), late."""
    return "".join({"on": "o", "off": "x", "late": "l"}[duty(rows, clock, **more)] for clock in clocks)


# Record times.


def test_a_grant_counts_from_its_record_time_on():
    """At exactly that instant the ping is on duty; before it the entry came late."""
    rows = [shift(recorded=LATE)]
    assert during(rows, "11:59:59.999999", "12:00", "15:59:59.999999", "16:00") == "loox"


@pytest.mark.parametrize(("as_of", "there"), [(LATE, True), ("2026-03-02T11:59:59.999999Z", False)])
def test_a_row_recorded_after_as_of_is_not_there(as_of, there):
    """It neither grants nor takes, contradicts nothing, and is counted."""
    base = shift()
    for row in (leave(recorded=LATE), shift("09:00", "10:00", "nonsense", recorded=LATE), leave(None, recorded=LATE)):
        assert duty([base, row], "09:30", as_of) == ("off" if there else "on")
        assert roster_of([base, row], as_of).unknown_yet == (0 if there else 1)
    contradicting = {**shift(shift_id="r1", ends="15:00", recorded=LATE)}
    assert duty([shift(recorded=LATE), contradicting, shift(shift_id="r2")], "09:30", as_of) == "on"


def test_a_date_as_record_time_is_late_for_a_grant_and_early_for_a_taking():
    """Recorded "on 2 March": a grant counts when that day is over, a leave from its first instant on."""
    assert during([shift("08:00", "2026-03-03T16:00", recorded="2026-03-02")], "23:59:59.999999") == "l"
    assert during([shift("08:00", "2026-03-03T16:00", recorded="2026-03-02")], "2026-03-03T00:00:00Z") == "o"
    assert during([shift(), leave(recorded="2026-03-02")], "08:59:59", "09:00") == "ox"
    noon = "2026-11-01T12:00:00Z"
    assert duty([shift(recorded="2026-11-01")], "12:00", noon) == "off", "it may not have been recorded by then"
    assert duty([shift(), leave(recorded="2026-11-01")], "09:30", noon) == "off"
    assert duty([shift(), leave(), cancelled(recorded="2026-11-01")], "09:30", noon) == "off"
    assert duty([shift(), leave(), cancelled(recorded="2026-11-01")], "09:30", "2026-11-02T00:00:00Z") == "late"


def test_a_row_whose_record_time_cannot_be_read_counts_at_all_times():
    """The shift grants nothing, and what it takes away it takes throughout."""
    assert duty([shift(), shift(recorded="soon"), shift(shift_id="r2", officer="o2")]) == "off"
    assert duty([shift(), shift(shift_id="r2", recorded="soon")], "12:00") == "on"
    assert duty([shift(), leave(recorded="soon")], "12:00") == "off", "it would take duty away: all of it"


# Contradictions.


@pytest.mark.parametrize(
    ("other", "state"),
    [
        ({}, "on"),  # the same content is no contradiction
        ({"recorded_by": "x"}, "on"),
        ({"starts_at": "2026-03-02T08:00Z"}, "on"),  # the same instant, written otherwise
        ({"ends_at": "2026-03-02T15:00"}, "off"),
        ({"duty_code": "court"}, "off"),
        ({"officer_id": "o2"}, "off"),
        ({"officer_id": "O1"}, "off"),
        ({"status": "cancelled"}, "off"),
        ({"status": "planned"}, "off"),
    ],
    ids=str,
)
def test_two_versions_of_one_record_time_that_differ(other, state):
    """The shift grants nothing, at any knowledge time; both rows are refused where both can be read."""
    rows = [shift(recorded=FIRST), {**shift(recorded=FIRST), **other}, shift(shift_id="r2", officer="o2")]
    assert duty(rows) == state
    later = shift(recorded=THIRD)
    assert duty([*rows, later]) == state
    assert ({refusal.row for refusal in roster_of(rows).refused} == set()) == (state == "on")


def test_what_contradicting_versions_take_is_taken_throughout():
    """Also before they were recorded, and whatever later versions say."""
    rows = [leave("09:00", "10:00", LATE), leave("10:00", "11:00", LATE), cancelled("2026-03-03T00:00:00Z")]
    assert during([shift(), *rows], "08:59:59", "09:00", "10:59:59", "11:00") == "oxxo"


def test_a_duty_and_a_leave_of_one_date_contradict_each_other():
    """Neither is known to be the later one, although one counts early and the other late."""
    rows = [shift(recorded="2026-02-01"), shift("09:00", "10:00", "leave", recorded="2026-02-01")]
    assert during(rows, "09:30", "12:00") == "xx"
    assert duty([rows[0], {**rows[1], "recorded_at": "2026-01-31"}], "12:00") == "on", "the date before is earlier"


def test_a_record_time_that_counts_as_the_same_instant_is_equal():
    """A duty on the date before (late: midnight) and a leave at that midnight."""
    rows = [shift(recorded="2026-02-01"), shift("09:00", "10:00", "leave", recorded="2026-02-02T00:00:00Z")]
    assert during(rows, "09:30", "12:00") == "xx"
    before = [rows[0], {**rows[1], "recorded_at": "2026-02-01T23:59:59.999999Z"}]
    assert during(before, "09:30", "12:00") == "oo", "the duty is the later version, and meets the leave"


# What undoes what.


def test_any_later_version_undoes_a_grant():
    """One of another officer, a cancelled one, one that cannot be read; an earlier one does not."""
    for later in (
        shift(officer="o2", recorded=SECOND),
        shift(None, None, None, status="cancelled", recorded=SECOND),
        shift("never", officer="o2", recorded=SECOND),
        shift(officer=None, recorded=SECOND),
    ):
        assert duty([shift(recorded=FIRST), later, shift(shift_id="r2", officer="o2")]) == "off"
    assert duty([shift(recorded=SECOND), shift(officer="o2", recorded=FIRST)]) == "on"


def test_a_grant_counts_until_it_is_undone():
    """A later version that shortens the shift: what was on duty when the ping was taken must still be so."""
    rows = [shift(), shift(ends="10:00", recorded="09:00")]
    assert during(rows, "08:30", "09:30", "10:00") == "oox"
    moved = [shift(), shift(starts="09:00", ends="10:00", recorded="09:30")]
    assert during(moved, "08:59:59", "09:00", "09:30") == "xoo"


MEETINGS = {
    "the same time": (("09:00", "10:00"), True),
    "a microsecond at its end": (("09:59:59.999999", "11:00"), True),
    "its end is the beginning": (("10:00", "11:00"), False),
    "its beginning is the end": (("08:00", "09:00"), False),
    "within it": (("09:30", "09:30:00.000001"), True),
    "an empty one within it": (("09:30", "09:30"), False),
    "another day": (("2026-03-03T09:00Z", "2026-03-03T10:00Z"), False),
}


@pytest.mark.parametrize(("times", "undone"), MEETINGS.values(), ids=MEETINGS)
@pytest.mark.parametrize("status", ["active", "cancelled"])
def test_a_taking_is_undone_only_by_a_version_that_meets_it(times, undone, status):
    """`shift_id` may be a kind of leave that an officer has many times."""
    later = shift(*times, "duty", shift_id="AL", status=status, recorded=SECOND)
    assert duty([shift(), leave(), later], "09:15") == ("on" if undone else "off")


@pytest.mark.parametrize(
    "change", [{"officer_id": "o2"}, {"officer_id": "O1"}, {"shift_id": "al"}, {"status": "?"}, {"duty_code": "leave"}]
)
def test_what_does_not_undo_a_taking(change):
    """Another officer or a lookalike, a lookalike shift, what cannot be read, and another leave of the same time."""
    later = {**shift("09:00", "10:00", "duty", shift_id="AL", recorded=SECOND), **change}
    assert duty([shift(), leave(), later], "09:15") == "off"


def test_a_taking_counts_until_it_is_undone():
    """Cancelled at half past nine: before it the ping was hidden when it was taken, and stays so."""
    assert during([shift(), leave(), cancelled("09:30")], "09:29:59.999999", "09:30") == "lo"


def test_the_wide_reading_of_a_taking_meets_the_narrow_one_of_what_undoes_it():
    """A leave until half past one on the night the clocks go back ends at the later reading; what begins at the same
    wall time begins at the later one, and does not meet it.
    """
    night = "2026-10-25T0"
    on = shift("2026-10-24T22:00", f"{night}6:00")
    off = leave("2026-10-24T23:00", f"{night}1:30")
    for begins, state in ((f"{night}1:30", "off"), (f"{night}1:29:59", "late")):
        later = shift(begins, f"{night}5:00", "duty", shift_id="AL", recorded=SECOND)
        assert duty([on, off, later], "2026-10-25T01:15:00Z") == {"off": "off", "late": "on"}[state], begins


CONNECTED = {
    "one": ([("09:00", "10:00")], "09:15", True),
    "two that overlap": ([("09:00", "10:00"), ("09:59:59", "11:00")], "10:30", True),
    "two that only touch": ([("09:00", "10:00"), ("10:00", "11:00")], "09:15", False),
    "three, one through the next": ([("09:00", "10:00"), ("10:30", "11:00"), ("09:30", "10:45")], "10:15", True),
    "one apart": ([("09:00", "10:00"), ("09:30", "11:00"), ("14:00", "15:00")], "10:30", False),
    "one and an empty one": ([("09:00", "10:00"), ("09:30", "09:30")], "09:15", False),
}


@pytest.mark.parametrize(("takings", "clock", "undone"), CONNECTED.values(), ids=CONNECTED)
def test_a_cancelled_version_without_times(takings, clock, undone):
    """It undoes the takings of its shift only where they all meet each other, one through the next; those that a later
    taking undid already count as well.
    """
    stamps = [f"2026-02-02T0{hour}:00:00Z" for hour in range(len(takings))]
    rows = [leave(*times, recorded=when) for times, when in zip(takings, stamps, strict=True)]
    assert duty([shift(), *rows], clock) == "off"
    assert duty([shift(), *rows, cancelled()], clock) == ("on" if undone else "off")


def test_only_takings_before_it_and_of_its_officer_count():
    """A leave recorded later, or of somebody else, does not stand apart from those that it cancels."""
    apart = ("14:00", "15:00")
    for other in (
        leave(*apart, recorded="2026-02-05T00:00:00Z"),
        leave(*apart, recorded=SECOND, officer="o2"),
        leave(*apart, recorded=SECOND, shift_id="SICK"),
        shift(*apart, shift_id="AL", recorded=SECOND),
    ):
        assert duty([shift(), leave(), other, cancelled()], "09:15") == "on"
    assert duty([shift(), leave(), leave(*apart, recorded=SECOND), cancelled()], "09:15") == "off"
    assert duty([shift(), leave(recorded=THIRD), cancelled()], "09:15") == "off", "of one record time"


# Lookalike shifts and officers.


@pytest.mark.parametrize(
    ("other", "undone"),
    [
        ({}, True),
        ({"officer_id": "O1"}, True),
        ({"officer_id": "o2"}, False),
        ({"officer_id": None}, True),  # may be anybody's
        ({"status": "cancelled"}, True),
        ({"recorded_at": "soon"}, True),
        ({"recorded_at": FIRST}, False),  # the same content at the same time
        ({"recorded_at": FIRST, "ends_at": "2026-03-02T15:00"}, True),
        ({"recorded_at": "2026-02-01T23:59:59Z"}, False),
        ({"shift_id": "r2"}, False),
    ],
    ids=str,
)
def test_a_version_of_a_lookalike_shift_undoes_a_grant(other, undone):
    """Of the same or a lookalike officer, recorded later, or at the same time with other content."""
    later = {**shift("17:00", "18:00", shift_id="R1", recorded=SECOND), **other}
    if other.get("recorded_at") == FIRST and "ends_at" not in other:
        later = {**shift(shift_id="R1", recorded=FIRST)}
    rows = [shift(recorded=FIRST), later]
    assert duty(rows) == ("off" if undone else "on")
    assert duty(rows, shift_key=exact_key) == "on"


def test_what_a_lookalike_officer_loses_is_lost():
    """A leave of O1 is one of o1, and is reported; a duty of O1 grants o1 nothing."""
    rows = [shift(), leave(officer="O1")]
    assert during(rows, "08:59", "09:00", "10:00") == "oxo"
    assert [refusal.row for refusal in roster_of(rows).reported] == [1]
    both = [shift(officer="o1"), shift(officer="O1", code="leave", shift_id="r2"), shift(officer="O1", shift_id="r3")]
    assert [refusal.row for refusal in roster_of(both, officers=("o1", "O1")).reported] == [1]
    assert duty(rows, "09:30", officer_key=exact_key) == "on"
    assert duty([shift(officer="O1")]) == "off"
    assert duty([shift(officer="O1"), shift(shift_id="r2", officer="o1")], officers=("o1", "O1"), officer=1) == "on"


def test_versions_of_shifts_that_look_alike_are_reported():
    """r1 and R1 of one officer undo each other's grants, and so does a version that names nobody. Of two officers, or
    declared to be different shifts, they have nothing to do with each other.
    """
    pair = [shift(), shift(shift_id="R1", recorded="2026-02-02"), shift(shift_id="other")]
    assert [(each.row, each.why) for each in roster_of(pair).reported] == [(0, LOOKALIKE_SHIFT), (1, LOOKALIKE_SHIFT)]
    assert roster_of([shift(), shift(shift_id="R1", officer="o2")]).reported == ()
    assert [each.row for each in roster_of([shift(), shift(shift_id="R1", officer=None)]).reported] == [0, 1]
    assert roster_of([shift(), shift(recorded="2026-02-02")]).reported == ()
    assert roster_of(pair, shift_key=exact_key).reported == ()


@pytest.mark.parametrize("change", [{"starts_at": "never"}, {"timezone": "No/Where"}, {"shift_id": None}])
def test_a_taking_that_cannot_be_read_takes_all(change):
    """From its officer and every lookalike, at all times."""
    rows = [shift(), {**leave("09:00", "10:00", "2026-03-03T00:00:00Z"), **change}]
    assert during(rows, "08:30", "15:00") == "xx"
    rows[1]["officer_id"] = "O1"
    assert during(rows, "08:30", "15:00") == "xx"
    rows[1]["officer_id"] = "o2"
    assert during(rows, "08:30", "15:00") == "oo"


def test_without_an_officer_it_takes_all_from_whoever_the_shift_names():
    """Other versions of the shift, or of a lookalike shift; where none names anybody the run stops."""
    nobody = leave(officer=None)
    assert duty([shift(), nobody, cancelled()], "15:00") == "off"
    assert duty([shift(), nobody, cancelled(shift_id="al")], "15:00") == "off"
    assert duty([shift(), nobody, cancelled(officer="o2")], "15:00") == "on"
    with pytest.raises(OwnerlessRowError) as error:
        duty([shift(), nobody])
    assert error.value.row == 1


def test_a_row_without_a_shift_bars_from_its_record_time_on():
    """It may be a version of any shift of its officer, so no grant is known from then on."""
    rows = [shift(), shift("17:00", "18:00", shift_id=None, recorded=LATE)]
    assert duty(rows, "12:00") == duty(rows, "09:00") == "off"
    assert duty(rows, "09:00", "2026-03-02T11:59:59Z") == "on", "it was not there yet"


def test_a_row_that_names_neither_officer_nor_shift_stops_the_run():
    """Whatever it says. Rows in which nothing is written are left out where files are read."""
    with pytest.raises(OwnerlessRowError) as error:
        roster_of([shift(), shift(officer=None, shift_id="NULL")])
    assert (error.value.number, error.value.row) == (0, 1)


def test_an_officer_without_entries_is_never_on_duty():
    """Neither is one for whom there is no roster at all."""
    assert duty([shift(officer="o2")]) == "off"
    assert duty([]) == "off"


@pytest.mark.parametrize(
    ("starts", "ends", "undone"),
    [
        ("09:59:59.999999", None, True),
        ("10:00", None, False),
        (None, "09:00:00.000001", True),
        (None, "09:00", False),
        (None, None, True),
    ],
)
def test_a_cancellation_with_one_time_undoes_no_leave_on_the_other_side_of_it(starts, ends, undone):
    """Leave from 09:00 to 10:00 is over by 10:00, and has not begun before 09:00."""
    rows = [shift(), leave(), shift(starts, ends, None, shift_id="AL", status="cancelled", recorded=THIRD)]
    assert during(rows, "09:30") == ("o" if undone else "x")


def test_a_cancellation_with_one_time_asks_that_all_leaves_be_connected():
    """As one without times: of two leaves apart nobody knows which is meant."""
    rows = [shift(), leave(), leave("13:00", "14:00", recorded=SECOND)]
    assert during([*rows, {**cancelled(), "starts_at": "2026-03-02T09:00:00"}], "09:30", "13:30") == "xx"
