"""Joins pings with the stretches of their devices in DuckDB (join_pings.sql), and reads what leaves the engine.

The session has the view or table ``pings``; what is in it, a file or an Arrow table, makes no difference here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import resources

import duckdb
import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Codes, Ints, is_null, one_chunk, to_arrow, to_floats, to_ints, to_numpy
from offduty.config.contracts import contract
from offduty.core.errors import PrivacyError
from offduty.core.ids import SPACES
from offduty.core.instants import FIRST_US, FOREVER_US, LAST_US, NEVER_US
from offduty.core.interval import Interval
from offduty.core.reasons import QuarantineReason, Reason
from offduty.core.times import NO_TIME_US
from offduty.decision.around_duty import AFTER_DUTY, BEFORE_DUTY, AroundDuty, DutyHours
from offduty.decision.pings import (
    BLANK,
    UNASSIGNED_DEVICE,
    PingReading,
    Pings,
    QuarantinedRows,
    as_relation,
    device_numbers,
    read_accuracy,
)
from offduty.duty.timeline import Timeline, bulk

LOST = "rows were lost or doubled where pings are joined with the roster; nothing was published. Report this"
NO_REASON = 255
_OF_ROWS = ["row", "device_id", "observed_at", "lon", "lat", "accuracy_m", "place", "failed_check"]
"""The columns of the statement that say something of the rows that leave; the others are of the counts alone."""


@dataclass(frozen=True)
class PingJoin:
    """What pings are joined with: how they are read, the stretches of their devices, the time to decide, and the hours
    in which they are counted.
    """

    reading: PingReading
    timeline: Timeline
    decided: Interval
    hours: DutyHours


@dataclass(frozen=True)
class PieceRows:
    """Rows ``start`` to ``start + rows`` of the relation ``pings``, which have the numbers from ``first_row`` on across
    all files. ``span`` has nearly all of their instants, and every instant is said to be in ``instants``.
    """

    start: int
    rows: int
    first_row: int
    span: tuple[int, int]
    instants: Interval


@dataclass(frozen=True)
class PingBatch:
    """Rows ``first_row`` to ``first_row + rows`` as pings: those that left the join, and counts of those that stayed.

    A row that cannot be read is also among the pings, in the stretch of unassigned devices, so that it can never be
    released. ``stayed`` is how many rows are plainly off duty and did not leave the engine, ``stayed_sum`` the sum of
    their numbers, and ``joined`` how many pings of the time to decide have each `Reason` by the join. ``span`` are the
    first and the last instant of all rows, and ``around`` has the rows that stayed in the hours around duty.

    ``usable`` is how many rows have a device and an instant, ``misplaced`` how many of those have a position that is
    written and cannot be read, and ``met`` how many a device that somebody held at some time, or a lookalike.
    ``lookalikes`` are rows of a device that only looks like one that somebody held. ``unassigned`` has a hash of the id
    of each device that nobody was ever assigned, where the reading asks for them.
    """

    pings: Pings
    quarantined: QuarantinedRows
    first_row: int
    rows: int
    stayed: int
    stayed_sum: int
    joined: Ints
    span: tuple[int, int]
    around: AroundDuty
    usable: int
    met: int
    misplaced: int = 0
    lookalikes: int = 0
    unassigned: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Define in a session what join_pings.sql and a view ``pings`` need; again is no harm."""
    con.execute("SET VARIABLE spaces = $spaces", {"spaces": SPACES})
    con.execute(resources.files("offduty.decision").joinpath("valid_word.sql").read_text(encoding="utf-8"))
    con.execute(_first_failed_check_macro())


def _first_failed_check_macro() -> str:
    """SQL that defines `first_failed_check` from the checks of the contract."""
    cases = " ".join(
        f"WHEN ({condition}) IS NOT TRUE THEN {number}"
        for number, (_, condition) in enumerate(contract("pings").checks, start=1)
    )
    parameters = "device_id, observed_us, received_us, lon, lat, valid"
    return f"CREATE OR REPLACE TEMP MACRO first_failed_check({parameters}) AS CASE {cases} ELSE 0 END"


