"""Counts the rows of a Parquet file in a process of its own: `python -m benchmarks.count FILE`."""

from __future__ import annotations

import json
import sys

import pyarrow.parquet as pq

if __name__ == "__main__":
    print(json.dumps({"rows": pq.read_metadata(sys.argv[1]).num_rows}))
