"""Counts in how many worlds each rule of the specification decides something: `python -m tests.properties [worlds]`.

Each rule is switched off, or moved by the smallest step, in the oracle. It decides something in a world where the answer
is then another one. A rule that decides nothing in any world is not tested by the worlds.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

from tests import oracle
from tests.oracle import clock, custody, decide, duty, earth, ids, legs, pings, places
from tests.oracle.clock import ALWAYS, Clock, When, within
from tests.oracle.reading import blank
from tests.oracle.rules import Rules
from tests.properties.worlds import a_world
from tests.world import World

Change = tuple[Any, str, Any]


def the_same(one: str, other: str, *, distinct: bool) -> bool:
    """Ids without lookalikes."""
    return one == other


def never_distinct(one: str, other: str, *, distinct: bool) -> bool:
    """Lookalikes, whatever the job declares."""
    return ids.alike(one, other, distinct=False)


def read_early(value: str, zone: str, policy_zone: str) -> When:
    """Of two readings of a time only the earlier."""
    when = READ(value, zone, policy_zone)
    bare = "T" not in value and " " not in value
    return When(when.early, when.early, when.end if bare else when.early)


def undoes_for(officer: bool = True, meets: bool = True, readable: bool = True) -> Callable[..., bool]:
    """What undoes a taking, where one of the conditions is not needed."""

    def undoes(later: duty.Entry, taking: duty.Entry, versions: duty.Versions) -> bool:
        if officer and later.officer != taking.officer:
            return False
        if later.readable and later.times is not None and meets:
            return UNDOES(dataclasses.replace(later, officer=taking.officer), taking, versions)
        return (later.readable or not readable) and (not meets or UNDOES(later, taking, versions))

    return undoes


def contacts_of(*reasons: str | None) -> Callable[[legs.Track, Rules], None]:
    """Contacts that are pings with one of these reasons alone."""

    def mark_contacts(track: legs.Track, rules: Rules) -> None:
        MARK(track, rules)
        for ping in track.pings:
            ping.contact = ping.contact and ping.reason in reasons

    return mark_contacts


def known_at(as_of: int) -> Callable[..., Any]:
    """The places that would be known at another `as_of`."""
    return lambda row, watch, sites, rules, distinct: READ_PLACE(
        row, watch, sites, Rules(rules.policy, as_of), distinct
    )


def always_home(row: Any, watch: Any, sites: Any, rules: Rules, distinct: bool) -> Any:
    """A place of which a home counts as known as soon as it protects."""
    unrecorded = {**row, "recorded_at": None}
    made = READ_PLACE(row, watch, sites, rules, distinct)
    return made and READ_PLACE(unrecorded, watch, sites, rules, distinct)


def limit(section: str, key: str, value: float | str) -> list[Change]:
    """The policy with another value."""
    return [(Rules, "value", lambda self, s, k: value if (s, k) == (section, key) else VALUE(self, s, k))]


def micro(section: str, key: str, step: int) -> list[Change]:
    """The policy with a time that is some microseconds longer."""
    return [(Rules, "micros", lambda self, s, k: MICROS(self, s, k) + (step if (s, k) == (section, key) else 0))]


READ, UNDOES, MARK, READ_PLACE = clock.read, duty.undoes, legs.mark_contacts, places.read_place
VALUE, MICROS, POSITION, CONTRADICT = Rules.value, Rules.micros, earth.position, duty.contradict
READ_ASSIGNMENT, KNOWN, OF = custody.read_assignment, custody.Custody.known_in_time, custody.Custody.of
IS_FAR, BESIDE = places.is_far, places.Place.beside
RULES: dict[str, list[Change]] = {
    "white space about ids": [(ids, "WHITE", "")],
    "words for a missing id": [(ids, "MISSING_WORDS", frozenset())],
    "JSON ids": [(ids, "is_json", lambda bare: False)],
    "lookalikes of devices": [(custody, "alike", the_same)],
    "lookalikes of officers, roster": [
        (duty.Roster, "against", lambda self, officer: [c for c in self.takings if c.officer == officer])
    ],
    "lookalikes of officers, places": [(places, "alike", the_same)],
    "lookalikes of shifts": [(duty.Versions, "of_lookalikes", lambda self, shift: [])],
    "no_home asks for the exact id": [
        (
            places.Place,
            "is_home",
            lambda self, officer, t: (
                self.home_on_record
                and bool(self.officer)
                and self.protects(officer, t)
                and within(t, self.times.narrow)
            ),
        )
    ],
    "distinct": [(module, "alike", never_distinct) for module in (custody, duty, places)],
    "a date as an end covers its day": [(clock, "last_instant", clock.first_instant)],
    "two readings of a wall time": [(clock, "read", read_early)],
    "a declared zone": [(decide, "clock_of", lambda table, world: Clock(None, world["policy"]["policy"]["timezone"]))],
    "GMT": [(clock, "zones_meant", lambda name, policy_zone, year: [clock.zone_named(name)])],
    "words for no time": [(module, "no_time", blank) for module in (clock, custody, duty, places)],
    "recorded_at read late where it grants": [
        (duty.Entry, "recorded_at", property(lambda self: self.recorded and self.recorded.early))
    ],
    "recorded_at read early where it hides": [
        (duty.Entry, "recorded_at", property(lambda self: self.recorded and self.recorded.end))
    ],
    "roster rows after as_of": [
        (
            decide,
            "read_roster",
            lambda rows, watch, policy, as_of, distinct: duty.read_roster(rows, watch, policy, ALWAYS[1], distinct),
        )
    ],
    "assignments after as_of": [
        (custody, "read_assignment", lambda row, watch, as_of: READ_ASSIGNMENT(row, watch, ALWAYS[1]))
    ],
    "places after as_of": [(places, "read_place", known_at(ALWAYS[1]))],
    "a home known late is none on record": [(places, "read_place", always_home)],
    "late custody": [(custody.Custody, "known_in_time", lambda self, device, officer, t, tolerance: True)],
    "custody late by a microsecond": [
        (custody.Custody, "known_in_time", lambda self, d, o, t, tolerance: KNOWN(self, d, o, t + 1, tolerance))
    ],
    "custody read narrowly": [
        (
            custody.Custody,
            "granting",
            lambda self, d, o, t: [
                a for a in self.assignments if (a.device, a.officer) == (d, o) and within(t, a.times.wide)
            ],
        )
    ],
    "holders read widely": [
        (
            custody.Custody,
            "of",
            lambda self, device: [
                dataclasses.replace(a, times=clock.Times(a.times.narrow, a.times.narrow)) for a in OF(self, device)
            ],
        )
    ],
    "received before it was observed": [(pings, "MAY_BE_AHEAD", 10**18)],
    "received a microsecond too early": [(pings, "MAY_BE_AHEAD", pings.MAY_BE_AHEAD + 1)],
    "valid": [(pings, "says_invalid", lambda valid: False)],
    "accuracy.zero": limit("accuracy", "zero", "imprecise"),
    "bars": [(duty, "bar", lambda officer, since: duty.Claim("", "", "", ALWAYS, (ALWAYS[1], ALWAYS[1])))],
    "versions that contradict": [(duty, "contradict", lambda one, other: False)],
    "versions written at one time": [
        (duty, "contradict", lambda one, other: CONTRADICT(one, other) and one.recorded_at == other.recorded_at)
    ],
    "undone by the same officer alone": [(duty, "undoes", undoes_for(officer=False))],
    "undone by what meets it": [(duty, "undoes", undoes_for(meets=False))],
    "undone by what can be read": [(duty, "undoes", undoes_for(readable=False, meets=False))],
    "to touch is not to meet": [(duty, "overlap", lambda a, b: max(a[0], b[0]) <= min(a[1], b[1]))],
    "cancelled without times, and connected": [(duty, "connected", lambda intervals: False)],
    "cancelled without times, not connected": [(duty, "connected", lambda intervals: True)],
    "a place near (0, 0)": [(places, "NULL_ISLAND_M", -1)],
    "a place at 1 km from (0, 0)": [(places, "NULL_ISLAND_M", 990)],
    "a place swapped": [(places, "swapped", lambda area: None)],
    "a far home": [(places, "is_far", lambda area, sites, limit_m: False)],
    "a place at max_km": [(places, "is_far", lambda area, sites, limit_m: IS_FAR(area, sites, limit_m * 1.008))],
    "longitudes beyond 180": [(earth, "position", lambda lon, lat, limit=180: POSITION(lon, lat))],
    "a home on record read narrowly": [
        (
            places.Place,
            "is_home",
            lambda self, officer, t: self.home_on_record and self.officer == officer and within(t, self.times.wide),
        )
    ],
    "a place read widely": [
        (
            places.Place,
            "protects",
            lambda self, officer, t: (
                (self.officer is None or ids.alike(self.officer, officer, distinct=self.distinct))
                and within(t, self.times.narrow)
            ),
        )
    ],
    "a site too large": [(places, "area_km2", lambda area: 0.0)],
    "a site a little too large": [(places, "area_km2", lambda area: earth.area_km2(area) * 0.99)],
    "a site beside a home": [(places.Place, "beside", lambda self, site, metres: False)],
    "a site at the rim of the buffer": [
        (places.Place, "beside", lambda self, site, metres: BESIDE(self, site, metres - 2))
    ],
    "contacts whatever their reason": [(legs, "mark_contacts", contacts_of("protected_place"))],
    "contacts that are imprecise": [(legs, "mark_contacts", contacts_of("protected_place", "no_home"))],
    "contacts without a home": [(legs, "mark_contacts", contacts_of("protected_place", "imprecise"))],
    "contacts of other devices": [
        (legs, "contacts_within", lambda track, tracks: {p.at for p in track.pings if p.contact})
    ],
    "silence": micro("legs", "max_gap_s", 10**18),
    "silence longer by a microsecond": micro("legs", "max_gap_s", 1),
    "silence exactly as long": micro("legs", "max_gap_s", -1),
    "passing by": micro("legs", "pass_by_s", -(10**18)),
    "passing by in exactly the time": micro("legs", "pass_by_s", -1),
    "passing by a microsecond too slowly": micro("legs", "pass_by_s", 1),
    "hold": micro("legs", "hold_s", -(10**18)),
    "hold, by a microsecond more": micro("legs", "hold_s", 1),
    "hold, by a microsecond less": micro("legs", "hold_s", -1),
    "clusters": [(decide.Tables, "cluster_end", lambda self, officer, window: window[1])],
}


@contextmanager
def without(changes: list[Change]) -> Iterator[None]:
    """The oracle with some of its parts replaced."""
    caches = (clock.read, clock.zones_meant, ids.likeness, earth.apart_m)
    with ExitStack() as stack:
        for cache in caches:
            cache.cache_clear()
        for owner, name, value in changes:
            stack.enter_context(patch.object(owner, name, value))
        yield
    for cache in caches:
        cache.cache_clear()


def answered(world: World) -> Any:
    """The oracle's reasons and release, or why it stops."""
    try:
        answer = oracle.answer(world)
    except oracle.Stop as stop:
        return str(stop)
    except StopIteration:  # a rule that is moved in one place alone leaves a ping without a window
        return "no window"
    return answer.reasons, answer.release


def shares(numbers: range, small: int) -> tuple[Counter[str], Counter[str]]:
    """In how many worlds each rule decides something, and what stops how many."""
    decided: Counter[str] = Counter()
    stopped: Counter[str] = Counter()
    for number in numbers:
        world = a_world(Random(number), small)
        answer = answered(world)
        if isinstance(answer, str):
            stopped[answer] += 1
        elif any(reason is None for reason in answer[0]):
            decided["a ping after as_of"] += 1
        for rule, changes in RULES.items():
            with without(changes):
                decided[rule] += answered(world) != answer
    return decided, stopped


def main(worlds: int = 200) -> None:
    """Print the shares, of worlds of ten small ones and of small ones."""
    for small in (10, 1):
        decided, stopped = shares(range(worlds), small)
        print(f"\n{worlds} worlds of {small}: the share in which each rule decides something")
        for rule in itertools.chain(RULES, ["a ping after as_of"]):
            print(f"{100 * decided[rule] / worlds:6.1f} %  {rule}")
        for why, count in stopped.most_common():
            print(f"{100 * count / worlds:6.1f} %  stop: {why}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
