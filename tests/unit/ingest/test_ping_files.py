"""Files of pings are opened without being held: what must be known of a column is found a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.core.errors import InputError
from offduty.ingest.ping_files import TEXT_ROWS, _lacks_offset
from offduty.ingest.sources import Source

ROWS, GROUPS = 100_000, 20


def file_of(path: Path, last: str) -> Path:
    """A Parquet file with instants as text, all of them with an offset but perhaps the last."""
    schema = pa.schema([("observed_at", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for group in range(GROUPS):
            texts = [f"2026-03-02T08:00:00.{row:06}Z" for row in range(group * ROWS, (group + 1) * ROWS)]
            texts[-1] = last if group == GROUPS - 1 else texts[-1]
            writer.write_table(pa.table({"observed_at": texts}, schema))
    return path


@contextmanager
def counted() -> Iterator[pa.MemoryPool]:
    """What Arrow allocates meanwhile."""
    before = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(before)
    pa.set_memory_pool(pool)
    try:
        yield pool
    finally:
        pa.set_memory_pool(before)


def lacks(path: Path) -> bool:
    source = Source(0, "pings", path.name, path, "parquet")
    return _lacks_offset(None, source, pq.read_metadata(path), copied=False)


@pytest.mark.parametrize(("last", "lacking"), [("2026-03-02T08:00:00Z", False), ("2026-03-02T08:00:00", True)])
def test_a_column_of_texts_is_never_held_whole(tmp_path, last, lacking):
    """Two million instants, read to the last: never is so much as a quarter of them held at once."""
    path = file_of(tmp_path / "pings.parquet", last)
    with counted() as pool:
        assert lacks(path) == lacking
        assert pool.max_memory() < ROWS * GROUPS * len("2026-03-02T08:00:00.000000Z") / 4
    assert ROWS > TEXT_ROWS


def test_a_column_that_is_damaged_stops_the_run(tmp_path):
    """The footer can be read and the pages cannot: exit 3, and the file's name."""
    path = file_of(tmp_path / "pings.parquet", "2026-03-02T08:00:00Z")
    raw = bytearray(path.read_bytes())
    raw[4:40_000] = bytes(39_996)
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"^pings\.parquet: "):
        lacks(path)
