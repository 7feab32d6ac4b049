"""Measures the roster audit on made-up rosters with planted edits, and makes its error card: the truth is known there.

Honest recalls are at least five times as many as planted edits, by the same recorders and with ids of the same form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from offduty.analyses.error_cards import rules_sha256
from offduty.analyses.roster_audit import PEOPLE, roster_audit
from offduty.config.policy import Policy
from offduty.core.instants import instant
from offduty.synth.geography import make_land
from offduty.synth.habits import Habits
from offduty.synth.officer_ids import officer_id
from offduty.synth.people import make_people
from offduty.synth.recorders import people_rows
from offduty.synth.roster import roster_tables
from offduty.synth.world import World

START = date(2026, 1, 5)
"""A Monday, after which British clocks change within twelve weeks."""
PREVALENCES = (1, 5, 10, 20)
"""Shares of late grants that are abuse, in thousandths."""
HONEST = {"clerks": 2, "recall": 0.06, "late_correction": 0.05, "late_cut": 0.02, "self_recorded": 0.05}
PLANTED = {**HONEST, "abusive_edit": 0.01}
AGREED = {"purpose": "an error card", "recipients": ["whoever reads it"], "keep_days": 1}
POLICY = {
    "policy": {"name": "made up", "purpose": "an error card", "timezone": "Europe/London"},
    "duty": {"on_codes": ["duty", "overtime", "court", "training"]},
    "analyses": {"roster_audit": AGREED},
}
NINETY_FIVE = 1.959963984540054


@dataclass(frozen=True)
class RosterWorld:
    """A made-up roster as text, as the reader of files gives it, its recorders, and the true kind of each version."""

    rows: pa.Table
    people: pd.DataFrame
    truth: pd.DataFrame


def make_roster(officers: int, days: int, seed: int, **habits: Any) -> RosterWorld:
    """The roster of a made-up force, without its pings."""
    world = World(officers, days, 600, seed, START, Habits(**habits))
    people = make_people(world, make_land(world))
    ids = [officer_id(number) for number in range(officers)]
    tables = list(roster_tables(world, people, pa.array(ids)))
    rows = pa.concat_tables([roster for roster, _ in tables])
    rows = pa.table({name: rows[name].cast(pa.string()) for name in rows.column_names})
    numbers = {"file": pa.array(np.zeros(rows.num_rows, np.int32)), "row": pa.array(np.arange(rows.num_rows))}
    texts = {name: rows[name] for name in rows.column_names}
    known = pd.DataFrame(list(people_rows(world, people, ids)), columns=list(PEOPLE))
    truth = pa.concat_tables([edits for _, edits in tables]).to_pandas()
    return RosterWorld(pa.table({**numbers, **texts}), known, truth)


@dataclass(frozen=True)
class Found:
    """What the audit found on a world: planted edits, those with R2 or R3, those with R3; honest late grants, likewise;
    recorders who were assessed, and who are outside.
    """

    planted: int
    found: int
    found_rest: int
    honest: int
    honest_rest: int
    honest_found: int
    recorders: int
    outside: int


def measured(world: RosterWorld) -> Found:
    """Audit a world, and compare with its truth."""
    policy = Policy.from_dict(POLICY)
    audit = roster_audit(
        world.rows, policy, as_of_us=instant("2030-01-01T00:00:00Z") or 0, people=world.people, card={}
    )
    marked = audit.signals[["shift_id", "version", "signal"]].drop_duplicates()
    by = {name: _pairs(marked[marked["signal"] == name]) for name in ("R1", "R2", "R3")}
    planted = _planted(world)
    recorders = audit.recorders[audit.recorders["edits"] >= 30]
    honest = by["R1"] - planted
    return Found(
        planted=len(planted),
        found=len(planted & (by["R2"] | by["R3"])),
        found_rest=len(planted & by["R3"]),
        honest=len(honest),
        honest_rest=len(honest & by["R3"]),
        honest_found=len(honest & (by["R2"] | by["R3"])),
        recorders=len(recorders),
        outside=int(recorders["outside"].sum()),
    )


def _pairs(marked: pd.DataFrame) -> set[tuple[str, int]]:
    return set(zip(marked["shift_id"], marked["version"].astype(int), strict=True))


def _planted(world: RosterWorld) -> set[tuple[str, int]]:
    """Shift and version of each planted edit that grants duty; one that cancels the rest entry with it does not."""
    truth = world.truth.assign(status=world.rows["status"].to_pylist())
    truth["version"] = truth.groupby("shift_id")["recorded_at"].rank("dense")
    return _pairs(truth[(truth["edit"] == "abusive") & (truth["status"] == "active")])


def make_card(seeds: range, officers: int, days: int, more: range) -> dict[str, Any]:
    """The error card: figures with their 95 % intervals, with seeds and sizes, for the rules as they are.

    Recorders who did nothing are measured on worlds without abuse, those of ``more``, with twice as many of them.
    """
    found = [measured(make_roster(officers, days, seed, **PLANTED)) for seed in seeds]
    without = {**HONEST, "clerks": 2 * HONEST["clerks"], "abusive_edit": 0.0}
    honest = [measured(make_roster(2 * officers, days, seed, **without)) for seed in more]
    planted, hits = sum(one.planted for one in found), sum(one.found for one in found)
    late, alarms = sum(one.honest for one in found), sum(one.honest_rest for one in found)
    recall, alarm = sum(one.found_rest for one in found) / planted, alarms / late
    return {
        "analysis": "roster-audit",
        "rules_sha256": rules_sha256("roster-audit"),
        "worlds": {"seeds": [seeds.start, seeds.stop - 1], "officers": officers, "days": days, "habits": PLANTED},
        "worlds_without_abuse": {"seeds": [more.start, more.stop - 1], "officers": 2 * officers, "habits": without},
        "found": figure(hits, planted),
        "honest_late_grants_over_rest": figure(alarms, late),
        "honest_late_grants_with_R2_or_R3": figure(sum(one.honest_found for one in found), late),
        "of_100_late_grants_over_rest_are_planted": right_of_100(recall, alarm),
        "recorders_outside_without_abuse": figure(sum(o.outside for o in honest), sum(o.recorders for o in honest)),
    }


def figure(part: int, whole: int) -> dict[str, Any]:
    """A share with its interval, in per cent (Wilson)."""
    p, z2 = part / whole, NINETY_FIVE**2
    middle, half = p + z2 / (2 * whole), NINETY_FIVE * (p * (1 - p) / whole + z2 / (4 * whole**2)) ** 0.5
    low, high = (middle - half) / (1 + z2 / whole), (middle + half) / (1 + z2 / whole)
    return {
        "part": part,
        "of": whole,
        "percent": round(100 * p, 2),
        "from": round(100 * max(low, 0.0), 2),
        "to": round(100 * high, 2),
    }


def right_of_100(recall: float, alarm: float) -> dict[str, float]:
    """Of 100 findings those that would be true, by the share of what is looked for among all: the card's four shares.

    ``recall`` is how much of it is found, ``alarm`` how much of everything else is taken for it.
    """
    return {
        f"{share / 10:g} %": round(100 * recall * share / (recall * share + alarm * (1000 - share)), 1)
        for share in PREVALENCES
    }
