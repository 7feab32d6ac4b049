"""Copies the inputs that lie in object stores, so that what is hashed is what is decided, and notices when one changes.

A copy is fetched on the condition that the object is still the one that was listed, into a private folder of this
command; several runs of one command share it, and fetch again only what has changed.
"""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from types import TracebackType

from offduty.config.job import SELECTED, Job, JobInputs, JobPath
from offduty.core.errors import InputError, StorageError, why
from offduty.core.locations import ObjectAddress, is_object, read_address
from offduty.ingest.postgres import copy_table, is_database
from offduty.objectstore import Bucket, ErrorKind, FoundObject, ObjectStoreError, at_once, open_bucket
from offduty.objectstore.private_folders import scratch

AGAIN = {
    ErrorKind.GONE: "the object is not there any more; run again when the inputs are complete",
    ErrorKind.CHANGED: "the object changed while it was read; run again when it is complete",
}


@dataclass(frozen=True)
class _Table:
    """The objects of a table by the names that a manifest gives them, and their copies in ``folder``."""

    name: str
    shelf: Bucket
    address: ObjectAddress
    folder: Path
    objects: Mapping[str, FoundObject]


class ObjectInputs:
    """The private folder of one command; used as a context it goes at the end, and may be entered again within itself."""

    def __init__(self) -> None:
        self._entered = 0
        self._end = ExitStack()
        self._folder: Path | None = None
        self._tables: dict[str, _Table] = {}
        self._shelves: dict[tuple[str, str], Bucket] = {}

    def __enter__(self) -> ObjectInputs:
        self._entered += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered -= 1
        if not self._entered:
            self._tables, self._shelves, self._folder = {}, {}, None
            self._end.close()

    def of(self, inputs: JobInputs) -> JobInputs:
        """The same inputs, those in object stores as their copies. Nothing is fetched where there are none.

        Raises `InputError` where an object is not there, may not be read, or changes meanwhile; `StorageError` where an
        object store does not answer; `UsageError` where an address is none, or the extra is not installed.
        """
        far = {table: where for table, where in vars(inputs).items() if where is not None and is_object(where.raw)}
        return replace(inputs, **{table: self._copied(table, where.raw) for table, where in far.items()})

    def unchanged(self) -> None:
        """Raise `InputError` where an object is not the one any more that was copied."""
        for table in self._tables.values():
            with _told(table.name):
                now = {found.key: found for found in _listed(table.shelf, table.address)}
            for name, found in table.objects.items():
                if now.get(found.key) != found:
                    raise InputError(AGAIN[ErrorKind.CHANGED if found.key in now else ErrorKind.GONE], file=name)

    def _copied(self, table: str, raw: str) -> JobPath:
        if self._folder is None:
            self._folder = self._end.enter_context(scratch())
        folder = self._folder / table
        folder.mkdir(exist_ok=True)
        address = read_address(raw, f"inputs.{table}")
        with _told(table):
            before = self._tables.get(table)
            shelf = self._shelf(address)
            objects = _named(raw, address, _listed(shelf, address))
        if not all(_is_name(name) for name in objects):
            raise InputError(
                f"inputs.{table} means an object whose name cannot be a file's, or is hidden by a dot: rename it"
            )
        if not objects:
            raise InputError(f"no file is found for inputs.{table}: correct the job, or wait until the files are there")
        self._tables[table] = _Table(table, shelf, address, folder, objects)
        self._fetch(self._tables[table], {} if before is None else before.objects)
        return JobPath("**", folder)

    def _shelf(self, address: ObjectAddress) -> Bucket:
        """One for each bucket: to open one takes longer than to ask it."""
        bucket = address.scheme, address.bucket
        if bucket not in self._shelves:
            self._shelves[bucket] = open_bucket(address)
        return self._shelves[bucket]

    def _fetch(self, table: _Table, before: Mapping[str, FoundObject]) -> None:
        """Fetch what is new or another than before; copies of what is gone go."""
        for name in before:
            if table.objects.get(name) != before[name]:
                (table.folder / name).unlink(missing_ok=True)
        wanted = [name for name in table.objects if before.get(name) != table.objects[name]]

        def fetch(name: str) -> None:
            path = table.folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with _told(table.name, name):
                    table.shelf.fetch(table.objects[name], path)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                raise InputError("an object's name is another's folder: move one of the two", file=name) from None
            except OSError as error:
                raise StorageError(f"inputs.{table.name} cannot be copied to this machine: {why(error)}") from None

        try:
            at_once(fetch, wanted)
        except BaseException:
            self._tables.pop(table.name)  # what was fetched is not known to be whole
            shutil.rmtree(table.folder, ignore_errors=True)
            raise


