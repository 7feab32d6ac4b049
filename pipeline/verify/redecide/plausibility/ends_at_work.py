"""Whether released stretches start and end at work, as far as a release can show that (specification#leg-effect)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity

from offduty.verify.redecide.geofence.geodesy import geodesic_m
from offduty.verify.redecide.geofence.sites import SiteAreas
from offduty.verify.redecide.model import Bools, Ints
from offduty.verify.redecide.plausibility.rounding_cells import RoundingCells
from offduty.verify.redecide.rules import Rules


@dataclass(frozen=True)
class ReleasedCandidates:
    """Rows of a release, each with a group of windows that it may belong to; `certain` if that is the only one."""

    row: Ints
    overlap_group: Ints
    at_us: Ints
    certain: Bools


def outermost(candidates: ReleasedCandidates, bounds: tuple[Ints, Ints], rules: Rules) -> list[Ints]:
    """For each group of windows its first rows and its last rows: one of each must be at work.

    Rows with the same time step cannot be ordered, so there may be several. A group is skipped on a side where it
    continues beyond the interval, or where an uncertain row is as early as its first (or as late as its last).
    """
    found = []
    for sign, inside in ((1, bounds[0] >= rules.from_us), (-1, bounds[1] <= rules.to_us)):
        when = sign * candidates.at_us
        first = np.full(len(bounds[0]), np.iinfo(np.int64).max)
        doubtful = first.copy()
        np.minimum.at(first, candidates.overlap_group[candidates.certain], when[candidates.certain])
        np.minimum.at(doubtful, candidates.overlap_group[~candidates.certain], when[~candidates.certain])
        clear = inside & (first < doubtful)
        at = np.flatnonzero(
            candidates.certain & clear[candidates.overlap_group] & (when == first[candidates.overlap_group])
        )
        at = at[np.argsort(candidates.overlap_group[at], kind="stable")]
        edges = np.flatnonzero(np.diff(candidates.overlap_group[at], prepend=-1))
        found += [candidates.row[each] for each in np.split(at, edges[1:])] if len(at) else []
    return found


def at_work(cells: RoundingCells, sites: SiteAreas) -> Bools:
    """Whether some point of each cell may be inside a site."""
    found = np.zeros(len(cells.lon), np.bool_)
    boxes = shapely.box(cells.lon - cells.half, cells.lat - cells.half, cells.lon + cells.half, cells.lat + cells.half)
    cell, entry = sites.tree.found.query(boxes)
    site = sites.tree.numbers_of[entry]
    size_m = cells.reach_m()
    is_circle = site < len(sites.circles)
    for at, circle in enumerate(sites.circles):
        cells_near = cell[is_circle & (site == at)]
        lon, lat = np.full(len(cells_near), circle.lon), np.full(len(cells_near), circle.lat)
        near = geodesic_m(lon, lat, cells.lon[cells_near], cells.lat[cells_near]) < circle.radius_m + size_m[cells_near]
        found[cells_near[near]] = True
    for at, number in zip(cell[~is_circle].tolist(), (site[~is_circle] - len(sites.circles)).tolist(), strict=True):
        first, last = sites.areas.first_polygon[number : number + 2]
        found[at] |= any(_meets(boxes[at], polygon) for polygon in sites.areas.polygons[first:last])
    return found


def _meets(box: shapely.Polygon, polygon: shapely.Polygon) -> bool:
    """Whether box and polygon meet, on whichever side of the antimeridian they were drawn."""
    return any(shapely.intersects(affinity.translate(box, turn), polygon) for turn in (0, -360, 360))
