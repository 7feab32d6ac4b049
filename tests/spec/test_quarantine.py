"""Rows that are no pings: kept whole in the quarantine, for the data engineer."""

import pytest

from tests.spec.stories import Chapter, Story, told
from tests.world import ping, rows_of, world

CHAPTER = Chapter(
    "quarantine",
    "A row that cannot be read as a ping is hidden too, and kept whole in the quarantine: `no_device`, `bad_time`, "
    "`future_time` (after the run's `as_of`) or `bad_position`; the first that applies.",
    (
        Story(
            "Rows that are no pings",
            """
            device | time                 | where      | reason
            -      | 09:00                | station    | quarantine:no_device
            d1     | yesterday            | station    | quarantine:bad_time
            d1     | -                    | station    | quarantine:bad_time
            d1     | 2026-02-30T09:00:00Z | station    | quarantine:bad_time
            d1     | 2027-01-01T00:00:00Z | station    | quarantine:future_time
            d1     | 09:00                | -          | quarantine:bad_position
            d1     | 09:00                | -0.15 91   | quarantine:bad_position
            d1     | 09:00                | 180.1 51.5 | quarantine:bad_position
            d1     | 09:00                | nan 51.52  | quarantine:bad_position
            d1     | 09:00                | -0.15 inf  | quarantine:bad_position
            d1     | 09:00                | 0 0        | quarantine:bad_position
            d1     | 09:01                | station    | on_duty
            """,
        ),
        Story(
            "The first that applies",
            """
            device | time       | where | reason
            -      | yesterday  | -     | quarantine:no_device
            d1     | yesterday  | -     | quarantine:bad_time
            d1     | 2027-01-01 | -     | quarantine:future_time
            """,
        ),
        Story(
            "At `as_of` is not after it",
            """
            time            | reason
            16:00           | off_duty
            16:00:00.000001 | quarantine:future_time
            """,
            as_of="16:00",
        ),
        Story(
            "Outside the interval bad rows are not recorded either, but one without a time belongs to every run",
            """
            device | time      | where   | reason
            -      | 11:00     | station | -
            d1     | 11:00     | -       | -
            -      | 13:00     | station | quarantine:no_device
            d1     | yesterday | station | quarantine:bad_time
            d1     | 15:00     | -       | -
            """,
            interval=("12:00", "14:00"),
        ),
        Story(
            "How an instant may be written",
            """
            time                           | reason
            2026-03-02 09:00:00            | on_duty
            2026-03-02T09:01               | on_duty
            2026-03-02T10:02:00+01:00      | on_duty
            2026-03-02T05:03:00-0400       | on_duty
            2026-03-02T10:04:00+01         | on_duty
            2026-03-02T09:05:00.123456789Z | on_duty
            2026-03-02                     | off_duty
            2026-03-02T24:00:00Z           | quarantine:bad_time
            2026-03-02T09:00:61Z           | quarantine:bad_time
            02/03/2026 09:00               | quarantine:bad_time
            infinity                       | quarantine:bad_time
            2026-03-02T09:00:00Europe      | quarantine:bad_time
            """,
        ),
    ),
)


@pytest.mark.parametrize("story", CHAPTER.stories, ids=str)
def test_quarantine(story, ask_filter):
    """Each story holds."""
    told(story, ask_filter)


def test_the_quarantine_keeps_the_row_as_read(ask_filter):
    """What was read stands beside file, row and reason."""
    bad = {**ping("09:00"), "observed_at": "yesterday noon"}
    said = ask_filter(world([ping("08:30"), bad]))
    (kept,) = rows_of(said.path / "quarantine")
    assert (kept["row"], kept["reason"]) == (1, "bad_time")
    assert "yesterday noon" in str(kept)
    assert "-0.15" in str(kept)
    assert said.result.quarantined == 1
