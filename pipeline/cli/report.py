"""The command `offduty report`: a page about the runs of a store, or one officer's own copy."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from offduty.cli.console import say
from offduty.cli.options import FOUND_SOMETHING, given_officer
from offduty.cli.write_file import check_free, put
from offduty.core.count_words import number_of
from offduty.core.errors import UsageError
from offduty.core.locations import store_location
from offduty.ingest.object_inputs import local_inputs
from offduty.pages.language import Language
from offduty.pages.language import language as find_language
from offduty.pages.pdf import find_browser, page_as_pdf
from offduty.report.build import RenderedReport, ReportRequest, own_copy
from offduty.report.build import report as build_report
from offduty.report.data.verification import VerificationEvidence, verdict
from offduty.store.open_store import local_copy


def report(
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
    language: str,
    pdf: Path | None,
    output: Path | None,
    force: bool,
) -> int:
    """Say on one page what the runs of STORE released, what they hid, and why. Exit 7 where the store fails a check.

    With --officer: which positions of one officer were released, under which entry of the roster, for that officer
    alone.
    """
    if run_id is not None and (start is not None or end is not None):
        raise UsageError("--run names one run, --from and --to an interval: use one or the other")
    if csv_path is not None and officer is None:
        raise UsageError("--csv belongs to --officer: the report is only a page")
    if officer is not None and (keys or policy or no_proof or since):
        raise UsageError("--key, --policy, --no-proof and --since belong to the report, not to an own copy (--officer)")
    said_in = find_language(language)
    browser = None if pdf is None else find_browser()
    page = output or Path("report.html" if officer is None else "own-copy.html")
    for path in (page, csv_path, pdf):
        if path is not None:
            check_free(path, force)
    with ExitStack() as held:
        root = held.enter_context(local_copy(store_location(store)))
        job = None if inputs is None else held.enter_context(local_inputs(inputs))
        asked = ReportRequest(root, start, end, run_id, job)
        if officer is not None:
            _private(asked, officer, page, csv_path, said_in, force)
            failed = False
        else:
            evidence = None if no_proof else VerificationEvidence(keys, policy)
            failed = _public(asked, page, evidence, since, said_in, force).failed
    if pdf is not None and browser is not None:
        put(pdf, page_as_pdf(browser, page), force)
        say(f"made {pdf}: the same page, for a printer")
    return FOUND_SOMETHING if failed else 0


def _public(
    asked: ReportRequest,
    output: Path,
    evidence: VerificationEvidence | None,
    since: Path | None,
    language: Language,
    force: bool,
) -> RenderedReport:
    made = build_report(asked, evidence=evidence, since=since, language=language, watch=say)
    put(output, made.html, force)
    say(f"made {output} ({len(made.html) // 1000:,} kB): {_runs(made)}; open it in any browser")
    _say_proof(made)
    return made


def _runs(made: RenderedReport) -> str:
    parts = [f"{number_of(made.counted, 'run')} counted"]
    if made.superseded:
        parts.append(f"{made.superseded} superseded")
    if made.left_out:
        parts.append(f"{made.left_out} left out (they are only partly in this interval; --inputs shows which part)")
    return ", ".join(parts)


def _say_proof(made: RenderedReport) -> None:
    kind, text = verdict(made.checks)
    say(f"proof: {kind}. {text}")


def _private(
    asked: ReportRequest, officer: str, output: Path, csv_path: Path | None, language: Language, force: bool
) -> None:
    copy = own_copy(asked, given_officer(officer), language=language, watch=say)
    put(output, copy.html, force)
    positions = number_of(copy.rows, "released position")
    say(f"made {output}: {positions}. It is private: give it only to the officer")
    if csv_path is not None:
        put(csv_path, copy.csv, force)
        say(f"made {csv_path}: the same rows as a table")
