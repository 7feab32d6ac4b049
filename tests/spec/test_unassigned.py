"""`unassigned`: nobody held the device at that instant."""

import pytest

from tests.spec.stories import Chapter, Story, told

CHAPTER = Chapter(
    "unassigned",
    "Nobody held the device at that instant, so nobody's duty can vouch for the position.",
    (
        Story(
            "A device that is in nobody's name",
            """
            device | time  | reason
            d1     | 09:00 | on_duty
            d9     | 09:00 | unassigned
            """,
        ),
        Story(
            "A device is held from the first instant to just before the last",
            """
            time            | reason
            08:59:59.999999 | unassigned
            09:00:00        | on_duty
            11:59:59.999999 | on_duty
            12:00:00        | unassigned
            """,
            assignments="""
            device | officer | from  | to
            d1     | o1      | 09:00 | 12:00
            """,
        ),
        Story(
            "Handing a device back and taking it again leaves a gap",
            """
            time  | reason
            09:30 | on_duty
            10:30 | unassigned
            11:30 | on_duty
            """,
            assignments="""
            device | officer | from  | to
            d1     | o1      | 08:00 | 10:00
            d1     | o1      | 11:00 | -
            """,
        ),
        Story(
            "An assignment that ends when it starts holds nothing",
            """
            time  | reason
            09:00 | unassigned
            """,
            assignments="""
            device | officer | from  | to
            d1     | o1      | 09:00 | 09:00
            """,
        ),
        Story(
            "A handover without an officer makes the device nobody's, throughout",
            """
            device | time  | reason
            d1     | 09:00 | unassigned
            d1     | 13:00 | unassigned
            d2     | 09:00 | on_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | -
            d1     | -       | 12:00      | -
            d2     | o1      | 2026-01-01 | -
            """,
        ),
        Story(
            "A handover at a time that cannot be read does the same",
            """
            time  | reason
            09:00 | unassigned
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | -
            d1     | o2      | Monday     | -
            """,
        ),
        Story(
            "So does one without a start, and one that ends before it starts",
            """
            device | time  | reason
            d1     | 09:00 | unassigned
            d2     | 09:00 | unassigned
            """,
            assignments="""
            device | officer | from  | to
            d1     | o1      | -     | -
            d2     | o1      | 08:00 | 07:00
            """,
        ),
    ),
)


@pytest.mark.parametrize("story", CHAPTER.stories, ids=str)
def test_unassigned(story, ask_filter):
    """Each story holds."""
    told(story, ask_filter)
