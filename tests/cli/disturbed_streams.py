"""Runs `offduty` with standard streams that are full, closed, or read by nobody.

Each command runs in a fork of this process, in which everything is loaded already; `test_true_words.py` compares some of
them with processes of their own.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

STREAMS = {
    "standard output full": {1: "full"},
    "standard error full": {2: "full"},
    "standard output closed": {1: "closed"},
    "both closed": {1: "closed", 2: "closed"},
    "standard output read by nobody": {1: "gone"},
    "standard error read by nobody": {2: "gone"},
}
"""What is wrong with the streams, by their numbers."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what arrived where it could (the folder in it is a dot); ``code`` is 120 where Python could not flush a stream."""

    code: int
    printed: str
    said: str


def disturbed(arguments: tuple[str, ...], cwd: Path, streams: dict[int, str], user: int | None = None) -> Ended:
    """Run a command in a folder, with these streams disturbed, perhaps as another user."""
    files = {number: cwd / f"stream-{number}" for number in (1, 2)}
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = _run(
                arguments, cwd, {number: streams.get(number, str(path)) for number, path in files.items()}, user
            )
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    printed, said = (path.read_text(encoding="utf-8") if path.exists() else "" for path in files.values())
    return Ended(os.waitstatus_to_exitcode(status), printed.replace(str(cwd), "."), said)


def _run(arguments: tuple[str, ...], cwd: Path, streams: dict[int, str], user: int | None) -> int:
    """The command as a process of its own would run it, to the flush at its end."""
    from offduty.cli import main

    os.chdir(cwd)
    for number, stream in streams.items():
        _set(number, stream)
    sys.stdout, sys.stderr = (_object(number, streams[number]) for number in (1, 2))  # type: ignore[assignment]
    sys.argv = ["offduty", *arguments]
    if user is not None:
        os.setgid(user)
        os.setuid(user)
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            code = 120
    return code


def _set(number: int, stream: str) -> None:
    """Put a file, a full device, a pipe that nobody reads, or nothing in the place of a stream."""
    if stream == "closed":
        with contextlib.suppress(OSError):
            os.close(number)
        return
    if stream == "gone":
        reading, opened = os.pipe()
        os.close(reading)
    else:
        opened = os.open("/dev/full" if stream == "full" else stream, os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(opened, number)
    if opened != number:
        os.close(opened)


def _object(number: int, stream: str) -> object:
    """What Python makes of it: no object for a stream that is closed."""
    if stream == "closed":
        return None
    errors = "strict" if number == 1 else "backslashreplace"
    return os.fdopen(number, "w", encoding="utf-8", errors=errors, buffering=1, closefd=False)
