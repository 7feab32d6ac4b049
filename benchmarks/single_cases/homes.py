"""Attacks 3 and 16 and the adaptive attacker on homes, under the names that attacker B gives to the pseudonyms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.single_cases.kinds import COPIES, FILES, MASKS, WITHOUT
from benchmarks.single_cases.names import Named
from benchmarks.single_cases.scores import MeanShare, within
from benchmarks.single_cases.worlds import AskedWorld
from offduty.redteam import metrics
from offduty.redteam.attacker_view import AttackerView, Floats, Guess, Ints, KnownDuties, PublicKnowledge
from offduty.redteam.attacks import adaptive, duty_start, silent_door
from offduty.redteam.attacks.adaptive import HoldRule
from offduty.redteam.attacks.named_rows import rows_of, with_sightings
from offduty.redteam.results import ResultRow

RULE = HoldRule(hold_s=900, max_gap_s=300)


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
                verdict=within(lift, high_before) if mask in FILES else "",
            )


def _guesses(world: AskedWorld, draw: Named, mask: str, table: Floats) -> dict[str, Guess]:
    """The guesses of each attack on homes."""
    rows = rows_of(draw.visible, draw.names[mask], world.officers)
    if mask == COPIES:
        rows = with_sightings(rows, world.copies, world.public.sites_m)
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
    """Who is seldom or never visible mostly has a home beside a site. So for each answer of which that is true for
    somebody without a case the guess is the site beside which most of these live, where that finds more than a blind
    guess.
    """
    homes_m = world.homes_m if world.homes_m.ndim == 3 else world.homes_m[:, None]
    away_m = np.hypot(*np.moveaxis(homes_m[:, :, None] - world.public.sites_m, -1, 0))
    near = (np.where(np.isfinite(away_m), away_m, np.inf).min(axis=1) <= metrics.FAR_M).astype(float)
    others = np.setdiff1d(np.arange(world.officers), world.asked)
    for answer in (-1, 0):
        alike = others[world.shares[others] == answer]
        if len(alike) and near[alike].mean(axis=0).max() > world.blind:
            mine = world.asked[world.shares[world.asked] == answer]
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
