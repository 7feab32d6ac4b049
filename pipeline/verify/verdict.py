"""What a check says: what was looked at, how many, PASS, FAIL or NOT DONE, and why; never PASS for what was not done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

DAMAGED = (Exception,)
"""What reading a file may end with that somebody wrote to break its reader: anything."""
MOST_LISTED = 20
"""How many findings of one check are told one by one; the rest are counted."""


class Status(StrEnum):
    """How a check ended."""

    PASS = "PASS"  # noqa: S105 (no secret)
    FAIL = "FAIL"
    NOT_DONE = "NOT DONE"


@dataclass(frozen=True)
class Check:
    """One line of the verdict. ``count`` is how many ``looked_at`` were; ``findings`` are the first of ``found``."""

    number: str
    name: str
    looked_at: str
    count: int
    status: Status
    why: str
    findings: tuple[str, ...] = ()
    found: int = 0


@dataclass(frozen=True)
class Verdict:
    """All checks, in order."""

    checks: tuple[Check, ...]

    @property
    def failed(self) -> bool:
        """Whether some check found something."""
        return any(check.status is Status.FAIL for check in self.checks)

    def counts(self) -> dict[Status, int]:
        """How many checks ended in each way."""
        return {status: sum(check.status is status for check in self.checks) for status in Status}


class CheckBuilder:
    """One check while it is made: it counts what is looked at, and takes down what is wrong and what was left undone.

    FAIL when anything is wrong; NOT DONE when something was left undone, or there was nothing to look at; else PASS.
    """

    def __init__(self, number: str, name: str, looked_at: str) -> None:
        self.number, self.name, self.looked_at = number, name, looked_at
        self.count = 0
        self._wrong: list[str] = []
        self._found = 0
        self._undone: dict[str, None] = {}

    def at(self, count: int = 1) -> None:
        """So many more were looked at."""
        self.count += count

    def wrong(self, what: str, count: int = 1) -> None:
        """Something is wrong; ``count`` where the one sentence stands for several."""
        self._found += count
        if len(self._wrong) < MOST_LISTED:
            self._wrong.append(what)

    def all_wrong(self, sentences: Iterable[str], count: int | None = None) -> None:
        """Several things; ``count`` where there are more than are told."""
        told = list(sentences)
        for what in told:
            self.wrong(what)
        if count is not None:
            self._found += count - len(told)

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """While a file is read that may be damaged: where that cannot be done, ``what`` says so."""
        try:
            yield
        except DAMAGED:
            self.wrong(what)

    def note(self, what: str) -> None:
        """Something to be told beside what is wrong; it stands among the findings."""
        if len(self._wrong) < MOST_LISTED:
            self._wrong.append(what)

    def undone(self, why: str) -> None:
        """Something could not be looked at, and why."""
        self._undone[why] = None

    @property
    def sound(self) -> bool:
        """Whether nothing was found so far."""
        return not self._found

    def over(self, why: str = "", nothing: str = "there is nothing to look at") -> Check:
        """The check as it ended; ``why`` says what a PASS means, ``nothing`` why there was nothing to look at."""
        if self._found:
            status, said = Status.FAIL, "; not done: ".join([f"{self._found:,} found", *self._undone])
        elif self._undone or not self.count:
            status, said = Status.NOT_DONE, "; ".join(self._undone) or nothing
        else:
            status, said = Status.PASS, why
        return Check(self.number, self.name, self.looked_at, self.count, status, said, tuple(self._wrong), self._found)
