"""`no_home`: the policy requires a known home, and none is on record."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "no_home",
    "The policy requires a known home, and none is on record for the officer at that instant, so the position may be "
    "at home.",
    (
        Example(
            "No home on record for this officer",
            """
            time  | reason
            09:00 | no_home
            """,
            places="""
            place | officer | where
            h1    | o9      | home
            """,
        ),
        Example(
            "A policy may do without",
            """
            time  | reason
            09:00 | on_duty
            """,
            places="""
            place | officer | where
            h1    | o9      | home
            """,
            policy={"places": {"require_home": False}},
        ),
        Example(
            "A clinic is no home, nor is a home that protects everyone",
            """
            time  | reason
            09:00 | no_home
            """,
            places="""
            place | officer  | kind   | where
            c1    | o1       | clinic | clinic
            h1    | everyone | home   | home
            """,
        ),
        Example(
            "A home is on record from its first valid instant to just before its last",
            """
            time            | reason
            09:59:59.999999 | no_home
            10:00           | on_duty
            13:59:59.999999 | on_duty
            14:00           | no_home
            """,
            places="""
            place | officer | where | from  | to
            h1    | o1      | home  | 10:00 | 14:00
            """,
        ),
        Example(
            "Moving house leaves no gap",
            """
            time            | reason
            11:59:59.999999 | on_duty
            12:00           | on_duty
            """,
            places="""
            place | officer | where      | from       | to
            h1    | o1      | home       | 2026-01-01 | 12:00
            h2    | o1      | other home | 12:00      | -
            """,
        ),
        Example(
            "A home until a date is on record until that day begins",
            """
            time                        | reason
            2026-03-02T23:59:59.999999Z | on_duty
            2026-03-03T00:00:00Z        | no_home
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-03-02T20:00 | 2026-03-03T06:00
            """,
            places="""
            place | officer | where | to
            h1    | o1      | home  | 2026-03-03
            """,
        ),
        Example(
            "A home farther from every workplace than the policy says is none on record, and protects where it lies",
            """
            device | time  | where      | reason
            d1     | 09:00 | station    | no_home
            d2     | 09:00 | station    | on_duty
            d2     | 10:00 | -5.0 36.50 | protected_place
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
            h1    | o1      | -5.0 36.50
            h2    | o2      | -5.0 36.50
            h3    | o2      | other home
            """,
            policy={"places": {"max_km": 500}},
        ),
        Example(
            "A home without a readable validity is on record at all times",
            """
            time  | reason
            09:00 | on_duty
            """,
            places="""
            place | officer | where | from
            h1    | o1      | home  | last year
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_no_home(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
