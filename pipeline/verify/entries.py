"""Reads the log as it lies, leniently: what is wrong with an entry is kept beside it, so that a check can say it.

An entry is a manifest in canonical JSON, an empty line, and a checkpoint (SPEC 8). Nothing here believes a manifest.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from offduty.verify.manifest_schema import RUNS, faults_of

LARGEST_ENTRY_BYTES = 64 << 20


@dataclass(frozen=True)
class AuditedEntry:
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
class AuditedLog:
    """The log: its entries in the order of their names, and names in its folder that are none of an entry."""

    entries: tuple[AuditedEntry, ...]
    strangers: tuple[str, ...]

    def runs(self, only: str | None = None) -> list[AuditedEntry]:
        """The entries of runs that can be read; ``only`` one of them where its id is given."""
        return [entry for entry in self.entries if entry.is_run and only in (None, entry.run_id)]

    def expired(self) -> dict[str, set[str]]:
        """By run, the output files that went by a later entry's word (retention), where that entry may say so."""
        gone: dict[str, set[str]] = {}
        for entry, file in self._expiries():
            if not self._unlawful(entry, file):
                gone.setdefault(file["run_id"], set()).add(file["name"])
        return gone

    def unlawful(self) -> list[AuditedEntry]:
        """Entries that let a file go which they may not: not a run's own, a ledger, or not yet so old."""
        return [entry for entry, file in self._expiries() if self._unlawful(entry, file)]

    def _expiries(self) -> Iterator[tuple[AuditedEntry, Mapping[str, Any]]]:
        for entry in self.entries:
            if entry.kind == "expiry" and not entry.faults:
                for file in entry.document["files"]:
                    yield entry, file

    def _unlawful(self, expiry: AuditedEntry, file: Mapping[str, Any]) -> bool:
        """The run must have been logged before, the file be its own by name, hash and size, and of its time."""
        named = {key: file[key] for key in ("name", "sha256", "bytes")}
        for run in self.entries[: self.entries.index(expiry)]:
            if run.is_run and run.run_id == file["run_id"]:
                own = [{key: output[key] for key in named} for output in run.document["outputs"]]
                return named not in own or not _old_enough(run.document, file["name"], expiry.document["before"])
        return True


def _old_enough(run: Mapping[str, Any], name: str, before: str) -> bool:
    """A release by the local date in its name; a quarantine when all of its interval had ended by that date, in its
    zone.
    """
    if name.startswith("release/"):
        return name.removeprefix("release/date=")[:10] < before
    last = datetime.fromisoformat(run["interval"]["to"] or run["as_of"])
    try:
        where = zone(run["policy"]["policy"]["timezone"])
    except (OSError, ValueError):
        return False
    begins = datetime.fromisoformat(before).replace(tzinfo=where)
    return name.startswith("quarantine/") and last <= begins


def zone(name: str) -> ZoneInfo:
    """A zone of the pinned tzdata package; `OSError` or `ValueError` where it has none of that name."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def entry_name(number: int) -> str:
    """The file name of the entry of that number."""
    return f"{number:012d}.entry"


def read_trail(log: Path) -> AuditedLog:
    """Every file of the log folder; a folder that is not there, or is a link, has no entries."""
    names = sorted(path.name for path in log.iterdir()) if log.is_dir() and not log.is_symlink() else []
    wanted = [name for name in names if re.fullmatch(r"[0-9]{12}\.entry", name)]
    entries = tuple(_read(log / name, int(name[:12])) for name in wanted)
    return AuditedLog(entries, tuple(name for name in names if name not in wanted))


def _read(path: Path, number: int) -> AuditedEntry:
    if not stat.S_ISREG(path.lstat().st_mode):
        return AuditedEntry(number, path.name, b"", b"", faults=("is no plain file",))
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_ENTRY_BYTES + 1)
    except OSError:
        return AuditedEntry(number, path.name, b"", b"", faults=("cannot be read",))
    manifest, found, checkpoint = raw.partition(b"\n\n")
    if not found or len(raw) > LARGEST_ENTRY_BYTES:
        what = "has no empty line after the manifest" if len(raw) <= LARGEST_ENTRY_BYTES else "is larger than any entry"
        return AuditedEntry(number, path.name, manifest, b"", faults=(what,))
    document, faults = _document(manifest)
    return AuditedEntry(number, path.name, manifest, checkpoint, document, tuple(faults))


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
