"""Rosters out of calendars (iCalendar): every occurrence of every event is a shift."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from offduty.convert.reading import Reading, Row, library
from offduty.core.errors import UsageError

RECORDED = {"created": "CREATED", "last-modified": "LAST-MODIFIED", "dtstamp": "DTSTAMP"}
"""The fields of an event that can stand for the time at which it was recorded."""
STATUS = {"": "active", "CONFIRMED": "active", "CANCELLED": "cancelled"}
WITH_ZONE = ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE")


def icalendar(reading: Reading) -> Iterator[Row]:
    """The occurrences from ``start`` to ``end``: repeated events are written out, their exceptions left out or moved.

    The summary is the duty code. A day without times is from midnight to midnight of the policy's zone, as is a time
    without a zone. A zone that nobody knows is refused; Outlook's names are known. ``recorded_at`` is a field of the
    event, or an instant for all of them.
    """
    calendars, recurring = library("icalendar", "ical"), library("recurring_ical_events", "ical")
    start, end = _day(reading.asked.start, "--from"), _day(reading.asked.end, "--to")
    with reading.opened() as file:
        content = file.read()
    try:
        found = calendars.Calendar.from_ical(content, multiple=True)
        for calendar in found:
            _check_read(calendar)
            _check_zones(reading, calendar)
        events = [event for each in found for event in recurring.of(each).between(start, end)]
        rows = sorted((_shift(reading, event) for event in events), key=lambda row: (row["starts_at"], row["shift_id"]))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        raise reading.refusal("it cannot be read as iCalendar: it does not follow its format") from None
    others = sum(1 for each in found for part in each.subcomponents if part.name not in ("VEVENT", "VTIMEZONE"))
    if others:
        reading.passed_over["entries that are no events"] += others
    yield from rows


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} must be a date such as 2026-03-23: shifts that repeat are written out") from None


def _check_read(calendar: Any) -> None:
    """Raise `ValueError` for what is no calendar, and where a value of an entry cannot be read: icalendar goes on
    without it, and a rule that repeats a shift would be missing.
    """
    if calendar.name != "VCALENDAR" or any(part.errors for part in calendar.walk()):
        raise ValueError("not understood")


def _check_zones(reading: Reading, calendar: Any) -> None:
    """Raise `InputError` where a time names a zone that is not known: it would be read in another one."""
    for event in calendar.walk("VEVENT"):
        for name in WITH_ZONE:
            values = event.get(name, [])
            for value in values if isinstance(values, list) else [values]:
                times = [each.dt for each in getattr(value, "dts", [value])]
                if "TZID" in value.params and any(isinstance(at, datetime) and at.tzinfo is None for at in times):
                    raise reading.refusal(
                        f"a {name} names a time zone that nobody knows: give it the name of an IANA zone, such as"
                        " Europe/London, or the calendar a VTIMEZONE"
                    )


def _shift(reading: Reading, event: Any) -> Row:
    starts = event["DTSTART"].dt
    zone = starts.tzinfo.key if isinstance(starts, datetime) and isinstance(starts.tzinfo, ZoneInfo) else ""
    occurrence = event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else starts
    return {
        "shift_id": f"{event.get('UID', '')}/{occurrence.isoformat()}",
        "officer_id": reading.asked.officer,
        "starts_at": _written(starts, zone),
        "ends_at": _written(_end(event, starts), zone),
        "timezone": zone,
        "duty_code": str(event.get("SUMMARY", "")).strip(),
        "status": STATUS.get(str(event.get("STATUS", "")).upper(), str(event.get("STATUS", "")).lower()),
        "recorded_at": _recorded(reading, event),
    }


def _end(event: Any, starts: date) -> date:
    """The end of an event: written, or its beginning and its duration; a day without either is one day."""
    if "DTEND" in event:
        end: date = event["DTEND"].dt
        return end
    if "DURATION" in event:
        return starts + timedelta(seconds=event["DURATION"].dt.total_seconds())
    return starts if isinstance(starts, datetime) else starts + timedelta(days=1)


def _written(at: date, zone: str) -> str:
    """A time as the roster has it: a wall time where its zone stands beside it or is the policy's, else an instant."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time()).isoformat()
    if at.tzinfo is None:
        return at.isoformat()
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat() if zone else at.isoformat()


def _recorded(reading: Reading, event: Any) -> str:
    field = RECORDED.get(reading.asked.recorded_at)
    if field is None:
        return reading.asked.recorded_at
    return str(event[field].dt.isoformat()) if field in event else ""
