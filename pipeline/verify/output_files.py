"""The output files of the runs that are checked: where each is stored, and the policy it was written by."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from offduty.verify.entries import AuditedEntry, AuditedLog


@dataclass(frozen=True)
class AuditedOutput:
    """One output file of a run, and what its policy says about it."""

    run: AuditedEntry
    name: str
    path: Path

    @property
    def part(self) -> str:
        """``release``, ``ledger`` or ``quarantine``."""
        return self.name.partition("/")[0]

    @property
    def policy(self) -> Mapping[str, Any]:
        """The rules of its run."""
        policy: Mapping[str, Any] = self.run.document["policy"]
        return policy

    @property
    def folder(self) -> tuple[int, str]:
        """The run and the folder that the file is in: rows are in order across the files of one folder."""
        return self.run.number, self.name.rpartition("/")[0]

    @cached_property
    def where(self) -> str:
        """How a finding names it."""
        return where(self.run, self.name)

    @cached_property
    def is_altered(self) -> bool:
        """Whether its bytes are not those that its entry names, as check 2.1 finds: it was changed after the run."""
        recorded: set[str] = {each["sha256"] for each in self.run.document["outputs"] if each["name"] == self.name}
        try:
            with self.path.open("rb") as file:
                return {hashlib.file_digest(file, "sha256").hexdigest()} != recorded
        except OSError:
            return True


def altered_outputs(store: Path, run: AuditedEntry) -> frozenset[str]:
    """The names of the outputs of a run that are there and have other bytes than its entry names."""
    files = ((each["name"], output_path(store, run, each["name"])) for each in run.document["outputs"])
    return frozenset(
        name for name, path in files if is_plain(store, path) and AuditedOutput(run, name, path).is_altered
    )


def has_altered(store: Path, run: AuditedEntry) -> bool:
    """Whether an output of a run that is there has other bytes than its entry names."""
    return bool(altered_outputs(store, run))


def outputs_of(store: Path, log: AuditedLog, runs: list[AuditedEntry]) -> Iterator[AuditedOutput]:
    """The outputs that are there as plain files; check 2.1 reports those that are not."""
    expired = log.expired()
    for run in runs:
        for output in run.document["outputs"]:
            path = output_path(store, run, output["name"])
            if output["name"] not in expired.get(run.run_id, ()) and is_plain(store, path):
                yield AuditedOutput(run, output["name"], path)


def complete_runs(store: Path, log: AuditedLog, runs: list[AuditedEntry]) -> list[AuditedEntry]:
    """The runs whose outputs are all there as plain files, except those that expired.

    Checks that need a whole run open only these.
    """
    expired = log.expired()
    return [
        run
        for run in runs
        if all(
            is_plain(store, output_path(store, run, output["name"]))
            for output in run.document["outputs"]
            if output["name"] not in expired.get(run.run_id, ())
        )
    ]


def output_path(store: Path, run: AuditedEntry, name: str) -> Path:
    """Where an output is stored (specification#store-layout)."""
    return store / "runs" / run.run_id / name


def where(run: AuditedEntry, name: str = "") -> str:
    """How a finding names a run, or a file of it."""
    return f"entry {run.number}" + (f", {name}" if name else "")


def is_plain(store: Path, path: Path) -> bool:
    """Whether a path below the store is a plain file in plain folders: no link and no pipe anywhere on the way."""
    for part in (*reversed(path.relative_to(store).parents[:-1]), path.relative_to(store)):
        try:
            mode = (store / part).lstat().st_mode
        except OSError:
            return False
        if not (stat.S_ISREG(mode) if store / part == path else stat.S_ISDIR(mode)):
            return False
    return True
