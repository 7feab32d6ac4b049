"""Worlds and checks for tests of what a store is after a disturbance."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.world import ping, shift, world

BESIDE = ("lock", "current.json")
"""Files of a store that are no part of what is published."""


def two_days() -> dict[str, Any]:
    """Released rows on two local days, hidden ones, and one for the quarantine."""
    tuesday = "2026-03-03T"
    spots = [("08:30", "station"), ("12:00", "home"), ("15:30", "station"), (f"{tuesday}09:00:00Z", "station")]
    pings = [ping(clock, where) for clock, where in [*spots, ("nonsense", "station"), ("05:00", "station")]]
    return world(pings, roster=[shift(), shift(f"{tuesday}08:00", f"{tuesday}16:00", shift_id="r2")])


def tree(store: Path) -> dict[str, str]:
    """Every file of the store except the lock and what is only derived from the log, with the SHA-256 of its bytes."""
    files = (path for path in sorted(store.rglob("*")) if path.is_file() and path.name not in BESIDE)
    return {path.relative_to(store).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def manifests(store: Path) -> list[dict[str, Any]]:
    """The manifests of the log, in order."""
    return [json.loads(entry.read_bytes().split(b"\n\n")[0]) for entry in sorted((store / "log").glob("*.entry"))]


def broken_promises(store: Path) -> list[str]:
    """The files that the store's entries name and that are missing or different."""
    wrong = []
    for number, manifest in enumerate(manifests(store)):
        for output in manifest["outputs"]:
            path = store / "runs" / manifest["run_id"] / output["name"]
            raw = path.read_bytes() if path.is_file() else b""
            same = (hashlib.sha256(raw).hexdigest(), len(raw)) == (output["sha256"], output["bytes"])
            if not same or pq.read_metadata(path).num_rows != output["rows"]:
                wrong.append(f"{number} {output['name']}")
    return wrong


def nameless(store: Path) -> list[str]:
    """Files and folders that belong to no run of the log: of a work folder, or of a run that was never published."""
    runs = {manifest["run_id"] for manifest in manifests(store)}
    beside = [path.name for path in store.iterdir() if path.name not in (*BESIDE, "log", "runs")]
    return sorted(beside + [path.name for path in (store / "runs").iterdir() if path.name not in runs])


def tried(trials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The exit code and standard error of the command line in each trial; see disturbed.py."""
    command = [sys.executable, str(Path(__file__).with_name("disturbed.py"))]
    done = subprocess.run(command, input=json.dumps(trials), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
