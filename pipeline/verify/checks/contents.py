"""Checks 3: the contents of release, ledger and quarantine: only the allowed columns, values, words and bytes.

The rules are those of the policy in the manifest and of specification#release-columns, specification#ledger and
specification#quarantine. Only the files are read, and no code is shared with their writers.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from offduty.core.count_words import number_of
from offduty.verify.checks.file_layout import check_layout, groups_fit, ping_files, rows_allowed
from offduty.verify.entries import AuditedEntry, AuditedLog
from offduty.verify.manifest_run import QUARANTINED, REASONS
from offduty.verify.output_files import AuditedOutput, outputs_of
from offduty.verify.parquet.byte_walk import ByteWalk, ColumnChunk, walk
from offduty.verify.parquet.thrift import UnreadableBytesError
from offduty.verify.verdict import DAMAGED, MOST_LISTED, Check, CheckBuilder, Count, Label, Unit, explain

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
"""In Parquet's statistics a smallest value of zero is always -0.0, and a largest value of zero is always 0.0."""
LEDGER: dict[str, pa.DataType] = {"file": pa.int32(), "row": pa.int64(), "reason": pa.string()}
QUARANTINE: dict[str, pa.DataType] = {**LEDGER, "as_read": pa.string()}
GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}
ACCURACIES_M = np.array(sorted(step * 10.0**power for power in range(1, 19) for step in (1, 3)))
FEW_VALUES = 8
"""So many values are looked for one by one among the rows."""
LARGEST_FILE_BYTES = 1 << 30
PARTITION = re.compile(r"release/date=([0-9]{4}-[0-9]{2}-[0-9]{2})/part-([0-9]{5})\.parquet")
SORTED_BY = ("officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code")


def check_contents(store: Path, log: AuditedLog, runs: list[AuditedEntry]) -> list[Check]:
    """3.1 columns and layout, 3.2 released values and order, 3.3 words and order, 3.4 every byte; group by group."""
    of_files = "files of release, ledger and quarantine"
    columns = CheckBuilder("3.1", "columns are those allowed", of_files, Unit.FILES)
    values = CheckBuilder(
        "3.2", "released values are as coarse as the policy says, and in order", "released rows", Unit.ROWS
    )
    words = CheckBuilder("3.3", "the ledger says reasons and nothing else", "rows of ledger and quarantine", Unit.ROWS)
    bytes_ = CheckBuilder("3.4", "every byte is accounted for", of_files, Unit.FILES)
    for run in runs:
        check_layout(columns, run)
    before: AuditedOutput | None = None
    last_row: pa.Table | None = None
    for output in outputs_of(store, log, runs):
        last_row = last_row if before is not None and before.folder == output.folder else None
        before = output
        with ExitStack() as looking:
            for check in (columns, values, words, bytes_):
                looking.enter_context(check.of_file(partial(getattr, output, "is_altered")))
            last_row = _check_file(output, columns, values if output.part == "release" else words, bytes_, last_row)
    _report_expired(log, runs, (columns, values, bytes_))
    return [
        columns.result(
            "names, types, metadata, and the split into files and row groups are those of the format and the policy"
        ),
        values.result("sorted, rounded, and cut to steps and classes; pseudonyms and points are well-formed"),
        words.result(
            explain(
                "each is a reason of the ledger or of the quarantine (docs/explanation/specification.md, {sections}),"
                " for a row of an input, in order; no row is there twice",
                sections=Label("sections 2 and 4"),
            )
        ),
        bytes_.result("pages and footer fill each file; dictionaries and statistics have only values of the rows"),
    ]


def _check_file(
    output: AuditedOutput, columns: CheckBuilder, rows: CheckBuilder, bytes_: CheckBuilder, last_row: pa.Table | None
) -> pa.Table | None:
    """Check one file; returns its last row where it is one of a release. ``last_row`` is that of the file before it."""
    file = _check_columns(output, columns)
    if file is None:
        rows.not_done("files with wrong columns were not read")
    else:
        with rows.reading(f"{output.where}: it cannot be read"):
            if output.part == "release":
                last_row = _check_values(output, file, rows, last_row)
            else:
                _check_words(output, file, rows)
    with bytes_.reading(f"{output.where}: it cannot be read"):
        _check_bytes(output, bytes_)
    return last_row


def _report_expired(log: AuditedLog, runs: list[AuditedEntry], checks: tuple[CheckBuilder, ...]) -> None:
    withdrawn, of_runs = log.withdrawn(), {run.run_id for run in runs}
    expired = sum(
        len(names - withdrawn.get(run_id, set())) for run_id, names in log.expired().items() if run_id in of_runs
    )
    for check in checks:
        if expired and not check.count:
            check.not_done(explain("expired files: {expired}", expired=Count(expired, Unit.FILES)))


