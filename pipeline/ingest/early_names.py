"""Finds the input files; in messages those whose name holds an id have another, also before the tables are read.

Rules: specification#silence. A fault of a file comes before its ids are known. So whatever table can be read is read
for its ids once there is something to say, and only then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from offduty.config.job_paths import JobInputs
from offduty.core.errors import InputError, OffdutyError
from offduty.core.lazy_imports import when_used
from offduty.core.locations import is_object
from offduty.ingest.postgres import is_database
from offduty.ingest.source_file import Source
from offduty.ingest.sources import check_readable, find_sources

if TYPE_CHECKING:
    import pyarrow as pa

    from offduty.ingest import duckdb_session, quiet_names, reference_files
else:
    duckdb_session = when_used("offduty.ingest.duckdb_session")
    quiet_names = when_used("offduty.ingest.quiet_names")
    reference_files = when_used("offduty.ingest.reference_files")

UNNAMED = "a file whose name holds the id of a device or an officer"
MEMORY_MB = 400


def find_quietly(inputs: JobInputs, folder: Path | None = None) -> list[Source]:
    """`find_sources`; the `InputError` that it raises has no name that holds an id of a table that can be read."""
    try:
        return find_sources(inputs, folder)
    except InputError as error:
        raise _without_name(error, _ids(_found(inputs))) from None


@contextmanager
def quietly(sources: list[Source]) -> Iterator[None]:
    """An `InputError` that is raised meanwhile has no name that holds an id of a table that can be read."""
    try:
        yield
    except InputError as error:
        raise quiet_names.quieted_error(error, sources, _ids(sources)) from None


def check_quietly(sources: list[Source]) -> None:
    """`check_readable`, of which the `InputError` has no such name either."""
    with quietly(sources):
        check_readable(sources)


def _without_name(error: InputError, ids: frozenset[str]) -> InputError:
    """The error, without the name of its file where that holds an id; such a file has no number yet."""
    named = error.file is not None and quiet_names.holds_id(error.file, ids)
    return InputError(error.what, file=UNNAMED, row=error.row) if named else error


def _found(inputs: JobInputs) -> Iterator[Source]:
    """The files of the tables that hold ids, of each table that can be found by itself; no table in a database is
    copied for this.
    """
    for table in quiet_names.ID_COLUMNS:
        where = inputs.tables.get(table)
        if where is None or is_database(where.raw) or is_object(where.raw):
            continue
        try:
            yield from find_sources(inputs, tables=(table,))
        except InputError:
            continue


def _ids(sources: Iterable[Source]) -> frozenset[str]:
    """The ids in those of the tables that can be read."""
    numbered = [
        replace(source, number=number)
        for number, source in enumerate(sources)
        if source.table in quiet_names.ID_COLUMNS
    ]
    return quiet_names.ids_in(_readable(numbered, [*quiet_names.ID_COLUMNS]))


def _readable(sources: list[Source], names: list[str]) -> dict[str, pa.Table]:
    """Those of the tables that can be read, in one database: to open one takes longer than to read a small table. After
    a table that cannot be read, the rest has another one, and where all together are refused each has its own.
    """
    found: dict[str, pa.Table] = {}
    opened = False
    with (
        suppress(OffdutyError, OSError),
        tempfile.TemporaryDirectory(prefix="offduty-") as folder,
        duckdb_session.open_engine(
            [source for source in sources if source.table in names], Path(folder), 1, MEMORY_MB
        ) as engine,
    ):
        opened = True
        for name in names:
            found[name] = reference_files.read_reference(engine, name, sources).rows
    rest = [names[len(found) + 1 :]] if opened or len(names) == 1 else [[name] for name in names]
    return found | {name: table for some in rest if some for name, table in _readable(sources, some).items()}
