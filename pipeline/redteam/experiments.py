"""The trials: each makes a world, applies masks or runs the filter, attacks what is visible, and gives rows of the
table of results.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from offduty.core.count_words import number_of
from offduty.redteam import (
    baselines,
    metrics,
    proposed_rules,
    roster_edits,
    run_filter,
    scenarios,
    scoring,
    stricter_rules,
    zone_scenario,
)
from offduty.redteam.attacker_view import AttackerView, Flags, Guess, VisibleRows
from offduty.redteam.attacks import (
    adaptive,
    averaging,
    duty_start,
    endpoint_median,
    fence_edge,
    heading,
    night_dwell,
    unicity,
)
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.ground_truth import ForceTruth, blind_hits
from offduty.redteam.results import FILTER, ResultRow, classified, counted, scored
from offduty.redteam.scenarios import Scenario, ScenarioSetup
from offduty.synth.geography import make_streets
from offduty.synth.rng import RandomStream

PositionAttack = Callable[[AttackerView], Guess]
POSITION: dict[str, tuple[int, bool, PositionAttack]] = {
    "1 rim": (1, False, fence_edge.attack),
    "3 duty-start gap": (3, True, duty_start.attack),
    "4 median of ends": (4, False, endpoint_median.attack),
    "5 heading": (5, False, heading.attack),
    "7 averaging": (7, False, averaging.attack),
}
KNOWN = {
    (3, "home"),
    (3, "posts"),
    (4, "posts"),
    (5, "posts"),
    (5, "round"),
    (8, "force"),
    (14, "memory"),
    (16, "clinic, short"),
    (16, "short visits"),
}
"""The lines that are known to be crossed, by attack and world (threat-model#lines-that-do-not-hold).
docs/explanation/attacks.md says what would repair each, and at what cost. A line that is crossed elsewhere is an alarm.
"""
ALONE = 20  # with so many duties each kind of evidence is also tried alone
FENCE_M = scenarios.RECORDED_M + baselines.BUFFER_M


@dataclass(frozen=True)
class ExperimentBench:
    """The folder in which trials work, and the share that a blind guess hits in a compact world.

    `made` keeps what was made once: worlds by their setups, and what the filter released of them by a policy.
    """

    folder: Path
    blind: float
    made: dict[Hashable, Any] = field(default_factory=dict)

    @staticmethod
    def of(folder: Path) -> ExperimentBench:
        """Measure the blind guess on 200,000 homes."""
        sample = scenarios.draw_homes(make_streets(RandomStream(1, "land")), 200_000, RandomStream(1, "blind"))
        return ExperimentBench(folder, metrics.blind_share(scenarios.density, 4_000.0, (0.0, 0.0), sample))

    def filtered(self, scenario: Scenario, policy: str | None = None) -> VisibleRows:
        """What the filter releases of a compact world, by the rules of version 1 or another policy."""
        folder = self.folder / "job"
        shutil.rmtree(folder, ignore_errors=True)
        return run_filter.filter_scenario(scenario, folder, policy or run_filter.policy_text())

    def scenario(self, setup: ScenarioSetup) -> Scenario:
        """The compact world of a setup."""
        if setup not in self.made:
            self.made[setup] = scenarios.make_scenario(setup)
        made: Scenario = self.made[setup]
        return made

    def under(self, scenario: Scenario, rule: HoldRule) -> VisibleRows:
        """What it releases by a policy with a rule's hold and silences. Marks and what gives back, which no policy has,
        are applied to that. The world must be as its setup makes it.
        """
        pings, roster, sites_m = scenario.pings, scenario.roster, scenario.public.sites_m
        homes_m = scenario.homes_m[:, None]
        if rule.simulated:
            return proposed_rules.simulate(pings, roster, homes_m, sites_m, FENCE_M, rule)
        held_s = 0 if rule.spare_s else int(rule.hold_s)
        by = (scenario.setup, held_s, rule.max_gap_s)
        if by not in self.made:
            self.made[by] = self.filtered(scenario, run_filter.policy_text(hold_s=held_s, max_gap_s=rule.max_gap_s))
        visible: VisibleRows = self.made[by]
        if rule.spare_s:
            at_site = proposed_rules.at_own_site(pings, homes_m, sites_m, FENCE_M)
            ends = proposed_rules.site_ends(pings, roster, sites_m, at_site, rule)
            return proposed_rules.hold_unless_at_site(visible, roster, ends, rule.hold_s)
        return stricter_rules.apply_rule(visible, roster, rule) if rule.step_s else visible


def averages(rows: list[ResultRow]) -> Iterator[ResultRow]:
    """The line of attack 7 itself, from measured rows: the error must not fall as more duties are averaged."""
    for first in rows:
        if first.attack == "7 averaging" and first.mask == FILTER and first.line and first.duties == 20:
            same = [row for row in rows if row.line and _series(row) == _series(first)]
            most = max(same, key=lambda row: row.duties)
            if most.duties > first.duties:
                words = f"{first.median_m:,.0f} m with {first.duties} duties, {most.median_m:,.0f} m with {most.duties}"
                blank = ResultRow(
                    "7 averaging: with more duties",
                    first.world,
                    FILTER,
                    first.officers,
                    most.duties,
                    first.every_s,
                    first.seed,
                )
                yield counted(blank, int(most.median_m < 0.9 * first.median_m), words, "does not fall", True)


def _series(row: ResultRow) -> tuple[str | int, ...]:
    """What rows have in common that differ only in the number of linked duties."""
    return row.attack, row.world, row.mask, row.officers, row.every_s, row.seed


def row_of(setup: ScenarioSetup, attack: str, mask: str, duties: int | None = None) -> ResultRow:
    """An empty row with the columns that describe the world."""
    return ResultRow(attack, setup.kind, mask, setup.officers, duties or setup.duties, setup.every_s, setup.seed)


def against_masks(
    bench: ExperimentBench, setup: ScenarioSetup, which: tuple[baselines.Mask, ...] = baselines.MASKS
) -> Iterator[ResultRow]:
    """Attacks on homes behind the masks of today, where they must work (threat-model#trusted-attacks)."""
    scenario = scenarios.make_scenario(setup)
    for mask in which:
        yield from positions(bench, scenario, mask.apply(scenario), mask.name, mask.fence_m, setup.duties, False)


def against_filter(bench: ExperimentBench, setup: ScenarioSetup, duties: tuple[int, ...]) -> Iterator[ResultRow]:
    """The same attacks against the filter, for each number of duties in `duties`, counted from the first."""
    scenario = bench.scenario(setup)
    visible = bench.under(scenario, HoldRule())
    for count in duties:
        some = visible.take(np.flatnonzero(visible.duty < count)) if count < setup.duties else visible
        yield from positions(bench, scenario, some, FILTER, FENCE_M, count, True)


def positions(
    bench: ExperimentBench,
    scenario: Scenario,
    visible: VisibleRows,
    mask: str,
    fence_m: float | None,
    duties: int,
    has_line: bool,
) -> Iterator[ResultRow]:
    """Attacks 1, 3, 4, 5 and 7 on what is visible of one compact world."""
    for name, guess in guesses(scenario, visible, fence_m):
        score = metrics.score(guess, scenario.homes_m, bench.blind)
        yield scored_row(scenario.setup, name, mask, duties, score, has_line)


def guesses(scenario: Scenario, visible: VisibleRows, fence_m: float | None) -> Iterator[tuple[str, Guess]]:
    """The guesses of each attack on homes; only attack 3 gets the roster."""
    public = replace(scenario.public, fence_m=fence_m)
    for name, (_, with_roster, attack) in POSITION.items():
        yield name, attack(AttackerView(visible, public, scenario.roster if with_roster else None))


def scored_row(
    setup: ScenarioSetup, name: str, mask: str, duties: int, score: metrics.Score, has_line: bool
) -> ResultRow:
    """The row of one attack on homes, with its verdict if the mask must hold the line."""
    number = POSITION[name][0]
    known = mask == FILTER and (number, setup.kind) in KNOWN
    return scored(row_of(setup, name, mask, duties), score, has_line, number == 1, known)


def against_adaptive(
    bench: ExperimentBench, setup: ScenarioSetup, duties: tuple[int, ...], rules: dict[str, HoldRule]
) -> Iterator[ResultRow]:
    """The adaptive attacker against the filter with each of these rules; times alone and silence alone with a part of
    the duties only. There is no line: the lift is reported.
    """
    scenario, taught = bench.scenario(setup), bench.scenario(replace(setup, seed=setup.seed + 98))
    for name, rule in rules.items():
        left, learnt = bench.under(scenario, rule), bench.under(taught, rule)
        table = adaptive.learn(AttackerView(learnt, taught.public, taught.roster), taught.homes_m, rule)
        for count in duties:
            view = AttackerView(left.take(np.flatnonzero(left.duty < count)), scenario.public, scenario.roster)
            for use in ("times", "silence", "both") if count == ALONE else ("both",):
                score = metrics.score(adaptive.attack(view, table, rule, use=use), scenario.homes_m, bench.blind)
                yield scored(row_of(setup, f"adaptive: {use}", name, count), score, False)


def under_rules(bench: ExperimentBench, setup: ScenarioSetup, rules: dict[str, HoldRule]) -> Iterator[ResultRow]:
    """The attacks on homes against the filter with other rules. Those that only hide have the lines to hold."""
    scenario = bench.scenario(setup)
    for name, rule in rules.items():
        has_line = rule.hold_s > 0 and not rule.gives_back
        yield from positions(bench, scenario, bench.under(scenario, rule), name, FENCE_M, setup.duties, has_line)


def inner_distances(
    people: int, seed: int = 1, radii: tuple[int, ...] = tuple(zone_scenario.PUBLISHED)
) -> Iterator[ResultRow]:
    """Attack 2 on circular zones where the length of each trip is stated, with the published figures."""
    for radius_m in radii:
        found = zone_scenario.found(radius_m, people, seed)
        figure = f"{100 * found.share:.1f} % ({100 * found.low:.1f}-{100 * found.high:.1f})"
        words = f"{figure} within 22.95 m; published {zone_scenario.PUBLISHED[radius_m]} %"
        mask, trips = f"circle {radius_m:,} m, lengths told", zone_scenario.TRIPS
        yield ResultRow("2 inner distance", "zones", mask, people, trips, 0, seed, finding=words)


def unchanged(bench: ExperimentBench, setup: ScenarioSetup, times: int) -> ResultRow:
    """Attack 2 on the filter: when only hidden rows change, no byte of the release may change."""
    scenario = scenarios.make_scenario(setup)
    first = _release_bytes(bench, scenario)
    different = sum(_release_bytes(bench, _hidden_moved(bench, scenario, number)) != first for number in range(times))
    words = f"{different} of {number_of(times, 'release')} changed when hidden rows did"
    return counted(row_of(setup, "2 inner distance", FILTER), different, words, "byte-identical", True)


def _release_bytes(bench: ExperimentBench, scenario: Scenario) -> list[bytes]:
    bench.filtered(scenario)
    run = next((bench.folder / "job" / "store" / "runs").iterdir())
    return [path.read_bytes() for path in sorted((run / "release").rglob("*.parquet"))]


def _hidden_moved(bench: ExperimentBench, scenario: Scenario, seed: int) -> Scenario:
    """The world with every row that was hidden as off duty or as a leg moved to an empty corner of the county."""
    reasons = run_filter.reasons(bench.folder / "job", len(scenario.pings))
    movable = np.isin(reasons, ("off_duty", "home_leg"))
    rng, pings = RandomStream(seed, "hidden"), scenario.pings
    moved = [np.where(movable, 20_000.0 + rng.uniform(0, 5_000, len(pings)), m) for m in (pings.x_m, pings.y_m)]
    return replace(scenario, pings=replace(pings, x_m=moved[0], y_m=moved[1]))


def on_force(force: ForceTruth, towns: Path, seed: int, classifiers: bool) -> Iterator[ResultRow]:
    """The attacks that need whole days: night dwell, absence, linkage, side channels and hand-over, against masks and
    the filter.

    `towns` is the file of where people live. Attacks that need the true tracks are left out where there are none, and
    attacks 8 and 12 without `classifiers`.
    """
    every_s, days = int(force.every_s), int(force.visible.duty.max(initial=0)) + 1
    blank = ResultRow("", "force", FILTER, force.visible.officers, days, every_s, seed)
    blind = blind_hits(force.homes_m, towns, force.density)
    if force.true_rows is not None and force.roster is not None:
        scenario = force.scenario()
        for mask in baselines.MASKS:
            view = AttackerView(mask.apply(scenario), force.public(mask.fence_m))
            yield from _days_and_nights(force, replace(blank, mask=mask.name), view, blind)
    yield from _days_and_nights(force, blank, AttackerView(force.visible, force.public(force.fence_m)), blind)
    yield from _linkage(force, blank)
    if force.true_rows is not None:
        wrong = scoring.misattributed_rows(force, force.true_rows)
        yield counted(
            replace(blank, attack="13 hand-over"),
            wrong,
            f"{number_of(wrong, 'row')} under another's duty",
            "none",
            True,
        )
        if classifiers:
            yield from _classified(force, blank)


def _days_and_nights(force: ForceTruth, blank: ResultRow, view: AttackerView, blind: float) -> Iterator[ResultRow]:
    """Attacks 4 and 6 behind one mask; against the filter, attack 6 has a line."""
    yield scored(
        replace(blank, attack="4 median of ends"),
        metrics.score(endpoint_median.attack(view), force.homes_m, blind),
        has_line=False,
    )
    score = metrics.score(night_dwell.attack(view), force.homes_m, blind)
    row = scored(replace(blank, attack="6 night dwell"), score, has_line=False)
    if blank.mask == FILTER:
        words = f"{number_of(score.far.hits, 'officer has', 'officers have')} a night cluster within 200 m of a home"
        row = counted(row, score.far.hits, words, "none", has_line=True)
    yield row


def _linkage(force: ForceTruth, blank: ResultRow) -> Iterator[ResultRow]:
    """Attack 10, which has no line."""
    for points in (2, 3, 4):
        alone = unicity.attack(AttackerView(force.visible, force.public(None)), points, 400)
        found = metrics.share(alone)
        words = f"{points} points single out {100 * found.share:.1f} % ({100 * found.low:.1f}-{100 * found.high:.1f})"
        yield replace(blank, attack="10 linkage", finding=words, line="no claim")


def _classified(force: ForceTruth, blank: ResultRow) -> Iterator[ResultRow]:
    """Attacks 8 and 12; the first also with the rule that lets every absence begin and end at a workplace, and with one
    that releases whole duties only.
    """
    assert force.true_rows is not None
    rows, known = force.true_rows, (8, "force") in KNOWN
    default = AttackerView(force.visible, force.public(None))
    with_rule = AttackerView(stricter_rules.grow_silences(force.visible, force.sites_m), force.public(None))
    whole = stricter_rules.whole_duties(force.visible)
    kept = f"whole duties only: {100 * len(whole) / max(len(force.visible), 1):.1f} % of what is released is left"
    for mask, view, has_line in (
        (FILTER, default, True),
        ("and silences grow to the anchors", with_rule, False),
        (kept, AttackerView(whole, force.public(None)), False),
    ):
        for name, auc in scoring.absence_aucs(view, rows).items():
            yield classified(replace(blank, attack=f"8 absence: {name}", mask=mask), auc, has_line, known)
    everything = scoring.side_channel_scores(force, rows, rows.t_s > -1e9, False)
    yield classified(replace(blank, attack="12 tells: at home", mask="none"), everything.at_home, False)
    released = scoring.side_channel_scores(force, rows, rows.reason == "on_duty", True)
    yield classified(replace(blank, attack="12 tells: at home"), released.at_home, True)
    at_home = f"{released.rows_at_home} of {released.rows} released rows were truly at a home"
    words = f"{at_home}, by fixes hundreds of metres off"
    yield replace(blank, attack="12 released at home", finding=words, line="no claim")
    yield classified(replace(blank, attack="12 tells: within 500 m of home"), released.near_home, False)


def shares_released(force: ForceTruth) -> dict[str, float]:
    """The share of on-duty pings that is visible behind each mask and in the release; needs the roster and tracks."""
    assert force.roster is not None
    scenario = force.scenario()
    on = baselines.on_shift(scenario.pings, scenario.roster)
    shares = {}
    for mask in baselines.MASKS:
        visible = mask.apply(scenario)
        shift = _on(visible, force)
        shares[mask.name] = float(shift.sum() / max(on.sum(), 1))
    shares[FILTER] = len(force.visible) / max(int(on.sum()), 1)
    return shares


def _on(visible: VisibleRows, force: ForceTruth) -> Flags:
    """Which rows are between the roster's start and end of their duty."""
    assert force.roster is not None
    entry = visible.who * (int(force.roster.duty.max()) + 1) + visible.duty
    return np.asarray((visible.t_s >= force.roster.start_s[entry]) & (visible.t_s < force.roster.end_s[entry]))


def edits(count: int, seed: int) -> ResultRow:
    """Attack 11 on random histories (threat-model#attack-11)."""
    wider, today, duty = roster_edits.trial(count, seed)
    words = (
        f"{number_of(wider, 'hour')} widened over {number_of(count, 'history', 'histories')}; by the newest roster"
        f" alone {today}, of {duty} that were duty"
    )
    return counted(ResultRow("11 roster edits", "histories", FILTER, 1, 0, 3_600, seed), wider, words, "none", True)
