"""Runs the example DAG in Airflow's own environment (`make airflow`): published, skipped, tried again, failed for good."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import count
from pathlib import Path

from tests.paths import ROOT

HOME = Path(tempfile.mkdtemp(prefix="airflow-"))
STUB = HOME / "stub"
MINUTES = count(10)
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "examples" / "airflow"),
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
    OFFDUTY=str(ROOT / ".venv" / "bin" / "offduty"),
    OFFDUTY_JOB=str(HOME / "demo" / "job.toml"),
    OFFDUTY_DAYS="2",
    OFFDUTY_WAIT_S="0",
)


def lay_out() -> None:
    """A database for Airflow, and the sample with keys."""
    subprocess.run([str(Path(sys.executable).parent / "airflow"), "db", "migrate"], check=True, capture_output=True)
    subprocess.run([os.environ["OFFDUTY"], "init", str(HOME / "demo")], check=True, capture_output=True)
    subprocess.run(["cp", "-R", f"{ROOT / 'sample_data'}/.", str(HOME / "demo")], check=True)


def states(dag: object, day: int) -> dict[str, str]:
    """How the tasks of one run ended; Airflow tells runs apart by their minute."""
    import pendulum

    run = dag.test(run_after=pendulum.datetime(2026, 3, day, 16, next(MINUTES), tz="Europe/London"))
    return {instance.task_id: str(instance.state) for instance in run.get_task_instances()}


def main() -> None:
    """Each line that is printed was seen."""
    atexit.register(shutil.rmtree, HOME, ignore_errors=True)
    lay_out()
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(ROOT / "examples" / "airflow"))
    assert not bag.import_errors, bag.import_errors
    dag = bag.dags["offduty_nightly"]
    print("the DAG loads:", sorted(dag.task_ids))
    assert states(dag, 25) == {"look": "success", "run": "success"}
    log = sorted((HOME / "demo" / "store" / "log").iterdir())
    assert len(log) == 2
    print("two days that were missing: published")
    assert states(dag, 25) == {"look": "skipped", "run": "skipped"}
    assert sorted((HOME / "demo" / "store" / "log").iterdir()) == log
    print("nothing to do: skipped, and nothing was published")
    for code, tries, state in [(5, 4, "failed"), (3, 1, "failed"), (0, 1, "success")]:
        answer_with(code)
        assert states(dag, 26)["look"] == state
        assert STUB.with_suffix(".calls").read_text().count("plan") == tries, code
        print(f"exit {code}: tried {tries} times, {state}")


def answer_with(code: int) -> None:
    """From now on the command only notes that it was called, and ends with this exit code."""
    calls = STUB.with_suffix(".calls")
    calls.unlink(missing_ok=True)
    day = '{"day": "2026-03-25", "state": "missing", "run_id": "x"}'
    answer = f"""'{{"intervals": [{day}], "days": [{day}]}}'"""
    STUB.write_text(f"#!/bin/sh\necho $1 >>{calls}\necho {answer}\nexit {code}\n")
    STUB.chmod(0o755)
    os.environ["OFFDUTY"] = str(STUB)


if __name__ == "__main__":
    main()
