"""The command `offduty compare`: how the same rows fared under two policies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from offduty.admin.log_analysis import AGGREGATE, COMPARISON, AskedAnalysis, check_because
from offduty.analyses.error_cards import rules_sha256
from offduty.analyses.policy_comparison import PolicyComparison, RecordedLedger, compare_policies, comparison_text
from offduty.cli.answer_files import check_names, csv_bytes, json_bytes, put_files
from offduty.cli.console import print_answer, print_lines, say
from offduty.cli.log_asked import log_asked
from offduty.cli.made_up_force import made_up_force, made_up_table
from offduty.cli.made_up_lifts import check_truth, lifts_table, made_up_lifts
from offduty.core.errors import UsageError
from offduty.core.locations import Location, ObjectAddress, store_location
from offduty.store.open_store import local_copy
from offduty.store.remote import LOG, ledger_of
from offduty.transparency.log import read_store

AS_JSON, CHANGES, REASONS = "comparison.json", "comparison.csv", "comparison-reasons.csv"
MADE_UP, LIFTS = "comparison-made-up.csv", "comparison-lifts.csv"
"""What is added of a made-up force: windows and days that each release confirms, and how far it gives homes away."""


def compare(
    one: Path | str,
    other: Path | str,
    inputs: Path | None,
    truth: Path | None,
    because: str | None,
    signing: Path | None,
    output: Path | None,
    as_json: bool,
    force: bool,
) -> int:
    """Compare two ledgers over the same inputs: what a policy would change. No position is read, but with ``inputs``,
    the job of a made-up force, of which both releases are read; with ``truth`` they are attacked, too. The log of the
    store in which ``other`` lies says first that it was asked.
    """
    check_because(because)
    if truth is not None:
        check_truth(truth, inputs)
    more = [name for name, given in ((MADE_UP, inputs), (LIFTS, truth)) if given is not None]
    check_names(output, (AS_JSON, CHANGES, REASONS, *more), force)
    with ExitStack() as end:
        folders = [end.enter_context(_folder(where)) for where in (one, other)]
        found = compare_policies(*map(RecordedLedger.in_folder, folders))
        asked = _asked(found, folders[1].absolute().parent.parent, because or "")
    document = found.document()
    files = {CHANGES: csv_bytes(found.table), REASONS: csv_bytes(found.reasons)}
    if inputs is not None:
        sides = list(zip(map(_store_of, (one, other)), (found.one, found.other), strict=True))
        document["made_up"] = made_up_force(inputs, sides)
        files[MADE_UP] = made_up_table(document["made_up"])
        if truth is not None:
            document["lifts"] = made_up_lifts(inputs, truth, sides)
            files[LIFTS] = lifts_table(document["lifts"])
    files[AS_JSON] = json_bytes(document)
    log_asked(_store_of(other), asked, signing, files)
    put_files(output, files, force)
    if output is not None:
        say(f"made {', '.join(files)}, for those who are consulted")
    return print_answer(files[AS_JSON]) if as_json else print_lines(comparison_text(document))


def _asked(found: PolicyComparison, store: Path, because: str) -> AskedAnalysis:
    """What the entry says: both ids, which of them are of this store, and the policy that was to be weighed."""
    here = {entry.document["run_id"] for entry in read_store(store) if entry.names_files}
    both = [str(side["run_id"]) for side in (found.one, found.other)]
    return AskedAnalysis(
        analysis=COMPARISON,
        answer=AGGREGATE,
        role="",
        because=because,
        parameters=dict(zip(("one", "other"), both, strict=True)),
        tables=(),
        policy_sha256=str(found.other["policy_sha256"]),
        rules_sha256=rules_sha256(COMPARISON),
        runs=[run_id for run_id in dict.fromkeys(both) if run_id in here],
    )


def _store_of(where: Path | str) -> Location:
    """The store in which a run or trial lies."""
    location = store_location(where)
    if isinstance(location, Path):
        return location.absolute().parent.parent
    store = location.parent.parent
    if location.parent.name != "runs" or not isinstance(store, ObjectAddress):
        raise UsageError("name the folder of a run or trial, such as s3://bucket/store/runs/ and its id")
    return store


@contextmanager
def _folder(where: Path | str) -> Iterator[Path]:
    """The folder of a run or trial: itself, or a private copy of its ledger and of the log, if it lies in an object
    store.
    """
    location, store = store_location(where), _store_of(where)
    if isinstance(location, Path):
        yield location
        return
    with local_copy(store, (*LOG, ledger_of(location.name))) as root:
        yield root / "runs" / location.name
