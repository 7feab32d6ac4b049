"""Attack 19 by the roster, with single cases and own copies where B has them (threat-model#attack-19). Who: B, who may
also have been given answers about officers by name. What: whose is each pseudonym? The dated file of an own copy says
how many minutes of each duty window are confirmed, and a single case a few numbers without a date.

From our own trials, and a thought: whoever knows the pseudonym can count everything else in such a file. How: the
attacker counts for each pseudonym what the file would say if it were the officer's, adds how well its rows fit the
roster, and how alike it is to what was named in other weeks, and gives each pseudonym another officer, so that all
together fit best. Then the pseudonyms that were named alike are a chain, and whole chains are given other officers, by
what single cases say of them. Without files it is the best that we know to do with the roster.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from offduty.redteam.attacker_view import AttackerView, Flags, Floats, Ints, KnownDuties, OwnCopyDates, VisibleRows
from offduty.redteam.attacks.single_cases import OTHER, WEEK_DAYS, by_cases, by_shares
from offduty.redteam.attacks.visible_time import DAY_S, ReadableRules, VisibleTime

SLOT_S = 900.0
OUTSIDE, UNSEEN = -8.0, -0.5  # what a quarter of an hour costs that is seen off duty, or not seen on duty
EQUAL = 2.0  # what a window counts of which the file says what the rows do
ALIKE = 4.0  # how much it counts that places are those of the other weeks
CELL_M = 250.0
TURNS = 3


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
        part + by_shares(view, mine, week, part.shape, rules)
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
        points += by_cases(view, view.windows, view.cases, chains, officers, rules)
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
