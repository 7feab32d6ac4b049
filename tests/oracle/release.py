"""Makes the released row of a ping (specification#release-columns)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, date, timedelta
from typing import Any

from tests.oracle.clock import zone_named
from tests.oracle.reading import EPOCH, MICROSECOND


def released_row(ping: Any, policy: dict[str, Any], key: bytes) -> list[Any]:
    """`[date, officer, observed_at, lon, lat, accuracy_m, duty_code]`, as the conformance cases write it."""
    rules = policy["release"]
    zone = zone_named(policy["policy"]["timezone"])
    day = (EPOCH + ping.window[0] * MICROSECOND).astimezone(zone).date()
    lon, lat = (round(value, rules["decimals"]) for value in ping.point)
    name = pseudonym(key, policy["policy"]["purpose"], period(day, policy["pseudonym"]["rotate"]), ping.officer)
    return [
        day.isoformat(),
        name,
        stamp(ping.t, rules["time_step_s"]),
        lon,
        lat,
        accuracy_class(ping.accuracy),
        ping.code,
    ]


def stamp(t: int, step_s: int) -> str:
    """The instant, truncated to whole steps counted from 1970."""
    step = step_s * 1_000_000
    cut = EPOCH + timedelta(microseconds=t // step * step)
    return cut.astimezone(UTC).isoformat().replace("+00:00", "Z")


def period(day: date, rotate: str) -> str:
    """The name of the period of a pseudonym."""
    year, week, _ = day.isocalendar()
    return {
        "day": day.isoformat(),
        "week": f"{year:04d}-W{week:02d}",
        "month": day.isoformat()[:7],
        "never": "",
    }[rotate]


def pseudonym(key: bytes, purpose: str, span: str, officer: str) -> str:
    """The first 16 hex digits of the HMAC over the three texts, each after its length (specification#pseudonym)."""
    parts = [part.encode() for part in (purpose, span, officer)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:16]


def accuracy_class(accuracy_m: float) -> float:
    """The first of 10, 30, 100, 300, ... that is not below the accuracy (specification#column-accuracy)."""
    size, factor = 10.0, 3.0
    while size < accuracy_m:
        size, factor = round(size * factor, 6), (10 / 3 if factor == 3.0 else 3.0)
    return size
