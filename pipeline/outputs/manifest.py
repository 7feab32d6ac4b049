"""Writes the manifest: what a run was, in canonical JSON, without a position, a person or an absolute path.

Rules: specification#manifest, specification#canonical-json, specification#run-id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from offduty.config.policy import Policy, deciding_sha256
from offduty.core.canonical_json import canonical_json
from offduty.core.instants import FIRST_US, FOREVER_US, LAST_US, NEVER_US, instant, iso_text
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.core.refusal import Refusal
from offduty.core.versions import version, versions
from offduty.ingest.source_file import Source
from offduty.ingest.sources import Fingerprint
from offduty.outputs.reference_digests import ReferenceDigests
from offduty.outputs.sealed_tables import StoredTables
from offduty.transparency.entries import TRIAL

DAY_US = 86_400_000_000
ALWAYS = Interval(NEVER_US, FOREVER_US)


@dataclass(frozen=True)
class OutputFile:
    """One file that a run wrote: its name within the run's folder, SHA-256, size in bytes and number of rows."""

    name: str
    sha256: str
    size: int
    rows: int


@dataclass(frozen=True)
class RunQuestion:
    """What a run was asked, without `as_of`. The same question as of the same instant has the same answer, to the byte.

    ``keys`` are the fingerprints of the keys by their use, never the keys themselves. ``references`` are the digests of
    the reference tables by name: the question depends on the rows that could touch the run, and not on the files.
    """

    sources: tuple[tuple[Source, Fingerprint], ...]
    policy: Policy
    keys: Mapping[str, str]
    interval: Interval
    declarations: Mapping[str, Any] = field(default_factory=dict)
    references: Mapping[str, ReferenceDigests] = field(default_factory=dict)

    def scope(self) -> dict[str, Any]:
        """The question without the inputs."""
        return {
            "policy_sha256": deciding_sha256(self.policy.as_document()),
            "keys": dict(self.keys),
            "interval": interval_document(self.interval),
            "declarations": dict(self.declarations),
            "version": version("offduty"),
        }

    def without_as_of(self) -> str:
        """A name for the whole question, without ``as_of``: 32 hex digits."""
        inputs = [
            [source.table, source.name, taken.sha256] for source, taken in self.sources if source.table == "pings"
        ]
        touching = {table: digests.touching for table, digests in self.references.items()}
        asked = {**self.scope(), "inputs": inputs, "references": touching}
        return sha256(canonical_json(asked)).hexdigest()[:32]

    def run_id(self, as_of_us: int) -> str:
        """The id of the run that answers the question as of an instant: 32 hex digits (specification#run-id)."""
        return sha256(canonical_json({"question": self.without_as_of(), "as_of": iso_text(as_of_us)})).hexdigest()[:32]

    def trial_id(self, as_of_us: int) -> str:
        """The id of the trial that answers the question as of an instant; never that of a run (specification#trial)."""
        asked = {"trial": self.without_as_of(), "as_of": iso_text(as_of_us)}
        return sha256(canonical_json(asked)).hexdigest()[:32]


def interval_document(interval: Interval) -> dict[str, str]:
    """The ends of an interval as instants; an open end is an empty text."""
    return {
        "from": "" if interval.from_us == NEVER_US else iso_text(interval.from_us),
        "to": "" if interval.to_us == FOREVER_US else iso_text(interval.to_us),
    }


def interval_of(document: Mapping[str, Any]) -> Interval:
    """The interval of a manifest: what `interval_document` made of it; an end that cannot be read is open."""
    begins, ends = (instant(document["interval"][end]) for end in ("from", "to"))
    return Interval(NEVER_US if begins is None else begins, FOREVER_US if ends is None else ends)


