"""The wire format: equally long columns as bytes, which is how they go between driver, tasks and shuffle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from offduty.arrays.arrow import to_arrow

Columns = TypeVar("Columns")
MESSAGES = pa.schema(
    [
        pa.field("bucket", pa.int32()),
        pa.field("kind", pa.int32()),
        pa.field("key", pa.int64()),
        pa.field("payload", pa.binary()),
    ]
)
MESSAGES_DDL = "bucket int, kind int, `key` long, payload binary"


@dataclass(frozen=True)
class WireMessage:
    """One message: for which bucket of officers, of which kind, a number whose meaning depends on the kind, and the
    packed columns.
    """

    bucket: int
    kind: int
    key: int
    payload: bytes


def pack(columns: Mapping[str, npt.NDArray[Any]], **numbers: int) -> bytes:
    """Columns, which may be empty, and some numbers beside them, as bytes."""
    arrays = [to_arrow(column, pa.from_numpy_dtype(column.dtype)) for column in columns.values()]
    table = pa.Table.from_arrays(arrays, list(columns))
    return pack_table(table.replace_schema_metadata({name: str(number) for name, number in numbers.items()}))


def unpack(payload: bytes) -> tuple[dict[str, npt.NDArray[Any]], dict[str, int]]:
    """What `pack` was given. The columns share the memory of ``payload`` and cannot be written to."""
    table = unpack_table(payload)
    numbers = {name.decode(): int(number) for name, number in (table.schema.metadata or {}).items()}
    return {name: _numbers(table[name]) for name in table.column_names}, numbers


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    kind: Any = column.type.to_pandas_dtype()  # a numpy type, in spite of the name; pandas is not imported
    if not column.num_chunks:
        return np.zeros(0, kind)
    chunk = column.chunk(0)
    return np.frombuffer(chunk.buffers()[1], kind, count=chunk.offset + len(chunk))[chunk.offset :]


def pack_table(table: pa.Table) -> bytes:
    """A table as Arrow IPC bytes, in one batch."""
    sink = pa.BufferOutputStream()
    whole = table.combine_chunks()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    raw: bytes = sink.getvalue().to_pybytes()
    return raw


def unpack_table(payload: bytes) -> pa.Table:
    """The table that `pack_table` was given."""
    return pa.ipc.open_stream(payload).read_all()


def pack_arrays(arrays: Any, **numbers: int) -> bytes:
    """A dataclass of equally long arrays as bytes."""
    return pack({field.name: getattr(arrays, field.name) for field in fields(arrays)}, **numbers)


def unpack_arrays(kind: type[Columns], payload: bytes) -> Columns:
    """The dataclass that `pack_arrays` was given."""
    columns, _ = unpack(payload)
    return kind(**columns)


def batch_of(messages: list[WireMessage]) -> pa.RecordBatch:
    """Messages as one batch of `MESSAGES`."""
    columns: list[list[Any]] = [[getattr(message, name) for message in messages] for name in MESSAGES.names]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, MESSAGES, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=MESSAGES)


def messages_in(batch: pa.RecordBatch) -> Iterator[WireMessage]:
    """The messages of a batch. Its columns are found by name, as Spark may order them in its own way."""
    columns = [batch.column(batch.schema.get_field_index(name)).to_pylist() for name in MESSAGES.names]
    for values in zip(*columns, strict=True):
        yield WireMessage(*values)
