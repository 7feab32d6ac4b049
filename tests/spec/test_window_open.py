"""`window_open`: the duty window had not ended when the question was asked."""

import pytest

from tests.spec.stories import Chapter, Story, told

CHAPTER = Chapter(
    "window_open",
    "The duty was not over when the question was asked (`as_of`): whether the way leads home is not known yet. A later "
    "run decides it.",
    (
        Story(
            "Asked in the middle of a shift",
            """
            time  | reason
            09:00 | window_open
            12:00 | window_open
            """,
            as_of="12:00",
        ),
        Story(
            "A poor fix waits as any other does: this reason comes before",
            """
            time  | accuracy | reason
            09:00 | 500      | window_open
            10:00 | -        | window_open
            """,
            as_of="12:00",
        ),
        Story(
            "Asked just before its end",
            """
            time  | reason
            09:00 | window_open
            """,
            as_of="15:59:59.999999",
        ),
        Story(
            "Asked at its end",
            """
            time  | reason
            09:00 | on_duty
            """,
            as_of="16:00",
        ),
        Story(
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
        Story(
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
        Story(
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
    ),
)


@pytest.mark.parametrize("story", CHAPTER.stories, ids=str)
def test_window_open(story, ask_filter):
    """Each story holds."""
    told(story, ask_filter)
