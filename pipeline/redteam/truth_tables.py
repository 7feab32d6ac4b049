"""Reads the tables that attacks are scored by, and checks their values before anybody counts with them.

A home whose degrees are no number would be found by nobody, and a release would look safe. Whatever cannot be read is
named by its rows, all of them at once, and no value is quoted.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.errors import InputError

HOMES, DENSITY = ("officer_id", "lon", "lat"), ("lon", "lat", "weight", "spread_m")
"""The columns that are read of homes.csv and of density.csv."""
ROSTER = ("shift_id", "officer_id", "starts_at", "ends_at", "duty_code", "status", "recorded_at")
MOST_NAMED = 10
"""So many rows are named; of more it is said how many they are."""
LARGEST = {"lon": 180.0, "lat": 90.0}
AS_WRITTEN = "give the file as offduty synth --truth wrote it"
Row = Mapping[str, str]
Corners = list[tuple[float, float]]


def read_table(path: Path, columns: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """The rows of a CSV file of the truth; `InputError` where it is missing or no CSV in UTF-8, lacks one of the
    ``columns``, or has rows that end before it.
    """
    if not path.is_file():
        raise InputError("is missing from the truth; attacks are scored by homes.csv and density.csv", file=path.name)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.DictReader(file)
            lacking = [name for name in columns if name not in (lines.fieldnames or ())]
            if lacking:
                raise InputError(f"the table lacks {', '.join(lacking)}: {AS_WRITTEN}", file=path.name)
            rows = list(lines)
    except (UnicodeDecodeError, csv.Error):
        raise InputError("cannot be read: attacks are scored by plain CSV in UTF-8", file=path.name) from None
    _refuse(path, rows, lambda row: any(row[name] is None for name in columns), f"too few values: {AS_WRITTEN}")
    return rows


def read_homes(path: Path) -> list[dict[str, str]]:
    """The rows of homes.csv; `InputError` as `read_table`, and where degrees are no numbers, or there is no row."""
    rows = read_table(path, HOMES)
    if not rows:
        raise InputError(f"there is no home in it, so nothing can be scored: {AS_WRITTEN}", file=path.name)
    _refuse(path, rows, lambda row: not _all_degrees(row), f"lon or lat is no number of degrees: {AS_WRITTEN}")
    return rows


def read_density(path: Path) -> list[dict[str, str]]:
    """The rows of density.csv; one without degrees is the countryside. `InputError` as `read_homes`, and where a weight
    or a spread is no number above 0.
    """
    rows = read_table(path, DENSITY)
    if not rows:
        raise InputError(f"there is no density in it, so there is no blind guess: {AS_WRITTEN}", file=path.name)
    _refuse(path, rows, _is_no_density, f"degrees, a weight or a spread that is no such number: {AS_WRITTEN}")
    return rows


def read_shifts(path: Path, zone: ZoneInfo) -> list[dict[str, str]]:
    """The rows of a roster; `InputError` as `read_table`, where times cannot be read, or there is no row."""
    rows = read_table(path, ROSTER)
    if not rows:
        raise InputError("there is no shift in it: an attacker who knows this roster knows nothing", file=path.name)
    _refuse(
        path,
        rows,
        lambda row: any(wall(row[name], zone) is None for name in ("starts_at", "ends_at")),
        "starts_at or ends_at is no time as offduty synth writes it: correct these rows, or leave --roster out",
    )
    return rows


def wall(text: str, zone: ZoneInfo) -> datetime | None:
    """A roster's time as an instant; a wall time in this zone unless it carries an offset. None for anything else."""
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_features(path: Path) -> list[tuple[Any, Corners | None]]:
    """The features of a GeoJSON file with their corners in degrees (lon, lat), one for a point; of a polygon those of
    its shell, without the last. None of a feature that is no point or polygon in degrees. `InputError` where it is no
    such file.
    """
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        return [(feature, _corners(feature)) for feature in features]
    except OSError:
        raise InputError("there is no such file", file=path.name) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError("cannot be read: attacks know places from GeoJSON with features", file=path.name) from None


def read_corners(path: Path) -> list[Corners]:
    """The corners of all features of `read_features`; `InputError` also where one has none."""
    found = [corners for _, corners in read_features(path)]
    _refuse(path, found, lambda corners: corners is None, "no point or polygon in degrees: correct these features")
    return [corners for corners in found if corners is not None]


def read_tracks(path: Path, columns: Sequence[str]) -> pa.Table:
    """A file of tracks or pings; `InputError` where it is no Parquet file, or lacks one of the ``columns``."""
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException):
        raise InputError(f"is no Parquet file that can be read: {AS_WRITTEN}", file=path.name) from None
    lacking = [name for name in columns if name not in table.column_names]
    if lacking:
        raise InputError(f"the table lacks {', '.join(lacking)}: {AS_WRITTEN}", file=path.name)
    return table


def _corners(feature: Any) -> Corners | None:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict):
        return None
    kind, drawn = geometry.get("type"), geometry.get("coordinates")
    if not isinstance(drawn, list) or kind not in ("Point", "Polygon"):
        return None
    shell = [drawn] if kind == "Point" else drawn[0][:-1] if drawn and isinstance(drawn[0], list) else []
    corners = [_position(each) for each in shell]
    known = [corner for corner in corners if corner is not None]
    return known if known and len(known) == len(corners) else None


def _position(drawn: Any) -> tuple[float, float] | None:
    if not isinstance(drawn, list) or len(drawn) < 2:
        return None
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in drawn[:2]):
        return None
    if abs(drawn[0]) <= LARGEST["lon"] and abs(drawn[1]) <= LARGEST["lat"]:
        return float(drawn[0]), float(drawn[1])
    return None


def _all_degrees(row: Row) -> bool:
    return all(_is_number(row[name], -largest, largest) for name, largest in LARGEST.items())


def _is_no_density(row: Row) -> bool:
    somewhere = row["lon"] or row["lat"]
    placed = not somewhere or (_all_degrees(row) and _is_number(row["spread_m"], 1e-3))
    return not placed or not _is_number(row["weight"], 1e-9)


def _is_number(text: str, least: float, largest: float = 1e12) -> bool:
    """Whether a text is a number between both; not a number is none, and infinity is beyond."""
    try:
        number = float(text)
    except ValueError:
        return False
    return math.isfinite(number) and least <= number <= largest


def _refuse(path: Path, rows: Sequence[Any], is_bad: Callable[[Any], bool], what: str) -> None:
    """Raise `InputError` with the numbers of all rows that are bad."""
    bad = [number for number, row in enumerate(rows) if is_bad(row)]
    if not bad:
        return
    named = ", ".join(map(str, bad[:MOST_NAMED]))
    more = f" and {len(bad) - MOST_NAMED:,} more" if len(bad) > MOST_NAMED else ""
    where = f"row {named}" if len(bad) == 1 else f"rows {named}{more}"
    raise InputError(f"{where}: {what}", file=path.name)
