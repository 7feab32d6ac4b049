"""Measures each analysis on made-up worlds, and writes its error card: `python -m tools.make_cards` (`make cards`).

A card holds for the code that it was measured with, and for no other; a test says when it must be made again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from offduty.analyses.error_cards import DECIDING, card_path
from offduty.analyses.roster_worlds import make_card
from tools.interest_worlds import interests_card
from tools.visible_worlds import presence_card, site_days_card

SEEDS, OFFICERS, DAYS, MORE_SEEDS = range(1, 6), 300, 56, range(101, 109)
CARDS: dict[str, Callable[[], dict[str, Any]]] = {
    "roster-audit": lambda: make_card(SEEDS, OFFICERS, DAYS, MORE_SEEDS),
    "presence": lambda: presence_card(range(1, 6), range(11, 19), 150, 14, 60),
    "site-days": lambda: site_days_card(range(1, 7), 120, 28, 120, range(10, 100, 10)),
    "interests": lambda: interests_card(range(1, 6), range(11, 15), 150, 14, 60),
}
"""How each card is made."""


def main() -> None:
    """Write the cards that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("analyses", nargs="*", choices=[*DECIDING, []], default=list(DECIDING))
    for name in parser.parse_args().analyses:
        card = CARDS[name]()
        card_path(name).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
