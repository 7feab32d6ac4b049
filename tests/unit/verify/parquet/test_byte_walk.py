"""The byte walk refuses everything in a Parquet file that the filter does not write, so that no message can hide."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from offduty.verify.parquet.byte_walk import walk
from offduty.verify.parquet.encodings import (
    DELTA_BINARY_PACKED,
    PLAIN,
    RLE_DICTIONARY,
    ColumnType,
    check_page,
    check_values,
)
from offduty.verify.parquet.thrift import ByteCursor, UnreadableBytesError, read_struct
from offduty.verify.parquet.zstd import check_frame

INT64, BYTE_ARRAY = ColumnType(2), ColumnType(6)
ROWS = 1_000


def written(rows: int = ROWS, **settings: Any) -> bytes:
    """A file as the filter writes it; ``settings`` change that."""
    schema = pa.schema(
        [
            pa.field("word", pa.string(), nullable=False),
            pa.field("number", pa.int64(), nullable=False),
            pa.field("point", pa.binary(), nullable=False),
            pa.field("metres", pa.float64(), nullable=False),
        ]
    )
    table = pa.table(
        [
            [f"word {i % 7}" for i in range(rows)],
            [i * 37 % 1_013 for i in range(rows)],
            [bytes([i % 256]) * 21 for i in range(rows)],
            [float(i) for i in range(rows)],
        ],
        schema=schema,
    )
    given = {
        "compression": "zstd",
        "use_dictionary": ["word"],
        "column_encoding": {"number": "DELTA_BINARY_PACKED"},
        "store_schema": False,
        "write_statistics": True,
        **settings,
    }
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, schema, **given) as writer:
        writer.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 127, 128, 129, 130, ROWS, 70_000])
def test_a_file_of_the_filter_is_walked_to_its_end(rows: int) -> None:
    """Also where the rows end in the middle of a block, a run or a byte."""
    walked = walk(written(rows))
    assert walked.rows == rows
    assert walked.columns == ("word", "number", "point", "metres")
    assert set().union(*(chunk.dictionary for chunk in walked.chunks)) == {
        f"word {i}".encode() for i in range(min(rows, 7))
    }


def test_small_pages_are_walked_too() -> None:
    """With many pages for each column."""
    assert walk(written(20_000, data_page_size=1_000)).rows == 20_000


OTHERS: dict[str, dict[str, Any]] = {
    "a page index after the pages": {"write_page_index": True},
    "a checksum in each page header": {"write_page_checksum": True},
    "another compression": {"compression": "snappy"},
    "no compression": {"compression": "none"},
    "pages of the second version": {"data_page_version": "2.0"},
    "an order in the footer": {"sorting_columns": [pq.SortingColumn(1)]},
    "another encoding": {"column_encoding": {"number": "BYTE_STREAM_SPLIT"}},
}


@pytest.mark.parametrize("what", OTHERS)
def test_what_the_filter_does_not_write_is_refused(what: str) -> None:
    """Each could carry a message."""
    with pytest.raises(UnreadableBytesError):
        walk(written(**OTHERS[what]))


def test_a_schema_in_the_metadata_is_reported() -> None:
    """Arrow stores its own copy of the schema there."""
    assert [name for name, _ in walk(written(store_schema=True)).metadata] == [b"ARROW:schema"]
    assert walk(written()).metadata == ()


@pytest.mark.parametrize("place", ["begin", "pages", "footer", "end"])
def test_hidden_bytes_are_found(place: str) -> None:
    """Before, between and after the parts of a file; the library's reader ignores most of these."""
    raw = written()
    footer = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    at = {"begin": 4, "pages": footer, "footer": len(raw) - 8, "end": len(raw)}[place]
    with pytest.raises(UnreadableBytesError):
        walk(raw[:at] + b"hidden" + raw[at:])


def test_a_longer_footer_is_found() -> None:
    """Bytes after the end of the footer that its length includes."""
    raw = written()
    length = int.from_bytes(raw[-8:-4], "little")
    with pytest.raises(UnreadableBytesError, match="after the end of the footer"):
        walk(raw[:-8] + b"hidden" + (length + 6).to_bytes(4, "little") + b"PAR1")


@pytest.mark.parametrize("bits", range(8))
def test_a_truncated_file_is_unreadable(bits: int) -> None:
    """Wherever it is cut, no other error is raised."""
    raw = written(100)
    for at in range(bits, len(raw), 8):
        with pytest.raises(UnreadableBytesError):
            walk(raw[:at])


FRAME = pa.Codec("zstd").compress(b"what was compressed " * 40, asbytes=True)
SKIPPABLE = b"\x50\x2a\x4d\x18" + (6).to_bytes(4, "little") + b"hidden"


def test_one_frame_is_valid() -> None:
    """It is exactly one frame."""
    check_frame(FRAME)
    check_frame(pa.Codec("zstd", 19).compress(bytes(range(256)) * 3_000, asbytes=True))


