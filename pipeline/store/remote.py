"""The store of one command in an object store: its log is copied, files are put, and a conditional put publishes
(docs/how-to/objects.md).

Nothing can be locked there. The entry is put only where there is none: of several runs one succeeds, the others publish
nothing. A mark, ``work/<size of the log>.<run>.<attempt>``, is put before a run's files. Files that no entry names and
no mark explains mean that the log has lost its end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from offduty.core import published
from offduty.core.errors import StorageError, StoreBusyError, UsageError, why
from offduty.core.locations import ObjectAddress
from offduty.objectstore import Bucket, ErrorKind, FoundObject, ObjectStoreError, at_once, open_bucket
from offduty.store.local import lost_end_of_log
from offduty.store.retention import StoredFile, expired, sealed_names
from offduty.transparency.entries import RUNS, TRIAL, ManifestError, is_run_id, read_manifest
from offduty.transparency.log import LogEntry, entry_name

CONDITION = "condition"
LEAVING = ".leaving"
"""The end of the mark of an attempt that has given up: it uploads nothing more, and removes its files."""
SEALED = "references"
"""The folder of a run's sealed tables."""
Named: TypeAlias = Mapping[str, Set[str] | None]
"""The runs that entries name, each with the names of its sealed tables; None where that cannot be told."""
TRIES = 3
"""How often to repeat what other processes may undo, before it counts as a failure of the object store."""
ANOTHER_PUBLISHED = "another run published meanwhile; run again"
ANOTHER_UPLOADS = (
    "another process is uploading the same run, with other files: run again when it is done. If there is no such"
    " process, delete its files, and then its mark; offduty docs objects says which these are"
)
LOG, EVERYTHING = ("log/",), ("",)
"""The part of a store that a command needs: only the log, or everything."""


class EntryUnknownError(StorageError):
    """It is unknown whether the entry was put: the files that were uploaded for it must stay."""


@dataclass(frozen=True)
class _AttemptMark:
    """Records that an attempt to publish a run began when the log had ``size`` entries."""

    size: int
    run_id: str
    key: str

    def may_live(self, entries: int) -> bool:
        """Whether the attempt may still publish, by a log of so many entries: its own entry is not among them."""
        return self.size >= entries


