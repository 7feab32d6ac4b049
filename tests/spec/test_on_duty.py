"""`on_duty`: released, because no reason to hide applies."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "on_duty",
    "Released: the device was assigned to one officer, who was on duty by the roster as it was known then and as it "
    "is known at `as_of`; the accuracy is good enough, the home is known and far enough away, and there is work "
    "before and after the ping.",
    (
        Example(
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
        Example(
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
        Example(
            "With the default rules on silence and on the ends of windows",
            """
            time     | where   | reason
            08:14:59 | station | home_leg
            08:15:00 | station | on_duty
            08:20:00 | corner  | on_duty
            08:24:00 | street  | on_duty
            08:28:00 | corner  | on_duty
            08:32:00 | station | on_duty
            08:36:00 | corner  | home_leg
            11:00:00 | street  | home_leg
            11:05:00 | station | on_duty
            15:45:00 | station | home_leg
            """,
            policy={"legs": {"max_gap_s": 300, "hold_s": 900}},
        ),
        Example(
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


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_on_duty(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
