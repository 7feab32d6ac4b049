"""The short benchmark warns of what grew beyond noise, and of nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.figures import Beside, PartFigures, Spread
from benchmarks.noise import OTHER_MACHINE, warnings
from benchmarks.parts import PARTS
from tests.benchmarks.figures_made_up import TAKEN, part_figures

KEPT = part_figures(PARTS["short"])
BUSY = dataclasses.replace(TAKEN, load_before=9.0)
ELSEWHERE = dataclasses.replace(TAKEN, machine="another processor")
SAME = Spread(1.0, 1.0, 1.0)


def changed(wall: Spread = SAME, cpu: Spread = SAME, peak_mb: float = 400.0, taken=TAKEN, side="run") -> PartFigures:
    figure = dataclasses.replace(KEPT.sides[side], peak_mb=peak_mb, beside={"copy": Beside(wall, cpu, 0.0)})
    return PartFigures(taken, KEPT.pings, {**KEPT.sides, side: figure})


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (changed(), []),
        (changed(cpu=Spread(1.15, 1.2, 1.3)), ["processor time of copy"]),
        (changed(wall=Spread(1.15, 1.2, 1.3)), ["the time of copy"]),
        (changed(wall=Spread(1.15, 1.2, 1.3), taken=BUSY), []),  # seconds of a busy machine say nothing
        (changed(cpu=Spread(1.15, 1.2, 1.3), taken=BUSY), ["processor time"]),
        (changed(cpu=Spread(1.0, 1.2, 1.3)), []),  # one round was as fast as one that is kept
        (changed(cpu=Spread(1.05, 1.1, 1.3)), []),  # too little
        (changed(cpu=Spread(1.2, 1.25, 1.3), taken=ELSEWHERE), []),
        (changed(cpu=Spread(1.2, OTHER_MACHINE + 0.1, 1.5), taken=ELSEWHERE), ["processor time"]),
        (changed(cpu=Spread(0.5, 0.5, 0.5)), []),  # faster
        (changed(peak_mb=461.0), ["peak of 461 MB"]),
        (changed(peak_mb=459.0), []),
        (changed(cpu=Spread(5.0, 5.0, 5.0), side="pandas"), []),  # one round, and not our program
    ],
)
def test_what_is_warned_of(now, words):
    """Beyond every round that is kept, and by more than a machine's whims."""
    found = list(warnings(KEPT, now))
    assert len(found) == len(words) and all(word in text for word, text in zip(words, found, strict=True))


def test_a_side_that_was_never_kept_is_no_finding():
    """Nor one that is gone."""
    fewer = PartFigures(TAKEN, KEPT.pings, {})
    assert list(warnings(fewer, KEPT)) == [] and list(warnings(KEPT, fewer)) == []
