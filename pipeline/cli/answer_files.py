"""Writes the files of an answer into the folder that was named for them, or nowhere where none was named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

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


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV."""
    return str(table.to_csv(index=False, lineterminator="\n")).encode()


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """A document as JSON that can be read by people, too."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _inside(output: Path | None, name: str) -> Path:
    folder = output or Path()
    if not folder.is_dir():
        raise UsageError(f"the folder for the answers is not there: make it first ({folder.absolute().parent})")
    return folder / name
