"""Attack 12, tells. Who: A. What: a phone indoors at home states other accuracies than one in the street; so may speed
or battery.

From over-confident fixes at home (our own measurements of phones at rest). How: columns that hold no position (stated
accuracy, hour, how accuracy changes from row to row) go to a classifier, which is told on half of the officers which
rows were at home.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats


def features(held: AttackerView) -> Floats:
    """What there is to see of each row without its position, (rows, 4)."""
    seen = held.seen
    before = np.concatenate([seen.accuracy_m[:1], seen.accuracy_m[:-1]])
    after = np.concatenate([seen.accuracy_m[1:], seen.accuracy_m[-1:]])
    return np.stack([seen.accuracy_m, before, after, seen.t_s % 86_400 // 3_600], axis=1)
