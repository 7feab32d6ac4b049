"""Decides on a Spark cluster by the same rules: what is broadcast, what a task does, what comes back.

`decide` is for pings that are a table of the cluster. `cluster` is the engine of ``offduty run --engine spark``.
"""

from offduty.engines.spark.dataframe import decide

__all__ = ["decide"]