@pytest.mark.parametrize(
    "packed", [FRAME + SKIPPABLE, SKIPPABLE + FRAME, FRAME + FRAME, FRAME + b"\0", FRAME[:-1], b"", FRAME[:5]]
)
def test_more_or_less_than_one_frame_is_found(packed: bytes) -> None:
    """Skippable frames, for example, may have data that no decompressor shows."""
    with pytest.raises(UnreadableBytesError):
        check_frame(packed)


VALID = {
    "numbers": (bytes(80), PLAIN, INT64, 10, 0),
    "texts": (b"\x01\0\0\0a\x02\0\0\0bc", PLAIN, BYTE_ARRAY, 2, 0),
    "points": ((21).to_bytes(4, "little") + bytes(21), PLAIN, BYTE_ARRAY, 1, 0),
    "a repeated index": (b"\x02\x14\x01", RLE_DICTIONARY, BYTE_ARRAY, 10, 3),
    "packed indices": (b"\x02\x03\x24\x00", RLE_DICTIONARY, BYTE_ARRAY, 4, 3),
}


@pytest.mark.parametrize("what", VALID)
def test_values_fill_their_page(what: str) -> None:
    """One byte more or less is found, in every encoding."""
    page, *about = VALID[what]
    check_values(page, *about)
    with pytest.raises(UnreadableBytesError):
        check_values(page + b"x", *about)
    with pytest.raises(UnreadableBytesError):
        check_values(page[:-1], *about)


@pytest.mark.parametrize(
    ("page", "words"),
    [(b"\x02\x03\x24\x04", 3), (b"\x02\x14\x03", 3), (b"\x03\x14\x01", 3)],
    ids=["padding that is not zero", "an index past the dictionary", "indices wider than needed"],
)
def test_indices_have_no_spare_bits(page: bytes, words: int) -> None:
    """Bits that no reader uses must be zero."""
    with pytest.raises(UnreadableBytesError):
        check_values(page, RLE_DICTIONARY, BYTE_ARRAY, 4 if page[1] == 3 else 10, words)


def test_deltas_have_no_spare_bits() -> None:
    """Unused bits and unused widths of a block must be zero."""
    block = b"\x80\x01\x04\x02\x00" + b"\x02" + b"\x01\0\0\0" + b"\x00\0\0\0"
    check_values(block, DELTA_BINARY_PACKED, INT64, 2, 0)
    for place in (7, 8, 9, 10, 11, 12):
        damaged = bytearray(block)
        damaged[place] |= 0x80
        with pytest.raises(UnreadableBytesError):
            check_values(bytes(damaged), DELTA_BINARY_PACKED, INT64, 2, 0)


def test_a_number_has_one_spelling() -> None:
    """A longer spelling could carry a message."""
    assert ByteCursor(b"\x80\x01").varint() == 128
    with pytest.raises(UnreadableBytesError):
        ByteCursor(b"\x80\x00").varint()
    with pytest.raises(UnreadableBytesError):
        ByteCursor(b"\xff" * 11).varint()


def test_a_struct_has_unknown_fields_too() -> None:
    """So the walk can refuse them; fields out of order, or twice, are refused at once."""
    assert read_struct(ByteCursor(b"\x15\x02\x15\x04\x00")) == {1: 1, 2: 2}
    with pytest.raises(UnreadableBytesError):
        read_struct(ByteCursor(b"\x15\x02\x05\x02\x04\x00"))
    with pytest.raises(UnreadableBytesError):
        read_struct(ByteCursor(b"\x1c" * 40))


EXTRA = {
    "texts": pa.array(["a", None, "b", "a"] * 50),
    "numbers": pa.array([1.5, None, 2.5, None] * 50),
    "whole numbers": pa.array([None, None, 1, 2] * 50, pa.int32()),
    "booleans": pa.array([True, None, False, True] * 50 + [True]),
    "nothing": pa.array([None] * 9, pa.float64()),
    "no gap": pa.array([1, 2, 3], pa.int16()),
    "decimals": pa.array([1, None, 3], pa.decimal128(20, 2)),
}


@pytest.mark.parametrize("what", EXTRA)
def test_columns_with_missing_values_are_walked(what: str) -> None:
    """A policy may release such extra columns."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"extra": EXTRA[what]}), sink, compression="zstd", store_schema=False)
    assert walk(sink.getvalue()).rows == len(EXTRA[what])


def test_levels_have_no_spare_bits() -> None:
    """Bits after the last row must be zero, and there is no byte after the levels."""
    valid = b"\x02\0\0\0\x03\x05" + bytes(16)
    optional = ColumnType(2, optional=True)
    check_page(valid, PLAIN, optional, 3, 0)
    for damaged in (b"\x02\0\0\0\x03\x0d" + bytes(16), b"\x03\0\0\0\x03\x05x" + bytes(16), valid + b"x"):
        with pytest.raises(UnreadableBytesError):
            check_page(damaged, PLAIN, optional, 3, 0)


def test_a_list_is_not_walked() -> None:
    """The filter never writes nested columns."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"extra": [[1, 2], [3]]}), sink, compression="zstd", store_schema=False)
    with pytest.raises(UnreadableBytesError, match="not flat"):
        walk(sink.getvalue())
