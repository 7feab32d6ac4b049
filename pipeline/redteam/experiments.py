"""The trials: each makes a world, lays masks over it or runs the filter, attacks what is left, and gives rows of the
table.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from offduty.redteam import (
    baselines,
    leak_scan,
    metrics,
    roster_edits,
    run_filter,
    scenarios,
    scoring,
    stricter_rules,
    zone_scenario,
)
from offduty.redteam.attacker_view import AttackerView, Flags, Floats, Guess, VisibleRows
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
from offduty.redteam.results import FILTER, UNCLEAR, ResultRow, classified, counted, scored
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
# Lines that are crossed, and told of in docs/attacks.md with what would mend it and what that costs. A line crossed
# elsewhere is an alarm.
KNOWN = {
    (3, "home"),
    (3, "posts"),
    (5, "posts"),
    (5, "round"),
    (8, "force"),
    (14, "memory"),
}
FENCE_M = baselines.RECORDED_M + baselines.BUFFER_M


@dataclass(frozen=True)
class ExperimentBench:
    """Where trials work, and what a blind guess hits in a town."""

    folder: Path
    blind: float

    @staticmethod
    def of(folder: Path) -> ExperimentBench:
        """The blind guess is measured once, over 200,000 homes."""
        sample = scenarios.draw_homes(make_streets(RandomStream(1, "land")), 200_000, RandomStream(1, "blind"))
        return ExperimentBench(folder, metrics.blind_share(scenarios.density, 4_000.0, (0.0, 0.0), sample))

    def filtered(self, scenario: Scenario, policy: str | None = None) -> VisibleRows:
        """What the filter lets through of a town."""
        folder = self.folder / "job"
        shutil.rmtree(folder, ignore_errors=True)
        return run_filter.filter_scenario(scenario, folder, policy or run_filter.policy_text())

    def under(self, scenario: Scenario, rule: HoldRule) -> VisibleRows:
        """What it lets through by a policy that holds back the ends of duties; marks, which no policy knows, are laid
        over it.
        """
        visible = self.filtered(scenario, run_filter.policy_text(hold_s=int(rule.hold_s)))
        return stricter_rules.apply_rule(visible, scenario.roster, rule) if rule.step_s else visible


def averages(rows: list[ResultRow]) -> Iterator[ResultRow]:
    """Attack 7's own line, from rows that were measured: the error must not fall as more duties are averaged."""
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
    """What rows have in common that differ in how many duties were linked alone."""
    return row.attack, row.world, row.mask, row.officers, row.every_s, row.seed


def row_of(setup: ScenarioSetup, attack: str, mask: str, duties: int | None = None) -> ResultRow:
    """An empty row that says which world it is of."""
    return ResultRow(attack, setup.kind, mask, setup.officers, duties or setup.duties, setup.every_s, setup.seed)


def against_masks(
    bench: ExperimentBench, setup: ScenarioSetup, which: tuple[baselines.Mask, ...] = baselines.MASKS
) -> Iterator[ResultRow]:
    """Attacks on homes against the masks of today: they must find them."""
    scenario = scenarios.make_scenario(setup)
    for mask in which:
        yield from positions(bench, scenario, mask.apply(scenario), mask.name, mask.fence_m, setup.duties, False)


