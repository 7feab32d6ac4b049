"""Text files are read by the contract: each value as it is written, and each row with as many as the header has."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from offduty.config.declarations import TableDeclaration
from offduty.core.errors import InputError
from offduty.core.instants import iso_text
from offduty.core.times import LocalTime
from offduty.ingest.columns import AS_READ
from offduty.ingest.duckdb_session import DuckDBSession, open_engine
from offduty.ingest.ping_copy import copy_text
from offduty.ingest.source_file import Source
from offduty.ingest.text_files import _longest_plain_line, columns_of_text, open_text

LONDON = LocalTime("Europe/London", "Europe/London")
UNDECLARED = LocalTime(None, "Europe/London")
HEADER = "device_id,observed_at,lon,lat,accuracy_m"
GOOD = "d1,2026-03-02T09:00:00Z,-0.15,51.52,10"


@contextmanager
def opened(
    folder: Path,
    text: str,
    name: str = "pings.csv",
    table: str = "pings",
    threads: int = 1,
    memory_mb: int = 400,
) -> Iterator[tuple[DuckDBSession, Source]]:
    """A file with this text, and a session that may read it."""
    path = folder / name
    path.write_text(text)
    (folder / "work").mkdir(exist_ok=True)
    source = Source(0, table, name, path, {".csv": "csv", ".ndjson": "ndjson"}[path.suffix])
    with open_engine([source], folder / "work", threads, memory_mb) as engine:
        yield engine, source


def rows_of(folder: Path, *lines: str, header: str = HEADER) -> int:
    """How many rows a CSV has; `InputError` where it cannot be read."""
    with opened(folder, "\n".join([header, *lines]) + "\n") as (engine, source):
        open_text(engine, source)
        return engine.con.ask("SELECT count(*) AS rows FROM input_text")["rows"][0].as_py()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"{GOOD},", "more"),
        (f"{GOOD},,", "more"),
        (f"{GOOD},x", "more"),
        (f'{GOOD},""', "more"),
        ("d1,2026-03-02T09:00:00Z,-0.15,51.52", "fewer"),
        ("d1", "fewer"),
        ('"d1,x"', "fewer"),
    ],
)
def test_every_row_has_as_many_values_as_the_header(tmp_path, line, what):
    """Be they empty or not; wherever the row stands, and the message shows no value."""
    for lines in ([line], [GOOD, line], [line, GOOD], [GOOD] * 1000 + [line] + [GOOD] * 1000):
        with pytest.raises(InputError, match=f"a row has {what} values than the header has columns") as error:
            rows_of(tmp_path, *lines)
        assert f"(line {lines.index(line) + 2:,})" in str(error.value)
        assert "d1" not in str(error.value)
        assert "51.5" not in str(error.value)


@pytest.mark.parametrize(
    "line",
    [
        "d1,2026-03-02T09:00:00Z,-0.15,51.52,",
        ",,,,",
        'd1,"2026-03-02T09:00:00Z","-0.15",51.52,""',
        '"d,1","2026-03-02\n09:00:00Z",-0.15,51.52,10',
        '"d""1",2026-03-02T09:00:00Z,-0.15,51.52,10',
    ],
)
def test_empty_and_quoted_values_are_values(tmp_path, line):
    """A comma, a quote or the end of a line within quotes ends nothing."""
    assert rows_of(tmp_path, line, GOOD) == 2


def test_a_file_that_cannot_be_opened_stops_the_run(tmp_path):
    """As one with a header that cannot be read does: an error of the system is no failure that nobody foresaw."""
    with opened(tmp_path, f"{HEADER}\n{GOOD}\n") as (engine, source):
        source.path.unlink()
        with pytest.raises(InputError, match="the header cannot be read") as error:
            open_text(engine, source)
    assert error.value.file == source.name


def test_lines_may_end_as_they_like(tmp_path):
    """As on any system, with or without one at the end of the file."""
    for end in ("\n", "\r\n"):
        with opened(tmp_path, end.join([HEADER, GOOD, GOOD])) as (engine, source):
            open_text(engine, source)
            assert engine.con.ask("SELECT count(*) AS rows FROM input_text").to_pylist() == [{"rows": 2}]


@pytest.mark.parametrize("ends", [("\r\n", "\n"), ("\n", "\r\n")])
def test_lines_that_end_in_two_ways_are_named(tmp_path, ends):
    """As where a program appended to a table that was written elsewhere: DuckDB says no more than that it is not CSV."""
    first, last = ends
    with opened(tmp_path, "") as (engine, source):
        source.path.write_bytes(f"{HEADER}{first}{GOOD}{first}{GOOD}{last}".encode())
        with pytest.raises(InputError, match="some of its lines end in CR LF and others in LF alone"):
            copy_text(engine, source, UNDECLARED, ())


def test_columns_are_read_again_as_text(tmp_path):
    """In the order of the rows; a column that looks like another does not stop it, because the run has checked them."""
    lines = [f"d{row},2026-03-02T09:00:00Z,1,2,{row}" for row in range(3000)]
    text = "\n".join([HEADER.replace("accuracy_m", "fix"), *lines]) + "\n"
    with opened(tmp_path, text) as (engine, source):
        with pytest.raises(InputError, match="'fix' looks like 'valid'"):
            open_text(engine, source)
        open_text(engine, replace(source, declared=TableDeclaration(ignore=("fix",))))
        found = columns_of_text(engine, source, ["lat", "device_id"])
    assert found.column_names == ["lat", "device_id"]
    assert found["device_id"].to_pylist() == [f"d{row}" for row in range(3000)]


# The typed copy of pings.


def copied(folder: Path, rows: list[dict[str, str]], local: LocalTime, form: str = "csv"):
    """The copy of rows, and its columns in which some time has no offset."""
    names = [*HEADER.split(","), "received_at", "valid"]
    lines = [",".join(row.get(name, "") for name in names) for row in rows]
    text = "\n".join([",".join(names), *lines]) if form == "csv" else "\n".join(json.dumps(row) for row in rows)
    with opened(folder, text + "\n", f"pings.{form}") as (engine, source):
        copy = copy_text(engine, source, local, ())
        return pq.read_table(copy.path).to_pylist(), copy.lacks_offset


BASE = dict(zip(HEADER.split(","), GOOD.split(","), strict=True))


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_wall_times_become_instants_of_the_declared_zone(tmp_path, form):
    """One that happened twice or never has none; a date has none; an offset decides."""
    walls = ["2026-07-06T09:00", "2026-10-25 01:30", "2026-03-29T01:00:00", "2026-07-06", "2026-07-06T09:00Z"]
    rows = [{**BASE, "observed_at": wall, "received_at": wall} for wall in walls]
    table, lacks = copied(tmp_path, rows, LONDON, form)
    wanted = ["2026-07-06T08:00:00Z", None, None, None, "2026-07-06T09:00:00Z"]
    for name in ("observed_at", "received_at"):
        found = [row[name] and row[name].isoformat().replace("+00:00", "Z") for row in table]
        assert found == wanted, name
    assert [row[AS_READ] is None for row in table] == [True, False, False, False, True]
    assert lacks == ("observed_at", "received_at")


def test_without_a_zone_there_are_none_and_the_columns_are_named(tmp_path):
    """A column in which all have an offset, or which has only dates, is not named."""
    naive, zoned = "2026-07-06T09:00", "2026-07-06T09:00Z"
    for observed, received, named in (
        (naive, naive, ("observed_at", "received_at")),
        (zoned, naive, ("received_at",)),
        (naive, "", ("observed_at",)),
        (zoned, zoned, ()),
        ("2026-07-06", "2026-07-06", ()),
        ("yesterday", "NULL", ()),
    ):
        table, lacks = copied(tmp_path, [{**BASE, "observed_at": observed, "received_at": received}], UNDECLARED)
        assert lacks == named, (observed, received)
        assert (table[0]["observed_at"] is None) == (observed != zoned)


@pytest.mark.parametrize(
    ("change", "ping"),
    [
        ({}, True),
        ({"device_id": " \u00a0"}, False),
        ({"device_id": "NULL"}, False),
        ({"device_id": " 7 "}, True),
        ({"received_at": "2026-03-02T08:59:00Z"}, True),
        ({"received_at": "2026-03-02T08:58:59.999999Z"}, False),
        ({"valid": "VALID"}, True),
        ({"valid": "v"}, False),
        ({"valid": " "}, True),
        ({"valid": " true"}, False),
        ({"lon": "0", "lat": "-0.0"}, False),
        ({"accuracy_m": "bad"}, True),
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_the_copy_keeps_rows_that_are_no_pings_as_they_were_read(tmp_path, change, ping, form):
    """And those only; the texts of device and `valid` stay as they are written."""
    (row,), _ = copied(tmp_path, [{**BASE, **change}], UNDECLARED, form)
    assert (row[AS_READ] is None) == ping
    assert row["device_id"] == {**BASE, **change}["device_id"]
    assert iso_text(int(row["observed_at"].timestamp()) * 1_000_000) == BASE["observed_at"]


@pytest.mark.parametrize("local", [UNDECLARED, LONDON], ids=["undeclared", "London"])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_the_copy_is_in_the_order_of_the_file(tmp_path, monkeypatch, local, form):
    """However many threads read it. With rows of up to 64 MB, one thread alone would read such a small CSV."""
    monkeypatch.setattr("offduty.ingest.text_files.LONGEST_ROW_BYTES", 1 << 20)
    slow = {**BASE, "observed_at": "2026-03-02T09:00:00.1234567+0100"}
    rows = [{**(slow if row < 9_000 else BASE), "device_id": f"d{row}", "note": "-" * 300} for row in range(250_000)]
    lines = map(json.dumps, rows) if form == "ndjson" else [f"{HEADER},note", *(",".join(row.values()) for row in rows)]
    text = "\n".join(lines) + "\n"
    with opened(tmp_path, text, f"pings.{form}", threads=4, memory_mb=2_000) as (engine, source):
        copy = copy_text(engine, source, local, ())
        devices = pq.read_table(copy.path, columns=["device_id"])["device_id"].to_pylist()
    assert devices == [row["device_id"] for row in rows]


ROW = st.lists(st.sampled_from(["", "a", "é", " ", "\x00", "1"]), min_size=2, max_size=5).map(",".join)
END = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n\r\n", ""])


@given(st.lists(st.tuples(ROW, END), max_size=8), st.sampled_from(["\n", "\r\n"]))
@example([("a,b,1,", "\n"), ("1,2", "\n")], "\n")
@example([("a,b,1,,", "\n"), ("", "\n")], "\n")
@example([("a,b,1,,", "\r\n"), ("", "\r\n")], "\r\n")
@example([("a,b,1,,", "\n"), ("\r", "\n")], "\n")
def test_values_that_add_up_are_as_many_in_each_row(lines, first_end):
    """Whatever a file's rows and the ends of its lines are: what DuckDB reads of it, and Arrow would not look at, has as
    many values in each row as the header has.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        text = f"x,y,z{first_end}" + "".join(row + end for row, end in lines)
        path.write_bytes(text.encode())
        if not _longest_plain_line(path, ",", 3):
            return
        columns = "{'x': 'VARCHAR', 'y': 'VARCHAR', 'z': 'VARCHAR'}"
        try:
            rows = duckdb.sql(
                f"FROM read_csv('{path}', auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"',"
                f" nullstr = '', strict_mode = true, null_padding = false, columns = {columns})"
            ).fetchall()
        except duckdb.Error:
            return
    kept = [line for line in re.split(r"\r\n|\n|\r", text) if line]
    assert len(kept) == len(rows) + 1
    assert {line.count(",") for line in kept} == {2}


def test_values_that_add_up_are_counted_across_blocks(tmp_path, monkeypatch):
    """A line may end where a block does."""
    path = tmp_path / "rows.csv"
    for block in range(1, 20):
        monkeypatch.setattr("offduty.ingest.text_files.COUNTED_BYTES", block)
        for text, longest in (
            ("x,y\n1,2\n3,4\n", 4),
            ("x,y\n1,2\n3,456789", 8),
            ("x,y\r\n1,2\r\n3,4", 5),
            ("x,y\n1,2,\n3,4\n", 0),
            ("x,y\n1,2,\n\n", 0),
            ("x,y\r\n1,2,\r\n\r\n", 0),
            ('x,y\n"1",2\n', 0),
        ):
            path.write_bytes(text.encode())
            assert _longest_plain_line(path, ",", 2) == longest, (block, text)
