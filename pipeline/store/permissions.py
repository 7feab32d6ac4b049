"""Refuses to add to a store that others can change, or whose ledger, quarantine or log others can read.

Rules: specification#owner-only. What is meant are the permissions of folders: a file in a folder that others cannot
enter is closed to them, too.
"""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from offduty.core.errors import UsageError

PRIVATE = ("ledger", "quarantine", "references")
"""Folders of a run for readers of their own, to which everybody else is closed; a release may be opened to more."""


def check_closed(root: Path) -> None:
    """Raise `UsageError`, with the command that mends it, where a folder of a store is open to others than its owner
    and its group: to be changed by them, or, of the log, a ledger and a quarantine, to be entered at all.
    """
    changeable = [folder for folder in _folders(root) if _mode(folder) & stat.S_IWOTH]
    readable = [folder for folder in _private(root) if _mode(folder) & stat.S_IRWXO]
    if changeable:
        raise UsageError(
            f"everybody can change {_many(changeable)} of the store; nothing was published."
            f" {_command('-R o-w', changeable, shlex.quote(str(root)))}"
        )
    if readable:
        raise UsageError(
            f"everybody can enter {_many(readable)} of the store: the log, and each ledger, quarantine and folder of"
            " references, are for their own readers; nothing was published."
            f" {_command('o-rwx', readable, _all_private(root))}"
        )


def _folders(root: Path) -> Iterator[Path]:
    """The folders of a store that are there: the store itself, the log, and all of its runs."""
    yield from (folder for folder in (root, root / "log", root / "runs") if folder.is_dir())
    for run in _runs(root):
        yield run
        yield from (folder for folder in run.iterdir() if folder.is_dir())


def _private(root: Path) -> Iterator[Path]:
    yield from (folder for folder in (root / "log",) if folder.is_dir())
    yield from (run / name for run in _runs(root) for name in PRIVATE if (run / name).is_dir())


def _runs(root: Path) -> list[Path]:
    runs = root / "runs"
    return sorted(folder for folder in runs.iterdir() if folder.is_dir()) if runs.is_dir() else []


def _mode(folder: Path) -> int:
    return folder.stat().st_mode


def _all_private(root: Path) -> str:
    """The folders of a store that are closed to everybody, for a shell."""
    store = shlex.quote(str(root))
    there = {folder.name for folder in _private(root)}
    return f"{store}/log " + " ".join(f"{store}/runs/*/{name}" for name in PRIVATE if name in there)


def _many(folders: list[Path]) -> str:
    return "one folder" if len(folders) == 1 else f"{len(folders):,} folders"


def _command(change: str, folders: list[Path], many: str) -> str:
    """The command that mends it: for the one folder, or ``many``."""
    what = shlex.quote(str(folders[0])) if len(folders) == 1 else many
    return f"Take that from them: chmod {change} {what}"
