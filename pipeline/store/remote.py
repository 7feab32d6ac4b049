"""A store in an object store: a private folder plays it for one command, and a conditional put publishes
(docs/objects.md).

No lock can be held over there. The entry is put only where none is: of several runs one wins, the others publish
nothing. A mark, ``work/<size of the log>.<run>.<attempt>``, is put before a run's files: files that no entry names and
no mark explains mean that the log has lost its end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from offduty.core.errors import StorageError, StoreBusyError, UsageError, why
from offduty.core.locations import Location, ObjectAddress
from offduty.objectstore import Bucket, ErrorKind, FoundObject, ObjectStoreError, at_once, open_bucket
from offduty.objectstore.private_folders import alone, scratch
from offduty.store.local import Store, lost_end, open_store
from offduty.store.retention import StoredFile, expired
from offduty.transparency.entries import RUNS, ManifestError, is_run_id, read_manifest
from offduty.transparency.log import LogEntry, entry_name

CONDITION = "condition"
LEAVING = ".leaving"
"""How the mark of an attempt ends that has given up: it sends nothing any more, and takes its files away."""
TRIES = 3
"""How often to do what others may undo, without any fault of the object store's, before the storage has failed."""
ANOTHER_PUBLISHED = "another run published meanwhile; run again"
ANOTHER_SENDS = (
    "the same run is being sent from elsewhere, with other files: run again when it is done. If nobody sends it, its files"
    " must go, and then its mark; docs/objects.md says which these are"
)
LOG, EVERYTHING = ("log/",), ("",)
"""What of a store a command wants at hand: the log alone, or all of it."""


class EntryUnknownError(StorageError):
    """Nobody knows whether the entry was put: what was sent for it must stay."""


@contextmanager
def open_place(place: Location, *, made: str | None = None) -> Iterator[Store]:
    """`open_store` wherever the store lies; raises what it raises, and `UsageError` where conditions are not kept
    there.

    With ``made`` the store must be there already, and what is said says how it is made.
    """
    if isinstance(place, Path):
        _must_be_there(place, made)
        with open_store(place) as opened:
            yield opened
        return
    name = hashlib.sha256(str(place).encode()).hexdigest()[:32]
    with alone(name, "the store"), scratch() as folder:
        far = _opened(place)
        far.check_conditions()
        root = folder / "store"
        far.fetch(root, LOG)
        _must_be_there(root, made)
        with open_store(root) as opened:
            far.settle(opened.held)
            yield replace(opened, far=far)


def _must_be_there(root: Path, made: str | None) -> None:
    if made is not None and not (root / "log").is_dir():
        raise UsageError(f"there is no store yet: {made}")


@contextmanager
def at_hand(store: Location, wanted: Sequence[str] = EVERYTHING) -> Iterator[Path]:
    """A store to be read: the folder itself, or a private copy of what is ``wanted`` of it, which goes at the end."""
    if isinstance(store, Path):
        yield store
        return
    with scratch() as folder:
        root = folder / "store"
        root.mkdir(mode=0o700)
        _opened(store).fetch(root, wanted)
        yield root


def _opened(address: ObjectAddress) -> RemoteStore:
    with _told():
        return RemoteStore(address, open_bucket(address))


@dataclass(frozen=True)
class _AttemptMark:
    """Says that an attempt to publish a run was begun when the log had so many entries."""

    size: int
    run_id: str
    key: str

    def may_live(self, entries: int) -> bool:
        """Whether the attempt could still publish, as far as a log of so many entries tells: its place is not among them."""
        return self.size >= entries


