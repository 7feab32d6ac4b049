"""Finds the input files that a job names, numbers them, and takes their fingerprints.

Rules: specification#input-formats, specification#file-names, specification#manifest.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from offduty.config.declarations import COMMA, POINT, UNDECLARED, UTF_8, TableDeclaration
from offduty.config.job_paths import JobInputs, JobPath
from offduty.core.errors import InputError, why
from offduty.core.locations import is_object
from offduty.ingest.columns import together
from offduty.ingest.input_files import files_of, passed_over
from offduty.ingest.postgres import copy_table, is_database
from offduty.ingest.source_file import Source, state_in, state_of

TABULAR = {".parquet": "parquet", ".geoparquet": "parquet", ".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
SHAPES = {**TABULAR, ".geojson": "geojson", ".json": "geojson"}
PACKED = {".gz": "gzip", ".zst": "zstd"}
ENDINGS = {"pings": TABULAR, "assignments": TABULAR, "roster": TABULAR, "places": SHAPES, "sites": SHAPES}


@dataclass(frozen=True)
class Fingerprint:
    """The SHA-256 and the size of a file, and its state (size, time of change, inode) when they were taken."""

    sha256: str
    size: int
    state: tuple[int, int, int]


def find_sources(inputs: JobInputs, folder: Path | None = None, tables: Iterable[str] = tuple(ENDINGS)) -> list[Source]:
    """All input files in the order of the manifest: by table, then by name; of some ``tables`` alone where they are
    given.

    A table in a database is copied into ``folder`` first, and the copy is the file. Raises `InputError` where nothing
    is found, where the ending of a file is not one that its table may have, or where a table is in a database and
    there is no ``folder``.
    """
    sources: list[Source] = []
    for table in tables:
        where: JobPath | None = getattr(inputs, table)
        declared = inputs.declared.get(table, UNDECLARED)
        if where is not None and is_database(where.raw):
            name, path = _copy(where, table, folder)
            sources.append(Source(len(sources), table, name, path, "csv", declared=as_copied(declared)))
            continue
        for name, path in [] if where is None else files_of(where, table):
            kind, compression = _format(name, table, declared)
            _check_fits(kind, name, table, declared)
            sources.append(Source(len(sources), table, name, path, kind, compression, declared, name))
    return sources


def names_passed_over(inputs: JobInputs) -> dict[str, int]:
    """How many names that begin with ``.`` or ``_`` each table passes over; tables without any are left out, and
    so are inputs in object stores, which `ObjectInputs` counts.
    """
    found = {table: getattr(inputs, table) for table in ENDINGS}
    counts = {
        table: passed_over(where)
        for table, where in found.items()
        if where is not None and not is_database(where.raw) and not is_object(where.raw)
    }
    return {table: count for table, count in counts.items() if count}


def as_copied(declared: TableDeclaration) -> TableDeclaration:
    """The declaration of a table in a database: its copy has commas, a header and UTF-8, whatever the job says."""
    return replace(declared, format="", compression="", encoding=UTF_8, delimiter=COMMA, decimal=POINT, skip_rows=0)


def _copy(where: JobPath, table: str, folder: Path | None) -> tuple[str, Path]:
    if folder is None:
        raise InputError(f"inputs.{table} is in a database, which this command does not read; name a file")
    return copy_table(where.raw, table, folder)


def _format(name: str, table: str, declared: TableDeclaration) -> tuple[str, str]:
    """The format and the compression of a file: what the job declares, else what its ending says."""
    by_ending, packed = format_by_ending(Path(name), table)
    kind = declared.format or by_ending
    if not kind:
        wanted = ", ".join(ENDINGS[table])
        raise InputError(
            f"a file of {table} must end in one of {wanted}, perhaps with {' or '.join(PACKED)} behind it; name the"
            f" files with a pattern, or declare inputs.{table}.format",
            file=name,
        )
    return kind, {"": packed, "none": ""}.get(declared.compression, declared.compression)


def format_by_ending(path: Path, table: str) -> tuple[str, str]:
    """The format and the compression that the ending of a file says: of a packed one the ending before that. Each is
    empty where it says none.
    """
    packed = PACKED.get(path.suffix.lower(), "")
    inner = path.with_suffix("") if packed else path
    return ENDINGS[table].get(inner.suffix.lower(), ""), packed


def _check_fits(kind: str, name: str, table: str, declared: TableDeclaration) -> None:
    """Raise `InputError` where a declaration is about another format than the file has: it would mean nothing."""
    unfit = {
        "delimiter": declared.delimiter != COMMA and kind != "csv",
        "skip_rows": declared.skip_rows > 0 and kind != "csv",
        "decimal": declared.decimal != POINT and kind in ("parquet", "geojson"),
        "encoding": declared.encoding != UTF_8 and kind == "parquet",
    }
    wrong = [key for key, is_unfit in unfit.items() if is_unfit]
    if wrong:
        raise InputError(
            f"it is read as {kind}, for which inputs.{table}.{wrong[0]} means nothing: take that out, or declare"
            f" inputs.{table}.format",
            file=name,
        )


def check_readable(sources: Iterable[Source]) -> None:
    """Raise `InputError` with a line for each file that cannot be opened: why it cannot comes before what is in it."""
    errors: list[InputError] = []
    for source in sources:
        try:
            source.path.open("rb").close()
        except OSError as error:
            errors.append(InputError(f"the file cannot be read: {why(error)}", file=source.name))
    if errors:
        raise together(errors)


def fingerprint(source: Source) -> Fingerprint:
    """SHA-256 and size of a file; raises `InputError` when it cannot be read."""
    try:
        with source.path.open("rb") as file:
            state = state_in(os.fstat(file.fileno()))
            return Fingerprint(hashlib.file_digest(file, "sha256").hexdigest(), state[0], state)
    except OSError as error:
        raise InputError(f"the file cannot be read: {why(error)}", file=source.name) from None


class Fingerprints:
    """Fingerprints that several runs share: a file is read again only when its state has changed."""

    def __init__(self) -> None:
        self._taken: dict[Path, Fingerprint] = {}

    def of(self, source: Source) -> Fingerprint:
        """The file's fingerprint; see `fingerprint`."""
        known = self._taken.get(source.path)
        if known is None or not _is_in_state(source, known):
            known = self._taken[source.path] = fingerprint(source)
        return known


def check_unchanged(source: Source, taken: Fingerprint) -> None:
    """Raise `InputError` when a file has changed since its fingerprint was taken.

    What the run read may then differ from what the fingerprint says.
    """
    if not _is_in_state(source, taken):
        raise InputError("the file changed while it was read; run again when it is complete", file=source.name)


def _is_in_state(source: Source, taken: Fingerprint) -> bool:
    return state_of(source) == taken.state
