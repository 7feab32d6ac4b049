"""Determines custody from the assignments: when a device was assigned to one officer, and when to several.

What grants is read narrowly: only an assignment of exactly this device gives custody, from the latest instant at which
it may begin to the earliest at which it may end. What hides is read widely: whoever may have held the device, or one
whose id looks like it, is a holder (specification#ids, specification#custody).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from offduty.arrays.arrow import Bools, Ints, to_arrow, to_ints
from offduty.arrays.concatenated_ranges import concatenated_ranges
from offduty.arrays.sweep import CoveredStretches, joined, sweep
from offduty.core.errors import OwnerlessRowError
from offduty.core.id_columns import IdColumn, coded_ids
from offduty.core.ids import KeyOf, lookalike_key
from offduty.core.instants import FOREVER_US, NEVER_US
from offduty.core.refusal import Refusal
from offduty.core.times import LocalTime, Times, read_times

TABLE = "assignments"
SHARED = -1
HELD, CERTAIN, TIMELY, UNUSABLE = 1, 2, 3, 4  # columns of weights; the first column is the officer
LOOKALIKE = "another device_id looks like this one: whoever holds either device holds both"


@dataclass(frozen=True)
class KnownAssignments:
    """The assignments that were known at ``as_of``, one element for each row.

    ``there`` is the place of each row in the table. ``families`` numbers the lookalike keys of the devices.
    ``wide`` is the interval in which the officer may have held the device, ``narrow`` the one in which that is certain.
    ``timely_us`` is the first instant at which the row was recorded in time, ``doubtful`` says that it may have been
    recorded after ``as_of``.
    """

    there: Ints
    device: Ints
    family: Ints
    families: dict[str, int]
    officer: Ints
    officers: list[str]
    wide: tuple[Ints, Ints]
    narrow: tuple[Ints, Ints]
    timely_us: Ints
    doubtful: Bools
    always_bad: Bools
    bad: Bools


@dataclass(frozen=True)
class Custody:
    """Disjoint stretches `[from_us, to_us)` of devices, sorted by device and time.

    In a stretch the device was assigned to ``officer`` alone, or, where ``officer`` is `SHARED`, to several. ``late``
    is True where the assignment was recorded too late to count at the instant. Outside of the stretches, and for any
    other device, it was assigned to nobody.

    ``devices`` and ``officers`` give the numbers of the ids. ``lookalikes`` gives, by lookalike key, the number of the
    device that stands for all other ids with that key: they have no custody of their own, but the same holders.
    ``unknown_yet`` is how many rows were recorded after ``as_of``; ``reported`` are rows whose device has a lookalike.
    ``rows`` is how many rows were there, ``readable_rows`` how many of them can be read, and
    ``timeless`` says that some have no record time. ``known`` are the rows that were there.
    """

    devices: dict[str, int]
    lookalikes: dict[str, int]
    officers: dict[str, int]
    device: Ints
    from_us: Ints
    to_us: Ints
    officer: Ints
    late: Bools
    known: KnownAssignments = field(repr=False)
    refused: tuple[Refusal, ...]
    reported: tuple[Refusal, ...] = ()
    unknown_yet: int = 0
    rows: int = 0
    readable_rows: int = 0
    timeless: bool = False

    @property
    def count(self) -> int:
        """The number of devices, those that stand for lookalikes included."""
        return len(self.devices) + len(self.lookalikes)


def settle_custody(
    rows: pa.Table,
    local: LocalTime,
    as_of_us: int = FOREVER_US,
    tolerance_us: int = 0,
    key_of: KeyOf = lookalike_key,
) -> Custody:
    """The custody of all devices; ``rows`` has ``file``, ``row`` and the contract's columns as text.

    ``local`` says what times without an offset mean, ``key_of`` which ids look alike. An assignment whose officer
    cannot be read makes its device, and its lookalikes, unassigned for its time, and one whose times cannot be read at
    all times (specification#bad-assignment). An end before its start cannot be read, an end equal to its start is an
    empty interval, and a missing end is open. A row recorded after ``as_of`` is not there.
    Raises `OwnerlessRowError` for a row without a device (specification#row-without-owner).
    """
    written = rows.num_rows
    recorded_at = read_times(rows["recorded_at"], local)
    there = np.flatnonzero(~(recorded_at.read & (recorded_at.early > as_of_us)))
    recorded, rows = recorded_at.take(there), rows.take(to_arrow(there, pa.int64()))
    device, officer = coded_ids(rows["device_id"]), coded_ids(rows["officer_id"])
    begin, end = read_times(rows["valid_from"], local), read_times(rows["valid_to"], local)
    file, row = to_ints(rows["file"].cast(pa.int64()), -1), to_ints(rows["row"], -1)
    faults = _faults(officer, begin, end, recorded)
    _stop_without_device(device, file, row)
    keys: dict[str, int] = {}
    family = device.keys(key_of, keys)
    bad = np.logical_or.reduce([where for where, _ in faults])
    known = KnownAssignments(
        there=there,
        device=device.codes,
        family=family,
        families=keys,
        officer=officer.codes,
        officers=officer.texts,
        wide=(begin.early, np.where(end.missing, FOREVER_US, end.until)),
        narrow=(begin.late, np.where(end.missing, FOREVER_US, end.early)),
        timely_us=_timely(recorded, as_of_us, tolerance_us),
        doubtful=recorded.read & (recorded.until > as_of_us),
        always_bad=np.logical_or.reduce([where for where, _ in faults[1:]]),
        bad=bad,
    )
    members = _members(device, known, len(keys))
    parts = _by_device(known, members)
    return Custody(
        devices=device.numbers,
        lookalikes={key: len(device.texts) + number for key, number in keys.items()},
        officers=officer.numbers,
        device=parts.owner,
        from_us=parts.from_us,
        to_us=parts.to_us,
        officer=parts.sums[:, 0],
        late=parts.sums[:, 1] > 0,
        refused=tuple(sorted(_refusals(faults, file, row))),
        reported=_lookalikes(device, family, file, row),
        unknown_yet=written - len(there),
        rows=len(there),
        readable_rows=int((~bad).sum()),
        timeless=bool(recorded.missing.any()),
        known=known,
    )


def _faults(officer: IdColumn, begin: Times, end: Times, recorded: Times) -> list[tuple[Bools, str]]:
    """What cannot be read, and why. The first fault makes the device unassigned for the time of the row, the others
    at all times.
    """
    return [
        (officer.missing, "officer_id is missing or cannot be read"),
        (~begin.read, "valid_from cannot be read"),
        (~end.read & ~end.missing, "valid_to cannot be read"),
        (end.before(begin), "it ends before it starts"),
        (~recorded.read & ~recorded.missing, "recorded_at cannot be read"),
    ]


def _timely(recorded: Times, as_of_us: int, tolerance_us: int) -> Ints:
    """The first instant at which each row was recorded in time; `FOREVER_US` where it was not certainly recorded by
    ``as_of``. A row without a record time counts at all times (specification#late-custody).
    """
    since = np.where(recorded.until <= as_of_us, recorded.until - tolerance_us, FOREVER_US)
    return np.where(recorded.read, since, NEVER_US)


def _refusals(faults: list[tuple[Bools, str]], file: Ints, row: Ints) -> list[Refusal]:
    return [
        Refusal(TABLE, int(file[i]), int(row[i]), why) for where, why in faults for i in np.flatnonzero(where).tolist()
    ]


def _lookalikes(device: IdColumn, family: Ints, file: Ints, row: Ints) -> tuple[Refusal, ...]:
    """The rows whose device has a lookalike among the devices of the table."""
    pairs = np.unique(np.column_stack([device.codes, family]), axis=0)
    sizes = np.bincount(pairs[:, 1], minlength=int(family.max(initial=0)) + 1)
    alike = np.flatnonzero(sizes[family] > 1).tolist()
    return tuple(Refusal(TABLE, int(file[i]), int(row[i]), LOOKALIKE) for i in alike)


def _stop_without_device(device: IdColumn, file: Ints, row: Ints) -> None:
    ownerless = np.flatnonzero(device.missing)
    if len(ownerless):
        i = ownerless[0]
        raise OwnerlessRowError(
            "device_id is missing or cannot be read: the row may hide something and does not name whose."
            " Correct or remove it, then run again",
            number=int(file[i]),
            row=int(row[i]),
        )


@dataclass(frozen=True)
class _Members:
    """Which devices belong to each family of lookalikes: ``device[i]`` to ``family[i]``, sorted by family.

    Each family has one more device, which stands for all ids of it that are not in the assignments.
    """

    family: Ints
    device: Ints

    def of(self, families: Ints) -> tuple[Ints, Ints]:
        """The devices of each of these families, and for each the index of its family in ``families``."""
        first = np.searchsorted(self.family, families, "left")
        counts = np.searchsorted(self.family, families, "right") - first
        return self.device[concatenated_ranges(first, counts)], np.repeat(np.arange(len(families)), counts)


def _members(device: IdColumn, known: KnownAssignments, families: int) -> _Members:
    pairs = (
        np.unique(np.column_stack([known.family, known.device]), axis=0)
        if len(known.device)
        else np.zeros((0, 2), np.int64)
    )
    stand_ins = np.arange(families)
    family = np.concatenate([pairs[:, 0], stand_ins])
    member = np.concatenate([pairs[:, 1], len(device.texts) + stand_ins])
    order = np.argsort(family, kind="stable")
    return _Members(family[order], member[order])


def _by_device(known: KnownAssignments, members: _Members) -> CoveredStretches:
    """The stretches of each device; the first sum is the officer, or `SHARED`, the second is 1 for late custody."""
    holders = _holders(known)
    held, nth = members.of(holders.owner)
    good = ~known.bad & (known.timely_us < FOREVER_US)
    unusable, bad = members.of(known.family[known.bad])
    timely = np.maximum(known.narrow[0], known.timely_us)
    laid = _overlaid(
        [
            (held, holders.from_us[nth], holders.to_us[nth], _holding(holders.sums[nth, 0])),
            (known.device[good], known.narrow[0][good], known.narrow[1][good], _flags(CERTAIN, int(good.sum()))),
            (known.device[good], timely[good], known.narrow[1][good], _flags(TIMELY, int(good.sum()))),
            (unusable, _bad_from(known)[bad], _bad_to(known)[bad], _flags(UNUSABLE, len(unusable))),
        ]
    )
    officer, held_at, certain, in_time, unreadable = laid.sums.T
    shared = (officer == SHARED) & (held_at > 0)
    proven = shared | ((held_at > 0) & (certain > 0))
    mine = proven & (unreadable == 0)
    label = np.column_stack([officer, (~shared & (in_time == 0)).astype(np.int64)])[mine]
    parts = laid.only(mine)
    return joined(CoveredStretches(parts.owner, parts.from_us, parts.to_us, label), label)


Claims = tuple[Ints, Ints, Ints, npt.NDArray[np.int64]]
"""Owners, beginnings, ends and weights of intervals."""


def _overlaid(claims: list[Claims]) -> CoveredStretches:
    owner, from_us, to_us, weights = (np.concatenate(part) for part in zip(*claims, strict=True))
    return sweep(owner, from_us, to_us, weights)


def _holding(officer: Ints) -> npt.NDArray[np.int64]:
    """The weights of stretches in which a device is held: the officer, and 1."""
    weights = _flags(HELD, len(officer))
    weights[:, 0] = officer
    return weights


def _flags(column: int, count: int) -> npt.NDArray[np.int64]:
    """Weights of 1 in one column, and 0 in the others."""
    weights = np.zeros((count, 5), np.int64)
    weights[:, column] = 1
    return weights


def _bad_from(known: KnownAssignments) -> Ints:
    """From when on each bad row makes its devices unassigned."""
    return np.where(known.always_bad, NEVER_US, known.wide[0])[known.bad]


def _bad_to(known: KnownAssignments) -> Ints:
    return np.where(known.always_bad, FOREVER_US, known.wide[1])[known.bad]


def _holders(known: KnownAssignments) -> CoveredStretches:
    """The stretches of each family of devices; the sum is the one officer who may have held one of them, or `SHARED`.

    First the assignments of each pair of family and officer are joined, because an officer with two assignments is one
    officer. Then the pairs of each family are overlaid.
    """
    good = ~known.bad
    family, officer = known.family[good], known.officer[good]
    width = int(officer.max(initial=0)) + 1
    pairs = sweep(
        family * width + officer, known.wide[0][good], known.wide[1][good], np.zeros((int(good.sum()), 1), np.int64)
    )
    pairs = joined(pairs, pairs.sums)
    weights = np.column_stack([pairs.owner % width, np.ones(len(pairs.owner), np.int64)])
    overlaid = sweep(pairs.owner // width, pairs.from_us, pairs.to_us, weights)
    assigned = np.where(overlaid.sums[:, 1] == 1, overlaid.sums[:, 0], SHARED)[:, None]
    return joined(CoveredStretches(overlaid.owner, overlaid.from_us, overlaid.to_us, assigned), assigned)
