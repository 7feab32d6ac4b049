"""Runs a job in processes that are killed before their nth step on the store, one process for each n.

Called as `python dying.py JOB AS_OF BASE FOLDER`: BASE is a store to begin with; FOLDER gets one store for each step,
as the kill left it, under the step's number. Standard output has one JSON array: what each step was.

A step is what changes the names in the store or waits for the disk: opening to write, mkdir, rename, link, unlink,
fsync.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from offduty.runs.run import run

CHANGES = ("os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir")


def listen(store: Path, before: Callable[[str], None]) -> None:
    """Call `before` ahead of every step of this process on the store. An audit hook stays: this process is for that
    alone.
    """
    flush = os.fsync

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        names = [os.fsdecode(a) for a in arguments[:2] if isinstance(a, str | bytes | os.PathLike)]
        inside = any(name == str(store) or name.startswith(f"{store}/") for name in names)
        written = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if inside and (event in CHANGES or written):
            before(event)

    def flushed(handle: int) -> None:
        before("os.fsync")
        flush(handle)

    sys.addaudithook(on_event)
    os.fsync = flushed


def in_a_child(work: Callable[[], None]) -> int:
    """Do it in a process of its own; returns how the process ended."""
    child = os.fork()
    if not child:
        signal.alarm(60)  # a fork of a process with threads may hang: then it fails, and does not wait
        try:
            work()
        except BaseException as error:
            sys.stderr.write(f"{error!r}\n")
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def killed_at(number: int, job: Path, as_of: str, store: Path) -> tuple[int, list[str]]:
    """Run the job and be killed before a step; how the process ended, and the steps up to there."""
    notes = store.with_suffix(".steps")
    steps = count()

    def before(event: str) -> None:
        with notes.open("a") as file:
            file.write(f"{event}\n")
        if next(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        listen(store, before)
        run(job, as_of=as_of, store=store, threads=1)

    ended = in_a_child(work)
    return ended, notes.read_text().split()


def main(job: Path, as_of: str, base: Path, folder: Path) -> None:
    """Kill at every step in turn, until a run lives through all of them. One run ahead of all forks warms the libraries
    up.
    """
    run(job, as_of=as_of, store=folder / "warm", threads=1)
    steps_reached = []
    for number in count():
        store = folder / str(number)
        shutil.copytree(base, store)
        ended, steps = killed_at(number, job, as_of, store)
        if not (os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL):
            break
        steps_reached.append(steps[-1])
    sys.stdout.write(json.dumps({"steps": steps_reached, "ended": ended}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
