"""The disk is full at any point of a run: exit code 6, nothing is published, and the same run succeeds once there is
space (specification#atomic-publish, specification#exit-6).
"""

from __future__ import annotations

import errno
import os
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from offduty import run
from offduty.core.errors import OffdutyError, StorageError
from tests.faults.stores import broken_promises, manifests, nameless, tree, two_days
from tests.world import AFTERWARDS, lay_out, ping, world


def busy_day() -> dict[str, Any]:
    """Some thousand pings that do not compress well: the release alone is larger than the disks below."""
    rng = random.Random(1)
    clocks = [f"{8 + i // 600:02}:{i // 10 % 60:02}:{i % 10 * 6:02}" for i in range(4_000)]
    spots = [(-0.15 + rng.uniform(-9e-4, 9e-4), 51.52 + rng.uniform(-9e-4, 9e-4)) for _ in clocks]
    return world([ping(clock, spot, rng.uniform(5, 50)) for clock, spot in zip(clocks, spots, strict=True)])


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond ``size`` bytes; further writes are refused."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


DISKS = {
    "no space at all": ("parquet", 0),
    "space for a part of the release": ("parquet", 10_000),
    "space for a part of the copy of a text file": ("csv", 60_000),
    "space for nothing of a text file": ("ndjson", 100),
    "space for a part of what is spilled": ("parquet", 60_000),
}


@pytest.mark.parametrize("disk", DISKS)
def test_a_full_disk_is_a_storage_error(tmp_path, monkeypatch, disk):
    """Exit code 6; no entry, no run, no work folder. The retry, with space, is complete."""
    form, size = DISKS[disk]
    if "spilled" in disk:  # each spilled file is larger than the release that is made from it
        monkeypatch.setattr("offduty.arrays.spill._size", lambda _: 1 << 40)
    job = lay_out(busy_day(), tmp_path, form=form)
    store = tmp_path / "store"
    with largest_file(size), pytest.raises(OffdutyError) as error:
        run(job, as_of=AFTERWARDS, threads=1)
    assert error.value.exit_code == 6, error.value
    assert manifests(store) == []
    assert nameless(store) == []
    result = run(job, as_of=AFTERWARDS, threads=1)
    assert result.counts["on_duty"] == 4_000
    assert broken_promises(store) == []
    assert nameless(store) == []


def refused(*_: object, **__: object) -> None:
    """The answer of a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["os.fsync", "os.link", "pathlib.Path.rename", "pathlib.Path.mkdir"])
def test_each_call_may_be_refused(tmp_path, monkeypatch, call):
    """The store is as before, and the run can be repeated."""
    job = lay_out(two_days(), tmp_path)
    run(job, as_of="2026-11-19T00:00:00Z")
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
