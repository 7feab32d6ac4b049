"""What was recorded after as_of is not there (specification#unknown-yet)."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "what was not known",
    "A row that was recorded after `as_of` is not there: it neither grants nor hides, nor does it contradict "
    "anything. A ping after `as_of` is outside the interval. `as_of` may not lie in the future, nor before that of an "
    "earlier run over the same time.",
    (
        Example(
            "Leave recorded after `as_of` is not there; recorded on the date of `as_of` it is",
            """
            time  | reason
            08:30 | on_duty
            09:30 | on_duty
            10:30 | off_duty
            """,
            roster="""
            shift | starts | ends  | code  | recorded
            r1    | 08:00  | 11:00 | duty  | 2026-02-01
            l1    | 09:00  | 10:00 | leave | 12:00:00.000001
            l2    | 10:00  | 11:00 | leave | 2026-03-02
            """,
            as_of="12:00",
        ),
        Example(
            "A second holder recorded after `as_of` is none; recorded at `as_of`, one",
            """
            device | time  | reason
            d1     | 09:00 | on_duty
            d2     | 09:00 | shared
            """,
            assignments="""
            device | officer | recorded
            d1     | o1      | 2026-02-01T00:00Z
            d1     | o2      | 12:00:00.000001
            d2     | o1      | 2026-02-01T00:00Z
            d2     | o2      | 12:00:00
            """,
            roster="""
            shift | starts | ends
            r1    | 08:00  | 11:00
            """,
            as_of="12:00",
        ),
        Example(
            "Places likewise; on the date of `as_of` they protect, and are no home on record",
            """
            device | time  | where      | reason
            d1     | 09:00 | clinic     | on_duty
            d1     | 09:30 | other home | protected_place
            d2     | 09:00 | station    | no_home
            """,
            assignments="""
            device | officer
            d1     | o1
            d2     | o2
            """,
            roster="""
            shift | officer | starts | ends
            r1    | o1      | 08:00  | 11:00
            r2    | o2      | 08:00  | 11:00
            """,
            places="""
            place | officer  | kind   | where      | recorded
            h1    | o1       | home   | home       | 2026-02-01T00:00Z
            f1    | o1       | family | other home | 2026-03-02
            c1    | everyone | clinic | clinic     | 12:00:00.000001
            h2    | o2       | home   | home       | 2026-03-02
            """,
            policy={"legs": {"rule": "off"}},
            as_of="12:00",
        ),
        Example(
            "Two versions of which one was recorded after `as_of` do not contradict each other",
            """
            time  | reason
            09:00 | on_duty
            """,
            roster="""
            shift | starts | ends  | recorded
            r1    | 08:00  | 11:00 | 2026-02-01
            r1    | 08:00  | 10:00 | 13:00
            r1    | 08:00  | 11:00 | 13:00
            """,
            as_of="12:00",
        ),
        Example(
            "A place whose record time cannot be read protects, and is no home on record",
            """
            device | time  | where   | reason
            d1     | 09:00 | station | no_home
            d2     | 09:00 | clinic  | protected_place
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
            place | officer | kind   | where  | recorded
            h1    | o1      | home   | home   | some day
            h2    | o2      | home   | home   | -
            f2    | o2      | family | clinic | some day
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_not_known(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
