"""Attacks 8, 12 and 13 are judged by the true tracks: labels for what could be seen, joined here and nowhere near an
attacker.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.outputs.coarsening import ACCURACY_CLASSES_M, accuracy_class
from offduty.redteam.attacker_view import AttackerView, Flags, Ints, VisibleRows
from offduty.redteam.attacks.absence import UnseenStretches, absences
from offduty.redteam.attacks.side_channels import features
from offduty.redteam.classifier import separable
from offduty.redteam.ground_truth import AT_HOME, ForceTruth, TrueRows
from offduty.redteam.metrics import Auc

HOME, ELSEWHERE, NO_SIGNAL = 0, 1, 2
WHERE = ("home", "elsewhere hidden", "no signal")
HEARD = 0.3  # of the fixes that an absence should hold: with fewer the device was silent
NEAR_HOME_M = 500.0


def absence_labels(found: UnseenStretches, rows: TrueRows, every_s: float) -> Ints:
    """What each absence truly was: at home, elsewhere and hidden, or without signal."""
    order = np.lexsort((rows.t_s, rows.who))
    key = rows.who[order] * 1e9 + rows.t_s[order]
    at_home = np.append(0, np.cumsum(np.isin(rows.state[order], AT_HOME)))
    first = np.searchsorted(key, found.who * 1e9 + found.from_s + 60.0)
    last = np.searchsorted(key, found.who * 1e9 + found.to_s)
    held, home = np.maximum(last - first, 0), at_home[np.maximum(last, first)] - at_home[first]
    silent = held < HEARD * np.maximum((found.to_s - found.from_s - 60.0) / every_s, 1.0)
    return np.where(silent, NO_SIGNAL, np.where(home >= 0.3 * np.maximum(held, 1), HOME, ELSEWHERE))


def told_absences(held: AttackerView, rows: TrueRows) -> dict[str, Auc]:
    """How well each kind of absence is told from the two others; NaN where there is none of a kind."""
    found = absences(held)
    label = absence_labels(found, rows, held.public.every_s)
    return {name: separable(found.seen, label == number, found.who) for number, name in enumerate(WHERE)}


@dataclass(frozen=True)
class SideChannelScore:
    """Attack 12: how well rows at home are told from others, and rows near home from others; how many were at home at
    all.
    """

    at_home: Auc
    near_home: Auc
    rows_at_home: int
    rows: int


def tells(force: ForceTruth, rows: TrueRows, which: Flags, classes: bool) -> SideChannelScore:
    """From columns without a position, of the rows that a mask lets through (`classes`: with the accuracy's class
    alone).
    """
    some = np.flatnonzero(which & np.isfinite(rows.accuracy_m))
    accuracy = rows.accuracy_m[some]
    accuracy = ACCURACY_CLASSES_M[accuracy_class(accuracy)] if classes else accuracy
    order = np.lexsort((rows.t_s[some], rows.who[some]))
    some, accuracy = some[order], accuracy[order]
    zero = np.zeros(len(some), np.int64)
    seen = VisibleRows(
        rows.who[some], zero, rows.t_s[some], rows.x_m[some], rows.y_m[some], accuracy, force.seen.officers
    )
    described = features(AttackerView(seen, force.public(None)))
    home = np.isin(rows.state[some], AT_HOME)
    homes = force.homes_m[seen.who]
    away = np.hypot(seen.x_m[:, None] - homes[:, :, 0], seen.y_m[:, None] - homes[:, :, 1])
    near = np.nanmin(np.where(np.isnan(away), np.inf, away), axis=1) < NEAR_HOME_M
    return SideChannelScore(
        separable(described, home, seen.who), separable(described, near, seen.who), int(home.sum()), len(home)
    )


def under_anothers_duty(force: ForceTruth, rows: TrueRows) -> int:
    """Attack 13, hand-over. Who: A. What: X's phone in Y's hand. Released rows of a pseudonym that its officer did not
    send: no device that this officer truly carried was there within the row's step of time.
    """
    order = np.lexsort((rows.t_s, rows.who))
    who, t_s, x_m, y_m = (column[order] for column in (rows.who, rows.t_s, rows.x_m, rows.y_m))
    width_s = float(t_s.max(initial=0) - min(t_s.min(initial=0), 0)) + 2 * force.step_s
    moment = who * width_s + t_s
    first, last = (
        np.searchsorted(moment, force.seen.who * width_s + force.seen.t_s + later_s) for later_s in (0.0, force.step_s)
    )
    sent = np.zeros(len(force.seen), bool)
    for nth in range(int((last - first).max(initial=0))):
        row = np.minimum(first + nth, len(moment) - 1)
        away_m = np.hypot(x_m[row] - force.seen.x_m, y_m[row] - force.seen.y_m)
        sent |= (first + nth < last) & (away_m <= force.round_m)
    return int(np.count_nonzero(~sent))
