"""What grants is read narrowly, what hides widely: a time may have two readings, and a date is a day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.arrays.dictionary import coded
from offduty.core.instants import FIRST_US, FOREVER_US, LAST_US, instant, iso_text
from offduty.core.times import (
    QUARTER_US,
    LocalTime,
    any_lacks_offset,
    read_local_times,
    read_time,
    read_times,
    wall_instants,
    wall_offsets,
)

LONDON = LocalTime("Europe/London", "Europe/London")
UNDECLARED = LocalTime(None, "Europe/London")


def read(text: str, local: LocalTime = LONDON) -> tuple[str, str, str] | None:
    """The early and the late reading of a text, and its end; None where it cannot be read."""
    found = read_time(text, local.declared or "", local.days, local.policy)
    if found is None:
        return None
    return tuple(iso_text(us) if us < FOREVER_US else "never" for us in (found.early, found.late, found.until))


def utc(clock: str, day: str = "2026-10-25") -> str:
    """A time of a day in UTC."""
    return f"{day}T{clock}:00Z"


@pytest.mark.parametrize(
    ("text", "early", "late"),
    [
        ("2026-03-02T09:00", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("2026-07-06T09:00", "2026-07-06T08:00:00Z", "2026-07-06T08:00:00Z"),
        ("2026-10-25T01:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),  # happened twice
        ("2026-03-29T01:30", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),  # never happened
        ("2026-10-25T01:30+01:00", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
    ],
)
def test_a_wall_time_in_the_declared_zone(text, early, late):
    """Two readings where the clock changes, and an offset decides. Its end is the late reading."""
    assert read(text) == (early, late, late)


def test_without_a_declared_zone_a_wall_time_cannot_be_read():
    """The run stops before it comes to that; a date is a day of the policy's zone all the same."""
    assert read("2026-07-06T09:00", UNDECLARED) is None
    assert read("2026-07-06T09:00Z", UNDECLARED) == (utc("09:00", "2026-07-06"),) * 3
    assert read("2026-07-06", UNDECLARED) == ("2026-07-05T23:00:00Z", "2026-07-05T23:00:00Z", "2026-07-06T23:00:00Z")


@pytest.mark.parametrize(
    ("day", "first", "end"),
    [
        ("2026-03-29", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"),  # 23 hours
        ("2026-10-25", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),  # 25 hours
        ("0001-01-01", "0001-01-01T00:01:15Z", "0001-01-02T00:01:15Z"),
        ("9999-12-31", "9999-12-31T00:00:00Z", "never"),
    ],
)
def test_a_date_is_a_local_day(day, first, end):
    """It begins at its first instant, and ends with the day; the last day of the calendar never ends."""
    assert read(day) == (first, first, end)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "26-03-02", "2026-03-02 ", "2026-03-02Z", "0000-01-01"])
def test_what_is_no_date(text):
    """Not in the calendar, or not written so."""
    assert read(text) is None


def test_a_day_of_the_first_year_does_not_begin_before_it():
    """East of Greenwich the year 1 begins in the year 0 of UTC, which no instant can say."""
    tokyo = LocalTime("Asia/Tokyo", "Asia/Tokyo")
    assert read_time("0001-01-01", "Asia/Tokyo", tokyo.days, tokyo.policy).early == FIRST_US


# Zones that know no summer time (specification#gmt-all-year).


@pytest.mark.parametrize("zone", ["GMT", "GMT0", "Etc/GMT"])
def test_gmt_may_have_been_meant_for_london(zone):
    """In summer both are read; in winter they are the same. A date ends when it has ended in both."""
    local = LocalTime(zone, "Europe/London")
    assert read("2026-07-06T09:00", local) == (
        utc("08:00", "2026-07-06"),
        utc("09:00", "2026-07-06"),
        utc("09:00", "2026-07-06"),
    )
    assert read("2026-01-05T09:00", local) == (utc("09:00", "2026-01-05"),) * 3
    assert read("2026-07-06", local) == ("2026-07-05T23:00:00Z", "2026-07-06T00:00:00Z", "2026-07-07T00:00:00Z")


@pytest.mark.parametrize(
    ("zone", "policy", "readings"),
    [
        ("EST", "America/New_York", 2),
        ("MST", "America/Denver", 2),
        ("HST", "America/Adak", 2),
        ("MST", "America/Phoenix", 1),  # keeps no summer time
        ("EST", "America/Chicago", 1),  # has another offset without it
        ("GMT", "Africa/Abidjan", 1),
        ("GMT", "Europe/Berlin", 1),
        ("UTC", "Europe/London", 1),  # not one of the names
        ("Etc/GMT0", "Europe/London", 1),
        ("EST", "Australia/Sydney", 1),
    ],
)
def test_only_where_the_policys_zone_has_that_offset_without_summer_time(zone, policy, readings):
    """Otherwise nobody meant the policy's zone."""
    july = {
        read_time("2026-07-06T09:00", zone, zone, policy).early,
        read_time("2026-07-06T09:00", zone, zone, policy).late,
    }
    assert len(july) == readings


