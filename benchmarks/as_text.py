"""Writes the pings of a world as CSV, plain or with gzip: `python -m benchmarks.as_text WORLD TARGET KIND`."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb


def main(world: Path, target: Path, kind: str) -> None:
    """One file of text for each file of pings; `kind` is ``csv`` or ``csv.gz``."""
    con = duckdb.connect(config={"threads": 2})
    con.execute("SET TimeZone = 'UTC'")
    packed = "gzip" if kind.endswith("gz") else "none"
    for file in sorted((world / "pings").iterdir()):
        rows = f"SELECT * REPLACE (strftime(observed_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS observed_at) FROM '{file}'"
        text = target / "pings" / f"{file.stem}.{kind}"
        con.execute(f"COPY ({rows}) TO '{text}' (FORMAT csv, HEADER, COMPRESSION {packed})")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
