"""`shared`: the device was assigned to two or more officers at that instant."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "shared",
    "The device was assigned to two or more officers at that instant, so it is not known whose position it is.",
    (
        Example(
            "A second holder makes the device shared until the first gives it back",
            """
            time            | reason
            08:30           | on_duty
            08:59:59.999999 | on_duty
            09:00           | shared
            09:59:59.999999 | shared
            10:00           | off_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | 10:00
            d1     | o2      | 09:00      | -
            """,
        ),
        Example(
            "A clean handover is not sharing",
            """
            time            | reason
            11:59:59.999999 | on_duty
            12:00           | on_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | 12:00
            d1     | o2      | 12:00      | -
            """,
            roster="""
            shift | officer | starts | ends
            r1    | o1      | 08:00  | 16:00
            r2    | o2      | 08:00  | 16:00
            """,
            places="""
            place | officer | where
            h1    | o1      | home
            h2    | o2      | other home
            """,
        ),
        Example(
            "The same officer recorded twice is one holder",
            """
            time  | reason
            09:00 | on_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | -
            d1     | o1      | 2026-02-01 | -
            """,
        ),
        Example(
            "A second holder who was recorded afterwards is a holder",
            """
            time  | reason
            08:30 | on_duty
            09:30 | shared
            10:30 | on_duty
            """,
            assignments="""
            device | officer | from       | to    | recorded
            d1     | o1      | 2026-01-01 | -     | 2026-01-01T00:00Z
            d1     | o2      | 09:00      | 10:00 | 2026-03-05T00:00Z
            """,
        ),
        Example(
            "Time shared with somebody parts the day in two: each part needs its own work on both sides",
            """
            time  | where   | reason
            08:30 | station | on_duty
            08:45 | street  | home_leg
            09:30 | station | shared
            10:15 | street  | home_leg
            10:30 | station | on_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | -
            d1     | o2      | 09:00      | 10:00
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_shared(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
