"""The columns of the release: rounded, truncated and under pseudonyms (specification#release-columns)."""

import json

import pyarrow.parquet as pq
import pytest

from tests import oracle
from tests.world import assignment, instant, ping, place, shift, site, world


def test_one_row(ask_filter):
    """Time truncated to a minute, position rounded to four decimals, accuracy as its class, officer as a pseudonym."""
    outcome = ask_filter(world([ping("09:00:59.999999", (-0.150049, 51.520051), accuracy=10.5)]))
    assert outcome.release == [
        ["2026-03-02", "44c2c9e5991e964b", "2026-03-02T09:00:00Z", -0.15, 51.5201, 30.0, "duty"],
    ]


STEPS = {0.1: 10, 10: 10, 10.1: 30, 30: 30, 30.1: 100, 100: 100, 100.5: 300, 1000: 1000, 1001: 3000}


def test_accuracy_goes_to_the_next_step(ask_filter):
    """The first of 10, 30, 100, 300, 1000, ... that is not below the accuracy."""
    pings = [ping(f"09:{minute:02}", accuracy=accuracy) for minute, accuracy in enumerate(STEPS)]
    outcome = ask_filter(world(pings, policy={"accuracy": {"max_m": 5000.0}}))
    assert [row[5] for row in outcome.release] == list(STEPS.values())


def test_an_assumed_accuracy_is_released_as_assumed(ask_filter):
    """A missing accuracy that is assumed to be 42 m has the class above 42."""
    outcome = ask_filter(world([ping("09:00", accuracy=None)], policy={"accuracy": {"when_missing": 42}}))
    assert [row[5] for row in outcome.release] == [100]


DAYS = {"2020-12-31": "dwm", "2021-01-01": "d m", "2021-01-03": "d", "2021-01-04": "dw", "2026-03-02": "dwm"}
"""Days of duty, and by day, week and month whether a new period begins with them."""


@pytest.mark.parametrize("rotate", ["day", "week", "month", "never"])
def test_pseudonyms_rotate(ask_filter, rotate):
    """By the local date of the window's start; ISO weeks keep the turn of the year together."""
    given = world(
        [ping(f"{day}T09:00:00Z") for day in DAYS],
        assignments=[assignment(start="2020-01-01")],
        roster=[shift(f"{day}T08:00", f"{day}T16:00", shift_id=day, recorded="2020-01-01T00:00:00Z") for day in DAYS],
        policy={"pseudonym": {"rotate": rotate}},
    )
    outcome = ask_filter(given)
    assert outcome.release == oracle.answer(given).release
    assert [row[0] for row in outcome.release] == list(DAYS)
    periods = sum(rotate[0] in begins for begins in DAYS.values())
    assert len({row[1] for row in outcome.release}) == max(periods, 1)


def test_the_date_is_the_windows_start_in_the_policys_zone(ask_filter):
    """A night from 23:30 in London summer begins on the day before, though both pings are of the day after."""
    roster = [shift("2026-07-01T23:30", "2026-07-02T07:30")]
    pings = [ping("2026-07-01T23:30:00Z"), ping("2026-07-02T05:00:00Z")]
    outcome = ask_filter(world(pings, roster=roster))
    assert [row[0] for row in outcome.release] == ["2026-07-01", "2026-07-01"]
    kiritimati = ask_filter(world(pings, roster=roster_in_utc(), policy={"policy": {"timezone": "Pacific/Kiritimati"}}))
    assert [row[0] for row in kiritimati.release] == ["2026-07-02", "2026-07-02"]


def roster_in_utc():
    """The same night, by instants."""
    return [shift("2026-07-01T22:30Z", "2026-07-02T06:30Z")]


@pytest.mark.parametrize("step_s", [1, 7, 60, 3600, 86400])
def test_time_steps_are_counted_from_1970(ask_filter, step_s):
    """Also where they do not divide the hour."""
    when = "2026-03-02T09:13:47.654321Z"
    outcome = ask_filter(world([ping(when)], policy={"release": {"time_step_s": step_s}}))
    assert instant(outcome.release[0][2]) == instant(when) // (step_s * 10**6) * step_s * 10**6


