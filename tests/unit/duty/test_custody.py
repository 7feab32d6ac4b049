"""Custody is read narrowly where it is given, and widely where it makes a device shared or unassigned."""

from __future__ import annotations

import pytest

from offduty.core.errors import OwnerlessRowError
from offduty.core.ids import exact_key
from tests.unit.duty.tables import Row, custody_of, holder
from tests.world import assignment

DAY, NEXT = "2026-03-02", "2026-03-03"


def known(row: Row, when: str | None) -> Row:
    """An assignment with its record time."""
    return {**row, "recorded_at": when}


# Lookalike devices.


def test_only_the_exact_device_is_held():
    """Whoever holds R7 holds no other device by it, but the white space about an id is nothing."""
    custody = custody_of([assignment(" R7\u00a0")])
    assert holder(custody, "12:00", "R7") == holder(custody, "12:00", "\tR7 ") == "o1"
    assert holder(custody, "12:00", "r7") == holder(custody, "12:00", "R7.0") == "nobody"


def test_the_holder_of_a_lookalike_is_a_holder():
    """Two officers who hold lookalikes share both; one who holds both has both."""
    two = custody_of([assignment("R7", "o1"), assignment("r7", "o2", "2026-03-02T12:00Z", "2026-03-02T13:00Z")])
    for device in ("R7", "r7", "0R7.0"):
        assert holder(two, "12:00", device) == "shared", device
    assert [holder(two, clock, "R7") for clock in ("11:59:59", "13:00")] == ["o1", "o1"]
    assert holder(two, "11:59:59", "r7") == "nobody"
    one = custody_of([assignment("R7"), assignment("r7")])
    assert holder(one, "12:00", "R7") == holder(one, "12:00", "r7") == "o1"
    assert holder(one, "12:00", "R7.0") == "nobody"


def test_lookalike_officers_are_two_officers():
    """The holder is exactly who is written."""
    assert holder(custody_of([assignment("d1", "o1"), assignment("d1", "O1")]), "12:00") == "shared"


def test_distinct_devices_are_not_compared():
    """Where the job declares that lookalikes are different devices."""
    custody = custody_of([assignment("R7", "o1"), assignment("r7", "o2")], key=exact_key)
    assert [holder(custody, "12:00", device, exact_key) for device in ("R7", "r7", "R7.0")] == ["o1", "o2", "nobody"]
    assert custody.reported == ()


def test_rows_of_lookalikes_are_reported():
    """By row; a device with one spelling is none, and neither is one whose lookalike is not there yet."""
    rows = [assignment("d1"), assignment("R7"), assignment("r7"), assignment("R7", start=DAY)]
    assert [refusal.row for refusal in custody_of(rows).reported] == [1, 2, 3]
    later = [assignment("R7"), known(assignment("r7"), "2026-11-02T00:00:00Z")]
    assert custody_of(later, as_of="2026-11-01T00:00:00Z").reported == ()


@pytest.mark.parametrize(
    ("bad", "during", "after"),
    [
        ({"officer_id": "NULL"}, "nobody", "o1"),
        ({"officer_id": '["o1"]'}, "nobody", "o1"),
        ({"valid_to": "soon"}, "nobody", "nobody"),
        ({"valid_from": None}, "nobody", "nobody"),
        ({"recorded_at": "soon"}, "nobody", "nobody"),
        ({"valid_from": "2026-03-02T14:00Z"}, "nobody", "nobody"),  # ends before it starts
        ({"valid_to": "2026-03-02T12:00Z", "officer_id": None}, "o1", "o1"),  # an empty interval
    ],
    ids=str,
)
def test_a_bad_assignment_of_a_lookalike_makes_a_device_unassigned(bad, during, after):
    """For its time where the officer cannot be read, throughout where the time cannot; and it is refused by row."""
    row = assignment("D1", "o1", "2026-03-02T12:00Z", "2026-03-02T13:00Z")
    custody = custody_of([assignment("d1"), {**row, **bad}])
    assert (holder(custody, "12:30"), holder(custody, "13:00")) == (during, after)
    assert {refusal.row for refusal in custody.refused} == {1}
    assert (custody.rows, custody.readable_rows) == (2, 1)


@pytest.mark.parametrize("device", [None, "", "NULL", "\u200b", '{"id": 1}'])
def test_an_assignment_without_a_device_stops_the_run(device):
    """It may make any device shared; one that was recorded after `as_of` is not there, and stops nothing."""
    rows = [assignment(), {**assignment(), "device_id": device}]
    with pytest.raises(OwnerlessRowError) as error:
        custody_of(rows)
    assert (error.value.number, error.value.row) == (0, 1)
    rows[1]["recorded_at"] = "2026-11-02T00:00:00Z"
    assert custody_of(rows, as_of="2026-11-01T00:00:00Z").unknown_yet == 1


# Dates.


def test_a_hand_over_by_dates_is_a_day_of_two_holders():
    """Who has it "until 2 March" may have it on that day, and whoever has it "from 2 March" has it from midnight on."""
    custody = custody_of([assignment("d1", "o1", "2026-01-01", DAY), assignment("d1", "o2", DAY)])
    assert holder(custody, "2026-03-01T23:59:59.999999Z") == "o1"
    assert holder(custody, "00:00") == holder(custody, "23:59:59.999999") == "shared"
    assert holder(custody, "2026-03-03T00:00:00Z") == "o2"


def test_an_end_by_date_gives_no_custody_on_that_day():
    """Alone, the last day is nobody's: custody is read narrowly."""
    custody = custody_of([assignment("d1", "o1", "2026-01-01", DAY)])
    assert holder(custody, "2026-03-01T23:59:59.999999Z") == "o1"
    assert holder(custody, "00:00") == holder(custody, "12:00") == "nobody"


