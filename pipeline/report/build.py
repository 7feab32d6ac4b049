"""Builds the report page (what was released, what was hidden and why), and one officer's own copy.

`report` and `own_copy` list their steps in order. Neither writes a file: `offduty.cli.write_file` does, readable by the
owner only.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from offduty.config.job import Job
from offduty.config.key_files import load_pseudonym_key
from offduty.config.policy import Policy
from offduty.core.errors import UsageError
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.ingest.duckdb_session import open_engine
from offduty.ingest.early_names import find_quietly
from offduty.ingest.inputs import REFERENCES
from offduty.ingest.reference_files import read_reference
from offduty.ingest.source_file import Source
from offduty.ingest.sources import fingerprint
from offduty.pages.language import ENGLISH, Language
from offduty.report.content import ReportContent, print_counts, print_tables, printed_report_at, span_of
from offduty.report.data.counts import ReportCounts, count_outcomes, runs_to_leave_out
from offduty.report.data.coverage import Coverage, measure_coverage
from offduty.report.data.map_cells import CoarseMap, build_map
from offduty.report.data.previous_report import PreviousReport, PrintedReport, read_previous
from offduty.report.data.published import is_stored
from offduty.report.data.select_runs import SelectedRuns, all_runs, select_runs
from offduty.report.data.timestamps import OpenInputs
from offduty.report.data.verification import NOTHING_MORE, VerificationEvidence
from offduty.report.render import render
from offduty.report.subject_access import collect
from offduty.report.subject_access.page import own_copy_page
from offduty.runs.request import instant_of
from offduty.transparency.log import LogEntry, read_log
from offduty.verify.auditor import Auditor, verify
from offduty.verify.verdict import Check, Status

Watch = Callable[[str], None]
"""Is called with what is being done, in words."""


@dataclass(frozen=True)
class ReportRequest:
    """Which runs of a store a report is about, and with which inputs.

    All runs; those over the time from ``start`` to ``end`` (instants, or dates in the zone of the newest policy); or
    the run that ``run_id`` names. ``inputs`` is the job whose inputs may be read; without it only the store is.
    """

    store: Path
    start: str | None = None
    end: str | None = None
    run_id: str | None = None
    inputs: Path | Job | None = None


@dataclass(frozen=True)
class RenderedReport:
    """A page, how many runs it counts, how many are superseded or left out, and the checks (None: not verified)."""

    html: bytes
    counted: int
    superseded: int
    left_out: int
    checks: Sequence[Check] | None

    @property
    def failed(self) -> bool:
        """Whether the store failed a check."""
        return any(check.status is Status.FAIL for check in self.checks or ())


def report(
    request: ReportRequest,
    *,
    since: Path | None = None,
    evidence: VerificationEvidence | None = NOTHING_MORE,
    language: Language = ENGLISH,
    now_us: int | None = None,
    watch: Watch = lambda doing: None,
) -> RenderedReport:
    """The report as a page in ``language``; what `verify` says stays in English.

    ``since`` is an earlier report or a checkpoint to compare with. Without ``evidence`` the store is not verified, and
    the page says so. Raises an `OffdutyError` where the store, the inputs, ``since`` or a file of the evidence cannot
    be read, or where no run can be counted.
    """
    # 1. Select the runs, count, and close the inputs again.
    entries = _entries(request.store)
    previous = None if since is None else read_previous(since)
    interval = _interval(request, entries)
    figures = _figures(request, select_runs(entries, interval, request.run_id), language, watch)
    runs = figures.runs

    # 2. Build the map, and verify the store.
    watch("drawing the map")
    map_ = _map(runs, request.store)
    checks = _checks(request, evidence, since if previous and previous.printed is None else None, runs, watch)

    # 3. Print: from here on there are no exact counts by outcome.
    time_of_report = interval if request.run_id is None else span_of(runs)
    content = ReportContent(
        entries=entries,
        single_run=request.run_id is not None,
        runs=runs,
        made_us=_now_us(now_us),
        printed=print_counts(figures.exact),
        tables=print_tables(figures.exact),
        timed=figures.exact.timed,
        inputs_given=request.inputs is not None,
        deleted_releases=_deleted_releases(runs, request.store),
        coverage=figures.coverage,
        same_tables=figures.same_tables,
        map=map_,
        checks=checks,
        previous=previous,
        previously_printed=_previously_printed(previous, entries, time_of_report, runs.zone),
        language=language,
    )
    return RenderedReport(render(content), len(runs.counted), len(runs.superseded), len(runs.left_out), checks)


@dataclass(frozen=True)
class _Figures:
    """The runs that count, and what was counted for them, exactly. ``coverage`` is None without inputs."""

    runs: SelectedRuns
    exact: ReportCounts
    coverage: Coverage | None
    same_tables: bool


def _figures(request: ReportRequest, selected: SelectedRuns, language: Language, watch: Watch) -> _Figures:
    """Count the outcomes of the positions, and what the reference tables do not cover.

    A run of which only a part counts is left out where its rows have no known times.
    """
    with _open_inputs(request) as opened:
        inputs = None if opened is None else opened.inputs
        runs = _without_partial_runs(selected, inputs, request.store)
        watch(f"counting {_runs_in_words(len(runs.counted))}")
        exact = count_outcomes(runs, inputs, request.store, runs.zone, language)
        coverage = None if opened is None else _coverage(opened, runs)
        same_tables = opened is not None and opened.same_tables_as(runs.newest.document)
    return _Figures(runs, exact, coverage, same_tables)


@dataclass(frozen=True)
class OwnCopy:
    """One officer's own copy, as a page and as CSV; ``rows`` is how many released positions it lists."""

    html: bytes
    csv: bytes
    rows: int


