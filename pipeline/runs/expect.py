"""Checks what must be true of a run before it may be published: that something was read, and what the job expects.

Rules: specification#nothing-read, specification#expect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from offduty.core.count_words import number_of
from offduty.core.errors import BeforeFirstPingError, InputError
from offduty.engines.local import pieces_wanted
from offduty.ingest.ping_files import Piece, pieces
from offduty.ingest.unreadable_columns import with_other_faults
from offduty.outputs.manifest import interval_of
from offduty.outputs.outcome import PingCounts
from offduty.runs.check_read import check_read
from offduty.runs.decided import Decided
from offduty.runs.rest_of_files import with_rest_of_files
from offduty.transparency.log import LogEntry


def check_expected(found: Decided, entries: Iterable[LogEntry] = ()) -> None:
    """Raise `InputError`, which names each figure and its limit, where a run is outside of what its job expects, or
    where nothing could be read or nothing meets, whatever the job expects.

    It is a `BeforeFirstPingError` where the run only lacks pings because neither the inputs nor the runs in the log,
    whose ``entries`` these are, have a row from before its end.
    """
    rows = {name: table.rows for name, table in found.tables.items()}
    with with_other_faults(rows, found.files, found.database.con, found.asked.job.inputs.declared):
        limit = found.asked.job.expect.max_unmatched_share
        read = with_rest_of_files(found.outcome.read, found.files, found.inputs, limit)
        check_read(found.files, read, found.database)
    outside = list(_outside(found, read))
    if outside:
        only_pings = len(outside) == 1 and _too_few(found)
        error = BeforeFirstPingError if only_pings and not _has_begun(found, entries) else InputError
        raise error(
            f"{'; '.join(outside)}. Correct the inputs, or what the job expects. Nothing was published",
            file=found.asked.job.file.name,
        )


def _has_begun(found: Decided, entries: Iterable[LogEntry]) -> bool:
    """Whether there may be rows of pings from before the run's end: in the run, in what was read of the files, in the
    files and row groups that were left out, or in a run of the log. In doubt there are.
    """
    end_us = found.asked.interval.to_us
    runs = (entry.document for entry in entries if entry.is_run)
    had_rows = (run for run in runs if sum(run["counts"].values()) + sum(run["quarantined"].values()))
    return (
        found.outcome.rows > 0
        or found.outcome.read.span[0] < end_us
        or found.found.left_out_before(found.context, end_us)
        or any(group.from_us < end_us for group in _groups_left_out(found))
        or any(interval_of(run).from_us < end_us for run in had_rows)
    )


def _groups_left_out(found: Decided) -> list[Piece]:
    """The row groups of the files that were read which have, by their statistics, no row of the interval's context."""
    groups = pieces(found.files, 1)
    return [group for group in groups if not pieces_wanted([group], found.context)]


def _outside(found: Decided, read: PingCounts) -> Iterator[str]:
    """What is outside of the job's expectations, each in words."""
    expect = found.asked.job.expect
    rows, quarantined = found.outcome.rows, len(found.outcome.quarantined.row)
    yield from _above(quarantined, rows, expect.max_quarantined_share, "max_quarantined_share", QUARANTINED)
    for part, whole, what in unmatched(found, read):
        yield from _above(part, whole, expect.max_unmatched_share, "max_unmatched_share", what)
    if _too_few(found):
        yield (
            f"{number_of(rows - quarantined, 'position lies', 'positions lie')} in the interval and can be read, and"
            f" expect.min_pings is {expect.min_pings:,}"
        )


def _too_few(found: Decided) -> bool:
    """Whether fewer positions than the job expects lie in the interval and can be read."""
    least = found.asked.job.expect.min_pings
    return least is not None and found.outcome.rows - len(found.outcome.quarantined.row) < least


QUARANTINED = "of the rows in the interval cannot be read as positions"


def unmatched(found: Decided, read: PingCounts) -> Iterator[tuple[int, int, str]]:
    """What meets nothing: how many rows, of how many, and which these are. ``read`` counts the pings."""
    counted = found.settled.counted
    yield read.pings - read.met, read.pings, "of the positions are of devices that nobody was ever assigned"
    for table in ("roster", "places"):
        rows = found.tables[table].rows.num_rows - found.settled.unknown_yet.get(table, 0)
        unmet = counted.get(table, {}).get("unmet", 0)
        yield unmet, rows, f"of the rows of the {table} are of officers whom no assignment names"


def _above(part: int, whole: int, limit: float | None, key: str, what: str) -> Iterator[str]:
    """A share above its limit, in words."""
    if limit is not None and whole and part > limit * whole:
        yield f"{share_in_words(part, whole)} {what}, and expect.{key} is {share_in_words(limit, 1)}"


def share_in_words(part: float, whole: float) -> str:
    """A share in per cent, with as many decimals as it needs to say something, and never rounded to nothing or to all.

    >>> share_in_words(1, 3), share_in_words(1, 1000), share_in_words(0.05, 1)
    ('33.3 %', '0.1 %', '5 %')
    >>> share_in_words(999_999, 1_000_000), share_in_words(1, 1_000_000)
    ('over 99.9 %', 'under 0.1 %')
    """
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "under 0.1 %"
    if 99.9 < share < 100:
        return "over 99.9 %"
    return f"{share:.1f}".removesuffix(".0") + " %"
