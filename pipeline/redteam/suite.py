"""The whole red team, and a small one for CI: lists of trials that run in parallel, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from offduty.redteam import (
    baselines,
    experiments,
    insiders,
    leak_scan,
    rule_costs,
    run_filter,
    silent_phones,
    table_edits,
    tradeoff,
)
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.experiments import KNOWN, ExperimentBench
from offduty.redteam.force_worlds import AS_OF, FIRST, KEY, POLICIES, WORLDS, changed, make_force
from offduty.redteam.ground_truth import ForceTruth, read_force
from offduty.redteam.insiders import InsiderSetup
from offduty.redteam.leak_scan import Protection
from offduty.redteam.proposed_rules import GENTLER
from offduty.redteam.results import FILTER, UNCLEAR, ResultRow, counted
from offduty.redteam.rule_costs import PRICED, CostSetup
from offduty.redteam.run_filter import PolicyChanges
from offduty.redteam.scenarios import ScenarioSetup
from offduty.redteam.silent_phones import ForceSetup
from offduty.runs.run import run as run_job

VERSION_1 = {FILTER: HoldRule()}
NO_RULE = {"no rule": HoldRule()}  # the policy of version 1 again, in a world with longer stays
HOLD = "hold 15 min"
BY_DEFAULT = "default policy"
RULES = {
    BY_DEFAULT: HoldRule(hold_s=900, max_gap_s=300),
    HOLD: HoldRule(hold_s=900),
    "hold 30 min": HoldRule(hold_s=1_800),
    "marks of 30 min": HoldRule(step_s=1_800),
    "marks of 60 min": HoldRule(step_s=3_600),
}
INIT = "what init proposes"
ENDS = (FIRST, INIT)
BY_NAME = {mask.name: mask for mask in baselines.MASKS}


@dataclass(frozen=True)
class AttackTask:
    """One trial: its name in `TRIALS`, and its arguments. It is sent to another process."""

    name: str
    given: dict[str, Any]


def small(protect: Protection) -> list[AttackTask]:
    """The trials that show that attacks still work and lines still hold: under two minutes on two cores. `protect` is
    what the command line does to its own process against core dumps (attack 14).
    """
    few = ("circle 200 m", "circle 500 m, moved", "cell 1 km", "donut 100-200 m")
    return [
        AttackTask("on_the_force", {"officers": 80, "days": 5, "seed": 7}),
        AttackTask("masked", {"setup": ScenarioSetup("round", 200, 20, 60), "names": few}),
        AttackTask("filtered", {"setup": ScenarioSetup("station", 200, 20, 60), "duties": (20,)}),
        AttackTask("by_version_1", {"setup": ScenarioSetup("home", 200, 20, 60), "duties": (5, 20)}),
        AttackTask("by_default", {"setup": ScenarioSetup("home", 200, 20, 60, tail_s=4_500), "duties": (20,)}),
        AttackTask("inner", {"people": 100, "radii": (200, 600)}),
        AttackTask("hidden_moved", {"officers": 40, "times": 2}),
        AttackTask("edited", {"histories": 20}),
        AttackTask("silent", {"setup": ForceSetup("120 m", 80, 8), "policies": ENDS}),
        AttackTask("silent", {"setup": ForceSetup("driving past", 60, 8), "policies": (INIT,)}),
        AttackTask("late", {"setup": ForceSetup("lunch", 60, 4)}),
        AttackTask("two_policies", {"setup": ForceSetup("lunch", 60, 3)}),
        AttackTask("tables_edited", {}),
        AttackTask("scanned", {"officers": 60, "days": 2, "seed": 11, "protect": protect}),
    ]


def full(protect: Protection, officers: int = 200) -> list[AttackTask]:
    """The trials of the whole table, the longest first. `protect` is that of `small`."""
    kinds = ("home", "station", "round", "beat")
    few, every = officers * 2 // 3, tuple(BY_NAME)
    fast, late = {"officers": few, "duties": 20, "every_s": 5}, {"every_s": 60, "tail_s": 4_500}
    return [
        AttackTask("by_insiders", {"setup": InsiderSetup(officers // 2)}),
        AttackTask("priced", {"officers": few, "days": 5, "seed": 7}),
        *(
            AttackTask("filtered", {"setup": ScenarioSetup(kind, few, 250, 30), "duties": (5, 20, 100, 250)})
            for kind in kinds
        ),
        *(AttackTask("filtered", {"setup": ScenarioSetup(kind, **fast), "duties": (5, 20)}) for kind in kinds),
        AttackTask("masked", {"setup": ScenarioSetup("round", few, 100, 60), "names": every}),
        AttackTask("masked", {"setup": ScenarioSetup("home", few, 100, 60), "names": every}),
        AttackTask("masked", {"setup": ScenarioSetup("round", **fast), "names": every}),
        *(
            AttackTask("by_default", {"setup": ScenarioSetup(kind, officers, 100, **late), "duties": (5, 20, 100)})
            for kind in (*kinds, "posts")
        ),
        *(
            AttackTask("by_version_1", {"setup": ScenarioSetup(kind, officers, 100, 60), "duties": (5, 20, 100)})
            for kind in (*kinds, "posts")
        ),
        *(
            AttackTask("proposed", {"setup": ScenarioSetup(kind, officers, 20, **late)})
            for kind in ("home", "station", "round", "posts")
        ),
        *(AttackTask("ruled", {"setup": ScenarioSetup(kind, few, 20, **late)}) for kind in ("home", "posts")),
        *(AttackTask("costed", {"setup": CostSetup(world, few)}) for world in PRICED),
        *(AttackTask("silent", {"setup": ForceSetup(world, few, 12), "policies": tuple(POLICIES)}) for world in WORLDS),
        AttackTask("late", {"setup": ForceSetup("lunch", few, 8)}),
        AttackTask("two_policies", {"setup": ForceSetup("lunch", few, 8)}),
        AttackTask("on_the_force", {"officers": officers, "days": 8, "seed": 7}),
        AttackTask("inner", {"people": 400, "radii": (200, 400, 600, 1_000, 1_600)}),
        AttackTask("hidden_moved", {"officers": 100, "times": 5}),
        AttackTask("edited", {"histories": 100}),
        AttackTask("tables_edited", {}),
        AttackTask("scanned", {"officers": 60, "days": 2, "seed": 11, "protect": protect}),
    ]


def run(tasks: list[AttackTask], workers: int, watch: Callable[[str, int, int, float], None]) -> list[ResultRow]:
    """All rows, in the order of the tasks. `watch` gets the name of a task, how many are done, how many there are, and
    the seconds of processor that it took. Raises what a trial raises.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting: list[Future[tuple[list[ResultRow], float]]] = [pool.submit(_timed, task) for task in tasks]
        rows: list[ResultRow] = []
        for number, future in enumerate(waiting):
            found, took_s = future.result()
            rows += found
            watch(tasks[number].name, number + 1, len(tasks), took_s)
    return [*rows, *experiments.averages(rows)]


