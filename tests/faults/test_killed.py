"""A run dies at any step: it is in the store completely or not at all, and the next run needs no repair by hand
(specification#atomic-publish).
"""

from __future__ import annotations

import os
import shutil

import pytest

from offduty import run
from tests.faults.deaths import Deaths, killed_at_each_step
from tests.faults.stores import broken_promises, nameless, tree, two_days
from tests.world import AFTERWARDS, lay_out

ENTRY = "log/000000000001.entry"


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> Deaths:
    """Kill a run at each of its steps. The store has an earlier run."""
    folder = tmp_path_factory.mktemp("deaths")
    job = lay_out(two_days(), folder / "job")
    return killed_at_each_step(job, folder, 120)


def test_every_step_was_the_last_of_some_run(deaths):
    """From the first folder to the flush after the link; the run that was not killed went well."""
    steps = [name.split()[1] for name in deaths.stores]
    assert os.waitstatus_to_exitcode(deaths.ended) == 0
    assert steps.count("os.link") == 1
    assert steps.count("os.rename") == 2  # of the run, and of what is derived from the log
    assert steps.index("os.rename") < steps.index("os.link") < len(steps) - 1 - steps[::-1].index("os.fsync")
    outputs = 4  # two release files, ledger, quarantine
    assert steps[: steps.index("os.rename")].count("os.fsync") >= outputs + len(
        ["run", "release", "ledger", "quarantine"]
    )


def test_what_a_killed_run_leaves_is_nothing_or_all(deaths):
    """The earlier run is unchanged. The log has no new entry before the link, and a true one after it."""
    earlier = tree(deaths.before)
    link = next(number for number, name in enumerate(deaths.stores) if name.endswith("os.link"))
    for number, (step, store) in enumerate(deaths.stores.items()):
        left = tree(store)
        assert earlier.items() <= left.items(), step
        assert (ENTRY in left) == (number > link), step
        assert broken_promises(store) == [], step


def test_the_retry_ends_where_an_undisturbed_run_does(deaths):
    """Byte for byte, with the entry, and nothing else is in the store: no work folder, no second run, no half of one."""
    wanted = tree(deaths.completed)
    assert ENTRY in wanted
    for step, store in deaths.stores.items():
        was_there = (store / ENTRY).exists()
        result = run(deaths.job, as_of=AFTERWARDS, store=store, threads=1)
        assert result.already == was_there, step
        assert tree(store) == wanted, step
        assert nameless(store) == [], step


def test_a_broken_promise_would_be_seen(deaths, tmp_path):
    """One byte more in one file, another file gone: the checks above can fail."""
    store = tmp_path / "store"
    shutil.copytree(deaths.completed, store)
    (run_id,) = {path.name for path in (store / "runs").iterdir()} - {
        p.name for p in (deaths.before / "runs").iterdir()
    }
    with (store / "runs" / run_id / "ledger" / "part-00000.parquet").open("ab") as file:
        file.write(b"x")
    (store / "runs" / run_id / "quarantine" / "part-00000.parquet").unlink()
    assert broken_promises(store) == ["1 ledger/part-00000.parquet", "1 quarantine/part-00000.parquet"]


def test_another_run_clears_up_too(deaths, tmp_path):
    """A scheduler without `--as-of` never asks the same question again: what was marked, and no entry names, goes all
    the same.
    """
    linking = next(store for step, store in deaths.stores.items() if step.endswith("os.link"))
    store = tmp_path / "store"
    shutil.copytree(deaths.before, store)
    shutil.copytree(next((linking / "runs").iterdir()), store / "runs" / ("0" * 32))
    (store / "work").mkdir()
    (store / "work" / "spool-1.npz").write_bytes(b"left by a run that was killed")
    (store / "work" / "unpublished").write_text(f"{'0' * 32} 1\n")
    assert nameless(store) == ["0" * 32, "work"]
    run(deaths.job, as_of="2026-11-20T00:00:00Z", store=store, threads=1)
    assert nameless(store) == []
    assert broken_promises(store) == []
