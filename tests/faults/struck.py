"""A process with all libraries loaded that runs the command line in forked children: as it is, under strace, with a
fault, or two at once.

Each line of standard input is a request, in JSON; each line of standard output is its result. `kind` is
`run`, `trace`, `strike` or `race`; the functions below say what else is asked. In the children all work is done by one
thread, in one order, so that the nth call of a kind is the same call every time; and the clock by which an entry is
dated stands still, so that the same command makes the same bytes.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any, TextIO

from tests.faults.strace import lines_of, struck, was_struck
from tests.faults.whole import State, but_for, converged, documents, state_of, wrong_with

LONGEST_S = 60
NOW_NS = 1_800_000_000_000_000_000
Report = dict[str, Any]
Ends = tuple[list[Report], bool]
KNOWN: dict[tuple[str, State], Ends] = {}
"""What came of commands that were repeated, by the commands and the store."""


class OneThread(concurrent.futures.Executor):
    """Does at once, in the thread that asks, what others would do on several."""

    def __init__(self, *_: Any) -> None:
        pass

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> concurrent.futures.Future[Any]:
        """The result is there when this returns."""
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            future.set_result(work(*given, **named))
        except Exception as error:
            future.set_exception(error)
        return future


def use_one_thread() -> None:
    """Replace the thread pools of `offduty`, also in modules that are imported already."""
    pool = concurrent.futures.ThreadPoolExecutor
    concurrent.futures.ThreadPoolExecutor = OneThread  # type: ignore[assignment, misc]
    for name, module in list(sys.modules.items()):
        if name.startswith("offduty") and getattr(module, "ThreadPoolExecutor", None) is pool:
            module.ThreadPoolExecutor = OneThread  # type: ignore[attr-defined]


def command_line() -> None:
    """The command line, changed so that its process may be traced and its temporary files have names: a fault is injected
    by the path of a file.
    """
    from offduty import cli
    from offduty.ingest import duckdb_session

    cli.leave_none = lambda: None
    duckdb_session.OPEN_FILES = Path("/nowhere")
    cli.main()


class Child:
    """A forked process that waits for `go` before it runs the command line."""

    def __init__(self, arguments: list[str], flushing: bool = True) -> None:
        self._stderr: TextIO = tempfile.TemporaryFile("w+")  # noqa: SIM115 (it is closed when all was read from it)
        gate, self._gate = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self._gate)
            os.read(gate, 1)
            os.close(gate)
            if not flushing:
                os.fsync = lambda handle: None
            self._run(arguments)
        os.close(gate)

    def _run(self, arguments: list[str]) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)
        os.dup2(self._stderr.fileno(), 2)
        signal.alarm(LONGEST_S)  # a fork of a process with threads may hang: then it fails, and does not wait
        sys.argv = ["offduty", *arguments]
        try:
            command_line()
        except SystemExit as end:
            sys.stderr.flush()
            os._exit(end.code if isinstance(end.code, int) else 98)
        finally:
            os._exit(99)

    def go(self) -> None:
        """Let it run. A byte is sent, because another child may have the pipe open too."""
        os.write(self._gate, b"!")
        os.close(self._gate)

    def wait(self) -> Report:
        """Its exit code (negative: the signal that killed it) and the end of its standard error."""
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._stderr.seek(0)
        with self._stderr:
            return {"code": code, "stderr": self._stderr.read()[-600:]}


def run(arguments: list[str]) -> Report:
    """Run the command line as it is, but for flushes: nothing happens to this disk, and they take a third of the time."""
    child = Child(arguments, flushing=False)
    child.go()
    return child.wait()


def trace(arguments: list[str], notes: str, options: list[str]) -> Report:
    """Run the command line under strace, with more options, its notes in a file."""
    child = Child(arguments)
    command = ["strace", "-f", "-y", "-o", notes, "-p", str(child.pid), "-e", "signal=none", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        printed = []
        for line in tracer.stderr or ():
            printed.append(line)
            if "attached" in line:
                break
        else:
            os.kill(child.pid, signal.SIGKILL)
            raise RuntimeError(f"strace cannot trace here: {''.join(printed)}")
        child.go()
        ended = child.wait()
        tracer.communicate(timeout=LONGEST_S)
    return ended


def strike(
    arguments: list[str],
    base: str,
    wanted: str,
    folder: str,
    watched: list[str],
    call: str,
    nth: int,
    fault: str,
    unread: str,
) -> Report:
    """Run the command with a fault on a copy of the base, check what is left, and run it again without one.

    ``arguments`` end before the store; ``watched`` are paths from the store on; for ``unread`` see `repeated`.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        store, notes = Path(place, "store"), Path(place, "notes")
        copied(base, store)
        only = [option for path in watched for option in ("-P", f"{store}{path}")]
        ended = trace([*arguments, str(store)], str(notes), [*only, *struck(call, nth, fault)])
        came = was_struck(lines_of(notes), ended["code"], call, fault, store)
        wrong = wrong_with(store, Path(base), Path(wanted))
        published = not wrong and len(documents(store)) > len(documents(Path(base)))
        (again,), ends = repeated([arguments], store, [wanted], unread)
    return {**ended, "struck": came, "published": published, "wrong": wrong, "again": again, "converged": ends}


