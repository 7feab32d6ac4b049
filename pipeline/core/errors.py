"""The expected failures, each with the exit code of the command line (specification#exit-codes)."""

from __future__ import annotations

from typing import Any

COUNTED_FROM_0 = "rows are counted from 0: row 0 is the first row of data, below the header"
"""Said once wherever a person reads the number of a row."""


class OffdutyError(Exception):
    """An expected failure. Its message says what is wrong, where, and what to do next.

    The message contains no coordinate, geofence, person, device, key or address (specification#silence). `file` is a
    file's name and `row` its row, counted from 0. Both may be missing; a row without a file is not shown.

    >>> print(OffdutyError("the place has no radius", file="places.csv", row=4))
    places.csv, row 4: the place has no radius
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
    """The operating system's own words for an error, in lower case and without the path."""
    return (error.strerror or "it was refused").lower()


class UsageError(OffdutyError):
    """The command, the job or the policy cannot be understood; nothing was read and nothing published.

    >>> UsageError.exit_code
    2
    """

    exit_code = 2


class InputError(OffdutyError):
    """An input that stops the run: a file that cannot be read (specification#bad-ping-file), or an ownerless row.

    >>> InputError.exit_code
    3
    """

    exit_code = 3


class BeforeFirstPingError(InputError):
    """A run over a time before the first ping ever, whose job expects pings (specification#expect). A single run stops;
    of several, one for each day, the day is passed over (docs/reference/choices.md).

    >>> BeforeFirstPingError.exit_code
    3
    """


class OwnerlessRowError(InputError):
    """A reference row that would hide something and does not name whose (specification#row-without-owner).

    The modules that read the tables know a file only by its `number` in the manifest. The caller that opened the file
    replaces the number by the file's name.
    """

    def __init__(self, what: str, *, number: int, row: int) -> None:
        super().__init__(what, file=f"file number {number}", row=row)
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _ownerless_row_error, (self.what, self.number, self.row)


def _ownerless_row_error(what: str, number: int, row: int) -> OwnerlessRowError:
    return OwnerlessRowError(what, number=number, row=row)


class PrivacyError(OffdutyError):
    """A privacy check on finished outputs failed; nothing was published.

    >>> PrivacyError.exit_code
    4
    """

    exit_code = 4


class StoreBusyError(OffdutyError):
    """Another run has the store locked; try again when it has ended.

    >>> StoreBusyError.exit_code
    5
    """

    exit_code = 5


class StorageError(OffdutyError):
    """Writing failed (disk full, no permission); nothing was published and it is safe to try again.

    >>> StorageError.exit_code
    6
    """

    exit_code = 6


class EngineError(OffdutyError):
    """The Spark cluster failed, not the run itself; nothing was published and it is safe to try again."""

    exit_code = 6


class ProofError(OffdutyError):
    """A proof does not hold: a signature, a hash or a position in the log is wrong.

    >>> ProofError.exit_code
    7
    """

    exit_code = 7


class LineCrossedError(OffdutyError):
    """An attack on a release reached more than the limit set for it, its line (docs/explanation/attacks.md)."""

    exit_code = 1
