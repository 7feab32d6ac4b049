"""The whole red team, and a small one for CI: a list of trials that run side by side on two cores, each in a process
of its own.
"""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offduty.redteam import baselines, experiments, tradeoff
from offduty.redteam.attacks.adaptive import Rule
from offduty.redteam.experiments import Bench
from offduty.redteam.ground_truth import Force, read_force
from offduty.redteam.results import FILTER, Row
from offduty.redteam.scenarios import Setup

KEY = "5a" * 32  # of worlds that were made up a minute ago
DEFAULT = {FILTER: Rule()}
NO_RULE = {"no rule": Rule()}  # the default policy again, in a world of longer stays
HOLD = "hold 15 min"
RULES = {
    HOLD: Rule(hold_s=900), "hold 30 min": Rule(hold_s=1_800), "marks of 30 min": Rule(step_s=1_800),
    "marks of 60 min": Rule(step_s=3_600),
}  # fmt: skip
BY_NAME = {mask.name: mask for mask in baselines.MASKS}


@dataclass(frozen=True)
class Task:
    """One trial by its name in this module, and what it is given."""

    name: str
    given: dict[str, Any]


def small() -> list[Task]:
    """Under two minutes on two cores: enough to see that attacks still work and lines still hold."""
    few = ("circle 200 m", "circle 500 m, moved", "cell 1 km", "donut 100-200 m")
    return [
        Task("on_the_force", {"officers": 80, "days": 5, "seed": 7}),
        Task("masked", {"setup": Setup("round", 200, 20, 60), "names": few}),
        Task("filtered", {"setup": Setup("home", 200, 20, 60), "duties": (20,)}),
        Task("filtered", {"setup": Setup("station", 200, 20, 60), "duties": (20,)}),
        Task("adaptive", {"setup": Setup("home", 200, 20, 60), "duties": (5, 20)}),
        Task("inner", {"people": 100, "radii": (200, 600)}),
        Task("hidden_moved", {"officers": 40, "times": 2}),
        Task("edited", {"histories": 20}),
        Task("scanned", {"officers": 60, "days": 2, "seed": 11}),
    ]


def full(officers: int = 500) -> list[Task]:
    """The whole table."""
    kinds = ("home", "station", "round", "beat")
    every = tuple(BY_NAME)
    by_step = (
        Task("filtered", {"setup": Setup(kind, officers, 250, every_s), "duties": (5, 20, 100, 250), "towns": towns})
        for every_s, towns in ((5, 5), (30, 1), (60, 1))
        for kind in kinds
    )
    return [
        Task("on_the_force", {"officers": officers, "days": 8, "seed": 7}),
        *by_step,
        Task("filtered", {"setup": Setup("posts", officers, 100, 60), "duties": (5, 20, 100)}),
        Task("masked", {"setup": Setup("round", officers, 100, 60), "names": every}),
        Task("masked", {"setup": Setup("home", officers, 100, 60), "names": every}),
        Task("masked", {"setup": Setup("round", officers, 20, 5), "names": every}),
        *(Task("adaptive", {"setup": Setup(kind, officers, 100, 60), "duties": (5, 20, 100)}) for kind in (*kinds, "posts")),
        *(Task("ruled", {"setup": Setup(kind, officers, 20, 60, tail_s=4_500)}) for kind in ("home", "round", "posts")),
        *(Task("held_back", {"setup": Setup(kind, officers, 100, 60, tail_s=4_500)}) for kind in (*kinds, "posts")),
        Task("priced", {"officers": officers, "days": 5, "seed": 7}),
        Task("inner", {"people": 400, "radii": (200, 400, 600, 1_000, 1_600)}),
        Task("hidden_moved", {"officers": 100, "times": 5}),
        Task("edited", {"histories": 100}),
        Task("scanned", {"officers": 60, "days": 2, "seed": 11}),
    ]  # fmt: skip


