"""Devices that are noted while a file is read are those that are found where it is searched for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.core.duckdb_connection import DuckDBConnection
from offduty.ingest.named_devices import named_devices
from offduty.ingest.ping_files import PingFile, pieces
from offduty.ingest.read_devices import ReadDevices
from offduty.ingest.read_pieces import DecodedPieces
from offduty.ingest.source_file import Source

DEVICES: dict[str, Any] = {
    "texts": pa.array(["d1", " d1 ", "D1", "d2", None, "", "d3", "d3"]),
    "a dictionary with an id that no row has": pa.DictionaryArray.from_arrays(
        pa.array([0, 0, 1, 1, None, 3, 3, 3], pa.int32()), pa.array(["d1", "d2", "never", "d3"])
    ),
    "long texts": pa.array(["d1", "d2", "d1", "d2", None, "d3", "d3", "d3"], pa.large_string()),
    "numbers": pa.array([1, 2, 1, 2, None, 3, 3, 3], pa.int64()),
}


def file_of(folder: Path, devices: Any) -> PingFile:
    """A file of eight pings in four row groups, numbered from 100."""
    path = folder / "pings.parquet"
    instants = pa.array(range(8), pa.int64()).cast(pa.timestamp("us", "UTC"))
    rows = {"device_id": devices, "observed_at": instants, "lon": [1.0] * 8, "lat": [1.0] * 8}
    pq.write_table(pa.table(rows), path, row_group_size=2)
    source = Source(0, "pings", path.name, path, "parquet")
    return PingFile(source, path, pq.read_metadata(path), 100, False, tuple(rows))


@pytest.mark.parametrize("devices", DEVICES.values(), ids=DEVICES)
def test_what_is_noted_is_what_is_found(tmp_path: Path, devices: Any) -> None:
    """In whatever type the file has its ids, and however it is divided."""
    file, decoded = file_of(tmp_path, devices), DecodedPieces()
    for piece in pieces([file], 3):
        assert sum(table.num_rows for table in decoded.take(piece)) == piece.rows
    found = named_devices([file], DuckDBConnection.open())
    assert decoded.devices.of(file.path, file.rows) == found
    assert len(found) == 3 + ("D1" in found)


def test_a_file_of_which_a_part_was_read_has_to_be_searched(tmp_path: Path) -> None:
    """A run over an hour of a day reads some of its row groups, and needs the rows of all devices of the file."""
    file, decoded = file_of(tmp_path, DEVICES["texts"]), DecodedPieces()
    first, *_ = pieces([file], 3)
    assert decoded.devices.of(file.path, file.rows) is None
    for _ in range(2):
        list(decoded.take(first))  # as many rows as the file has, and yet only half of it
        assert decoded.devices.of(file.path, file.rows) is None


def test_each_file_has_its_own(tmp_path: Path) -> None:
    """They are told apart by their paths."""
    noted = ReadDevices()
    files = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        files.append(file_of(tmp_path / name, DEVICES["texts"]))
        noted.note(files[-1].path, 100, pa.array([name] * 8))
    assert [noted.of(file.path, file.rows) for file in files] == [{"a"}, {"b"}]
