"""The words for why a ping was released, hidden or set aside; their order is their precedence (SPEC 4)."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Why a ping was released or hidden: the lowest value that applies is the ping's, and only the last one releases.

    Hiding is the ground state: 0, which an empty buffer holds, is a reason to hide.
    An `IntEnum` member 0 is falsy, so ask `reason.released` or compare; never test the reason's truth.

    >>> Reason.HOME_LEG.word, Reason.HOME_LEG.released
    ('home_leg', False)
    >>> [reason.word for reason in Reason if reason.released]
    ['on_duty']
    """

    UNASSIGNED = 0
    SHARED = 1
    OFF_DUTY = 2
    LATE_EDIT = 3
    WINDOW_OPEN = 4
    IMPRECISE = 5
    NO_HOME = 6
    PROTECTED_PLACE = 7
    HOME_LEG = 8
    DUPLICATE = 9
    ON_DUTY = 10

    @property
    def released(self) -> bool:
        """Whether a ping of this reason leaves the filter: true of the last member alone."""
        return self is Reason.ON_DUTY

    @property
    def word(self) -> str:
        """The reason as the ledger spells it, such as `off_duty`."""
        return self.name.lower()

    @property
    def because(self) -> str:
        """The sentence of SPEC 4 that says why."""
        return _BECAUSE[self]

    @classmethod
    def of(cls, word: str) -> Reason:
        """The reason a ledger's word stands for; `KeyError` for any other text, upper case too."""
        return {reason.word: reason for reason in cls}[word]


_BECAUSE = {
    Reason.UNASSIGNED: "nobody held the device at that instant",
    Reason.SHARED: "two or more officers held it at that instant",
    Reason.OFF_DUTY: "its officer was not on duty",
    Reason.LATE_EDIT: "on duty only by a roster entry recorded after the ping",
    Reason.WINDOW_OPEN: "its duty window had not ended at as_of; a later run will decide it",
    Reason.IMPRECISE: "accuracy_m is missing, not positive, not finite, or above accuracy.max_m",
    Reason.NO_HOME: "the policy requires a known home, and no place of kind home is on record for its officer at that"
    " instant",
    Reason.PROTECTED_PLACE: "the disc of radius accuracy.factor x accuracy_m around it comes within places.buffer_m of"
    " a place of its officer, or of everyone, that is valid at that instant (touching counts)",
    Reason.HOME_LEG: "it lies on the way to or from a place where nobody may be located",
    Reason.DUPLICATE: "another ping of the same device and instant was released in its stead",
    Reason.ON_DUTY: "proven on duty, away from every protected place, and not on the way to or from one: released",
}


class QuarantineReason(IntEnum):
    """Why an input row cannot be read as a ping; the lowest value that applies is the row's (SPEC 2).

    >>> [reason.word for reason in QuarantineReason]
    ['no_device', 'bad_time', 'future_time', 'bad_position']
    """

    NO_DEVICE = 0
    BAD_TIME = 1
    FUTURE_TIME = 2
    BAD_POSITION = 3

    @property
    def word(self) -> str:
        """The reason as the quarantine spells it, such as `bad_time`."""
        return self.name.lower()

    @property
    def because(self) -> str:
        """One sentence that says why."""
        return _QUARANTINED_BECAUSE[self]


_QUARANTINED_BECAUSE = {
    QuarantineReason.NO_DEVICE: "the row names no device",
    QuarantineReason.BAD_TIME: "the row has no readable instant",
    QuarantineReason.FUTURE_TIME: "the instant lies after the run's as_of",
    QuarantineReason.BAD_POSITION: "the position is missing, not finite, out of range, or exactly (0, 0)",
}
