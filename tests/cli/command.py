"""The command line, in a process of its own or in this one, and what it leaves behind."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any
from unittest import mock

from tests.forked import asking


def offduty(
    *arguments: object, env: dict[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess:
    """Run `offduty` with these arguments; output as text."""
    command = [sys.executable, "-m", "offduty", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, cwd=cwd, env={**os.environ, **(env or {})}, check=False
    )


def here(*arguments: object, env: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """The same in this process, where everything is loaded already: a tenth of the time. See test_process.py."""
    from offduty.cli import main

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        mock.patch.object(sys, "argv", ["offduty", *map(str, arguments)]),
        mock.patch.dict(os.environ, env or {}),
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    printed, said = (stream.buffer.getvalue().decode() for stream in (out, err))
    return subprocess.CompletedProcess(arguments, code, printed, said)


def answered(done: subprocess.CompletedProcess) -> dict[str, Any]:
    """The one JSON object on standard output of a run that went well."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def entries(folder: Path) -> list[Path]:
    """The log entries of the folder's store."""
    return sorted((folder / "store" / "log").glob("*.entry"))


def published_nothing(folder: Path) -> bool:
    """No entry in the log, and no file of a run."""
    runs = folder / "store" / "runs"
    return not entries(folder) and not any(path.is_file() for path in runs.rglob("*"))


def contents(folder: Path) -> dict[str, str]:
    """Every file below the folder, by the SHA-256 of its bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def on_terminal(*arguments: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Run `offduty` (in a fork; see `tests.forked`) with standard output on a terminal of 80 columns; output as text,
    lines as they are elsewhere, and without colours where `env` does not ask for them.
    """
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = asking(*arguments)
    with subprocess.Popen(
        command,
        stdout=side,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "NO_COLOR": "1", **(env or {})},
    ) as process:
        os.close(side)
        shown = b"".join(iter(lambda: _read(main), b""))
        assert process.stderr is not None
        printed = process.stderr.read().decode()
    os.close(main)
    return subprocess.CompletedProcess(arguments, process.returncode, shown.decode().replace("\r\n", "\n"), printed)


def _read(handle: int) -> bytes:
    """What comes from a terminal next; nothing once the other side has ended."""
    try:
        return os.read(handle, 1 << 16)
    except OSError:
        return b""
