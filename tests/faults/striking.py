"""Strikes a command at every system call that touches the store, by each fault, and says what came of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.commands import Command
from tests.faults.strace import FAULTS, Call, Helper, lines_of, touching

SIDE_BY_SIDE = 2
TRIES = 3
HONEST = ("the entry was published", "the log says now")
"""What a message must say that ends with 6 although an entry is there."""


@dataclass(frozen=True)
class Blow:
    """One call, and the fault that comes instead of it."""

    call: Call
    fault: str


@dataclass(frozen=True)
class Outcome:
    """What came of a blow: how the command ended, what it left, and how it ended when it was tried again."""

    command: Command
    blow: Blow
    told: dict[str, Any]

    @property
    def missed(self) -> bool:
        """Whether the nth call never came, however often it was tried: the engine's threads share its calls as they
        like.
        """
        return not self.told["struck"]

    @property
    def fault_found(self) -> str:
        """What is not as it must be, in words; nothing where all is well."""
        told = self.told
        checks = {
            "; ".join(told["wrong"]): bool(told["wrong"]),
            f"the exit was {told['code']}: {told['said']}": not self._exit_is_right(),
            f"the retry ended with {told['again']['code']}: {told['again']['said']}": not told["converged"],
        }
        return " / ".join(what for what, is_so in checks.items() if is_so)

    def _exit_is_right(self) -> bool:
        """Killed; or 0 for what is there; or 6, and if it is there all the same, the message says so."""
        code, published = self.told["code"], self.told["published"]
        if self.blow.fault == "KILL" and self.told["struck"]:
            return bool(code == -9)
        if code == 0:
            return bool(published)
        return code == 6 and (not published or any(words in self.told["said"] for words in HONEST))

    def __str__(self) -> str:
        """Where it was, and what is wrong."""
        call = self.blow.call
        return f"{self.command.name}: {self.blow.fault} at {call.name} {call.nth} on {', '.join(call.on)}: {self.fault_found}"


def calls_of(command: Command, folder: Path) -> list[Call]:
    """The calls of an undisturbed command that touch the store, in order."""
    store, notes = folder / "store", folder / "trace"
    with Helper() as helper:
        helper.ask(kind="warm_up", arguments=command.arguments, base=str(command.base), folder=str(folder))
        traced(helper, command, store, notes)
    return touching(lines_of(notes), store, command.only)


def traced(helper: Helper, command: Command, store: Path, notes: Path, *options: str) -> None:
    """Run a command under strace on a copy of its base, and have it go well."""
    import shutil

    if command.base.exists():
        shutil.copytree(command.base, store)
    arguments = [*command.arguments, str(store)]
    ended = helper.ask(kind="trace", arguments=arguments, notes=str(notes), options=list(options))
    assert ended["code"] == 0, ended["said"]


def every_blow(calls: Iterable[Call]) -> list[Blow]:
    """Each fault at each call."""
    return [Blow(call, fault) for call in calls for fault in FAULTS]


def a_share(calls: list[Call]) -> list[Blow]:
    """For a few minutes: all faults at what changes the store (every fifth `write`), an EIO at every sixteenth of the
    other calls.
    """
    changing = [call for call in calls if call.changes and (call.name != "write" or call.nth % 5 == 1)]
    others = [call for call in calls if not call.changes][::16]
    return [*every_blow(changing), *(Blow(call, "EIO") for call in others)]


def struck_by(command: Command, calls: list[Call], blows: list[Blow], folder: Path) -> list[Outcome]:
    """All blows, several at a time."""
    paths = {command.only} if command.only else {on for call in calls for on in call.on}
    watched = sorted(path if path != "/" else "" for path in paths)
    halves = [blows[number::SIDE_BY_SIDE] for number in range(SIDE_BY_SIDE)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        parts = pool.map(lambda half: list(_struck(command, watched, half, folder)), halves)
        return [outcome for part in parts for outcome in part]


def _struck(command: Command, watched: list[str], blows: list[Blow], folder: Path) -> Iterator[Outcome]:
    with Helper() as helper:
        helper.ask(kind="warm_up", arguments=command.arguments, base=str(command.base), folder=str(folder))
        for blow in blows:
            for _ in range(TRIES):
                told = helper.ask(
                    kind="strike",
                    arguments=command.arguments,
                    base=str(command.base),
                    wanted=str(command.wanted),
                    folder=str(folder),
                    watched=watched,
                    call=blow.call.name,
                    nth=blow.call.nth,
                    fault=blow.fault,
                )
                outcome = Outcome(command, blow, told)
                if told["struck"] or outcome.fault_found:
                    break
            yield outcome
