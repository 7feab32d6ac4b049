"""Attack 19, linking weeks and naming (threat-model#attack-19). Who: A links the pseudonyms of two weeks by places
alone; B names those of a week by the roster. What: people work at the same places, and the roster says when.

From our own trials: A links 38 to 43 % of officers, B names 58 to 74 % of the pseudonyms of a week; a blind guess has
0.7 %. How: the pseudonym of the other week with the most similar counts of cells of 250 m, rare cells counting more;
and the officer whose duties hold all rows and leave fewest duties without any.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import Floats, Ints, KnownDuties, VisibleRows

CELL_M = 250.0
SLACK_S = 60.0
OUTSIDE, UNSEEN = 4.0, 0.4  # what a day costs on which rows lie outside a duty, and a duty without a row


def link(first: VisibleRows, second: VisibleRows) -> Ints:
    """For each pseudonym of the first week the one of the second that is most like it; -1 where it has no row."""
    one, other = _profiles(first, second)
    likeness = one @ other.T
    return np.where(one.any(axis=1), likeness.argmax(axis=1), -1)


def _profiles(*weeks: VisibleRows) -> list[Floats]:
    """For each week (pseudonyms, cells): the square roots of the counts, rare cells counting more, of length 1."""
    cells = [np.rint(week.x_m / CELL_M) * 1e6 + np.rint(week.y_m / CELL_M) for week in weeks]
    known, place = np.unique(np.concatenate(cells), return_inverse=True)
    tables, first = [], 0
    for week, mine in zip(weeks, cells, strict=True):
        table = np.zeros((week.officers, len(known)))
        np.add.at(table, (week.who, place.ravel()[first : first + len(mine)]), 1.0)
        tables.append(np.sqrt(table))
        first += len(mine)
    people = sum((table > 0).sum(axis=0) for table in tables)
    rare = np.log(2 * weeks[0].officers / np.maximum(people, 1))
    weighted = [table * np.maximum(rare, 0.0) for table in tables]
    return [table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9) for table in weighted]


def name(visible: VisibleRows, roster: KnownDuties) -> Ints:
    """For each pseudonym the officer whose duties fit its rows best; -1 where it has no row. The roster is of the same
    days; of days that it does not have, or without any, nothing is known.
    """
    visible = visible.take(np.flatnonzero(visible.duty <= roster.duty.max(initial=-1)))
    if not len(visible):
        return np.full(visible.officers, -1)
    days, officers = int(roster.duty.max()) + 1, int(roster.who.max()) + 1
    start_s, end_s = (column.reshape(officers, days) for column in (roster.start_s, roster.end_s))
    first_s, last_s = np.full((2, visible.officers, days), np.nan)
    begins = np.flatnonzero(np.append(True, (np.diff(visible.who) != 0) | (np.diff(visible.duty) != 0)))
    ends = np.append(begins[1:], len(visible)) - 1
    first_s[visible.who[begins], visible.duty[begins]] = visible.t_s[begins]
    last_s[visible.who[begins], visible.duty[begins]] = visible.t_s[ends]
    points = np.zeros((visible.officers, officers))
    for day in range(days):
        seen = np.isfinite(first_s[:, day])[:, None]
        on = np.isfinite(start_s[:, day])[None]
        inside = first_s[:, day, None] >= start_s[None, :, day] - SLACK_S
        inside &= last_s[:, day, None] <= end_s[None, :, day] + SLACK_S
        long_s = np.nan_to_num(end_s[:, day] - start_s[:, day])[None]
        tight = (last_s - first_s)[:, day, None] / np.maximum(long_s, 1.0)
        points += np.where(seen & on & inside, 1.0 + 0.2 * np.nan_to_num(tight), 0.0)
        points -= np.where(seen & ~(on & inside), OUTSIDE, 0.0) + np.where(~seen & on, UNSEEN, 0.0)
    return np.where(np.isfinite(first_s).any(axis=1), points.argmax(axis=1), -1)
