"""The store: a folder that a run enters whole or not at all, whatever dies when (SPEC 8)."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from offduty.core.durable_files import create, flush
from offduty.core.errors import StorageError, StoreBusyError, why
from offduty.core.locations import Location, ObjectAddress
from offduty.store.retention import StoredFile, expired, remove
from offduty.transparency.entries import is_run_id
from offduty.transparency.log import LogEntry, check_log, entry_bytes, entry_name, read_log
from offduty.transparency.next_signer import next_key
from offduty.transparency.signed_note import SigningKey

MARK = "unpublished"


class RemotePublisher(Protocol):
    """What publishes where the store lies in an object store (`offduty.store.remote`); the folder then only plays it."""

    @property
    def address(self) -> ObjectAddress: ...
    def holds(self, run_id: str) -> bool: ...
    def sent(self, staging: Path, run_id: str, before: Sequence[LogEntry]) -> AbstractContextManager[None]: ...
    def enter(self, name: str, content: bytes) -> None: ...
    def remove(self, files: Sequence[StoredFile]) -> None: ...


@dataclass(frozen=True)
class Store:
    """An open store, held by this run alone. ``work`` is its private folder, empty at first and wiped at the end.

    ``held`` is the log as it was when the store was opened: nobody else may add to it, and its holder adds one entry.
    ``end`` is what holds until the store is let go.
    """

    root: Path
    work: Path
    held: tuple[LogEntry, ...] = ()
    key: SigningKey | None = None
    far: RemotePublisher | None = field(default=None, compare=False)
    end: ExitStack = field(default_factory=ExitStack, repr=False, compare=False)

    @property
    def log(self) -> Path:
        """Where the entries lie."""
        return self.root / "log"

    @property
    def runs(self) -> Path:
        """Where the runs lie."""
        return self.root / "runs"

    def entries(self) -> list[LogEntry]:
        """What the log names, in order."""
        return list(self.held)

    def place_of(self, run_id: str) -> Location:
        """Where a run lies, or will."""
        return self.runs / run_id if self.far is None else self.far.address / "runs" / run_id

    def holds(self, run_id: str) -> bool:
        """Whether the files of a run are there."""
        return (self.runs / run_id).is_dir() if self.far is None else self.far.holds(run_id)

    def staging(self) -> Path:
        """Where a run's outputs are written before they are published."""
        return self.work / "run"

    def signing_with(self, seed: bytes | None) -> Store:
        """The same store, its next entry signed with this secret key, or with none; see `next_key` for what may not be."""
        return replace(self, key=next_key(self.entries(), seed))


@contextmanager
def open_store(root: Path) -> Iterator[Store]:
    """Hold a store: make it where there is none, settle what a killed run left, and wipe the own work folder at the
    end.

    Raises `StoreBusyError` while another run holds it, and `StorageError` where its log is not whole, or names not all
    that is published. Everything is readable by its owner only.
    """
    with ExitStack() as end:
        end.callback(os.umask, os.umask(0o077))
        _make_folders(root)
        end.enter_context(held(root / "lock", "the store"))
        work = root / "work"
        entries = _settle(root)
        work.mkdir(mode=0o700)
        try:
            yield Store(root, work, tuple(entries), end=end)
        finally:
            _leave(root)


def _make_folders(root: Path) -> None:
    made = [folder for folder in (root, root / "log", root / "runs") if not folder.is_dir()]
    for folder in made:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if made:
        flush(root)
    if root in made:
        with suppress(PermissionError):  # a folder above that may be passed through and not be read
            flush(root.parent)


def _settle(root: Path) -> list[LogEntry]:
    """What an open store begins with: a log that is whole, and nothing in ``runs`` but what it names.

    1. Read the log, and check it. 2. Take away what a run had marked and did not publish; stop where another is not named.
    3. Finish an expiry that was cut short. 4. Wipe the work folder. 5. Wait for the log to be on the disk: what was linked and
    not confirmed then is answered for now.
    """
    entries = read_log(root / "log")
    check_log(entries)
    _settle_unnamed(root, entries)
    remove(root / "runs", list(expired(entries)))
    shutil.rmtree(root / "work", ignore_errors=True)
    flush(root / "log")
    return entries


def _leave(root: Path) -> None:
    """At the end nothing stays of what was not published. Where that cannot be done, the mark stays for the next run."""
    with suppress(OSError, StorageError):
        if (root / "work" / MARK).exists():
            _settle_unnamed(root, read_log(root / "log"))
        shutil.rmtree(root / "work", ignore_errors=True)


