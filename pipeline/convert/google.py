"""Pings of Google: ``Records.json`` of a Takeout, and the timeline that a phone exports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from offduty.convert.json_values import values_of
from offduty.convert.reading import Reading, Row, text_of
from offduty.convert.times import from_seconds

POSITION = re.compile(r"(?:geo:)?\s*([-+]?\d+(?:\.\d+)?)\s*°?\s*,\s*([-+]?\d+(?:\.\d+)?)\s*°?")
"""A latitude and a longitude as phones write them: ``geo:51.5,-0.12`` or ``51.5°, -0.12°``."""
SEGMENTS = ("semanticSegments", "rawSignals")
FAR = 40
"""No degree has so many digits; a number with a huge exponent would fill the memory when it is written out."""


def google_records(reading: Reading) -> Iterator[Row]:
    """The locations of ``Records.json``; the device is the one that was asked for, else ``deviceTag``."""
    for _, location in values_of(reading, ("locations",)):
        if not isinstance(location, dict):
            reading.passed_over["values that are no locations"] += 1
            continue
        at = location.get("timestamp")
        yield {
            "device_id": reading.asked.device or text_of(location.get("deviceTag")),
            "observed_at": from_seconds(text_of(location.get("timestampMs")), 1000) if at is None else text_of(at),
            "lon": _degrees(text_of(location.get("longitudeE7"))),
            "lat": _degrees(text_of(location.get("latitudeE7"))),
            "accuracy_m": text_of(location.get("accuracy")),
        }


def _degrees(text: str) -> str:
    """Ten-millionths of a degree in degrees, to the last digit; another text is left as it is.

    >>> _degrees("515000001"), _degrees("-1200000"), _degrees("")
    ('51.5000001', '-0.1200000', '')
    """
    try:
        degrees = Decimal(text).scaleb(-7)
    except ArithmeticError:
        return text
    return format(degrees, "f") if -FAR < degrees.adjusted() < FAR else text


def google_timeline(reading: Reading) -> Iterator[Row]:
    """The positions of a phone's timeline: of its signals, with an accuracy, and of its paths, without one.

    Times of paths are those of the phone, to the minute or finer. Visits and activities are what Google concluded, and
    are counted only; so are signals without a position.
    """
    for _, part in values_of(reading, SEGMENTS):
        if not isinstance(part, dict):
            reading.passed_over["values that are no part of a timeline"] += 1
        elif isinstance(part.get("position"), dict):
            yield _signal(reading, part["position"])
        elif isinstance(part.get("timelinePath"), list):
            yield from _path(reading, part)
        else:
            kind = next((key for key in ("visit", "activity") if key in part), "")
            reading.passed_over[
                {"visit": "visits", "activity": "activities"}.get(kind, "parts without a position")
            ] += 1


def _signal(reading: Reading, position: dict[str, Any]) -> Row:
    lat, lon = _coordinates(text_of(position.get("LatLng", position.get("latLng"))))
    return {
        "device_id": reading.asked.device,
        "observed_at": text_of(position.get("timestamp")),
        "lon": lon,
        "lat": lat,
        "accuracy_m": text_of(position.get("accuracyMeters")),
    }


def _path(reading: Reading, segment: dict[str, Any]) -> Iterator[Row]:
    for point in segment["timelinePath"]:
        if not isinstance(point, dict):
            reading.passed_over["values that are no part of a timeline"] += 1
            continue
        lat, lon = _coordinates(text_of(point.get("point")))
        at = point.get("time")
        minutes = text_of(point.get("durationMinutesOffsetFromStartTime"))
        instant = _after(text_of(segment.get("startTime")), minutes) if at is None else text_of(at)
        yield {
            "device_id": reading.asked.device,
            "observed_at": instant,
            "lon": lon,
            "lat": lat,
            "accuracy_m": "",
        }


def _after(start: str, minutes: str) -> str:
    """An instant some minutes after another one; empty where either cannot be read.

    >>> _after("2026-06-02T08:00:00.000+01:00", "7")
    '2026-06-02T08:07:00+01:00'
    """
    try:
        return (datetime.fromisoformat(start) + timedelta(minutes=int(minutes))).isoformat()
    except (ValueError, OverflowError):
        return ""


def _coordinates(text: str) -> tuple[str, str]:
    """Latitude and longitude as they are written; what cannot be read stands in both, and is refused by the run.

    >>> _coordinates("geo:51.5,-0.12"), _coordinates("51.5°, -0.12°")
    (('51.5', '-0.12'), ('51.5', '-0.12'))
    """
    found = POSITION.fullmatch(text.strip())
    return (found[1], found[2]) if found else (text, text)