def join_table(
    table: pa.Table, first_row: int, join: PingJoin, con: duckdb.DuckDBPyConnection, instants: Interval | None = None
) -> PingBatch:
    """`join_pings` for a table of Arrow with columns of any type that a file may have; see `as_relation`."""
    relation = as_relation(table, join.reading)
    observed_us = to_ints(relation["observed_at"], NO_TIME_US)
    span = bulk(observed_us[observed_us != NO_TIME_US])
    prepare(con)
    con.register("table_of_pings", relation)
    con.execute(
        "CREATE OR REPLACE TEMP VIEW pings AS FROM table_of_pings SELECT * REPLACE (valid_word(valid) AS valid)"
    )
    try:
        some = PieceRows(0, table.num_rows, first_row, span, instants or Interval(FIRST_US, LAST_US + 1))
        batch, _ = join_pings(some, join, con)
    finally:
        con.execute("DROP VIEW pings")
        con.unregister("table_of_pings")
    return batch


def join_pings(rows: PieceRows, join: PingJoin, con: duckdb.DuckDBPyConnection) -> tuple[PingBatch, pa.Table]:
    """Join some rows of the relation ``pings`` with the stretches of their devices, and check them by the contract.

    ``con`` is `prepare`d. The pings come in any order. Also gives the rows that are no pings as they stand in the
    relation. Raises `PrivacyError` where a row was lost or doubled (specification#every-row-once), and what DuckDB
    raises.
    """
    stretches, bits = join.timeline.stretches(*rows.span)
    parameters = {
        "first_row": rows.start,
        "last_row": rows.start + rows.rows,
        "first_us": FIRST_US,
        "last_us": LAST_US,
        "from_us": max(join.decided.from_us, rows.instants.from_us),
        "until_us": min(join.decided.to_us, rows.instants.to_us),
        "bits": bits,
        "off_duty": int(Reason.OFF_DUTY),
    }
    con.register("stretches", join.hours.beside(stretches))
    try:
        found = con.sql(statement(), params=parameters).to_arrow_table()
    finally:
        con.unregister("stretches")
    counted = to_ints(found["rows"], -1)
    left = _only(found.select(_OF_ROWS), np.flatnonzero(counted < 0))
    return _batch(left, _only(found, np.flatnonzero(counted >= 0)), rows, join)


def statement() -> str:
    """The join, as it stands in its file."""
    return resources.files("offduty.decision").joinpath("join_pings.sql").read_text(encoding="utf-8")


def _only(table: pa.Table, which: Ints) -> pa.Table:
    """These rows of a table; where they follow one another, without a copy."""
    if len(which) and which[-1] - which[0] == len(which) - 1:
        return table.slice(which[0], len(which)).combine_chunks()
    return table.take(to_arrow(which, pa.int64())).combine_chunks()


def _batch(left: pa.Table, counts: pa.Table, rows: PieceRows, join: PingJoin) -> tuple[PingBatch, pa.Table]:
    counted = _checked_counts(left, counts, rows)
    numbers = to_ints(left["row"], 0)
    device, place, placed, unassigned = _placed(left, join)
    observed_us = _observed(left)
    failed = np.where(device == BLANK, _NO_DEVICE, to_numpy(left["failed_check"], np.uint8))
    bad = np.flatnonzero(failed)
    place[bad] = len(join.timeline.starts) - 1
    found = np.flatnonzero((failed == 0) & ~placed & join.decided.contains(observed_us))
    pings = Pings(
        row=numbers - rows.start + rows.first_row,
        place=place,
        observed_us=observed_us,
        lon=to_floats(left["lon"]),
        lat=to_floats(left["lat"]),
        accuracy_m=read_accuracy(left["accuracy_m"], join.reading),
    )
    usable = (device != BLANK) & (observed_us != NO_TIME_US)
    batch = PingBatch(
        pings=pings,
        quarantined=QuarantinedRows(pings.row[bad], _QUARANTINE_REASONS[failed[bad] - 1], observed_us[bad]),
        first_row=rows.first_row,
        rows=rows.rows,
        stayed=counted.stayed,
        stayed_sum=counted.stayed_sum - counted.stayed * (rows.start - rows.first_row),
        joined=counted.joined + np.bincount(join.timeline.reason[place[found]], minlength=len(Reason)),
        span=_span(counted.span, observed_us),
        around=counted.around,
        usable=counted.stayed + int(np.count_nonzero(usable)),
        met=counted.stayed + int(np.count_nonzero(usable & (device != UNASSIGNED_DEVICE))),
        misplaced=int(np.count_nonzero(usable[bad] & _misplaced(left, pings, bad))),
        lookalikes=int(np.count_nonzero(device >= len(join.reading.devices))),
        unassigned=unassigned,
    )
    return batch, _only(left, bad)


