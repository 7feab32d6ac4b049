"""Writes the files of an answer into the folder that was named for them, or nowhere where none was named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from offduty.cli.console import say
from offduty.cli.write_file import check_free, put
from offduty.core.errors import UsageError


def check_names(output: Path | None, names: Iterable[str], force: bool) -> None:
    """Raise where a file that will be written is there already, or its folder is not."""
    for name in names if output is not None else ():
        check_free(_inside(output, name), force)


def put_files(output: Path | None, files: Mapping[str, bytes], force: bool) -> None:
    """Write the files, where a folder was named."""
    for name, content in files.items() if output is not None else ():
        put(_inside(output, name), content, force)


def hand_out(output: Path | None, files: Mapping[str, bytes], force: bool, *, private: bool) -> None:
    """Write the files of an answer, where a folder was named, and say so; ``private``: it is about one officer."""
    put_files(output, files, force)
    if output is not None:
        warning = " They are private: they are about one officer." if private else ""
        say(f"made {', '.join(files)}.{warning}")


def check_section(officer: str | None, as_json: bool) -> None:
    """Raise `UsageError` where one officer's section is asked for as JSON."""
    if officer is not None and as_json:
        raise UsageError("--json has the figures for everybody: a section (--officer) is text, and a table with -o")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV."""
    return str(table.to_csv(index=False, lineterminator="\n")).encode()


def rows_bytes(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as CSV, each with a value for every column; None is an empty one. At least one row."""
    return csv_bytes(pd.DataFrame(list(rows), dtype=object))


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """A document as JSON that can be read by people, too."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _inside(output: Path | None, name: str) -> Path:
    folder = output or Path()
    if not folder.is_dir():
        raise UsageError(f"the folder for the answers is not there: make it first, in {folder.absolute().parent}")
    return folder / name
