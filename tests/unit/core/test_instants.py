"""Tests of instants, which are read in three ways: one by one, by column, and in SQL; all three must agree.

Each text is read as a column has it whose table declares no zone, and one that declares London's.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from importlib import resources
from itertools import product

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.ids import MISSING_WORDS, SPACES, clean_id, stripped
from offduty.core.instants import (
    FIRST_US,
    LAST_US,
    from_us,
    instant,
    iso_text,
    local_date,
    midnight,
    to_us,
    wall_time,
    zone,
)
from offduty.core.times import QUARTER_US, LocalTime, lacks_offset, read_time, read_times, wall_offsets
from offduty.ingest.columns import AS_READ
from offduty.ingest.ping_copy import copy_typed
from offduty.ingest.text_files import BLANK

UNDECLARED = LocalTime(None, "Europe/London")
LONDON = LocalTime("Europe/London", "Europe/London")

PLAIN = ["2026-03-02T09:15:30Z", "2026-03-02 09:15:30Z", "2026-03-02T09:15:30.1Z", "2026-03-02T09:15:30.123456Z"]
READ = [
    *PLAIN,
    "2026-03-02 09:15Z",
    "2026-03-02T09:15:30.123456789Z",
    "2026-03-02T09:15:30+0530",
    "2026-03-02T09:15:30-05",
    "2026-03-02T09:15:30+23:59",
    "2026-03-02T09:15:30-23:59",
    "2026-03-02T09:15+01:00",
    "2000-02-29T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59.9999999Z",
    "1969-12-31T23:59:59.999999Z",
    "1582-10-10T00:00:00Z",
    "2026-03-02T00:00:00-00:00",
    "1970-01-01T00:00:00Z",
]
WALL = [
    "2026-03-02 09:15:30",
    "2026-03-02T09:15:30.1",
    "2026-03-02T09:15",
    "2026-03-02T09:15:30.123456789",
    "2026-07-06T08:00",
    "2026-03-29T00:59:59.999999",
    "2026-03-29T02:00",
    "2026-10-25T00:59:59.999999",
    "2026-10-25T02:00",
    "1960-01-01T00:00:00.000001",
    "0001-01-01T23:59:59.999999",  # one microsecond before the next quarter of an hour
    "0001-01-02T00:00",
    "9999-12-31T00:00",
]
"""Times without an offset, each of which is one instant in London."""
TWICE = ["2026-03-29T01:00", "2026-03-29T01:59:59.999999", "2026-10-25T01:00:00", "2026-10-25T01:59:59.999999999"]
"""Times that London's clocks skipped, or showed twice."""
DATES = ["2026-03-02", "2024-02-29", "0001-01-01", "9999-12-31", "2026-03-29"]
REFUSED = [
    " ",
    "now",
    "epoch",
    "infinity",
    "NaT",
    "2026-3-2",
    "2026-02-29",
    "1900-02-29",
    "2026-02-30T00:00:00Z",
    "2026-13-01",
    "2026-00-01",
    "2026-01-00",
    "2026-03-02T24:00:00Z",
    "2026-03-02T23:60:00Z",
    "2026-03-02T23:59:60Z",
    "2026-03-02T09",
    "2026-03-02T09Z",
    "2026-03-02Z",
    "2026-03-02T09:15:30.Z",
    "2026-03-02T09:15:30.1234567890Z",
    "2026-03-02T09:15:30,5Z",
    "2026-03-02T09:15.5Z",
    "2026-03-02t09:15:30Z",
    "2026-03-02T09:15:30z",
    "2026-03-02T09:15:30 Z",
    "2026-03-02T09:15:30+24:00",
    "2026-03-02T09:15:30+01:60",
    "2026-03-02T09:15:30+1",
    "2026-03-02T09:15:30+01:00:00",
    "+2026-03-02",
    "-2026-03-02",
    "12026-03-02",
    "0000-01-01",
    "0000-12-31T23:59:59Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "2026-03-02T09:15:30Z\n",
    "\n2026-03-02",
    "2026-03-02\u00a0",
    "２０２６-03-02",
    "2026-03-02T09:15:30Z[UTC]",
    "2026-03-02 (BC)",
    "20260302T091530Z",
    "2026-061",
    "2026-W10-1",
    "2026-03-02T-1:00",
    "2026\u221203-02",
    "2026-03-02T09:15:30+-1:00",
    "2026-03-02T\u0660\u0669:15",
    "1772442930",
    "x" * 10_000,
]
ALL = [*READ, *REFUSED, *WALL, *TWICE, *DATES]
FIELD = st.sampled_from(["2026-03-02", "1969-12-31", "0001-01-01", "9999-12-31", "2026-02-30", "2024-02-29"])
CLOCK = st.sampled_from(["", "T00:00", " 23:59:59", "T12:30:00.5", "T23:59:59.999999999", "T24:00:00", "T09:15:61"])
OFFSET = st.sampled_from(["", "Z", "+01", "-0530", "+14:00", "+23:59", "-00:01", "+24", "z"])
NOISE = st.text("0123456789-+:.TZ e\n\u0663", max_size=2)
TEXT = st.builds(
    lambda a, b, c, d, at: (t := a + b + c)[: at % (len(t) + 1)] + d + t[at % (len(t) + 1) :],
    FIELD,
    CLOCK,
    OFFSET,
    NOISE,
    st.integers(0, 40),
)


