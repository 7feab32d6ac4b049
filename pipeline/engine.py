"""The door to DuckDB: one private database a run, which reads the run's inputs, writes to its folder, and sees nothing else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import InputError, StorageError
from pipeline.sources import Source

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
class Engine:
    """A database in memory whose spill files stay in ``folder``, and the paths by which it may read each input."""

    con: duckdb.DuckDBPyConnection
    folder: Path
    paths: dict[int, str]

    def path(self, source: Source) -> str:
        """The path to read an input by, which holds no character that the engine takes for a pattern."""
        return self.paths[source.number]


def open_engine(sources: Iterable[Source], folder: Path, threads: int, memory_mb: int) -> Engine:
    """Open the database; ``folder`` is the run's private one. Extensions are neither installed nor loaded."""
    paths = {source.number: _plain_path(source, folder) for source in sources if source.kind in ("csv", "ndjson")}
    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "threads": threads,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(folder / "engine"),
        }
    )
    con.execute("SET allowed_paths = $paths", {"paths": sorted(set(paths.values()))})
    con.execute("SET allowed_directories = $folders", {"folders": [f"{folder.resolve()}/"]})
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return Engine(con, folder, paths)


def _plain_path(source: Source, folder: Path) -> str:
    path = str(source.path.resolve())
    if not _MAGIC.search(path):
        return path
    copy = folder.resolve() / f"input-{source.number}"
    shutil.copyfile(source.path, copy)
    return str(copy)


def unreadable(source: Source, error: duckdb.Error) -> InputError | StorageError:
    """What is wrong with a text file, without the line that the engine's message quotes; or with the disk, or the memory."""
    if isinstance(error, duckdb.InterruptException):
        raise KeyboardInterrupt
    message = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        return StorageError("the memory that may be used is too little; allow more with --memory, then run again")
    if isinstance(error, duckdb.IOException) and "write" in message.lower():
        return StorageError("the store cannot be written: the disk refused. Nothing was published; run again")
    what = next((words for sign, words in _TROUBLE if sign in message), "it does not follow its format")
    line = _LINE.search(message)
    where = f"line {line.group(1)}: " if line else ""
    return InputError(f"{where}the file cannot be read: {what}. Correct the file, then run again", file=source.name)
