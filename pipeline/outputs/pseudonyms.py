"""Makes pseudonyms with a key, for one purpose and one period (specification#pseudonym).

Without the key, nobody can find the officer of a pseudonym, or link the pseudonyms of two purposes or periods.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date


def period(day: date, rotate: str) -> str:
    """The period of a local day: ``2026-03-02``, ``2026-W10`` (ISO week), ``2026-03``, or empty for ``never``.

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
    """The first 16 hex digits of HMAC-SHA256 over the three texts, each in UTF-8 after its length in four bytes.

    Without the lengths, purpose "a" with period "bc" would give the same message as purpose "ab" with period "c".
    """
    parts = [text.encode() for text in (purpose, period_name, officer_id)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:16]
