"""Decides the sample's week as a table over Spark Connect, and prints how many reasons differ from those of a
local run; exits with 1 if any does.

`python -m tests.spark.over_connect`, where `pyspark[connect]` is installed: `make spark-elsewhere` installs it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

from pyspark.sql import SparkSession  # noqa: E402 (the variable must be set before pyspark is imported)

from offduty import run  # noqa: E402
from tests.spark.same import AS_OF, decided_by_spark, recorded, sample  # noqa: E402


def main() -> int:
    """One server of its own, on two cores of this machine."""
    spark = SparkSession.builder.remote("local[2]").getOrCreate()
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    as_of = f"{AS_OF}T00:00:00Z"
    with tempfile.TemporaryDirectory() as folder:
        job = sample(Path(folder) / "sample")
        wanted = recorded(run(job, as_of=as_of, store=job.parent / "store").path)
        rows = decided_by_spark(spark, job, as_of).select("file", "row", "reason").collect()
    found = {(row["file"], row["row"]): row["reason"] for row in rows}
    wrong = sum(found.get(key) != wanted.get(key) for key in {*found, *wanted}) + len(rows) - len(found)
    print(f"over Spark Connect {spark.version}: {len(wanted):,} rows, {wrong:,} differences")
    spark.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
