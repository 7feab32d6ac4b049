"""Pieces of pings are decoded once, by whichever thread comes to it first; what cannot be decoded stops the run."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty import InputError, run
from offduty.ingest.ping_files import PingFile, pieces
from offduty.ingest.read_pieces import DecodedPieces
from offduty.ingest.source_file import Source
from tests.world import AFTERWARDS, lay_out, ping, world


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
    decoded = DecodedPieces.begin(parts[:2], executor)
    for number, piece in enumerate(parts):
        (table,) = decoded.take(piece)
        assert pa.types.is_dictionary(table["device_id"].type)
        assert table["observed_at"].cast(pa.int64()).to_pylist() == [2 * number, 2 * number + 1]


def test_what_was_decoded_is_given_once(file: PingFile) -> None:
    """It is not kept: a piece takes forty megabytes."""
    (piece,) = pieces([file], 6)
    decoded = DecodedPieces.begin([piece], AtOnce())
    file.path.unlink()
    assert sum(table.num_rows for table in decoded.take(piece)) == 6
    with pytest.raises(InputError, match="damaged"):
        list(decoded.take(piece))


def test_what_cannot_be_decoded_is_told_to_who_asks(file: PingFile) -> None:
    """The thread that found it has nobody to tell."""
    (piece,) = pieces([file], 6)
    file.path.write_bytes(b"no Parquet")
    decoded = DecodedPieces.begin([piece], AtOnce())
    with pytest.raises(InputError, match="damaged"):
        decoded.take(piece)


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
