"""The ways a run can fail, each with the exit code that the command line answers with (SPEC 10)."""

from __future__ import annotations

from typing import Any


class OffdutyError(Exception):
    """A failure that was foreseen: it says what, which and what next, and never a position or a person.

    `file` is a file's name and `row` its 0-based row; both may be missing, and a row without a file is not shown.
    """

    exit_code = 1

    def __init__(self, what: str, *, file: str | None = None, row: int | None = None) -> None:
        # Only `what` goes to the base class, so that the error survives pickling on its way out of a worker process.
        super().__init__(what)
        self.what = what
        self.file = file
        self.row = row

    def __str__(self) -> str:
        if self.file is None:
            return self.what
        where = self.file if self.row is None else f"{self.file}, row {self.row}"
        return f"{where}: {self.what}"


def why(error: OSError) -> str:
    """What the operating system says, in small letters, without the path that it was about."""
    return (error.strerror or "it was refused").lower()


class UsageError(OffdutyError):
    """The command, the job or the policy cannot be understood; nothing was read and nothing published."""

    exit_code = 2


class InputError(OffdutyError):
    """An input that stops the run: it cannot be read at all, or hides something without saying whose (SPEC 2)."""

    exit_code = 3


class OwnerlessRowError(InputError):
    """A reference row that would hide something and does not say whose (SPEC 2).

    The rooms that settle tables know files by their `number` in the manifest; whoever opened the file names it.
    """

    def __init__(self, what: str, *, number: int, row: int) -> None:
        super().__init__(what, file=f"file number {number}", row=row)
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _nobodys_row, (self.what, self.number, self.row)


def _nobodys_row(what: str, number: int, row: int) -> OwnerlessRowError:
    return OwnerlessRowError(what, number=number, row=row)


class PrivacyError(OffdutyError):
    """A privacy check on finished outputs failed; nothing was published."""

    exit_code = 4


class StoreBusyError(OffdutyError):
    """Another run holds the store; try again when it is done."""

    exit_code = 5


class StorageError(OffdutyError):
    """Writing failed (disk full, no permission); nothing was published and it is safe to try again."""

    exit_code = 6


class EngineError(OffdutyError):
    """The cluster on which a run works has failed, not the run itself; nothing was published and it is safe to try
    again.
    """

    exit_code = 6


class ProofError(OffdutyError):
    """What was to be proven is not: a signature, a hash or a place in the log is another than it must be."""

    exit_code = 7


class LineCrossedError(OffdutyError):
    """An attack on a release did better than its line allows (see docs/attacks.md)."""

    exit_code = 1
