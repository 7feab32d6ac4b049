"""What a check may say: numbers are values with a unit, never digits in plain words."""

from __future__ import annotations

import pytest

from offduty.verify.verdict import (
    Check,
    CheckBuilder,
    Count,
    EntryNumber,
    Explanation,
    FileName,
    Label,
    Status,
    Unit,
    explain,
    join,
)


def test_an_explanation_is_printed_in_full():
    why = explain(
        "entry {entry}: {rows} rows of {file}, by {version}",
        entry=EntryNumber(3),
        rows=Count(4_778_659, Unit.ROWS),
        file=FileName("pings/a.parquet"),
        version=Label("Arrow 26.0"),
    )
    assert str(why) == "entry 3: 4,778,659 rows of pings/a.parquet, by Arrow 26.0"
    assert str(join([why, explain("no key")])) == f"{why}; no key"
    assert explain("{all}", all=why) == why


@pytest.mark.parametrize("digit", ["7", "4,778,659", "٧", "½"])
def test_plain_words_may_have_no_digit(digit):
    """So a number that was written into a sentence is refused where it is written."""
    with pytest.raises(ValueError, match="plain words with a digit"):
        explain(f"{digit} rows")
    with pytest.raises(ValueError, match="plain words with a digit"):
        explain("{rows} rows", rows=digit)
    with pytest.raises(ValueError, match="plain words with a digit"):
        Explanation((f"{digit} rows",))
    with pytest.raises(ValueError, match="plain words with a digit"):
        Check("5.1", "name", f"{digit} rows", Count(1, Unit.ROWS), Status.PASS, Explanation())
    with pytest.raises(ValueError, match="plain words with a digit"):
        CheckBuilder("5.1", "name", "rows", Unit.ROWS).not_done(f"{digit} rows")


def test_a_check_fails_if_anything_is_wrong_and_passes_only_if_all_was_done():
    check = CheckBuilder("5.1", "name", "rows", Unit.ROWS)
    assert (check.result().status, str(check.result().why)) == (Status.NOT_DONE, "there is nothing to look at")
    check.add(5)
    assert check.result("all of them").status is Status.PASS
    check.not_done("no key was given")
    check.not_done("no key was given")
    assert (check.result().status, str(check.result().why)) == (Status.NOT_DONE, "no key was given")
    check.all_wrong((f"row {row}" for row in range(3)), 1_300)
    ended = check.result()
    assert (ended.status, ended.found, len(ended.findings)) == (Status.FAIL, 1_300, 3)
    assert str(ended.why) == "1,300 found; not done: no key was given"
