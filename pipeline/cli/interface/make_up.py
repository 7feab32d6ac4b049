"""What can be typed to make up a force, with or without a whole demonstration."""

from __future__ import annotations

import click

from offduty.cli.interface.command import command
from offduty.cli.interface.shared_options import PATH, threads_option


@command("demo:demo", "offduty demo")
@click.argument("directory", metavar="[DIR]", type=PATH, default="demo")
def demo_command() -> None:
    """Make up a force in a new folder, run the filter on it, verify the result, make the report, ask what an employer
    may ask, make the pack for those who are consulted, and attack the release.

    The folder is demo unless another one is named. It takes about a minute, and needs no network.
    """


@command("init_synth:synth", "offduty synth force --officers 100 --days 7")
@click.argument("directory", metavar="DIR", type=PATH)
@click.option("--officers", type=click.IntRange(1), default=25, show_default=True, help="How many people.")
@click.option("--days", type=click.IntRange(1), default=7, show_default=True, help="How many days.")
@click.option(
    "--every", "every_s", type=click.IntRange(1), default=60, show_default=True, help="Seconds between two fixes."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--start", metavar="DATE", help="The first day. Default: a week with a change to summer time.")
@threads_option
@click.option("--truth/--no-truth", default=None, help="Also write where everybody really was (truth/).")
@click.option("--habits", metavar="FILE", type=PATH, help="What the people tend to do (TOML; offduty docs synth).")
def synth_command() -> None:
    """Make up a force: pings, assignments, roster, places and sites in DIR, with a policy and a job to run on them."""
