"""`no_home`: the policy requires a known home, and none is on record."""

import pytest

from tests.spec.stories import Chapter, Example, check_example

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
    ),
)


@pytest.mark.parametrize("example", CHAPTER.examples, ids=str)
def test_no_home(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
