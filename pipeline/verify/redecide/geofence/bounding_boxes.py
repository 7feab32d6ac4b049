"""Boxes in degrees around places and around runs of pings: where two boxes do not meet, nothing has to be measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import shapely

from offduty.verify.redecide.geofence.geodesy import EARTH_M
from offduty.verify.redecide.geofence.read_geometry import Circle
from offduty.verify.redecide.geofence.rings import FlatPolygon
from offduty.verify.redecide.model import Bools, Floats, Ints

STEPS = 32
"""So many consecutive pings share a box."""
Box = tuple[float, float, float, float]
"""Middle longitude, half the width (180 or more: all longitudes), southern and northern latitude."""
Sides = Floats | float
EVERYWHERE: Box = (0.0, 181.0, -91.0, 91.0)


def box_of(shape: Circle | Sequence[FlatPolygon], margin_m: float) -> Box:
    """A box that contains everything within `margin_m` of a shape; it may be too large, never too small."""
    if isinstance(shape, Circle):
        return _widened((shape.lon, 0.0, shape.lat, shape.lat), shape.radius_m + margin_m)
    points = np.concatenate([np.concatenate(part.lines) if part.lines else _outline(part) for part in shape])
    west, east = points[:, 0].min(), points[:, 0].max()
    return _widened(((west + east) / 2, (east - west) / 2, points[:, 1].min(), points[:, 1].max()), margin_m)


def _outline(part: FlatPolygon) -> Floats:
    return shapely.get_coordinates(part.area)


def _widened(box: Box, margin_m: float) -> Box:
    """The box, wider by `margin_m` and 1 % on all sides; with all longitudes where it then contains a pole."""
    middle, half, south, north = box
    arc = (1.01 * margin_m + 1) / EARTH_M
    up = float(np.degrees(arc))
    steepest = max(abs(south), abs(north)) + up
    if steepest >= 89.9 or arc >= np.pi / 2:
        return (0.0, 181.0, -91.0 if arc >= np.pi / 2 else south - up, 91.0 if arc >= np.pi / 2 else north + up)
    east = float(np.degrees(np.arcsin(min(1.0, np.sin(arc) / np.cos(np.radians(steepest))))))
    return middle, half + east, south - up, north + up


@dataclass(frozen=True)
class BoundingBoxes:
    """Boxes by number, from which a tree can be built to find them."""

    middle: Floats
    half: Floats
    south: Floats
    north: Floats

    @classmethod
    def of(cls, boxes: Sequence[Box]) -> BoundingBoxes:
        """From a list of boxes."""
        middle, half, south, north = np.array(boxes, np.float64).reshape(-1, 4).T
        return cls(middle, half, south, north)

    def hold(self, box: Ints, lon: Floats, lat: Floats) -> Bools:
        """Pair by pair, whether a point is in a box."""
        return self.meet(box, lon, np.zeros(len(lon)), lat, lat)

    def meet(self, box: Ints, middle: Sides, half: Sides, south: Sides, north: Sides) -> Bools:
        """Pair by pair, whether two boxes meet; or whether each meets the one that is given."""
        apart = np.abs(middle - self.middle[box])
        apart = np.abs(apart - 360 * np.round(apart / 360))
        return (apart <= half + self.half[box]) & (north >= self.south[box]) & (south <= self.north[box])

    def one(self, box: int) -> Box:
        """Middle longitude, half the width, south and north of one box."""
        return float(self.middle[box]), float(self.half[box]), float(self.south[box]), float(self.north[box])

    def tree(self, numbers: Ints) -> BoxTree:
        """A tree of the boxes with these numbers."""
        west, east = self.middle[numbers] - self.half[numbers], self.middle[numbers] + self.half[numbers]
        numbers_of, found = [], []
        for turn in range(-3, 4):
            left, right = np.maximum(west + 360 * turn, -180), np.minimum(east + 360 * turn, 180)
            some = np.flatnonzero(left <= right)
            numbers_of.append(numbers[some])
            found.append(shapely.box(left[some], self.south[numbers[some]], right[some], self.north[numbers[some]]))
        return BoxTree(shapely.STRtree(np.concatenate(found)), np.concatenate(numbers_of), len(self.middle))


@dataclass(frozen=True)
class BoxTree:
    """Boxes within ±180 degrees in a search tree; a box across the antimeridian has two entries."""

    found: shapely.STRtree
    numbers_of: Ints
    boxes: int

    def met_by(self, tracks: TrackBoxes) -> tuple[Ints, Ints]:
        """Runs of pings and boxes that meet, each pair once."""
        run, entry = self.found.query(tracks.shapes)
        run, box = np.divmod(np.unique(run.astype(np.int64) * self.boxes + self.numbers_of[entry]), max(self.boxes, 1))
        return run, box


@dataclass(frozen=True)
class TrackBoxes:
    """Pings in order of window and time, cut into short runs with a box for each."""

    first: Ints
    count: Ints
    west: Floats
    east: Floats
    south: Floats
    north: Floats
    shapes: npt.NDArray[np.object_]

    @classmethod
    def over(cls, window: Ints, lon: Floats, lat: Floats) -> TrackBoxes:
        """Cut where the window changes, and after every `STEPS` pings."""
        begins = np.flatnonzero(np.diff(window, prepend=-1)) if len(window) else np.zeros(0, np.int64)
        within = np.arange(len(window)) - np.repeat(begins, np.diff(begins, append=len(window)))
        first = np.flatnonzero(within % STEPS == 0)
        least, most = (
            partial(f.reduceat, indices=first) if len(first) else np.zeros_like for f in (np.minimum, np.maximum)
        )
        west, east, south, north = least(lon), most(lon), least(lat), most(lat)
        shapes = shapely.box(west, south, east, north)
        return cls(first, np.diff(first, append=len(window)), west, east, south, north, shapes)

    def boxes(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Middle longitude, half the width, south and north of the box of each run."""
        return (self.west + self.east) / 2, (self.east - self.west) / 2, self.south, self.north
