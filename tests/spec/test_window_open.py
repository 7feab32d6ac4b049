"""`window_open`: the duty window had not ended at `as_of`."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "window_open",
    "The duty window, or one that overlaps it on any device of the officer, had not ended at `as_of`, so it is not "
    "known yet whether the way leads home. A later run decides it.",
    (
        Example(
            "Asked in the middle of a shift",
            """
            time  | reason
            09:00 | window_open
            12:00 | window_open
            """,
            as_of="12:00",
        ),
        Example(
            "A poor fix waits as any other does: this reason comes before",
            """
            time  | accuracy | reason
            09:00 | 500      | window_open
            10:00 | -        | window_open
            """,
            as_of="12:00",
        ),
        Example(
            "Asked just before its end",
            """
            time  | reason
            09:00 | window_open
            """,
            as_of="15:59:59.999999",
        ),
        Example(
            "Asked at its end",
            """
            time  | reason
            09:00 | on_duty
            """,
            as_of="16:00",
        ),
        Example(
            "Overtime that follows on keeps the window open",
            """
            time  | reason
            09:00 | window_open
            """,
            roster="""
            shift | starts | ends  | code
            r1    | 08:00  | 16:00 | duty
            r2    | 16:00  | 18:00 | overtime
            """,
            as_of="17:00",
        ),
        Example(
            "A break closes one window and opens another",
            """
            time  | reason
            09:00 | on_duty
            14:00 | window_open
            """,
            roster="""
            shift | starts | ends  | code
            r1    | 08:00  | 16:00 | duty
            b1    | 12:00  | 13:00 | break
            """,
            as_of="15:00",
        ),
        Example(
            "Handing the device back closes the window",
            """
            time  | reason
            09:00 | on_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | 12:00
            """,
            as_of="12:00",
        ),
        Example(
            "A window waits for the windows that overlap it, through others if need be, and not for one that follows",
            """
            device | time  | reason
            d1     | 08:30 | on_duty
            d2     | 10:30 | window_open
            d3     | 11:30 | window_open
            d4     | 13:30 | window_open
            """,
            assignments="""
            device | officer | from  | to
            d1     | o1      | 08:00 | 10:00
            d2     | o1      | 10:00 | 11:30
            d3     | o1      | 11:00 | 13:00
            d4     | o1      | 12:00 | -
            """,
            as_of="14:00",
        ),
        Example(
            "The window of a colleague is no reason to wait",
            """
            device | time  | reason
            d1     | 09:00 | on_duty
            d2     | 09:00 | window_open
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts | ends
            r1    | o1      | 08:00  | 10:00
            r2    | o2      | 08:00  | 16:00
            """,
            as_of="12:00",
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_window_open(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
