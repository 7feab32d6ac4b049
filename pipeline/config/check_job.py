"""Checks that a job can answer its policy: what one document asks for, the other must name."""

from __future__ import annotations

from offduty.config.check_declarations import check_declarations
from offduty.config.declarations import UNDECLARED
from offduty.config.job import Job
from offduty.config.policy import Policy
from offduty.core.errors import UsageError


def check_job(job: Job, policy: Policy) -> None:
    """Raise `UsageError` where the policy has anchored legs, which need sites, and the job names none; and where a
    declaration does not fit the contract of its table.
    """
    check_declarations(job)
    _check_extra_columns(job, policy)
    if policy.legs.rule == "anchored" and job.inputs.sites is None:
        raise UsageError(
            'inputs.sites is missing: the policy has legs.rule = "anchored", which needs sites;'
            ' name them, or write in the policy: legs.rule = "off"',
            file=job.file.name,
        )


def _check_extra_columns(job: Job, policy: Policy) -> None:
    """Raise `UsageError` where an extra column of the policy is the column of the files that is declared for one of the
    contract: its exact value would be released beside the rounded one (specification#not-for-analysts).
    """
    declared = job.inputs.declared.get("pings", UNDECLARED)
    exact = {written.lower(): ours for ours, written in declared.columns.items()}
    for name in policy.release.extra_columns:
        if name.lower() in exact:
            raise UsageError(
                f"release.extra_columns names {name!r}, which inputs.pings.columns declares to be"
                f" {exact[name.lower()]!r}: its exact value may not be released; take it out of the policy",
                file=job.file.name,
            )
        if name in declared.columns or name in declared.constants:
            raise UsageError(
                f"release.extra_columns names {name!r}, and inputs.pings declares another column, or a value, for it:"
                " give the extra column another name in the export, or take one away",
                file=job.file.name,
            )
