"""A run that supersedes another dies at any step: the older release is withdrawn once, after the new one stands, and
whoever runs next completes it (specification#supersede).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from offduty import run
from offduty.transparency.log import check_log, read_log
from offduty.verify.auditor import verify
from tests.faults.deaths import Deaths, killed_at_each_step
from tests.faults.stores import tree, two_days
from tests.logs import kinds
from tests.world import AFTERWARDS, lay_out, policy_of

SEED = bytes(range(32)).hex()


@pytest.fixture(scope="module")
def deaths(tmp_path_factory: pytest.TempPathFactory) -> Deaths:
    """Kill the run at each of its steps. The store has a run over the same interval, whose release gives way."""
    folder = tmp_path_factory.mktemp("deaths")
    superseding = {**two_days(), "policy": policy_of({"release": {"keep_superseded": False}})}
    job = lay_out(superseding, folder / "job", signing=SEED)
    return killed_at_each_step(job, folder, 240)


def released(store: Path) -> set[str]:
    """The release files of a store that an entry names."""
    runs = {entry.document["run_id"] for entry in read_log(store / "log") if entry.is_run}
    return {name for name in tree(store) if "/release/" in name and name.split("/")[1] in runs}


def test_the_new_release_stands_before_the_older_one_goes(deaths):
    """Two entries are linked. Until the second is, every file of the older release is there."""
    links = [number for number, step in enumerate(deaths.stores) if step.endswith("os.link")]
    assert len(links) == 2
    older = released(deaths.before)
    left_half = False
    for number, (step, store) in enumerate(deaths.stores.items()):
        expected = ["run"] + ["run"] * (number > links[0]) + ["expiry"] * (number > links[1])
        assert kinds(store) == expected, step
        there = released(store) & older
        assert there == older or number > links[1], step
        left_half = left_half or (number > links[1] and there not in (set(), older))
    assert left_half


def test_the_retry_ends_where_an_undisturbed_run_does(deaths, tmp_path):
    """Byte for byte: one run entry, one expiry, and nothing of the older release; no auditor finds anything."""
    wanted = tree(deaths.completed)
    assert not released(deaths.completed) & released(deaths.before)
    for number, (step, left) in enumerate(deaths.stores.items()):
        store = tmp_path / str(number)
        shutil.copytree(left, store)
        run(deaths.job, as_of=AFTERWARDS, store=store, threads=1)
        assert tree(store) == wanted, step
    assert not verify(deaths.completed).failed


def test_a_run_over_another_interval_completes_it_too(deaths, tmp_path):
    """A scheduler may never ask the same again: the withdrawal comes before the next run's own entry."""
    second_link = [step for step in deaths.stores if step.endswith("os.link")][1]
    store = tmp_path / "store"
    shutil.copytree(deaths.stores[second_link], store)
    assert kinds(store) == ["run", "run"]
    run(deaths.job, start="2026-03-02", end="2026-03-03", as_of=AFTERWARDS, store=store, threads=1)
    assert kinds(store) == ["run", "run", "expiry", "run"]
    check_log(read_log(store / "log"))
    assert not released(store) & released(deaths.before)
