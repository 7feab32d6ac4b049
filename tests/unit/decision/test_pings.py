"""Rows of pings are read by the contract, in every type of column that a file may have."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty import run
from offduty.config.contracts import contract
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.ids import clean_id, stripped
from offduty.core.instants import FIRST_US, FOREVER_US, LAST_US, NEVER_US, instant
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.core.times import LocalTime
from offduty.decision.around_duty import DutyHours
from offduty.decision.join import PingBatch, PingJoin, join_table
from offduty.decision.pings import PingReading, Pings, QuarantinedRows
from offduty.duty.timeline import Timeline, Windows
from tests.world import AFTERWARDS, lay_out, ping, read_back, rows_of, world

LONDON = LocalTime("Europe/London", "Europe/London")
NUMBERS = {"d1": 0, "d2": 1, "\u00e9": 2}
LOOKALIKES = {"d1": 3, "d2": 4, "\u00e9": 5}
READING = PingReading(NUMBERS, LOOKALIKES, False, LONDON, 30.0, False)
NOBODYS = 6
ONE = np.zeros(1, np.int64)
DEVICES = [
    "d1",
    "d2",
    "unknown",
    "",
    " ",
    "\t\r\n",
    " d1",
    "\u00a0",
    "\x0b",
    "\u2003",
    "\x1c",
    "\u00e9",
    "NULL",
    "[]",
    None,
]
RECEIVED = [0, -60_000_000, -60_000_001, 60_000_000, 1 << 62, None]
WORDS = [
    "true",
    "TRUE",
    "t",
    "Yes",
    "y",
    "1",
    "A",
    "valid",
    "",
    " ",
    None,
    "false",
    "0",
    "no",
    "V",
    " true",
    "2",
    "NULL",
]
INSTANTS = [
    0,
    -1,
    60_000_000,
    60_000_001,
    FIRST_US,
    FIRST_US - 1,
    LAST_US,
    LAST_US + 1,
    1 << 62,
    -(1 << 62),
    (1 << 63) - 1,
    1 - (1 << 63),
    None,
]
DEGREES = [
    0.0,
    -0.0,
    5e-324,
    90.0,
    -90.0,
    90.00000000000001,
    180.0,
    -180.0,
    180.00000000000003,
    float("nan"),
    float("inf"),
    -float("inf"),
    None,
]
BASE = {"device_id": "d1", "observed_us": 0, "received_us": None, "lon": 1.0, "lat": 1.0, "valid": None}
Row = dict[str, Any]


def table_of(rows: list[Row], devices: pa.DataType | None = None) -> pa.Table:
    """Rows as a table of pings."""
    return pa.table(
        {
            "device_id": pa.array([row["device_id"] for row in rows], devices or pa.string()),
            "observed_at": pa.array([row["observed_us"] for row in rows], pa.int64()).cast(pa.timestamp("us", "UTC")),
            "lon": pa.array([row["lon"] for row in rows], pa.float64()),
            "lat": pa.array([row["lat"] for row in rows], pa.float64()),
            "received_at": pa.array([row["received_us"] for row in rows], pa.int64()).cast(pa.timestamp("us", "UTC")),
            "valid": pa.array([row["valid"] for row in rows], pa.string()),
        }
    )


def by_contract(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> list[str | None]:
    """The first check of the contract that is not true for each row, by its own SQL; None for a ping."""
    cases = " ".join(f"WHEN ({sql}) IS NOT TRUE THEN '{reason}'" for reason, sql in contract("pings").checks)
    names = ["device_id", "observed_us", "received_us", "lon", "lat", "valid"]
    columns = {
        "device_id": pa.array([clean_id(row["device_id"]) for row in rows], pa.string()),
        "valid": pa.array(
            [(row["valid"] or "").lower() if stripped(row["valid"] or "") else None for row in rows], pa.string()
        ),
        **{name: pa.array([in_range(row[name]) for row in rows], pa.int64()) for name in names[1:3]},
        **{name: pa.array([row[name] for row in rows], pa.float64()) for name in ("lon", "lat")},
        "number": pa.array(range(len(rows))),
    }
    con.register("numbered", pa.table(columns))
    return [reason for (reason,) in con.execute(f"SELECT CASE {cases} END FROM numbered ORDER BY number").fetchall()]


def in_range(us: int | None) -> int | None:
    """An instant of the years 1 to 9999; None for any other."""
    return us if us is not None and FIRST_US <= us <= LAST_US else None


def always_on_duty() -> Timeline:
    """Every device is on duty at all times: the stretch of a ping has the number of its device, or `NOBODYS`."""
    owner = np.arange(NOBODYS + 1)
    reason = np.array([Reason.ON_DUTY] * NOBODYS + [Reason.UNASSIGNED], np.uint8)
    starts, nowhere = np.full(NOBODYS + 1, NEVER_US), np.full(NOBODYS + 1, -1)
    return Timeline(
        first=owner,
        starts=starts,
        reason=reason,
        window=nowhere.astype(np.int32),
        code=nowhere.astype(np.int16),
        windows=Windows(ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE),
        devices=NUMBERS,
        lookalikes=LOOKALIKES,
        officers={},
        codes=[],
        _times=starts[:1],
        _keys=owner << 32,
    )


def join_always(reading: PingReading) -> PingJoin:
    """What pings are joined with where every device is on duty at all times."""
    timeline = always_on_duty()
    return PingJoin(reading, timeline, Interval(NEVER_US, FOREVER_US), DutyHours.of(timeline))


def joined(con: duckdb.DuckDBPyConnection, table: pa.Table, reading: PingReading = READING, row: int = 0) -> PingBatch:
    """Rows of which every one leaves the join, in the order of the table."""
    batch = join_table(table, row, join_always(reading), DuckDBConnection(con))
    order, bad = np.argsort(batch.pings.row), np.argsort(batch.quarantined.row)
    return replace(
        batch,
        pings=Pings(**{field.name: getattr(batch.pings, field.name)[order] for field in fields(Pings)}),
        quarantined=QuarantinedRows(
            *(getattr(batch.quarantined, name)[bad] for name in ("row", "reason", "observed_us"))
        ),
    )


def as_read(con: duckdb.DuckDBPyConnection, table: pa.Table) -> list[str | None]:
    """The quarantine reason of each row, as a run reads it; None for a ping."""
    batch = joined(con, table, row=100)
    found: list[str | None] = [None] * table.num_rows
    names = [reason for reason, _ in contract("pings").checks]
    for row, reason in zip(batch.quarantined.row.tolist(), batch.quarantined.reason.tolist(), strict=True):
        found[row - 100] = names[reason]
    hidden = [number for number, reason in enumerate(found) if reason]
    assert (batch.pings.place[hidden] == NOBODYS).all(), "a row that cannot be read has a device"
    return found


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """A database in memory."""
    return duckdb.connect()


def awkward() -> list[Row]:
    """Every awkward value alone, and every pair of awkward longitude and latitude."""
    singles = [
        ("device_id", DEVICES),
        ("observed_us", INSTANTS),
        ("received_us", RECEIVED),
        ("lon", DEGREES),
        ("lat", DEGREES),
        ("valid", WORDS),
    ]
    rows = [{**BASE, name: value} for name, values in singles for value in values]
    return rows + [{**BASE, "lon": lon, "lat": lat} for lon, lat in itertools.product(DEGREES, DEGREES)]


def test_the_join_and_the_contract_agree_on_awkward_rows(con):
    """The contract's SQL is the only source; the join says the same of each row."""
    rows = awkward()
    wanted, found = by_contract(con, rows), as_read(con, table_of(rows))
    different = [(row, w, f) for row, w, f in zip(rows, wanted, found, strict=True) if w != f]
    assert different == []
    assert set(wanted) == {None, "no_device", "bad_time", "future_time", "bad_position"}