def against_filter(
    bench: ExperimentBench, setup: ScenarioSetup, duties: tuple[int, ...], towns: int = 1
) -> Iterator[ResultRow]:
    """The same attacks against the filter, over the first so many duties of one world.

    A world that is too large to be held at once is made of several towns, each with its share of the officers.
    """
    found: dict[tuple[int, str], list[tuple[Guess, Floats]]] = {}
    share = replace(setup, officers=setup.officers // towns)
    for part in range(towns):
        scenario = scenarios.make_scenario(replace(share, part=part))
        visible = bench.filtered(scenario)
        for count in duties:
            some = visible.take(np.flatnonzero(visible.duty < count)) if count < setup.duties else visible
            for name, guess in guesses(scenario, some, FENCE_M):
                found.setdefault((count, name), []).append((guess, scenario.homes_m))
    for (count, name), parts in found.items():
        whole = Guess(*(np.concatenate([getattr(guess, axis) for guess, _ in parts]) for axis in ("x_m", "y_m")))
        homes_m = np.concatenate([homes for _, homes in parts])
        yield judged_at(setup, name, FILTER, count, metrics.score(whole, homes_m, bench.blind), True)


def positions(
    bench: ExperimentBench,
    scenario: Scenario,
    visible: VisibleRows,
    mask: str,
    fence_m: float | None,
    duties: int,
    has_line: bool,
) -> Iterator[ResultRow]:
    """Attacks 1, 3, 4, 5 and 7 on one release of a town."""
    for name, guess in guesses(scenario, visible, fence_m):
        score = metrics.score(guess, scenario.homes_m, bench.blind)
        yield judged_at(scenario.setup, name, mask, duties, score, has_line)


def guesses(scenario: Scenario, visible: VisibleRows, fence_m: float | None) -> Iterator[tuple[str, Guess]]:
    """What each attack on homes makes of a release; attack 3 alone gets the roster."""
    public = replace(scenario.public, fence_m=fence_m)
    for name, (_, with_roster, attack) in POSITION.items():
        yield name, attack(AttackerView(visible, public, scenario.roster if with_roster else None))


def judged_at(
    setup: ScenarioSetup, name: str, mask: str, duties: int, score: metrics.Score, has_line: bool
) -> ResultRow:
    """The row of one attack on homes, held to its line where the mask is."""
    number = POSITION[name][0]
    known = mask == FILTER and (number, setup.kind) in KNOWN
    return scored(row_of(setup, name, mask, duties), score, has_line, number == 1, known)


def against_adaptive(
    bench: ExperimentBench, setup: ScenarioSetup, duties: tuple[int, ...], rules: dict[str, HoldRule]
) -> Iterator[ResultRow]:
    """The adaptive attacker against the filter, as it is and with rules that would hide more. No line is drawn: it is
    stated.
    """
    scenario, taught = scenarios.make_scenario(setup), scenarios.make_scenario(replace(setup, seed=setup.seed + 98))
    for name, rule in rules.items():
        left, learnt = bench.under(scenario, rule), bench.under(taught, rule)
        table = adaptive.learn(AttackerView(learnt, taught.public, taught.roster), taught.homes_m, rule)
        for count in duties:
            view = AttackerView(left.take(np.flatnonzero(left.duty < count)), scenario.public, scenario.roster)
            for use in ("times", "silence", "both"):
                score = metrics.score(adaptive.attack(view, table, rule, use=use), scenario.homes_m, bench.blind)
                yield scored(row_of(setup, f"adaptive: {use}", name, count), score, False)


def under_rules(bench: ExperimentBench, setup: ScenarioSetup, rules: dict[str, HoldRule]) -> Iterator[ResultRow]:
    """The position attacks against the filter with rules that would hide more."""
    scenario = scenarios.make_scenario(setup)
    for name, rule in rules.items():
        yield from positions(bench, scenario, bench.under(scenario, rule), name, FENCE_M, setup.duties, rule.hold_s > 0)


def inner_distances(
    people: int, seed: int = 1, radii: tuple[int, ...] = tuple(zone_scenario.PUBLISHED)
) -> Iterator[ResultRow]:
    """Attack 2 on circular zones with the length of each trip told, beside the published figures."""
    for radius_m in radii:
        found = zone_scenario.found(radius_m, people, seed)
        per_cent = [f"{100 * share:.1f}" for share in (found.share, found.low, found.high)]
        words = f"{per_cent[0]} % ({per_cent[1]}-{per_cent[2]}) within 22.95 m; published {zone_scenario.PUBLISHED[radius_m]} %"
        yield ResultRow(
            "2 inner distance",
            "zones",
            f"circle {radius_m:,} m, lengths told",
            people,
            zone_scenario.TRIPS,
            0,
            seed,
            finding=words,
        )


def unchanged(bench: ExperimentBench, setup: ScenarioSetup, times: int) -> ResultRow:
    """Attack 2 on the filter: when hidden rows alone change, no byte of the release may."""
    scenario = scenarios.make_scenario(setup)
    first = _release_bytes(bench, scenario)
    different = sum(_release_bytes(bench, _hidden_moved(bench, scenario, number)) != first for number in range(times))
    words = f"{different} of {times} releases changed when hidden rows did"
    return counted(row_of(setup, "2 inner distance", FILTER), different, words, "byte-identical", True)


def _release_bytes(bench: ExperimentBench, scenario: Scenario) -> list[bytes]:
    bench.filtered(scenario)
    run = next((bench.folder / "job" / "store" / "runs").iterdir())
    return [path.read_bytes() for path in sorted((run / "release").rglob("*.parquet"))]


def _hidden_moved(bench: ExperimentBench, scenario: Scenario, seed: int) -> Scenario:
    """The town with every row moved to an empty corner of the county that was not on duty or on the way to work."""
    reasons = run_filter.reasons(bench.folder / "job", len(scenario.pings))
    bench_free = np.isin(reasons, ("off_duty", "home_leg"))
    rng, pings = RandomStream(seed, "hidden"), scenario.pings
    aside = [np.where(bench_free, 20_000.0 + rng.uniform(0, 5_000, len(pings)), m) for m in (pings.x_m, pings.y_m)]
    return replace(scenario, pings=replace(pings, x_m=aside[0], y_m=aside[1]))


def on_force(force: ForceTruth, towns: Path, seed: int, classifiers: bool) -> Iterator[ResultRow]:
    """What needs whole days: night dwell, absence, linkage, tells and hand-over, against some masks and the filter."""
    blind = blind_hits(force.homes_m, towns, force.density)
    every_s, days = int(force.every_s), int(force.visible.duty.max(initial=0)) + 1
    blank = ResultRow("", "force", FILTER, force.visible.officers, days, every_s, seed)
    visible: dict[str, tuple[VisibleRows, float | None]] = {FILTER: (force.visible, FENCE_M)}
    if force.true_rows is not None and force.roster is not None:
        scenario = force.scenario()
        visible = {mask.name: (mask.apply(scenario), mask.fence_m) for mask in baselines.MASKS} | visible
    for name, (rows, fence_m) in visible.items():
        view = AttackerView(rows, force.public(fence_m))
        for attack, run in (("4 median of ends", endpoint_median.attack), ("6 night dwell", night_dwell.attack)):
            score = metrics.score(run(view), force.homes_m, blind)
            row = replace(blank, attack=attack, mask=name)
            if name == FILTER and attack.startswith("6"):
                words = f"{score.far.hits} officers have a night cluster within 200 m of a home"
                yield counted(replace(scored(row, score, False), finding=""), score.far.hits, words, "none", True)
            else:
                yield scored(row, score, False)
    yield from _linkage(force, blank)
    if force.true_rows is not None:
        wrong = scoring.misattributed_rows(force, force.true_rows)
        yield counted(replace(blank, attack="13 hand-over"), wrong, f"{wrong} rows under another's duty", "none", True)
        if classifiers:
            yield from _classified(force, blank)


def _linkage(force: ForceTruth, blank: ResultRow) -> Iterator[ResultRow]:
    for points in (2, 3, 4):
        alone = unicity.attack(AttackerView(force.visible, force.public(None)), points, 400)
        found = metrics.share(alone)
        words = f"{points} points single out {100 * found.share:.1f} % ({100 * found.low:.1f}-{100 * found.high:.1f})"
        yield replace(blank, attack="10 linkage", finding=words, line="no claim")


def _classified(force: ForceTruth, blank: ResultRow) -> Iterator[ResultRow]:
    """Attacks 8 and 12; the first also with the rule that lets every absence begin and end at a workplace."""
    assert force.true_rows is not None
    default = AttackerView(force.visible, force.public(None))
    with_rule = AttackerView(stricter_rules.grow_silences(force.visible, force.sites_m), force.public(None))
    for mask, view, has_line in ((FILTER, default, True), ("and silences grow to the anchors", with_rule, False)):
        for name, auc in scoring.absence_aucs(view, force.true_rows).items():
            yield classified(
                replace(blank, attack=f"8 absence: {name}", mask=mask), auc, has_line, (8, "force") in KNOWN
            )
    everything = scoring.side_channel_scores(force, force.true_rows, force.true_rows.t_s > -1e9, False)
    yield classified(replace(blank, attack="12 tells: at home", mask="none"), everything.at_home, False)
    released = scoring.side_channel_scores(force, force.true_rows, force.true_rows.reason == "on_duty", True)
    yield classified(replace(blank, attack="12 tells: at home"), released.at_home, True)
    words = f"{released.rows_at_home} of {released.rows} released rows were truly at a home, by fixes hundreds of metres off"
    yield replace(blank, attack="12 released at home", finding=words, line="no claim")
    yield classified(replace(blank, attack="12 tells: within 500 m of home"), released.near_home, False)


def shares_released(force: ForceTruth) -> dict[str, float]:
    """The share of on-duty pings that each mask and the filter let through."""
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
    assert force.roster is not None
    entry = visible.who * (int(force.roster.duty.max()) + 1) + visible.duty
    return np.asarray((visible.t_s >= force.roster.start_s[entry]) & (visible.t_s < force.roster.end_s[entry]))


def edits(count: int, seed: int) -> ResultRow:
    """Attack 11."""
    wider, today, duty = roster_edits.trial(count, seed)
    words = (
        f"{wider} hours widened over {count} histories; by the newest roster alone {today}, of {duty} that were duty"
    )
    return counted(ResultRow("11 roster edits", "histories", FILTER, 1, 0, 3_600, seed), wider, words, "none", True)


def traces(world: Path, store: Path, seed: int, protect: leak_scan.Protection) -> Iterator[ResultRow]:
    """Attacks 9 and 14, on runs of a world's job; `protect` is what the command line does to its own process."""
    found = leak_scan.traces(world, store, protect)
    blank = ResultRow("9 traces in the release", "force", FILTER, 0, 0, 0, seed)
    yield counted(blank, found.release, _of(found.release, found), "none", True)
    for where, count in (
        ("ledger", found.ledger),
        ("log", found.log),
        ("messages", found.messages),
        ("spill files of a run in its middle", found.spill),
        ("what kill -9 leaves", found.killed),
        ("files after kill -9 and the next run", found.after),
    ):
        yield counted(replace(blank, attack=f"14 traces: {where}"), count, _of(count, found), "none", True)
    for where, count in (
        ("spill files of a run in its middle", found.control_spill),
        ("core dump of a run that crashes", found.control_dump),
    ):
        yield replace(
            blank, attack=f"14 traces: {where}", mask="files with names, dumps allowed", finding=_of(count, found)
        )
    known = (14, "memory") in KNOWN
    for where, count, known_crossing in (
        ("core dump of a run that crashes", found.dump, False),
        ("memory of a run in its middle, read by root", found.memory, known),
    ):
        row = replace(blank, attack=f"14 traces: {where}")
        if count < 0:
            yield replace(row, finding=_of(count, found), line="none", verdict=UNCLEAR)
        else:
            yield counted(row, count, _of(count, found), "none", True, known_crossing)


def _of(count: int, found: leak_scan.TraceCounts) -> str:
    return "could not be looked at" if count < 0 else f"{count} of {found.planted} planted values"
