"""Trials of attacks 15 to 17: homes that are found by what a phone did not send, and by what a second release lacks.

Each is first run on the rules of version 1 (`force_worlds.FIRST`), where it must work, and then on the defaults and on
what `offduty init` proposes, where the line must hold (threat-model#trusted-attacks).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from offduty.core.count_words import number_of
from offduty.core.errors import UsageError
from offduty.redteam import force_worlds, metrics
from offduty.redteam.attacker_view import AttackerView, Flags, Floats, Guess, VisibleRows
from offduty.redteam.attacks import adaptive, late_fixes, silent_door, two_policies
from offduty.redteam.attacks.subtraction import only_in
from offduty.redteam.experiments import KNOWN
from offduty.redteam.force_worlds import FIRST, POLICIES, WORLDS
from offduty.redteam.ground_truth import ForceTruth, blind_hits, metres
from offduty.redteam.results import ResultRow, counted, scored
from offduty.redteam.run_filter import PolicyChanges
from offduty.redteam.truth_tables import read_table
from offduty.runs.run import run
from offduty.synth import Habits

ALL = tuple(POLICIES)
LATE_WITHIN_M = 150.0
ENRICHED_M = 350.0
NARROW_M, WIDE_M = 200, 300  # the buffers of the two policies of attack 15
GAUGE_S = 100.0  # silences that are shorter than the rule's, on which it says nothing


@dataclass(frozen=True)
class ForceSetup:
    """Which force: the name of its world in `WORLDS`, its size, and the seed."""

    world: str
    officers: int
    days: int
    every_s: int = 60
    seed: int = 3

    @property
    def habits(self) -> Habits:
        """What its people tend to do."""
        return WORLDS[self.world]

    def row(self, attack: str, mask: str) -> ResultRow:
        """An empty row of results with the columns that describe the force."""
        return ResultRow(attack, self.world, mask, self.officers, self.days, self.every_s, self.seed)


def make(folder: Path, setup: ForceSetup) -> None:
    """Write the force of a setup."""
    force_worlds.make_force(folder, setup.officers, setup.days, setup.seed, setup.habits, setup.every_s)


def silent_doors(folder: Path, setup: ForceSetup, policies: dict[str, PolicyChanges] = POLICIES) -> Iterator[ResultRow]:
    """Attack 16 by each policy, and with silences that are too short for the rule (a gauge of `max_gap_s`). Scored on
    those who go home in the middle of a shift.
    """
    make(folder, setup)
    home = force_worlds.at_home_for_lunch(folder)
    for name, changes in policies.items():
        force = force_worlds.under(folder, changes, name)
        view = AttackerView(force.visible, force.public(None))
        for attack, shortest_s in (("16 silent door", silent_door.SHORTEST_S), ("16 short silences", GAUGE_S)):
            guess = silent_door.attack(view, shortest_s)
            known = shortest_s == GAUGE_S and (16, setup.world) in KNOWN
            score = _score(folder, force, guess, home)
            row = scored(setup.row(attack, name), score, name != FIRST, known=known)
            yield replace(row, finding=_guessed(force, guess, home))


def _score(folder: Path, force: ForceTruth, guess: Guess, some: Flags) -> metrics.Score:
    """The score of the guesses for some of the officers."""
    blind = blind_hits(force.homes_m, folder / "truth" / "density.csv", force.density)
    return metrics.score(Guess(guess.x_m[some], guess.y_m[some]), force.homes_m[some], blind)


def _guessed(force: ForceTruth, guess: Guess, some: Flags) -> str:
    """How many guesses there are for some of the officers, and how many of these are near."""
    error_m = metrics.errors_m(guess, force.homes_m)[some]
    made = np.isfinite(error_m)
    near = [int((error_m <= within_m).sum()) for within_m in (200.0, 500.0)]
    guesses, officers = number_of(int(made.sum()), "guess", "guesses"), number_of(int(some.sum()), "officer")
    return f"{near[0]} of {guesses} within 200 m, {near[1]} within 500 m; {officers}"


def late_arrivals(folder: Path, setup: ForceSetup, policies: tuple[str, ...] = ALL) -> Iterator[ResultRow]:
    """Attack 17 by each policy: what phones found within 150 m of home is missing in the first run, and there in the
    second. The attacker has kept a copy of the first release, which is withdrawn.
    """
    make(folder, setup)
    home = force_worlds.at_home_for_lunch(folder)
    late = hold_back(folder)
    for name in policies:
        changes = POLICIES[name]
        for path in late:
            path.rename(path.with_suffix(".later"))
        earlier = force_worlds.under(folder, changes, name).visible
        for path in late:
            path.with_suffix(".later").rename(path)
        force = force_worlds.under(folder, changes, name)
        view = AttackerView(force.visible, force.public(None), other=earlier)
        gone = int(only_in(earlier, force.visible).sum())
        guess = late_fixes.attack(view)
        row = scored(setup.row("17 late fixes", name), _score(folder, force, guess, home), name != FIRST)
        yield replace(row, finding=f"{gone:,} of {len(earlier):,} rows are gone; {_guessed(force, guess, home)}")
        reach_m = NARROW_M + setup.every_s * view.public.speed_m_s * 1.2
        guess = adaptive.attack_twice(view, reach_m)
        yield scored(setup.row("17 late fixes, adaptive", name), _score(folder, force, guess, home), name != FIRST)


def hold_back(folder: Path) -> list[Path]:
    """Move the pings that were truly found near home into files of their own, with their truth: those that arrive late.
    Returns the files of pings.
    """
    homes = {}
    for row in read_table(folder / "truth" / "homes.csv"):
        homes[row["officer_id"]] = metres(np.float64(row["lon"]), np.float64(row["lat"]))  # type: ignore[arg-type]
    made = []
    for path in sorted((folder / "pings").glob("*.parquet")):
        true_path = folder / "truth" / "pings" / path.name
        sent, true = pq.read_table(path), pq.read_table(true_path)
        near = _near_home(true, homes)
        for table, where in ((sent, path), (true, true_path)):
            pq.write_table(table.filter(pa.array(~near)), where)
            pq.write_table(table.filter(pa.array(near)), where.with_name(f"{path.stem}-late.parquet"))
        made.append(path.with_name(f"{path.stem}-late.parquet"))
    return made


def _near_home(true: pa.Table, homes: dict[str, tuple[Floats, Floats]]) -> Flags:
    x_m, y_m = metres(true["true_lon"].to_numpy(), true["true_lat"].to_numpy())
    nowhere = (np.float64(np.inf), np.float64(np.inf))
    who = true["officer_id"].cast(pa.string()).combine_chunks().dictionary_encode()
    points = np.array([*(homes.get(name, nowhere) for name in who.dictionary.to_pylist()), nowhere], np.float64)
    home = points[who.indices.fill_null(len(points) - 1).to_numpy()]
    near: Flags = np.hypot(x_m - home[:, 0], y_m - home[:, 1]) <= LATE_WITHIN_M
    return near


def two_buffers(folder: Path, setup: ForceSetup, policies: tuple[str, ...] = ALL) -> Iterator[ResultRow]:
    """Attack 15 by each policy with buffers of 200 and 300 m, first with two stores, as if nothing guarded them; then
    in one store, where the second run must be refused.
    """
    make(folder, setup)
    everybody = np.ones(setup.officers, bool)
    for name in policies:
        changes = POLICIES[name]
        narrow = force_worlds.under(folder, changes, name)
        wide = force_worlds.under(folder, {**changes, "buffer_m": WIDE_M}, f"{name} wide")
        view = AttackerView(wide.visible, wide.public(None), other=narrow.visible)
        row = scored(
            setup.row("15 two policies, no guard", name),
            _score(folder, wide, two_policies.attack(view), everybody),
            False,
        )
        yield replace(row, finding=_enriched(narrow, wide.visible))
        guess = adaptive.attack_twice(view, WIDE_M + two_policies.SLACK_M)
        row = setup.row("15 two policies, adaptive, no guard", name)
        yield scored(row, _score(folder, wide, guess, everybody), False)
    yield _refused(folder, setup, policies[-1])


def _enriched(narrow: ForceTruth, wide: VisibleRows) -> str:
    """How much more often the rows that only one release has lie near the own home than the others."""
    rows = narrow.visible
    home = narrow.homes_m[rows.who, 0]
    near = np.hypot(rows.x_m - home[:, 0], rows.y_m - home[:, 1]) <= ENRICHED_M
    gone = only_in(rows, wide)
    shares = [float(near[some].mean()) if some.any() else 0.0 for some in (gone, ~gone)]
    return (
        f"{number_of(int(gone.sum()), 'row differs', 'rows differ')}; {100 * shares[0]:.1f} % of them are within"
        f" {ENRICHED_M:.0f} m of the own home, {100 * shares[1]:.2f} % of the others"
    )


def _refused(folder: Path, setup: ForceSetup, name: str) -> ResultRow:
    """The guard: a second release of the same time by another policy is refused."""
    store, plain = folder / "store-guarded", "".join(letter for letter in name if letter.isalnum())
    run(folder / f"job-{plain}.toml", as_of=force_worlds.AS_OF, store=store)
    before = sorted(path.name for path in (store / "runs").iterdir())
    refused = False
    try:
        run(folder / f"job-{plain}wide.toml", as_of=force_worlds.AS_OF, store=store)
    except UsageError:
        refused = True
    more = len(sorted(path.name for path in (store / "runs").iterdir())) - len(before)
    shutil.rmtree(store)
    words = (
        "the second release was refused"
        if refused
        else f"{number_of(more, 'more release was', 'more releases were')} published"
    )
    return counted(setup.row("15 two policies", name), int(not refused or more > 0), words, "refused", True)
