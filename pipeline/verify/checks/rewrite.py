"""Check 3.5: each file, written again from its own rows, has the same bytes: no choice can speak.

Compression, page breaks and padding leave a writer some freedom, in which something could be said that no reader sees.
What the same version of Arrow writes from the same rows, by the settings below, has no such freedom.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.verify.checks.contents import GEO
from offduty.verify.manifest_schema import QUARANTINED, REASONS
from offduty.verify.output_files import AuditedOutput
from offduty.verify.verdict import DAMAGED, Check, CheckBuilder

WORDS = ("officer", "duty_code")
"""Text columns whose dictionary is the sorted words of the row group."""


def check_rewritten(outputs: Iterator[AuditedOutput]) -> Check:
    """Files of another version of Arrow than the one at hand cannot be compared."""
    look = CheckBuilder("3.5", "written again, each file has the same bytes", "files of release, ledger and quarantine")
    for output in outputs:
        wrote = output.run.document["versions"].get("pyarrow")
        if wrote != pa.__version__:
            look.undone(f"written by Arrow {wrote}, and {pa.__version__} is at hand: install that version to compare")
            continue
        look.at()
        if not _same(output):
            look.wrong(f"{output.where}: its rows, written again, give other bytes")
    return look.over("they are what their rows make them, and nothing else", "there is no file")


def _same(output: AuditedOutput) -> bool:
    written = output.path.read_bytes()
    try:
        return _again(output, pq.ParquetFile(io.BytesIO(written))) == written
    except DAMAGED:
        return False


def _again(output: AuditedOutput, file: pq.ParquetFile) -> bytes:
    release = output.part == "release"
    fixed = {"ledger": list(REASONS), "quarantine": list(QUARANTINED)}.get(output.part)
    held = file.schema_arrow
    plain = pa.schema([field.remove_metadata() for field in held])
    schema = pa.schema([_dictionary(field) if _as_words(field.name, release) else field for field in plain])
    sink = io.BytesIO()
    with _writer(sink, schema, output.part) as writer:
        if release:
            writer.add_key_value_metadata({"geo": json.dumps(GEO)})
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, use_threads=False).combine_chunks()
            columns = [_words(rows[name], fixed) if _as_words(name, release) else rows[name] for name in schema.names]
            table = pa.Table.from_arrays(columns, schema=schema)
            writer.write_table(table, row_group_size=max(rows.num_rows, 1))
    return sink.getvalue()


def _as_words(name: str, release: bool) -> bool:
    return name in WORDS if release else name == "reason"


def _dictionary(field: pa.Field) -> pa.Field:
    return field.with_type(pa.dictionary(pa.int32(), pa.string()))


def _words(column: pa.ChunkedArray, words: list[str] | None) -> pa.Array:
    """The column over a dictionary of the given words, or else of its own, sorted."""
    dictionary = pa.array(sorted(pc.unique(column).to_pylist()) if words is None else words, pa.string())
    indices = pc.index_in(column, dictionary)
    indices = indices.combine_chunks() if isinstance(indices, pa.ChunkedArray) else indices
    return pa.DictionaryArray.from_arrays(indices.cast(pa.int32()), dictionary)


def _writer(sink: io.BytesIO, schema: pa.Schema, part: str) -> pq.ParquetWriter:
    """The settings with which the filter writes; they are a part of the format."""
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