def test_one_day_by_dates_gives_nothing_and_hides_a_day():
    """From 2 March to 2 March grants nothing; another holder shares it on that day."""
    custody = custody_of([assignment("d1", "o1"), assignment("d1", "o2", DAY, DAY)])
    assert [holder(custody, f"{day}T12:00:00Z") for day in ("2026-03-01", DAY, NEXT)] == ["o1", "shared", "o1"]
    assert custody.refused == ()


def test_an_end_before_its_start_by_dates_cannot_be_read():
    """Also until the date before, whose end is the first instant of the row: the day is over by then."""
    assert [refusal.why for refusal in custody_of([assignment(start=NEXT, end=DAY)]).refused] == [
        "it ends before it starts"
    ]
    assert [refusal.why for refusal in custody_of([assignment(start=f"{NEXT}T00:00:00Z", end=DAY)]).refused] == [
        "it ends before it starts"
    ]
    assert [r.why for r in custody_of([assignment(start="2026-03-04", end=DAY)]).refused] == [
        "it ends before it starts"
    ]


def test_wall_times_that_happened_twice():
    """25 October, half past one in London: custody begins at the later and ends at the earlier reading, and others
    share it from the earlier to the later.
    """
    twice = "2026-10-25T01:30"
    clocks = [f"2026-10-25T{clock}Z" for clock in ("00:29:59", "00:30", "01:29:59", "01:30")]
    begins = custody_of([assignment(start=twice)])
    assert [holder(begins, clock) for clock in clocks] == ["nobody", "nobody", "nobody", "o1"]
    ends = custody_of([assignment(end=twice)])
    assert [holder(ends, clock) for clock in clocks] == ["o1", "nobody", "nobody", "nobody"]
    other = custody_of([assignment(), assignment("d1", "o2", start=twice)])
    assert [holder(other, clock) for clock in clocks] == ["o1", "shared", "shared", "shared"]


# Record times.


def test_custody_counts_from_its_record_time_on():
    """At exactly that instant it was known; before it is late. The tolerance moves the limit."""
    row = known(assignment(), "2026-03-02T12:00:00Z")
    custody = custody_of([row])
    assert [holder(custody, clock) for clock in ("11:59:59.999999", "12:00")] == ["late o1", "o1"]
    tolerant = custody_of([row], tolerance_s=60)
    assert [holder(tolerant, clock) for clock in ("11:58:59.999999", "11:59")] == ["late o1", "o1"]


def test_one_assignment_in_time_is_enough():
    """The same custody recorded twice is late only where both were."""
    rows = [known(assignment(), "2026-03-02T12:00:00Z"), known(assignment(end="10:00"), "2026-02-01T00:00:00Z")]
    custody = custody_of(rows)
    assert [holder(custody, clock) for clock in ("09:59:59", "10:00", "12:00")] == ["o1", "late o1", "o1"]


def test_a_holder_recorded_late_shares_all_the_same():
    """Nobody can widen what is seen by recording the second holder late."""
    rows = [assignment(), known(assignment("d1", "o2", start="09:00", end="10:00"), "2026-03-02T12:00:00Z")]
    custody = custody_of(rows)
    assert [holder(custody, clock) for clock in ("08:59:59", "09:00", "10:00")] == ["o1", "shared", "o1"]


@pytest.mark.parametrize("missing", [None, "", "NULL"])
def test_without_a_record_time_an_assignment_counts_always(missing):
    """As in a table that has none."""
    assert holder(custody_of([known(assignment(), missing)]), "12:00") == "o1"


def test_what_was_recorded_after_as_of_is_not_there():
    """At exactly `as_of` it is there; a microsecond later it is counted, and neither shares nor makes unassigned."""
    for officer, expected in (("o2", "shared"), (None, "nobody")):
        row = known(assignment("d1", officer), "2026-11-01T00:00:00Z")
        assert holder(custody_of([assignment(), row], as_of="2026-11-01T00:00:00Z"), "12:00") == expected
        custody = custody_of([assignment(), row], as_of="2026-10-31T23:59:59.999999Z")
        assert (holder(custody, "12:00"), custody.unknown_yet, custody.refused) == ("o1", 1, ())


def test_a_date_as_record_time_is_early_for_others_and_late_for_custody():
    """Recorded on 1 November: as of that noon it may have been there, so it shares, and gives nobody custody."""
    noon = "2026-11-01T12:00:00Z"
    dated = known(assignment("d1", "o2"), "2026-11-01")
    assert holder(custody_of([assignment(), dated], as_of=noon), "12:00") == "shared"
    assert holder(custody_of([dated], as_of=noon), "12:00") == "nobody"
    assert holder(custody_of([dated], as_of="2026-11-02T00:00:00Z"), "12:00") == "late o2"
    assert custody_of([assignment(), dated], as_of="2026-10-31T23:59:59Z").unknown_yet == 1


def test_a_date_as_record_time_counts_from_the_end_of_its_day():
    """Of the day before it is known at midnight; of the day itself it is late all day."""
    of_the_day = custody_of([known(assignment(), DAY)])
    assert [holder(of_the_day, when) for when in ("12:00", "2026-03-03T00:00:00Z")] == ["late o1", "o1"]
    assert holder(custody_of([known(assignment(), "2026-03-01")]), "00:00") == "o1"


def test_no_rows():
    """Nobody holds anything."""
    nothing = custody_of([])
    assert (nothing.rows, nothing.readable_rows, holder(nothing, "12:00")) == (0, 0, "nobody")