def repeated(commands: list[list[str]], store: Path, wanted: list[str], unread: str) -> Ends:
    """Run commands on a store one after the other; their reports, and whether all went well and it is a wanted one then.

    With ``unread``, a folder, this is done once for all stores that differ only in the bytes of files there: the same
    command makes the same of the same store.
    """
    known = str((commands, wanted)), but_for(unread, state_of(store))
    if not unread or known not in KNOWN:
        again = [run([*arguments, str(store)]) for arguments in commands]
        ends = all(each["code"] == 0 for each in again) and any(converged(store, Path(way)) for way in wanted)
        KNOWN[known] = again, ends
    return KNOWN[known]


def race(commands: list[list[str]], base: str, folder: str, wait_s: float, wanted: list[str], unread: str) -> Report:
    """Let commands loose on one copy of the base, the second some time after the first; then each again, one after the
    other.

    ``wanted`` are the stores that may result, depending on which command was first; for ``unread`` see `repeated`.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        store = Path(place, "store")
        copied(base, store)
        children = [Child([*arguments, str(store)]) for arguments in commands]
        for number, child in enumerate(children):
            time.sleep(wait_s if number else 0)
            child.go()
        ended = [child.wait() for child in children]
        ways = [wrong_with(store, Path(base), Path(way)) for way in wanted]
        published = len(documents(store)) - len(documents(Path(base)))
        again, ends = repeated(commands, store, wanted, unread)
    return {"ended": ended, "published": published, "wrong": min(ways, key=len), "again": again, "converged": ends}


def copied(base: str, store: Path) -> None:
    """Copy the base; where there is none, do nothing."""
    if Path(base).exists():
        shutil.copytree(base, store)


def warm_up(arguments: list[str], base: str, folder: str) -> Report:
    """Run the command in this process, on a copy: every child has the imported libraries from then on."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        store = Path(place, "store")
        copied(base, store)
        sys.argv = ["offduty", *arguments, str(store)]
        with Path(place, "printed").open("w") as printed, redirect_stderr(printed):
            try:
                command_line()
            except SystemExit as end:
                return {"code": end.code or 0}


KINDS: dict[str, Callable[..., Report]] = {
    "run": run,
    "trace": trace,
    "strike": strike,
    "race": race,
    "warm_up": warm_up,
}


def main() -> None:
    """Answer the requests, one after the other, until the input ends."""
    use_one_thread()
    time.time_ns = lambda: NOW_NS
    for line in sys.stdin:
        asked = json.loads(line)
        sys.stdout.write(json.dumps(KINDS[asked.pop("kind")](**asked)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
