"""Synthetic people with devices, homes and rosters: input for the filter, and the truth to attack its releases with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa

from offduty.synth.ping_stream import chunks, pings_batch
from offduty.synth.trajectories import make_setting
from offduty.synth.world import DEFAULT_START, Habits, World
from offduty.synth.write_files import write_world

__all__ = ["DEFAULT_START", "Habits", "World", "stream", "write"]

TRUTH_UP_TO_PINGS = 5_000_000  # beyond this the truth is only written when it is asked for


def write(
    directory: Path,
    officers: int,
    days: int,
    every_s: int,
    seed: int,
    *,
    start: date = DEFAULT_START,
    threads: int = 2,
    truth: bool | None = None,
    habits: Habits | None = None,
) -> None:
    """Writes a world into `directory`: pings, assignments, roster, places, sites, policy, job, and truth.

    The same bytes for the same officers, days, `every_s`, seed, start and habits, at any `threads`. Days are UTC days
    from `start` on. Keys are not made. `truth=None` writes the truth for up to about five million pings. Raises
    `UsageError` for a world of no officers, days or seconds.
    """
    world = World(officers, days, every_s, seed, start, habits or Habits())
    with_truth = world.expected_pings <= TRUTH_UP_TO_PINGS if truth is None else truth
    write_world(directory, make_setting(world), with_truth, threads)


def stream(
    officers: int,
    days: int,
    every_s: int,
    seed: int,
    *,
    start: date = DEFAULT_START,
    threads: int = 1,
    habits: Habits | None = None,
) -> Iterator[pa.RecordBatch]:
    """The pings of the same world as Arrow batches, nearly in time order: the rows of `write`, never all in memory.

    >>> first = next(stream(officers=4, days=1, every_s=600, seed=1))
    >>> first.schema.names
    ['device_id', 'observed_at', 'lon', 'lat', 'accuracy_m']
    """
    setting = make_setting(World(officers, days, every_s, seed, start, habits or Habits()))
    device_ids = pa.array(setting.devices.ids)
    return (pings_batch(chunk.rows, device_ids) for chunk in chunks(setting, with_truth=False, threads=threads))