def own_copy(
    request: ReportRequest,
    officer: str,
    *,
    language: Language = ENGLISH,
    now_us: int | None = None,
    watch: Watch = lambda doing: None,
) -> OwnCopy:
    """What was released of one officer's positions, under which roster entries, and the reasons of all of them.

    Needs the job: its key finds the officer's pseudonyms, and its roster the entries. Every run over the time is
    searched, also superseded ones: what they released was released. The page is in ``language``; the CSV has no words.
    Raises `UsageError`, without the officer's id,
    where no table of the job names the officer.
    """
    # 1. Find the runs, the key, and the tables that name the officer.
    entries = _entries(request.store)
    runs = collect.runs_to_consult(entries, _interval(request, entries), request.run_id)
    with _open_inputs(request) as opened:
        if opened is None:
            raise UsageError(
                "--officer needs --inputs JOB.toml: the own copy is made with the job's key and its roster"
            )
        key = load_pseudonym_key(opened.job.keys.pseudonym.path)
        collect.check_known(officer, opened.tables)

        # 2. Find the released rows with the officer's pseudonym of each period.
        watch(f"searching {_runs_in_words(len(runs))}")
        withdrawn = collect.withdrawn_runs(entries)
        found = collect.find_positions(runs, request.store, key, officer, opened.tables, opened.inputs, withdrawn)

        # 3. Count the reasons for devices while they were assigned to the officer only.
        watch("counting what was hidden")
        outcomes = collect.count_outcomes(runs, request.store, opened.inputs, officer, opened.tables)
    page = own_copy_page(found, outcomes, officer, _now_us(now_us), language)
    return OwnCopy(page, collect.as_csv(found), len(found.rows))


@dataclass(frozen=True)
class _OpenedInputs:
    """A job's inputs, opened; ``tables`` are its reference tables."""

    job: Job
    inputs: OpenInputs
    tables: Mapping[str, pa.Table]

    def same_tables_as(self, document: Mapping[str, Any]) -> bool:
        """Whether the run with this manifest read exactly these reference tables."""
        read = {entry["sha256"] for entry in document["inputs"] if entry["table"] in REFERENCES}
        given = {sha256 for sha256, source in self.inputs.by_sha256.items() if source.table in REFERENCES}
        return read == given


