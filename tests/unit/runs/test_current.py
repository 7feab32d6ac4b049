"""Which release is the current one: at each instant that of the newest run over it, also where runs overlap in part."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from offduty import InputError, read_release, run
from offduty.core.instants import FOREVER_US, NEVER_US, instant, iso_text
from offduty.core.interval import Interval
from offduty.runs.current import current_releases
from offduty.transparency.log import read_store
from tests.cli.command import here
from tests.world import lay_out, ping, world

SHIFT = [ping(f"{hour:02}:{minute:02}") for hour in range(8, 16) for minute in (0, 30)]
RUNS = [("08:00", "16:00"), ("10:00", "12:00"), ("11:00", "13:00")]


def instants(clock: str) -> str:
    """A clock of the base day in London, which is UTC in March."""
    return f"2026-03-02T{clock}:00Z"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with three runs that overlap in part, and what each of them released."""
    folder = tmp_path_factory.mktemp("current")
    job = lay_out(world(pings=SHIFT), folder)
    ids = [run(job, start=instants(a), end=instants(b)).run_id for a, b in RUNS]
    return folder, ids


def test_at_each_instant_the_newest_run_over_it_is_current(store):
    """Held against a plain look at every quarter of an hour."""
    folder, ids = store
    found = current_releases(read_store(folder / "store"))
    assert not found.missing
    for minute in range(8 * 60, 16 * 60, 15):
        at = instant(instants(f"{minute // 60:02}:{minute % 60:02}"))
        newest = [i for (a, b), i in zip(RUNS, ids, strict=True) if instant(instants(a)) <= at < instant(instants(b))][
            -1
        ]
        assert [part.run_id for part in found.parts if part.interval.from_us <= at < part.interval.to_us] == [newest]
    assert all(one.interval.to_us == other.interval.from_us for one, other in pairwise(found.parts))


def test_the_release_is_read_once_for_each_position(store):
    """Though three runs released some of them."""
    folder, _ = store
    rows = read_release(folder / "store")
    assert [at.isoformat() for at in rows["observed_at"]] == [p["observed_at"].replace("Z", "+00:00") for p in SHIFT]
    day = read_release(folder / "store", instants("11:30"), instants("12:30"))
    assert [at.strftime("%H:%M") for at in day["observed_at"]] == ["11:30", "12:00"]


def test_what_was_never_decided_is_missing(store):
    """Before, and after; both ends are told."""
    folder, _ = store
    asked = Interval(instant(instants("07:00")), FOREVER_US)
    found = current_releases(read_store(folder / "store"), asked)
    assert [(iso_text(part.from_us), part.to_us) for part in found.missing] == [
        (instants("07:00"), instant(instants("08:00"))),
        (instants("16:00"), FOREVER_US),
    ]
    with pytest.raises(InputError, match="no current release from 2026-03-02T07:00:00Z to 2026-03-02T08:00:00Z"):
        read_release(folder / "store", instants("07:00"), instants("09:00"))


def test_the_command_prints_paths_in_order_of_time(store):
    """Each folder once; the second run is current in an hour only."""
    folder, ids = store
    done = here("current", folder / "store")
    first, second, third = (f"{folder}/store/runs/{run_id}/release" for run_id in ids)
    assert done.stdout.splitlines() == [first, second, third]
    assert (done.returncode, "counts" in done.stderr) == (0, True)
    parts = json.loads(here("current", folder / "store", "--json").stdout)["parts"]
    assert [(part["from"][11:16], part["run_id"]) for part in parts] == [
        ("08:00", ids[0]),
        ("10:00", ids[1]),
        ("11:00", ids[2]),
        ("13:00", ids[0]),
    ]
    assert all((Path(part["path"]).parent / file).is_file() for part in parts for file in part["files"])


@pytest.mark.parametrize(
    ("runs", "overlap"),
    [
        ([(None, None), ("2026-03-02", "2026-03-03")], True),
        ([("2026-03-02", "2026-03-02T12:00:00Z"), ("2026-03-02T12:00:00Z", "2026-03-03")], False),
    ],
    ids=["all of it, and then its day", "two halves of a day"],
)
def test_folders_that_overlap_are_said_to(tmp_path, runs, overlap):
    """As after a first run over everything and a nightly one: a pattern over both counts each position twice."""
    job = lay_out(world(pings=SHIFT), tmp_path)
    for start, end in runs:
        run(job, start=start, end=end)
    done = here("current", tmp_path / "store")
    assert len(done.stdout.splitlines()) == len(runs)
    assert ("positions twice" in done.stderr) is overlap


def test_a_gap_is_exit_3(store):
    """With what is missing on standard error."""
    folder, _ = store
    done = here("current", folder / "store", "--from", instants("15:00"), "--to", instants("17:00"))
    assert done.returncode == 3
    assert "no current release from 2026-03-02T16:00:00Z to 2026-03-02T17:00:00Z" in done.stderr


def test_a_release_that_was_deleted_is_missing_and_no_older_one_takes_its_place(tmp_path):
    """It was superseded; a run that released nothing is current all the same."""
    job = lay_out(world(pings=SHIFT), tmp_path)
    run(job, start="2026-03-02", end="2026-03-03", as_of="2026-11-01T00:00:00Z")
    newest = run(job, start="2026-03-02", end="2026-03-03", as_of="2026-11-20T00:00:00Z")
    assert here("expire", job, "--before", "2026-03-04").returncode == 0
    found = current_releases(read_store(tmp_path / "store"))
    assert not found.parts
    assert [iso_text(part.from_us) for part in found.missing] == ["2026-03-02T00:00:00Z"]
    run(job, start="2026-03-05", end="2026-03-06")
    found = current_releases(read_store(tmp_path / "store"))
    assert [part.run_id == newest.run_id for part in found.parts] == [False]
    assert len(read_release(tmp_path / "store", "2026-03-05", "2026-03-06")) == 0


def test_a_run_without_ends_is_current_everywhere(tmp_path):
    """The interval that was asked for is cut to what is asked now."""
    job = lay_out(world(pings=SHIFT), tmp_path)
    run(job)
    found = current_releases(read_store(tmp_path / "store"))
    assert [part.interval for part in found.parts] == [Interval(NEVER_US, FOREVER_US)]
    assert len(read_release(tmp_path / "store")) == len(SHIFT)
    assert len(read_release(tmp_path / "store", "2026-03-03", "2026-03-04")) == 0


def test_a_geodataframe_has_points_in_wgs_84(store):
    """The same rows; the geometry is that of the release."""
    folder, _ = store
    plain, shaped = read_release(folder / "store"), read_release(folder / "store", geo=True)
    assert shaped.crs.equals("OGC:CRS84")
    assert shaped.geometry.x.tolist() == plain["lon"].tolist()
    assert shaped.drop(columns="geometry").equals(plain.drop(columns="geometry"))