def _check_columns(output: AuditedOutput, check: CheckBuilder) -> pq.ParquetFile | None:
    """The opened file; None where something is wrong with its columns, types, row groups or metadata."""
    check.add()
    try:
        file = pq.ParquetFile(output.path)
        wrong = _column_faults(output, file)
    except DAMAGED:
        wrong = ["it cannot be read as Parquet"]
    check.all_wrong(f"{output.where}: {what}" for what in wrong)
    return None if wrong else file


def _column_faults(output: AuditedOutput, file: pq.ParquetFile) -> list[str]:
    schema = file.schema_arrow
    wanted = {"release": RELEASED, "ledger": LEDGER, "quarantine": QUARANTINE}[output.part]
    extra = list(output.policy["release"]["extra_columns"]) if output.part == "release" else []
    wrong = []
    if schema.names != [*wanted, *extra]:
        wrong.append("it has other columns than those allowed, or in another order")
    elif any(schema.field(name).type != kind or schema.field(name).nullable for name, kind in wanted.items()):
        wrong.append("a column has another type than it must have, or allows missing values")
    if not groups_fit(output, file.metadata):
        wrong.append("its row groups are not split as the format requires")
    return [*wrong, *_metadata_faults(output, file)]


def _metadata_faults(output: AuditedOutput, file: pq.ParquetFile) -> Iterator[str]:
    metadata = dict(file.metadata.metadata or {})
    if output.part == "release":
        geo = metadata.pop(b"geo", b"")
        try:
            if json.loads(geo) != GEO or len(geo) != len(json.dumps(GEO)):
                yield "its GeoParquet metadata is not that of the format"
        except ValueError:
            yield "it has no GeoParquet metadata"
        if not PARTITION.fullmatch(output.name) or not _is_day(output.name):
            yield "it is not named by a day and a number"
    if metadata:
        yield f"it has metadata that the format does not have ({number_of(len(metadata), 'key')})"


def _is_day(name: str) -> bool:
    found = PARTITION.fullmatch(name)
    try:
        return bool(found and date.fromisoformat(found[1]))
    except ValueError:
        return False


def _check_values(
    output: AuditedOutput, file: pq.ParquetFile, check: CheckBuilder, last: pa.Table | None
) -> pa.Table | None:
    """Check a release, row group by row group, and return its last row.

    The order continues from one row group to the next, and from one file of a day to the next: ``last`` is the last row
    of the file before, or None.
    """
    first_row = 0
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group, columns=list(RELEASED), use_threads=False)
        check.add(rows.num_rows)
        for what, wrong in _value_faults(rows, output.policy):
            _report_rows(check, output, what, wrong, first_row)
        joined = rows if last is None else pa.concat_tables([last, rows])
        before = joined.num_rows - rows.num_rows
        _report_rows(check, output, "it is out of order", out_of_order(joined, SORTED_BY)[before:], first_row)
        if rows.num_rows:
            last = rows.slice(rows.num_rows - 1)
        first_row += rows.num_rows
    return last


def _report_rows(
    check: CheckBuilder, output: AuditedOutput, what: str, wrong: npt.NDArray[np.bool_], first_row: int
) -> None:
    at = np.flatnonzero(wrong)
    check.all_wrong((f"{output.where}, row {first_row + row}: {what}" for row in at[:MOST_LISTED].tolist()), len(at))


