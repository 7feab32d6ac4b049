"""Makes the stream of pings: chunks are made in parallel and put in order, with late rows where they arrive."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from offduty.synth.arrays import Columns, joined, rows_of
from offduty.synth.device_errors import NULL_ACCURACY_M, SentRows, chunk_steps, report
from offduty.synth.trajectories import Track, WorldSetting, make_track

PING_COLUMNS = ["device_id", "observed_at", "lon", "lat", "accuracy_m"]
TRUTH_COLUMNS = ["officer_id", "state", "true_lon", "true_lat"]


@dataclass(frozen=True)
class PingChunk:
    """Rows of one stretch of time as they arrive; `day` is the number of the day whose file has them."""

    day: int
    rows: Columns


def chunks(setting: WorldSetting, with_truth: bool, threads: int) -> Iterator[PingChunk]:
    """All chunks in order, the same for any number of `threads`, because no chunk needs another.

    Late rows come after the chunk in which they arrive. Rows that arrive after the interval come last.
    """
    waiting: defaultdict[tuple[int, int], list[Columns]] = defaultdict(list)
    size, last_day = chunk_steps(setting), setting.world.days - 1
    for track, first, sent in _made(setting, with_truth, threads):
        _postpone(waiting, sent.late, track, size)
        arrived = waiting.pop((track.day, first // size), [])
        if track.day == last_day and first + size >= track.steps:
            arrived += [part for key in sorted(waiting) for part in waiting[key]]
        yield PingChunk(track.day, joined([sent.now, *arrived]))


def _postpone(waiting: defaultdict[tuple[int, int], list[Columns]], late: Columns, track: Track, size: int) -> None:
    """Add late rows to those that wait for the day and chunk in which they arrive."""
    arrives = late.pop("arrives")
    chunk = arrives % track.steps // size
    day = track.day + arrives // track.steps
    for key in sorted(set(zip(day.tolist(), chunk.tolist(), strict=True))):
        waiting[key].append(rows_of(late, (day == key[0]) & (chunk == key[1])))


def _made(setting: WorldSetting, with_truth: bool, threads: int) -> Iterator[tuple[Track, int, SentRows]]:
    """The chunks in order. Only a few are made before they are read, so that memory does not grow."""
    size = chunk_steps(setting)
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        tomorrow = pool.submit(make_track, setting, 0)
        ahead: deque[tuple[Track, int, Future[SentRows]]] = deque()
        for day in range(setting.world.days):
            track = tomorrow.result()
            if day + 1 < setting.world.days:
                tomorrow = pool.submit(make_track, setting, day + 1)
            for first in range(0, track.steps, size):
                last = min(first + size, track.steps)
                ahead.append((track, first, pool.submit(report, setting, track, first, last, with_truth)))
                while len(ahead) > threads:
                    oldest, start, future = ahead.popleft()
                    yield oldest, start, future.result()
        for oldest, start, future in ahead:
            yield oldest, start, future.result()


def pings_batch(rows: Columns, device_ids: pa.Array) -> pa.RecordBatch:
    """Rows as an Arrow batch of pings; `device_id` is dictionary-encoded, missing values are NULL."""
    device, accuracy = rows["device"], rows["accuracy_m"]
    codes = pa.array(device, mask=device < 0)
    columns = [
        pa.DictionaryArray.from_arrays(codes, device_ids, safe=False),
        pa.array(rows["observed_us"].view("datetime64[us]"), pa.timestamp("us", tz="UTC")),
        pa.array(rows["lon"]),
        pa.array(rows["lat"]),
        pa.array(accuracy, mask=accuracy == NULL_ACCURACY_M),
    ]
    return pa.RecordBatch.from_arrays(columns, names=PING_COLUMNS)


def truth_batch(rows: Columns, officer_ids: pa.Array, states: pa.Array) -> pa.RecordBatch:
    """The truth about the same rows: who carried the device (NULL: nobody), what they did, and the true position."""
    officer = rows["officer"]
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(officer, mask=officer < 0), officer_ids, safe=False),
        pa.DictionaryArray.from_arrays(pa.array(rows["state"]), states, safe=False),
        pa.array(rows["true_lon"]),
        pa.array(rows["true_lat"]),
    ]
    return pa.RecordBatch.from_arrays(columns, names=TRUTH_COLUMNS)
