"""Dagster assets for a job: release, ledger and quarantine with one partition for each day, and checks of them.

    defs = dg.Definitions(assets=offduty_assets("job.toml", first_day="2026-03-01"))

A backfill over a range is one Dagster run, in which each day is a run of the filter (`BackfillPolicy.single_run`).
"""

# No `from __future__ import annotations`: Dagster evaluates the annotations of `filter_positions` itself, and refuses
# a context whose annotation is a string (dagster 1.x).
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from offduty.config.job import Job
from offduty.config.policy import Policy
from offduty.core.calendar_days import Day
from offduty.core.errors import OffdutyError, StorageError, StoreBusyError
from offduty.runs.backfill import Backfill
from offduty.runs.invariants import INVARIANTS, broken
from offduty.runs.request import Request
from offduty.runs.run import RunResult

OUTPUTS = {
    "release": "What analysts get: positions that are proven to have been taken on duty.",
    "ledger": "What auditors get: one reason for each position that came in.",
    "quarantine": "What engineers get: rows that cannot be read as positions.",
}
TABLES = ("pings", "assignments", "roster", "places", "sites")
TRY_AGAIN = (StoreBusyError, StorageError)


class FilterConfig(dg.Config):
    """What may be asked for at one materialization, in its launchpad or run config.

    ``supersede_policy`` withdraws releases over the same days under another policy first, as ``--supersede-policy``
    does; without it such a day fails (specification#supersede-policy). It is a decision of a person, each time.
    """

    supersede_policy: bool = False


def offduty_assets(
    job: Path | str,
    *,
    first_day: str,
    store: Path | str | None = None,
    key_prefix: str = "offduty",
    group_name: str = "offduty",
    retries: int = 3,
    wait_s: int = 600,
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The assets of a job, for `dg.Definitions`: its inputs as external assets, its three outputs by day.

    Days are those of the policy's zone, from ``first_day`` on. A run that another run or the disk prevented (exit codes
    5 and 6) is tried again up to ``retries`` times, ``wait_s`` seconds later; any other failure is final. Raises
    `UsageError` where job or policy cannot be understood.
    """
    loaded = Job.load(job)
    policy = Policy.load(loaded.policy.path)
    inputs = [dg.AssetKey([key_prefix, table]) for table in TABLES if getattr(loaded.inputs, table) is not None]
    checks = [
        dg.AssetCheckSpec(name, asset=dg.AssetKey([key_prefix, part]), description=words, blocking=True)
        for part in OUTPUTS
        for name, words in INVARIANTS[part].items()
    ]

    @dg.multi_asset(
        name=f"{key_prefix}_run",
        specs=[
            dg.AssetSpec([key_prefix, part], description=words, deps=inputs, group_name=group_name, kinds={"parquet"})
            for part, words in OUTPUTS.items()
        ],
        check_specs=checks,
        partitions_def=dg.DailyPartitionsDefinition(start_date=first_day, timezone=policy.policy.timezone),
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def filter_positions(
        context: dg.AssetExecutionContext, config: FilterConfig
    ) -> Iterator[dg.MaterializeResult[Any]]:
        window = context.partition_time_window
        asking = partial(Request.of, job, window.start, window.end, None, store)
        done = _run_days(partial(asking, supersede_policy=config.supersede_policy), retries, wait_s)
        for day, result, _ in done:
            context.log.info(f"{day.label}: {'already there' if result.already else 'published'} as {result.run_id}")
        yield from (_materialized(key_prefix, part, done) for part in OUTPUTS)

    return [*(dg.AssetSpec(key, group_name=group_name) for key in inputs), filter_positions]


Done = list[tuple[Day, RunResult, dict[str, list[str]]]]
"""Each day with its result and, by output, the names of the invariants that do not hold."""


def _run_days(asking: Callable[[], Request], retries: int, wait_s: int) -> Done:
    """Run each day of the request that ``asking`` reads.

    Dagster stores the message of an exception and its cause. Only messages of `OffdutyError` are passed on, because any
    other may have values.
    """
    try:
        work = Backfill(asking())
        with work.asked.copies:
            answers = [(day, work.run(day.interval)) for day in work.days()]
        return [(day, result, broken(result.path)) for day, result in answers]
    except TRY_AGAIN:
        raise dg.RetryRequested(max_retries=retries, seconds_to_wait=wait_s) from None
    except OffdutyError as error:
        raise dg.Failure(str(error), {"exit_code": error.exit_code}, allow_retries=False) from None
    except Exception as error:
        raise dg.Failure(
            f"unexpected failure ({type(error).__name__})", {"exit_code": 1}, allow_retries=False
        ) from None


def _materialized(key_prefix: str, part: str, done: Done) -> dg.MaterializeResult[Any]:
    """What Dagster records of an output: counts over the days that were run, and on which days its invariants hold."""
    key = dg.AssetKey([key_prefix, part])
    checks = [
        dg.AssetCheckResult(
            passed=not any(name in wrong[part] for _, _, wrong in done),
            check_name=name,
            asset_key=key,
            metadata={"days_that_failed": [day.label for day, _, wrong in done if name in wrong[part]]},
        )
        for name in INVARIANTS[part]
    ]
    newest = done[-1][1]
    metadata: dict[str, Any] = {
        "dagster/row_count": sum(_rows(part, result) for _, result, _ in done),
        "days": len(done),
        "run_ids": [result.run_id for _, result, _ in done],
        "path": dg.MetadataValue.path(str(newest.path / part)),
    }
    if part == "ledger":
        metadata |= {reason: sum(result.counts[reason] for _, result, _ in done) for reason in newest.counts}
    return dg.MaterializeResult(asset_key=key, metadata=metadata, check_results=checks)


def _rows(part: str, result: RunResult) -> int:
    rows: Mapping[str, int] = {
        "release": result.counts["on_duty"],
        "ledger": sum(result.counts.values()),
        "quarantine": result.quarantined,
    }
    return rows[part]