def run(tasks: list[Task], workers: int, watch: Callable[[str, int, int], None]) -> list[Row]:
    """All rows, in the order of the tasks, whichever was done first. Raises what a trial raises."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting: list[Future[list[Row]]] = [pool.submit(perform, task) for task in tasks]
        rows: list[Row] = []
        for number, future in enumerate(waiting):
            rows += future.result()
            watch(tasks[number].name, number + 1, len(tasks))
    return [*rows, *experiments.averages(rows)]


def perform(task: Task) -> list[Row]:
    """One trial, in a folder that is gone when it is done."""
    folder = Path(tempfile.mkdtemp(prefix="offduty-attack-"))
    try:
        return list(TRIALS[task.name](folder, **task.given))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def masked(folder: Path, setup: Setup, names: tuple[str, ...]) -> Iterator[Row]:
    """Attacks on homes against the masks of today."""
    return experiments.against_masks(Bench.of(folder), setup, tuple(BY_NAME[name] for name in names))


def filtered(folder: Path, setup: Setup, duties: tuple[int, ...], towns: int = 1) -> Iterator[Row]:
    """The same attacks against the filter."""
    return experiments.against_filter(Bench.of(folder), setup, duties, towns)


def adaptive(folder: Path, setup: Setup, duties: tuple[int, ...]) -> Iterator[Row]:
    """The adaptive attacker against the filter."""
    return experiments.adaptively(Bench.of(folder), setup, duties, DEFAULT)


def ruled(folder: Path, setup: Setup) -> Iterator[Row]:
    """Every attacker against rules that would hide more."""
    bench = Bench.of(folder)
    yield from experiments.under_rules(bench, setup, NO_RULE | RULES)
    yield from experiments.adaptively(bench, setup, (setup.duties,), NO_RULE | RULES)


def held_back(folder: Path, setup: Setup) -> Iterator[Row]:
    """Every attacker against the rule that was built, over as many duties as against the default policy."""
    bench, hold = Bench.of(folder), {HOLD: RULES[HOLD]}
    yield from experiments.under_rules(bench, setup, hold)
    yield from experiments.adaptively(bench, setup, (5, 20, 100), hold)


def inner(folder: Path, people: int, radii: tuple[int, ...]) -> Iterator[Row]:
    """Attack 2 where lengths are told."""
    return experiments.inner_distances(people, 1, radii)


def hidden_moved(folder: Path, officers: int, times: int) -> Iterator[Row]:
    """Attack 2 on the filter."""
    yield experiments.unchanged(Bench.of(folder), Setup("home", officers, 5, 60), times)


def edited(folder: Path, histories: int) -> Iterator[Row]:
    """Attack 11."""
    yield experiments.edits(histories, 1)


def on_the_force(folder: Path, officers: int, days: int, seed: int) -> Iterator[Row]:
    """Whole days of a synthetic force."""
    force = made(folder / "world", officers, days, seed)
    return experiments.on_force(force, folder / "world" / "truth" / "density.csv", seed, True)


def priced(folder: Path, officers: int, days: int, seed: int) -> Iterator[Row]:
    """What each mask and policy costs, beside what it protects."""
    force = made(folder / "world", officers, days, seed)
    return tradeoff.price_rows(
        Bench.of(folder), folder / "world", force, Setup("round", officers, 20, 60, tail_s=4_500), RULES
    )


def scanned(folder: Path, officers: int, days: int, seed: int) -> Iterator[Row]:
    """Attacks 9 and 14."""
    make(folder / "world", officers, days, seed)
    return experiments.traces(folder / "world", folder / "store", seed)


def make(world: Path, officers: int, days: int, seed: int) -> None:
    """A synthetic force with its truth and keys."""
    from offduty.synth import write

    write(world, officers, days, 60, seed, truth=True)
    for name in ("pseudonym.key", "signing.key"):
        (world / name).write_text(KEY)
        (world / name).chmod(0o600)


def made(world: Path, officers: int, days: int, seed: int) -> Force:
    """The same, run through the filter by its default policy and read back."""
    from offduty.runs.run import run as filter_pings

    make(world, officers, days, seed)
    filter_pings(world / "job.toml", as_of="2026-12-31")
    return read_force(
        world / "store", world / "truth", bytes.fromhex(KEY), world / "roster.csv", world / "sites.geojson"
    )


TRIALS: dict[str, Callable[..., Iterator[Row]]] = {
    "masked": masked, "filtered": filtered, "adaptive": adaptive, "ruled": ruled, "held_back": held_back, "inner": inner,
    "hidden_moved": hidden_moved, "edited": edited, "on_the_force": on_the_force, "priced": priced, "scanned": scanned,
}  # fmt: skip
