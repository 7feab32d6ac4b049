"""Cuts the power after any step of a command, on a disk that loses what was not flushed, and checks what is left.

It also checks the check: publishing in a wrong order must be detected (`PLANTED`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.commands import Command
from tests.faults.lost_disk import OPTIONS, ROOT, Disk, Step, after_a_crash, applied, disk_with, recorded
from tests.faults.strace import Helper, lines_of
from tests.faults.striking import traced
from tests.faults.whole import OUTPUTS, State, but_for, converged, documents, wrong_with

STORE = "store"


@dataclass(frozen=True)
class Record:
    """What a command did to a store: the disk before, and its steps."""

    command: Command
    disk: Disk
    steps: tuple[Step, ...]

    def whole(self) -> Disk:
        """The disk after all steps, nothing lost."""
        disk = self.disk.copy()
        applied(disk, self.steps)
        return disk


@dataclass(frozen=True)
class Loss:
    """A crash after which something is wrong: the seed, after how many steps, and what."""

    seed: int
    after: int
    wrong: str


def record_of(command: Command, folder: Path, helper: Helper) -> Record:
    """Trace the command once without disturbance. Played back completely, its steps make the store that it made."""
    store, notes = folder / STORE, folder / "trace"
    disk = Disk()
    if command.base.exists():
        disk.take_in(command.base, ROOT, STORE)
    helper.warm_up(command.arguments, command.base, folder)
    traced(helper, command, store, notes, *OPTIONS)
    record = Record(command, disk, tuple(recorded(lines_of(notes), disk, store)))
    if disk_with(store).state(STORE) != record.whole().state(STORE):
        raise AssertionError("the steps that were recorded do not make the store that the command made")
    return record


class Losing:
    """Crashes by number, each looked at once for each state of the disk that comes of it.

    The command is repeated once for all states that differ only in files of the folder ``unread``.
    """

    def __init__(self, record: Record, folder: Path, helper: Helper, unread: str = OUTPUTS) -> None:
        self.record, self.folder, self.helper, self.unread = record, folder, helper, unread
        self.known: dict[tuple[State, bool], str] = {}
        self.ends: dict[State, str] = {}

    def losses(self, steps: tuple[Step, ...], seeds: range) -> Iterator[Loss]:
        """Those of the crashes after which something is wrong."""
        for seed in seeds:
            rng = Random(seed)
            after = len(steps) if rng.random() < 0.2 else rng.randrange(len(steps) + 1)
            left = after_a_crash(self.record.disk, steps[:after], rng)
            over = after == len(steps)
            key = left.state(STORE), over
            if key not in self.known:
                self.known[key] = self._look(left, over)
            if self.known[key]:
                yield Loss(seed, after, self.known[key])

    def playing(self) -> Losing:
        """The same, for other steps from the same disk: what comes of a repeated command is known already."""
        other = Losing(self.record, self.folder, self.helper, self.unread)
        other.ends = self.ends
        return other

    def _look(self, left: Disk, over: bool) -> str:
        """What is wrong with the store as it is, or as it is after the command was repeated."""
        command = self.record.command
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            store = Path(place, STORE)
            if STORE in left.folders[ROOT]:
                left.lay_out(left.folders[ROOT][STORE], store)
            wrong = wrong_with(store, command.base, command.wanted)
            if over and not wrong and len(documents(store)) < len(documents(command.wanted)):
                wrong = ["the command had ended, and its entry is gone"]
            return "; ".join(wrong) or self._again(store, left)

    def _again(self, store: Path, left: Disk) -> str:
        """The result of repeating the command."""
        state = but_for(self.unread, left.state(STORE))
        if state not in self.ends:
            command = self.record.command
            again = self.helper.ask(kind="run", arguments=[*command.arguments, str(store)])
            ends = again["code"] == 0 and converged(store, command.wanted)
            self.ends[state] = "" if ends else f"the retry ended with {again['code']}: {again['stderr'].strip()}"
        return self.ends[state]


Edit = Callable[[tuple[Step, ...]], tuple[Step, ...]]


def without_flush(of: Callable[[str], bool]) -> Edit:
    """The steps without some of their flushes, by the path of what is flushed."""
    return lambda steps: tuple(step for step in steps if not (step.kind == "flush" and of(step.path)))


def linked_before_flushed(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The entry gets its name in the log before its bytes are flushed."""
    at = the_link(steps)
    flush = next(number for number, step in enumerate(steps) if step.kind == "flush" and step.inode == steps[at].other)
    return (*steps[:flush], steps[at], *steps[flush:at], *steps[at + 1 :])


def deleted_before_logged(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The files of an expiry are deleted, and flushed, before the log names them."""
    at = the_link(steps)
    gone = tuple(step for step in steps[at:] if "/runs" in step.path)
    rest = tuple(step for step in steps[at:] if "/runs" not in step.path)
    return (*steps[:at], *gone, *rest)


def the_link(steps: tuple[Step, ...]) -> int:
    """Which step names the entry in the log."""
    return next(
        n for n, step in enumerate(steps) if step.kind == "name" and "/log/" in step.path and step.other is not None
    )


RUN, RUN_AGAIN, EXPIRY = range(3)  # of `commands`
PLANTED: dict[str, tuple[int, Edit]] = {
    "outputs are not flushed": (
        RUN_AGAIN,
        without_flush(lambda path: "/work/run/" in path and path.endswith(".parquet")),
    ),
    "the folders of a run are not flushed": (
        RUN_AGAIN,
        without_flush(lambda path: "/work/run" in path and not path.endswith(".parquet")),
    ),
    "the folder of runs is not flushed": (RUN_AGAIN, without_flush(lambda path: path.endswith("/runs"))),
    "the entry is linked before it is flushed": (RUN_AGAIN, linked_before_flushed),
    "the log is not flushed": (RUN_AGAIN, without_flush(lambda path: path.endswith("/log"))),
    "the mark is not flushed": (
        RUN_AGAIN,
        without_flush(lambda path: path.endswith(("/work", "/work/unpublished", f"/{STORE}"))),
    ),
    "a new store's folder is not flushed": (RUN, without_flush(lambda path: path.endswith(f"/{STORE}"))),
    "files go before the log says so": (EXPIRY, deleted_before_logged),
}
