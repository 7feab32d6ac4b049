"""Makes synthetic forces (officers, devices, homes, rosters and pings), and the truth about them to attack releases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa

from offduty.synth.habits import Habits
from offduty.synth.ping_stream import chunks, pings_batch
from offduty.synth.trajectories import make_setting
from offduty.synth.world import DEFAULT_START, World
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
    """Write a world into `directory`: pings, assignments, roster, places, sites, policy, job, and truth; no keys.

    Each device reports every `every_s` seconds on `days` UTC days from `start` on. The same officers, days, `every_s`,
    seed, start and habits give the same bytes, with any number of `threads`. `truth=None` writes the truth if there are
    up to about five million pings. Raises `UsageError` for numbers out of range, and where `directory` has pings or
    truth of another world.
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
    """The pings that `write` would write, as Arrow batches, nearly in order of time; they are never all in memory.

    >>> first = next(stream(officers=4, days=1, every_s=600, seed=1))
    >>> first.schema.names
    ['device_id', 'observed_at', 'lon', 'lat', 'accuracy_m']
    """
    setting = make_setting(World(officers, days, every_s, seed, start, habits or Habits()))
    device_ids = pa.array(setting.devices.ids)
    return (pings_batch(chunk.rows, device_ids) for chunk in chunks(setting, with_truth=False, threads=threads))
