"""Scores attacks 8, 12 and 13 by the true tracks: only here the truth is joined to what an attacker can see."""

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
    """What each absence truly was: `HOME`, `ELSEWHERE` (and hidden) or `NO_SIGNAL`."""
    order = np.lexsort((rows.t_s, rows.who))
    key = rows.who[order] * 1e9 + rows.t_s[order]
    at_home = np.append(0, np.cumsum(np.isin(rows.state[order], AT_HOME)))
    first = np.searchsorted(key, found.who * 1e9 + found.from_s + 60.0)
    last = np.searchsorted(key, found.who * 1e9 + found.to_s)
    sent, home = np.maximum(last - first, 0), at_home[np.maximum(last, first)] - at_home[first]
    silent = sent < LEAST_SENT * np.maximum((found.to_s - found.from_s - 60.0) / every_s, 1.0)
    return np.where(silent, NO_SIGNAL, np.where(home >= 0.3 * np.maximum(sent, 1), HOME, ELSEWHERE))


def absence_aucs(view: AttackerView, rows: TrueRows) -> dict[str, Auc]:
    """How well each kind of absence is told apart from the two others; NaN where there is none of a kind."""
    found = absences(view)
    label = absence_labels(found, rows, view.public.every_s)
    return {name: separable(found.features, label == number, found.who) for number, name in enumerate(WHERE)}


@dataclass(frozen=True)
class SideChannelScore:
    """Attack 12: how well rows at home, and rows near home, are told apart from others; how many rows were at home."""

    at_home: Auc
    near_home: Auc
    rows_at_home: int
    rows: int


def side_channel_scores(force: ForceTruth, rows: TrueRows, which: Flags, classes: bool) -> SideChannelScore:
    """Attack 12 on the rows `which` of the truth, by their columns without a position. `classes`: the accuracies are
    classes, as in a release (specification#column-accuracy).
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
    """Attack 13, hand-over (threat-model#attack-13). Who: A. What: an officer uses the phone of another.

    This counts the released rows that their officer did not send: no device that this officer truly carried was within
    `round_m` of the row in its time step.
    """
    order = np.lexsort((rows.t_s, rows.who))
    who, t_s, x_m, y_m = (column[order] for column in (rows.who, rows.t_s, rows.x_m, rows.y_m))
    width_s = float(t_s.max(initial=0) - min(t_s.min(initial=0), 0)) + 2 * force.step_s
    key = who * width_s + t_s
    begins = force.visible.who * width_s + force.visible.t_s
    first, last = np.searchsorted(key, begins), np.searchsorted(key, begins + force.step_s)
    sent = np.zeros(len(force.visible), bool)
    for nth in range(int((last - first).max(initial=0))):
        row = np.minimum(first + nth, len(key) - 1)
        away_m = np.hypot(x_m[row] - force.visible.x_m, y_m[row] - force.visible.y_m)
        sent |= (first + nth < last) & (away_m <= force.round_m)
    return int(np.count_nonzero(~sent))
