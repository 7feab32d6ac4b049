"""The reference: DuckDB reads the pings and writes them again: `python -m benchmarks.copy_duckdb WORLD OUT`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb


def main(world: str, out: str) -> None:
    """Run one COPY on two threads, and print how long the statement alone took."""
    con = duckdb.connect(config={"threads": 2})
    pings = next((Path(world) / "pings").iterdir())
    read = "read_parquet" if pings.suffix == ".parquet" else "read_csv"
    query = f"COPY (SELECT * FROM {read}('{world}/pings/*')) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
    began = time.perf_counter()
    con.execute(query)
    print(json.dumps({"statement_s": time.perf_counter() - began}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
