"""The plain names of what can become of a position, and times and intervals as people write them."""

from __future__ import annotations

from offduty.core.instants import FOREVER_US, NEVER_US, from_us, midnight, zone
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.report.data.bins import day_name
from offduty.report.data.counts import ASIDE, RELEASED

TITLES = {
    RELEASED: "Released",
    "unassigned": "Nobody’s device",
    "shared": "Two people’s device",
    "off_duty": "Off duty",
    "late_edit": "Put on the roster too late",
    "window_open": "Duty not over yet",
    "imprecise": "Too imprecise",
    "no_home": "No home on record",
    "protected_place": "At a protected place",
    "home_leg": "On the way to or from one",
    "duplicate": "Sent twice",
    ASIDE: "Set aside, unreadable",
}


def because(fate: str) -> str:
    """The sentence that says why, in the words of the rules."""
    if fate == ASIDE:
        return "the row names no device, no readable time, a time yet to come, or no position on Earth"
    return Reason.of(fate).because.removesuffix(": released")


def kind_of(fate: str) -> str:
    """The colour class of a fate."""
    return {RELEASED: "released", ASIDE: "aside"}.get(fate, "hidden")


def moment(us: int, zone_name: str) -> str:
    """An instant by the clocks of a zone, to the minute."""
    local = from_us(us).astimezone(zone(zone_name))
    return f"{day_name(local.date())}, {local:%H:%M}"


def period(time: Interval, zone_name: str) -> str:
    """An interval in words. Whole days are named by the first and the last; an open end is said to be open.

    >>> from offduty.core.instants import instant
    >>> period(Interval(instant("2026-03-02"), instant("2026-03-04")), "Europe/London")
    '2 March 2026 to 3 March 2026'
    """
    if time.from_us == NEVER_US and time.to_us == FOREVER_US:
        return "all time"
    whole = all(us in (NEVER_US, FOREVER_US) or _midnight(us, zone_name) for us in (time.from_us, time.to_us))
    first = "the beginning" if time.from_us == NEVER_US else _end(time.from_us, zone_name, whole)
    if time.to_us == FOREVER_US:
        return f"{first} to the end"
    last = _end(time.to_us - 1 if whole else time.to_us, zone_name, whole)
    return first if whole and first == last else f"{first} to {last}"


def _end(us: int, zone_name: str, whole: bool) -> str:
    return day_name(from_us(us).astimezone(zone(zone_name)).date()) if whole else moment(us, zone_name)


def _midnight(us: int, zone_name: str) -> bool:
    return midnight(from_us(us).astimezone(zone(zone_name)).date(), zone_name) == us


def short(sha256: str) -> str:
    """The beginning of a hash, enough to compare two by eye.

    >>> short("fc7c35bea6d7c18d9e1f15eb7f070789")
    'fc7c 35be a6d7 c18d'
    """
    return " ".join(sha256[at : at + 4] for at in range(0, 16, 4))