_NO_DEVICE = [reason for reason, _ in contract("pings").checks].index("no_device") + 1
_QUARANTINE_REASONS = np.array([QuarantineReason[reason.upper()] for reason, _ in contract("pings").checks], np.uint8)


@dataclass(frozen=True)
class _Counted:
    """What the engine counted: of the rows that stayed how many they are, the sum of their numbers, their first and
    last instant and how many lie in the hours around duty; and the number of pings by reason.
    """

    stayed: int
    stayed_sum: int
    span: tuple[int, int]
    around: AroundDuty
    joined: Ints


def _checked_counts(left: pa.Table, counts: pa.Table, rows: PieceRows) -> _Counted:
    """Read the counts. Raises `PrivacyError` unless the engine counted each row of the slice once."""
    written, number, total = _reasons_of(counts), to_ints(counts["rows"], 0), to_ints(counts["row"], 0)
    reason = np.where(written == NO_REASON, NO_REASON, written & 63)
    last = rows.start + rows.rows - 1
    stays = reason == Reason.OFF_DUTY
    every_row = int(number.sum()) == rows.rows and int(total.sum()) == rows.rows * (rows.start + last) // 2
    if not every_row or int(number[~stays].sum()) != left.num_rows:
        raise PrivacyError(LOST)
    joined = np.zeros(len(Reason), np.int64)
    known = reason < len(Reason)
    np.add.at(joined, reason[known], number[known])
    first_us, last_us = to_ints(counts["observed_at"], FOREVER_US)[stays], to_ints(counts["last_at"], NEVER_US)[stays]
    before, after = (int(number[written == Reason.OFF_DUTY + hour].sum()) for hour in (BEFORE_DUTY, AFTER_DUTY))
    return _Counted(
        int(number[stays].sum()),
        int(total[stays].sum()),
        (int(first_us.min(initial=FOREVER_US)), int(last_us.max(initial=NEVER_US))),
        AroundDuty(before=before, after=after),
        joined,
    )


def _span(stayed: tuple[int, int], observed_us: Ints) -> tuple[int, int]:
    """The first and the last instant of the rows that stayed and of those that left; where there is none, the last is
    before the first.
    """
    known = observed_us if NO_TIME_US not in observed_us else observed_us[observed_us != NO_TIME_US]
    return int(known.min(initial=stayed[0])), int(known.max(initial=stayed[1]))


def _reasons_of(counts: pa.Table) -> Ints:
    """The reason of each count as the statement has it, and `NO_REASON` for what has none by the join."""
    column = one_chunk(counts["reason"])
    return np.where(is_null(column), NO_REASON, to_numpy(column, np.uint8)).astype(np.int64)


def _placed(left: pa.Table, join: PingJoin) -> tuple[Codes, Ints, Bools, Ints]:
    """The device and the stretch of each row, and whether the engine found them; else they are looked for here. And a
    hash of each id without an assignment, where the reading asks for them.

    The number of a device that was joined by its exact id does not matter: it is 0.
    """
    column = one_chunk(left["place"])
    unknown = np.flatnonzero(is_null(column))
    device, place = np.zeros(left.num_rows, np.int32), np.array(to_ints(column, 0))
    ids = left["device_id"].take(to_arrow(unknown, pa.int64()))
    device[unknown], unassigned = device_numbers(ids, join.reading)
    place[unknown] = join.timeline.at(device[unknown], _observed(left)[unknown])
    placed = np.ones(left.num_rows, np.bool_)
    placed[unknown] = False
    return device, place, placed, unassigned


def _observed(left: pa.Table) -> Ints:
    """The instants in microseconds; NO_TIME_US where there is none that can be read."""
    us = to_ints(left["observed_at"], NO_TIME_US)
    return np.where((us >= FIRST_US) & (us <= LAST_US), us, NO_TIME_US)


def _misplaced(left: pa.Table, pings: Pings, which: Ints) -> Bools:
    """Where a position is written and cannot be read, or is out of range; a device without a fix writes none."""
    lon, lat = pings.lon[which], pings.lat[which]
    written = ~is_null(one_chunk(left["lon"]))[which] & ~is_null(one_chunk(left["lat"]))[which]
    in_range: Bools = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    return written & ~in_range
