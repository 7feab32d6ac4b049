"""Compares recorders by the share of their edits that have a signal, on a funnel: few edits may stray far by chance.

After Spiegelhalter, Funnel plots for comparing institutional performance (Statistics in Medicine, 2005): the share of
everybody else is the target, exact chances are made weaker by the overdispersion that is found, and those of all
recorders together are judged by Benjamini and Hochberg. R9 and R10 of the roster audit.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from offduty.arrays.arrow import Bools, Ints

LEAST_EDITS = 30
"""Nobody with fewer edits is assessed."""
FALSE_DISCOVERIES = 0.1
"""At most this share of those who are outside is there by chance, on average."""
WINSOR = 0.1
LEAST_RECORDERS = 10
"""Fewer do not tell how much recorders differ without anybody's fault; then no overdispersion is estimated."""
Floats = npt.NDArray[np.float64]
_SMALLEST = 1e-300


def outside(edits: Floats, marked: Floats) -> Bools:
    """Which recorders have more marked edits than chance explains.

    ``edits`` and ``marked`` have one element for each recorder: how many edits, and how many of them have the signal.
    Recorders with fewer than `LEAST_EDITS` are never outside, but count for the others' target. Without edits nobody
    is outside.
    """
    assessed = edits >= LEAST_EDITS
    found = np.zeros(len(edits), np.bool_)
    if assessed.any():
        n, y = edits[assessed], marked[assessed]
        found[assessed] = discoveries(weakened(chances(n, y, edits.sum() - n, marked.sum() - y)))
    return found


def concentrated(edits: Floats, marked: Floats, others: Floats, others_marked: Floats) -> Bools:
    """Which recorders record more for one subject than others do: R10, one element for each recorder and subject.

    ``edits`` are the recorder's, ``marked`` those for the subject; ``others`` and ``others_marked`` are the same of the
    other recorders of the unit. Where either has fewer than `LEAST_EDITS` it is not assessed.
    """
    assessed = (edits >= LEAST_EDITS) & (others >= LEAST_EDITS)
    found = np.zeros(len(edits), np.bool_)
    if assessed.any():
        columns = (column[assessed] for column in (edits, marked, others, others_marked))
        found[assessed] = discoveries(chances(*columns))
    return found


def chances(edits: Floats, marked: Floats, others: Floats, others_marked: Floats) -> Floats:
    """The chance of so many marked edits or more, if the marked edits of all were dealt out blindly (mid-p).

    The exact hypergeometric law: it knows that the others' share is itself known from some edits only, so that a desk
    with more edits than all others together is not outside for what the others happen to have.

    >>> chances(np.array([2.0]), np.array([2.0]), np.array([2.0]), np.array([0.0])).tolist()
    [0.083333333333333]
    """
    total = edits + others
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, int(total.max(initial=0)) + 1)))])

    def log_ways(n: Ints, k: Ints) -> Floats:
        return np.asarray(logs[n] - logs[k] - logs[n - k], np.float64)

    found = []
    for n, y, m, z in zip(*(column.astype(np.int64) for column in (edits, marked, others, others_marked)), strict=True):
        k = np.arange(y, min(n, y + z) + 1)
        tail = np.exp(log_ways(y + z, k) + log_ways(n + m - y - z, n - k) - log_ways(n + m, n))
        found.append(round(float(tail.sum() - tail[0] / 2), 15))
    return np.clip(np.array(found, np.float64), _SMALLEST, 1.0)


def weakened(found: Floats) -> Floats:
    """Chances after the overdispersion of all of them: where recorders differ anyway, more is needed to be outside."""
    if len(found) < LEAST_RECORDERS:
        return found
    normal = NormalDist()
    z = np.array([-normal.inv_cdf(min(max(p, _SMALLEST), 1 - 1e-15)) for p in found.tolist()])
    low, high = np.quantile(z, [WINSOR, 1 - WINSOR])
    overdispersion = max(1.0, float(np.mean(np.clip(z, low, high) ** 2)))
    return np.array([normal.cdf(-value / overdispersion**0.5) for value in z.tolist()])


def discoveries(found: Floats) -> Bools:
    """Which chances are small enough that, of all of those, at most `FALSE_DISCOVERIES` are there by chance.

    >>> discoveries(np.array([0.5, 0.001, 0.06])).tolist()
    [False, True, True]
    """
    order = np.argsort(found, kind="stable")
    limits = FALSE_DISCOVERIES * (np.arange(len(found)) + 1) / len(found)
    below = np.flatnonzero(found[order] <= limits)
    answer = np.zeros(len(found), np.bool_)
    if len(below):
        answer[order[: below[-1] + 1]] = True
    return answer


def unusual_edits(late: pd.DataFrame) -> pd.DataFrame:
    """The late grants of recorders who are outside (R9), and for the subjects with whom they are concentrated (R10).

    ``late`` has one row for each late grant: ``entry``, ``recorder``, ``subject``, ``unit``, ``role``, and
    ``over_rest``, whether it is over an entry of rest. Recorders are compared with those of their role: how many of
    their late grants are over rest. So one who records all late shifts of a force is not outside for that. R10 needs
    the unit. Gives ``entry`` and ``signal``.
    """
    entries = [_of_recorders(late), _of_pairs(late[late["unit"] != ""])]
    columns = [pd.Series(found, dtype=np.int64) for found in entries]
    parts = [pd.DataFrame({"entry": found, "signal": name}) for found, name in zip(columns, ("R9", "R10"), strict=True)]
    return pd.concat(parts, ignore_index=True)


def compared(late: pd.DataFrame) -> pd.DataFrame:
    """The recorders: ``recorder``, ``role``, ``edits``, ``marked``, and whether each is ``outside``; see above."""
    counts = late.groupby(["role", "recorder"], as_index=False).agg(
        edits=("entry", "size"), marked=("over_rest", "sum")
    )
    counts["outside"] = False
    for _, group in counts.groupby("role"):
        found = outside(group["edits"].to_numpy(np.float64), group["marked"].to_numpy(np.float64))
        counts.loc[group.index, "outside"] = found
    return counts


def _of_recorders(late: pd.DataFrame) -> list[int]:
    counts = compared(late)
    names = set(counts["recorder"][counts["outside"]])
    found: list[int] = late["entry"][late["recorder"].isin(names) & late["over_rest"]].tolist()
    return found


def _of_pairs(late: pd.DataFrame) -> list[int]:
    if late.empty:
        return []
    pairs = late.groupby(["unit", "recorder", "subject"], as_index=False).agg(marked=("entry", "size"))
    pairs["edits"] = pairs.groupby(["unit", "recorder"])["marked"].transform("sum")
    others = pairs.groupby("unit")["marked"].transform("sum") - pairs["edits"]
    others_marked = pairs.groupby(["unit", "subject"])["marked"].transform("sum") - pairs["marked"]
    columns = (pairs["edits"], pairs["marked"], others, others_marked)
    pairs["many"] = concentrated(*(column.to_numpy(np.float64) for column in columns))
    joined = late.merge(pairs[pairs["many"]][["unit", "recorder", "subject"]])
    entries: list[int] = joined["entry"].tolist()
    return entries
