"""Cuts an interval into the calendar days of a time zone, which may last 23, 24 or 25 hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from offduty.core.errors import UsageError
from offduty.core.instants import FOREVER_US, NEVER_US, iso_text, local_date, midnight
from offduty.core.interval import Interval

MOST_DAYS = 36_600
"""A hundred years: a longer interval can only be a typing error."""


@dataclass(frozen=True)
class Day:
    """A calendar day, or the requested part of it; ``date`` is None for an interval that was not cut into days."""

    date: date | None
    interval: Interval

    @property
    def label(self) -> str:
        """The date, or the two ends of the interval; an open end is said in words."""
        begins = "the beginning" if self.interval.from_us <= NEVER_US else iso_text(self.interval.from_us)
        ends = "the end" if self.interval.to_us >= FOREVER_US else iso_text(self.interval.to_us)
        return str(self.date) if self.date else f"{begins} to {ends}"


def days_of(interval: Interval, zone: str) -> list[Day]:
    """The calendar days of ``zone`` in a half-open interval, in order; the first and the last may be parts of a day.

    A date that the zone skipped (as Samoa skipped 30 December 2011) is left out. Raises `UsageError` where an end of
    the interval is open, or where the interval is longer than `MOST_DAYS`.
    """
    if interval.from_us == NEVER_US or interval.to_us == FOREVER_US:
        raise UsageError("--each day needs both ends: --from and --to")
    if interval.to_us - interval.from_us > MOST_DAYS * 86_400_000_000:
        raise UsageError("--each day covers a hundred years at most; correct --from or --to")
    return list(_days(interval, zone))


def _days(interval: Interval, zone: str) -> Iterator[Day]:
    day, begins = local_date(interval.from_us, zone), interval.from_us
    while begins < interval.to_us:
        ends = min(midnight(day + timedelta(days=1), zone), interval.to_us)
        if begins < ends:
            yield Day(day, Interval(begins, ends))
        day, begins = day + timedelta(days=1), max(ends, begins)
