"""Checks 3: the release and the ledger from within, from the files alone: what may stand there and nothing else (SPEC
7, 8).

Every rule is taken from the policy in the manifest and from SPEC 7; nothing is asked of the rooms that wrote the files.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.verify.checks.file_layout import check_cut, groups_fit, laid_out, span_of
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.manifest_schema import QUARANTINED, REASONS
from offduty.verify.output_files import AuditedOutput, outputs_of
from offduty.verify.parquet.byte_walk import ByteWalk, walk
from offduty.verify.parquet.thrift import UnreadableBytesError
from offduty.verify.verdict import DAMAGED, Check, CheckBuilder

Floats = npt.NDArray[np.float64]

RELEASED: dict[str, pa.DataType] = {
    "officer": pa.string(),
    "observed_at": pa.timestamp("us", tz="UTC"),
    "lon": pa.float64(),
    "lat": pa.float64(),
    "accuracy_m": pa.float64(),
    "duty_code": pa.string(),
    "geometry": pa.binary(),
}
ZEROS = {struct.pack("<d", zero) for zero in (0.0, -0.0)}
"""Where the smallest value is a zero, Parquet's statistics say -0.0, and where the largest is one, 0.0: whichever it
was.
"""
LEDGER: dict[str, pa.DataType] = {"file": pa.int32(), "row": pa.int64(), "reason": pa.string()}
QUARANTINE: dict[str, pa.DataType] = {**LEDGER, "as_read": pa.string()}
GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}
ACCURACIES_M = np.array(sorted(step * 10.0**power for power in range(1, 19) for step in (1, 3)))
LARGEST_FILE_BYTES = 1 << 30
PARTITION = re.compile(r"release/date=([0-9]{4}-[0-9]{2}-[0-9]{2})/part-([0-9]{5})\.parquet")
SORTED_BY = ("officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code")


def check_inside(store: Path, trail: AuditedLog, runs: list[AuditedEntry]) -> list[Check]:
    """3.1 columns, types and cut, 3.2 values and order, 3.3 words and order, 3.4 every byte; row group by row group."""
    columns = CheckBuilder("3.1", "columns are those allowed", "files of release, ledger and quarantine")
    values = CheckBuilder("3.2", "released values are as coarse as the policy says, and in order", "released rows")
    words = CheckBuilder("3.3", "the ledger says reasons and nothing else", "rows of ledger and quarantine")
    bytes_ = CheckBuilder("3.4", "every byte is accounted for", "files of release, ledger and quarantine")
    for run in runs:
        check_cut(columns, run)
    before: AuditedOutput | None = None
    last: pa.Table | None = None
    for output in outputs_of(store, trail, runs):
        columns.at()
        file, wrong = _opened(output)
        columns.all_wrong(f"{output.where}: {what}" for what in wrong)
        last = last if before is not None and before.folder == output.folder else None
        before = output
        if file is None or wrong:
            (values if output.part == "release" else words).undone("files with wrong columns were not read")
        elif output.part == "release":
            with values.reading(f"{output.where}: it cannot be read"):
                last = _check_values(output, file, values, last)
        else:
            with words.reading(f"{output.where}: it cannot be read"):
                _check_words(output, file, words)
        with bytes_.reading(f"{output.where}: it cannot be read"):
            _check_bytes(output, bytes_)
    _nothing_expired(trail, runs, (columns, values, bytes_))
    return [
        columns.over(
            "names, types, metadata, and the cut into files and row groups are those of the format and the policy"
        ),
        values.over("sorted, rounded, cut to steps and classes; pseudonyms and points are well-formed"),
        words.over("each is one of the words of SPEC 2 and 4, of a row of an input, in order; each row stands once"),
        bytes_.over("pages and footer fill each file; dictionaries and statistics hold nothing but what the rows do"),
    ]


def _nothing_expired(trail: AuditedLog, runs: list[AuditedEntry], looks: tuple[CheckBuilder, ...]) -> None:
    gone = sum(len(names) for run_id, names in trail.expired().items() if any(run.run_id == run_id for run in runs))
    for look in looks:
        if gone and not look.count:
            look.undone(f"{gone:,} files have expired")


def _opened(output: AuditedOutput) -> tuple[pq.ParquetFile | None, list[str]]:
    """The file, and what is wrong with its columns, types and metadata."""
    try:
        file = pq.ParquetFile(output.path)
        schema = file.schema_arrow
    except DAMAGED:
        return None, ["it cannot be read as Parquet"]
    wanted = {"release": RELEASED, "ledger": LEDGER, "quarantine": QUARANTINE}.get(output.part)
    if wanted is None:
        return file, ["it is in a folder that is none of the three"]
    extra = list(output.policy["release"]["extra_columns"]) if output.part == "release" else []
    wrong = []
    if schema.names != [*wanted, *extra]:
        wrong.append("it has other columns than those allowed, or in another order")
    elif any(schema.field(name).type != kind or schema.field(name).nullable for name, kind in wanted.items()):
        wrong.append("a column is of another type than it must be, or may be missing")
    wrong += ["its row groups are not cut as the filter cuts them"] if not groups_fit(output, file.metadata) else []
    return file, [*wrong, *_metadata(output, file)]


def _metadata(output: AuditedOutput, file: pq.ParquetFile) -> Iterator[str]:
    told = dict(file.metadata.metadata or {})
    if output.part == "release":
        geo = told.pop(b"geo", b"")
        try:
            if json.loads(geo) != GEO or len(geo) != len(json.dumps(GEO)):
                yield "its GeoParquet metadata says other things than it must"
        except ValueError:
            yield "it has no GeoParquet metadata"
        if not PARTITION.fullmatch(output.name) or not _is_day(output.name):
            yield "it is not named by a day and a number"
    if told:
        yield f"it holds metadata that nobody asked for ({len(told)})"


def _is_day(name: str) -> bool:
    found = PARTITION.fullmatch(name)
    try:
        return bool(found and date.fromisoformat(found[1]))
    except ValueError:
        return False


def _check_values(
    output: AuditedOutput, file: pq.ParquetFile, look: CheckBuilder, last: pa.Table | None
) -> pa.Table | None:
    """Row by row; the order goes on from one row group, and from one file of a day, to the next. Answers the last row."""
    first_row = 0
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group, columns=list(RELEASED), use_threads=False)
        look.at(rows.num_rows)
        for what, wrong in _value_faults(rows, output.policy):
            _tell(look, output, what, wrong, first_row)
        joined = rows if last is None else pa.concat_tables([last, rows])
        before = joined.num_rows - rows.num_rows
        _tell(look, output, "it is out of order", out_of_order(joined, SORTED_BY)[before:], first_row)
        if rows.num_rows:
            last = rows.slice(rows.num_rows - 1)
        first_row += rows.num_rows
    return last


def _tell(look: CheckBuilder, output: AuditedOutput, what: str, wrong: npt.NDArray[np.bool_], first_row: int) -> None:
    at = np.flatnonzero(wrong)
    look.all_wrong((f"{output.where}, row {first_row + row}: {what}" for row in at[:20].tolist()), len(at))


def _value_faults(rows: pa.Table, policy: Mapping[str, Any]) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Each rule, and where it is broken. What is missing or not finite breaks it."""
    rules = policy["release"]
    lon, lat = (rows[name].to_numpy() for name in ("lon", "lat"))
    missing = np.zeros(rows.num_rows, np.bool_)
    for name in RELEASED:
        missing |= rows[name].is_null().to_numpy()
    yield "a value is missing", missing
    yield "the pseudonym is not 16 hex digits", ~_matches(rows["officer"], "^[0-9a-f]{16}$")
    yield "the time is not cut to the policy's step", _us(rows) % (int(rules["time_step_s"]) * 1_000_000) != 0
    for name, degrees, most in (("lon", lon, 180), ("lat", lat, 90)):
        yield f"{name} is not a rounded number of degrees", ~_rounded(degrees, int(rules["decimals"]), most)
    accuracy = rows["accuracy_m"].to_numpy()
    most_m = _class_m(float(policy["accuracy"]["max_m"]))
    yield "the accuracy is none of its classes", ~(np.isin(accuracy, ACCURACIES_M) & (accuracy <= most_m))
    codes = pa.array(policy["duty"]["on_codes"], pa.string())
    yield "the duty code is none of the policy's", ~pc.is_in(rows["duty_code"], codes).to_numpy()
    yield "the geometry is not the point of lon and lat", ~_is_point(rows["geometry"], lon, lat)


