"""Opens the DuckDB session of a run: a private database that can reach the run's inputs and folder, and nothing else.

Rules: specification#silence, specification#keys-secret.
"""

from __future__ import annotations

import re
import resource
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import IO

import pyarrow as pa

from offduty.config.declarations import UTF_8
from offduty.core.duckdb_connection import (
    DuckDBConnection,
    FileError,
    QueryError,
    disk_refused,
    is_interrupt,
    keeping_error,
    too_little_memory,
)
from offduty.core.errors import InputError, StorageError, UsageError
from offduty.core.ids import MISSING_WORDS, SPACES
from offduty.ingest.plain_files import encoding_by_mark, has_mixed_line_ends, write_plain
from offduty.ingest.source_file import OPEN_FILES, Source

_GLOB_CHARACTERS = re.compile(r"[*?\[\]]")
_LINE_NUMBER = re.compile(r"(?:Line|line):? (\d+)")
_MESSAGES = [
    ("unterminated quote", "a quote is never closed"),
    ("Expected Number of Columns", "a row has more or fewer values than the header has columns"),
    ("nvalid unicode", "it is not written in UTF-8"),
    ("aximum line size", "a row is longer than 64 MB"),
    ("maximum_object_size", "a row is longer than 64 MB"),
    ("Malformed JSON", "a row is not JSON"),
]


