"""`duplicate`: another ping of the same device and instant is released in its place."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "duplicate",
    "Another ping of the same device and instant is released in its place: the most accurate one, and of equals the "
    "first by longitude, latitude, file and row.",
    (
        Example(
            "The most accurate is released",
            """
            time            | accuracy | reason
            09:00           | 20       | duplicate
            09:00           | 10       | on_duty
            09:00:00.000001 | 30       | on_duty
            """,
        ),
        Example(
            "Then the westernmost, then the southernmost, then the first row",
            """
            time  | where         | reason
            09:00 | -0.1500 51.52 | duplicate
            09:00 | -0.1501 51.52 | on_duty
            10:00 | -0.15 51.5201 | duplicate
            10:00 | -0.15 51.5200 | on_duty
            11:00 | -0.15 51.52   | on_duty
            11:00 | -0.15 51.52   | duplicate
            """,
        ),
        Example(
            "Only one that is not hidden can stand for another",
            """
            time  | where   | accuracy | reason
            08:30 | station | 10       | on_duty
            09:00 | station | 0        | imprecise
            09:00 | station | 20       | on_duty
            """,
        ),
        Example(
            "Two devices at one instant are two pings",
            """
            device | time  | reason
            d1     | 09:00 | on_duty
            d2     | 09:00 | on_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o1
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_duplicate(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
