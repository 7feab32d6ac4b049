"""Check 3.5: each file, written again from its own rows, has the same bytes, so that it cannot contain a message.

Compression, page breaks and padding leave a writer some freedom, in which a message could be hidden that no reader
shows. The same version of Arrow, with the settings below, has no such freedom: it writes the same bytes from the same
rows (specification#same-bytes).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.verify.checks.contents import GEO
from offduty.verify.manifest_run import QUARANTINED, REASONS
from offduty.verify.output_files import AuditedOutput
from offduty.verify.verdict import DAMAGED, Check, CheckBuilder, Label, Unit, explain

SORTED_DICTIONARIES = ("officer", "duty_code")
"""Text columns of a release; their dictionary is the sorted values of the row group."""


def check_rewritten(outputs: Iterator[AuditedOutput]) -> Check:
    """3.5: NOT DONE for files that another version of Arrow wrote than the one that is installed."""
    check = CheckBuilder(
        "3.5", "written again, each file has the same bytes", "files of release, ledger and quarantine", Unit.FILES
    )
    for output in outputs:
        wrote = output.run.document["versions"]["pyarrow"]
        if wrote != pa.__version__:
            check.not_done(
                explain(
                    "written by Arrow {wrote}, but {installed} is installed: install Arrow {wrote} to compare",
                    wrote=Label(wrote),
                    installed=Label(pa.__version__),
                )
            )
            continue
        check.add()
        with check.of_file(partial(getattr, output, "is_altered")):
            if not _has_same_bytes(output):
                check.wrong(f"{output.where}: its rows, written again, give other bytes")
    return check.result("each file follows from its rows and has nothing else in it", "there is no file")


def _has_same_bytes(output: AuditedOutput) -> bool:
    written = output.path.read_bytes()
    try:
        file = pq.ParquetFile(io.BytesIO(written))
        coded = [name for name in file.schema_arrow.names if _has_dictionary(name, output.part == "release")]
        return _rewritten(output, pq.ParquetFile(io.BytesIO(written), read_dictionary=coded)) == written
    except DAMAGED:
        return False


def _rewritten(output: AuditedOutput, file: pq.ParquetFile) -> bytes:
    release = output.part == "release"
    reasons = {"ledger": list(REASONS), "quarantine": list(QUARANTINED)}.get(output.part)
    plain = pa.schema([field.remove_metadata() for field in file.schema_arrow])
    schema = pa.schema([_as_dictionary(field) if _has_dictionary(field.name, release) else field for field in plain])
    sink = io.BytesIO()
    with _writer(sink, schema, output.part) as writer:
        if release:
            writer.add_key_value_metadata({"geo": json.dumps(GEO)})
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, use_threads=False).combine_chunks()
            columns = [
                _encoded(rows[name], reasons) if _has_dictionary(name, release) else rows[name] for name in schema.names
            ]
            table = pa.Table.from_arrays(columns, schema=schema)
            writer.write_table(table, row_group_size=max(rows.num_rows, 1))
    return sink.getvalue()


def _has_dictionary(name: str, release: bool) -> bool:
    return name in SORTED_DICTIONARIES if release else name == "reason"


def _as_dictionary(field: pa.Field) -> pa.Field:
    return field.with_type(pa.dictionary(pa.int32(), pa.string()))


def _encoded(column: pa.ChunkedArray, values: list[str] | None) -> pa.Array:
    """The column over a dictionary of the given values, or of its own values, sorted."""
    used = {text for chunk in column.chunks for text in chunk.dictionary.take(pc.unique(chunk.indices)).to_pylist()}
    dictionary = pa.array(sorted(used) if values is None else values, pa.string())
    places = [pc.index_in(chunk.dictionary, dictionary).take(chunk.indices) for chunk in column.chunks]
    indices = pa.chunked_array(places, pa.int32()).combine_chunks()
    return pa.DictionaryArray.from_arrays(indices, dictionary)


def _writer(sink: io.BytesIO, schema: pa.Schema, part: str) -> pq.ParquetWriter:
    """The settings that the filter writes with; they are a part of the format."""
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_dictionary(field.type)]
    settings: dict[str, dict[str, Any]] = {
        "release": {
            "use_dictionary": [*texts, "accuracy_m"],
            "column_encoding": {"observed_at": "DELTA_BINARY_PACKED"},
            "write_statistics": True,
            "compression_level": 1,
        },
        "ledger": {
            "use_dictionary": ["reason"],
            "write_statistics": False,
            "compression_level": 1,
            "column_encoding": {"file": "DELTA_BINARY_PACKED", "row": "DELTA_BINARY_PACKED"},
        },
        "quarantine": {"use_dictionary": ["reason"]},
    }
    return pq.ParquetWriter(sink, schema, compression="zstd", store_schema=False, **settings[part])
