"""A disk that gives out, anywhere in a run: exit 6, nothing published, and the same run goes well once there is room (SPEC 8, 10)."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path
from typing import Any

import pytest
from stores import broken_promises, manifests, nameless, tree, tried, two_days
from world import AFTERWARDS, lay_out, ping, world

from pipeline import run
from pipeline.errors import StorageError


def busy_day() -> dict[str, Any]:
    """Some thousand pings that do not compress well: the release alone is larger than the disks below."""
    dice = random.Random(1)
    clocks = [f"{8 + i // 600:02}:{i // 10 % 60:02}:{i % 10 * 6:02}" for i in range(4_000)]
    spots = [(-0.15 + dice.uniform(-9e-4, 9e-4), 51.52 + dice.uniform(-9e-4, 9e-4)) for _ in clocks]
    return world([ping(clock, spot, dice.uniform(5, 50)) for clock, spot in zip(clocks, spots, strict=True)])


SPILLING = {"pipeline.flow.BYTES_PER_PING": 4_800_000}
DISKS = {
    "no room at all": ("parquet", {"largest_file": 0}),
    "room for a part of the release": ("parquet", {"largest_file": 10_000}),
    "room for all but the copy of a text file": ("csv", {"largest_file": 60_000}),
    "room for nothing of a text file": ("ndjson", {"largest_file": 100}),
    "no room for what is spilled": ("parquet", {"largest_file": 60_000, "patch": SPILLING}),
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Each disk's job and what the command line said."""
    folder = tmp_path_factory.mktemp("full")
    given = busy_day()
    jobs = {name: lay_out(given, folder / name, form=form) for name, (form, _) in DISKS.items()}
    arguments = {name: ["run", str(job), "--as-of", AFTERWARDS, "--threads", "1"] for name, job in jobs.items()}
    said = tried([{"arguments": arguments[name], **disk} for name, (_, disk) in DISKS.items()])
    return {name: (jobs[name], words) for name, words in zip(DISKS, said, strict=True)}


@pytest.mark.parametrize("disk", DISKS)
def test_a_full_disk_is_a_storage_error(full, disk):
    """Exit 6 and a word of what to do; no entry, no run, no work folder. The retry is whole."""
    job, said = full[disk]
    store = job.parent / "store"
    assert said["code"] == 6, said["stderr"]
    assert "nothing was published" in said["stderr"].lower()
    assert manifests(store) == []
    assert nameless(store) == []
    result = run(job, as_of=AFTERWARDS, threads=1)
    assert result.counts["on_duty"] == 4_000
    assert broken_promises(store) == []
    assert nameless(store) == []


def refused(*_: object, **__: object) -> None:
    """A disk's answer."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["os.fsync", "os.link", "pathlib.Path.rename", "pathlib.Path.mkdir"])
def test_each_call_may_be_refused(tmp_path, monkeypatch, call):
    """The store is as before; it is safe to try again."""
    job = lay_out(two_days(), tmp_path)
    run(job, as_of="2026-11-30T00:00:00Z")
    before = tree(tmp_path / "store")
    with monkeypatch.context() as patch:
        patch.setattr(call, refused)
        with pytest.raises(StorageError) as error:
            run(job, as_of=AFTERWARDS)
    assert error.value.exit_code == 6
    assert str(error.value) == "the store cannot be written: no space left on device. Nothing was published; run again"
    assert before.items() <= tree(tmp_path / "store").items()
    assert len(manifests(tmp_path / "store")) == 1
    assert run(job, as_of=AFTERWARDS).published
    assert nameless(tmp_path / "store") == []
    assert broken_promises(tmp_path / "store") == []
