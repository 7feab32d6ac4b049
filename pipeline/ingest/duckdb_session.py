"""The door to DuckDB: one private database a run, which reads the run's inputs, writes to its folder, and sees nothing
else.
"""

from __future__ import annotations

import re
import resource
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import IO

import duckdb

from offduty.core.errors import InputError, StorageError
from offduty.ingest.sources import Source

OPEN_FILES = Path("/proc/self/fd")
_MAGIC = re.compile(r"[*?\[\]]")
_LINE = re.compile(r"(?:Line|line):? (\d+)")
_TROUBLE = [
    ("unterminated quote", "a quote is never closed"),
    ("Expected Number of Columns", "a row has more or fewer values than the header has columns"),
    ("nvalid unicode", "it is not written in UTF-8"),
    ("aximum line size", "a row is longer than 64 MB"),
    ("maximum_object_size", "a row is longer than 64 MB"),
    ("Malformed JSON", "a row is not JSON"),
]


@dataclass(frozen=True)
class DuckDBSession:
    """A database in memory whose spill files stay in ``folder``, and the paths by which it may read each input.

    ``copies`` are the places for typed copies of text files of pings, by the number of the input.
    """

    con: duckdb.DuckDBPyConnection
    paths: dict[int, ReadablePath]
    copies: dict[int, ReadablePath]

    def path(self, source: Source) -> str:
        """The path to read an input by, which holds no character that the engine takes for a pattern."""
        return self.paths[source.number].path

    def copy(self, source: Source) -> str:
        """The path to write a typed copy of a text file of pings to, and to read it by."""
        return self.copies[source.number].path

    def close(self) -> None:
        """Close the database and the files without a name; what those held is gone then. Closing twice does no harm."""
        self.con.close()
        for copy in (*self.paths.values(), *self.copies.values()):
            if copy.file is not None:
                copy.file.close()

    def __enter__(self) -> DuckDBSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class ReadablePath:
    """A place to read by, or to copy to. ``file`` holds it open where it has no name of its own: such a file is gone
    with the process, however that ends, and what this one holds are positions (SPEC 9).
    """

    path: str
    file: IO[bytes] | None = None

    @staticmethod
    def in_folder(folder: Path, name: str, nameless: bool) -> ReadablePath:
        """An empty one; by its name where that is asked for, or where the system shows no open files."""
        if nameless and OPEN_FILES.is_dir():
            file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (open as long as the engine is)
            return ReadablePath(f"{OPEN_FILES}/{file.fileno()}", file)
        return ReadablePath(str(folder.resolve() / name))


def open_engine(
    sources: Iterable[Source], folder: Path, threads: int, memory_mb: int, *, nameless: bool = True
) -> DuckDBSession:
    """Open the database; ``folder`` is the run's private one. Extensions are neither installed nor loaded.

    Copies are ``nameless``, unless other processes have to read them, or there are so many that this process may not
    hold them all open.
    """
    written = [source for source in sources if source.kind in ("csv", "ndjson")]
    nameless = nameless and 2 * len(written) <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4
    paths = {source.number: _plain_path(source, folder, nameless) for source in written}
    pings = [source.number for source in written if source.table == "pings"]
    copies = {number: ReadablePath.in_folder(folder, f"pings-{number}.parquet", nameless) for number in pings}
    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "threads": threads,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(folder / "engine"),
        }
    )
    places = {copy.path for copy in (*paths.values(), *copies.values())}
    con.execute("SET allowed_paths = $paths", {"paths": sorted(places)})
    con.execute("SET allowed_directories = $folders", {"folders": [f"{folder.resolve()}/"]})
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    con.execute(resources.files("offduty.ingest").joinpath("macros.sql").read_text(encoding="utf-8"))
    return DuckDBSession(con, paths, copies)


def _plain_path(source: Source, folder: Path, nameless: bool) -> ReadablePath:
    path = str(source.path.resolve())
    if not _MAGIC.search(path):
        return ReadablePath(path)
    copy = ReadablePath.in_folder(folder, f"input-{source.number}", nameless)
    shutil.copyfile(source.path, copy.path)
    return copy


def unreadable(source: Source, error: duckdb.Error, copy: str | None = None) -> InputError | StorageError:
    """What is wrong with a text file, without the line that the engine's message quotes; or with the disk, or the
    memory.

    ``copy`` is the path of what was being written of it in the run's private folder: what fails there is the disk.
    """
    if isinstance(error, duckdb.InterruptException):
        raise KeyboardInterrupt
    message = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return StorageError("the memory that may be used is too little; allow more with --memory, then run again")
    at_the_copy = copy is not None and copy in message and source.name not in message
    if isinstance(error, duckdb.IOException) and (at_the_copy or "write" in message.lower()):
        return StorageError("the store cannot be written: the disk refused. Nothing was published; run again")
    what = next((words for sign, words in _TROUBLE if sign in message), "it does not follow its format")
    line = _LINE.search(message)
    where = f"line {line.group(1)}: " if line else ""
    return InputError(f"{where}the file cannot be read: {what}. Correct the file, then run again", file=source.name)


def damaged(source: Source, copied: bool, how: str) -> InputError | StorageError:
    """What is wrong with pings that cannot be read as Parquet; with a copy that the run made itself it is the disk."""
    if copied:
        return StorageError(
            "what was set aside in the store cannot be read again: the disk refused. Nothing was published; run again"
        )
    return InputError(f"the file cannot be read as Parquet; it may be {how}", file=source.name)
