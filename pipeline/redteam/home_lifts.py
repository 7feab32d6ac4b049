"""Measures how far one release gives homes away: the score of each attack on homes, as the table of attacks has them.

For two releases of a made-up force side by side (`offduty compare --truth`). Nothing is drawn at random, so the same
release and the same truth give the same scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from offduty.redteam import metrics
from offduty.redteam.attacker_view import AttackerView
from offduty.redteam.attacks import night_dwell, silent_door
from offduty.redteam.experiments import POSITION
from offduty.redteam.ground_truth import ForceTruth, blind_hits
from offduty.redteam.metrics import Score


def home_lifts(force: ForceTruth, towns: Path) -> Iterator[tuple[str, Score]]:
    """The attacks on homes by their names, each with its score. ``towns`` is the file of where people live.

    Attack 3 is left out where there is no roster, and attack 16 where there are no sites: they need them.
    """
    blind = blind_hits(force.homes_m, towns, force.density)
    view = AttackerView(force.visible, force.public(force.fence_m))
    with_roster = AttackerView(force.visible, force.public(force.fence_m), force.roster)
    for name, (_, needs_roster, attack) in POSITION.items():
        if not needs_roster or force.roster is not None:
            guess = attack(with_roster if needs_roster else view)
            yield name, metrics.score(guess, force.homes_m, blind)
    yield "6 night dwell", metrics.score(night_dwell.attack(view), force.homes_m, blind)
    if len(force.sites_m):
        guess = silent_door.attack(AttackerView(force.visible, force.public(None)))
        yield "16 silent door", metrics.score(guess, force.homes_m, blind)
