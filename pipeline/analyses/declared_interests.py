"""Reads a register of interests: which hours of which officers are declared, by the version of then and the one of now.

What counts against somebody is read narrowly: a version that is not written exactly as the contract says, or that
contradicts another one, makes its interest *not assessed*; unclear local hours are left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from offduty.core.errors import InputError
from offduty.core.ids import clean_id
from offduty.core.instants import DAY_FORM, FOREVER_US, local_date, midnight, wall_time, written_instant

NEEDED = ("interest_id", "officer_id", "kind", "valid_from", "decision", "decided_at", "recorded_at")
OPTIONAL = ("valid_to", "weekly_hours", "pattern", "review_by")
KINDS = ("employment", "self_employed", "teaching", "voluntary", "property")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
APPROVED, REFUSED, PENDING = "approved", "refused", "pending"
UNREADABLE = "a version of it cannot be read exactly, or contradicts another one"
NAMELESS = "a row of the register names no interest, and may be about this one"
"""Why an interest is not assessed."""
DAY_MIN = 24 * 60
HOUR_US = 3_600_000_000
MOST_HOURS = 168
FIRST_YEAR, LAST_YEAR = 1970, 9998
_HOURS = re.compile(r"(\d{1,3})(?:[.](\d{1,2}))?", re.ASCII)
_PATTERN = re.compile(r"([a-z]{3}) (\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)

Span = tuple[int, int]
"""A half-open stretch of time, in microseconds since 1970."""


class PatternPart(NamedTuple):
    """One part of a pattern: a weekday (0: Monday), and minutes of the day; over midnight where it ends beyond it."""

    weekday: int
    from_min: int
    to_min: int


@dataclass(frozen=True)
class InterestVersion:
    """What one row of the register says. ``valid_to_us`` is the first instant after it; ``weekly_us`` is None where no
    hours are given.
    """

    officer: str
    kind: str
    valid_from_us: int
    valid_to_us: int
    weekly_us: int | None
    pattern: tuple[PatternPart, ...]
    decision: str
    decided_us: int | None
    review_by: date | None
    recorded_us: int


@dataclass(frozen=True)
class Interest:
    """An interest that is assessed: its versions that were recorded by the time of the question, the newest last."""

    interest_id: str
    versions: tuple[InterestVersion, ...]

    @property
    def now(self) -> InterestVersion:
        """The newest version."""
        return self.versions[-1]

    @property
    def officer(self) -> str:
        """Whose it is."""
        return self.now.officer

    def valid_at(self, at_us: int) -> bool:
        """Whether the newest version is valid at an instant."""
        return self.now.valid_from_us <= at_us < self.now.valid_to_us


@dataclass(frozen=True)
class UnassessedInterest:
    """An interest of which nothing can be said, and why. ``officers`` are all whom its rows name; none where no row
    does. ``interest_id`` is empty for rows that name an officer and no interest.
    """

    interest_id: str
    officers: frozenset[str]
    why: str


@dataclass(frozen=True)
class DeclaredInterests:
    """The interests of a register. ``interests`` are those that are assessed, by officer and id; ``not_assessed`` are
    the others, by id.
    """

    interests: tuple[Interest, ...]
    not_assessed: tuple[UnassessedInterest, ...]


def declared_interests(register: pd.DataFrame, zone_name: str, as_of_us: int) -> DeclaredInterests:
    """The interests of a register, by what was recorded until ``as_of_us``.

    ``register`` has the columns `NEEDED`, and some of `OPTIONAL`, as text. Raises `InputError` where a column is not
    there, where there is any other one, and for a row that names neither an interest nor an officer. No rows, no
    interests.
    """
    _check_columns(list(register.columns))
    texts = register.fillna("").astype(str)
    rows: dict[str, list[_Row]] = defaultdict(list)
    nameless: set[str] = set()
    for number, row in enumerate(texts.to_dict("records")):
        interest, officer = clean_id(row["interest_id"]), clean_id(row["officer_id"])
        if interest is None and officer is None:
            raise InputError("it names neither an interest nor an officer: name both", file="the register", row=number)
        if interest is None:
            nameless.add(officer or "")
        else:
            version = _version({str(k): str(v) for k, v in row.items()}, officer, zone_name)
            rows[interest].append((officer or "", version))
    found = list[Interest]()
    unknown = [UnassessedInterest("", frozenset([officer]), NAMELESS) for officer in nameless]
    for name, mine in rows.items():
        one = _settled(name, [version for _, version in mine], as_of_us)
        if one is None:
            unknown.append(UnassessedInterest(name, _named(mine, as_of_us), UNREADABLE))
        elif one.versions and one.officer in nameless:
            unknown.append(UnassessedInterest(name, frozenset([one.officer]), NAMELESS))
        elif one.versions:
            found.append(one)
    found.sort(key=lambda one: (one.officer, one.interest_id))
    return DeclaredInterests(
        tuple(found), tuple(sorted(unknown, key=lambda one: (one.interest_id, sorted(one.officers))))
    )


_Row = tuple[str, InterestVersion | None]
"""The officer whom a row names, or an empty text; and the version, None where it cannot be read."""


def _named(rows: Sequence[_Row], as_of_us: int) -> frozenset[str]:
    """Whom the rows of an interest name that were recorded by then, or of which that cannot be read."""
    known = (officer for officer, version in rows if version is None or version.recorded_us <= as_of_us)
    return frozenset(known) - {""}


def declared_spans(interest: Interest) -> Iterator[tuple[Span, InterestVersion]]:
    """The spans of time in which an interest counts, each with the version of then: it and the newest one are valid and
    not refused. Before it was first recorded nothing counts.
    """
    now = interest.now
    ends = [*(version.recorded_us for version in interest.versions[1:]), FOREVER_US]
    for then, until_us in zip(interest.versions, ends, strict=True):
        begin = max(then.valid_from_us, now.valid_from_us, then.recorded_us)
        end = min(then.valid_to_us, now.valid_to_us, until_us)
        if begin < end and REFUSED not in (then.decision, now.decision):
            yield (begin, end), then


def declared_stretches(interest: Interest, zone_name: str, until_us: int) -> list[Span]:
    """The time before an instant that the patterns of then and of now both name, as stretches in order."""
    found: list[Span] = []
    for (begin, end), then in declared_spans(interest):
        span = begin, min(end, until_us)
        if span[0] < span[1]:
            named = [_hours(version.pattern, span, zone_name) for version in (then, interest.now)]
            found += common(common(*named), [span])
    return union(found)


def union(spans: Sequence[Span]) -> list[Span]:
    """The union of some spans, in order; those that touch are one.

    >>> union([(5, 7), (1, 3), (3, 4), (6, 6)])
    [(1, 4), (5, 7)]
    """
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def common(ones: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What two lists of spans, each in order and disjoint, have in common.

    >>> common([(0, 5), (8, 9)], [(3, 10)])
    [(3, 5), (8, 9)]
    """
    found, at = list[Span](), 0
    for begin, end in ones:
        while at < len(others) and others[at][1] <= begin:
            at += 1
        place = at
        while place < len(others) and others[place][0] < end:
            found.append((max(begin, others[place][0]), min(end, others[place][1])))
            place += 1
    return found