@dataclass(frozen=True)
class RemoteStore:
    """A store in an object store, as one command sees it. All raise `StorageError`, which names no more than entry or
    run.
    """

    address: ObjectAddress
    shelf: Bucket

    def fetch(self, root: Path, wanted: Sequence[str]) -> None:
        """Copy what is wanted into a folder, as it is at one moment: runs that are published meanwhile, or marked and
        not published, are left out.
        """
        with _told():
            log = self._listed("log/")
            self._copy(root, log)
            if tuple(wanted) == LOG:
                return
            found = {name: one for part in wanted for name, one in self._listed(part).items()}
            marks = _marks(self._listed("work/"))
            named = {_run_in((root / name).read_bytes()) for name in log}
            skipped = ({mark.run_id for mark in marks} - named) | self._named_since(len(log))
            dead = {mark.key for mark in marks if not mark.may_live(len(log))}  # they say nothing to a reader
            self._copy(
                root,
                {
                    name: one
                    for name, one in found.items()
                    if not name.startswith("log/")
                    and name != f"work/{CONDITION}"
                    and one.key not in dead
                    and _run_of(name) not in skipped
                },
            )

    def check_conditions(self) -> None:
        """Refuse an object store that replaces what it was told not to: a run could then replace another's entry."""
        with _told():
            # One that replaces does so both times; once says no more than that nothing was there, or two puts met.
            replaced = [self.shelf.create(self._key(f"work/{CONDITION}"), b"") for _ in range(2)]
        if all(replaced):
            raise UsageError(
                "this object store replaces an object although it is told to put it only where none is, so that two runs"
                " could replace each other's entries: the store cannot lie there"
            )

    def settle(self, entries: Sequence[LogEntry]) -> None:
        """As `store._settle`: stop where the log has lost its end; take away what can never be published, and what an
        expiry that was cut short has left.
        """
        with _told():
            held = self._listed("runs/")
            marks = _marks(self._listed("work/"))
            named = {str(entry.document["run_id"]) for entry in entries if entry.is_run}
            unnamed = {run for name in held if is_run_id(run := _run_of(name))} - named
            self._explain(unnamed - _explained(marks, len(entries)), len(entries))
            # A run that was published since has no live mark any more: it is the log that keeps its files from the broom.
            self._tidy(marks, held, named | self._named_since(len(entries)), len(entries))
            gone = {f"runs/{file.run_id}/{file.name}" for file in expired(entries)}
            at_once(self.shelf.remove, [held[name].key for name in sorted(gone & held.keys())])

    def holds(self, run_id: str) -> bool:
        """Whether any file of a run is there."""
        with _told():
            return bool(self._listed(f"runs/{run_id}/"))

    @contextmanager
    def sent(self, staging: Path, run_id: str, before: Sequence[LogEntry]) -> Iterator[None]:
        """Mark a run and put its files, whole and checked, before what is done within; take both away where that fails.

        ``before`` is the log as it is. Afterwards the files are looked at once more, and marks go.
        """
        size, named = len(before), {str(entry.document["run_id"]) for entry in before if entry.is_run}
        files = {f"runs/{run_id}/{p.relative_to(staging).as_posix()}": p for p in staging.rglob("*") if p.is_file()}
        mark = _AttemptMark(size, run_id, self._key(f"work/{size:012}.{run_id}.{uuid4().hex[:16]}"))
        try:
            with _told():
                self.shelf.create(mark.key, b"")
                self._send(files, mark)
            yield
        except EntryUnknownError:
            raise
        except BaseException:
            with suppress(ObjectStoreError):
                self._withdraw(mark)
            raise
        with suppress(Exception):  # the run exists, whatever comes of this: what is left here is the next run's to do
            self._put_missing(files, run_id)
            held, marks = self._listed("runs/"), _marks(self._listed("work/"))
            self._tidy(marks, held, named | {run_id} | self._named_since(size), size + 1)

    def enter(self, name: str, content: bytes) -> None:
        """Put an entry where none is.

        Raises `StoreBusyError` where another run was quicker, `EntryUnknownError` where the answer was lost and it is
        not there yet. An entry that is there byte for byte is this one, whichever try put it there.
        """
        key = self._key(f"log/{name}")
        for _ in range(TRIES):
            created: bool | None = None
            try:
                created = self.shelf.create(key, content)
                there = self.shelf.read(key)
            except ObjectStoreError as trouble:
                if created is None and trouble.kind is ErrorKind.REFUSED:
                    raise StorageError(
                        f"the entry cannot be put: {trouble}. Nothing was published", file=name
                    ) from None
                there = self._read_again(key)
            if created is not False or there is not None:
                break  # else two puts met, and none of them is there: S3 answers so, and wants to be asked again
        if there == content:
            return
        if created or there is None:
            raise EntryUnknownError(
                "it is not known whether the entry was published: the object store did not answer as it should. Run the"
                " same again: it answers whether the entry is there",
                file=name,
            )
        raise StoreBusyError("another run published first, so nothing of this one was; run again")

    def remove(self, files: Sequence[StoredFile]) -> None:
        """Take files of runs away."""
        with _told():
            at_once(self.shelf.remove, [self._key(f"runs/{file.run_id}/{file.name}") for file in files])

    def _read_again(self, key: str) -> bytes | None:
        try:
            return self.shelf.read(key)
        except ObjectStoreError:
            return None

    def _send(self, files: Mapping[str, Path], mine: _AttemptMark) -> None:
        """Put each file where none is, and look whether all are there in their sizes.

        What an earlier attempt at this run left is kept where it is the same, byte for byte, and taken away where it is not;
        `StoreBusyError` where that attempt may still be at work. Files that go meanwhile are no fault of the object store's:
        whoever publishes sweeps those of attempts whose place in the log is taken, and this one is told that another was
        quicker; an attempt at the same run that ends sweeps what it shares with this one, and that is put again.
        """
        for _ in range(TRIES):
            late: Sequence[str] = ()
            try:
                held = self._listed(f"runs/{mine.run_id}/")
                self._clear({name: one for name, one in held.items() if not self._is_same(one, files.get(name))}, mine)
                late = self._put_missing(files, mine.run_id)
                held = self._listed(f"runs/{mine.run_id}/")
                if any(name in held and not self._is_same(held[name], files[name]) for name in late):
                    raise StoreBusyError(ANOTHER_SENDS)
                if all(name in held and held[name].size == path.stat().st_size for name, path in files.items()):
                    return
            except ObjectStoreError as trouble:
                if trouble.kind not in (ErrorKind.GONE, ErrorKind.CHANGED):
                    raise
            if self._since(mine.size):
                raise StoreBusyError(ANOTHER_PUBLISHED)
        if late:
            raise StoreBusyError(ANOTHER_SENDS)
        raise StorageError("what was put is not all there. Nothing was published; run again")

    def _put_missing(self, files: Mapping[str, Path], run_id: str) -> list[str]:
        """Put the files that are not there; those that somebody else put at the same moment."""
        missing = sorted(files.keys() - self._listed(f"runs/{run_id}/").keys())
        put = at_once(lambda name: self.shelf.put(files[name], self._key(name)), missing)
        return [name for name, done in zip(missing, put, strict=True) if not done]

    def _clear(self, others: Mapping[str, FoundObject], mine: _AttemptMark) -> None:
        if not others:
            return
        marks = _marks(self._listed("work/"))
        if any(mark.run_id == mine.run_id and mark.size == mine.size and mark.key != mine.key for mark in marks):
            raise StoreBusyError(ANOTHER_SENDS)
        at_once(self.shelf.remove, [one.key for one in others.values()])

    def _is_same(self, found: FoundObject, path: Path | None) -> bool:
        """Whether an object has the bytes of a file."""
        if path is None or found.size != path.stat().st_size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.shelf.sha256(found)

    def _explain(self, lost: Set[str], entries: int) -> None:
        """Runs that neither an entry names nor a mark explains were published, or withdrawn, while this was read; or the log
        has lost its end.

        Files are looked for first, then marks, then entries: in the other order an attempt could come in between.
        """
        if not lost:
            return
        still = {run for run in lost if self._listed(f"runs/{run}/")}
        still -= _explained(_marks(self._listed("work/")), entries)
        if self._since(entries):
            raise StoreBusyError(ANOTHER_PUBLISHED)
        if still:
            raise lost_end(sorted(still))

    def _withdraw(self, mine: _AttemptMark) -> None:
        """Take the own files away, unless the run was published all the same, or another attempt at it is under way.

        Of several that end at once each could leave the files to the others. So each first changes its mark for one that says
        that it leaves, and only then looks who stays: the last to do so finds nobody.
        """
        leaving = f"{mine.key}{LEAVING}"
        self.shelf.create(leaving, b"")
        self.shelf.remove(mine.key)
        marks = _marks(self._listed("work/"))
        staying = {mark.run_id for mark in marks if mark.may_live(mine.size) and not mark.key.endswith(LEAVING)}
        if mine.run_id not in staying | self._named_since(mine.size):
            at_once(self.shelf.remove, [found.key for found in self._listed(f"runs/{mine.run_id}/").values()])
        self.shelf.remove(leaving)

    def _tidy(
        self, marks: Sequence[_AttemptMark], held: Mapping[str, FoundObject], named: Set[str], entries: int
    ) -> None:
        """Take away files of attempts that can never publish, and marks that say nothing any more.

        The mark of such an attempt stays, for its own machine to take away: it may still be putting files, and those that came
        later than this look would have nothing to explain them.
        """
        alive = {mark.run_id for mark in marks if mark.may_live(entries)}
        dead = {mark.run_id for mark in marks} - alive - named
        at_once(self.shelf.remove, [found.key for name, found in held.items() if _run_of(name) in dead])
        at_once(self.shelf.remove, [mark.key for mark in marks if mark.run_id in named])

    def _since(self, number: int) -> list[str]:
        """The entries from a number on."""
        return [name for name in sorted(self._listed("log/")) if name >= f"log/{entry_name(number)}"]

    def _named_since(self, number: int) -> set[str]:
        """The runs that entries from a number on name; those that cannot be read name none."""
        manifests = at_once(lambda name: self.shelf.read(self._key(name)), self._since(number))
        return {run for manifest in manifests if (run := _run_in(manifest or b""))}

    def _key(self, name: str) -> str:
        return f"{self.address.key}/{name}" if self.address.key else name

    def _listed(self, part: str) -> dict[str, FoundObject]:
        """What lies in a part of the store, by names from the store on."""
        begin = len(self._key(""))
        return {found.key[begin:]: found for found in self.shelf.find(self._key(part))}

    def _copy(self, root: Path, listed: Mapping[str, FoundObject]) -> None:
        if any(not part.strip(".") or "\0" in part for name in listed for part in name.split("/")):
            raise StorageError(
                "an object in the store has a name that no file can have: take it away, or ask who put it there"
            )

        def copy(name: str) -> None:
            path = root / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.shelf.fetch(listed[name], path)

        try:
            at_once(copy, sorted(listed))
        except OSError as error:
            raise StorageError(f"the store cannot be copied to this machine: {why(error)}") from None


