"""Rows that cannot be read as pings: stored completely in the quarantine, for the data engineer."""

import pytest

from tests.spec.stories import Chapter, Example, check_example
from tests.world import ping, rows_of, world

CHAPTER = Chapter(
    "quarantine",
    "A row that cannot be read as a ping is hidden, too. It is stored completely in the quarantine, with the first "
    "reason that applies: `no_device`, `bad_time`, `future_time` (after the run's `as_of`) or `bad_position`.",
    (
        Example(
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
        Example(
            "The first that applies",
            """
            device | time       | where | reason
            -      | yesterday  | -     | quarantine:no_device
            d1     | yesterday  | -     | quarantine:bad_time
            d1     | 2027-01-01 | -     | quarantine:future_time
            """,
        ),
        Example(
            "At `as_of` is not after it",
            """
            time            | reason
            16:00           | off_duty
            16:00:00.000001 | quarantine:future_time
            """,
            as_of="16:00",
        ),
        Example(
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
        Example(
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


@pytest.mark.parametrize("example", CHAPTER.examples, ids=str)
def test_quarantine(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)


def test_the_quarantine_keeps_the_row_as_read(ask_filter):
    """The quarantine has the row as read, besides file, row and reason."""
    bad = {**ping("09:00"), "observed_at": "yesterday noon"}
    outcome = ask_filter(world([ping("08:30"), bad]))
    (quarantined,) = rows_of(outcome.path / "quarantine")
    assert (quarantined["row"], quarantined["reason"]) == (1, "bad_time")
    assert "yesterday noon" in str(quarantined)
    assert "-0.15" in str(quarantined)
    assert outcome.result.quarantined == 1
