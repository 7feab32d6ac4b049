"""Pings of fleet trackers: Traccar (its API and its CSV), Overland, Geotab, Samsara."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from offduty.convert.csv_rows import renamed
from offduty.convert.json_values import values_of
from offduty.convert.reading import Reading, Row, text_of

TRACCAR = {
    "device_id": "deviceId",
    "observed_at": "fixTime",
    "lon": "longitude",
    "lat": "latitude",
    "accuracy_m": "accuracy",
    "received_at": "serverTime",
    "valid": "valid",
}
TRACCAR_CSV: dict[str, Sequence[str]] = {ours: (theirs,) for ours, theirs in TRACCAR.items()}
GEOTAB: dict[str, Sequence[str]] = {
    "device_id": ("Device ID", "DeviceId", "device", "Device Serial Number", "SerialNumber"),
    "observed_at": ("dateTime", "Date Time", "Date", "GPS Time"),
    "lon": ("Longitude", "x"),
    "lat": ("Latitude", "y"),
}
SAMSARA: dict[str, Sequence[str]] = {
    "device_id": ("Vehicle ID", "Asset ID", "vehicleId", "id"),
    "observed_at": ("Time", "timestamp", "happenedAtTime"),
    "lon": ("Longitude",),
    "lat": ("Latitude",),
    "accuracy_m": ("accuracyMeters", "Accuracy (m)"),
}
REQUIRED = ("device_id", "observed_at", "lon", "lat")


def traccar(reading: Reading) -> Iterator[Row]:
    """Positions as Traccar's API gives them (``/api/positions``, ``/api/reports/route``): an array, or one a line."""
    for _, position in values_of(reading):
        if not isinstance(position, dict) or "fixTime" not in position:
            reading.passed_over["values that are no positions"] += 1
            continue
        yield {ours: text_of(position.get(theirs)) for ours, theirs in TRACCAR.items()}


def traccar_csv(reading: Reading) -> Iterator[Row]:
    """Positions as Traccar exports them as CSV. Its times have no offset; older versions write no accuracy."""
    return (row for _, row in renamed(reading, TRACCAR_CSV, REQUIRED))


def geotab(reading: Reading) -> Iterator[Row]:
    """Log records of Geotab as CSV: they have no accuracy."""
    return (row for _, row in renamed(reading, GEOTAB, REQUIRED))


def samsara(reading: Reading) -> Iterator[Row]:
    """Locations of vehicles or assets of Samsara as CSV."""
    return (row for _, row in renamed(reading, SAMSARA, REQUIRED))


def overland(reading: Reading) -> Iterator[Row]:
    """Batches of Overland: objects with ``locations``, which are features of GeoJSON; one or many in a file."""
    for _, feature in values_of(reading, ("locations",)):
        geometry, properties = _member(feature, "geometry"), _member(feature, "properties")
        if geometry.get("type") != "Point":
            reading.passed_over["locations that are no points"] += 1
            continue
        coordinates = geometry.get("coordinates")
        lon, lat, *_ = [*(coordinates if isinstance(coordinates, list) else []), None, None]
        yield {
            "device_id": reading.asked.device or text_of(properties.get("device_id")),
            "observed_at": text_of(properties.get("timestamp")),
            "lon": text_of(lon),
            "lat": text_of(lat),
            "accuracy_m": text_of(properties.get("horizontal_accuracy")),
        }


def _member(value: Any, key: str) -> Mapping[str, Any]:
    """An object within another one; an empty one where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
