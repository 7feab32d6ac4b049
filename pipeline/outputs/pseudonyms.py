"""Makes pseudonyms: keyed, for one purpose and one period, so that nobody without the key can link or undo them (SPEC
7).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date


def period(day: date, rotate: str) -> str:
    """The period that a local day belongs to: ``2026-03-02``, ``2026-W10``, ``2026-03``, or nothing.

    >>> [period(date(2027, 1, 1), rotate) for rotate in ("day", "week", "month", "never")]
    ['2027-01-01', '2026-W53', '2027-01', '']
    """
    if rotate == "day":
        return day.isoformat()
    if rotate == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    return day.isoformat()[:7] if rotate == "month" else ""


def pseudonym(key: bytes, purpose: str, period_name: str, officer_id: str) -> str:
    """The first 16 hex digits of HMAC-SHA256 over the three, each in UTF-8 behind its length in four bytes.

    The lengths keep apart what would otherwise run together: purpose "a", period "bc" is not purpose "ab", period "c".
    """
    parts = [text.encode() for text in (purpose, period_name, officer_id)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:16]
