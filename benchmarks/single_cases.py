"""Measures what single cases add for attacker B: `python -m benchmarks.single_cases` (two minutes of processor).

Worlds of the red team are made and filtered, single cases about half of the officers are made with the code of the
commands `offduty presence --because` and `offduty site-days --because`, and B attacks the same officers without and
with them. The rows are written to docs/explanation/single-cases.csv, the table to the page beside it. It needs SciPy
and scikit-learn (the extra `attack`).
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from benchmarks.bars import WITH, WITHOUT
from offduty.analyses.presence import presence
from offduty.analyses.roster_files import roster_files, site_files
from offduty.analyses.site_days import site_days
from offduty.cli.answer_files import csv_bytes
from offduty.config.key_files import load_pseudonym_key
from offduty.config.policy import Policy
from offduty.core.instants import instant
from offduty.redteam import classifier, force_worlds, metrics, run_filter
from offduty.redteam.attacker_view import (
    AttackerView,
    Flags,
    Floats,
    Guess,
    Ints,
    KnownDuties,
    PublicKnowledge,
    SingleCases,
    VisibleRows,
)
from offduty.redteam.attacks import adaptive, duty_start, silent_door, single_cases
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.attacks.single_cases import ReadableRules
from offduty.redteam.experiments import ExperimentBench
from offduty.redteam.ground_truth import AT_HOME, ForceTruth, TrueRows, blind_hits
from offduty.redteam.results import CROSSED, HOLDS, ResultRow, scored
from offduty.redteam.scenarios import ScenarioSetup
from offduty.runs.read_decided import read_decided
from offduty.synth import Habits
from tools.write_attacks_page import replaced, write_rows

DAYS, WEEK = 28, 7
START = date(2026, 3, 23)
FORCE, WORLDS = "force", ("force", "home", "station", "posts")
OFFICERS, SEED = 160, 3
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "single-cases.md"
NAMING = "19 naming"
NAMED = "names given"
STATES, HOURS, ONE = "states alone", "whole hours", "one window each"
ROSTER, TOLD, TOLD_STATES = "the roster alone", "cases and roster", "states and roster"
"""What somebody has who has no release."""
ROSTER_COLUMNS, STATE_COLUMNS = [0, 1], [0, 1, 2, 5]
"""Of what files say of a window (`windows_in_files`): what the roster says, too; and what is left without minutes."""
HABITS = Habits(most_days_at_home=4, part_absence=0.05, ghost_at_home=0.02, ghost_phone_off=0.02)
"""An ordinary force, whose office team works from home on up to four days of a week, and with shifts that are not, or
not wholly, worked.
"""
TERMS = {"purpose": "attacked", "recipients": ["attacker B"], "keep_days": 1}
AGREED = """
[analyses.{name}]
purpose = "attacked"
recipients = ["attacker B"]
keep_days = 1
"""
RULE = HoldRule(hold_s=900, max_gap_s=300)
AT_HOME_S = 1_800.0
DAY_S = 86_400
WEEK_S = WEEK * DAY_S


@dataclass(frozen=True)
class AskedWorld:
    """A world that was filtered, about some of whose officers single cases were made. `rows` are those of the release,
    under the numbers of their officers; `asked` are the officers with a case.
    """

    name: str
    rows: VisibleRows
    public: PublicKnowledge
    roster: KnownDuties
    cases: SingleCases
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

    def pseudonyms(self) -> tuple[VisibleRows, Ints]:
        """The rows under pseudonyms of a week each, in a random order, and whose each is."""
        order = np.random.default_rng(self.blank.seed).permuted(
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
    who = _drawn(officers, asked, seed)
    files = case_files(folder, store, policy, table["officer_id"].tolist(), who, START)
    by_command(folder, store, policy, str(table["officer_id"][who[0]]), files[int(who[0])])
    rows, roster, true_rows = from_monday(force, store)
    return AskedWorld(
        "force",
        rows,
        force.public(None),
        roster,
        read_cases(files, datetime(START.year, START.month, START.day, tzinfo=zone)),
        who,
        force.homes_m,
        blind_hits(force.homes_m, folder / "truth" / "density.csv", force.density),
        ReadableRules(900.0, 900.0, force.step_s),
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
    who = _drawn(setup.officers, asked, setup.seed)
    first = run_filter.FIRST_DAY
    files = case_files(job, job / "store", job / "policy.toml", names, who, first)
    return AskedWorld(
        setup.kind,
        rows,
        scenario.public,
        scenario.roster,
        read_cases(files, datetime(first.year, first.month, first.day, tzinfo=UTC)),
        who,
        scenario.homes_m,
        bench.blind,
        ReadableRules(900.0, 900.0, 60.0),
        ResultRow("", setup.kind, "", setup.officers, setup.duties, setup.every_s, setup.seed),
    )


def _drawn(officers: int, asked: int, seed: int) -> Ints:
    return np.sort(np.random.default_rng(seed).choice(officers, asked, replace=False))


def case_files(
    folder: Path, store: Path, policy: Path, names: list[str], asked: Ints, first: date
) -> dict[int, tuple[bytes, bytes]]:
    """The files of single cases of these officers: the sections of `presence` and of `site-days`, with the very code of
    the commands. `by_command` holds one of them against the command itself.
    """
    rules = Policy.load(policy).model_dump(exclude_none=True)
    agreed = Policy.from_dict({**rules, "analyses": {"presence": TERMS, "site_days": TERMS}})
    release = read_decided(store)
    known: dict[str, Any] = {
        "key": load_pseudonym_key(folder / "pseudonym.key"),
        "decided": release.decided,
        "as_of_us": max(instant(run["as_of"]) or 0 for run in release.runs),
    }
    roster, sites = (
        roster_files(str(folder / "roster.csv"), folder).rows,
        site_files(str(folder / "sites.geojson"), folder)[0],
    )
    seen = presence(release.frame, roster, sites, agreed, **known)
    days = site_days(
        release.frame, roster, sites, agreed, codes=["duty"], start=first, end=first + timedelta(days=DAYS), **known
    )
    return {who: (csv_bytes(seen.section(names[who])), csv_bytes(days.section(names[who]))) for who in asked.tolist()}


def by_command(folder: Path, store: Path, policy: Path, officer: str, files: tuple[bytes, bytes]) -> None:
    """Make the single cases of one officer by the commands; `AssertionError` where a byte differs."""
    agreed = folder / "agreed.toml"
    agreed.write_text(policy.read_text() + "".join(AGREED.format(name=name) for name in ("presence", "site_days")))
    period = f"{START}/{START + timedelta(days=DAYS - 1)}"
    for name, more, content in (("presence", [], files[0]), ("site-days", ["--period", period], files[1])):
        answers = folder / f"answers-{name}"
        answers.mkdir()
        words = [sys.executable, "-m", "offduty", name, str(store), "--policy", str(agreed), *more]
        for option in ("roster.csv", "sites.geojson", "pseudonym.key", "signing.key"):
            kind = option.partition(".")[0]
            words += ["--key" if kind == "pseudonym" else f"--{kind}", str(folder / option)]
        words += ["--officer", officer, "--because", "an attack on ourselves", "-o", str(answers)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert (answers / "own-section.csv").read_bytes() == content, name


def read_cases(files: dict[int, tuple[bytes, bytes]], epoch: datetime) -> SingleCases:
    """What the files say, as an attacker reads them; times in seconds since `epoch`."""
    parts = []
    for who, (windows, days) in files.items():
        said = pd.read_csv(io.BytesIO(windows), keep_default_na=False)
        if said.empty:
            continue
        by_day = pd.read_csv(io.BytesIO(days), dtype=str)
        on_site = dict(zip(by_day["day"], by_day["state"].map(_shown), strict=True))
        starts = [datetime.fromisoformat(text) for text in said["starts_at"]]
        ends = [datetime.fromisoformat(text) for text in said["ends_at"]]
        parts.append(
            pd.DataFrame(
                {
                    "who": who,
                    "start_s": [(at - epoch).total_seconds() for at in starts],
                    "end_s": [(at - epoch).total_seconds() for at in ends],
                    "confirmed": said["state"].map(_shown),
                    "joined_min": said["confirmed_minutes"].astype(float),
                    "plain_min": said["minutes_without_joining"].astype(float),
                    "on_site": [on_site.get(f"{at.date()}", -1) for at in starts],
                    "first_s": _planted(said, "first_seen_at", epoch),
                    "last_s": _planted(said, "last_seen_at", epoch),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    columns = {name: table[name].to_numpy() for name in table.columns}
    return SingleCases(**columns)


def _planted(said: pd.DataFrame, name: str, epoch: datetime) -> Floats:
    """The times of a column that no file has (A4), but where a test plants it."""
    if name not in said.columns:
        return np.full(len(said), np.nan)
    return np.array((pd.to_datetime(said[name], utc=True) - epoch).dt.total_seconds(), np.float64)


def _shown(state: str) -> int:
    return {"confirmed": 1, "not visible": 0}.get(state, -1)


def some_cases(cases: SingleCases, which: Ints) -> SingleCases:
    """Some windows of the cases."""
    columns: list[Any] = [getattr(cases, name)[which] for name in SingleCases.__dataclass_fields__]
    return SingleCases(*columns)


def trial(world: AskedWorld) -> Iterator[ResultRow]:
    """Every attack that a single case could help, without and with: naming, homes, and whether somebody was at home."""
    visible, owner = world.pseudonyms()
    view = AttackerView(visible, world.public, world.roster)
    names = {
        WITHOUT: single_cases.name(view, world.rules),
        WITH: single_cases.name(replace(view, cases=world.cases), world.rules),
        NAMED: owner,
    }
    yield from naming(world, view, owner, names)
    yield from homes(world, visible, names)
    if world.true_rows is not None:
        yield from at_home(world, visible, names)


def naming(world: AskedWorld, view: AttackerView, owner: Ints, names: dict[str, Ints]) -> Iterator[ResultRow]:
    """Attack 19: of the pseudonyms of the officers with a case, how many are rightly named."""
    mine = np.flatnonzero((np.bincount(view.visible.who, minlength=len(owner)) > 0) & np.isin(owner, world.asked))
    before = metrics.share(names[WITHOUT][mine] == owner[mine])
    after = metrics.share(names[WITH][mine] == owner[mine])
    row = replace(world.blank, attack=NAMING)
    yield replace(row, mask=WITHOUT, finding=_percent(before))
    yield replace(row, mask=WITH, finding=_percent(after), verdict=_within(after.share, before.high))
    nothing = np.full(len(world.cases), np.nan)
    states = replace(world.cases, joined_min=nothing, plain_min=nothing)
    hours = replace(
        world.cases, joined_min=world.cases.joined_min // 60 * 60, plain_min=world.cases.plain_min // 60 * 60
    )
    for mask, cases, rules in ((STATES, states, world.rules), (HOURS, hours, replace(world.rules, whole_s=3_600.0))):
        found = single_cases.name(replace(view, cases=cases), rules)
        part = metrics.share(found[mine] == owner[mine])
        yield replace(row, mask=mask, finding=_percent(part), verdict=_within(part.share, before.high))
    yield _by_one_window(world, view, owner, mine, names[WITHOUT])


def _by_one_window(world: AskedWorld, view: AttackerView, owner: Ints, mine: Ints, without: Ints) -> ResultRow:
    """The same with cases about one confirmed window each: of the pseudonyms of the weeks of these windows."""
    draw = np.random.default_rng(world.blank.seed)
    windows = []
    for who in world.asked.tolist():
        shown = np.flatnonzero((world.cases.who == who) & (world.cases.confirmed == 1))
        if len(shown):
            windows.append(int(draw.choice(shown)))
    cases = some_cases(world.cases, np.array(windows, np.int64))
    week = (cases.start_s // WEEK_S).astype(np.int64)
    about = np.isin(owner[mine] * 100 + mine // world.officers, cases.who * 100 + week)
    found = single_cases.name(replace(view, cases=cases), world.rules)[mine][about] == owner[mine][about]
    part, before = metrics.share(found), metrics.share(without[mine][about] == owner[mine][about])
    words = f"{_percent(part)}; without {_percent(before)}"
    row = replace(world.blank, attack=NAMING, mask=ONE, finding=words)
    return replace(row, verdict=_within(part.share, before.high))


def homes(world: AskedWorld, visible: VisibleRows, names: dict[str, Ints]) -> Iterator[ResultRow]:
    """Attacks 3 and 16 and the adaptive attacker on the homes of the officers with a case, under the names that B gives
    to the pseudonyms.
    """
    before: dict[str, metrics.Score] = {}
    table = learnt(world)
    for mask, named in names.items():
        rows = single_cases.rows_of(visible, named, world.officers)
        if mask == WITH:
            rows = single_cases.with_sightings(rows, world.cases, world.public.sites_m)
        view = AttackerView(rows, world.public, world.roster)
        found = {
            "3 duty-start gap": duty_start.attack(view),
            "16 silent door": silent_door.attack(view),
            "adaptive": adapted(view, world.asked, table, RULE),
        }
        for attack, guess in found.items():
            guess = Guess(guess.x_m[world.asked], guess.y_m[world.asked])
            score = metrics.score(guess, world.homes_m[world.asked], world.blind)
            before.setdefault(attack, score)
            verdict = _within(score.lift, before[attack].lift_high) if mask == WITH else ""
            row = scored(replace(world.blank, attack=attack, mask=mask), score, has_line=False)
            yield replace(row, verdict=verdict)


def learnt(world: AskedWorld, rule: HoldRule = RULE) -> Floats:
    """What the adaptive attacker learns from the officers about whom there is no case, as from a made-up force."""
    others = np.setdiff1d(np.arange(world.officers), world.asked)
    known = world.roster.who * 1_000 + world.roster.duty
    known = known[np.isfinite(world.roster.start_s)]
    rows = world.rows.take(np.isin(world.rows.who, others) & np.isin(world.rows.who * 1_000 + world.rows.duty, known))
    return adaptive.learn(AttackerView(rows, world.public, world.roster), _home(world.homes_m), rule)


def _home(homes_m: Floats) -> Floats:
    return homes_m[:, 0] if homes_m.ndim == 3 else homes_m


def adapted(view: AttackerView, asked: Ints, table: Floats, rule: HoldRule) -> Guess:
    """The adaptive attacker on each of these officers, with candidates around what is visible of the officer. Of whom
    nothing is, the guess is where people tend to live beside a site: a station beside the own home is one reason.
    """
    guess, roster = Guess.empty(view.visible.officers), view.roster
    assert roster is not None
    nearby = _beside_sites(view.public)
    for who in asked.tolist():
        own = np.flatnonzero((roster.who == who) & np.isfinite(roster.start_s))
        rows = view.visible.take(np.flatnonzero(view.visible.who == who))
        rows = rows.take(np.isin(rows.duty, roster.duty[own]))
        if not len(rows):
            guess.x_m[who], guess.y_m[who] = nearby
            continue
        zero = np.zeros(len(own), np.int64)
        duties = KnownDuties(zero, roster.duty[own], roster.start_s[own], roster.end_s[own])
        middle = float(np.median(rows.x_m)), float(np.median(rows.y_m))
        alone = replace(rows, who=np.zeros(len(rows), np.int64), officers=1)
        one = AttackerView(alone, replace(view.public, middle_m=middle), duties)
        found = adaptive.attack(one, table, rule)
        guess.x_m[who], guess.y_m[who] = found.x_m[0], found.y_m[0]
    return guess


def _beside_sites(public: PublicKnowledge) -> tuple[float, float]:
    """The site around which most people live."""
    here = public.density(public.sites_m[:, 0], public.sites_m[:, 1])
    x_m, y_m = public.sites_m[int(np.argmax(here))]
    return float(x_m), float(y_m)


def at_home(world: AskedWorld, visible: VisibleRows, names: dict[str, Ints]) -> Iterator[ResultRow]:
    """Attack 8 by duty window: was the officer at home for half an hour of it? Of everybody, and of the office team,
    some of whose days are wholly there.
    """
    assert world.true_rows is not None
    label = truly_at_home(world.true_rows, world.cases, world.blank.every_s)
    told = single_cases.windows_in_files(world.cases)
    known: dict[str, Floats] = {}
    for mask, named in names.items():
        rows = single_cases.rows_of(visible, named, world.officers)
        known[mask] = single_cases.windows_in_rows(rows, world.cases, world.rules)
    known[WITH] = np.concatenate([known[WITH], told], axis=1)
    known |= {ROSTER: told[:, ROSTER_COLUMNS], TOLD_STATES: told[:, STATE_COLUMNS], TOLD: told}
    everybody = np.ones(len(label), bool)
    for group, some in (("8 at home on duty", everybody), ("8 at home, office team", world.office[world.cases.who])):
        before: metrics.Auc | None = None
        for mask, described in known.items():
            area = classifier.separable(described[some], label[some], world.cases.who[some])
            before = before or area
            words = f"at home in {area.positives} of {int(some.sum())} windows"
            row = replace(world.blank, attack=group, mask=mask, finding=words)
            verdict = _within(area.area, before.high) if mask == WITH else ""
            yield replace(row, auc=f"{area.area:.2f} ({area.low:.2f}-{area.high:.2f})", verdict=verdict)


def truly_at_home(rows: TrueRows, cases: SingleCases, every_s: int) -> Flags:
    """In which windows the officer's devices sent for half an hour from a home."""
    there = np.isin(rows.state, AT_HOME)
    order = np.lexsort((rows.t_s[there], rows.who[there]))
    who, t_s = rows.who[there][order], rows.t_s[there][order]
    key = who * 1e9 + t_s
    first, last = (np.searchsorted(key, cases.who * 1e9 + end_s) for end_s in (cases.start_s, cases.end_s))
    found: Flags = (last - first) * every_s >= AT_HOME_S
    return found


