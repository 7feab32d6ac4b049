"""Ctrl-C and a scheduler's TERM, wherever they come: exit 130 and nothing published, or the run is there and says so (SPEC 10)."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from stores import tried, two_days
from world import AFTERWARDS, lay_out

STOPS: dict[str, dict[str, Any]] = {
    "before anything is read": {"at": "pipeline.run_job.find_sources"},
    "while reference tables are settled": {"at": "pipeline.run_job.settle_timeline"},
    "while pings are opened": {"at": "pipeline.run_job.open_ping_files"},
    "while a thread reads": {"at": "pipeline.flow.read_piece"},
    "while windows are settled": {"at": "pipeline.flow.settle"},
    "while a thread writes": {"at": "pipeline.outputs._finish"},
    "before publishing": {"at": "pipeline.run_job.publish"},
}
SIGNALS = {"INT": signal.SIGINT, "TERM": signal.SIGTERM}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[Path, dict[str, Any]]]:
    """What the command line said, and its store, for each signal and each moment."""
    folder = tmp_path_factory.mktemp("stopped")
    job = lay_out(two_days(), folder / "job", form="ndjson")
    trials = {
        (name, moment): {"signal": int(number), **stop}
        for name, number in SIGNALS.items()
        for moment, stop in {**STOPS, "after the link": {"at": "pipeline.store.flush", "call": -1}}.items()
    }
    stores = {key: folder / f"store {number}" for number, key in enumerate(trials)}
    arguments = {key: ["run", str(job), "--as-of", AFTERWARDS, "--store", str(store)] for key, store in stores.items()}
    last = {**STOPS, "after the link": {"at": "pipeline.store.flush"}}
    assert last.keys() == {moment for _, moment in trials}
    for (_, moment), trial in trials.items():
        if moment == "after the link":
            trial.update(at="os.link", after=True)
    said = tried([{"arguments": arguments[key], **trial} for key, trial in trials.items()])
    return {key: (stores[key], words) for key, words in zip(trials, said, strict=True)}
