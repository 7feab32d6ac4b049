"""Determines custody from the assignments: when a device was assigned to one officer, and when to several."""

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
    """Disjoint stretches `[from_us, to_us)` of devices, sorted by device and time.

    In a stretch the device was assigned to ``officer`` alone, or, where ``officer`` is `SHARED`, to several. Outside of
    the stretches, and for any other device, it was assigned to nobody. ``devices`` and ``officers`` give the numbers of
    the ids.
    """

    devices: dict[str, int]
    officers: dict[str, int]
    device: Ints
    from_us: Ints
    to_us: Ints
    officer: Ints
    refused: tuple[Refusal, ...]


def settle_custody(rows: pa.Table) -> Custody:
    """The custody of all devices; ``rows`` has ``file``, ``row`` and the contract's columns as text.

    An assignment whose officer or times cannot be read is refused, and its device is assigned to nobody at all times
    (specification#bad-assignment). An end before its start cannot be read, an end equal to its start is an empty
    interval (specification#end-before-start), and a missing end is open. Empty rows are ignored. Raises
    `OwnerlessRowError` for a row without a device (specification#row-without-owner).
    """
    device, officer = coded(rows["device_id"]), coded(rows["officer_id"])
    begin, end = instants(one_chunk(rows["valid_from"])), instants(one_chunk(rows["valid_to"]))
    file, row = to_ints(rows["file"].cast(pa.int64()), -1), to_ints(rows["row"], -1)
    written = ~(device.missing & officer.missing & begin.missing & end.missing)
    to_us = np.where(end.missing, FOREVER_US, end.us)
    faults = _faults(officer.missing, begin.read, end.read | end.missing, begin.read & (end.read & (end.us < begin.us)))
    _stop_without_device(device, written, file, row)
    bad = written & np.logical_or.reduce([where for where, _ in faults])
    refused = tuple(sorted(_refusals(faults, written, file, row)))
    unusable = np.zeros(len(device.texts) + 1, np.bool_)
    unusable[device.codes[bad]] = True
    good = written & ~unusable[device.codes]
    stretches = _by_device(device.codes[good], officer.codes[good], begin.us[good], to_us[good])
    return Custody(
        devices={text: i for i, text in enumerate(device.texts)},
        officers={text: i for i, text in enumerate(officer.texts)},
        device=stretches.owner,
        from_us=stretches.from_us,
        to_us=stretches.to_us,
        officer=stretches.sums[:, 0],
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


def _stop_without_device(device: DictionaryColumn, written: Bools, file: Ints, row: Ints) -> None:
    ownerless = np.flatnonzero(written & device.missing)
    if len(ownerless):
        i = ownerless[0]
        raise OwnerlessRowError(
            "device_id is missing: the row may hide something and does not name whose."
            " Correct or remove it, then run again",
            number=int(file[i]),
            row=int(row[i]),
        )


def _by_device(device: Ints, officer: Ints, from_us: Ints, to_us: Ints) -> CoveredStretches:
    """The stretches of each device; the sum is the officer, or `SHARED`.

    First the assignments of each pair of device and officer are joined, because an officer with two assignments is one
    officer. Then the pairs of each device are overlaid.
    """
    width = int(officer.max(initial=0)) + 1
    pairs = sweep(device * width + officer, from_us, to_us, np.zeros((len(device), 1), np.int64))
    pairs = joined(pairs, pairs.sums)
    weights = np.column_stack([pairs.owner % width, np.ones(len(pairs.owner), np.int64)])
    overlaid = sweep(pairs.owner // width, pairs.from_us, pairs.to_us, weights)
    assigned = np.where(overlaid.sums[:, 1] == 1, overlaid.sums[:, 0], SHARED)[:, None]
    return joined(CoveredStretches(overlaid.owner, overlaid.from_us, overlaid.to_us, assigned), assigned)