def _timed(task: AttackTask) -> tuple[list[ResultRow], float]:
    """The rows of one trial, and the seconds of processor that it took with its child processes."""
    before = os.times()
    rows = perform(task)
    return rows, sum(os.times()[:4]) - sum(before[:4])


def perform(task: AttackTask) -> list[ResultRow]:
    """The rows of one trial. Its folder is deleted when it is done."""
    folder = Path(tempfile.mkdtemp(prefix="offduty-attack-"))
    try:
        return list(TRIALS[task.name](folder, **task.given))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def masked(folder: Path, setup: ScenarioSetup, names: tuple[str, ...]) -> Iterator[ResultRow]:
    """Attacks on homes against the masks of today."""
    return experiments.against_masks(ExperimentBench.of(folder), setup, tuple(BY_NAME[name] for name in names))


def filtered(folder: Path, setup: ScenarioSetup, duties: tuple[int, ...]) -> Iterator[ResultRow]:
    """Attacks on homes against the filter."""
    return experiments.against_filter(ExperimentBench.of(folder), setup, duties)


def by_version_1(folder: Path, setup: ScenarioSetup, duties: tuple[int, ...]) -> Iterator[ResultRow]:
    """The same, and the adaptive attacker, who has the same releases."""
    bench = ExperimentBench.of(folder)
    yield from experiments.against_filter(bench, setup, duties)
    yield from experiments.against_adaptive(bench, setup, duties, VERSION_1)


