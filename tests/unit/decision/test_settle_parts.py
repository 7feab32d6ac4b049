"""Settled in parts of time, windows get the reasons that they get when they are settled at once, row by row."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.arrays.spill import Spill
from offduty.core.reasons import Reason
from offduty.decision.decide import Undecided, settle_in_order, twins
from offduty.decision.gaps import GapCounts, gap_counts
from offduty.decision.legs import is_candidate
from offduty.decision.settle_parts import SettledBlock, settle_in_parts
from offduty.duty.timeline import Windows

S = 1_000_000


def windows(rng: np.random.Generator, count: int, length_s: int) -> Windows:
    """Windows of one or two clusters, which overlap within a cluster as they like."""
    cluster = np.sort(rng.integers(0, 2, count))
    from_us = rng.integers(-60, length_s // 2, count) * S
    to_us = from_us + rng.integers(1, length_s, count) * S + rng.integers(-1, 2, count)
    return Windows(
        device=np.arange(count),
        officer=cluster,
        from_us=from_us,
        to_us=to_us,
        cluster=cluster,
        cluster_to=np.array([to_us[cluster == each].max() for each in cluster]),
        by_cluster=np.arange(count),
        cluster_first=np.searchsorted(cluster, [0, 1, 2]),
    )


def pings(rng: np.random.Generator, of: Windows, count: int, every_s: int) -> Undecided:
    """Pings in the windows, in any order; many at one instant, at an edge of a window, or a microsecond beside another."""
    window = rng.integers(0, len(of.from_us), count).astype(np.int32)
    us = rng.integers(-60, 4_000 // every_s, count) * every_s * S + rng.choice([0, 0, 0, -1, 1], count)
    us = np.where(rng.random(count) < 0.1, rng.permutation(np.resize(of.from_us, count)), us)
    us = np.clip(us, of.from_us[window], of.to_us[window] - 1)
    weights = rng.dirichlet([0.5, 1, 3, 2] if rng.random() < 0.5 else [0.01, 5, 1, 3])
    kind = rng.choice(4, count, p=weights).astype(np.uint8)
    few = rng.integers(0, 2, (3, count)) / 8
    accuracy = np.where(is_candidate(kind), few[0] + 5, np.nan)
    return Undecided(rng.permutation(count), window, us, few[1], few[2], accuracy, np.zeros(count, np.int16), kind)


def reference(rng: np.random.Generator, of: Windows) -> Any:
    """What settling asks of the reference tables: windows and the policy of legs."""
    legs = SimpleNamespace(
        rule=rng.choice(["anchored"] * 7 + ["off"]),
        max_gap_s=int(rng.choice([1, 60, 300, 1_200, 10**8, 10**8])),
        pass_by_s=int(rng.choice([0, 60, 130, 300, 900, 10_000])),
        hold_s=int(rng.choice([0, 0, 0, 60, 900])),
    )
    policy = SimpleNamespace(legs=legs, release=SimpleNamespace(extra_columns=["vehicle"]))
    return SimpleNamespace(timeline=SimpleNamespace(windows=of), policy=policy, anchored=legs.rule != "off")


def as_counts(counts: GapCounts) -> tuple[object, ...]:
    """Counts that can be compared."""
    return counts.gaps.tolist(), counts.duty_us, counts.silent_us, counts.off_sites, counts.released.tolist()


def both(rng: np.random.Generator, folder: Path, count: int, rows: int) -> tuple[list[SettledBlock], Undecided]:
    """Settle a world at once and in parts, and compare everything; returns the parts and the pings."""
    of = windows(rng, int(rng.integers(1, 5)), 3_000)
    given_pings, given_reference = pings(rng, of, count, int(rng.choice([1, 30, 60, 400]))), reference(rng, of)
    counted = rng.random(len(of.from_us)) < 0.7
    reason, in_order = settle_in_order(given_pings, given_reference)
    stored: Spill[Undecided] = Spill(Undecided, folder, int(rng.choice([0, 1 << 20])))
    for part in np.array_split(np.arange(count), 3):
        stored.add(7, given_pings.take(part))
    blocks = list(settle_in_parts(stored, 7, given_reference, counted, rows=rows))
    assert stored.keys() == []
    found = np.full(count, 255, np.uint8)
    for block in blocks:
        assert (found[block.pings.row] == 255).all()
        found[block.pings.row] = block.reason
        assert len(block.pings) <= rows
    candidates = is_candidate(given_pings.kind)
    assert found[given_pings.row][candidates].tolist() == reason[candidates].tolist()
    assert (found[given_pings.row][~candidates] == Reason.HOME_LEG).all()
    at_once = gap_counts(in_order.of_windows(counted), of, given_reference.policy.legs.max_gap_s * S)
    assert as_counts(GapCounts.together(block.gaps for block in blocks)) == as_counts(at_once)
    groups = sorted(group.tolist() for block in blocks for group in block.twins)
    assert groups == sorted(group.tolist() for group in twins(given_pings, reason))
    return blocks, given_pings


PERSONAL, EVERYONE, AWAY, WORK = range(4)
HIDDEN, SHOWN = Reason.HOME_LEG, Reason.ON_DUTY


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0, WORK), (60, AWAY), (2_000, AWAY), (2_060, WORK)], [SHOWN, HIDDEN, HIDDEN, SHOWN]),
        ([(0, PERSONAL), (60, AWAY), (120, AWAY), (180, WORK)], [HIDDEN, HIDDEN, HIDDEN, SHOWN]),
        ([(0, WORK), (60, AWAY), (120, AWAY), (180, PERSONAL)], [SHOWN, HIDDEN, HIDDEN, HIDDEN]),
        ([(0, WORK), (60, AWAY), (120, AWAY), (180, WORK)], [SHOWN] * 4),
        ([(0, WORK), (200, EVERYONE), (250, EVERYONE), (400, AWAY), (460, WORK)], [SHOWN, *[HIDDEN] * 3, SHOWN]),
        ([(0, WORK), (200, EVERYONE), (250, EVERYONE), (300, AWAY), (460, WORK)], [SHOWN, *[HIDDEN] * 2, *[SHOWN] * 2]),
    ],
    ids=[
        "a silence",
        "a way from home",
        "a way home",
        "a way between two sites",
        "a stay that began before",
        "a place that is only passed",
    ],
)
def test_what_lies_across_the_edge_of_two_parts(
    tmp_path: Path, rows: list[tuple[int, int]], expected: list[Reason]
) -> None:
    """Two pings make a part, so the edge of two parts lies after the second row. A silence is longer than 20 minutes,
    and who passes a place for everyone is there for 5 minutes at most.
    """
    count, (seconds, kinds) = len(rows), zip(*rows, strict=True)
    nothing, ends = np.zeros(count), np.array([10_000 * S])
    one = np.zeros(1, np.int64)
    of = Windows(one, one, one, ends, one, ends, one, np.array([0, 1]))
    legs = SimpleNamespace(rule="anchored", max_gap_s=1_200, pass_by_s=300, hold_s=0)
    policy = SimpleNamespace(legs=legs, release=SimpleNamespace(extra_columns=[]))
    asked: Any = SimpleNamespace(timeline=SimpleNamespace(windows=of), policy=policy, anchored=True)
    given_pings = Undecided(
        row=np.arange(count),
        window=np.zeros(count, np.int32),
        observed_us=np.array(seconds) * S,
        lon=nothing,
        lat=nothing,
        accuracy_m=nothing + 10,
        code=np.zeros(count, np.int16),
        kind=np.array(kinds, np.uint8),
    )
    stored: Spill[Undecided] = Spill(Undecided, tmp_path, 1 << 20)
    stored.add(0, given_pings)
    blocks = list(settle_in_parts(stored, 0, asked, np.zeros(1, np.bool_), rows=2))
    assert [len(block.pings) for block in blocks] == [2] * (count // 2) + [1] * (count % 2)
    assert np.concatenate([block.reason for block in blocks]).tolist() == expected


@given(st.integers(0, 2**32))
def test_parts_give_the_reasons_of_the_whole(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Reasons, counts of gaps and equal rows, with two to seven rows in a part; edges fall anywhere."""
    folder = tmp_path_factory.getbasetemp()
    for one in range(8):
        rng = np.random.default_rng([seed, one])
        both(rng, folder, int(rng.integers(1, 80)), int(rng.integers(2, 8)))
