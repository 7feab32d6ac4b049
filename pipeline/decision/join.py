"""Joins pings with the stretches of their devices in DuckDB (join_pings.sql), and takes those that leave the engine.

DuckDB sees the number of each row's device, and gives back the numbers of the rows that leave: text goes neither in nor
out, and what else a row has is taken from the table of pings.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib import resources

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Codes, Ints, is_null, one_chunk, to_arrow, to_ints, to_numpy
from offduty.config.contracts import contract
from offduty.core.duckdb_connection import DuckDBConnection
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
    PingTable,
    PingTimes,
    QuarantinedRows,
    read_accuracy,
)
from offduty.duty.timeline import Timeline, bulk

LOST = "rows were lost or doubled where pings are joined with the roster; nothing was published. Report this"
NO_REASON = 255
_OF_ROWS = ["row", "place", "failed_check"]
"""The columns of the statement that say something of the rows that leave; the others are of the counts alone."""
_EVER = Interval(FIRST_US, LAST_US + 1)
"""The time of all instants that can be read."""
_NO_SPAN = FOREVER_US, NEVER_US
_VIEW = "CREATE OR REPLACE TEMP VIEW pings AS FROM table_of_pings SELECT *"


@dataclass(frozen=True)
class PingJoin:
    """What pings are joined with: how they are read, the stretches of their devices, the time to decide, and the hours
    in which they are counted. ``asked`` is the interval that was asked for; the time to decide may end before it.
    """

    reading: PingReading
    timeline: Timeline
    decided: Interval
    hours: DutyHours
    asked: Interval = _EVER


@dataclass(frozen=True)
class PingBatch:
    """Rows ``first_row`` to ``first_row + rows`` as pings: those that left the join, and counts of those that stayed.

    A row that cannot be read is also among the pings, in the stretch of unassigned devices, so that it can never be
    released. ``stayed`` is how many rows are plainly off duty and did not leave the engine, ``stayed_sum`` the sum of
    their numbers, and ``joined`` how many pings of the time to decide have each `Reason` by the join. ``span`` are the
    first and the last instant of all rows, and ``around`` has the rows that stayed in the hours around duty.

    ``usable`` is how many rows have a device and an instant, ``misplaced`` how many of those have a position that is
    written and cannot be read, and ``met`` how many a device that somebody held at some time, or a lookalike.
    Of the rows of the interval that was asked for, ``never_assigned`` have a device and an instant, and nobody ever
    held that device; ``lookalikes`` are of a device that only looks like one that somebody held. ``unassigned`` has a
    hash of the id of each device that nobody was ever assigned, where the reading asks for them.

    ``joined_rows`` are the places of the rows that were joined, None where all were. The others are not needed
    (`offduty.decision.needed`): ``passed_over`` is how many of those have a device and an instant, and whether they
    have a position is not known.
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
    never_assigned: int = 0
    lookalikes: int = 0
    unassigned: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    joined_rows: Ints | None = None
    passed_over: int = 0

    def with_passed_over(self, passed: PingTimes) -> PingBatch:
        """The batch with further rows, which were passed over before the join; they count as those that were joined.
        None of them is in the interval that was asked for.
        """
        usable, met = passed.counts()
        return replace(
            self,
            rows=self.rows + len(passed.device),
            span=_span(self.span, passed.observed_us),
            usable=self.usable + usable,
            met=self.met + met,
            passed_over=usable,
        )


def prepare(con: DuckDBConnection) -> None:
    """Define in a session what join_pings.sql and its view ``pings`` need; again is no harm."""
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
    table: pa.Table, first_row: int, join: PingJoin, con: DuckDBConnection, instants: Interval | None = None
) -> PingBatch:
    """Join a table of pings with the stretches of their devices, and check each row by the contract.

    The columns may have any type that a file may have, and the rows any order; their numbers are from ``first_row`` on.
    Every instant is said to be in ``instants``. Raises `PrivacyError` where a row was lost or doubled
    (specification#every-row-once), and what DuckDB raises.
    """
    prepare(con)
    return join_pings(PingTable.of(table, join.reading), first_row, join, con, instants or _EVER)


def join_pings(
    pings: PingTable, first_row: int, join: PingJoin, con: DuckDBConnection, instants: Interval
) -> PingBatch:
    """`join_table` for columns that were read before, in a session that is `prepare`d."""
    stretches, bits = join.timeline.stretches(*_span_to_join(pings, join))
    parameters = {
        "first_us": FIRST_US,
        "last_us": LAST_US,
        "from_us": max(join.decided.from_us, instants.from_us),
        "until_us": min(join.decided.to_us, instants.to_us),
        "bits": bits,
        "blank": BLANK,
        "off_duty": int(Reason.OFF_DUTY),
    }
    with con.showing(table_of_pings=pings.relation(), stretches=join.hours.beside(stretches)):
        con.execute(_view(pings))
        found = con.ask(statement(), parameters)
    counted = to_ints(found["rows"], -1)
    left = _only(found.select(_OF_ROWS), np.flatnonzero(counted < 0))
    return _batch(pings, left, _only(found, np.flatnonzero(counted >= 0)), first_row, join)


def _span_to_join(pings: PingTable, join: PingJoin) -> tuple[int, int]:
    """The time of which stretches are joined. It is empty where so many rows were passed over that fewer are left than
    there are devices: to look each of them up takes less than to show the engine the stretches of all devices.
    """
    few = pings.row is not None and pings.rows < len(join.timeline.devices)
    return _NO_SPAN if few else bulk(_known(pings.observed_us))


