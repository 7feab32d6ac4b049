"""Made-up forces with habits for the red team: written to a folder, filtered by one policy after another, and read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from offduty.redteam import run_filter
from offduty.redteam.attacker_view import Flags
from offduty.redteam.ground_truth import ForceTruth, read_force
from offduty.redteam.run_filter import PolicyChanges
from offduty.redteam.truth_tables import read_table
from offduty.runs.run import run
from offduty.synth import Habits, write

KEY = "5a" * 32  # it protects nobody: the worlds are made up for a trial
AS_OF = "2026-06-30"  # after all pings and all late entries of a force: every window is closed
KEYS = {"legs": "rule"}
"""The keys of a policy that have another name than the change."""
QUIET = Habits(
    starts_at_home=0.0,
    past_home=0.0,
    two_homes=0.0,
    moves_house=0.0,
    home_unrecorded=0.0,
    has_school=0.0,
    second_device=0.0,
    handed_over=0.0,
    shared=0.0,
    abusive_edit=0.0,
    off_when_resting=1.0,
)
"""A force without what other attacks are about: one device and one home for each officer, duty from the station."""
LUNCH = replace(QUIET, home_for_lunch=1.0, no_fix_at_home=1.0)
WORLDS: dict[str, Habits] = {
    "door": LUNCH,
    "60 m": replace(LUNCH, no_fix_within_m=60.0),
    "120 m": replace(LUNCH, no_fix_within_m=120.0),
    "phone off": replace(LUNCH, no_fix_at_home=0.0, off_at_home=1.0),
    "dozing": replace(LUNCH, no_fix_at_home=0.0, dozes=1.0),
    "short visits": replace(LUNCH, home_for_lunch=0.0, past_home=1.0, no_fix_within_m=120.0),
    "clinic": replace(LUNCH, beside_clinic=1.0, no_fix_within_m=120.0),
    "clinic, short": replace(LUNCH, home_for_lunch=0.0, past_home=1.0, beside_clinic=1.0, no_fix_within_m=120.0),
    "driving past": replace(LUNCH, home_for_lunch=0.0, past_home=1.0, no_fix_at_home=0.0),
    "lunch": replace(LUNCH, no_fix_at_home=0.0),
}
"""Worlds in which phones are silent at home: all who live near work eat there, but in those of short visits they only
drive past. In `lunch` and in `driving past` phones are not silent.
"""
POLICIES: dict[str, PolicyChanges] = {
    "rules of version 1": run_filter.RULES_OF_VERSION_1,
    "the defaults": run_filter.DEFAULT_RULES,
    "what init proposes": {**run_filter.DEFAULT_RULES, "pass_by_s": 300},
}
FIRST = "rules of version 1"


def make_force(
    world: Path, officers: int, days: int, seed: int, habits: Habits | None = None, every_s: int = 60
) -> None:
    """Write a synthetic force with its truth and keys into a folder."""
    write(world, officers, days, every_s, seed, truth=True, habits=habits)
    for name in ("pseudonym.key", "signing.key"):
        (world / name).write_text(KEY)
        (world / name).chmod(0o600)


def under(world: Path, changes: PolicyChanges, name: str, store: str | None = None) -> ForceTruth:
    """Run the job of a force by its policy with changes, and read the result with the truth. Each name has a store of
    its own, unless one is given.
    """
    plain = "".join(letter for letter in name if letter.isalnum())
    (world / f"{plain}.toml").write_text(changed((world / "policy.toml").read_text(), changes))
    job = world / f"job-{plain}.toml"
    job.write_text((world / "job.toml").read_text().replace('"policy.toml"', f'"{plain}.toml"'))
    place = world / (store or f"store-{plain}")
    run(job, as_of=AS_OF, store=place)
    return read(world, place)


def read(world: Path, store: Path) -> ForceTruth:
    """The newest release of a store of a force, with the truth, the roster and the sites."""
    return read_force(store, world / "truth", bytes.fromhex(KEY), world / "roster.csv", world / "sites.geojson")


def changed(policy: str, changes: Mapping[str, object]) -> str:
    """The text of a policy with some lines replaced; `ValueError` where it has no such line.

    >>> changed("hold_s = 900", {"hold_s": 0})
    'hold_s = 0'
    """
    for key, value in changes.items():
        name = KEYS.get(key, key)
        policy, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {json.dumps(value)}", policy)
        if count != 1:
            raise ValueError(f"the policy has no line for {name}")
    return policy


def at_home_for_lunch(world: Path) -> Flags:
    """Which officers, in the order of their numbers, go home in the middle of a shift."""
    rows = read_table(world / "truth" / "officers.csv")
    lunch = {row["officer_id"]: row["lunch"] for row in rows}
    return np.array([lunch[name] in ("home", "past_home") for name in sorted(lunch)])
