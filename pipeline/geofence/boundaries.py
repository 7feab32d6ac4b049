"""Turns boundaries into short chains of straight segments in metres, each projected about its own centre."""

from dataclasses import dataclass

import numpy as np

from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.geofence.geodesy import Bools, Floats, Ints, frozen, geodesic

CHAIN_M = 5_000.0
CHAIN_SEGMENTS = 64
SAG_M = 0.001  # how far a straight segment may deviate from the edge as drawn
EARTH_M = 6.4e6
NO_BOX = np.empty((0, 4))
PLANE_M = 500_000.0  # farther than this from its centre the plane of a chain is distorted by more than 0.1 %


@dataclass(frozen=True, eq=False)
class BoundaryChains:
    """Chains of segments `x0, y0, x1, y1` in metres, in the azimuthal equidistant plane about the centre of each chain.

    A chain is at most about 10 km long, so within 50 km of it the plane is correct to 0.01 % (specification#distances
    asks for 0.1 %). `lon` and `lat` are the centre in degrees, `box` is west, south, east, north, and `reach_m` is the
    distance from the centre to the farthest vertex. The segments of chain c are `first[c] : first[c + 1]`.
    """

    lon: Floats
    lat: Floats
    reach_m: Floats
    box: Floats
    first: Ints
    segments: Floats

    def within(self, chain: Ints, lon: Floats, lat: Floats, limit_m: Floats) -> Bools:
        """Whether each point is within `limit_m` metres of its chain; True on the limit.

        Beyond 500 km only the circle around the chain is tested, so the answer may be True up to 10 km too early.
        """
        azimuth, far_m = geodesic(self.lon[chain], self.lat[chain], lon, lat)
        x, y = far_m * np.sin(azimuth), far_m * np.cos(azimuth)
        count = self.first[chain + 1] - self.first[chain]
        pair = np.repeat(np.arange(len(chain)), count)
        gap_m = segment_gaps(self.segments[:, concatenated_ranges(self.first[chain], count)], x[pair], y[pair])
        nearest = np.minimum.reduceat(gap_m, np.cumsum(count) - count) if len(gap_m) else gap_m
        return np.where(far_m <= PLANE_M, nearest, far_m - self.reach_m[chain]) <= limit_m


def settle_chains(points: Floats, ring_of: Ints) -> tuple[BoundaryChains, Ints]:
    """Cut the edges of rings into chains; also gives the ring of each chain.

    `points` are the vertices in degrees, unrolled (`rings.unroll`). Edges are straight in longitude and latitude.
    """
    edge = np.flatnonzero(ring_of[1:] == ring_of[:-1])
    a, b, ring, length_m = _densified(points[edge], points[edge + 1], ring_of[edge])
    first = _cut(ring, length_m)
    chain_of = np.repeat(np.arange(len(first)), np.diff(first, append=len(ring)))
    lon, lat = _centres(a, b, first, chain_of)
    x0, y0 = _projected(lon, lat, chain_of, a)
    x1, y1 = _ends_projected(lon, lat, chain_of, first, a, b, x0, y0)
    far_m = np.sqrt(np.maximum(x0 * x0 + y0 * y0, x1 * x1 + y1 * y1))
    reach_m = np.maximum.reduceat(far_m, first) if len(first) else far_m
    low, high = np.minimum(a, b), np.maximum(a, b)
    box = np.hstack([np.minimum.reduceat(low, first), np.maximum.reduceat(high, first)]) if len(first) else NO_BOX
    chains = BoundaryChains(
        frozen(lon),
        frozen(lat),
        frozen(reach_m),
        frozen(box),
        frozen(np.append(first, len(ring))),
        frozen(np.vstack([x0, y0, x1, y1])),
    )
    return chains, ring[first]


