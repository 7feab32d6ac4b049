"""Reads the log as it lies, leniently: what is wrong with an entry is kept beside it, so that a check can say it.

An entry is a manifest in canonical JSON, an empty line, and a checkpoint (SPEC 8). Nothing here believes a manifest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.verify.shape import RUNS, faults_of


@dataclass(frozen=True)
class Entry:
    """One file of the log. ``document`` is the manifest, empty where it cannot be read; ``faults`` say what is wrong."""

    number: int
    name: str
    manifest: bytes
    checkpoint: bytes
    document: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What the entry says it is."""
        return str(self.document.get("kind", ""))

    @property
    def is_run(self) -> bool:
        """Whether it stands for a run that can be looked at."""
        return not self.faults and self.kind in RUNS

    @property
    def run_id(self) -> str:
        """The run's name."""
        return str(self.document.get("run_id", ""))


@dataclass(frozen=True)
class Trail:
    """The log: its entries in the order of their names, and names in its folder that are none of an entry."""

    entries: tuple[Entry, ...]
    strangers: tuple[str, ...]

    def runs(self, only: str | None = None) -> list[Entry]:
        """The entries of runs that can be read; ``only`` one of them where its id is given."""
        return [entry for entry in self.entries if entry.is_run and only in (None, entry.run_id)]

    def expired(self) -> dict[str, set[str]]:
        """By run, the output files that went by a later entry's word (retention)."""
        gone: dict[str, set[str]] = {}
        for entry in self.entries:
            if entry.kind == "expiry" and not entry.faults:
                for file in entry.document["files"]:
                    gone.setdefault(file["run_id"], set()).add(file["name"])
        return gone


def entry_name(number: int) -> str:
    """The file name of the entry of that number."""
    return f"{number:012d}.entry"


def read_trail(log: Path) -> Trail:
    """Every file of the log folder; a folder that is not there has no entries."""
    names = sorted(path.name for path in log.iterdir()) if log.is_dir() else []
    wanted = {name for name in names if name.endswith(".entry") and name[:-6].isdigit()}
    entries = tuple(_read(log / name, int(name[:-6])) for name in sorted(wanted))
    return Trail(entries, tuple(name for name in names if name not in wanted))


def _read(path: Path, number: int) -> Entry:
    if path.is_symlink() or not path.is_file():
        return Entry(number, path.name, b"", b"", faults=("is no plain file",))
    manifest, found, checkpoint = path.read_bytes().partition(b"\n\n")
    if not found:
        return Entry(number, path.name, manifest, b"", faults=("has no empty line after the manifest",))
    document, faults = _document(manifest)
    return Entry(number, path.name, manifest, checkpoint, document, tuple(faults))


def _document(manifest: bytes) -> tuple[dict[str, Any], list[str]]:
    """The manifest and what is wrong with it; empty where it is none."""
    try:
        document = json.loads(manifest)
        again = canonical(document)
        faults = list(faults_of(document)) if isinstance(document, dict) else []
    except (ValueError, RecursionError):
        return {}, ["holds no readable manifest"]
    if not isinstance(document, dict):
        return {}, ["holds no readable manifest"]
    return document, faults if again == manifest else ["holds a manifest that is not canonical JSON", *faults]


def canonical(document: Any) -> bytes:
    """The one spelling of a document: keys sorted, no spaces, UTF-8 (SPEC 8)."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