def one_by_one(texts: list[str | None], local: LocalTime = UNDECLARED) -> list[int | None]:
    """Read one by one; a text with two readings, or a bare date, is no single instant, and neither is an empty text."""
    found = [read_time(text, local.declared or "", local.days, local.policy) if text else None for text in texts]
    return [one.early if one is not None and one.early == one.late and not one.dated else None for one in found]


def by_column(column: pa.Array, local: LocalTime = UNDECLARED) -> list[int | None]:
    """Read as a column."""
    found = read_times(column, local)
    single = found.read & ~found.dated & (found.early == found.late)
    return [us if one else None for us, one in zip(found.early.tolist(), single.tolist(), strict=True)]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """A database with the settings of a run."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def in_sql(
    con: duckdb.DuckDBPyConnection, texts: list[str | None], column: str = "observed_at", local: LocalTime = UNDECLARED
) -> list[object]:
    """Read with the SQL statement that reads text files."""
    values = {
        "device_id": "'d'",
        "observed_at": "'2026-03-02T00:00Z'",
        "lon": "'1'",
        "lat": "'1'",
        "accuracy_m": "'1'",
        "received_at": "NULL",
        "valid": "NULL",
    }
    values[column] = "written"
    columns = ", ".join(f"{value}::VARCHAR AS {name}" for name, value in values.items())
    con.register("given", pa.table({"row": range(len(texts)), "written": pa.array(texts, pa.string())}))
    others = f'\'\' AS "{AS_READ}", false AS "{BLANK}"'
    con.execute(f"CREATE OR REPLACE TEMP VIEW input_text AS SELECT row, {columns}, {others} FROM given")
    con.execute("CREATE OR REPLACE TEMP MACRO is_ping(device, observed_us, received_us, lon, lat, valid) AS true")
    con.execute("SET VARIABLE spaces = $spaces", {"spaces": SPACES})
    con.execute("SET VARIABLE missing_words = $words", {"words": sorted(MISSING_WORDS)})
    sql = resources.files("offduty.ingest")
    con.execute(sql.joinpath("macros.sql").read_text())
    walls = [time for time in map(wall_us, texts) if time is not None]
    quarters = np.unique(np.array(walls, np.int64) // QUARTER_US)
    offsets, known = wall_offsets(quarters, local)
    table = pa.table({"quarter": quarters[known], "offset_us": offsets[known]})
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/pings.parquet"
        copy_typed(DuckDBConnection(con), path, None if local.declared is None else table)
        copied = pq.read_table(path)[column]
    return (copied.cast(pa.int64()) if pa.types.is_timestamp(copied.type) else copied).to_pylist()


def wall_us(text: str | None) -> int | None:
    """The wall clock of a time without an offset, as if it were UTC."""
    reading = wall_time(text or "", "UTC")
    return None if reading is None else reading.wall_us


def test_the_lists_are_what_they_say():
    """All texts of READ are one instant, none of those without an offset is one unless a zone is declared, and none of
    REFUSED ever is.
    """
    assert None not in one_by_one(READ)
    assert set(one_by_one(REFUSED)) == set(one_by_one(REFUSED, LONDON)) == {None}
    assert set(one_by_one([*WALL, *TWICE, *DATES])) == {None}
    assert None not in one_by_one(WALL, LONDON)
    assert set(one_by_one([*TWICE, *DATES], LONDON)) == {None}
    assert not any(map(lacks_offset, [*READ, *DATES]))
    assert all(map(lacks_offset, [*WALL, *TWICE]))


@pytest.mark.parametrize("local", [UNDECLARED, LONDON], ids=["undeclared", "London"])
@pytest.mark.parametrize(
    "texts", [READ, REFUSED, [*WALL, *TWICE, *DATES], ALL, PLAIN, [*PLAIN, "2026-02-30T00:00:00Z"], []], ids=len
)
def test_a_column_is_read_as_its_texts_are(texts, local):
    """Columns of plain texts are read by Arrow, others one by one; also where one day is not in the calendar."""
    assert by_column(pa.array(texts, pa.string()), local) == one_by_one(texts, local)


@pytest.mark.parametrize("local", [UNDECLARED, LONDON], ids=["undeclared", "London"])
@pytest.mark.parametrize("column", ["observed_at", "received_at"])
def test_the_engine_reads_the_same_texts(con, local, column):
    """SQL reads the same instants, to the microsecond."""
    found = dict(zip(ALL, in_sql(con, ALL, column, local), strict=True))
    wanted = dict(zip(ALL, one_by_one(ALL, local), strict=True))
    assert {text: us for text, us in found.items() if us != wanted[text]} == {}


@given(st.lists(TEXT, min_size=1, max_size=30))
def test_three_ways_one_answer(texts):
    """Instants with a few characters inserted are read alike in all three ways."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for local in (UNDECLARED, LONDON):
            wanted = one_by_one(texts, local)
            assert by_column(pa.array(texts, pa.string()), local) == wanted
            assert dict(zip(texts, in_sql(con, texts, local=local), strict=True)) == dict(
                zip(texts, wanted, strict=True)
            )


