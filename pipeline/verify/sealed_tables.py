"""Opens the reference tables that runs kept, sealed for an auditor, with the auditor's identity: what they read is then
there again, whatever became of the tables (specification#kept-references).

What is opened is never written to a disk: each file lies in the memory of this process, under a path without a name.
"""

from __future__ import annotations

import hashlib
import os
import resource
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offduty.core.age import Open, unsealing_with
from offduty.core.errors import UsageError, why
from offduty.verify.entries import AuditedEntry
from offduty.verify.output_files import is_plain, output_path

OPTION = "--references-identity"
LARGEST_BYTES = 1 << 30
"""A sealed file that is larger is none of a table."""

Place = tuple[int, str]
"""A sealed file: the number of its entry, and its name."""


@dataclass(frozen=True)
class OpenedTables:
    """The tables that could be opened: ``paths`` by the SHA-256 of what is in them. ``wrong`` has what cannot be opened
    or is not what the run read, in words; ``asked`` says whether an identity was given.
    """

    paths: Mapping[str, Path] = field(default_factory=dict)
    wrong: Mapping[Place, str] = field(default_factory=dict)
    asked: bool = False


NOTHING_OPENED = OpenedTables()


def sealed_files(run: AuditedEntry) -> list[Mapping[str, Any]]:
    """The sealed files that a run's manifest names."""
    return list(run.document.get("sealed", {}).get("files", ()))


@contextmanager
def opened_tables(store: Path, runs: list[AuditedEntry], identity: Path | None) -> Iterator[OpenedTables]:
    """Open the sealed tables of runs, as long as the context lasts; without an identity none.

    Files that are missing or are not as the log says are passed over: check 2.3 reports them. Raises `UsageError` where
    the extra is not installed, the identity cannot be read, or there are too many tables to have them all open.
    """
    if identity is None:
        yield NOTHING_OPENED
        return
    decrypt = _unsealing(identity)
    held: dict[str, int] = {}
    wrong: dict[Place, str] = {}
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4
    try:
        for run in runs:
            inputs = {source["file"]: source["sha256"] for source in run.document["inputs"]}
            for sealed in sealed_files(run):
                content = _as_logged(store, run, sealed)
                if content is None:
                    continue
                opened = decrypt(content)
                if opened is None:
                    wrong[run.number, sealed["name"]] = "it cannot be opened with this identity"
                elif hashlib.sha256(opened).hexdigest() != inputs.get(sealed["file"]):
                    wrong[run.number, sealed["name"]] = "what is sealed in it is not what the run read"
                elif inputs[sealed["file"]] not in held:
                    if len(held) >= most:
                        raise UsageError(
                            "there are too many sealed tables to have them all open: choose a run with --run, or allow"
                            " more (ulimit -n)"
                        )
                    held[inputs[sealed["file"]]] = _in_memory(opened)
        yield OpenedTables({digest: Path(f"/proc/self/fd/{fd}") for digest, fd in held.items()}, wrong, asked=True)
    finally:
        for fd in held.values():
            os.close(fd)


def _as_logged(store: Path, run: AuditedEntry, sealed: Mapping[str, Any]) -> bytes | None:
    path = output_path(store, run, sealed["name"])
    if not is_plain(store, path) or path.stat().st_size != sealed["bytes"] or sealed["bytes"] > LARGEST_BYTES:
        return None
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sealed["sha256"] else None


def _in_memory(content: bytes) -> int:
    if not hasattr(os, "memfd_create"):
        raise UsageError(f"{OPTION} needs Linux: elsewhere the opened tables would have to lie on a disk")
    fd = os.memfd_create("table")
    with open(fd, "wb", closefd=False) as file:
        file.write(content)
    return fd


def _unsealing(identity: Path) -> Open:
    try:
        lines = identity.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise UsageError(f"{OPTION} cannot be read: {why(error)}") from None
    return unsealing_with(lines, OPTION)
