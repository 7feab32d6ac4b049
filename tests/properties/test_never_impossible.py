"""Every row that the filter releases is possible: check 5.4 of `verify` has no false alarm on any world."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given

from offduty.verify.redecide import InputFile, RunCase, check_possible
from tests.properties.worlds import worlds
from tests.world import KEY, manifest_of


@given(worlds())
def test_what_was_released_was_possible(ask_filter, given_world):
    """By the reference tables alone, no released row is impossible."""
    outcome = ask_filter(given_world)
    if outcome.stopped:
        return
    folder: Path = outcome.path.parents[2]
    manifest = manifest_of(outcome.path)
    tables = tuple(
        InputFile(source["file"], source["table"], source["name"], folder / source["name"])
        for source in manifest["inputs"]
        if source["table"] != "pings"
    )
    answer = check_possible(RunCase(manifest, outcome.path, tables, bytes.fromhex(KEY)))
    assert answer.impossible.first == ()
    assert answer.rows == len(outcome.release)
