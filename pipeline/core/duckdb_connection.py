"""Asks DuckDB, and says what its errors mean. No other module imports DuckDB, so that an interrupt is one everywhere.

DuckDB (2.0) has errors of its own for an interrupt, and some of them look like those of a damaged file or of a bug.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from offduty.core import published
from offduty.core.errors import StorageError

QueryError = duckdb.Error
"""What a connection raises where a question cannot be answered for another reason than an interrupt, the memory or the
disk. Its message may quote rows, and is never shown (specification#silence).
"""
FileError = duckdb.IOException
"""The `QueryError` where a file cannot be opened or read."""

_OF_TABLE = "failed: KeyboardInterrupt: "
_OF_STREAM = re.compile(r"(\A|failed: )Unknown error: \. Detail: Python exception: (?s:.*)\nKeyboardInterrupt\n\Z")
_MEMORY_OF_STREAM = re.compile(r"\A[A-Za-z ]+: reading the stream registered as '\w+' failed: Out of memory: ")
_DISK = re.compile(
    r"(could not|cannot|failed to) write|write failed|failed to create directory"
    r"|no space left on device|disk quota exceeded|read-only file system|file too large",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class DuckDBConnection:
    """A connection to a private database in memory, which neither installs nor loads extensions.

    Whatever is asked, an interrupt raises `KeyboardInterrupt`, and too little memory or a disk that refuses raises
    `StorageError`. Any other failure is a `QueryError`. Where ``memory_is_limited``, a user can allow more of it.
    Close it at the end; it closes itself when it is used as a context.
    """

    con: duckdb.DuckDBPyConnection
    memory_is_limited: bool = False

    @classmethod
    def open(cls, **settings: str | int) -> DuckDBConnection:
        """A connection to a new database with these settings of DuckDB.

        Without a ``temp_directory`` among them nothing is written to disk, whatever the memory: by itself DuckDB (2.0)
        writes what does not fit into a folder `.tmp` where the command was started, readable by others, with the ids
        of people.
        """
        config: dict[str, str | bool | int | float | list[str]]
        config = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "temp_directory": ""}
        config |= settings
        limited = "memory_limit" in settings
        with _translated(limited):
            return cls(duckdb.connect(config=config), limited)

    def cursor(self) -> DuckDBConnection:
        """Another connection to the same database, such as for another thread."""
        with _translated(self.memory_is_limited):
            return DuckDBConnection(self.con.cursor(), self.memory_is_limited)

    def execute(self, statement: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run a statement, or several, of which the answer does not matter."""
        with _translated(self.memory_is_limited):
            self.con.execute(statement, parameters)

    def ask(self, query: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """What a query answers."""
        with _translated(self.memory_is_limited):
            return self.con.sql(query, params=parameters).to_arrow_table()

    @contextmanager
    def showing(self, **tables: Any) -> Iterator[None]:
        """Show tables that are in memory, or that come as a stream, under these names.

        What fails when they are taken away does not replace an error that is raised already.
        """
        with _translated(self.memory_is_limited):
            for name, table in tables.items():
                self.con.register(name, table)
        try:
            yield
        except BaseException:
            with suppress(QueryError, RuntimeError):
                self._hide(tables)
            raise
        with _translated(self.memory_is_limited):
            self._hide(tables)

    def _hide(self, tables: Mapping[str, Any]) -> None:
        for name in tables:
            self.con.unregister(name)

    def close(self) -> None:
        """Close it. It may be called twice."""
        with _translated(self.memory_is_limited):
            self.con.close()

    def __enter__(self) -> DuckDBConnection:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close it, as `keeping_error` says."""
        with keeping_error(kind):
            self.close()


def keeping_error(kind: type[BaseException] | None) -> AbstractContextManager[None]:
    """A context in which to close what asks DuckDB, after an error of this ``kind`` or none. What fails in it does not
    replace an error that is raised already: after an interrupt a thread may still be in a query, and DuckDB then
    refuses to close.
    """
    return nullcontext() if kind is None else suppress(QueryError)


@contextmanager
def _translated(memory_is_limited: bool) -> Iterator[None]:
    """What DuckDB raises in here, as what it means."""
    try:
        yield
    except MemoryError:  # Python's own, and Arrow's, which takes what was asked
        raise too_little_memory(is_limited=False) from None
    except (QueryError, RuntimeError) as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from None
        if isinstance(error, duckdb.OutOfMemoryException):
            raise too_little_memory(memory_is_limited) from None
        if _MEMORY_OF_STREAM.match(str(error)):  # what Python raised there, in which DuckDB's limit does not count
            raise too_little_memory(is_limited=False) from None
        if isinstance(error, FileError) and _DISK.search(str(error)):
            raise disk_refused() from None
        raise


def is_interrupt(error: Exception) -> bool:
    """Whether DuckDB (2.0) or Arrow (26) raised this error because of an interrupt. A message may quote a file, so only
    words count that it has in no such place.

    DuckDB raises a RuntimeError where a signal comes during a query, and an InterruptException where the query of
    another thread is interrupted. Where it asks a table in Python for its schema or its rows, and where either reads a
    stream of Arrow that Python makes, the message ends with the name of Python's error.

    >>> is_interrupt(RuntimeError("Query interrupted"))
    True
    >>> is_interrupt(ValueError("counting the rows of the object registered as 'duty' failed: KeyboardInterrupt: "))
    True
    >>> is_interrupt(ValueError("a line of a file: KeyboardInterrupt"))
    False
    """
    text = str(error)
    in_a_query = isinstance(error, RuntimeError) and ("nterrupted" in text or "KeyboardInterrupt" in text)
    in_python = text.endswith(_OF_TABLE) or _OF_STREAM.search(text) is not None
    return in_a_query or in_python or isinstance(error, (duckdb.InterruptException, pa.ArrowCancelled))


def too_little_memory(is_limited: bool) -> StorageError:
    """The error to raise where the memory that may be used is not enough, or (without a limit) that of the machine."""
    if is_limited:
        return StorageError("the memory that may be used is too little; allow more with --memory, then run again")
    return StorageError(
        "the memory of this machine is too little; free some of it, or use a machine with more, then run again"
    )


def disk_refused() -> StorageError:
    """The error to raise where the disk did not take a copy, or what did not fit into memory.

    It is one for runs and for questions, which publish nothing, so it names no store and says only what stands already.
    """
    return StorageError(
        "a temporary file cannot be written: the disk refused. Look whether it is full, then run again"
        f"{published.but_before()}"
    )
