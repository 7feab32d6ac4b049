"""Runs whatever filter is on the path over all jobs of a folder, in one process, each into a store of its own.

A run that fails leaves a store without entries; what it failed of goes to standard error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from offduty.engines.decider import Limits
from offduty.engines.local import BYTES_PER_PING
from offduty.runs import decided, run
from tests.faults.stores import tree


def filtered(job: Path, store: Path) -> None:
    """Run one job as its `how.json` says."""
    how = json.loads((job / "how.json").read_text())
    start, end = how["interval"] or (None, None)
    whole = decided.limits_of
    if how["held"]:
        few = Limits(2, waiting_bytes=BYTES_PER_PING * how["held"], released_bytes=1 << 20, piece_rows=1)
        decided.limits_of = lambda resources: few
    try:
        run.run(job / "job.toml", start=start, end=end, as_of=how["as_of"], store=store, threads=2)
    finally:
        decided.limits_of = whole


def main(jobs: Path, stores: Path, clean: Path | None, first: str | None = None) -> None:
    """All of them, in the order of their names, but ``first`` ahead of the others; until a store is unlike the one in
    ``clean``, where that is given.
    """
    for job in sorted((path for path in jobs.iterdir() if path.is_dir()), key=lambda path: (path.name != first, path)):
        try:
            filtered(job, stores / job.name)
        except Exception as error:  # a bug may well break the run: then nothing is published
            sys.stderr.write(f"{job.name}: {type(error).__name__}\n")
        else:
            if clean is not None and tree(stores / job.name) != tree(clean / job.name):
                return
