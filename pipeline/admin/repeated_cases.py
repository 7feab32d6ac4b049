"""Refuses a single case whose days overlap with those of an earlier one about the officer: two that differ by a day
would tell that day (ADR 16).

The same question may be asked again of the same runs and tables, which gives the same bytes: after another night, with
another roster or by what was known at another time two answers would differ by a day, too. So may one about other days.
What was asked before is in the log, under a mark that only the pseudonym key recognises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

from offduty.admin.log_analysis import SINGLE_CASE, AskedAnalysis
from offduty.config.declarations import declarations_document
from offduty.core.errors import UsageError
from offduty.transparency.log import LogEntry

WITHOUT_DATES = ("presence", "site-days")
"""The questions whose single cases have no dates."""
FIRST_DAY = "0000-01-01"


def check_repeated(before: Iterable[Mapping[str, Any]], asked: AskedAnalysis) -> None:
    """Raise `UsageError` where an earlier single case about the officer is about some of these days, and its answer
    may be another.

    ``before`` are the entries about the officer (`log_analysis.asked_about`). The parameters have ``from`` and ``to``
    (empty where none was named: then all that was known at ``as_of``), and maybe ``codes``.
    """
    if asked.analysis not in WITHOUT_DATES:
        return
    first, last = _days(asked.parameters)
    for entry in before:
        if entry["answer"] != SINGLE_CASE or entry["analysis"] != asked.analysis:
            continue
        begin, end = _days(entry["parameters"])
        if begin < last and first < end and not _is_same(entry, asked):
            raise UsageError(
                "a single case about this officer was made before, about some of these days and not by the same"
                " question, or not of the same runs, tables and policy: of two that overlap the difference tells single"
                f" days. That case is about {_in_words(entry)}, by what was known at {entry['parameters']['as_of']}:"
                " use its answer, ask about other days, or ask the officer"
            )


def check_roster(entries: Iterable[LogEntry], asked: AskedAnalysis) -> None:
    """Raise `UsageError` where a single case reads a roster that no run of the log read.

    A roster that is made for the question, with one shift cut into ten, would give the state of that shift as a share.
    """
    if asked.analysis not in WITHOUT_DATES:
        return
    read = _rosters_read(entries)
    if not all(each["sha256"] in read for each in asked.tables if each["table"] == "roster"):
        raise UsageError(
            "a single case is by a roster that a run of the store read, and this is none: by another one it could tell"
            " single days. Give the roster of the newest run, or ask after the next one"
        )


def _rosters_read(entries: Iterable[LogEntry]) -> Set[str]:
    """The SHA-256 of each file of a roster that a run of the log read."""
    runs = (entry.document["inputs"] for entry in entries if entry.is_run)
    return {given["sha256"] for inputs in runs for given in inputs if given["table"] == "roster"}


def _is_same(entry: Mapping[str, Any], asked: AskedAnalysis) -> bool:
    """Whether the answer has the same bytes, for all that somebody who asks can choose or wait for."""
    return bool(
        entry["parameters"] == dict(asked.parameters)
        and entry["runs"] == list(asked.runs)
        and entry["tables"] == [dict(table) for table in asked.tables]
        and entry.get("declarations", {}) == declarations_document(asked.declared)
        and entry["policy_sha256"] == asked.policy_sha256
    )


def _days(parameters: Mapping[str, str]) -> tuple[str, str]:
    """The days asked about, until before the second, as texts that are in the order of time."""
    return parameters["from"] or FIRST_DAY, parameters["to"] or parameters["as_of"]


def _in_words(entry: Mapping[str, Any]) -> str:
    first, last = _days(entry["parameters"])
    days = f"the days until before {last}" if first == FIRST_DAY else f"the days from {first} until before {last}"
    codes = entry["parameters"].get("codes")
    return f"{days}, duty of {codes}" if codes else days
