"""The masks that people use today, applied to a stream: what each lets an analyst see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from offduty.redteam.attacker_view import Flags, Floats, KnownDuties, VisibleRows
from offduty.redteam.scenarios import DeviceStream, Scenario, near_home
from offduty.synth.rng import RandomStream

RECORDED_M = 40.0  # the radius of a home on record
BUFFER_M = 200.0  # the policy's


@dataclass(frozen=True)
class Mask:
    """A mask: its name in the tables, what it does in words, the radius it states (None: no circle), and how it is
    done.
    """

    name: str
    does: str
    fence_m: float | None
    apply: Callable[[Scenario], VisibleRows]


def visible_rows(scenario: Scenario, which: Flags, x_m: Floats | None = None, y_m: Floats | None = None) -> VisibleRows:
    """The kept pings, at the positions given or their own."""
    pings = scenario.pings
    x_m, y_m = pings.x_m if x_m is None else x_m, pings.y_m if y_m is None else y_m
    columns = (pings.who, pings.duty, pings.t_s, x_m, y_m, pings.accuracy_m)
    taken: list[Any] = [column[which] for column in columns]
    return VisibleRows.in_order(*[*taken, scenario.setup.officers])


def _rng(scenario: Scenario, purpose: str) -> RandomStream:
    return RandomStream(
        scenario.setup.seed, f"mask-{purpose}", scenario.setup.officers, scenario.setup.duties, scenario.setup.every_s
    )


def no_mask(scenario: Scenario) -> VisibleRows:
    """Every ping, as it is."""
    return visible_rows(scenario, np.ones(len(scenario.pings), bool))


def circle(scenario: Scenario) -> VisibleRows:
    """All but what lies within 200 m of home."""
    return visible_rows(scenario, ~near_home(scenario.pings, scenario.homes_m, 200.0))


def moved_circle(scenario: Scenario) -> VisibleRows:
    """All but what lies in a circle of 500 m whose centre was moved at random, once, so that home is still inside."""
    rng, count = _rng(scenario, "moved"), scenario.setup.officers
    angle, away_m = rng.uniform(0, 2 * np.pi, count), 400.0 * np.sqrt(rng.uniform(0, 1, count))
    centre = scenario.homes_m + away_m[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return visible_rows(scenario, ~near_home(scenario.pings, centre, 500.0))


def _in_cell(pings: DeviceStream, homes_m: Floats, about_m: float) -> Flags:
    low = np.floor(homes_m / 1_000.0)[pings.who] * 1_000.0 - about_m
    high = low + 1_000.0 + 2 * about_m
    east, north = (
        (pings.x_m >= low[:, 0]) & (pings.x_m < high[:, 0]),
        (pings.y_m >= low[:, 1]) & (pings.y_m < high[:, 1]),
    )
    return np.asarray(east & north)


def cell(scenario: Scenario) -> VisibleRows:
    """All but what lies in home's cell of a fixed grid of 1 km."""
    return visible_rows(scenario, ~_in_cell(scenario.pings, scenario.homes_m, 0.0))


def wide_cell(scenario: Scenario) -> VisibleRows:
    """All but what lies in home's cell of 1 km or within 500 m of its sides."""
    return visible_rows(scenario, ~_in_cell(scenario.pings, scenario.homes_m, 500.0))


def donut(scenario: Scenario) -> VisibleRows:
    """Every ping, moved by 100 to 200 m in a direction of chance, each time anew."""
    rng, count = _rng(scenario, "donut"), len(scenario.pings)
    angle, away_m = rng.uniform(0, 2 * np.pi, count), rng.uniform(100, 200, count)
    moved = scenario.pings.x_m + away_m * np.cos(angle), scenario.pings.y_m + away_m * np.sin(angle)
    return visible_rows(scenario, np.ones(count, bool), *moved)


def on_shift(pings: DeviceStream, roster: KnownDuties) -> Flags:
    """Which pings were taken between the roster's start and end."""
    width = int(roster.duty.max(initial=0)) + 1
    entry = pings.who * width + pings.duty  # rosters of compact worlds are by officer, then duty
    return np.asarray((pings.t_s >= roster.start_s[entry]) & (pings.t_s < roster.end_s[entry]))


def shifts_less_fence(scenario: Scenario) -> VisibleRows:
    """What was sent on shift, but for what lies within the recorded home and 200 m about it."""
    fence = near_home(scenario.pings, scenario.homes_m, RECORDED_M + BUFFER_M)
    return visible_rows(scenario, on_shift(scenario.pings, scenario.roster) & ~fence)


MASKS = (
    Mask("none", "everything, as sent", None, no_mask),
    Mask("circle 200 m", "all but a circle of 200 m about home", 200.0, circle),
    Mask("circle 500 m, moved", "all but a circle of 500 m, moved at random with home inside", 500.0, moved_circle),
    Mask("cell 1 km", "all but home's cell of a fixed 1 km grid", None, cell),
    Mask("cell 1 km + 500 m", "all but that cell and 500 m about it", None, wide_cell),
    Mask("donut 100-200 m", "every ping moved by 100 to 200 m", None, donut),
    Mask(
        "shifts less fence",
        "what was sent on shift, less the fence about home",
        RECORDED_M + BUFFER_M,
        shifts_less_fence,
    ),
)
