"""What an attacker has: frozen views of a release, of the roster and of public knowledge, and nothing else.

Attackers A and B are those of threat-model#attackers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class VisibleRows:
    """Released rows, sorted by `who` (the number of a pseudonym), `duty` (the number of a local day) and time.

    Positions are metres east and north of a public point, times are seconds since a public instant. `officers` is the
    number of pseudonyms. Those without a row are counted, too.
    """

    who: Ints
    duty: Ints
    t_s: Floats
    x_m: Floats
    y_m: Floats
    accuracy_m: Floats
    officers: int

    def __len__(self) -> int:
        return len(self.who)

    def take(self, which: npt.NDArray[Any]) -> VisibleRows:
        """These rows (numbers or flags), in the order of `which`."""
        columns = (self.who, self.duty, self.t_s, self.x_m, self.y_m, self.accuracy_m)
        taken: list[Any] = [column[which] for column in columns]
        return VisibleRows(*[*taken, self.officers])

    @staticmethod
    def in_order(
        who: Ints, duty: Ints, t_s: Floats, x_m: Floats, y_m: Floats, accuracy_m: Floats, officers: int
    ) -> VisibleRows:
        """Sort rows that are in any order."""
        width = int(duty.max(initial=0)) + 1
        order = np.argsort((who * width + duty) * 1e6 + (t_s - duty * 86_400.0), kind="stable")  # a day has 86,400 s
        columns: list[Any] = [column[order] for column in (who, duty, t_s, x_m, y_m, accuracy_m)]
        return VisibleRows(*[*columns, officers])


@dataclass(frozen=True)
class KnownDuties:
    """The roster as attacker B knows it: who was on duty from when to when, one entry per duty."""

    who: Ints
    duty: Ints
    start_s: Floats
    end_s: Floats


@dataclass(frozen=True)
class PublicKnowledge:
    """What anybody may know: where people tend to live, the sites, how people travel, and what the mask says of itself.

    `density` gives the relative density of homes at positions. `fence_m` is the radius of a circular geofence (None:
    another shape). `along_streets`: ways follow a grid of streets, so the length of a way is the sum of its two sides.
    """

    density: Callable[[Floats, Floats], Floats]
    sites_m: Floats
    along_streets: bool
    fence_m: float | None
    every_s: float
    speed_m_s: float = 7.6
    middle_m: tuple[float, float] = (0.0, 0.0)  # of the force's area


@dataclass(frozen=True)
class OwnCopyDates:
    """What dated files of own copies say about some officers (docs/how-to/presence.md), an entry for each duty window.

    `who` is the officer's number on the roster. `confirmed` is 1, 0 where the window is not visible, and -1 where it is
    not assessed; `joined_min` and `plain_min` are its minutes. `on_site` says the same of its first day, by days on
    site. `first_s` is when the device was first seen in it, which no file may say: NaN, but where a test plants it.
    """

    who: Ints
    start_s: Floats
    end_s: Floats
    confirmed: Ints
    joined_min: Floats
    plain_min: Floats
    on_site: Ints
    first_s: Floats
    last_s: Floats

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class KnownWindows:
    """The duty of everybody of which something could have been seen, as whoever has the roster and the policy counts
    it: duty windows (`who`, `start_s`, `end_s`), and days that count for days on site (`day_of`, and their numbers).
    """

    who: Ints
    start_s: Floats
    end_s: Floats
    day_of: Ints
    day: Ints


@dataclass(frozen=True)
class SingleCases:
    """What single cases say about some officers, an entry for each case: nothing of any one window.

    A case is about the duty windows that begin from `from_s` until before `to_s`. `windows` are those assessed;
    `percent` is how many of a hundred of them are confirmed at least: 25, or 0. `days` are the days that count for days
    on site, `days_confirmed` those of them that are confirmed. NaN where no file says so.
    `minutes` are those confirmed of all windows, which no file may say: NaN, but where a test plants them.
    """

    who: Ints
    from_s: Floats
    to_s: Floats
    windows: Floats
    percent: Floats
    days: Floats
    days_confirmed: Floats
    minutes: Floats

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class AttackerView:
    """Everything that one attacker has. `roster` is None for attacker A; `other` is a second release of the same time,
    which attacker C has; `cases` are the single cases that a recipient of such answers has, `copies` the dated files of
    own copies that were handed on; `windows` is what these are about, by the roster.
    """

    visible: VisibleRows
    public: PublicKnowledge
    roster: KnownDuties | None = None
    other: VisibleRows | None = None
    cases: SingleCases | None = None
    copies: OwnCopyDates | None = None
    windows: KnownWindows | None = None


@dataclass(frozen=True)
class Guess:
    """The guessed position of each home, in metres, by `who`; NaN where the attack had nothing to start from."""

    x_m: Floats
    y_m: Floats

    @staticmethod
    def empty(officers: int) -> Guess:
        """Arrays without any guess, for an attack to fill in."""
        return Guess(np.full(officers, np.nan), np.full(officers, np.nan))
