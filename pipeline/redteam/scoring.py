"""Attacks 8, 12 and 13 are judged by the true tracks: labels for what could be seen, joined here and nowhere near an
attacker.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offduty.outputs.coarsening import ACCURACY_CLASSES_M, accuracy_class
from offduty.redteam.attacker_view import AttackerView, Flags, Ints, VisibleRows
from offduty.redteam.attacks.absence import Absences, absences
from offduty.redteam.attacks.side_channels import features
from offduty.redteam.classifier import separable
from offduty.redteam.ground_truth import AT_HOME, ForceTruth, TrueRows
from offduty.redteam.metrics import Auc

HOME, ELSEWHERE, NO_SIGNAL = 0, 1, 2
WHERE = ("home", "elsewhere hidden", "no signal")
LEAST_SENT = 0.3  # of the fixes that an absence should hold: with fewer the device was silent
NEAR_HOME_M = 500.0


def absence_labels(found: Absences, rows: TrueRows, every_s: float) -> Ints:
    """What each absence truly was: at home, elsewhere and hidden, or without signal."""
    order = np.lexsort((rows.t_s, rows.who))
    key = rows.who[order] * 1e9 + rows.t_s[order]
    at_home = np.append(0, np.cumsum(np.isin(rows.state[order], AT_HOME)))
    first = np.searchsorted(key, found.who * 1e9 + found.from_s + 60.0)
    last = np.searchsorted(key, found.who * 1e9 + found.to_s)
    sent, home = np.maximum(last - first, 0), at_home[np.maximum(last, first)] - at_home[first]
    silent = sent < LEAST_SENT * np.maximum((found.to_s - found.from_s - 60.0) / every_s, 1.0)
    return np.where(silent, NO_SIGNAL, np.where(home >= 0.3 * np.maximum(sent, 1), HOME, ELSEWHERE))


def absence_aucs(view: AttackerView, rows: TrueRows) -> dict[str, Auc]:
    """How well each kind of absence is told from the two others; NaN where there is none of a kind."""
    found = absences(view)
    label = absence_labels(found, rows, view.public.every_s)
    return {name: separable(found.features, label == number, found.who) for number, name in enumerate(WHERE)}


@dataclass(frozen=True)
class SideChannelScore:
    """Attack 12: how well rows at home are told from others, and rows near home from others; how many were at home at
    all.
    """

    at_home: Auc
    near_home: Auc
    rows_at_home: int
    rows: int


def side_channel_scores(force: ForceTruth, rows: TrueRows, which: Flags, classes: bool) -> SideChannelScore:
    """From columns without a position, of the rows that a mask lets through (`classes`: with the accuracy's class
    alone).
    """
    some = np.flatnonzero(which & np.isfinite(rows.accuracy_m))
    accuracy = rows.accuracy_m[some]
    accuracy = ACCURACY_CLASSES_M[accuracy_class(accuracy)] if classes else accuracy
    order = np.lexsort((rows.t_s[some], rows.who[some]))
    some, accuracy = some[order], accuracy[order]
    zero = np.zeros(len(some), np.int64)
    visible = VisibleRows(
        rows.who[some], zero, rows.t_s[some], rows.x_m[some], rows.y_m[some], accuracy, force.visible.officers
    )
    described = features(AttackerView(visible, force.public(None)))
    home = np.isin(rows.state[some], AT_HOME)
    homes = force.homes_m[visible.who]
    away = np.hypot(visible.x_m[:, None] - homes[:, :, 0], visible.y_m[:, None] - homes[:, :, 1])
    near = np.nanmin(np.where(np.isnan(away), np.inf, away), axis=1) < NEAR_HOME_M
    return SideChannelScore(
        separable(described, home, visible.who), separable(described, near, visible.who), int(home.sum()), len(home)
    )


def misattributed_rows(force: ForceTruth, rows: TrueRows) -> int:
    """Attack 13, hand-over. Who: A. What: X's phone in Y's hand. Released rows of a pseudonym that its officer did not
    send: no device that this officer truly carried was there within the row's step of time.
    """
    order = np.lexsort((rows.t_s, rows.who))
    who, t_s, x_m, y_m = (column[order] for column in (rows.who, rows.t_s, rows.x_m, rows.y_m))
    width_s = float(t_s.max(initial=0) - min(t_s.min(initial=0), 0)) + 2 * force.step_s
    key = who * width_s + t_s
    first, last = (
        np.searchsorted(key, force.visible.who * width_s + force.visible.t_s + later_s)
        for later_s in (0.0, force.step_s)
    )
    sent = np.zeros(len(force.visible), bool)
    for nth in range(int((last - first).max(initial=0))):
        row = np.minimum(first + nth, len(key) - 1)
        away_m = np.hypot(x_m[row] - force.visible.x_m, y_m[row] - force.visible.y_m)
        sent |= (first + nth < last) & (away_m <= force.round_m)
    return int(np.count_nonzero(~sent))
