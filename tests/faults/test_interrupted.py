"""Ctrl-C and TERM at any time: exit code 130 and nothing is published, or the run is published and the exit code is 0
(specification#exit-130).
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stores import broken_promises, manifests, nameless, tried, two_days
from tests.world import AFTERWARDS, lay_out

TIMES: dict[str, dict[str, Any]] = {
    "before anything is read": {"at": "offduty.runs.find_inputs.find_quietly"},
    "while reference tables are settled": {"at": "offduty.decision.reference.settle_timeline"},
    "while DuckDB reads text": {"at": "offduty.ingest.ping_copy.copy_text", "after_s": 0.15},
    "while a thread reads": {"at": "offduty.engines.local.read_piece"},
    "while windows are settled": {"at": "offduty.engines.local.settle_in_order"},
    "while a thread writes": {"at": "offduty.outputs.release.write_part"},
    "before publishing": {"at": "offduty.runs.run.publish"},
    "while a library loses it": {"at": "offduty.decision.reference.settle_timeline", "lost": ""},
    "while a library loses it as DuckDB does": {"at": "offduty.ingest.ping_copy.copy_plain", "lost": "duckdb"},
    "while a library makes an error of the file of it": {"at": "offduty.ingest.ping_copy.copy_plain", "lost": "input"},
    "while a library makes an error of its own of it": {"at": "offduty.ingest.ping_copy.copy_plain", "lost": "bug"},
}
PUBLISHED: dict[str, dict[str, Any]] = {
    "after the link": {"at": "os.link", "done": True},
    "after publishing": {"at": "offduty.runs.run.publish", "done": True},
    "while the work folder is deleted": {"at": "offduty.store.local._leave"},
    "while it is reported": {"at": "offduty.cli.run._report"},
}
SIGNALS = {"INT": signal.SIGINT, "TERM": signal.SIGTERM}
TRIALS = [(name, time) for time in TIMES for name in SIGNALS]
TOO_LATE = [(name, time) for time in PUBLISHED for name in SIGNALS]
Stopped = dict[tuple[str, str], tuple[Path, dict[str, Any]]]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    """The store and how the command ended, for each signal and each time."""
    folder = tmp_path_factory.mktemp("stopped")
    job, long_job = lay_out(two_days(), folder / "job"), lay_out(two_days(), folder / "long job")
    with (folder / "long job" / "pings" / "part-0.csv").open("a", newline="") as file:
        file.write("d1,2026-03-02T09:00:00Z,-0.15,51.52,10\r\n" * 400_000)
    stores = {trial: folder / f"store {number}" for number, trial in enumerate((*TRIALS, *TOO_LATE))}
    ended = tried(
        [
            {
                "arguments": [
                    "run",
                    str(long_job if "DuckDB" in time else job),
                    "--as-of",
                    AFTERWARDS,
                    "--store",
                    str(store),
                ],
                "signal": int(SIGNALS[name]),
                **(TIMES | PUBLISHED)[time],
            }
            for (name, time), store in stores.items()
        ]
    )
    return {trial: (stores[trial], words) for trial, words in zip(stores, ended, strict=True)}


@pytest.mark.parametrize(("name", "time"), TRIALS)
def test_an_interrupted_run_leaves_nothing(stopped, name, time):
    """No entry, no run, no work folder; and one line that says so, without a traceback."""
    store, ended = stopped[name, time]
    assert (ended["code"], ended["stderr"].strip()) == (130, "offduty: interrupted; nothing was published")
    assert manifests(store) == []
    assert nameless(store) == []


@pytest.mark.parametrize(("name", "time"), TOO_LATE)
def test_a_published_run_is_reported_as_published(stopped, name, time):
    """From the link on the run exists: an interrupt can no longer undo it, and 130 would say that nothing was
    published.
    """
    store, ended = stopped[name, time]
    assert len(manifests(store)) == 1
    assert broken_promises(store) == []
    assert nameless(store) == []
    assert ended["code"] == 0
    assert ended["stderr"].startswith("published\n")


@pytest.mark.parametrize("lost", ["", "duckdb"])
def test_an_interrupted_check_is_no_finding(tmp_path, lost):
    """What a library made of the interrupt would be a FAIL, of a store in which nothing is wrong."""
    job, store = lay_out(two_days(), tmp_path), tmp_path / "checked"
    run = {"arguments": ["run", str(job), "--as-of", AFTERWARDS, "--store", str(store)], "signal": 15}
    verify = {"arguments": ["verify", str(store)], "signal": 15, "at": "offduty.verify.auditor.check_log", "lost": lost}
    published, checked = tried([run | PUBLISHED["while it is reported"], verify])
    assert published["code"] == 0
    assert (checked["code"], checked["stderr"].strip()) == (130, "offduty: interrupted; nothing was published")
