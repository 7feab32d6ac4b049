"""Gives the outcomes of a position their plain names and explanations, and writes times and intervals in words."""

from __future__ import annotations

from offduty.core.instants import FOREVER_US, NEVER_US, from_us, midnight, zone
from offduty.core.interval import Interval
from offduty.report.data.bins import day_name
from offduty.report.data.counts import QUARANTINED, RELEASED

OUTCOME_TITLES = {
    RELEASED: "Released",
    "unassigned": "Unassigned device",
    "shared": "Shared device",
    "off_duty": "Off duty",
    "late_edit": "On the roster too late",
    "window_open": "Duty not over yet",
    "imprecise": "Not precise enough",
    "no_home": "No home on record",
    "protected_place": "At a protected place",
    "home_leg": "On the way to or from a protected place",
    "duplicate": "Sent twice",
    QUARANTINED: "Unreadable",
}
EXPLANATIONS = {
    RELEASED: "It was proven to be on duty, away from every protected place, and not on the way to or from one.",
    "unassigned": "The device was assigned to nobody at that time.",
    "shared": "The device was assigned to two or more officers at that time.",
    "off_duty": "The officer was not on duty.",
    "late_edit": "The officer was on duty only by a roster entry that was recorded later than the rules allow.",
    "window_open": "The duty was not over yet when the rules were applied. A later run will decide.",
    "imprecise": "The device says that the position may be too far off, or gives no usable figure for this.",
    "no_home": "The rules require a known home, and no home of the officer was on record at that time.",
    "protected_place": "It may be in a protected place, or too close to one.",
    "home_leg": "It is on the way to or from a protected place, or in the first or last minutes of a duty that the"
    " rules hide.",
    "duplicate": "The device sent another position for the same instant, and that one was released.",
    QUARANTINED: "The row names no device, or it has no readable time, a time in the future, or no valid position.",
}


def colour_class(outcome: str) -> str:
    """The CSS class that gives an outcome its colour."""
    return {RELEASED: "released", QUARANTINED: "quarantined"}.get(outcome, "hidden")


def local_time(us: int, zone_name: str) -> str:
    """An instant by the clock of a time zone, to the minute."""
    local = from_us(us).astimezone(zone(zone_name))
    return f"{day_name(local.date())}, {local:%H:%M}"


def period_in_words(time: Interval, zone_name: str) -> str:
    """An interval in words. Whole days are named by the first and the last; an open end is said to be open.

    >>> from offduty.core.instants import instant
    >>> period_in_words(Interval(instant("2026-03-02"), instant("2026-03-04")), "Europe/London")
    '2 March 2026 to 3 March 2026'
    """
    if time.from_us == NEVER_US and time.to_us == FOREVER_US:
        return "all time"
    whole = all(us in (NEVER_US, FOREVER_US) or _is_midnight(us, zone_name) for us in (time.from_us, time.to_us))
    first = "the beginning" if time.from_us == NEVER_US else _end(time.from_us, zone_name, whole)
    if time.to_us == FOREVER_US:
        return f"{first} to the end"
    last = _end(time.to_us - 1 if whole else time.to_us, zone_name, whole)
    return first if whole and first == last else f"{first} to {last}"


def _end(us: int, zone_name: str, whole: bool) -> str:
    return day_name(from_us(us).astimezone(zone(zone_name)).date()) if whole else local_time(us, zone_name)


def _is_midnight(us: int, zone_name: str) -> bool:
    return midnight(from_us(us).astimezone(zone(zone_name)).date(), zone_name) == us


def short_hash(sha256: str) -> str:
    """The beginning of a hash, enough to compare two by eye.

    >>> short_hash("fc7c35bea6d7c18d9e1f15eb7f070789")
    'fc7c 35be a6d7 c18d'
    """
    return " ".join(sha256[at : at + 4] for at in range(0, 16, 4))
