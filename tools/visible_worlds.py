"""Measures presence and days on site on made-up forces of which the truth is known, and makes their error cards.

A force is made, filtered as any other, and asked as any other; then the answer is laid beside the truth.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from offduty import run
from offduty.analyses.eligible_duty import NEVER_SEEN
from offduty.analyses.error_cards import rules_sha256
from offduty.analyses.presence import CONFIRMED, NOT_ASSESSED, presence
from offduty.analyses.roster_files import roster_files, site_files
from offduty.analyses.roster_worlds import PREVALENCES, figure
from offduty.analyses.site_days import SHOWN, SiteDays, site_days
from offduty.config.key_files import load_pseudonym_key
from offduty.config.policy import Policy
from offduty.core.instants import instant
from offduty.runs.read_decided import DecidedRelease, read_decided
from offduty.synth import Habits, write
from offduty.synth.toy_keys import write_toy_keys

START = date(2026, 3, 23)
GHOSTS = {"ghost_at_home": 0.02, "ghost_phone_off": 0.02, "ghost_phone_lent": 0.02}
HYBRID = {"most_days_at_home": 4}
AGREED = {"purpose": "an error card", "recipients": ["whoever reads it"], "keep_days": 1}
HOUR_US, LATE_US = 3_600_000_000, 900_000_000


@dataclass(frozen=True)
class VisibleForce:
    """A force that was filtered: what is released, and what an analysis takes besides; and its truth."""

    release: DecidedRelease
    asked: Mapping[str, Any]
    roster: pa.Table
    sites: pa.Table
    policy: Policy
    shifts: pd.DataFrame
    on_record: frozenset[str]
    """The officers all of whose homes are on record."""
    office: frozenset[str]
    """The officers who work in an office on some days."""


def make_force(
    folder: Path, officers: int, days: int, every_s: int, seed: int, habits: Mapping[str, Any]
) -> VisibleForce:
    """Make a force, and filter it as of a month later. The policy is that of `offduty synth`, with the terms added."""
    write(folder, officers=officers, days=days, every_s=every_s, seed=seed, truth=True, habits=Habits(**habits))
    write_toy_keys(folder)
    as_of = f"{START + timedelta(days=days + 30)}T00:00:00Z"
    run(folder / "job.toml", as_of=as_of)
    rules = Policy.load(folder / "policy.toml").model_dump(exclude_none=True)
    terms = {"presence": AGREED, "site_days": {**AGREED, "target_percent": 50}}
    release = read_decided(folder / "store")
    asked = {
        "key": load_pseudonym_key(folder / "pseudonym.key"),
        "decided": release.decided,
        "as_of_us": instant(as_of) or 0,
        "card": {},
    }
    return VisibleForce(
        release,
        asked,
        roster_files(str(folder / "roster.csv"), folder).rows,
        site_files(str(folder / "sites.geojson"), folder)[0],
        Policy.from_dict({**rules, "analyses": terms}),
        pd.read_csv(folder / "truth" / "shifts.csv", dtype=str, keep_default_na=False),
        _on_record(folder / "truth" / "homes.csv"),
        _office(folder / "truth" / "units.csv"),
    )


def _on_record(homes: Path) -> frozenset[str]:
    with homes.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    off = {row["officer_id"] for row in rows if row["on_record"].lower() not in ("1", "true")}
    return frozenset(row["officer_id"] for row in rows) - off


def _office(units: Path) -> frozenset[str]:
    """Those of whom the truth says on how many days of each week they work from home."""
    if not units.is_file():
        return frozenset()
    table = pd.read_csv(units, dtype=str, keep_default_na=False)
    column = next(name for name in table.columns if "home" in name)
    return frozenset(table["officer_id"][table[column] != ""])


def windows_and_truth(force: VisibleForce) -> pd.DataFrame:
    """The windows with what truly happened: ``attended`` of the shift that a window lies in; empty without one."""
    found = presence(force.release.frame, force.roster, force.sites, force.policy, **force.asked)
    shifts = pd.DataFrame(
        {
            "officer": force.shifts["officer_id"],
            "begins_us": _us(force.shifts["starts_at"]),
            "ends_us": _us(force.shifts["ends_at"]),
            "attended": force.shifts["attended"],
        }
    ).sort_values("begins_us")
    windows = found.windows.assign(half_us=(found.windows["from_us"] + found.windows["to_us"]) // 2)
    joined = pd.merge_asof(
        windows.sort_values("half_us"), shifts, left_on="half_us", right_on="begins_us", by="officer"
    )
    joined["attended"] = joined["attended"].where(joined["half_us"] < joined["ends_us"], "")
    joined["on_record"] = joined["officer"].isin(force.on_record)
    return joined


def naive_alarms(force: VisibleForce, windows: pd.DataFrame) -> dict[str, Counter[bool]]:
    """What three rules that take silence for absence say of the same windows: how many alarms are right, and how many
    of all windows that were worked are wronged. They are measured to be refused.
    """
    from offduty.analyses.eligible_duty import eligible_duty
    from offduty.analyses.presence import visible_of, within

    duty = eligible_duty(force.roster, force.policy, force.asked["as_of_us"], force.asked["decided"])
    seen = visible_of(force.release.frame, within(duty, None, None), force.policy, force.asked["key"])
    names = np.array([*duty.officers, ""], dtype=object)
    rows = seen.assign(officer=names[seen["officer"]]).sort_values("at_us")
    by = {who: part["at_us"].to_numpy() for who, part in rows.groupby("officer")}
    alarms: dict[str, Counter[bool]] = {name: Counter() for name in NAIVE}
    for row in windows.to_dict("records"):
        ghost = str(row["attended"]).startswith("ghost")
        if row["attended"] == "" or row["why"] not in ("", NEVER_SEEN):
            continue
        at = by.get(row["officer"], np.zeros(0, np.int64))
        mine = at[(at >= row["from_us"]) & (at < row["to_us"])]
        points = np.concatenate([[row["from_us"]], mine, [row["to_us"]]])
        says = {
            "no position": not len(mine),
            "a gap over an hour": bool((np.diff(points) > HOUR_US).any()),
            "first seen over 15 minutes late": not len(mine) or int(mine[0]) - row["from_us"] > LATE_US,
        }
        for name, alarm in says.items():
            if alarm:
                alarms[name][ghost] += 1
    return alarms


NAIVE = ("no position", "a gap over an hour", "first seen over 15 minutes late")


def presence_card(seeds: range, officers: int, days: int, every_s: int) -> dict[str, Any]:
    """The error card of presence, for the rules as they are."""
    tables, alarms = [], {name: Counter[bool]() for name in NAIVE}
    for seed in seeds:
        with TemporaryDirectory() as name:
            force = make_force(Path(name), officers, days, every_s, seed, GHOSTS)
            tables.append(windows_and_truth(force))
            for rule, counts in naive_alarms(force, tables[-1]).items():
                alarms[rule].update(counts)
    windows = pd.concat(tables)
    asked = windows[(windows["why"] == "") | (windows["why"] == NEVER_SEEN)]
    worked = asked[asked["attended"].isin(["worked", "part", "recalled"])]
    nobody = asked[asked["attended"].isin(["ghost_at_home", "ghost_phone_off"])]
    lent = asked[asked["attended"] == "ghost_phone_lent"]
    recall, alarm = _not_confirmed(nobody), _not_confirmed(worked)
    return {
        "analysis": "presence",
        "rules_sha256": rules_sha256("presence"),
        "worlds": _worlds(seeds, officers, days, every_s, GHOSTS),
        "worked_and_confirmed": _confirmed(worked),
        "worked_and_confirmed_with_home_on_record": _confirmed(worked[worked["on_record"]]),
        "nobody_worked_and_confirmed": _confirmed(nobody),
        "lent_and_confirmed": _confirmed(lent),
        "of_100_not_visible_nobody_worked": _prevalences(recall, alarm),
        "rules_that_take_silence_for_absence": {
            name: {
                "worked_windows_wronged": figure(counts[False], len(worked)),
                "alarms_that_are_right": figure(counts[True], max(sum(counts.values()), 1)),
            }
            for name, counts in alarms.items()
        },
    }


def site_days_card(seeds: range, officers: int, days: int, every_s: int, targets: Sequence[int]) -> dict[str, Any]:
    """The error card of days on site, for the rules as they are: every office worker against several targets."""
    at, elsewhere = Counter[bool](), Counter[bool]()
    above, below = Counter[bool](), Counter[bool]()
    for seed in seeds:
        with TemporaryDirectory() as name:
            force = make_force(Path(name), officers, days, every_s, seed, HYBRID)
            found = _site_days(force, days)
            truth = _days_and_truth(force, found)
            at.update((truth["state"] == CONFIRMED)[truth["at_work"]].tolist())
            elsewhere.update((truth["state"] == CONFIRMED)[~truth["at_work"]].tolist())
            for target in targets:
                _against(truth, target, above, below)
    return {
        "analysis": "site-days",
        "rules_sha256": rules_sha256("site-days"),
        "worlds": {**_worlds(seeds, officers, days, every_s, HYBRID), "targets": list(targets)},
        "days_on_site_confirmed": _counted(at),
        "other_days_confirmed": _counted(elsewhere),
        "shown_where_truly_above": _counted(above),
        "shown_where_truly_below": _counted(below),
    }


def _site_days(force: VisibleForce, days: int) -> SiteDays:
    codes = tuple(code for code in force.policy.duty.on_codes if code == "duty")
    end = START + timedelta(days=days)
    return site_days(
        force.release.frame, force.roster, force.sites, force.policy, codes=codes, start=START, end=end, **force.asked
    )


def _days_and_truth(force: VisibleForce, found: SiteDays) -> pd.DataFrame:
    """The assessed days of office workers, and whether each was truly worked at a site."""
    shifts = force.shifts[force.shifts["officer_id"].isin(force.office)]
    local = pd.to_datetime(shifts["starts_at"], utc=True).dt.tz_convert(force.policy.policy.timezone)
    days = local.dt.tz_localize(None).dt.normalize().to_numpy().astype("datetime64[D]").astype(np.int64)
    table = pd.DataFrame({"officer": shifts["officer_id"], "day": days, "attended": shifts["attended"]})
    alone = table[~table.duplicated(["officer", "day"], keep=False)]
    joined = found.days.merge(alone, on=["officer", "day"])
    joined = joined[joined["state"] != NOT_ASSESSED].reset_index(drop=True)
    return joined.assign(at_work=joined["attended"] == "worked")


def _against(truth: pd.DataFrame, target: int, above: Counter[bool], below: Counter[bool]) -> None:
    """Whether the target is shown of each person who is truly ten points above it, or truly below it."""
    for _, mine in truth.groupby("officer"):
        share = 100 * mine["at_work"].mean()
        shown = 100 * int((mine["state"] == CONFIRMED).sum()) >= target * len(mine)
        if len(mine) >= 10 and share >= target + 10:
            above[shown] += 1
        elif len(mine) >= 10 and share < target:
            below[shown] += 1


def _confirmed(windows: pd.DataFrame) -> dict[str, Any]:
    return figure(int((windows["state"] == CONFIRMED).sum()), max(len(windows), 1))


def _counted(counts: Counter[bool]) -> dict[str, Any]:
    return figure(counts[True], max(sum(counts.values()), 1))


def _not_confirmed(windows: pd.DataFrame) -> float:
    return 1 - float((windows["state"] == CONFIRMED).mean())


def _prevalences(recall: float, alarm: float) -> dict[str, float]:
    return {
        f"{share / 10:g} %": round(100 * recall * share / (recall * share + alarm * (1000 - share)), 1)
        for share in PREVALENCES
    }


def _worlds(seeds: range, officers: int, days: int, every_s: int, habits: Mapping[str, Any]) -> dict[str, Any]:
    ends = [seeds.start, seeds.stop - 1]
    return {"seeds": ends, "officers": officers, "days": days, "every_s": every_s, "habits": dict(habits)}


def _us(texts: pd.Series[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return pd.DatetimeIndex(pd.to_datetime(texts, utc=True)).as_unit("us").asi8


__all__ = ["SHOWN", "make_force", "presence_card", "site_days_card"]
