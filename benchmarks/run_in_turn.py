"""Runs a job over one day each time it is asked to, all in one process, as `offduty run --each day` does.

`python -m benchmarks.run_in_turn JOB STORE` reads a line for each day, a date, and prints a line of JSON: pings
and what the process has used so far. Files of pings may come and go between two lines: each run looks anew.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import date, timedelta
from pathlib import Path

from offduty.runs.backfill import Backfill
from offduty.runs.request import Request


def main() -> None:
    """Run each day that is asked for."""
    job, store = Path(sys.argv[1]), Path(sys.argv[2])
    days: Backfill | None = None
    for line in sys.stdin:
        day = date.fromisoformat(line.strip())
        asked = Request.of(job, str(day), str(day + timedelta(days=1)), None, store)
        days = days or Backfill(asked)
        print(json.dumps(run_of(days, asked)), flush=True)


def run_of(days: Backfill, asked: Request) -> dict[str, float]:
    """One run, in figures."""
    result = days.run(asked.interval)
    if not result.published:
        sys.exit("offduty published nothing")
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "pings": sum(result.counts.values()) + result.quarantined,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