@pytest.mark.parametrize("decimals", [0, 1, 2, 3, 4, 5, 6])
def test_rounding_is_pythons(ask_filter, decimals):
    """Half-way cases included, whatever engine rounds them."""
    spots = [(-0.150005, 51.520005), (-0.15005, 51.52005), (-0.1500500001, 51.5200499999), (-0.15015, 51.52015)]
    pings = [ping(f"09:{minute:02d}", spot) for minute, spot in enumerate(spots)]
    outcome = ask_filter(world(pings, policy={"release": {"decimals": decimals}}))
    assert [tuple(row[3:5]) for row in outcome.release] == [(round(x, decimals), round(y, decimals)) for x, y in spots]


def test_the_duty_code_is_of_the_first_shift_by_id(ask_filter):
    """Where several entries grant the instant, shift_id decides, as text."""
    roster = [shift(code="court", shift_id="r9"), shift(code="overtime", shift_id="r10")]
    assert [row[6] for row in ask_filter(world([ping("09:00")], roster=roster)).release] == ["overtime"]


def test_rows_are_sorted_and_whole(ask_filter):
    """By officer, time, longitude, latitude, in every file; valid GeoParquet; nothing NULL."""
    pings = [
        ping(f"{hour:02d}:00", (-0.15 + hour / 1e4, 51.52), device=d) for hour in range(15, 8, -1) for d in ("d2", "d1")
    ]
    outcome = ask_filter(
        world(
            pings,
            assignments=[assignment(), assignment("d2", "o2")],
            roster=[shift(), shift(shift_id="r2", officer="o2")],
            places=[place(), place("other home", officer="o2")],
            sites=[site(radius_m=500)],
        )
    )
    (file,) = (outcome.path / "release").rglob("*.parquet")
    table = pq.ParquetFile(file).read()
    rows = [(r["officer"], r["observed_at"], r["lon"], r["lat"]) for r in table.to_pylist()]
    assert len(rows) == 14
    assert rows == sorted(rows)
    assert all(column.null_count == 0 for column in table.columns)
    geo = json.loads(pq.ParquetFile(file).metadata.metadata[b"geo"])
    assert geo["primary_column"] == "geometry"
    assert geo["columns"]["geometry"]["encoding"] == "WKB"


def test_nothing_to_release_is_no_row(ask_filter):
    """A day that is completely hidden has no released row, and is published all the same."""
    outcome = ask_filter(world([ping("05:00"), ping("12:00", "home")]))
    assert outcome.reasons == ["off_duty", "protected_place"]
    assert outcome.release == []


def test_statistics_hold_no_hidden_value(ask_filter):
    """Minima and maxima in the footer are those of released rows (specification#hidden-rows-absent)."""
    pings = [ping("09:00"), ping("10:00", "home"), ping("11:00", (-0.19, 51.59)), ping("05:00", (-3.0, 55.0))]
    outcome = ask_filter(world(pings))
    (file,) = (outcome.path / "release").rglob("*.parquet")
    group = pq.ParquetFile(file).metadata.row_group(0)
    released = {-0.15, 51.52}
    for column in (group.column(i) for i in range(group.num_columns)):
        if column.path_in_schema in ("lon", "lat") and column.statistics and column.statistics.has_min_max:
            assert {column.statistics.min, column.statistics.max} <= released


@pytest.mark.parametrize("part", ["ledger", "quarantine"])
def test_ledger_and_quarantine_columns(ask_filter, part):
    """The ledger has three columns and no others; the quarantine begins with the same three."""
    outcome = ask_filter(world([ping("09:00"), ping("nonsense")]))
    files = list((outcome.path / part).rglob("*.parquet"))
    names = pq.ParquetFile(files[0]).schema_arrow.names
    assert names[:3] == ["file", "row", "reason"]
    assert part == "quarantine" or len(names) == 3
