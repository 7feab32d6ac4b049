"""What lifts what an unreadable row hides is tried: each sentence of the notes and of docs/how-to/running.md is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from offduty import run
from tests.world import AFTERWARDS, assignment, lay_out, ping, place, shift, site, world

PINGS = [ping("08:30"), ping("12:00", "street"), ping("15:30")]
LATER = {"recorded": "2026-02-20T00:00:00Z"}
KNOWN = {"recorded_at": "2026-01-01T00:00:00Z"}
SINCE = {"recorded_at": "2026-01-02T00:00:00Z"}
EMPTY = {"type": "Polygon", "coordinates": []}
ROSTER = {
    "a time": (shift(ends="later"), shift(**LATER), True),
    "it ends before it starts": (shift("16:00", "08:00"), shift(**LATER), True),
    "the status": (shift(status="maybe"), shift(**LATER), True),
    "the zone": (shift(zone="Nowhere/Land"), shift(**LATER), True),
    "the officer": (shift(officer=None), shift(**LATER), True),
    "recorded nobody knows when": (shift(recorded="soon"), shift(**LATER), False),
    "recorded nobody knows when, another shift": (shift(recorded="soon"), shift(**LATER, shift_id="x9"), True),
    "the shift": (shift(shift_id=None), shift(**LATER), False),
    "the shift, another shift": (shift(shift_id=None), shift(**LATER, shift_id="x9"), False),
    "it takes duty away": (shift(ends="later", code="leave"), shift(**LATER), False),
    "it takes duty away, another shift": (shift(ends="later", code="leave"), shift(**LATER, shift_id="x9"), False),
}


def released(folder: Path, **tables: list[dict]) -> int:
    """How many of the three positions a run over these tables releases."""
    return run(lay_out(world(PINGS, **tables), folder), as_of=AFTERWARDS).counts["on_duty"]


@pytest.mark.parametrize("what", ROSTER)
def test_a_version_that_is_added_lifts_what_the_note_says_it_lifts(tmp_path, what):
    """The bad row stays where it is, as `verify` wants it."""
    bad, added, lifts = ROSTER[what]
    others = [shift(shift_id="other", officer="o2")]
    assert released(tmp_path / "before", roster=[*others, bad]) == 0
    assert released(tmp_path / "after", roster=[*others, bad, added]) == (3 if lifts else 0)


def test_after_a_clash_only_another_shift_grants(tmp_path):
    """Two entries of one shift, recorded at once, that say otherwise."""
    clash = [shift(), shift(ends="15:59")]
    assert released(tmp_path / "clash", roster=clash) == 0
    assert released(tmp_path / "version", roster=[*clash, shift(**LATER)]) == 0
    assert released(tmp_path / "shift", roster=[*clash, shift(**LATER, shift_id="x9")]) == 3


@pytest.mark.parametrize("bad", [{"officer_id": None}, {"valid_from": "soon"}, {"valid_to": "2025-01-01T00:00:00Z"}])
def test_no_assignment_that_is_added_lifts_what_a_bad_one_hides(tmp_path, bad):
    """With record times; whoever corrects it in its place gets all of it back."""
    row, right = {**assignment(), **KNOWN, **bad}, {**assignment(), **SINCE}
    other = {**assignment("d2", "o2"), **KNOWN}
    assert released(tmp_path / "bad", assignments=[other, row]) == 0
    assert released(tmp_path / "added", assignments=[other, row, right]) == 0
    assert released(tmp_path / "in place", assignments=[other, {**assignment(), **KNOWN}]) == 3


def test_no_place_that_is_added_lifts_what_a_bad_one_hides(tmp_path):
    """It covers the Earth. A workplace that cannot be read is none, until the right one is added."""
    bad = {**place(geometry=EMPTY), **KNOWN}
    assert released(tmp_path / "place", places=[bad, {**place(), **SINCE}]) == 0
    none = {"site_id": "s1", "geometry": EMPTY}
    anchored = {"legs": {"rule": "anchored", "max_gap_s": 100_000}}
    tables = {"places": [place()], "policy": anchored}
    assert (
        run(lay_out(world(PINGS, sites=[none, site("home")], **tables), tmp_path / "a"), as_of=AFTERWARDS).counts[
            "on_duty"
        ]
        == 0
    )
    assert run(lay_out(world(PINGS, sites=[none, site()], **tables), tmp_path / "b"), as_of=AFTERWARDS).counts[
        "on_duty"
    ]
