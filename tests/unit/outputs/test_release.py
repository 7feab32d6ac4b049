"""The release has released values only, page by page, and the same bytes however the work is divided.

Rules: specification#hidden-rows-absent, specification#same-bytes, specification#release-order.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import InputError, run
from offduty.outputs.release import SCHEMA, ReleaseNames, in_order, parts_of
from offduty.outputs.released_pings import ReleasedPings, StoredRows
from tests.world import AFTERWARDS, assignment, lay_out, ping, place, read_back, rows_of, shift, site, world

OFFICERS = 6


def force(extra: bool = False) -> dict[str, Any]:
    """Six officers on duty at one station on two days, each with pings and a duty code; about half of the pings are
    hidden.
    """
    rng = random.Random(7)
    officers = [f"o{number}" for number in range(OFFICERS)]
    pings, roster = [], []
    for number, officer in enumerate(officers):
        for day in ("2026-03-02", "2026-03-03"):
            code = ["duty", "court", "training"][number % 3]
            roster.append(shift(f"{day}T08:00", f"{day}T12:00", code, shift_id=f"{officer} {day}", officer=officer))
            for _ in range(9):
                spot = (-0.15 + rng.uniform(-1e-3, 1e-3), 51.52 + rng.uniform(-1e-3, 1e-3))
                hour, minute, second = rng.randrange(8, 16), rng.randrange(60), rng.randrange(60)
                clock = f"{day}T{hour:02}:{minute:02}:{second:02}Z"
                pings.append(ping(clock, spot, rng.choice([5, 12, 31, 90]), f"d{number}"))
    if extra:
        pings = [{**row, "vehicle": f"{rng.choice('ABC')} {row['observed_at'][11:13] < '12'}"} for row in pings]
    rng.shuffle(pings)
    return world(
        pings,
        assignments=[assignment(f"d{number}", officer) for number, officer in enumerate(officers)],
        roster=roster,
        places=[place(officer=officer, place_id=f"h{officer}") for officer in officers],
        sites=[site(radius_m=400)],
        policy={"release": {"extra_columns": ["vehicle"] if extra else [], "time_step_s": 1}},
    )


def bytes_of(folder: Path) -> dict[str, str]:
    """Every file's SHA-256, by its name below the folder."""
    files = sorted(folder.rglob("*.parquet"))
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def released(folder: Path, given: dict[str, Any], *, form: str = "parquet", files: int = 1, **options: Any) -> Path:
    """The release of a run over a world."""
    return run(lay_out(given, folder, form=form, files=files), as_of=AFTERWARDS, **options).path / "release"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the force."""
    return released(tmp_path_factory.mktemp("plain"), force())


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows to a file and fewer to a row group."""
    monkeypatch.setattr("offduty.outputs.release.ROWS_PER_FILE", 12)
    monkeypatch.setattr("offduty.outputs.release.ROWS_PER_GROUP", 4)


def test_some_are_released_and_some_are_hidden(plain):
    """The world of these tests has what they need: several days, duty codes, and both released and hidden rows."""
    assert list(bytes_of(plain)) == ["date=2026-03-02/part-00000.parquet", "date=2026-03-03/part-00000.parquet"]
    assert OFFICERS * 2 < len(rows_of(plain)) < len(force()["tables"]["pings"])
    assert {row["duty_code"] for row in rows_of(plain)} == {"duty", "court", "training"}


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize(("form", "files"), [("parquet", 1), ("parquet", 3), ("csv", 2), ("ndjson", 5)])
def test_bytes_do_not_depend_on_how_the_work_is_divided(tmp_path, plain, threads, form, files):
    """With other threads, files, formats and orders of rows, the release is the same, file by file."""
    given = force()
    random.Random(threads * 10 + files).shuffle(given["tables"]["pings"])
    assert bytes_of(released(tmp_path, given, form=form, files=files, threads=threads)) == bytes_of(plain)


def test_a_repeated_run_writes_the_same_bytes(tmp_path):
    """Also of the ledger and the quarantine, in another store."""
    job = lay_out(force(), tmp_path)
    first, second = (
        run(job, as_of=AFTERWARDS, store=tmp_path / name, threads=threads).path
        for name, threads in [("a", 1), ("b", 4)]
    )
    assert first.parent != second.parent
    assert bytes_of(first) == bytes_of(second)
    assert {name.split("/")[0] for name in bytes_of(first)} == {"release", "ledger", "quarantine"}


