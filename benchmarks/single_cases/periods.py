"""What single cases over several periods tell: cases about as few windows as there may be, and two that overlap."""

from __future__ import annotations

import numpy as np

from benchmarks.single_cases.answers import DAYS, WEEK, WEEK_S, is_told
from benchmarks.single_cases.worlds import AskedWorld
from offduty.analyses.presence import LEAST_PERCENT, LEAST_WINDOWS
from offduty.redteam.attacker_view import Flags, OwnCopyDates, SingleCases


def short_cases(world: AskedWorld) -> tuple[SingleCases, Flags]:
    """A case about ten assessed windows, one after the other, of each officer who has as many; and about which weeks of
    whom they are: (officers, weeks).
    """
    draw, whole = np.random.default_rng(world.blank.seed), world.cases
    about = np.zeros((world.officers, DAYS // WEEK + 1), np.bool_)
    kept, parts = [], []
    for place, who in enumerate(whole.who.tolist()):
        theirs = np.flatnonzero((world.copies.who == who) & (world.copies.confirmed >= 0))
        if len(theirs) < LEAST_WINDOWS:
            continue
        first = int(draw.integers(len(theirs) - LEAST_WINDOWS + 1))
        some = theirs[first : first + LEAST_WINDOWS]
        start_s = world.copies.start_s[some]
        confirmed = int((world.copies.confirmed[some] == 1).sum())
        of = LEAST_WINDOWS if confirmed else 0  # who is not visible in the whole period is not assessed in it
        percent = LEAST_PERCENT * float(is_told(confirmed, of)) if of else np.nan
        parts.append((start_s[0], start_s[-1] + 1, of, percent))
        about[who, (start_s // WEEK_S).astype(np.int64)] = True
        kept.append(place)
    from_s, to_s, of_windows, percents = np.array(parts).T
    nothing = np.full(len(kept), np.nan)
    return SingleCases(whole.who[kept], from_s, to_s, of_windows, percents, nothing, nothing, nothing), about


def windows_told(copies: OwnCopyDates) -> tuple[Flags, Flags]:
    """Which states of windows follow from single cases alone: of a case about ten windows and one about these and the
    next window, for each such two, whether the state of that window follows; and of all cases about ten windows or
    more, one after the other, for each assessed window, whether its state does.
    """
    stepped, told = [], []
    for who in np.unique(copies.who).tolist():
        states = copies.confirmed[(copies.who == who) & (copies.confirmed >= 0)]
        until = np.append(0, np.cumsum(states))
        count = len(states)
        most = np.full((count + 1, count + 1), float(count))
        np.fill_diagonal(most, 0)
        step = np.arange(count)
        most[step, step + 1], most[step + 1, step] = 1, 0
        for first in range(count):
            for end in range(first + LEAST_WINDOWS, count + 1):
                low, high = counts_said(int(until[end] - until[first]), end - first)
                most[first, end], most[end, first] = min(most[first, end], high), min(most[end, first], -low)
        for first in range(count - LEAST_WINDOWS):
            middle = first + LEAST_WINDOWS
            (low, high), (least, last) = (
                counts_said(int(until[end] - until[first]), end - first) for end in (middle, middle + 1)
            )
            stepped.append(min(1, last - low) == max(0, least - high))
        for via in range(count + 1):
            most = np.minimum(most, most[:, [via]] + most[[via]])
        told += (most[step, step + 1] == -most[step + 1, step]).tolist()
    return np.array(stepped, np.bool_), np.array(told, np.bool_)


def counts_said(confirmed: int, of: int) -> tuple[int, int]:
    """Between which counts of confirmed windows a single case says that this one is."""
    if not confirmed:
        return 0, 0  # then nothing is assessed, and that is told
    least = -(-LEAST_PERCENT * of // 100)
    return (least, of) if is_told(confirmed, of) else (1, least - 1)
