"""Runs `offduty` in forks of a process that has everything loaded: each is a process of its own, without its imports.

The server is started when it is first asked, with the package that the tests have, and ends with them. It runs nothing
itself, so that no thread is lost in a fork. A command gets the standard streams, the folder and the environment of
whoever asks: the tests, or a shell by the script that `put_on_path` writes. `tests/cli/test_process.py` runs commands as
users do, and says that the answers are the same.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib
import os
import pkgutil
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ASK = Path(__file__).with_name("ask_forked.py")
LONGEST_S = 120
ALSO_LOADED = ("botocore.session", "obstore.store", "pyarrow.parquet", "shapely.prepared", "zoneinfo")


class ForkServer:
    """The process that forks, as the tests see it."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="offduty-tests-")
        self.address = str(Path(self._folder.name) / "socket")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.address)
        listener.listen()
        command = [sys.executable, "-m", "tests.forked", str(listener.fileno())]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, pass_fds=[listener.fileno()], cwd=Path(__file__).parents[1]
        )
        listener.close()

    def stop(self) -> None:
        """End it; commands that still run go on."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()


@functools.cache
def fork_server() -> ForkServer:
    """One for all tests of this process."""
    server = ForkServer()
    atexit.register(server.stop)
    return server


def forked(
    *arguments: object, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `offduty` with these arguments in a fork; output as text."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = asked(arguments, {**os.environ, **(env or {})}, cwd or Path.cwd(), (0, out.fileno(), err.fileno()))
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return subprocess.CompletedProcess(arguments, code, *texts)


def asking(*arguments: object) -> list[str]:
    """The command that asks for it from a process of its own."""
    return [sys.executable, "-IS", str(ASK), fork_server().address, *map(str, arguments)]


def asked(arguments: tuple[object, ...], env: Mapping[str, str], cwd: Path, streams: tuple[int, int, int]) -> int:
    """Run it with these standard streams; returns the exit code."""
    words = [str(cwd), str(len(arguments)), *map(str, arguments), *(f"{name}={value}" for name, value in env.items())]
    payload = "\0".join(words).encode(errors="surrogateescape")
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(LONGEST_S)
        server.connect(fork_server().address)
        socket.send_fds(server, [len(payload).to_bytes(4, "big")], streams)
        server.sendall(payload)
        answer = server.recv(8)
    assert answer, "the command was killed"
    return int(answer)


def put_on_path(folder: Path) -> None:
    """Write a script called offduty into a folder, for shells that have the folder on their path."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "offduty"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{ASK}" "{fork_server().address}" "$@"\n')
    script.chmod(0o755)


def serve(listener: socket.socket) -> None:
    """Fork for each who asks, until standard input is closed."""
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if sys.stdin in ready:
            return
        asking, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            code = 99
            try:
                code = answered(asking)
            finally:
                with contextlib.suppress(OSError):
                    asking.sendall(str(code).encode())
                os._exit(code)
        asking.close()


def answered(asking: socket.socket) -> int:
    """In the fork: become what is asked for, and run it; returns the exit code."""
    from offduty.cli import main

    size, streams, _, _ = socket.recv_fds(asking, 4, 3)
    payload = b""
    while len(payload) < int.from_bytes(size, "big"):
        payload += asking.recv(1 << 16)
    cwd, count, *words = payload.decode(errors="surrogateescape").split("\0")
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout, sys.stderr = (
        os.fdopen(number, "w", encoding="utf-8", errors=errors, buffering=1, closefd=False)
        for number, errors in ((1, "strict"), (2, "backslashreplace"))
    )
    os.environ.clear()
    os.environ.update(word.partition("=")[::2] for word in words[int(count) :])
    time.tzset()
    tempfile.tempdir = None
    os.chdir(cwd)
    sys.argv = ["offduty", *words[: int(count)]]
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    for file in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            file.flush()
    return code


def load_everything() -> None:
    """Import all that a command imports when it is run."""
    commands = importlib.import_module("offduty.cli")
    for module in pkgutil.iter_modules(commands.__path__, "offduty.cli."):
        importlib.import_module(module.name)
    for name in ALSO_LOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


if __name__ == "__main__":
    load_everything()
    with socket.socket(fileno=int(sys.argv[1])) as here:
        serve(here)