def _check_columns(columns: Sequence[str]) -> None:
    """A column beyond the contract is named by its number: a file without a head would have ids there."""
    lacking = [name for name in NEEDED if name not in columns]
    if lacking:
        raise InputError(f"the register lacks {', '.join(lacking)}: it needs {', '.join(NEEDED)}")
    more = [f"column {number}" for number, name in enumerate(columns, 1) if name not in (*NEEDED, *OPTIONAL)]
    if more or len({*columns}) < len(columns):
        raise InputError(
            f"the register has a column that it may not have, or one twice ({', '.join(more) or 'a name twice'}). It"
            f" has no place, employer or free text. Take out all but {', '.join((*NEEDED, *OPTIONAL))}"
        )


def _version(row: dict[str, str], officer: str | None, zone_name: str) -> InterestVersion | None:
    """A row as it is read; None where any of it is not written as the contract says."""
    days = {name: _day(row.get(name, "")) for name in ("valid_from", "valid_to", "review_by")}
    times = {name: _instant(row[name]) for name in ("decided_at", "recorded_at")}
    weekly, pattern = _weekly_us(row.get("weekly_hours", "")), _pattern(row.get("pattern", ""))
    read = {**days, **times, "weekly_hours": weekly}
    unread = [name for name, value in read.items() if value is None and row.get(name, "")]
    words = row["kind"] in KINDS and row["decision"] in (APPROVED, REFUSED, PENDING)
    decided = row["decision"] == PENDING or times["decided_at"] is not None
    valid_from, valid_to, recorded = days["valid_from"], days["valid_to"], times["recorded_at"]
    if officer is None or unread or not words or not decided or pattern is None:
        return None
    if valid_from is None or recorded is None:
        return None
    return InterestVersion(
        officer,
        row["kind"],
        midnight(valid_from, zone_name),
        FOREVER_US if valid_to is None else midnight(valid_to, zone_name),
        weekly,
        pattern,
        row["decision"],
        times["decided_at"],
        days["review_by"],
        recorded,
    )


