"""`home_leg`: on the way to or from a place where nobody may be located."""

import pytest

from tests.spec.stories import Chapter, Example, check_example

CHAPTER = Chapter(
    "home_leg",
    "The position is on the way to or from a protected place. Within one duty window of one device, a position is "
    "released only where an anchor (a fix inside a site) lies at or before it and another at or after it, with no "
    "contact with a protected place in between.",
    (
        Example(
            "A day that begins and ends at home",
            """
            time  | where   | reason
            08:00 | home    | protected_place
            08:10 | street  | home_leg
            08:20 | corner  | home_leg
            08:30 | station | on_duty
            12:00 | street  | on_duty
            15:00 | station | on_duty
            15:30 | corner  | home_leg
            15:50 | home    | protected_place
            """,
        ),
        Example(
            "A visit home at lunch hides both ways",
            """
            time  | where   | reason
            09:00 | station | on_duty
            11:00 | street  | home_leg
            12:00 | home    | protected_place
            13:00 | street  | home_leg
            14:00 | station | on_duty
            """,
        ),
        Example(
            "The ways are hidden even where home itself sent nothing: the window's ends stand for it",
            """
            time  | where   | reason
            08:10 | street  | home_leg
            08:30 | station | on_duty
            12:00 | street  | on_duty
            15:00 | station | on_duty
            15:30 | street  | home_leg
            """,
        ),
        Example(
            "A shift that never reaches work",
            """
            time  | where  | reason
            09:00 | street | home_leg
            12:00 | corner | home_leg
            """,
        ),
        Example(
            "A single fix at work stands on both sides of itself",
            """
            time  | where   | reason
            09:00 | street  | home_leg
            10:00 | station | on_duty
            11:00 | street  | home_leg
            """,
        ),
        Example(
            "Each window stands alone: work before a break does not vouch for the way after it",
            """
            time  | where   | reason
            09:00 | station | on_duty
            11:00 | street  | home_leg
            13:30 | street  | home_leg
            14:00 | station | on_duty
            """,
            roster="""
            shift | starts | ends  | code
            r1    | 08:00  | 16:00 | duty
            b1    | 12:00  | 13:00 | break
            """,
        ),
        Example(
            "Shifts that overlap or touch are one window",
            """
            time  | where   | reason
            09:00 | station | on_duty
            12:00 | street  | on_duty
            15:00 | station | on_duty
            """,
            roster="""
            shift | starts | ends  | code
            r1    | 08:00  | 11:00 | duty
            r2    | 10:00  | 12:00 | overtime
            r3    | 12:00  | 16:00 | court
            """,
        ),
        Example(
            "A policy that holds back the first and last quarter of an hour: to the microsecond, and work is still"
            " work",
            """
            time            | where   | reason
            08:00           | station | home_leg
            08:10           | station | home_leg
            08:14:59.999999 | street  | home_leg
            08:15           | street  | on_duty
            12:00           | station | on_duty
            15:44:59.999999 | station | on_duty
            15:45           | station | home_leg
            15:59           | station | home_leg
            """,
            policy={"legs": {"hold_s": 900}},
        ),
        Example(
            "A hold of more than half the shift leaves nothing",
            """
            time  | where   | reason
            11:59 | station | home_leg
            12:00 | station | home_leg
            12:01 | station | home_leg
            """,
            policy={"legs": {"hold_s": 14401}},
        ),
        Example(
            "What is held back does not vanish for what comes after it: home within the hold is still home",
            """
            time  | where   | reason
            08:05 | station | home_leg
            08:10 | home    | protected_place
            08:20 | street  | home_leg
            08:30 | station | on_duty
            """,
            policy={"legs": {"hold_s": 900}},
        ),
        Example(
            "A hold holds where legs are off, too",
            """
            time  | where  | reason
            08:14 | street | home_leg
            08:15 | street | on_duty
            """,
            policy={"legs": {"rule": "off", "hold_s": 900}},
        ),
        Example(
            "The radio goes home with the phone",
            """
            device | time  | where   | reason
            d1     | 08:30 | station | on_duty
            d1     | 09:30 | street  | home_leg
            d1     | 10:30 | station | on_duty
            d2     | 08:45 | station | on_duty
            d2     | 09:00 | home    | protected_place
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o1
            """,
        ),
        Example(
            "A colleague's way home is the colleague's",
            """
            device | time  | where      | reason
            d1     | 08:30 | station    | on_duty
            d1     | 09:30 | street     | on_duty
            d1     | 10:30 | station    | on_duty
            d2     | 09:00 | other home | protected_place
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
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
            "A fix at work at the very instant of one at home does not vouch",
            """
            time  | where   | reason
            09:00 | station | home_leg
            09:00 | home    | protected_place
            10:00 | street  | home_leg
            11:00 | station | on_duty
            """,
        ),
        Example(
            "A jump out of the house with a proud accuracy stays hidden",
            """
            time  | where         | accuracy | reason
            08:30 | station       | 10       | on_duty
            09:00 | home          | 10       | protected_place
            09:01 | -0.10 51.5060 | 2        | home_leg
            09:02 | home          | 10       | protected_place
            10:00 | station       | 10       | on_duty
            """,
        ),
        Example(
            "The edge of a workplace is not inside it, and a workplace that cannot be understood is none",
            """
            time  | where          | reason
            09:00 | -0.1522 51.52  | home_leg
            10:00 | corner         | home_leg
            """,
            sites="""
            site | where   | radius
            s1   | station | 150
            s2   | corner  | -
            """,
        ),
        Example(
            "A workplace beside a protected place is no workplace for its officer",
            """
            time  | where   | reason
            09:00 | station | protected_place
            10:00 | street  | home_leg
            """,
            places="""
            place | where
            h1    | station
            """,
        ),
        Example(
            "The rule may be switched off, by name",
            """
            time  | where   | reason
            09:00 | street  | on_duty
            10:00 | home    | protected_place
            """,
            policy={"legs": {"rule": "off"}},
        ),
    ),
)


@pytest.mark.parametrize("example", CHAPTER.examples, ids=str)
def test_home_leg(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
