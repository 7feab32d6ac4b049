"""Option types that click does not have, and the exit codes that are not errors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from offduty.core.errors import UsageError
from offduty.core.lazy_imports import when_used
from offduty.core.locations import is_object

if TYPE_CHECKING:
    from offduty.core import ids
else:
    ids = when_used("offduty.core.ids")

FOUND_SOMETHING = 7
"""The exit code of a check that found something (specification#exit-codes)."""
INTERRUPTED = 130
"""The exit code after Ctrl-C or TERM (specification#exit-codes)."""


class _StoreLocation(click.ParamType[Path | str]):
    """A folder, or an address in an object store unchanged: as a path it would lose one of its slashes."""

    name = "location"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        """The text of an address; the path of anything else."""
        return value if isinstance(value, str) and is_object(value) else Path(value)


STORE_LOCATION = _StoreLocation()


def megabytes(text: str) -> int:
    """An amount of memory such as 800MB or 4GB, in megabytes; `UsageError` for less than 300MB or anything else."""
    units = {"MB": 1, "GB": 1_000}
    number, unit = text[:-2].strip(), text[-2:].upper()
    if unit not in units or not number.isdigit() or int(number) * units[unit] < 300:
        raise UsageError(f"--memory must be an amount such as 800MB or 4GB, and at least 300MB: {text!r}")
    return int(number) * units[unit]


def given_officer(given: str) -> str:
    """The id as it is compared, of what was given, or of the first line of standard input, which stays out of the
    shell's history. Raises `UsageError` where that is none.
    """
    officer = ids.clean_id(sys.stdin.readline() if given == "-" else given)
    if officer is None:
        raise UsageError("--officer is empty: give an id, or - and the id on standard input")
    return officer