ROW = st.fixed_dictionaries(
    {
        "device_id": st.sampled_from(DEVICES),
        "observed_us": st.sampled_from(INSTANTS) | st.integers(-(1 << 63) + 1, (1 << 63) - 1),
        "received_us": st.sampled_from(RECEIVED) | st.integers(-(1 << 62), 1 << 62),
        "valid": st.sampled_from(WORDS),
        "lon": st.sampled_from(DEGREES) | st.floats(-181, 181),
        "lat": st.sampled_from(DEGREES) | st.floats(-91, 91),
    }
)


@given(st.lists(ROW, min_size=1, max_size=40))
def test_the_join_and_the_contract_agree_on_any_rows(con, rows):
    """Where a row fails several checks, the first counts."""
    assert as_read(con, table_of(rows)) == by_contract(con, rows)


DEVICE_TYPES = {
    "text": pa.string(),
    "large text": pa.large_string(),
    "text view": pa.string_view(),
    **{
        f"dictionary of {index}": pa.dictionary(index, pa.string())
        for index in (pa.int8(), pa.uint8(), pa.int16(), pa.int32(), pa.int64())
    },
    "dictionary of large text": pa.dictionary(pa.int32(), pa.large_string()),
}


@pytest.mark.parametrize("kind", DEVICE_TYPES)
@pytest.mark.parametrize("count", [3, 4, 64])
def test_devices_of_every_text_type(con, kind, count):
    """Each row has its own device, whatever the width of the dictionary's indices; also in a slice, and with NULLs."""
    names = [["d2", "d1", None, "unknown", "\u00e9"][number % 5] for number in range(count + 2)]
    column = pa.array(names, pa.string())
    wanted = DEVICE_TYPES[kind]
    if pa.types.is_dictionary(wanted):
        coded = column.dictionary_encode()
        column = pa.DictionaryArray.from_arrays(
            coded.indices.cast(wanted.index_type), coded.dictionary.cast(wanted.value_type)
        )
    else:
        column = column.cast(wanted)
    assert column.type == wanted
    rest = table_of([BASE] * (count + 2))
    table = rest.set_column(0, "device_id", column).slice(2, count)
    batch = joined(con, table)
    numbers = {**NUMBERS, "unknown": NOBODYS, None: NOBODYS}
    assert batch.pings.place.tolist() == [numbers[name] for name in names[2:]]
    assert batch.quarantined.row.tolist() == [row for row, name in enumerate(names[2:]) if name is None]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_instants_of_every_unit(con, unit, zone):
    """The zone of a column does not change an instant; nanoseconds are cut off, also before 1970."""
    per_s = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[unit]
    raw = [0, -1, 1, 90 * per_s, None]
    table = table_of([BASE] * len(raw)).set_column(
        1, "observed_at", pa.array(raw, pa.int64()).cast(pa.timestamp(unit, zone))
    )
    found = joined(con, table).pings.observed_us.tolist()
    assert found[:4] == [0, -1_000_000 // per_s, 1_000_000 // per_s, 90_000_000]
    assert as_read(con, table) == [None, None, None, None, "bad_time"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "text"])
