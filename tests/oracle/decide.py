"""Decides the reason of each ping: the order of reasons, the duty windows and the interval (specification#reasons)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.clock import ALWAYS, Clock, has_no_offset, overlap, within
from tests.oracle.custody import Custody, read_custody
from tests.oracle.duty import Roster, read_roster
from tests.oracle.earth import Shape
from tests.oracle.legs import hide_both_ends, hide_legs, tracks_of
from tests.oracle.pings import Ping, read_pings, usable, was_read
from tests.oracle.places import Place, at_site, read_places, read_sites
from tests.oracle.reading import Row, Stop
from tests.oracle.release import released_row
from tests.oracle.rules import Rules

KEY = "00112233445566778899aabbccddeeff" * 2
TIMES = {
    "pings": ("observed_at", "received_at"),
    "assignments": ("valid_from", "valid_to", "recorded_at"),
    "roster": ("recorded_at",),
    "places": ("valid_from", "valid_to", "recorded_at"),
}
Window = tuple[int, int]


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
    """The reference tables as they were known at `as_of`, and the rules."""

    custody: Custody
    roster: Roster
    places: list[Place]
    sites: list[Shape]
    rules: Rules
    cached: dict[str, list[tuple[str, Window]]] = field(default_factory=dict)

    def on_duty(self, device: str, t: int) -> str:
        """The officer who alone held the device at t and was on duty, by what was known then and at `as_of`, or `""`."""
        _, officer = self.custody.holder(device, t)
        return officer if officer and self.duty_reason(device, officer, t) is None else ""

    def duty_reason(self, device: str, officer: str, t: int) -> str | None:
        """`off_duty` or `late_edit` at t, for the officer who held the device; None for who was on duty."""
        tolerance = self.rules.tolerance
        if not self.roster.duty(officer, t, self.rules.as_of):
            return "off_duty"
        known = self.roster.duty(officer, t, t + tolerance)
        return None if known and self.custody.known_in_time(device, officer, t, tolerance) else "late_edit"

    def windows(self, device: str) -> list[tuple[str, Window]]:
        """The duty windows of the device, with their officers, in the order of time (specification#duty-window)."""
        if device not in self.cached:
            self.cached[device] = duty_windows(device, self)
        return self.cached[device]

    def cluster_end(self, officer: str, window: Window) -> int:
        """The end of all windows of the officer, on any device, that overlap this one, through others if need be."""
        devices = {a.device for a in self.custody.assignments if a.officer == officer}
        rest = [w for device in devices for o, w in self.windows(device) if o == officer]
        start, end = window
        while met := [w for w in rest if overlap(w, (start, end))]:
            start, end = min(start, *(w[0] for w in met)), max(end, *(w[1] for w in met))
            rest = [w for w in rest if w not in met]
        return end

    def turning_points(self) -> set[int]:
        """Every instant at which custody or duty may change."""
        devices = {a.device for a in self.custody.assignments}
        return {at for device in devices for at in turning_points(device, self)} - set(ALWAYS)


def turning_points(device: str, tables: Tables) -> set[int]:
    """Every instant at which the custody of the device, or the duty of one of its officers, may change."""
    tolerance = tables.rules.tolerance
    points = tables.custody.turning_points(device, tolerance)
    for officer in {a.officer for a in tables.custody.of(device) if a.officer}:
        points |= tables.roster.turning_points(officer, tolerance)
    return points


def duty_windows(device: str, tables: Tables) -> list[tuple[str, Window]]:
    """The maximal intervals in which one officer alone held the device and was on duty."""
    found: list[tuple[str, Window]] = []
    points = sorted(turning_points(device, tables))
    for start, end in itertools.pairwise(points):
        officer = tables.on_duty(device, start)
        if officer and found and found[-1][0] == officer and found[-1][1][1] == start:
            found[-1] = (officer, (found[-1][1][0], end))
        elif officer:
            found.append((officer, (start, end)))
    return found


def answer(world: Mapping[str, Any], key: str = KEY) -> Answer:
    """The reasons and the release of a world; raises `Stop` where the run must stop."""
    tables = read_tables(world)
    pings = read_pings(world["tables"]["pings"], clock_of("pings", world), tables.rules)
    stop_if_none_meets(pings, tables)
    known = [p for p in pings if p.reason is None and p.at <= tables.rules.as_of]
    for ping in known:
        ping.reason = first_reason(ping, tables)
    tracks = tracks_of(known)
    if tables.rules.anchored:
        hide_legs(tracks, lambda ping: is_anchor(ping, tables), tables.rules)
    hide_both_ends(tracks, tables.rules)
    hide_duplicates(known)
    recorded = [p for p in pings if is_inside(p, world, tables.rules)]
    reasons: list[str | None] = [None] * len(pings)
    for ping in recorded:
        reasons[ping.row] = ping.reason
    release = [released_row(p, tables.rules.policy, bytes.fromhex(key)) for p in recorded if p.reason == "on_duty"]
    return Answer(reasons, sorted(release), pings)


def read_tables(world: Mapping[str, Any]) -> Tables:
    """Read everything but the pings."""
    stop_without_offsets(world)
    tables, clocks = world["tables"], {name: clock_of(name, world) for name in TIMES}
    zone = world["policy"]["policy"]["timezone"]
    rules = Rules(world["policy"], Clock(None, zone).when(world["as_of"]).early)
    same_devices = "device_id" in distinct(world, "assignments") + distinct(world, "pings")
    sites = read_sites(tables.get("sites") or [], rules)
    return Tables(
        read_custody(tables["assignments"], clocks["assignments"], rules.as_of, distinct=same_devices),
        read_roster(tables["roster"], clocks["roster"], world["policy"], rules.as_of, distinct(world, "roster")),
        read_places(
            tables["places"], clocks["places"], sites, rules, distinct="officer_id" in distinct(world, "places")
        ),
        sites,
        rules,
    )


def clock_of(table: str, world: Mapping[str, Any]) -> Clock:
    """How the times of a table are read."""
    return Clock(declared(world, table).get("time_zone"), world["policy"]["policy"]["timezone"])


def declared(world: Mapping[str, Any], table: str) -> dict[str, Any]:
    """What the job declares for a table."""
    return dict((world.get("inputs") or {}).get(table) or {})


def distinct(world: Mapping[str, Any], table: str) -> list[str]:
    """The columns of ids of a table in which lookalikes are different things."""
    return list(declared(world, table).get("distinct") or [])


def stop_without_offsets(world: Mapping[str, Any]) -> None:
    """Times without an offset stop the run where the job declares no zone for their table (specification#instants)."""
    for table, columns in TIMES.items():
        rows: list[Row] = world["tables"][table]
        if "time_zone" not in declared(world, table) and any(
            has_no_offset(row.get(c)) for row in rows for c in columns
        ):
            raise Stop(f"times of the {table} without an offset, and no declared zone")


def stop_if_none_meets(pings: list[Ping], tables: Tables) -> None:
    """Where there are pings, but none of a device that anybody ever held, the run stops (specification#stopping)."""
    devices = {ping.device for ping in pings if was_read(ping)}
    if devices and not any(tables.custody.of(device) for device in devices):
        raise Stop("no ping meets an assignment")


def first_reason(ping: Ping, tables: Tables) -> str | None:
    """The first reason up to `protected_place`; None for a candidate. Says of who was on duty what else is needed."""
    assert ping.device
    reason, officer = tables.custody.holder(ping.device, ping.at)
    reason = reason or tables.duty_reason(ping.device, officer, ping.at)
    if reason:
        return reason
    ping.officer = officer
    ping.window = next(w for _, w in tables.windows(ping.device) if within(ping.at, w))
    ping.code = tables.roster.granting(officer, ping.at, tables.rules.as_of)[0].code
    ping.touched = touched(ping, tables)
    if tables.cluster_end(officer, ping.window) > tables.rules.as_of:
        return "window_open"
    return place_reason(ping, tables)


def place_reason(ping: Ping, tables: Tables) -> str | None:
    """`imprecise`, `no_home`, `protected_place`, or None."""
    if not usable(ping.accuracy, tables.rules.number("accuracy", "max_m")):
        return "imprecise"
    if tables.rules.value("places", "require_home") and not any(
        p.is_home(ping.officer, ping.at) for p in tables.places
    ):
        return "no_home"
    return "protected_place" if ping.touched else None


def touched(ping: Ping, tables: Tables) -> list[Place]:
    """The places within the buffer of the disc around the ping; touching counts.

    A poor accuracy counts as the policy's limit, and so does one that cannot be used (specification#contact).
    """
    assert ping.point
    limit, rules = tables.rules.number("accuracy", "max_m"), tables.rules
    accuracy = ping.accuracy if ping.accuracy is not None and usable(ping.accuracy, limit) else limit
    reach = rules.number("places", "buffer_m") + rules.number("accuracy", "factor") * accuracy
    return [p for p in tables.places if p.protects(ping.officer, ping.at) and p.distance_m(ping.point) <= reach]


def is_anchor(ping: Ping, tables: Tables) -> bool:
    """Whether a candidate is in a site; one beside a personal place of the officer is none (specification#anchor)."""
    assert ping.point
    personal = [p for p in tables.places if p.officer is not None and p.protects(ping.officer, ping.at)]
    buffer_m = tables.rules.number("places", "buffer_m")
    inside = [site for site in tables.sites if at_site(ping.point, [site])]
    return any(not any(place.beside(site, buffer_m) for place in personal) for site in inside)


def hide_duplicates(pings: list[Ping]) -> None:
    """Of the candidates of one device and instant, one is `on_duty` and the others are `duplicate`."""
    taken = set()
    for ping in sorted((p for p in pings if p.reason is None), key=lambda p: (p.accuracy, p.point, p.row)):
        ping.reason = "duplicate" if (ping.device, ping.t) in taken else "on_duty"
        taken.add((ping.device, ping.t))


def is_inside(ping: Ping, world: Mapping[str, Any], rules: Rules) -> bool:
    """Whether the row is recorded: no ping after `as_of` is; a row without a readable instant always is."""
    if ping.t is None:
        return True
    clock = Clock(None, world["policy"]["policy"]["timezone"])
    start, end = (clock.when(at).early for at in world["interval"]) if world.get("interval") else ALWAYS
    return start <= ping.t < end and ping.t <= rules.as_of
