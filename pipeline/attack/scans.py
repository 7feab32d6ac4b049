"""Runs the filter to plant values and look for them: in its outputs, its words, its spill files, what `kill -9`
leaves, and its memory.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from pipeline.attack.attacks.traces import attack, forms

PLANTED = 8
SPILLED = 4  # files
# A run that may hold next to nothing in memory, so that it spills at once. Limits change no result (SPEC 6).
SMALL_RUN = """
import sys
from pipeline import flow, run_job
run_job._limits = lambda threads, memory_mb: flow.Limits(threads, waiting_bytes=65536, released_bytes=65536, piece_rows=16384)
run_job.run(sys.argv[1], store=sys.argv[2], as_of="2026-12-31")
"""
WAIT_S = 60.0


@dataclass(frozen=True)
class Traces:
    """How many planted values each kind of trace holds (of `planted`). `spill` and `memory` are of a run stopped in
    its middle, `killed` is
    what is left of it after `kill -9`, `after` what is left when the next run is done. -1: could not be looked at."""

    planted: int
    release: int
    ledger: int
    log: int
    words: int
    spill: int
    memory: int
    killed: int
    after: int


def plant(world: Path, reasons: set[str], run: Path) -> list[bytes]:
    """The forms of hidden positions: of some input rows whose reason is one of these."""
    ledger = pq.read_table(run / "ledger")
    file, row = ledger["file"].to_numpy(), ledger["row"].to_numpy()
    hidden = np.isin(ledger["reason"].to_numpy(zero_copy_only=False).astype("U16"), sorted(reasons)) & (file == 0)
    sent = pq.read_table(sorted((world / "pings").glob("*.parquet"))[0], columns=["lon", "lat"])
    some = row[hidden][:: max(int(hidden.sum()) // PLANTED, 1)][:PLANTED]
    found: list[bytes] = []
    for number in some.tolist():
        lon, lat = sent["lon"][number].as_py(), sent["lat"][number].as_py()
        if lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90 and lon != 0:
            found += forms(lon, lat)
    return found


def scan(planted: list[bytes], folder: Path) -> int:
    """The values found in any file of a folder; 0 for a folder that is not there."""
    return sum(attack(planted, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file())


def traces(world: Path, store: Path) -> Traces:
    """Run a world's job whole, then stop another run of it in its middle, kill it, and run again."""
    done = _offduty(world, store)
    words = (done.stdout + done.stderr).encode()
    run = next((store / "runs").iterdir())
    planted = plant(world, {"home_leg", "protected_place"}, run)
    stopped = store.with_name("stopped")
    spill, memory, killed = _stopped(world, stopped, planted)
    _offduty(world, stopped)
    return Traces(
        len(planted), scan(planted, run / "release"), scan(planted, run / "ledger"), scan(planted, store / "log"),
        attack(planted, words), spill, memory, killed, scan(planted, stopped),
    )  # fmt: skip


def _command(world: Path, store: Path) -> list[str]:
    job = str(world / "job.toml")
    return [sys.executable, "-m", "pipeline", "run", job, "--store", str(store), "--as-of", "2026-12-31"]


def _offduty(world: Path, store: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(world, store), capture_output=True, text=True, check=True)


def _stopped(world: Path, store: Path, planted: list[bytes]) -> tuple[int, int, int]:
    """A run that is stopped when it has spilled (or after a while), looked at, and killed."""
    command = [sys.executable, "-c", SMALL_RUN, str(world / "job.toml"), str(store)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and running.poll() is None and not _spilled(store):
        time.sleep(0.02)
    if running.poll() is not None:
        return -1, -1, scan(planted, store)
    os.kill(running.pid, signal.SIGSTOP)
    spill, memory = scan(planted, store), _in_memory(running.pid, planted)
    running.kill()
    running.wait()
    return spill, memory, scan(planted, store)


def _spilled(store: Path) -> bool:
    return len(list(store.rglob("*.npz"))) >= SPILLED


def _in_memory(process: int, planted: list[bytes]) -> int:
    """What a dump of the process's memory would hold; -1 where the system forbids it. Nothing of it is written anywhere."""
    found: set[bytes] = set()
    try:
        with Path(f"/proc/{process}/maps").open() as maps, Path(f"/proc/{process}/mem").open("rb", 0) as memory:
            for line in maps:
                span, rights = line.split()[:2]
                if "w" in rights:
                    begin, end = (int(side, 16) for side in span.split("-"))
                    found |= _held(memory, begin, end, planted)
    except PermissionError:
        return -1
    return len(found)


def _held(memory, begin: int, end: int, planted: list[bytes]) -> set[bytes]:  # type: ignore[no-untyped-def]
    try:
        memory.seek(begin)
        raw = memory.read(end - begin)
    except (OSError, ValueError, OverflowError):
        return set()
    return {value for value in planted if value in raw}
