"""Check 3.4 passes on a release with positions at longitude zero."""

from __future__ import annotations

import pytest

from offduty import run
from offduty.verify.auditor import verify
from tests.world import AFTERWARDS, lay_out, ping, site, world


@pytest.mark.parametrize("beside", [0.01, -0.01, 0.0])
def test_a_position_on_the_meridian_of_greenwich_is_not_a_fault(tmp_path, beside):
    """In Parquet's statistics a zero has a sign that depends on whether it is the smallest or the largest value."""
    spots = [(0.0, 51.4778), (beside, 51.4778)]
    pings = [ping(f"{hour}:00", spot) for hour, spot in zip(("09", "10", "11"), [*spots, spots[0]], strict=True)]
    run(lay_out(world(pings, sites=[site(spots[0])]), tmp_path), as_of=AFTERWARDS)
    contents = [check for check in verify(tmp_path / "store").checks if check.number == "3.4"]
    assert [(check.status, check.findings) for check in contents] == [("PASS", ())]
