"""Reads what is given to an option, where click has no type for it."""

from __future__ import annotations

from pipeline.errors import UsageError

INTERRUPTED = 130
"""The exit code of what was stopped by Ctrl-C or TERM (SPEC 10)."""


def megabytes(text: str) -> int:
    """An amount of memory such as 800MB or 4GB, in megabytes; `UsageError` for less than 300MB or anything else."""
    units = {"MB": 1, "GB": 1_000}
    number, unit = text[:-2].strip(), text[-2:].upper()
    if unit not in units or not number.isdigit() or int(number) * units[unit] < 300:
        raise UsageError(f"--memory is an amount such as 800MB or 4GB, and 300MB at the least: {text!r}")
    return int(number) * units[unit]
