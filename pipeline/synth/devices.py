"""Makes the devices: to whom each is assigned on record, who truly carries it, and how its clock is set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from offduty.synth.arrays import DAY_S, Floats, Ints
from offduty.synth.geography import Land
from offduty.synth.rng import RandomStream
from offduty.synth.world import World

Assignment: TypeAlias = tuple[int, int, int | None, int | None]
"""Device, officer, from_s and to_s; None for an open end."""

ALWAYS_S = 10**10  # after every interval; negative, before every interval
OFF_AROUND_HANDOVER_S = 2 * 3_600


@dataclass
class CustodyLists:
    """Lists that grow while devices are made: who carries a device (`carried`), and to whom it is `assigned`."""

    carried: list[tuple[int, int, int, int]] = field(default_factory=list)  # device, officer, from_s, to_s
    assigned: list[Assignment] = field(default_factory=list)


@dataclass(frozen=True)
class DeviceFleet:
    """Devices in the order in which they report within each step; `carried` is by device, then time, without gaps.

    Officer numbers from `len(people)` on are not people: a drawer in each station, and last "nowhere" (switched off).
    """

    ids: list[str]
    phase_ms: Ints  # when within a step each reports; ascending
    skew_ms: Ints
    carried: Ints  # (n, 4): device, officer, from_s, to_s
    assigned: list[Assignment]

    def __len__(self) -> int:
        return len(self.ids)


def make_devices(world: World, land: Land) -> DeviceFleet:
    """One device for each officer, and also second, shared, handed over, late registered and spare devices."""
    rng = RandomStream(world.seed, "devices")
    handed = _some(world, world.habits.handed_over, rng)
    custody = CustodyLists()
    late = set(_some(world, world.habits.handed_over, rng)) - set(handed)
    for officer in range(world.officers):
        if officer not in handed:
            custody.carried.append((officer, officer, -ALWAYS_S, ALWAYS_S))
            # Some are registered only after a day and a half of the interval: carried, but unassigned until then.
            custody.assigned.append((officer, officer, DAY_S * 3 // 2 if officer in late else None, None))
    count = _hand_over(world, land, handed, custody, rng)
    count = _more_devices(world, land, count, custody, rng)
    return _in_phase(world, count, custody, rng)


def _some(world: World, share: float, rng: RandomStream) -> list[int]:
    """About `share` of the officers, at least one where the share is not 0; none of fewer than four officers."""
    if share <= 0 or world.officers < 4:
        return []
    return sorted({int(k) for k in rng.below(world.officers, max(1, round(world.officers * share)))})


def _hand_over(world: World, land: Land, handed: list[int], custody: CustodyLists, rng: RandomStream) -> int:
    """Give each of these devices to another officer at some noon, and a spare to its first carrier. Returns the next
    free device number.
    """
    noons = (rng.below(max(world.days - 1, 1), len(handed)) * DAY_S + DAY_S // 2).tolist()
    takers = rng.below(world.officers - 1, len(handed))
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


def _more_devices(world: World, land: Land, count: int, custody: CustodyLists, rng: RandomStream) -> int:
    """Add second devices, devices that are assigned to two officers at once, and one that is always in a drawer.
    Returns the number of devices.
    """
    for officer in _some(world, world.habits.second_device, rng):
        count = _assign([officer], count, custody)
    for first in _some(world, world.habits.shared, rng):
        count = _assign([first, (first + 1) % world.officers], count, custody)
    custody.carried.append((count, world.officers + int(rng.below(len(land.stations), 1)[0]), -ALWAYS_S, ALWAYS_S))
    return count + 1


def _assign(officers: list[int], device: int, custody: CustodyLists) -> int:
    """Assign a device to all of these officers; the first truly carries it. Returns the next free device number."""
    custody.carried.append((device, officers[0], -ALWAYS_S, ALWAYS_S))
    custody.assigned += [(device, officer, None, None) for officer in officers]
    return device + 1


def _in_phase(world: World, count: int, custody: CustodyLists, rng: RandomStream) -> DeviceFleet:
    """Number the devices by the time at which they report in each step, so that the pings of a step are in order."""
    phase_ms = rng.below(world.every_s * 1_000, count)
    order = np.argsort(phase_ms, kind="stable")
    number = np.empty(count, dtype=np.int64)
    number[order] = np.arange(count)
    carried = np.array(custody.carried, dtype=np.int64)
    carried[:, 0] = number[carried[:, 0]]
    carried = carried[np.lexsort((carried[:, 2], carried[:, 0]))]
    assigned: list[Assignment] = [(int(number[d]), o, since_s, until_s) for d, o, since_s, until_s in custody.assigned]
    assigned.sort(key=lambda row: (row[0], row[2] or 0, row[1]))
    ids = [f"device-{k:05d}" for k in order.tolist()]
    return DeviceFleet(ids, phase_ms[order], _skews_ms(count, rng), carried, assigned)


def _skews_ms(count: int, rng: RandomStream) -> Ints:
    """Clocks are right within half a second; one in fifty is wrong by up to two minutes."""
    reach_ms: Floats = np.where(rng.chance(0.02, count), 120_000.0, 500.0)
    skew_ms: Floats = reach_ms * rng.uniform(-1, 1, count)
    return skew_ms.astype(np.int64)
