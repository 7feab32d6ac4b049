"""Decides on a Spark cluster by the same rules: what is broadcast, what a task does, what comes back.

`decide`, `ledger` and `released` are for pings that are a table of the cluster (docs/how-to/spark.md); `cluster` is
what ``offduty run --engine spark`` uses.
"""

from offduty.engines.spark.dataframe import decide, ledger, released

__all__ = ["decide", "ledger", "released"]
