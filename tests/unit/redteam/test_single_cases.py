"""What single cases add for attacker B: they name pseudonyms, and nothing beyond; what a leaky file adds is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import single_cases as measured
from benchmarks.single_cases import AskedWorld, homes, made_compact, naming, some_cases, trial
from offduty.analyses.presence import MINUTE_US, Presence
from offduty.redteam import metrics, run_filter, scenarios
from offduty.redteam.attacker_view import AttackerView, SingleCases
from offduty.redteam.attacks import adaptive, single_cases
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.attacks.single_cases import VisibleTime
from offduty.redteam.results import CROSSED, HOLDS
from offduty.redteam.scenarios import ScenarioSetup

POSTS = ScenarioSetup("posts", 40, 28, 300, seed=5, tail_s=4_500)


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> AskedWorld:
    """Cases about half of forty officers, all of whom have the same hours."""
    return made_compact(tmp_path_factory.mktemp("posts"), POSTS, 20)


def windows_that_differ(world: AskedWorld, cases: SingleCases) -> int:
    """In how many windows a file says something else than what is counted from the officer's rows."""
    joined, plain = (VisibleTime.of(world.rows, world.rules, some) for some in (True, False))
    wrong = 0
    for window in range(len(cases)):
        ends = cases.start_s[[window]] + 900.0, cases.end_s[[window]] - 900.0
        who = int(cases.who[window])
        minutes = [float(time.within(who, *ends)[0]) // 900 * 15 for time in (joined, plain)]
        shown = float(joined.within(who, *ends)[0]) > 0
        told = [cases.joined_min[window], cases.plain_min[window]]
        wrong += minutes != told or shown != (cases.confirmed[window] == 1)
    return wrong


def test_whoever_knows_the_pseudonym_can_count_all_that_a_file_says(posts: AskedWorld):
    """So beyond the name it tells attacker B nothing. A minute more in one of them would be seen."""
    assert windows_that_differ(posts, posts.cases) == 0 and (posts.cases.confirmed == 1).sum() > 100
    other = posts.cases.joined_min.copy()
    other[int(np.flatnonzero(posts.cases.confirmed == 1)[0])] += 15
    assert windows_that_differ(posts, replace(posts.cases, joined_min=other)) == 1


def test_a_single_case_names_pseudonyms_that_the_roster_cannot(posts: AskedWorld):
    """Known, and said in attacks.md: with the same hours for everybody B names nobody, and with the files nearly all."""
    rows = {row.mask: row for row in trial(posts) if row.attack == measured.NAMING}
    assert rows[measured.WITH].verdict == CROSSED
    assert float(rows[measured.WITH].finding.split(" %")[0]) > 90
    assert float(rows[measured.WITHOUT].finding.split(" %")[0]) < 20


def test_beyond_the_name_no_home_is_found_more_often(posts: AskedWorld):
    """Where the right names are given, each figure is the same with the files and without them."""
    visible, owner = posts.pseudonyms()
    names = {measured.WITHOUT: owner, measured.WITH: owner}
    without, with_files = ([row for row in homes(posts, visible, names) if row.mask == mask] for mask in names)
    assert [row.verdict for row in with_files] == [HOLDS] * 3
    assert [(row.lift, row.median_m) for row in without] == [(row.lift, row.median_m) for row in with_files]


def test_exact_minutes_would_name_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A planted leak: by one duty window alone quarters of an hour name few, and minutes many."""
    setup = replace(POSTS, every_s=60)
    quarters = one_window(made_compact(tmp_path / "quarters", setup, 20))
    section = Presence.section

    def exact(found: Presence, officer: str) -> pd.DataFrame:
        mine = found.windows[found.windows["officer"] == officer]
        minutes = {"confirmed_minutes": "joined_us", "minutes_without_joining": "plain_us"}
        told = {name: (mine[column] // MINUTE_US).to_numpy() for name, column in minutes.items()}
        return section(found, officer).assign(**told)

    monkeypatch.setattr(Presence, "section", exact)
    leaky = made_compact(tmp_path / "minutes", setup, 20)
    minutes = one_window(replace(leaky, rules=replace(leaky.rules, whole_s=60.0)))
    assert minutes >= quarters + 0.3, (minutes, quarters)


def one_window(world: AskedWorld) -> float:
    """The share that is named by one window each."""
    visible, owner = world.pseudonyms()
    view = AttackerView(visible, world.public, world.roster)
    names = {mask: single_cases.name(view, world.rules) for mask in (measured.WITHOUT, measured.WITH)}
    (row,) = (row for row in naming(world, view, owner, names) if row.mask == measured.ONE)
    return float(row.finding.split(" %")[0]) / 100


def test_a_first_and_a_last_sighting_would_find_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A planted leak: with the minutes in which the device was first and last seen at work, beyond the hold, the way
    from home has a length again. Without them the attacker, who has made up such a force before, is no better than a
    guess.
    """
    setups = [ScenarioSetup("home", 60, 28, 60, seed=seed, tail_s=4_500) for seed in (5, 103)]
    worlds = []
    for setup in setups:
        monkeypatch.setattr(Presence, "section", leaky(setup))
        worlds.append(made_compact(tmp_path / f"{setup.seed}", setup, 60))
        monkeypatch.undo()
    scores = {}
    for leak in (False, True):
        world, taught = (told(world) if leak else world for world in worlds)
        table = adaptive.learn(AttackerView(taught.rows, taught.public, taught.roster), taught.homes_m, HoldRule())
        view = AttackerView(world.rows, world.public, world.roster)
        guess = measured.adapted(view, world.asked, table, HoldRule())
        scores[leak] = metrics.score(guess, world.homes_m, world.blind)
    assert scores[False].lift_low < 1.5, scores
    assert scores[False].lift_high < scores[True].lift, scores


def leaky(setup: ScenarioSetup) -> Callable[[Presence, str], pd.DataFrame]:
    """A section that also says when the device was truly first and last at a site."""
    scenario = scenarios.make_scenario(setup)
    pings, sites = scenario.pings, scenario.public.sites_m
    away_m = np.hypot(pings.x_m[:, None] - sites[:, 0], pings.y_m[:, None] - sites[:, 1]).min(axis=1)
    there = pd.DataFrame({"who": pings.who, "duty": pings.duty, "t_s": pings.t_s})[away_m < run_filter.SITE_M]
    ends = there.groupby(["who", "duty"])["t_s"].agg(["min", "max"])
    section, zero = Presence.section, datetime(2024, 1, 1, tzinfo=UTC)

    def told_too_much(found: Presence, officer: str) -> pd.DataFrame:
        plain = section(found, officer)
        mine = ends.loc[int(officer[1:])].reindex(range(len(plain))) // 60 * 60
        texts = {
            name: [(zero + timedelta(seconds=at)).isoformat() for at in mine[column]]
            for name, column in (("first_seen_at", "min"), ("last_seen_at", "max"))
        }
        return plain.assign(**texts)

    return told_too_much


def told(world: AskedWorld) -> AskedWorld:
    """The world with what its files tell of first sightings among the rows that an attacker has."""
    assert np.isfinite(world.cases.first_s).all()
    return replace(world, rows=single_cases.with_sightings(world.rows, world.cases, world.public.sites_m))


def test_some_windows_of_cases_keep_every_column(posts: AskedWorld):
    """In the order that is asked for."""
    two = some_cases(posts.cases, np.array([3, 1]))
    for one in fields(SingleCases):
        assert getattr(two, one.name)[0] == pytest.approx(getattr(posts.cases, one.name)[3], nan_ok=True)