def test_missing_is_not_unreadable():
    """NULL and its like, an empty text and white space are missing; with white space about it NULL is a text that
    cannot be read (specification#instants).
    """
    missing = [None, "", " ", "\u00a0\u200b", "NULL", "null", "NaN", r"\N", "#N/A"]
    found = read_times(pa.array([*missing, " NULL ", "Null", "2026-03-02T09:00Z"]), UNDECLARED)
    assert found.missing.tolist() == [True] * len(missing) + [False] * 3
    assert found.read.tolist() == [False] * (len(missing) + 2) + [True]
    assert set(found.early.tolist()[:-1]) == {0}


@pytest.mark.parametrize(
    "texts", [PLAIN, ["", *PLAIN, None], [*PLAIN, "nonsense"]], ids=["plain", "with gaps", "mixed"]
)
def test_a_slice_of_a_column_is_read_as_itself(texts):
    """A slice has offsets into the buffers of texts and of NULLs."""
    whole = pa.array([None, "x", *texts, "2026-01-01T00:00Z", None])
    for start in range(len(whole)):
        part = whole.slice(start, 3)
        assert by_column(part) == one_by_one(part.to_pylist())
        assert read_times(part, UNDECLARED).missing.tolist() == [not text for text in part.to_pylist()]


def by_macro(con: duckdb.DuckDBPyConnection, macro: str, texts: list[str | None]) -> list[object]:
    """What a macro of SQL says of each text."""
    con.execute("SET VARIABLE spaces = $spaces", {"spaces": SPACES})
    con.execute("SET VARIABLE missing_words = $words", {"words": sorted(MISSING_WORDS)})
    con.execute(resources.files("offduty.ingest").joinpath("macros.sql").read_text())
    con.register("given", pa.table({"row": range(len(texts)), "written": pa.array(texts, pa.string())}))
    return [value for (value,) in con.execute(f"SELECT {macro}(written) FROM given ORDER BY row").fetchall()]


def test_the_quick_path_of_the_engine_changes_nothing(con):
    """Texts of the usual form are read without the replacements of the others: each gives the same in both ways."""
    days = ["2026-03-02", "0001-01-01", "9999-12-31", "2026-02-30", "1969-12-31", "10000-01-01", "2026-3-2", ""]
    clocks = ["T09:15", " 23:59:59", "T00:00:00", "T24:00:00", "T09:15:61", "t09:15:30", ""]
    fractions = ["", ".", *("." + "123456789"[:digits] for digits in range(1, 10)), ".9999999", ".1234567890", ",5"]
    offsets = ["", "Z", "z", "+01", "-0130", "+01:30", "+23:59", "-2359", "+24", "+01:60", "+0160", "+1", "+01:30:00"]
    built = ["".join(parts) for parts in product(days, clocks, fractions, offsets)]
    texts = [None, "", *ALL, *built, *(f" {text}" for text in ALL), *(f"{text}\n" for text in ALL)]
    quick, slow = (by_macro(con, macro, texts) for macro in ("instant_from_text", "any_instant_from_text"))
    assert {text: one for text, one, other in zip(texts, quick, slow, strict=True) if one != other} == {}
    assert len(set(quick)) > 100


@given(texts=st.lists(TEXT, max_size=30))
def test_the_quick_path_changes_nothing_of_made_up_texts(con, texts):
    """As above."""
    assert by_macro(con, "instant_from_text", texts) == by_macro(con, "any_instant_from_text", texts)


