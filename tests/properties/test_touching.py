"""Digests of reference tables: the order of rows does not matter, any change of a row that could touch the run does,
and the rows that could touch it are all that its outputs depend on.
"""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from offduty.core.errors import InputError
from tests.examples import one_in
from tests.grown import TABLES, digests, only, rows_that_touch, touching
from tests.oracle.reading import instant
from tests.properties.worlds import readable, worlds
from tests.world import COLUMNS, Filtered, World, changed, filtered, lay_out, manifest_of, stamp

SOME = settings(max_examples=one_in(8))


def part_of(given_world: World, data: st.DataObject) -> World:
    """The world over a part of its time, or over all of it."""
    times = sorted({t for p in given_world["tables"]["pings"] if (t := readable(p["observed_at"])) is not None})
    assume(times)
    cuts = data.draw(st.lists(st.sampled_from(times), max_size=2, unique=True), label="cuts")
    bounds = [instant("2000-01-01"), *sorted(cuts), instant("2100-01-01")]
    start, end = data.draw(st.sampled_from(list(itertools.pairwise(bounds))), label="part")
    return {**given_world, "interval": [stamp(start), stamp(end)]}


def ran(given_world: World, folder: Path) -> Filtered:
    """The world's run; worlds that stop it are passed over."""
    outcome = filtered(given_world, folder)
    assume(outcome.path is not None)
    return outcome


def outputs(path: Path) -> dict[str, str]:
    """The hash of every output."""
    files = (file for part in ("release", "ledger", "quarantine") for file in (path / part).rglob("*.parquet"))
    return {file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@SOME
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(ask_filter, given_world, rng: Random):
    """Nor does it matter in which file a row stands, by the way it is made: no number of a row is in its text."""
    folder = ask_filter.folder()
    outcome = ran(given_world, folder)
    mixed = {table: rng.sample(rows, len(rows)) for table, rows in given_world["tables"].items() if table in TABLES}
    lay_out(changed(given_world, **mixed), folder)
    start, end = given_world["interval"] or (None, None)
    assert digests(folder / "job.toml", start, end, given_world["as_of"]) == manifest_of(outcome.path)["references"]


@SOME
@given(worlds(), st.data())
def test_any_changed_cell_of_a_row_that_touches_is_another_question(ask_filter, given_world, data):
    """Whatever the column: a row is what is written in it, but for how it is spelled."""
    some = part_of(given_world, data)
    folder = ask_filter.folder()
    manifest = manifest_of(ran(some, folder).path)
    rows = rows_that_touch(manifest, folder)
    cells = [(t, i, c) for t, those in rows.items() for i in those for c in COLUMNS[t] if c != "geometry"]
    assume(cells)
    table, row, column = data.draw(st.sampled_from(cells), label="cell")
    value = some["tables"][table][row].get(column)
    fresh = data.draw(st.sampled_from(["zz", "2026-03-02T05:05:05Z", "7.25"]).filter(lambda new: new != value))
    other = changed(some, **{table: [dict(each) for each in some["tables"][table]]})
    other["tables"][table][row][column] = fresh
    lay_out(other, folder)
    try:
        found = digests(folder / "job.toml", *some["interval"], some["as_of"])
    except InputError:
        return  # the row now stops the run, which is an answer to another question, too
    before = {name: each["touching"] for name, each in manifest["references"].items()}
    assert touching(found)[table] != before[table]


@SOME
@given(worlds(), st.data())
def test_the_rows_that_touch_are_all_that_the_outputs_depend_on(ask_filter, given_world, data):
    """Without the other rows the same bytes come out, and the run has the same id: it was the same question."""
    some = part_of(given_world, data)
    folder, bare = ask_filter.folder(), ask_filter.folder()
    whole = ran(some, folder)
    manifest = manifest_of(whole.path)
    less = only(some, rows_that_touch(manifest, folder))
    assume(less["tables"]["assignments"] and less["tables"]["roster"])
    outcome = filtered(less, bare)
    assume(outcome.path is not None)  # not one row may be left that can be read
    assert outputs(outcome.path) == outputs(whole.path)
    assert outcome.result.run_id == whole.result.run_id
