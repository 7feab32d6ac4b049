"""Engines that big platforms have, on which the same rules decide: what is sent out, what a task does, what comes back.

`spark.decide` is for pings that are a table; `cluster` is what ``offduty run --engine spark`` decides by.
"""
