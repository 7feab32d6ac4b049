"""A daily DAG for Airflow 3: finds which days are missing or stale, and runs them in a separate environment.

OFFDUTY          the command, in the environment in which it is installed (default: offduty, from the path)
OFFDUTY_JOB      the job file
OFFDUTY_ZONE     the time zone of the policy (Europe/London)
OFFDUTY_DAYS     the number of days to look back (7)
OFFDUTY_WAIT_S   how many seconds to wait before another attempt (600)
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
TRY_AGAIN = {5: "another run has the store locked", 6: "storage failed", 130: "it was interrupted"}


def offduty(*arguments: str) -> dict[str, Any]:
    """Run the command and return its JSON answer. Raises an exception that Airflow retries if the exit code makes that
    safe, or else one that it does not retry. The command's messages contain no personal values, so they are logged.
    """
    command = [os.environ.get("OFFDUTY", "offduty"), *arguments, "--json"]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON", "_AIRFLOW"))
    }
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode in TRY_AGAIN:
        raise AirflowException(f"exit {done.returncode}: {TRY_AGAIN[done.returncode]}; safe to try again")
    if done.returncode:
        raise AirflowFailException(f"exit {done.returncode}: a person must look; the messages are above")
    return json.loads(done.stdout)


def span() -> list[str]:
    """The options for the last days up to midnight before this run, in the time zone of the policy."""
    today = get_current_context()["dag_run"].run_after.astimezone(ZoneInfo(ZONE)).date()
    first = today - timedelta(days=int(os.environ.get("OFFDUTY_DAYS", "7")))
    return ["--from", first.isoformat(), "--to", today.isoformat(), "--each", "day"]


@dag(
    schedule="10 16 * * *",  # in the afternoon: by then the night shifts that began yesterday have ended
    start_date=pendulum.datetime(2026, 3, 1, tz=ZONE),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(seconds=int(os.environ.get("OFFDUTY_WAIT_S", "600")))},
    tags=["offduty"],
)
def offduty_nightly() -> None:
    """Runs the missing and stale days. If there are none, the rest is skipped."""

    @task
    def look() -> list[str]:
        """The days that are missing or stale."""
        found = offduty("plan", os.environ["OFFDUTY_JOB"], *span())
        days = [interval["day"] for interval in found["intervals"] if interval["state"] != "current"]
        if not days:
            raise AirflowSkipException("nothing to do: every day is current")
        return days

    @task
    def run(days: list[str]) -> dict[str, str]:
        """Run these days; returns the run id of each."""
        answered = offduty("run", os.environ["OFFDUTY_JOB"], *span())
        return {day["day"]: day["run_id"] for day in answered["days"] if day["day"] in days}

    run(look())


offduty_nightly()
