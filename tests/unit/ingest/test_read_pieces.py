"""Pieces of pings are decoded once, by whichever thread comes to it first; what cannot be decoded stops the run."""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import InputError, run
from offduty.ingest.ping_files import PingFile, pieces
from offduty.ingest.read_pieces import DecodedPieces
from offduty.ingest.source_file import Source
from tests.world import AFTERWARDS, Row, lay_out, ping, rows_of, world


class AtOnce(Executor):
    """Does everything when it is asked to."""

    def submit(self, function, /, *given, **named):
        """The result, in a future that is done."""
        done: Future = Future()
        try:
            done.set_result(function(*given, **named))
        except InputError as error:
            done.set_exception(error)
        return done


class Never(Executor):
    """Is always busy with something else."""

    def submit(self, function, /, *given, **named):
        """A future that nobody works on."""
        return Future()


@pytest.fixture
def file(tmp_path: Path) -> PingFile:
    """Six pings in three row groups."""
    path = tmp_path / "pings.parquet"
    rows = {
        "device_id": ["d1", "d2"] * 3,
        "observed_at": pa.array(range(6), pa.int64()).cast(pa.timestamp("us", "UTC")),
        "lon": [1.0] * 6,
        "lat": [1.0] * 6,
    }
    pq.write_table(pa.table(rows), path, row_group_size=2)
    source = Source(0, "pings", path.name, path, "parquet")
    return PingFile(source, path, pq.read_metadata(path), 0, False, ("device_id", "observed_at", "lon", "lat"))


@pytest.mark.parametrize("executor", [AtOnce(), Never()])
def test_each_piece_has_its_own_rows(file: PingFile, executor: Executor) -> None:
    """Also where nobody has begun with it, and where it was not asked for before."""
    parts = pieces([file], 2)
    decoded = DecodedPieces()
    decoded.begin(parts[:2], executor)
    for number, piece in enumerate(parts):
        (table,) = decoded.take(piece)
        assert pa.types.is_dictionary(table["device_id"].type)
        assert table["observed_at"].cast(pa.int64()).to_pylist() == [2 * number, 2 * number + 1]


def test_what_was_decoded_is_given_once(file: PingFile) -> None:
    """It is not kept: a piece takes forty megabytes."""
    (piece,) = pieces([file], 6)
    decoded = DecodedPieces()
    decoded.begin([piece], AtOnce())
    file.path.unlink()
    assert sum(table.num_rows for table in decoded.take(piece)) == 6
    with pytest.raises(InputError, match="damaged"):
        list(decoded.take(piece))


def test_what_cannot_be_decoded_is_told_to_who_asks(file: PingFile) -> None:
    """The thread that found it has nobody to tell."""
    (piece,) = pieces([file], 6)
    file.path.write_bytes(b"no Parquet")
    decoded = DecodedPieces()
    decoded.begin([piece], AtOnce())
    with pytest.raises(InputError, match="damaged"):
        list(decoded.take(piece))


def test_the_name_in_an_error_is_the_one_that_the_file_has_now(file: PingFile) -> None:
    """Decoding begins before it is known whether the name of the file holds an id."""
    (piece,) = pieces([file], 6)
    file.path.write_bytes(b"no Parquet")
    decoded = DecodedPieces()
    decoded.begin([piece], AtOnce())
    quiet = replace(piece, file=replace(file, source=replace(file.source, name="another name")))
    with pytest.raises(InputError, match="another name"):
        list(decoded.take(quiet))


@pytest.mark.parametrize("column", ["device_id", "valid"])
def test_text_that_is_not_utf_8_stops_the_run(tmp_path: Path, column: str) -> None:
    """Nobody knows which device it names, or what it says of its fix."""
    job = lay_out(world([ping("09:00"), ping("10:00")]), tmp_path, form="parquet")
    path = tmp_path / "pings" / "part-0.parquet"
    rows = pq.read_table(path)
    ends = pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0")
    wrong = pa.Array.from_buffers(pa.string(), 2, [None, ends, pa.py_buffer(b"\xff\xfe")])
    at = rows.schema.get_field_index(column)
    pq.write_table(rows.set_column(at, column, wrong) if at >= 0 else rows.append_column(column, wrong), path)
    with pytest.raises(InputError):
        run(job, as_of=AFTERWARDS)
    assert not any((tmp_path / "store").glob("runs/*"))


def as_read(folder: Path, columns: dict[str, Any]) -> list[dict[str, str]]:
    """The quarantine's texts of a run over one file of three pings, of which the last one has no device; these columns
    of the file are others, and in this order.
    """
    job = lay_out(world([ping("09:00"), ping("10:00"), {**ping("11:00"), "device_id": None}]), folder, form="parquet")
    path = folder / "pings" / "part-0.parquet"
    rows = pq.read_table(path)
    rest = {name: rows[name] for name in rows.column_names if name not in columns}
    pq.write_table(pa.table({**columns, **rest}), path)
    found: list[Row] = rows_of(run(job, as_of=AFTERWARDS).path / "quarantine")
    return [json.loads(row["as_read"]) for row in found]


def test_the_quarantine_has_the_columns_in_the_order_of_the_file(tmp_path: Path) -> None:
    """As the auditor's own reading has them: not as they were asked for, which is another order."""
    lat, lon = pa.array([51.0] * 3), pa.array([-1.5] * 3)
    (row,) = as_read(tmp_path, {"lat": lat, "lon": lon})
    assert list(row) == ["lat", "lon", "device_id", "observed_at", "accuracy_m"]


def test_the_quarantine_has_numbers_of_two_bytes(tmp_path: Path) -> None:
    """DuckDB does not know them; the file is not damaged."""
    (row,) = as_read(tmp_path, {"accuracy_m": pa.array(np.array([1, 2, 0.1], np.float16))})
    assert row["accuracy_m"] == "0.1"
    assert row["lat"].startswith("51.")


@pytest.mark.parametrize("zone", ["UTC", None])
def test_the_quarantine_has_times_that_do_not_fit_into_microseconds(tmp_path: Path, zone: str | None) -> None:
    """A device writes a very small number for no time; the other times of the column are written as ever."""
    far, nine, eleven = -(2**62), 1_772_442_000_000, 1_772_449_200_000
    name = "received_at" if zone else "speed"
    columns = {
        "observed_at": pa.array([nine, far, far], pa.timestamp("ms", "UTC")),
        name: pa.array([None, far, eleven], pa.timestamp("ms", zone)),
    }
    second, third = as_read(tmp_path, columns)
    assert second["observed_at"] == third["observed_at"] == second[name] == str(far)
    assert third[name] == "2026-03-02 11:00:00" + ("+00" if zone else "")
