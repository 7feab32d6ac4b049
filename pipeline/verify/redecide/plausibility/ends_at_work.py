"""Whether released stretches begin and end at work, as far as a release can show it (SPEC 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity

from offduty.verify.redecide.duty.timeline import DutyWindows
from offduty.verify.redecide.geofence.geodesy import geodesic_m
from offduty.verify.redecide.geofence.sites import SiteAreas
from offduty.verify.redecide.model import Bools, Ints
from offduty.verify.redecide.plausibility.rounding_cells import RoundingCells
from offduty.verify.redecide.rules import Rules


def companies(windows: DutyWindows) -> Ints:
    """Windows of one officer that overlap, by way of others too, have one number: their rows cannot be told apart."""
    number = np.zeros(len(windows.officer), np.int64)
    officer, end, company = -1, 0, -1
    for at, (whose, start, stop) in enumerate(
        zip(windows.officer.tolist(), windows.from_us.tolist(), windows.to_us.tolist(), strict=True)
    ):
        if whose != officer or start >= end:
            officer, end, company = whose, stop, company + 1
        end = max(end, stop)
        number[at] = company
    return number


@dataclass(frozen=True)
class ReleasedCandidates:
    """Rows of a release, each with a company of windows that it may belong to; `certain` where it is the only one."""

    row: Ints
    company: Ints
    at_us: Ints
    certain: Bools


def outermost(shown: ReleasedCandidates, bounds: tuple[Ints, Ints], rules: Rules) -> list[Ints]:
    """For each company the rows that come first, and those that come last: one of each must be at work.

    Rows of one step of time cannot be told apart. Nothing is said of a company that reaches beyond the interval on that
    side, or where a row that may be another's comes first, or as early.
    """
    found = []
    for sign, inside in ((1, bounds[0] >= rules.from_us), (-1, bounds[1] <= rules.to_us)):
        when = sign * shown.at_us
        first = np.full(len(bounds[0]), np.iinfo(np.int64).max)
        doubtful = first.copy()
        np.minimum.at(first, shown.company[shown.certain], when[shown.certain])
        np.minimum.at(doubtful, shown.company[~shown.certain], when[~shown.certain])
        told = inside & (first < doubtful)
        at = np.flatnonzero(shown.certain & told[shown.company] & (when == first[shown.company]))
        at = at[np.argsort(shown.company[at], kind="stable")]
        edges = np.flatnonzero(np.diff(shown.company[at], prepend=-1))
        found += [shown.row[each] for each in np.split(at, edges[1:])] if len(at) else []
    return found


def at_work(cells: RoundingCells, sites: SiteAreas) -> Bools:
    """Whether some point of each cell may lie inside a site."""
    found = np.zeros(len(cells.lon), np.bool_)
    boxes = shapely.box(cells.lon - cells.half, cells.lat - cells.half, cells.lon + cells.half, cells.lat + cells.half)
    cell, entry = sites.tree.found.query(boxes)
    site = sites.tree.whose[entry]
    size_m = cells.reach_m()
    round_ = site < len(sites.circles)
    for at, circle in enumerate(sites.circles):
        mine = cell[round_ & (site == at)]
        lon, lat = np.full(len(mine), circle.lon), np.full(len(mine), circle.lat)
        near = geodesic_m(lon, lat, cells.lon[mine], cells.lat[mine]) < circle.radius_m + size_m[mine]
        found[mine[near]] = True
    for at, number in zip(cell[~round_].tolist(), (site[~round_] - len(sites.circles)).tolist(), strict=True):
        first, last = sites.areas.first_polygon[number : number + 2]
        found[at] |= any(_meets(boxes[at], polygon) for polygon in sites.areas.polygons[first:last])
    return found


def _meets(box: shapely.Polygon, polygon: shapely.Polygon) -> bool:
    """Whether they share anything, on whichever side of the antimeridian they were drawn."""
    return any(shapely.intersects(affinity.translate(box, turn), polygon) for turn in (0, -360, 360))
