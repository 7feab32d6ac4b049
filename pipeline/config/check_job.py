"""Checks that a job can answer its policy: what one document asks for, the other must name."""

from __future__ import annotations

from offduty.config.contracts import contract
from offduty.config.job import Job
from offduty.config.policy import Policy
from offduty.core.errors import UsageError


def check_job(job: Job, policy: Policy) -> None:
    """Raise `UsageError` where the policy has anchored legs, which need sites, and the job names none; and where a
    table declares a column ``distinct`` that is no column of its ids.
    """
    for table, declaration in job.inputs.declared.items():
        ids = [column.name for column in contract(table).columns if column.type == "id"]
        unknown = [name for name in declaration.distinct if name not in ids]
        if unknown:
            raise UsageError(
                f"inputs.{table}.distinct: {unknown[0]!r} is no column of ids; this table has {', '.join(ids)}",
                file=job.file.name,
            )
    if policy.legs.rule == "anchored" and job.inputs.sites is None:
        raise UsageError(
            'inputs.sites is missing: the policy has legs.rule = "anchored", which needs sites;'
            ' name them, or write in the policy: legs.rule = "off"',
            file=job.file.name,
        )
