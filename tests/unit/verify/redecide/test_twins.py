"""Of fixes that are equal but for their extra columns, the second implementation releases the first by those."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offduty.verify.redecide import decide_again
from tests.unit.verify.redecide.test_cases import laid_out
from tests.world import assignment, ping, place, shift, site


def case(pings: list[dict[str, Any]]) -> dict[str, Any]:
    """A day at the station, with an extra column that is released."""
    tables = {
        "pings": pings,
        "assignments": [assignment(start="2026-01-01T00:00:00Z")],
        "roster": [shift()],
        "places": [place()],
        "sites": [site()],
    }
    policy = {"release": {"extra_columns": ["note"]}}
    return {"tables": tables, "policy": policy, "interval": None, "as_of": "2026-11-20T00:00:00Z"}


def again(pings: list[dict[str, Any]], folder: Path) -> list[str]:
    """The reasons that are decided again, by row."""
    folder.mkdir()
    found = decide_again(laid_out(case(pings), folder))
    return [each.again for each in found.differences.first]


def noted(note: str | None, accuracy: float = 10) -> dict[str, Any]:
    """A ping at nine at the station with a note."""
    return {**ping("09:00", accuracy=accuracy), "note": note}


@pytest.mark.parametrize(
    ("notes", "released"), [(("b", "a", "c"), 1), (("b", None, "ab"), 2), (("a", "a", "a"), 0), ((None, None), 0)]
)
def test_the_first_by_the_extra_columns(tmp_path, notes, released):
    """Text by code points, a missing value last, then the row."""
    words = again([noted(note) for note in notes], tmp_path / "all")
    assert words == ["on_duty" if row == released else "duplicate" for row in range(len(notes))]


def test_accuracy_comes_first(tmp_path):
    """An extra column decides only among equal fixes."""
    assert again([noted("a", 11), noted("c"), noted("b")], tmp_path / "all") == ["duplicate", "duplicate", "on_duty"]
