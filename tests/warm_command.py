"""A command line that starts fast: `python -m tests.warm_command SOCKET` waits, and each command is a process forked from it.

A command is `python -I -S tests/warm_client.py SOCKET run job.toml ...`. It has the arguments, the folder, the streams
and the exit of `offduty run job.toml ...`, and runs the same `main`; only the libraries are loaded already, which takes
most of the time of a small run. `tests/cli/test_process.py` compares the two.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.paths import ROOT

CLIENT = Path(__file__).with_name("warm_client.py")
LONGEST_S = 120


def load() -> None:
    """Import what a run needs, and start no thread: a process with threads is not forked."""
    import duckdb  # noqa: F401
    import pyproj  # noqa: F401
    import shapely  # noqa: F401

    import offduty.cli.run
    import offduty.engines.local
    import offduty.runs.run  # noqa: F401


def answer(asking: socket.socket) -> None:
    """In a process of its own: have another one run the command, wait for its end, and send its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, streams, _, _ = socket.recv_fds(asking, 1 << 20, 3)
    asked = json.loads(message)
    child = os.fork()
    if not child:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        asking.close()
        os.chdir(asked["folder"])
        run(asked["arguments"])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    asking.sendall(str(code).encode())
    os._exit(0)


def run(arguments: list[str]) -> None:
    """Run the command line, and end this process as it ends."""
    from offduty.cli import main

    code = 1
    signal.alarm(LONGEST_S)  # a fork may hang: then it fails, and does not wait
    sys.argv = ["offduty", *arguments]
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve(path: str) -> None:
    """Wait for commands until this process is ended."""
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(16)
        print("ready", flush=True)
        while True:
            asking, _ = listening.accept()
            if not os.fork():
                listening.close()
                answer(asking)
            asking.close()


@contextmanager
def warm_command(folder: Path) -> Iterator[list[str]]:
    """A command line that is ready: the words of its command, to which arguments are added."""
    path = folder / "commands"
    command = [sys.executable, "-m", "tests.warm_command", str(path)]
    waiting = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert waiting.stdout and waiting.stdout.readline() == "ready\n"
        yield [sys.executable, "-I", "-S", str(CLIENT), str(path)]
    finally:
        waiting.kill()
        waiting.communicate()


if __name__ == "__main__":
    serve(sys.argv[1])
