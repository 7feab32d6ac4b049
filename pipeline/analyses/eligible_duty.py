"""Says which time of duty could have been seen: granted then and now, decided, ended, and not held back at its ends.

It asks only for time in which a position could have been released by the rules (specification#duty-rule,
specification#hold). Where none could, nothing that was not seen says anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints
from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.arrays.sweep import CoveredStretches, joined
from offduty.config.declarations import TableDeclaration
from offduty.config.policy import Policy
from offduty.core.instants import midnight
from offduty.decision.declared_tables import DeclaredTables
from offduty.duty.on_duty import ON, settle_duty
from offduty.duty.roster import read_rows
from offduty.duty.versions import settle_roster

SECOND_US = 1_000_000
RECORDED_AFTERWARDS = "recorded afterwards"
NOT_DECIDED = "no run had decided it when it ended"
TOO_SHORT = "too short: its ends are held back"
NEVER_SEEN = "no position in the whole period"

DecidedParts = Sequence[tuple[int, int, int]]
"""Disjoint parts of time that runs decided: from, to, and the ``as_of`` of the run, in microseconds since 1970."""


@dataclass(frozen=True)
class EligibleDuty:
    """The duty windows of a roster, and the pieces of them in which somebody could have been seen.

    ``officers`` are the ids of the roster, sorted. ``windows`` has a row for each window, by officer and time:
    ``officer`` (its number), ``from_us``, ``to_us``, ``day`` (the local date of its start, in days since 1970), and
    ``why`` it is not assessed, unless it is confirmed; empty where it is. ``pieces`` are disjoint, by officer and time:
    ``window`` (the row of ``windows``), ``officer``, ``day``, ``code``, ``from_us``, ``to_us``.
    """

    officers: list[str]
    windows: pd.DataFrame
    pieces: pd.DataFrame


def eligible_duty(
    rows: pa.Table,
    policy: Policy,
    as_of_us: int,
    decided: DecidedParts,
    declared: Mapping[str, TableDeclaration] | None = None,
) -> EligibleDuty:
    """The windows and pieces of all officers of a roster, by what was recorded until ``as_of_us``.

    ``rows`` has ``file``, ``row`` and the roster's columns as text; ``declared`` says how tables are written, by their
    names: time zone, and ids that are distinct. Raises `OwnerlessRowError` for a row that names
    neither officer nor shift. No rows, no windows.
    """
    reading = DeclaredTables.of(declared, policy).roster(as_of_us)
    found = read_rows(rows, reading)
    officers = sorted(set(found.officers.texts))
    roster = settle_roster(found, {text: number for number, text in enumerate(officers)}, reading)
    duty = settle_duty(roster, policy.duty.late_edit_tolerance_s * SECOND_US, as_of_us)
    labels = np.column_stack([duty.state])
    parts = CoveredStretches(duty.officer, duty.from_us, duty.to_us, np.column_stack([duty.state, duty.code]))
    windows = joined(parts, labels)
    on = windows.sums[:, 0] == ON
    hold_us = policy.legs.hold_s * SECOND_US
    why = np.where(on, "", RECORDED_AFTERWARDS)
    why = np.where((why == "") & ~_decided(windows, as_of_us, decided), NOT_DECIDED, why)
    why = np.where((why == "") & (windows.to_us - windows.from_us <= 2 * hold_us), TOO_SHORT, why)
    table = pd.DataFrame(
        {
            "officer": windows.owner,
            "from_us": windows.from_us,
            "to_us": windows.to_us,
            "day": local_days(windows.from_us, policy.policy.timezone),
            "why": why,
        }
    )
    codes = np.array([*duty.codes, ""], dtype=object)[duty.code]
    return EligibleDuty(officers, table, _pieces(parts, codes, table, hold_us, policy.policy.timezone))


def local_days(at_us: Ints, zone: str) -> Ints:
    """The local date of each instant, in days since 1970."""
    if not len(at_us):
        return np.zeros(0, np.int64)
    local = pd.DatetimeIndex(at_us.astype("datetime64[us]")).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return np.asarray(local.to_numpy().astype("datetime64[D]").astype(np.int64))


def day_of(number: int) -> date:
    """A day since 1970 as a date.

    >>> day_of(0), day_of(20514)
    (datetime.date(1970, 1, 1), datetime.date(2026, 3, 2))
    """
    return date(1970, 1, 1) + pd.Timedelta(days=number).to_pytimedelta()


def _decided(windows: CoveredStretches, as_of_us: int, decided: DecidedParts) -> Bools:
    """Which windows lie wholly in time that was decided by runs at whose ``as_of`` they had ended."""
    covered = np.zeros(len(windows.owner), np.int64)
    for from_us, to_us, known_us in decided:
        ended = windows.to_us <= min(known_us, as_of_us)
        overlap = np.minimum(windows.to_us, to_us) - np.maximum(windows.from_us, from_us)
        covered += np.where(ended, np.maximum(overlap, 0), 0)
    whole: Bools = covered == windows.to_us - windows.from_us
    return whole


def _pieces(parts: CoveredStretches, codes: object, windows: pd.DataFrame, hold_us: int, zone: str) -> pd.DataFrame:
    """The parts of the windows in which something may be confirmed, without what is held back, cut at midnights and
    changes of code. What no run decided as a whole may be confirmed: else leave that cuts it would confirm more.
    """
    # Parts and windows are sorted alike, and each part begins in exactly one window.
    begins = np.zeros(len(parts.owner), np.bool_)
    keys = pd.MultiIndex.from_arrays([parts.owner, parts.from_us])
    begins[keys.isin(pd.MultiIndex.from_frame(windows[["officer", "from_us"]]))] = True
    window = np.cumsum(begins) - 1
    pieces = pd.DataFrame({"window": window, "officer": parts.owner, "code": codes})
    pieces["from_us"] = np.maximum(parts.from_us, windows["from_us"].to_numpy()[window] + hold_us)
    pieces["to_us"] = np.minimum(parts.to_us, windows["to_us"].to_numpy()[window] - hold_us)
    possible = np.isin(windows["why"].to_numpy(dtype=object)[window], ["", NOT_DECIDED])
    kept = pieces[possible & (pieces["from_us"] < pieces["to_us"]).to_numpy()].reset_index(drop=True)
    return _by_day(kept, zone)


def _by_day(pieces: pd.DataFrame, zone: str) -> pd.DataFrame:
    """The pieces, cut at local midnights, with their ``day``."""
    first = local_days(pieces["from_us"].to_numpy(np.int64), zone)
    last = local_days(pieces["to_us"].to_numpy(np.int64) - 1, zone)
    count = last - first + 1
    cut = pieces.loc[np.repeat(np.arange(len(pieces)), count)].reset_index(drop=True)
    cut["day"] = concatenated_ranges(first, count)
    if not len(cut):
        return cut[["window", "officer", "day", "code", "from_us", "to_us"]]
    low, high = int(cut["day"].min()), int(cut["day"].max())
    midnights = np.array([midnight(day_of(day), zone) for day in range(low, high + 2)], np.int64)
    place = cut["day"].to_numpy(np.int64) - low
    cut["from_us"] = np.maximum(cut["from_us"], midnights[place])
    cut["to_us"] = np.minimum(cut["to_us"], midnights[place + 1])
    return cut[["window", "officer", "day", "code", "from_us", "to_us"]]
