"""Attack 8: whether attacker B, or somebody without a release, can tell who was at home on duty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.single_cases.kinds import (
    BOTH,
    COPIES,
    FILES,
    MASKS,
    ROSTER,
    ROSTER_BOTH,
    ROSTER_COPIES,
    ROSTER_WITH,
    WITH,
)
from benchmarks.single_cases.names import Named
from benchmarks.single_cases.scores import within
from benchmarks.single_cases.worlds import AskedWorld
from offduty.redteam import classifier, metrics
from offduty.redteam.attacker_view import Flags, Floats, OwnCopyDates
from offduty.redteam.attacks import at_home_on_duty
from offduty.redteam.attacks.named_rows import rows_of
from offduty.redteam.ground_truth import AT_HOME, TrueRows
from offduty.redteam.results import ResultRow

TRUE_COLUMNS = {WITH: 2, ROSTER_WITH: 2, BOTH: 4, ROSTER_BOTH: 4}
"""How many of the columns of single cases (`mean_area`) are true ones."""
SEEDS = range(10)
"""Of the folds in which attack 8 is tested, and of the noise."""
AT_HOME_S = 1_800.0


def at_home(world: AskedWorld, draws: list[Named]) -> Iterator[ResultRow]:
    """Attack 8 by duty window: was the officer at home for half an hour of it? Of everybody, and of the office team,
    some of whose days are wholly there. By somebody without a release, too.
    """
    assert world.true_rows is not None
    label = truly_at_home(world.true_rows, world.copies, world.blank.every_s)
    told = at_home_on_duty.windows_in_files(world.copies)
    known: dict[str, list[Floats]] = {mask: [] for mask in MASKS}
    for draw in draws:
        for mask in MASKS:
            rows = rows_of(draw.visible, draw.names[mask], world.officers)
            seen = at_home_on_duty.windows_in_rows(rows, world.copies, world.rules)
            known[mask].append(np.concatenate([seen, told], axis=1) if mask == COPIES else seen)
    roster = told[:, :2]  # how long a window is, and at what hour
    known |= {ROSTER: [roster], ROSTER_WITH: [roster], ROSTER_BOTH: [roster], ROSTER_COPIES: [told]}
    who = world.copies.who
    everybody = np.ones(len(label), bool)
    for group, some in (("8 at home on duty", everybody), ("8 at home, office team", world.office[who])):
        before: float | None = None
        for mask, described in known.items():
            area, words = mean_area(world, described, TRUE_COLUMNS.get(mask, 0), label, some)
            before = area.high if before is None else before
            row = replace(world.blank, attack=group, mask=mask, finding=words)
            verdict = within(area.area, before) if mask in FILES else ""
            yield replace(row, auc=f"{area.area:.2f} ({area.low:.2f}-{area.high:.2f})", verdict=verdict)


def mean_area(
    world: AskedWorld, described: list[Floats], columns: int, label: Flags, some: Flags
) -> tuple[metrics.Auc, str]:
    """The mean of trials with other folds, each with what single cases say of the window's officer beside what is known
    of the window: in so many columns truly, in the others that of another officer with a case. So every trial has as
    many columns, and an area is not larger because trees have more to choose from. How many windows and days each
    officer has is in the roster, and so always known.
    """
    who, cases = world.copies.who, world.cases
    of = [np.bincount(some, minlength=world.officers)[who] for some in (world.windows.who, world.windows.day_of)]
    said = np.full((world.officers, 4), np.nan)
    areas = []
    for seed in SEEDS:
        draw = np.random.default_rng(seed)
        true = np.stack([cases.windows, cases.percent, cases.days, cases.days_confirmed], axis=1)
        said[cases.who] = true[draw.permutation(len(cases))]
        said[cases.who, :columns] = true[:, :columns]
        fold = draw.permutation(world.officers)
        features = np.column_stack([described[seed % len(described)], *of, said[who]])
        areas.append(classifier.separable(features[some], label[some], fold[who[some]], seed))
    area, low, high = (float(np.mean([getattr(each, end) for each in areas])) for end in ("area", "low", "high"))
    ends = min(each.area for each in areas), max(each.area for each in areas)
    words = f"at home in {areas[0].positives} of {int(some.sum())} windows; trials {ends[0]:.2f} to {ends[1]:.2f}"
    return replace(areas[0], area=area, low=low, high=high), words


def truly_at_home(rows: TrueRows, cases: OwnCopyDates, every_s: int) -> Flags:
    """In which windows the officer's devices sent for half an hour from a home."""
    there = np.isin(rows.state, AT_HOME)
    order = np.lexsort((rows.t_s[there], rows.who[there]))
    who, t_s = rows.who[there][order], rows.t_s[there][order]
    key = who * 1e9 + t_s
    first, last = (np.searchsorted(key, cases.who * 1e9 + end_s) for end_s in (cases.start_s, cases.end_s))
    found: Flags = (last - first) * every_s >= AT_HOME_S
    return found
