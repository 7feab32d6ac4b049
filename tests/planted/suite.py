"""Asks the test suite about a copy of the checkout: which test is the first to fail?"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from tests.planted.planting import in_copy

FIRST, LAST = ("spec", "unit", "properties"), ("faults", "planted")
OPTIONS = ("-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "--ignore=tests/planted")


@dataclass(frozen=True)
class Failure:
    """A test that failed, and after how many seconds."""

    test: str
    seconds: float


def order(copy: Path) -> list[str]:
    """What `make test` runs, the quickest first. The tests of this folder are left out: they look at the planted texts
    themselves.
    """
    others = {path.parent.name for path in (copy / "tests").glob("*/test_*.py")} - {*FIRST, *LAST}
    return [*(f"tests/{name}" for name in (*FIRST, *sorted(others), "faults")), "offduty"]


def first_failure(copy: Path, *likely: str) -> Failure | None:
    """The first test of the whole suite that fails in the copy, those that are likely to ahead of all others; None:
    none does.
    """
    there = [name for name in dict.fromkeys((*likely, *order(copy))) if (copy / name.partition("::")[0]).exists()]
    began = time.monotonic()
    for asked in ([there[: len(likely)]] if likely else []) + [there]:
        done = in_copy(copy, "-m", "pytest", "-x", *OPTIONS, *asked)
        found = failed(done.stdout)
        if found:
            return Failure(found[0], round(time.monotonic() - began, 1))
        if done.returncode not in (0, 4):  # 4: a test that is likely to fail is not there any more
            raise RuntimeError(f"the tests could not be run: {done.stdout[-2_000:]}{done.stderr[-2_000:]}")
    return None


def failed(said: str) -> list[str]:
    """The tests that pytest's summary says failed, or could not even be set up."""
    return re.findall(r"^(?:FAILED|ERROR) (\S+::.+?|\S+\.py)(?: - .*)?$", said, re.MULTILINE)


def failing(copy: Path, tests: list[str]) -> list[str]:
    """Which of these tests fail in the copy."""
    return failed(in_copy(copy, "-m", "pytest", *OPTIONS, *tests).stdout) if tests else []
