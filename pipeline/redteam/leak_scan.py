"""Plants positions in rows that a run hides, and looks for them in everything that the run leaves: its outputs, its
messages, its spill files, what remains after `kill -9` or a crash, and its memory (threat-model#attack-14).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
import pyarrow.parquet as pq

from offduty.redteam.attacks.byte_traces import attack, forms
from offduty.runs.run import run

PLANTED = 8
AS_OF = "2026-06-30"
SMALL_MEMORY_MB = 4
"""So little that a run spills undecided pings after its first piece. No limit changes a result
(specification#independence).
"""
NOT_READABLE = -1
Protection: TypeAlias = Callable[[], None]
"""What a command does to its own process so that it leaves no core dump, before it reads anything."""


@dataclass(frozen=True)
class TraceCounts:
    """How many planted values (of `planted`) each kind of trace contains.

    `release`, `ledger`, `log` and `messages` are of a complete run. `spill` and `memory` are of a run that waits in its
    middle; `memory` includes its files without a name. `killed` is what is left after `kill -9`, `after` what is left
    when the next run is done, and `dump` what a run leaves that crashes in its middle. `NOT_READABLE` where the system
    does not let this process look.

    `control_spill` and `control_dump` are of a run without protection, whose spill files were given names: there the
    scan must find values, or finding none elsewhere means nothing.
    """

    planted: int
    release: int
    ledger: int
    log: int
    messages: int
    spill: int
    memory: int
    killed: int
    after: int
    dump: int
    control_spill: int
    control_dump: int


def plant(world: Path, reasons: set[str], run_folder: Path) -> list[bytes]:
    """The values to look for: the positions of up to `PLANTED` rows of the first ping file that the run hid for one of
    these reasons, in every form of `byte_traces.forms`.
    """
    ledger = pq.read_table(run_folder / "ledger")
    file, row = ledger["file"].to_numpy(), ledger["row"].to_numpy()
    hidden = np.isin(ledger["reason"].to_numpy(zero_copy_only=False).astype("U16"), sorted(reasons)) & (file == 0)
    sent = pq.read_table(sorted((world / "pings").glob("*.parquet"))[0], columns=["lon", "lat"])
    some = row[hidden][:: max(int(hidden.sum()) // PLANTED, 1)][:PLANTED]
    planted: list[bytes] = []
    for number in some.tolist():
        lon, lat = sent["lon"][number].as_py(), sent["lat"][number].as_py()
        if lon is not None and lat is not None and abs(lon) <= 180 and abs(lat) <= 90 and lon != 0:
            planted += forms(lon, lat)
    return planted


def scan(planted: list[bytes], folder: Path) -> int:
    """How many values are found in the files of a folder, counted once for each file; 0 if there is no such folder."""
    return sum(attack(planted, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file())


def traces(world: Path, store: Path, protect: Protection) -> TraceCounts:
    """Run the job of a world as a command. Then stop other runs of it in their middle, kill one, crash one, and look at
    what each leaves. `protect` is what the command line does to its own process.
    """
    done = _run_command(world, store)
    run_folder = next((store / "runs").iterdir())
    planted = plant(world, {"home_leg", "protected_place"}, run_folder)
    stopped, crashed, control = (store.with_name(name) for name in ("stopped", "crashed", "control"))
    spill, memory = _look_at_paused(world, stopped, planted, protect)
    killed = scan(planted, stopped)
    _run_command(world, stopped)
    return TraceCounts(
        planted=len(planted),
        release=scan(planted, run_folder / "release"),
        ledger=scan(planted, run_folder / "ledger"),
        log=scan(planted, store / "log"),
        messages=attack(planted, done.stdout + done.stderr),
        spill=spill,
        memory=memory,
        killed=killed,
        after=scan(planted, stopped),
        dump=_crash(world, crashed, planted, protect),
        control_spill=_look_at_named(world, control / "stopped", planted),
        control_dump=_crash(world, control / "crashed", planted, None),
    )


def _run_command(world: Path, store: Path) -> subprocess.CompletedProcess[bytes]:
    job = str(world / "job.toml")
    command = [sys.executable, "-m", "offduty", "run", job, "--store", str(store), "--as-of", AS_OF]
    return subprocess.run(command, capture_output=True, check=True)


@contextmanager
def _paused(world: Path, store: Path, protect: Protection | None) -> Iterator[SpawnProcess]:
    """A run in a process of its own that waits in its middle: it has decided its first piece, and has spilled. It is
    killed at the end. Raises `RuntimeError` if the run ended before that.
    """
    store.mkdir(mode=0o700, parents=True)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run_and_wait, args=(world.resolve(), store.resolve(), protect, theirs))
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield process
    except EOFError:
        raise RuntimeError("the run ended before it could be stopped in its middle") from None
    finally:
        process.kill()
        process.join()
        ours.close()


def _run_and_wait(world: Path, store: Path, protect: Protection | None, parent: Connection) -> None:
    """Run in the store's folder, where a core dump would be written, with dumps allowed unless `protect` forbids them.
    Wait for ever when the first piece is decided.
    """
    os.chdir(store)
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    if protect is not None:
        protect()

    def wait(stage: str, done: int, total: int) -> None:
        if stage == "decide" and done:
            parent.send(done)
            parent.recv()

    run(world / "job.toml", store=store, as_of=AS_OF, memory_mb=SMALL_MEMORY_MB, watch=wait)


def _look_at_paused(world: Path, store: Path, planted: list[bytes], protect: Protection) -> tuple[int, int]:
    """The values in the files and in the memory of a run in its middle."""
    with _paused(world, store, protect) as process:
        return scan(planted, store), _in_memory(_pid(process), planted)


def _look_at_named(world: Path, store: Path, planted: list[bytes]) -> int:
    """The values in the files of a run in its middle, if its spill files had names."""
    with _paused(world, store, None) as process:
        _give_names(_pid(process), store)
        return scan(planted, store)


def _crash(world: Path, store: Path, planted: list[bytes], protect: Protection | None) -> int:
    """The values in what a run leaves that crashes in its middle; 1 if it was dumped to another place, which cannot be
    read from here. Without protection its spill files are given names, too.
    """
    with _paused(world, store, protect) as process:
        if protect is None:
            _give_names(_pid(process), store)
        os.kill(_pid(process), signal.SIGABRT)
        ended = os.waitid(os.P_PID, _pid(process), os.WEXITED | os.WNOWAIT)
    dumped = ended is not None and ended.si_code == os.CLD_DUMPED
    return scan(planted, store) or int(dumped)


def _pid(process: SpawnProcess) -> int:
    assert process.pid is not None  # it was started
    return process.pid


def _nameless_files(pid: int) -> Iterator[bytes]:
    """The content of the open files of a process that have no name in any folder.

    Only the thread that reports is paused: the others still read ahead, so a file that was listed may be closed by now.
    """
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            nameless = str(link.readlink()).endswith(" (deleted)")
            content = link.read_bytes() if nameless else None
        except FileNotFoundError:
            continue
        if content is not None:
            yield content


def _give_names(pid: int, folder: Path) -> None:
    """Copy the nameless files of a process into a folder: what it would hold if they had names."""
    for number, content in enumerate(_nameless_files(pid)):
        (folder / f"named-{number}").write_bytes(content)


def _in_memory(pid: int, planted: list[bytes]) -> int:
    """How many values the writable memory and the nameless files of a process contain; `NOT_READABLE` where the system
    forbids it. Nothing of them is written anywhere.
    """
    found: set[bytes] = set()
    try:
        for content in _nameless_files(pid):
            found |= _contained(content, planted)
        with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
            for line in maps:
                span, rights = line.split()[:2]
                if "w" in rights:
                    begin, end = (int(side, 16) for side in span.split("-"))
                    found |= _contained(_read_span(memory, begin, end), planted)
    except PermissionError:
        return NOT_READABLE
    return len(found)


def _contained(raw: bytes, planted: list[bytes]) -> set[bytes]:
    return {value for value in planted if value in raw}


def _read_span(memory: BinaryIO, begin: int, end: int) -> bytes:
    """A span of memory; nothing where the kernel does not give it, as for some of its own pages."""
    try:
        memory.seek(begin)
        return memory.read(end - begin)
    except (OSError, ValueError, OverflowError):
        return b""
