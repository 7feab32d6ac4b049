"""Measures presence and days on site on made-up forces of which the truth is known, and makes their error cards.

A force is made, filtered as any other, and asked as any other; then the answer is laid beside the truth. Where it is
not what was wanted, `tools.visible_causes` says what of the made-up truth made it so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from offduty.analyses.eligible_duty import NEVER_SEEN
from offduty.analyses.error_cards import rules_sha256
from offduty.analyses.presence import CONFIRMED, NOT_ASSESSED, presence
from offduty.analyses.roster_worlds import figure, right_of_100
from offduty.analyses.site_days import SHOWN, SiteDays, site_days
from tools.visible_causes import NO_HOME, minutes_at_work, with_hidden, with_unseen, with_visits
from tools.visible_force import START, VisibleForce, make_force

GHOSTS = {"ghost_at_home": 0.02, "ghost_phone_off": 0.02, "ghost_phone_lent": 0.02}
MANY_GHOSTS = {"ghost_at_home": 0.25, "ghost_phone_off": 0.05}
"""So that what happens once in a thousand such windows is seen at all."""
HYBRID = {"most_days_at_home": 4}
HOUR_US, LATE_US = 3_600_000_000, 900_000_000


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


def presence_card(seeds: range, more_seeds: range, officers: int, days: int, every_s: int) -> dict[str, Any]:
    """The error card of presence, for the rules as they are. Windows that nobody worked are also those of forces with
    many of them, made with ``more_seeds``: of those nothing else is measured.
    """
    tables, ghosts, alarms = [], [], {name: Counter[bool]() for name in NAIVE}
    for seed in seeds:
        with TemporaryDirectory() as name:
            force = make_force(Path(name), officers, days, every_s, seed, GHOSTS)
            tables.append(with_unseen(force, with_hidden(force, windows_and_truth(force))))
            ghosts.append(_nobody_worked(force, tables[-1]))
            for rule, counts in naive_alarms(force, tables[-1]).items():
                alarms[rule].update(counts)
    for seed in more_seeds:
        with TemporaryDirectory() as name:
            force = make_force(Path(name), officers, days, every_s, seed, MANY_GHOSTS)
            ghosts.append(_nobody_worked(force, windows_and_truth(force)))
    asked, nobody = _asked(pd.concat(tables)), pd.concat(ghosts)
    worked = _worked(asked)
    seen = worked[worked["on_record"] & (worked["hidden_by"] == "")]
    lent = asked[asked["attended"] == "ghost_phone_lent"]
    recall, alarm = _not_confirmed(nobody), _not_confirmed(worked)
    return {
        "analysis": "presence",
        "rules_sha256": rules_sha256("presence"),
        "worlds": made_up(seeds, officers, days, every_s, GHOSTS),
        "worlds_of_ghosts": made_up(more_seeds, officers, days, every_s, MANY_GHOSTS),
        "worked_and_confirmed": _confirmed(worked),
        "worked_and_confirmed_with_home_on_record": _confirmed(worked[worked["on_record"]]),
        "worked_and_confirmed_where_the_station_can_be_seen": _confirmed(seen),
        "worked_and_confirmed_with_home_on_record_force_by_force": _force_by_force(tables),
        "worked_and_not_confirmed_because": _causes(worked),
        "nobody_worked_and_confirmed": _confirmed(nobody),
        "nobody_worked_nor_was_at_a_site_and_confirmed": _confirmed(nobody[~nobody["at_site"]]),
        "lent_and_confirmed": _confirmed(lent),
        "of_100_not_visible_nobody_worked": right_of_100(recall, alarm),
        "rules_that_take_silence_for_absence": {
            name: {
                "worked_windows_wronged": figure(counts[False], len(worked)),
                "alarms_that_are_right": figure(counts[True], max(sum(counts.values()), 1)),
            }
            for name, counts in alarms.items()
        },
    }


def _asked(windows: pd.DataFrame) -> pd.DataFrame:
    """The windows about which presence says something, or would if its officer were ever seen."""
    return windows[(windows["why"] == "") | (windows["why"] == NEVER_SEEN)]


def _worked(asked: pd.DataFrame) -> pd.DataFrame:
    """The windows that somebody worked, wholly or in part."""
    return asked[asked["attended"].isin(["worked", "part", "recalled"])]


def _force_by_force(tables: Sequence[pd.DataFrame]) -> list[float]:
    """The share of worked windows that are confirmed, in each force, of officers with a home on record. Windows of one
    station are hidden together, so the interval of all windows is too narrow for what another force may have.
    """
    parts = [_worked(_asked(table)) for table in tables]
    return [_confirmed(part[part["on_record"]])["percent"] for part in parts]


def _nobody_worked(force: VisibleForce, windows: pd.DataFrame) -> pd.DataFrame:
    """The windows that nobody worked, and whether the device was truly at a site all the same: on the way to a shop."""
    asked = _asked(windows)
    return with_visits(force, asked[asked["attended"].isin(["ghost_at_home", "ghost_phone_off"])])


def _causes(worked: pd.DataFrame) -> dict[str, int]:
    """How many worked windows are not confirmed, by what made it so."""
    hidden = worked[worked["state"] != CONFIRMED]
    cause = hidden["hidden_by"].where(hidden["on_record"], NO_HOME)
    counts = cause.where(cause != "", hidden["unseen"]).value_counts()
    return {str(name): int(count) for name, count in counts.items()}


def site_days_card(seeds: range, officers: int, days: int, every_s: int, targets: Sequence[int]) -> dict[str, Any]:
    """The error card of days on site, for the rules as they are: every office worker against several targets."""
    at, elsewhere, nowhere = Counter[bool](), Counter[bool](), Counter[bool]()
    above, below, seen = Counter[bool](), Counter[bool](), Counter[bool]()
    for seed in seeds:
        with TemporaryDirectory() as name:
            force = make_force(Path(name), officers, days, every_s, seed, HYBRID)
            found = _site_days(force, days)
            truth = with_hidden(force, _days_and_truth(force, found))
            at.update((truth["state"] == CONFIRMED)[truth["at_work"]].tolist())
            elsewhere.update((truth["state"] == CONFIRMED)[~truth["at_work"]].tolist())
            nowhere.update((truth["state"] == CONFIRMED)[~truth["at_work"] & ~truth["inside"]].tolist())
            visible = truth[truth["on_record"] & (truth["hidden_by"] == "")]
            for target in targets:
                _against(truth, target, above, below)
                _against(visible, target, seen, Counter())
    return {
        "analysis": "site-days",
        "rules_sha256": rules_sha256("site-days"),
        "worlds": {**made_up(seeds, officers, days, every_s, HYBRID), "targets": list(targets)},
        "days_on_site_confirmed": _counted(at),
        "other_days_confirmed": _counted(elsewhere),
        "other_days_at_no_site_confirmed": _counted(nowhere),
        "shown_where_truly_above": _counted(above),
        "shown_where_truly_above_and_the_station_can_be_seen": _counted(seen),
        "shown_where_truly_below": _counted(below),
    }


def _site_days(force: VisibleForce, days: int) -> SiteDays:
    codes = tuple(code for code in force.policy.duty.on_codes if code == "duty")
    end = START + timedelta(days=days)
    return site_days(
        force.release.frame, force.roster, force.sites, force.policy, codes=codes, start=START, end=end, **force.asked
    )


def _days_and_truth(force: VisibleForce, found: SiteDays) -> pd.DataFrame:
    """The assessed days of office workers, and whether each was truly at a site for as long as counts.

    A day is what its hours were, whatever shift they belong to: nights end on the day after the one they begin on.
    ``at_work`` is about work, ``inside`` about the device: it may be in a shop within a site.
    """
    mine = found.days[found.days["officer"].isin(force.office) & (found.days["state"] != NOT_ASSESSED)]
    minutes = minutes_at_work(force)
    joined = mine.merge(minutes, on=["officer", "day"], how="left").fillna({"minutes": 0, "inside": 0})
    least = found.terms.least_minutes
    on_record = joined["officer"].isin(force.on_record)
    return joined.assign(at_work=joined["minutes"] >= least, inside=joined["inside"] >= least, on_record=on_record)


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


def made_up(seeds: range, officers: int, days: int, every_s: int, habits: Mapping[str, Any]) -> dict[str, Any]:
    """How a card says on which made-up forces it was measured."""
    ends = [seeds.start, seeds.stop - 1]
    return {"seeds": ends, "officers": officers, "days": days, "every_s": every_s, "habits": dict(habits)}


def _us(texts: pd.Series[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return pd.DatetimeIndex(pd.to_datetime(texts, utc=True)).as_unit("us").asi8


__all__ = ["SHOWN", "made_up", "presence_card", "site_days_card"]
