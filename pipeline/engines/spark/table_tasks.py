"""What the tasks of `spark.decide` do: judge rows of a table and send them on by officer, then settle whole officers.

Of rows that are hidden already, only keys and reason are sent on; their positions are not.
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
from offduty.decision.join import join_table
from offduty.decision.legs import is_candidate
from offduty.engines.local import PieceJudge
from offduty.engines.spark.broadcast import Broadcast, Task, inputs_of, sealed, settled
from offduty.engines.spark.wire import WireMessage, batch_of, messages_in, pack_table, unpack_table
from offduty.outputs.outcome import NOT_RECORDED
from offduty.outputs.release import SCHEMA, coarse, release_table

BUCKETS = 1 << 10
ROWS_AT_ONCE = 1 << 18
ROWS_PER_MESSAGE = 1 << 9
DECIDED, UNDECIDED = range(2)
_WORDS = [*(reason.word for reason in Reason), *(f"quarantine:{reason.word}" for reason in QuarantineReason)]
_KEY = "key "
_REASON = "offduty reason"
_REASON = "offduty reason"


def result_schema(named: bool) -> pa.Schema:
    """The columns of the result after the keys; ``officer`` is one of them where pseudonyms are given (``named``)."""
    return pa.schema(
        [pa.field("reason", pa.string()), *(field for field in SCHEMA if named or field.name != "officer")]
    )


def judge_rows(broadcast: Broadcast, keys: tuple[str, ...]) -> Task:
    """A task that takes rows of pings, and gives messages: keys with reasons, and undecided pings with their keys."""
    return sealed(partial(_judge_all, broadcast, keys))


def _judge_all(
    broadcast: Broadcast, keys: tuple[str, ...], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    collected: list[pa.RecordBatch] = []
    for batch in batches:
        collected.append(batch)
        if sum(part.num_rows for part in collected) >= ROWS_AT_ONCE:
            yield from _judge(broadcast, keys, pa.Table.from_batches(collected))
            collected = []
    if collected:
        yield from _judge(broadcast, keys, pa.Table.from_batches(collected))


def _judge(broadcast: Broadcast, keys: tuple[str, ...], table: pa.Table) -> Iterator[pa.RecordBatch]:
    inputs = inputs_of(broadcast, BUCKETS)
    reasons = np.full(table.num_rows, NOT_RECORDED, np.uint8)
    read = join_table(table.combine_chunks(), 0, inputs.join, inputs.engine)
    judged = PieceJudge(inputs, reasons).batch(read)
    reasons[read.quarantined.row] = len(Reason) + read.quarantined.reason
    known, done = table.select(list(keys)).combine_chunks(), np.ones(table.num_rows, np.bool_)
    for bucket, undecided in enumerate(judged.undecided):
        done[undecided.row[is_candidate(undecided.kind)]] = False
        yield from _messages(bucket, UNDECIDED, _waiting(known, undecided))
    rows = np.flatnonzero(done)
    decided = _taken(known, rows).append_column(_REASON, to_arrow(reasons[rows], pa.uint8()))
    yield from _messages(int(table.num_rows) % BUCKETS, DECIDED, decided)


def _messages(bucket: int, kind: int, table: pa.Table) -> Iterator[pa.RecordBatch]:
    """The rows in small messages: the session decides how many of them are in a batch, and a batch has a size limit.

    Decided rows may be sent to any bucket, so they are spread evenly.
    """
    for number, first in enumerate(range(0, table.num_rows, ROWS_PER_MESSAGE)):
        anywhere = (bucket + number) % BUCKETS
        payload = pack_table(table.slice(first, ROWS_PER_MESSAGE))
        yield batch_of([WireMessage(anywhere if kind == DECIDED else bucket, kind, 0, payload)])


def _taken(table: pa.Table, which: Ints) -> pa.Table:
    return table.take(to_arrow(which, pa.int64()))


def _waiting(known: pa.Table, undecided: Undecided) -> pa.Table:
    """The keys of undecided pings, under names that no column of `Undecided` has, and those columns except ``row``."""
    table = _taken(known, undecided.row)
    table = table.rename_columns([_KEY + name for name in table.column_names])
    for field in fields(undecided):
        if field.name != "row":
            values = getattr(undecided, field.name)
            table = table.append_column(field.name, to_arrow(values, pa.from_numpy_dtype(values.dtype)))
    return table


def settle_officers(broadcast: Broadcast, keys: tuple[str, ...], names: bytes | None) -> Task:
    """A task that takes all messages of its officers, and gives rows of the result.

    ``names`` is the pseudonym of each duty window's officer as a packed table; None leaves the column out.
    """
    return sealed(partial(_settle_all, broadcast, keys, names))


def _settle_all(
    broadcast: Broadcast, keys: tuple[str, ...], names: bytes | None, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    waiting: dict[int, list[pa.Table]] = {}
    for message in (message for batch in batches for message in messages_in(batch)):
        table = unpack_table(message.payload)
        if message.kind == UNDECIDED:
            waiting.setdefault(message.bucket, []).append(table)
        else:
            reason = to_numpy(table[_REASON], np.uint8)
            yield from _rows(table.select(list(keys)), reason, result_schema(names is not None).empty_table())
    pseudonyms = None if names is None else one_chunk(unpack_table(names)["officer"])
    for bucket in sorted(waiting):
        yield from _settle(settled(broadcast), keys, pseudonyms, pa.concat_tables(waiting.pop(bucket)))


def _settle(
    reference: Reference, keys: tuple[str, ...], pseudonyms: pa.Array | None, table: pa.Table
) -> Iterator[pa.RecordBatch]:
    """Settle a bucket of officers. Their rows are in the order of the keys, and are numbered from 0 meanwhile."""
    named = [_KEY + name for name in keys]
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in named])
    table = table.take(order).combine_chunks()
    columns = {field.name: _numpy(table, field.name) for field in fields(Undecided) if field.name != "row"}
    undecided = Undecided(row=np.arange(table.num_rows), **columns)
    reason = settle(undecided, reference)
    candidate = np.flatnonzero(is_candidate(undecided.kind))
    free: Bools = reason[candidate] == Reason.ON_DUTY
    known = _taken(table.select(named).rename_columns(list(keys)), candidate)
    yield from _rows(known, reason[candidate], _released(undecided.take(candidate[free]), reference, pseudonyms), free)


def _numpy(table: pa.Table, name: str) -> npt.NDArray[Any]:
    column = table[name]
    return to_numpy(column, column.type.to_pandas_dtype())


def _released(pings: Undecided, reference: Reference, pseudonyms: pa.Array | None) -> pa.Table:
    """The reason and the release columns of released pings, in their order."""
    wanted = result_schema(pseudonyms is not None)
    if not len(pings):
        return wanted.empty_table()
    small = coarse(pings, np.take(reference.timeline.windows.officer, pings.window), reference.policy)
    index, names = np.zeros(len(pings), np.int64), [""]
    if pseudonyms is not None:
        windows, index = np.unique(pings.window, return_inverse=True)
        names = pseudonyms.take(to_arrow(windows.astype(np.int64), pa.int64())).to_pylist()
    columns = [index, small.step, small.lon, small.lat, small.accuracy.astype(np.int64), small.code.astype(np.int64)]
    table = release_table(columns, names, reference.timeline.codes, reference.policy)
    reason = dictionary_array(np.full(len(pings), Reason.ON_DUTY), _WORDS)
    return table.append_column("reason", reason).select(wanted.names).cast(wanted)


def _rows(
    known: pa.Table, reason: npt.NDArray[np.uint8], released: pa.Table, free: Bools | None = None
) -> Iterator[Any]:
    """Rows of the result: keys and reason of each, and the release columns where it is ``free``, NULL elsewhere.

    ``released`` has one row for each that is free; without ``free`` there are none.
    """
    which = np.zeros(len(reason), np.bool_) if free is None else free
    mask = pa.py_buffer(np.packbits(which, bitorder="little"))
    position = pa.py_buffer(np.ascontiguousarray(np.maximum(np.cumsum(which) - 1, 0), np.int64))
    table = released.take(pa.Array.from_buffers(pa.int64(), len(reason), [mask, position]))
    words = dictionary_array(np.minimum(reason, len(_WORDS)), [*_WORDS, None]).dictionary_decode()
    table = table.set_column(0, "reason", words)
    columns = [*known.columns, *table.columns]
    yield from pa.Table.from_arrays(columns, [*known.column_names, *table.column_names]).combine_chunks().to_batches()
