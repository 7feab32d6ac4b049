"""Measures what single cases and own copies add for attacker B: `python -m benchmarks.single_cases` (some minutes).

Worlds of the red team are made and filtered, answers about half of the officers are made with the code of the commands
`offduty presence --officer` and `offduty site-days --officer`, and B attacks the same officers without them, with the
undated sections that single cases are, and with the dated files of own copies. The rows are written to
docs/explanation/single-cases.csv, the tables to the page beside it. It needs SciPy and scikit-learn (the extra
`attack`).
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
from offduty.analyses.eligible_duty import NEVER_SEEN, SECOND_US
from offduty.analyses.presence import CONFIRMED, NOT_ASSESSED, Presence, presence
from offduty.analyses.roster_files import roster_files, site_files
from offduty.analyses.site_days import LEAST_DAYS, SiteDays, site_days
from offduty.cli.answer_files import csv_bytes
from offduty.cli.officer_answer import OWN, OWN_DATES
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
    KnownWindows,
    OwnCopyDates,
    PublicKnowledge,
    SingleCases,
    VisibleRows,
)
from offduty.redteam.attacks import adaptive, duty_start, silent_door, single_cases
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.attacks.single_cases import ReadableRules
from offduty.redteam.experiments import ExperimentBench
from offduty.redteam.ground_truth import AT_HOME, ForceTruth, TrueRows, blind_hits
from offduty.redteam.results import CROSSED, HOLDS, ResultRow
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
BOTH, COPIES, NAMED = "of both questions", "with own copies", "names given"
LINKED, LINKED_WITH, LINKED_BOTH = "links given", "links given, single cases", "links given, both questions"
LINKS = {LINKED: WITHOUT, LINKED_WITH: WITH, LINKED_BOTH: BOTH}
"""Where it is given which pseudonyms are one officer's, and what B has besides."""
SHORT, SHIFTED = "ten windows each", "every period"
TOLD = "differencing"
"""What cases about one officer over several periods tell of single duty windows."""
TWO = "two periods, a window apart"
FILES = (WITH, BOTH, COPIES)
"""What B may have been given about an officer, from the least to the most."""
ROSTER, ROSTER_WITH, ROSTER_BOTH, ROSTER_COPIES = "roster", "single case", "both questions", "own copies"
"""What somebody has who has no release: the roster alone, or a file besides."""
MASKS = (WITHOUT, *FILES, NAMED)
TRUE_COLUMNS = {WITH: 2, ROSTER_WITH: 2, BOTH: 4, ROSTER_BOTH: 4}
"""How many of the columns of single cases (`mean_area`) are true ones."""
DRAWS = range(5)
"""Of the order of pseudonyms. Where nothing names them it alone decides who is named rightly, by chance."""
SEEDS = range(10)
"""Of the folds in which attack 8 is tested, and of the noise."""
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
    """A world that was filtered, about some of whose officers answers were made. `rows` are those of the release, under
    the numbers of their officers; `asked` are the officers with a case. `cases` are of both questions. `shares` are the
    quarters of everybody (-1: nothing is assessed), for what B learns from a force that B made up.
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
    who = _drawn(officers, asked, seed)
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
    who = _drawn(setup.officers, asked, setup.seed)
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


def _drawn(officers: int, asked: int, seed: int) -> Ints:
    return np.sort(np.random.default_rng(seed).choice(officers, asked, replace=False))


@dataclass(frozen=True)
class Answers:
    """The answers of both questions about everybody, by the very code of the commands; `names` are their ids."""

    windows: Presence
    days: SiteDays
    names: list[str]
    first: date

    @property
    def could(self) -> pd.DataFrame:
        """The windows of which something could have been seen."""
        windows = self.windows.windows
        return windows[windows["why"].isin(["", NEVER_SEEN]) & windows["officer"].isin(self.names)]

    def duty(self, epoch: datetime) -> KnownWindows:
        """What the answers are about, which follows from the roster and the policy; times in seconds since `epoch`."""
        number, could = {name: place for place, name in enumerate(self.names)}, self.could
        days = self.days.days[(self.days.days["state"] != NOT_ASSESSED) & self.days.days["officer"].isin(number)]
        zero_us = int(epoch.timestamp()) * SECOND_US
        return KnownWindows(
            could["officer"].map(number).to_numpy(np.int64),
            (could["from_us"].to_numpy(np.int64) - zero_us) / SECOND_US,
            (could["to_us"].to_numpy(np.int64) - zero_us) / SECOND_US,
            days["officer"].map(number).to_numpy(np.int64),
            days["day"].to_numpy(np.int64) - (self.first - date(1970, 1, 1)).days,
        )

    def shares(self) -> Ints:
        """The quarter of each officer; -1 where nothing is assessed."""
        assessed = self.windows.assessed
        of = assessed.groupby("officer")["state"].agg(["size", lambda states: (states == CONFIRMED).sum()])
        of = of.reindex(self.names, fill_value=0).to_numpy(np.int64)
        return np.where(of[:, 0] > 0, _quarters(of[:, 1], of[:, 0]), -1)


def _quarters(confirmed: Any, windows: Any) -> Any:
    return np.minimum(100 * confirmed // np.maximum(windows, 1) // 25, 3)


def made_answers(folder: Path, store: Path, policy: Path, names: list[str], first: date) -> Answers:
    """Both questions, asked of a store. `by_command` holds one officer's files against the commands themselves."""
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
    return Answers(seen, days, names, first)


