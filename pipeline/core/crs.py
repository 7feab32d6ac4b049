"""Tells whether coordinates are said to be longitude and latitude on WGS 84, the only ones that are read
(docs/places.md).
"""

from __future__ import annotations

from typing import Any

LONGITUDE_LATITUDE = {("OGC", "CRS84"), ("EPSG", "4326")}


def geojson_in_degrees(holder: dict[str, Any]) -> bool:
    """Whether a GeoJSON object names no coordinate system (as RFC 7946 has it), or CRS84 or EPSG 4326.

    Older files may have a member `crs`. One that is null says that nobody knows, which is not in degrees.

    >>> geojson_in_degrees({"type": "Feature"}), geojson_in_degrees({"crs": None})
    (True, False)
    """
    if "crs" not in holder:
        return True
    crs = holder["crs"]
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return isinstance(name, str) and name.upper().rpartition(":")[2] in {code for _, code in LONGITUDE_LATITUDE}


def geoparquet_in_degrees(about: dict[str, Any]) -> bool:
    """Whether a column of GeoParquet, by its metadata, is WKB with straight edges in longitude and latitude.

    Where `crs` is left out it is CRS84, says GeoParquet; null says that nobody knows.

    >>> geoparquet_in_degrees({"encoding": "WKB"}), geoparquet_in_degrees({"encoding": "WKB", "crs": None})
    (True, False)
    """
    if about.get("encoding", "WKB") != "WKB" or about.get("edges", "planar") != "planar":
        return False
    if "crs" not in about:
        return True
    crs = about["crs"]
    known = crs.get("id") if isinstance(crs, dict) else None
    return isinstance(known, dict) and (str(known.get("authority")), str(known.get("code"))) in LONGITUDE_LATITUDE