@contextmanager
def at_hand(job: Path | Job) -> Iterator[Job]:
    """The job with copies in the place of inputs that lie in object stores or in a database, for as long as this lasts.

    A table in a database is as it is now: where it has changed since a run, its hash is another.
    """
    loaded = Job.of(job)
    far = {table: where for table, where in vars(loaded.inputs).items() if where is not None and is_database(where.raw)}
    with ObjectInputs() as copies, scratch() if far else nullcontext(Path()) as folder:
        inputs = replace(loaded.inputs, **{table: _selected(where.raw, table, folder) for table, where in far.items()})
        yield replace(loaded, inputs=copies.of(inputs))


def _selected(raw: str, table: str, folder: Path) -> JobPath:
    """A table of a database as a file of its name in the manifest, with the ending that says how it is written."""
    name, path = copy_table(raw, table, folder)
    place = folder / table / SELECTED
    place.mkdir(parents=True)
    path.rename(place / f"{name}.csv")
    return JobPath("**", place.parent)


@contextmanager
def _told(table: str, name: str | None = None) -> Iterator[None]:
    """Trouble in our own words: what somebody must mend stops the run (3); what may pass is storage that failed (6)."""
    try:
        yield
    except ObjectStoreError as trouble:
        if trouble.kind is ErrorKind.LOST:
            raise StorageError(
                f"inputs.{table} cannot be read: {trouble}. Nothing was published; run again", file=name
            ) from None
        what = AGAIN[trouble.kind] if name and trouble.kind in AGAIN else f"inputs.{table} cannot be read: {trouble}"
        raise InputError(what, file=name) from None


def _listed(shelf: Bucket, address: ObjectAddress) -> list[FoundObject]:
    """All objects that the address may mean."""
    return shelf.find(_fixed(address.key) if glob.has_magic(address.key) else address.key)


def _fixed(key: str) -> str:
    """What stands before the first star, up to a slash."""
    return key[: min(key.find(letter) for letter in "*?[" if letter in key)].rpartition("/")[0]


def _named(raw: str, address: ObjectAddress, listed: list[FoundObject]) -> dict[str, FoundObject]:
    """Which of the objects are meant, by their names in the manifest: as files are, an object itself where its name is
    taken literally, all of a folder but what is set aside by a dot or an underscore, or those of a pattern.
    """
    key = address.key
    literal = [found for found in listed if found.key == key]
    if literal and not raw.endswith("/"):
        return {PurePosixPath(key).name: literal[0]}
    if not glob.has_magic(key):
        inside = {_below(found.key, key): found for found in listed}
        return {name: found for name, found in inside.items() if name and not _set_aside(name)}
    pattern = _below(key, _fixed(key)).split("/")
    inside = {_below(found.key, _fixed(key)): found for found in listed}
    return {name: found for name, found in inside.items() if name and _fits(name.split("/"), pattern)}


def _below(key: str, folder: str) -> str:
    """A key relative to a folder; empty where it lies in no such folder."""
    return key.removeprefix(f"{folder}/") if folder and key.startswith(f"{folder}/") else "" if folder else key


def _is_name(name: str) -> bool:
    """Whether a name can be that of a file below a folder, which a star finds there."""
    return "\0" not in name and not any(part in ("", "**") or part.startswith(".") for part in name.split("/"))


def _set_aside(name: str) -> bool:
    return any(part.startswith((".", "_")) for part in name.split("/"))


def _fits(parts: list[str], pattern: list[str]) -> bool:
    """Whether a name fits a pattern as paths do: part by part, ``**`` for any folders; stars pass over what a dot
    begins.
    """
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(
            _fits(parts[skipped:], pattern[1:])
            for skipped in range(len(parts) + 1)
            if not any(part.startswith(".") for part in parts[:skipped])
        )
    if not parts or (parts[0].startswith(".") and not pattern[0].startswith(".")):
        return False
    return fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])
