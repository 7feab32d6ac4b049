"""A list of awkward places, each with points that must be inside and points that are well away from it."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

Point = tuple[float, float]

COLUMNS: dict[str, pa.DataType] = {
    "file": pa.int32(),
    "row": pa.int64(),
    "place_id": pa.string(),
    "site_id": pa.string(),
    "officer_id": pa.string(),
    "kind": pa.string(),
    "geometry": pa.string(),
    "lon": pa.string(),
    "lat": pa.string(),
    "radius_m": pa.string(),
    "valid_from_us": pa.int64(),
    "valid_to_us": pa.int64(),
    "validity_read": pa.bool_(),
    "home_from_us": pa.int64(),
    "home_to_us": pa.int64(),
    "home_known": pa.bool_(),
}


def table(*rows: dict[str, Any]) -> pa.Table:
    """Rows of places or sites as `geofence` gets them; file 0, always valid and known in time unless stated otherwise.

    A home is on record for the time in which it is valid, unless stated otherwise.
    """
    complete = [
        {
            "file": 0,
            "row": at,
            "validity_read": True,
            "home_from_us": row.get("valid_from_us"),
            "home_to_us": row.get("valid_to_us"),
            "home_known": True,
            **row,
        }
        for at, row in enumerate(rows)
    ]
    columns = {name: [row.get(name) for row in complete] for name in COLUMNS}
    kinds = dict(COLUMNS)
    if any(isinstance(one, bytes) for one in columns["geometry"]):
        kinds["geometry"] = pa.binary()
    return pa.table(columns, schema=pa.schema(kinds))


def wkt(*rings: list[Point]) -> str:
    """A polygon as WKT, of rings of (lon, lat); open rings are closed."""
    closed = [ring if ring[0] == ring[-1] else [*ring, ring[0]] for ring in rings]
    return "POLYGON(" + ", ".join("(" + ", ".join(f"{x!r} {y!r}" for x, y in ring) + ")" for ring in closed) + ")"


def square(lon: float, lat: float, side_m: float) -> list[Point]:
    """A square ring with sides of so many metres on the ground, away from the poles."""
    up = side_m / 2 / 111_320
    aside = up / math.cos(math.radians(lat))
    return [(lon - aside, lat - up), (lon + aside, lat - up), (lon + aside, lat + up), (lon - aside, lat + up)]


def moved(geometry: str, lon: float, lat: float) -> str:
    """The geometry so many degrees farther to the east and to the north, as WKT."""
    shape = shapely.from_wkt(geometry)
    return str(
        shapely.to_wkt(shapely.transform(shape, lambda points: np.add(points, (lon, lat))), rounding_precision=-1)
    )


def geojson(kind: str, coordinates: Any) -> str:
    """A GeoJSON geometry as text."""
    return json.dumps({"type": kind, "coordinates": coordinates})


@dataclass(frozen=True)
class Awkward:
    """One awkward place: the points `inside` are in it or are vertices, those `away` are over a kilometre from it."""

    name: str
    geometry: str
    inside: tuple[Point, ...]
    away: tuple[Point, ...] = ((10.0, 50.0),)
    site: bool = True  # whether it is valid as a site, where only an unambiguous geometry counts


def cap(lat: float, step: int = 30) -> list[Point]:
    """A ring around the world at a latitude, written eastward."""
    return [(float(lon), lat) for lon in range(-180, 181, step)]


NEAR_ZERO = (  # moved before use: a place at longitude and latitude 0 cannot be understood
    Awkward(
        "bowtie",
        wkt([(0, 0), (0.01, 0.01), (0.01, 0), (0, 0.01)]),
        ((0, 0), (0.01, 0.01), (0.01, 0), (0, 0.01), (0.002, 0.005), (0.008, 0.005), (0.005, 0.005)),
        site=False,
    ),
    Awkward(
        "self-overlap",
        wkt([(0, 0), (0.04, 0), (0.04, 0.04), (0.02, 0.04), (0.02, -0.01), (0.03, -0.01), (0.03, 0.05), (0, 0.05)]),
        ((0.025, 0.02), (0.01, 0.02), (0.035, 0.02), (0.025, -0.005), (0.03, -0.01), (0.025, 0.045)),
        site=False,
    ),
    Awkward(
        "pentagram",
        wkt([(0, 0.03), (0.02, -0.03), (-0.03, 0.01), (0.03, 0.01), (-0.02, -0.03)]),
        ((0, 0), (0, 0.02), (0.012, -0.02), (-0.02, -0.03), (0.03, 0.01)),
        site=False,
    ),
    Awkward(
        "loop that encloses what it winds not round",
        wkt(
            [
                (0, 0),
                (0.03, 0),
                (0.03, 0.03),
                (0, 0.03),
                (0, 0),
                (0.01, 0.01),
                (0.01, 0.02),
                (0.02, 0.02),
                (0.02, 0.01),
                (0.01, 0.01),
            ]
        ),
        ((0.015, 0.015), (0.005, 0.02), (0.025, 0.015)),
        site=False,
    ),
    Awkward(
        "face between loops that wind against each other",
        wkt(
            [
                (0.06, 0.06),
                (0.01, 0.03),
                (0.02, 0.03),
                (0.04, 0.06),
                (0.06, 0),
                (0.01, 0.04),
                (0.01, 0.02),
                (0.04, 0.01),
            ]
        ),
        ((0.035, 0.032), (0.03, 0.03), (0.053, 0.053)),
        site=False,
    ),
    Awkward(
        "spike",
        wkt([(0, 0), (0.01, 0), (0.01, 0.01), (0.05, 0.01), (0.01, 0.01), (0, 0.01)]),
        ((0.005, 0.005), (0.05, 0.01), (0.03, 0.01)),
        ((0.05, 0.03),),
        site=False,
    ),
    Awkward(
        "collapsed to a line",
        wkt([(0, 0), (0.01, 0.01), (0, 0), (0, 0)]),
        ((0, 0), (0.01, 0.01), (0.005, 0.005)),
        ((0.02, 0.0),),
        site=False,
    ),
    Awkward("collapsed to a point", wkt([(1, 1), (1, 1), (1, 1), (1, 1)]), ((1, 1),), ((1.02, 1),), site=False),
    Awkward(
        "duplicate vertices",
        wkt([(0, 0), (0.01, 0), (0.01, 0), (0.01, 0), (0.01, 0.01), (0, 0.01), (0, 0.01)]),
        ((0.005, 0.005), (0, 0)),
    ),
    Awkward(
        "holes",
        wkt([(0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1)], [(0.04, 0.04), (0.06, 0.04), (0.06, 0.06)]),
        ((0.01, 0.01), (0.055, 0.045)),
    ),
    Awkward(
        "hole outside its shell",
        wkt([(0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01)], [(0.1, 0.1), (0.12, 0.1), (0.12, 0.12)]),
        ((0.005, 0.005), (0.115, 0.105), (0.1, 0.1)),
        ((0.06, 0.06),),
        site=False,
    ),
)

AWKWARD = (
    *(
        replace(
            one,
            geometry=moved(one.geometry, 16, 8),
            inside=tuple((x + 16, y + 8) for x, y in one.inside),
            away=tuple((x + 16, y + 8) for x, y in one.away),
        )
        for one in NEAR_ZERO
    ),
    Awkward(
        "ring that jumps the antimeridian",
        wkt([(179.99, 10), (-179.99, 10), (-179.99, 10.01), (179.99, 10.01)]),
        ((180, 10.005), (-180, 10.005), (179.995, 10.005), (-179.995, 10.005)),
        ((179.97, 10.005), (-179.97, 10.005), (0, 10.005)),
    ),
    Awkward(
        "ring that jumps the antimeridian from the other side",
        wkt([(-179.99, 10), (-179.99, 10.01), (179.99, 10.01), (179.99, 10)]),
        ((180, 10.005), (-180, 10.005), (179.995, 10.005), (-179.995, 10.005)),
        ((179.97, 10.005), (-179.97, 10.005), (0, 10.005)),
    ),
    Awkward(
        "cut at the antimeridian (RFC 7946)",
        geojson(
            "MultiPolygon",
            [
                [[[179.99, 10], [180, 10], [180, 10.01], [179.99, 10.01], [179.99, 10]]],
                [[[-180, 10], [-179.99, 10], [-179.99, 10.01], [-180, 10.01], [-180, 10]]],
            ],
        ),
        ((180, 10.005), (-180, 10.005), (179.995, 10.005), (-179.995, 10.005)),
        ((179.97, 10.005), (0, 10.005)),
    ),
    Awkward(
        "cap over the north pole",
        wkt(cap(89.9)),
        ((0, 90), (77, 89.95), (-180, 89.9), (15, 89.91)),
        ((0, 89.8), (180, 89.8), (0, -90)),
    ),
    Awkward(
        "cap over the south pole, written westward",
        wkt(cap(-89.9)[::-1]),
        ((0, -90), (77, -89.95)),
        ((0, -89.8), (0, 90)),
    ),
    Awkward(
        "ring over the pole that closes with a jump",
        wkt([(-170, 80), (-60, 80), (60, 80), (170, 80)]),
        ((0, 90), (180, 80.5), (-180, 85), (0, 81)),
        ((0, 79), (180, 79), (0, 0)),
    ),
    Awkward(
        "Antarctica, closed along the pole",
        wkt([(-180, -90), (-180, -80), (-60, -75), (60, -75), (180, -80), (180, -90)]),
        ((0, -90), (0, -80), (180, -81), (-180, -89), (60, -75)),
        ((0, -70), (180, -70)),
    ),
    Awkward(
        "half the world by longitude",
        wkt([(1, -90), (179, -90), (179, 90), (1, 90)]),
        ((90, 0), (1, 45), (178, -89), (179, 10)),
        ((0, 10), (180, 0), (-91, 45)),
    ),
    Awkward(
        "the world north of a parallel",
        wkt([(-180, 5), (180, 5), (180, 90), (-180, 90)]),
        ((0, 6), (180, 45), (-180, 5), (12, 90), (180, 5)),
        ((0, 4), (180, 4)),
    ),
    Awkward(
        "large country",
        wkt([(-10, 36), (3, 43), (8, 44), (8, 49), (2, 51), (-5, 48), (-2, 44), (-9, 43)]),
        ((0, 46), (3, 43), (-4, 41), (5, 49)),
        ((10, 46), (-8, 46), (3, 42.9)),
    ),
    Awkward("home of 1 cm", wkt(square(0.1, 51.5, 0.01)), ((0.1, 51.5),), ((0.13, 51.5), (0.1, 51.52))),
    Awkward(
        "home of 1 cm at the antimeridian",
        wkt([(180 - 1e-7, -16.5), (-180 + 1e-7, -16.5), (-180 + 1e-7, -16.4999999), (180 - 1e-7, -16.4999999)]),
        ((180, -16.49999995), (-180, -16.49999995)),
        ((179.98, -16.5),),
    ),
    Awkward("with heights", "POLYGON Z((7 7 5, 7.01 7 6, 7.01 7.01 7, 7 7.01 8, 7 7 5))", ((7.005, 7.005),)),
    Awkward(
        "hex WKB",
        shapely.to_wkb(shapely.from_wkt("POLYGON((7 7, 7 8, 8 8, 7 7))"), hex=True),
        ((7.5, 7.9), (8, 8)),
        ((7.5, 7.2),),
    ),
    Awkward(
        "many parts",
        "MULTIPOLYGON(" + ", ".join(wkt(square(k / 10, 45.0, 100))[7:] for k in range(200)) + ")",
        ((0, 45), (10.0, 45), (19.9, 45)),
        ((0.05, 45), (20.1, 45)),
    ),
)

NOT_UNDERSTOOD: dict[str, dict[str, Any]] = {
    "empty polygon": {"geometry": "POLYGON EMPTY"},
    "an empty part": {"geometry": "MULTIPOLYGON(EMPTY, ((0 0, 1 1, 1 0, 0 0)))"},
    "not geometry at all": {"geometry": "the house with the red door"},
    "cut off": {"geometry": "POLYGON((0 0, 1 1, 1 0"},
    "bytes that are not WKB": {"geometry": b"\x01\x03\x00"},
    "unclosed": {"geometry": "POLYGON((0 0, 0.01 0, 0.01 0.01, 0 0.01))"},
    "unclosed GeoJSON": {"geometry": geojson("Polygon", [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01]]])},
    "unclosed WKB": {"geometry": struct.pack("<BIII8d", 1, 3, 1, 4, 0, 0, 1, 1, 1, 0, 0, 1)},
    "three points": {"geometry": "POLYGON((0 0, 1 1, 0 0))"},
    "an empty hole": {"geometry": "POLYGON((0 0, 1 1, 1 0, 0 0), EMPTY)"},
    "NaN in the ring": {"geometry": "POLYGON((0 NaN, 1 1, 1 0, 0 NaN))"},
    "infinite": {"geometry": "POLYGON((0 0, inf 1, 1 0, 0 0))"},
    "longitude out of range": {"geometry": "POLYGON((300 0, 360.1 1, 301 0, 300 0))"},
    "circle with a longitude out of range": {"lon": "-360.1", "lat": "1", "radius_m": "5"},
    "metres for degrees": {"geometry": "POLYGON((530000 180000, 530100 180000, 530100 180100, 530000 180000))"},
    "another system": {"geometry": "SRID=27700;POLYGON((0 0, 1 1, 1 0, 0 0))"},
    "point without radius": {"geometry": "POINT(0 0)"},
    "line": {"geometry": "LINESTRING(0 0, 1 1)"},
    "curve": {"geometry": "CURVEPOLYGON(CIRCULARSTRING(0 0, 1 1, 2 0, 1 -1, 0 0))"},
    "collection": {"geometry": "GEOMETRYCOLLECTION(POLYGON((0 0, 1 1, 1 0, 0 0)))"},
    "round the world on both sides of the equator": {"geometry": wkt([(-170, -5), (-60, 5), (60, -5), (170, 5)])},
    "nothing": {},
    "blanks": {"geometry": " ", "lon": "", "lat": " ", "radius_m": ""},
    "no latitude": {"lon": "1", "radius_m": "5"},
    "no radius": {"lon": "1", "lat": "1"},
    "no radius at all": {"lon": "1", "lat": "1", "radius_m": "0"},
    "negative radius": {"lon": "1", "lat": "1", "radius_m": "-5"},
    "endless radius": {"lon": "1", "lat": "1", "radius_m": "inf"},
    "radius in words": {"lon": "1", "lat": "1", "radius_m": "five"},
    "latitude out of range": {"lon": "1", "lat": "91", "radius_m": "5"},
    "longitude NaN": {"lon": "nan", "lat": "1", "radius_m": "5"},
    "geometry and a longitude": {"geometry": "POLYGON((0 0, 1 1, 1 0, 0 0))", "lon": "1"},
    "polygon with a radius": {"geometry": "POLYGON((0 0, 1 1, 1 0, 0 0))", "radius_m": "100"},
}
