"""A part is measured from end to end on a small stream: every kind of input, and what is verified."""

from __future__ import annotations

from benchmarks.machine import Others, Session
from benchmarks.parts import Part
from benchmarks.rounds import take
from benchmarks.sides import Side, again, copy, floor, offduty, on_text, show_help, verify
from benchmarks.worlds import make_sample, make_text, make_world


def test_a_part_is_measured(tmp_path):
    """Pings as text give the same release, the store is verified, and what was written is gone."""

    def worlds(keep):
        plain = make_world(keep, 12_000)
        return (plain, make_text(plain, "csv"), make_text(plain, "csv.gz"))

    sides = (
        Side("copy", "", copy, 1, ("copy",)),
        Side("run", "", offduty("--threads", "2"), 2, ("copy",)),
        Side("floor", "", floor, 1),
        Side("verify_inputs", "", verify(given="--inputs"), 1, ("run",)),
        Side("copy_csv", "", on_text(copy, "csv"), 1),
        Side("run_csv", "", on_text(offduty(), "csv"), 1),
        Side("run_csv_gz", "", on_text(offduty(), "csv.gz"), 1),
    )
    lines: list[str] = []
    found = take(Part("small", "", "", worlds, sides), tmp_path, 1, Session(), lines.append)
    assert set(found.sides) == {side.key for side in sides} and len(lines) == len(sides)
    released = {found.sides[key].released for key in ("run", "run_csv", "run_csv_gz")}
    assert len(released) == 1 and None not in released
    assert found.pings is not None and 12_000 < found.pings < 20_000
    assert found.sides["run"].rounds == 1
    assert {"reference", "decide", "write"} <= set(found.sides["run"].stages)
    assert set(found.sides["floor"].stages) == {"read", "write", "hash"}
    assert not (tmp_path / "out").exists()


def test_a_run_on_the_sample_is_there_already(tmp_path):
    """The second one is measured; it says how many positions there are, but decides none."""
    world = make_sample(tmp_path)
    assert again(world, tmp_path).answer == {} and show_help(world, tmp_path).wall_s > 0


def test_a_part_knows_where_it_was_taken():
    """Commit and version are words; the work of others is no negative number."""
    taken = Session().taken(Others().cores())
    assert taken.commit and taken.version and taken.machine and taken.others_cores >= 0
