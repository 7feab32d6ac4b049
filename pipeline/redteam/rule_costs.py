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

from offduty.decision.legs import ANCHOR, CANDIDATE, CONTACT, anchors_around
from offduty.redteam import force_worlds, proposed_rules
from offduty.redteam.attacker_view import Flags
from offduty.redteam.attacks.adaptive import NO_SILENCE_S, HoldRule
from offduty.redteam.experiments import FENCE_M
from offduty.redteam.force_worlds import POLICIES, QUIET, WORLDS
from offduty.redteam.ground_truth import ForceTruth, TrueRows, duty_of
from offduty.redteam.proposed_rules import GENTLER
from offduty.redteam.results import ResultRow
from offduty.redteam.run_filter import PolicyChanges
from offduty.redteam.scenarios import DeviceStream
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
    """A row for each policy, for what hides the rest by the policy that `init` proposes, and for each rule that is
    only proposed.
    """
    force_worlds.make_force(folder, setup.officers, setup.days, setup.seed, PRICED[setup.world], setup.every_s)
    for name, changes in POLICIES.items():
        found = rows_of(force_worlds.under(folder, changes, name))
        yield setup.row(name, f"{_released(found)}; {_homeward(found)}")
    yield setup.row(f"{INIT}: what hides the rest", "; ".join(_shares(folder, setup)))
    for name, words in _gentler(folder):
        yield setup.row(name, words)


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
    never, ends = _never_at_a_site(without), _before_or_after_all_anchors(without)
    legs = (rows_of(without).reason == "home_leg") & at_work(rows_of(without))
    whole = max(int(at_work(rows_of(without)).sum()), 1)
    for words, some in (
        ("contact with a personal place", ~never & ~ends),
        ("before the first or after the last time at a site", ~never & ends),
        ("never visible at a site", never),
    ):
        yield f"{words} {100 * int((legs & some).sum()) / whole:.1f}"
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


def _before_or_after_all_anchors(force: ForceTruth) -> Flags:
    """Which rows lack a site before or after them only because their duty begins or ends there: no contact with a
    protected place lies between them and that end of the duty.
    """
    rows, roster = rows_of(force), force.roster
    if roster is None:
        raise ValueError("a made-up force has its roster")
    some = np.flatnonzero(np.isin(rows.reason, ("on_duty", "home_leg", "protected_place")))
    entry = (rows.who * (int(roster.duty.max()) + 2) + duty_of(rows.who, rows.t_s, roster))[some]
    some = some[np.lexsort((rows.t_s[some], entry))]
    window = np.sort(entry).astype(np.int32)
    us = np.rint(rows.t_s[some] * 1e6).astype(np.int64)
    contact = rows.reason[some] == "protected_place"
    site = proposed_rules.near_any(rows.x_m[some], rows.y_m[some], force.sites_m, AT_SITE_M)
    kind = np.where(contact, CONTACT, np.where(site, ANCHOR, CANDIDATE)).astype(np.uint8)
    touched = np.cumsum(contact)
    first, last = np.searchsorted(window, window), np.searchsorted(window, window, side="right") - 1
    touched_before = touched > touched[first] - contact[first]
    touched_after = touched[last] > touched
    from_site, to_site = anchors_around(window, us, kind)
    found = np.zeros(len(rows.who), bool)
    found[some] = (from_site | ~touched_before) & (to_site | ~touched_after) & ~(from_site & to_site)
    return found


def _gentler(folder: Path) -> Iterator[tuple[str, str]]:
    """What each proposed rule would keep: of a release without a hold the rows of the first and last minutes stay where
    the duty begins, or ends, at a site. The others are simulated, and so is what they are compared
    with.
    """
    without = force_worlds.read(folder, folder / "store-withouthold")
    held = force_worlds.read(folder, folder / "store-whatinitproposes")
    if without.roster is None:
        raise ValueError("a made-up force has its roster")
    pings, whole = without.scenario().pings, max(len(held.visible), 1)
    share = 100 * share_released(rows_of(held))
    at_site = proposed_rules.at_own_site(pings, without.homes_m, without.sites_m, FENCE_M)
    for name, rule in GENTLER.items():
        if rule.spare_s:
            ends = proposed_rules.site_ends(pings, without.roster, without.sites_m, at_site, rule)
            left = len(proposed_rules.hold_unless_at_site(without.visible, without.roster, ends, rule.hold_s))
            yield name, f"{share * left / whole:.1f} % kept, about"
        else:
            less, more = (_simulated(without, pings, one) for one in (HoldRule(hold_s=rule.hold_s), rule))
            yield name, f"{share + 100 * (more - less):.1f} % kept, about"


def _simulated(force: ForceTruth, pings: DeviceStream, rule: HoldRule) -> float:
    """The share of the positions at work that a simulation of a rule would show, about."""
    assert force.roster is not None
    shown = proposed_rules.simulate(pings, force.roster, force.homes_m, force.sites_m, FENCE_M, rule)
    return len(shown) / max(int(at_work(rows_of(force)).sum()), 1)
