"""Opens a store wherever it lies, to write or to read: a folder as it is, an object store through a private copy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from offduty.core.errors import UsageError, why
from offduty.core.locations import Location
from offduty.objectstore.private_folders import alone, scratch
from offduty.store.local import Store, open_store
from offduty.store.remote import EVERYTHING, LOG, RemoteStore

__all__ = ["EVERYTHING", "LOG", "local_copy", "open_store_at"]


@contextmanager
def open_store_at(location: Location, *, made: str | None = None) -> Iterator[Store]:
    """`open_store` for a folder or an object store. Raises what it raises, and `UsageError` for an object store that
    ignores the condition of a put.

    With ``made`` the store must exist already; ``made`` is how the message goes on that it does not.
    """
    if isinstance(location, Path):
        _check_exists(location, made)
        with open_store(location) as opened:
            yield opened
        return
    name = hashlib.sha256(str(location).encode()).hexdigest()[:32]
    with alone(name, "the store"), scratch() as folder:
        remote = RemoteStore.at(location)
        remote.check_conditions()
        root = folder / "store"
        remote.fetch(root, LOG)
        _check_exists(root, made)
        with open_store(root) as opened:
            remote.settle(opened.logged)
            yield replace(opened, remote=remote)


def _check_exists(root: Path, made: str | None) -> None:
    if made is not None and not (root / "log").is_dir():
        raise UsageError(f"there is no store yet: {made}")


def _check_is_store(folder: Path) -> None:
    """Raise `UsageError` where a folder is no store, with the one in it that is probably meant."""
    try:
        str(folder.absolute()).encode()
    except UnicodeEncodeError:  # Arrow (26) cannot open it, and every file in it would seem to be damaged
        shown = ascii(str(folder.absolute()))[1:-1]
        raise UsageError(f"a folder in the path {shown} has a name that is not UTF-8: rename the folder") from None
    if os.path.lexists(folder / "log"):
        return
    if not folder.is_dir():
        wrong = "is not a folder" if folder.exists() else "does not exist"
        raise UsageError(f"there is no store: {folder.absolute()} {wrong}")
    try:
        inside = [path for path in sorted(folder.iterdir()) if (path / "log").is_dir() and (path / "runs").is_dir()]
    except OSError as error:
        raise UsageError(f"the store {folder.absolute()} cannot be read: {why(error)}") from None
    meant = f"; did you mean {inside[0]}?" if inside else ""
    raise UsageError(f"there is no store: {folder.absolute()} has no folder log{meant}")


@contextmanager
def local_copy(store: Location, wanted: Sequence[str] = EVERYTHING, *, may_be_missing: bool = False) -> Iterator[Path]:
    """A store to read: the folder itself, or a private copy of the ``wanted`` parts, which is deleted at the end.

    Raises `UsageError` where the folder is no store, unless it may be one that is not made yet.
    """
    if isinstance(store, Path):
        if not may_be_missing:
            _check_is_store(store)
        yield store
        return
    with scratch() as folder:
        root = folder / "store"
        root.mkdir(mode=0o700)
        RemoteStore.at(store).fetch(root, wanted)
        yield root
