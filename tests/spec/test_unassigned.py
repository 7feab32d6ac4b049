"""`unassigned`: the device was assigned to nobody at that instant."""

import pytest

from tests.spec.stories import Chapter, Example, check_example, each

CHAPTER = Chapter(
    "unassigned",
    "The device was assigned to nobody at that instant, so no duty can prove that the position may be released.",
    (
        Example(
            "A device that is in nobody's name",
            """
            device | time  | reason
            d1     | 09:00 | on_duty
            d9     | 09:00 | unassigned
            """,
        ),
        Example(
            "A device is held from the first instant to just before the last",
            """
            time            | reason
            08:59:59.999999 | unassigned
            09:00:00        | on_duty
            11:59:59.999999 | on_duty
            12:00:00        | unassigned
            """,
            assignments="""
            device | officer | from  | to
            d1     | o1      | 09:00 | 12:00
            """,
        ),
        Example(
            "Handing a device back and taking it again leaves a gap",
            """
            time  | reason
            09:30 | on_duty
            10:30 | unassigned
            11:30 | on_duty
            """,
            assignments="""
            device | officer | from  | to
            d1     | o1      | 08:00 | 10:00
            d1     | o1      | 11:00 | -
            """,
        ),
        Example(
            "An assignment that ends when it starts holds nothing",
            """
            time  | reason
            09:00 | unassigned
            """,
            assignments="""
            device | officer | from  | to
            d1     | o1      | 09:00 | 09:00
            """,
        ),
        Example(
            "A handover without an officer makes the device nobody's, throughout",
            """
            device | time  | reason
            d1     | 09:00 | on_duty
            d1     | 12:00 | unassigned
            d1     | 13:00 | unassigned
            d1     | 15:00 | unassigned
            d2     | 13:00 | on_duty
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | -
            d1     | -       | 12:00      | -
            d2     | o1      | 2026-01-01 | -
            """,
        ),
        Example(
            "A handover at a time that cannot be read does the same",
            """
            time  | reason
            09:00 | unassigned
            13:00 | unassigned
            """,
            assignments="""
            device | officer | from       | to
            d1     | o1      | 2026-01-01 | -
            d1     | o2      | Monday     | -
            """,
        ),
        Example(
            "So does one without a start, and one that ends before it starts",
            """
            device | time  | reason
            d1     | 09:00 | unassigned
            d2     | 09:00 | unassigned
            d3     | 09:00 | on_duty
            """,
            assignments="""
            device | officer | from  | to
            d1     | o1      | -     | -
            d2     | o1      | 08:00 | 07:00
            d3     | o1      | 08:00 | -
            """,
        ),
        Example(
            "A handover that nobody can say when it was recorded does it, too",
            """
            device | time  | reason
            d1     | 09:00 | unassigned
            d2     | 09:00 | on_duty
            """,
            assignments="""
            device | officer | recorded
            d1     | o1      | 2026-02-01T00:00Z
            d1     | o2      | some day
            d2     | o1      | -
            """,
        ),
    ),
)


@pytest.mark.parametrize("example", each(CHAPTER.examples), ids=str)
def test_unassigned(example, ask_filter):
    """The oracle and the filter give the reasons of each example."""
    check_example(example, ask_filter)
