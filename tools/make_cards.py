"""Measures each analysis on made-up worlds, and writes its error card: `python -m tools.make_cards` (`make cards`).

A card holds for the code that it was measured with, and for no other; a test says when it must be made again.
"""

from __future__ import annotations

import json

from offduty.analyses.error_cards import card_path
from offduty.analyses.roster_worlds import make_card

SEEDS, OFFICERS, DAYS, MORE_SEEDS = range(1, 6), 300, 56, range(101, 109)


def main() -> None:
    """Write the card of the roster audit."""
    card = make_card(SEEDS, OFFICERS, DAYS, MORE_SEEDS)
    card_path("roster-audit").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
