"""Attack 19: whom attacker B names by the roster, with single cases and with own copies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.single_cases.answers import of_presence, some_windows
from benchmarks.single_cases.kinds import (
    BOTH,
    COPIES,
    FILES,
    LINKED,
    LINKS,
    NAMED,
    NAMING,
    SHIFTED,
    SHORT,
    WITH,
    WITHOUT,
)
from benchmarks.single_cases.scores import MeanShare, within
from benchmarks.single_cases.worlds import AskedWorld
from offduty.redteam import metrics
from offduty.redteam.attacker_view import AttackerView, Flags, Ints, SingleCases, VisibleRows
from offduty.redteam.attacks import naming
from offduty.redteam.results import ResultRow


@dataclass(frozen=True)
class Named:
    """What B makes of the pseudonyms of one draw: the rows under them, whose each truly is, and whose B says that it
    is, by what B has been given.
    """

    visible: VisibleRows
    owner: Ints
    names: dict[str, Ints]

    def right(self, mask: str, which: Flags) -> metrics.Proportion:
        """How many of some pseudonyms are rightly named."""
        seen = np.bincount(self.visible.who, minlength=len(self.owner)) > 0
        mine = np.flatnonzero(seen & which)
        return metrics.share(self.names[mask][mine] == self.owner[mine])


def view_of(world: AskedWorld, visible: VisibleRows) -> AttackerView:
    """What B has without any file."""
    return AttackerView(visible, world.public, world.roster, windows=world.windows)


def named(world: AskedWorld, draw: int, short: SingleCases, told: Flags) -> Named:
    """What B makes of pseudonyms in this order, by each of the files; where it is given which pseudonyms are one
    officer's, but not whose; and by cases over other periods, that tell some states of windows.
    """
    visible, owner = world.pseudonyms(draw)
    view, single = view_of(world, visible), of_presence(world.cases)
    nothing = np.full(len(world.copies), np.nan)
    states = replace(world.copies, joined_min=nothing, plain_min=nothing)
    known = some_windows(states, np.flatnonzero(world.copies.confirmed >= 0)[told])
    views = {
        WITHOUT: view,
        WITH: replace(view, cases=single),
        BOTH: replace(view, cases=world.cases),
        COPIES: replace(view, copies=world.copies),
        SHORT: replace(view, cases=short),
        SHIFTED: replace(view, cases=single, copies=known),
    }
    names = {mask: naming.name(each, world.rules) for mask, each in views.items()}
    chains = np.random.default_rng([world.blank.seed, draw]).permutation(world.officers)[owner]
    for linked, mask in LINKS.items():
        names[linked] = naming.name_chains(views[mask], chains, world.rules)
    return Named(visible, owner, names | {NAMED: owner})


def rightly_named(world: AskedWorld, draws: list[Named]) -> Iterator[ResultRow]:
    """Attack 19: of the pseudonyms of the officers with a case, how many are rightly named; and of those of the office
    team, who all have the same hours.
    """
    yield from _of_officers(world, draws, NAMING, world.asked, (WITHOUT, *FILES, *LINKS, SHIFTED))
    if world.office.any():
        team = np.intersect1d(world.asked, np.flatnonzero(world.office))
        yield from _of_officers(world, draws, f"{NAMING}, office team", team, (WITHOUT, *FILES))


def _of_officers(
    world: AskedWorld, draws: list[Named], attack: str, officers: Ints, masks: tuple[str, ...]
) -> Iterator[ResultRow]:
    before: dict[bool, float] = {}
    for mask in masks:
        part = MeanShare.of_draws([each.right(mask, np.isin(each.owner, officers)) for each in draws])
        high = before.setdefault(mask in LINKS, part.ends[1])
        verdict = "" if mask in (WITHOUT, LINKED) else within(part.share, high)
        yield replace(world.blank, attack=attack, mask=mask, finding=f"{part} of {part.of}", verdict=verdict)


def shorter(world: AskedWorld, draws: list[Named], about: Flags) -> Iterator[ResultRow]:
    """The same with a case over the fewest windows that it may be about: of the pseudonyms of these weeks."""
    which = [about[each.owner, np.arange(len(each.owner)) // world.officers] for each in draws]
    part, before = (
        MeanShare.of_draws([each.right(mask, some) for each, some in zip(draws, which, strict=True)])
        for mask in (SHORT, WITHOUT)
    )
    row = replace(world.blank, attack=NAMING, mask=SHORT, finding=f"{part} of {part.of}; without {before}")
    yield replace(row, verdict=within(part.share, before.ends[1]))
