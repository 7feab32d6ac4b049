"""`late_edit`: on duty only by a roster entry, or held only by an assignment, recorded after the ping."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "late_edit",
    "By the roster as it is known at `as_of` it was duty, but that was not recorded when the ping was taken; or the "
    "assignment of the device was not. Nobody can widen what is visible by editing the roster or the assignments "
    "afterwards.",
    (
        Example(
            "Last Saturday made into duty on Monday",
            """
            time              | reason
            2026-03-07T10:00Z | late_edit
            """,
            roster="""
            shift | starts           | ends             | recorded
            r1    | 2026-03-07T08:00 | 2026-03-07T16:00 | 2026-03-09
            """,
        ),
        Example(
            "An entry counts from the instant it was recorded",
            """
            time            | reason
            09:59:59.999999 | late_edit
            10:00           | on_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 16:00 | 10:00
            """,
        ),
        Example(
            "The policy may bear with late bookkeeping for so many seconds, and no longer",
            """
            time            | reason
            09:49:59.999999 | late_edit
            09:50           | on_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 16:00 | 10:00
            """,
            policy={"duty": {"late_edit_tolerance_s": 600}},
        ),
        Example(
            "A shift prolonged too late stays hidden from its old end to the time of the edit",
            """
            time  | reason
            15:30 | on_duty
            17:00 | late_edit
            18:00 | on_duty
            19:00 | on_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 16:00 | 2026-02-01
            r1    | 08:00  | 20:00 | 18:00
            """,
        ),
        Example(
            "Leave undone afterwards was leave when the ping was taken",
            """
            time  | reason
            09:00 | on_duty
            12:30 | late_edit
            """,
            roster="""
            shift | starts | ends  | code  | status    | recorded
            r1    | 08:00  | 16:00 | duty  | active    | 2026-02-01
            l1    | 12:00  | 13:00 | leave | active    | 2026-02-01
            l1    | -      | -     | -     | cancelled | 2026-03-05
            """,
        ),
        Example(
            "A shift cancelled and set up again was off while it was cancelled",
            """
            time  | reason
            08:30 | on_duty
            10:30 | late_edit
            11:00 | on_duty
            """,
            roster="""
            shift | starts | ends  | status    | recorded
            r1    | 08:00  | 16:00 | active    | 2026-02-01
            r1    | -      | -     | cancelled | 10:00
            r1    | 08:00  | 16:00 | active    | 11:00
            """,
        ),
        Example(
            "An assignment gives custody from the instant it was recorded",
            """
            time            | reason
            09:59:59.999999 | late_edit
            10:00           | on_duty
            """,
            assignments="""
            device | officer | from       | to | recorded
            d1     | o1      | 2026-01-01 | -  | 10:00
            """,
        ),
        Example(
            "The policy bears with late bookkeeping of assignments, too",
            """
            time            | reason
            09:49:59.999999 | late_edit
            09:50           | on_duty
            """,
            assignments="""
            device | officer | from       | to | recorded
            d1     | o1      | 2026-01-01 | -  | 10:00
            """,
            policy={"duty": {"late_edit_tolerance_s": 600}},
        ),
        Example(
            "An assignment recorded afterwards does not say more about a ping that was off duty",
            """
            time  | reason
            07:30 | off_duty
            09:00 | late_edit
            """,
            assignments="""
            device | officer | from       | to | recorded
            d1     | o1      | 2026-01-01 | -  | 2026-03-05T00:00Z
            """,
        ),
        Example(
            "Edits recorded after the question was asked do not answer it",
            """
            time  | reason
            09:00 | off_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 16:00 | 2026-03-05
            """,
            as_of="2026-03-04",
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_late_edit(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
