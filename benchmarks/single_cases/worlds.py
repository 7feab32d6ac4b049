"""The worlds that are attacked: made up, filtered, and with answers about half of their officers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from benchmarks.single_cases.answers import DAY_S, DAYS, START, WEEK, by_command, made_answers, read_cases, read_copies
from offduty.redteam import force_worlds, run_filter
from offduty.redteam.attacker_view import (
    Flags,
    Floats,
    Ints,
    KnownDuties,
    KnownWindows,
    OwnCopyDates,
    PublicKnowledge,
    SingleCases,
    VisibleRows,
)
from offduty.redteam.attacks.visible_time import ReadableRules
from offduty.redteam.experiments import ExperimentBench
from offduty.redteam.ground_truth import ForceTruth, TrueRows, blind_hits
from offduty.redteam.results import ResultRow
from offduty.redteam.scenarios import ScenarioSetup
from offduty.synth import Habits

HABITS = Habits(most_days_at_home=4, part_absence=0.05, ghost_at_home=0.02, ghost_phone_off=0.02)
"""An ordinary force, whose office team works from home on up to four days of a week, and with shifts that are not, or
not wholly, worked.
"""


@dataclass(frozen=True)
class AskedWorld:
    """A world that was filtered, about some of whose officers answers were made. `rows` are those of the release, under
    the numbers of their officers; `asked` are the officers with a case. `cases` are of both questions. `shares` are the
    answers about everybody (1: a share is said; 0: none is; -1: nothing is assessed), for what B learns from a force
    that B made up.
    """

    name: str
    rows: VisibleRows
    public: PublicKnowledge
    roster: KnownDuties
    cases: SingleCases
    copies: OwnCopyDates
    windows: KnownWindows
    shares: Ints
    asked: Ints
    homes_m: Floats
    blind: float
    rules: ReadableRules
    blank: ResultRow
    true_rows: TrueRows | None = None
    office: Flags = field(default_factory=lambda: np.zeros(0, bool))

    @property
    def officers(self) -> int:
        """How many there are."""
        return self.rows.officers

    def pseudonyms(self, draw: int = 0) -> tuple[VisibleRows, Ints]:
        """The rows under pseudonyms of a week each, in a random order, and whose each is."""
        order = np.random.default_rng([self.blank.seed, draw]).permuted(
            np.tile(np.arange(self.officers), (DAYS // WEEK + 1, 1)), axis=1
        )
        week = self.rows.duty // WEEK
        rows = self.rows
        under = week * self.officers + order[week, rows.who]
        owner = np.empty(order.size, np.int64)
        for number, some in enumerate(order):
            owner[number * self.officers + some] = np.arange(self.officers)
        return (
            VisibleRows.in_order(under, rows.duty, rows.t_s, rows.x_m, rows.y_m, rows.accuracy_m, order.size),
            owner,
        )


def made_force(folder: Path, officers: int, asked: int, every_s: int, seed: int) -> AskedWorld:
    """A force of whole days with `HABITS`, filtered by the policy that `offduty synth` writes."""
    force_worlds.make_force(folder, officers, DAYS, seed, HABITS, every_s)
    force = force_worlds.under(folder, {}, "as init proposes")
    assert force.roster is not None
    table = pd.read_csv(folder / "truth" / "officers.csv", dtype=str, keep_default_na=False)
    table = table.sort_values("officer_id", ignore_index=True)
    policy = folder / "asinitproposes.toml"
    store = folder / "store-asinitproposes"
    zone = ZoneInfo(tomllib.loads(policy.read_text())["policy"]["timezone"])
    who = drawn(officers, asked, seed)
    answers = made_answers(folder, store, policy, table["officer_id"].tolist(), START)
    by_command(folder, store, policy, answers, int(who[0]))
    rows, roster, true_rows = from_monday(force, store)
    epoch = datetime(START.year, START.month, START.day, tzinfo=zone)
    return AskedWorld(
        "force",
        rows,
        force.public(None),
        roster,
        read_cases(answers, who),
        read_copies(answers, who, epoch),
        answers.duty(epoch),
        answers.shares(),
        who,
        force.homes_m,
        blind_hits(force.homes_m, folder / "truth" / "density.csv", force.density),
        ReadableRules(900.0, 900.0, force.step_s, site_m=180.0),
        ResultRow("", "force", "", officers, DAYS, every_s, seed),
        true_rows,
        (table["team"] == "office").to_numpy(),
    )


def from_monday(force: ForceTruth, store: Path) -> tuple[VisibleRows, KnownDuties, TrueRows]:
    """Released rows, roster and truth, with times and days from `START` on: a release may begin a night before."""
    rows, roster, true_rows = force.visible, force.roster, force.true_rows
    assert roster is not None and true_rows is not None
    days = [date.fromisoformat(path.name.removeprefix("date=")) for path in store.glob("runs/*/release/date=*")]
    early = (START - min(days)).days
    rows = replace(rows, duty=rows.duty - early, t_s=rows.t_s - early * DAY_S)
    roster = KnownDuties(roster.who, roster.duty - early, roster.start_s - early * DAY_S, roster.end_s - early * DAY_S)
    kept = np.flatnonzero(roster.duty >= 0)
    roster = KnownDuties(*(column[kept] for column in (roster.who, roster.duty, roster.start_s, roster.end_s)))
    return rows.take(rows.duty >= 0), roster, replace(true_rows, t_s=true_rows.t_s - early * DAY_S)


def made_compact(folder: Path, setup: ScenarioSetup, asked: int) -> AskedWorld:
    """A compact world, filtered by the default policy. All of its officers have the same hours."""
    bench = ExperimentBench.of(folder)
    scenario = bench.scenario(setup)
    text = run_filter.policy_text(**run_filter.DEFAULT_RULES)
    rows = bench.filtered(scenario, text)
    job = folder / "job"
    names = [f"o{number}" for number in range(setup.officers)]
    who = drawn(setup.officers, asked, setup.seed)
    first = run_filter.FIRST_DAY
    answers = made_answers(job, job / "store", job / "policy.toml", names, first)
    epoch = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return AskedWorld(
        setup.kind,
        rows,
        scenario.public,
        scenario.roster,
        read_cases(answers, who),
        read_copies(answers, who, epoch),
        answers.duty(epoch),
        answers.shares(),
        who,
        scenario.homes_m,
        bench.blind,
        ReadableRules(900.0, 900.0, 60.0, site_m=run_filter.SITE_M + 8),
        ResultRow("", setup.kind, "", setup.officers, setup.duties, setup.every_s, setup.seed),
    )


def drawn(officers: int, asked: int, seed: int) -> Ints:
    return np.sort(np.random.default_rng(seed).choice(officers, asked, replace=False))
