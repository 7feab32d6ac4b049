"""Decides the sample's week as a table over Spark Connect, and prints how many reasons are not those of a local run;
exits 1 if any is.

`python -m tests.spark.over_connect`, where `pyspark[connect]` is installed: `make spark-elsewhere` sees to that.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
os.environ.setdefault("PYSPARK_PYTHON", sys.executable)

from pyspark.sql import SparkSession  # noqa: E402

from offduty import run  # noqa: E402
from tests.spark.same import AS_OF, decided_by_spark, recorded, sample  # noqa: E402


def main() -> int:
    """One server of its own, on two cores of this machine."""
    spark = SparkSession.builder.remote("local[2]").getOrCreate()
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    as_of = f"{AS_OF}T00:00:00Z"
    with tempfile.TemporaryDirectory() as folder:
        job = sample(Path(folder) / "sample")
        must = recorded(run(job, as_of=as_of, store=job.parent / "store").path)
        rows = decided_by_spark(spark, job, as_of).select("file", "row", "reason").collect()
    said = {(row["file"], row["row"]): row["reason"] for row in rows}
    wrong = sum(said.get(key) != must.get(key) for key in {*said, *must}) + len(rows) - len(said)
    print(f"over Spark Connect {spark.version}: {len(must):,} rows, {wrong:,} differences")
    spark.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
