"""What can be typed to agree on a policy: the pack for those who are consulted, and their signatures."""

from __future__ import annotations

import click

from offduty.cli.interface.command import command
from offduty.cli.interface.shared_options import (
    PATH,
    because_option,
    force_option,
    output_option,
    signing_option,
    store_option,
)
from offduty.cli.options import STORE_LOCATION


@command("consult:consult_command", "offduty consult work/store --policy work/policy.toml -o pack")
@click.argument("store", metavar="STORE", type=STORE_LOCATION)
@click.option("--policy", required=True, metavar="FILE", type=PATH, help="The policy that is to be agreed on.")
@click.option("--compare", "other", metavar="FILE", type=PATH, help="Another policy: what it would change.")
@because_option
@signing_option
@click.option("-o", "--output", required=True, metavar="DIR", type=PATH, help="A folder for the pack.")
@force_option
def consult_command() -> None:
    """Make the pack that representatives sit over: policy, figures, risks, and what only people can answer.

    No position is read. What is left blank is printed as NOT ANSWERED, and counted on the cover. The log says that the
    pack was made.
    """


@command(
    "agree:sign",
    "offduty sign union.key --name union/branch-12\n"
    "offduty sign union.key --policy policy.toml --pack pack -o union.note",
)
@click.argument("key", metavar="KEY", type=PATH)
@click.option("--name", metavar="NAME", help="Make a new key of this name, or sign under it. It is printed for ever.")
@click.option("--policy", metavar="FILE", type=PATH, help="The policy to sign, to the byte.")
@click.option("--pack", metavar="DIR", type=PATH, help="The pack that you sat over, as offduty consult made it.")
@click.option("--until", metavar="DATE", help="Sign no agreement, but an exception that ends after this day.")
@click.option("--because", metavar="TEXT", help="Why there is an exception; it stays in the log: name no person.")
@output_option
def sign_command() -> None:
    """For representatives: make a key of your own, or sign a policy and the pack about it with it.

    Without --policy the key is made, and its public half printed, which the policy then names. With --policy the
    signed note is written, to be sent to the operator.
    """


@command("agree:agree", "offduty agree work/job.toml union.note")
@click.argument("job", metavar="JOB.toml", type=PATH)
@click.argument("notes", metavar="NOTE...", type=PATH, nargs=-1, required=True)
@store_option
def agree_command() -> None:
    """Record in the log that the policy of JOB.toml was agreed on: all whom it names have signed these notes."""
