"""The reasons why a ping was released or hidden, and why a row was quarantined; their order is their precedence."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Why a ping was released or hidden (specification#reasons). The lowest value that applies is the ping's reason.

    Only the last member releases. Hiding is the initial state (specification#hidden-by-default): 0, the content of an
    empty buffer, hides. A member with the value 0 is falsy in Python, so use `reason.released` or a comparison, and
    never the truth value of a reason.

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
        """Whether a ping with this reason is released: True for the last member only."""
        return self is Reason.ON_DUTY

    @property
    def word(self) -> str:
        """The reason as it is written in the ledger, such as `off_duty`."""
        return self.name.lower()

    @property
    def because(self) -> str:
        """Why, as the specification says it: the end of the sentence "the ping is hidden because ..."."""
        return _BECAUSE[self]

    @classmethod
    def of(cls, word: str) -> Reason:
        """The reason for a word of the ledger; `KeyError` for any other text, also for upper case."""
        return {reason.word: reason for reason in cls}[word]


_BECAUSE = {
    Reason.UNASSIGNED: "the device was assigned to nobody at that instant",
    Reason.SHARED: "the device was assigned to two or more officers at that instant",
    Reason.OFF_DUTY: "its officer was not on duty",
    Reason.LATE_EDIT: "on duty only by a roster entry, or with the device only by an assignment, recorded after the"
    " ping",
    Reason.WINDOW_OPEN: "its duty window, or one that overlaps it, had not ended at as_of; a later run will decide it",
    Reason.IMPRECISE: "accuracy_m is missing, not positive, not finite, or above accuracy.max_m",
    Reason.NO_HOME: "the policy requires a known home, and no place of kind home is on record for its officer at that"
    " instant",
    Reason.PROTECTED_PLACE: "the disc of radius accuracy.factor x accuracy_m around it comes within places.buffer_m of"
    " a place of its officer, or of everyone, that is valid at that instant (touching counts)",
    Reason.HOME_LEG: "it lies on the way to or from a place where nobody may be located, or in the first or last"
    " minutes of its duty window",
    Reason.DUPLICATE: "another ping of the same device and instant is released in its place",
    Reason.ON_DUTY: "proven on duty, away from every protected place, and not on the way to or from one: released",
}


class QuarantineReason(IntEnum):
    """Why an input row cannot be read as a ping (specification#bad-pings); the lowest value that applies counts.

    >>> [reason.word for reason in QuarantineReason]
    ['no_device', 'bad_time', 'future_time', 'bad_position']
    """

    NO_DEVICE = 0
    BAD_TIME = 1
    FUTURE_TIME = 2
    BAD_POSITION = 3

    @property
    def word(self) -> str:
        """The reason as it is written in the quarantine, such as `bad_time`."""
        return self.name.lower()

    @property
    def because(self) -> str:
        """Why, in one sentence."""
        return _QUARANTINED_BECAUSE[self]


_QUARANTINED_BECAUSE = {
    QuarantineReason.NO_DEVICE: "the row names no device",
    QuarantineReason.BAD_TIME: "the row has no readable instant",
    QuarantineReason.FUTURE_TIME: "the fix is from more than a minute after it was received",
    QuarantineReason.BAD_POSITION: "the position is missing, not finite, out of range, or exactly (0, 0), or the device"
    " says that it had no fix",
}
