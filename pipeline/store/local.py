"""The store: a folder to which a run is published completely or not at all, whenever the process dies
(specification#atomic-publish, specification#store-layout).
"""

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

from offduty.core import interrupts, published
from offduty.core.durable_files import create, flush
from offduty.core.errors import StorageError, StoreBusyError, why
from offduty.core.locations import Location, ObjectAddress
from offduty.store.permissions import check_closed
from offduty.store.retention import StoredFile, expired, remove
from offduty.transparency.entries import is_run_id
from offduty.transparency.log import LogEntry, check_log, entry_bytes, entry_name, parse_entry, read_log
from offduty.transparency.next_signer import next_key
from offduty.transparency.signed_note import SigningKey

MARK = "unpublished"
"""The file in the work folder that names a run which is in ``runs`` before the log names it."""


class RemotePublisher(Protocol):
    """Publishes to a store in an object store. The folder of the `Store` is then a private copy of its log.

    `offduty.store.remote.RemoteStore` implements it and says what each method does.
    """

    @property
    def address(self) -> ObjectAddress: ...
    def has_run(self, run_id: str) -> bool: ...
    def uploaded(self, staging: Path, run_id: str, before: Sequence[LogEntry]) -> AbstractContextManager[None]: ...
    def put_entry(self, name: str, content: bytes) -> None: ...
    def remove(self, files: Sequence[StoredFile]) -> None: ...
    def replace_derived(self, name: str, content: bytes) -> None: ...


@dataclass(frozen=True)
class Store:
    """An open store, locked by this process. ``work`` is its private folder, empty at first and deleted at the end.

    ``logged`` is the log as it is: nobody else may add to it while the store is locked, and `append` returns the store
    with the new entry. ``key`` signs new entries; without it, they are unsigned. ``remote`` is set where the store is
    in an object store. ``end`` collects what must be undone when the store is closed.
    """

    root: Path
    work: Path
    logged: tuple[LogEntry, ...] = ()
    key: SigningKey | None = None
    remote: RemotePublisher | None = field(default=None, compare=False)
    end: ExitStack = field(default_factory=ExitStack, repr=False, compare=False)

    @property
    def log(self) -> Path:
        """The folder of the entries."""
        return self.root / "log"

    @property
    def runs(self) -> Path:
        """The folder of the runs."""
        return self.root / "runs"

    def entries(self) -> list[LogEntry]:
        """The entries of the log, in order."""
        return list(self.logged)

    def location_of(self, run_id: str) -> Location:
        """The folder or the address of a run, whether it exists or not."""
        return self.runs / run_id if self.remote is None else self.remote.address / "runs" / run_id

    def has_run(self, run_id: str) -> bool:
        """Whether files of a run exist."""
        return (self.runs / run_id).is_dir() if self.remote is None else self.remote.has_run(run_id)

    def staging(self) -> Path:
        """The folder to which a run's outputs are written before they are published."""
        return self.work / "run"

    def replace_derived(self, name: str, content: bytes) -> None:
        """Write a file at the top of the store that is derived from the log, unless it is there with these bytes.

        Readers see the old bytes or the new. Raises `OSError` or `StorageError` where it cannot be written.
        """
        if self.remote is not None:
            self.remote.replace_derived(name, content)
            return
        path = self.root / name
        if not path.is_symlink() and path.is_file() and path.read_bytes() == content:
            return
        create(self.work / name, content).replace(path)
        flush(self.root)

    def signing_with(self, seed: bytes | None) -> Store:
        """The same store, whose next entry is signed with this secret key, or with none; raises as `next_key`."""
        return replace(self, key=next_key(self.entries(), seed))

    def signers(self) -> list[SigningKey]:
        """The keys that sign the next entry: one or none."""
        return [self.key] if self.key else []


@contextmanager
def open_store(root: Path) -> Iterator[Store]:
    """Lock a store: make it where there is none, clean up after a killed run, and delete the work folder at the end.

    Raises `StoreBusyError` while another process has locked it, and `StorageError` where its log is incomplete, or does
    not name all runs that are published. Everything is readable by its owner only (specification#owner-only).
    """
    with ExitStack() as end:
        end.callback(os.umask, os.umask(0o077))
        _make_folders(root)
        check_closed(root)
        end.enter_context(locked(root / "lock", "the store"))
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
        with suppress(PermissionError):  # the folder above may be one that this user may enter but not read
            flush(root.parent)


def _settle(root: Path) -> list[LogEntry]:
    """Bring a store into order, and return its log: it is complete, and ``runs`` has only what it names.

    1. Read and check the log. 2. Remove a run that was marked and not published; stop where another run is not named.
    3. Complete an expiry that was interrupted. 4. Delete the work folder. 5. Flush the log: an entry that was linked
    and not confirmed may be relied on from here on.
    """
    entries = read_log(root / "log")
    check_log(entries)
    _settle_unnamed(root, entries)
    remove(root / "runs", list(expired(entries)))
    shutil.rmtree(root / "work", ignore_errors=True)
    flush(root / "log")
    return entries


def _leave(root: Path) -> None:
    """Delete what was not published. Where that fails, the mark stays, and the next run does it."""
    with suppress(OSError, StorageError):
        if (root / "work" / MARK).exists():
            _settle_unnamed(root, read_log(root / "log"))
        shutil.rmtree(root / "work", ignore_errors=True)