@dataclass(frozen=True)
class RemoteStore:
    """A store in an object store, for one command. All methods raise `StorageError`, which names an entry or a run and
    nothing else.
    """

    address: ObjectAddress
    bucket: Bucket

    @classmethod
    def at(cls, address: ObjectAddress) -> RemoteStore:
        """The store at an address, which may be empty."""
        with _storage_errors():
            return cls(address, open_bucket(address))

    def fetch(self, root: Path, wanted: Sequence[str]) -> None:
        """Copy the wanted parts into a folder, as they are at one instant. Runs that are published meanwhile, or are
        marked and not published, are left out.
        """
        with _storage_errors():
            log = self._listed("log/")
            self._copy(root, log)
            if tuple(wanted) == LOG:
                return
            found = {name: one for part in wanted for name, one in self._listed(part).items()}
            marks = _marks(self._listed("work/"))
            kept = dict(_run_in((root / name).read_bytes()) for name in log)
            skipped = ({mark.run_id for mark in marks} - kept.keys()) | self._named_since(len(log)).keys()
            dead = {mark.key for mark in marks if not mark.may_live(len(log))}  # of no use to a reader
            self._copy(
                root,
                {
                    name: one
                    for name, one in found.items()
                    if not name.startswith("log/")
                    and name != f"work/{CONDITION}"
                    and one.key not in dead
                    and _run_of(name) not in skipped
                    and not _is_of_another_attempt(name, kept)
                },
            )

    def check_conditions(self) -> None:
        """Raise `UsageError` for an object store that ignores the condition of a put: runs could replace entries."""
        with _storage_errors():
            # One that ignores the condition says so twice. Once means that nothing was there, or two puts collided.
            replaced = [self.bucket.create(self._key(f"work/{CONDITION}"), b"") for _ in range(2)]
        if all(replaced):
            raise UsageError(
                "this object store replaces an object although the request says to put it only where there is none. Two"
                " runs could replace each other's entries, so a store cannot be there: use another object store"
            )

    def settle(self, entries: Sequence[LogEntry]) -> None:
        """Bring the store into order, as `open_store` does: stop where the log has lost its end; remove what can never
        be published, and what an interrupted expiry has left.
        """
        with _storage_errors():
            found = self._listed("runs/")
            marks = _marks(self._listed("work/"))
            named = _named(entries)
            unnamed = {run for name in found if is_run_id(run := _run_of(name))} - named.keys()
            self._explain(unnamed - _explained(marks, len(entries)), len(entries))
            # A run that was published since has no live mark any more: the newer entries protect its files.
            self._tidy(marks, found, {**named, **self._named_since(len(entries))}, len(entries))
            gone = {f"runs/{file.run_id}/{file.name}" for file in expired(entries)}
            at_once(self.bucket.remove, [found[name].key for name in sorted(gone & found.keys())])

    def has_run(self, run_id: str) -> bool:
        """Whether any file of a run exists."""
        with _storage_errors():
            return bool(self._listed(f"runs/{run_id}/"))

    @contextmanager
    def uploaded(self, staging: Path, run_id: str, before: Sequence[LogEntry]) -> Iterator[None]:
        """A context in which the files of a run are uploaded and checked, so that its entry can be put.

        It marks the run first, and removes files and mark where the context fails. ``before`` is the log as it is. At
        the end it looks at the files once more, and removes marks.
        """
        size = len(before)
        files = {f"runs/{run_id}/{p.relative_to(staging).as_posix()}": p for p in staging.rglob("*") if p.is_file()}
        mark = _AttemptMark(size, run_id, self._key(f"work/{size:012}.{run_id}.{uuid4().hex[:16]}"))
        try:
            with _storage_errors():
                self.bucket.create(mark.key, b"")
                self._upload(files, mark)
            yield
        except EntryUnknownError:
            raise
        except BaseException:
            with suppress(ObjectStoreError):
                self._withdraw(mark)
            raise
        with suppress(Exception):  # the run exists, whether this succeeds or not; if not, the next run does it
            self._put_missing(files, run_id)
            found, marks = self._listed("runs/"), _marks(self._listed("work/"))
            mine = {name.removeprefix(f"runs/{run_id}/") for name in files if _is_sealed(name)}
            self._tidy(marks, found, {**_named(before), run_id: mine, **self._named_since(size)}, size + 1)

    def put_entry(self, name: str, content: bytes) -> None:
        """Put an entry where there is none.

        Raises `StoreBusyError` where another run was quicker, and `EntryUnknownError` where the answer was lost and the
        entry cannot be found. An entry that is there byte for byte is this one, whichever try put it there.
        """
        key = self._key(f"log/{name}")
        for _ in range(TRIES):
            created: bool | None = None
            try:
                created = self.bucket.create(key, content)
                there = self.bucket.read(key)
            except ObjectStoreError as error:
                if created is None and error.kind is ErrorKind.REFUSED:
                    raise StorageError(f"the entry cannot be put: {error}. Nothing was published", file=name) from None
                there = self._read_again(key)
            if created is not False or there is not None:
                break  # otherwise two puts collided and neither succeeded: S3 answers with a conflict, to be retried
        if there == content:
            return
        if created or there is None:
            raise EntryUnknownError(
                "it is not known whether the entry was published: the object store did not answer correctly. Run the"
                " same again: it answers whether the entry is there",
                file=name,
            )
        raise StoreBusyError("another run published first, so nothing of this one was; run again")

    def remove(self, files: Sequence[StoredFile]) -> None:
        """Delete files of runs. One that is not there is no error."""
        with _storage_errors():
            at_once(self.bucket.remove, [self._key(f"runs/{file.run_id}/{file.name}") for file in files])

    def replace_derived(self, name: str, content: bytes) -> None:
        """Put a file at the top of the store that is derived from the log, unless it is there with these bytes. There
        may be none for a moment.
        """
        with _storage_errors():
            if self.bucket.read(self._key(name)) != content:
                self.bucket.remove(self._key(name))
                self.bucket.create(self._key(name), content)

    def _read_again(self, key: str) -> bytes | None:
        try:
            return self.bucket.read(key)
        except ObjectStoreError:
            return None

    def _upload(self, files: Mapping[str, Path], mine: _AttemptMark) -> None:
        """Put each file where there is none, and check that all of them are there with their sizes.

        A file of an earlier attempt at this run stays where it is the same, byte for byte, and is removed where it is
        not; tables that it sealed stay until an entry is there, for that may still be its own. Raises `StoreBusyError`
        where that attempt may still be running, or another run was quicker.

        Files may disappear meanwhile, although the object store works. A process that publishes removes the files of
        attempts whose entry can no longer be put; then another run was quicker. An attempt at the same run that gives
        up removes the files that it shares with this one; those are put again.
        """
        for _ in range(TRIES):
            late: Sequence[str] = ()
            try:
                found = self._listed(f"runs/{mine.run_id}/")
                shared = {name: one for name, one in found.items() if not _is_sealed(name)}
                self._clear(
                    {name: one for name, one in shared.items() if not self._is_same(one, files.get(name))}, mine
                )
                late = self._put_missing(files, mine.run_id)
                found = self._listed(f"runs/{mine.run_id}/")
                if any(name in found and not self._is_same(found[name], files[name]) for name in late):
                    raise StoreBusyError(ANOTHER_UPLOADS)
                if all(name in found and found[name].size == path.stat().st_size for name, path in files.items()):
                    return
            except ObjectStoreError as error:
                if error.kind not in (ErrorKind.GONE, ErrorKind.CHANGED):
                    raise
            if self._since(mine.size):
                raise StoreBusyError(ANOTHER_PUBLISHED)
        if late:
            raise StoreBusyError(ANOTHER_UPLOADS)
        raise StorageError("not all files that were uploaded are there. Nothing was published; run again")

    def _put_missing(self, files: Mapping[str, Path], run_id: str) -> list[str]:
        """Put the files that are missing, and return those that another process put at the same time."""
        missing = sorted(files.keys() - self._listed(f"runs/{run_id}/").keys())
        put = at_once(lambda name: self.bucket.put(files[name], self._key(name)), missing)
        return [name for name, done in zip(missing, put, strict=True) if not done]

    def _clear(self, others: Mapping[str, FoundObject], mine: _AttemptMark) -> None:
        if not others:
            return
        marks = _marks(self._listed("work/"))
        if any(mark.run_id == mine.run_id and mark.size == mine.size and mark.key != mine.key for mark in marks):
            raise StoreBusyError(ANOTHER_UPLOADS)
        at_once(self.bucket.remove, [one.key for one in others.values()])

    def _is_same(self, found: FoundObject, path: Path | None) -> bool:
        """Whether an object has the bytes of a file."""
        if path is None or found.size != path.stat().st_size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.bucket.sha256(found)

    def _explain(self, lost: Set[str], entries: int) -> None:
        """Explain runs that no entry names and no mark explains: they were published, or withdrawn, while this was
        read. Otherwise the log has lost its end, and a `StorageError` is raised.

        Files are listed first, then marks, then entries. In the other order an attempt could begin in between.
        """
        if not lost:
            return
        still = {run for run in lost if self._listed(f"runs/{run}/")}
        still -= _explained(_marks(self._listed("work/")), entries)
        if self._since(entries):
            raise StoreBusyError(ANOTHER_PUBLISHED)
        if still:
            raise lost_end_of_log(sorted(still))

    def _withdraw(self, mine: _AttemptMark) -> None:
        """Remove the own files, unless the run was published all the same, or another attempt at it goes on.

        Of several attempts that give up at once, each could leave the files to the others. Therefore each first
        replaces its mark by one that says that it gives up, and only then looks for others: the last one finds none.
        """
        leaving = f"{mine.key}{LEAVING}"
        self.bucket.create(leaving, b"")
        self.bucket.remove(mine.key)
        marks = _marks(self._listed("work/"))
        staying = {mark.run_id for mark in marks if mark.may_live(mine.size) and not mark.key.endswith(LEAVING)}
        named = self._named_since(mine.size)
        found = self._listed(f"runs/{mine.run_id}/")
        if mine.run_id not in staying | named.keys():
            at_once(self.bucket.remove, [one.key for one in found.values()])
        at_once(self.bucket.remove, [one.key for name, one in found.items() if _is_of_another_attempt(name, named)])
        self.bucket.remove(leaving)

    def _tidy(
        self,
        marks: Sequence[_AttemptMark],
        found: Mapping[str, FoundObject],
        named: Named,
        entries: int,
    ) -> None:
        """Remove the files of attempts that can never publish, and the marks of runs that are published. ``named`` are
        these runs, each with the names of the sealed tables that its entry names: others are of attempts that came too
        late.

        The mark of such an attempt stays until its own process removes it. That process may still be uploading, and
        without the mark nothing would explain the files that come later.
        """
        alive = {mark.run_id for mark in marks if mark.may_live(entries)}
        dead = {mark.run_id for mark in marks} - alive - named.keys()
        unnamed = [
            one.key for name, one in found.items() if _run_of(name) in dead or _is_of_another_attempt(name, named)
        ]
        at_once(self.bucket.remove, unnamed)
        at_once(self.bucket.remove, [mark.key for mark in marks if mark.run_id in named])

    def _since(self, number: int) -> list[str]:
        """The names of the entries from a number on."""
        return [name for name in sorted(self._listed("log/")) if name >= f"log/{entry_name(number)}"]

    def _named_since(self, number: int) -> dict[str, frozenset[str] | None]:
        """The runs that entries from a number on name, each with its sealed tables. Entries that cannot be read are
        ignored.
        """
        manifests = at_once(lambda name: self.bucket.read(self._key(name)), self._since(number))
        named = dict(_run_in(manifest or b"") for manifest in manifests)
        return {run: sealed for run, sealed in named.items() if run}

    def _key(self, name: str) -> str:
        return f"{self.address.key}/{name}" if self.address.key else name

    def _listed(self, part: str) -> dict[str, FoundObject]:
        """The objects of a part of the store, by their names within the store."""
        begin = len(self._key(""))
        return {found.key[begin:]: found for found in self.bucket.find(self._key(part))}

    def _copy(self, root: Path, listed: Mapping[str, FoundObject]) -> None:
        if any(not part.strip(".") or "\0" in part for name in listed for part in name.split("/")):
            raise StorageError(
                "an object in the store has a name that no file can have: delete it, or ask who put it there"
            )

        def copy(name: str) -> None:
            path = root / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.bucket.fetch(listed[name], path)

        try:
            at_once(copy, sorted(listed))
        except OSError as error:
            raise StorageError(f"the store cannot be copied to this machine: {why(error)}") from None


