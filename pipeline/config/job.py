"""Reads the job strictly from JOB.toml: where the inputs, the keys, the policy and the store of a run are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from offduty.config.declarations import TableDeclaration
from offduty.config.expect import ExpectSection
from offduty.config.job_document import InputsSection, JobDocument
from offduty.config.job_paths import JobInputs, JobPath
from offduty.config.toml_reader import parse, read_toml
from offduty.core.locations import store_location


@dataclass(frozen=True)
class JobKeys:
    """The key files; without `signing` the log is unsigned."""

    pseudonym: JobPath
    signing: JobPath | None


@dataclass(frozen=True)
class Job:
    """Where a run reads and writes; frozen. Only the job file itself is opened here.

    >>> tables = {name: f"{name}.csv" for name in ("pings", "assignments", "roster", "places", "sites")}
    >>> document = {"policy": "policy.toml", "inputs": tables, "keys": {"pseudonym": "pseudonym.key"},
    ...     "output": {"store": "store"}}
    >>> job = Job.from_dict(document, "demo/job.toml")
    >>> job.store.path.name, job.keys.signing
    ('store', None)
    """

    file: Path
    policy: JobPath
    inputs: JobInputs
    keys: JobKeys
    store: JobPath
    expect: ExpectSection = field(default_factory=ExpectSection)
    keep_references: str = ""
    """For whom the reference tables are sealed and kept; empty: they are not."""

    @classmethod
    def load(cls, path: Path | str) -> Job:
        """Read a job file; `UsageError` names the file, each wrong key, what was expected and what was found."""
        path = Path(path)
        return cls.from_dict(read_toml(path, "job.toml"), path)

    @classmethod
    def of(cls, job: Path | str | Job) -> Job:
        """The job itself where it is a `Job` already, otherwise the job file that is named."""
        return job if isinstance(job, Job) else cls.load(job)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], path: Path | str) -> Job:
        """Read a mapping as strictly as `load`; its paths are relative to the folder of `path`, which may not exist."""
        path = Path(path).absolute()
        written = parse(JobDocument, document, path.name)
        inputs, keys = written.inputs, written.keys

        def where(raw: str) -> JobPath:
            return JobPath(raw, path.parent)

        return cls(
            file=path,
            policy=where(written.policy),
            inputs=JobInputs(
                pings=where(inputs.pings.path),
                assignments=where(inputs.assignments.path),
                roster=where(inputs.roster.path),
                places=where(inputs.places.path),
                sites=None if inputs.sites is None else where(inputs.sites.path),
                declared=_declared(inputs),
            ),
            keys=JobKeys(
                pseudonym=where(keys.pseudonym),
                signing=None if keys.signing is None else where(keys.signing),
            ),
            store=where(written.output.store),
            expect=written.expect,
            keep_references=written.output.keep_references or "",
        )

    def with_store(self, store: Path | str) -> Job:
        """The same job with another store (`--store`); a relative path is relative to the working folder."""
        store_location(store)
        return replace(self, store=JobPath(str(store), Path.cwd()))


def _declared(inputs: InputsSection) -> dict[str, TableDeclaration]:
    """How each table is written, by its name; a table that the job does not name has no declaration."""
    tables = {name: getattr(inputs, name) for name in InputsSection.model_fields}
    return {name: table.declaration() for name, table in tables.items() if table is not None}
