"""How well pseudonyms fit what single cases say, for attack 19 (threat-model#attack-19). Who: B, who has also been
given answers, each about one officer by name (docs/how-to/presence.md). What: a single case has a few numbers without a
date, which are counted from the rows of one officer; so the same can be counted from the rows of a pseudonym.

From our own trials. How: of a week by itself it counts how much likelier so many visible windows are for the share that
a case says than for any; of a chain of pseudonyms over all weeks, whether its own count is what the case says.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Flags, Floats, Ints, KnownWindows, SingleCases, VisibleRows
from offduty.redteam.attacks.named_rows import rows_of
from offduty.redteam.attacks.visible_time import DAY_S, ReadableRules, VisibleTime

WEEK_DAYS = 7
OTHER = -8.0  # what a window counts of which the file says something else than the rows
LEAST_SHARE = 0.25  # a single case says that so many windows are confirmed, or nothing
LEAST_AT_SITE_S = 1_800.0  # what makes a day confirmed for days on site, by the policy


def by_shares(view: AttackerView, mine: Ints, week: int, shape: tuple[int, ...], rules: ReadableRules) -> Floats:
    """How much likelier what is seen of each pseudonym in a week is for the share that a single case says of an officer
    than for any: who is seldom visible is so in most weeks.
    """
    points = np.zeros(shape)
    cases, windows = view.cases, view.windows
    if cases is None or windows is None:
        return points
    first_s = week * WEEK_DAYS * DAY_S
    some = np.flatnonzero((windows.start_s >= first_s) & (windows.start_s < first_s + WEEK_DAYS * DAY_S))
    shown = _shown(view.visible, mine, windows, some, rules)
    on_site = _on_site(view, mine, rules)[:, week * WEEK_DAYS : (week + 1) * WEEK_DAYS]
    days = _assessed_days(windows, shape[1])[:, week * WEEK_DAYS : (week + 1) * WEEK_DAYS]
    any_share = (np.arange(100) + 0.5) / 100
    for case, who in enumerate(cases.who.tolist()):
        theirs = shown[:, _about(windows, cases, case)[some]]
        if cases.windows[case] == 0:
            points[:, who] += OTHER * theirs.sum(axis=1)
        elif np.isfinite(cases.percent[case]):
            shares = any_share[(any_share > LEAST_SHARE) == (cases.percent[case] > 0)]
            points[:, who] += _likelier(theirs, shares, any_share)
        if np.isfinite(cases.days_confirmed[case]):
            share = np.array([(cases.days_confirmed[case] + 0.5) / (cases.days[case] + 1)])
            points[:, who] += _likelier(on_site[:, days[who][: on_site.shape[1]]], share, any_share)
    return points


def _likelier(seen: Flags, shares: Floats, any_share: Floats) -> Floats:
    """The logarithm of how much likelier so many of so many are with one of these shares than with any."""
    of, count = seen.shape[1], seen.sum(axis=1)[:, None]
    chance = [(part**count * (1 - part) ** (of - count)).mean(axis=1) for part in (shares, any_share)]
    told: Floats = np.log(np.maximum(chance[0], 1e-12)) - np.log(np.maximum(chance[1], 1e-12))
    return told


def by_cases(
    view: AttackerView, windows: KnownWindows, cases: SingleCases, chains: Ints, officers: int, rules: ReadableRules
) -> Floats:
    """How well what single cases say is what the rows of each chain would make them say: (chains, officers)."""
    rows = rows_of(view.visible, chains, officers)
    everybody = np.arange(officers)
    linked = replace(view, visible=rows)
    seen_s = _visible_s(rows, everybody, windows, np.arange(len(windows.who)), rules)
    on_site, days = _on_site(linked, everybody, rules), _assessed_days(windows, officers)
    points = np.zeros((officers, officers))
    for case, who in enumerate(cases.who.tolist()):
        theirs = seen_s[:, _about(windows, cases, case)]
        of, shown = cases.windows[case], (theirs > 0).sum(axis=1)
        if of == 0:
            points[:, who] += _agrees(shown, 0)
        elif np.isfinite(cases.percent[case]):
            least = np.ceil(of * LEAST_SHARE)
            points[:, who] += _agrees(shown, least, of) if cases.percent[case] > 0 else _agrees(shown, 1, least - 1)
        if np.isfinite(cases.days_confirmed[case]):
            points[:, who] += _agrees((on_site & days[who][: on_site.shape[1]]).sum(axis=1), cases.days_confirmed[case])
        if np.isfinite(cases.minutes[case]):
            quarters = (theirs // rules.whole_s).sum(axis=1)
            points[:, who] += _agrees(quarters, cases.minutes[case] * 60 / rules.whole_s)
    return points


def _about(windows: KnownWindows, cases: SingleCases, case: int) -> Flags:
    """Which windows a case is about."""
    inside = (windows.start_s >= cases.from_s[case]) & (windows.start_s < cases.to_s[case])
    about: Flags = inside & (windows.who == cases.who[case])
    return about


def _agrees(count: Ints | Floats, low: float, high: float | None = None) -> Floats:
    """0 where a count is within these, and less the farther it is away from them."""
    away = np.maximum(low - count, 0) + np.maximum(count - (low if high is None else high), 0)
    points: Floats = np.where(away > 0, OTHER - 2 * np.minimum(away, 20), 0.0)
    return points


def _shown(visible: VisibleRows, mine: Ints, windows: KnownWindows, some: Ints, rules: ReadableRules) -> Flags:
    shown: Flags = _visible_s(visible, mine, windows, some, rules) > 0
    return shown


def _visible_s(visible: VisibleRows, mine: Ints, windows: KnownWindows, some: Ints, rules: ReadableRules) -> Floats:
    """How long each of these pseudonyms is seen in some of the windows: (pseudonyms, windows)."""
    time = VisibleTime.of(visible, rules, True)
    from_s, to_s = windows.start_s[some] + rules.hold_s, windows.end_s[some] - rules.hold_s
    seen = np.zeros((len(mine), len(some)))
    for place, pseudonym in enumerate(mine.tolist()):
        seen[place] = time.within(pseudonym, from_s, to_s)
    return seen


def _on_site(view: AttackerView, mine: Ints, rules: ReadableRules) -> Flags:
    """On which days each of these pseudonyms is seen at a site long enough: (pseudonyms, days)."""
    rows, sites_m = view.visible, view.public.sites_m
    day = np.floor(rows.t_s / DAY_S).clip(0).astype(np.int64)
    width = int(day.max(initial=0)) + 1
    away_m = np.full(len(rows), np.inf)
    for x_m, y_m in sites_m:
        away_m = np.minimum(away_m, np.hypot(rows.x_m - x_m, rows.y_m - y_m))
    by_day = replace(rows, who=rows.who * width + day, officers=rows.officers * width)
    by_day = by_day.take(np.flatnonzero(away_m <= rules.site_m))
    time = VisibleTime.of(by_day, rules, True)
    total_s = np.bincount(time.who, time.length_s, minlength=by_day.officers).reshape(rows.officers, width)
    found: Flags = total_s[mine] >= LEAST_AT_SITE_S
    return found


def _assessed_days(windows: KnownWindows, officers: int) -> Flags:
    """Which days count for days on site, for each officer: (officers, days)."""
    days = np.zeros((officers, int(windows.day.max(initial=0)) + WEEK_DAYS + 1), np.bool_)
    days[windows.day_of, windows.day] = True
    return days
