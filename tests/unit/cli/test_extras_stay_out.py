"""Extras stay behind their doors: a run that asks for none of them loads none, so that none need be installed."""

from __future__ import annotations

import subprocess
import sys

from tests.world import lay_out, world

EXTRAS = {
    *("openlineage", "dagster", "adbc_driver_postgresql", "adbc_driver_manager", "requests", "obstore", "botocore"),
    *("google", "icalendar", "recurring_ical_events", "pyogrio", "pyrage"),
}
RUN = """
import sys
for name in sys.argv[1].split(","):
    sys.modules[name] = None  # as if it were not installed
sys.argv = ["offduty", *sys.argv[2:]]
from offduty.cli import main
main()
"""


def test_run_and_plan_need_no_extra(tmp_path):
    """Both go well where no extra can be imported, and asking for lineage then says what to install."""
    job = str(lay_out(world(), tmp_path))
    days = ["--from", "2026-03-02", "--to", "2026-03-04", "--each", "day"]

    def told(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", RUN, ",".join(sorted(EXTRAS)), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert told("run", job, *days).returncode == 0
    assert "2 current" in told("plan", job, *days).stdout
    without = told("run", job, *days, "--lineage", str(tmp_path / "told.ndjson"))
    assert without.returncode == 2
    assert "offduty[lineage]" in without.stderr
