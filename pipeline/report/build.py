"""The report: what was released, hidden and why, for people who were not there when it was decided; and one officer's
own copy.

`report` and `own_copy` read as stories. Neither writes a file: `placing.put` does, for its owner only.
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
from offduty.ingest.reference_files import read_reference
from offduty.ingest.sources import Source, find_sources, fingerprint
from offduty.report import render
from offduty.report.content import ReportContent, print_counts, print_tables, said_at, span_of
from offduty.report.data.counts import gather, runs_to_leave_out
from offduty.report.data.coverage import Coverage, cover
from offduty.report.data.map_cells import CoarseMap, draw_up
from offduty.report.data.previous_report import PreviousReport, PrintedReport, read_before
from offduty.report.data.published import kept
from offduty.report.data.select_runs import SelectedRuns, all_runs, choose
from offduty.report.data.timestamps import OpenInputs
from offduty.report.data.verification import NOTHING_MORE, VerificationEvidence, prove
from offduty.report.subject_access import collect, page
from offduty.runs.request import REFERENCES, moment
from offduty.transparency.log import LogEntry, read_log
from offduty.verify.verdict import Check, Status

Watch = Callable[[str], None]
"""Hears what is being done."""


@dataclass(frozen=True)
class ReportRequest:
    """Which runs of a store a report is about: all, those over a time, or one; and with which inputs at hand."""

    store: Path
    start: str | None = None
    end: str | None = None
    run_id: str | None = None
    inputs: Path | Job | None = None


@dataclass(frozen=True)
class RenderedReport:
    """A page, and what to say of it: how many runs it counts, how many are superseded or left out, the proof's status."""

    html: bytes
    counted: int
    superseded: int
    left_out: int
    proof: Sequence[Check] | None

    @property
    def failed(self) -> bool:
        """Whether the store failed a check."""
        return any(line.status is Status.FAIL for line in self.proof or ())


def report(
    asked: ReportRequest,
    *,
    since: Path | None = None,
    evidence: VerificationEvidence | None = NOTHING_MORE,
    now_us: int | None = None,
    watch: Watch = lambda doing: None,
) -> RenderedReport:
    """The report as a page; without ``evidence`` the store is not verified, and the page says so.

    Raises an `OffdutyError` where the store, the inputs, the earlier report or a file of the evidence cannot be read.
    """
    # 1. Choose the runs: over any time the newest counts.
    entries = _entries(asked.store)
    before = None if since is None else read_before(since)
    interval = _interval(asked, entries)
    chosen = choose(entries, interval, asked.run_id)
    with _inputs(asked) as at_hand:
        # 2. Leave out runs of which a part counts, where the part cannot be told from the rest.
        inputs = None if at_hand is None else at_hand.inputs
        chosen = _told_apart(chosen, inputs, asked.store)
        zone = str(chosen.newest.document["policy"]["policy"]["timezone"])

        # 3. Count what became of the positions, by day, hour or run.
        watch(f"counting {_runs(len(chosen.counted))}")
        figures = gather(chosen, inputs, asked.store, zone)

        # 4. Ask the reference tables what they do not cover.
        coverage = None if at_hand is None else _coverage(at_hand, chosen)

    # 5. Draw up the map, and have the store verified.
    watch("drawing the map")
    drawn = _map(chosen, asked.store)
    if evidence is not None:
        watch("verifying the store")
    head = since if before is not None and before.said is None else None
    alone = chosen.newest.run_id if asked.run_id is not None else None
    lines = None if evidence is None else prove(asked.store, evidence, inputs=asked.inputs, since=head, run=alone)

    # 6. Print: from here on there are no exact counts of positions.
    time_of = span_of(chosen) if asked.run_id is not None else interval
    told = ReportContent(
        entries=entries,
        asked=time_of,
        alone=asked.run_id is not None,
        chosen=chosen,
        made_us=time.time_ns() // 1000 if now_us is None else now_us,
        printed=print_counts(figures),
        tables=print_tables(figures),
        timed=figures.timed,
        inputs=at_hand is not None,
        gone=_gone(chosen, asked.store),
        coverage=coverage,
        same_tables=at_hand is not None and at_hand.read_by(chosen.newest.document),
        map=drawn,
        proof=lines,
        before=before,
        earlier=_earlier(before, entries, time_of, zone),
    )
    return RenderedReport(render.render(told), len(chosen.counted), len(chosen.superseded), len(chosen.cut), lines)


@dataclass(frozen=True)
class OwnCopy:
    """One officer's own copy, as a page and as CSV; and how many rows it lists."""

    html: bytes
    csv: bytes
    rows: int


