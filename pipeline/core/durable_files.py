"""Creates files that survive a power failure and that only their owner can read, without ever replacing a file."""

from __future__ import annotations

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Wait until the content of a file, or the list of names in a folder, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def create(path: Path, content: bytes) -> Path:
    """Create a file that only its owner can read (mode 600), wait for the disk, and return the path.

    Raises `FileExistsError` where a file or a link of that name exists; it is not changed. A file that cannot be
    written completely is deleted again, and the `OSError` is raised.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path