def ruled(folder: Path, setup: ScenarioSetup) -> Iterator[ResultRow]:
    """Attacks on homes and the adaptive attacker, against rules that would hide more."""
    bench = ExperimentBench.of(folder)
    yield from experiments.under_rules(bench, setup, NO_RULE | RULES)
    yield from experiments.against_adaptive(bench, setup, (setup.duties,), NO_RULE | RULES)


def by_default(folder: Path, setup: ScenarioSetup, duties: tuple[int, ...]) -> Iterator[ResultRow]:
    """The same against the default policy: the hold, and silences that count as contacts."""
    bench, rule = ExperimentBench.of(folder), {BY_DEFAULT: RULES[BY_DEFAULT]}
    yield from experiments.under_rules(bench, setup, rule)
    yield from experiments.against_adaptive(bench, setup, duties, rule)


def proposed(folder: Path, setup: ScenarioSetup) -> Iterator[ResultRow]:
    """The same against the defaults with rules that would give back, which are only proposed."""
    bench = ExperimentBench.of(folder)
    yield from experiments.under_rules(bench, setup, GENTLER)
    yield from experiments.against_adaptive(bench, setup, (5, 20), GENTLER)


def costed(folder: Path, setup: CostSetup) -> Iterator[ResultRow]:
    """What each rule costs in one world."""
    return rule_costs.cost_rows(folder / "world", setup)


def inner(folder: Path, people: int, radii: tuple[int, ...]) -> Iterator[ResultRow]:
    """Attack 2 where the lengths of trips are stated."""
    return experiments.inner_distances(people, 1, radii)


def hidden_moved(folder: Path, officers: int, times: int) -> Iterator[ResultRow]:
    """Attack 2 on the filter."""
    yield experiments.unchanged(ExperimentBench.of(folder), ScenarioSetup("home", officers, 5, 60), times)


def edited(folder: Path, histories: int) -> Iterator[ResultRow]:
    """Attack 11."""
    yield experiments.edits(histories, 1)


def silent(folder: Path, setup: ForceSetup, policies: tuple[str, ...]) -> Iterator[ResultRow]:
    """Attack 16 in one world, by some policies."""
    return silent_phones.silent_doors(folder / "world", setup, {name: POLICIES[name] for name in policies})


def late(folder: Path, setup: ForceSetup) -> Iterator[ResultRow]:
    """Attack 17."""
    return silent_phones.late_arrivals(folder / "world", setup)


def two_policies(folder: Path, setup: ForceSetup) -> Iterator[ResultRow]:
    """Attack 15."""
    return silent_phones.two_buffers(folder / "world", setup)


def by_insiders(folder: Path, setup: InsiderSetup) -> Iterator[ResultRow]:
    """Attacks 18 and 19."""
    return insiders.trial(folder / "world", setup)


def tables_edited(folder: Path) -> Iterator[ResultRow]:
    """Attack 20."""
    return table_edits.trial(folder / "world")


def on_the_force(folder: Path, officers: int, days: int, seed: int) -> Iterator[ResultRow]:
    """Whole days of a synthetic force."""
    force = filtered_force(folder / "world", officers, days, seed)
    return experiments.on_force(force, folder / "world" / "truth" / "density.csv", seed, True)


