"""A published run stays published where it cannot be compared with the run that it supersedes."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from offduty import run
from offduty.cli.run_output import superseded
from tests.world import AFTERWARDS, lay_out, world


def test_a_disk_that_fails_after_publishing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """The log cannot be read when the two runs are compared: a message says so, and nothing is raised."""
    job = lay_out(world(), tmp_path)
    run(job, as_of="2026-11-19T00:00:00Z")
    result = run(job, as_of=AFTERWARDS)

    def refused(folder: Path) -> None:
        raise OSError(errno.EIO, "the disk refused")

    monkeypatch.setattr("offduty.runs.compare.read_log", refused)
    assert superseded(result) is None
    assert capsys.readouterr().err.startswith("published; its differences from run ")
