"""What the people of a made-up force tend to do: shares and numbers, whose defaults make an ordinary force.

`Habits` is a parameter of `write` and `stream`, and `offduty synth --habits FILE` reads it from TOML. Those of the
first block are on in the default force; the others change no byte of it, and each has its truth (docs/how-to/synth.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any


def _share(default: float, says: str) -> Any:
    """A field that holds a share from 0 to 1."""
    return field(default=default, metadata={"says": says, "least": 0, "most": 1, "unit": "a share"})


def _number(default: float, least: float, most: float, unit: str, says: str) -> Any:
    """A field that holds a number within two ends."""
    return field(default=default, metadata={"says": says, "least": least, "most": most, "unit": unit})


@dataclass(frozen=True)
class Habits:
    """Shares of officers, shifts or rest days with a property. The defaults make an ordinary force. A number out of its
    range is refused by `World` (`wrong`).
    """

    starts_at_home: float = _share(0.12, "Of officers: duty begins and ends at home.")
    home_for_lunch: float = _share(0.12, "Of officers who live near work: the break is spent at home.")
    past_home: float = _share(0.06, "Of officers who live near work: they only drive past home.")
    stops_all_round: float = _share(0.0, "Of officers: the beat is around the home, and shifts begin and end on it.")
    beat_radius_m: float = _number(1_500.0, 0, 50_000, "metres", "How far the stops of a beat lie from its centre.")
    off_when_resting: float = _share(0.75, "Of rest days: the phone is switched off.")
    home_unrecorded: float = _share(0.04, "Of officers: no home on record.")
    two_homes: float = _share(0.05, "Of officers: they have a second home.")
    moves_house: float = _share(0.02, "Of officers: they move house.")
    has_school: float = _share(0.08, "Of officers: they take children to a school.")
    second_device: float = _share(0.06, "Of officers: they carry a second device.")
    handed_over: float = _share(0.02, "Of officers: their device is handed to somebody else at some noon.")
    shared: float = _share(0.01, "Of officers: their device is on record for two at once.")
    abusive_edit: float = _share(0.01, "Of rest days: made duty two to four days later, and nobody worked.")

    no_fix_at_home: float = _share(0.0, "Of officers: the phone finds no position at home.")
    no_fix_within_m: float = _number(
        0.0, 0, 5_000, "metres", "How far from home it finds none: 0 is indoors, up to the front door."
    )
    off_at_home: float = _share(
        0.0, "Of officers: the phone is switched off up to two minutes before home, and on again as long after it."
    )
    late_from_home: float = _share(0.0, "Of officers: what the phone finds within 150 m of home arrives hours later.")
    late_hours: float = _number(6.0, 2, 72, "hours", "At most so many hours later, and at least two.")
    dozes: float = _share(0.0, "Of officers: a phone at rest says nothing after five minutes, until it is moved.")
    beside_clinic: float = _share(0.0, "Of officers: the home lies 150 to 450 m from a place protected for everyone.")
    handed_over_by_date: float = _share(0.0, "Of hand-overs: recorded as dates, without a time of day.")

    most_days_at_home: int = _number(
        0, 0, 5, "days", "Each officer of an office team works from home on 0 to so many days of each week."
    )
    part_absence: float = _share(0.0, "Of shifts that are worked: about two fifths of it are spent at home.")
    ghost_at_home: float = _share(0.0, "Of shifts entered in time: nobody works, and the phone is at home.")
    ghost_phone_off: float = _share(0.0, "Of shifts entered in time: nobody works, and the phone is switched off.")
    ghost_phone_lent: float = _share(0.0, "Of shifts entered in time: nobody works, and a colleague has the phone.")

    recall: float = _share(0.0, "Of rest days: called to work, and truly there; recorded during it or the day after.")
    late_correction: float = _share(0.0, "Of shifts: the end is rightly corrected afterwards, beyond the usual 2 %.")
    late_cut: float = _share(0.0, "Of shifts that are worked: the employer takes one to three hours away afterwards.")
    clerks: int = _number(
        0, 0, 50, "clerks", "Desk clerks of each unit, who record all edits; 0: a desk and a supervisor, as by default."
    )
    abuse_by_one: float = _share(0.0, "Of abusive edits: recorded by one clerk of the force. It needs clerks.")
    self_recorded: float = _share(0.0, "Of edits during or after a shift: recorded by the officer. It needs clerks.")

    declared_job: float = _share(0.0, "Of officers: a second job, in the register.")
    undeclared_job: float = _share(0.0, "Of officers: a second job, not in the register.")

    def wrong(self) -> str | None:
        """What is wrong with the numbers, in words; None where nothing is."""
        for one in fields(self):
            value, least, most = getattr(self, one.name), one.metadata["least"], one.metadata["most"]
            if not least <= value <= most:
                return f"{one.name} must be {one.metadata['unit']} from {least:g} to {most:g}, not {value}"
        if self.ghost_at_home + self.ghost_phone_off + self.ghost_phone_lent > 1:
            return "ghost_at_home, ghost_phone_off and ghost_phone_lent are together more than 1"
        return None

    def asked_for(self, *names: str) -> bool:
        """Whether one of these habits, all of them where none is named, is not what it is in the default force."""
        return any(getattr(self, one.name) != one.default for one in fields(self) if not names or one.name in names)


def habit_fields() -> Mapping[str, Field[Any]]:
    """The fields of `Habits` by name, in order; `metadata` has `says`, `least`, `most` and `unit`."""
    return {one.name: one for one in fields(Habits)}
