"""Asks the auditor, as it stands, about stores that some filter made: which does it find fault with, and by which
checks?

Each answer is that of `offduty verify STORE --inputs JOB.toml --json`, which ends with 7 when it found something.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from offduty.cli import cli
from offduty.cli.options import FOUND_SOMETHING
from tests.faults.stores import tree


@dataclass(frozen=True)
class Finding:
    """What the auditor found in one store: the job it was made from, the checks that failed, and what the last of them
    told.
    """

    job: str
    checks: list[str]
    example: str


def judged(jobs: Path, stores: Path, clean: Path) -> Iterator[Finding]:
    """Every store that is found out, in the order of their names.

    Those that are byte for byte the ones in ``clean`` are passed over: the auditor was asked about them before.
    """
    for store in sorted(path for path in stores.iterdir() if any((path / "log").glob("*.entry"))):
        if not (clean / store.name).exists() or tree(store) != tree(clean / store.name):
            failed = failures(store, jobs / store.name / "job.toml")
            if failed:
                yield Finding(store.name, list(failed), list(failed.values())[-1])


def failures(store: Path, job: Path) -> dict[str, str]:
    """The checks that fail, by number, with the first thing that each tells."""
    told = io.StringIO()
    with redirect_stdout(told), redirect_stderr(io.StringIO()):
        code = cli.main(["verify", str(store), "--inputs", str(job), "--json"], standalone_mode=False)
    verdict = json.loads(told.getvalue())
    found = {
        check["number"]: (check["findings"] or [check["why"]])[0]
        for check in verdict["checks"]
        if check["status"] == "FAIL"
    }
    if (code == FOUND_SOMETHING) is not bool(found):
        raise AssertionError(f"the exit is {code}, and the checks that failed are {sorted(found)}")
    return found
