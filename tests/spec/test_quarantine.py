"""Rows that cannot be read as pings: stored completely in the quarantine, for the data engineer."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each
from tests.world import ping, rows_of, world

CHAPTER = Chapter(
    "quarantine",
    "A row that cannot be read as a ping is hidden, too. It is stored completely in the quarantine, with the first "
    "reason that applies: `no_device`, `bad_time`, `future_time` (more than 60 s after the row was received) or "
    "`bad_position`.",
    (
        Example(
            "Rows that are no pings",
            """
            device | time                 | where      | received | reason
            -      | 09:00                | station    | -        | quarantine:no_device
            NULL   | 09:00                | station    | -        | quarantine:no_device
            d1     | yesterday            | station    | -        | quarantine:bad_time
            d1     | -                    | station    | -        | quarantine:bad_time
            d1     | 2026-02-30T09:00:00Z | station    | -        | quarantine:bad_time
            d1     | 2026-03-02           | station    | -        | quarantine:bad_time
            d1     | 09:00                | station    | 08:30    | quarantine:future_time
            d1     | 09:00                | -          | -        | quarantine:bad_position
            d1     | 09:00                | -0.15 91   | -        | quarantine:bad_position
            d1     | 09:00                | 180.1 51.5 | -        | quarantine:bad_position
            d1     | 09:00                | nan 51.52  | -        | quarantine:bad_position
            d1     | 09:00                | -0.15 inf  | -        | quarantine:bad_position
            d1     | 09:00                | 0 0        | -        | quarantine:bad_position
            d1     | 09:01                | station    | 09:05    | on_duty
            """,
        ),
        Example(
            "The first that applies",
            """
            device | time      | where   | received | reason
            -      | yesterday | -       | 08:30    | quarantine:no_device
            d1     | yesterday | -       | 08:30    | quarantine:bad_time
            d1     | 09:00     | -       | 08:30    | quarantine:future_time
            d1     | 09:00     | -       | 09:30    | quarantine:bad_position
            d1     | 09:00     | station | 09:30    | on_duty
            """,
        ),
        Example(
            "A clock may be a minute ahead of the time at which the row was received; a time that says nothing is "
            "ignored",
            """
            time            | received   | reason
            09:01:00        | 09:00      | on_duty
            09:02:00.000001 | 09:01      | quarantine:future_time
            09:03           | 11:00      | on_duty
            09:04           | soon       | on_duty
            09:05           | 2026-02-01 | on_duty
            09:06           | -          | on_duty
            """,
        ),
        Example(
            "A device may say itself that it has no fix",
            """
            time  | valid | reason
            09:00 | true  | on_duty
            09:01 | A     | on_duty
            09:02 | Valid | on_duty
            09:03 | 1     | on_duty
            09:04 | -     | on_duty
            09:05 | false | quarantine:bad_position
            09:06 | V     | quarantine:bad_position
            09:07 | 0     | quarantine:bad_position
            09:08 | fix   | quarantine:bad_position
            """,
        ),
        Example(
            "At `as_of` is not after it",
            """
            time            | reason
            15:59           | on_duty
            16:00           | off_duty
            16:00:00.000001 | -
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
            d1     | 12:30     | station | on_duty
            d1     | 15:00     | -       | -
            """,
            interval=("12:00", "14:00"),
        ),
        Example(
            "How an instant may be written",
            """
            time                           | reason
            2026-03-02 09:00:00Z           | on_duty
            2026-03-02T09:01Z              | on_duty
            2026-03-02T10:02:00+01:00      | on_duty
            2026-03-02T05:03:00-0400       | on_duty
            2026-03-02T10:04:00+01         | on_duty
            2026-03-02T09:05:00.123456789Z | on_duty
            2026-03-02                     | quarantine:bad_time
            2026-03-02T24:00:00Z           | quarantine:bad_time
            2026-03-02T09:00:61Z           | quarantine:bad_time
            02/03/2026 09:00               | quarantine:bad_time
            infinity                       | quarantine:bad_time
            2026-03-02T09:00:00Europe      | quarantine:bad_time
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
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
