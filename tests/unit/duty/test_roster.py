"""What is read of each row of the roster, and what of it cannot be read."""

from __future__ import annotations

import pytest

from offduty.core.times import LocalTime
from offduty.duty.roster import RosterReading, RosterRows, read_rows
from tests.unit.duty.tables import LONDON, Row, duty, table_of, us
from tests.world import shift


def read(rows: list[Row], local: LocalTime = LONDON, as_of: str = "2026-11-01T00:00:00Z") -> RosterRows:
    """The rows as they are read."""
    return read_rows(table_of("roster", rows), RosterReading(local, ("duty",), us(as_of)))


def why(row: Row) -> str:
    """What is wrong with a row; empty where nothing is."""
    return "; ".join(refusal.why for refusal in read([row]).wrong)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, ""),
        ({"shift_id": "NULL"}, "shift_id is missing or cannot be read"),
        ({"officer_id": "[1]"}, "officer_id is missing or cannot be read"),
        ({"recorded_at": None}, "recorded_at cannot be read"),
        ({"recorded_at": "today"}, "recorded_at cannot be read"),
        ({"status": "Active"}, "status is neither active nor cancelled"),
        ({"status": " active"}, "status is neither active nor cancelled"),
        ({"status": None}, "status is neither active nor cancelled"),
        ({"starts_at": None}, "starts_at cannot be read"),
        ({"ends_at": "NULL"}, "ends_at cannot be read"),
        ({"ends_at": "2026-03-02T07:59"}, "it ends before it starts"),
        ({"ends_at": "2026-03-02T08:00"}, ""),  # an empty interval
        ({"starts_at": "2026-03-02", "ends_at": "2026-03-02"}, ""),  # a day
        ({"timezone": "NULL"}, "starts_at cannot be read; ends_at cannot be read; timezone is not known"),
        ({"timezone": " "}, ""),
        ({"duty_code": None}, ""),  # a code that takes away
    ],
    ids=str,
)
def test_what_cannot_be_read_of_an_active_row(change, wrong):
    """Each fault is named; nothing of it is repaired."""
    assert why({**shift(), **change}) == wrong


@pytest.mark.parametrize(
    ("times", "readable"),
    [
        ((None, None), True),
        ((None, "16:00"), True),
        (("08:00", "16:00"), True),
        (("never", None), False),
        (("16:00", "08:00"), False),
    ],
)
def test_a_cancelled_row_needs_no_times_and_no_code(times, readable):
    """Those that it has must be read."""
    assert read([shift(*times, None, status="cancelled")]).readable.tolist() == [readable]


def test_a_cancelled_row_of_a_zone_that_does_not_exist_cannot_be_read():
    """It undoes grants, and no taking."""
    gone = shift(None, None, None, status="cancelled", zone="No/Where", shift_id="AL", recorded="2026-02-03T00:00:00Z")
    assert not read([gone]).readable[0]
    assert duty([shift(), shift("09:00", "10:00", "leave", shift_id="AL"), gone], "09:30") == "off"


@pytest.mark.parametrize("code", ["leave", None, " ", "Duty", "duty ", "NULL"])
def test_every_other_code_takes_away(code):
    """Codes are compared exactly as they are written; a missing one takes away."""
    row = read([shift(code=code)])
    assert (row.takes.tolist(), row.grants.tolist()) == ([True], [False])


def test_the_narrow_and_the_wide_reading_of_an_entry():
    """From half past one on the night the clocks go back: a duty begins at the later and a leave at the earlier one."""
    night, noon = "2026-10-25T01:30", "2026-10-25T12:00"
    early, late = "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"
    base = shift("2026-10-24T12:00", noon)
    assert [duty([shift(night, noon)], when) for when in (early, "2026-10-25T01:29:59Z", late)] == ["off", "off", "on"]
    off = shift(night, noon, "leave", shift_id="AL")
    assert [duty([base, off], when) for when in ("2026-10-25T00:29:59Z", early)] == ["on", "off"]
    ends = shift("2026-10-24T22:00", night)
    assert [duty([ends], when) for when in ("2026-10-25T00:29:59Z", early)] == ["on", "off"]
    off = shift("2026-10-24T22:00", night, "leave", shift_id="AL")
    assert [duty([base, off], when) for when in ("2026-10-25T01:29:59Z", late)] == ["off", "on"]