def ledger_of(run_id: str) -> str:
    """The part of a store that is the ledger of a run or trial, to be fetched without its release."""
    return f"runs/{run_id}/ledger/"


def _run_of(name: str) -> str:
    """The run to which a file belongs; empty where it belongs to none."""
    parts = name.split("/")
    return parts[1] if parts[0] == "runs" and len(parts) > 1 else ""


def _named(entries: Sequence[LogEntry]) -> dict[str, frozenset[str]]:
    """The runs that entries name, each with the names of its sealed tables."""
    documents = [entry.document for entry in entries if entry.names_files]
    return {str(document["run_id"]): sealed_names(document) for document in documents}


def _is_sealed(name: str) -> bool:
    """Whether a file is a table that a run sealed: each attempt gives it another name."""
    parts = name.split("/")
    return parts[0] == "runs" and parts[2:3] == [SEALED]


def _is_of_another_attempt(name: str, named: Named) -> bool:
    """Whether a file is a sealed table of a published run that its entry does not name."""
    run = _run_of(name)
    kept = named.get(run) if _is_sealed(name) else None
    return kept is not None and name.removeprefix(f"runs/{run}/") not in kept


def _run_in(entry: bytes) -> tuple[str, frozenset[str] | None]:
    """The run that an entry names, and its sealed tables; an empty name where it names none or cannot be read, and None
    where it does not say in this version's form which tables it sealed.
    """
    try:
        document = read_manifest(entry.partition(b"\n\n")[0])
    except ManifestError:
        return "", None
    if document["kind"] not in (*RUNS, TRIAL):
        return "", None
    try:
        return str(document["run_id"]), sealed_names(document)
    except (AttributeError, KeyError, TypeError):  # another version's form, or a damage that `verify` names
        return str(document["run_id"]), None


def _marks(listed: Mapping[str, FoundObject]) -> list[_AttemptMark]:
    """The marks among the objects in ``work``."""
    found = []
    for name, one in listed.items():
        size, _, rest = name.removeprefix("work/").partition(".")
        run_id = rest.partition(".")[0]
        if size.isdigit() and is_run_id(run_id):
            found.append(_AttemptMark(int(size), run_id, one.key))
    return found


def _explained(marks: Sequence[_AttemptMark], entries: int) -> set[str]:
    """The runs whose files may exist without an entry. A mark from when the log was longer explains nothing."""
    return {mark.run_id for mark in marks if mark.size <= entries}


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Turn an `ObjectStoreError` into a `StorageError`, for whoever reads or writes the store: it does not say that
    nothing was published, which a question never does, and an expiry has done when it deletes.
    """
    try:
        yield
    except ObjectStoreError as error:
        if error.kind is ErrorKind.CHANGED:
            raise StorageError("the store changed while it was read; run again") from None
        raise StorageError(f"the store cannot be reached: {error}; run again{published.but_before()}") from None
