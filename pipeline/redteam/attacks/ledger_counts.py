"""Attack 18, ledger beside release (threat-model#attack-18). Who: F, an insider who has both folders. What: a ledger
says how many rows of each input file were released, and the release how many rows each pseudonym has on each day.

From our own trials: 487 of 492 pseudonyms of a week were rightly tied to the rows of a device. How: the file whose
counts agree on most days.
"""

from __future__ import annotations

import numpy as np

from offduty.redteam.attacker_view import Ints


def attack(in_ledger: Ints, in_release: Ints) -> Ints:
    """For each pseudonym the number of the device whose counts fit best; -1 where it has no row.

    `in_ledger` is (devices, days), how many rows of the device's file of a day have the reason `on_duty`; `in_release`
    is (pseudonyms, days).
    """
    seen = in_release[:, None, :] > 0
    agree = (in_release[:, None, :] == in_ledger[None]) & seen
    off = np.abs(in_release[:, None, :] - in_ledger[None]).sum(axis=2)
    votes = agree.sum(axis=2) - off / (off.max(initial=0) + 1.0)
    return np.where(in_release.sum(axis=1) > 0, votes.argmax(axis=1), -1)
