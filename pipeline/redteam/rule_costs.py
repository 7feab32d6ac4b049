"""The price as a line of its own: for each world and rule what is kept of the positions at work, what hides the rest.

What a rule hides is the difference between two runs, one with it and one without it, beginning with the policy that
`offduty init` proposes: first the hold is taken away, then the rule about silences, then the places for everyone, then
the rule of legs. What is left is split by whether the duty was ever visible at a site (threat-model#price).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from offduty.redteam import force_worlds, stricter_rules
from offduty.redteam.attacker_view import Flags
from offduty.redteam.attacks.adaptive import NO_SILENCE_S
from offduty.redteam.force_worlds import POLICIES, QUIET, WORLDS
from offduty.redteam.ground_truth import ForceTruth, TrueRows, duty_of
from offduty.redteam.results import ResultRow
from offduty.redteam.run_filter import PolicyChanges
from offduty.synth import Habits

AT_WORK = ("station", "court", "training", "beat")
HOMEWARD = ("home", "other_home", "commute", "lunch_leg", "lunch_home")
NOT_ON_DUTY = ("", "unassigned", "shared", "off_duty", "late_edit", "window_open")
AT_SITE_M = 120.0
INIT = "what init proposes"
PRICED: dict[str, Habits] = {
    "station start": replace(QUIET, home_for_lunch=0.0),
    "mixed force": Habits(),
    "home start": Habits(starts_at_home=1.0),
    "beat round home": Habits(stops_all_round=1.0),
    "lunch, silent at home": WORLDS["60 m"],
    "dozing phones": Habits(dozes=1.0),
}
"""Worlds whose price is measured. *Mixed force* is the default force of `offduty synth`."""
STEPS: tuple[tuple[str, PolicyChanges], ...] = (
    ("hold", {**POLICIES[INIT], "hold_s": 0}),
    ("silence", {**POLICIES[INIT], "hold_s": 0, "max_gap_s": NO_SILENCE_S}),
)


@dataclass(frozen=True)
class CostSetup:
    """Which world, its size, and the seed."""

    world: str
    officers: int
    days: int = 3
    every_s: int = 60
    seed: int = 7

    def row(self, rule: str, words: str) -> ResultRow:
        """A row of the price: `finding` has the figures."""
        attack = "price of rules"
        return ResultRow(attack, self.world, rule, self.officers, self.days, self.every_s, self.seed, finding=words)


def cost_rows(folder: Path, setup: CostSetup) -> Iterator[ResultRow]:
    """A row for each policy, for what hides the rest by the policy that `init` proposes, and for a rule that is only
    proposed.
    """
    force_worlds.make_force(folder, setup.officers, setup.days, setup.seed, PRICED[setup.world], setup.every_s)
    for name, changes in POLICIES.items():
        found = rows_of(force_worlds.under(folder, changes, name))
        yield setup.row(name, f"{_released(found)}; {_homeward(found)}")
    yield setup.row(f"{INIT}: what hides the rest", "; ".join(_shares(folder, setup)))
    yield setup.row("proposed: no hold where duty begins or ends at a site", _gentler(folder))


def rows_of(force: ForceTruth) -> TrueRows:
    """The truth about every row of a force; `ValueError` where it has none."""
    if force.true_rows is None:
        raise ValueError("a made-up force has its truth")
    return force.true_rows


def at_work(rows: TrueRows) -> Flags:
    """Which rows are of somebody who was on duty, by the ledger, and truly at work."""
    return ~np.isin(rows.reason, NOT_ON_DUTY) & np.isin(rows.state, AT_WORK)


def share_released(rows: TrueRows) -> float:
    """The share of the positions at work that is released."""
    some = at_work(rows)
    return float((rows.reason[some] == "on_duty").mean()) if some.any() else 0.0


def _released(rows: TrueRows) -> str:
    return f"{100 * share_released(rows):.1f} % kept"


def _homeward(rows: TrueRows) -> str:
    hidden = rows.state[rows.reason == "home_leg"]
    share = 100 * float(np.isin(hidden, HOMEWARD).mean()) if len(hidden) else 0.0
    return f"of what is hidden as home_leg {share:.1f} % was truly on the way to or from a home, or there"


def _shares(folder: Path, setup: CostSetup) -> Iterator[str]:
    """What hides each part of the positions at work, in percent of them."""
    init = rows_of(force_worlds.read(folder, folder / "store-whatinitproposes"))
    kept = [share_released(init)]
    for name, changes in STEPS:
        kept.append(share_released(rows_of(force_worlds.under(folder, changes, f"without {name}"))))
        yield f"{name} {100 * (kept[-1] - kept[-2]):.1f}"
    _only_personal(folder)
    without = force_worlds.under(folder, STEPS[-1][1], "without places for everyone")
    kept.append(share_released(rows_of(without)))
    yield f"contact with a place for everyone {100 * (kept[-1] - kept[-2]):.1f}"
    never = _never_at_a_site(without)
    legs = (rows_of(without).reason == "home_leg") & at_work(rows_of(without))
    whole = max(int(at_work(rows_of(without)).sum()), 1)
    yield f"contact with a personal place, or no anchor before or after {100 * int((legs & ~never).sum()) / whole:.1f}"
    yield f"never visible at a site {100 * int((legs & never).sum()) / whole:.1f}"
    for reason in ("protected_place", "imprecise", "no_home"):
        found = (init.reason == reason) & at_work(init)
        yield f"{reason} {100 * int(found.sum()) / max(int(at_work(init).sum()), 1):.1f}"


def _only_personal(folder: Path) -> None:
    """Take the places for everyone out of the job."""
    path = folder / "places.geojson"
    places = json.loads(path.read_text())
    places["features"] = [one for one in places["features"] if one["properties"].get("officer_id")]
    path.write_text(json.dumps(places))


def _never_at_a_site(force: ForceTruth) -> Flags:
    """Which rows belong to a duty of which no row on duty lies at a site."""
    rows, roster = rows_of(force), force.roster
    if roster is None:
        raise ValueError("a made-up force has its roster")
    near = np.zeros(len(rows.who), bool)
    for x_m, y_m in force.sites_m:
        near |= np.hypot(rows.x_m - x_m, rows.y_m - y_m) <= AT_SITE_M
    near &= np.isin(rows.reason, ("on_duty", "home_leg"))
    key = rows.who * (int(roster.duty.max()) + 2) + duty_of(rows.who, rows.t_s, roster)
    with_site = np.unique(key[near])
    return ~np.isin(key, with_site)


def _gentler(folder: Path) -> str:
    """What the proposed rule would keep: of a release without a hold the rows of the first and last minutes stay where
    the duty begins, or ends, at a site.
    """
    without = force_worlds.read(folder, folder / "store-withouthold")
    held = force_worlds.read(folder, folder / "store-whatinitproposes")
    if without.roster is None:
        raise ValueError("a made-up force has its roster")
    at_site = stricter_rules.site_ends(without.scenario().pings, without.roster, without.sites_m)
    left = stricter_rules.hold_unless_at_site(without.visible, without.roster, at_site, 900.0)
    whole = max(len(held.visible), 1)
    share = share_released(rows_of(held)) * len(left) / whole
    return f"{100 * share:.1f} % kept, about"
