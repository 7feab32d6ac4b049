"""Runs the filter and a test from one copy after the other, in processes forked from one that has all libraries at
hand.

Each line of standard input is one JSON object: `copy` (a checkout), `jobs` and `stores` (see filtering.py), `clean`
(stores to be unlike: the first that is ends the filtering; null: all jobs are filtered), `test` (its id; null: none)
and `answer` (a file). What came of it is written to that file as JSON, and an empty line to standard output.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

# What takes long to import, and is the same in every copy.
import click  # noqa: F401
import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401
import duckdb  # noqa: F401
import hypothesis  # noqa: F401
import numpy  # noqa: F401
import pyarrow.compute
import pyarrow.parquet  # noqa: F401
import pydantic  # noqa: F401
import pyproj  # noqa: F401
import pytest
import shapely  # noqa: F401

LONGEST_S = 180
IN_WARM_PROCESS = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # libraries are at hand before pytest begins


def worked(asked: dict[str, Any], told: Path) -> dict[str, Any]:
    """In the child: filter, then test; which stores there are, which tests failed, and how long those took."""
    import offduty
    from tests.planted import filtering
    from tests.planted.suite import OPTIONS, failed

    copy = Path(asked["copy"])
    if not Path(offduty.__file__).is_relative_to(copy):
        raise RuntimeError("the filter of the copy is not the one that was imported")
    filtering.main(Path(asked["jobs"]), Path(asked["stores"]), asked["clean"] and Path(asked["clean"]))
    began = time.monotonic()
    if asked["test"] is not None:
        pytest.main([*OPTIONS, *IN_WARM_PROCESS, "-x", asked["test"]])
    seconds = round(time.monotonic() - began, 1)
    sys.stdout.flush()
    return {"failed": failed(told.read_text()), "seconds": seconds}


def in_child(asked: dict[str, Any]) -> None:
    """Fork, and do it there, with the copy ahead of everything that can be imported."""
    answer, told = Path(asked["answer"]), Path(asked["answer"]).with_suffix(".txt")
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        signal.alarm(LONGEST_S)
        with told.open("w") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        copy = asked["copy"]
        os.chdir(copy)
        sys.dont_write_bytecode = True
        os.environ.update({"PYTHONPATH": copy, "HYPOTHESIS_PROFILE": "ci", "PYTHONDONTWRITEBYTECODE": "1"})
        sys.path[:1] = [copy]
        answer.write_text(json.dumps(worked(asked, told)))
    except BaseException:
        traceback.print_exc()  # into the text that is shown where no answer comes
        sys.stderr.flush()
    finally:
        os._exit(0)


def main() -> None:
    """One line after the other, until there is none."""
    for line in sys.stdin:
        in_child(json.loads(line))
        sys.stdout.write("\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
