"""Counts again what the release of a made-up force confirms: how many duty windows, and how many days on site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from offduty.verify.answers_again.answers import CONFIRMED, NOT_VISIBLE, as_csv, presence_windows, site_days
from offduty.verify.answers_again.evidence_of_duty import AskedAgain, DutyEvidence

HEAD = ["side", "windows", "windows_confirmed", "days", "days_confirmed"]
LEAST_DAYS = 28
JOIN_S, LEAST_MINUTES, DAY_MINUTES = 900, 30, 240
"""What counts where a policy names no terms of these questions (docs/reference/policy.md)."""


def made_up_table(sides: Mapping[str, tuple[AskedAgain, Mapping[str, Any]]]) -> bytes:
    """The table of what each side confirms: by its name, what is needed to ask it, and its policy."""
    return as_csv([HEAD, *([side, *_counts(asked, policy)] for side, (asked, policy) in sides.items())])


def _counts(asked: AskedAgain, policy: Mapping[str, Any]) -> list[int | str]:
    """Windows, those that are confirmed, days, and those that are; no days below four weeks."""
    terms = policy.get("analyses", {})
    evidence = _evidence(asked, terms.get("presence", {}))
    windows = [window for mine in presence_windows(evidence).values() for window in mine]
    counts = [len(windows), sum(window.state == CONFIRMED for window in windows)]
    begins = [evidence.day(window.span[0]) for window in windows]
    if not begins or (max(begins) - min(begins)).days + 1 < LEAST_DAYS:
        return [*counts, "", ""]
    named = {"day_minutes": DAY_MINUTES, "least_minutes": LEAST_MINUTES, **terms.get("site_days", {})}
    found = site_days(_evidence(asked, terms.get("site_days", {})), sorted(asked.rules.on_codes), named)
    states = [day.state for days in found.values() for day in days]
    confirmed = states.count(CONFIRMED)
    return [*counts, confirmed + states.count(NOT_VISIBLE), confirmed]


def _evidence(asked: AskedAgain, terms: Mapping[str, Any]) -> DutyEvidence:
    return DutyEvidence(replace(asked, join_s=int(terms.get("join_s", JOIN_S))))
