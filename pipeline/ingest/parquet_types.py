"""Checks the types of Parquet columns of pings: what each column of the contract can be, as the job declares it."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from offduty.config.contracts import contract
from offduty.ingest.columns import ColumnsError
from offduty.ingest.source_file import Source


def is_text(kind: pa.DataType) -> bool:
    """Whether a type of Arrow is text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_number(kind: pa.DataType) -> bool:
    """Whether a type of Arrow is a number."""
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def is_time(kind: pa.DataType) -> bool:
    """Whether a type of Arrow is a time or a date already, which needs no declared form."""
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


_Fits = Callable[[pa.DataType], bool]
_WANTED: dict[str, tuple[_Fits, str]] = {
    "id": (lambda kind: is_text(kind) or bool(pa.types.is_integer(kind)), "text"),
    "instant": (lambda kind: is_text(kind) or bool(pa.types.is_timestamp(kind)), "an instant"),
    "degrees": (is_number, "a number"),
    "metres": (is_number, "a number"),
    "word": (
        lambda kind: is_text(kind) or bool(pa.types.is_integer(kind)) or bool(pa.types.is_boolean(kind)),
        "a word",
    ),
}


def check_types(source: Source, schema: pa.Schema) -> None:
    """Raise `ColumnsError`, which names every such column, where a column of pings has a type that cannot be read."""
    wrong = [
        f"the column {written!r} has the wrong type: {expected} is expected"
        for name in contract(source.table).names
        if (written := source.declared.written_name(name)) in schema.names
        and (expected := _misfit(source, name, _value_type(schema.field(written).type)))
    ]
    if wrong:
        raise ColumnsError("; ".join(wrong), file=source.name)


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _misfit(source: Source, name: str, kind: pa.DataType) -> str:
    """What was expected, where a type does not fit; empty where it does. A column with declared words, times or units
    may be text or a number.
    """
    declared = source.declared
    if pa.types.is_null(kind):
        return ""
    if name in declared.times:
        return "a text or a number (it is a time already: take it out of times)" if is_time(kind) else ""
    if name in declared.units or name in declared.values:
        return "" if is_text(kind) or is_number(kind) or pa.types.is_boolean(kind) else "a text or a number"
    wanted = contract(source.table).column(name).type
    fits, expected = _WANTED[wanted]
    if wanted == "instant" and is_number(kind):
        return f'{expected} (numbers since 1970 are declared: times.{name} = "unix_s", or "unix_ms")'
    return "" if fits(kind) else expected
