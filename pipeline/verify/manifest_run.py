"""What an entry of a run or a trial must look like: what was asked and read, what was decided, and what was left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import FailFast, Field

from offduty.verify.manifest_declarations import Declarations
from offduty.verify.manifest_parts import (
    MOST_KEYS,
    Hex32,
    Hex64,
    Instant,
    ManifestPart,
    Texts,
    Version,
    Whole,
)
from offduty.verify.manifest_policy import Percent, PolicyDocument, Seconds
from offduty.verify.manifest_texts import (
    CountOfOddRows,
    InputName,
    InstantOrEmpty,
    LedgerName,
    OutputName,
    Phrase,
    SealedName,
)

RunKind = Literal["run", "heartbeat"]
TableName = Literal["pings", "assignments", "roster", "places", "sites"]
ReferenceName = Literal["assignments", "roster", "places", "sites"]
RUNS: tuple[str, ...] = get_args(RunKind)
"""The kinds of entries that are a run."""
TRIAL = "trial"
TABLE_NAMES: tuple[str, ...] = get_args(TableName)


class KeyFingerprints(ManifestPart):
    """A fingerprint of each secret key: enough to distinguish two."""

    pseudonym: Hex32 = Field(default_factory=str)
    signing: Hex32 = Field(default_factory=str)


class RunInterval(ManifestPart):
    """What the run decided: from inclusive, to exclusive; empty where the interval has no such end."""

    begin: InstantOrEmpty = Field(alias="from")
    end: InstantOrEmpty = Field(alias="to")


class InputEntry(ManifestPart):
    """A file that was read; ledger and quarantine name it by its number, `file`."""

    file: Whole
    table: TableName
    name: InputName
    sha256: Hex64
    bytes: Whole
    rows: Whole


class OutputEntry(ManifestPart):
    """A file that was published with this manifest."""

    name: OutputName
    sha256: Hex64
    bytes: Whole
    rows: Whole


class LedgerEntry(ManifestPart):
    """A file that a trial left: a part of its ledger, and never of a release."""

    name: LedgerName
    sha256: Hex64
    bytes: Whole
    rows: Whole


class RefusedRow(ManifestPart):
    """A row of a reference table that could not be read; each only hides more."""

    table: TableName
    file: Whole
    row: Whole
    why: Phrase


class ReasonCounts(ManifestPart):
    """How many input rows of the interval had each reason."""

    unassigned: Whole
    shared: Whole
    off_duty: Whole
    late_edit: Whole
    window_open: Whole
    imprecise: Whole
    no_home: Whole
    protected_place: Whole
    home_leg: Whole
    duplicate: Whole
    on_duty: Whole


class QuarantineCounts(ManifestPart):
    """How many rows went to the quarantine for each reason."""

    no_device: Whole
    bad_time: Whole
    future_time: Whole
    bad_position: Whole


class ColumnsByTable(ManifestPart):
    """Columns of the inputs, for each table that has some."""

    pings: Texts = Field(default_factory=list)
    assignments: Texts = Field(default_factory=list)
    roster: Texts = Field(default_factory=list)
    places: Texts = Field(default_factory=list)
    sites: Texts = Field(default_factory=list)


class RowsByTable(ManifestPart):
    """Numbers of rows, for each reference table that has some."""

    assignments: Whole = 0
    roster: Whole = 0
    places: Whole = 0


class NamesByTable(ManifestPart):
    """Numbers of names of files and folders, for each table that has some."""

    pings: Whole = 0
    assignments: Whole = 0
    roster: Whole = 0
    places: Whole = 0
    sites: Whole = 0


class ReferenceEntry(ManifestPart):
    """What a run knew of one reference table, whatever the order of its rows; digests need the pseudonym key."""

    known: Whole = Field(description="How many rows were known at as_of.")
    doubtful: Whole = Field(description="How many of them may have been recorded after as_of: by a bare date.")
    digest: Hex64 = Field(description="Digest of the known rows.")
    touching: Hex64 = Field(description="Digest of the known rows that could touch the run.")


class ReportedRow(ManifestPart):
    """A row that was read and has something odd; no place and no site, whose row number could be a home."""

    table: Literal["assignments", "roster"]
    file: Whole
    row: Whole
    why: Phrase


class RunTiming(ManifestPart):
    """How the positions lie in time; what there are too few positions for is left out."""

    usual_gap_s: Seconds = Field(default=0, description="The median time between two useful positions on duty.")
    silent_percent: Percent = Field(
        default=0, description="The share of duty time that lies in gaps longer than legs.max_gap_s."
    )
    released_percent: dict[Literal["300", "600", "900", "1800"], Percent] = Field(
        default_factory=dict,
        description="What each choice of legs.max_gap_s would release of the positions off sites, by seconds.",
    )
    around_duty_percent: dict[Literal["before", "first", "last", "after"], Whole] = Field(
        default_factory=dict,
        description="Positions in the hour before duty, its first and its last hour, and the hour after it; 100 is the"
        " fuller one of the two hours of duty.",
    )


class RunVersions(ManifestPart):
    """The versions that a run was made with: all of them."""

    offduty: Version
    duckdb: Version
    pyarrow: Version
    shapely: Version
    tzdata: Version
    python: Version
    geos: Version
    proj: Version


class SealedFile(ManifestPart):
    """One reference table that was kept, sealed: the number of the input that is in it, and its own hash and size."""

    file: Whole
    name: SealedName
    sha256: Hex64
    bytes: Whole

    @property
    def is_named_by_itself(self) -> bool:
        """Whether the name says nothing but the number and the hash; older versions named the number alone."""
        start = f"references/{self.file:05}"
        return self.name in (f"{start}.age", f"{start}-{self.sha256[:16]}.age")


class SealedTables(ManifestPart):
    """The reference tables that a run kept, and the public key of who can open them."""

    recipient: Annotated[str, Field(pattern="^(age1[02-9ac-hj-np-z]{58})?$")] = ""
    files: Annotated[list[SealedFile], FailFast()] = Field(default_factory=list)


class DecidedManifest(ManifestPart):
    """What a run and a trial record of what they were asked and what they decided."""

    run_id: Hex32 = Field(
        description="Derived from the files of pings, the reference rows that could touch the run, declarations,"
        " policy, keys' fingerprints, interval, as_of and version."
    )
    question: Hex32 = Field(description="Derived from all of these but as_of: the same question may be asked later.")
    as_of: Instant = Field(description="The knowledge time of the run.")
    interval: RunInterval
    policy: PolicyDocument
    policy_sha256: Hex64 = Field(description="SHA-256 of the policy as canonical JSON.")
    keys: KeyFingerprints
    inputs: Annotated[list[InputEntry], FailFast()] = Field(description="Every file that was read.")
    counts: ReasonCounts
    quarantined: QuarantineCounts
    columns_ignored: ColumnsByTable = Field(description="Columns of the inputs that no contract knows, by table.")
    columns_read_as_utc: ColumnsByTable = Field(
        default_factory=ColumnsByTable,
        description="Until version 0.1.0: columns in which instants without an offset were read as UTC, by table.",
    )
    declarations: Declarations = Field(
        default_factory=Declarations, description="How the tables are written, as the job declares it."
    )
    references: dict[ReferenceName, ReferenceEntry] = Field(
        default_factory=dict, description="What the run knew of each reference table. Early entries have none."
    )
    refused: Annotated[list[RefusedRow], FailFast()] = Field(description="Reference rows that could not be read.")
    reported: Annotated[list[ReportedRow], FailFast()] = Field(
        default_factory=list, description="Reference rows that were read and have something odd."
    )
    reported_counts: dict[TableName, Annotated[dict[Phrase, CountOfOddRows], Field(max_length=MOST_KEYS)]] = Field(
        default_factory=dict, description="How many rows have something odd, by table: numbers under ten are not given."
    )
    after_as_of: Whole = Field(
        default=0, description="How many rows of pings lie in the interval and after as_of: a later run decides them."
    )
    recorded_after_as_of: RowsByTable = Field(
        default_factory=RowsByTable, description="How many reference rows were recorded after as_of."
    )
    telling_columns: Annotated[dict[str, Literal["grows", "free_text"]], Field(max_length=MOST_KEYS)] = Field(
        default_factory=dict, description="Extra columns that tell more than their values, by name."
    )
    without_record_times: Annotated[list[Literal["assignments", "places"]], Field(max_length=2)] = Field(
        default_factory=list, description="The tables of which some row has no record time."
    )
    taking_codes: Texts = Field(
        default_factory=list,
        description="The duty codes that take duty away and that ten officers have; others stands for all others.",
    )
    timing: RunTiming = Field(
        default_factory=RunTiming, description="How the positions lie in time, in whole numbers; for people."
    )
    names_passed_over: NamesByTable = Field(
        default_factory=NamesByTable,
        description="How many names of files and folders that begin with . or _ were passed over, by table.",
    )
    files_left_out: Whole = Field(
        default=0,
        description="How many files of pings were not read: they can hold no row of the interval and its context.",
    )
    context_days: RunInterval = Field(
        default_factory=lambda: RunInterval.model_validate({"from": "", "to": ""}),
        description="The whole days of UTC in which the interval and its context lie; an open end is empty.",
    )
    sealed: SealedTables = Field(
        default_factory=SealedTables,
        description="The reference tables that were kept, sealed for an auditor; most runs keep none.",
    )
    open_windows: Whole = Field(description="How many duty windows of the interval had not ended at as_of.")
    last_recorded_at: InstantOrEmpty = Field(
        description="The newest record time in the roster; empty where there is none."
    )
    versions: RunVersions

    def contradictions(self) -> Iterator[str]:
        """What is wrong between the parts, each of which is valid by itself."""
        if [source.file for source in self.inputs] != list(range(len(self.inputs))):
            yield "inputs are not numbered one by one"
        wanted = set(TABLE_NAMES) - ({"sites"} if self.policy.legs.rule == "off" else set())
        wanted -= {"pings"} if self.files_left_out else set()
        if wanted - {source.table for source in self.inputs}:
            yield "a table has no input at all"
        tables = [source.file for source in self.inputs if source.table != "pings"]
        if self.sealed.recipient and [file.file for file in self.sealed.files] != tables:
            yield "the tables that were kept are not those that were read"
        if not all(file.is_named_by_itself for file in self.sealed.files):
            yield "a table that was kept has a name of its own, and not its number and hash"
        refused = {(row.table, row.file, row.row, row.why) for row in self.refused}
        if len(refused) < len(self.refused):
            yield "a refused row is there twice"
        reported = {(row.table, row.file, row.row, row.why) for row in self.reported}
        if len(reported) < len(self.reported):
            yield "a reported row is there twice"
        begin, end = self.interval.begin, self.interval.end
        if begin and end and datetime.fromisoformat(begin) >= datetime.fromisoformat(end):
            yield "the interval ends before it begins"


class RunManifest(DecidedManifest):
    """A run, or a heartbeat: a run that found nothing in its interval."""

    kind: RunKind
    outputs: Annotated[list[OutputEntry], FailFast()] = Field(description="Every file that was published.")

    def contradictions(self) -> Iterator[str]:
        """What is wrong between the parts, each of which is valid by itself."""
        yield from _out_of_order([output.name for output in self.outputs])
        yield from super().contradictions()


class TrialManifest(DecidedManifest):
    """A trial: a policy was tried out, and nothing was released. Its `run_id` is that of no run."""

    kind: Literal["trial"]
    about: Literal["made_up", "many"] = Field(
        description="Why it was allowed: its pseudonym key is that of made-up forces, or a hundred officers on 28 days"
        " would have a released position."
    )
    outputs: Annotated[list[LedgerEntry], FailFast()] = Field(description="The files of its ledger.")

    def contradictions(self) -> Iterator[str]:
        """What is wrong between the parts, each of which is valid by itself."""
        yield from _out_of_order([output.name for output in self.outputs])
        yield from super().contradictions()


def _out_of_order(names: list[str]) -> Iterator[str]:
    if names != sorted(set(names)):
        yield "outputs are not in order, or one is there twice"


REASONS = tuple(ReasonCounts.model_fields)
"""The words of a ledger, in the order in which they are decided."""
QUARANTINED = tuple(QuarantineCounts.model_fields)
"""The words of a quarantine."""
