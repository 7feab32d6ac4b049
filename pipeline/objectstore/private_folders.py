"""Private folders for copies from object stores: deleted at the end, and after a kill by the next command.

They are below one folder of this user in the folder for temporary files (``TMPDIR``).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

from offduty.core.errors import StorageError, StoreBusyError, why

LOCK = "lock"


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty private folder, which is deleted at the end with its content, whatever is raised.

    What killed commands left, a folder whose lock is free, is deleted first. Raises `StorageError` if the folder cannot
    be made, or if the folder above belongs to another user or is open to others.
    """
    with ExitStack() as end:
        home = _home()
        _delete_abandoned(home)
        name = uuid4().hex
        made, place = home / f"new-{name}", home / f"command-{name}"
        try:
            made.mkdir(mode=0o700)
            end.callback(shutil.rmtree, place, ignore_errors=True)
            end.enter_context(_locked(made / LOCK))
            (made / "inside").mkdir(mode=0o700)
            made.rename(place)  # only now, locked, can others find it
        except OSError as error:
            raise StorageError(f"no private folder can be made for copies of objects: {why(error)}") from None
        yield place / "inside"


@contextmanager
def alone(name: str, what: str) -> Iterator[None]:
    """Lock a name on this machine, for this user; `StoreBusyError` if another command has the lock."""
    with ExitStack() as end:
        try:
            end.enter_context(_locked(_home() / f"{name}.lock"))
        except BlockingIOError:
            raise StoreBusyError(f"another run is using {what}; try again when it is done") from None
        yield


def _home() -> Path:
    """The folder above, which must belong to this user alone: others may write to the folder for temporary files."""
    asked = os.environ.get("TMPDIR")
    if asked and not Path(asked).is_dir():
        raise StorageError("TMPDIR names a folder that does not exist; make it, or name another")
    home = Path(tempfile.gettempdir()) / f"offduty-{os.getuid()}"
    try:
        with suppress(FileExistsError):
            home.mkdir(mode=0o700)
        status = home.lstat()
    except OSError as error:
        raise StorageError(f"no private folder can be made for copies of objects: {why(error)}") from None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise StorageError(
            "the private folder for copies of objects is open to others: delete it, or set TMPDIR to another folder",
            file=home.name,
        )
    return home


def _delete_abandoned(home: Path) -> None:
    for left in home.glob("command-*"):
        with suppress(OSError), (left / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """A lock that ends with its process; `BlockingIOError` if another process has it."""
    file: IO[str] = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "r+")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
