"""Pings as columns: some rows of one file in one form, whatever the format of the file (specification#table-pings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from offduty.verify.redecide.declarations import DeclaredColumn
from offduty.verify.redecide.ingest.arrow_values import is_text, something_written, texts_of, truths
from offduty.verify.redecide.ingest.declared_numbers import multiplied, multiplied_numbers
from offduty.verify.redecide.ingest.declared_times import declared_times, kind_of
from offduty.verify.redecide.ingest.lookalikes import likeness
from offduty.verify.redecide.ingest.wall_times import TableZone, certain_instants
from offduty.verify.redecide.model import Bools, Floats, Indices, Ints
from offduty.verify.redecide.rules import Rules
from offduty.verify.redecide.text_values import FIRST_US, LAST_US, NO_TIME, Form, blank, instants, numbers, read_id

VALID_WORDS = frozenset({"true", "t", "yes", "y", "1", "a", "valid"})
UNNAMED = -1
AHEAD_US = 60_000_000
"""So much later than it was received a ping may say that it was observed."""


@dataclass(frozen=True)
class PingColumns:
    """Some rows of one ping file, with their numbers in it from 0.

    `device` is the number of the device (see `DeviceLookup`). `at_us` is `NO_TIME` where no instant can be read; `lon`,
    `lat` and `accuracy_m` are NaN where no number can be read. A missing accuracy is the assumed one, where the policy
    assumes one. `ahead` rows were observed later than they were received, `no_fix` rows say that they have no fix.
    """

    file: int
    row: Ints
    device: Indices
    named: Bools
    at_us: Ints
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    ahead: Bools
    no_fix: Bools

    def take(self, at: Ints) -> PingColumns:
        """The rows at these places."""
        return PingColumns(self.file, *(getattr(self, each.name)[at] for each in fields(self)[1:]))


@dataclass(frozen=True)
class DeviceLookup:
    """Finds the numbers of devices: of those that were ever assigned, and of those that only look like one of them.

    A device that neither was assigned nor looks like one has the number after the last.
    """

    known: Mapping[str, int]
    alike: Mapping[str, int]
    """The number for other devices, by their likeness; empty where lookalikes are different things."""
    nobodys: int

    def look_up(self, column: pa.Array) -> tuple[Indices, Bools]:
        """For each row the number of its device, and whether the row names a device at all."""
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        numbers = np.append(self._numbers(coded.dictionary), UNNAMED)
        found = numbers[np.asarray(pc.fill_null(coded.indices, len(numbers) - 1))]
        return np.where(found == UNNAMED, self.nobodys, found).astype(np.int32), found != UNNAMED

    def _numbers(self, values: pa.Array) -> Ints:
        """The numbers of the devices that different values name; most values are the id itself, and need no reading."""
        numbers = np.full(len(values), UNNAMED, np.int64)
        left = np.ones(len(values), np.bool_)
        if is_text(values.type):
            names, of_names = self._names
            at = np.asarray(pc.fill_null(pc.index_in(values.cast(pa.string()), names), -1))
            left = at < 0
            numbers[~left] = of_names[at[~left]]
        for place, text in zip(np.flatnonzero(left).tolist(), texts_of(values.filter(pa.array(left))), strict=True):
            number = self._number(text)
            numbers[place] = UNNAMED if number is None else number
        return numbers

    @cached_property
    def _names(self) -> tuple[pa.Array, Ints]:
        """The ids of the known devices, and their numbers; without those that are no Unicode, which Arrow refuses."""
        known = {name: number for name, number in self.known.items() if _is_unicode(name)}
        return pa.array(list(known), pa.string()), np.array(list(known.values()), np.int64)

    def _number(self, text: str | None) -> int | None:
        """The number of the device that a text names; None where it names none."""
        name = read_id(text)
        if name is None:
            return None
        known = self.known.get(name)
        return self.alike.get(likeness(name), self.nobodys) if known is None else known


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _distinct(column: pa.Array) -> tuple[list[str | None], Ints]:
    """The different values of a column as text, a missing one as the last, and for each row the place of its own."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = texts_of(coded.dictionary)
    return [*texts, None], np.asarray(pc.fill_null(coded.indices, len(texts))).astype(np.int64)


def without_fix(column: pa.Array) -> Bools:
    """Which rows say that they have no fix: something is written, and it is not a word for a valid one."""
    texts, at = _distinct(column)
    return np.array([not blank(text) and str(text).lower() not in VALID_WORDS for text in texts], np.bool_)[at]


def observed_ahead(at_us: Ints, received_us: Ints) -> Bools:
    """Which pings say that they were observed more than a minute after they were received."""
    return np.asarray((at_us != NO_TIME) & (received_us != NO_TIME) & (at_us > received_us + AHEAD_US))


def times_of(column: pa.Array, how: DeclaredColumn, zones: TableZone) -> Ints:
    """A column of times as microseconds since 1970: timestamps of any unit, text, or what is declared.

    `NO_TIME` where no instant can be read, or two; finer fractions are truncated. Raises `NoOffsetError` where some
    have no offset and no zone is declared (specification#no-offset).
    """
    if not how.form:
        return _instants_of(column, zones)
    us, kind = declared_times(column, how.form), kind_of(how.form)
    if kind is Form.DAY:
        return np.full(len(us), NO_TIME, np.int64)
    return us if kind is Form.INSTANT else certain_instants(us, us != NO_TIME, zones)


def _instants_of(column: pa.Array, zones: TableZone) -> Ints:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if not pa.types.is_timestamp(kind):
        return certain_instants(*instants(column.cast(pa.string())), zones)
    missing = truths(column.is_null())
    counts = np.asarray(pc.fill_null(column.cast(pa.int64()), 0))
    per_us = {"s": (1, 1_000_000), "ms": (1, 1_000), "us": (1, 1), "ns": (1_000, 1)}[kind.unit]
    far = np.abs(counts // per_us[0]) > np.iinfo(np.int64).max // 2 // per_us[1]
    micros = np.where(far, NO_TIME, counts // per_us[0]) * np.where(far, 1, per_us[1])
    micros = np.where(missing | (micros < FIRST_US) | (micros >= LAST_US), NO_TIME, micros)
    return micros if kind.tz else certain_instants(micros, micros != NO_TIME, zones)


def numbers_of(column: pa.Array, how: DeclaredColumn) -> Floats:
    """A column of numbers, or of text, as doubles in the unit of the contract; NaN where none can be read."""
    if is_text(column.type):
        texts = column.cast(pa.string())
        return multiplied(texts, how.unit) if how.unit else numbers(texts)
    if how.unit:
        return multiplied_numbers(column, how.unit)
    return np.asarray(pc.fill_null(column.cast(pa.float64(), safe=False), np.nan))


def written(column: pa.Array) -> Bools:
    """Which rows of a column have something written."""
    return something_written([column], len(column))


def accuracies(values: Floats, missing: Bools, rules: Rules) -> Floats:
    """Accuracies in metres; a missing one is what the policy assumes, or NaN (specification#accuracy-when-missing)."""
    if rules.zero_is_missing:
        missing = missing | (values == 0)
    return np.where(missing, np.nan if rules.assumed_m is None else rules.assumed_m, values)
