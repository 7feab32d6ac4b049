"""Opening a file of pings does not read it into memory as a whole, and copies of text files have the extra columns."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.config.declarations import TableDeclaration
from offduty.core.errors import InputError
from offduty.core.times import LocalTime
from offduty.ingest.columns import AS_READ
from offduty.ingest.duckdb_session import open_engine
from offduty.ingest.ping_files import TEXT_ROWS, PingFile, _lacks_offset, ignored_columns, open_ping_files
from offduty.ingest.source_file import Source

ROWS, GROUPS = 100_000, 20


def parquet_file(path: Path, last: str) -> Path:
    """A Parquet file with instants as text, all with an offset except perhaps the last one."""
    schema = pa.schema([("observed_at", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for group in range(GROUPS):
            texts = [f"2026-03-02T08:00:00.{row:06}Z" for row in range(group * ROWS, (group + 1) * ROWS)]
            texts[-1] = last if group == GROUPS - 1 else texts[-1]
            writer.write_table(pa.table({"observed_at": texts}, schema))
    return path


@contextmanager
def counted_memory() -> Iterator[pa.MemoryPool]:
    """The pool of all memory that Arrow allocates within the context."""
    before = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(before)
    pa.set_memory_pool(pool)
    try:
        yield pool
    finally:
        pa.set_memory_pool(before)


def lacks_offset(path: Path) -> bool:
    """Whether an instant of the file has no offset."""
    source = Source(0, "pings", path.name, path, "parquet")
    return _lacks_offset(source, path, pq.read_metadata(path)) == ("observed_at",)


@pytest.mark.parametrize(("last", "lacking"), [("2026-03-02T08:00:00Z", False), ("2026-03-02T08:00:00", True)])
def test_a_column_of_texts_is_never_in_memory_as_a_whole(tmp_path, last, lacking):
    """Two million instants are read, and at no time is a quarter of them in memory."""
    path = parquet_file(tmp_path / "pings.parquet", last)
    with counted_memory() as pool:
        assert lacks_offset(path) == lacking
        assert pool.max_memory() < ROWS * GROUPS * len("2026-03-02T08:00:00.000000Z") / 4
    assert ROWS > TEXT_ROWS


def test_a_column_that_is_damaged_stops_the_run(tmp_path):
    """The footer can be read and the pages cannot: `InputError` with the file's name."""
    path = parquet_file(tmp_path / "pings.parquet", "2026-03-02T08:00:00Z")
    raw = bytearray(path.read_bytes())
    raw[4:40_000] = bytes(39_996)
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"^pings\.parquet: "):
        lacks_offset(path)


# Copies of text files.

ODD_NAMES = ("as_read", "observed_us", "it's", 'a "b"', "km/h", "~", "$", "*", "0")


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_extra_column_may_have_any_name(tmp_path, form):
    """Names that are special in SQL or in JSON paths, and names that the copy itself uses, have the file's values."""
    good = {"device_id": "d", "observed_at": "2026-03-02T08:00:00+0130", "lon": "1", "lat": "2"}
    rows = [
        {**row, **{name: f"{name} {n}" for name in ODD_NAMES}} for n, row in enumerate([good, {**good, "lon": "x"}])
    ]
    path = tmp_path / f"pings.{form}"
    with path.open("w", newline="") as file:
        if form == "csv":
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(f"{json.dumps(row)}\n" for row in rows)
    (tmp_path / "work").mkdir()
    source = Source(0, "pings", path.name, path, form)
    with open_engine([source], tmp_path / "work", 1, 400) as engine:
        (opened,) = open_ping_files(engine, [source], LocalTime(None, "UTC"), ODD_NAMES)
        copied = pq.read_table(opened.path).to_pylist()
    assert [{name: row[name] for name in ODD_NAMES} for row in copied] == [
        {name: row[name] for name in ODD_NAMES} for row in rows
    ]
    assert copied[0][AS_READ] is None
    assert json.loads(copied[1][AS_READ]) == rows[1]


@pytest.mark.parametrize("name", ["macros.sql", "pings_from_text.sql"])
def test_sql_files_are_sql_as_they_stand(name):
    """An SQL tool can parse them: nothing has to be filled in."""
    text = resources.files("offduty.ingest").joinpath(name).read_text(encoding="utf-8")
    assert duckdb.connect().extract_statements(text)


def test_an_extra_column_of_declared_parquet_keeps_its_type(tmp_path):
    """Only the columns of the contract are read as text."""
    path = tmp_path / "pings.parquet"
    rows = {"unit": ["d1"], "observed_at": [1_772_438_400], "lon": [1.0], "lat": [2.0], "speed": [7]}
    pq.write_table(pa.table(rows), path)
    (tmp_path / "work").mkdir()
    declared = TableDeclaration(columns={"device_id": "unit"}, times={"observed_at": "unix_s"})
    source = Source(0, "pings", path.name, path, "parquet", declared=declared)
    with open_engine([source], tmp_path / "work", 1, 400) as engine:
        (opened,) = open_ping_files(engine, [source], LocalTime(None, "UTC"), ("speed",))
        table = pq.read_table(opened.path)
    assert table["speed"].type == pa.int64()
    assert table["observed_at"].to_pylist()[0].isoformat() == "2026-03-02T08:00:00+00:00"
    assert (table["device_id"].to_pylist(), table["lat"].to_pylist(), table["speed"].to_pylist()) == (
        ["d1"],
        [2.0],
        [7],
    )
    assert ignored_columns([opened], ("speed",)) == frozenset()


@pytest.mark.parametrize("kind", [pa.string(), pa.int64()])
def test_opening_a_file_for_reading_changes_nothing_in_it(tmp_path, kind):
    """One thread may read a file while another one pickles what describes it: nothing new may be kept there then."""
    path = tmp_path / "pings.parquet"
    pq.write_table(pa.table({"device_id": pa.array([7, 7], pa.int64()).cast(kind)}), path)
    file = PingFile(Source(0, "pings", path.name, path, "parquet"), path, pq.read_metadata(path), 0, False, ())
    before = set(vars(file))
    devices = file.reader().read(["device_id"])["device_id"]
    assert set(vars(file)) == before
    assert pa.types.is_dictionary(devices.type) is (kind == pa.string())
