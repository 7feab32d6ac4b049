"""The devices: who is on record as holding each, who truly carries it, and how its clock is set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from offduty.synth.arrays import DAY_S, Floats, Ints
from offduty.synth.geography import Land
from offduty.synth.rng import RandomStream
from offduty.synth.world import World

Assignment: TypeAlias = tuple[int, int, int | None, int | None]  # device, officer, from_s, to_s; None: open

ALWAYS_S = 10**10  # beyond any interval
OFF_AROUND_HANDOVER_S = 2 * 3_600


@dataclass
class CustodyLists:
    """Lists that grow while devices are made: what is true (`carried`) and what is on record (`assigned`)."""

    carried: list[tuple[int, int, int, int]] = field(default_factory=list)  # device, officer, from_s, to_s
    assigned: list[Assignment] = field(default_factory=list)


@dataclass(frozen=True)
class DeviceFleet:
    """Devices in the order in which they report within each step; `carried` is by device, then time, without gaps.

    "Officers" from `len(people)` on are not people: a drawer in each station, and last of all nowhere (switched off).
    """

    ids: list[str]
    phase_ms: Ints  # when within a step each reports; ascending
    skew_ms: Ints
    carried: Ints  # (n, 4): device, officer, from_s, to_s
    assigned: list[Assignment]

    def __len__(self) -> int:
        return len(self.ids)


def make_devices(world: World, land: Land) -> DeviceFleet:
    """One device for each officer, and beside them second, shared, handed over, late registered and spare ones."""
    dice = RandomStream(world.seed, "devices")
    handed = _some(world, world.habits.handed_over, dice)
    custody = CustodyLists()
    late = set(_some(world, world.habits.handed_over, dice)) - set(handed)
    for officer in range(world.officers):
        if officer not in handed:
            custody.carried.append((officer, officer, -ALWAYS_S, ALWAYS_S))
            # Some are only put on record a day and a half into the interval: unassigned until then, though carried.
            custody.assigned.append((officer, officer, DAY_S * 3 // 2 if officer in late else None, None))
    count = _hand_over(world, land, handed, custody, dice)
    count = _more_devices(world, land, count, custody, dice)
    return _in_phase(world, count, custody, dice)


def _some(world: World, share: float, dice: RandomStream) -> list[int]:
    """About `share` of the officers, and one at least where the share is not 0; none among fewer than four."""
    if share <= 0 or world.officers < 4:
        return []
    return sorted({int(k) for k in dice.below(world.officers, max(1, round(world.officers * share)))})


def _hand_over(world: World, land: Land, handed: list[int], custody: CustodyLists, dice: RandomStream) -> int:
    """Each of these devices goes to another officer at some noon; its old holder gets a spare."""
    noons = (dice.below(max(world.days - 1, 1), len(handed)) * DAY_S + DAY_S // 2).tolist()
    takers = dice.below(world.officers - 1, len(handed))
    nowhere, spare = world.officers + len(land.stations), world.officers
    for device, noon_s, taker in zip(handed, noons, takers.tolist(), strict=True):
        other = taker + (taker >= device)
        off_s, on_s = noon_s - OFF_AROUND_HANDOVER_S, noon_s + OFF_AROUND_HANDOVER_S
        custody.carried += [(device, device, -ALWAYS_S, off_s), (device, nowhere, off_s, on_s)]
        custody.carried += [(device, other, on_s, ALWAYS_S)]
        custody.carried += [(spare, nowhere, -ALWAYS_S, on_s), (spare, device, on_s, ALWAYS_S)]
        custody.assigned += [(device, device, None, noon_s), (device, other, noon_s, None), (spare, device, on_s, None)]
        spare += 1
    return spare


def _more_devices(world: World, land: Land, count: int, custody: CustodyLists, dice: RandomStream) -> int:
    """Second devices, devices that two officers hold at once on record, and one that lies in a drawer all the time."""
    for holders in ([k] for k in _some(world, world.habits.second_device, dice)):
        count = _carried_by(holders, count, custody)
    for first in _some(world, world.habits.shared, dice):
        count = _carried_by([first, (first + 1) % world.officers], count, custody)
    custody.carried.append((count, world.officers + int(dice.below(len(land.stations), 1)[0]), -ALWAYS_S, ALWAYS_S))
    return count + 1


def _carried_by(holders: list[int], device: int, custody: CustodyLists) -> int:
    """The first holder truly carries the device; all of them are on record. Returns the next free device."""
    custody.carried.append((device, holders[0], -ALWAYS_S, ALWAYS_S))
    custody.assigned += [(device, holder, None, None) for holder in holders]
    return device + 1


def _in_phase(world: World, count: int, custody: CustodyLists, dice: RandomStream) -> DeviceFleet:
    """The devices numbered anew by the moment at which they report, so that a step's pings come in time order."""
    phase_ms = dice.below(world.every_s * 1_000, count)
    order = np.argsort(phase_ms, kind="stable")
    number = np.empty(count, dtype=np.int64)
    number[order] = np.arange(count)
    carried = np.array(custody.carried, dtype=np.int64)
    carried[:, 0] = number[carried[:, 0]]
    carried = carried[np.lexsort((carried[:, 2], carried[:, 0]))]
    assigned: list[Assignment] = [(int(number[d]), o, since_s, until_s) for d, o, since_s, until_s in custody.assigned]
    assigned.sort(key=lambda row: (row[0], row[2] or 0, row[1]))
    ids = [f"device-{k:05d}" for k in order.tolist()]
    return DeviceFleet(ids, phase_ms[order], _skews_ms(count, dice), carried, assigned)


def _skews_ms(count: int, dice: RandomStream) -> Ints:
    """Clocks are right to half a second; one in fifty is off by up to two minutes either way."""
    reach_ms: Floats = np.where(dice.chance(0.02, count), 120_000.0, 500.0)
    skew_ms: Floats = reach_ms * dice.uniform(-1, 1, count)
    return skew_ms.astype(np.int64)
