"""Asks about presence: on how much of the rostered duty was the device seen at work. The answer is never an absence.

States of a duty window: *confirmed* (a stretch of released positions lies in it; the rest is *not visible*), *not
visible*, and *not assessed* (recorded afterwards, not decided yet, too short, or the officer was not seen in the whole
time). It can show that a device was at work, and can never prove that somebody was not: every released stretch begins
and ends at work, and everything else is not visible, whatever the reason. It cannot say who carried the device: a phone
is not a person. There is no finding.

About one officer there are two tables. `Presence.section` has no date: it is what a single case may have, and the own
copy has it, too. `Presence.dates` has every window, and is for the officer alone (A4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from offduty.analyses.common_rules import agreed_terms
from offduty.analyses.confirmed_time import confirmed_time
from offduty.analyses.eligible_duty import (
    NEVER_SEEN,
    NOT_DECIDED,
    SECOND_US,
    DecidedParts,
    EligibleDuty,
    eligible_duty,
    local_days,
)
from offduty.analyses.error_cards import error_card
from offduty.analyses.visible_rows import site_of_rows, visible_rows
from offduty.config.agreed_analyses import PresenceSection
from offduty.config.declarations import TableDeclaration
from offduty.config.policy import Policy
from offduty.core.ids import clean_id

CONFIRMED, NOT_VISIBLE, NOT_ASSESSED = "confirmed", "not visible", "not assessed"
QUARTER_US = 15 * 60 * SECOND_US
"""Minutes are rounded down to so many."""
SECTION = ["from", "to", "windows", "confirmed_at_least_percent", "answer"]
LEAST_WINDOWS = 10
"""About fewer windows nothing is said without a date: of one window it would be what its date says."""
LEAST_PERCENT = 25
"""The one share that is told: finer ones tell how often somebody works from home (docs/explanation/single-cases.md)."""
ANSWERS = {
    0: f"{NOT_VISIBLE}: nothing is said of them",
    LEAST_PERCENT: f"{CONFIRMED}: a quarter of them or more",
}
TOO_FEW_WINDOWS = f"{NOT_ASSESSED}: fewer than {LEAST_WINDOWS} windows"
DATES = ["starts_at", "ends_at", "state", "why", "confirmed_minutes", "minutes_without_joining"]
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US


@dataclass(frozen=True)
class Presence:
    """What was seen. `section` and `dates` are about one officer; `offduty.analyses.presence_summary` makes what
    everybody may see. ``start`` and ``end`` are the local days that were asked about, where any were named.

    ``windows`` has a row for each duty window: ``officer`` (id), ``unit``, ``from_us``, ``to_us``, ``day``, ``state``,
    ``open`` (no run had decided it when it ended), ``why``, ``joined_us`` and ``plain_us``. ``at_sites``
    has a row for each officer who was seen at a site in an hour of the day: ``site`` (its id, or number), ``hour`` (0
    to 23, local) and ``officer``. Both name people: they are what is decided by, and are given to nobody.
    """

    windows: pd.DataFrame = field(repr=False)
    at_sites: pd.DataFrame = field(repr=False)
    start: date | None
    end: date | None
    zone: str
    terms: PresenceSection = field(repr=False)
    card: Mapping[str, Any] = field(repr=False)

    @cached_property
    def assessed(self) -> pd.DataFrame:
        """The windows that are confirmed or not visible."""
        return self.windows[self.windows["state"] != NOT_ASSESSED]

    def section(self, officer_id: str) -> pd.DataFrame:
        """What is said of one officer without a date, in one row: `SECTION`. It is all that a single case has.

        ``windows`` are those that are assessed and were decided when they ended: one that was open is assessed only
        where it is confirmed, so that the number would tell its state. Of them 25 per cent at least are confirmed, also
        where it is all of them, or 0: then nothing is said. Of fewer than `LEAST_WINDOWS` nothing is said,
        not even how many: a window by itself is assessed only where it is confirmed. Nor is anything of an officer whom
        the roster does not name. ``from`` and ``to`` are the days asked about; empty where none were named.
        """
        told = self.assessed[~self.assessed["open"].astype(bool)]
        mine = told[told["officer"] == (clean_id(officer_id) or "")]
        percent, answer = share_of(int((mine["state"] == CONFIRMED).sum()), len(mine))
        days = ["" if day is None else f"{day}" for day in (self.start, self.end)]
        count = None if percent is None else len(mine)
        numbers = {SECTION[2]: "Int64", SECTION[3]: "Int64"}
        return pd.DataFrame([[*days, count, percent, answer]], columns=SECTION).astype(numbers)

    def dates(self, officer_id: str) -> pd.DataFrame:
        """One officer's windows, in order of time: `DATES`. It is for the officer alone, and in no single case.

        Minutes are whole quarters of an hour, rounded down. An officer whom the roster does not name has no rows.
        """
        mine = self.windows[self.windows["officer"] == (clean_id(officer_id) or "")]
        local = {
            name: _local_text(mine[column], self.zone)
            for name, column in (("starts_at", "from_us"), ("ends_at", "to_us"))
        }
        minutes = {
            name: mine[column].to_numpy() // QUARTER_US * 15
            for name, column in (("confirmed_minutes", "joined_us"), ("minutes_without_joining", "plain_us"))
        }
        shown = {"state": mine["state"].to_numpy(), "why": mine["why"].to_numpy()}
        return pd.DataFrame({**local, **shown, **minutes}, columns=DATES)


def share_of(confirmed: int, windows: int) -> tuple[int | None, str]:
    """How many per cent are confirmed at least, 25 or 0, and the same in words; None where nothing is said.

    >>> share_of(17, 20)
    (25, 'confirmed: a quarter of them or more')
    >>> share_of(4, 20), share_of(9, 9)
    ((0, 'not visible: nothing is said of them'), (None, 'not assessed: fewer than 10 windows'))
    """
    if windows < LEAST_WINDOWS:
        return None, TOO_FEW_WINDOWS
    percent = LEAST_PERCENT if 100 * confirmed >= LEAST_PERCENT * windows else 0
    return percent, ANSWERS[percent]


def presence(
    release: pd.DataFrame,
    roster: pa.Table,
    sites: pa.Table,
    policy: Policy,
    *,
    key: bytes,
    decided: DecidedParts,
    as_of_us: int,
    start: date | None = None,
    end: date | None = None,
    units: pd.DataFrame | None = None,
    card: Mapping[str, Any] | None = None,
    declared: Mapping[str, TableDeclaration] | None = None,
) -> Presence:
    """Answer the question for the duty windows that begin from ``start`` (a local date) until before ``end``.

    ``release`` has the columns of `offduty.read_release`, in any order; ``roster`` and ``sites`` are as
    `offduty.analyses.roster_files` reads them; ``key`` is the pseudonym key of the runs, ``decided`` the time that they
    decided. ``units`` has ``officer_id`` and ``unit``; without it all are one unit. ``declared`` says how tables are
    written, by their names, where a job declares it. Raises `UsageError` where the policy names no such analysis, or
    there is no error card.
    """
    terms = agreed_terms(policy, "presence", PresenceSection)
    card = error_card("presence") if card is None else card
    duty = within(eligible_duty(roster, policy, as_of_us, decided, declared), start, end)
    seen = visible_of(release, duty, policy, key)
    there = site_of_rows(seen, sites, policy)
    time = confirmed_time(
        duty.pieces, seen, there["row"].unique(), policy.release.time_step_s * SECOND_US, terms.join_s * SECOND_US
    )
    windows = _states(duty, time)
    windows["unit"] = units_of(windows["officer"], units)
    at_sites = _at_sites(duty, seen, there, sites, policy)
    return Presence(windows, at_sites, start, end, policy.policy.timezone, terms, card)


def within(duty: EligibleDuty, start: date | None, end: date | None) -> EligibleDuty:
    """The duty whose windows begin in these local days; ``end`` is the first day that is out."""
    first, last = (None if day is None else (day - date(1970, 1, 1)).days for day in (start, end))
    day = duty.windows["day"]
    kept = (day >= (day.min() if first is None else first)) & (day < (day.max() + 1 if last is None else last))
    number = np.cumsum(kept.to_numpy()) - 1
    pieces = duty.pieces[kept.to_numpy()[duty.pieces["window"]]]
    renumbered = pieces.assign(window=number[pieces["window"]]).reset_index(drop=True)
    return EligibleDuty(duty.officers, duty.windows[kept].reset_index(drop=True), renumbered)


def visible_of(release: pd.DataFrame, duty: EligibleDuty, policy: Policy, key: bytes) -> pd.DataFrame:
    """The rows of the release of the officers of these windows."""
    last = local_days(duty.windows["to_us"].to_numpy(np.int64) - 1, policy.policy.timezone)
    span = (int(duty.windows["day"].min()), int(last.max())) if len(last) else (0, -1)
    return visible_rows(release, duty.officers, span, policy, key)


def _states(duty: EligibleDuty, time: pd.DataFrame) -> pd.DataFrame:
    """The windows with their state. Of an officer who was never seen none is assessed: why is not known here. What is
    confirmed is confirmed, also where no run decided the whole window.
    """
    sums = time.groupby(duty.pieces["window"])[["joined_us", "plain_us"]].sum()
    windows = duty.windows.join(sums.reindex(range(len(duty.windows)), fill_value=0).astype(np.int64))
    windows["open"] = windows["why"] == NOT_DECIDED
    seen = windows["joined_us"] > 0
    ever = seen.groupby(windows["officer"]).transform("any").astype(bool) if len(windows) else seen
    windows["why"] = windows["why"].where(ever | (windows["why"] != ""), NEVER_SEEN).where(~seen, "")
    state = np.where(windows["why"] != "", NOT_ASSESSED, np.where(seen, CONFIRMED, NOT_VISIBLE))
    names = np.array([*duty.officers, ""], dtype=object)
    return windows.assign(state=state, officer=names[windows["officer"]])


def units_of(officers: pd.Series[str], units: pd.DataFrame | None) -> pd.Series[str]:
    """The unit of each officer; one who has none, or two, is in none."""
    if units is None:
        return pd.Series("", index=officers.index)
    known = units[["officer_id", "unit"]].astype(str).drop_duplicates()
    known = known[~known["officer_id"].duplicated(keep=False)]
    return officers.map(dict(zip(known["officer_id"], known["unit"], strict=True))).fillna("in no unit")


def _at_sites(
    duty: EligibleDuty, seen: pd.DataFrame, there: pd.DataFrame, sites: pa.Table, policy: Policy
) -> pd.DataFrame:
    """Who was seen at which site in which hour of the day, in time that is assessed."""
    rows = seen.iloc[there["row"].to_numpy()].reset_index(drop=True)
    inside = _inside(rows, duty.pieces)
    hour_us = rows["at_us"].to_numpy(np.int64)
    local = pd.DatetimeIndex(hour_us.astype("datetime64[us]")).tz_localize("UTC").tz_convert(policy.policy.timezone)
    ids = [clean_id(text) or f"site {number}" for number, text in enumerate(sites["site_id"].to_pylist(), 1)]
    names = np.array([*duty.officers, ""], dtype=object)
    found = pd.DataFrame(
        {
            "site": np.array([*ids, ""], dtype=object)[there["site"].to_numpy()],
            "hour": local.hour,
            "officer": names[rows["officer"].to_numpy()],
        }
    )
    return found[inside].drop_duplicates().sort_values(["site", "hour", "officer"], ignore_index=True)


def _inside(rows: pd.DataFrame, pieces: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows lie in a piece of duty of their officer."""
    if pieces.empty or rows.empty:
        return np.zeros(len(rows), np.bool_)
    order = rows.reset_index(names="place").sort_values("at_us")
    cut = pieces[["officer", "from_us", "to_us"]].sort_values("from_us")
    met = pd.merge_asof(order, cut, left_on="at_us", right_on="from_us", by="officer")
    answer = np.zeros(len(rows), np.bool_)
    answer[met["place"][met["at_us"] < met["to_us"]].to_numpy()] = True
    return answer


def _local_text(at_us: pd.Series[int], zone: str) -> list[str]:
    """Local times, to the minute, with their offset."""
    local = pd.DatetimeIndex(at_us.to_numpy(np.int64).astype("datetime64[us]")).tz_localize("UTC").tz_convert(zone)
    return [at.isoformat(timespec="minutes") for at in local]


__all__ = ["CONFIRMED", "DATES", "NOT_ASSESSED", "NOT_VISIBLE", "SECTION", "Presence", "local_days", "presence"]
