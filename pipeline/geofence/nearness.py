"""Finds which shapes of one table come within a distance of which shapes of another, such as sites beside homes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.geofence.boundaries import PLANE_M, segment_gaps
from offduty.geofence.geodesy import WGS84, Bools, Floats, Ints, distance_bounds, geodesic
from offduty.geofence.parts import TOUCH_M, Parts

MOST_PAIRS = 1 << 18  # of segments measured at once
MOST_PIECES = 1 << 10  # of pieces looked up at once
Pairs = tuple[Ints, Ints]


@dataclass(frozen=True, eq=False)
class Outlines:
    """The circles and the chains of some `Parts`, numbered as there; a circle is a chain of one point, with a radius.

    The segments of outline n are `first[n] : first[n + 1]`; they are in metres in the plane about its centre.
    """

    lon: Floats
    lat: Floats
    reach_m: Floats
    radius_m: Floats
    first: Ints
    segments: Floats

    @cached_property
    def ends(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Longitude and latitude of the start of each segment, and of its end, in degrees."""
        count = np.diff(self.first)
        lon, lat = np.repeat(self.lon, count), np.repeat(self.lat, count)
        return (*_unprojected(lon, lat, *self.segments[:2]), *_unprojected(lon, lat, *self.segments[2:]))

    def starts(self, which: Ints) -> tuple[Floats, Floats]:
        """A point on each outline (the centre of a circle), in degrees."""
        segment = self.first[which]
        return _unprojected(self.lon[which], self.lat[which], *self.segments[:2, segment])


def outlines_of(parts: Parts) -> Outlines:
    """The outlines of the pieces; the insides of polygons have none."""
    circles, chains = len(parts.circle_lon), parts.chains
    return Outlines(
        np.append(parts.circle_lon, chains.lon),
        np.append(parts.circle_lat, chains.lat),
        np.append(np.zeros(circles), chains.reach_m),
        np.append(parts.circle_radius_m, np.zeros(len(chains.lon))),
        np.append(np.arange(circles), chains.first + circles),
        np.hstack([np.zeros((4, circles)), chains.segments]),
    )


def near_pairs(here: Parts, there: Parts, limit_m: float, which: Bools | None = None) -> Iterator[Pairs]:
    """Pairs of pieces (here, there) at most `limit_m` metres apart, so that every two shapes that near have a pair.

    A shape in another, or one that crosses it, is 0 metres away. `which` are the pieces of `here` that are asked for.
    Distances are geodesic to 0.1 % (specification#distances).
    """
    one, other = outlines_of(here), outlines_of(there)
    limit_m += TOUCH_M
    for piece, its in _boxes_that_meet(here, there, limit_m, which):
        drawn, its_drawn = piece < len(one.lon), its < len(other.lon)
        both = drawn & its_drawn
        hit = np.zeros(len(piece), bool)
        hit[both] = outlines_within(one, piece[both], other, its[both], limit_m)
        at = np.flatnonzero(drawn & ~its_drawn)
        hit[at] = there.insides.intersects(its[at] - len(other.lon), *one.starts(piece[at]))
        at = np.flatnonzero(~drawn & its_drawn)
        hit[at] = here.insides.intersects(piece[at] - len(one.lon), *other.starts(its[at]))
        yield piece[hit], its[hit]


def rows_near(here: Parts, there: Parts, limit_m: float, rows: int) -> Bools:
    """Which rows of `here` come within `limit_m` metres of anything of `there`; there are so many `rows`."""
    near = np.zeros(rows, bool)
    if not len(there.row) or not len(here.row):
        return near
    near[here.row[_clearly_near(here, there, limit_m)]] = True
    for piece, _ in near_pairs(here, there, limit_m, ~near[here.row]):
        near[here.row[piece]] = True
    return near


def outlines_within(one: Outlines, a: Ints, other: Outlines, b: Ints, limit_m: float) -> Bools:
    """Whether each two outlines, filled if they are circles, are at most `limit_m` metres apart."""
    near_m, far_m = distance_bounds(one.lon[a], one.lat[a], other.lon[b], other.lat[b])
    reach_m = one.reach_m[a] + other.reach_m[b]
    apart_m = limit_m + one.radius_m[a] + other.radius_m[b]
    answer = far_m + reach_m <= apart_m
    at = np.flatnonzero((near_m - reach_m <= apart_m) & ~answer)
    if len(at):
        answer[at] = outline_gaps(one, a[at], other, b[at]) <= apart_m[at]
    return answer


def outline_gaps(one: Outlines, a: Ints, other: Outlines, b: Ints) -> Floats:
    """The distance in metres between each two outlines, where a circle is its centre."""
    gap_m = np.empty(len(a))
    count, its_count = np.diff(one.first)[a], np.diff(other.first)[b]
    pairs = count * its_count
    portion = (np.cumsum(pairs) - pairs) // MOST_PAIRS
    for at in np.split(np.arange(len(a)), np.flatnonzero(np.diff(portion)) + 1):
        pair = np.repeat(np.arange(len(at)), pairs[at])
        step = concatenated_ranges(np.zeros(len(at), np.int64), pairs[at])
        segment = one.first[a[at]][pair] + step // its_count[at][pair]
        its_segment = step % its_count[at][pair]
        gaps = _segment_gaps(one, a[at], segment, other, b[at], its_segment, pair)
        gap_m[at] = np.minimum.reduceat(gaps, np.cumsum(pairs[at]) - pairs[at])
    return gap_m