def test_instants_without_an_offset_are_meant_in_the_declared_zone(con, unit):
    """A wall clock that came twice, or never, is no instant; the microseconds beside it are."""
    clocks = [
        "2026-07-06T09:00:00",
        "2026-10-25T00:59:59",
        "2026-10-25T01:00:00",
        "2026-10-25T02:00:00",
        "2026-03-29T01:30:00",
    ]
    texts = pa.array(clocks)
    column = texts if unit == "text" else texts.cast(pa.timestamp("us")).cast(pa.timestamp(unit))
    table = table_of([BASE] * len(clocks)).set_column(1, "observed_at", column)
    found = joined(con, table).pings.observed_us.tolist()
    assert [found[i] for i in (0, 1, 3)] == [
        instant("2026-07-06T08:00:00Z"),
        instant("2026-10-24T23:59:59Z"),
        instant("2026-10-25T02:00:00Z"),
    ]
    assert as_read(con, table) == [None, None, "bad_time", None, "bad_time"]
    undeclared = replace(READING, local=LocalTime(None, "Europe/London"))
    assert len(joined(con, table, undeclared).quarantined.row) == len(clocks)


@pytest.mark.parametrize(
    ("received", "reason"),
    [
        ("2026-03-02T08:59:00Z", None),
        ("2026-03-02T08:58:59.999999Z", "future_time"),
        ("2026-03-02T10:58:59.999999+02:00", "future_time"),
        ("2026-03-02T08:58", "future_time"),  # London, in winter
        ("2026-03-02", None),  # a date says nothing
        ("2026-03-01", None),
        ("2025-10-26T01:30", None),  # two readings
        ("yesterday", None),
        ("NULL", None),
        (" ", None),
        (None, None),
    ],
)
def test_a_ping_is_not_later_than_a_minute_after_its_receipt(con, received, reason):
    """At exactly 60 seconds it is a ping. What cannot be read, or has two readings, is ignored."""
    rows = [{**BASE, "observed_us": instant("2026-03-02T09:00:00Z")}]
    table = table_of(rows).set_column(4, "received_at", pa.array([received], pa.string()))
    assert as_read(con, table) == [reason]


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        (pa.array([True, False, None]), [None, "bad_position", None]),
        (pa.array([1, 0, None, 2], pa.int8()), [None, "bad_position", None, "bad_position"]),
        (pa.array(["A", "V", "a", None]).dictionary_encode(), [None, "bad_position", None, None]),
        (pa.nulls(2), [None, None]),
    ],
    ids=["booleans", "integers", "dictionary", "nulls"],
)
def test_whether_the_device_had_a_fix(con, values, reasons):
    """Booleans and integers are read as their words."""
    table = table_of([BASE] * len(values)).set_column(5, "valid", values)
    assert as_read(con, table) == reasons


