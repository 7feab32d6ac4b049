"""Summer time: how wall times of the roster become instants."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "summer time",
    "Rosters contain wall times. Where a wall time happened twice or never, both readings are computed: duty starts "
    "at the later and ends at the earlier reading, leave starts at the earlier and ends at the later reading. (Times "
    "of pings are UTC; in summer London is one hour ahead of UTC.)",
    (
        Example(
            "A night of nine hours, when the clocks go back",
            """
            time                        | reason
            2026-10-24T20:59:59.999999Z | off_duty
            2026-10-24T21:00:00Z        | on_duty
            2026-10-25T05:59:59.999999Z | on_duty
            2026-10-25T06:00:00Z        | off_duty
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-10-24T22:00 | 2026-10-25T06:00
            """,
        ),
        Example(
            "A night of seven hours, when they go forward",
            """
            time                        | reason
            2026-03-28T21:59:59.999999Z | off_duty
            2026-03-28T22:00:00Z        | on_duty
            2026-03-29T04:59:59.999999Z | on_duty
            2026-03-29T05:00:00Z        | off_duty
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-03-28T22:00 | 2026-03-29T06:00
            """,
        ),
        Example(
            "Duty that ends in the repeated hour ends the first time; duty that starts in it starts the second time",
            """
            time                        | reason
            2026-10-25T00:29:59.999999Z | on_duty
            2026-10-25T00:30:00Z        | off_duty
            2026-10-25T01:29:59.999999Z | off_duty
            2026-10-25T01:30:00Z        | on_duty
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-10-24T22:00 | 2026-10-25T01:30
            r2    | 2026-10-25T01:30 | 2026-10-25T06:00
            """,
        ),
        Example(
            "Duty inside the repeated hour is empty; leave inside it takes both",
            """
            time                        | reason
            2026-10-25T00:14:59.999999Z | on_duty
            2026-10-25T00:15:00Z        | off_duty
            2026-10-25T01:44:59.999999Z | off_duty
            2026-10-25T01:45:00Z        | on_duty
            2026-10-26T00:30:00Z        | off_duty
            """,
            roster="""
            shift | starts           | ends             | code
            r1    | 2026-10-24T22:00 | 2026-10-25T06:00 | duty
            l1    | 2026-10-25T01:15 | 2026-10-25T01:45 | leave
            """,
        ),
        Example(
            "Duty that starts in the hour that never was starts at the later reading, leave at the earlier",
            """
            time                        | reason
            2026-03-29T00:29:59.999999Z | on_duty
            2026-03-29T00:30:00Z        | off_duty
            2026-03-29T01:29:59.999999Z | off_duty
            2026-03-29T01:30:00Z        | on_duty
            """,
            roster="""
            shift | starts           | ends             | code
            r1    | 2026-03-28T22:00 | 2026-03-29T09:00 | duty
            l1    | 2026-03-29T01:30 | 2026-03-29T01:30 | leave
            """,
        ),
        Example(
            "An offset wins over the zone, and a shift's zone over the policy's",
            """
            time                        | reason
            2026-07-01T06:59:59.999999Z | off_duty
            2026-07-01T07:00:00Z        | on_duty
            2026-07-01T09:00:00Z        | off_duty
            2026-07-01T12:00:00Z        | on_duty
            2026-07-01T14:00:00Z        | off_duty
            """,
            roster="""
            shift | starts                    | ends                      | zone
            r1    | 2026-07-01T08:00:00+01:00 | 2026-07-01T11:00:00+02:00 | America/New_York
            r2    | 2026-07-01T08:00          | 2026-07-01T10:00          | America/New_York
            """,
        ),
        Example(
            "Half an hour of summer time, at Lord Howe",
            """
            time                        | reason
            2026-04-04T14:44:59.999999Z | on_duty
            2026-04-04T14:45:00Z        | off_duty
            """,
            roster="""
            shift | starts           | ends             | zone
            r1    | 2026-04-04T20:00 | 2026-04-05T01:45 | Australia/Lord_Howe
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_summer_time(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
