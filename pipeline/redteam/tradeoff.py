"""Measures the price of privacy: for each mask and policy, the share of on-duty pings that is released, and the lift
of the best attack (threat-model#price).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from offduty.redteam import baselines, experiments, metrics, run_filter, scenarios, stricter_rules
from offduty.redteam.attacker_view import VisibleRows
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.experiments import FENCE_M, ExperimentBench
from offduty.redteam.force_worlds import AS_OF, changed
from offduty.redteam.ground_truth import ForceTruth
from offduty.redteam.results import FILTER, ResultRow, scored
from offduty.redteam.run_filter import PolicyChanges
from offduty.redteam.scenarios import Scenario, ScenarioSetup
from offduty.runs.run import run

POLICIES: dict[str, PolicyChanges] = {
    "legs off": {"legs": "off"},
    "buffer 100 m": {"buffer_m": 100},
    "buffer 500 m": {"buffer_m": 500},
    "buffer 1,000 m": {"buffer_m": 1_000},
    "decimals 3": {"decimals": 3},
    "decimals 2": {"decimals": 2},
    "silence 5 min": {"max_gap_s": 300},
    "passing by 5 min": {"pass_by_s": 300},
    "default policy": run_filter.DEFAULT_RULES,
    "policy of init": {**run_filter.DEFAULT_RULES, "pass_by_s": 300},
}
"""Variants of the policy of version 1; the last two are the default policy of version 2, and what `init` proposes."""


def price_rows(
    bench: ExperimentBench, world: Path, force: ForceTruth, setup: ScenarioSetup, rules: dict[str, HoldRule]
) -> Iterator[ResultRow]:
    """A row for each mask of today, for the policy of version 1, for its variants, and for rules that would hide more.

    Errors are measured in a compact scenario, shares in the force of `world`, whose job was run by the policy of
    version 1.
    """
    assert force.roster is not None
    scenario = scenarios.make_scenario(setup)
    shares = experiments.shares_released(force)
    for mask in baselines.MASKS:
        yield _row(bench.blind, scenario, mask.apply(scenario), mask.name, mask.fence_m, shares[mask.name])
    yield _row(bench.blind, scenario, bench.filtered(scenario), FILTER, FENCE_M, shares[FILTER])
    for name, changes in POLICIES.items():
        changed = bench.filtered(scenario, run_filter.policy_text(**changes))
        left = _released_by(world, changes, name) / len(force.visible)
        yield _row(bench.blind, scenario, changed, name, FENCE_M, left * shares[FILTER])
    for name, rule in rules.items():
        if rule.hold_s:
            released = _released_by(world, {"hold_s": int(rule.hold_s), "max_gap_s": rule.max_gap_s}, name)
        else:
            released = len(stricter_rules.apply_rule(force.visible, force.roster, rule))
        left = released / len(force.visible)
        yield _row(bench.blind, scenario, bench.under(scenario, rule), name, FENCE_M, left * shares[FILTER])


def _row(
    blind: float, scenario: Scenario, visible: VisibleRows, name: str, fence_m: float | None, share: float
) -> ResultRow:
    """The row of one mask or policy, with the greatest lift of all attacks and the share that is released."""
    scores = {}
    for attack, guess in experiments.guesses(scenario, visible, fence_m):
        scores[attack] = metrics.score(guess, scenario.homes_m, blind)
    best = max(scores, key=lambda attack: scores[attack].lift)
    row = experiments.row_of(scenario.setup, f"price: best is {best}", name)
    return replace(scored(row, scores[best], False), finding=f"{100 * share:.1f} % kept")


def _released_by(world: Path, changes: PolicyChanges, name: str) -> int:
    """How many pings of a force another policy releases."""
    (world / "other.toml").write_text(changed((world / "policy.toml").read_text(), changes))
    (world / "other-job.toml").write_text((world / "job.toml").read_text().replace('"policy.toml"', '"other.toml"'))
    store = world / ("store-" + "".join(letter for letter in name if letter.isalnum()))
    return run(world / "other-job.toml", as_of=AS_OF, store=store).counts["on_duty"]
