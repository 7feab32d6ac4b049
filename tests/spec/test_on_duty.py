"""`on_duty`: released, because every proof was given."""

import pytest

from tests.spec.stories import Chapter, Story, told

CHAPTER = Chapter(
    "on_duty",
    "Released: the device was one known officer's, on duty then and still, the fix good, home known and far, and work on "
    "both sides of it.",
    (
        Story(
            "A plain day",
            """
            time            | where   | reason
            07:59:59        | station | off_duty
            08:00           | station | on_duty
            09:00           | street  | on_duty
            10:00           | station | on_duty
            11:00           | street  | home_leg
            12:00           | home    | protected_place
            13:00           | street  | home_leg
            14:00           | station | on_duty
            15:59:59.999999 | station | on_duty
            16:00           | station | off_duty
            """,
        ),
        Story(
            "Only the interval asked for is recorded; what lies around it is still looked at",
            """
            time            | where   | reason
            08:30           | station | -
            11:59:59.999999 | street  | -
            12:00           | street  | on_duty
            13:00           | corner  | on_duty
            14:00           | station | -
            """,
            interval=("12:00", "14:00"),
        ),
        Story(
            "The order of the rows does not matter",
            """
            time  | where   | reason
            15:30 | street  | home_leg
            15:00 | station | on_duty
            08:30 | station | on_duty
            12:00 | street  | on_duty
            """,
        ),
    ),
)


@pytest.mark.parametrize("story", CHAPTER.stories, ids=str)
def test_on_duty(story, ask_filter):
    """Each story holds."""
    told(story, ask_filter)
