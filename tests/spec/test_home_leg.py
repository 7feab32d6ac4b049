"""`home_leg`: on the way to or from a place where nobody may be located."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "home_leg",
    "The position is on the way to or from a protected place. Within one duty window of one device, a position is "
    "released only where an anchor (a fix inside a site) lies at or before it and another at or after it, with no "
    "contact with a protected place in between. A silence longer than `legs.max_gap_s` counts as such a contact; a "
    "place for everyone that is passed within `legs.pass_by_s` does not. What lies in the first or last `legs.hold_s` "
    "of the window is hidden as well.",
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
            "A workplace within the buffer of a home is none for whoever lives there; for a colleague it is one",
            """
            device | time  | where        | reason
            d1     | 09:00 | -0.0925 51.5 | home_leg
            d2     | 09:00 | -0.0925 51.5 | on_duty
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
            sites="""
            site | where        | radius
            s1   | -0.0940 51.5 | 150
            """,
        ),
        Example(
            "A little farther away it is one",
            """
            time  | where        | reason
            09:00 | -0.0925 51.5 | on_duty
            """,
            sites="""
            site | where        | radius
            s1   | -0.0930 51.5 | 150
            """,
        ),
        Example(
            "A workplace of more than 5 square kilometres is none",
            """
            time  | where   | reason
            09:00 | station | on_duty
            10:00 | court   | home_leg
            """,
            sites="""
            site | where   | radius
            s1   | station | 1261
            s2   | court   | 1262
            """,
        ),
        Example(
            "A silence longer than the policy allows may have been a visit home",
            """
            time  | where   | reason
            09:00 | station | on_duty
            09:15 | street  | on_duty
            09:30 | station | on_duty
            09:45 | street  | home_leg
            10:25 | corner  | home_leg
            10:40 | station | on_duty
            """,
            policy={"legs": {"max_gap_s": 1200}},
        ),
        Example(
            "A silence of exactly the time allowed is none; a microsecond more, and it is one",
            """
            time            | where   | reason
            09:00           | station | on_duty
            09:20           | street  | on_duty
            09:40           | station | on_duty
            10:00           | street  | home_leg
            10:20:00.000001 | station | on_duty
            """,
            policy={"legs": {"max_gap_s": 1200}},
        ),
        Example(
            "Fixes that prove nothing do not end a silence: poor ones, unless they are near home",
            """
            time  | where   | accuracy | reason
            09:00 | station | 10       | on_duty
            09:10 | street  | 10       | home_leg
            09:20 | street  | 500      | imprecise
            09:40 | station | 10       | on_duty
            """,
            policy={"legs": {"max_gap_s": 1200}},
        ),
        Example(
            "A silence of one device is no silence of another; the radio that is heard does not vouch for the phone",
            """
            device | time  | where   | reason
            d1     | 09:00 | station | on_duty
            d1     | 09:15 | street  | home_leg
            d1     | 10:00 | station | on_duty
            d2     | 09:00 | station | on_duty
            d2     | 09:20 | street  | on_duty
            d2     | 09:40 | street  | on_duty
            d2     | 10:00 | station | on_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o1
            """,
            policy={"legs": {"max_gap_s": 1200}},
        ),
        Example(
            "A place for everyone that is passed within the time allowed hides only what is near it",
            """
            time     | where        | reason
            09:00:00 | station      | on_duty
            09:10:00 | -0.13 51.537 | on_duty
            09:12:00 | clinic       | protected_place
            09:13:00 | clinic       | protected_place
            09:15:00 | -0.13 51.523 | on_duty
            10:00:00 | station      | on_duty
            """,
            places="""
            place | officer  | kind   | where
            h1    | o1       | home   | home
            c1    | everyone | clinic | clinic
            """,
            policy={"legs": {"pass_by_s": 300}},
        ),
        Example(
            "A microsecond longer, and it was visited",
            """
            time            | where        | reason
            09:00           | station      | on_duty
            09:10           | -0.13 51.537 | home_leg
            09:12           | clinic       | protected_place
            09:13           | clinic       | protected_place
            09:15:00.000001 | -0.13 51.523 | home_leg
            10:00           | station      | on_duty
            """,
            places="""
            place | officer  | kind   | where
            h1    | o1       | home   | home
            c1    | everyone | clinic | clinic
            """,
            policy={"legs": {"pass_by_s": 300}},
        ),
        Example(
            "Where nothing is heard before or after it, nobody knows how long it took",
            """
            time  | where   | reason
            09:00 | clinic  | protected_place
            09:01 | street  | home_leg
            09:02 | station | on_duty
            """,
            places="""
            place | officer  | kind   | where
            h1    | o1       | home   | home
            c1    | everyone | clinic | clinic
            """,
            policy={"legs": {"pass_by_s": 300}},
        ),
        Example(
            "A home is never passed by, and no place for everyone beside it",
            """
            time  | where        | reason
            09:00 | station      | on_duty
            09:10 | -0.13 51.537 | home_leg
            09:11 | clinic       | protected_place
            09:12 | home         | protected_place
            09:13 | -0.13 51.523 | home_leg
            09:20 | station      | on_duty
            """,
            places="""
            place | officer  | kind   | where
            h1    | o1       | home   | home
            c1    | everyone | clinic | clinic
            """,
            policy={"legs": {"pass_by_s": 300}},
        ),
        Example(
            "What one device only passed is no visit of the other either",
            """
            device | time  | where        | reason
            d1     | 09:00 | station      | on_duty
            d1     | 09:10 | -0.13 51.537 | on_duty
            d1     | 09:12 | clinic       | protected_place
            d1     | 09:14 | -0.13 51.523 | on_duty
            d1     | 10:00 | station      | on_duty
            d2     | 09:00 | station      | on_duty
            d2     | 09:13 | street       | on_duty
            d2     | 10:00 | station      | on_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o1
            """,
            places="""
            place | officer  | kind   | where
            h1    | o1       | home   | home
            c1    | everyone | clinic | clinic
            """,
            policy={"legs": {"pass_by_s": 300}},
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


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_home_leg(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
