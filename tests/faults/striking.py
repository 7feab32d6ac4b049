"""Injects each fault at every system call of a command that touches the store, and reports the results."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.commands import Command
from tests.faults.strace import FAULTS, Call, Helper, lines_of, touching

TRIES = 3
FEW = 3
"""Up to so many calls of a name are few."""
HONEST = ("the entry was published", "the log has the expiry")
"""What the message must say where the exit code is 6 although the entry exists."""


@dataclass(frozen=True)
class Injection:
    """One call, and the fault that is injected there."""

    call: Call
    fault: str


@dataclass(frozen=True)
class Outcome:
    """The result of an injection: how the command ended, what it left, and how it ended when it was repeated."""

    command: Command
    injection: Injection
    report: dict[str, Any]

    @property
    def missed(self) -> bool:
        """Whether the nth call never came, however often it was tried: DuckDB's threads divide its calls."""
        return not self.report["struck"]

    @property
    def fault_found(self) -> str:
        """What is wrong, in words; empty where nothing is."""
        report = self.report
        checks = {
            "; ".join(report["wrong"]): bool(report["wrong"]),
            f"the exit was {report['code']}: {report['stderr']}": not self._exit_is_right(),
            f"the retry ended with {report['again']['code']}: {report['again']['stderr']}": not report["converged"],
        }
        return " / ".join(what for what, is_so in checks.items() if is_so)

    def _exit_is_right(self) -> bool:
        """Killed; or 0 where the entry exists; or 6, and where the entry exists all the same, the message says so."""
        code, published = self.report["code"], self.report["published"]
        if self.injection.fault == "KILL" and self.report["struck"]:
            return bool(code == -9)
        if code == 0:
            return bool(published)
        return code == 6 and (not published or any(words in self.report["stderr"] for words in HONEST))

    def __str__(self) -> str:
        """Where it was, and what is wrong."""
        call = self.injection.call
        place = f"{call.name} {call.nth} on {', '.join(call.on)}"
        return f"{self.command.name}: {self.injection.fault} at {place}: {self.fault_found}"


def calls_of(command: Command, folder: Path, helper: Helper) -> list[Call]:
    """The calls of the command that touch the store, in order, without a fault."""
    store, notes = folder / "store", folder / "trace"
    helper.warm_up(command.arguments, command.base, folder)
    traced(helper, command, store, notes)
    return touching(lines_of(notes), store, command.only)


def traced(helper: Helper, command: Command, store: Path, notes: Path, *options: str) -> None:
    """Run a command under strace on a copy of its base; it must succeed."""
    if command.base.exists():
        shutil.copytree(command.base, store)
    arguments = [*command.arguments, str(store)]
    ended = helper.ask(kind="trace", arguments=arguments, notes=str(notes), options=list(options))
    assert ended["code"] == 0, ended["stderr"]


def every_injection(calls: Iterable[Call]) -> list[Injection]:
    """Each fault at each call."""
    return [Injection(call, fault) for call in calls for fault in FAULTS]


def a_share(calls: list[Call]) -> list[Injection]:
    """For a minute: a fault at each call that changes the store (every tenth `write`), each of the three in turn;
    all three where there are few calls of a name; and an EIO at every thirty-second of the other calls.
    """
    changing = [call for call in calls if call.changes and (call.name != "write" or call.nth % 10 == 1)]
    others = [call for call in calls if not call.changes][::32]
    count = Counter(call.name for call in changing)
    rare = [call for call in changing if count[call.name] <= FEW]
    common = sorted((call for call in changing if count[call.name] > FEW), key=lambda call: call.name)
    in_turn = [Injection(call, FAULTS[number % len(FAULTS)]) for number, call in enumerate(common)]
    return [*every_injection(rare), *in_turn, *(Injection(call, "EIO") for call in others)]


def struck_by(
    command: Command,
    calls: list[Call],
    injections: list[Injection],
    folder: Path,
    helpers: Sequence[Helper],
    unread: str = "",
) -> list[Outcome]:
    """All injections, as many at a time as there are helpers.

    With ``unread`` the command is repeated once for all stores that differ only in files of that folder, and otherwise
    after each injection.
    """
    paths = {command.only} if command.only else {on for call in calls for on in call.on}
    watched = sorted(path if path != "/" else "" for path in paths)
    shares = [injections[number :: len(helpers)] for number in range(len(helpers))]

    def struck(helper: Helper, share: list[Injection]) -> list[Outcome]:
        return list(_struck(helper, command, watched, share, folder, unread))

    with ThreadPoolExecutor(len(helpers)) as pool:
        return [outcome for part in pool.map(struck, helpers, shares) for outcome in part]


def _struck(
    helper: Helper, command: Command, watched: list[str], injections: list[Injection], folder: Path, unread: str
) -> Iterator[Outcome]:
    helper.warm_up(command.arguments, command.base, folder)
    for injection in injections:
        for _ in range(TRIES):
            report = helper.ask(
                kind="strike",
                arguments=command.arguments,
                base=str(command.base),
                wanted=str(command.wanted),
                folder=str(folder),
                watched=watched,
                call=injection.call.name,
                nth=injection.call.nth,
                fault=injection.fault,
                unread=unread,
            )
            outcome = Outcome(command, injection, report)
            if report["struck"] or outcome.fault_found:
                break
        yield outcome