@contextmanager
def _open_inputs(request: ReportRequest) -> Iterator[_OpenedInputs | None]:
    """The job's inputs with their SHA-256; temporary files are in a private folder, which is deleted at the end."""
    if request.inputs is None:
        yield None
        return
    job = Job.of(request.inputs)
    sources = find_quietly(job.inputs)
    with (
        tempfile.TemporaryDirectory(prefix="offduty-") as folder,
        open_engine(sources, Path(folder), 1, 1_000) as engine,
    ):
        declared = job.inputs.declared
        tables = {table: read_reference(engine, table, sources).rows for table in REFERENCES}
        yield _OpenedInputs(job, OpenInputs(_by_sha256(sources), engine, declared), tables)


def _now_us(given: int | None) -> int:
    return time.time_ns() // 1000 if given is None else given


def _runs_in_words(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


def _by_sha256(sources: list[Source]) -> dict[str, Source]:
    return {fingerprint(source).sha256: source for source in sources}


def _entries(store: Path) -> list[LogEntry]:
    if not (store / "log").is_dir():
        raise UsageError(
            "this is not a store: a store is a folder that contains a folder called log", file=store.name or "STORE"
        )
    entries = read_log(store / "log")
    if not any(entry.is_run for entry in entries):
        raise UsageError("the store has no run yet, so there is nothing to report", file=store.name or "STORE")
    return entries


def _interval(request: ReportRequest, entries: Sequence[LogEntry]) -> Interval:
    """The time requested; dates are in the time zone of the newest policy."""
    zone = str(all_runs(entries)[-1].document["policy"]["policy"]["timezone"])
    interval = Interval(
        NEVER_US if request.start is None else instant_of(request.start, zone, "--from"),
        FOREVER_US if request.end is None else instant_of(request.end, zone, "--to"),
    )
    if interval.from_us >= interval.to_us:
        raise UsageError("--from must be earlier than --to, which is the first instant after the interval")
    return interval


def _without_partial_runs(selected: SelectedRuns, inputs: OpenInputs | None, store: Path) -> SelectedRuns:
    selected = selected.without(runs_to_leave_out(selected, inputs, store))
    if not selected.counted:
        raise UsageError(
            "that time covers only parts of runs, and which rows are in them is not known without their inputs:"
            " give --inputs JOB.toml, or whole intervals of runs"
        )
    return selected


def _coverage(opened: _OpenedInputs, selected: SelectedRuns) -> Coverage:
    policy = Policy.load(opened.job.policy.path)
    as_of_us = max(run.as_of_us for run in selected.counted)
    written = opened.inputs.written(policy.as_document())
    return measure_coverage(opened.tables, written, span_of(selected), as_of_us, policy.legs.max_site_km2)


def _deleted_releases(selected: SelectedRuns, store: Path) -> int:
    return sum(1 for run in selected.counted if not is_stored(store, run, "release"))


def _map(selected: SelectedRuns, store: Path) -> CoarseMap | None:
    return None if _deleted_releases(selected, store) else build_map(selected.counted, store)


def _checks(
    request: ReportRequest,
    evidence: VerificationEvidence | None,
    checkpoint: Path | None,
    selected: SelectedRuns,
    watch: Watch,
) -> Sequence[Check] | None:
    """The checks of the store; None where it is not to be verified."""
    if evidence is None:
        return None
    watch("verifying the store")
    run_id = selected.newest.run_id if request.run_id is not None else None
    auditor = Auditor(keys=evidence.keys, since=checkpoint, inputs=request.inputs, policy=evidence.policy)
    return verify(request.store, auditor, run=run_id).checks


def _previously_printed(
    previous: PreviousReport | None, entries: Sequence[LogEntry], time_of_report: Interval, zone: str
) -> PrintedReport | None:
    """What the earlier report printed, or what a report would have printed when the log was at the checkpoint."""
    if previous is None or previous.printed is not None:
        return None if previous is None else previous.printed
    return printed_report_at(entries[: previous.size], time_of_report, zone, previous.description)
