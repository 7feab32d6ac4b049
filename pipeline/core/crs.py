"""Checks whether a GeoJSON or GeoParquet file declares longitude and latitude on WGS 84, the only coordinates that are
read (docs/reference/places.md).
"""

from __future__ import annotations

from typing import Any

LONGITUDE_LATITUDE = {("OGC", "CRS84"), ("EPSG", "4326")}


def geojson_in_degrees(geojson: dict[str, Any]) -> bool:
    """Whether a GeoJSON object names no coordinate system (the rule of RFC 7946), or CRS84, or EPSG 4326.

    Files older than RFC 7946 may have a member `crs`. A `crs` of null means an unknown system: the answer is False.

    >>> geojson_in_degrees({"type": "Feature"}), geojson_in_degrees({"crs": None})
    (True, False)
    """
    if "crs" not in geojson:
        return True
    crs = geojson["crs"]
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return isinstance(name, str) and name.upper().rpartition(":")[2] in {code for _, code in LONGITUDE_LATITUDE}


def geoparquet_in_degrees(column_metadata: dict[str, Any]) -> bool:
    """Whether the metadata of a GeoParquet column says: WKB, straight edges, longitude and latitude.

    By the GeoParquet specification a missing `crs` means CRS84, and null means an unknown system.

    >>> geoparquet_in_degrees({"encoding": "WKB"}), geoparquet_in_degrees({"encoding": "WKB", "crs": None})
    (True, False)
    """
    if column_metadata.get("encoding", "WKB") != "WKB" or column_metadata.get("edges", "planar") != "planar":
        return False
    if "crs" not in column_metadata:
        return True
    crs = column_metadata["crs"]
    identifier = crs.get("id") if isinstance(crs, dict) else None
    if not isinstance(identifier, dict):
        return False
    return (str(identifier.get("authority")), str(identifier.get("code"))) in LONGITUDE_LATITUDE


def is_longitude_latitude(name: str) -> bool:
    """Whether a name of a coordinate system, as libraries write it, is that of longitude and latitude on WGS 84.

    >>> is_longitude_latitude("EPSG:4326"), is_longitude_latitude("EPSG:27700")
    (True, False)
    """
    authority, _, code = name.strip().upper().rpartition(":")
    return (authority.removesuffix(":"), code) in LONGITUDE_LATITUDE
