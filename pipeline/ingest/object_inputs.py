"""Copies inputs from object stores to this machine, and notices when an object changes meanwhile.

The copy is what is hashed and what is decided on. An object is fetched on the condition that it is still the one that
was listed, into a private folder of this command. Several runs of one command share the folder, and fetch again only
what has changed. Of the pings a run fetches only what it reads, and the footers of the others.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import TypeVar

from offduty.config.job import Job
from offduty.config.job_paths import SELECTED, JobInputs, JobPath
from offduty.core.errors import InputError
from offduty.core.locations import ObjectAddress, is_object, read_address
from offduty.ingest.input_files import MEETS_A_FOLDER, is_auxiliary
from offduty.ingest.object_files import RUN_AGAIN, ObjectFiles, translated_errors
from offduty.ingest.postgres import copy_table, is_database
from offduty.objectstore import Bucket, ErrorKind, FoundObject, open_bucket
from offduty.objectstore.private_folders import scratch

Named = TypeVar("Named")
PINGS = "pings"


class ObjectInputs:
    """The copies of one command, in a private folder. Use it as a context: the folder is deleted at its end.

    The context may be entered again within itself. Then the outermost end deletes the folder. ``passed_over`` is how
    many names that begin with ``.`` or ``_`` each table passed over; tables without any are left out.
    """

    def __init__(self) -> None:
        self._entered = 0
        self.passed_over: dict[str, int] = {}
        self._cleanup = ExitStack()
        self._folder: Path | None = None
        self._tables: dict[str, ObjectFiles] = {}
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def __enter__(self) -> ObjectInputs:
        self._entered += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered -= 1
        if not self._entered:
            self._tables, self._buckets, self._folder = {}, {}, None
            self._cleanup.close()

    def of(self, inputs: JobInputs, *, pings_when_read: bool = False) -> JobInputs:
        """The same inputs, with copies in place of those in object stores. Without any of those, nothing is fetched.

        With ``pings_when_read`` nothing is fetched of the pings: `look_at` and `fetch` do that, once it is known of
        which of them something is needed (specification#files-read).

        Raises `InputError` where an object does not exist, may not be read, or changes meanwhile; `StorageError` where
        an object store does not answer; `UsageError` where an address is invalid, or the extra is not installed.
        """
        remote = {table: where.raw for table, where in inputs.tables.items() if is_object(where.raw)}
        paths = {table: self._named(table, raw) for table, raw in remote.items()}
        for table in remote:
            if not (pings_when_read and table == PINGS):
                self._fetch(self._tables[table], ObjectFiles.fetch, self._tables[table].objects)
        return inputs.with_paths(paths)

    def look_at(self, pings: Iterable[Path]) -> None:
        """Fetch the Parquet footers of pings, each to the end of its copy, where these are copies. Raises what `of`
        raises.
        """
        self._fetch_paths(ObjectFiles.fetch_ends, pings)

    def fetch(self, pings: Iterable[Path]) -> None:
        """Fetch what is missing of pings that are to be read, where these are copies. Raises what `of` raises."""
        self._fetch_paths(ObjectFiles.fetch, pings)

    def check_unchanged(self) -> None:
        """Raise `InputError` where an object that was read has changed, or is gone, since it was copied."""
        for copies in self._tables.values():
            with translated_errors(copies.table):
                listed = {found.key: found for found in _list(copies.bucket, copies.address)}
            for name in sorted(copies.read):
                copied = copies.objects[name]
                if listed.get(copied.key) != copied:
                    raise InputError(
                        RUN_AGAIN[ErrorKind.CHANGED if copied.key in listed else ErrorKind.GONE], file=name
                    )

    def _named(self, table: str, raw: str) -> JobPath:
        """The copies of one input, of which new ones are empty; what was copied before and has not changed stays."""
        if self._folder is None:
            self._folder = self._cleanup.enter_context(scratch())
        folder = self._folder / table
        folder.mkdir(exist_ok=True)
        address = read_address(raw, f"inputs.{table}")
        with translated_errors(table):
            bucket = self._bucket(address)
            listed = _list(bucket, address)
            objects = _select(raw, address, listed)
        self.passed_over.pop(table, None)
        if count := _passed_over(raw, address, listed, objects):
            self.passed_over[table] = count
        if not all(_is_name(name) for name in objects):
            raise InputError(
                f"inputs.{table} names an object whose name cannot be a file's, or starts with a dot: rename it"
            )
        if not objects:
            raise InputError(f"no file is found for inputs.{table}: correct the job, or wait until the files are there")
        copies = self._tables.setdefault(table, ObjectFiles(table, bucket, address, folder))
        self._fetch(copies, ObjectFiles.now, objects)
        return JobPath("**", folder)

    def _bucket(self, address: ObjectAddress) -> Bucket:
        """The bucket of an address. Each is opened once, because opening takes longer than a request."""
        name = address.scheme, address.bucket
        if name not in self._buckets:
            self._buckets[name] = open_bucket(address)
        return self._buckets[name]

    def _fetch_paths(self, how: Callable[[ObjectFiles, list[str]], None], paths: Iterable[Path]) -> None:
        copies = self._tables.get(PINGS)
        if copies is not None:
            self._fetch(copies, how, [copies.name_of(path) for path in paths])

    def _fetch(self, copies: ObjectFiles, how: Callable[[ObjectFiles, Named], None], what: Named) -> None:
        """Fetch something of a table; after an error nothing of it is kept."""
        try:
            how(copies, what)
        except BaseException:
            self._tables.pop(copies.table)  # nobody knows which of its copies are complete
            copies.delete()
            raise


@contextmanager
def local_inputs(job: Path | Job) -> Iterator[Job]:
    """The job with copies in place of inputs in object stores or in a database; the copies are deleted at the end.

    A table in a database is copied as it is now. If it has changed since a run, its hash differs from the run's.
    Raises what `ObjectInputs.of` and `copy_table` raise.
    """
    loaded = Job.of(job)
    in_database = {table: where for table, where in loaded.inputs.tables.items() if is_database(where.raw)}
    with ObjectInputs() as copies, scratch() if in_database else nullcontext(Path()) as folder:
        tables = {table: _copied_table(where.raw, table, folder) for table, where in in_database.items()}
        yield replace(loaded, inputs=copies.of(loaded.inputs.with_paths(tables)))


def _copied_table(raw: str, table: str, folder: Path) -> JobPath:
    """A table of a database as a CSV file whose name is the one in the manifest, with ``.csv`` added."""
    name, path = copy_table(raw, table, folder)
    place = folder / table / SELECTED
    place.mkdir(parents=True)
    path.rename(place / f"{name}.csv")
    return JobPath("**", place.parent)


def _list(bucket: Bucket, address: ObjectAddress) -> list[FoundObject]:
    """All objects that the address may name: those below its fixed part."""
    return bucket.find(_fixed_prefix(address.key) if glob.has_magic(address.key) else address.key)


def _fixed_prefix(key: str) -> str:
    """The folder of a pattern: its part before the first wildcard, up to the last slash."""
    return key[: min(key.find(letter) for letter in "*?[" if letter in key)].rpartition("/")[0]


def _select(raw: str, address: ObjectAddress, listed: list[FoundObject]) -> dict[str, FoundObject]:
    """The objects that an address names, by their names in the manifest, by the same rules as for files.

    An existing object is taken literally (specification#file-names). A folder names all objects in it, except those
    with a dot or an underscore at the start of some part of the name. Otherwise the address is a pattern; where it
    meets a folder, `InputError` is raised, because what is in there would be passed over in silence.
    """
    key = address.key
    literal = [found for found in listed if found.key == key]
    if literal and not raw.endswith("/"):
        return {PurePosixPath(key).name: literal[0]}
    if not glob.has_magic(key):
        inside = {_below(found.key, key): found for found in listed}
        return {name: found for name, found in inside.items() if name and not is_auxiliary(name)}
    pattern = _below(key, _fixed_prefix(key)).split("/")
    inside = {_below(found.key, _fixed_prefix(key)): found for found in listed}
    folders = sorted({parent for name in inside for parent in PurePosixPath(name).parents if parent.name})
    met = [folder.name for folder in folders if _matches(list(folder.parts), pattern)]
    if met and pattern[-1] != "**":
        raise InputError(MEETS_A_FOLDER, file=met[0])
    return {name: found for name, found in inside.items() if name and _matches(name.split("/"), pattern)}


def _passed_over(
    raw: str, address: ObjectAddress, listed: list[FoundObject], selected: Mapping[str, FoundObject]
) -> int:
    """How many names were passed over, counted as for files: of a folder the names that begin with a dot or an
    underscore, with a folder of such a name once; of a pattern the names that it would match but for a dot.
    """
    key = address.key
    if not raw.endswith("/") and any(found.key == key for found in listed):
        return 0
    if not glob.has_magic(key):
        inside = [_below(found.key, key).split("/") for found in listed]
        firsts = {
            tuple(parts[: at + 1]) for parts in inside for at in [_first_auxiliary(parts)] if any(parts) and at >= 0
        }
        return len(firsts)
    pattern = _below(key, _fixed_prefix(key)).split("/")
    inside_of = (_below(found.key, _fixed_prefix(key)) for found in listed)
    every = {name for name in inside_of if name and _matches(name.split("/"), pattern, hidden=True)}
    return len(every - selected.keys())


def _first_auxiliary(parts: list[str]) -> int:
    """The place of the first part that begins with a dot or an underscore; -1 where there is none."""
    return next((at for at, part in enumerate(parts) if is_auxiliary(part)), -1)


def _below(key: str, folder: str) -> str:
    """A key relative to a folder; empty if it is not below that folder."""
    return key.removeprefix(f"{folder}/") if folder and key.startswith(f"{folder}/") else "" if folder else key


def _is_name(name: str) -> bool:
    """Whether a name can be that of a file below a folder, so that the pattern ``**`` finds it there."""
    return "\0" not in name and not any(part in ("", "**") or part.startswith(".") for part in name.split("/"))


def _matches(parts: list[str], pattern: list[str], *, hidden: bool = False) -> bool:
    """Whether a name matches a pattern as paths do: part by part, and ``**`` for any number of folders.

    As in `glob`, wildcards do not match parts that start with a dot, unless ``hidden`` ones are looked for.
    """
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(
            _matches(parts[skipped:], pattern[1:], hidden=hidden)
            for skipped in range(len(parts) + 1)
            if hidden or not any(part.startswith(".") for part in parts[:skipped])
        )
    if not parts or (parts[0].startswith(".") and not (hidden or pattern[0].startswith("."))):
        return False
    return fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:], hidden=hidden)
