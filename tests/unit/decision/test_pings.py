"""Rows of pings are read by the contract, in every type of column that a file may have."""

from __future__ import annotations

import itertools
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
from offduty.core.instants import FIRST_US, LAST_US
from offduty.decision.pings import PingReading, read_pings
from tests.world import AFTERWARDS, lay_out, ping, read_back, rows_of, world

AS_OF_US = 1_800_000_000_000_000
READING = PingReading(pa.array(["d1", "d2", " d1", "\u00e9"]), AS_OF_US, 30.0)
DEVICES = ["d1", "d2", "unknown", "", " ", "\t\r\n", " d1", "\u00a0", "\x0b", "\u2003", "\x1c", "\u00e9", None]
INSTANTS = [
    0,
    -1,
    AS_OF_US,
    AS_OF_US + 1,
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
BASE = {"device_id": "d1", "observed_us": 0, "lon": 1.0, "lat": 1.0}
Row = dict[str, Any]


def table_of(rows: list[Row], devices: pa.DataType | None = None) -> pa.Table:
    """Rows as a table of pings."""
    return pa.table(
        {
            "device_id": pa.array([row["device_id"] for row in rows], devices or pa.string()),
            "observed_at": pa.array([row["observed_us"] for row in rows], pa.int64()).cast(pa.timestamp("us", "UTC")),
            "lon": pa.array([row["lon"] for row in rows], pa.float64()),
            "lat": pa.array([row["lat"] for row in rows], pa.float64()),
        }
    )


def by_contract(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> list[str | None]:
    """The first check of the contract that is not true for each row, by its own SQL; None for a ping."""
    cases = " ".join(f"WHEN ({sql}) IS NOT TRUE THEN '{reason}'" for reason, sql in contract("pings").checks)
    con.register("numbered", table_of(rows).append_column("number", pa.array(range(len(rows)))))
    us = f"CASE WHEN epoch_us(observed_at) BETWEEN {FIRST_US} AND {LAST_US} THEN epoch_us(observed_at) END"
    inner = f"SELECT number, device_id, {us} AS observed_us, lon, lat, {AS_OF_US}::BIGINT AS as_of_us FROM numbered"
    return [reason for (reason,) in con.execute(f"SELECT CASE {cases} END FROM ({inner}) ORDER BY number").fetchall()]


def as_read(con: duckdb.DuckDBPyConnection, table: pa.Table) -> list[str | None]:
    """The quarantine reason of each row, as a run reads it; None for a ping."""
    batch = read_pings(table, 100, READING, con)
    found: list[str | None] = [None] * table.num_rows
    names = [reason for reason, _ in contract("pings").checks]
    for row, reason in zip(batch.quarantined.row.tolist(), batch.quarantined.reason.tolist(), strict=True):
        found[row - 100] = names[reason]
    hidden = [number for number, reason in enumerate(found) if reason]
    assert (batch.pings.device[hidden] == -1).all(), "a row that cannot be read has a device"
    return found


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """A database in memory."""
    return duckdb.connect()


def awkward() -> list[Row]:
    """Every awkward value alone, and every pair of awkward longitude and latitude."""
    singles = [("device_id", DEVICES), ("observed_us", INSTANTS), ("lon", DEGREES), ("lat", DEGREES)]
    rows = [{**BASE, name: value} for name, values in singles for value in values]
    return rows + [{**BASE, "lon": lon, "lat": lat} for lon, lat in itertools.product(DEGREES, DEGREES)]


def test_numpy_and_the_contract_agree_on_awkward_rows(con):
    """The contract's SQL is the only source; the quick way must say the same of each row."""
    rows = awkward()
    wanted, found = by_contract(con, rows), as_read(con, table_of(rows))
    different = [(row, w, f) for row, w, f in zip(rows, wanted, found, strict=True) if w != f]
    assert different == []
    assert set(wanted) == {None, "no_device", "bad_time", "future_time", "bad_position"}


ROW = st.fixed_dictionaries(
    {
        "device_id": st.sampled_from(DEVICES),
        "observed_us": st.sampled_from(INSTANTS) | st.integers(-(1 << 63) + 1, (1 << 63) - 1),
        "lon": st.sampled_from(DEGREES) | st.floats(-181, 181),
        "lat": st.sampled_from(DEGREES) | st.floats(-91, 91),
    }
)


@given(st.lists(ROW, min_size=1, max_size=40))
def test_numpy_and_the_contract_agree_on_any_rows(con, rows):
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
    batch = read_pings(table, 0, READING, con)
    numbers = {"d1": 0, "d2": 1, "\u00e9": 3, "unknown": -1, None: -1}
    assert batch.pings.device.tolist() == [numbers[name] for name in names[2:]]
    assert batch.quarantined.row.tolist() == [row for row, name in enumerate(names[2:]) if name is None]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_instants_of_every_unit(con, unit, zone):
    """The zone of a column does not change an instant; nanoseconds are cut off, also before 1970."""
    per_s = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[unit]
    raw = [0, -1, 1, 90 * per_s, None]
    table = table_of([BASE] * len(raw)).set_column(
        1, "observed_at", pa.array(raw, pa.int64()).cast(pa.timestamp(unit, zone))
    )
    found = read_pings(table, 0, READING, con).pings.observed_us.tolist()
    assert found[:4] == [0, -1_000_000 // per_s, 1_000_000 // per_s, 90_000_000]
    assert as_read(con, table) == [None, None, None, None, "bad_time"]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_instants_that_overflow_are_bad_times(con, unit):
    """The largest and the smallest value of a coarse unit do not fit into microseconds, and have no instant."""
    raw = [(1 << 63) - 1, 1 - (1 << 63), 0]
    table = table_of([BASE] * 3).set_column(1, "observed_at", pa.array(raw, pa.int64()).cast(pa.timestamp(unit, "UTC")))
    assert as_read(con, table) == ["bad_time", "bad_time", None]


def test_a_missing_accuracy_is_assumed_and_nan_is_not(con):
    """For NULL the policy's accuracy is assumed; NaN is stated, and cannot be used."""
    column = pa.array([None, float("nan"), 5.0, -1.0])
    found = read_pings(table_of([BASE] * 4).append_column("accuracy_m", column), 0, READING, con).pings.accuracy_m
    assert found[[0, 2, 3]].tolist() == [30.0, 5.0, -1.0]
    assert np.isnan(found[1])


# Whole runs.


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_white_space_is_what_the_contract_says(tmp_path, form):
    """Blanks, tabs and line ends name no device: the row is quarantined. Rarer spaces name an unknown device."""
    blank, rare = [" ", " \t", "\r\n"], ["\u00a0", "\x0b", "\u2003", "\x1c", "\u3000"]
    pings = [ping("08:30"), *(ping("09:00", device=device) for device in [*blank, *rare])]
    path = run(lay_out(world(pings), tmp_path, form=form), as_of=AFTERWARDS).path
    wanted = ["on_duty"] + ["quarantine:no_device"] * len(blank) + ["unassigned"] * len(rare)
    assert read_back(path, len(pings)).reasons == wanted
    assert [(row["row"], '"lon"' in row["as_read"]) for row in rows_of(path / "quarantine")] == [
        (1, True),
        (2, True),
        (3, True),
    ]


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


def test_a_row_without_an_instant_belongs_to_every_run(tmp_path):
    """A row without an instant is recorded also where statistics say that the file has no row in the interval."""
    job = rewritten(tmp_path, lambda table: with_trip(table, [0, None, 0], 1_772_000_000_000_000))
    path = run(job, as_of=AFTERWARDS, start="2030-01-01", end="2030-01-02").path
    assert read_back(path, 3).reasons == [None, "quarantine:bad_time", None]


@pytest.mark.parametrize("index", [pa.int8(), pa.int16(), pa.int64()], ids=str)
def test_an_unassigned_device_is_not_taken_for_another(tmp_path, index):
    """Indices of dictionaries may be narrow, as pandas writes them, or wide: each row has its own device."""
    names = pa.DictionaryArray.from_arrays(pa.array([1, 1, 0], index), ["d1", "unassigned"])
    job = rewritten(tmp_path, lambda table: table.set_column(0, "device_id", names))
    assert read_back(run(job, as_of=AFTERWARDS).path, 3).reasons == ["unassigned", "unassigned", "on_duty"]
