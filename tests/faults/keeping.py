"""Expires files, or changes the key, in processes that are killed before their nth step on the store, one for each
n.

Called as `python keeping.py expire|rotate JOB BASE FOLDER`: BASE is a store to begin with; FOLDER gets one store for
each step, as the kill left it, under the step's number. Standard output has one JSON array: what each step was. For the
steps see dying.py.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path

from offduty.admin.expire import expire
from offduty.admin.rotate import rotate
from tests.faults.dying import in_a_child, listen

BEFORE = "2026-03-03"


def perform(what: str, job: Path, store: Path) -> None:
    """The command that is tried."""
    if what == "expire":
        expire(job, before=BEFORE, store=store)
    else:
        rotate(job, new=store.with_suffix(".key"), store=store)


def killed_at(number: int, what: str, job: Path, store: Path) -> tuple[int, list[str]]:
    """Be killed before a step; how the process ended, and the steps up to there."""
    notes = store.with_suffix(".steps")
    steps = count()

    def before(event: str) -> None:
        with notes.open("a") as file:
            file.write(f"{event}\n")
        if next(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        listen(store, before)
        perform(what, job, store)

    return in_a_child(work), notes.read_text().split()


def main(what: str, job: Path, base: Path, folder: Path) -> None:
    """Kill at every step in turn, until one lives through all of them."""
    steps_reached = []
    for number in count():
        store = folder / str(number)
        shutil.copytree(base, store)
        ended, steps = killed_at(number, what, job, store)
        if not (os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL):
            assert ended == 0, "the last one should have gone well"
            break
        steps_reached.append(steps[-1])
    sys.stdout.write(json.dumps(steps_reached))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
