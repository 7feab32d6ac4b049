"""What no filter can avoid: read, write what is released, hash: `python -m benchmarks.floor WORLD RUN OUT`."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

PINGS = ["device_id", "observed_at", "lon", "lat", "accuracy_m"]


def read(world: Path) -> None:
    """Decode every column of every ping, on all threads, and store nothing."""
    for _ in ds.dataset(world / "pings").to_batches(columns=PINGS, batch_size=1 << 17, batch_readahead=4):
        pass


def write(released: list[pa.Table], out: Path) -> None:
    """Write the released rows with the release's compression."""
    with pq.ParquetWriter(out, released[0].schema, compression="zstd", compression_level=1) as writer:
        for table in released:
            writer.write_table(table)


def hash_files(*files: Path) -> None:
    """Compute SHA-256 of each file."""
    for path in files:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")


def main(world: Path, run: Path, out: Path) -> None:
    """Measure the three in turn, and print the seconds of each."""
    seconds, began = {}, time.perf_counter()
    read(world)
    seconds["read"] = time.perf_counter() - began
    released = [pq.read_table(file) for file in sorted((run / "release").rglob("*.parquet"))]
    began = time.perf_counter()
    write(released, out)
    seconds["write"] = time.perf_counter() - began
    began = time.perf_counter()
    hash_files(*sorted((world / "pings").iterdir()), out)
    seconds["hash"] = time.perf_counter() - began
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