def _value_faults(rows: pa.Table, policy: Mapping[str, Any]) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Each rule, and the rows that break it. A value that is missing or not finite breaks it."""
    rules = policy["release"]
    lon, lat = (rows[name].to_numpy() for name in ("lon", "lat"))
    missing = np.zeros(rows.num_rows, np.bool_)
    for name in RELEASED:
        missing |= rows[name].is_null().to_numpy()
    yield "a value is missing", missing
    yield "the pseudonym is not 16 hex digits", ~_matches(rows["officer"], "^[0-9a-f]{16}$")
    yield "the time is not cut to the policy's step", _us(rows) % (int(rules["time_step_s"]) * 1_000_000) != 0
    for name, degrees, most in (("lon", lon, 180), ("lat", lat, 90)):
        yield f"{name} is not a rounded number of degrees", ~_is_rounded(degrees, int(rules["decimals"]), most)
    accuracy = rows["accuracy_m"].to_numpy()
    most_m = _class_m(float(policy["accuracy"]["max_m"]))
    yield "the accuracy is not one of its classes", ~(np.isin(accuracy, ACCURACIES_M) & (accuracy <= most_m))
    codes = pa.array(policy["duty"]["on_codes"], pa.string())
    yield "the duty code is not one of the policy's", ~pc.is_in(rows["duty_code"], codes).to_numpy()
    yield "the geometry is not the point of lon and lat", ~_is_point(rows["geometry"], lon, lat)


def _class_m(accuracy_m: float) -> float:
    """The class of an accuracy: the smallest that is not below it."""
    return float(ACCURACIES_M[np.searchsorted(ACCURACIES_M, accuracy_m, "left")])


def _matches(column: pa.ChunkedArray, pattern: str) -> npt.NDArray[np.bool_]:
    """Which texts a pattern matches; each distinct text is looked at once."""
    coded = column.combine_chunks().dictionary_encode()
    matched = pc.match_substring_regex(coded.dictionary, pattern).to_numpy(zero_copy_only=False)
    places = pc.fill_null(coded.indices, len(matched)).to_numpy()
    found: npt.NDArray[np.bool_] = np.append(matched, False).astype(np.bool_)[places]
    return found


def _us(rows: pa.Table) -> npt.NDArray[np.int64]:
    us: npt.NDArray[np.int64] = rows["observed_at"].cast(pa.int64()).to_numpy()
    return us


def _is_rounded(degrees: Floats, decimals: int, most: int) -> npt.NDArray[np.bool_]:
    """Whether each is the double nearest to a whole number of units of the last decimal, within ±``most``."""
    units = np.rint(degrees * 10.0**decimals)
    with np.errstate(invalid="ignore"):
        rounded: npt.NDArray[np.bool_] = (units / 10.0**decimals == degrees) & (np.abs(degrees) <= most)
    rounded &= (degrees != 0) | ~np.signbit(degrees)  # the format has only the positive zero
    return rounded


def _is_point(column: pa.ChunkedArray, lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
    """Whether each is the 21 bytes of a little-endian WKB point at lon and lat."""
    right: npt.NDArray[np.bool_] = pc.fill_null(pc.equal(pc.binary_length(column), 21), False).to_numpy().copy()
    if right.all() and len(right):
        raw = _bytes_of(column).reshape(-1, 21)
        right &= (raw[:, :5] == np.frombuffer(b"\x01\x01\0\0\0", np.uint8)).all(axis=1)
        right &= (raw[:, 5:13].copy().view("<f8")[:, 0] == lon) & (raw[:, 13:].copy().view("<f8")[:, 0] == lat)
    return right


def _bytes_of(column: pa.ChunkedArray) -> npt.NDArray[np.uint8]:
    """The bytes of all values, one after the other; none is missing."""
    found = [np.zeros(0, np.uint8)]
    for chunk in column.chunks:
        part = chunk.cast(pa.large_binary())
        edges = np.frombuffer(part.buffers()[1], np.int64)[part.offset : part.offset + len(part) + 1]
        found.append(np.frombuffer(part.buffers()[2] or b"", np.uint8)[edges[0] : edges[-1]])
    return np.concatenate(found)


def out_of_order(rows: pa.Table, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether each row is smaller than the row before it, by these columns in turn; a missing value is out of order."""
    wrong = np.zeros(rows.num_rows, np.bool_)
    same = np.ones(max(rows.num_rows - 1, 0), np.bool_)
    for name in columns:
        column = rows[name].combine_chunks()
        before, after = column.slice(0, len(column) - 1) if len(column) else column, column.slice(1)
        wrong[1:] |= same & pc.fill_null(pc.less(after, before), True).to_numpy(zero_copy_only=False)
        same &= pc.fill_null(pc.equal(after, before), False).to_numpy(zero_copy_only=False)
    return wrong


def _check_words(output: AuditedOutput, file: pq.ParquetFile, check: CheckBuilder) -> None:
    """Reasons are those of the contract, rows are rows of a ping file, and (file, row) rises, so no row is there twice.

    A row group of a ledger covers a fixed range of all input rows, so its place also restricts its rows.
    """
    coded = pq.ParquetFile(output.path, metadata=file.metadata, read_dictionary=["reason"])
    numbers, starts, counts = ping_files(output.run)
    last = -1
    first_row = 0
    for group in range(coded.num_row_groups):
        rows = coded.read_row_group(group, columns=list(LEDGER), use_threads=False)
        check.add(rows.num_rows)
        unknown = _is_unknown_reason(output, rows["reason"])
        _report_rows(check, output, "the reason is not a word of the contract", unknown, first_row)
        at = np.minimum(np.searchsorted(numbers, rows["file"].to_numpy()), max(len(numbers) - 1, 0))
        row = rows["row"].to_numpy()
        known = (numbers[at] == rows["file"].to_numpy()) & (row >= 0) & (row < counts[at])
        _report_rows(check, output, "it is not a row of an input", ~known, first_row)
        place = starts[at] + row
        low, high = rows_allowed(output, group)
        wrong = known & ((np.diff(place, prepend=last) <= 0) | (place < low) | (place >= high))
        _report_rows(check, output, "it is out of order, or there twice", wrong, first_row)
        last = int(place[-1]) if len(place) else last
        first_row += rows.num_rows


