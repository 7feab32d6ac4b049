"""Reads the log for an auditor: leniently, with what is wrong stored with each entry, so that a check can report it.

An entry is a manifest in canonical JSON, an empty line, and a checkpoint (specification#log-format). Nothing here
relies on what a manifest says before `manifest_schema` has checked its form.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from offduty.verify.manifest_run import RUNS, TRIAL
from offduty.verify.manifest_schema import faults_of

LARGEST_ENTRY_BYTES = 64 << 20


@dataclass(frozen=True)
class AuditedEntry:
    """One file of the log.

    ``document`` is the manifest, empty where it cannot be read. ``faults`` say what is wrong, in words that follow
    "entry 3".
    """

    number: int
    name: str
    manifest: bytes
    checkpoint: bytes
    document: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What kind of entry it says it is."""
        return str(self.document.get("kind", ""))

    @property
    def is_run(self) -> bool:
        """Whether it is a run with a valid manifest."""
        return not self.faults and self.kind in RUNS

    @property
    def is_trial(self) -> bool:
        """Whether it is a trial with a valid manifest: a policy that was tried out, and released nothing."""
        return not self.faults and self.kind == TRIAL

    @property
    def run_id(self) -> str:
        """The id of the run or the trial, which is the name of its folder."""
        return str(self.document.get("run_id", ""))


@dataclass(frozen=True)
class AuditedLog:
    """The log: its entries in the order of their names, and other names in its folder."""

    entries: tuple[AuditedEntry, ...]
    other_names: tuple[str, ...]

    def runs(self, only: str | None = None) -> list[AuditedEntry]:
        """The runs with a valid manifest; ``only`` the one with that id, where an id is given."""
        return [entry for entry in self.entries if entry.is_run and only in (None, entry.run_id)]

    def trials(self, only: str | None = None) -> list[AuditedEntry]:
        """The trials with a valid manifest; ``only`` the one with that id, where an id is given."""
        return [entry for entry in self.entries if entry.is_trial and only in (None, entry.run_id)]

    def with_files(self) -> list[AuditedEntry]:
        """The runs and the trials with a valid manifest, in order."""
        return [entry for entry in self.entries if entry.is_run or entry.is_trial]

    def expired(self) -> dict[str, set[str]]:
        """By run id, the output files that a later expiry deleted, where that expiry was allowed to."""
        expired: dict[str, set[str]] = {}
        for _, file in self._lawful:
            expired.setdefault(file["run_id"], set()).add(file["name"])
        return expired

    def unlawful(self) -> list[AuditedEntry]:
        """Expiries that delete a file which they may not: not a run's own, a ledger, or not old enough.

        An entry is listed once for each such file.
        """
        return [entry for entry, file in self._expiries() if self._unlawful(entry, file)]

    def _expiries(self) -> Iterator[tuple[AuditedEntry, Mapping[str, Any]]]:
        for entry in self.entries:
            if entry.kind == "expiry" and not entry.faults:
                for file in entry.document["files"]:
                    yield entry, file

    def withdrawn(self) -> dict[str, set[str]]:
        """By run id, the files that expired because another run took their place, not because they were old."""
        found: dict[str, set[str]] = {}
        for entry, file in self._lawful:
            if entry.document.get("superseded_by"):
                found.setdefault(file["run_id"], set()).add(file["name"])
        return found

    @cached_property
    def _lawful(self) -> list[tuple[AuditedEntry, Mapping[str, Any]]]:
        return [(entry, file) for entry, file in self._expiries() if not self._unlawful(entry, file)]

    def _unlawful(self, expiry: AuditedEntry, file: Mapping[str, Any]) -> bool:
        """The run must be in the log before it, the file must be the run's by name, hash and size, and old enough, or
        a release whose place another run takes.
        """
        named = {key: file[key] for key in ("name", "sha256", "bytes")}
        for run in self.entries[: self.entries.index(expiry)]:
            if run.is_run and run.run_id == file["run_id"]:
                kept = run.document.get("sealed", {}).get("files", ())
                own = [{key: output[key] for key in named} for output in (*run.document["outputs"], *kept)]
                by_run = expiry.document.get("superseded_by", "")
                if by_run:
                    return named not in own or not self._may_withdraw(expiry, run, file["name"], by_run)
                return named not in own or not _old_enough(run.document, file["name"], expiry.document["before"])
        return True

    def _may_withdraw(self, expiry: AuditedEntry, run: AuditedEntry, name: str, by_run: str) -> bool:
        """Whether a release gave way to a later run: one over the same interval that was there already, or one over an
        overlapping interval that follows (specification#supersede, specification#supersede-policy). A run that never
        came, because its process died, is allowed too; `given_way_to_none` tells of it.
        """
        later = [entry for entry in self.runs() if entry.run_id == by_run]
        if not name.startswith("release/") or not later:
            return name.startswith("release/")
        if later[0].number > expiry.number:
            return overlap(run.document, later[0].document)
        return later[0].number > run.number and run.document["interval"] == later[0].document["interval"]

    def given_way_to_none(self) -> list[AuditedEntry]:
        """Expiries that withdraw a release for a run that is not in the log."""
        runs = {entry.run_id for entry in self.runs()}
        return [
            entry
            for entry in self.entries
            if entry.kind == "expiry"
            and not entry.faults
            and entry.document.get("superseded_by", "") not in {"", *runs}
        ]


