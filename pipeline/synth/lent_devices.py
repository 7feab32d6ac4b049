"""Makes who truly carries a device on a day on which a ghost has lent it to a colleague."""

from __future__ import annotations

import numpy as np

from offduty.synth.arrays import Ints
from offduty.synth.departures import Ghost
from offduty.synth.shift_pattern import DayShifts
from offduty.synth.world import World

AROUND_S = 1_800  # it is handed over so long before the shift, and switched off for as long


def carried_with_lent(world: World, carried: Ints, shifts: DayShifts, nowhere: int) -> Ints:
    """`DeviceFleet.carried` with the shifts in which a ghost's devices are with a colleague. `nowhere` is the number of
    what carries a device that is switched off.
    """
    for officer in np.flatnonzero(shifts.ghost == Ghost.LENT).tolist():
        start_s, end_s = (int(world.instant_s(minutes[officer])) for minutes in (shifts.start_min, shifts.end_min))
        with_whom = (
            (nowhere, start_s - 2 * AROUND_S, start_s - AROUND_S),
            (int(shifts.lent_to[officer]), start_s - AROUND_S, end_s + AROUND_S),
            (nowhere, end_s + AROUND_S, end_s + 2 * AROUND_S),
        )
        for carrier, from_s, to_s in with_whom:
            carried = _instead(carried, officer, carrier, from_s, to_s)
    return carried[np.lexsort((carried[:, 2], carried[:, 0]))]


def _instead(carried: Ints, officer: int, carrier: int, from_s: int, to_s: int) -> Ints:
    """The rows with another carrier for what the officer carries in an interval."""
    mine = (carried[:, 1] == officer) & (carried[:, 2] < to_s) & (carried[:, 3] > from_s)
    rows = carried[mine]
    before, within, after = rows.copy(), rows.copy(), rows.copy()
    before[:, 3], after[:, 2] = from_s, to_s
    within[:, 1] = carrier
    within[:, 2], within[:, 3] = np.maximum(rows[:, 2], from_s), np.minimum(rows[:, 3], to_s)
    whole = np.concatenate([carried[~mine], before, within, after])
    return whole[whole[:, 3] > whole[:, 2]]