def _is_unknown_reason(output: AuditedOutput, reasons: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Whether each reason is not a word of the contract; each distinct reason is compared once."""
    allowed = pa.array(QUARANTINED if output.part == "quarantine" else REASONS)
    wrong = [np.zeros(0, np.bool_)]
    for chunk in reasons.chunks:
        known = pc.is_in(chunk.dictionary, allowed).to_numpy(zero_copy_only=False)
        wrong.append(~known[chunk.indices.to_numpy()] if not known.all() else np.zeros(len(chunk), np.bool_))
    return np.concatenate(wrong)


def _check_bytes(output: AuditedOutput, check: CheckBuilder) -> None:
    check.add()
    if output.path.stat().st_size > LARGEST_FILE_BYTES:
        check.wrong(f"{output.where}: it is larger than any file of the filter")
        return
    try:
        walked = walk(output.path.read_bytes())
        for what in _byte_faults(output, walked):
            check.wrong(f"{output.where}: {what}")
    except UnreadableBytesError as error:
        check.wrong(f"{output.where}: {error}")


def _byte_faults(output: AuditedOutput, walked: ByteWalk) -> Iterator[str]:
    """Dictionaries and statistics may have only values that some row has; the reasons may all be in a dictionary."""
    if output.part == "ledger" and any(chunk.statistics for chunk in walked.chunks):
        yield "the ledger has statistics"
    if walked.created_by != f"parquet-cpp-arrow version {output.run.document['versions']['pyarrow']}".encode():
        yield "the version of its writer is not the one that the entry gives"
    file = pq.ParquetFile(output.path)  # texts are read as such: then Arrow looks at each place in a dictionary
    for chunk in walked.chunks:
        if not chunk.dictionary and not chunk.statistics:
            continue
        rows = file.read_row_group(chunk.group, columns=[chunk.column], use_threads=False)[chunk.column].drop_null()
        words = {word.encode() for word in (*REASONS, *QUARANTINED)} if _may_have_all_reasons(output, chunk) else set()
        if _of_no_row({*chunk.dictionary} - words, rows):
            yield f"a dictionary of {chunk.column} in row group {chunk.group} has a value that no row has"
        zeros = ZEROS if chunk.statistics & ZEROS and pa.types.is_floating(rows.type) and _has_zero(rows) else set()
        if _of_no_row(chunk.statistics - words - zeros, rows):
            yield f"statistics of {chunk.column} in row group {chunk.group} have a value that no row has"


def _may_have_all_reasons(output: AuditedOutput, chunk: ColumnChunk) -> bool:
    return chunk.column == "reason" and output.part != "release"


def _has_zero(column: pa.ChunkedArray) -> bool:
    return len(_of_no_row(ZEROS, column)) < len(ZEROS)


def _of_no_row(values: Collection[bytes], column: pa.ChunkedArray) -> set[bytes]:
    """Which values, in the bytes of Parquet's plain encoding, no row of a column has; none of its values is missing."""
    if not values:
        return set()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    kind = column.type
    if len(values) <= FEW_VALUES and pa.types.is_binary(kind):
        return {value for value in values if pc.index(column, pa.scalar(value, kind)).as_py() < 0}
    if len(values) <= FEW_VALUES and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        bits = column.to_numpy().view(f"u{kind.bit_width // 8}")
        sought = {value: np.frombuffer(value, bits.dtype) if len(value) == bits.itemsize else None for value in values}
        return {value for value, one in sought.items() if one is None or not (bits == one).any()}
    return set(values) - _plain_values(column)


def _plain_values(column: pa.ChunkedArray) -> set[bytes]:
    """The distinct values, each as the bytes that Parquet's plain encoding gives it."""
    distinct = pc.unique(column)
    if pa.types.is_string(distinct.type) or pa.types.is_binary(distinct.type):
        return {value if isinstance(value, bytes) else value.encode() for value in distinct.to_pylist()}
    if pa.types.is_timestamp(distinct.type):
        distinct = distinct.cast(pa.int64())
    raw = distinct.to_numpy(zero_copy_only=False)
    width = raw.dtype.itemsize
    packed = raw.tobytes()
    return {packed[at : at + width] for at in range(0, len(packed), width)}
