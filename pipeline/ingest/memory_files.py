"""Files in memory, for tables that were never on a disk: no name, no disk, and gone with the process.

Rule: specification#silence.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from offduty.ingest.duckdb_session import ReadablePath
from offduty.ingest.source_file import OPEN_FILES


class MemoryFiles:
    """Makes such files, and closes all of them at the end of the context, which deletes their content.

    Where the system has none (macOS), a file lies in ``folder``, which must be private and is deleted by its owner.

    >>> with MemoryFiles(Path()) as files:
    ...     path = files.new()
    ...     path.write_bytes(b"1234")
    4
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: list[int] = []
        self._others: list[IO[bytes]] = []
        self._count = 0

    def new(self) -> Path:
        """The path of a new empty file, which may be opened as often as one likes."""
        self._count += 1
        if hasattr(os, "memfd_create") and OPEN_FILES.is_dir():
            self._open.append(os.memfd_create("offduty"))
            return OPEN_FILES / str(self._open[-1])
        copy = ReadablePath.in_folder(self._folder, f"table-{self._count}", nameless=True)
        if copy.file is not None:
            self._others.append(copy.file)
        return Path(copy.path)

    def __enter__(self) -> MemoryFiles:
        return self

    def __exit__(self, *_: object) -> None:
        """Close every file."""
        while self._open:
            os.close(self._open.pop())
        for file in self._others:
            file.close()
