"""Proposes the inputs of a job from the files that a person names, and says what was found in them."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from offduty.admin.init import job_text, policy_text
from offduty.admin.proposals.job_lines import comment
from offduty.admin.proposals.look import look
from offduty.admin.proposals.named_files import named_files
from offduty.admin.proposals.propose import ProposalContext, TableProposal, propose
from offduty.admin.proposals.summary import summary, wrapped
from offduty.config.check_declarations import check_declarations
from offduty.config.contracts import TABLES
from offduty.config.job import Job
from offduty.config.zones import zone_names
from offduty.core.errors import UsageError

HEAD = (
    "How the files are written, as offduty init found it in a part of them. It may be wrong. Below Confirm stands what"
    " counts as it is: correct it where it is not so. Below OPEN stands what only a person can know: fill it in or"
    ' choose, and take the "# " away; until then a run stops, or hides. Below Perhaps stands what may be declared.'
)


@dataclass(frozen=True)
class ProposedJob:
    """The section of the inputs in a job, as TOML, and the lines that say to people what was found."""

    inputs: str
    summary: Sequence[str]


def propose_job(pairs: Iterable[str], directory: Path, time_zone: str | None, beside: str = "") -> ProposedJob:
    """Look at the files that ``table=path`` pairs name, and propose the inputs of a job in a folder. ``beside`` is the
    name of the proposal where the folder has a job already, which stays as it is.

    ``time_zone`` is the zone of the force, and of times without an offset; None where it was not given. Raises
    `UsageError` for a zone or a table that there is not, and where no file is found.
    """
    if time_zone is not None and time_zone not in zone_names():
        near = difflib.get_close_matches(time_zone, sorted(zone_names()), 1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"--time-zone must be an IANA time zone such as Europe/London{meant}")
    given = ProposalContext(time_zone, tomllib.loads(policy_text())["duty"]["on_codes"])
    named = named_files(pairs, directory)
    proposals = [propose(look(one.table, one.path, one.files), given) for one in named]
    missing = [table for table in TABLES if table not in {one.table for one in named}]
    inputs = inputs_text(proposals, missing)
    job = directory / (beside or "job.toml")
    words = summary(proposals, missing, str(job))
    zone = [] if time_zone is not None or beside else _no_zone(directory / "policy.toml")
    return ProposedJob(inputs, [*words, *zone, *_not_loadable(inputs, job)])


def inputs_text(proposals: Sequence[TableProposal], missing: Sequence[str]) -> str:
    """The section of the inputs: the tables that were not named are commented out, the others have a section each."""
    lines = [f"{comment(HEAD)}\n[inputs]"]
    for table in missing:
        optional = ', or legs.rule = "off" in the policy' if table == "sites" else ""
        lines.append(f"{comment(f'OPEN: the files of {table} were not named; a run needs them{optional}.')}")
        lines.append(f'# {table} = "?"')
    return "\n\n".join(["\n".join(lines), *(proposal.section for proposal in proposals)])


def _no_zone(path: Path) -> list[str]:
    """What a person is told where no time zone was given: that of a new policy is an example."""
    zone = tomllib.loads(policy_text())["policy"]["timezone"]
    return [wrapped(f'In {path} timezone = "{zone}" is an example: write the zone by which the force lives.', "")]


def _not_loadable(inputs: str, path: Path) -> list[str]:
    """What a person is told where the job cannot be loaded before its open lines are filled in."""
    try:
        check_declarations(Job.from_dict(tomllib.loads(job_text(inputs)), path))
    except UsageError as error:
        faults = [wrapped(line, "    ", "  ") for line in str(error).split("\n")]
        return ["Until its open lines are filled in, the job cannot be loaded:", *faults]
    return []