def _class_m(accuracy_m: float) -> float:
    """The class that holds an accuracy."""
    return float(ACCURACIES_M[np.searchsorted(ACCURACIES_M, accuracy_m, "left")])


def _matches(column: pa.ChunkedArray, pattern: str) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = pc.fill_null(pc.match_substring_regex(column, pattern), False).to_numpy()
    return found


def _us(rows: pa.Table) -> npt.NDArray[np.int64]:
    us: npt.NDArray[np.int64] = rows["observed_at"].cast(pa.int64()).to_numpy()
    return us


def _rounded(degrees: Floats, decimals: int, most: int) -> npt.NDArray[np.bool_]:
    """Whether each is the double nearest to a whole number of units of the last decimal."""
    units = np.rint(degrees * 10.0**decimals)
    with np.errstate(invalid="ignore"):
        right: npt.NDArray[np.bool_] = (units / 10.0**decimals == degrees) & (np.abs(degrees) <= most)
    right &= (degrees != 0) | ~np.signbit(degrees)  # zero has one spelling
    return right


def _is_point(column: pa.ChunkedArray, lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
    """Whether each is the 21 bytes of a little-endian WKB point at lon and lat."""
    right: npt.NDArray[np.bool_] = pc.fill_null(pc.equal(pc.binary_length(column), 21), False).to_numpy().copy()
    if right.all() and len(right):
        raw = np.frombuffer(b"".join(column.to_pylist()), np.uint8).reshape(-1, 21)
        right &= (raw[:, :5] == np.frombuffer(b"\x01\x01\0\0\0", np.uint8)).all(axis=1)
        right &= (raw[:, 5:13].copy().view("<f8")[:, 0] == lon) & (raw[:, 13:].copy().view("<f8")[:, 0] == lat)
    return right


def out_of_order(rows: pa.Table, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Rows that stand behind one that they should stand before."""
    wrong = np.zeros(rows.num_rows, np.bool_)
    same = np.ones(max(rows.num_rows - 1, 0), np.bool_)
    for name in columns:
        column = rows[name].combine_chunks()
        before, after = column.slice(0, len(column) - 1) if len(column) else column, column.slice(1)
        wrong[1:] |= same & pc.fill_null(pc.less(after, before), True).to_numpy(zero_copy_only=False)
        same &= pc.fill_null(pc.equal(after, before), False).to_numpy(zero_copy_only=False)
    return wrong


def _check_words(output: AuditedOutput, file: pq.ParquetFile, look: CheckBuilder) -> None:
    """Reasons are words of the contract, rows are rows of an input, and (file, row) rises: each row stands once.

    A ledger's row group stands for a stretch of all rows laid end to end, so it also says which rows may stand in it.
    """
    coded = pq.ParquetFile(output.path, metadata=file.metadata, read_dictionary=["reason"])
    numbers, starts, counts = laid_out(output.run)
    last = -1
    first_row = 0
    for group in range(coded.num_row_groups):
        rows = coded.read_row_group(group, columns=list(LEDGER), use_threads=False)
        look.at(rows.num_rows)
        _tell(look, output, "the reason is no word of the contract", _no_word(output, rows["reason"]), first_row)
        at = np.minimum(np.searchsorted(numbers, rows["file"].to_numpy()), max(len(numbers) - 1, 0))
        row = rows["row"].to_numpy()
        known = (numbers[at] == rows["file"].to_numpy()) & (row >= 0) & (row < counts[at])
        _tell(look, output, "it is no row of an input", ~known, first_row)
        place = starts[at] + row
        low, high = span_of(output, group)
        wrong = known & ((np.diff(place, prepend=last) <= 0) | (place < low) | (place >= high))
        _tell(look, output, "it is out of order, or stands twice", wrong, first_row)
        last = int(place[-1]) if len(place) else last
        first_row += rows.num_rows


def _no_word(output: AuditedOutput, reasons: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Where a reason is none of the contract's words; each distinct one is looked at once."""
    allowed = pa.array(QUARANTINED if output.part == "quarantine" else REASONS)
    wrong = [np.zeros(0, np.bool_)]
    for chunk in reasons.chunks:
        known = pc.is_in(chunk.dictionary, allowed).to_numpy(zero_copy_only=False)
        wrong.append(~known[chunk.indices.to_numpy()] if not known.all() else np.zeros(len(chunk), np.bool_))
    return np.concatenate(wrong)


def _check_bytes(output: AuditedOutput, look: CheckBuilder) -> None:
    look.at()
    if output.path.stat().st_size > LARGEST_FILE_BYTES:
        look.wrong(f"{output.where}: it is larger than any file of the filter")
        return
    try:
        walked = walk(output.path.read_bytes())
        for what in _held(output, walked):
            look.wrong(f"{output.where}: {what}")
    except UnreadableBytesError as error:
        look.wrong(f"{output.where}: {error}")


def _held(output: AuditedOutput, walked: ByteWalk) -> Iterator[str]:
    """Whether dictionaries and statistics tell of values that no row has, or hold words that no row uses."""
    if output.part == "ledger" and any(chunk.told for chunk in walked.chunks):
        yield "the ledger holds statistics"
    if walked.created_by != f"parquet-cpp-arrow version {output.run.document['versions']['pyarrow']}".encode():
        yield "the writer calls itself otherwise than the entry says"
    file = pq.ParquetFile(output.path)
    for chunk in walked.chunks:
        if not chunk.dictionary and not chunk.told:
            continue
        rows = file.read_row_group(chunk.group, columns=[chunk.column], use_threads=False)
        plain = _plain(rows[chunk.column])
        if (
            chunk.column == "reason" and output.part != "release"
        ):  # all words of the contract, whether they occur or not
            plain |= {word.encode() for word in (*REASONS, *QUARANTINED)}
        if set(chunk.dictionary) - plain:
            yield f"a dictionary of {chunk.column} in row group {chunk.group} holds a value that no row has"
        same = ZEROS if pa.types.is_floating(rows[chunk.column].type) and plain & ZEROS else set()
        if chunk.told - plain - same:
            yield f"statistics of {chunk.column} in row group {chunk.group} tell a value that no row has"


def _plain(column: pa.ChunkedArray) -> set[bytes]:
    """The distinct values, each as the bytes that Parquet's plain encoding has for it."""
    distinct = pc.unique(column.drop_null())
    if pa.types.is_string(distinct.type) or pa.types.is_binary(distinct.type):
        return {value if isinstance(value, bytes) else value.encode() for value in distinct.to_pylist()}
    if pa.types.is_timestamp(distinct.type):
        distinct = distinct.cast(pa.int64())
    raw = distinct.to_numpy(zero_copy_only=False)
    width = raw.dtype.itemsize
    packed = raw.tobytes()
    return {packed[at : at + width] for at in range(0, len(packed), width)}
