"""Checks that a job can answer its policy: what one document asks for, the other must name."""

from __future__ import annotations

from offduty.config.check_declarations import check_declarations
from offduty.config.job import Job
from offduty.config.policy import Policy
from offduty.core.errors import UsageError


def check_job(job: Job, policy: Policy) -> None:
    """Raise `UsageError` where the policy has anchored legs, which need sites, and the job names none; and where a
    declaration does not fit the contract of its table.
    """
    check_declarations(job)
    if policy.legs.rule == "anchored" and job.inputs.sites is None:
        raise UsageError(
            'inputs.sites is missing: the policy has legs.rule = "anchored", which needs sites;'
            ' name them, or write in the policy: legs.rule = "off"',
            file=job.file.name,
        )
