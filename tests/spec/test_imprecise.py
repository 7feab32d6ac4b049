"""`imprecise`: the accuracy says too little."""

import pytest

from tests.spec.stories import Chapter, Story, told

CHAPTER = Chapter(
    "imprecise",
    "The accuracy is missing, not positive, not finite, or above `accuracy.max_m`: where the device was is not known well "
    "enough to say that it was not at home.",
    (
        Story(
            "What counts as an accuracy",
            """
            time  | accuracy | reason
            09:00 | 10       | on_duty
            09:01 | 100      | on_duty
            09:02 | 100.01   | imprecise
            09:03 | 0        | imprecise
            09:04 | -5       | imprecise
            09:05 | nan      | imprecise
            09:06 | inf      | imprecise
            09:07 | -        | imprecise
            09:08 | 0.001    | on_duty
            """,
        ),
        Story(
            "A policy may assume an accuracy where none was given, not where it is unusable",
            """
            time  | accuracy | reason
            09:00 | -        | on_duty
            09:01 | nan      | imprecise
            09:02 | 0        | imprecise
            """,
            policy={"accuracy": {"when_missing": 30}},
        ),
        Story(
            "An accuracy assumed above the limit is still above the limit",
            """
            time  | accuracy | reason
            09:00 | -        | imprecise
            """,
            policy={"accuracy": {"when_missing": 150}},
        ),
        Story(
            "A poor fix at home is imprecise, and still hides the way there and back",
            """
            time  | where   | accuracy | reason
            09:00 | station | 10       | on_duty
            10:00 | street  | 10       | home_leg
            10:30 | home    | 500      | imprecise
            11:00 | street  | 10       | home_leg
            12:00 | station | 10       | on_duty
            """,
        ),
        Story(
            "A fix without an accuracy near home is taken to be as poor as is allowed",
            """
            time  | where         | accuracy | reason
            09:00 | station       | 10       | on_duty
            10:00 | street        | 10       | home_leg
            10:30 | -0.0935 51.50 | -        | imprecise
            11:00 | street        | 10       | home_leg
            12:00 | station       | 10       | on_duty
            """,
        ),
        Story(
            "A poor fix elsewhere hides only itself",
            """
            time  | where   | accuracy | reason
            09:00 | station | 10       | on_duty
            10:00 | street  | 10       | on_duty
            10:30 | street  | 5000     | imprecise
            11:00 | street  | 10       | on_duty
            12:00 | station | 10       | on_duty
            """,
        ),
    ),
)


@pytest.mark.parametrize("story", CHAPTER.stories, ids=str)
def test_imprecise(story, ask_filter):
    """Each story holds."""
    told(story, ask_filter)
