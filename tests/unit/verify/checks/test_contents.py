"""What `verify` says of the insides of a release that is as it should be."""

from __future__ import annotations

import pytest

from offduty import run
from offduty.verify.auditor import verify
from tests.world import AFTERWARDS, lay_out, ping, site, world


@pytest.mark.parametrize("beside", [0.01, -0.01, 0.0])
def test_a_position_on_the_meridian_of_greenwich_is_no_fault(tmp_path, beside):
    """Parquet's statistics give a zero a sign of their own; it is the same zero, whether it is the smallest value or
    the largest.
    """
    spots = [(0.0, 51.4778), (beside, 51.4778)]
    pings = [ping(f"{hour}:00", spot) for hour, spot in zip(("09", "10", "11"), [*spots, spots[0]], strict=True)]
    run(lay_out(world(pings, sites=[site(spots[0])]), tmp_path), as_of=AFTERWARDS)
    inside = [check for check in verify(tmp_path / "store").checks if check.number == "3.4"]
    assert [(check.status, check.findings) for check in inside] == [("PASS", ())]
