"""Pings that are equal but for an extra column, beside the interval of a run: they are nothing of that run's."""

from __future__ import annotations

from offduty import run
from tests.world import AFTERWARDS, DAY, lay_out, ping, world


def test_equal_pings_of_a_window_that_ends_after_the_interval(tmp_path):
    """The window reaches into the next run's time, in which one position was sent twice."""
    pings = [{**ping(f"{hour:02d}:{minute:02d}"), "unit": "z"} for hour in range(9, 15) for minute in range(0, 60, 5)]
    twins = [{**ping("14:00"), "unit": unit} for unit in ("c", "b")]
    policy = {"release": {"extra_columns": ["unit"]}}
    job = lay_out(world([*pings, *twins], policy=policy), tmp_path)
    first = run(job, start=f"{DAY}T09:00:00Z", end=f"{DAY}T12:00:00Z", as_of=AFTERWARDS)
    both = run(job, start=f"{DAY}T12:00:00Z", end=f"{DAY}T15:00:00Z", as_of=AFTERWARDS)
    assert first.counts["duplicate"] == 0
    assert both.counts["duplicate"] == 2
