"""Pings as columns: some rows of one file in one form, whatever the format of the file (specification#table-pings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.verify.redecide.model import Bools, Floats, Indices, Ints
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import BLANKS, FIRST_US, LAST_US, NO_TIME, instants

NEEDED = ("device_id", "observed_at", "lon", "lat")


@dataclass(frozen=True)
class PingColumns:
    """Some rows of one ping file, with their numbers in it from 0.

    `device` is the number of the device; devices that were never assigned share the number after the last. `at_us` is
    `NO_TIME` where no instant can be read; `lon`, `lat` and `accuracy_m` are NaN where no number can be read. A missing
    accuracy is the assumed one, where the policy assumes one.
    """

    file: int
    row: Ints
    device: Indices
    named: Bools
    at_us: Ints
    lon: Floats
    lat: Floats
    accuracy_m: Floats

    def take(self, at: Ints) -> PingColumns:
        """The rows at these places."""
        return PingColumns(
            self.file,
            self.row[at],
            self.device[at],
            self.named[at],
            self.at_us[at],
            self.lon[at],
            self.lat[at],
            self.accuracy_m[at],
        )


@dataclass(frozen=True)
class DeviceLookup:
    """Finds the numbers of devices, among those that were ever assigned."""

    known: pa.Array

    @classmethod
    def of(cls, devices: Mapping[str, int]) -> DeviceLookup:
        """From the devices in the order of their numbers."""
        return cls(pa.array(list(devices), pa.string()))

    def look_up(self, column: pa.Array) -> tuple[Indices, Bools]:
        """For each row the number of its device, and whether the row names a device at all."""
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        texts = coded.dictionary.cast(pa.string())
        found = np.asarray(pc.fill_null(pc.index_in(texts, value_set=self.known), len(self.known)))
        named = truths(pc.greater(pc.utf8_length(pc.utf8_trim(texts, BLANKS)), 0))
        at = np.asarray(pc.fill_null(coded.indices, len(texts))).astype(np.int64)
        return np.append(found, len(self.known)).astype(np.int32)[at], np.append(named, False)[at]


def truths(column: pa.Array) -> Bools:
    """A boolean Arrow column as numpy; a missing value is False."""
    return np.asarray(pc.fill_null(column, False).cast(pa.uint8())).astype(np.bool_)


def times_of(column: pa.Array) -> Ints:
    """A column of timestamps of any unit, or of text, as microseconds since 1970; finer fractions are truncated."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if not pa.types.is_timestamp(kind):
        return instants(column.cast(pa.string()))
    missing = truths(column.is_null())
    counts = np.asarray(pc.fill_null(column.cast(pa.int64()), 0))
    per_us = {"s": (1, 1_000_000), "ms": (1, 1_000), "us": (1, 1), "ns": (1_000, 1)}[kind.unit]
    far = np.abs(counts // per_us[0]) > np.iinfo(np.int64).max // 2 // per_us[1]
    micros = np.where(far, NO_TIME, counts // per_us[0]) * np.where(far, 1, per_us[1])
    return np.where(missing | (micros < FIRST_US) | (micros >= LAST_US), NO_TIME, micros)


def doubles_of(column: pa.Array) -> Floats:
    """A column of numbers as doubles; NaN where a value is missing."""
    return np.asarray(pc.fill_null(column.cast(pa.float64(), safe=False), np.nan))


def accuracies_of(column: pa.Array, rules: Rules) -> Floats:
    """A column of accuracies in metres; a missing one is what the policy assumes, or NaN."""
    values = doubles_of(column)
    if rules.assumed_m is None or not column.null_count:
        return values
    return np.where(truths(column.is_valid()), values, rules.assumed_m)
