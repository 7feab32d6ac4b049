"""A night's work for Airflow 3: look what is missing or stale, and run it, day by day, in an environment of its own.

OFFDUTY          the command, in the environment where it is installed (offduty, if it is on the path)
OFFDUTY_JOB      the job file
OFFDUTY_ZONE     the policy's time zone
OFFDUTY_DAYS     how many days back (7)
OFFDUTY_WAIT_S   how long to wait before what is safe to try again is tried again (600)
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

ZONE = os.environ.get("OFFDUTY_ZONE", "Europe/London")
TRY_AGAIN = {5: "another run holds the store", 6: "storage failed", 130: "it was interrupted"}


def offduty(*arguments: str) -> dict[str, Any]:
    """What the command answers. Its exit code says whether a retry makes sense; what it says holds no value, and is
    logged.
    """
    command = [os.environ.get("OFFDUTY", "offduty"), *arguments, "--json"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON", "_AIRFLOW"))}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=kept, check=False)
    if done.returncode in TRY_AGAIN:
        raise AirflowException(f"exit {done.returncode}: {TRY_AGAIN[done.returncode]}; safe to try again")
    if done.returncode:
        raise AirflowFailException(f"exit {done.returncode}: somebody must look; what it said stands above")
    return json.loads(done.stdout)


def span() -> list[str]:
    """The last days up to the midnight before this run, in the policy's zone."""
    today = get_current_context()["dag_run"].run_after.astimezone(ZoneInfo(ZONE)).date()
    first = today - timedelta(days=int(os.environ.get("OFFDUTY_DAYS", "7")))
    return ["--from", first.isoformat(), "--to", today.isoformat(), "--each", "day"]


@dag(
    schedule="10 16 * * *",  # in the afternoon, when the night shifts that began yesterday have ended
    start_date=pendulum.datetime(2026, 3, 1, tz=ZONE),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(seconds=int(os.environ.get("OFFDUTY_WAIT_S", "600")))},
    tags=["offduty"],
)
def offduty_nightly() -> None:
    """What is missing or stale of the last days is run; where nothing is, the rest is skipped."""

    @task
    def look() -> list[str]:
        """Which days a run would do."""
        found = offduty("plan", os.environ["OFFDUTY_JOB"], *span())
        days = [interval["day"] for interval in found["intervals"] if interval["state"] != "current"]
        if not days:
            raise AirflowSkipException("nothing to do: every day is there and current")
        return days

    @task
    def run(days: list[str]) -> dict[str, str]:
        """Run them; the ids of the runs by day."""
        answered = offduty("run", os.environ["OFFDUTY_JOB"], *span())
        return {day["day"]: day["run_id"] for day in answered["days"] if day["day"] in days}

    run(look())


offduty_nightly()
