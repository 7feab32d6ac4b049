"""Pings as they are judged: some rows of one file as columns, whatever the form of the file (SPEC 2)."""

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
    """Some rows of one file of pings, by their place in it from 0.

    `device` numbers the devices that were ever held; all others are the number after the last. `at_us` is `NO_TIME`
    where no instant can be read, `lon`, `lat` and `accuracy_m` are NaN where nothing can; a missing accuracy is the
    assumed one, where the policy assumes one.
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
        """Some of its rows."""
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
    """The devices that were ever held, to look others up among them."""

    known: pa.Array

    @classmethod
    def of(cls, devices: Mapping[str, int]) -> DeviceLookup:
        """In their numbers' order."""
        return cls(pa.array(list(devices), pa.string()))

    def look_up(self, column: pa.Array) -> tuple[Indices, Bools]:
        """For each row the device's number, and whether the row names a device at all."""
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        texts = coded.dictionary.cast(pa.string())
        found = np.asarray(pc.fill_null(pc.index_in(texts, value_set=self.known), len(self.known)))
        said = truths(pc.greater(pc.utf8_length(pc.utf8_trim(texts, BLANKS)), 0))
        at = np.asarray(pc.fill_null(coded.indices, len(texts))).astype(np.int64)
        return np.append(found, len(self.known)).astype(np.int32)[at], np.append(said, False)[at]


def truths(column: pa.Array) -> Bools:
    """An Arrow column of truths; what is missing is not true."""
    return np.asarray(pc.fill_null(column, False).cast(pa.uint8())).astype(np.bool_)


def times_of(column: pa.Array) -> Ints:
    """A column of instants, timestamps of any unit or text, in microseconds; what is finer is cut."""
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


def figures_of(column: pa.Array) -> Floats:
    """A column of numbers as doubles; NaN where there is none."""
    return np.asarray(pc.fill_null(column.cast(pa.float64(), safe=False), np.nan))


def accuracies_of(column: pa.Array, rules: Rules) -> Floats:
    """A column of accuracies; a missing one is what the policy assumes, or NaN."""
    figures = figures_of(column)
    if rules.assumed_m is None or not column.null_count:
        return figures
    return np.where(truths(column.is_valid()), figures, rules.assumed_m)
