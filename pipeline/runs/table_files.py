"""Keeps the tables of a run that were in memory as files, with a job, so that an auditor can decide again.

Rule: specification#manifest: the run names the very bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from offduty.core.durable_files import create
from offduty.core.errors import StorageError, UsageError, why
from offduty.runs.request import Request


def check_new_folder(folder: Path) -> None:
    """Raise `UsageError` before anything is decided where the folder is there, or cannot be made."""
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"keep names {folder.name}, which is there already: name a new folder")
    if not folder.absolute().parent.is_dir():
        raise UsageError(f"the folder in which keep is to be made is not there: {folder.absolute().parent}")


def write_table_files(folder: Path, asked: Request) -> None:
    """Make the folder with a Parquet file for each table, job.toml and policy.toml, for its owner only. The job names a
    key file that is not made: an auditor needs none.

    Raises `StorageError` where the disk refuses.
    """
    inputs = {
        source.table: {"path": source.name, **source.declared.as_document(), **_values(source.declared.values)}
        for source in asked.in_memory
    }
    job = {
        "policy": "policy.toml",
        "inputs": inputs,
        "keys": {"pseudonym": "pseudonym.key"},
        "output": {"store": asked.job.store.raw},
    }
    try:
        folder.mkdir(mode=0o700)
        for source in asked.in_memory:
            create(folder / source.name, source.path.read_bytes())
        create(folder / "policy.toml", _toml(asked.policy.model_dump()).encode())
        create(folder / "job.toml", _toml(job).encode())
    except OSError as error:
        raise StorageError(
            f"the tables cannot be kept: {why(error)}; the run was published", file=folder.name
        ) from None


def _values(declared: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Declared words as a job writes them: the words of each meaning."""
    if not declared:
        return {}
    meanings: dict[str, dict[str, list[str]]] = {}
    for column, words in declared.items():
        for word, ours in words.items():
            meanings.setdefault(column, {}).setdefault(ours, []).append(word)
    return {"values": meanings}


def _toml(document: Mapping[str, Any]) -> str:
    """A document of texts, numbers, lists and tables as TOML; a value that is not there is left out."""
    return "\n".join(_lines(document, ())) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    if path:
        yield f"[{'.'.join(map(_value, path))}]"
    for name, value in table.items():
        if value is not None and not isinstance(value, Mapping):
            yield f"{_value(name)} = {_value(value)}"
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _lines(value, (*path, name))


def _value(value: Any) -> str:
    """A value as in JSON, which TOML reads alike but for two things: halves of a character, and U+007F unescaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
