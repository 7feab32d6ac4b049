"""`off_duty`: the officer was not on duty."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "off_duty",
    "By the roster as it is known at `as_of`, the officer was not on duty at that instant.",
    (
        Example(
            "A shift begins with its first instant and is over at its last",
            """
            time            | reason
            07:59:59.999999 | off_duty
            08:00           | on_duty
            15:59:59.999999 | on_duty
            16:00           | off_duty
            """,
        ),
        Example(
            "An officer without a roster is never on duty",
            """
            time  | reason
            09:00 | off_duty
            """,
            roster="""
            shift | officer | starts | ends
            r1    | o7      | 08:00  | 16:00
            """,
        ),
        Example(
            "Leave, rest, breaks and any code the policy does not call duty take duty away, whoever says otherwise",
            """
            time            | reason
            09:59:59.999999 | on_duty
            10:00           | off_duty
            10:30           | on_duty
            12:00           | off_duty
            12:59:59.999999 | off_duty
            13:00           | on_duty
            14:30           | off_duty
            15:30           | on_duty
            """,
            roster="""
            shift | starts | ends  | code
            r1    | 08:00  | 16:00 | duty
            b1    | 10:00  | 10:30 | break
            l1    | 12:00  | 13:00 | leave
            x1    | 14:00  | 15:00 | Duty
            """,
        ),
        Example(
            "A missing duty code takes away",
            """
            time  | reason
            09:00 | on_duty
            12:30 | off_duty
            """,
            roster="""
            shift | starts | ends  | code
            r1    | 08:00  | 16:00 | duty
            x1    | 12:00  | 13:00 | -
            """,
        ),
        Example(
            "Leave for one officer takes nothing from another",
            """
            time  | reason
            12:30 | on_duty
            """,
            roster="""
            shift | officer | starts | ends  | code
            r1    | o1      | 08:00  | 16:00 | duty
            l1    | o2      | 12:00  | 13:00 | leave
            """,
        ),
        Example(
            "A shift cancelled afterwards was no duty: narrowing always counts, and needs no times and no code",
            """
            time  | reason
            09:00 | off_duty
            """,
            roster="""
            shift | starts | ends  | code | status    | recorded
            r1    | 08:00  | 16:00 | duty | active    | 2026-02-01
            r1    | -      | -     | -    | cancelled | 2026-03-05
            """,
        ),
        Example(
            "Leave recorded afterwards counts, and stops counting once it is cancelled",
            """
            time  | reason
            09:00 | on_duty
            13:00 | off_duty
            14:30 | on_duty
            """,
            roster="""
            shift | starts | ends  | code  | status    | recorded
            r1    | 08:00  | 16:00 | duty  | active    | 2026-02-01
            l1    | 12:00  | 14:00 | leave | active    | 2026-03-05
            l2    | 14:00  | 15:00 | leave | active    | 2026-02-01
            l2    | -      | -     | -     | cancelled | 2026-02-02
            """,
        ),
        Example(
            "A shift that ends when it starts is empty; one that ends before cannot be read, and grants nothing",
            """
            time  | reason
            08:00 | off_duty
            09:00 | off_duty
            """,
            roster="""
            shift | starts | ends
            r1    | 08:00  | 08:00
            r2    | 16:00  | 08:00
            """,
        ),
        Example(
            "The newest version known counts, for another officer too",
            """
            device | time  | reason
            d1     | 09:00 | off_duty
            d2     | 09:00 | on_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | -
            d2     | o2      | 2026-01-01 | -
            """,
            roster="""
            shift | officer | starts | ends  | recorded
            r1    | o1      | 08:00  | 16:00 | 2026-02-01
            r1    | o2      | 08:00  | 16:00 | 2026-02-02
            """,
            places="""
            place | officer | where
            h1    | o1      | home
            h2    | o2      | other home
            """,
        ),
        Example(
            "Two versions recorded at the same instant contradict each other: the shift grants nothing",
            """
            time  | reason
            09:00 | off_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 16:00 | 2026-02-01
            r1    | 08:00  | 15:00 | 2026-02-01
            r1    | 08:00  | 16:00 | 2026-02-02
            """,
        ),
        Example(
            "The same version written twice is one version",
            """
            time  | reason
            09:00 | on_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 16:00 | 2026-02-01
            r1    | 08:00  | 16:00 | 2026-02-01
            """,
        ),
        Example(
            "A new leave under the name of an old one does not undo it: `annual` may be the name of many leaves",
            """
            time  | reason
            09:30 | off_duty
            11:00 | on_duty
            14:30 | off_duty
            """,
            roster="""
            shift  | starts | ends  | code  | recorded
            r1     | 08:00  | 16:00 | duty  | 2026-02-01
            annual | 09:00  | 10:00 | leave | 2026-02-01
            annual | 14:00  | 15:00 | leave | 2026-02-02
            """,
        ),
        Example(
            "A leave is moved by a later version that meets it; one that only touches it undoes nothing",
            """
            time  | reason
            09:15 | on_duty
            09:45 | off_duty
            10:15 | off_duty
            12:30 | off_duty
            13:30 | off_duty
            """,
            roster="""
            shift | starts | ends  | code  | recorded
            r1    | 08:00  | 16:00 | duty  | 2026-02-01
            l1    | 09:00  | 10:00 | leave | 2026-02-01
            l1    | 09:30  | 10:30 | leave | 2026-02-02
            l2    | 12:00  | 13:00 | leave | 2026-02-01
            l2    | 13:00  | 14:00 | leave | 2026-02-02
            """,
        ),
        Example(
            "A leave is undone by a version that names the same officer, and by no other's",
            """
            device | time  | reason
            d1     | 12:30 | off_duty
            d2     | 12:30 | on_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts | ends  | code  | status    | recorded
            r1    | o1      | 08:00  | 16:00 | duty  | active    | 2026-02-01
            r2    | o2      | 08:00  | 16:00 | duty  | active    | 2026-02-01
            team  | o1      | 12:00  | 13:00 | leave | active    | 2026-02-01
            team  | o2      | 12:00  | 13:00 | leave | active    | 2026-02-02
            team  | o2      | -      | -     | -     | cancelled | 2026-02-03
            """,
            places="""
            place | officer | where
            h1    | o1      | home
            h2    | o2      | other home
            """,
        ),
        Example(
            "A cancellation without times undoes leaves that meet each other; of two apart nobody knows which is meant",
            """
            device | time  | reason
            d1     | 09:30 | on_duty
            d1     | 10:30 | on_duty
            d2     | 09:30 | off_duty
            d2     | 14:30 | off_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts | ends  | code  | status    | recorded
            r1    | o1      | 08:00  | 16:00 | duty  | active    | 2026-02-01
            r2    | o2      | 08:00  | 16:00 | duty  | active    | 2026-02-01
            l1    | o1      | 09:00  | 10:30 | leave | active    | 2026-02-01
            l1    | o1      | 10:00  | 11:00 | leave | active    | 2026-02-02
            l1    | o1      | -      | -     | -     | cancelled | 2026-02-03
            l2    | o2      | 09:00  | 10:00 | leave | active    | 2026-02-01
            l2    | o2      | 14:00  | 15:00 | leave | active    | 2026-02-02
            l2    | o2      | -      | -     | -     | cancelled | 2026-02-03
            """,
            places="""
            place | officer | where
            h1    | o1      | home
            h2    | o2      | other home
            """,
        ),
        Example(
            "Where versions contradict each other, leave among them takes away all the same",
            """
            time  | reason
            09:00 | on_duty
            12:30 | off_duty
            """,
            roster="""
            shift | starts | ends  | code  | recorded
            r1    | 08:00  | 16:00 | duty  | 2026-02-01
            x1    | 12:00  | 13:00 | leave | 2026-02-02
            x1    | 12:00  | 13:00 | duty  | 2026-02-02
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_off_duty(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
