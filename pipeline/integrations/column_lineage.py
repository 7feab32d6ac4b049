"""Which output column comes from which input column, and whether it is masked on the way.

The outputs are those of specification#release-columns, specification#ledger and specification#quarantine.
"""

from __future__ import annotations

from typing import TypeAlias

Origin: TypeAlias = tuple[str, str, str, str, bool]
"""Table, column, ``DIRECT`` (its value is used) or ``INDIRECT`` (its value decides), OpenLineage's subtype, and whether
it is masked.
"""

OUTPUTS: dict[str, tuple[tuple[str, str], ...]] = {
    "release": (
        ("officer", "text"),
        ("observed_at", "instant"),
        ("lon", "degrees"),
        ("lat", "degrees"),
        ("accuracy_m", "metres"),
        ("duty_code", "code"),
        ("geometry", "geometry"),
    ),
    "ledger": (("file", "number"), ("row", "number"), ("reason", "word")),
    "quarantine": (("file", "number"), ("row", "number"), ("reason", "word"), ("as_read", "text")),
}
"""The columns of the three outputs, in order, with the kind of their values."""

PINGS = ("device_id", "observed_at", "lon", "lat", "accuracy_m")
FILTERS = (
    *(("pings", column) for column in PINGS),
    *(("assignments", column) for column in ("device_id", "officer_id", "valid_from", "valid_to")),
    *(("roster", column) for column in ("officer_id", "starts_at", "ends_at", "duty_code", "status", "recorded_at")),
    *(("places", column) for column in ("officer_id", "geometry", "lon", "lat", "radius_m", "valid_from", "valid_to")),
    *(("sites", column) for column in ("geometry", "lon", "lat", "radius_m")),
)
"""The input columns that decide whether a row is released at all."""

_MADE_COARSE = {
    "observed_at": ("observed_at",),
    "lon": ("lon",),
    "lat": ("lat",),
    "accuracy_m": ("accuracy_m",),
    "geometry": ("lon", "lat"),
}


def origins(part: str, extra: tuple[str, ...] = ()) -> dict[str, list[Origin]]:
    """The origins of each column of an output (a key of `OUTPUTS`) that comes from an input.

    ``extra`` are the extra columns of the policy, which are released unchanged.
    """
    if part == "ledger":
        return {"reason": [("pings", column, "INDIRECT", "CONDITIONAL", True) for column in PINGS]}
    if part == "quarantine":
        return {"as_read": [("pings", column, "DIRECT", "TRANSFORMATION", False) for column in PINGS]}
    found: dict[str, list[Origin]] = {
        "officer": [
            ("assignments", "officer_id", "DIRECT", "TRANSFORMATION", True),
            ("pings", "device_id", "INDIRECT", "JOIN", True),
        ],
        "duty_code": [("roster", "duty_code", "DIRECT", "IDENTITY", False)],
    }
    for column, come_from in _MADE_COARSE.items():
        found[column] = [("pings", one, "DIRECT", "TRANSFORMATION", True) for one in come_from]
    return found | {column: [("pings", column, "DIRECT", "IDENTITY", False)] for column in extra}
