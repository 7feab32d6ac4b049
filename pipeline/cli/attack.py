"""The command `offduty attack`: the red team on a published store, or on worlds of its own."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from offduty.cli.console import columns, print_answer, say
from offduty.cli.core_dumps import leave_none
from offduty.config.key_files import load_pseudonym_key
from offduty.core.count_words import number_of
from offduty.core.errors import LineCrossedError, UsageError
from offduty.core.locations import store_location
from offduty.pages.language import Language
from offduty.pages.language import language as find_language
from offduty.redteam import results, results_page, suite, summary
from offduty.redteam.attack_store import NUMBERS, attack_store
from offduty.redteam.ground_truth import read_force
from offduty.redteam.metrics import extra_installed
from offduty.redteam.results import ResultRow
from offduty.store.open_store import local_copy
from offduty.transparency.log import read_log

MOST = 20
AGAIN = {2, 11, 15, 17, 18, 20}
"""Attacks that no published store can be tried with alone."""


def attack(
    store: Path | str | None,
    truth: Path | None,
    roster: Path | None,
    sites: Path | None,
    key: Path | None,
    attacks: str | None,
    worlds: str | None,
    wide: bool,
    as_json: bool,
    language: str,
    output: Path | None,
) -> int:
    """Attack the release of STORE as an analyst could, judge it by the truth, and exit 1 when a line is crossed."""
    said_in = find_language(language)
    _check_extra()
    rows = _worlds(worlds) if worlds else _store(store, truth, roster, sites, key, attacks)
    if output is not None:
        output.write_bytes(results_page.page(rows, _about(store, said_in), said_in))
    crossed = results.crossed(rows)
    if as_json:
        document = {"rows": [_document(row) for row in rows], "crossed": len(crossed)}
        printed = print_answer(json.dumps(document) + "\n")
    else:
        text = results.plain(rows, columns()) if wide else summary.table(rows)
        printed = print_answer(text + "\n")
    if crossed:
        lines = number_of(len(crossed), "line is crossed that is not known", "lines are crossed that are not known")
        raise LineCrossedError(f"{lines}: see the last column of the table")
    say("no line is crossed that is not known (offduty docs attacks)")
    return printed


def _document(row: ResultRow) -> dict[str, object]:
    return {name: None if value != value else value for name, value in asdict(row).items()}


def _about(store: Path | str | None, language: Language) -> list[str]:
    """When this is made, of what, and by which policy."""
    made = language.say("attack_page.made", day=language.day(datetime.now(UTC).date()))
    if store is None:
        return [made, language.say("attack_page.worlds")]
    with local_copy(store_location(store)) as folder:
        runs = [entry.document for entry in read_log(folder / "log") if entry.document.get("kind") == "run"]
    return [made, language.say("attack_page.store", name=runs[-1]["policy"]["policy"]["name"])]


def _worlds(size: str) -> list[ResultRow]:
    tasks = suite.small(leave_none) if size == "small" else suite.full(leave_none)
    return suite.run(tasks, 2, lambda name, done, total, _: say(f"{done} of {total} trials: {name}"))


def _store(
    store: Path | str | None,
    truth: Path | None,
    roster: Path | None,
    sites: Path | None,
    key: Path | None,
    attacks: str | None,
) -> list[ResultRow]:
    if store is None or truth is None:
        raise UsageError("give a store and --truth DIR, or made-up worlds: --worlds small")
    numbers = _numbers(attacks)
    place = store_location(store)
    if key is None and not isinstance(place, Path):
        raise UsageError(
            "the store is in an object store and has no key beside it: name the key for scoring with --key"
        )
    secret = load_pseudonym_key(key or Path(store).parent / "pseudonym.key")
    if numbers is None:
        numbers = set(NUMBERS)
    with local_copy(place) as folder:
        force = read_force(folder, truth, secret, roster, sites)
        rows = list(attack_store(force, folder, truth, numbers))
    _tell_untried(numbers, rows)
    return rows


def _tell_untried(numbers: set[int], rows: list[ResultRow]) -> None:
    """Say which attacks could not be tried; they have not failed. Raises `UsageError` if none could be tried."""
    tried = {int(row.attack.split()[0]) for row in rows}
    untried = ", ".join(str(number) for number in sorted(numbers - tried))
    if not tried:
        raise UsageError(
            f"nothing was attacked: attacks {untried} need more input, such as --roster or the true tracks"
        )
    if untried:
        say(f"attacks {untried} are left out; they need more input (--roster, the true tracks)")


def _check_extra() -> None:
    """Raise `UsageError` where the libraries of the extra are not installed, before anything is read."""
    if not extra_installed():
        raise UsageError("attack needs SciPy and scikit-learn: pip install 'offduty[attack]'")


def _numbers(text: str | None) -> set[int] | None:
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdigit() and 1 <= int(word) <= MOST for word in words):
        raise UsageError(f"--attacks takes numbers from 1 to {MOST}, separated by commas: {text!r}")
    asked = {int(word) for word in words}
    if asked & AGAIN:
        numbers = ", ".join(map(str, sorted(AGAIN)))
        raise UsageError(f"attacks {numbers} change the input or run the filter again: use --worlds small")
    return asked
