"""What the tasks of a run on Spark do: judge pieces of files, then settle whole officers, with the local engine's code.

A task of the first kind reads its pieces itself, with the reader of the local engine, and judges them. It sends on the
reasons of all rows, and by officer the pings that wait for the rest of their window. A task of the second kind gets all
waiting pings of its officers, settles them, and writes the result into a file for the driver.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from offduty.arrays.spill import Spill
from offduty.core.instants import FOREVER_US
from offduty.core.reasons import Reason
from offduty.decision.around_duty import AroundDuty
from offduty.decision.decide import Undecided
from offduty.decision.gaps import CHOICES_S, GapCounts
from offduty.decision.legs import is_candidate
from offduty.decision.pings import QuarantinedRows
from offduty.engines.local import PieceJudge, Settler
from offduty.engines.spark.broadcast import Broadcast, Task, inputs_of, sealed
from offduty.engines.spark.wire import (
    MESSAGES,
    WireMessage,
    batch_of,
    messages_in,
    pack,
    pack_arrays,
    unpack,
    unpack_arrays,
)
from offduty.ingest.ping_files import Piece
from offduty.outputs.outcome import NOT_RECORDED, Outcome, PingCounts
from offduty.outputs.released_pings import ReleasedPings

UNDECIDED, DECIDED, FAULTS, SETTLED, RELEASED, TWINS, GAPS = range(7)
"""The kinds of messages. The key of `DECIDED` and `FAULTS` is the first row of the piece, of `RELEASED` the day."""
WRITTEN = pa.schema([pa.field("name", pa.string()), pa.field("bytes", pa.int64())])
WRITTEN_DDL = "name string, bytes long"
Columns = dict[str, npt.NDArray[Any]]


def judge_pieces(broadcast: Broadcast, pieces: list[Piece], buckets: int) -> Task:
    """A task that takes numbers of pieces, and gives messages: the reasons of their rows, and the undecided pings."""
    return sealed(partial(_judge_all, broadcast, pieces, buckets))


def _judge_all(
    broadcast: Broadcast, pieces: list[Piece], buckets: int, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield batch_of(list(_judge(broadcast, pieces[number], buckets)))


def _judge(broadcast: Broadcast, piece: Piece, buckets: int) -> Iterator[WireMessage]:
    """Rows are numbered within the piece while it is judged, and across all files in the messages."""
    inputs = inputs_of(broadcast, buckets)
    reasons = np.full(piece.rows, NOT_RECORDED, np.uint8)
    judged = PieceJudge(inputs, reasons)(replace(piece, first_row=0))
    first = piece.first_row
    candidates = sum(int(is_candidate(undecided.kind).sum()) for undecided in judged.undecided)
    own = piece.first_row % buckets
    numbers = {"rows": judged.rows, "candidates": candidates, **count_numbers(judged.read)}
    yield WireMessage(own, DECIDED, first, pack({"reason": reasons}, **numbers))
    faults = QuarantinedRows.together(judged.faults)
    if len(faults.row):
        columns: Columns = {"row": faults.row + first, "reason": faults.reason, "observed_us": faults.observed_us}
        yield WireMessage(own, FAULTS, first, pack(columns))
    for bucket, undecided in enumerate(judged.undecided):
        if len(undecided):
            yield WireMessage(bucket, UNDECIDED, first, pack_arrays(replace(undecided, row=undecided.row + first)))


def count_numbers(counts: PingCounts) -> dict[str, int]:
    """What was counted in one piece, as numbers of a message; `counts_of` is the inverse."""
    rows, usable = next(iter(counts.usable.values()), (0, 0))
    joined = next(iter(counts.joined.values()), (0,) * len(Reason))
    return {
        "met": counts.met,
        "after_as_of": counts.after_as_of,
        "read": rows,
        "usable": usable,
        "misplaced": counts.misplaced,
        "never_assigned": counts.never_assigned,
        "lookalikes": counts.lookalikes,
        "from_us": counts.span[0],
        "to_us": counts.span[1],
        **asdict(counts.around),
        **{reason.name: number for reason, number in zip(Reason, joined, strict=True)},
    }


def counts_of(numbers: Mapping[str, int], file: int) -> PingCounts:
    """What was counted in one piece of the file with the first row ``file``."""
    usable = {file: (numbers["read"], numbers["usable"])}
    return PingCounts(
        met=numbers["met"],
        after_as_of=numbers["after_as_of"],
        usable=usable,
        misplaced=numbers["misplaced"],
        never_assigned=numbers["never_assigned"],
        lookalikes=numbers["lookalikes"],
        joined={file: tuple(numbers[reason.name] for reason in Reason)},
        span=(numbers["from_us"], numbers["to_us"]),
        around=AroundDuty(*(numbers[field.name] for field in fields(AroundDuty))),
    )


def packed_gaps(counts: GapCounts) -> bytes:
    """What was counted of the gaps of a bucket of officers; `gaps_of` is the inverse."""
    released = {f"released {choice}": int(count) for choice, count in enumerate(counts.released)}
    return pack(
        {"gaps": counts.gaps},
        duty_us=counts.duty_us,
        silent_us=counts.silent_us,
        off_sites=counts.off_sites,
        **released,
    )


def gaps_of(payload: bytes) -> GapCounts:
    """The counts that `packed_gaps` was given."""
    columns, numbers = unpack(payload)
    released = np.array([numbers[f"released {choice}"] for choice in range(len(CHOICES_S))], np.int64)
    return GapCounts(columns["gaps"], numbers["duty_us"], numbers["silent_us"], numbers["off_sites"], released)


def settle_officers(broadcast: Broadcast, folder: Path) -> Task:
    """A task that takes all messages of its officers, writes what came of them into a new file of ``folder``, and gives
    the file's name and size.
    """
    return sealed(partial(_settle_all, broadcast, folder))


def _settle_all(broadcast: Broadcast, folder: Path, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    waiting: dict[int, list[Undecided]] = {}
    others: list[WireMessage] = []
    for message in (message for batch in batches for message in messages_in(batch)):
        if message.kind == UNDECIDED:
            waiting.setdefault(message.bucket, []).append(unpack_arrays(Undecided, message.payload))
        else:
            others.append(message)
    if not (waiting or others):
        return
    path = folder / f"{uuid4().hex}.arrow"
    with _for_the_owner(path) as file, pa.ipc.new_stream(file, MESSAGES) as writer:
        for message in others:
            writer.write_batch(batch_of([message]))
        for bucket in sorted(waiting):
            for message in _settle(broadcast, bucket, Undecided.together(waiting.pop(bucket))):
                writer.write_batch(batch_of([message]))
    yield pa.RecordBatch.from_pydict({"name": [path.name], "bytes": [path.stat().st_size]}, schema=WRITTEN)


def _for_the_owner(path: Path) -> BinaryIO:
    """A new file that only its owner can read, whatever the executor's umask is (specification#owner-only)."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _settle(broadcast: Broadcast, bucket: int, whole: Undecided) -> Iterator[WireMessage]:
    """Settle a bucket of officers. Their rows are in the order of the files, and are numbered from 0 meanwhile."""
    whole = whole.take(np.argsort(whole.row))
    count = len(whole)
    inputs = inputs_of(broadcast, 1)
    found = Outcome(
        np.full(count, NOT_RECORDED, np.uint8),
        Spill(ReleasedPings, Path(), 1 << 40),
        QuarantinedRows.together([]),
        count,
    )
    done = Settler(inputs, found).settle([replace(whole, row=np.arange(count))], FOREVER_US)
    recorded = np.flatnonzero(found.reasons != NOT_RECORDED)
    candidates = int(is_candidate(whole.kind).sum())
    columns: Columns = {"row": whole.row[recorded], "reason": found.reasons[recorded]}
    yield WireMessage(bucket, SETTLED, 0, pack(columns, candidates=candidates))
    for group in found.twins:
        yield WireMessage(bucket, TWINS, 0, pack({"row": whole.row[group]}))
    yield WireMessage(bucket, GAPS, 0, packed_gaps(GapCounts.together(found.gaps)))
    with_rows = bool(broadcast.policy.release.extra_columns)
    for day, released in done.released:
        row = np.take(whole.row, released.row) if with_rows else released.row
        yield WireMessage(bucket, RELEASED, day, pack_arrays(replace(released, row=row)))
