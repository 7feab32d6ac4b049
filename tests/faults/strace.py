"""Uses strace: which system calls of a command touch the store, and how to make one of them fail, or kill the process.

Needs strace, and permission to trace one's own children; both are there on any Debian (`apt-get install strace`).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALL = re.compile(r"^\d+ +(?P<name>\w+)\((?P<given>.*)\) += (?P<answer>.*)$")
PATH = re.compile(r'<(/[^>]*)>|"((?:[^"\\]|\\.)*)"')
FAULTS = ("KILL", "ENOSPC", "EIO")
CHANGING = {
    "write",
    "pwrite64",
    "ftruncate",
    "fsync",
    "mkdir",
    "rename",
    "link",
    "unlink",
    "unlinkat",
    "rmdir",
    "flock",
}
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Call:
    """One system call that touches the store: the nth of its name, on what (paths from the store on), and what it
    answered.

    ``changes`` says whether it may change the store, or waits for the disk or the lock.
    """

    name: str
    nth: int
    on: tuple[str, ...]
    answer: str
    changes: bool


def lines_of(notes: Path) -> list[str]:
    """The calls of a trace, one a line; those that were parted because another thread's came between are put together
    again.
    """
    begun: dict[str, str] = {}
    lines = []
    for line in notes.read_text(errors="replace").splitlines():
        thread = line.partition(" ")[0]
        resumed = re.match(r"^\d+ +<\.\.\. \w+ resumed>", line)
        if line.endswith("<unfinished ...>"):
            begun[thread] = line.removesuffix("<unfinished ...>")
        elif resumed and thread in begun:
            lines.append(begun.pop(thread) + line[resumed.end() :])
        else:
            lines.append(line)
    return lines + list(begun.values())


def touching(trace: Iterable[str], store: Path, only: str = "") -> list[Call]:
    """The calls of a trace that touch the store (``only``: this one path in it), numbered within their name."""
    counted: Counter[str] = Counter()
    found = []
    for line in trace:
        match = CALL.match(line)
        paths = tuple(one or other for one, other in PATH.findall(match["given"])) if match else ()
        inside = tuple(path.removeprefix(str(store)) or "/" for path in paths if is_inside(path, store))
        if match and inside and (not only or only in inside):
            name = match["name"]
            counted[name] += 1
            changes = name in CHANGING or "O_CREAT" in match["given"]
            found.append(Call(name, counted[name], inside, match["answer"], changes))
    return found


def is_inside(path: str, store: Path) -> bool:
    """Whether a path is the store itself, or in it."""
    return path == str(store) or path.startswith(f"{store}/")


def watched(calls: Iterable[Call], store: Path) -> list[str]:
    """Options for strace to look at calls on these paths alone: its counting then starts with the first that touches
    the store.
    """
    paths = sorted({str(store) + (on if on != "/" else "") for call in calls for on in call.on})
    return [option for path in paths for option in ("-P", path)]


def struck(call: str, nth: int, fault: str) -> list[str]:
    """Options for strace to kill the process at the nth call of a name, or to have that fail with an error."""
    what = f"signal={fault}" if fault == "KILL" else f"error={fault}"
    return ["-e", f"trace={call}", "-e", f"inject={call}:{what}:when={nth}"]


def was_struck(trace: Iterable[str], code: int, call: str, fault: str, store: Path) -> bool:
    """Whether the fault came, and at a call that touches the store: by what strace wrote down."""
    lines = [line for line in trace if re.match(rf"^\d+ +{call}\(", line) and str(store) in line]
    if fault == "KILL":
        return code == -signal.SIGKILL and bool(lines)
    return any(line.endswith("(INJECTED)") and fault in line for line in lines)


class Helper:
    """A process that is warm and forks a child for each command it is asked to run; see struck.py."""

    def __init__(self) -> None:
        places = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "struck.py")],
            env={**os.environ, "PYTHONPATH": places},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **asked: Any) -> dict[str, Any]:
        """Send one request, and return its result."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the helper died; see its standard error above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def warm_up(self, arguments: Sequence[str], base: Path, folder: Path) -> None:
        """Have the command run once in the helper itself: its children have the imported libraries from then on."""
        self.ask(kind="warm_up", arguments=arguments, base=str(base), folder=str(folder))

    def __enter__(self) -> Helper:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
