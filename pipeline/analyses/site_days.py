"""Asks about days on site: can it be shown that the agreed number of them was met. It is never shown that it was not.

Of D days with duty of the codes asked for, L are *confirmed*: the device was seen at a site long enough. The others
cannot be known, whatever somebody did, so the answer about a target is *shown* or *not shown*, and never that it was
missed. A day that is not confirmed is *not visible*; a day with little duty, or with duty of other codes, is *not
assessed*. It cannot say where somebody was instead: a silent phone at a site looks the same as a day elsewhere.

About one officer there are two tables. `SiteDays.section` has no date: it is what a single case may have, and the own
copy has it, too. `SiteDays.dates` has every day, and is for the officer alone (S4, A4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from offduty.analyses.common_rules import agreed_terms
from offduty.analyses.confirmed_time import confirmed_time
from offduty.analyses.eligible_duty import NOT_DECIDED, SECOND_US, DecidedParts, day_of, eligible_duty
from offduty.analyses.error_cards import error_card
from offduty.analyses.presence import CONFIRMED, MINUTE_US, NOT_ASSESSED, NOT_VISIBLE, units_of, visible_of, within
from offduty.analyses.visible_rows import site_of_rows
from offduty.config.agreed_analyses import SiteDaysSection
from offduty.config.declarations import TableDeclaration
from offduty.config.policy import Policy
from offduty.core.errors import UsageError
from offduty.core.ids import clean_id

LEAST_DAYS = 10
"""About fewer days nothing is said of anybody."""
LEAST_PERIOD_DAYS = 28
SHOWN, NOT_SHOWN = "shown", "not shown"
NO_TARGET = "no target was agreed on"
TOO_FEW = f"{NOT_ASSESSED}: fewer than {LEAST_DAYS} days"
SECTION = ["from", "to", "codes", "days", "confirmed", "target"]
DATES = ["day", "state"]


@dataclass(frozen=True)
class SiteDays:
    """What was seen. ``days`` has a row for each officer and local day: ``officer`` (id), ``unit``, ``day`` (in days
    since 1970), ``state``, and ``open`` where no run had decided duty of it when it ended. It names people: it
    is what is decided by. `section` and `dates` are about one officer.
    """

    days: pd.DataFrame = field(repr=False)
    codes: tuple[str, ...]
    start: date
    end: date
    terms: SiteDaysSection = field(repr=False)
    card: Mapping[str, Any] = field(repr=False)

    def counts(self) -> pd.DataFrame:
        """For each officer with enough days: ``officer``, ``unit``, ``confirmed`` (L) and ``days`` (D)."""
        assessed = self.days[self.days["state"] != NOT_ASSESSED]
        confirmed = assessed.assign(confirmed=assessed["state"] == CONFIRMED)
        found = confirmed.groupby(["officer", "unit"], as_index=False).agg(
            confirmed=("confirmed", "sum"), days=("day", "size")
        )
        return found[found["days"] >= LEAST_DAYS].reset_index(drop=True)

    def section(self, officer_id: str) -> pd.DataFrame:
        """What is said of one officer without a date, in one row: `SECTION`. It is all that a single case has.

        Of ``days`` that are assessed so many are ``confirmed``, and whether the ``target`` is shown by them. Of fewer
        than `LEAST_DAYS` nothing is said, not even how many, and of an officer whom the roster does not name. A day
        that was open is in neither number: it is assessed only where it is confirmed, so they would tell its state.
        """
        told = self.days[~self.days["open"].astype(bool)]
        states = told["state"][told["officer"] == (clean_id(officer_id) or "")]
        confirmed, days = int((states == CONFIRMED).sum()), int((states != NOT_ASSESSED).sum())
        said = (None, None) if days < LEAST_DAYS else (days, confirmed)
        row = [f"{self.start}", f"{self.end}", ", ".join(self.codes), *said, self.target(confirmed, days)]
        return pd.DataFrame([row], columns=SECTION).astype({"days": "Int64", "confirmed": "Int64"})

    def dates(self, officer_id: str) -> pd.DataFrame:
        """One officer's days, in order: `DATES`. It is for the officer alone, and in no single case (S4)."""
        mine = self.days[self.days["officer"] == (clean_id(officer_id) or "")]
        return pd.DataFrame({"day": [f"{day_of(day)}" for day in mine["day"]], "state": mine["state"].to_numpy()})

    def target(self, confirmed: int, days: int) -> str:
        """Whether the target is shown by so many confirmed days of so many."""
        if days < LEAST_DAYS:
            return TOO_FEW
        if not self.terms.target_percent:
            return NO_TARGET
        return SHOWN if 100 * confirmed >= self.terms.target_percent * days else NOT_SHOWN


