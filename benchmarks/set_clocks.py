"""Reads pings without those of clocks that were not set: a file with one of them reaches from 1970 to 2099."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.worlds import DAY


def row_groups_of_set_clocks(source: Path, most: int | None = None) -> Iterator[pa.Table]:
    """The row groups of a file, of each the first ``most`` rows (None: all), without the rows of clocks that were not
    set: by its footer, every night would have to read the file.
    """
    file = pq.ParquetFile(source)
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group)
        year = pc.year(rows.column("observed_at"))
        yield rows.filter(pc.or_kleene(pc.is_null(year), pc.equal(year, DAY.year))).slice(0, most)
