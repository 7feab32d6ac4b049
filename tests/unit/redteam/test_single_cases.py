"""What own copies and single cases add for attacker B: dated files name pseudonyms, and nothing beyond; what a leaky
file adds is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.single_cases import kinds
from benchmarks.single_cases.answers import some_windows
from benchmarks.single_cases.at_home import mean_area
from benchmarks.single_cases.homes import adapted, beside_sites, homes
from benchmarks.single_cases.names import Named, named
from benchmarks.single_cases.periods import counts_said, short_cases, windows_told
from benchmarks.single_cases.worlds import AskedWorld, made_compact
from offduty.analyses.presence import MINUTE_US, Presence
from offduty.redteam import metrics, run_filter, scenarios
from offduty.redteam.attacker_view import AttackerView, Guess, Ints, OwnCopyDates
from offduty.redteam.attacks import adaptive
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.attacks.named_rows import with_sightings
from offduty.redteam.attacks.visible_time import VisibleTime
from offduty.redteam.scenarios import ScenarioSetup

POSTS = ScenarioSetup("posts", 40, 28, 300, seed=5, tail_s=4_500)


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> AskedWorld:
    """Answers about half of forty officers, all of whom have the same hours."""
    return made_compact(tmp_path_factory.mktemp("posts"), POSTS, 20)


def windows_that_differ(world: AskedWorld, copies: OwnCopyDates) -> int:
    """In how many windows a dated file says something else than what is counted from the officer's rows."""
    joined, plain = (VisibleTime.of(world.rows, world.rules, some) for some in (True, False))
    wrong = 0
    for window in range(len(copies)):
        ends = copies.start_s[[window]] + 900.0, copies.end_s[[window]] - 900.0
        who = int(copies.who[window])
        minutes = [float(time.within(who, *ends)[0]) // 900 * 15 for time in (joined, plain)]
        shown = float(joined.within(who, *ends)[0]) > 0
        told = [copies.joined_min[window], copies.plain_min[window]]
        wrong += minutes != told or shown != (copies.confirmed[window] == 1)
    return wrong


def test_whoever_knows_the_pseudonym_can_count_all_that_a_file_says(posts: AskedWorld):
    """So beyond the name it tells attacker B nothing. A minute more in one of them would be seen."""
    assert windows_that_differ(posts, posts.copies) == 0 and (posts.copies.confirmed == 1).sum() > 100
    other = posts.copies.joined_min.copy()
    other[int(np.flatnonzero(posts.copies.confirmed == 1)[0])] += 15
    assert windows_that_differ(posts, replace(posts.copies, joined_min=other)) == 1


def test_a_single_case_says_a_quarter_of_these_windows_or_nothing(posts: AskedWorld):
    """How many windows, and how many of a hundred are confirmed at least, as counted from the dated file."""
    said = posts.cases
    for case, who in enumerate(said.who.tolist()):
        states = posts.copies.confirmed[(posts.copies.who == who) & (posts.copies.confirmed >= 0)]
        assert said.windows[case] == len(states) == 28
        assert said.percent[case] == (25 if 4 * int(states.sum()) >= len(states) else 0)
    assert set(said.percent) <= {0.0, 25.0} and np.isnan(said.minutes).all()


def test_the_dated_file_of_an_own_copy_names_pseudonyms_that_the_roster_cannot(posts: AskedWorld):
    """So it is seen that the attack works. With the same hours for everybody B names nobody without a file."""
    draws = [nothing_but(posts, kinds.WITHOUT, kinds.COPIES)]
    right = {mask: draws[0].right(mask, np.isin(draws[0].owner, posts.asked)) for mask in draws[0].names}
    assert right[kinds.COPIES].share > 0.9
    assert right[kinds.WITHOUT].share < 0.2


def nothing_but(world: AskedWorld, *masks: str) -> Named:
    """What B makes of one draw."""
    short, _ = short_cases(world)
    _, told = windows_told(world.copies)
    found = named(world, 0, short, told)
    return replace(found, names={mask: found.names[mask] for mask in masks})


def test_beyond_the_name_no_home_is_found_more_often(posts: AskedWorld):
    """Where the right names are given, each figure is the same with the dated files and without them. (Who is told to
    be seldom visible has a home beside a site, perhaps; nobody is, here.)
    """
    assert (posts.shares[posts.asked] > 0).all()
    visible, owner = posts.pseudonyms()
    draw = Named(visible, owner, dict.fromkeys(kinds.MASKS, owner))
    rows = {(row.attack, row.mask): (row.lift, f"{row.median_m}") for row in homes(posts, [draw])}
    for attack in ("3 duty-start gap", "16 silent door", "adaptive"):
        assert len({rows[attack, mask] for mask in kinds.MASKS}) == 1


def test_exact_minutes_in_a_single_case_would_name_whom_links_are_given_of(tmp_path: Path, monkeypatch):
    """A planted leak: where pseudonyms of one officer are known to be one officer's, a sum of minutes names most of
    them; a quarter of windows names next to nobody.
    """
    plain = made_compact(tmp_path / "plain", POSTS, 20)
    undated = Presence.section

    def exact(found: Presence, officer: str) -> pd.DataFrame:
        quarters = found.windows["joined_us"][found.windows["officer"] == officer] // (15 * MINUTE_US)
        return undated(found, officer).assign(minutes=[int(quarters.sum()) * 15])

    monkeypatch.setattr(Presence, "section", exact)
    leaky = made_compact(tmp_path / "leaky", POSTS, 20)
    shares = [where_links_are_given(world) for world in (plain, leaky)]
    assert shares[0] < 0.2 and shares[1] > shares[0] + 0.4, shares


def where_links_are_given(world: AskedWorld) -> float:
    """The share of pseudonyms that is named with single cases of presence, of officers with one."""
    draw = nothing_but(world, kinds.LINKED_WITH)
    return draw.right(kinds.LINKED_WITH, np.isin(draw.owner, world.asked)).share


def test_a_single_case_of_the_only_one_who_is_seldom_visible_names_the_chain(posts: AskedWorld):
    """So it is seen that what single cases say is used: one officer is visible on a day of seven, and no other one so
    seldom.
    """
    who = int(posts.asked[0])
    often = np.isin(posts.rows.who, np.flatnonzero(posts.shares == 1)) & (posts.rows.who != who)
    rows = posts.rows.take(np.flatnonzero(often | ((posts.rows.who == who) & (posts.rows.duty % 7 < 1))))
    assert (posts.cases.percent == 25.0).all()
    percent = np.where(posts.cases.who == who, 0.0, posts.cases.percent)
    world = replace(posts, rows=rows, cases=replace(posts.cases, percent=percent))
    draw = nothing_but(world, kinds.LINKED, kinds.LINKED_WITH, kinds.WITH)
    mine = draw.owner == who
    assert draw.right(kinds.LINKED_WITH, mine).share == 1.0
    assert draw.right(kinds.LINKED, mine).share == 0.0
    assert draw.right(kinds.WITH, mine).share >= 0.5  # without being given the links, too


def test_what_follows_from_cases_over_many_periods_is_what_all_possible_states_agree_on():
    """Of eleven to thirteen windows, by trying every possible sequence of states."""
    draw = np.random.default_rng(4)
    seen = set()
    drawn = [(draw.random(count) < draw.random()).astype(np.int64) for count in (11, 12, 12, 13, 13, 13)]
    for states in (*drawn, np.ones(12, np.int64), np.zeros(12, np.int64), np.repeat([1, 0], [10, 2])):
        possible = np.array(list(product((0, 1), repeat=len(states))))
        said = [answers(each) for each in (states, *possible)]
        alike = possible[[answer == said[0] for answer in said[1:]]]
        expected = (alike == alike[0]).all(axis=0)
        _, told = windows_told(of_states(states))
        assert told.tolist() == expected.tolist()
        seen |= set(told.tolist())
    assert seen == {True, False}


def answers(states: Ints) -> list[tuple[int, int]]:
    """What cases over every period of ten windows or more say: the assessed windows, and whether a quarter is confirmed."""
    said = []
    for first in range(len(states)):
        for end in range(first + 10, len(states) + 1):
            confirmed, of = int(states[first:end].sum()), end - first
            said.append((of, int(4 * confirmed >= of)) if confirmed else (0, -1))
    return said


def of_states(states: Ints) -> OwnCopyDates:
    """An own copy of one officer with these states."""
    nothing, zero = np.full(len(states), np.nan), np.zeros(len(states), np.int64)
    return OwnCopyDates(zero, nothing, nothing, states, nothing, nothing, zero, nothing, nothing)


def test_what_a_case_leaves_open_is_every_count_with_the_same_answer():
    """For ten to thirteen windows, and every count of them that is confirmed."""
    for of in range(10, 14):
        answer = [-1 if not count else 4 * count >= of for count in range(of + 1)]
        for count in range(of + 1):
            alike = [other for other in range(of + 1) if answer[other] == answer[count]]
            assert counts_said(count, of) == (min(alike), max(alike))


def test_a_step_over_a_quarter_tells_the_window_that_was_added():
    """Two of ten are no quarter, three of eleven are: the eleventh window is confirmed. Ten of ten and ten of eleven are
    both a quarter or more, and tell nothing of it.
    """
    stepped, _ = windows_told(of_states(np.array([1, 1] + [0] * 8 + [1])))
    assert stepped.tolist() == [True]
    stepped, told = windows_told(of_states(np.array([1] * 10 + [0])))
    assert stepped.tolist() == [False] and not told.any()


def test_a_column_of_noise_is_in_every_trial_and_a_true_one_is_seen(posts: AskedWorld):
    """Where half of the officers are at home in each window, and single cases say who."""
    who = posts.copies.who
    at_home = posts.asked % 2 == 0
    world = replace(posts, cases=replace(posts.cases, percent=np.where(at_home, 25.0, 75.0)))
    label, described = (who % 2 == 0), [np.zeros((len(who), 1))]
    everybody = np.ones(len(who), bool)
    noise, _ = mean_area(world, described, 0, label, everybody)
    true, _ = mean_area(world, described, 2, label, everybody)
    assert true.area > 0.95
    assert abs(noise.area - 0.5) < 0.25


def test_who_is_never_visible_is_looked_for_beside_a_site(posts: AskedWorld):
    """Where those without a case who are never visible live there; not where they do not."""
    shares = np.where(np.arange(posts.officers) % 4 == 0, -1, 3)
    homes_m = np.where((shares == -1)[:, None], posts.public.sites_m[3], posts.homes_m + 50_000.0)
    for where_m, moved in ((homes_m, True), (posts.homes_m + 50_000.0, False)):
        guess = Guess(np.zeros(posts.officers), np.zeros(posts.officers))
        beside_sites(guess, replace(posts, shares=shares, homes_m=where_m))
        mine = posts.asked[shares[posts.asked] == -1]
        assert (guess.x_m[mine] == posts.public.sites_m[3, 0]).all() == moved
        assert not guess.x_m[posts.asked[shares[posts.asked] != -1]].any()


def test_a_first_and_a_last_sighting_would_find_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A planted leak: with the minutes in which the device was first and last seen at work, beyond the hold, the way
    from home has a length again. Without them the attacker, who has made up such a force before, is no better than a
    guess.
    """
    setups = [ScenarioSetup("home", 60, 28, 60, seed=seed, tail_s=4_500) for seed in (5, 103)]
    worlds = []
    for setup in setups:
        monkeypatch.setattr(Presence, "dates", leaky(setup))
        worlds.append(made_compact(tmp_path / f"{setup.seed}", setup, 60))
        monkeypatch.undo()
    scores = {}
    for leak in (False, True):
        world, taught = (told(world) if leak else world for world in worlds)
        table = adaptive.learn(AttackerView(taught.rows, taught.public, taught.roster), taught.homes_m, HoldRule())
        view = AttackerView(world.rows, world.public, world.roster)
        guess = adapted(view, world.asked, table, HoldRule())
        scores[leak] = metrics.score(guess, world.homes_m, world.blind)
    assert scores[False].lift_low < 1.5, scores
    assert scores[False].lift_high < scores[True].lift, scores


def leaky(setup: ScenarioSetup) -> Callable[[Presence, str], pd.DataFrame]:
    """A dated file that also says when the device was truly first and last at a site."""
    scenario = scenarios.make_scenario(setup)
    pings, sites = scenario.pings, scenario.public.sites_m
    away_m = np.hypot(pings.x_m[:, None] - sites[:, 0], pings.y_m[:, None] - sites[:, 1]).min(axis=1)
    there = pd.DataFrame({"who": pings.who, "duty": pings.duty, "t_s": pings.t_s})[away_m < run_filter.SITE_M]
    ends = there.groupby(["who", "duty"])["t_s"].agg(["min", "max"])
    dates, zero = Presence.dates, datetime(2024, 1, 1, tzinfo=UTC)

    def told_too_much(found: Presence, officer: str) -> pd.DataFrame:
        plain = dates(found, officer)
        mine = ends.loc[int(officer[1:])].reindex(range(len(plain))) // 60 * 60
        texts = {
            name: [(zero + timedelta(seconds=at)).isoformat() for at in mine[column]]
            for name, column in (("first_seen_at", "min"), ("last_seen_at", "max"))
        }
        return plain.assign(**texts)

    return told_too_much


def told(world: AskedWorld) -> AskedWorld:
    """The world with what its files tell of first sightings among the rows that an attacker has."""
    assert np.isfinite(world.copies.first_s).all()
    return replace(world, rows=with_sightings(world.rows, world.copies, world.public.sites_m))


def test_some_windows_of_own_copies_keep_every_column(posts: AskedWorld):
    """In the order that is asked for."""
    two = some_windows(posts.copies, np.array([3, 1]))
    for one in fields(OwnCopyDates):
        assert getattr(two, one.name)[0] == pytest.approx(getattr(posts.copies, one.name)[3], nan_ok=True)