def own_copy(
    asked: ReportRequest, officer: str, *, now_us: int | None = None, watch: Watch = lambda doing: None
) -> OwnCopy:
    """What was released of one officer's positions, under which entries of the roster, and what was hidden, by reason.

    Needs the job: its key finds the officer's pseudonyms, its roster the entries. Every run over the time is looked at,
    superseded ones too: what they released was released. Raises `UsageError`, which does not name the officer, where no
    table of the job does.
    """
    # 1. Find the runs, the key, and the tables that name the officer.
    entries = _entries(asked.store)
    runs = collect.runs_of(entries, _interval(asked, entries), asked.run_id)
    with _inputs(asked) as at_hand:
        if at_hand is None:
            raise UsageError("--officer needs --inputs JOB.toml: the job's key and its roster find what is asked for")
        key = load_pseudonym_key(at_hand.job.keys.pseudonym.path)
        collect.check_known(officer, at_hand.tables)

        # 2. Look for the officer's pseudonym of each period among the released rows.
        watch(f"looking through {_runs(len(runs))}")
        found = collect.look_up(runs, asked.store, key, officer, at_hand.tables)

        # 3. Count what was hidden of the devices while the officer alone held them.
        watch("counting what was hidden")
        hidden = collect.hidden(runs, asked.store, at_hand.inputs, officer, at_hand.tables)
    made_us = time.time_ns() // 1000 if now_us is None else now_us
    return OwnCopy(page.render(found, hidden, officer, made_us), collect.as_csv(found), len(found.rows))


@dataclass(frozen=True)
class _OpenedInputs:
    """A job's inputs, opened."""

    job: Job
    inputs: OpenInputs
    tables: Mapping[str, pa.Table]

    def read_by(self, document: Mapping[str, Any]) -> bool:
        """Whether a run read the very reference tables that are at hand."""
        read = {entry["sha256"] for entry in document["inputs"] if entry["table"] in REFERENCES}
        held = {sha256 for sha256, source in self.inputs.by_sha256.items() if source.table in REFERENCES}
        return read == held


@contextmanager
def _inputs(asked: ReportRequest) -> Iterator[_OpenedInputs | None]:
    """The job's inputs with their fingerprints; what is copied on the way lies in a private folder, which goes."""
    if asked.inputs is None:
        yield None
        return
    job = Job.of(asked.inputs)
    sources = find_sources(job.inputs)
    with (
        tempfile.TemporaryDirectory(prefix="offduty-") as folder,
        open_engine(sources, Path(folder), 1, 1_000) as engine,
    ):
        tables = {table: read_reference(engine, table, sources).rows for table in REFERENCES}
        yield _OpenedInputs(job, OpenInputs(_by_sha256(sources), engine), tables)


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


def _by_sha256(sources: list[Source]) -> dict[str, Source]:
    return {fingerprint(source).sha256: source for source in sources}


def _entries(store: Path) -> list[LogEntry]:
    if not (store / "log").is_dir():
        raise UsageError(
            "there is no store here: a store is a folder with a folder called log", file=store.name or "STORE"
        )
    entries = read_log(store / "log")
    if not any(entry.is_run for entry in entries):
        raise UsageError("the store holds no run yet, so there is nothing to report", file=store.name or "STORE")
    return entries


def _interval(asked: ReportRequest, entries: Sequence[LogEntry]) -> Interval:
    """The time asked for, dates by the clocks of the newest policy."""
    zone = str(all_runs(entries)[-1].document["policy"]["policy"]["timezone"])
    interval = Interval(
        NEVER_US if asked.start is None else moment(asked.start, zone, "--from"),
        FOREVER_US if asked.end is None else moment(asked.end, zone, "--to"),
    )
    if interval.from_us >= interval.to_us:
        raise UsageError("--from must be earlier than --to; the interval is [from, to)")
    return interval


def _told_apart(chosen: SelectedRuns, inputs: OpenInputs | None, store: Path) -> SelectedRuns:
    chosen = chosen.without(runs_to_leave_out(chosen, inputs, store))
    if not chosen.counted:
        raise UsageError(
            "only parts of runs lie in that time, and which rows those are is not known without their inputs:"
            " give --inputs JOB.toml, or whole intervals of runs"
        )
    return chosen


def _coverage(at_hand: _OpenedInputs, chosen: SelectedRuns) -> Coverage:
    policy = Policy.load(at_hand.job.policy.path)
    return cover(at_hand.tables, policy, span_of(chosen), max(run.as_of_us for run in chosen.counted))


def _gone(chosen: SelectedRuns, store: Path) -> int:
    return sum(1 for run in chosen.counted if not kept(store, run, "release"))


def _map(chosen: SelectedRuns, store: Path) -> CoarseMap | None:
    return None if _gone(chosen, store) else draw_up(chosen.counted, store)


def _earlier(
    before: PreviousReport | None, entries: Sequence[LogEntry], interval: Interval, zone: str
) -> PrintedReport | None:
    """What was said before: by the report that was given, or by the log as it was at the checkpoint."""
    if before is None or before.said is not None:
        return None if before is None else before.said
    return said_at(entries[: before.size], interval, zone, before.what)
