"""One duty window with millions of pings is settled within the memory that was asked for."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.world import AFTERWARDS, DAY, lay_out, ping, world

ROWS = 4 << 20
LIMIT_MB = 700
"""Of memory that a process may ask for, which is more than it touches: some 350 MB. Settled at once, the window takes
250 bytes a ping: 1 GB.
"""


def large_window(folder: Path) -> Path:
    """A job with one window of `ROWS` pings at work: half of them 6 milliseconds apart, half at one instant."""
    job = lay_out(world([ping("09:00")]), folder, form="parquet")
    file = folder / "pings" / "part-0.parquet"
    one = pq.read_table(file)
    nine_us = int(np.datetime64(f"{DAY}T09:00", "us").astype(np.int64))
    kind = one.schema.field("observed_at").type
    with pq.ParquetWriter(file, one.schema) as writer:
        for first in range(0, ROWS, 1 << 18):
            number = np.arange(first, first + (1 << 18))
            us = nine_us + np.minimum(number, ROWS // 2) * 6_000
            rows = one.take(pa.array(np.zeros(len(us), np.int64)))
            place = one.schema.get_field_index("observed_at")
            rows = rows.set_column(place, one.schema.field("observed_at"), pa.array(us, pa.int64()).cast(kind))
            writer.write_table(rows, row_group_size=1 << 17)
    return job


@pytest.mark.skipif(sys.platform != "linux", reason="the system counts the memory of a process otherwise")
def test_a_window_of_millions_of_pings_fits_into_little_memory(tmp_path: Path) -> None:
    """The system ends a process that takes more. Of the pings of each instant one is released."""
    job = large_window(tmp_path)
    environment = {**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
    command = [sys.executable, "-m", "offduty", "run", str(job), "--as-of", AFTERWARDS, "--memory", "300MB"]
    done = subprocess.run(
        [*command, "--threads", "2", "--store", str(tmp_path / "store"), "--json"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_MB << 20, LIMIT_MB << 20)),
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counts = {word: count for word, count in json.loads(done.stdout)["counts"].items() if count}
    assert counts == {"on_duty": ROWS // 2 + 1, "duplicate": ROWS // 2 - 1}
