"""Whatever the filter releases is possible: check 5.4 raises no false alarm, on every world."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given

from offduty.verify.redecide import InputFile, RunCase, check_possible
from tests.properties.worlds import worlds
from tests.world import KEY, manifest_of


@given(worlds())
def test_what_was_released_was_possible(ask_filter, given_world):
    """Seen from the reference tables alone, row by row."""
    said = ask_filter(given_world)
    if said.stopped:
        return
    folder: Path = said.path.parents[2]
    manifest = manifest_of(said.path)
    tables = tuple(
        InputFile(source["file"], source["table"], source["name"], folder / source["name"])
        for source in manifest["inputs"]
        if source["table"] != "pings"
    )
    answer = check_possible(RunCase(manifest, said.path, tables, bytes.fromhex(KEY)))
    assert answer.impossible.first == ()
    assert answer.rows == len(said.release)
