"""Counts what the reference tables do not cover (officers without roster, home or device), and late roster entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Floats, Ints, to_numpy
from offduty.arrays.dictionary import coded
from offduty.core.id_columns import coded_ids
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.core.times import LocalTime, read_times
from offduty.decision.declared_tables import DeclaredTables
from offduty.decision.place_rows import place_rows
from offduty.duty.custody import settle_custody
from offduty.duty.versions import read_roster
from offduty.geofence import site_areas_km2


@dataclass(frozen=True)
class Coverage:
    """Exact counts of people, roster entries and sites. Not for printing: `disclosure` decides what is printed.

    ``officers``: who is in the roster, or had a device in the time of the report. ``without_...``: how many of these
    have no entry in the roster at all, no home on record in that time, no device in that time. ``entries``: roster
    entries for that time that grant duty. ``late_entries``: those of them that were recorded after the duty had begun.
    ``sites``: the workplaces that can be read, and are not too large to count; ``sites_km2`` is their area together.
    """

    officers: int
    without_roster: int
    without_home: int
    without_device: int
    entries: int
    late_entries: int
    sites: int = 0
    sites_km2: float = 0.0


def measure_coverage(
    tables: Mapping[str, pa.Table], written: DeclaredTables, time: Interval, as_of_us: int, max_site_km2: float
) -> Coverage:
    """Count over the reference tables as they were given, for the time of the report, with the roster as of ``as_of``.

    A home that cannot be read counts as a home, because it hides (`specification#bad-place`). An assignment that cannot
    be read assigns no device (`specification#bad-assignment`).
    """
    rostered = _ids(tables["roster"])
    holders = _ids(tables["assignments"], _valid(tables["assignments"], time, written.local("assignments")))
    homes = _homes(tables["places"], time, written.local("places"))
    officers = rostered | holders
    custody = settle_custody(tables["assignments"], written.local("assignments"))
    everybody = {text: number for number, text in enumerate(sorted(officers | set(custody.officers)))}
    roster = read_roster(tables["roster"], everybody, written.roster(as_of_us))
    during = (roster.starts_late < time.to_us) & (roster.ends_early > time.from_us)
    granting = roster.grants & during & (roster.recorded <= as_of_us)
    areas_km2 = _site_areas(tables, max_site_km2)
    return Coverage(
        officers=len(officers),
        without_roster=len(officers - rostered),
        without_home=len(officers - homes),
        without_device=len(officers - holders),
        entries=int(granting.sum()),
        late_entries=int((granting & (roster.recorded > roster.starts_late)).sum()),
        sites=len(areas_km2),
        sites_km2=float(areas_km2.sum()),
    )


def _site_areas(tables: Mapping[str, pa.Table], max_site_km2: float) -> Floats:
    """The areas of the workplaces that count; of a policy without them there are none."""
    if "sites" not in tables:
        return np.zeros(0)
    areas_km2 = site_areas_km2(tables["sites"])
    return areas_km2[(areas_km2 > 0) & (areas_km2 <= max_site_km2)]


def _ids(rows: pa.Table, which: Bools | None = None) -> set[str]:
    """The ids of the officers that rows name."""
    officer = coded_ids(rows["officer_id"])
    codes = officer.codes if which is None else officer.codes[which]
    return {officer.texts[code] for code in np.unique(codes[codes >= 0]).tolist()}


def _valid(rows: pa.Table, time: Interval, local: LocalTime) -> Bools:
    """Which assignments can be read and are valid within the time; a missing end is open."""
    begin, end = read_times(rows["valid_from"], local), read_times(rows["valid_to"], local)
    to_us: Ints = np.where(end.missing, FOREVER_US, np.where(end.read, end.early, NEVER_US))
    valid: Bools = begin.read & (np.maximum(begin.late, time.from_us) < np.minimum(to_us, time.to_us))
    return valid


def _homes(rows: pa.Table, time: Interval, local: LocalTime) -> set[str]:
    """The ids of the officers whose home is on record within the time."""
    read = place_rows(rows, local).rows
    from_us, to_us = (to_numpy(read[name], np.int64) for name in ("valid_from_us", "valid_to_us"))
    valid = np.maximum(from_us, time.from_us) < np.minimum(to_us, time.to_us)
    home = coded(read["kind"]).flags({"home"})
    return _ids(read, home & valid)
