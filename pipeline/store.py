"""The store: a folder that a run enters whole or not at all, whatever dies when (SPEC 8)."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import StorageError, StoreBusyError
from pipeline.log import Entry, entry_bytes, entry_name, read_log


@dataclass(frozen=True)
class Store:
    """An open store, held by this run alone. ``work`` is its private folder, empty at first and wiped at the end."""

    root: Path
    work: Path

    @property
    def log(self) -> Path:
        """Where the entries lie."""
        return self.root / "log"

    @property
    def runs(self) -> Path:
        """Where the runs lie."""
        return self.root / "runs"

    def entries(self) -> list[Entry]:
        """What the log names, in order."""
        return read_log(self.log)

    def staging(self) -> Path:
        """Where a run's outputs are written before they are published."""
        return self.work / "run"


@contextmanager
def open_store(root: Path) -> Iterator[Store]:
    """Hold a store: make it where there is none, wipe what a killed run left, and wipe the own work folder at the end.

    Raises `StoreBusyError` while another run holds it. Everything is readable by its owner only.
    """
    old = os.umask(0o077)
    try:
        for folder in (root, root / "log", root / "runs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _held(root / "lock"):
            work = root / "work"
            shutil.rmtree(work, ignore_errors=True)
            _clear_unnamed(root)
            work.mkdir(mode=0o700)
            try:
                yield Store(root, work)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    finally:
        os.umask(old)


def _clear_unnamed(root: Path) -> None:
    """Remove the outputs of a run that died before its entry was linked: what no entry names does not exist."""
    named = {str(entry.document.get("run_id")) for entry in read_log(root / "log")}
    for place in (root / "runs").iterdir():
        if place.name not in named:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def undisturbed() -> Iterator[None]:
    """From the moment a run exists nobody may be told that it does not: INT and TERM come too late, and are passed over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """The lock goes with the process that holds it, however that ends."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreBusyError("another run holds the store; try again when it is done") from None
        yield


def publish(store: Store, run_id: str, manifest: bytes) -> Path:
    """Make the staged outputs a run of the store; they were flushed file by file.

    1. Put the outputs in their place, where no entry names them yet. 2. Flush the folders. 3. Write the entry and flush it.
    4. Link it into the log: from here on the run exists. 5. Flush the log. A run that dies before 4 leaves files that no
    entry names; the next run of the same id removes them.
    """
    place = store.runs / run_id
    before = store.entries()
    shutil.rmtree(place, ignore_errors=True)
    for folder in sorted((path for path in store.staging().rglob("*") if path.is_dir()), reverse=True):
        flush(folder)
    flush(store.staging())
    store.staging().rename(place)
    flush(store.runs)
    entry = store.work / "entry"
    with entry.open("xb") as file:
        file.write(entry_bytes(manifest, before))
        file.flush()
        os.fsync(file.fileno())
    with undisturbed():
        try:
            os.link(entry, store.log / entry_name(len(before)))
        except FileExistsError:
            raise StorageError("the log grew while this run held the store; run again") from None
        flush(store.log)
        return place


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
