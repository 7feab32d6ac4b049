"""Puts a finished file in its place: whole or not at all, for its owner only, and not over another unless that is asked
for.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from offduty.core import interrupts
from offduty.core.durable_files import create
from offduty.core.errors import StorageError, UsageError


def check_free(path: Path, force: bool, *, replaceable: bool = True) -> None:
    """Raise `UsageError` early where a file is in the way, or its folder is not there.

    ``replaceable`` says whether the command has the option that replaces a file.
    """
    if not path.parent.is_dir():
        raise UsageError(f"its folder {path.parent.absolute()} is not there; make it first", file=path.name)
    if path.is_dir() or (path.exists() and not force):
        raise _in_the_way(path, replaceable)


def _in_the_way(path: Path, replaceable: bool) -> UsageError:
    instead = ", or replace it with --force" if replaceable else ""
    return UsageError(f"a file of that name is there; name another with -o{instead}", file=path.name)


def put(path: Path, content: bytes, force: bool, *, replaceable: bool = True) -> None:
    """Write a file beside its place, flush it, and put it there in one step; readable by its owner only.

    Raises `UsageError` where one is there and ``force`` is not given, `StorageError` where the disk refuses.
    """
    with placed(path, force, replaceable=replaceable) as file:
        file.write(content)


@contextmanager
def placed(path: Path, force: bool, *, replaceable: bool = True) -> Iterator[IO[bytes]]:
    """A file to be written as a stream, which is in its place at the end of the context; see `put`. Where that ends
    with an error, there is no file.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=".offduty-", dir=path.parent)  # made for its owner only
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            interrupts.check()
            if force:
                os.replace(name, path)  # noqa: PTH105 (one step, as a link is)
                return
            _link(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
    except FileExistsError:
        raise _in_the_way(path, replaceable) from None
    except OSError as error:
        reason = (error.strerror or "the disk refused").lower()
        raise StorageError(f"the file cannot be written: {reason}", file=path.name) from None


def _link(name: str, path: Path) -> None:
    """Put the finished file there in one step; where a file system knows no links (a stick, a share), write it there
    itself.
    """
    try:
        os.link(name, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        create(path, Path(name).read_bytes())