def priced(folder: Path, officers: int, days: int, seed: int) -> Iterator[ResultRow]:
    """What each mask and policy costs, and how well it protects, against the policy of version 1."""
    force = filtered_force(folder / "world", officers, days, seed, run_filter.RULES_OF_VERSION_1)
    return tradeoff.price_rows(
        ExperimentBench.of(folder),
        folder / "world",
        force,
        ScenarioSetup("round", officers, 20, 60, tail_s=4_500),
        RULES,
    )


def scanned(folder: Path, officers: int, days: int, seed: int, protect: Protection) -> Iterator[ResultRow]:
    """Attacks 9 and 14."""
    make_force(folder / "world", officers, days, seed)
    return _traces(folder / "world", folder / "store", seed, protect)


def filtered_force(
    world: Path, officers: int, days: int, seed: int, changes: PolicyChanges | None = None
) -> ForceTruth:
    """Make a force, run the filter on it by its policy, perhaps with changes, and read the result with the truth."""
    make_force(world, officers, days, seed)
    policy = world / "policy.toml"
    policy.write_text(changed(policy.read_text(), changes or {}))
    run_job(world / "job.toml", as_of=AS_OF)
    return read_force(
        world / "store", world / "truth", bytes.fromhex(KEY), world / "roster.csv", world / "sites.geojson"
    )


TRIALS: dict[str, Callable[..., Iterator[ResultRow]]] = {
    "masked": masked,
    "filtered": filtered,
    "by_version_1": by_version_1,
    "ruled": ruled,
    "by_default": by_default,
    "proposed": proposed,
    "costed": costed,
    "inner": inner,
    "hidden_moved": hidden_moved,
    "edited": edited,
    "silent": silent,
    "late": late,
    "two_policies": two_policies,
    "by_insiders": by_insiders,
    "tables_edited": tables_edited,
    "on_the_force": on_the_force,
    "priced": priced,
    "scanned": scanned,
}


def _traces(world: Path, store: Path, seed: int, protect: leak_scan.Protection) -> Iterator[ResultRow]:
    """Attacks 9 and 14 on runs of a world's job; `protect` is what the command line does to its own process.

    A count that the system did not let us take is `UNCLEAR`, not 0.
    """
    found = leak_scan.traces(world, store, protect)
    blank = ResultRow("9 traces in the release", "force", FILTER, 0, 0, 0, seed)
    yield counted(blank, found.release, _of_planted(found.release, found), "none", True)
    for where, count in (
        ("ledger", found.ledger),
        ("log", found.log),
        ("messages", found.messages),
        ("spill files of a run in its middle", found.spill),
        ("what kill -9 leaves", found.killed),
        ("files after kill -9 and the next run", found.after),
    ):
        yield counted(replace(blank, attack=f"14 traces: {where}"), count, _of_planted(count, found), "none", True)
    for where, count in (
        ("spill files of a run in its middle", found.control_spill),
        ("core dump of a run that crashes", found.control_dump),
    ):
        yield replace(
            blank,
            attack=f"14 traces: {where}",
            mask="files with names, dumps allowed",
            finding=_of_planted(count, found),
        )
    known = (14, "memory") in KNOWN
    for where, count, known_crossing in (
        ("core dump of a run that crashes", found.dump, False),
        ("memory of a run in its middle, read by root", found.memory, known),
    ):
        row = replace(blank, attack=f"14 traces: {where}")
        if count < 0:
            yield replace(row, finding=_of_planted(count, found), line="none", verdict=UNCLEAR)
        else:
            yield counted(row, count, _of_planted(count, found), "none", True, known_crossing)


def _of_planted(count: int, found: leak_scan.TraceCounts) -> str:
    return "could not be looked at" if count < 0 else f"{count} of {found.planted} planted values"
