"""Runs the command line once for each trial, in a process of its own that gets a signal in the middle.

Standard input has a JSON array of trials, standard output gets one of their results: `code`, `stderr`. A trial has
`arguments`, `signal`, and `at`: the function, as `module.name`, that is about to be called when the signal comes; with
`after_s` it runs for so long before, with `done` it has run already. With `lost`, which names a kind of error or is
empty, the interrupt goes no further than that function, which raises that error instead, or none.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import duckdb

from offduty import cli
from offduty.core.errors import InputError
from offduty.runs import run

Trial = dict[str, Any]
LOST = {
    "input": InputError("the file cannot be read", file="pings.csv"),
    "bug": ValueError("something else"),
    "duckdb": duckdb.InvalidInputException(
        "counting the rows of the object registered as 'x' failed: KeyboardInterrupt: "
    ),
}
"""What libraries make of an interrupt, or what comes of it."""


def signal_at(target: str, number: int, after_s: float = 0, done: bool = False, lost: str | None = None) -> None:
    """Send the own process a signal when the function is first called: before, some time after, or once it is done."""
    module, _, name = target.rpartition(".")
    imported = importlib.import_module(module)
    whole = getattr(imported, name)

    def send() -> None:
        os.kill(os.getpid(), number)

    @wraps(whole)
    def called(*arguments: Any, **options: Any) -> Any:
        setattr(imported, name, whole)
        if after_s:
            threading.Timer(after_s, send).start()
        elif lost is not None:
            with suppress(KeyboardInterrupt):
                send()
            if lost:
                raise LOST[lost]
        elif not done:
            send()
        found = whole(*arguments, **options)
        if done:
            send()
        return found

    setattr(imported, name, called)


def tried(trial: Trial) -> dict[str, Any]:
    """Run the command line in a child; its exit code and its standard error."""
    with tempfile.TemporaryFile("w+") as stderr_file:
        child = os.fork()
        if not child:
            os.dup2(stderr_file.fileno(), 2)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it
            signal.alarm(60)  # a fork of a process with threads may hang: then it fails, and does not wait
            sys.argv = ["offduty", *trial["arguments"]]
            how = {name: trial[name] for name in ("after_s", "done", "lost") if name in trial}
            signal_at(trial["at"], trial["signal"], **how)
            try:
                cli.main()
            except SystemExit as end:
                sys.stderr.flush()
                os._exit(end.code)
            finally:
                os._exit(99)
        ended = os.waitpid(child, 0)[1]
        stderr_file.seek(0)
        return {"code": os.waitstatus_to_exitcode(ended), "stderr": stderr_file.read()}


def main() -> None:
    """A first run before all forks loads the libraries."""
    trials = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        run.run(trials[0]["arguments"][1], store=Path(folder), threads=1)
    json.dump([tried(trial) for trial in trials], sys.stdout)


if __name__ == "__main__":
    main()
