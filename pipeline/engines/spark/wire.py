"""Parcels: equally long columns as bytes, which is how they travel between driver, tasks and shuffle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from offduty.arrays.arrow import to_arrow

Columns = TypeVar("Columns")
SENT = pa.schema(
    [
        pa.field("bucket", pa.int32()),
        pa.field("kind", pa.int32()),
        pa.field("key", pa.int64()),
        pa.field("parcel", pa.binary()),
    ]
)
SENT_DDL = "bucket int, kind int, `key` long, parcel binary"


@dataclass(frozen=True)
class WireMessage:
    """One parcel on its way: to which bucket of officers, what kind it is, and a number whose meaning depends on the
    kind.
    """

    bucket: int
    kind: int
    key: int
    parcel: bytes


def pack(columns: Mapping[str, npt.NDArray[Any]], **numbers: int) -> bytes:
    """Columns, which may be empty, and some numbers beside them, as bytes."""
    arrays = [to_arrow(column, pa.from_numpy_dtype(column.dtype)) for column in columns.values()]
    table = pa.Table.from_arrays(arrays, list(columns))
    return pack_table(table.replace_schema_metadata({name: str(number) for name, number in numbers.items()}))


def unpack(parcel: bytes) -> tuple[dict[str, npt.NDArray[Any]], dict[str, int]]:
    """What `pack` was given; the columns lie where the bytes do and cannot be written to."""
    table = unpack_table(parcel)
    numbers = {name.decode(): int(number) for name, number in (table.schema.metadata or {}).items()}
    return {name: _numbers(table[name]) for name in table.column_names}, numbers


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    kind: Any = column.type.to_pandas_dtype()  # numpy's type, whatever the name says; pandas is not asked
    if not column.num_chunks:
        return np.zeros(0, kind)
    held = column.chunk(0)
    return np.frombuffer(held.buffers()[1], kind, count=held.offset + len(held))[held.offset :]


def pack_table(table: pa.Table) -> bytes:
    """A table as Arrow IPC bytes, in one batch."""
    sink = pa.BufferOutputStream()
    whole = table.combine_chunks()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    raw: bytes = sink.getvalue().to_pybytes()
    return raw


def unpack_table(parcel: bytes) -> pa.Table:
    """The table that `pack_table` was given."""
    return pa.ipc.open_stream(parcel).read_all()


def pack_arrays(arrays: Any, **numbers: int) -> bytes:
    """A dataclass of equally long arrays as bytes."""
    return pack({field.name: getattr(arrays, field.name) for field in fields(arrays)}, **numbers)


def unpack_arrays(kind: type[Columns], parcel: bytes) -> Columns:
    """The dataclass that `pack_arrays` was given."""
    columns, _ = unpack(parcel)
    return kind(**columns)


def batch_of(sent: list[WireMessage]) -> pa.RecordBatch:
    """Parcels as one batch of `SENT`."""
    columns: list[list[Any]] = [[getattr(one, name) for one in sent] for name in SENT.names]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SENT, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SENT)


def parcels_in(batch: pa.RecordBatch) -> Iterator[WireMessage]:
    """The parcels of a batch, found by the names of its columns."""
    columns = [batch.column(batch.schema.get_field_index(name)).to_pylist() for name in SENT.names]
    for values in zip(*columns, strict=True):
        yield WireMessage(*values)