def _run_of(name: str) -> str:
    """The run whose file this is; empty where it is none's."""
    parts = name.split("/")
    return parts[1] if parts[0] == "runs" and len(parts) > 1 else ""


def _run_in(entry: bytes) -> str:
    try:
        document = read_manifest(entry.partition(b"\n\n")[0])
    except ManifestError:
        return ""
    return str(document["run_id"]) if document["kind"] in RUNS else ""


def _marks(listed: Mapping[str, FoundObject]) -> list[_AttemptMark]:
    """The marks among what lies in ``work``."""
    found = []
    for name, one in listed.items():
        size, _, rest = name.removeprefix("work/").partition(".")
        run_id = rest.partition(".")[0]
        if size.isdigit() and is_run_id(run_id):
            found.append(_AttemptMark(int(size), run_id, one.key))
    return found


def _explained(marks: Sequence[_AttemptMark], entries: int) -> set[str]:
    """The runs whose files may be there without an entry; a mark of a log that was longer explains nothing."""
    return {mark.run_id for mark in marks if mark.size <= entries}


@contextmanager
def _told() -> Iterator[None]:
    """Trouble with a store is storage that failed, whatever it was."""
    try:
        yield
    except ObjectStoreError as trouble:
        if trouble.kind is ErrorKind.CHANGED:
            raise StorageError("the store changed while it was read; run again") from None
        raise StorageError(f"the store cannot be reached: {trouble}. Nothing was published; run again") from None