def _within(after: float, high: float) -> str:
    """Whether a figure with the files is within the interval of that without them."""
    return HOLDS if after <= high else CROSSED


def _percent(part: metrics.Proportion) -> str:
    return f"{100 * part.share:.1f} % ({100 * part.low:.1f}-{100 * part.high:.1f}) of {part.of}"


def measured(officers: int, every_s: int, seed: int, worlds: tuple[str, ...] = WORLDS) -> Iterator[ResultRow]:
    """The rows of these worlds; the compact ones have twice as many officers. Cases are made about half of them."""
    for name in worlds:
        with TemporaryDirectory(prefix="offduty-cases-") as folder:
            place = Path(folder)
            if name == FORCE:
                yield from trial(made_force(place, officers, officers // 2, every_s, seed))
            else:
                setup = ScenarioSetup(name, 2 * officers, DAYS, every_s, seed, tail_s=4_500)
                yield from trial(made_compact(place, setup, officers))


def table(rows: list[ResultRow]) -> str:
    """A line for each attack and world: without, with, and what rises; for homes also where the names are known."""
    found: dict[tuple[str, str], dict[str, ResultRow]] = {}
    for row in rows:
        found.setdefault((row.attack, row.world), {})[row.mask] = row
    lines = [
        (attack, f"*{world}*", *(figure(by.get(mask)) for mask in (WITHOUT, WITH, NAMED)), rises(by[WITH].verdict))
        for (attack, world), by in found.items()
    ]
    return as_table(("attack", "world", "without", "with single cases", "names given", "rises"), lines)


def without_release(rows: list[ResultRow]) -> str:
    """Attack 8 by somebody who has no release."""
    by = {(row.attack, row.mask): row for row in rows if row.auc}
    attacks = dict.fromkeys(attack for attack, _ in by)
    masks = (ROSTER, TOLD_STATES, TOLD)
    lines = [(attack, *(figure(by.get((attack, mask))) for mask in masks)) for attack in attacks]
    return as_table(("attack", *masks), lines)


def smaller(rows: list[ResultRow]) -> str:
    """Attack 19 where less is said: no minutes, whole hours, or one duty window."""
    names = [row for row in rows if row.attack == NAMING]
    by = {(row.world, row.mask): row for row in names}
    worlds = dict.fromkeys(row.world for row in names)
    masks = (WITHOUT, WITH, HOURS, STATES, ONE)
    lines = [(f"*{world}*", *(figure(by.get((world, mask))) for mask in masks)) for world in worlds]
    return as_table(("world", *masks), lines)


def figure(row: ResultRow | None) -> str:
    """The figure of a row, with its interval; empty without a row."""
    if row is None:
        return ""
    return f"lift {row.lift}" if row.lift else f"AUC {row.auc}" if row.auc else row.finding


def rises(verdict: str) -> str:
    """Whether it does, in a word."""
    return {HOLDS: "no", CROSSED: "**yes**"}.get(verdict, "")


def as_table(heads: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    """A table of the page."""
    made = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return "\n".join([*made, *(f"| {' | '.join(cells)} |" for cells in lines)]) + "\n"


PARTS: dict[str, Callable[[list[ResultRow]], str]] = {
    "single cases": table,
    "smaller cases": smaller,
    "without a release": without_release,
}
"""The tables of the page by the names of their marks."""


def main() -> int:
    """Measure, and write the rows and the tables of the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.single_cases", description=__doc__)
    parser.add_argument("--officers", type=int, default=OFFICERS)
    parser.add_argument("--every", type=int, default=60, help="seconds between fixes")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--worlds", default=",".join(WORLDS), help="some of them, with --only-print")
    parser.add_argument("--only-print", action="store_true", help="write nothing")
    given = parser.parse_args()
    rows = []
    for row in measured(given.officers, given.every, given.seed, tuple(given.worlds.split(","))):
        print(
            *(part for part in (row.world, row.attack, row.mask, figure(row), row.verdict) if part),
            sep=" | ",
            flush=True,
        )
        rows.append(row)
    print(f"{sum(os.times()[:4]):.0f} s of processor")
    if not given.only_print:
        write_rows(PAGE.with_suffix(".csv"), rows)
        text = PAGE.read_text(encoding="utf-8")
        for name, made in PARTS.items():
            text = replaced(text, name, made(rows))
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
