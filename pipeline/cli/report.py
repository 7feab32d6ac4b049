"""The command `offduty report`: a page for people who were not there, and one officer's own copy."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from offduty.cli.console import say
from offduty.cli.options import STORE_PLACE
from offduty.cli.verify import FOUND_SOMETHING
from offduty.core.errors import UsageError

if TYPE_CHECKING:
    from offduty.report.build import RenderedReport, ReportRequest
    from offduty.report.data.verification import VerificationEvidence

FILE = click.Path(path_type=Path)


@click.command()
@click.argument("store", metavar="STORE", type=STORE_PLACE)
@click.option("--run", "run_id", metavar="ID", help="Report on this run alone (or the beginning of its id).")
@click.option("--from", "start", metavar="T", help="Report on the time from this instant or date on (inclusive).")
@click.option("--to", "end", metavar="T", help="Report on the time before this instant or date (exclusive).")
@click.option(
    "--inputs", metavar="JOB.toml", type=FILE, help="The job, if its inputs are at hand: hidden positions by time."
)
@click.option("--key", "keys", metavar="PUB", type=FILE, multiple=True, help="A public key to trust; may be repeated.")
@click.option("--policy", metavar="FILE", type=FILE, help="The policy that was agreed: did every run use exactly it?")
@click.option("--no-proof", is_flag=True, help="Do not verify the store; the report then says that nothing was.")
@click.option("--since", metavar="FILE", type=FILE, help="An earlier report, or a checkpoint, to compare with.")
@click.option(
    "--officer", metavar="ID", help="Make this officer's own copy instead; - reads the id from standard input."
)
@click.option("--csv", "csv_path", metavar="FILE", type=FILE, help="Write an own copy's rows as CSV, too.")
@click.option("-o", "--output", metavar="FILE", type=FILE, help="The page. Default: report.html, or own-copy.html.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.pass_context
def report(
    context: click.Context,
    store: Path | str,
    run_id: str | None,
    start: str | None,
    end: str | None,
    inputs: Path | None,
    keys: tuple[Path, ...],
    policy: Path | None,
    no_proof: bool,
    since: Path | None,
    officer: str | None,
    csv_path: Path | None,
    output: Path | None,
    force: bool,
) -> None:
    """Say on one page what the runs of STORE released, what they hid, and why. Exit 7 where the store fails a check.

    With --officer: which positions of one officer were released, under which entry of the roster, for that officer
    alone.
    """
    if run_id is not None and (start is not None or end is not None):
        raise UsageError("--run names one run, --from and --to a time: give one or the other")
    if csv_path is not None and officer is None:
        raise UsageError("--csv belongs to --officer: the report itself is a page alone")
    if officer is not None and (keys or policy or no_proof or since):
        raise UsageError("--key, --policy, --no-proof and --since belong to the report, not to an own copy (--officer)")
    from offduty.core.locations import store_location
    from offduty.ingest.object_inputs import at_hand as inputs_at_hand
    from offduty.report.build import ReportRequest
    from offduty.report.data.verification import VerificationEvidence
    from offduty.store.remote import at_hand

    with ExitStack() as held:
        root = held.enter_context(at_hand(store_location(store)))
        job = None if inputs is None else held.enter_context(inputs_at_hand(inputs))
        asked = ReportRequest(root, start, end, run_id, job)
        if officer is not None:
            _private(asked, officer, output or Path("own-copy.html"), csv_path, force)
            return
        evidence = None if no_proof else VerificationEvidence(keys, policy)
        made = _public(asked, output or Path("report.html"), evidence, since, force)
    if made.failed:
        context.exit(FOUND_SOMETHING)


def _public(
    asked: ReportRequest, output: Path, evidence: VerificationEvidence | None, since: Path | None, force: bool
) -> RenderedReport:
    from offduty.cli.write_file import check_free, put
    from offduty.report.build import report as make

    check_free(output, force)
    made = make(asked, evidence=evidence, since=since, watch=say)
    put(output, made.html, force)
    say(f"made {output} ({len(made.html) // 1000:,} kB): {_runs(made)}; open it in any browser")
    _say_proof(made)
    return made


def _runs(made: RenderedReport) -> str:
    parts = [f"{made.counted} run{'' if made.counted == 1 else 's'} counted"]
    if made.superseded:
        parts.append(f"{made.superseded} superseded")
    if made.left_out:
        parts.append(f"{made.left_out} left out (only a part would count: --inputs tells which)")
    return ", ".join(parts)


def _say_proof(made: RenderedReport) -> None:
    from offduty.report.data.verification import verdict

    kind, text = verdict(made.proof)
    say(f"proof: {kind}. {text}")


def _private(asked: ReportRequest, officer: str, output: Path, csv_path: Path | None, force: bool) -> None:
    from offduty.cli.write_file import check_free, put
    from offduty.report.build import own_copy

    for path in (output, csv_path):
        if path is not None:
            check_free(path, force)
    copy = own_copy(asked, _id(officer), watch=say)
    put(output, copy.html, force)
    say(f"made {output}: {copy.rows:,} released positions. It is private: give it to nobody but the officer")
    if csv_path is not None:
        put(csv_path, copy.csv, force)
        say(f"made {csv_path}: the same as a table")


def _id(given: str) -> str:
    """The id as given, or the first line of standard input, which no shell's history keeps."""
    officer = sys.stdin.readline().rstrip("\r\n") if given == "-" else given
    if not officer.strip():
        raise UsageError("--officer is empty: give an id, or - and the id on standard input")
    return officer
