"""Measures the answers about declared interests on made-up forces of which the truth is known, and makes their card."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from offduty.analyses.error_cards import rules_sha256
from offduty.analyses.interests import Interests, interests
from offduty.analyses.roster_files import read_register
from offduty.analyses.roster_worlds import figure, right_of_100
from tools.visible_force import VisibleForce, make_force
from tools.visible_worlds import made_up

JOBS = {"declared_job": 0.5, "undeclared_job": 0.2}
FEW = {**JOBS, "ghost_at_home": 0.02, "ghost_phone_off": 0.02}
MANY = {**JOBS, "ghost_at_home": 0.25, "ghost_phone_off": 0.05}
"""So that there are enough declared hours in shifts that nobody worked."""
WORKED = ("worked", "part", "recalled")
NOBODY = ("ghost_at_home", "ghost_phone_off")


def interests_card(seeds: range, more_seeds: range, officers: int, days: int, every_s: int) -> dict[str, Any]:
    """The error card, for the rules as they are. Shifts that nobody worked are also those of forces with many of them,
    made with ``more_seeds``: of those nothing else is measured.
    """
    few = [_measured(seed, officers, days, every_s, FEW) for seed in seeds]
    many = [_measured(seed, officers, days, every_s, MANY) for seed in more_seeds]
    overlaps = pd.concat([table for table, _, _ in few])
    every = pd.concat([table for table, _, _ in (*few, *many)])
    worked, nobody = overlaps[overlaps["attended"].isin(WORKED)], every[every["attended"].isin(NOBODY)]
    alarm, recall = (float((~each["cleared"]).mean()) for each in (worked, nobody))
    return {
        "analysis": "interests",
        "rules_sha256": rules_sha256("interests"),
        "worlds": made_up(seeds, officers, days, every_s, FEW),
        "worlds_of_ghosts": made_up(more_seeds, officers, days, every_s, MANY),
        "undeclared_jobs_found": figure(sum(found for _, found, _ in few), sum(jobs for _, _, jobs in few)),
        "overlaps_of_worked_shifts": figure(len(worked), len(overlaps)),
        "worked_overlaps_cleared": figure(int(worked["cleared"].sum()), len(worked)),
        "overlaps_nobody_worked_cleared": figure(int(nobody["cleared"].sum()), len(nobody)),
        "of_100_not_cleared_nobody_worked": right_of_100(recall, alarm),
    }


def answered(force: VisibleForce) -> Interests:
    """The answer about a force that has a register."""
    return interests(
        read_register(force.folder / "register.csv"),
        force.roster,
        force.policy,
        release=force.release.frame,
        **force.asked,
    )


def undeclared(force: VisibleForce) -> set[str]:
    """The officers who have a second job that is in no register."""
    jobs = pd.read_csv(force.folder / "truth" / "jobs.csv", dtype=str)
    return set(jobs["officer_id"][jobs["declared"].str.lower().isin(["0", "false"])])


def _measured(
    seed: int, officers: int, days: int, every_s: int, habits: dict[str, float]
) -> tuple[pd.DataFrame, int, int]:
    """The overlaps of a force with what truly happened in their shift; and of the officers with an undeclared job, of
    how many there is a finding, and how many they are.
    """
    with TemporaryDirectory() as name:
        force = make_force(Path(name), officers, days, every_s, seed, habits)
        found, hidden = answered(force), undeclared(force)
        overlaps = found.findings[found.findings["rule"] == "I1"]
        return _with_truth(overlaps, force.shifts), len(hidden & set(found.findings["officer"])), len(hidden)


def _with_truth(overlaps: pd.DataFrame, shifts: pd.DataFrame) -> pd.DataFrame:
    """Who worked the shift in which an overlap begins; without those that the truth does not have, such as overtime."""
    begins, ends = (pd.DatetimeIndex(shifts[name]).as_unit("us").asi8 for name in ("starts_at", "ends_at"))
    truth = pd.DataFrame(
        {"officer": shifts["officer_id"], "begins_us": begins, "ends_us": ends, "attended": shifts["attended"]}
    ).sort_values("begins_us")
    rows = overlaps.sort_values("from_us").astype({"from_us": np.int64})
    joined = pd.merge_asof(rows, truth, left_on="from_us", right_on="begins_us", by="officer")
    return joined[joined["from_us"] < joined["ends_us"]]
