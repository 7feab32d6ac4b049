"""Interprets rings as they were meant: across the antimeridian, around a pole, and repaired without losing area."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.geofence.geodesy import Bools, Floats, Ints

Geometries = NDArray[Any]
LOST_SHARE = 1e-9  # of the drawn area: a smaller difference comes from rounding the crossing points

WHOLE_WORLD = "a ring goes round the world, and it is not clear which side of it is meant"
INVALID = "a ring crosses or touches itself or another"


@dataclass(frozen=True, eq=False)
class Rings:
    """Rings unrolled into a plane of degrees in which no edge jumps; longitudes may exceed 180.

    `turns` is how often a ring goes around the world eastward: 0 for all rings but those that enclose a pole.
    """

    lines: Geometries
    points: Floats
    ring_of: Ints
    turns: Ints


@dataclass(frozen=True, eq=False)
class RepairedRings:
    """Valid polygons, the ring that each belongs to, and the outlines of the convex hulls that were used.

    `hull_number` is the hull of each hull point, `hull_of` is the ring of each hull.
    """

    polygons: Geometries
    polygon_of: Ints
    hull_points: Floats
    hull_number: Ints
    hull_of: Ints


def unroll(lines: Geometries) -> Rings:
    """Unroll rings: an edge between vertices more than 180 degrees of longitude apart takes the short way.

    A ring that unrolls to a part of one meridian (a box from -180 to 180) is taken as written.
    """
    points, ring_of = shapely.get_coordinates(lines, return_index=True)
    written = points.copy()
    step = np.diff(points[:, 0], prepend=points[:1, 0])
    step[np.flatnonzero(np.diff(ring_of, prepend=-1))] = 0
    jump = np.abs(step) > 180
    if not jump.any():
        return Rings(lines, points, ring_of, np.zeros(len(lines), np.int64))
    starts, ends = _ends(ring_of, len(lines))
    rounds = np.maximum(np.round(np.abs(step) / 360), 1)  # two where an edge runs from one side of 360 to the other
    turned = np.cumsum(np.where(jump, -np.sign(step) * rounds, 0)).astype(np.int64)
    turned -= turned[starts][ring_of]
    points[:, 0] += 360.0 * turned
    turns = turned[ends]
    upright = (_widths(points, starts) == 0) & (_widths(written, starts) > 0)
    flat = upright & (turns == 0)
    points[flat[ring_of]] = written[flat[ring_of]]
    plain = turns == 0
    unrolled = lines.copy()
    unrolled[plain] = shapely.set_coordinates(unrolled[plain], points[plain[ring_of]])
    return Rings(unrolled, points, ring_of, turns)


def filled(rings: Rings) -> tuple[Geometries, Bools]:
    """Each ring as a polygon without holes (specification#place-holes), and which rings cannot be understood.

    The polygons are not yet repaired. A ring around a pole is closed over the pole that it touches, otherwise over the
    pole of its own hemisphere.
    """
    polygons = np.asarray(shapely.polygons(_closed_plain(rings)), object)
    unclear = np.zeros(len(rings.lines), bool)
    for at in np.flatnonzero(rings.turns):
        points = rings.points[rings.ring_of == at]
        pole = _pole(points[:, 1]) if abs(rings.turns[at]) == 1 else 0.0
        unclear[at] = pole == 0
        if pole:
            over = [[points[-1, 0], pole], [points[0, 0], pole]]
            polygons[at] = shapely.Polygon(np.vstack([points, over]))
    return polygons, unclear


def repaired(polygons: Geometries) -> RepairedRings:
    """Valid polygons without holes that cover everything that was drawn (specification#place-repair).

    `make_valid` by structure, and the convex hull where the result covers less than the faces that the line of the ring
    encloses. GEOS has two ways to find these faces. Each may miss one, or fail, so both are asked; where neither can
    tell the hull is used. A ring that is collapsed to a line or a point has no polygon; its line is among the chains of
    boundary.
    """
    valid = shapely.is_valid(polygons)
    fine, broken = np.flatnonzero(valid), np.flatnonzero(~valid)
    if not len(broken):
        return RepairedRings(polygons, fine, np.empty((0, 2)), np.empty(0, np.int64), np.empty(0, np.int64))
    mended = shapely.make_valid(polygons[broken], method="structure", keep_collapsed=True)
    shares = [_share_lost(polygons[broken], mended, noded) for noded in (shapely.node, _united)]
    lost = ~(np.fmax(*shares) <= LOST_SHARE)
    hulls = shapely.convex_hull(polygons[broken[lost]])
    mended[lost] = hulls
    parts, part_of = _polygon_parts(mended)
    whole = np.asarray(shapely.polygons(shapely.get_exterior_ring(parts)), object)
    points, number = shapely.get_coordinates(hulls, return_index=True)
    return RepairedRings(
        np.append(polygons[fine], whole), np.append(fine, broken[part_of]), points, number, broken[lost]
    )


def ring_lines(polygons: Geometries) -> tuple[Geometries, Ints]:
    """All rings of the polygons, shells and holes, and the polygon of each ring."""
    lines, polygon_of = shapely.get_rings(polygons, return_index=True)
    present = ~shapely.is_empty(lines)
    return lines[present], polygon_of[present]


def _ends(ring_of: Ints, rings: int) -> tuple[Ints, Ints]:
    starts = np.searchsorted(ring_of, np.arange(rings))
    return starts, np.append(starts[1:], len(ring_of)) - 1


def _widths(points: Floats, starts: Ints) -> Floats:
    widths: Floats = np.maximum.reduceat(points[:, 0], starts) - np.minimum.reduceat(points[:, 0], starts)
    return widths


def _closed_plain(rings: Rings) -> Geometries:
    """The rings, with a placeholder for those around a pole, which are not closed; `filled` closes them."""
    lines = rings.lines.copy()
    lines[rings.turns != 0] = shapely.LinearRing([(0, 0), (0, 1), (1, 1)])
    return lines


def _pole(lat: Floats) -> float:
    """The latitude of the pole that a ring around the world encloses; 0 where that is not clear."""
    north, south = lat.max() == 90, lat.min() == -90
    if north != south:
        return 90.0 if north else -90.0
    if lat.min() >= 0 or lat.max() <= 0:
        return 90.0 if lat.max() > 0 else -90.0 if lat.min() < 0 else 0.0
    return 0.0


def _share_lost(polygons: Geometries, mended: Geometries, noded: Callable[[Geometries], Geometries]) -> Floats:
    """The share of what each ring drew that its repaired polygon does not cover; NaN where GEOS fails to tell."""
    try:
        drawn = _faces(polygons, noded)
        drawn_area, lost_area = shapely.area(drawn), shapely.area(shapely.difference(drawn, mended))
    except shapely.errors.GEOSException:
        if len(polygons) == 1:
            return np.full(1, np.nan)
        return np.concatenate([_share_lost(polygons[[at]], mended[[at]], noded) for at in range(len(polygons))])
    share: Floats = lost_area / np.where(drawn_area > 0, drawn_area, 1.0)
    return share


def _faces(polygons: Geometries, noded: Callable[[Geometries], Geometries]) -> Geometries:
    """For each polygon (without holes) the union of all faces that the line of its ring encloses."""
    lines = noded(np.asarray(shapely.boundary(polygons), object))
    faces = np.asarray(shapely.polygonize(lines[:, None]), object)
    return np.asarray(shapely.union_all(faces[:, None], axis=1), object)


def _united(lines: Geometries) -> Geometries:
    """Each line cut where it crosses itself, like `shapely.node`, by uniting it with itself."""
    return np.asarray(shapely.union_all(lines[:, None], axis=1), object)


def _polygon_parts(mended: Geometries) -> tuple[Geometries, Ints]:
    """The polygons in the results of `make_valid`, which may be collections of multipolygons."""
    parts, part_of = shapely.get_parts(mended, return_index=True)
    inner, inner_of = shapely.get_parts(parts, return_index=True)
    areal = (shapely.get_type_id(inner) == 3) & ~shapely.is_empty(inner)
    return inner[areal], part_of[inner_of[areal]]


def strictly_drawn(polygons: Geometries, row: Ints, why: NDArray[Any]) -> Geometries:
    """The polygons of sites, unrolled and with their holes, of the rows that are valid as drawn.

    The parts of a row must together be a valid multipolygon. Where they are not, or where it is not clear which side of
    a ring around the world is meant, the row is marked in `why`.
    """
    lines, polygon_of = ring_lines(polygons)
    rings = unroll(lines)
    shells = np.flatnonzero(np.diff(polygon_of, prepend=-1))
    whole, unclear = filled(rings)
    why[row[polygon_of[unclear]]] = WHOLE_WORLD
    moved = np.zeros(len(polygons), bool)
    np.logical_or.at(moved, polygon_of, (rings.turns != 0) | (rings.lines != lines) | _beyond(rings))
    out = polygons.copy()
    for at in np.flatnonzero(moved):
        here = np.flatnonzero(polygon_of == at)
        out[at] = _turned_home(_with_holes(whole[shells[at]], rings, here[1:]))
    for one in np.unique(row[~_rows_valid(out, row)]):
        if why[one] is None:
            why[one] = INVALID
    return out[[why[one] is None for one in row]]


def _with_holes(shell: Any, rings: Rings, holes: Ints) -> Any:
    """An unrolled shell with its holes, each moved to the shell by multiples of 360 degrees.

    Invalid where a hole goes around the world.
    """
    west, _, east, _ = shell.bounds
    cut = []
    for hole in holes:
        points = rings.points[rings.ring_of == hole].copy()
        points[:, 0] += 360.0 * np.round(((west + east) - (points[:, 0].min() + points[:, 0].max())) / 720.0)
        cut.append(points)
    return shapely.Polygon(shapely.get_coordinates(shapely.get_exterior_ring(shell)), cut)


def _beyond(rings: Rings) -> Bools:
    """The rings with a longitude beyond 180, so that a part of the same row may be written on the other side."""
    lon = shapely.bounds(rings.lines)[:, [0, 2]]
    return np.asarray((np.abs(lon) > 180).any(axis=1), bool)


def _turned_home(polygon: Any) -> Any:
    """The polygon with its western edge from -180 up to 180, so that parts of one row are compared side by side."""
    turn = 360.0 * np.floor((polygon.bounds[0] + 180.0) / 360.0)
    return shapely.set_coordinates(polygon, shapely.get_coordinates(polygon) - [turn, 0.0]) if turn else polygon


def _rows_valid(polygons: Geometries, row: Ints) -> Bools:
    """For each polygon whether all polygons of its row together are valid, on either side of the antimeridian."""
    if not len(polygons):
        return np.zeros(0, bool)
    _, number = np.unique(row, return_inverse=True)
    valid = np.asarray(shapely.is_valid(shapely.multipolygons(polygons, indices=number)), bool)
    across = np.flatnonzero(shapely.bounds(polygons)[:, 2] > 180)
    if len(across):
        west = polygons.copy()
        points = shapely.get_coordinates(west[across])
        west[across] = shapely.set_coordinates(west[across], points - [360.0, 0.0])
        valid &= np.asarray(shapely.is_valid(shapely.multipolygons(west, indices=number)), bool)
    return valid[number]
