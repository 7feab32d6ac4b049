"""What can be typed to change the key that signs the log, and to delete what is old."""

from __future__ import annotations

import click

from offduty.cli.interface.command import command
from offduty.cli.interface.shared_options import PATH, json_option, store_option


@command("log:rotate", "offduty rotate work/job.toml --new work/signing-2027.key")
@click.argument("job", metavar="JOB.toml", type=PATH)
@click.option(
    "--new", required=True, metavar="NEW.key", type=PATH, help="The new signing key; made if it does not exist."
)
@click.option(
    "--lost-old-key", is_flag=True, help="The job's key is lost, so only the new one signs. Auditors will ask why."
)
@store_option
def rotate_command() -> None:
    """Change the key that signs the log: the old key and the new key both sign the entry that says so."""


@command("log:expire", 'offduty expire work/job.toml --before 2026-01-01 --why "agreement"')
@click.argument("job", metavar="JOB.toml", type=PATH)
@click.option("--before", required=True, metavar="DATE", help="What is older than this date is deleted (2026-03-02).")
@click.option(
    "--why", "reason", default="", metavar="TEXT", help="The reason; it stays in the log for ever: name no person."
)
@store_option
@json_option
def expire_command() -> None:
    """Delete old positions: the log first says which files and why. Ledgers and the log stay."""
