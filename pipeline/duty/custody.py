"""Settles custody: who alone held which device, and when two did (SPEC 2, 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints, one_chunk, to_ints
from offduty.arrays.dictionary import DictionaryColumn, coded
from offduty.arrays.sweep import CoveredStretches, joined, sweep
from offduty.core.errors import OwnerlessRowError
from offduty.core.instants import FOREVER_US, instants
from offduty.core.refusal import Refusal

SHARED = -1


@dataclass(frozen=True)
class Custody:
    """Disjoint stretches of devices, sorted: ``officer`` held the device alone, or SHARED: several did.

    ``devices`` and ``officers`` number the ids; in between stretches, and for any other device, nobody held it.
    """

    devices: dict[str, int]
    officers: dict[str, int]
    device: Ints
    from_us: Ints
    to_us: Ints
    officer: Ints
    refused: tuple[Refusal, ...]


def settle_custody(rows: pa.Table) -> Custody:
    """Who held each device when; ``rows`` has ``file``, ``row`` and the contract's columns as text.

    An assignment whose officer or times cannot be read is refused and makes its device nobody's throughout; an end
    before its start cannot be read, an end equal to it is an empty interval, and none is open. Wholly empty rows are
    passed over. Raises `OwnerlessRowError` for a row without a device: it would hide something and does not say whose.
    """
    device, officer = coded(rows["device_id"]), coded(rows["officer_id"])
    begin, end = instants(one_chunk(rows["valid_from"])), instants(one_chunk(rows["valid_to"]))
    file, row = to_ints(rows["file"].cast(pa.int64()), -1), to_ints(rows["row"], -1)
    written = ~(device.missing & officer.missing & begin.missing & end.missing)
    to_us = np.where(end.missing, FOREVER_US, end.us)
    faults = _faults(officer.missing, begin.read, end.read | end.missing, begin.read & (end.read & (end.us < begin.us)))
    _stop_at_nobodys(device, written, file, row)
    bad = written & np.logical_or.reduce([where for where, _ in faults])
    refused = tuple(sorted(_refusals(faults, written, file, row)))
    spoilt = np.zeros(len(device.texts) + 1, np.bool_)
    spoilt[device.codes[bad]] = True
    good = written & ~spoilt[device.codes]
    held = _alone(device.codes[good], officer.codes[good], begin.us[good], to_us[good])
    return Custody(
        devices={text: i for i, text in enumerate(device.texts)},
        officers={text: i for i, text in enumerate(officer.texts)},
        device=held.owner,
        from_us=held.from_us,
        to_us=held.to_us,
        officer=held.sums[:, 0],
        refused=refused,
    )


def _faults(no_officer: Bools, begins: Bools, ends: Bools, backwards: Bools) -> list[tuple[Bools, str]]:
    return [
        (no_officer, "officer_id is missing"),
        (~begins, "valid_from cannot be read"),
        (~ends, "valid_to cannot be read"),
        (backwards, "it ends before it starts"),
    ]


def _refusals(faults: list[tuple[Bools, str]], written: Bools, file: Ints, row: Ints) -> list[Refusal]:
    return [
        Refusal("assignments", int(file[i]), int(row[i]), why)
        for where, why in faults
        for i in np.flatnonzero(where & written).tolist()
    ]


def _stop_at_nobodys(device: DictionaryColumn, written: Bools, file: Ints, row: Ints) -> None:
    nobodys = np.flatnonzero(written & device.missing)
    if len(nobodys):
        i = nobodys[0]
        raise OwnerlessRowError(
            "device_id is missing; the row may hide something and does not say whose. Correct or remove it, then run again",
            number=int(file[i]),
            row=int(row[i]),
        )


def _alone(device: Ints, officer: Ints, from_us: Ints, to_us: Ints) -> CoveredStretches:
    """First each pair's own time (an officer who is entered twice is one officer), then who shares a device with whom."""
    width = int(officer.max(initial=0)) + 1
    pairs = sweep(device * width + officer, from_us, to_us, np.zeros((len(device), 1), np.int64))
    pairs = joined(pairs, pairs.sums)
    weights = np.column_stack([pairs.owner % width, np.ones(len(pairs.owner), np.int64)])
    held = sweep(pairs.owner // width, pairs.from_us, pairs.to_us, weights)
    holder = np.where(held.sums[:, 1] == 1, held.sums[:, 0], SHARED)[:, None]
    return joined(CoveredStretches(held.owner, held.from_us, held.to_us, holder), holder)
