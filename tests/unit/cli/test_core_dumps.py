"""A command that crashes leaves no picture of its memory behind."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

DUMPABLE = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)"  # PR_GET_DUMPABLE
CRASH = f"import os; from offduty.cli.core_dumps import leave_none; {DUMPABLE}; leave_none(); {DUMPABLE}; os.abort()"


def test_a_crash_leaves_no_dump(tmp_path):
    """Though the system allows dumps, and this process could have been dumped before."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        crashed = subprocess.Popen([sys.executable, "-c", CRASH], cwd=tmp_path, stdout=subprocess.PIPE)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    said, (_, status) = crashed.stdout.read(), os.waitpid(crashed.pid, 0)
    crashed.returncode = status
    assert said.split() == [b"1", b"0"]
    assert os.WIFSIGNALED(status)
    assert not os.WCOREDUMP(status)
    assert list(tmp_path.iterdir()) == []


def test_every_command_begins_so(monkeypatch):
    """Before anything is read."""
    from offduty import cli

    done = []
    monkeypatch.setattr(cli, "leave_none", lambda: done.append("no dumps"))
    monkeypatch.setattr(cli.cli, "main", lambda **_: done.append("the command"))
    try:
        cli.main()
    except SystemExit as end:
        assert end.code == 0
    assert done == ["no dumps", "the command"]
