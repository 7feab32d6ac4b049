"""Times without an offset: what the job declares, and zones that keep winter time (specification#no-offset)."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "zones",
    "A time without an offset from UTC is not known, unless the job declares the table's `time_zone`; then it is a "
    "wall time there. A roster's times are wall times in any case. Where a wall time happened twice or never, what "
    "grants is read narrowly, what hides widely, and a ping's time cannot be read. A row's zone GMT, EST, MST or HST "
    "may have been meant for the policy's zone, where that one has summer time: then both readings count, likewise.",
    (
        Example(
            "Times without an offset stop the run",
            """
            time                | reason
            2026-03-02T09:00:00 | -
            """,
            stops=True,
        ),
        Example(
            "So do those of assignments, and of places",
            """
            time  | reason
            09:00 | -
            """,
            assignments="""
            device | officer | from                | to
            d1     | o1      | 2026-01-01T08:00:00 | -
            """,
            stops=True,
        ),
        Example(
            "In a declared zone they are wall times there",
            """
            time                       | reason
            2026-07-01T07:59:59.999999 | off_duty
            2026-07-01T08:00:00        | on_duty
            2026-07-01T08:00:00Z       | on_duty
            2026-07-01T15:59:59.999999 | on_duty
            2026-07-01T16:00:00        | off_duty
            2026-07-01T15:30:00Z       | off_duty
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-07-01T08:00 | 2026-07-01T16:00
            """,
            inputs={"pings": {"time_zone": "Europe/London"}},
        ),
        Example(
            "A wall time that happened twice, or never, is no time of a ping",
            """
            time                | reason
            2026-03-29T00:59:59 | on_duty
            2026-03-29T01:00:00 | quarantine:bad_time
            2026-03-29T01:59:59 | quarantine:bad_time
            2026-03-29T02:00:00 | on_duty
            2026-10-25T00:59:59 | on_duty
            2026-10-25T01:00:00 | quarantine:bad_time
            2026-10-25T01:59:59 | quarantine:bad_time
            2026-10-25T02:00:00 | on_duty
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-03-28T22:00 | 2026-03-29T06:00
            r2    | 2026-10-24T22:00 | 2026-10-25T06:00
            """,
            inputs={"pings": {"time_zone": "Europe/London"}},
        ),
        Example(
            "An assignment from the repeated hour on: custody from its second time, a second holder from its first",
            """
            device | time                 | reason
            d1     | 2026-10-25T00:29:59Z | unassigned
            d1     | 2026-10-25T00:30:00Z | unassigned
            d1     | 2026-10-25T01:30:00Z | on_duty
            d2     | 2026-10-25T00:29:59Z | on_duty
            d2     | 2026-10-25T00:30:00Z | shared
            """,
            assignments="""
            device | officer | from                | to
            d1     | o1      | 2026-10-25T01:30:00 | -
            d2     | o1      | 2026-01-01          | -
            d2     | o2      | 2026-10-25T01:30:00 | -
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-10-24T22:00 | 2026-10-25T06:00
            """,
            inputs={"assignments": {"time_zone": "Europe/London"}},
        ),
        Example(
            "A place in the declared zone protects from the first reading of its beginning",
            """
            time                        | where  | reason
            2026-10-25T00:29:59.999999Z | clinic | on_duty
            2026-10-25T00:30:00Z        | clinic | protected_place
            2026-10-25T02:29:59.999999Z | clinic | protected_place
            2026-10-25T02:30:00Z        | clinic | on_duty
            """,
            roster="""
            shift | starts           | ends
            r1    | 2026-10-24T22:00 | 2026-10-25T06:00
            """,
            places="""
            place | officer  | kind   | where  | from                | to
            h1    | o1       | home   | home   | -                   | -
            c1    | everyone | clinic | clinic | 2026-10-25T01:30:00 | 2026-10-25T02:30:00
            """,
            policy={"legs": {"rule": "off"}},
            inputs={"places": {"time_zone": "Europe/London"}},
        ),
        Example(
            "GMT in summer: duty from the later beginning to the earlier end, leave from the earlier to the later",
            """
            time                        | reason
            2026-07-01T07:59:59.999999Z | off_duty
            2026-07-01T08:00:00Z        | on_duty
            2026-07-01T09:59:59.999999Z | on_duty
            2026-07-01T10:00:00Z        | off_duty
            2026-07-01T11:59:59.999999Z | off_duty
            2026-07-01T12:00:00Z        | on_duty
            2026-07-01T14:59:59.999999Z | on_duty
            2026-07-01T15:00:00Z        | off_duty
            """,
            roster="""
            shift | starts           | ends             | code  | zone
            r1    | 2026-07-01T08:00 | 2026-07-01T16:00 | duty  | GMT
            l1    | 2026-07-01T11:00 | 2026-07-01T12:00 | leave | GMT
            """,
        ),
        Example(
            "GMT in winter is what it says, and so is UTC in summer",
            """
            time                        | reason
            08:00                       | on_duty
            15:59:59.999999             | on_duty
            16:00                       | off_duty
            2026-07-01T08:00:00Z        | on_duty
            2026-07-01T15:59:59.999999Z | on_duty
            2026-07-01T16:00:00Z        | off_duty
            """,
            roster="""
            shift | starts           | ends             | zone
            r1    | 08:00            | 16:00            | GMT
            r2    | 2026-07-01T08:00 | 2026-07-01T16:00 | UTC
            """,
        ),
        Example(
            "The table's declared zone is that of roster rows without one",
            """
            time                        | reason
            2026-07-01T05:59:59.999999Z | off_duty
            2026-07-01T06:00:00Z        | on_duty
            2026-07-01T14:00:00Z        | off_duty
            2026-07-02T07:00:00Z        | on_duty
            2026-07-02T15:00:00Z        | off_duty
            """,
            roster="""
            shift | starts           | ends             | zone
            r1    | 2026-07-01T08:00 | 2026-07-01T16:00 | -
            r2    | 2026-07-02T08:00 | 2026-07-02T16:00 | Europe/London
            """,
            inputs={"roster": {"time_zone": "Europe/Paris"}},
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_zones(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
