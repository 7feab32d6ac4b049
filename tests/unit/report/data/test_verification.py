"""What a report prints of the checks: no exact count of rows and no name of a file, whatever the wording of a check."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.report.data.verification import how_many, why
from offduty.report.sections.verification import _checks
from offduty.verify.verdict import Check, Count, EntryNumber, Explanation, FileName, Label, Status, Unit, explain

ROUNDED = [unit for unit in Unit if unit not in (Unit.FILES, Unit.NAMES, Unit.ENTRIES, Unit.COSIGNERS)]
WORDING = st.text(st.characters(exclude_categories=["Nd", "Nl", "No", "Cs", "Cc"], exclude_characters="{}"))


def a_check(wording: Explanation, unit: Unit = Unit.ROWS, count: int = 1) -> Check:
    """A check that passed, with this explanation."""
    return Check("9.9", "a new check", "whatever it looks at", Count(count, unit), Status.PASS, wording)


@given(WORDING, WORDING, st.integers(100, 10**12), st.sampled_from(ROUNDED))
def test_no_wording_of_a_check_shows_an_exact_number_of_rows(before, after, count, unit):
    """A new check, with words that nobody thought of: the page has the magnitude of its number and nothing else."""
    check = a_check(explain(before + "{number}" + after, number=Count(count, unit)), unit, count)
    assert f"{count:,}" in str(check.why)
    for text in (why(check).removeprefix(before).removesuffix(after), how_many(check)):
        assert re.fullmatch("about [0-9]{1,3}(,[0-9]{3})*", text)
        (printed,) = re.findall("[0-9,]+", text)
        assert len(printed.replace(",", "").rstrip("0")) <= 2


@pytest.mark.parametrize("rows", range(1, 100))
def test_a_small_number_of_rows_is_not_printed(rows):
    check = a_check(explain("{rows} rows", rows=Count(rows, Unit.ROWS)), count=rows)
    assert (why(check), how_many(check)) == ("fewer than 100 rows", "fewer than 100")


def test_a_number_cannot_be_written_into_the_words():
    """The only way to a number on the page is a value that says what it counts."""
    rows = 4_778_659
    with pytest.raises(ValueError, match="plain words with a digit"):
        a_check(explain(f"{rows:,} rows"))
    with pytest.raises(ValueError, match="plain words with a digit"):
        Check("9.9", f"{rows} rows", "rows", Count(rows, Unit.ROWS), Status.PASS, Explanation())


def test_entries_and_files_are_printed_exactly_and_names_of_files_not_at_all():
    check = a_check(
        explain(
            "entry {entry}: {files} files, {file} is one, by {version}",
            entry=EntryNumber(1_234),
            files=Count(5_678, Unit.FILES),
            file=FileName("pings/PC 1234.parquet"),
            version=Label("26.0"),
        ),
        Unit.ENTRIES,
        91_011,
    )
    assert why(check) == "entry 1234: 5,678 files, a file is one, by 26.0"
    assert how_many(check) == "91,011"


def test_findings_are_not_on_the_page():
    """They name files and rows."""
    check = Check("5.1", "a", "b", Count(1, Unit.ROWS), Status.FAIL, explain("some"), ("pings/a.csv, row 7123",), 1)
    assert "7123" not in str(_checks([check]))
