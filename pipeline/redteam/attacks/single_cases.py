"""Attacks 8 and 19 with single cases and own copies (threat-model#attack-19). Who: B, who has also been given answers,
each about one officer by name (docs/how-to/presence.md). What: they are counted from the rows of one officer, and so
are those of a pseudonym. A single case has a few numbers without a date; the dated file of an own copy says how many
minutes of each duty window are confirmed.

From our own trials, and a thought: whoever knows the pseudonym can count everything else in such a file. How: the
attacker counts for each pseudonym what the file would say if it were the officer's, adds how well its rows fit the
roster, and how alike it is to what was named in other weeks, and gives each pseudonym another officer, so that all
together fit best. Then the pseudonyms that were named alike are a chain, and whole chains are given other officers, by
what single cases say of them. Without files it is the best that we know to do with the roster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from offduty.redteam.attacker_view import (
    AttackerView,
    Flags,
    Floats,
    Ints,
    KnownDuties,
    KnownWindows,
    OwnCopyDates,
    SingleCases,
    VisibleRows,
)

WEEK_DAYS, DAY_S, SLOT_S, QUARTER_S = 7, 86_400.0, 900.0, 900.0
OUTSIDE, UNSEEN = -8.0, -0.5  # what a quarter of an hour costs that is seen off duty, or not seen on duty
EQUAL, OTHER = 2.0, -8.0  # what a window counts of which the file says what the rows do, or something else
ALIKE = 4.0  # how much it counts that places are those of the other weeks
CELL_M, AT_SITE_M = 250.0, 230.0
MOST_PERCENT = 75.0  # a single case never says more
LEAST_AT_SITE_S = 1_800.0  # what makes a day confirmed for days on site, by the policy
TURNS = 3


@dataclass(frozen=True)
class ReadableRules:
    """What the policy says that counts for a single case: the hold, the gap that is joined, and the step of time. And
    to what minutes are rounded down, which is in the source code, and how far from its middle a site goes.
    """

    hold_s: float
    join_s: float
    step_s: float
    whole_s: float = QUARTER_S
    site_m: float = AT_SITE_M


def name(view: AttackerView, rules: ReadableRules) -> Ints:
    """For each pseudonym the officer; -1 where it has no row, and for everybody without a roster.

    `view.visible.who` are pseudonyms, each of the duties that begin in one week of seven days; officers are those of
    the roster. Times count from the Monday of the first week.
    """
    visible, roster = view.visible, view.roster
    found = np.full(visible.officers, -1)
    if roster is None or not len(visible):
        return found
    week_of, weeks, dated = _evidence(view, roster, rules)
    points = [
        part + _by_shares(view, mine, week, part.shape, rules)
        for week, (mine, part) in enumerate(zip(weeks, dated, strict=True))
    ]
    places = _places(visible)
    for turn in range(TURNS):
        before = found.copy()
        for week, mine in enumerate(weeks):
            alike = _likeness(places, mine, before, week_of != week, points[week].shape[1]) if turn else 0.0
            found[mine] = _one_each(points[week] + ALIKE * alike)
    return _of_chains(view, found, weeks, dated, rules)


def name_chains(view: AttackerView, chains: Ints, rules: ReadableRules) -> Ints:
    """The same where it is known which pseudonyms are one officer's (`chains`, from 0, for each pseudonym), as where a
    policy rotates them less often: each chain gets another officer.
    """
    if view.roster is None or not len(view.visible):
        return np.full(view.visible.officers, -1)
    _, weeks, dated = _evidence(view, view.roster, rules)
    seen = np.bincount(view.visible.who, minlength=view.visible.officers) > 0
    return _of_chains(view, np.where(seen, chains, -1), weeks, dated, rules)


def _evidence(view: AttackerView, roster: KnownDuties, rules: ReadableRules) -> tuple[Ints, list[Ints], list[Floats]]:
    """The week of each pseudonym, the pseudonyms of each week, and how well these fit each officer's duties and dated
    files.
    """
    visible = view.visible
    week_of = np.full(visible.officers, -1)
    week_of[visible.who[::-1]] = visible.duty[::-1] // WEEK_DAYS
    weeks = [np.flatnonzero(week_of == week) for week in range(int(week_of.max()) + 1)]
    points = [_by_roster(visible, roster, mine, week, rules) for week, mine in enumerate(weeks)]
    if view.copies is not None:
        for week, mine in enumerate(weeks):
            points[week] += _by_copies(visible, view.copies, mine, week, points[week].shape[1], rules)
    return week_of, weeks, points


def _of_chains(view: AttackerView, chains: Ints, weeks: list[Ints], dated: list[Floats], rules: ReadableRules) -> Ints:
    """Another officer for each chain of pseudonyms, so that all together fit roster and files best."""
    officers = dated[0].shape[1]
    points = np.zeros((officers, officers))
    for mine, part in zip(weeks, dated, strict=True):
        some = chains[mine] >= 0
        np.add.at(points, chains[mine][some], part[some])
    if view.cases is not None and view.windows is not None:
        points += _by_cases(view, view.windows, view.cases, chains, officers, rules)
    named = _one_each(points)
    return np.where(chains >= 0, named[chains], -1)


def _one_each(points: Floats) -> Ints:
    """A column for each row, each at most once, so that their points are together the most; -1 for rows beyond that."""
    row, column = linear_sum_assignment(points, maximize=True)
    found = np.full(len(points), -1)
    found[row] = column
    return found


def _by_roster(visible: VisibleRows, roster: KnownDuties, mine: Ints, week: int, rules: ReadableRules) -> Floats:
    """How well the rows of the pseudonyms of a week fit the duties of each officer: (pseudonyms, officers)."""
    officers, slots = int(roster.who.max()) + 1, int((WEEK_DAYS + 1) * DAY_S / SLOT_S)  # a night goes on over Sunday
    first_s = week * WEEK_DAYS * DAY_S
    on = np.zeros((officers, slots))
    some = np.flatnonzero(np.isfinite(roster.start_s) & (roster.duty // WEEK_DAYS == week))
    begin = np.floor((roster.start_s[some] + rules.hold_s - first_s) / SLOT_S).clip(0, slots).astype(np.int64)
    end = np.ceil((roster.end_s[some] - rules.hold_s - first_s) / SLOT_S).clip(0, slots).astype(np.int64)
    for who, a, b in zip(roster.who[some].tolist(), begin.tolist(), end.tolist(), strict=True):
        on[who, a:b] = 1.0
    place = np.full(visible.officers, -1)
    place[mine] = np.arange(len(mine))
    row = place[visible.who]
    slot = np.floor((visible.t_s - first_s) / SLOT_S).clip(0, slots - 1).astype(np.int64)
    seen = np.zeros((len(mine), slots))
    seen[row[row >= 0], slot[row >= 0]] = 1.0
    inside = seen @ on.T
    points: Floats = OUTSIDE * (seen.sum(axis=1)[:, None] - inside) + UNSEEN * (on.sum(axis=1)[None] - inside)
    return points


def _by_copies(
    visible: VisibleRows, copies: OwnCopyDates, mine: Ints, week: int, officers: int, rules: ReadableRules
) -> Floats:
    """How well what files say of an officer's windows is what the rows of each pseudonym would make them say."""
    points = np.zeros((len(mine), officers))
    window = np.flatnonzero(copies.start_s // (WEEK_DAYS * DAY_S) == week)
    from_s, to_s = copies.start_s[window] + rules.hold_s, copies.end_s[window] - rules.hold_s
    joined_s, plain_s = VisibleTime.of(visible, rules, True), VisibleTime.of(visible, rules, False)
    for place, pseudonym in enumerate(mine.tolist()):
        fits = np.zeros(len(window))
        joined = joined_s.within(pseudonym, from_s, to_s)
        plain = plain_s.within(pseudonym, from_s, to_s)
        for told, counted in ((copies.joined_min, joined), (copies.plain_min, plain)):
            same = np.floor(counted / rules.whole_s) * (rules.whole_s / 60) == told[window]
            fits += np.where(np.isnan(told[window]), 0.0, np.where(same, EQUAL, OTHER))
        shown = (joined > 0) == (copies.confirmed[window] == 1)
        fits += np.where(shown, 0.0, OTHER)
        empty = (joined == 0) & (copies.confirmed[window] != 1)
        np.add.at(points[place], copies.who[window], np.where(empty, 0.0, fits))
    return points


def _by_shares(view: AttackerView, mine: Ints, week: int, shape: tuple[int, ...], rules: ReadableRules) -> Floats:
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
            low = cases.percent[case] / 100
            points[:, who] += _likelier(theirs, any_share[(any_share > low) & (any_share < low + 0.25)], any_share)
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


def _by_cases(
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
            low = np.ceil(of * cases.percent[case] / 100)
            high = of if cases.percent[case] >= MOST_PERCENT else np.ceil(of * (cases.percent[case] + 25) / 100) - 1
            points[:, who] += _agrees(shown, low, high)
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


@dataclass(frozen=True)
class VisibleTime:
    """The time in which each pseudonym is seen, as an answer counts it: from each row to the end of its step, or to the
    next row where that is near enough to be joined. A row that is alone counts for nothing.
    """

    who: Ints
    t_s: Floats
    length_s: Floats
    before_s: Floats

    @staticmethod
    def of(visible: VisibleRows, rules: ReadableRules, joined: bool) -> VisibleTime:
        """Of rows by pseudonym; `joined`: or else each row by its step alone."""
        order = np.lexsort((visible.t_s, visible.who))
        who, t_s = visible.who[order], visible.t_s[order]
        once = np.append(True, (np.diff(who) != 0) | (np.diff(t_s) != 0))[: len(who)]
        who, t_s = who[once], t_s[once]
        near = (np.diff(who) == 0) & (np.diff(t_s) <= max(rules.step_s, rules.join_s))
        kept = (np.append(near, False) | np.append(False, near))[: len(who)]
        who, t_s = who[kept], t_s[kept]
        apart_s = np.append(np.where(np.diff(who) == 0, np.diff(t_s), np.inf), np.inf)[: len(who)]
        length_s = np.minimum(apart_s, rules.step_s)
        if joined:
            length_s = np.where(apart_s <= rules.join_s, apart_s, length_s)
        return VisibleTime(who, t_s, length_s, np.append(0.0, np.cumsum(length_s)))

    def within(self, who: int, from_s: Floats, to_s: Floats) -> Floats:
        """How long a pseudonym is seen between these times."""
        low, high = np.searchsorted(self.who, [who, who + 1])
        seen: Floats = self._until(low, high, np.maximum(from_s, to_s)) - self._until(low, high, from_s)
        return seen

    def _until(self, low: int, high: int, at_s: Floats) -> Floats:
        row = low + np.searchsorted(self.t_s[low:high], at_s, side="right")
        last = np.maximum(row - 1, 0)
        over_s = (
            np.where(row > low, (self.t_s[last] + self.length_s[last] - at_s).clip(0), 0.0) if len(self.t_s) else 0.0
        )
        until: Floats = self.before_s[row] - over_s
        return until


def _places(visible: VisibleRows) -> Floats:
    """For each pseudonym how often it is in which cell, rare cells counting more: (pseudonyms, cells), of length 1."""
    cell = np.rint(visible.x_m / CELL_M) * 1e6 + np.rint(visible.y_m / CELL_M)
    known, place = np.unique(cell, return_inverse=True)
    table = np.zeros((visible.officers, len(known)))
    np.add.at(table, (visible.who, place.ravel()), 1.0)
    people = np.maximum((table > 0).sum(axis=0), 1)
    return _of_length_1(np.sqrt(table) * np.log(visible.officers / people).clip(0))


def _of_length_1(table: Floats) -> Floats:
    scaled: Floats = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    return scaled


def _likeness(places: Floats, mine: Ints, named: Ints, other_weeks: Flags, officers: int) -> Floats:
    """How alike pseudonyms are to what was named as each officer in other weeks; where nothing was, as to most."""
    profiles = np.zeros((officers, places.shape[1]))
    some = np.flatnonzero(other_weeks & (named >= 0))
    np.add.at(profiles, named[some], places[some])
    known = profiles.any(axis=1)
    alike: Floats = places[mine] @ _of_length_1(profiles).T
    if known.any() and not known.all():
        alike[:, ~known] = np.median(alike[:, known], axis=1, keepdims=True)
    return alike


def rows_of(visible: VisibleRows, named: Ints, officers: int) -> VisibleRows:
    """The rows under the officers that their pseudonyms were named; without those of nobody."""
    some = np.flatnonzero(named[visible.who] >= 0)
    who = named[visible.who[some]]
    left = visible.take(some)
    return VisibleRows.in_order(who, left.duty, left.t_s, left.x_m, left.y_m, left.accuracy_m, officers)


def with_sightings(rows: VisibleRows, copies: OwnCopyDates, sites_m: Floats) -> VisibleRows:
    """The rows and, where a file says when the device was first or last seen in a window, one at that time: at the site
    where the officer is seen most. No file says so.
    """
    at_s = np.concatenate([copies.first_s, copies.last_s])
    told = np.flatnonzero(np.isfinite(at_s))
    if not len(told) or not len(rows) or not len(sites_m):
        return rows
    away_m = np.hypot(rows.x_m[:, None] - sites_m[:, 0], rows.y_m[:, None] - sites_m[:, 1])
    seen = np.zeros((rows.officers, len(sites_m)))
    np.add.at(seen, (rows.who, away_m.argmin(axis=1)), away_m.min(axis=1) < AT_SITE_M)
    who, start_s = (np.tile(column, 2)[told] for column in (copies.who, copies.start_s))
    usual = sites_m[seen.argmax(axis=1)[who]]
    day = np.floor(start_s / DAY_S).astype(np.int64)
    more = (who, day, at_s[told], usual[:, 0], usual[:, 1], np.zeros(len(told)))
    old = (rows.who, rows.duty, rows.t_s, rows.x_m, rows.y_m, rows.accuracy_m)
    both: list[Any] = [np.concatenate(columns) for columns in zip(old, more, strict=True)]
    return VisibleRows.in_order(*[*both, rows.officers])


def windows_in_rows(rows: VisibleRows, copies: OwnCopyDates, rules: ReadableRules) -> Floats:
    """What rows show of each window of the cases, (windows, 9): its length and hour, how long it is seen, at how many
    instants, the time until the first and after the last, and the longest time between two; and how much of all of the
    officer's windows is seen.
    """
    joined, plain = VisibleTime.of(rows, rules, True), VisibleTime.of(rows, rules, False)
    order = np.lexsort((rows.t_s, rows.who))
    who, t_s = rows.who[order], rows.t_s[order]
    described = np.full((len(copies), 9), np.nan)
    for window in range(len(copies)):
        one, a, b = int(copies.who[window]), float(copies.start_s[window]), float(copies.end_s[window])
        low, high = np.searchsorted(who, [one, one + 1])
        inner = t_s[low:high][(t_s[low:high] >= a) & (t_s[low:high] < b)]
        ends = np.array([a + rules.hold_s]), np.array([b - rules.hold_s])
        gaps = (inner[0] - a, b - inner[-1], np.diff(inner, prepend=inner[0]).max()) if len(inner) else (b - a,) * 3
        seen = float(joined.within(one, *ends)[0]), float(plain.within(one, *ends)[0])
        described[window, :8] = [b - a, a % DAY_S, *seen, len(inner), *gaps]
    share = described[:, 2] / np.maximum(described[:, 0], 1.0)
    sums, counts = np.bincount(copies.who, share), np.bincount(copies.who)
    described[:, 8] = (sums / np.maximum(counts, 1))[copies.who]
    return described


def windows_in_files(copies: OwnCopyDates) -> Floats:
    """What the files alone say of each window, (windows, 7); the last is how much of all of the officer's is seen."""
    long_s = copies.end_s - copies.start_s
    share = copies.joined_min * 60 / np.maximum(long_s, 1.0)
    sums, counts = np.bincount(copies.who, share), np.bincount(copies.who)
    overall = (sums / np.maximum(counts, 1))[copies.who]
    told = (
        long_s,
        copies.start_s % DAY_S,
        copies.confirmed,
        copies.joined_min,
        copies.plain_min,
        copies.on_site,
        overall,
    )
    described: Floats = np.stack([np.asarray(column, np.float64) for column in told], axis=1)
    return described
