"""Private folders for what comes out of object stores: wiped at the end, and those of the killed by the next command.

They lie below one folder of this user's in the folder for temporary files (``TMPDIR`` names another).
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
    """An empty folder of one's own, which goes at the end with all that is in it, whatever is raised.

    What killed commands left is wiped first: a folder whose lock nobody holds. Raises `StorageError` where it cannot be
    made, or where the folder above is another user's, or open to others.
    """
    with ExitStack() as end:
        home = _home()
        _wipe_the_dead(home)
        name = uuid4().hex
        made, place = home / f"new-{name}", home / f"command-{name}"
        try:
            made.mkdir(mode=0o700)
            end.callback(shutil.rmtree, place, ignore_errors=True)
            end.enter_context(_locked(made / LOCK))
            (made / "inside").mkdir(mode=0o700)
            made.rename(place)  # only now, with its lock held, can others find it
        except OSError as error:
            raise StorageError(f"no private folder can be made for what is fetched: {why(error)}") from None
        yield place / "inside"


@contextmanager
def alone(name: str, what: str) -> Iterator[None]:
    """Hold a name on this machine, for this user; `StoreBusyError` where another command does."""
    with ExitStack() as end:
        try:
            end.enter_context(_locked(_home() / f"{name}.lock"))
        except BlockingIOError:
            raise StoreBusyError(f"another run holds {what}; try again when it is done") from None
        yield


def _home() -> Path:
    """The folder above: this user's and nobody else's, for others may write where temporary files lie."""
    asked = os.environ.get("TMPDIR")
    if asked and not Path(asked).is_dir():
        raise StorageError("TMPDIR names no folder that is there: what is fetched would lie where nobody chose")
    home = Path(tempfile.gettempdir()) / f"offduty-{os.getuid()}"
    try:
        with suppress(FileExistsError):
            home.mkdir(mode=0o700)
        status = home.lstat()
    except OSError as error:
        raise StorageError(f"no private folder can be made for what is fetched: {why(error)}") from None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise StorageError(
            "the private folder for what is fetched is not this user's alone: take it away, or name another place in TMPDIR",
            file=home.name,
        )
    return home


def _wipe_the_dead(home: Path) -> None:
    for left in home.glob("command-*"):
        with suppress(OSError), (left / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """A lock that goes with its process; `BlockingIOError` where another has it."""
    file: IO[str] = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "r+")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
