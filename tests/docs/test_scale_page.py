"""docs/explanation/scale.md has the measured figures, and the estimates for large clusters that follow from them."""

from __future__ import annotations

import json
import random
from dataclasses import fields

import pytest

from benchmarks.scale import Assumed, estimated, measured_here, simulated, table
from benchmarks.spark import Figures
from benchmarks.spark import table as beside
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "explanation" / "scale.md").read_text(encoding="utf-8")


def part(name: str) -> str:
    return PAGE.split(f"<!-- {name} -->\n")[1].split(f"\n<!-- /{name} -->")[0]


def test_the_page_has_the_measurements_and_the_estimates():
    """`python -m benchmarks.spark --write` and `python -m benchmarks.scale --write` write both."""
    measured = measured_here()
    assert part("spark-local") == beside(measured)
    assert part("scale") == table(measured, Assumed())


def test_the_measurements_are_as_promised():
    """20 million pings, the same bytes, and no stage takes more than four times the processor."""
    measured = measured_here()
    assert measured.pings > 20_000_000
    assert measured.same
    for ours, theirs in (("reference", "reference"), ("decide", "tasks"), ("write", "write"), ("all", "all")):
        assert measured.spark[theirs].cpu_s <= 4 * measured.local[ours].cpu_s
    assert set(json.loads((ROOT / "benchmarks" / "spark.json").read_text())) == {
        field.name for field in fields(Figures)
    }


def test_the_estimate_for_the_measured_machine_is_the_measurement():
    """In seconds of processor, for the measured day on the measured cores."""
    measured = measured_here()
    day = estimated(measured.pings, 1, 2, measured, Assumed(skew=0, jitter=0, task_s=0))
    assert 2 * day.look_s == pytest.approx(measured.spark["look"].cpu_s, rel=0.1)
    assert 2 * day.settle_s == pytest.approx(measured.spark["settle"].cpu_s, rel=0.1)
    assert day.driver_s == pytest.approx(measured.spark["gather"].cpu_s + measured.spark["write"].cpu_s)
    assert day.shuffled_bytes == measured.shuffled_bytes


def test_cores_share_the_tasks():
    """Each goes to the core that is free first; one long task is not shortened by more cores."""
    plain = Assumed(task_s=0, jitter=0)
    assert simulated([1.0] * 8, 4, random.Random(1), plain) == 2
    assert simulated([5.0, *[1.0] * 8], 4, random.Random(1), plain) == 5
    more, fewer = (estimated(10**9, n, 8, measured_here(), Assumed()).look_s for n in (64, 4))
    assert more < fewer
