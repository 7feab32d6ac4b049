"""Lays a verdict out for a terminal: each check with its reason and what it protects against, and the headline."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from offduty.cli.console import coloured
from offduty.verify.verdict import Check, Status, Verdict, looked_at

STATUS = max(len(status) for status in Status) + 2  # columns
NUMBER = 5  # columns
COLOURS = {Status.PASS: "green", Status.FAIL: "red", Status.NOT_DONE: "yellow", Status.DOES_NOT_APPLY: "white"}


def verdict_text(verdict: Verdict, width: int) -> Iterator[str]:
    """The lines of a verdict, at most so many columns wide."""
    for check in verdict.checks:
        first, *rest = textwrap.wrap(f"{check.number}  {check.name}", width - STATUS, subsequent_indent=" " * NUMBER)
        yield coloured(f"{check.status:<{STATUS}}", COLOURS[check.status], first)
        yield from (" " * STATUS + line for line in rest)
        yield from _lines(check, width)
    yield from textwrap.wrap(verdict.headline, width)


def _lines(check: Check, width: int) -> Iterator[str]:
    indent = " " * (STATUS + NUMBER)
    meaning = check.meaning
    yield from _wrapped(f"{looked_at(check)}; {check.why}", width, indent, indent)
    yield from _wrapped(f"protects against {meaning.protects}", width, indent, indent)
    if check.status is Status.FAIL:
        yield from _wrapped(f"this FAIL means: {meaning.fail}", width, indent, indent)
    for figure in check.figures:
        yield from _wrapped(f"{figure.count} {figure.what}", width, indent, indent)
    for finding in check.findings:
        yield from _wrapped(f"- {finding}", width, indent, indent + "  ")
    more = check.found - len(check.findings)
    if more > 0:
        yield f"{indent}- and {more:,} more"


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    """A text in lines. What is too long for one, such as the name of a file, is broken."""
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