def _segment_gaps(
    one: Outlines, a: Ints, segment: Ints, other: Outlines, b: Ints, its_segment: Ints, pair: Ints
) -> Floats:
    """The distance between each `segment` and the `its_segment`-th segment of the other outline of its pair.

    The other outline is projected into the plane of the first. Beyond `PLANE_M` that plane is distorted, and ends are
    compared with ends: segments are so short (`boundaries.CHAIN_M`) that this is correct to 0.01 % there.
    """
    count = np.diff(other.first)[b]
    its = concatenated_ranges(other.first[b], count)
    centre = np.repeat(np.arange(len(b)), count)
    lon0, lat0, lon1, lat1 = (values[its] for values in other.ends)
    x0, y0 = _projected(one.lon[a][centre], one.lat[a][centre], lon0, lat0)
    x1, y1 = _projected(one.lon[a][centre], one.lat[a][centre], lon1, lat1)
    to = (np.cumsum(count) - count)[pair] + its_segment
    gap_m = segments_apart(one.segments[:, segment], np.vstack([x0, y0, x1, y1])[:, to])
    away_m = geodesic(one.lon[a], one.lat[a], other.lon[b], other.lat[b])[1]
    at = np.flatnonzero((away_m > PLANE_M)[pair])
    if len(at):
        mine = [values[segment[at]] for values in one.ends]
        theirs = [values[to[at]] for values in (lon0, lat0, lon1, lat1)]
        apart = [geodesic(*mine[i : i + 2], *theirs[j : j + 2])[1] for i in (0, 2) for j in (0, 2)]
        gap_m[at] = np.minimum.reduce(apart)
    return gap_m


def segments_apart(one: Floats, other: Floats) -> Floats:
    """The distance between each two segments `x0, y0, x1, y1` of a plane; 0 where they cross."""
    gap_m: Floats = np.minimum.reduce(
        [
            segment_gaps(one, *other[:2]),
            segment_gaps(one, *other[2:]),
            segment_gaps(other, *one[:2]),
            segment_gaps(other, *one[2:]),
        ]
    )
    crossed = (_side(one, *other[:2]) * _side(one, *other[2:]) < 0) & (
        _side(other, *one[:2]) * _side(other, *one[2:]) < 0
    )
    return np.where(crossed, 0.0, gap_m)


def _side(segment: Floats, x: Floats, y: Floats) -> Floats:
    """On which side of the segment's line each point lies: -1, 0 or 1."""
    x0, y0, x1, y1 = segment
    side: Floats = np.sign((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0))
    return side


def _projected(lon0: Floats, lat0: Floats, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    azimuth, away_m = geodesic(lon0, lat0, lon, lat)
    return away_m * np.sin(azimuth), away_m * np.cos(azimuth)


def _unprojected(lon: Floats, lat: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The point in degrees of each point in the plane about a centre."""
    to_lon, to_lat, _ = WGS84.fwd(lon, lat, np.degrees(np.arctan2(x, y)), np.hypot(x, y))
    return np.asarray(to_lon, np.float64), np.asarray(to_lat, np.float64)


def _clearly_near(here: Parts, there: Parts, limit_m: float) -> Ints:
    """Pieces that are near by a bound on the distance to the outline there that seems to be the nearest, in degrees."""
    one, other = outlines_of(here), outlines_of(there)
    tree = shapely.STRtree(np.asarray(shapely.points(other.lon, other.lat), object))
    nearest = np.asarray(tree.nearest(shapely.points(one.lon, one.lat)), np.int64)
    far_m = distance_bounds(one.lon, one.lat, other.lon[nearest], other.lat[nearest])[1]
    return np.flatnonzero(far_m + one.reach_m + other.reach_m[nearest] <= limit_m)


def _boxes_that_meet(here: Parts, there: Parts, limit_m: float, which: Bools | None) -> Iterator[Pairs]:
    """Pairs of pieces whose boxes meet when those of `here` are widened by `limit_m`, in portions."""
    boxes, no_box = here.boxes(limit_m)
    its_boxes, its_no_box = there.boxes(0.0)
    boxes, its_boxes = _turned(boxes), _turned(its_boxes)
    bounded, unbounded = np.flatnonzero(~its_no_box), np.flatnonzero(its_no_box)
    tree = shapely.STRtree(np.asarray(shapely.box(*its_boxes[bounded].T), object))
    asked = np.arange(len(boxes)) if which is None else np.flatnonzero(which)
    for start in range(0, len(asked), MOST_PIECES):
        some = asked[start : start + MOST_PIECES]
        wide, plain = some[no_box[some]], some[~no_box[some]]
        yield np.repeat(wide, len(its_boxes)), np.tile(np.arange(len(its_boxes)), len(wide))
        yield np.repeat(plain, len(unbounded)), np.tile(unbounded, len(plain))
        for turn in (-360.0, 0.0, 360.0):
            of, its = tree.query(shapely.box(*(boxes[plain] + [turn, 0.0, turn, 0.0]).T))
            yield plain[of], bounded[its]


def _turned(boxes: Floats) -> Floats:
    """The boxes with their western edge from -180 up to 180."""
    turn = 360.0 * np.floor((boxes[:, 0] + 180.0) / 360.0)
    return boxes - np.column_stack([turn, np.zeros(len(turn)), turn, np.zeros(len(turn))])
