"""What can be typed to check a store without trusting anybody, to prove what its log says, and to attack a release."""

from __future__ import annotations

import click

from offduty.cli.interface.command import command
from offduty.cli.interface.shared_options import PATH, json_option, language_option, memory_option, output_option
from offduty.cli.options import STORE_LOCATION


@command("verify:verify", "offduty verify copy --key signing.pub --inputs copy/job.toml")
@click.argument("store", metavar="STORE", type=STORE_LOCATION)
@click.option("--run", metavar="ID", help="Check this run only. Default: every run of the log.")
@click.option("--key", "keys", metavar="PUB", type=PATH, multiple=True, help="A public key to trust; may be repeated.")
@click.option(
    "--since", metavar="CHECKPOINT", type=PATH, help="A checkpoint kept from before: does the log still begin with it?"
)
@click.option(
    "--cosigner", "cosigners", metavar="PUB", type=PATH, multiple=True, help="Require this cosigner's signature."
)
@click.option("--inputs", metavar="JOB.toml", type=PATH, help="A job beside the inputs: decide every row again.")
@click.option("--reference", metavar="JOB.toml", type=PATH, help="A job beside the reference tables alone.")
@click.option("--policy", metavar="FILE", type=PATH, help="The policy that was agreed: did every run use exactly it?")
@click.option(
    "--references-identity", metavar="FILE", type=PATH, help="The age identity that opens the tables which runs kept."
)
@click.option("--register", metavar="FILE", type=PATH, help="The register of interests, for answers about it.")
@click.option("--people", metavar="FILE", type=PATH, help="The table of recorders, for roster audits that read it.")
@click.option("--compared", metavar="STORE", type=STORE_LOCATION, help="Another store, of which a comparison here is.")
@click.option(
    "--sample",
    metavar="N",
    type=click.IntRange(1),
    help="Decide only some N rows, whole duty windows, drawn by the seed.",
)
@click.option("--seed", metavar="TEXT", help="What the sample is drawn by: choose it yourself, after the runs.")
@click.option("--threads", type=click.IntRange(1, 256), default=2, show_default=True, help="Work on this many threads.")
@memory_option
@json_option
@language_option
@click.option("-o", "--output", metavar="FILE", type=PATH, help="Also write the verdict as a page; a new file.")
def verify_command() -> None:
    """Check STORE without trusting anybody: a numbered list of PASS, FAIL or NOT DONE, each with its reason.

    Exit 7 if any check FAILs.
    """


@command("log:checkpoint", "offduty checkpoint work/store -o 2026-03-30.checkpoint")
@click.argument("store", metavar="STORE", type=STORE_LOCATION)
@output_option
@json_option
def checkpoint_command() -> None:
    """Print the head of STORE's log, for an auditor to keep: it proves later that the log was not changed.

    STORE may be a read-only copy. The head is printed only if it is the head of the entries in STORE.
    """


@command(
    "log:proof", "offduty proof work/store 12 -o run-12.proof\noffduty proof --check run-12.proof --key signing.pub"
)
@click.argument("store", metavar="[STORE", type=STORE_LOCATION, required=False)
@click.argument("run_id", metavar="RUN_ID]", required=False)
@output_option
@click.option(
    "--consistency",
    metavar="FILE",
    type=PATH,
    help="Prove that the log begins with the log of this older checkpoint. With --check: the one that you stored.",
)
@click.option(
    "--checkpoint", "head", metavar="FILE", type=PATH, help="Prove it by this checkpoint, stored or cosigned before."
)
@click.option("--check", metavar="FILE", type=PATH, help="Check this proof; no store is needed.")
@click.option("--key", metavar="PUB", type=PATH, help="With --check: the public key of the log (such as signing.pub).")
@click.option(
    "--cosigner",
    "cosigners",
    metavar="PUB",
    type=PATH,
    multiple=True,
    help="With --check: a key that must have signed the checkpoint, too. May be repeated.",
)
@click.option(
    "--manifest",
    metavar="FILE",
    type=PATH,
    help="With --check: the manifest that is proven, or the log entry that holds it.",
)
@click.option("--json", "as_json", is_flag=True, help="With --check: write one JSON object to standard output.")
def proof_command() -> None:
    """Prove that a run is in STORE's log, or that the log only grew; or check such a proof, which needs no store.

    RUN_ID is the run's id, or the number of an entry (from 0).
    """


@command("attack:attack", "offduty attack force/store --truth force/truth")
@click.argument("store", metavar="[STORE]", type=STORE_LOCATION, required=False)
@click.option(
    "--truth", metavar="DIR", type=PATH, help="Where people truly live: homes.csv and density.csv, and true tracks."
)
@click.option("--roster", metavar="FILE", type=PATH, help="Give the attacker the roster, too (CSV).")
@click.option("--sites", metavar="FILE", type=PATH, help="Let the attacker know the workplaces (GeoJSON).")
@click.option("--key", metavar="FILE", type=PATH, help="The key for scoring. Default: pseudonym.key beside the store.")
@click.option("--attacks", metavar="N,N", help="Only these, by number. Default: all that can be tried.")
@click.option("--worlds", type=click.Choice(["small", "full"]), help="Attack made-up worlds instead of a store.")
@click.option("--wide", is_flag=True, help="Every figure of every row, not only homes found within 50 m.")
@json_option
@language_option
@click.option("-o", "--output", metavar="FILE", type=PATH, help="Write the table as HTML, too.")
def attack_command() -> None:
    """Attack the release of STORE as an analyst could, score it by the truth, and exit 1 if a line is crossed."""
