"""Counts what the reference tables do not cover (officers without roster, home, device), and roster entries that came
late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints, one_chunk, to_numpy
from offduty.arrays.dictionary import coded
from offduty.config.policy import Policy
from offduty.core.instants import FOREVER_US, NEVER_US, instants
from offduty.core.interval import Interval
from offduty.duty.custody import settle_custody
from offduty.duty.roster import read_roster
from offduty.geofence.validity import place_rows


@dataclass(frozen=True)
class Coverage:
    """Exact counts of people and of roster entries, for `printed` alone to see.

    ``officers``: who is in the roster or held a device in the time. Of them some have no entry in the roster at all, no
    home on record in the time, no device in the time. ``late``: entries for that time which grant duty and were
    recorded after it had begun; ``entries``: all that grant.
    """

    officers: int
    without_roster: int
    without_home: int
    without_device: int
    entries: int
    late: int


def cover(tables: Mapping[str, pa.Table], policy: Policy, time: Interval, as_of_us: int) -> Coverage:
    """Count over the reference tables as they are, for the time of the report, as somebody knows them at ``as_of``.

    A home that cannot be read is a home (it hides); an assignment that cannot be read is none.
    """
    rostered = _ids(tables["roster"])
    holders = _ids(tables["assignments"], _valid(tables["assignments"], time))
    homes = _homes(tables["places"], time)
    officers = rostered | holders
    custody = settle_custody(tables["assignments"])
    everybody = {text: number for number, text in enumerate(sorted(officers | set(custody.officers)))}
    roster = read_roster(tables["roster"], everybody, policy.policy.timezone, policy.duty.on_codes)
    during = (roster.starts_late < time.to_us) & (roster.ends_early > time.from_us)
    granting = roster.grants & during & (roster.recorded <= as_of_us)
    return Coverage(
        officers=len(officers),
        without_roster=len(officers - rostered),
        without_home=len(officers - homes),
        without_device=len(officers - holders),
        entries=int(granting.sum()),
        late=int((granting & (roster.recorded > roster.starts_late)).sum()),
    )


def _ids(rows: pa.Table, which: Bools | None = None) -> set[str]:
    """The officers that rows name."""
    officer = coded(rows["officer_id"])
    codes = officer.codes if which is None else officer.codes[which]
    return {officer.texts[code] for code in np.unique(codes[codes >= 0]).tolist()}


def _valid(rows: pa.Table, time: Interval) -> Bools:
    """Which assignments can be read and hold in the time; an end that is missing is open."""
    begin, end = instants(one_chunk(rows["valid_from"])), instants(one_chunk(rows["valid_to"]))
    to_us: Ints = np.where(end.missing, FOREVER_US, np.where(end.read, end.us, NEVER_US))
    held: Bools = begin.read & (np.maximum(begin.us, time.from_us) < np.minimum(to_us, time.to_us))
    return held


def _homes(rows: pa.Table, time: Interval) -> set[str]:
    """Whose home is on record in the time."""
    read = place_rows(rows)
    from_us, to_us = (to_numpy(read[name], np.int64) for name in ("valid_from_us", "valid_to_us"))
    valid = np.maximum(from_us, time.from_us) < np.minimum(to_us, time.to_us)
    home = coded(read["kind"]).flags({"home"})
    return _ids(rows, home & valid)
