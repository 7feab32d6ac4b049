"""Ctrl-C and a scheduler's TERM, wherever they come: exit 130 and nothing published, or the run is there and says so
(SPEC 10).
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stores import broken_promises, manifests, nameless, tried, two_days
from tests.world import AFTERWARDS, lay_out

MOMENTS: dict[str, dict[str, Any]] = {
    "before anything is read": {"at": "offduty.runs.run.find_sources"},
    "while reference tables are settled": {"at": "offduty.decision.reference.settle_timeline"},
    "while the engine reads text": {"at": "offduty.ingest.ping_files._copy", "after_s": 0.15},
    "while a thread reads": {"at": "offduty.engines.local.read_piece"},
    "while windows are settled": {"at": "offduty.engines.local.settle"},
    "while a thread writes": {"at": "offduty.outputs.write._finish"},
    "before publishing": {"at": "offduty.runs.run.publish"},
}
PUBLISHED: dict[str, dict[str, Any]] = {
    "after the link": {"at": "os.link", "done": True},
    "after publishing": {"at": "offduty.runs.run.publish", "done": True},
    "while the work folder is wiped": {"at": "offduty.store.local._leave"},
    "while it is told": {"at": "offduty.cli.run._report"},
}
SIGNALS = {"INT": signal.SIGINT, "TERM": signal.SIGTERM}
TRIALS = [(name, moment) for moment in MOMENTS for name in SIGNALS]
TOO_LATE = [(name, moment) for moment in PUBLISHED for name in SIGNALS]
Stopped = dict[tuple[str, str], tuple[Path, dict[str, Any]]]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    """The store and what the command line said, for each signal and each moment."""
    folder = tmp_path_factory.mktemp("stopped")
    job, long_job = lay_out(two_days(), folder / "job"), lay_out(two_days(), folder / "long job")
    with (folder / "long job" / "pings" / "part-0.csv").open("a", newline="") as file:
        file.write("d1,2026-03-02T09:00:00Z,-0.15,51.52,10\r\n" * 400_000)
    stores = {trial: folder / f"store {number}" for number, trial in enumerate((*TRIALS, *TOO_LATE))}
    said = tried(
        [
            {
                "arguments": [
                    "run",
                    str(long_job if "engine" in moment else job),
                    "--as-of",
                    AFTERWARDS,
                    "--store",
                    str(store),
                ],
                "signal": int(SIGNALS[name]),
                **(MOMENTS | PUBLISHED)[moment],
            }
            for (name, moment), store in stores.items()
        ]
    )
    return {trial: (stores[trial], words) for trial, words in zip(stores, said, strict=True)}


@pytest.mark.parametrize(("name", "moment"), TRIALS)
def test_an_interrupted_run_leaves_nothing(stopped, name, moment):
    """Not an entry, not a run, not a work folder; and one line that says so, without a traceback."""
    store, said = stopped[name, moment]
    assert (said["code"], said["stderr"].strip()) == (130, "offduty: interrupted; nothing was published")
    assert manifests(store) == []
    assert nameless(store) == []


@pytest.mark.parametrize(("name", "moment"), TOO_LATE)
def test_what_is_published_is_never_denied(stopped, name, moment):
    """From the link on the run exists: an interrupt can no longer undo it, and 130 would say that nothing was
    published.
    """
    store, said = stopped[name, moment]
    assert len(manifests(store)) == 1
    assert broken_promises(store) == []
    assert nameless(store) == []
    assert said["code"] == 0
    assert said["stderr"].startswith("published\n")
