"""Divides the suite among processes: whole files, the longest first, so that all processes end at about the same time.

A file is not divided, because some files make something expensive once for all their tests; nor are files that share a
session of Spark or servers of object stores, because each process would start its own.
"""

from __future__ import annotations

from typing import Any

TOGETHER = ("tests/spark/test_spark_", "tests/objectstore/")
"""The beginnings of the names of files that stay together."""
ALONE = ("tests/spark/test_spark_faults.py",)
"""It has a cluster of its own, and not the session."""
LONGEST = (
    "tests/spark/test_spark_",
    "tests/faults/test_struck.py",
    "tests/objectstore/",
    "tests/spark/test_spark_faults.py",
    "tests/cli/test_thirty_nights.py",
    "tests/faults/test_power_lost.py",
    "tests/properties/test_judges.py",
    "tests/tamper/test_tamper.py",
    "tests/unit/redteam/test_attacks_work.py",
    "tests/faults/test_two_writers.py",
    "tests/spec/test_conformance.py",
    "tests/cli/test_process.py",
    "tests/docs/test_auditing_page.py",
    "tests/docs/test_scheduling_page.py",
    "tests/docs/test_reporting_page.py",
    "tests/faults/test_killed.py",
    "tests/faults/test_interrupted.py",
    "tests/properties/test_again.py",
    "tests/properties/test_invariance.py",
    "tests/docs/test_log_page.py",
    "tests/spec/test_version_2.py",
    "tests/browser/test_pages_in_chromium.py",
    "tests/properties/test_negation.py",
)
"""What takes longest, in this order (measured in November 2026); the rest follows in the order in which it is found."""


def unit_of(test: str) -> str:
    """The name of what a test stays together with: its file, or one of `TOGETHER`."""
    file = test.partition("::")[0]
    if file in ALONE:
        return file
    return next((start for start in TOGETHER if file.startswith(start)), file)


def longest_first(tests: list[Any]) -> list[Any]:
    """Tests (each has a ``nodeid``) in the order of `LONGEST`."""
    place = {unit: number for number, unit in enumerate(LONGEST)}
    return sorted(tests, key=lambda test: place.get(unit_of(test.nodeid), len(place)))


def scheduler(config: Any, log: Any) -> Any:
    """The scheduler for pytest-xdist: it hands out units in the order in which their tests stand."""
    from xdist.scheduler import LoadScopeScheduling

    class ByUnit(LoadScopeScheduling):
        """Divides by `unit_of`."""

        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False
    return ByUnit(config, log)
