"""The output files of the runs that are looked at, each with the policy it was written by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from offduty.verify.checks.files import is_plain, output_path, where
from offduty.verify.entries import AuditedEntry, AuditedLog


@dataclass(frozen=True)
class AuditedOutput:
    """One output file of a run, and what its policy says of it."""

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
        """The run and the folder that it lies in: rows are in order across the files of one."""
        return self.run.number, self.name.rpartition("/")[0]

    @cached_property
    def where(self) -> str:
        """How a finding names it."""
        return where(self.run, self.name)


def outputs_of(store: Path, trail: AuditedLog, runs: list[AuditedEntry]) -> Iterator[AuditedOutput]:
    """The outputs that are there as plain files; those that are not are the concern of check 2."""
    expired = trail.expired()
    for run in runs:
        for output in run.document["outputs"]:
            path = output_path(store, run, output["name"])
            if output["name"] not in expired.get(run.run_id, ()) and is_plain(store, path):
                yield AuditedOutput(run, output["name"], path)