def _view(pings: PingTable) -> str:
    """SQL that shows the table to the statement. A column that the file lacks is a constant, which costs nothing."""
    receipt = ", NULL::BIGINT AS received_us" if pings.received_us is None else ""
    if pings.valid is None:
        return f"{_VIEW}{receipt}, NULL::VARCHAR AS valid"
    return f"{_VIEW} REPLACE (valid_word(valid) AS valid){receipt}"


def statement() -> str:
    """The join, as it stands in its file."""
    return resources.files("offduty.decision").joinpath("join_pings.sql").read_text(encoding="utf-8")


def _only(table: pa.Table, which: Ints) -> pa.Table:
    """These rows of a table; where they follow one another, without a copy."""
    if len(which) and which[-1] - which[0] == len(which) - 1:
        return table.slice(which[0], len(which)).combine_chunks()
    return table.take(to_arrow(which, pa.int64())).combine_chunks()


def _batch(pings: PingTable, left: pa.Table, counts: pa.Table, first_row: int, join: PingJoin) -> PingBatch:
    counted = _checked_counts(left, counts, pings.numbers)
    number = to_ints(left["row"], -1)
    which = pings.places_of(number)
    device, observed_us = np.take(pings.device, which), np.take(pings.observed_us, which)
    place, placed = _placed(left, device, observed_us, join)
    failed = to_numpy(left["failed_check"], np.uint8)
    bad = np.flatnonzero(failed)
    place[bad] = len(join.timeline.starts) - 1
    found = np.flatnonzero((failed == 0) & ~placed & join.decided.contains(observed_us))
    some = Pings(
        row=number + first_row,
        place=place,
        observed_us=observed_us,
        lon=np.take(pings.lon, which),
        lat=np.take(pings.lat, which),
        accuracy_m=read_accuracy(pings.accuracy_m.take(to_arrow(which, pa.int64())), join.reading),
    )
    times = PingTimes(device, pings.unassigned, observed_us)
    usable, met = times.counts()
    with_time = (device[bad] != BLANK) & (observed_us[bad] != NO_TIME_US)
    return PingBatch(
        pings=some,
        quarantined=QuarantinedRows(some.row[bad], _QUARANTINE_REASONS[failed[bad] - 1], observed_us[bad]),
        first_row=first_row,
        rows=pings.rows,
        stayed=counted.stayed,
        stayed_sum=counted.stayed_sum + counted.stayed * first_row,
        joined=counted.joined + np.bincount(join.timeline.reason[place[found]], minlength=len(Reason)),
        span=_span(counted.span, observed_us),
        around=counted.around,
        usable=counted.stayed + usable,
        met=counted.stayed + met,
        misplaced=int(np.count_nonzero(with_time & pings.misplaced(which[bad]))),
        never_assigned=int(np.count_nonzero(join.asked.contains(observed_us[device == UNASSIGNED_DEVICE]))),
        lookalikes=_of_interval(observed_us[device >= len(join.reading.devices)], join.asked),
        unassigned=pings.unassigned,
        joined_rows=pings.row,
    )


def _of_interval(observed_us: Ints, interval: Interval) -> int:
    """How many rows are of an interval; one without an instant is of every interval
    (specification#rows-without-instant).
    """
    return int(np.count_nonzero(interval.contains(observed_us) | (observed_us == NO_TIME_US)))


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


def _checked_counts(left: pa.Table, counts: pa.Table, row: Ints) -> _Counted:
    """Read the counts. Raises `PrivacyError` unless the engine counted each of these rows once."""
    written, number, total = _reasons_of(counts), to_ints(counts["rows"], 0), to_ints(counts["row"], 0)
    reason = np.where(written == NO_REASON, NO_REASON, written & 63)
    stays = reason == Reason.OFF_DUTY
    every_row = int(number.sum()) == len(row) and int(total.sum()) == int(row.sum())
    if not every_row or int(number[~stays].sum()) != left.num_rows:
        raise PrivacyError(LOST)
    joined = np.zeros(len(Reason), np.int64)
    known = reason < len(Reason)
    np.add.at(joined, reason[known], number[known])
    first_us, last_us = to_ints(counts["first_us"], FOREVER_US)[stays], to_ints(counts["last_us"], NEVER_US)[stays]
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
    known = _known(observed_us)
    return int(known.min(initial=stayed[0])), int(known.max(initial=stayed[1]))


def _known(observed_us: Ints) -> Ints:
    """The instants that can be read; all of them without a copy."""
    return observed_us if NO_TIME_US not in observed_us else observed_us[observed_us != NO_TIME_US]


def _reasons_of(counts: pa.Table) -> Ints:
    """The reason of each count as the statement has it, and `NO_REASON` for what has none by the join."""
    column = one_chunk(counts["reason"])
    return np.where(is_null(column), NO_REASON, to_numpy(column, np.uint8)).astype(np.int64)


def _placed(left: pa.Table, device: Codes, observed_us: Ints, join: PingJoin) -> tuple[Ints, Bools]:
    """The stretch of each row that left, and whether the engine found it; else it is looked for here."""
    column = one_chunk(left["place"])
    unknown = np.flatnonzero(is_null(column))
    place = np.array(to_ints(column, 0))
    place[unknown] = join.timeline.at(device[unknown], observed_us[unknown])
    placed = np.ones(left.num_rows, np.bool_)
    placed[unknown] = False
    return place, placed