def test_devices_are_read_as_ids(con):
    """Cleaned, and a lookalike of a known device has the number that stands for all lookalikes; distinct it is nobody's."""
    names = ["d1", " d1\u200b", "D1", "d1.0", "0D1", "d3", "NULL", '{"d": 1}']
    table = table_of([{**BASE, "device_id": name} for name in names])
    assert joined(con, table).pings.place.tolist() == [0, 0, 3, 3, 3, NOBODYS, NOBODYS, NOBODYS]
    assert as_read(con, table) == [None] * 6 + ["no_device"] * 2
    distinct = replace(READING, distinct=True, lookalikes={"d1": 3, "d2": 4, "\u00e9": 5})
    assert joined(con, table, distinct).pings.place.tolist() == [0, 0, *[NOBODYS] * 6]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_instants_that_overflow_are_bad_times(con, unit):
    """The largest and the smallest value of a coarse unit do not fit into microseconds, and have no instant."""
    raw = [(1 << 63) - 1, 1 - (1 << 63), 0]
    table = table_of([BASE] * 3).set_column(1, "observed_at", pa.array(raw, pa.int64()).cast(pa.timestamp(unit, "UTC")))
    assert as_read(con, table) == ["bad_time", "bad_time", None]


def test_a_missing_accuracy_is_assumed_and_nan_is_not(con):
    """For NULL the policy's accuracy is assumed; NaN is stated, and cannot be used."""
    column = pa.array([None, float("nan"), 5.0, -1.0])
    found = joined(con, table_of([BASE] * 4).append_column("accuracy_m", column)).pings.accuracy_m
    assert found[[0, 2, 3]].tolist() == [30.0, 5.0, -1.0]
    assert np.isnan(found[1])


def test_a_stated_zero_is_missing_only_where_the_policy_says_so(con):
    """Otherwise it was stated, and cannot be used."""
    table = table_of([BASE] * 3).append_column("accuracy_m", pa.array([0.0, -0.0, 5.0]))
    assert joined(con, table).pings.accuracy_m.tolist() == [0.0, 0.0, 5.0]
    missing = replace(READING, zero_is_missing=True)
    assert joined(con, table, missing).pings.accuracy_m.tolist() == [30.0, 30.0, 5.0]


# Whole runs.


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_white_space_is_what_the_contract_says(tmp_path, form):
    """White space of every kind names no device, and about a name it is nothing: the row is quarantined, or read."""
    blank = [" ", " \t", "\r\n", "\u00a0", "\x0b", "\u2003", "\x1c", "\u3000", "\u200b", "\ufeff"]
    pings = [ping("08:30"), *(ping("09:00", device=device) for device in blank), ping("09:30", device="\u3000d1\u00a0")]
    path = run(lay_out(world(pings), tmp_path, form=form), as_of=AFTERWARDS).path
    assert read_back(path, len(pings)).reasons == ["on_duty"] + ["quarantine:no_device"] * len(blank) + ["on_duty"]
    assert [(row["row"], '"lon"' in row["as_read"]) for row in rows_of(path / "quarantine")] == [
        (row, True) for row in range(1, len(blank) + 1)
    ]


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_run_reads_what_the_device_and_the_server_say(tmp_path, form):
    """`received_at` and `valid`, in every form; the quarantined rows are kept as they were read."""
    more = [
        {"received_at": "2026-03-02T08:59:00Z", "valid": "A"},
        {"received_at": "2026-03-02T08:58:59.999999Z", "valid": "A"},
        {"received_at": "", "valid": "V"},
        {"received_at": "soon", "valid": ""},
    ]
    pings = [ping("09:00"), *({**ping("09:00"), **row} for row in more)]
    path = run(lay_out(world(pings), tmp_path, form=form), as_of=AFTERWARDS).path
    reasons = read_back(path, len(pings)).reasons
    assert [reasons[2], reasons[3]] == ["quarantine:future_time", "quarantine:bad_position"]
    assert sorted([reasons[0], reasons[1], reasons[4]]) == ["duplicate", "duplicate", "on_duty"]
    assert ['"V"' in row["as_read"] for row in rows_of(path / "quarantine")] == [False, True]


