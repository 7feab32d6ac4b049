"""Writes times that are counted in seconds as instants; what is no number of seconds stays as it is."""

from __future__ import annotations

from decimal import Decimal

from offduty.core.instants import FIRST_US, LAST_US, iso_text


def from_seconds(text: str, per_second: int = 1) -> str:
    """Seconds since 1970 (or ``per_second``-ths of them) as an instant; another text is left as it is.

    >>> from_seconds("1780376400"), from_seconds("1780376400250", 1000), from_seconds("soon")
    ('2026-06-02T05:00:00Z', '2026-06-02T05:00:00.250000Z', 'soon')
    """
    try:
        us = Decimal(text) * 1_000_000 / per_second
    except ArithmeticError:
        return text
    if not us.is_finite() or not FIRST_US <= us <= LAST_US:
        return text
    return iso_text(int(us))
