"""Refuses a single case whose days overlap with those of an earlier one about the officer: two that differ by a day
would tell that day (ADR 16).

The same question may be asked again, and so may one about other days. What was asked before is in the log, under a mark
that only the pseudonym key recognises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from offduty.admin.log_analysis import SINGLE_CASE
from offduty.core.errors import UsageError

WITHOUT_DATES = ("presence", "site-days")
"""The questions whose single cases have no dates."""
FIRST_DAY = "0000-01-01"


def check_repeated(before: Iterable[Mapping[str, Any]], analysis: str, parameters: Mapping[str, str]) -> None:
    """Raise `UsageError` where an earlier single case about the officer is about some of these days and some others.

    ``before`` are the entries about the officer (`log_analysis.asked_about`); ``parameters`` are those of the question:
    ``from`` and ``to`` (empty where none was named: then all that was known at ``as_of``), and maybe ``codes``.
    """
    if analysis not in WITHOUT_DATES:
        return
    asked = _days(parameters)
    for entry in before:
        if entry["answer"] != SINGLE_CASE or entry["analysis"] != analysis:
            continue
        earlier = _days(entry["parameters"])
        same = earlier == asked and entry["parameters"].get("codes") == parameters.get("codes")
        if not same and earlier[0] < asked[1] and asked[0] < earlier[1]:
            raise UsageError(
                "a single case about this officer was made before, about some of these days and not by the same"
                f" question: of two that overlap the difference tells single days. Ask again about {_in_words(entry)},"
                " or about other days"
            )


def _days(parameters: Mapping[str, str]) -> tuple[str, str]:
    """The days asked about, until before the second, as texts that are in the order of time."""
    return parameters["from"] or FIRST_DAY, parameters["to"] or parameters["as_of"]


def _in_words(entry: Mapping[str, Any]) -> str:
    first, last = _days(entry["parameters"])
    days = f"the days until before {last}" if first == FIRST_DAY else f"the days from {first} until before {last}"
    codes = entry["parameters"].get("codes")
    return f"{days}, duty of {codes}" if codes else days
