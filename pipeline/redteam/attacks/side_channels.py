"""Attack 12, side channels (threat-model#attack-12). Who: A. What: a phone indoors at home states other accuracies than
one outdoors; speed and battery may give it away, too.

From over-confident fixes at home (our own measurements of phones at rest). How: the columns without a position (stated
accuracy, its change from row to row, and the hour) are given to a classifier. It is trained on the truth of some
officers, and tested on others.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import AttackerView, Floats


def features(view: AttackerView) -> Floats:
    """What is visible of each row without its position, (rows, 4)."""
    visible = view.visible
    before = np.concatenate([visible.accuracy_m[:1], visible.accuracy_m[:-1]])
    after = np.concatenate([visible.accuracy_m[1:], visible.accuracy_m[-1:]])
    return np.stack([visible.accuracy_m, before, after, visible.t_s % 86_400 // 3_600], axis=1)