def rewritten(folder, change):
    """A job of three pings whose Parquet file is changed before it is read."""
    job = lay_out(world([ping("08:30"), ping("09:00"), ping("15:30")]), folder, form="parquet")
    file = folder / "pings" / "part-0.parquet"
    pq.write_table(change(pq.read_table(file)), file)
    return job


def with_instants(table: pa.Table, instants: list[int | None]) -> pa.Table:
    """The table with other raw values in `observed_at`; 0 leaves the row's own value."""
    own = table["observed_at"].cast(pa.int64()).to_pylist()
    raw = [old if new == 0 else new for old, new in zip(own, instants, strict=True)]
    return table.set_column(1, "observed_at", pa.array(raw, pa.int64()).cast(pa.timestamp("us", "UTC")))


@pytest.mark.parametrize(
    "instant_us",
    [1 - (1 << 63), -(1 << 62) - 1, -(1 << 62), FIRST_US - 1, LAST_US + 1, 1 << 62, (1 << 62) + 1, (1 << 63) - 1],
)
def test_an_instant_out_of_range_is_quarantined(tmp_path, instant_us):
    """One bad row in a typed file does not stop the run, whatever its value (specification#bad-pings)."""
    job = rewritten(tmp_path, lambda table: with_instants(table, [0, instant_us, 0]))
    assert read_back(run(job, as_of=AFTERWARDS).path, 3).reasons == ["on_duty", "quarantine:bad_time", "on_duty"]


def with_trip(table: pa.Table, instants: list[int | None], third: int) -> pa.Table:
    """A nested column of three integers before all others: `observed_at` is the third column, but the fifth leaf."""
    trip = pa.array([{"a": 1, "b": 2, "c": third}] * table.num_rows)
    return with_instants(table, instants).add_column(0, "trip", trip)


@pytest.mark.parametrize("third", [5, 1_772_000_000_000_000])
def test_statistics_are_those_of_the_column_itself(tmp_path, third):
    """A nested column is one column by name, and several in the statistics of the footer."""
    job = rewritten(tmp_path, lambda table: with_trip(table, [0, 0, 0], third))
    assert read_back(run(job, as_of=AFTERWARDS).path, 3).reasons == ["on_duty"] * 3


def test_a_row_without_an_instant_belongs_to_every_run_that_reads_its_file(tmp_path):
    """It is recorded also where statistics say that no row near it is in the interval (specification#files-read)."""
    job = rewritten(tmp_path, lambda table: with_trip(table, [0, None, 0], 1_772_000_000_000_000))
    file = tmp_path / "pings" / "part-0.parquet"
    table = pq.read_table(file)
    pq.write_table(pa.concat_tables([table, table.slice(2)]), file, row_group_size=3)
    path = run(job, as_of=AFTERWARDS, start="2026-03-02T15:00:00Z", end="2026-03-03").path
    reasons = read_back(path, 4).reasons
    assert (reasons[:2], None in reasons[2:]) == ([None, "quarantine:bad_time"], False)


@pytest.mark.parametrize("index", [pa.int8(), pa.int16(), pa.int64()], ids=str)
def test_an_unassigned_device_is_not_taken_for_another(tmp_path, index):
    """Indices of dictionaries may be narrow, as pandas writes them, or wide: each row has its own device."""
    names = pa.DictionaryArray.from_arrays(pa.array([1, 1, 0], index), ["d1", "unassigned"])
    job = rewritten(tmp_path, lambda table: table.set_column(0, "device_id", names))
    assert read_back(run(job, as_of=AFTERWARDS).path, 3).reasons == ["unassigned", "unassigned", "on_duty"]
