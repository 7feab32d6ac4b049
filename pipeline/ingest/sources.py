"""Finds the input files a job names, numbers them, and takes their fingerprints (SPEC 2, 8)."""

from __future__ import annotations

import glob
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from offduty.config.job import JobInputs, JobPath
from offduty.core.errors import InputError
from offduty.ingest.postgres import copy_table, is_database

TABULAR = {".parquet": "parquet", ".geoparquet": "parquet", ".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}
SHAPES = {**TABULAR, ".geojson": "geojson", ".json": "geojson"}
ENDINGS = {"pings": TABULAR, "assignments": TABULAR, "roster": TABULAR, "places": SHAPES, "sites": SHAPES}


@dataclass(frozen=True)
class Source:
    """One input file: ``number`` is its place in the manifest, ``name`` how it is called there."""

    number: int
    table: str
    name: str
    path: Path
    kind: str


@dataclass(frozen=True)
class Fingerprint:
    """A file's bytes, and the state it was in when they were read."""

    sha256: str
    size: int
    state: tuple[int, int, int]


def find_sources(inputs: JobInputs, folder: Path | None = None) -> list[Source]:
    """All input files in the order of the manifest: by table, then by name.

    Tables that lie in a database are copied into ``folder`` first, and the copy is the file. Raises `InputError` where
    nothing is found, or where a file's ending is none that its table may have.
    """
    found: list[Source] = []
    for table in ENDINGS:
        where: JobPath | None = getattr(inputs, table)
        if where is not None and is_database(where.raw):
            name, path = _copy(where, table, folder)
            found.append(Source(len(found), table, name, path, "csv"))
            continue
        for name, path in [] if where is None else _files(where, table):
            found.append(Source(len(found), table, name, path, _kind(name, table)))
    return found


def _copy(where: JobPath, table: str, folder: Path | None) -> tuple[str, Path]:
    if folder is None:
        raise InputError(f"inputs.{table} lies in a database, which this command does not read; name a file")
    return copy_table(where.raw, table, folder)


def _kind(name: str, table: str) -> str:
    kind = ENDINGS[table].get(Path(name).suffix.lower())
    if kind is None:
        wanted = ", ".join(ENDINGS[table])
        raise InputError(f"a file of {table} must end in one of {wanted}; name the files with a pattern", file=name)
    return kind


def _files(where: JobPath, table: str) -> list[tuple[str, Path]]:
    """The files behind a name: itself where it exists (taken literally), all files of a folder, or those of a pattern."""
    path = where.path
    if path.is_dir():
        inside = sorted(p for p in path.rglob("*") if p.is_file() and not _set_aside(p.relative_to(path)))
        files = [(_name(p, where, path), p) for p in inside]
    elif path.exists():
        files = [(_name(path, where, path.parent), path)]
    else:
        hits = glob.glob(where.raw, root_dir=where.folder, recursive=True)  # noqa: PTH207 (Path.glob knows no root to take literally)
        paths = sorted(where.folder / hit for hit in hits)
        files = [(_name(p, where, fixed_part(where)), p) for p in paths if p.is_file()]
    if not files:
        raise InputError(f"no file is found for inputs.{table}: correct the job, or wait until the files are there")
    return sorted(files)


def _set_aside(relative: Path) -> bool:
    """Folders keep notes of their own, such as ``_SUCCESS`` or ``.part.crc``: these are no input."""
    return any(part.startswith((".", "_")) for part in relative.parts)


def fixed_part(where: JobPath) -> Path:
    """The folder that a pattern looks into: what stands before its first star."""
    fixed = Path(where.raw)
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    return where.folder / fixed


def _name(path: Path, where: JobPath, base: Path) -> str:
    """Relative to the job's folder, or to the folder that was named where that lies elsewhere; never absolute."""
    for root in (where.folder, base):
        if path.is_relative_to(root) and ".." not in path.relative_to(root).parts:
            return path.relative_to(root).as_posix()
    return path.name


def fingerprint(source: Source) -> Fingerprint:
    """SHA-256 and size of a file; raises `InputError` when it cannot be read."""
    try:
        with source.path.open("rb") as file:
            state = _state(os.fstat(file.fileno()))
            return Fingerprint(hashlib.file_digest(file, "sha256").hexdigest(), state[0], state)
    except OSError as error:
        raise InputError(f"the file cannot be read ({os.strerror(error.errno or 0)})", file=source.name) from None


class Fingerprints:
    """Fingerprints that several runs share: a file is read again only when it is in another state than it was."""

    def __init__(self) -> None:
        self._taken: dict[Path, Fingerprint] = {}

    def of(self, source: Source) -> Fingerprint:
        """The file's fingerprint; see `fingerprint`."""
        known = self._taken.get(source.path)
        if known is None or not _is_in_state(source, known):
            known = self._taken[source.path] = fingerprint(source)
        return known


def unchanged(source: Source, taken: Fingerprint) -> None:
    """Raise `InputError` when a file was written to since its fingerprint was taken: what was read may be something
    else.
    """
    if not _is_in_state(source, taken):
        raise InputError("the file changed while it was read; run again when it is complete", file=source.name)


def _is_in_state(source: Source, taken: Fingerprint) -> bool:
    try:
        return _state(source.path.stat()) == taken.state
    except OSError:
        return False


def _state(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