def _densified(a: Floats, b: Floats, ring: Ints) -> tuple[Floats, Floats, Ints, Floats]:
    """Cut the edges from `a` to `b` into parts of at most `CHAIN_M` that deviate from their chord by at most `SAG_M`.

    An edge that is straight in longitude and latitude is curved on the ground: by `sin cos dlon^2 + 2 sin dlon dlat` at
    most. Returns start, end, ring and length in metres of each part.
    """
    turn, rise = np.radians(np.abs(b - a)).T
    north, south = np.radians(np.abs(a[:, 1])), np.radians(np.abs(b[:, 1]))
    high, low = np.maximum(north, south), np.minimum(north, south)
    bend = np.where((low < np.pi / 4) & (high > np.pi / 4), 1.0, np.maximum(np.sin(2 * low), np.sin(2 * high))) / 2
    sag_m = EARTH_M * turn * (bend * turn + 2 * np.sin(high) * rise) / 8
    widest = np.where(a[:, 1] * b[:, 1] < 0, 1.0, np.cos(low))
    length_m = EARTH_M * np.hypot(rise, widest * turn)
    parts = np.ceil(np.maximum(np.maximum(np.sqrt(sag_m / SAG_M), length_m / CHAIN_M), 1.0)).astype(np.int64)
    edge = np.repeat(np.arange(len(a)), parts)
    step = concatenated_ranges(np.zeros(len(a), np.int64), parts)[:, None]
    whole = parts[edge][:, None]
    ahead = b - a
    start = a[edge] + ahead[edge] * (step / whole)
    end = np.where(step + 1 == whole, b[edge], a[edge] + ahead[edge] * ((step + 1) / whole))
    return start, end, ring[edge], length_m[edge] / parts[edge]


def _cut(ring: Ints, length_m: Floats) -> Ints:
    """The first segment of each chain: at a new ring, after `CHAIN_M`, or after `CHAIN_SEGMENTS`."""
    if not len(ring):
        return np.empty(0, np.int64)
    begins = np.flatnonzero(np.diff(ring, prepend=-1))
    which = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(ring)))
    run = np.cumsum(length_m) - length_m
    by_length = np.floor((run - run[begins][which]) / CHAIN_M)
    by_count = (np.arange(len(ring)) - begins[which]) // CHAIN_SEGMENTS
    return np.flatnonzero(
        (np.diff(which, prepend=-1) != 0) | (np.diff(by_length, prepend=0) != 0) | (np.diff(by_count, prepend=0) != 0)
    )


def _centres(a: Floats, b: Floats, first: Ints, chain_of: Ints) -> tuple[Floats, Floats]:
    """The centre of each chain in degrees: the mean of its vertices as directions, correct at any seam or pole."""
    if not len(first):
        return np.empty(0), np.empty(0)
    lon, lat = np.radians(np.vstack([a, b])).T
    there = np.vstack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    x, y, z = np.add.reduceat(there[:, : len(a)] + there[:, len(a) :], first, axis=1)
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def _projected(lon: Floats, lat: Floats, chain_of: Ints, points: Floats) -> tuple[Floats, Floats]:
    """The points in metres in the plane about the centre of their chain."""
    azimuth, far_m = geodesic(lon[chain_of], lat[chain_of], points[:, 0], points[:, 1])
    return far_m * np.sin(azimuth), far_m * np.cos(azimuth)


def _ends_projected(
    lon: Floats, lat: Floats, chain_of: Ints, first: Ints, a: Floats, b: Floats, x0: Floats, y0: Floats
) -> tuple[Floats, Floats]:
    """The ends `b` of segments likewise. Most are the start of the next one, or of the first one of their chain, and
    need not be measured again: that takes a microsecond. `x0`, `y0` are the starts `a`.
    """
    if not len(b):
        return x0, y0
    here = np.arange(len(b))
    after = np.append(here[1:], 0)
    after = np.where(chain_of[after] == chain_of, after, first[chain_of])
    x1, y1 = x0[after], y0[after]
    other = np.flatnonzero((a[after].view(np.int64) != b.view(np.int64)).any(axis=1))  # as bits: -0.0 is not 0.0
    x1[other], y1[other] = _projected(lon, lat, chain_of[other], b[other])
    return x1, y1


def segment_gaps(segments: Floats, x: Floats, y: Floats) -> Floats:
    """The distance from each point to its segment, in metres in the plane; a segment of length 0 is a point."""
    x0, y0, x1, y1 = segments
    along_x, along_y = x1 - x0, y1 - y0
    out_x, out_y = x - x0, y - y0
    square = along_x * along_x + along_y * along_y
    share: Floats = (out_x * along_x + out_y * along_y) / np.where(square > 0, square, 1.0)
    share = np.clip(share, 0.0, 1.0)
    gap_m: Floats = np.hypot(out_x - share * along_x, out_y - share * along_y)
    return gap_m
