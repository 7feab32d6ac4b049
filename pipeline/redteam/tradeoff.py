"""The price of privacy: for each mask and policy, the share of on-duty pings that is kept, and how near the best
attack comes to home.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from offduty.redteam import baselines, experiments, metrics, run_filter, scenarios, stricter_rules
from offduty.redteam.attacker_view import VisibleRows
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.experiments import FENCE_M, ExperimentBench
from offduty.redteam.ground_truth import ForceTruth
from offduty.redteam.results import FILTER, ResultRow
from offduty.redteam.scenarios import Scenario, ScenarioSetup

POLICIES: dict[str, dict[str, str | int]] = {
    "legs off": {"legs": "off"},
    "buffer 100 m": {"buffer_m": 100},
    "buffer 500 m": {"buffer_m": 500},
    "buffer 1,000 m": {"buffer_m": 1_000},
    "decimals 3": {"decimals": 3},
    "decimals 2": {"decimals": 2},
}
LINES = {
    "legs": 'rule = "anchored"',
    "hold_s": "hold_s = 0",
    "buffer_m": "buffer_m = 200",
    "decimals": "decimals = 4",
}
"""How the policy of a made-up force says what a variant says otherwise."""


def price_rows(
    bench: ExperimentBench, world: Path, force: ForceTruth, setup: ScenarioSetup, rules: dict[str, HoldRule]
) -> Iterator[ResultRow]:
    """A row for each mask of today, the default policy, its variants, and rules that would hide more."""
    assert force.roster is not None
    town = scenarios.make_town(setup)
    shares = experiments.kept(force)
    for mask in baselines.MASKS:
        yield _row(bench, town, mask.see(town), mask.name, mask.fence_m, shares[mask.name])
    seen = bench.filtered(town)
    yield _row(bench, town, seen, FILTER, FENCE_M, shares[FILTER])
    for name, changes in POLICIES.items():
        view = bench.filtered(town, run_filter.policy_text(**changes))  # type: ignore[arg-type]
        yield _row(
            bench, town, view, name, FENCE_M, _kept_by(world, force, changes, name) / len(force.seen) * shares[FILTER]
        )
    for name, rule in rules.items():
        shown = (
            _kept_by(world, force, {"hold_s": int(rule.hold_s)}, name)
            if rule.hold_s
            else len(stricter_rules.shown(force.seen, force.roster, rule))
        )
        yield _row(bench, town, bench.under(town, rule), name, FENCE_M, shown / len(force.seen) * shares[FILTER])
    left = len(stricter_rules.grown(force.seen, force.sites_m)) / len(force.seen)
    grown = stricter_rules.grown(seen, town.public.sites_m)
    yield _row(bench, town, grown, "silences grow", FENCE_M, left * shares[FILTER])


def _row(
    bench: ExperimentBench, town: Scenario, seen: VisibleRows, name: str, fence_m: float | None, kept: float
) -> ResultRow:
    """The attack whose median error is least is the one that counts."""
    errors = {}
    for attack, guess in experiments.guesses(town, seen, fence_m):
        error_m = metrics.errors_m(guess, town.homes_m)
        errors[attack] = float(np.median(error_m)) if np.isfinite(np.median(error_m)) else 20_000.0
    best = min(errors, key=lambda attack: errors[attack])
    row = experiments.row_of(town.setup, f"price: best is {best}", name)
    return replace(row, median_m=errors[best], told=f"{100 * kept:.1f} % kept")


def _kept_by(world: Path, force: ForceTruth, changes: dict[str, str | int], name: str) -> int:
    """How many pings of the force another policy releases."""
    from offduty.runs.run import run

    text = (world / "policy.toml").read_text()
    for key, value in changes.items():
        line = LINES[key]
        text = text.replace(line, f"{line.partition(' = ')[0]} = {json.dumps(value)}")
    (world / "other.toml").write_text(text)
    (world / "other-job.toml").write_text((world / "job.toml").read_text().replace('"policy.toml"', '"other.toml"'))
    store = world / ("store-" + "".join(letter for letter in name if letter.isalnum()))
    return run(world / "other-job.toml", as_of="2026-12-31", store=store).counts["on_duty"]
