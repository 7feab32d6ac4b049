"""The command `offduty run`: runs the filter and prints the result (specification#commands)."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from offduty.cli.console import Progress, print_answer, say
from offduty.cli.options import megabytes
from offduty.cli.run_days import run_days
from offduty.cli.run_output import document, in_place_of, positions_read, superseded, what_stands, withdrawn
from offduty.cli.trial import check_trial_options, try_out
from offduty.core.reasons import Reason
from offduty.integrations.openlineage import open_lineage
from offduty.runs.backfill import Backfill, Observer
from offduty.runs.request import Request
from offduty.runs.run import RunResult, decider_of
from offduty.store.local import ignoring_signals

if TYPE_CHECKING:
    from offduty.runs.compare import Supersession


def run(
    job: Path,
    start: str | None,
    end: str | None,
    each: str | None,
    as_of: str | None,
    store: Path | str | None,
    threads: int | None,
    memory: str,
    lineage: str | None,
    engine: str,
    master: str | None,
    supersede_policy: bool,
    is_trial: bool,
    policy: Path | None,
    as_json: bool,
    timings: bool,
) -> int:
    """Filter the pings of JOB.toml and publish release, ledger and quarantine, or nothing."""
    memory_mb = megabytes(memory)
    if is_trial or policy is not None:
        beside = {"--each": each, "--supersede-policy": supersede_policy, "--lineage": lineage, "--master": master}
        check_trial_options(is_trial, policy, {**beside, "--engine": engine != "local"})
        return try_out(job, policy or Path(), (start, end, as_of), store, threads, memory_mb, as_json)
    progress = Progress("pings")
    decider = decider_of(engine, master)
    asked = Request.of(job, start, end, as_of, store, supersede_policy=supersede_policy)
    told = None if lineage is None else listener(lineage)
    work = Backfill(asked, threads=threads, memory_mb=memory_mb, watch=progress, observer=told, decider=decider)
    if each is not None:
        return run_days(work, progress, as_json, timings)
    result = work.run(asked.interval)
    with ignoring_signals():
        progress.clear()
        before = superseded(result)
        printed = 0
        if as_json:
            printed = print_answer(json.dumps(document(result, timings, before)) + "\n", stands=what_stands(result))
        else:
            _report(result, timings, before, job)
        for note in result.notes:
            say(f"note: {note}")
    return printed


def listener(where: str) -> Observer:
    """Sends OpenLineage events; an event that cannot be sent is only reported on standard error."""
    return open_lineage(where, say)


def _report(result: RunResult, timings: bool, before: Supersession | None, job: Path) -> None:
    total = sum(result.counts.values()) + result.quarantined
    released = result.counts[Reason.ON_DUTY.word]
    hidden = total - released - result.quarantined
    say("already there; nothing was changed" if result.already else "published")
    if before is not None:
        say(f"  replaces run {before.run_id}: {in_place_of(before)}")
    for run_id in result.withdrawn:
        say(f"  {withdrawn(run_id)}")
    say(positions_read(total))
    say(f"  {released:>12,} released: {Reason.ON_DUTY.because.removesuffix(': released')}")
    say(f"  {hidden:>12,} hidden:")
    for reason in Reason:
        if not reason.released and result.counts[reason.word]:
            say(f"  {result.counts[reason.word]:>12,}   {reason.word}: {reason.because}")
    if result.quarantined:
        say(f"  {result.quarantined:>12,} quarantined: rows that cannot be read as positions")
    if result.refused:
        rows = "row" if result.refused == 1 else "rows"
        say(f"  {result.refused:>12,} reference {rows} could not be read and hide more: the notes below say what to do")
    if result.expired:
        have = "has expired since and was deleted" if result.expired == 1 else "have expired since and were deleted"
        say(f"  {result.expired:>12,} of its files {have}")
    say(f"release     {result.path / 'release'}  (for analysts)")
    say(f"ledger      {result.path / 'ledger'}  (for auditors: one reason per row)")
    say(f"quarantine  {result.path / 'quarantine'}  (for data engineers)")
    say(f"took {result.seconds} s")
    say("next: have every row decided again, by other code:")
    say(f"        {shlex.join(['offduty', 'verify', f'{result.path.parent.parent}', '--inputs', f'{job}'])}")
    say("      give each folder to its own readers; open the release in DuckDB, pandas, polars or geopandas;")
    say("      run it every night with --from, --to and --each day: what is there already is not run again")
    say("      (offduty docs scheduling)")
    if timings:
        for stage, seconds in result.stages.items():
            say(f"  {stage:<10}{seconds:>8.2f} s")
