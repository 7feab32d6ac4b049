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
from offduty.runs.run import run

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
    scenario = scenarios.make_scenario(setup)
    shares = experiments.shares_released(force)
    for mask in baselines.MASKS:
        yield _row(bench, scenario, mask.apply(scenario), mask.name, mask.fence_m, shares[mask.name])
    visible = bench.filtered(scenario)
    yield _row(bench, scenario, visible, FILTER, FENCE_M, shares[FILTER])
    for name, changes in POLICIES.items():
        changed = bench.filtered(scenario, run_filter.policy_text(**changes))  # type: ignore[arg-type]
        yield _row(
            bench,
            scenario,
            changed,
            name,
            FENCE_M,
            _released_by(world, force, changes, name) / len(force.visible) * shares[FILTER],
        )
    for name, rule in rules.items():
        released = (
            _released_by(world, force, {"hold_s": int(rule.hold_s)}, name)
            if rule.hold_s
            else len(stricter_rules.apply_rule(force.visible, force.roster, rule))
        )
        yield _row(
            bench, scenario, bench.under(scenario, rule), name, FENCE_M, released / len(force.visible) * shares[FILTER]
        )
    left = len(stricter_rules.grow_silences(force.visible, force.sites_m)) / len(force.visible)
    with_rule = stricter_rules.grow_silences(visible, scenario.public.sites_m)
    yield _row(bench, scenario, with_rule, "silences grow", FENCE_M, left * shares[FILTER])


def _row(
    bench: ExperimentBench, scenario: Scenario, visible: VisibleRows, name: str, fence_m: float | None, share: float
) -> ResultRow:
    """The attack whose median error is least is the one that counts."""
    errors = {}
    for attack, guess in experiments.guesses(scenario, visible, fence_m):
        error_m = metrics.errors_m(guess, scenario.homes_m)
        errors[attack] = float(np.median(error_m)) if np.isfinite(np.median(error_m)) else 20_000.0
    best = min(errors, key=lambda attack: errors[attack])
    row = experiments.row_of(scenario.setup, f"price: best is {best}", name)
    return replace(row, median_m=errors[best], finding=f"{100 * share:.1f} % kept")


def _released_by(world: Path, force: ForceTruth, changes: dict[str, str | int], name: str) -> int:
    """How many pings of the force another policy releases."""
    text = (world / "policy.toml").read_text()
    for key, value in changes.items():
        line = LINES[key]
        text = text.replace(line, f"{line.partition(' = ')[0]} = {json.dumps(value)}")
    (world / "other.toml").write_text(text)
    (world / "other-job.toml").write_text((world / "job.toml").read_text().replace('"policy.toml"', '"other.toml"'))
    store = world / ("store-" + "".join(letter for letter in name if letter.isalnum()))
    return run(world / "other-job.toml", as_of="2026-12-31", store=store).counts["on_duty"]
