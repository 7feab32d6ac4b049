"""What can be typed to ask what the workforce agreed on: the analyses, and what another policy would change."""

from __future__ import annotations

import click

from offduty.cli.interface.command import Declared, command
from offduty.cli.interface.shared_options import (
    PATH,
    agreement_option,
    as_of_option,
    because_option,
    case_option,
    force_option,
    json_option,
    language_option,
    own_copy_option,
    role_option,
    signing_option,
)
from offduty.cli.options import STORE_LOCATION

analysis_inputs_option = click.option(
    "--inputs", metavar="JOB.toml", type=PATH, help="The runs' job: its tables, read as it declares them."
)


@command(
    "roster_audit:roster_audit",
    "offduty roster-audit --inputs job.toml --policy policy.toml -o findings",
)
@click.argument("store", metavar="[STORE]", required=False, type=STORE_LOCATION)
@analysis_inputs_option
@click.option("--roster", metavar="FILES", help="Instead of --inputs, a roster as the contract has it.")
@click.option(
    "--policy", required=True, metavar="FILE", type=PATH, help="The policy, in which the audit was agreed on."
)
@click.option("--people", metavar="FILE", type=PATH, help="Who stands behind each recorded_by (CSV or Parquet).")
@click.option(
    "--key", metavar="FILE", type=PATH, help="With STORE and --officer: the runs' pseudonym key, for a hash in the log."
)
@agreement_option
@as_of_option
@click.option("--officer", metavar="ID", help="That officer's own section instead; - reads the id from standard input.")
@role_option
@because_option
@signing_option
@language_option
@click.option(
    "-o", "--output", metavar="DIR", type=PATH, help="A folder for the page, the figures, and the list of edits."
)
@json_option
@force_option
def roster_audit_command() -> None:
    """Audit the records of a roster: which were changed after the fact, and with what effect. No position is read.

    Standard output has the figures that everybody may see. With -o the list of edits, too, for the owner of the
    roster. It must be agreed on in the policy. With STORE, its log says that it was asked.
    """


def asked_options(declared: Declared) -> Declared:
    """The options that the questions have in common which are asked of a store."""
    options = (
        click.argument("store", metavar="STORE", type=STORE_LOCATION),
        click.option(
            "--policy", required=True, metavar="FILE", type=PATH, help="The runs' policy, in which this was agreed on."
        ),
        analysis_inputs_option,
        click.option("--roster", metavar="FILES", help="Instead of --inputs, a roster as the contract has it."),
        click.option("--sites", metavar="FILES", help="Instead of --inputs, sites as the contract has them."),
        click.option("--key", metavar="FILE", type=PATH, help="The runs' pseudonym key. Default: that of --inputs."),
        click.option("--units", metavar="FILE", type=PATH, help="The unit of each officer (CSV or Parquet)."),
        own_copy_option,
        role_option,
        case_option,
        signing_option,
        click.option("--as-of", metavar="T", help="Use the roster as known at this time. Default: the newest run's."),
        language_option,
        click.option("-o", "--output", metavar="DIR", type=PATH, help="A folder for the page and the tables."),
        json_option,
        force_option,
    )
    for option in reversed(options):
        declared = option(declared)
    return declared


@command(
    "presence:presence",
    "offduty presence work/store --policy policy.toml --inputs work/job.toml",
)
@asked_options
@click.option("--from", "start", metavar="DATE", help="Duty windows that begin on this local date or later.")
@click.option("--to", "end", metavar="DATE", help="Duty windows that begin before this local date.")
def presence_command() -> None:
    """Say on how much of the rostered duty the device was seen at work, from the release alone.

    It can show that a device was at work, and never that somebody was not. Standard output has the figures that
    everybody may see.
    With --officer it is that officer's own copy: a section, and the dates. With --because, too, it is a single case:
    the section alone, which has no dates, and that officer's next own copy says so.
    """


@command(
    "site_days:site_days",
    "offduty site-days store --policy p.toml --inputs job.toml --period 2026-03",
)
@asked_options
@click.option(
    "--codes",
    default=("duty",),
    show_default=True,
    multiple=True,
    metavar="CODE",
    help="Duty of this code; repeatable.",
)
@click.option("--period", required=True, metavar="MONTH", help="A month, or its first and last day (A/B).")
def site_days_command() -> None:
    """Say whether the agreed number of days on site can be shown, from the release alone.

    It never says that it was not met. Standard output has the figures that everybody may see. With --officer it is that
    officer's own copy: a section, and the dates. With --because, too, it is a single case: the section alone, which has
    no dates, and that officer's next own copy says so.
    """


@command("interests:interests", "offduty interests --register jobs.csv --inputs job.toml --policy policy.toml")
@click.argument("store", metavar="[STORE]", required=False, type=STORE_LOCATION)
@click.option(
    "--register", required=True, metavar="FILE", type=PATH, help="The register of interests (CSV or Parquet)."
)
@analysis_inputs_option
@click.option("--roster", metavar="FILES", help="Instead of --inputs, a roster as the contract has it.")
@click.option("--policy", required=True, metavar="FILE", type=PATH, help="The policy, in which this was agreed on.")
@click.option("--key", metavar="FILE", type=PATH, help="With a store: the runs' pseudonym key. Default: the job's.")
@agreement_option
@click.option("--from", "start", metavar="DATE", help="Hours on this local date or later.")
@click.option("--to", "end", metavar="DATE", help="Hours before this local date.")
@as_of_option
@own_copy_option
@role_option
@case_option
@signing_option
@language_option
@click.option("-o", "--output", metavar="DIR", type=PATH, help="A folder for the page and the table.")
@json_option
@force_option
def interests_command() -> None:
    """Say whether declared interests fit the rostered hours and their conditions, from the records of both.

    It looks for nothing that was not declared. With STORE, a release clears overlaps in which the device was seen at
    work, and the log says that it was asked. Standard output has the figures that everybody may see.
    """


@command("compare:compare", "offduty compare work/store/runs/RUN work/store/runs/TRIAL")
@click.argument("one", metavar="A", type=STORE_LOCATION)
@click.argument("other", metavar="B", type=STORE_LOCATION)
@click.option(
    "--inputs", metavar="JOB.toml", type=PATH, help="Of a made-up force: also windows and days that each confirms."
)
@click.option("--truth", metavar="DIR", type=PATH, help="With --inputs, its truth: also the red team's lifts on each.")
@because_option
@signing_option
@click.option("-o", "--output", metavar="DIR", type=PATH, help="A folder for the comparison, as JSON and as CSV.")
@json_option
@force_option
def compare_command() -> None:
    """Say what another policy would change: how the same rows fared in A and in B, two folders of runs or trials.

    Reasons are counted, in tens, and small changes are added up. No position is read, but of a made-up force with
    --inputs. The log of the store in which B lies says that it was asked.
    """