def _old_enough(run: Mapping[str, Any], name: str, before: str) -> bool:
    """A release is as old as the local date in its name, a quarantine as the end of its run's interval in its zone.

    No ledger is ever old enough. Reference tables that were kept are as soon as one of these is.
    """
    if name.startswith("references/"):
        return any(_old_enough(run, output["name"], before) for output in run["outputs"])
    if name.startswith("release/"):
        return name.removeprefix("release/date=")[:10] < before
    last = datetime.fromisoformat(run["interval"]["to"] or run["as_of"])
    try:
        local = zone(run["policy"]["policy"]["timezone"])
    except (OSError, ValueError):
        return False
    begins = datetime.fromisoformat(before).replace(tzinfo=local)
    return name.startswith("quarantine/") and last <= begins


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the intervals of two manifests have an instant in common; an open end has no limit."""
    (begin, end), (from_, to) = span(one), span(other)
    return begin < to and from_ < end


def span(document: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """A run's interval; where it has no start or end, the first or last instant there is."""
    interval = document["interval"]
    begin = datetime.fromisoformat(interval["from"]) if interval["from"] else datetime.min.replace(tzinfo=UTC)
    return begin, datetime.fromisoformat(interval["to"]) if interval["to"] else datetime.max.replace(tzinfo=UTC)


def zone(name: str) -> ZoneInfo:
    """A time zone of the pinned tzdata package. Raises `OSError` or `ValueError` where it has none of that name."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def entry_name(number: int) -> str:
    """The file name of the entry with that number."""
    return f"{number:012d}.entry"


def read_audited_log(log: Path) -> AuditedLog:
    """Every file of the log's folder; a folder that is missing, or is a link, has no entries."""
    names = sorted(path.name for path in log.iterdir()) if log.is_dir() and not log.is_symlink() else []
    wanted = [name for name in names if re.fullmatch(r"[0-9]{12}\.entry", name)]
    entries = tuple(_read(log / name, int(name[:12])) for name in wanted)
    return AuditedLog(entries, tuple(name for name in names if name not in wanted))


def _read(path: Path, number: int) -> AuditedEntry:
    if not stat.S_ISREG(path.lstat().st_mode):
        return AuditedEntry(number, path.name, b"", b"", faults=("is not a plain file",))
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
    """The manifest and what is wrong with it; an empty one where the bytes are not a JSON object."""
    try:
        document = json.loads(manifest)
        again = canonical(document)
        faults = list(faults_of(document)) if isinstance(document, dict) else []
    except (ValueError, RecursionError):
        return {}, ["has no readable manifest"]
    if not isinstance(document, dict):
        return {}, ["has no readable manifest"]
    return document, faults if again == manifest else ["has a manifest that is not canonical JSON", *faults]


def canonical(document: Any) -> bytes:
    """The one spelling of a document: keys sorted, no spaces, UTF-8 (specification#canonical-json)."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
