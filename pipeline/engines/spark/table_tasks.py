"""What the tasks of `spark.decide` do: judge rows of a table and send them on by officer, then settle whole officers.

Positions of rows that are hidden already go no further: of those, keys and reason alone are sent on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from offduty.arrays.arrow import Bools, Ints, dictionary_array, one_chunk, to_arrow, to_numpy
from offduty.core.reasons import QuarantineReason, Reason
from offduty.decision.decide import Reference, Undecided, settle
from offduty.decision.legs import CONTACT
from offduty.decision.pings import read_pings
from offduty.engines.local import PieceJudge
from offduty.engines.spark.broadcast import Broadcast, Task, sealed, settled, stream_of
from offduty.engines.spark.wire import WireMessage, batch_of, pack_table, parcels_in, unpack_table
from offduty.outputs.outcome import NOT_RECORDED
from offduty.outputs.release import SCHEMA, coarse, seen_table

BUCKETS = 1 << 10
ROWS_AT_ONCE = 1 << 18
ROWS_PER_PARCEL = 1 << 9
DECIDED, UNDECIDED = range(2)
_WORDS = [*(reason.word for reason in Reason), *(f"quarantine:{reason.word}" for reason in QuarantineReason)]
_KEY = "key "


def result_schema(named: bool) -> pa.Schema:
    """The columns of the result behind the keys; ``officer`` is one of them where pseudonyms are given (``named``)."""
    return pa.schema(
        [pa.field("reason", pa.string()), *(field for field in SCHEMA if named or field.name != "officer")]
    )


def looking(brief: Broadcast, keys: tuple[str, ...]) -> Task:
    """A task that is given rows of pings, and sends on keys with reasons, and what waits for the rest of its window."""
    return sealed(partial(_look, brief, keys))


def _look(brief: Broadcast, keys: tuple[str, ...], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(part.num_rows for part in held) >= ROWS_AT_ONCE:
            yield from _look_at(brief, keys, pa.Table.from_batches(held))
            held = []
    if held:
        yield from _look_at(brief, keys, pa.Table.from_batches(held))


def _look_at(brief: Broadcast, keys: tuple[str, ...], table: pa.Table) -> Iterator[pa.RecordBatch]:
    stream = stream_of(brief, BUCKETS)
    reasons = np.full(table.num_rows, NOT_RECORDED, np.uint8)
    read = read_pings(table.combine_chunks(), 0, stream.reading, stream.engine)
    seen = PieceJudge(stream, stream.interval, reasons).batch(read)
    reasons[read.quarantined.row] = len(Reason) + read.quarantined.reason
    known, done = table.select(list(keys)).combine_chunks(), np.ones(table.num_rows, np.bool_)
    for bucket, undecided in enumerate(seen.undecided):
        done[undecided.row[undecided.kind != CONTACT]] = False
        yield from _sent(bucket, UNDECIDED, _waiting(known, undecided))
    place = np.flatnonzero(done)
    decided = _taken(known, place).append_column("offduty reason", to_arrow(reasons[place], pa.uint8()))
    yield from _sent(int(table.num_rows) % BUCKETS, DECIDED, decided)


def _sent(bucket: int, kind: int, table: pa.Table) -> Iterator[pa.RecordBatch]:
    """In small parcels: how many of them go into a batch is the session's to say, and a batch has its limits."""
    for number, first in enumerate(range(0, table.num_rows, ROWS_PER_PARCEL)):
        anywhere = (bucket + number) % BUCKETS
        parcel = pack_table(table.slice(first, ROWS_PER_PARCEL))
        yield batch_of([WireMessage(anywhere if kind == DECIDED else bucket, kind, 0, parcel)])


def _taken(table: pa.Table, which: Ints) -> pa.Table:
    return table.take(to_arrow(which, pa.int64()))


def _waiting(known: pa.Table, undecided: Undecided) -> pa.Table:
    """The keys of pings that wait, under names that none of their own columns has, and what is known of them."""
    table = _taken(known, undecided.row)
    table = table.rename_columns([_KEY + name for name in table.column_names])
    for field in fields(undecided):
        if field.name != "row":
            values = getattr(undecided, field.name)
            table = table.append_column(field.name, to_arrow(values, pa.from_numpy_dtype(values.dtype)))
    return table


