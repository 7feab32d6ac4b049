"""The scan of a process that works on: files that it closes meanwhile are passed over, and the others are read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from offduty.redteam import leak_scan


def test_a_file_that_is_closed_while_the_process_is_looked_at(monkeypatch):
    """It was listed, and cannot be read any more; a nameless file beside it is read all the same."""
    with tempfile.TemporaryFile() as kept:
        kept.write(b"a position")
        kept.flush()
        links = [Path("/proc/self/fd/1000000"), Path(f"/proc/self/fd/{kept.fileno()}")]
        monkeypatch.setattr(Path, "iterdir", lambda folder: iter(links))
        assert list(leak_scan._nameless_files(os.getpid())) == [b"a position"]
