"""The job: where a run's inputs, keys, policy and store lie, read strictly from JOB.toml (SPEC 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictStr

from offduty.config.key_files import KEY_DIGITS
from offduty.config.policy import Policy
from offduty.config.toml_reader import Expectation, Section, parse, read_toml
from offduty.core.errors import UsageError
from offduty.core.locations import Location, is_object, store_address, store_location

SELECTED = "selected from a database"
"""The folder in which a table of a database is laid down as a file, which tells it from one that somebody calls the
same.
"""


def _names_something(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise ValueError("names no file")
    return text


def _not_a_key(text: str) -> str:
    if KEY_DIGITS.fullmatch(text.strip()):
        raise ValueError("the key itself")
    return text


Name = Annotated[StrictStr, AfterValidator(_names_something)]
MANY = Expectation("a file, a glob or a folder, as text")
KEY_FILE = Expectation("the name of a file that holds a key, not a key", secret=True)

Many = Annotated[Name, MANY]
File = Annotated[Name, Expectation("the name of a file, as text")]
KeyFileName = Annotated[Name, AfterValidator(_not_a_key)]


class InputsSection(Section):
    """What the run reads: for each table a file, a glob or a folder."""

    pings: Many = Field(description="The positions: one row per fix of a device.", examples=["pings/*.parquet"])
    assignments: Many = Field(description="Who held which device, from when to when.", examples=["assignments.csv"])
    roster: Many = Field(description="Every recorded version of every shift.", examples=["roster.csv"])
    places: Many = Field(
        description="The protected places: homes, and anywhere else nobody may be located.", examples=["places.geojson"]
    )
    sites: Annotated[Name | None, MANY] = Field(
        default=None,
        description='The workplaces, such as stations; may be left out where the policy has legs.rule = "off".',
        examples=["sites.geojson"],
    )


class KeysSection(Section):
    """Where the secrets lie: each a file of 64 hex digits that only its owner can read."""

    pseudonym: Annotated[KeyFileName, KEY_FILE] = Field(
        description="The key that turns officers into pseudonyms: whoever holds it can undo them.",
        examples=["pseudonym.key"],
    )
    signing: Annotated[KeyFileName | None, KEY_FILE] = Field(
        default=None,
        description="The key that signs the log; may be left out, and the log is then unsigned.",
        examples=["signing.key"],
    )


class OutputSection(Section):
    """Where the run publishes."""

    store: Annotated[Name, Expectation("the name of a folder, as text")] = Field(
        description="The folder, or address in an object store, with the log and every run's release, ledger and quarantine.",
        examples=["store"],
    )


class JobDocument(Section):
    """A job as it is written; `Job` is the same with its paths found."""

    policy: File = Field(
        description="The file with the rules: the document that the workforce was consulted on.",
        examples=["policy.toml"],
    )
    inputs: InputsSection
    keys: KeysSection
    output: OutputSection


@dataclass(frozen=True)
class JobPath:
    """A place in the file system as the job names it.

    `raw` is the text as written, the only part that may be a glob; `folder` is the job's own folder, to be taken
    literally even where its name holds a bracket or a star.
    """

    raw: str
    folder: Path

    @property
    def path(self) -> Path:
        """`raw` under the job's folder; an absolute `raw` stands for itself. `UsageError` where it is in an object
        store.
        """
        if is_object(self.raw):
            raise UsageError(
                "what must be a file or a folder on this machine is named by an address in an object store"
            )
        return self.folder / self.raw

    @property
    def location(self) -> Location:
        """The same of a store, which may lie in an object store; `UsageError` where its address is none."""
        return store_address(self.raw) if is_object(self.raw) else self.path


@dataclass(frozen=True)
class JobInputs:
    """The tables a run reads; `sites` may be missing."""

    pings: JobPath
    assignments: JobPath
    roster: JobPath
    places: JobPath
    sites: JobPath | None


@dataclass(frozen=True)
class JobKeys:
    """The key files; a missing `signing` leaves the log unsigned."""

    pseudonym: JobPath
    signing: JobPath | None


@dataclass(frozen=True)
class Job:
    """Where a run reads and writes; frozen. Nothing is opened but the job file itself."""

    file: Path
    policy: JobPath
    inputs: JobInputs
    keys: JobKeys
    store: JobPath

    @classmethod
    def load(cls, path: Path | str) -> Job:
        """The job in a file; `UsageError` names the file, each wrong key, what was expected and what was found."""
        path = Path(path)
        return cls.from_dict(read_toml(path), path)

    @classmethod
    def of(cls, job: Path | str | Job) -> Job:
        """A job that is at hand already as it is, and any other by `load`."""
        return job if isinstance(job, Job) else cls.load(job)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], path: Path | str) -> Job:
        """The job in a mapping, as strict as `load`; its paths are relative to the folder of `path`."""
        path = Path(path).absolute()
        written = parse(JobDocument, document, path.name)
        inputs, keys = written.inputs, written.keys

        def where(raw: str) -> JobPath:
            return JobPath(raw, path.parent)

        return cls(
            file=path,
            policy=where(written.policy),
            inputs=JobInputs(
                pings=where(inputs.pings),
                assignments=where(inputs.assignments),
                roster=where(inputs.roster),
                places=where(inputs.places),
                sites=None if inputs.sites is None else where(inputs.sites),
            ),
            keys=JobKeys(
                pseudonym=where(keys.pseudonym),
                signing=None if keys.signing is None else where(keys.signing),
            ),
            store=where(written.output.store),
        )

    def with_store(self, store: Path | str) -> Job:
        """The same job with another store, as `--store` asks; a relative one is relative to the working folder."""
        store_location(store)
        return replace(self, store=JobPath(str(store), Path.cwd()))


def check_job(job: Job, policy: Policy) -> None:
    """Refuse a job that cannot answer its policy: anchored legs are proven by sites (SPEC 5), so they must be named."""
    if policy.legs.rule == "anchored" and job.inputs.sites is None:
        raise UsageError(
            'inputs.sites is missing: the policy has legs.rule = "anchored", which needs sites;'
            ' name them, or have the policy say legs.rule = "off"',
            file=job.file.name,
        )