def test_gmt_in_summer_is_read_in_both_zones():
    """A duty is what both readings say, a leave what either says."""
    day = "2026-07-06T"
    on = shift(f"{day}08:00", f"{day}16:00", zone="GMT")
    times = [f"{day}{clock}:00Z" for clock in ("07:30", "08:00", "14:59", "15:00", "15:30")]
    assert [duty([on], when) for when in times] == ["off", "on", "on", "off", "off"]
    all_day = shift(f"{day}00:00", "2026-07-07T00:00", shift_id="r0")
    off = shift(f"{day}08:00", f"{day}15:00", "leave", shift_id="AL", zone="GMT")
    assert [duty([all_day, off], when) for when in times] == ["off", "off", "off", "on", "on"]


def test_a_leave_by_dates_covers_its_last_day():
    """And a duty by dates ends with the day before."""
    base = shift("2026-03-01T00:00", "2026-03-05T00:00")
    off = shift("2026-03-02", "2026-03-03", "leave", shift_id="AL")
    times = ["2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z", "2026-03-03T23:59:59Z", "2026-03-04T00:00:00Z"]
    assert [duty([base, off], when) for when in times] == ["on", "off", "off", "on"]
    assert [duty([shift("2026-03-02", "2026-03-03")], when) for when in times[1:]] == ["on", "off", "off"]
    assert duty([shift("2026-03-02", "2026-03-02")], "12:00") == "off", "one day by dates grants nothing"


def test_wall_times_are_meant_in_the_rows_zone_then_the_tables_then_the_policys():
    """An offset in the text decides."""
    tokyo = LocalTime("Asia/Tokyo", "Europe/London")
    rows = [shift(), shift(zone="UTC", shift_id="r2"), shift("2026-03-02T08:00Z", shift_id="r3")]
    found = read(rows, tokyo)
    assert (found.start.early - us("08:00")).tolist() == [-9 * 3_600_000_000, 0, 0]
    assert (read(rows, LocalTime(None, "Asia/Tokyo")).start.early - us("08:00")).tolist() == [-9 * 3_600_000_000, 0, 0]


def test_one_record_time_for_each_row():
    """Of a date: the first instant where the row hides, the end of the day where it grants or undoes."""
    rows = [
        shift(recorded="2026-02-01"),
        shift(code="leave", recorded="2026-02-01"),
        shift(None, None, None, status="cancelled", recorded="2026-02-01"),
        shift("never", recorded="2026-02-01"),
    ]
    first, end = us("2026-02-01T00:00:00Z"), us("2026-02-02T00:00:00Z")
    found = read(rows)
    assert found.recorded.tolist() == [end, first, end, first]
    assert len(set(found.recorded_as_written.tolist())) == 1
    assert found.last_recorded_us == end


def test_content_of_rows():
    """Of an active row code, times as instants, officer and status; of a cancelled one nothing more than those two; of
    one that cannot be read its text, where NULL, an empty text and white space are the same.
    """
    same = [
        (shift(), {**shift(), "recorded_by": "x", "timezone": "UTC"}),
        (shift(None, None, None, status="cancelled"), shift("09:00", status="cancelled")),
        (shift("never", code=None), shift("never", code=" ")),
    ]
    different = [
        (shift(), shift(officer="O1")),
        (shift(), shift(code="court")),
        (shift(), shift(ends="15:59:59.999999")),
        (shift(), shift(status="cancelled")),
        (shift("never"), shift("Never")),
        (shift("never"), {**shift("never"), "recorded_by": "x"}),
    ]
    for one, other in (*same, *different):
        content = read([one, other]).content.tolist()
        assert (content[0] == content[1]) == ((one, other) in same), (one, other)


def test_no_rows():
    """A roster may be empty."""
    found = read([])
    assert (len(found), found.unknown_yet, found.last_recorded_us) == (0, 0, None)