def _settled(name: str, rows: Sequence[InterestVersion | None], as_of_us: int) -> Interest | None:
    """The versions that are known, in order; None where one cannot be read, or they contradict each other. One without
    versions was recorded later than the question was asked.
    """
    read = [row for row in rows if row is not None]
    if len(read) < len(rows):
        return None
    once = sorted({row for row in read if row.recorded_us <= as_of_us}, key=lambda row: row.recorded_us)
    twice = any(one.recorded_us == other.recorded_us for one, other in pairwise(once))
    return None if twice or len({row.officer for row in once}) > 1 else Interest(name, tuple(once))


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if DAY_FORM.fullmatch(text) else None
    except ValueError:
        return None
    return found if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _instant(text: str) -> int | None:
    """An instant that is written with its offset."""
    found = written_instant(text)
    return found[0] if found is not None and found[1] and found[0] >= 0 else None


def _weekly_us(text: str) -> int | None:
    """Hours with at most two decimals, in microseconds; None for anything else."""
    found = _HOURS.fullmatch(text)
    if found is None:
        return None
    hundredths = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    return hundredths * (HOUR_US // 100) if hundredths <= 100 * MOST_HOURS else None


def _pattern(text: str) -> tuple[PatternPart, ...] | None:
    """The parts of a pattern; none of an empty one, and None where it cannot be read."""
    parts = []
    for part in text.split(";") if text else ():
        found = _PATTERN.fullmatch(part)
        if found is None or found[1] not in WEEKDAYS:
            return None
        begin, end = int(found[2]) * 60 + int(found[3]), int(found[4]) * 60 + int(found[5])
        if max(int(found[3]), int(found[5])) >= 60 or begin >= DAY_MIN or end > DAY_MIN or begin == end:
            return None
        parts.append(PatternPart(WEEKDAYS.index(found[1]), begin, end if end > begin else end + DAY_MIN))
    return tuple(parts)


def _hours(pattern: Sequence[PatternPart], span: Span, zone_name: str) -> list[Span]:
    """The hours of a pattern on the local days of a span, and on the day before it, from which one may go on. Each
    begins at the later reading of its local time, and ends at the earlier one.
    """
    if not pattern or span[0] >= span[1]:
        return []
    day, last = local_date(span[0], zone_name) - timedelta(days=1), local_date(span[1] - 1, zone_name)
    found = []
    while day <= last:
        for part in pattern:
            if part.weekday == day.weekday():
                begins, ends = (_readings(day, minute, zone_name) for minute in (part.from_min, part.to_min))
                found.append((max(begins), min(ends)))
        day += timedelta(days=1)
    return union(found)


def _readings(day: date, minute: int, zone_name: str) -> Span:
    """The two instants that a local time may mean; they are one, but where the clocks change."""
    late = day + timedelta(days=minute // DAY_MIN)
    clock = f"{late.isoformat()}T{minute % DAY_MIN // 60:02}:{minute % 60:02}:00"
    reading = wall_time(clock, zone_name)
    if reading is None:
        raise ValueError("no such zone")
    return reading.early_us, reading.late_us
