"""What can be typed to look at what runs made (`current`, `explain`, `report`), or into the manual (`docs`, `help`)."""

from __future__ import annotations

import click

from offduty.cli.interface.command import command
from offduty.cli.interface.shared_options import (
    PATH,
    as_of_option,
    force_option,
    from_option,
    json_option,
    language_option,
    memory_option,
    threads_option,
    to_option,
)
from offduty.cli.options import STORE_LOCATION


@command("current:current", "offduty current work/store --from 2026-03-23 --to 2026-03-30")
@click.argument("store", metavar="STORE", type=STORE_LOCATION)
@click.option("--from", "start", metavar="T", help="From this instant or date on (inclusive).")
@click.option("--to", "end", metavar="T", help="Up to this instant or date (exclusive).")
@json_option
def current_command() -> None:
    """Say which releases of STORE are the current ones, as paths: one a line. Exit code 3 where a time has none."""


@command("explain:explain", "offduty explain work/job.toml --row positions.csv:1042")
@click.argument("job", metavar="JOB.toml", type=PATH)
@click.option(
    "--row",
    required=True,
    metavar="FILE:ROW",
    help="The file of pings, by name or number, and its row, counted from 0.",
)
@from_option
@to_option
@as_of_option
@threads_option
@memory_option
def explain_command() -> None:
    """Say on a terminal why one row of the pings is released or hidden: which proof failed, in words.

    It prints no distance, time, place or count.
    """


@command("report:report", "offduty report work/store --key work/signing.pub -o report.html")
@click.argument("store", metavar="STORE", type=STORE_LOCATION)
@click.option("--run", "run_id", metavar="ID", help="Report on this run alone (or the beginning of its id).")
@click.option("--from", "start", metavar="T", help="Report on the time from this instant or date on (inclusive).")
@click.option("--to", "end", metavar="T", help="Report on the time before this instant or date (exclusive).")
@click.option(
    "--inputs", metavar="JOB.toml", type=PATH, help="The job, if its inputs are at hand: hidden positions by time."
)
@click.option("--key", "keys", metavar="PUB", type=PATH, multiple=True, help="A public key to trust; may be repeated.")
@click.option("--policy", metavar="FILE", type=PATH, help="The policy that was agreed: did every run use exactly it?")
@click.option("--no-proof", is_flag=True, help="Do not verify the store; the report then says so.")
@click.option("--since", metavar="FILE", type=PATH, help="An earlier report, or a checkpoint, to compare with.")
@click.option(
    "--officer", metavar="ID", help="Make this officer's own copy instead; - reads the id from standard input."
)
@click.option("--csv", "csv_path", metavar="FILE", type=PATH, help="Also write the rows of an own copy as CSV.")
@language_option
@click.option("--pdf", metavar="FILE", type=PATH, help="Also print the page as PDF, by a Chromium of this machine.")
@click.option("-o", "--output", metavar="FILE", type=PATH, help="The page. Default: report.html, or own-copy.html.")
@force_option
def report_command() -> None:
    """Make one page about the runs of STORE: what they released, what they hid, and why.

    Exit 7 if the store fails a check. With --officer: which positions of one officer were released, and under which
    entry of the roster, for that officer alone.
    """


@command("docs:docs", "offduty docs specification#duty-rule")
@click.argument("page", metavar="[PAGE]", required=False)
def docs_command() -> None:
    """List the pages that came with offduty, or print one: specification, running, specification#duty-rule.

    The files of the examples are listed, too, and printed as they are: examples/nightly.sh.
    """


@command("help_pages:print_help", "offduty help run")
@click.argument("words", metavar="[COMMAND]", nargs=-1)
def help_command() -> None:
    """Print this list, or the help of one command."""
