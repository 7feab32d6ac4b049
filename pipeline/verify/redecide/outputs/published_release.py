"""Reads the release as it was published, row by row, and marks rows with values that no released ping can have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.errors import InputError
from offduty.verify.redecide.ingest.arrow_values import truths
from offduty.verify.redecide.ingest.extra_columns import hashed
from offduty.verify.redecide.ingest.input_streams import UNREADABLE
from offduty.verify.redecide.ingest.recorded import outputs_of
from offduty.verify.redecide.model import Bools, Floats, Ints, RunCase
from offduty.verify.redecide.outputs.coarsening import CLASSES, CoarseRows, degrees
from offduty.verify.redecide.rules import Rules

BATCH_ROWS = 1 << 19
COLUMNS = ("officer", "observed_at", "lon", "lat", "accuracy_m", "duty_code", "geometry")
POINT = bytes([1, 1, 0, 0, 0])


@dataclass(frozen=True)
class ReleaseBatch:
    """Rows of one file of the release: the day of its folder, officers and values; `good` rows can be compared."""

    name: str
    day: str
    first_row: int
    officers: list[str | None]
    officer: Ints
    coarse: CoarseRows
    good: Bools


def read_release(case: RunCase, rules: Rules, codes: dict[str, int]) -> Iterator[ReleaseBatch]:
    """All rows of all files that have not expired. Raises `InputError` where one cannot be read.

    A row is not good if its instant is not a whole step, its position is not rounded, its accuracy is not a class, its
    duty code is unknown, its geometry is not the rounded point, or a value is missing.
    """
    for name in outputs_of(case, "release"):
        if name not in case.expired:
            yield from _rows(case, name, rules, codes)


def rows_in(case: RunCase, name: str) -> int:
    """How many rows a file of the release has, by its footer."""
    try:
        return int(pq.read_metadata(case.run / name).num_rows)
    except UNREADABLE as error:
        raise InputError("the file cannot be read as a release", file=name) from error


def _rows(case: RunCase, name: str, rules: Rules, codes: dict[str, int]) -> Iterator[ReleaseBatch]:
    day = name.split("/")[1].removeprefix("date=")
    row = 0
    try:
        file = pq.ParquetFile(case.run / name, read_dictionary=["officer", "duty_code"])
        for batch in file.iter_batches(BATCH_ROWS, columns=[*COLUMNS, *rules.extra]):
            yield _batch(name, day, row, batch, rules, codes)
            row += batch.num_rows
    except (*UNREADABLE, KeyError) as error:
        raise InputError("the file cannot be read as a release", file=name) from error


def _batch(name: str, day: str, row: int, batch: pa.RecordBatch, rules: Rules, codes: dict[str, int]) -> ReleaseBatch:
    complete = np.ones(batch.num_rows, np.bool_)
    for column in COLUMNS:
        complete &= truths(batch[column].is_valid())
    officers, officer = _coded(batch["officer"])
    words, word = _coded(batch["duty_code"])
    code = np.array([codes.get(text or "", -1) for text in words] + [-1], np.int64)[word]
    micros = np.asarray(batch["observed_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).fill_null(0))
    lon, lat, accuracy_m = (np.asarray(batch[column].fill_null(np.nan)) for column in ("lon", "lat", "accuracy_m"))
    lon_units, lon_good = _units(lon, rules.decimals)
    lat_units, lat_good = _units(lat, rules.decimals)
    of_class = np.minimum(np.searchsorted(CLASSES, accuracy_m), len(CLASSES) - 1)
    good = (
        complete & lon_good & lat_good & (CLASSES[of_class] == accuracy_m) & (code >= 0) & (micros % rules.step_us == 0)
    )
    good &= _is_point(batch["geometry"], lon, lat)
    extra = hashed([batch[column] for column in rules.extra], batch.num_rows)
    coarse = CoarseRows(micros // rules.step_us, lon_units, lat_units, of_class, code, extra)
    return ReleaseBatch(name, day, row, officers, officer, coarse, good)


def _coded(column: pa.Array) -> tuple[list[str | None], Ints]:
    """The distinct texts of a column, None last, and for each row the place of its text."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = coded.dictionary.to_pylist()
    return [*texts, None], np.asarray(coded.indices.fill_null(len(texts))).astype(np.int64)


def _units(value: Floats, decimals: int) -> tuple[Ints, Bools]:
    """Degrees as units of the last decimal, and whether they are exactly whole units, to the last bit."""
    units = np.rint(np.nan_to_num(value * 10.0**decimals, nan=0.0, posinf=0.0, neginf=0.0))
    return units.astype(np.int64), degrees(units.astype(np.int64), decimals) == value


def _is_point(geometry: pa.Array, lon: Floats, lat: Floats) -> Bools:
    """Whether each geometry is the little-endian WKB of the row's own position, byte for byte."""
    good = np.zeros(len(lon), np.bool_)
    values = geometry.cast(pa.large_binary())
    offsets = np.frombuffer(values.buffers()[1], np.int64)[values.offset : values.offset + len(values) + 1]
    right = np.flatnonzero(np.diff(offsets) == len(POINT) + 16)
    if not len(right):
        return good
    data = np.frombuffer(values.buffers()[2], np.uint8)
    bytes_: npt.NDArray[np.uint8] = data[offsets[right][:, None] + np.arange(len(POINT) + 16)]
    expected = np.column_stack([lon[right], lat[right]]).astype("<f8").view(np.uint8).reshape(-1, 16)
    good[right] = (bytes_[:, :5] == np.frombuffer(POINT, np.uint8)).all(axis=1) & (bytes_[:, 5:] == expected).all(
        axis=1
    )
    return good
