"""Proposes the lines of a job that say how times are written, and in which zone those without an offset are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from offduty.admin.proposals.job_lines import JobLine, State, quoted, toml_text
from offduty.admin.proposals.match import Matches
from offduty.admin.proposals.sample import CONVERTED, TableSample
from offduty.admin.proposals.spellings import is_name
from offduty.admin.proposals.time_forms import AS_CONTRACT
from offduty.admin.proposals.times import ColumnTimes, is_like_clocks, times_of
from offduty.config.contracts import contract

WALL_TIMES = ("starts_at", "ends_at")
"""Of the roster: without a zone of their own they are in the policy's."""


def times_by_column(sample: TableSample, matches: Matches) -> dict[str, ColumnTimes]:
    """In what form each matched column of times is written, by the contract's name."""
    kinds = {column.name: column.type for column in contract(sample.table).columns}
    return {
        column: times_of(sample.columns[name])
        for column, name in matches.named.items()
        if kinds[column] in ("instant", "wall_time")
    }


def time_lines(times: Mapping[str, ColumnTimes]) -> Iterator[JobLine]:
    """A line for each column whose times are not written as the contract has them."""
    others = [found.forms[0] for found in times.values() if len(found.forms) == 1 and found.forms[0] and found.kinds]
    for column, found in times.items():
        if not found.kinds and found.forms and others:
            why = f"nothing is written in {column} yet; the other times of the table are written so"
            yield JobLine(f"times.{column}", tuple(map(toml_text, dict.fromkeys(others))), why, "choice")
        if found.forms == (AS_CONTRACT,) or found.is_fault:
            continue
        unread = f"; {_some(found.unread)} written otherwise and cannot be read" if found.unread else ""
        beside = f". Other times of the table are written {', '.join(sorted(set(others)))}" if others else ""
        values = tuple(toml_text(form) for form in found.forms if form != AS_CONTRACT) or ('"?"',)
        state: State = "confirm" if len(found.forms) == 1 else "open"
        yield JobLine(f"times.{column}", values, f"{found.why}{unread}{beside if state == 'open' else ''}", state)


def time_faults(sample: TableSample, matches: Matches, times: Mapping[str, ColumnTimes]) -> list[str]:
    """What no declaration makes into times, in words."""
    unread = [f"{column} cannot be read: {found.why}" for column, found in times.items() if found.is_fault]
    return [*unread, *_days_beside_clocks(sample, matches, times)]


def _days_beside_clocks(sample: TableSample, matches: Matches, times: Mapping[str, ColumnTimes]) -> list[str]:
    """That the times of a table stand in two columns each. A day alone is a whole day: read so, an early shift would be
    duty until midnight.
    """
    days = [quoted(matches.named[column]) for column, found in times.items() if found.kinds == {"bare date"}]
    clocks = [quoted(name) for name in matches.free if is_name(name) and is_like_clocks(sample.columns[name])]
    if not days or not clocks:
        return []
    pairs = (
        f"{', '.join(days)} {'has' if len(days) == 1 else 'have'} days and no time of day, which {', '.join(clocks)}"
    )
    each = "may have: a day alone is the whole day, so put each day and its time into one column first"
    return [f"{pairs} {each}: {CONVERTED}"]


def _some(count: int) -> str:
    return "one value is" if count == 1 else f"{count} values are"


def zone_lines(
    sample: TableSample, matches: Matches, times: Mapping[str, ColumnTimes], given: str | None
) -> list[JobLine]:
    """The line for the table's time zone; none where every time has an offset. ``given`` is the zone that the command
    was given.
    """
    local = [column for column, found in times.items() if "wall time" in found.kinds]
    if not local:
        return []
    names = ", ".join(local)
    if all(_says_utc(matches.named[column], times[column]) for column in local):
        why = f"the values of {names}, or the names of the columns, end with UTC. Is it true all year?"
        return [JobLine("time_zone", ('"UTC"',), why)]
    if sample.table == "roster" and set(local) <= set(WALL_TIMES):
        why = f"{names} are wall times of the policy's time zone, unless another one is declared here"
        return [] if "timezone" in matches.named else [JobLine("time_zone", (toml_text(given or "?"),), why, "choice")]
    if given is None:
        return [JobLine("time_zone", ('"?"',), f"{names}: times without an offset. {_HINT}", "open")]
    why = f"{names}: times without an offset. The zone is the one of --time-zone; a server often writes UTC"
    return [JobLine("time_zone", (toml_text(given),), why)]


def _says_utc(name: str, times: ColumnTimes) -> bool:
    """Whether every value of a column ends with the word UTC, or the name of the column does."""
    return all(form.endswith(" UTC") for form in times.forms) or re.search(r"(?i)\butc\W*$|_utc$", name) is not None


_HINT = (
    'Whose clock is it? People mostly write local time ("Europe/London"), servers often "UTC". Ask who writes the table'
    " (this machine's own zone says nothing): with a wrong zone every time is hours off"
)
