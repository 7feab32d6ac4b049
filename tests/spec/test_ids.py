"""Ids: white space, words for nothing, and lookalikes (specification#ids, specification#lookalikes)."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "ids",
    "Ids are compared without the white space around them. The words `NULL`, `null`, `None`, `none`, `nan`, `NaN`, "
    "`N/A`, `#N/A`, `<NA>` and `\\N` are a missing id, and a list is one that cannot be read. Two ids are *lookalikes* "
    "where only capitals, the width of letters, zeros in front or a `.0` at the end make them differ. What grants "
    "applies to exactly its id; what hides applies to every lookalike as well.",
    (
        Example(
            "White space around an id does not count",
            """
            device | time  | reason
            ␣d1    | 09:00 | on_duty
            d1␣    | 09:30 | off_duty
            d1     | 10:30 | on_duty
            """,
            assignments="""
            device | officer
            d1     | ␣o1␣
            """,
            roster="""
            shift | officer | starts | ends  | code
            r1    | o1␣     | 08:00  | 16:00 | duty
            l1    | ␣o1     | 09:15  | 10:00 | leave
            """,
            places="""
            place | officer | where
            h1    | ␣␣o1    | home
            """,
        ),
        Example(
            "Words for nothing are nobody; other words are names",
            """
            device | time  | reason
            d1     | 09:00 | unassigned
            d2     | 09:00 | unassigned
            d3     | 09:00 | unassigned
            d4     | 09:00 | off_duty
            d5     | 09:00 | on_duty
            NULL   | 09:00 | quarantine:no_device
            ["d5"] | 09:00 | quarantine:no_device
            """,
            assignments="""
            device | officer
            d1     | NULL
            d2     | None
            d3     | #N/A
            d4     | Nobody
            d5     | o1
            """,
        ),
        Example(
            "A place of a word for nothing, or of a list, is a place for everyone",
            """
            device | time  | where      | reason
            d1     | 09:00 | clinic     | protected_place
            d2     | 09:00 | clinic     | protected_place
            d1     | 10:00 | other home | protected_place
            d2     | 10:00 | street     | on_duty
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts | ends
            r1    | o1      | 08:00  | 16:00
            r2    | o2      | 08:00  | 16:00
            """,
            places="""
            place | officer      | kind   | where
            h1    | o1           | home   | home
            h2    | o2           | home   | home
            c1    | none         | clinic | clinic
            f1    | ["o1", "o2"] | family | other home
            """,
            policy={"legs": {"rule": "off"}},
        ),
        Example(
            "Leave of a lookalike takes duty away; duty of a lookalike grants nothing",
            """
            device | time  | reason
            d1     | 09:30 | off_duty
            d1     | 11:00 | on_duty
            d2     | 11:00 | off_duty
            """,
            assignments="""
            device | officer
            d1     | 7
            d2     | 0070
            """,
            roster="""
            shift | officer | starts | ends  | code
            r1    | 7       | 08:00  | 16:00 | duty
            l1    | 007.0   | 09:00  | 10:00 | leave
            r2    | 70      | 08:00  | 16:00 | duty
            """,
            places="""
            place | officer | where
            h1    | 7       | home
            h2    | 0070    | home
            """,
        ),
        Example(
            "A home of a lookalike protects, and is no home on record",
            """
            device | time  | where      | reason
            d1     | 09:00 | station    | on_duty
            d1     | 10:00 | other home | protected_place
            d2     | 09:00 | station    | no_home
            """,
            assignments="""
            device | officer
            d1     | R7
            d2     | R8
            """,
            roster="""
            shift | officer | starts | ends
            r1    | R7      | 08:00  | 16:00
            r2    | R8      | 08:00  | 16:00
            """,
            places="""
            place | officer | where
            h1    | R7      | home
            h2    | r7      | other home
            h3    | Ｒ8      | home
            """,
        ),
        Example(
            "A holder of a lookalike of the device is a holder of it, and known by a lookalike alone it is nobody's",
            """
            device | time  | reason
            12     | 09:00 | shared
            012    | 09:00 | shared
            12.0   | 09:00 | shared
            5      | 09:00 | on_duty
            05     | 09:00 | on_duty
            005    | 09:00 | unassigned
            """,
            assignments="""
            device | officer
            12     | o1
            012    | o2
            5      | o1
            05     | o1
            """,
        ),
        Example(
            "Two spellings of one officer are two holders",
            """
            time  | reason
            09:00 | shared
            """,
            assignments="""
            device | officer
            d1     | 7
            d1     | 7.0
            """,
            roster="""
            shift | officer | starts | ends
            r1    | 7       | 08:00  | 16:00
            r2    | 7.0     | 08:00  | 16:00
            """,
        ),
        Example(
            "A version of a lookalike shift undoes duty, and no leave",
            """
            time  | reason
            09:00 | off_duty
            11:00 | on_duty
            13:30 | off_duty
            """,
            roster="""
            shift | starts | ends  | code  | status    | recorded
            r1    | 08:00  | 10:00 | duty  | active    | 2026-02-01
            R1    | -      | -     | -     | cancelled | 2026-02-02
            r2    | 10:00  | 16:00 | duty  | active    | 2026-02-01
            l1    | 13:00  | 14:00 | leave | active    | 2026-02-01
            L1    | -      | -     | -     | cancelled | 2026-02-02
            """,
        ),
        Example(
            "A version of a lookalike shift of somebody else undoes nothing",
            """
            time  | reason
            09:00 | on_duty
            """,
            roster="""
            shift | officer | starts | ends  | status    | recorded
            r1    | o1      | 08:00  | 16:00 | active    | 2026-02-01
            R1    | o2      | -      | -     | cancelled | 2026-02-02
            """,
        ),
        Example(
            "Where lookalikes truly are different things, the job says so",
            """
            device | time  | reason
            12     | 09:00 | on_duty
            012    | 09:00 | on_duty
            0012   | 09:00 | unassigned
            """,
            assignments="""
            device | officer
            12     | o1
            012    | o2
            """,
            roster="""
            shift | officer | starts | ends
            r1    | o1      | 08:00  | 16:00
            r2    | o2      | 08:00  | 16:00
            """,
            places="""
            place | officer | where
            h1    | o1      | home
            h2    | o2      | other home
            """,
            inputs={"assignments": {"distinct": ["device_id"]}},
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_ids(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