def context_days(context: Interval) -> Interval:
    """The whole days of UTC that a context lies in: when somebody's duty began stands in no manifest
    (specification#context-days).
    """
    first = context.from_us if context.from_us <= FIRST_US else context.from_us // DAY_US * DAY_US
    last = context.to_us if context.to_us > LAST_US else -(-context.to_us // DAY_US) * DAY_US
    return Interval(NEVER_US if first <= FIRST_US else first, FOREVER_US if last > LAST_US else last)


def context_days_of(document: Mapping[str, Any]) -> Interval:
    """The days of a run's context, by its manifest: all time where an older version wrote it, which read all files."""
    days = document.get("context_days", {"from": "", "to": ""})
    return interval_of({"interval": days})


@dataclass(frozen=True)
class RunFindings:
    """What a manifest says besides the question.

    ``rows_by_file`` are the rows of each input by its number. ``counts`` are rows by reason, ``quarantined`` rows by
    reason of the quarantine. ``ignored`` are names of columns by table. ``reported`` are rows that were read and mean
    more or less than they say; ``counted`` is how many such places and sites there are, by table and finding.
    ``unknown_yet`` is how many rows of each reference table were recorded after ``as_of``, ``after_as_of`` how many
    rows of pings in the interval lie after it. ``telling`` are extra columns that tell more than their values, by name.
    ``timeless`` are the tables of which some row has no record time. ``taking_codes`` are the codes that take duty away
    and that enough officers have. ``timing`` is how the positions lie in time (`offduty.runs.timing`).
    ``passed_over`` is how many names that begin with ``.`` or ``_`` each table passed over. ``left_out`` is how many
    files of pings can hold no row of the interval and its context, and ``context_days`` the days of the context.
    ``sealed`` are the reference tables that are kept, None where they are not. ``open_windows`` is how many duty
    windows of the interval had not ended at ``as_of``. ``last_recorded_us`` is when the newest roster row was recorded,
    or None.
    """

    rows_by_file: Mapping[int, int]
    outputs: tuple[OutputFile, ...]
    counts: Mapping[Reason, int]
    quarantined: Mapping[str, int]
    ignored: Mapping[str, Iterable[str]]
    refused: tuple[Refusal, ...]
    reported: tuple[Refusal, ...]
    counted: Mapping[str, Mapping[str, int]]
    unknown_yet: Mapping[str, int]
    after_as_of: int
    telling: Mapping[str, str]
    timeless: tuple[str, ...]
    open_windows: int
    last_recorded_us: int | None
    taking_codes: tuple[str, ...] = ()
    timing: Mapping[str, Any] = field(default_factory=dict)
    passed_over: Mapping[str, int] = field(default_factory=dict)
    left_out: int = 0
    context_days: Interval = ALWAYS
    sealed: StoredTables | None = None


def manifest(question: RunQuestion, as_of_us: int, found: RunFindings) -> bytes:
    """The manifest as it is written into the log. A run without any row in its interval is a heartbeat."""
    has_rows = any(found.counts.values()) or any(found.quarantined.values())
    named = {"kind": "run" if has_rows else "heartbeat", "run_id": question.run_id(as_of_us)}
    return canonical_json({**named, **_document(question, as_of_us, found)})


def trial_manifest(question: RunQuestion, as_of_us: int, found: RunFindings, about: str) -> bytes:
    """The manifest of a trial, whose outputs are its ledger alone; ``about`` says why it was allowed
    (specification#trial).
    """
    named = {"kind": TRIAL, "run_id": question.trial_id(as_of_us), "about": about}
    return canonical_json({**named, **_document(question, as_of_us, found)})


def _document(question: RunQuestion, as_of_us: int, found: RunFindings) -> dict[str, Any]:
    """What a run and a trial record."""
    return {
        "question": question.without_as_of(),
        "interval": interval_document(question.interval),
        "as_of": iso_text(as_of_us),
        "policy": question.policy.as_document(),
        "policy_sha256": question.policy.sha256,
        "keys": dict(question.keys),
        "inputs": [_input(source, taken, found) for source, taken in question.sources],
        "outputs": [
            {"name": output.name, "sha256": output.sha256, "bytes": output.size, "rows": output.rows}
            for output in sorted(found.outputs, key=lambda output: output.name)
        ],
        "declarations": dict(question.declarations),
        "references": {table: asdict(digests) for table, digests in question.references.items()},
        **findings_document(found),
        **({} if found.sealed is None else {"sealed": found.sealed.document()}),
        "versions": versions(),
    }


def findings_document(found: RunFindings) -> dict[str, Any]:
    """The part of a manifest that says what was found; it is known before anything is written."""
    return {
        "counts": {reason.word: found.counts.get(reason, 0) for reason in Reason},
        "quarantined": dict(found.quarantined),
        "columns_ignored": {table: sorted(names) for table, names in found.ignored.items()},
        "refused": [_row(refusal) for refusal in found.refused],
        "reported": [_row(refusal) for refusal in found.reported],
        "reported_counts": {
            table: {what: few(count) for what, count in counts.items()}
            for table, counts in found.counted.items()
            if counts
        },
        "recorded_after_as_of": dict(found.unknown_yet),
        "after_as_of": found.after_as_of,
        "telling_columns": dict(found.telling),
        "without_record_times": list(found.timeless),
        "taking_codes": list(found.taking_codes),
        "timing": dict(found.timing),
        "names_passed_over": dict(found.passed_over),
        "files_left_out": found.left_out,
        "context_days": interval_document(found.context_days),
        "open_windows": found.open_windows,
        "last_recorded_at": "" if found.last_recorded_us is None else iso_text(found.last_recorded_us),
    }


def _row(refusal: Refusal) -> dict[str, Any]:
    return {"table": refusal.table, "file": refusal.file, "row": refusal.row, "why": refusal.why}


FEW = 10


def few(count: int) -> str:
    """A count of places or sites as everybody may see it: one under ten could name a home (specification#silence)."""
    return f"fewer than {FEW}" if count < FEW else str(count)


def _input(source: Source, taken: Fingerprint, found: RunFindings) -> dict[str, Any]:
    return {
        "file": source.number,
        "table": source.table,
        "name": source.name,
        "sha256": taken.sha256,
        "bytes": taken.size,
        "rows": found.rows_by_file.get(source.number, 0),
    }