def settling(brief: Broadcast, keys: tuple[str, ...], names: bytes | None) -> Task:
    """A task that is given all that was sent of its officers, and gives the rows of the result.

    ``names`` holds the pseudonym of each duty window's officer as a packed table; None leaves the column out.
    """
    return sealed(partial(_settle_all, brief, keys, names))


def _settle_all(
    brief: Broadcast, keys: tuple[str, ...], names: bytes | None, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    waiting: dict[int, list[pa.Table]] = {}
    for batch in batches:
        for sent in parcels_in(batch):
            table = unpack_table(sent.parcel)
            if sent.kind == UNDECIDED:
                waiting.setdefault(sent.bucket, []).append(table)
            else:
                reason = to_numpy(table["offduty reason"], np.uint8)
                yield from _rows(table.select(list(keys)), reason, result_schema(names is not None).empty_table())
    pseudonyms = None if names is None else one_chunk(unpack_table(names)["officer"])
    for bucket in sorted(waiting):
        yield from _settle(settled(brief), keys, pseudonyms, pa.concat_tables(waiting.pop(bucket)))


def _settle(
    reference: Reference, keys: tuple[str, ...], pseudonyms: pa.Array | None, table: pa.Table
) -> Iterator[pa.RecordBatch]:
    """Settle a bucket of officers: their rows in the order of the keys, numbered from 0 meanwhile."""
    named = [_KEY + name for name in keys]
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in named])
    table = table.take(order).combine_chunks()
    columns = {field.name: _numpy(table, field.name) for field in fields(Undecided) if field.name != "row"}
    undecided = Undecided(row=np.arange(table.num_rows), **columns)
    reason = settle(undecided, reference)
    candidate = np.flatnonzero(undecided.kind != CONTACT)
    free: Bools = reason[candidate] == Reason.ON_DUTY
    known = _taken(table.select(named).rename_columns(list(keys)), candidate)
    yield from _rows(known, reason[candidate], _seen(undecided.take(candidate[free]), reference, pseudonyms), free)


def _numpy(table: pa.Table, name: str) -> npt.NDArray[Any]:
    column = table[name]
    return to_numpy(column, column.type.to_pandas_dtype())


def _seen(pings: Undecided, reference: Reference, pseudonyms: pa.Array | None) -> pa.Table:
    """What may be seen of released pings, with their reason, in their order."""
    wanted = result_schema(pseudonyms is not None)
    if not len(pings):
        return wanted.empty_table()
    small = coarse(pings, np.take(reference.timeline.windows.officer, pings.window), reference.policy)
    whose, names = np.zeros(len(pings), np.int64), [""]
    if pseudonyms is not None:
        windows, whose = np.unique(pings.window, return_inverse=True)
        names = pseudonyms.take(to_arrow(windows.astype(np.int64), pa.int64())).to_pylist()
    columns = [whose, small.step, small.lon, small.lat, small.accuracy.astype(np.int64), small.code.astype(np.int64)]
    table = seen_table(columns, names, reference.timeline.codes, reference.policy)
    reason = dictionary_array(np.full(len(pings), Reason.ON_DUTY), _WORDS)
    return table.append_column("reason", reason).select(wanted.names).cast(wanted)


def _rows(known: pa.Table, reason: npt.NDArray[np.uint8], seen: pa.Table, free: Bools | None = None) -> Iterator[Any]:
    """Rows of the result: keys and reason of each, and the columns of a release where it is ``free``, NULL elsewhere."""
    place = np.cumsum(free) - 1 if free is not None else np.zeros(len(reason), np.int64)
    shown = np.zeros(len(reason), np.bool_) if free is None else free
    mask = pa.py_buffer(np.packbits(shown, bitorder="little"))
    index = pa.Array.from_buffers(pa.int64(), len(reason), [mask, pa.py_buffer(np.ascontiguousarray(place, np.int64))])
    table = seen.take(index)
    table = table.set_column(0, "reason", dictionary_array(reason, _WORDS).dictionary_decode())
    columns = [*known.columns, *table.columns]
    yield from pa.Table.from_arrays(columns, [*known.column_names, *table.column_names]).combine_chunks().to_batches()