def _settle_unnamed(root: Path, entries: Sequence[LogEntry]) -> None:
    """Remove the run that was marked and not published; stop where a run is there that nobody marked and no entry
    names.

    Such a run was published, and the log has lost its end, or is not there at all. Neither is it removed, for it may be
    the only copy, nor is the log gone on with, for then there would be two of them.
    """
    named = {entry.document["run_id"] for entry in entries if entry.is_run}
    unnamed = {place.name for place in (root / "runs").iterdir() if is_run_id(place.name)} - named
    marked = _marked(root, len(entries))
    lost = sorted(unnamed - {marked})
    if lost:
        raise lost_end(lost)
    if marked in unnamed:
        shutil.rmtree(root / "runs" / marked)
        flush(root / "runs")


def lost_end(lost: Sequence[str]) -> StorageError:
    """What is said of runs that are there, that no entry names, and that nobody marked."""
    more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
    return StorageError(
        f"no entry of the log names this run{more}: the log has lost its end, or is not where it was. Put it back from a"
        " copy. If there is none, move the run out of the folder runs, and run again; docs/running.md says what that means",
        file=lost[0],
    )


def _marked(root: Path, size: int) -> str | None:
    """The run that was about to be published when the log had as many entries as now, or fewer; None where there is
    none.

    A mark that was not wholly written counts for nothing: the run was not yet put in its place then.
    """
    try:
        run_id, number = (root / "work" / MARK).read_text(encoding="ascii").split()
        return run_id if is_run_id(run_id) and int(number) <= size else None
    except (FileNotFoundError, ValueError):
        return None


@contextmanager
def undisturbed() -> Iterator[None]:
    """From the moment a run exists nobody may be told that it does not: INT and TERM come too late, and are passed
    over.
    """
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
def held(path: Path, what: str) -> Iterator[None]:
    """Hold a lock, which goes with its process, however that ends; `StoreBusyError` where another has it.

    Nothing is written there that a close could lose.
    """
    file = path.open("a")
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreBusyError(f"another run holds {what}; try again when it is done") from None
        yield
    finally:
        with suppress(OSError):
            file.close()


@contextmanager
def storage_errors() -> Iterator[None]:
    """What the disk refuses is a storage error: nothing was published, and it is safe to try again."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"the store cannot be written: {why(error)}. Nothing was published; run again") from None


def publish(store: Store, run_id: str, manifest: bytes) -> Location:
    """Make the staged outputs a run of the store, and say where it lies; they were flushed file by file.

    Where the store lies in an object store they are sent there, and the entry is put after them. Otherwise:

    1. Flush the folders. 2. Mark the run as not yet published, and flush the mark. 3. Put the outputs in their place, where no
    entry names them yet, and flush that. 4. Append the entry: from here on the run exists. 5. Take the mark away. A run that
    dies before 4 leaves marked files that no entry names; the next run removes them.
    """
    keys = [store.key] if store.key else []
    if store.far is not None:
        with store.far.sent(store.staging(), run_id, store.held):
            append(store, manifest, keys)
        return store.place_of(run_id)
    place = store.runs / run_id
    for folder in sorted((path for path in store.staging().rglob("*") if path.is_dir()), reverse=True):
        flush(folder)
    flush(store.staging())
    mark = create(store.work / MARK, f"{run_id} {len(store.held)}\n".encode("ascii"))
    flush(store.work)
    flush(store.root)
    store.staging().rename(place)
    flush(store.runs)
    append(store, manifest, keys)
    with suppress(OSError):  # the run exists, and a mark on a run that an entry names says nothing
        mark.unlink(missing_ok=True)
    return place


def append(store: Store, manifest: bytes, keys: Sequence[SigningKey]) -> int:
    """Add an entry to the log, signed with each key, and wait for the disk; its number.

    It is linked there whole from a file that was flushed, and only where no entry is. Raises `StorageError` where one
    is; and where the disk does not confirm the link, which then exists all the same, and the message says so. From here
    on, until the store is let go, nobody is disturbed.
    """
    before = store.entries()
    content, name = entry_bytes(manifest, before, keys), entry_name(len(before))
    if store.far is not None:
        store.end.enter_context(undisturbed())
        store.far.enter(name, content)
        return len(before)
    entry = create(store.work / "entry", content)
    store.end.enter_context(undisturbed())
    try:
        os.link(entry, store.log / name)
    except FileExistsError:
        raise StorageError("the log grew while this run held the store; run again") from None
    try:
        flush(store.log)
    except OSError as error:
        raise StorageError(
            f"the entry was published, but the disk did not confirm that it will last: {why(error)}. See to the disk, then"
            " run the same again: it answers whether the entry is there",
            file=name,
        ) from None
    return len(before)
