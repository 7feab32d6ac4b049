"""The columns of the reference tables and of the pings, and which of them are times or numbers.

The rules are specification#input-columns.
"""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "pings": ("device_id", "observed_at", "lon", "lat", "accuracy_m", "received_at", "valid"),
    "assignments": ("device_id", "officer_id", "valid_from", "valid_to", "recorded_at"),
    "roster": (
        "shift_id",
        "officer_id",
        "starts_at",
        "ends_at",
        "timezone",
        "duty_code",
        "status",
        "recorded_at",
        "recorded_by",
    ),
    "places": (
        "place_id",
        "officer_id",
        "kind",
        "geometry",
        "lon",
        "lat",
        "radius_m",
        "valid_from",
        "valid_to",
        "recorded_at",
    ),
    "sites": ("site_id", "geometry", "lon", "lat", "radius_m"),
}
"""The columns that each table may have."""
REQUIRED: Mapping[str, frozenset[str]] = {
    "pings": frozenset({"device_id", "observed_at", "lon", "lat"}),
    "assignments": frozenset({"device_id", "officer_id", "valid_from"}),
    "roster": frozenset({"shift_id", "officer_id", "starts_at", "ends_at", "duty_code", "status", "recorded_at"}),
    "places": frozenset({"kind"}),
    "sites": frozenset(),
}
"""The columns that each table must have."""
TIMES = frozenset({"observed_at", "received_at", "valid_from", "valid_to", "recorded_at", "starts_at", "ends_at"})
METRES = frozenset({"accuracy_m", "radius_m"})
NUMBERS = METRES | {"lon", "lat"}
