"""Runs the filter to plant values and look for them: in its outputs, its words, its spill files, what `kill -9`
leaves, and its memory.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from offduty.redteam.attacks.byte_traces import attack, forms

PLANTED = 8
# A run that may hold next to nothing in memory, so that it spills at once, and says so. Limits change no result (SPEC 6).
SMALL_RUN = """
import itertools, sys, tempfile
from offduty.arrays import spill as spool
from offduty.engines import local as flow
from offduty.runs import run as run_job
from offduty.cli.core_dumps import leave_none
if sys.argv[3] == "bare":
    tempfile.TemporaryFile = lambda **given: tempfile.NamedTemporaryFile(delete=False, **given)
else:
    leave_none()
write, times = spool.Spool._write_all, itertools.count(1)
def write_all(self):
    write(self)
    if next(times) == 4:
        print("spilled", flush=True)
        sys.stdin.read()
spool.Spool._write_all = write_all
run_job._limits = lambda threads, memory_mb: flow.Limits(threads, waiting_bytes=65536, released_bytes=65536, piece_rows=16384)
run_job.run(sys.argv[1], store=sys.argv[2], as_of="2026-12-31")
"""


@dataclass(frozen=True)
class TraceCounts:
    """How many planted values each kind of trace holds (of `planted`). `spill` (files that have a name) and `memory`
    (and files that have none) are of a run stopped in its middle, `killed` is what is left of it after `kill -9`,
    `after` what is left when the next run is done, `dump` what another leaves that crashes in its middle. -1: could not
    be looked at. `bare_spill` and `bare_dump` are the same of runs whose files have names and that may be dumped: there
    the scan must find.
    """

    planted: int
    release: int
    ledger: int
    log: int
    words: int
    spill: int
    memory: int
    killed: int
    after: int
    dump: int
    bare_spill: int
    bare_dump: int


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


def traces(world: Path, store: Path) -> TraceCounts:
    """Run a world's job whole, then stop another run of it in its middle, kill it, and run again."""
    done = _offduty(world, store)
    words = (done.stdout + done.stderr).encode()
    run = next((store / "runs").iterdir())
    planted = plant(world, {"home_leg", "protected_place"}, run)
    stopped, crashed, bare = (store.with_name(name) for name in ("stopped", "crashed", "bare"))
    spill, memory, killed = _stopped(world, stopped, planted)
    _offduty(world, stopped)
    return TraceCounts(
        len(planted),
        scan(planted, run / "release"),
        scan(planted, run / "ledger"),
        scan(planted, store / "log"),
        attack(planted, words),
        spill,
        memory,
        killed,
        scan(planted, stopped),
        _crashed(world, crashed, planted),
        _stopped(world, bare / "stopped", planted, "bare")[0],
        _crashed(world, bare / "crashed", planted, "bare"),
    )


def _command(world: Path, store: Path) -> list[str]:
    job = str(world / "job.toml")
    return [sys.executable, "-m", "offduty", "run", job, "--store", str(store), "--as-of", "2026-12-31"]


def _offduty(world: Path, store: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(world, store), capture_output=True, text=True, check=True)


def _spilling(world: Path, store: Path, how: str) -> subprocess.Popen[bytes]:
    """A run in its middle: it has spilled, and waits. Dumps are allowed where it stands, in the store."""
    store.mkdir(mode=0o700, parents=True)
    command = [sys.executable, "-c", SMALL_RUN, str(world.resolve() / "job.toml"), str(store.resolve()), how]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        running = subprocess.Popen(command, cwd=store, env=_findable(), stderr=subprocess.DEVNULL, **pipes)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    if running.stdout is None or not running.stdout.readline():
        raise RuntimeError("the run that was to be stopped ended by itself")
    return running


def _findable() -> dict[str, str]:
    """The environment, in which the package is found from any folder."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def _stopped(world: Path, store: Path, planted: list[bytes], how: str = "as it is") -> tuple[int, int, int]:
    """What a run in its middle holds in files and in memory, and what is left of it when it is killed."""
    with _spilling(world, store, how) as running:
        spill, memory = scan(planted, store), _in_memory(running.pid, planted)
        running.kill()
    return spill, memory, scan(planted, store)


def _crashed(world: Path, store: Path, planted: list[bytes], how: str = "as it is") -> int:
    """What a run leaves that crashes in its middle; 1 where it was dumped to a place that cannot be seen from here."""
    with _spilling(world, store, how) as running:
        running.send_signal(signal.SIGABRT)
        _, status = os.waitpid(running.pid, 0)
        running.returncode = -signal.SIGABRT
    found = scan(planted, store)
    return found or int(os.WCOREDUMP(status))


def _in_memory(process: int, planted: list[bytes]) -> int:
    """What a dump of the process's memory would hold, and the files without a name; -1 where the system forbids it.
    Nothing of it is written anywhere.
    """
    found: set[bytes] = set()
    try:
        for place in Path(f"/proc/{process}/fd").iterdir():
            if str(place.readlink()).endswith(" (deleted)"):
                raw = place.read_bytes()
                found |= {value for value in planted if value in raw}
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