@dataclass(frozen=True)
class DuckDBSession:
    """A database in memory with so many threads, and the paths that it may open.

    ``plain`` are the inputs that cannot be read as they are, and ``copies`` the typed copies of files of pings; both by
    the number of the input. Close it at the end of the run; it closes itself when it is used as a context.
    """

    con: DuckDBConnection
    threads: int
    plain: dict[int, ReadablePath]
    copies: dict[int, ReadablePath]

    def path(self, source: Source) -> str:
        """The path from which to read an input: unpacked, in UTF-8, and without a character that DuckDB would read as a
        pattern. A plain copy is made when it is first asked for; raises `InputError` where that cannot be done.
        """
        copy = self.plain.get(source.number)
        if copy is None:
            return source.whole_path
        if not copy.written:
            with copy.open_to_write() as file:
                write_plain(source, file)
            copy = self.plain[source.number] = replace(copy, written=True)
        return copy.path

    def copy(self, source: Source) -> str:
        """The path of the typed copy of a text file of pings, for writing and for reading."""
        return self.copies[source.number].path

    def close(self) -> None:
        """Close the database and the nameless files, which deletes their content. It may be called twice."""
        try:
            self.con.close()
        finally:
            for copy in (*self.plain.values(), *self.copies.values()):
                if copy.file is not None:
                    copy.file.close()

    def __enter__(self) -> DuckDBSession:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close it, as `keeping_error` says."""
        with keeping_error(kind):
            self.close()


@dataclass(frozen=True)
class ReadablePath:
    """A path that the database may open. Where the file has no name, ``file`` is its open handle.

    A nameless file disappears with the process, however the process ends. Copies of inputs contain positions, and none
    of them may be left behind (specification#silence).
    """

    path: str
    file: IO[bytes] | None = None
    written: bool = False

    def open_to_write(self) -> IO[bytes]:
        """The file, empty, to be written once and closed; a nameless one stays open behind it."""
        return Path(self.path).open("wb")

    @staticmethod
    def in_folder(folder: Path, name: str, nameless: bool) -> ReadablePath:
        """An empty file in ``folder``. It has a name unless ``nameless``, or if the system has no /proc/self/fd."""
        if nameless and OPEN_FILES.is_dir():
            file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (stays open as long as the session)
            return ReadablePath(f"{OPEN_FILES}/{file.fileno()}", file)
        return ReadablePath(str(folder.resolve() / name))


def _check_names(sources: Iterable[Source], folder: Path) -> None:
    """Raise `UsageError` where a path is not UTF-8: DuckDB (2.0) cannot open it. Names of files were checked before."""
    for path in (folder, *(source.path for source in sources)):
        try:
            str(path.absolute()).encode()
        except UnicodeEncodeError:
            shown = ascii(str(path.absolute()))[1:-1]
            raise UsageError(
                f"a folder in the path {shown} has a name that is not UTF-8, which the engine (DuckDB) cannot open:"
                " rename the folder"
            ) from None


def open_engine(
    sources: Iterable[Source],
    folder: Path,
    threads: int,
    memory_mb: int,
    *,
    nameless: bool = True,
    spill: bool = True,
) -> DuckDBSession:
    """Open the session for ``sources``; ``folder`` is the run's private folder, for copies and for DuckDB's own spill.

    The database reads only the inputs and ``folder``, and it neither installs nor loads extensions. Pass ``nameless``
    as False where other processes have to read the copies. Copies also have names where there are so many that this
    process may not have them all open. Where it may not ``spill``, no file gets a name: then too many text files raise
    `UsageError`, and a query for which the memory is not enough fails.
    """
    # Arrow (26) takes Ctrl-C and TERM for itself while it reads a CSV, and loses one that comes after its last look.
    pa.enable_signal_handlers(False)
    inputs = list(sources)
    _check_names(inputs, folder)
    copied = [source for source in inputs if _is_copied(source)]
    readable = {source.number for source in inputs if _is_readable(source)}
    plain = [source for source in inputs if source.number not in readable]
    nameless = nameless and len(copied) + len(plain) <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4
    if not (nameless or spill):
        raise UsageError("there are too many text files to have them all open: allow more (ulimit -n), then try again")
    spilled = str(folder / "engine") if spill else ""
    con = DuckDBConnection.open(threads=threads, memory_limit=f"{memory_mb}MB", temp_directory=spilled)
    session = DuckDBSession(
        con,
        threads,
        {source.number: ReadablePath.in_folder(folder, f"input-{source.number}", nameless) for source in plain},
        {
            source.number: ReadablePath.in_folder(folder, f"pings-{source.number}.parquet", nameless)
            for source in copied
        },
    )
    with ExitStack() as unless_open:
        unless_open.push(session)
        allowed = {copy.path for copy in (*session.plain.values(), *session.copies.values())}
        allowed |= {source.whole_path for source in inputs if source.number in readable}
        con.execute("SET allowed_paths = $paths", {"paths": sorted(allowed)})
        con.execute("SET allowed_directories = $folders", {"folders": [f"{folder.resolve()}/"]})
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET preserve_insertion_order = true")  # the default; the copy of text relies on it
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        con.execute("SET VARIABLE spaces = $spaces", {"spaces": SPACES})
        con.execute("SET VARIABLE missing_words = $words", {"words": sorted(MISSING_WORDS)})
        as_declared = any(not source.declared.as_contract for source in inputs)
        for macros in ("macros.sql", "declared.sql") if as_declared else ("macros.sql",):
            con.execute(resources.files("offduty.ingest").joinpath(macros).read_text(encoding="utf-8"))
        unless_open.pop_all()
    return session


def _is_copied(source: Source) -> bool:
    """Whether pings are copied into typed Parquet: text, and Parquet that is not written as the contract has it."""
    return source.table == "pings" and (source.is_text or not source.declared.as_contract)


def _is_readable(source: Source) -> bool:
    """Whether a file can be read where it is: plain, and with no character that DuckDB reads as a pattern
    (specification#file-names). DuckDB reads text, and pings that are copied; in NDJSON it stops at a byte order mark.
    """
    by_duckdb = source.is_text or _is_copied(source)
    marked = source.kind == "ndjson" and source.is_plain and encoding_by_mark(source.path) == UTF_8
    return source.is_plain and not marked and not (by_duckdb and is_pattern(source.whole_path))


def is_pattern(path: str) -> bool:
    """Whether DuckDB would read a path as a pattern."""
    return _GLOB_CHARACTERS.search(path) is not None


@contextmanager
def reading_text(source: Source, copy: str | None = None) -> Iterator[None]:
    """Where DuckDB cannot read a text file in here, raise an `InputError` that names the file, and its line where that
    is known. ``copy`` is the path to which the file is being copied: an error there is a `StorageError`.

    Neither repeats DuckDB's message, which quotes the line of the file (specification#silence).
    """
    try:
        yield
    except QueryError as error:
        raise _unreadable(source, error, copy) from None


def _unreadable(source: Source, error: QueryError, copy: str | None) -> InputError | StorageError:
    message = str(error)
    if isinstance(error, FileError) and copy is not None and copy in message and source.name not in message:
        return disk_refused()
    what = next((ours for part, ours in _MESSAGES if part in message), None) or _otherwise(source)
    line = _LINE_NUMBER.search(message)
    where = f"line {int(line.group(1)) + source.declared.skip_rows}: " if line else ""
    return InputError(f"{where}the file cannot be read: {what}. Correct the file, then run again", file=source.name)


def _otherwise(source: Source) -> str:
    """What is wrong with a text of which DuckDB says no more than that it is not as it must be."""
    if source.kind == "csv" and has_mixed_line_ends(source):
        return "some of its lines end in CR LF and others in LF alone; write all of them with the same"
    return "it does not follow its format"


@contextmanager
def reading_parquet(
    source: Source, copied: bool, how: str = "damaged", also: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Where Arrow or DuckDB cannot read a file of Parquet in here, raise an `InputError` that names it; ``how`` ends
    the sentence "it may be ...", and errors of the kinds ``also`` say the same. With a copy that the run made itself
    (``copied``), it is an error of the disk.

    An interrupt stays one, and too little memory is no fault of the file.
    """
    try:
        yield
    except MemoryError:  # Arrow's own is one, too
        raise too_little_memory(is_limited=False) from None
    except (QueryError, UnicodeDecodeError, pa.ArrowException, OSError, *also) as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from None
        raise _damaged(source, copied, how) from None


def _damaged(source: Source, copied: bool, how: str) -> InputError | StorageError:
    if copied:
        return StorageError(
            "a temporary copy cannot be read again: the disk refused. Look whether it is damaged, then run again"
        )
    return InputError(f"the file cannot be read as Parquet; it may be {how}", file=source.name)