def _settle_unnamed(root: Path, entries: Sequence[LogEntry]) -> None:
    """Remove the run that was marked and not published. Raise `StorageError` where another run is there that no entry
    names.

    Such a run was published, and the log has lost its end, or is missing altogether. The run is not removed, because it
    may be the only copy. The log is not continued, because then there would be two different logs.
    """
    named = {entry.document["run_id"] for entry in entries if entry.names_files}
    unnamed = {folder.name for folder in (root / "runs").iterdir() if is_run_id(folder.name)} - named
    marked = _marked(root, len(entries))
    lost = sorted(unnamed - {marked})
    if lost:
        raise lost_end_of_log(lost)
    if marked in unnamed:
        shutil.rmtree(root / "runs" / marked)
        flush(root / "runs")


def lost_end_of_log(lost: Sequence[str]) -> StorageError:
    """The error for runs that exist, that no entry names and no mark explains."""
    more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
    return StorageError(
        f"no entry of the log names this run{more}: the log has lost its end, or is missing. Restore it from a copy."
        " If there is none, move the run out of the folder runs, and run again; offduty docs running says what that"
        " means",
        file=lost[0],
    )


def _marked(root: Path, size: int) -> str | None:
    """The run of the mark, if it was written when the log had as many entries as now or fewer; None otherwise.

    A mark that was not completely written is ignored: then the run was not yet in ``runs``.
    """
    try:
        run_id, number = (root / "work" / MARK).read_text(encoding="ascii").split()
        return run_id if is_run_id(run_id) and int(number) <= size else None
    except (FileNotFoundError, ValueError):
        return None


@contextmanager
def ignoring_signals() -> Iterator[None]:
    """Ignore INT and TERM, in the main thread. Once a run exists, an interrupt must not make the command report that it
    does not.
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
def locked(path: Path, what: str) -> Iterator[None]:
    """Lock a file, which is made where it is missing. Raises `StoreBusyError` where another process has locked it.

    The lock ends with the process, in whatever way. Nothing is written to the file, so an error at its closing is
    ignored. ``what`` is the name of the locked thing in the message.
    """
    file = path.open("a")
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreBusyError(f"another run is using {what}; try again when it is done") from None
        yield
    finally:
        with suppress(OSError):
            file.close()


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn an `OSError` into a `StorageError` that says whether an entry was added before; it is safe to try again."""
    before = published.count()
    try:
        yield
    except OSError as error:
        if published.count() > before:
            raise StorageError(
                f"{published.what_stands()}, but what is left cannot be tidied up: {why(error)}"
            ) from None
        raise StorageError(f"the store cannot be written: {why(error)}. Nothing was published; run again") from None


def publish(store: Store, run_id: str, manifest: bytes) -> Store:
    """Make the staged outputs, whose files are flushed, a run of the store, and return the store with its entry.

    Where the store is in an object store, the files are uploaded, and then the entry is put. Otherwise:

    1. Flush the folders. 2. Mark the run as not yet published, and flush the mark. 3. Move the outputs to ``runs``,
    where no entry names them yet, and flush that. 4. Append the entry: from here on the run exists. 5. Delete the mark.
    A process that dies before 4 leaves a marked run that no entry names; the next run removes it.
    """
    if store.remote is not None:
        with store.remote.uploaded(store.staging(), run_id, store.logged):
            return append(store, manifest, store.signers())
    run = store.runs / run_id
    for folder in sorted((path for path in store.staging().rglob("*") if path.is_dir()), reverse=True):
        flush(folder)
    flush(store.staging())
    mark = create(store.work / MARK, f"{run_id} {len(store.logged)}\n".encode("ascii"))
    flush(store.work)
    flush(store.root)
    store.staging().rename(run)
    flush(store.runs)
    grown = append(store, manifest, store.signers())
    with suppress(OSError):  # the run exists, and a mark of a run that an entry names is ignored
        mark.unlink(missing_ok=True)
    return grown


def append(store: Store, manifest: bytes, keys: Sequence[SigningKey]) -> Store:
    """Add an entry to the log, signed with each key, flush it, and return the store with it.

    A flushed file is linked to the entry's name, which must be free. Raises `StorageError` where it is not; and where
    the disk does not confirm the link, which then exists all the same, as the message says; and `KeyboardInterrupt`
    where a library lost an interrupt before. From here on, until the store is closed, signals are ignored.
    """
    before = store.entries()
    content, name = entry_bytes(manifest, before, keys), entry_name(len(before))
    grown = replace(store, logged=(*before, parse_entry(content, len(before), name)))
    interrupts.check()
    if store.remote is not None:
        store.end.enter_context(ignoring_signals())
        store.remote.put_entry(name, content)
        published.note(name)
        return grown
    entry = create(store.work / name, content)
    store.end.enter_context(ignoring_signals())
    try:
        os.link(entry, store.log / name)
    except FileExistsError:
        raise StorageError("the log grew although this run had locked the store; run again") from None
    published.note(name)
    try:
        flush(store.log)
    except OSError as error:
        raise StorageError(
            f"the entry was published, but the disk did not confirm that it will last: {why(error)}. Check the disk,"
            " then run the same again: it answers whether the entry is there",
            file=name,
        ) from None
    return grown


def delete(store: Store, files: Sequence[StoredFile]) -> None:
    """Delete files that the log says have expired; raises `StorageError` or `OSError` where that fails."""
    if store.remote is None:
        remove(store.runs, files)
    else:
        store.remote.remove(files)
