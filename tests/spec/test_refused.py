"""Reference rows that cannot be read: each of them only hides more."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "refused rows",
    "A row of the assignments, roster, places or sites that cannot be read only ever hides more, and is reported by "
    "file and row. A row that would hide something and does not name whose stops the run.",
    (
        Example(
            "A version that cannot be read grants nothing from when it was recorded: then it was no duty, and it is"
            " none now",
            """
            time  | reason
            09:00 | off_duty
            13:00 | off_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 16:00 | 2026-02-01
            r1    | 08:00  | later | 12:00
            """,
        ),
        Example(
            "A later version that can be read grants again",
            """
            time            | reason
            09:00           | on_duty
            12:00           | late_edit
            12:59:59.999999 | late_edit
            13:00           | on_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 16:00 | 2026-02-01
            r1    | 08:00  | later | 12:00
            r1    | 08:00  | 16:00 | 13:00
            """,
        ),
        Example(
            "Recorded nobody knows when, it grants nothing throughout",
            """
            time  | reason
            09:00 | off_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 16:00 | 2026-02-01
            r1    | 08:00  | 16:00 | soon
            """,
        ),
        Example(
            "Neither a status that is no status, nor a zone that is no zone, nor a missing time can be read",
            """
            time  | reason
            08:30 | off_duty
            10:30 | off_duty
            12:30 | off_duty
            14:30 | on_duty
            """,
            roster="""
            shift | starts | ends  | status | zone
            r1    | 08:00  | 10:00 | Active | -
            r2    | 10:00  | 12:00 | active | Europe/Atlantis
            r3    | 12:00  | -     | active | -
            r4    | 14:00  | 16:00 | active | Europe/London
            """,
        ),
        Example(
            "A version that cannot be read does not undo leave",
            """
            time  | reason
            09:00 | on_duty
            12:30 | off_duty
            """,
            roster="""
            shift | starts | ends  | code  | recorded
            r1    | 08:00  | 16:00 | duty  | 2026-02-01
            l1    | 12:00  | 13:00 | leave | 2026-02-01
            l1    | noon   | 13:00 | duty  | 2026-03-05
            """,
        ),
        Example(
            "Leave at a time that cannot be read takes all duty of its officer, and of nobody else",
            """
            device | time              | reason
            d1     | 09:00             | off_duty
            d1     | 2026-03-09T09:00Z | off_duty
            d2     | 09:00             | on_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts           | ends             | code
            r1    | o1      | 08:00            | 16:00            | duty
            r2    | o1      | 2026-03-09T08:00 | 2026-03-09T16:00 | duty
            l1    | o1      | 08:00            | ??               | leave
            r3    | o2      | 08:00            | 16:00            | duty
            """,
            places="""
            place | officer | where
            h1    | o1      | home
            h2    | o2      | other home
            """,
        ),
        Example(
            "A row with an officer and no shift leaves the officer no duty from when it was recorded",
            """
            time              | reason
            09:00             | off_duty
            2026-03-09T09:00Z | off_duty
            """,
            roster="""
            shift | starts           | ends             | recorded
            r1    | 08:00            | 16:00            | 2026-02-01
            r2    | 2026-03-09T08:00 | 2026-03-09T16:00 | 2026-02-01
            -     | 08:00            | 16:00            | 2026-03-05
            """,
        ),
        Example(
            "A row with a shift and no officer grants nothing; if it is leave, it takes all from whom the shift names",
            """
            device | time              | reason
            d1     | 09:00             | off_duty
            d1     | 2026-03-09T09:00Z | on_duty
            d2     | 09:00             | off_duty
            d2     | 2026-03-09T09:00Z | off_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts           | ends             | code  | recorded
            r1    | o1      | 08:00            | 16:00            | duty  | 2026-02-01
            r1    | -       | 08:00            | 16:00            | duty  | 2026-02-02
            r2    | o1      | 2026-03-09T08:00 | 2026-03-09T16:00 | duty  | 2026-02-01
            r3    | o2      | 08:00            | 16:00            | duty  | 2026-02-01
            r3    | -       | 08:00            | 16:00            | leave | 2026-02-02
            r4    | o2      | 2026-03-09T08:00 | 2026-03-09T16:00 | duty  | 2026-02-01
            """,
            places="""
            place | officer | where
            h1    | o1      | home
            h2    | o2      | other home
            """,
        ),
        Example(
            "Rows that say nothing at all are passed over",
            """
            time  | reason
            09:00 | on_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | -
            -      | -       | -          | -
            """,
            roster="""
            shift | officer | starts | ends  | code | status | recorded
            r1    | o1      | 08:00  | 16:00 | duty | active | 2026-02-01
            -     | -       | -      | -     | -    | -      | -
            """,
        ),
        Example(
            "Leave that says neither officer nor shift stops the run",
            """
            time  | reason
            09:00 | -
            """,
            roster="""
            shift | officer | starts | ends  | code
            r1    | o1      | 08:00  | 16:00 | duty
            -     | -       | 12:00  | 13:00 | leave
            """,
            stops=True,
        ),
        Example(
            "Leave of a shift that names nobody stops the run",
            """
            time  | reason
            09:00 | -
            """,
            roster="""
            shift | officer | starts | ends  | code
            r1    | o1      | 08:00  | 16:00 | duty
            l1    | -       | 12:00  | 13:00 | leave
            """,
            stops=True,
        ),
        Example(
            "An assignment without a device stops the run",
            """
            time  | reason
            09:00 | -
            """,
            assignments="""
            device | officer
            d1     | o1
            -      | o2
            """,
            stops=True,
        ),
        Example(
            "A leave that cannot be read and was recorded after `as_of` stops nothing: it is not there",
            """
            time  | reason
            09:00 | on_duty
            """,
            roster="""
            shift | officer | starts | ends  | code  | recorded
            r1    | o1      | 08:00  | 11:00 | duty  | 2026-02-01
            -     | -       | 09:00  | ??    | leave | 2026-03-05T00:00Z
            """,
            as_of="12:00",
        ),
        Example(
            "A table of which nothing can be read stops the run",
            """
            time  | reason
            09:00 | -
            """,
            roster="""
            shift | starts | ends  | status
            r1    | 08:00  | 16:00 | Active
            r2    | 08:00  | 16:00 | yes
            """,
            stops=True,
        ),
        Example(
            "So does a table of devices of which none is that of a ping",
            """
            device  | time  | reason
            radio-1 | 09:00 | -
            """,
            assignments="""
            device   | officer
            01-radio | o1
            """,
            stops=True,
        ),
        Example(
            "Unless it is only written otherwise, or cannot be read",
            """
            device  | time  | reason
            radio-1 | 09:00 | unassigned
            """,
            assignments="""
            device  | officer | from       | to
            RADIO-1 | o1      | 2026-01-01 | -
            """,
        ),
        Example(
            "A place for everyone that cannot be understood stops the run",
            """
            time  | reason
            09:00 | -
            """,
            places="""
            place | officer  | kind   | where  | radius
            h1    | o1       | home   | home   | 100
            c1    | everyone | clinic | clinic | -50
            """,
            stops=True,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_refused(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
