"""Dates without a time of day, in the policy's zone (specification#bare-dates)."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "dates",
    "A date without a time of day is a local day of the declared zone, else of the policy's. As a beginning it is the "
    "first instant of the day. As an end it is the first instant of the day where the row grants, and the end of the "
    "day where it hides. As a record time it is read late where the row grants or undoes, and early where it hides.",
    (
        Example(
            "Leave from a date to the same date is that day",
            """
            time                        | reason
            2026-03-02T23:59:59.999999Z | on_duty
            2026-03-03T00:00:00Z        | off_duty
            2026-03-03T23:59:59.999999Z | off_duty
            2026-03-04T00:00:00Z        | on_duty
            """,
            roster="""
            shift | starts           | ends             | code
            r1    | 2026-03-02T08:00 | 2026-03-05T16:00 | duty
            l1    | 2026-03-03       | 2026-03-03       | leave
            """,
        ),
        Example(
            "Leave until a date before the day on which it begins cannot be read, and takes all duty",
            """
            time                 | reason
            2026-03-02T10:00:00Z | off_duty
            2026-03-05T10:00:00Z | off_duty
            """,
            roster="""
            shift | starts           | ends             | code
            r1    | 2026-03-02T08:00 | 2026-03-05T16:00 | duty
            l1    | 2026-03-04       | 2026-03-03       | leave
            """,
        ),
        Example(
            "An assignment until a date before the day on which it begins makes its device unassigned at all times",
            """
            time  | reason
            10:00 | unassigned
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | -
            d1     | o2      | 2026-02-10 | 2026-02-09
            """,
        ),
        Example(
            "A place until a date before the day from which it counts is always valid",
            """
            time  | where | reason
            10:00 | home  | protected_place
            """,
            places="""
            place | officer | where | from       | to
            h1    | o1      | home  | 2026-02-10 | 2026-02-09
            """,
        ),
        Example(
            "Duty until a date ends when that date begins, and from a date to the same date it is none",
            """
            time                        | reason
            2026-03-02T00:00:00Z        | on_duty
            2026-03-03T23:59:59.999999Z | on_duty
            2026-03-04T00:00:00Z        | off_duty
            2026-03-06T09:00:00Z        | off_duty
            """,
            roster="""
            shift | starts     | ends
            r1    | 2026-03-02 | 2026-03-04
            r2    | 2026-03-06 | 2026-03-06
            """,
        ),
        Example(
            "A day in London begins at 23:00 UTC in summer",
            """
            time                        | reason
            2026-06-30T22:59:59.999999Z | on_duty
            2026-06-30T23:00:00Z        | off_duty
            2026-07-02T22:59:59.999999Z | off_duty
            2026-07-02T23:00:00Z        | on_duty
            """,
            roster="""
            shift | starts           | ends             | code
            r1    | 2026-06-29T08:00 | 2026-07-05T16:00 | duty
            l1    | 2026-07-01       | 2026-07-02       | leave
            """,
        ),
        Example(
            "A home until a date protects on that date",
            """
            time                        | where | reason
            2026-03-02T23:59:59.999999Z | home  | protected_place
            2026-03-03T00:00:00Z        | home  | on_duty
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-03-02T20:00 | 2026-03-03T06:00
            """,
            places="""
            place | officer | where      | to
            h1    | o1      | home       | 2026-03-02
            h2    | o1      | other home | -
            """,
            policy={"legs": {"rule": "off"}},
        ),
        Example(
            "A hand-over by dates: on that date it is not known who had the device",
            """
            time              | reason
            2026-03-02T12:00Z | on_duty
            2026-03-03T12:00Z | shared
            2026-03-04T12:00Z | on_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | 2026-03-03
            d1     | o2      | 2026-03-03 | -
            """,
            roster="""
            shift | officer | starts           | ends
            r1    | o1      | 2026-03-02T08:00 | 2026-03-05T16:00
            r2    | o2      | 2026-03-02T08:00 | 2026-03-05T16:00
            """,
            places="""
            place | officer | where
            h1    | o1      | home
            h2    | o2      | other home
            """,
        ),
        Example(
            "A device given back on a date may have been held on that date, and nobody knows by whom",
            """
            time                        | reason
            2026-03-02T23:59:59.999999Z | on_duty
            2026-03-03T00:00:00Z        | unassigned
            2026-03-04T00:00:00Z        | unassigned
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | 2026-03-03
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-03-02T08:00 | 2026-03-05T16:00
            """,
        ),
        Example(
            "Duty recorded on a date was recorded by the end of it",
            """
            time                        | reason
            2026-03-02T23:59:59.999999Z | late_edit
            2026-03-03T00:00:00Z        | on_duty
            """,
            roster="""
            shift | starts           | ends             | recorded
            r1    | 2026-03-02T08:00 | 2026-03-05T16:00 | 2026-03-02
            """,
        ),
        Example(
            "Leave recorded on a date was recorded when it began; that it was cancelled on a date, when it ended",
            """
            time  | reason
            09:30 | late_edit
            11:00 | on_duty
            12:30 | off_duty
            """,
            roster="""
            shift | starts | ends  | code  | status    | recorded
            r1    | 08:00  | 16:00 | duty  | active    | 2026-02-01
            l1    | 09:00  | 10:00 | leave | active    | 2026-02-01
            l1    | -      | -     | -     | cancelled | 2026-03-02
            l2    | 12:00  | 13:00 | leave | active    | 2026-03-02
            """,
        ),
        Example(
            "Duty and leave of one shift that were recorded on the same date contradict each other",
            """
            time  | reason
            09:00 | off_duty
            12:30 | off_duty
            """,
            roster="""
            shift | starts | ends  | code  | recorded
            r1    | 08:00  | 16:00 | duty  | 2026-02-01
            r1    | 12:00  | 13:00 | leave | 2026-02-01
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_dates(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
