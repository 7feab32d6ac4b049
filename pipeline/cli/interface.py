"""What can be typed: every command with its arguments, options and help. Big libraries wait until a command runs."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from offduty.cli.help_pages import WIDTH, GroupedCommands, with_example
from offduty.cli.options import STORE_LOCATION

PATH = click.Path(path_type=Path)
Declared = Callable[[], None]

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write one JSON object to standard output, and nothing else."
)
store_option = click.option("--store", metavar="DIR", type=STORE_LOCATION, help="The store, if not the job's.")
output_option = click.option(
    "-o", "--output", metavar="FILE", type=PATH, help="Write it to a new file; an existing file is not replaced."
)
from_option = click.option(
    "--from", "start", metavar="T", help="Decide pings from this instant or date on (inclusive)."
)
to_option = click.option("--to", "end", metavar="T", help="Decide pings before this instant or date (exclusive).")
as_of_option = click.option(
    "--as-of", metavar="T", help="Use the roster as it was known at this instant or date. Default: now."
)
threads_option = click.option("--threads", type=click.IntRange(1, 256), help="Work on this many threads.")
memory_option = click.option(
    "--memory", default="2GB", show_default=True, help="Use no more than about this much memory (800MB, 4GB)."
)
role_option = click.option(
    "--role", metavar="TEXT", help="Who asks, as one of the recipients in the policy. It stands in the log."
)
because_option = click.option(
    "--because", metavar="TEXT", help="Why it is asked, in one line that names no person. It stands in the log."
)
case_option = click.option(
    "--because",
    metavar="TEXT",
    help="Why it is asked, in one line that names no person. It stands in the log. With --officer: a single case.",
)
signing_option = click.option(
    "--signing", metavar="FILE", type=PATH, help="The secret key that signs the log; a signed log needs it."
)
agreement_option = click.option(
    "--agreement", metavar="NOTE", type=PATH, multiple=True, help="A signed note about the policy, where it needs one."
)
own_copy_option = click.option(
    "--officer", metavar="ID", help="One officer's own copy instead; - reads the id from standard input."
)
force_option = click.option("--force", is_flag=True, help="Replace existing files.")
language_option = click.option(
    "--language", metavar="NAME", default="en", help="The language of the page: en, or de (a draft)."
)


@click.group(cls=GroupedCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH})
@click.version_option(package_name="offduty", prog_name="offduty")
def cli() -> None:
    """Release a position only when it is proven to have been taken on duty, away from home and from the way there."""


def command(implementation: str, example: str) -> Callable[[Declared], click.Command]:
    """Declare a command: ``module:function`` below `offduty.cli` is imported when it runs and gets the options by name.

    The function returns the exit code; None is 0. The help ends with the example.
    """
    module, _, name = implementation.partition(":")

    def declare(declared: Declared) -> click.Command:
        def run_it(**options: Any) -> None:
            function = getattr(import_module(f"offduty.cli.{module}"), name)
            try:
                code: int | None = function(**options)
            except BrokenPipeError as error:  # click (8.5) would end the process without a word
                raise RuntimeError("a pipe or a connection broke") from error
            click.get_current_context().exit(code or 0)

        run_it.__doc__ = declared.__doc__
        run_it.__click_params__ = getattr(declared, "__click_params__", [])  # type: ignore[attr-defined]
        name_of_command = declared.__name__.removesuffix("_command").replace("_", "-")
        return cli.command(name_of_command, epilog=with_example(example))(run_it)

    return declare


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


@command("demo:demo", "offduty demo")
@click.argument("directory", metavar="[DIR]", type=PATH, default="demo")
def demo_command() -> None:
    """Make up a force in a new folder, run the filter on it, verify the result, make the report, ask what an employer
    may ask, make the pack for those who are consulted, and attack the release.

    The folder is demo unless another one is named. It takes about a minute, and needs no network.
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


@command("current:current", "offduty current work/store --from 2026-03-23 --to 2026-03-30")
@click.argument("store", metavar="STORE", type=STORE_LOCATION)
@click.option("--from", "start", metavar="T", help="From this instant or date on (inclusive).")
@click.option("--to", "end", metavar="T", help="Up to this instant or date (exclusive).")
@json_option
def current_command() -> None:
    """Say which releases of STORE are the current ones, as paths: one a line. Exit code 3 where a time has none."""


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
