"""Finds the error card of an analysis: what it misses and how often it is wrong, measured for exactly this code.

A card belongs to the SHA-256 of the modules that decide. Where one of them has changed there is no card, and no answer
until the card was made again (`python -m tools.make_cards`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from offduty.core.errors import UsageError

HERE = Path(__file__).parent
SEEN = ("eligible_duty.py", "visible_rows.py", "confirmed_time.py")
DECIDING = {
    "roster-audit": ("recorded_versions.py", "roster_signals.py", "funnel.py", "roster_audit.py"),
    "presence": (*SEEN, "presence.py"),
    "site-days": (*SEEN, "presence.py", "site_days.py"),
    "interests": (*SEEN, "recorded_versions.py", "presence.py", "declared_interests.py", "interests.py"),
}
"""The modules that decide, for each analysis."""
COUNTING = {
    "compare": ("policy_comparison.py",),
    "consult": ("../consultation/gather.py", "../consultation/parts.py", "../consultation/pages.py"),
}
"""The modules of what is about policies. They count what is recorded and conclude nothing, so they have no card."""


def rules_sha256(analysis: str) -> str:
    """The SHA-256 of the modules that decide, one after the other, in hex."""
    found = hashlib.sha256()
    for name in {**DECIDING, **COUNTING}[analysis]:
        found.update((HERE / name).read_bytes())
    return found.hexdigest()


def card_path(analysis: str) -> Path:
    """Where the card of an analysis lies."""
    return HERE / f"{analysis.replace('-', '_')}_card.json"


def error_card(analysis: str) -> dict[str, Any]:
    """The card of an analysis; `UsageError` where there is none for the rules as they are."""
    path = card_path(analysis)
    card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if card.get("rules_sha256") != rules_sha256(analysis):
        raise UsageError(
            f"there is no error card for the rules of {analysis} as they are here, so nobody knows how often it is"
            " wrong: make it (python -m tools.make_cards in a checkout), read it, and then ask again"
        )
    return card


def measured_lines(card: Mapping[str, Any], worlds: str, words: Mapping[str, str]) -> list[str]:
    """The figures of a card as lines, each with its interval: on which made-up ``worlds`` they were measured, and the
    ``words`` for each figure, by its name in the card.
    """
    first, last = card["worlds"]["seeds"]
    lines = [f"How often this is wrong (made-up {worlds}, seeds {first} to {last}):"]
    for name, said in words.items():
        figure = card[name]
        percent, low, high = (two_decimals(figure[each]) for each in ("percent", "from", "to"))
        lines.append(f"  {said}: {percent} % ({low} to {high} %).")
    return lines


def right_of_100(card: Mapping[str, Any]) -> Mapping[str, str]:
    """Of 100 conclusions, how many would be right, for each share that nobody knows; one decimal each, as the card has
    them. Empty where the card has none.
    """
    found: Mapping[str, float] = next((values for key, values in card.items() if key.startswith("of_100_")), {})
    return {share: f"{number:.1f}" for share, number in found.items()}


def right_line(card: Mapping[str, Any], said: str) -> str:
    """The same as a line, after what is ``said`` of it."""
    return f"  {said} {', '.join(f'{number} if {share}' for share, number in right_of_100(card).items())}."


def two_decimals(percent: float) -> str:
    """A figure of a card, or an end of its interval, as it is printed everywhere: as many decimals as the others.

    >>> two_decimals(99.4), two_decimals(0.0), two_decimals(98.86)
    ('99.40', '0.00', '98.86')
    """
    return f"{percent:.2f}"
