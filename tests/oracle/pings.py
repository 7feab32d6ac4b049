"""Reads rows as pings, and says which cannot be read as one (specification#bad-pings)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.clock import Clock
from tests.oracle.custody import attempt
from tests.oracle.earth import Point, position
from tests.oracle.ids import readable_id
from tests.oracle.places import Place
from tests.oracle.reading import SECOND, Row, Stop, blank, is_empty, number
from tests.oracle.rules import Rules

MEANS_VALID = ("true", "t", "yes", "y", "1", "a", "valid")
MAY_BE_AHEAD = 60 * SECOND


@dataclass
class Ping:
    """One row of the pings, with what was found about it so far; `touched` are the places that its disc touches."""

    row: int
    device: str | None
    t: int | None
    point: Point | None
    accuracy: float | None
    reason: str | None = None
    officer: str = ""
    window: tuple[int, int] = (0, 0)
    code: str = ""
    touched: list[Place] = field(default_factory=list)
    contact: bool = False

    @property
    def at(self) -> int:
        """The instant of a row that is a ping."""
        assert self.t is not None
        return self.t


def read_pings(rows: list[Row], clock: Clock, rules: Rules) -> list[Ping]:
    """All rows, those that are no pings with their reason; if there are rows, and none was read: `Stop`."""
    pings = [read_ping(row, index, clock, rules) for index, row in enumerate(rows)]
    written = [ping for row, ping in zip(rows, pings, strict=True) if not is_empty(row)]
    if written and not any(was_read(ping) and not misplaced(ping, rows[ping.row]) for ping in written):
        raise Stop("no ping could be read")
    return pings


def was_read(ping: Ping) -> bool:
    """Whether the row has a device and an instant; one without a fix, or from the future, was read."""
    return ping.device is not None and ping.t is not None


def misplaced(ping: Ping, row: Row) -> bool:
    """Whether a position is written and cannot be read; a row without a fix has none, or (0, 0)."""
    return ping.point is None and not blank(row.get("lon")) and not blank(row.get("lat"))


def read_ping(row: Row, index: int, clock: Clock, rules: Rules) -> Ping:
    """A row as a ping."""
    t, point = attempt(clock.instant, row.get("observed_at")), position(row.get("lon"), row.get("lat"))
    ping = Ping(index, readable_id(row.get("device_id")), t, point, accuracy_of(row, rules))
    ping.reason = quarantined(ping, row, clock)
    return ping


def accuracy_of(row: Row, rules: Rules) -> float | None:
    """The accuracy that is stated, or the one that the policy assumes where nothing is (specification#accuracy)."""
    stated, assumed = number(row.get("accuracy_m")), rules.value("accuracy", "when_missing")
    if stated == 0 and rules.value("accuracy", "zero") == "missing":
        stated = None
    return float(assumed) if stated is None and assumed != "mask" else stated


def quarantined(ping: Ping, row: Row, clock: Clock) -> str | None:
    """Why a row cannot be read as a ping: the first reason that applies; None where it can."""
    if ping.device is None:
        return "quarantine:no_device"
    if ping.t is None:
        return "quarantine:bad_time"
    received = attempt(clock.instant, row.get("received_at"))
    if received is not None and ping.t - received > MAY_BE_AHEAD:
        return "quarantine:future_time"
    if ping.point is None or ping.point == (0, 0) or says_invalid(row.get("valid")):
        return "quarantine:bad_position"
    return None


def says_invalid(valid: Any) -> bool:
    """Whether the device itself says that it has no fix: a `valid` is written, and does not mean yes."""
    return not blank(valid) and str(valid).lower() not in MEANS_VALID


def usable(accuracy: float | None, limit: float) -> bool:
    """Whether an accuracy is written, finite, positive and not above the policy's limit."""
    return accuracy is not None and math.isfinite(accuracy) and 0 < accuracy <= limit