def dated(found: Presence | SiteDays, officer: str) -> pd.DataFrame:
    """The dated file of an officer's own copy."""
    return found.dates(officer)


def undated(found: Presence | SiteDays, officer: str) -> pd.DataFrame:
    """A single case."""
    return found.section(officer)


def by_command(folder: Path, store: Path, policy: Path, answers: Answers, who: int) -> None:
    """Make a single case and the own copy of one officer by the commands; `AssertionError` where a byte differs, or a
    single case has another file.
    """
    agreed = folder / "agreed.toml"
    agreed.write_text(policy.read_text() + "".join(AGREED.format(name=name) for name in ("presence", "site_days")))
    period = f"{START}/{START + timedelta(days=DAYS - 1)}"
    officer = answers.names[who]
    for name, more, found in (("presence", [], answers.windows), ("site-days", ["--period", period], answers.days)):
        words = [sys.executable, "-m", "offduty", name, str(store), "--policy", str(agreed), *more]
        for option in ("roster.csv", "sites.geojson", "pseudonym.key", "signing.key"):
            kind = option.partition(".")[0]
            words += ["--key" if kind == "pseudonym" else f"--{kind}", str(folder / option)]
        section, dates = (csv_bytes(table(found, officer)) for table in (undated, dated))
        for reason, expected in (
            (["--because", "an attack on ourselves"], {OWN: section}),
            ([], {OWN: section, OWN_DATES: dates}),
        ):
            made = folder / f"answers-{name}-{len(expected)}"
            made.mkdir()
            asked = [*words, "--officer", officer, *reason, "-o", str(made)]
            subprocess.run(asked, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            found_there = {path.name: path.read_bytes() for path in made.glob("own-*.csv")}
            assert found_there == expected, name


def read_cases(answers: Answers, asked: Ints) -> SingleCases:
    """What single cases of both questions about these officers say, as an attacker reads their bytes. Where one says
    nothing, and by the roster there were windows enough, the officer was not visible in any.
    """
    said = []
    could = answers.could["officer"].value_counts()
    for who in asked.tolist():
        windows = _read(undated(answers.windows, answers.names[who]))
        days = _read(undated(answers.days, answers.names[who]))
        unseen = not windows.get("confirmed_at_least_percent") and could.get(answers.names[who], 0) >= LEAST_DAYS
        said.append(
            (
                "0" if unseen else windows.get("windows"),
                windows.get("confirmed_at_least_percent"),
                days.get("days"),
                days.get("confirmed"),
                windows.get("minutes"),
            )
        )
    columns = np.array([[np.nan if cell in (None, "") else float(cell) for cell in row] for row in said]).T
    return SingleCases(asked, np.full(len(asked), -np.inf), np.full(len(asked), np.inf), *columns)


def _read(section: pd.DataFrame) -> dict[str, str]:
    """The one line of an undated section; nothing where it has none."""
    table = pd.read_csv(io.BytesIO(csv_bytes(section)), dtype=str, keep_default_na=False)
    rows: list[dict[str, str]] = table.to_dict("records")
    return rows[0] if rows else {}


def of_presence(cases: SingleCases) -> SingleCases:
    """The cases without those of days on site."""
    nothing = np.full(len(cases), np.nan)
    return replace(cases, days=nothing, days_confirmed=nothing)


def read_copies(answers: Answers, asked: Ints, epoch: datetime) -> OwnCopyDates:
    """What the dated files of own copies say, as an attacker reads them; times in seconds since `epoch`."""
    parts = []
    for who in asked.tolist():
        windows, days = (csv_bytes(dated(found, answers.names[who])) for found in (answers.windows, answers.days))
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
    return OwnCopyDates(**columns)


def _planted(said: pd.DataFrame, name: str, epoch: datetime) -> Floats:
    """The times of a column that no file has (A4), but where a test plants it."""
    if name not in said.columns:
        return np.full(len(said), np.nan)
    return np.array((pd.to_datetime(said[name], utc=True) - epoch).dt.total_seconds(), np.float64)


def _shown(state: str) -> int:
    return {"confirmed": 1, "not visible": 0}.get(state, -1)


def some_windows(copies: OwnCopyDates, which: Ints) -> OwnCopyDates:
    """Some windows of own copies."""
    columns: list[Any] = [getattr(copies, name)[which] for name in OwnCopyDates.__dataclass_fields__]
    return OwnCopyDates(*columns)


@dataclass(frozen=True)
class Named:
    """What B makes of the pseudonyms of one draw: the rows under them, whose each truly is, and whose B says that it
    is, by what B has been given.
    """

    visible: VisibleRows
    owner: Ints
    names: dict[str, Ints]

    def right(self, mask: str, which: Flags) -> metrics.Proportion:
        """How many of some pseudonyms are rightly named."""
        seen = np.bincount(self.visible.who, minlength=len(self.owner)) > 0
        mine = np.flatnonzero(seen & which)
        return metrics.share(self.names[mask][mine] == self.owner[mine])


@dataclass(frozen=True)
class MeanShare:
    """The mean of the shares of several draws; its interval is that of as many hits in one of them."""

    hits: float
    of: int

    @staticmethod
    def of_draws(parts: list[metrics.Proportion]) -> MeanShare:
        """Of parts of as many each."""
        return MeanShare(float(np.mean([part.hits for part in parts])), parts[0].of)

    @property
    def share(self) -> float:
        """The share itself; 0 where `of` is 0."""
        return self.hits / self.of if self.of else 0.0

    @property
    def ends(self) -> tuple[float, float]:
        """The 95 % interval."""
        return metrics.exact_interval(self.hits, self.of)

    def __str__(self) -> str:
        low, high = self.ends
        return f"{100 * self.share:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


def trial(world: AskedWorld) -> Iterator[ResultRow]:
    """Every attack that such files could help, without and with: naming, homes, and whether somebody was at home."""
    told_step, told = windows_told(world.copies)
    short, about = short_cases(world)
    draws = [named(world, draw, short, told) for draw in DRAWS]
    yield from naming(world, draws)
    yield from shorter(world, draws, about)
    for mask, flags in ((TWO, told_step), (SHIFTED, told)):
        words = f"{MeanShare.of_draws([metrics.share(flags)])} of {len(flags)}"
        yield replace(world.blank, attack=TOLD, mask=mask, finding=words)
    yield from homes(world, draws)
    if world.true_rows is not None:
        yield from at_home(world, draws)


def view_of(world: AskedWorld, visible: VisibleRows) -> AttackerView:
    """What B has without any file."""
    return AttackerView(visible, world.public, world.roster, windows=world.windows)


def named(world: AskedWorld, draw: int, short: SingleCases, told: Flags) -> Named:
    """What B makes of pseudonyms in this order, by each of the files; where it is given which pseudonyms are one
    officer's, but not whose; and by cases over other periods, that tell some states of windows.
    """
    visible, owner = world.pseudonyms(draw)
    view, single = view_of(world, visible), of_presence(world.cases)
    nothing = np.full(len(world.copies), np.nan)
    states = replace(world.copies, joined_min=nothing, plain_min=nothing)
    known = some_windows(states, np.flatnonzero(world.copies.confirmed >= 0)[told])
    views = {
        WITHOUT: view,
        WITH: replace(view, cases=single),
        BOTH: replace(view, cases=world.cases),
        COPIES: replace(view, copies=world.copies),
        SHORT: replace(view, cases=short),
        SHIFTED: replace(view, cases=single, copies=known),
    }
    names = {mask: single_cases.name(each, world.rules) for mask, each in views.items()}
    chains = np.random.default_rng([world.blank.seed, draw]).permutation(world.officers)[owner]
    for linked, mask in LINKS.items():
        names[linked] = single_cases.name_chains(views[mask], chains, world.rules)
    return Named(visible, owner, names | {NAMED: owner})


def naming(world: AskedWorld, draws: list[Named]) -> Iterator[ResultRow]:
    """Attack 19: of the pseudonyms of the officers with a case, how many are rightly named; and of those of the office
    team, who all have the same hours.
    """
    yield from _named(world, draws, NAMING, world.asked, (WITHOUT, *FILES, *LINKS, SHIFTED))
    if world.office.any():
        team = np.intersect1d(world.asked, np.flatnonzero(world.office))
        yield from _named(world, draws, f"{NAMING}, office team", team, (WITHOUT, *FILES))


def _named(
    world: AskedWorld, draws: list[Named], attack: str, officers: Ints, masks: tuple[str, ...]
) -> Iterator[ResultRow]:
    before: dict[bool, float] = {}
    for mask in masks:
        part = MeanShare.of_draws([each.right(mask, np.isin(each.owner, officers)) for each in draws])
        high = before.setdefault(mask in LINKS, part.ends[1])
        verdict = "" if mask in (WITHOUT, LINKED) else _within(part.share, high)
        yield replace(world.blank, attack=attack, mask=mask, finding=f"{part} of {part.of}", verdict=verdict)


def shorter(world: AskedWorld, draws: list[Named], about: Flags) -> Iterator[ResultRow]:
    """The same with a case over the fewest windows that it may be about: of the pseudonyms of these weeks."""
    which = [about[each.owner, np.arange(len(each.owner)) // world.officers] for each in draws]
    part, before = (
        MeanShare.of_draws([each.right(mask, some) for each, some in zip(draws, which, strict=True)])
        for mask in (SHORT, WITHOUT)
    )
    row = replace(world.blank, attack=NAMING, mask=SHORT, finding=f"{part} of {part.of}; without {before}")
    yield replace(row, verdict=_within(part.share, before.ends[1]))


def short_cases(world: AskedWorld) -> tuple[SingleCases, Flags]:
    """A case about ten assessed windows, one after the other, of each officer who has as many; and about which weeks of
    whom they are: (officers, weeks).
    """
    draw, whole = np.random.default_rng(world.blank.seed), world.cases
    about = np.zeros((world.officers, DAYS // WEEK + 1), np.bool_)
    kept, parts = [], []
    for place, who in enumerate(whole.who.tolist()):
        theirs = np.flatnonzero((world.copies.who == who) & (world.copies.confirmed >= 0))
        if len(theirs) < LEAST_DAYS:
            continue
        first = int(draw.integers(len(theirs) - LEAST_DAYS + 1))
        some = theirs[first : first + LEAST_DAYS]
        start_s = world.copies.start_s[some]
        confirmed = int((world.copies.confirmed[some] == 1).sum())
        of = LEAST_DAYS if confirmed else 0  # who is not visible in the whole period is not assessed in it
        percent = float(_quarters(confirmed, of)) * 25 if of else np.nan
        parts.append((start_s[0], start_s[-1] + 1, of, percent))
        about[who, (start_s // WEEK_S).astype(np.int64)] = True
        kept.append(place)
    from_s, to_s, of_windows, percents = np.array(parts).T
    nothing = np.full(len(kept), np.nan)
    return SingleCases(whole.who[kept], from_s, to_s, of_windows, percents, nothing, nothing, nothing), about


def windows_told(copies: OwnCopyDates) -> tuple[Flags, Flags]:
    """Which states of windows follow from single cases alone. Of two cases, the second of which is about ten windows
    and one window more than the first: for each such two whether that window's state follows. And of all cases
    over ten windows or more: for each assessed window whether its state follows.
    """
    stepped, told = [], []
    for who in np.unique(copies.who).tolist():
        states = copies.confirmed[(copies.who == who) & (copies.confirmed >= 0)]
        until = np.append(0, np.cumsum(states))
        count = len(states)
        most = np.full((count + 1, count + 1), float(count))
        np.fill_diagonal(most, 0)
        step = np.arange(count)
        most[step, step + 1], most[step + 1, step] = 1, 0
        for first in range(count):
            for end in range(first + LEAST_DAYS, count + 1):
                low, high = counts_said(int(until[end] - until[first]), end - first)
                most[first, end], most[end, first] = min(most[first, end], high), min(most[end, first], -low)
        for first in range(count - LEAST_DAYS):
            middle = first + LEAST_DAYS
            (low, high), (least, last) = (
                counts_said(int(until[end] - until[first]), end - first) for end in (middle, middle + 1)
            )
            stepped.append(min(1, last - low) == max(0, least - high))
        for via in range(count + 1):
            most = np.minimum(most, most[:, [via]] + most[[via]])
        told += (most[step, step + 1] == -most[step + 1, step]).tolist()
    return np.array(stepped, np.bool_), np.array(told, np.bool_)


def counts_said(confirmed: int, of: int) -> tuple[int, int]:
    """Between which counts of confirmed windows a single case says that this one is."""
    if not confirmed:
        return 0, 0  # then nothing is assessed, and that is told
    quarter = int(_quarters(confirmed, of))
    low, high = -(-quarter * of // 4), -(-(quarter + 1) * of // 4) - 1
    return max(low, 1), of if quarter == 3 else high


def homes(world: AskedWorld, draws: list[Named]) -> Iterator[ResultRow]:
    """Attacks 3 and 16 and the adaptive attacker on the homes of the officers with a case, under the names that B gives
    to the pseudonyms.
    """
    before: dict[str, float] = {}
    table = learnt(world)
    for mask in MASKS:
        scores: dict[str, list[metrics.Score]] = {}
        for each in draws:
            for attack, guess in _guesses(world, each, mask, table).items():
                guess = Guess(guess.x_m[world.asked], guess.y_m[world.asked])
                score = metrics.score(guess, world.homes_m[world.asked], world.blind)
                scores.setdefault(attack, []).append(score)
        for attack, found in scores.items():
            near, far = (MeanShare.of_draws([getattr(each, end) for each in found]) for end in ("near", "far"))
            low, high = (end / world.blind for end in far.ends)
            high_before = before.setdefault(attack, high)
            lift = far.share / world.blind
            yield replace(
                world.blank,
                attack=attack,
                mask=mask,
                median_m=float(np.mean([each.median_m for each in found])),
                near=f"{near}",
                far=f"{far}",
                lift=f"{lift:.2f} ({low:.2f}-{high:.2f})",
                of=far.of,
                hits=round(near.hits),
                verdict=_within(lift, high_before) if mask in FILES else "",
            )


def _guesses(world: AskedWorld, draw: Named, mask: str, table: Floats) -> dict[str, Guess]:
    """The guesses of each attack on homes."""
    rows = single_cases.rows_of(draw.visible, draw.names[mask], world.officers)
    if mask == COPIES:
        rows = single_cases.with_sightings(rows, world.copies, world.public.sites_m)
    view = AttackerView(rows, world.public, world.roster)
    adaptive_guess = adapted(view, world.asked, table, RULE)
    if mask != WITHOUT:
        beside_sites(adaptive_guess, world)
    return {
        "3 duty-start gap": duty_start.attack(view),
        "16 silent door": silent_door.attack(view),
        "adaptive": adaptive_guess,
    }


def beside_sites(guess: Guess, world: AskedWorld) -> None:
    """Who is seldom or never visible mostly has a home beside a site. So for each quarter of which that is true for
    somebody without a case the guess is the site beside which most of these live, where that finds more than a blind
    guess.
    """
    homes_m = world.homes_m if world.homes_m.ndim == 3 else world.homes_m[:, None]
    away_m = np.hypot(*np.moveaxis(homes_m[:, :, None] - world.public.sites_m, -1, 0))
    near = (np.where(np.isfinite(away_m), away_m, np.inf).min(axis=1) <= metrics.FAR_M).astype(float)
    others = np.setdiff1d(np.arange(world.officers), world.asked)
    for quarter in (-1, 0):
        alike = others[world.shares[others] == quarter]
        if len(alike) and near[alike].mean(axis=0).max() > world.blind:
            mine = world.asked[world.shares[world.asked] == quarter]
            guess.x_m[mine], guess.y_m[mine] = world.public.sites_m[near[alike].mean(axis=0).argmax()]


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


def at_home(world: AskedWorld, draws: list[Named]) -> Iterator[ResultRow]:
    """Attack 8 by duty window: was the officer at home for half an hour of it? Of everybody, and of the office team,
    some of whose days are wholly there. By somebody without a release, too.
    """
    assert world.true_rows is not None
    label = truly_at_home(world.true_rows, world.copies, world.blank.every_s)
    told = single_cases.windows_in_files(world.copies)
    known: dict[str, list[Floats]] = {mask: [] for mask in MASKS}
    for draw in draws:
        for mask in MASKS:
            rows = single_cases.rows_of(draw.visible, draw.names[mask], world.officers)
            seen = single_cases.windows_in_rows(rows, world.copies, world.rules)
            known[mask].append(np.concatenate([seen, told], axis=1) if mask == COPIES else seen)
    roster = told[:, :2]  # how long a window is, and at what hour
    known |= {ROSTER: [roster], ROSTER_WITH: [roster], ROSTER_BOTH: [roster], ROSTER_COPIES: [told]}
    who = world.copies.who
    everybody = np.ones(len(label), bool)
    for group, some in (("8 at home on duty", everybody), ("8 at home, office team", world.office[who])):
        before: float | None = None
        for mask, described in known.items():
            area, words = mean_area(world, described, TRUE_COLUMNS.get(mask, 0), label, some)
            before = area.high if before is None else before
            row = replace(world.blank, attack=group, mask=mask, finding=words)
            verdict = _within(area.area, before) if mask in FILES else ""
            yield replace(row, auc=f"{area.area:.2f} ({area.low:.2f}-{area.high:.2f})", verdict=verdict)


def mean_area(
    world: AskedWorld, described: list[Floats], columns: int, label: Flags, some: Flags
) -> tuple[metrics.Auc, str]:
    """The mean of trials with other folds, each with what single cases say of the window's officer beside what is known
    of the window: in so many columns truly, in the others that of another officer with a case. So every trial has as
    many columns, and an area is not larger because trees have more to choose from. How many windows and days each
    officer has is in the roster, and so always known.
    """
    who, cases = world.copies.who, world.cases
    of = [np.bincount(some, minlength=world.officers)[who] for some in (world.windows.who, world.windows.day_of)]
    said = np.full((world.officers, 4), np.nan)
    areas = []
    for seed in SEEDS:
        draw = np.random.default_rng(seed)
        true = np.stack([cases.windows, cases.percent, cases.days, cases.days_confirmed], axis=1)
        said[cases.who] = true[draw.permutation(len(cases))]
        said[cases.who, :columns] = true[:, :columns]
        fold = draw.permutation(world.officers)
        features = np.column_stack([described[seed % len(described)], *of, said[who]])
        areas.append(classifier.separable(features[some], label[some], fold[who[some]], seed))
    area, low, high = (float(np.mean([getattr(each, end) for each in areas])) for end in ("area", "low", "high"))
    ends = min(each.area for each in areas), max(each.area for each in areas)
    words = f"at home in {areas[0].positives} of {int(some.sum())} windows; trials {ends[0]:.2f} to {ends[1]:.2f}"
    return replace(areas[0], area=area, low=low, high=high), words


def truly_at_home(rows: TrueRows, cases: OwnCopyDates, every_s: int) -> Flags:
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
    """A line for each attack and world: without and with files, and whether single cases make it rise; for homes also
    where the names are known.
    """
    found = {(row.attack, row.world, row.mask): row for row in rows}
    lines = [
        (
            row.attack,
            f"*{row.world}*",
            *(figure(found.get((row.attack, row.world, mask))) for mask in MASKS),
            rises(row.verdict),
        )
        for row in rows
        if row.mask == WITH
    ]
    return as_table(("attack", "world", *MASKS, "rises with single cases"), lines)


def bar(rows: list[ResultRow]) -> str:
    """What comes of the bar, in a sentence."""
    held = [row for row in rows if row.mask == WITH]
    risen = [f"{row.attack} in *{row.world}* ({figure(row)})" for row in held if row.verdict != HOLDS]
    if not risen:
        return f"**The bar is met**: of {len(held)} figures none lies above the interval of the one *without*.\n"
    return f"**The bar is missed**: of {len(held)} figures {len(risen)} lie above it: {'; '.join(risen)}.\n"


def without_release(rows: list[ResultRow]) -> str:
    """Attack 8 by somebody who has no release."""
    by = {(row.attack, row.mask): row for row in rows if row.auc}
    masks = (ROSTER, ROSTER_WITH, ROSTER_BOTH, ROSTER_COPIES)
    lines = [
        (attack, *(figure(by.get((attack, mask))) for mask in masks))
        for attack in dict.fromkeys(attack for attack, _ in by)
    ]
    return as_table(("attack", "the roster alone", *(f"and {mask}" for mask in masks[1:])), lines)


def by_world(rows: list[ResultRow], attack: str, masks: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A line for each world of one attack, with a figure for each mask."""
    by = {(row.world, row.mask): row for row in rows if row.attack == attack}
    return [(f"*{name}*", *(figure(by.get((name, mask))) for mask in masks)) for name in WORLDS]


def links(rows: list[ResultRow]) -> str:
    """Attack 19 where it is given which pseudonyms are one officer's."""
    masks = (LINKED, LINKED_WITH, LINKED_BOTH)
    return as_table(("world", *masks), by_world(rows, NAMING, masks))


def periods(rows: list[ResultRow]) -> str:
    """What is told by a case over the shortest period, and by cases over many."""
    names = by_world(rows, NAMING, (SHORT, SHIFTED))
    told = by_world(rows, TOLD, (TWO, SHIFTED))
    heads = ("world", "named: a case of ten windows", f"told: {TWO}", f"told: {SHIFTED}", f"named: {SHIFTED}")
    return as_table(heads, [(one[0], one[1], two[1], two[2], one[2]) for one, two in zip(names, told, strict=True)])


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
    "bar": bar,
    "single cases": table,
    "links given": links,
    "periods": periods,
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
