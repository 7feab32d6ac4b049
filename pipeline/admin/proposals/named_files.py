"""Finds the files that a person names for each table on the command line, as ``table=path``."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from offduty.config.contracts import TABLES
from offduty.config.job_paths import JobPath
from offduty.core.errors import InputError, UsageError
from offduty.core.locations import is_object
from offduty.ingest.input_files import before_wildcards, files_of
from offduty.ingest.postgres import is_database

EXAMPLE = "write for example pings=positions.csv roster=hr.csv"


@dataclass(frozen=True)
class NamedFiles:
    """The files of a table, and the path of them as the job has it: relative to the job's folder."""

    table: str
    path: str
    files: tuple[Path, ...]


def named_files(pairs: Iterable[str], folder: Path) -> list[NamedFiles]:
    """The files that each ``table=path`` names, in the order of the contract's tables.

    A path is relative to the working folder; it is a file, a folder or a pattern, as in a job. In the job, whose folder
    is ``folder``, it is relative to that. Raises `UsageError` for a table that there is not or that stands twice, and
    where nothing is found, or something that a run would stop at (a link in a folder).
    """
    named: dict[str, str] = {}
    for pair in pairs:
        table, equals, path = pair.partition("=")
        if table not in TABLES or not equals or not path.strip():
            raise UsageError(_no_table(table, bool(equals and path.strip())))
        if table in named:
            raise UsageError(f"{table} is named twice: put its files into one folder, or name them with a pattern")
        named[table] = path
    return [_found(table, named[table], folder) for table in TABLES if table in named]


def _no_table(table: str, is_pair: bool) -> str:
    if not is_pair:
        return f"expected a table, = and a path; {EXAMPLE}"
    near = difflib.get_close_matches(table, TABLES, 1)
    known = f"did you mean {near[0]}?" if near else f"the tables are {', '.join(TABLES)}"
    return f"there is no table of the name before the =: {known}"


def _found(table: str, path: str, folder: Path) -> NamedFiles:
    if is_object(path) or is_database(path):
        raise UsageError(
            f"{table}: only files on this machine can be looked at; write the address into the job yourself"
        )
    try:
        files = files_of(JobPath(path, Path.cwd()), table)
    except InputError as error:  # the name of a file may be that of a person, and stays out of the message
        raise UsageError(f"{table}: {error.what}") from None
    return NamedFiles(table, _relative(path, folder), tuple(found for _, found in files))


def _relative(path: str, folder: Path) -> str:
    """A path or pattern, given from the working folder, as it is from ``folder``; an absolute one stays.

    The folders on the way are resolved: ``..`` leads elsewhere behind a link. The name itself may be one.
    """
    if Path(path).is_absolute():
        return path
    is_pattern = not Path(path).exists()
    fixed = before_wildcards(path) if is_pattern else Path(path).parent
    rest = Path(path).relative_to(fixed)
    between = os.path.relpath(fixed.resolve(), folder.resolve())
    return (Path(glob.escape(between) if is_pattern else between) / rest).as_posix()
