"""Rings as their authors meant them: across the antimeridian, over a pole, and repaired without losing area."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from offduty.geofence.geodesy import Bools, Floats, Ints

Geometries = NDArray[Any]
LOST_SHARE = 1e-9  # of the drawn area: below this a difference is the rounding of crossing points

WHOLE_WORLD = "a ring goes round the world, and it is not clear which side of it is meant"
INVALID = "a ring crosses or touches itself or another"


@dataclass(frozen=True, eq=False)
class Rings:
    """Rings unrolled into a plane of degrees where no edge jumps; longitudes may run past 180.

    `turns` is how often a ring goes round the world eastward: 0 for all but those that enclose a pole.
    """

    lines: Geometries
    points: Floats
    ring_of: Ints
    turns: Ints


@dataclass(frozen=True, eq=False)
class RepairedRings:
    """Polygons fit to be asked, the ring each belongs to, and the outlines of the hulls that had to be taken.

    `hull_number` says for each hull point which hull it is of, `hull_of` for each hull which ring.
    """

    polygons: Geometries
    polygon_of: Ints
    hull_points: Floats
    hull_number: Ints
    hull_of: Ints


def unroll(lines: Geometries) -> Rings:
    """Unroll rings: between consecutive vertices more than 180 degrees of longitude apart an edge takes the short way.

    A ring that unrolls to a piece of the antimeridian (a box from -180 to 180) is meant as written.
    """
    points, ring_of = shapely.get_coordinates(lines, return_index=True)
    written = points.copy()
    step = np.diff(points[:, 0], prepend=points[:1, 0])
    step[np.flatnonzero(np.diff(ring_of, prepend=-1))] = 0
    jump = np.abs(step) > 180
    if not jump.any():
        return Rings(lines, points, ring_of, np.zeros(len(lines), np.int64))
    starts, ends = _ends(ring_of, len(lines))
    turned = np.cumsum(np.where(jump, -np.sign(step), 0)).astype(np.int64)
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
    """Each ring as a polygon without holes, not yet repaired; and which rings cannot be understood.

    A ring round a pole is closed over the pole that it touches, else over the one of its own hemisphere.
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
    """Valid polygons without holes that cover all that was drawn (SPEC 2).

    `make_valid` by structure; where it covers less than the faces that the ring's line encloses, the convex hull. A
    ring collapsed to a line or a point has no polygon: its line, which is kept beside these, is all there is.
    """
    valid = shapely.is_valid(polygons)
    fine, broken = np.flatnonzero(valid), np.flatnonzero(~valid)
    if not len(broken):
        return RepairedRings(polygons, fine, np.empty((0, 2)), np.empty(0, np.int64), np.empty(0, np.int64))
    mended = shapely.make_valid(polygons[broken], method="structure", keep_collapsed=True)
    drawn = _faces(polygons[broken])
    lost = shapely.area(shapely.difference(drawn, mended)) > LOST_SHARE * shapely.area(drawn)
    hulls = shapely.convex_hull(polygons[broken[lost]])
    mended[lost] = hulls
    parts, part_of = _polygon_parts(mended)
    whole = np.asarray(shapely.polygons(shapely.get_exterior_ring(parts)), object)
    points, number = shapely.get_coordinates(hulls, return_index=True)
    return RepairedRings(
        np.append(polygons[fine], whole), np.append(fine, broken[part_of]), points, number, broken[lost]
    )


def ring_lines(polygons: Geometries) -> tuple[Geometries, Ints]:
    """All rings of the polygons, shells and holes alike, and the polygon of each."""
    lines, polygon_of = shapely.get_rings(polygons, return_index=True)
    there = ~shapely.is_empty(lines)
    return lines[there], polygon_of[there]


def _ends(ring_of: Ints, rings: int) -> tuple[Ints, Ints]:
    starts = np.searchsorted(ring_of, np.arange(rings))
    return starts, np.append(starts[1:], len(ring_of)) - 1