def site_days(
    release: pd.DataFrame,
    roster: pa.Table,
    sites: pa.Table,
    policy: Policy,
    *,
    key: bytes,
    decided: DecidedParts,
    as_of_us: int,
    codes: Sequence[str],
    start: date,
    end: date,
    units: pd.DataFrame | None = None,
    card: Mapping[str, Any] | None = None,
    declared: Mapping[str, TableDeclaration] | None = None,
) -> SiteDays:
    """Answer the question for the local days from ``start`` until before ``end``, and duty of these ``codes``.

    The other arguments are those of `offduty.analyses.presence.presence`. Raises `UsageError` where the policy names no
    such analysis, a code is none that grants duty, the days are fewer than four weeks, or there is no error card.
    """
    terms = agreed_terms(policy, "site_days", SiteDaysSection)
    card = error_card("site-days") if card is None else card
    _check(policy, codes, start, end)
    duty = within(eligible_duty(roster, policy, as_of_us, decided, declared), start, end)
    seen = visible_of(release, duty, policy, key)
    there = site_of_rows(seen, sites, policy)
    time = confirmed_time(
        duty.pieces, seen, there["row"].unique(), policy.release.time_step_s * SECOND_US, terms.join_s * SECOND_US
    )
    undecided = duty.windows["why"].to_numpy(dtype=object)[duty.pieces["window"]] == NOT_DECIDED
    days = _days(duty.pieces.assign(undecided=undecided), time["site_us"].to_numpy(np.int64), codes, terms)
    names = np.array([*duty.officers, ""], dtype=object)
    days["officer"] = names[days["officer"].to_numpy(np.int64)]
    days["unit"] = units_of(days["officer"], units)
    return SiteDays(days[["officer", "unit", "day", "state", "open"]], tuple(codes), start, end, terms, card)


def _check(policy: Policy, codes: Sequence[str], start: date, end: date) -> None:
    unknown = [code for code in codes if code not in policy.duty.on_codes]
    if unknown or not codes:
        raise UsageError(f"--codes must be codes that grant duty: {', '.join(policy.duty.on_codes)}")
    if (end - start).days < LEAST_PERIOD_DAYS:
        raise UsageError(f"--period must have at least {LEAST_PERIOD_DAYS} days: less says too much about single days")


def _days(
    pieces: pd.DataFrame, site_us: np.ndarray[Any, Any], codes: Sequence[str], terms: SiteDaysSection
) -> pd.DataFrame:
    """The state of each day with duty: by how much of it could have been seen, and how much was seen at a site."""
    asked = pieces["code"].isin(codes)
    table = pieces.assign(
        eligible_us=(pieces["to_us"] - pieces["from_us"]).where(asked, 0),
        other_us=(pieces["to_us"] - pieces["from_us"]).where(~asked, 0),
        site_us=np.where(asked, site_us, 0),
    )
    days = table.groupby(["officer", "day"], as_index=False)[["eligible_us", "other_us", "site_us", "undecided"]].sum()
    whole = (days["eligible_us"] >= terms.day_minutes * MINUTE_US) & (days["other_us"] == 0)
    confirmed = days["site_us"] >= terms.least_minutes * MINUTE_US
    days["open"] = days["undecided"] > 0
    unknown = np.where(days["open"], NOT_ASSESSED, NOT_VISIBLE)
    days["state"] = np.where(~whole, NOT_ASSESSED, np.where(confirmed, CONFIRMED, unknown))
    return days
