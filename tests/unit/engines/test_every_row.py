"""Every row comes out of the join exactly once: one that is lost or doubled stops the run, and nothing is published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty import run
from offduty.core.duckdb_connection import DuckDBConnection
from offduty.core.errors import PrivacyError
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.interval import Interval
from offduty.core.reasons import Reason
from offduty.core.times import LocalTime
from offduty.decision import join
from offduty.decision.around_duty import AroundDuty, DutyHours
from offduty.decision.join import PingJoin, join_table
from offduty.decision.pings import PingReading
from offduty.duty.timeline import Timeline, Windows
from offduty.engines import local
from offduty.engines.every_row import check_joined
from offduty.outputs.outcome import PingCounts
from tests.world import AFTERWARDS, lay_out, ping, world

HOUR_US = 3_600_000_000
DEVICES = 4
ONE = np.zeros(1, np.int64)
EVER = Interval(NEVER_US, FOREVER_US)
REASONS = (Reason.UNASSIGNED, Reason.SHARED, Reason.OFF_DUTY, Reason.LATE_EDIT, Reason.ON_DUTY)

ON_DUTY, OFF_DUTY, STRANGE = 0, 1, 2
ROWS = [ping("09:00"), ping("20:00"), ping("10:00", device="stranger"), ping("21:00"), ping("11:00")]
READ = "        FROM pings\n"
BUGS = {
    "a row on duty is lost": (READ, f"        FROM (FROM pings WHERE row <> {ON_DUTY})\n"),
    "a row off duty is lost": (READ, f"        FROM (FROM pings WHERE row <> {OFF_DUTY})\n"),
    "a row on duty is doubled": (READ, f"        FROM (FROM pings UNION ALL FROM pings WHERE row = {ON_DUTY})\n"),
    "a row off duty is doubled": (READ, f"        FROM (FROM pings UNION ALL FROM pings WHERE row = {OFF_DUTY})\n"),
    "one is lost, another doubled": (
        READ,
        "        FROM (FROM pings WHERE row <> 1 UNION ALL FROM pings WHERE row = 3)\n",
    ),
    "rows that meet no stretch are lost": ("LEFT JOIN", "JOIN"),
    "every stretch is there twice": ("LEFT JOIN stretches", "LEFT JOIN (FROM stretches UNION ALL FROM stretches)"),
    "a counted row does not leave": ("IS NOT TRUE\n", f"IS NOT TRUE AND row <> {STRANGE}\n"),
    "a counted row leaves in place of another": (
        "SELECT\n    row,",
        f"SELECT\n    CASE row WHEN 4 THEN {ON_DUTY} ELSE row END AS row,",
    ),
    "counted as another reason": (
        "    reason,\n    count(*)",
        "    CASE reason WHEN 10 THEN 3 ELSE reason END,\n    count(*)",
    ),
}


@pytest.mark.parametrize("name", BUGS)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_row_that_is_lost_or_doubled_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, form: str
) -> None:
    """In whichever way: the counts of the engine, the rows that left and the ledger do not agree then."""
    old, new = BUGS[name]
    right = join.statement()
    assert right.count(old) == 1
    job = lay_out(world(ROWS), tmp_path, form=form)
    monkeypatch.setattr(join, "statement", lambda: right.replace(old, new))
    with pytest.raises(PrivacyError, match="lost or doubled") as stopped:
        run(job, as_of=AFTERWARDS)
    assert stopped.value.exit_code == 4
    assert not any((tmp_path / "store").glob("runs/*"))


def test_without_a_bug_each_row_has_its_reason(tmp_path: Path) -> None:
    """Or the test above would say nothing."""
    done = run(lay_out(world(ROWS), tmp_path), as_of=AFTERWARDS)
    assert (done.counts["off_duty"], done.counts["unassigned"], sum(done.counts.values())) == (2, 1, len(ROWS))


def test_a_row_that_left_twice_is_not_taken_for_another() -> None:
    """As many rows, with another sum of their numbers."""
    con = DuckDBConnection.open()
    batch = join_table(table_of([(0, 0), (0, 1), (1, 1)]), 7, a_join(timeline_of([[(0, 2)]] * DEVICES)), con)
    assert (batch.stayed, batch.stayed_sum) == (3, 7 + 8 + 9)
    assert local._stayed(batch).tolist() == [7, 8, 9]
    for wrong in (replace(batch, stayed=2), replace(batch, stayed_sum=25)):
        with pytest.raises(PrivacyError):
            local._stayed(wrong)


@pytest.mark.parametrize("reason", REASONS)
def test_the_ledger_has_what_the_join_counted(tmp_path: Path, reason: Reason) -> None:
    """File by file: a row of another reason is found, also where the sum over all files is right."""

    class File:
        rows = 2

        def __init__(self, first_row: int) -> None:
            self.first_row = first_row

    files, reasons = [File(0), File(2)], np.full(4, reason, np.uint8)
    each = tuple(2 if one is reason else 0 for one in Reason)
    check_joined(reasons, files, PingCounts(joined={0: each, 2: each}))
    one, three = (tuple(count if one is reason else 0 for one in Reason) for count in (1, 3))
    for wrong in ({0: each}, {0: one, 2: three}):
        with pytest.raises(PrivacyError):
            check_joined(reasons, files, PingCounts(joined=wrong))


Stretches = list[list[tuple[int, int]]]
"""For each device the hour at which each stretch begins, and the index of its reason in `REASONS`."""


def timeline_of(stretches: Stretches) -> Timeline:
    """The time of each device: unassigned until its first stretch, and at last the stretch of all other devices."""
    whole = [[(None, 0), *((hour * HOUR_US, reason) for hour, reason in own)] for own in stretches] + [[(None, 0)]]
    parts = [(device, NEVER_US if us is None else us, reason) for device, own in enumerate(whole) for us, reason in own]
    owner, starts, number = (np.array(column, np.int64) for column in zip(*parts, strict=True))
    times, rank = np.unique(starts, return_inverse=True)
    return Timeline(
        first=np.searchsorted(owner, np.arange(len(whole))),
        starts=starts,
        reason=np.array(REASONS, np.uint8)[number],
        window=np.full(len(starts), -1, np.int32),
        code=np.full(len(starts), -1, np.int16),
        windows=Windows(ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE),
        devices={f"d{device}": device for device in range(len(stretches))},
        lookalikes={},
        officers={},
        codes=[],
        _times=times,
        _keys=owner << 32 | rank,
    )


def a_join(timeline: Timeline, decided: Interval = EVER) -> PingJoin:
    """A join of readable pings."""
    reading = PingReading(timeline.devices, {}, True, LocalTime(None, "UTC"), 5.0, False)
    return PingJoin(reading, timeline, decided, DutyHours.of(timeline))


def table_of(pings: list[tuple[int, int]]) -> pa.Table:
    """Pings of a device at a quarter of an hour; the last device is nobody's."""
    return pa.table(
        {
            "device_id": pa.array([f"d{device}" for device, _ in pings]),
            "observed_at": pa.array([at * HOUR_US // 4 for _, at in pings], pa.int64()).cast(pa.timestamp("us", "UTC")),
            "lon": pa.array([1.0] * len(pings)),
            "lat": pa.array([1.0] * len(pings)),
        }
    )


def expected(stretches: Stretches, device: int, at: int) -> Reason:
    """The reason of the last stretch that began, looked for one by one."""
    begun = [reason for hour, reason in stretches[device] if hour * 4 <= at] if device < len(stretches) else []
    return REASONS[begun[-1]] if begun else Reason.UNASSIGNED


OWN = st.dictionaries(st.integers(-20, 400), st.integers(0, len(REASONS) - 1), max_size=40).map(
    lambda found: sorted(found.items())
)


@given(
    stretches=st.lists(OWN, min_size=DEVICES, max_size=DEVICES),
    pings=st.lists(st.tuples(st.integers(0, DEVICES), st.integers(-100, 1_700)), min_size=1, max_size=60),
    decided=st.tuples(st.integers(-30, 400), st.integers(-30, 400)),
)
def test_each_ping_meets_its_stretch(
    stretches: Stretches, pings: list[tuple[int, int]], decided: tuple[int, int]
) -> None:
    """In buckets of any width, also at the very ends of stretches and far from the other pings; what stays is off duty."""
    hours = Interval(*(hour * HOUR_US for hour in decided))
    with DuckDBConnection.open() as con:
        batch = join_table(table_of(pings), 100, a_join(timeline_of(stretches), hours), con)
    wanted = [expected(stretches, *ping) for ping in pings]
    inside = [hours.contains(np.array([at * HOUR_US // 4])).item() for _, at in pings]
    stayed = (local._stayed(batch) - 100).tolist()
    assert stayed == [n for n, reason in enumerate(wanted) if reason is Reason.OFF_DUTY and inside[n]]
    found = timeline_of(stretches).reason[batch.pings.place].tolist()
    assert dict(zip((batch.pings.row - 100).tolist(), found, strict=True)) == {
        n: reason for n, reason in enumerate(wanted) if n not in stayed
    }
    assert batch.joined.tolist() == [sum(r is one and i for r, i in zip(wanted, inside, strict=True)) for one in Reason]


@given(
    stretches=st.lists(OWN, min_size=DEVICES, max_size=DEVICES),
    pings=st.lists(st.tuples(st.integers(0, DEVICES), st.integers(-100, 1_700)), min_size=1, max_size=60),
    decided=st.tuples(st.integers(-30, 400), st.integers(-30, 400)),
)
def test_what_stays_is_counted_as_what_leaves(
    stretches: Stretches, pings: list[tuple[int, int]], decided: tuple[int, int]
) -> None:
    """The hours beside duty, and the first and the last instant: in the engine and in arrays alike."""
    interval, timeline = Interval(*(hour * HOUR_US for hour in decided)), timeline_of(stretches)
    with DuckDBConnection.open() as con:
        batch = join_table(table_of(pings), 0, a_join(timeline, interval), con)
    hours, left = DutyHours.of(timeline), batch.pings
    device = np.array([device if device < DEVICES else -1 for device, _ in pings], np.int32)
    us = np.array([at * HOUR_US // 4 for _, at in pings])
    every = hours.count(timeline.at(device, us), us, interval.contains(us))
    assert every == AroundDuty.together(
        [batch.around, hours.count(left.place, left.observed_us, interval.contains(left.observed_us))]
    )
    assert batch.span == (us.min(), us.max())
