"""Says for each signal of the roster audit what it may be without anybody's fault: it stands beside every finding."""

from __future__ import annotations

LAWFUL = {
    "R1": "a shift that ran over, a recall, a correction of an error, a system that was down",
    "R2": "a recall, a court overrun, overtime that is recorded the next day",
    "R3": "a recall from rest, leave that was given up, a sick note that was withdrawn",
    "R4": "a unit in which everybody keeps their own record, a supervisor's own shift",
    "R5": "a mistake that was undone",
    "R6": "overtime that is recorded beside the shift, two parts of one duty",
    "R7": "two desks that recorded one shift at once, an import that ran twice",
    "R8": "a shift that ended early, sickness that was reported afterwards, a correction of an error",
    "R9": "a desk that is asked for recalls, a unit with more of them",
    "R10": "a desk that looks after few people, a subject who is recalled more often",
}
"""What each signal may be, without anybody's fault."""
