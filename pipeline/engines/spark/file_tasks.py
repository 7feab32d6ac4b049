"""What the tasks of a run do: look at pieces of files, then settle whole officers; the deciding code itself is
`flow`'s.

The first kind reads its pieces itself, with the reader that the local engine has, judges them, and sends on: the
reasons of all rows, and the pings that wait for the rest of their window, parcelled by officer. The second kind gets
all that waits of its officers, settles it, and writes what came of it into a file for the driver.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from offduty.arrays.spill import Spill
from offduty.core.instants import FOREVER_US
from offduty.decision.decide import Undecided
from offduty.decision.legs import CONTACT
from offduty.decision.pings import QuarantinedRows
from offduty.duty.timeline import context_of
from offduty.engines.local import PieceJudge, Settler
from offduty.engines.spark.broadcast import Broadcast, Task, sealed, stream_of
from offduty.engines.spark.wire import SENT, WireMessage, batch_of, pack, pack_arrays, parcels_in, unpack_arrays
from offduty.ingest.ping_files import Piece
from offduty.outputs.outcome import NOT_RECORDED, Outcome
from offduty.outputs.release import ReleasedPings

UNDECIDED, DECIDED, FAULTS, SETTLED, RELEASED = range(5)
WRITTEN = pa.schema([pa.field("name", pa.string()), pa.field("bytes", pa.int64())])
WRITTEN_DDL = "name string, bytes long"
Columns = dict[str, npt.NDArray[Any]]


def looking(brief: Broadcast, pieces: list[Piece], buckets: int) -> Task:
    """A task that is given numbers of pieces and sends on what it saw in them."""
    return sealed(partial(_look_at_all, brief, pieces, buckets))


def _look_at_all(
    brief: Broadcast, pieces: list[Piece], buckets: int, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield batch_of(list(_look_at(brief, pieces[number], buckets)))


def _look_at(brief: Broadcast, piece: Piece, buckets: int) -> Iterator[WireMessage]:
    """Rows are numbered within the piece while it is looked at, and across all files when they are sent on."""
    stream = stream_of(brief, buckets)
    context = context_of(stream.interval, stream.reference.timeline.windows)
    reasons = np.full(piece.rows, NOT_RECORDED, np.uint8)
    seen = PieceJudge(stream, context, reasons)(replace(piece, first_row=0))
    first = piece.first_row
    candidates = sum(int((undecided.kind != CONTACT).sum()) for undecided in seen.undecided)
    own = piece.first_row % buckets
    yield WireMessage(own, DECIDED, first, pack({"reason": reasons}, rows=seen.rows, candidates=candidates))
    faults = QuarantinedRows.together(seen.faults)
    if len(faults.row):
        columns: Columns = {"row": faults.row + first, "reason": faults.reason, "observed_us": faults.observed_us}
        yield WireMessage(own, FAULTS, first, pack(columns))
    for bucket, undecided in enumerate(seen.undecided):
        if len(undecided):
            yield WireMessage(bucket, UNDECIDED, first, pack_arrays(replace(undecided, row=undecided.row + first)))


def settling(brief: Broadcast, place: Path) -> Task:
    """A task that is given all parcels of its officers, and says in which file of ``place`` lies what came of them."""
    return sealed(partial(_settle_all, brief, place))


def _settle_all(brief: Broadcast, place: Path, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    waiting: dict[int, list[Undecided]] = {}
    others: list[WireMessage] = []
    for batch in batches:
        for sent in parcels_in(batch):
            if sent.kind == UNDECIDED:
                waiting.setdefault(sent.bucket, []).append(unpack_arrays(Undecided, sent.parcel))
            else:
                others.append(sent)
    if not (waiting or others):
        return
    path = place / f"{uuid4().hex}.arrow"
    with _for_the_owner(path) as file, pa.ipc.new_stream(file, SENT) as writer:
        for sent in others:
            writer.write_batch(batch_of([sent]))
        for bucket in sorted(waiting):
            for sent in _settle(brief, bucket, Undecided.together(waiting.pop(bucket))):
                writer.write_batch(batch_of([sent]))
    yield pa.RecordBatch.from_pydict({"name": [path.name], "bytes": [path.stat().st_size]}, schema=WRITTEN)


def _for_the_owner(path: Path) -> BinaryIO:
    """A new file that its owner alone can read, whatever the executor's habits are."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _settle(brief: Broadcast, bucket: int, whole: Undecided) -> Iterator[WireMessage]:
    """Settle a bucket of officers: their rows in the order in which they stand in the files, numbered from 0 meanwhile."""
    whole = whole.take(np.argsort(whole.row))
    count = len(whole)
    stream = stream_of(brief, 1)
    found = Outcome(
        np.full(count, NOT_RECORDED, np.uint8),
        Spill(ReleasedPings, Path(), 1 << 40),
        QuarantinedRows.together([]),
        count,
    )
    done = Settler(stream, found).settle([replace(whole, row=np.arange(count))], FOREVER_US)
    recorded = np.flatnonzero(found.reasons != NOT_RECORDED)
    candidates = int((whole.kind != CONTACT).sum())
    columns: Columns = {"row": whole.row[recorded], "reason": found.reasons[recorded]}
    yield WireMessage(bucket, SETTLED, 0, pack(columns, candidates=candidates))
    keep_rows = bool(brief.policy.release.extra_columns)
    for day, released in done.released:
        row = np.take(whole.row, released.row) if keep_rows else released.row
        yield WireMessage(bucket, RELEASED, day, pack_arrays(replace(released, row=row)))