def test_the_engine_knows_the_same_times_without_an_offset(con):
    """What ends with Z is looked at no further."""
    texts = [*ALL, "", "Z", "2026-03-02T09:15Z", "2026-03-02T09:15:30.5Z", "2026-03-02T09:15\n"]
    assert by_macro(con, "lacks_offset", [*texts, None]) == [*map(lacks_offset, texts), None]


def test_the_engine_knows_the_same_ids(con):
    """The words for nothing are no ids, whatever white space is around them, and other words are."""
    words = [*MISSING_WORDS, "Null", "NULLS", "n/a", "", "7", "R-7", "N", "n", "#", "[]", "[R7", "{", "no body"]
    texts = [
        f"{before}{word}{after}"
        for word in words
        for before, after in product(["", *SPACES[:3], *SPACES[-3:]], repeat=2)
    ]
    found = dict(zip(texts, by_macro(con, "id_from_text", texts), strict=True))
    lists = {text for text in texts if stripped(text)[:1] in ("[", "{")}
    assert {text: one for text, one in found.items() if text not in lists and one != clean_id(text)} == {}
    assert {found[text] for text in lists} == {None}


@given(st.integers(FIRST_US, LAST_US))
def test_what_is_written_is_read_back(us):
    """Any microsecond of the years 1 to 9999 is read back, also in a column."""
    assert instant(iso_text(us)) == us
    assert by_column(pa.array([iso_text(us)])) == [us]
    assert to_us(from_us(us)) == us


def test_before_1970_fractions_are_cut_and_not_rounded():
    """The microsecond before 1970, written with nine digits, is -1."""
    assert instant("1969-12-31T23:59:59.9999999Z") == -1
    assert to_us(datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)) == -1


# Numbers as text, which only SQL reads.


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("51.5", 51.5),
        ("+51.5", 51.5),
        ("-0", 0.0),
        ("5.", 5.0),
        (".5", 0.5),
        ("515e-1", 51.5),
        ("1E1", 10.0),
        (None, None),
        ("", None),
        (" \t", None),
    ],
)
def test_numbers_that_are_read(con, text, value):
    """Numbers in decimal notation are read, with or without an exponent."""
    assert in_sql(con, [text], "lon") == [value]


@pytest.mark.parametrize(
    "text",
    [" 1", "1 ", "1,5", "0x1", "1_0", "nan", "inf", "-Infinity", "1e", "e1", ".", "--1", "１", "1.0.0", "true"],
)
def test_text_that_is_no_number_is_not_missing(con, text):
    """Such a text is NaN: an invalid position, or an accuracy that cannot be used."""
    (found,) = in_sql(con, [text], "lon")
    assert np.isnan(found)


# Wall times and zones.


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../etc/passwd",
        "Europe/../Europe/London",
        "/etc/localtime",
        "Europe",
        "No/Where",
        "tzdata.zi",
        "Europe/London ",
    ],
)
def test_a_zone_is_a_name_in_the_package(name):
    """Another name is unknown, and no other file of the machine is opened."""
    assert zone(name) is None
    assert wall_time("2026-03-02T09:00", name) is None


@pytest.mark.parametrize(
    ("text", "early", "late"),
    [
        ("2026-03-29T01:30", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),  # never happened
        ("2026-10-25T01:30", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),  # happened twice
        ("2026-07-01T12:00", "2026-07-01T11:00:00Z", "2026-07-01T11:00:00Z"),
        ("2026-10-25T01:30+01:00", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
    ],
)
def test_a_wall_time_has_two_readings(text, early, late):
    """There are two readings where the clock changes; a written offset decides."""
    found = wall_time(text, "Europe/London")
    assert (iso_text(found.early_us), iso_text(found.late_us)) == (early, late)


@pytest.mark.parametrize(
    ("day", "name", "first"),
    [
        (date(2026, 3, 2), "Europe/London", "2026-03-02T00:00:00Z"),
        (date(2026, 7, 1), "Europe/London", "2026-06-30T23:00:00Z"),
        (
            date(2024, 9, 8),
            "America/Santiago",
            "2024-09-08T04:00:00Z",
        ),  # midnight never happened: the day starts at one
        (date(2024, 4, 7), "America/Santiago", "2024-04-07T04:00:00Z"),  # the hour before midnight happened twice
        (date(2026, 11, 1), "America/Havana", "2026-11-01T04:00:00Z"),  # midnight happened twice: the first counts
    ],
)
def test_a_day_begins_at_its_first_instant(day, name, first):
    """The microsecond before it belongs to the day before."""
    us = midnight(day, name)
    assert iso_text(us) == first
    assert local_date(us, name) == day
    assert local_date(us - 1, name) < day