def test_types_are_those_of_the_contract_and_nothing_is_null(plain):
    """Also by the file's own schema, which shows whether a column may be NULL."""
    for path in plain.rglob("*.parquet"):
        file = pq.ParquetFile(path)
        assert file.schema_arrow.remove_metadata() == SCHEMA
        assert [file.schema.column(i).max_definition_level for i in range(len(SCHEMA))] == [0] * len(SCHEMA)
        points = [struct.pack("<BIdd", 1, 1, row["lon"], row["lat"]) for row in file.read().to_pylist()]
        assert file.read()["geometry"].to_pylist() == points


def test_duckdb_and_polars_read_the_whole_folder(plain):
    """As one table, with the date of the folder as a column."""
    frame = pl.read_parquet(plain / "**/*.parquet", hive_partitioning=True)
    found = duckdb.sql(
        f"SELECT officer, lon FROM read_parquet('{plain}/*/*.parquet', hive_partitioning = true)"
    ).fetchall()
    wanted = sorted((row["officer"], row["lon"]) for row in rows_of(plain))
    assert sorted(found) == wanted
    assert sorted(zip(frame["officer"], frame["lon"], strict=True)) == wanted
    assert set(frame["date"].cast(pl.String)) == {"2026-03-02", "2026-03-03"}


# The content of the pages.


def page_texts(path: Path, group: int, column: str) -> set[str]:
    """The texts in the dictionary page of one column of one row group, whether rows use them or not."""
    chunks = pq.ParquetFile(path, read_dictionary=[column]).read_row_group(group, columns=[column])[column].chunks
    return {word for chunk in chunks for word in chunk.dictionary.to_pylist()}


def test_an_unused_text_in_a_page_would_be_found(tmp_path):
    """The function above finds a text in the dictionary that no row uses."""
    column = pa.DictionaryArray.from_arrays(pa.array([0, 0, 1], pa.int32()), ["shown", "shown too", "hidden"])
    pq.write_table(pa.table({"word": column}), tmp_path / "leak.parquet")
    assert page_texts(tmp_path / "leak.parquet", 0, "word") == {"shown", "shown too", "hidden"}


def test_pages_and_statistics_are_those_of_their_rows(tmp_path, small_files):
    """The dictionaries and statistics of each row group are those of its own rows, and have nothing more."""
    files = sorted(released(tmp_path, force()).rglob("*.parquet"))
    groups = [(path, group) for path in files for group in range(pq.read_metadata(path).num_row_groups)]
    assert len(groups) > len(files) > 2
    for path, group in groups:
        rows = pq.ParquetFile(path).read_row_group(group)
        assert 0 < rows.num_rows <= 4
        for column in ("officer", "duty_code"):
            assert page_texts(path, group, column) == set(rows[column].to_pylist())
        metadata = pq.read_metadata(path).row_group(group)
        for number, name in enumerate(("officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code")):
            values, statistics = rows[name].to_pylist(), metadata.column(number).statistics
            assert (statistics.min, statistics.max, statistics.null_count) == (min(values), max(values), 0), (
                path.name,
                group,
                name,
            )


def test_the_footer_does_not_show_how_the_file_was_made(tmp_path, small_files):
    """It has one key, that of GeoParquet, and the name of the library, and no Arrow schema."""
    for path in released(tmp_path, force()).rglob("*.parquet"):
        metadata = pq.read_metadata(path)
        assert list(metadata.metadata) == [b"geo"]
        assert json.loads(metadata.metadata[b"geo"])["version"] == "1.1.0"
        assert metadata.created_by.startswith("parquet-cpp-arrow version")


# The order of rows, and their division into files.


