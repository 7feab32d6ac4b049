"""Writes ids and times in the many ways in which tables write them: lookalikes, words for nothing, dates, wall times."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from tests.oracle.clock import zone_named
from tests.oracle.reading import EPOCH, MICROSECOND, Unreadable, instant
from tests.world import Row

NOTHING = (None, None, "", " ", "\u00a0", "NULL", "null", "None", "nan", "NaN", r"\N", "N/A", "#N/A", "<NA>")
RECORDED_AFTER_ALL = "2027-03-01T00:00:00Z"


def rarely(rng: Random, one_in: int = 12) -> bool:
    """True in one of so many cases."""
    return rng.randint(0, one_in - 1) == one_in - 1


def spoil(rng: Random, row: Row, columns: tuple[str, ...], value: str = "??", one_in: int = 25) -> Row:
    """The row, in one of so many cases with one value that cannot be read or is missing."""
    if not rarely(rng, one_in):
        return row
    return {**row, rng.choice(columns): rng.choice([value, *NOTHING])}


def same_id(rng: Random, ident: str) -> str:
    """The same id, with white space about it."""
    return rng.choice(["{} ", " {} ", "\u200b{}", "{}\u00a0", "\ufeff{}\t"]).format(ident)


def lookalike(rng: Random, ident: str) -> str:
    """An id that is another but looks like this one: its case, its width, a trailing `.0`, or zeros in front."""
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in ident)
    others = {ident.swapcase(), wide, f"{ident}.0", f"0{ident}", f"00{ident}", ident.lstrip("0"), f"0{ident.upper()}.0"}
    return rng.choice(sorted(other for other in others if other not in ("", ident)))


def disguised(rng: Random, row: Row, column: str, *, one_in: int = 6, may_be_missing: bool = True) -> Row:
    """The row, in one of so many cases with an id written otherwise: the same, a lookalike, or none that can be read."""
    if not row[column] or not rarely(rng, one_in):
        return row
    ident = row[column]
    ways: list[str | None] = [same_id(rng, ident), same_id(rng, ident), *(lookalike(rng, ident) for _ in range(4))]
    if may_be_missing:
        ways.append(rng.choice([*NOTHING, '["a"]', '{"id": 1}', "[a"]))
    return {**row, column: rng.choice(ways)}


def dated(rng: Random, row: Row, columns: tuple[str, ...], one_in: int = 6) -> Row:
    """The row, each of its times in one of so many cases only as a date: its own, or the one before."""
    return {**row, **{c: a_date(rng, row[c]) for c in columns if row.get(c) and rarely(rng, one_in)}}


def a_date(rng: Random, when: str) -> str:
    """The date of a time, or the one before."""
    day = str(when)[:10]
    try:
        return rng.choice([day, day, (date.fromisoformat(day) - timedelta(days=1)).isoformat()])
    except ValueError:
        return when


def as_declared(rng: Random, row: Row, columns: tuple[str, ...], declared: dict[str, Any]) -> Row:
    """The row, with most of its times as wall times of the zone that the job declares for the table."""
    zone = declared.get("time_zone")
    if zone is None:
        return row
    return {**row, **{c: wall_time(row[c], zone) for c in columns if row.get(c) and rng.randint(0, 3)}}


def wall_time(when: Any, zone: str) -> Any:
    """A written instant as a wall time of a zone, without an offset; dates and what cannot be read stay as they are."""
    if "T" not in str(when):
        return when
    try:
        aware = EPOCH + instant(when) * MICROSECOND
    except Unreadable:
        return when
    return aware.astimezone(zone_named(zone)).replace(tzinfo=None).isoformat()
