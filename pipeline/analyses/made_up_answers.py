"""Asks of a made-up force how many duty windows and days on site its release confirms, to compare two policies.

States: a number of windows or of days that is *confirmed*, of how many. It is asked of nobody who exists, so it needs
no terms that were agreed on, and its counts are exact. It cannot say how a real force would fare, nor how far a release
gives homes away: the attacks of the red team measure that, store by store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from offduty.analyses.eligible_duty import DecidedParts, day_of
from offduty.analyses.presence import CONFIRMED, NOT_VISIBLE, presence
from offduty.analyses.roster_files import Declared
from offduty.analyses.site_days import LEAST_PERIOD_DAYS, site_days
from offduty.config.policy import Policy

TERMS = {"purpose": "to compare policies on a made-up force", "recipients": ["nobody"], "keep_days": 1}
WITH_DECIMALS = ("accuracy", "places", "legs")
"""The sections of a policy that have numbers with decimals."""


@dataclass(frozen=True)
class AnsweredForce:
    """What a release confirms: of so many ``windows`` and of so many ``days``. Days are None below four weeks, of which
    nothing is said about days on site.
    """

    windows: int
    windows_confirmed: int
    days: int | None
    days_confirmed: int | None


def answered_force(
    release: pd.DataFrame,
    roster: pa.Table,
    sites: pa.Table,
    policy: Mapping[str, Any],
    *,
    key: bytes,
    decided: DecidedParts,
    as_of_us: int,
    declared: Declared,
) -> AnsweredForce:
    """Ask it; the arguments are those of `offduty.analyses.presence.presence`, but for ``policy``, which is as a
    manifest has it. Where it names presence or days on site, their thresholds are its own, and else the defaults.

    Raises `UsageError` where there is no error card for the deciding rules.
    """
    asked = _with_terms(policy)
    common: dict[str, Any] = {"key": key, "decided": decided, "as_of_us": as_of_us, "declared": declared}
    windows = presence(release, roster, sites, asked, **common).windows
    confirmed = int((windows["state"] == CONFIRMED).sum())
    if windows.empty or windows["day"].max() - windows["day"].min() + 1 < LEAST_PERIOD_DAYS:
        return AnsweredForce(len(windows), confirmed, None, None)
    first, last = (day_of(int(day)) for day in (windows["day"].min(), windows["day"].max()))
    codes = asked.duty.on_codes
    found = site_days(
        release, roster, sites, asked, codes=codes, start=first, end=last + timedelta(days=1), **common
    ).days["state"]
    shown = int((found == CONFIRMED).sum())
    return AnsweredForce(len(windows), confirmed, shown + int((found == NOT_VISIBLE).sum()), shown)


def _with_terms(document: Mapping[str, Any]) -> Policy:
    """The rules of a manifest, in which numbers with decimals are text, with terms for both questions."""
    named = document.get("analyses", {})
    terms = {name: named.get(name, TERMS) for name in ("presence", "site_days")}
    numbers = {section: _with_numbers(document[section]) for section in WITH_DECIMALS}
    return Policy.from_dict({**document, **numbers, "analyses": terms})


def _with_numbers(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: float(value) if _is_number(value) else value for key, value in section.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, str) and value.replace(".", "", 1).isdigit()