def keys(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The values by which the release is sorted."""
    return [(row["officer"], row["observed_at"], row["lon"], row["lat"]) for row in rows]


def test_a_day_in_several_files_is_divided_between_officers(tmp_path, plain, small_files):
    """The files one after the other have the same rows as one file, and no officer is in two of them."""
    divided = released(tmp_path, force())
    for day in ("date=2026-03-02", "date=2026-03-03"):
        parts = [pq.ParquetFile(path).read().to_pylist() for path in sorted((divided / day).iterdir())]
        assert len(parts) > 1
        together = [row for part in parts for row in part]
        assert together == rows_of(plain / day)
        assert keys(together) == sorted(keys(together))
        assert len({row["officer"] for row in together}) == sum(len({row["officer"] for row in part}) for part in parts)


def released_pings(officers: list[int]) -> ReleasedPings:
    """Released rows of these officers; the lon of each row is its index."""
    n = len(officers)
    zeros = np.zeros(n, np.int64)
    return ReleasedPings(
        np.array(officers, np.int32),
        zeros,
        np.arange(n),
        zeros,
        zeros.astype(np.uint8),
        zeros.astype(np.int16),
        zeros - 1,
    )


@pytest.mark.parametrize(
    ("officers", "expected"),
    [
        ([2, 0, 1], [[2, 0, 1]]),  # as many as fit are not divided
        ([2, 0, 1, 1], [[2, 1, 1], [0]]),  # in the order of pseudonyms: 2, 1, 0
        ([0, 0, 0, 0, 0, 1], [[1], [0, 0, 0, 0, 0]]),  # the rows of one officer are never divided
        ([1, 1, 1, 0, 0, 0, 2, 2, 2], [[2, 2, 2], [1, 1, 1], [0, 0, 0]]),  # each file is exactly full
    ],
)
def test_parts(monkeypatch, officers, expected):
    """With three rows in a file, every row is in one part, and the order within an officer is unchanged."""
    monkeypatch.setattr("offduty.outputs.release.ROWS_PER_FILE", 3)
    names = ReleaseNames({0: "c", 1: "b", 2: "a"}, ["duty"])
    parts = [part.taken() for part in parts_of(StoredRows.of(released_pings(officers)), names)]
    assert [part.officer.tolist() for part in parts] == expected
    assert sorted(index for part in parts for index in part.lon.tolist()) == list(range(len(officers)))
    assert all(part.lon.tolist() == sorted(part.lon.tolist()) for part in parts)


@pytest.mark.parametrize("width", [20, 21, 22, 40])
def test_both_ways_of_sorting_agree_above_and_below_63_bits(width):
    """Three columns of 20 and 21 bits fit into one integer, wider ones do not; negative values and ties among them."""
    rng = np.random.default_rng(width)
    half = 1 << (width - 1)
    columns = [np.append(rng.integers(-half, half, 300), [-half, half - 1, 0, 0]) for _ in range(2)]
    columns.append(np.append(rng.integers(-half, half, 300), [-half, half - 1, 7, 7]))
    columns[0][:200] = columns[0][0]
    columns[1][:150] = columns[1][0]
    assert (sum(int(c.max() - c.min()).bit_length() for c in columns) > 63) == (width > 21)
    found = [np.concatenate(parts) for parts in zip(*in_order(columns, 100), strict=True)]
    assert list(zip(*(c.tolist() for c in found), strict=True)) == sorted(
        zip(*(c.tolist() for c in columns), strict=True)
    )


def test_narrow_columns_do_not_overflow():
    """Columns of 8 and 32 bits at their limits come back unchanged: the packed integer is computed in 64 bits."""
    columns = [np.array([255, 0, 255], np.uint8), np.array([2**31 - 1, -(2**31), 0], np.int32)]
    found = [np.concatenate(parts) for parts in zip(*in_order(columns, 2), strict=True)]
    assert [c.tolist() for c in found] == [[0, 255, 255], [-(2**31), 0, 2**31 - 1]]


LARGE = """
import resource, sys
from pathlib import Path
import numpy as np
from offduty import Policy
from offduty.outputs.release import ROWS_PER_FILE, ReleaseNames, write_part
from offduty.outputs.released_pings import ReleasedPings, StoredRows

rows = ROWS_PER_FILE
policy = Policy.from_dict(
    {"policy": {"name": "p", "purpose": "p", "timezone": "UTC"}, "duty": {"on_codes": ["duty"]}, "legs": {"rule": "off"}}
)
step = np.arange(rows)
narrow = (step % 997).astype(np.int32)
pings = ReleasedPings(
    narrow, step, narrow, narrow, np.zeros(rows, np.uint8), np.zeros(rows, np.int16), np.zeros(rows, np.int8)
)
names = ReleaseNames({number: f"{number:016x}" for number in range(997)}, ["duty"])
few = pings.take(np.arange(1_000))
write_part(Path(sys.argv[1]), StoredRows.of(few), names, policy)  # what is loaded with the first file is no part of the question
taken = next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, (taken + rows * int(sys.argv[2]), -1))
print(write_part(Path(sys.argv[1]), StoredRows.of(pings), names, policy))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
@pytest.mark.parametrize(("bytes_a_row", "fits"), [(48, True), (16, False)])
def test_a_large_file_is_written_within_48_bytes_a_row(tmp_path, bytes_a_row, fits):
    """Beyond the rows themselves; the system ends a process that takes more, as it ends the one that may take too little."""
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"}  # others reserve memory that they do not use
    done = subprocess.run(
        [sys.executable, "-c", LARGE, tmp_path / "part.parquet", str(bytes_a_row)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert (done.stdout.strip() == str(1 << 21), "MemoryError" in done.stderr) == (fits, not fits), done.stderr


# Extra columns, where the policy names some.

EXTRAS = {
    "text": pa.array(["a", "b", "c", None]),
    "dictionary": pa.array(["a", "b", "c", None]).dictionary_encode(),
    "large text": pa.array(["a", "b", "c", None], pa.large_string()),
    "number": pa.array([3, 2, 1, None]),
}


@pytest.mark.parametrize("kind", EXTRAS)
def test_an_extra_column_of_parquet(tmp_path, kind):
    """Each value is in the row that it belongs to, and missing values stay missing.

    The value of a hidden row is nowhere.
    """
    pings = [{**ping(clock), "vehicle": "x"} for clock in ("09:00", "08:00", "20:00", "10:00")]
    job = lay_out(world(pings, policy={"release": {"extra_columns": ["vehicle"]}}), tmp_path, form="parquet")
    file = tmp_path / "pings" / "part-0.parquet"
    table = pq.read_table(file)
    pq.write_table(table.set_column(table.schema.get_field_index("vehicle"), "vehicle", EXTRAS[kind]), file)
    path = run(job, as_of=AFTERWARDS).path
    assert read_back_reasons(path, 4) == ["on_duty", "on_duty", "off_duty", "on_duty"]
    first, second, hidden, last = EXTRAS[kind].to_pylist()
    assert [row["vehicle"] for row in rows_of(path / "release")] == [second, first, last]
    (out,) = (path / "release").rglob("*.parquet")
    assert pq.read_schema(out).names == [*SCHEMA.names, "vehicle"]
    if kind in ("text", "dictionary"):
        assert hidden not in page_texts(out, 0, "vehicle")


def test_a_nested_extra_column_stops_the_run(tmp_path):
    """Its parts would be columns that the policy does not name."""
    pings = [{**ping("09:00"), "vehicle": "x"}]
    job = lay_out(world(pings, policy={"release": {"extra_columns": ["vehicle"]}}), tmp_path, form="parquet")
    file = tmp_path / "pings" / "part-0.parquet"
    table = pq.read_table(file)
    nested = pa.array([{"plate": "A", "home": "B"}])
    pq.write_table(table.set_column(table.schema.get_field_index("vehicle"), "vehicle", nested), file)
    with pytest.raises(InputError, match="vehicle"):
        run(job, as_of=AFTERWARDS)


def read_back_reasons(path: Path, count: int) -> list[str | None]:
    """The reasons by row, for a release with an extra column, which `read_back` does not allow."""
    reasons: list[str | None] = [None] * count
    for row in rows_of(path / "ledger"):
        reasons[row["row"]] = row["reason"]
    return reasons


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_extra_columns_change_nothing_of_the_others(tmp_path, plain, form):
    """From any format and two files: the same rows in the same order as without them.

    With two threads the bytes are the same as with one.
    """
    given = force(extra=True)
    job = lay_out(given, tmp_path, form=form, files=2)
    one, two = (run(job, as_of=AFTERWARDS, store=tmp_path / f"s{t}", threads=t).path / "release" for t in (1, 2))
    assert bytes_of(one) == bytes_of(two)
    rows = rows_of(one)
    assert {row.pop("vehicle")[2:] for row in rows} == {"True"}
    assert rows == rows_of(plain)


def test_the_release_agrees_with_the_ledger(tmp_path):
    """The release has the rows with the reason `on_duty`, and no others."""
    given = force()
    result = run(lay_out(given, tmp_path), as_of=AFTERWARDS)
    found = read_back(result.path, len(given["tables"]["pings"]))
    assert len(found.release) == found.reasons.count("on_duty") == result.counts["on_duty"]
    expected = {
        (p["lon"], p["lat"])
        for p, reason in zip(given["tables"]["pings"], found.reasons, strict=True)
        if reason == "on_duty"
    }
    assert sorted((round(lon, 4), round(lat, 4)) for lon, lat in expected) == sorted(
        (row[3], row[4]) for row in found.release
    )
