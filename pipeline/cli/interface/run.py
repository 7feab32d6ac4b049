"""What can be typed to run the filter: `init`, `convert`, `check`, `plan` and `run`, in the order of a first day."""

from __future__ import annotations

import click

from offduty.cli.interface.command import command
from offduty.cli.interface.shared_options import (
    PATH,
    as_of_option,
    from_option,
    json_option,
    language_option,
    memory_option,
    store_option,
    threads_option,
    to_option,
)
from offduty.cli.options import STORE_LOCATION


@command("init_synth:init", "offduty init work --from pings=positions.csv roster=hr.csv")
@click.argument("directory", metavar="DIR", type=PATH)
@click.option(
    "--from",
    "sources",
    metavar="TABLE=PATH...",
    multiple=True,
    help="Look at these files (a file, a glob or a folder for each table), and propose how the job declares them.",
)
@click.argument("more", metavar="", nargs=-1)
@click.option(
    "--time-zone", metavar="ZONE", help="With --from: the zone of the force, and of times without an offset (IANA)."
)
def init_command() -> None:
    """Make DIR with new keys, and a job.toml and a policy.toml in which every line is explained.

    With --from the job says how these files are written, each line with its reason, for a person to confirm. Standard
    output shows what was found: shapes of values (99/99/9999), and no value.
    """


@command(
    "convert:convert",
    "offduty convert owntracks store/rec pings.csv\noffduty convert gpx tour.gpx pings.csv --device R7",
)
@click.argument("format_name", metavar="[FORMAT]", required=False)
@click.argument("source", metavar="[IN]", type=PATH, required=False)
@click.argument("out", metavar="[OUT.csv]", type=PATH, required=False)
@click.option("--device", metavar="ID", help="The device, for files that name none.")
@click.option("--officer", metavar="ID", help="The officer whose calendar it is.")
@click.option("--from", "start", metavar="DATE", help="Write out the shifts of a calendar from this date on.")
@click.option("--to", "end", metavar="DATE", help="Write out the shifts of a calendar before this date.")
@click.option(
    "--recorded-at",
    metavar="T|FIELD",
    help="What stands for the time at which rows were recorded: an instant, or for a calendar the field created,"
    " last-modified or dtstamp.",
)
@click.option("--id-column", metavar="NAME", help="The column with the ids of the devices, as the feed has them.")
def convert_command() -> None:
    """Write what trackers, calendars, maps and device desks export as a table that a job can read.

    IN is a file, or a folder with files of one format. OUT is a new CSV file, readable by its owner only. Without a
    FORMAT, list the formats.
    """


@command("check:check", "offduty check work/job.toml")
@click.argument("job", metavar="JOB.toml", type=PATH)
@from_option
@to_option
@as_of_option
@threads_option
@memory_option
@json_option
@language_option
@click.option("-o", "--output", metavar="FILE", type=PATH, help="Also write the tables as a page; a new file.")
def check_command() -> None:
    """Say what a run of JOB.toml would find and release. Nothing is published, and the store is not looked at.

    Exit 3 where a run would stop.
    """


@command("plan:plan", "offduty plan job.toml --from 2026-03-23 --to 2026-03-30 --each day")
@click.argument("job", metavar="JOB.toml", type=PATH)
@click.option("--from", "start", metavar="T", help="Plan from this instant or date on (inclusive).")
@click.option("--to", "end", metavar="T", help="Plan up to this instant or date (exclusive).")
@click.option("--each", type=click.Choice(["day"]), help="Divide the time into days of the policy's zone, as run does.")
@click.option(
    "--quick", is_flag=True, help="Do not decide what is stale: say what changed, not whether a reason would."
)
@store_option
@json_option
def plan_command() -> None:
    """Say what a run would do: what is missing, what is stale and why, what is current. Nothing is run."""


@command("run:run", "offduty run work/job.toml --from 2026-03-23 --to 2026-03-24")
@click.argument("job", metavar="JOB.toml", type=PATH)
@from_option
@to_option
@click.option("--each", type=click.Choice(["day"]), help="One run for each day of the policy's zone, in order.")
@as_of_option
@click.option("--store", metavar="DIR", type=STORE_LOCATION, help="Publish here instead of the job's store.")
@click.option(
    "--supersede-policy",
    is_flag=True,
    help="Withdraw releases over the same time under another policy first, instead of refusing to add a second one.",
)
@click.option("--threads", type=click.IntRange(1, 256), help="Work on this many threads. Default: one for each core.")
@memory_option
@click.option(
    "--trial",
    "is_trial",
    is_flag=True,
    help="Try the policy of --policy out: write the ledger alone, release nothing (offduty docs specification#trial).",
)
@click.option("--policy", metavar="FILE", type=PATH, help="With --trial: the policy to try, instead of the job's.")
@click.option(
    "--lineage",
    metavar="FILE|URL",
    envvar="OFFDUTY_LINEAGE",
    help="Send OpenLineage events about the run to a file or an address.",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "spark"]),
    default="local",
    show_default=True,
    help="Where the work is done (offduty docs spark).",
)
@click.option("--master", metavar="URL", help="The Spark master, such as spark://HOST:7077. Default: this machine.")
@json_option
@click.option("--timings", is_flag=True, help="Say how long each stage took.")
def run_command() -> None:
    """Filter the pings of JOB.toml and publish release, ledger and quarantine, or nothing."""