def _widths(points: Floats, starts: Ints) -> Floats:
    widths: Floats = np.maximum.reduceat(points[:, 0], starts) - np.minimum.reduceat(points[:, 0], starts)
    return widths


def _closed_plain(rings: Rings) -> Geometries:
    """Rings fit to make polygons of: those round a pole end elsewhere than they began, and are made up later."""
    lines = rings.lines.copy()
    lines[rings.turns != 0] = shapely.LinearRing([(0, 0), (0, 1), (1, 1)])
    return lines


def _pole(lat: Floats) -> float:
    """The latitude of the pole that a ring round the world is meant to enclose, 0 where nobody can tell."""
    north, south = lat.max() == 90, lat.min() == -90
    if north != south:
        return 90.0 if north else -90.0
    if lat.min() >= 0 or lat.max() <= 0:
        return 90.0 if lat.max() > 0 else -90.0 if lat.min() < 0 else 0.0
    return 0.0


def _faces(polygons: Geometries) -> Geometries:
    """For each polygon (without holes) the union of all faces that its ring's line encloses."""
    lines = shapely.node(shapely.boundary(polygons))
    faces = np.asarray(shapely.polygonize(lines[:, None]), object)
    return np.asarray(shapely.union_all(faces[:, None], axis=1), object)


def _polygon_parts(mended: Geometries) -> tuple[Geometries, Ints]:
    """The polygons in whatever `make_valid` answered (collections may hold multipolygons)."""
    parts, part_of = shapely.get_parts(mended, return_index=True)
    inner, inner_of = shapely.get_parts(parts, return_index=True)
    areal = (shapely.get_type_id(inner) == 3) & ~shapely.is_empty(inner)
    return inner[areal], part_of[inner_of[areal]]


def strictly_drawn(polygons: Geometries, row: Ints, why: NDArray[Any]) -> Geometries:
    """The polygons of sites, unrolled and with their holes: only those of rows that are valid as drawn.

    The parts of a row must together be a valid multipolygon. `why` is marked for each row where they are not, or where
    a ring goes round the world without telling which side is meant.
    """
    lines, polygon_of = ring_lines(polygons)
    rings = unroll(lines)
    shells = np.flatnonzero(np.diff(polygon_of, prepend=-1))
    whole, unclear = filled(rings)
    why[row[polygon_of[unclear]]] = WHOLE_WORLD
    moved = np.zeros(len(polygons), bool)
    np.logical_or.at(moved, polygon_of, (rings.turns != 0) | (rings.lines != lines))
    out = polygons.copy()
    for at in np.flatnonzero(moved):
        here = np.flatnonzero(polygon_of == at)
        out[at] = _with_holes(whole[shells[at]], rings, here[1:])
    for one in np.unique(row[~_rows_valid(out, row)]):
        if why[one] is None:
            why[one] = INVALID
    return out[[why[one] is None for one in row]]


def _with_holes(shell: Any, rings: Rings, holes: Ints) -> Any:
    """An unrolled shell with its holes, each moved by whole turns to where the shell is; invalid if one goes round."""
    west, _, east, _ = shell.bounds
    cut = []
    for hole in holes:
        points = rings.points[rings.ring_of == hole].copy()
        points[:, 0] += 360.0 * np.round(((west + east) - (points[:, 0].min() + points[:, 0].max())) / 720.0)
        cut.append(points)
    return shapely.Polygon(shapely.get_coordinates(shapely.get_exterior_ring(shell)), cut)


def _rows_valid(polygons: Geometries, row: Ints) -> Bools:
    """For each polygon whether the parts of its row are valid together."""
    _, number = np.unique(row, return_inverse=True)
    if not len(polygons):
        return np.zeros(0, bool)
    return np.asarray(shapely.is_valid(shapely.multipolygons(polygons, indices=number)), bool)[number]
