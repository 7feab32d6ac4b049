"""`imprecise`: the accuracy is missing, unusable or too poor."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "imprecise",
    "The accuracy is missing, not positive, not finite, or above `accuracy.max_m`, so it is not known well enough "
    "where the device was: it may have been at home.",
    (
        Example(
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
        Example(
            "A policy may assume an accuracy where none was given, not where it is unusable",
            """
            time  | accuracy | reason
            09:00 | -        | on_duty
            09:01 | nan      | imprecise
            09:02 | 0        | imprecise
            """,
            policy={"accuracy": {"when_missing": 30}},
        ),
        Example(
            "A policy may take nought for nothing written, for trackers that mean it so; nothing else",
            """
            time  | accuracy | reason
            09:00 | -        | on_duty
            09:01 | 0        | on_duty
            09:02 | 0.0      | on_duty
            09:03 | -5       | imprecise
            09:04 | nan      | imprecise
            """,
            policy={"accuracy": {"when_missing": 30, "zero": "missing"}},
        ),
        Example(
            "Where nothing is assumed, nought is hidden all the same",
            """
            time  | accuracy | reason
            09:00 | -        | imprecise
            09:01 | 0        | imprecise
            09:02 | 10       | on_duty
            """,
            policy={"accuracy": {"zero": "missing"}},
        ),
        Example(
            "An accuracy assumed above the limit is still above the limit",
            """
            time  | accuracy | reason
            09:00 | -        | imprecise
            """,
            policy={"accuracy": {"when_missing": 150}},
        ),
        Example(
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
        Example(
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
        Example(
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


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_imprecise(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
