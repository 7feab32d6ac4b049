"""Checks what must be true of a run before it may be published: that something was read, and what the job expects.

Rules: specification#nothing-read, specification#expect.
"""

from __future__ import annotations

from collections.abc import Iterator

from offduty.core.errors import InputError
from offduty.ingest.unreadable_columns import with_other_faults
from offduty.runs.check_read import check_read
from offduty.runs.decided import Decided


def check_expected(found: Decided) -> None:
    """Raise `InputError`, which names each figure and its limit, where a run is outside of what its job expects, or
    where nothing could be read or nothing meets, whatever the job expects.
    """
    rows = {name: table.rows for name, table in found.tables.items()}
    with with_other_faults(rows, found.files, found.database.con, found.asked.job.inputs.declared):
        check_read(found.files, found.outcome.read, found.database)
    outside = list(_outside(found))
    if outside:
        raise InputError(
            f"{'; '.join(outside)}. Correct the inputs, or what the job expects. Nothing was published",
            file=found.asked.job.file.name,
        )


def _outside(found: Decided) -> Iterator[str]:
    """What is outside of the job's expectations, each in words."""
    expect = found.asked.job.expect
    rows, quarantined = found.outcome.rows, len(found.outcome.quarantined.row)
    yield from _above(quarantined, rows, expect.max_quarantined_share, "max_quarantined_share", QUARANTINED)
    for part, whole, what in unmatched(found):
        yield from _above(part, whole, expect.max_unmatched_share, "max_unmatched_share", what)
    if expect.min_pings is not None and rows - quarantined < expect.min_pings:
        yield (
            f"{rows - quarantined:,} positions lie in the interval and can be read, and expect.min_pings is"
            f" {expect.min_pings:,}"
        )


QUARANTINED = "of the rows in the interval cannot be read as positions"


def unmatched(found: Decided) -> Iterator[tuple[int, int, str]]:
    """What meets nothing: how many rows, of how many, and which these are."""
    read, counted = found.outcome.read, found.settled.counted
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
