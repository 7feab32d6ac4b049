"""Makes the pings of a large force, a day each time it is asked to: a process of its own, so that its memory is no part
of what is measured.

`python -m benchmarks.made_days FOLDER OFFICERS DAYS` writes the other tables first, and prints a line. For each line
that it reads it then writes the next day, and prints the name of its file. Between two lines it does nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.worlds import DAY, KEYS, make_key
from offduty.synth.ping_stream import PingChunk, chunks, pings_batch
from offduty.synth.trajectories import WorldSetting, make_setting
from offduty.synth.world import World
from offduty.synth.write_files import DayFile, write_tables

THREADS = 2


def main() -> None:
    """Make the tables, then a day for each line of the standard input."""
    folder, officers, days = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    setting = make_setting(World(officers, days, every_s=60, seed=1, start=DAY))
    (folder / "pings").mkdir(parents=True, exist_ok=True)
    write_tables(folder, setting, with_truth=False)
    for name in KEYS:
        make_key(folder / name)
    print("tables", flush=True)
    made = made_days(folder / "pings", setting)
    for _ in sys.stdin:
        print(next(made).name, flush=True)


def made_days(folder: Path, setting: WorldSetting) -> Iterator[Path]:
    """The file of each day, made when it is asked for. Rows are where `offduty synth` has them, late ones among them,
    but for those of clocks that were not set.
    """
    ids = pa.array(setting.devices.ids)
    every = chunks(setting, with_truth=False, threads=THREADS)
    for day, of_day in groupby(every, key=lambda chunk: chunk.day):
        path = folder / f"{setting.world.day(day).isoformat()}.parquet"
        _write(path.with_suffix(".new"), of_day, ids)
        path.with_suffix(".new").replace(path)
        yield path


def _write(path: Path, some: Iterator[PingChunk], ids: pa.Array) -> None:
    first = with_set_clocks(pings_batch(next(some).rows, ids))
    file = DayFile(path, first.schema, ["device_id", "accuracy_m"])
    file.write(first)
    for chunk in some:
        file.write(with_set_clocks(pings_batch(chunk.rows, ids)))
    file.close()


def with_set_clocks(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows without those for which every day would have to read the file."""
    year = pc.year(batch.column("observed_at"))
    return batch.filter(pc.or_kleene(pc.is_null(year), pc.equal(year, np.int64(DAY.year))))


if __name__ == "__main__":
    main()
