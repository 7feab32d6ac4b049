"""Decides the reason of each ping: the order of reasons, the legs and the interval (specification#reasons)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.custody import Custody, read_custody
from tests.oracle.duty import Roster, read_roster
from tests.oracle.earth import Point, position
from tests.oracle.places import Place, at_site, read_places, read_sites
from tests.oracle.reading import FIRST_INSTANT, LAST_INSTANT, Row, Unreadable, instant, number, text
from tests.oracle.release import released_row

KEY = "00112233445566778899aabbccddeeff" * 2
SECOND = 1_000_000


@dataclass
class Ping:
    """One row of the pings, with what was found about it so far."""

    row: int
    device: str | None
    t: int | None
    point: Point | None
    accuracy: float | None
    reason: str | None = None
    officer: str = ""
    window: tuple[int, int] = (0, 0)
    code: str = ""
    contact: bool = False


@dataclass(frozen=True)
class Answer:
    """The reasons by row, and the released rows.

    None is a row outside of the interval; a quarantined row has `quarantine:` before its reason.
    """

    reasons: list[str | None]
    release: list[list[Any]]
    pings: list[Ping]


@dataclass(frozen=True)
class Tables:
    """The reference tables, the policy and `as_of`."""

    custody: Custody
    roster: Roster
    places: list[Place]
    sites: list[Any]
    policy: dict[str, Any]
    as_of: int

    @property
    def tolerance(self) -> int:
        """The tolerance for late edits, in microseconds."""
        return round(self.policy["duty"]["late_edit_tolerance_s"] * SECOND)


def answer(world: Mapping[str, Any], key: str = KEY) -> Answer:
    """The reasons and the release of a world; raises `Stop` where the run must stop."""
    tables = read_tables(world)
    pings = [read_ping(row, number, tables) for number, row in enumerate(world["tables"]["pings"])]
    for ping in pings:
        ping.reason = quarantined(ping, tables.as_of) or first_reason(ping, tables)
    hide_legs(pings, tables)
    hide_both_ends(pings, tables)
    hide_duplicates(pings)
    start, end = (
        (instant(at) for at in world["interval"]) if world.get("interval") else (FIRST_INSTANT, LAST_INSTANT + 1)
    )
    recorded = [p for p in pings if p.t is None or start <= p.t < end]
    reasons: list[str | None] = [None] * len(pings)
    for ping in recorded:
        reasons[ping.row] = ping.reason
    release = [released_row(p, tables.policy, bytes.fromhex(key)) for p in recorded if p.reason == "on_duty"]
    return Answer(reasons, sorted(release), pings)


def read_tables(world: Mapping[str, Any]) -> Tables:
    """Read everything but the pings."""
    tables, policy = world["tables"], world["policy"]
    return Tables(
        read_custody(tables["assignments"]),
        read_roster(tables["roster"], policy),
        read_places(tables["places"]),
        read_sites(tables.get("sites") or []),
        policy,
        instant(world["as_of"]),
    )


def read_ping(row: Row, row_number: int, tables: Tables) -> Ping:
    """A row as a ping, with the accuracy that the policy assumes where none is stated."""
    try:
        t: int | None = instant(row.get("observed_at"))
    except Unreadable:
        t = None
    accuracy = number(row.get("accuracy_m"))
    assumed = tables.policy["accuracy"]["when_missing"]
    if accuracy is None and assumed != "mask":
        accuracy = float(assumed)
    return Ping(row_number, text(row.get("device_id")), t, position(row.get("lon"), row.get("lat")), accuracy)


def quarantined(ping: Ping, as_of: int) -> str | None:
    """Why a row cannot be read as a ping (specification#bad-pings); None where it can."""
    if ping.device is None:
        return "quarantine:no_device"
    if ping.t is None:
        return "quarantine:bad_time"
    if ping.t > as_of:
        return "quarantine:future_time"
    if ping.point is None or ping.point == (0, 0):
        return "quarantine:bad_position"
    return None


def first_reason(ping: Ping, tables: Tables) -> str | None:
    """The first reason up to `protected_place`; None for a candidate. Sets the ping's officer, window and contact."""
    assert ping.device and ping.t is not None
    officers = tables.custody.officers(ping.device, ping.t)
    if len(officers) != 1:
        return "shared" if officers else "unassigned"
    (ping.officer,) = officers
    if not tables.roster.duty(ping.officer, ping.t, tables.as_of):
        return "off_duty"
    if not tables.roster.duty(ping.officer, ping.t, ping.t + tables.tolerance):
        return "late_edit"
    ping.window = window(ping.device, ping.officer, ping.t, tables)
    ping.code = tables.roster.granting(ping.officer, ping.t, tables.as_of)[0].code or ""
    if ping.window[1] > tables.as_of:
        return "window_open"
    return place_reason(ping, tables)


def place_reason(ping: Ping, tables: Tables) -> str | None:
    """`imprecise`, `no_home` or `protected_place`; the first and the last may be contacts."""
    limit = tables.policy["accuracy"]["max_m"]
    usable = ping.accuracy is not None and math.isfinite(ping.accuracy) and ping.accuracy > 0
    if not usable or ping.accuracy > limit:
        ping.contact = touches(ping, min(ping.accuracy, limit) if usable else limit, tables)
        return "imprecise"
    near = [p for p in tables.places if p.concerns(ping.officer, ping.t)]
    if tables.policy["places"]["require_home"] and not any(p.kind == "home" and p.officer for p in near):
        return "no_home"
    ping.contact = touches(ping, ping.accuracy, tables)
    return "protected_place" if ping.contact else None


def touches(ping: Ping, accuracy: float, tables: Tables) -> bool:
    """Whether the disc around the ping comes within the buffer of a place; touching counts."""
    assert ping.point and ping.t is not None
    reach = tables.policy["places"]["buffer_m"] + tables.policy["accuracy"]["factor"] * accuracy
    return any(p.concerns(ping.officer, ping.t) and p.distance_m(ping.point) <= reach for p in tables.places)


def on_duty(device: str, officer: str, t: int, tables: Tables) -> bool:
    """The device was assigned to the officer alone at t, who was on duty by what was known then and at `as_of`."""
    roster = tables.roster
    return (
        tables.custody.officers(device, t) == {officer}
        and roster.duty(officer, t, t + tables.tolerance)
        and roster.duty(officer, t, tables.as_of)
    )


def window(device: str, officer: str, t: int, tables: Tables) -> tuple[int, int]:
    """The duty window around t (specification#duty-window)."""
    points = sorted(tables.roster.turning_points(tables.tolerance) | tables.custody.turning_points(device))
    after = [p for p in points if p > t]
    before = [p for p in points if p <= t]
    end = next(p for p in after if not on_duty(device, officer, p, tables))
    start = before.pop()
    while before and on_duty(device, officer, before[-1], tables):
        start = before.pop()
    return start, end


def hide_legs(pings: list[Ping], tables: Tables) -> None:
    """`home_leg` for every candidate that is not between two anchors with no contact (specification#leg-rule)."""
    if tables.policy["legs"]["rule"] == "off":
        return
    candidates = [p for p in pings if p.reason is None]
    anchors = [p for p in candidates if p.point and at_site(p.point, tables.sites)]
    for ping in candidates:
        own = [a.t for a in anchors if (a.device, a.officer, a.window) == (ping.device, ping.officer, ping.window)]
        contacts = [c.t for c in pings if c.contact and c.officer == ping.officer and in_window(c, ping)]
        before = any(a <= ping.t and clear(a, ping.t, contacts) for a in own)
        after = any(a >= ping.t and clear(ping.t, a, contacts) for a in own)
        if not (before and after):
            ping.reason = "home_leg"


def hide_both_ends(pings: list[Ping], tables: Tables) -> None:
    """`home_leg` for every candidate in the first or last `legs.hold_s` seconds of its window (specification#hold)."""
    hold = tables.policy["legs"].get("hold_s", 0) * SECOND
    for ping in pings:
        if ping.reason is None and (ping.t - ping.window[0] < hold or ping.window[1] - ping.t <= hold):
            ping.reason = "home_leg"


def in_window(contact: Ping, ping: Ping) -> bool:
    """Whether the contact is in the ping's window, on any device of the officer."""
    return ping.window[0] <= contact.t < ping.window[1]


def clear(start: int, end: int, contacts: list[int]) -> bool:
    """Whether there is no contact from start to end, both included."""
    return not any(start <= at <= end for at in contacts)


def hide_duplicates(pings: list[Ping]) -> None:
    """Of the candidates of one device and instant, one is `on_duty` and the others are `duplicate`."""
    taken = set()
    for ping in sorted((p for p in pings if p.reason is None), key=lambda p: (p.accuracy, p.point, p.row)):
        ping.reason = "duplicate" if (ping.device, ping.t) in taken else "on_duty"
        taken.add((ping.device, ping.t))
