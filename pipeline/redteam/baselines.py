"""The masks that people use today, applied to a stream: what an analyst can see behind each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from offduty.redteam.attacker_view import Flags, Floats, KnownDuties, VisibleRows
from offduty.redteam.scenarios import RECORDED_M, DeviceStream, Scenario, near_home
from offduty.synth.rng import RandomStream

BUFFER_M = 200.0  # the buffer of the default policy


@dataclass(frozen=True)
class Mask:
    """A mask: its name in the tables, its stated radius (None: not a circle), and its code."""

    name: str
    fence_m: float | None
    apply: Callable[[Scenario], VisibleRows]


def visible_rows(scenario: Scenario, which: Flags, x_m: Floats | None = None, y_m: Floats | None = None) -> VisibleRows:
    """These pings of a scenario, at their own positions or at the given ones."""
    pings = scenario.pings
    x_m, y_m = pings.x_m if x_m is None else x_m, pings.y_m if y_m is None else y_m
    columns = (pings.who, pings.duty, pings.t_s, x_m, y_m, pings.accuracy_m)
    taken: list[Any] = [column[which] for column in columns]
    return VisibleRows.in_order(*[*taken, scenario.setup.officers])


def _rng(scenario: Scenario, purpose: str) -> RandomStream:
    setup = scenario.setup
    return RandomStream(setup.seed, f"mask-{purpose}", setup.officers, setup.duties, setup.every_s)


def no_mask(scenario: Scenario) -> VisibleRows:
    """Every ping, unchanged."""
    return visible_rows(scenario, np.ones(len(scenario.pings), bool))


def circle(scenario: Scenario) -> VisibleRows:
    """Hides what is within 200 m of home."""
    return visible_rows(scenario, ~near_home(scenario.pings, scenario.homes_m, 200.0))


def moved_circle(scenario: Scenario) -> VisibleRows:
    """Hides a circle of 500 m. Its centre was moved at random, once, and home is still inside."""
    rng, count = _rng(scenario, "moved"), scenario.setup.officers
    angle, away_m = rng.uniform(0, 2 * np.pi, count), 400.0 * np.sqrt(rng.uniform(0, 1, count))
    centre = scenario.homes_m + away_m[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return visible_rows(scenario, ~near_home(scenario.pings, centre, 500.0))


def _in_cell(pings: DeviceStream, homes_m: Floats, about_m: float) -> Flags:
    """Which pings are in the cell of 1 km of their officer's home, or within `about_m` of its sides."""
    low = np.floor(homes_m / 1_000.0)[pings.who] * 1_000.0 - about_m
    high = low + 1_000.0 + 2 * about_m
    in_column = (pings.x_m >= low[:, 0]) & (pings.x_m < high[:, 0])
    in_row = (pings.y_m >= low[:, 1]) & (pings.y_m < high[:, 1])
    return np.asarray(in_column & in_row)


def cell(scenario: Scenario) -> VisibleRows:
    """Hides home's cell of a fixed grid of 1 km."""
    return visible_rows(scenario, ~_in_cell(scenario.pings, scenario.homes_m, 0.0))


def wide_cell(scenario: Scenario) -> VisibleRows:
    """Hides home's cell of 1 km, and 500 m on each side of it."""
    return visible_rows(scenario, ~_in_cell(scenario.pings, scenario.homes_m, 500.0))


def donut(scenario: Scenario) -> VisibleRows:
    """Every ping, moved by 100 to 200 m in a random direction, each time again."""
    rng, count = _rng(scenario, "donut"), len(scenario.pings)
    angle, away_m = rng.uniform(0, 2 * np.pi, count), rng.uniform(100, 200, count)
    moved = scenario.pings.x_m + away_m * np.cos(angle), scenario.pings.y_m + away_m * np.sin(angle)
    return visible_rows(scenario, np.ones(count, bool), *moved)


def on_shift(pings: DeviceStream, roster: KnownDuties) -> Flags:
    """Which pings were taken between the roster's start and end."""
    width = int(roster.duty.max(initial=0)) + 1
    entry = pings.who * width + pings.duty  # the roster's entries are sorted by officer, then duty
    return np.asarray((pings.t_s >= roster.start_s[entry]) & (pings.t_s < roster.end_s[entry]))


def shifts_less_fence(scenario: Scenario) -> VisibleRows:
    """Shows what was sent on shift, except within the recorded home and 200 m around it."""
    fence = near_home(scenario.pings, scenario.homes_m, RECORDED_M + BUFFER_M)
    return visible_rows(scenario, on_shift(scenario.pings, scenario.roster) & ~fence)


MASKS = (
    Mask("none", None, no_mask),
    Mask("circle 200 m", 200.0, circle),
    Mask("circle 500 m, moved", 500.0, moved_circle),
    Mask("cell 1 km", None, cell),
    Mask("cell 1 km + 500 m", None, wide_cell),
    Mask("donut 100-200 m", None, donut),
    Mask("shifts less fence", RECORDED_M + BUFFER_M, shifts_less_fence),
)
