"""What a check may say: numbers are values with a unit, never digits in plain words."""

from __future__ import annotations

import pytest

from offduty.verify.meanings import BROKEN_OFF, MEANINGS
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
    headline,
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
    assert (check.result().status, str(check.result().why)) == (Status.DOES_NOT_APPLY, "there is nothing to look at")
    check.add(5)
    assert check.result("all of them").status is Status.PASS
    check.not_done("no key was given")
    check.not_done("no key was given")
    assert (check.result().status, str(check.result().why)) == (Status.NOT_DONE, "no key was given")
    check.all_wrong((f"row {row}" for row in range(3)), 1_300)
    ended = check.result()
    assert (ended.status, ended.found, len(ended.findings)) == (Status.FAIL, 1_300, 3)
    assert str(ended.why) == "found wrong: 1,300; not done: no key was given"


def ended(number: str, status: Status) -> Check:
    return Check(number, "name", "rows", Count(1, Unit.ROWS), status, Explanation())


def test_what_stands_beside_changes_no_answer():
    """What a check is not about is said, and makes neither a NOT DONE nor a PASS."""
    check = CheckBuilder("2.1", "name", "files", Unit.FILES)
    check.does_not_apply("two releases were withdrawn")
    assert (check.result().status, str(check.result().why)) == (Status.DOES_NOT_APPLY, "two releases were withdrawn")
    check.add()
    assert (check.result("each").status, str(check.result("each").why)) == (
        Status.PASS,
        "each; two releases were withdrawn",
    )
    check.not_done("one is not there")
    assert str(check.result("each").why) == "one is not there; two releases were withdrawn"


def test_figures_of_one_thing_are_added_up():
    """A number that somebody needs is a field, with its causes for programs."""
    check = CheckBuilder("6.1", "name", "rows", Unit.ROWS)
    check.figure("released later", 3, ("late_file",))
    check.figure("released later", 4, ("late_file",))
    check.figure("released later", 5, ("policy",))
    assert [(f.what, f.count.value, f.causes) for f in check.result().figures] == [
        ("released later", 7, ("late_file",)),
        ("released later", 5, ("policy",)),
    ]


def test_the_headline_says_what_to_take_away():
    """Nothing sounds wrong because it was not looked at; a FAIL says what it means, and passing over is counted."""
    passed, undone, apart = (
        [ended("1.1", Status.PASS), ended("1.2", Status.PASS)],
        [ended("1.5", Status.NOT_DONE), ended("1.6", Status.NOT_DONE)],
        [ended("6.1", Status.DOES_NOT_APPLY)],
    )
    assert headline([*passed, *apart]) == "Nothing wrong was found. 2 checks passed."
    assert headline([*passed, *undone]) == (
        "Nothing wrong was found. 2 checks passed; 2 could not be made, so it is not known whether the log"
        " still begins with the log that you saw before (1.5: see there why); whether somebody outside has signed for"
        " the log (1.6: see there why)."
    )
    assert "FAIL" not in headline([*passed, *undone])
    failed = headline([ended("2.2", Status.FAIL), *passed, *undone])
    assert failed == (
        "1 check found something wrong: 2.2, the store has a file that no run published. 2 checks passed; 2 could not"
        " be made."
    )
    assert headline(undone) == "Nothing was checked, so nothing is known to be right or wrong."


def not_made(number: str, needs: str) -> Check:
    check = CheckBuilder(number, "name", "rows", Unit.ROWS)
    check.not_done("no evidence was given", needs)
    return check.result()


def test_the_headline_says_what_is_not_known_and_what_to_give():
    """The most important thing first: that no decision was made again stands before who signed."""
    undone = [not_made("1.3", "--key"), not_made("5.1", "--inputs"), not_made("5.2", "--inputs")]
    assert headline([ended("1.1", Status.PASS), *undone]) == (
        "Nothing wrong was found. 1 check passed; 3 could not be made, so it is not known whether every position was"
        " released or hidden as the rules say (5.1, 5.2: give --inputs); who wrote the log (1.3: give --key)."
    )


def test_what_no_option_would_help_is_said_too():
    """A table that was changed since: the same question is open, and the check says why."""
    check = CheckBuilder("5.1", "name", "rows", Unit.ROWS)
    check.not_done("the roster is not the version that was read")
    other = ended("3.5", Status.NOT_DONE)
    said = headline([ended("1.1", Status.PASS), not_made("4.2", "--inputs"), other, check.result()])
    assert "whether every position was released or hidden as the rules say (4.2, 5.1: see there why)" in said
    assert said.endswith("; whether name (3.5).")


def test_a_check_that_asks_less_than_one_that_passed_leaves_nothing_open():
    """Whoever decided every row again need not ask whether the released rows are possible."""
    undone = not_made("5.4", "--reference")
    assert headline([ended("5.1", Status.PASS), undone]) == (
        "Nothing wrong was found. 1 check passed; 1 could not be made. 5.4 was not needed: 5.1 asks more."
    )
    assert "(5.4: give --reference)" in headline([ended("1.1", Status.PASS), undone])


def test_the_headline_counts_what_came_out_later():
    """Also where it is all right: a reader must not learn it from a table far below. A report writes it rounded."""
    check = CheckBuilder("6.1", "name", "rows", Unit.ROWS)
    check.add(40)
    check.figure("released later", 30, ("window_closed",))
    check.figure("released later", 4, ("late_file",))
    words = " Later runs released positions that earlier runs had hidden, all for allowed causes (6.1): "
    assert headline([check.result("all")]) == f"Nothing wrong was found. 1 check passed.{words}34."
    assert headline([check.result("all")], lambda count: "few").endswith(f"{words}few.")
    check.not_done("a table changed")
    assert words not in headline([ended("1.1", Status.PASS), check.result()])


def test_what_is_wrong_only_in_a_changed_file_is_a_consequence():
    """It stays a FAIL, and accuses nobody of what the change explains; what is wrong elsewhere is said as ever."""
    check = CheckBuilder("3.4", "name", "files", Unit.FILES)
    with check.of_file(lambda: True):
        check.wrong("a file cannot be read")
    follows = check.result()
    assert (follows.status, follows.follows) == (Status.FAIL, True)
    assert follows.meaning.fail.startswith("a consequence of the file that was changed")
    assert headline([ended("2.1", Status.FAIL), follows]).startswith(
        "2 checks found something wrong: 2.1, a file was changed, lost, or replaced by a link, or was deleted although"
        " it may not be; 3.4, a consequence of the file"
    )
    with check.of_file(lambda: False):
        check.wrong("a page too many")
    assert not check.result().follows
    assert check.result().meaning is MEANINGS["3.4"]


def test_every_check_says_what_it_is_good_for():
    """In words without numbers of rows; a check that broke off has its own."""
    for number, meaning in MEANINGS.items():
        assert ended(number, Status.PASS).meaning is meaning
        assert meaning.protects != meaning.fail
        assert not meaning.fail.endswith(".")
    assert ended("4 and 5", Status.FAIL).meaning is BROKEN_OFF
