"""Attacks one published store: every attack for which the attacker's knowledge and the truth for scoring are given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from offduty.redteam import baselines, experiments, insiders, metrics
from offduty.redteam.attacker_view import AttackerView, VisibleRows
from offduty.redteam.attacks import silent_door
from offduty.redteam.attacks.byte_traces import forms
from offduty.redteam.experiments import POSITION
from offduty.redteam.ground_truth import ForceTruth, blind_hits
from offduty.redteam.leak_scan import scan
from offduty.redteam.results import FILTER, ResultRow, counted, scored

NUMBERS = (1, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 16, 19)
COMPARED = ("none", "circle 200 m", "shifts less fence")
PLANTED = 12  # hidden rows whose values are searched in the store's bytes


def attack_store(force: ForceTruth, store: Path, truth: Path, numbers: set[int]) -> Iterator[ResultRow]:
    """The rows of the attacks with these numbers. Where the true tracks and the roster are given, the masks `COMPARED`
    are applied to the same stream first, for comparison.

    `store` is a local folder, `truth` the folder with `density.csv`. Attacks that need more than is given are left out.
    """
    every_s, days = int(force.every_s), int(force.visible.duty.max(initial=0)) + 1
    blank = ResultRow("", "this store", FILTER, force.visible.officers, days, every_s, 0)
    blind = blind_hits(force.homes_m, truth / "density.csv", force.density)
    views: list[tuple[str, VisibleRows, float | None]] = []
    if force.true_rows is not None and force.roster is not None:
        scenario = force.scenario()
        views = [(mask.name, mask.apply(scenario), mask.fence_m) for mask in baselines.MASKS if mask.name in COMPARED]
    for name, visible, fence_m in [*views, (FILTER, force.visible, force.fence_m)]:
        yield from _home_attacks(force, replace(blank, mask=name), visible, fence_m, blind, numbers)
    wanted = [f"{number} " for number in sorted(numbers - {4})]
    whole = experiments.on_force(force, truth / "density.csv", 0, bool(numbers & {8, 12}))
    for row in whole:
        if row.mask in (*COMPARED, FILTER) and any(row.attack.startswith(number) for number in wanted):
            yield replace(row, world="this store")
    if 16 in numbers and len(force.sites_m):
        view = AttackerView(force.visible, force.public(None))
        score = metrics.score(silent_door.attack(view), force.homes_m, blind)
        yield scored(replace(blank, attack="16 silent door"), score, True)
    if 19 in numbers and force.roster is not None:
        yield insiders.named(force, replace(blank, attack="19 naming by the roster"))
    if numbers & {9, 14} and force.true_rows is not None:
        yield from _byte_traces(force, replace(blank, officers=0, duties=0, every_s=0), store)


def _home_attacks(
    force: ForceTruth, blank: ResultRow, visible: VisibleRows, fence_m: float | None, blind: float, numbers: set[int]
) -> Iterator[ResultRow]:
    for name, (number, with_roster, attack) in POSITION.items():
        if number in numbers and not (with_roster and force.roster is None):
            guess = attack(AttackerView(visible, force.public(fence_m), force.roster if with_roster else None))
            score = metrics.score(guess, force.homes_m, blind)
            yield scored(replace(blank, attack=name), score, blank.mask == FILTER, number == 1)


def _byte_traces(force: ForceTruth, blank: ResultRow, store: Path) -> Iterator[ResultRow]:
    """Attacks 9 and 14: values of hidden rows in the bytes of the newest release and of the log."""
    rows = force.true_rows
    assert rows is not None
    hidden = np.flatnonzero(np.isin(rows.reason, ("home_leg", "protected_place", "off_duty")))
    planted = []
    for row in hidden[:: max(len(hidden) // PLANTED, 1)][:PLANTED].tolist():
        planted += list(forms(*force.degrees(row)))
    newest = max((store / "runs").iterdir(), key=lambda path: path.stat().st_mtime)
    for name, folder in (("9 traces in the release", newest / "release"), ("14 traces: log", store / "log")):
        found = scan(planted, folder)
        yield counted(replace(blank, attack=name), found, f"{found} of {len(planted)} planted values", "none", True)
