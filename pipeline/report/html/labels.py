"""Gives the outcomes of a position their colours, and shortens hashes."""

from __future__ import annotations

from offduty.report.data.counts import QUARANTINED, RELEASED


def colour_class(outcome: str) -> str:
    """The CSS class that gives an outcome its colour."""
    return {RELEASED: "released", QUARANTINED: "quarantined"}.get(outcome, "hidden")


def short_hash(sha256: str) -> str:
    """The beginning of a hash, enough to compare two by eye.

    >>> short_hash("fc7c35bea6d7c18d9e1f15eb7f070789")
    'fc7c 35be a6d7 c18d'
    """
    return " ".join(sha256[at : at + 4] for at in range(0, 16, 4))
