"""Which roster and which sites an analysis reads: plain files, or those of a job, as it declares them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from offduty.analyses.roster_files import NamedTables
from offduty.cli.console import say
from offduty.config.job import Job
from offduty.config.job_paths import JobPath
from offduty.core.errors import UsageError


def asked_tables(job: Path | None, plain: Mapping[str, str | None]) -> NamedTables:
    """The tables of ``--inputs``, or else the ``plain`` files of ``--roster`` and ``--sites``, by table.

    Raises `UsageError` where neither is given, or both: a plain file is written as the contract says, and a job may
    declare something else.
    """
    options = " and ".join(f"--{table}" for table in plain)
    given = [f"--{table}" for table, where in plain.items() if where is not None]
    if job is not None and given:
        raise UsageError(f"--inputs takes the tables from the job: leave {' and '.join(given)} out, or --inputs")
    if job is not None:
        return NamedTables.of_job(job)
    if len(given) < len(plain):
        raise UsageError(f"name the tables: with --inputs the job of the runs, or with {options} plain files")
    paths = {table: JobPath(where, Path()) for table, where in plain.items() if where is not None}
    return NamedTables(paths.get("roster"), paths.get("sites"))


def tell_left_out(files: int, runs: Sequence[Mapping[str, Any]]) -> None:
    """Say that ``files`` of a roster are fewer than the newest of these ``runs`` (manifests, in the order of the log)
    read: the answer is about a part. Rosters grow, so bytes and names are not compared; check 8.2 of verify does.
    """
    read = sum(given["table"] == "roster" for given in runs[-1]["inputs"]) if runs else 0
    if files < read:
        say(
            f"the newest run over this time read {read} files of the roster, and this reads {files}: it is about a part"
            " of the roster. Name all of them, as a folder or a pattern, or with --inputs the job"
        )


def key_of_job(job: Path | None) -> Path:
    """The pseudonym key that a job names; `UsageError` where there is no job."""
    if job is None:
        raise UsageError("name the pseudonym key of the runs with --key")
    return Job.of(job).keys.pseudonym.path