def test_an_offset_says_what_was_meant():
    """GMT as a zone means nothing for a time with an offset."""
    assert read("2026-07-06T09:00Z", LocalTime("GMT", "Europe/London")) == (utc("09:00", "2026-07-06"),) * 3


def test_summer_time_is_looked_up_in_the_year_of_the_text():
    """London kept summer time all of 1970 (its standard time was then that of summer), so GMT was not London's."""
    local = LocalTime("GMT", "Europe/London")
    assert read("1970-07-06T09:00", local) == (utc("09:00", "1970-07-06"),) * 3
    assert read("1975-07-06T09:00", local)[0] == utc("08:00", "1975-07-06")


def test_in_the_south_winter_is_in_july():
    """The offset without summer time is the smaller of January's and July's."""
    assert read_time("2026-01-05T09:00", "HST", "HST", "Pacific/Honolulu").late == instant("2026-01-05T19:00Z")
    chile = read_time("2026-01-05T09:00", "EST", "EST", "America/Santiago")  # -4 in winter: not EST
    assert chile.early == chile.late


# Whole columns.


def test_a_roster_column_is_read_in_the_zone_of_each_row():
    """The row's zone, else the table's, else the policy's; a zone that does not exist gives nothing."""
    texts = pa.array(
        ["2026-07-06T09:00", "2026-07-06T09:00", "2026-07-06T09:00", "2026-07-06T09:00Z", None, "2026-07-06"]
    )
    zones = coded(pa.array(["Asia/Tokyo", None, "No/Where", "Asia/Tokyo", "Asia/Tokyo", "Asia/Tokyo"]))
    for local, own in ((LONDON, "08:00"), (LocalTime("UTC", "Europe/London"), "09:00"), (UNDECLARED, "08:00")):
        found = read_local_times(texts, zones, local)
        assert found.read.tolist() == [True, True, False, True, False, True]
        assert found.missing.tolist() == [False, False, False, False, True, False]
        assert [iso_text(us) for us in found.early[[0, 1, 3, 5]].tolist()] == [
            "2026-07-06T00:00:00Z",
            utc(own, "2026-07-06"),
            "2026-07-06T09:00:00Z",
            "2026-07-05T15:00:00Z",
        ]
        assert found.until[5] - found.early[5] == 86_400_000_000
        assert found.dated.tolist() == [False] * 5 + [True]


def test_times_without_an_offset_are_found_in_a_column():
    """A date, and what cannot be read, are none."""
    assert any_lacks_offset(pa.array(["2026-07-06T09:00Z", "2026-07-06 09:00:00.5"]))
    assert not any_lacks_offset(pa.array(["2026-07-06T09:00Z", "2026-07-06", "09:00", " 2026-07-06T09:00", None]))


# Wall clocks in quarters of an hour, for timestamps of Parquet and for SQL.


def wall(text: str) -> int:
    """A wall clock as if it were UTC."""
    us = instant(text)
    assert us is not None
    return us


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("2026-07-06T09:00", "2026-07-06T08:00:00Z"),
        ("2026-03-29T00:59:59.999999", "2026-03-29T00:59:59.999999Z"),
        ("2026-03-29T01:00", None),
        ("2026-03-29T01:59:59.999999", None),
        ("2026-03-29T02:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25T00:59:59.999999", "2026-10-24T23:59:59.999999Z"),
        ("2026-10-25T01:00", None),
        ("2026-10-25T01:59:59.999999", None),
        ("2026-10-25T02:00", "2026-10-25T02:00:00Z"),
    ],
)
def test_a_wall_clock_is_one_instant_or_none(text, one):
    """The hour that came twice and the one that never was are no instants, exactly from their first microsecond on."""
    us, known = wall_instants(np.array([wall(text)]), LONDON)
    assert (iso_text(int(us[0])) if known[0] else None) == one


@given(st.integers(FIRST_US, LAST_US), st.sampled_from(["Europe/London", "Asia/Kathmandu", "America/St_Johns", "UTC"]))
def test_a_wall_clock_is_read_as_its_text_is(clock, name):
    """Since 1973 to the microsecond; before it, offsets that are no quarters may be no instant."""
    local = LocalTime(name, name)
    us, known = wall_instants(np.array([clock]), local)
    reading = read_times(pa.array([iso_text(clock).removesuffix("Z")]), local)
    single = bool(reading.read[0] and reading.early[0] == reading.late[0])
    assert single >= bool(known[0])
    if known[0]:
        assert us[0] == reading.early[0]
    if clock > wall("1973-01-01"):
        assert single == bool(known[0])


def test_a_quarter_has_one_offset_or_none():
    """Quarters are counted from 1970, also before it; out of range there is none, and without a zone there is none."""
    quarters = np.array(
        [0, -1, wall("2026-03-29T01:00") // QUARTER_US, FIRST_US // QUARTER_US - 1, LAST_US // QUARTER_US + 1]
    )
    offsets, known = wall_offsets(quarters, LONDON)
    assert known.tolist() == [True, True, False, False, False]
    assert offsets.tolist() == [3_600_000_000, 3_600_000_000, 0, 0, 0], "London was an hour ahead in the winter of 1970"
    assert not wall_offsets(quarters, UNDECLARED)[1].any()
