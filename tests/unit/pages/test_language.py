"""Every language says the same things: the same keys, and in each message the same values."""

from __future__ import annotations

import re
import string
from datetime import date

import pytest

from offduty.core.disclosure import ENGLISH as COUNT_WORDS
from offduty.core.errors import UsageError
from offduty.pages.language import ENGLISH, language, languages

OTHERS = [name for name in languages() if name != "en"]


def values_of(message: str) -> set[str]:
    """The names of the values that a message has places for."""
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_there_is_a_second_language():
    """So that the tests below examine something."""
    assert "de" in OTHERS


@pytest.mark.parametrize("name", OTHERS)
def test_a_language_has_every_key_and_no_other(name):
    """A missing sentence would be an error on somebody's page; a spare one is said nowhere."""
    assert language(name).messages.keys() == ENGLISH.messages.keys()


@pytest.mark.parametrize("name", OTHERS)
def test_each_message_has_the_same_values_and_emphasis(name):
    """A figure that is dropped in translation is a rule that the reader does not hear of."""
    for key, message in language(name).messages.items():
        assert values_of(message) == values_of(ENGLISH.messages[key]), key
        assert message.count("**") == ENGLISH.messages[key].count("**"), key
        assert message.count("**") % 2 == 0, key


@pytest.mark.parametrize("name", OTHERS)
def test_no_sentence_is_left_in_english(name):
    """Words of two languages may be the same; whole sentences are not."""
    same = [
        key for key, text in language(name).messages.items() if text == ENGLISH.messages[key] and text.count(" ") > 2
    ]
    assert same == []


def test_a_translation_is_a_draft_until_somebody_has_checked_it():
    """Who sets it to false has read every line of both files."""
    assert [name for name in languages() if language(name).draft] == ["de"]


def test_numbers_and_days_are_written_as_the_language_writes_them():
    """German has points between thousands, and a point after the day."""
    german = language("de")
    assert (ENGLISH.number(1_234_567), german.number(1_234_567)) == ("1,234,567", "1.234.567")
    assert (ENGLISH.share(30, 10_000), german.share(30, 10_000)) == ("0.3 %", "0,3 %")
    assert (german.share(1, 100_000), german.share(99_999, 100_000)) == ("unter 0,1 %", "über 99 %")
    assert german.day(date(2026, 3, 2)) == "2. März 2026"
    assert (german.count(None), german.count(0), german.count(1_240)) == ("weniger als 10", "keine", "1.240")
    assert german.many("duration.day", 1) == "1 Tag"


def test_the_catalogue_says_counts_as_every_other_text_does():
    """English counts stand in the catalogue, for translators, and in `disclosure`, for messages that are no page."""
    assert ENGLISH.counts == COUNT_WORDS


def test_a_sentence_about_one_does_not_go_on_about_several():
    """It was said: "1 row not decided: a later run decides them" was said."""
    ones = {key: text for key, text in ENGLISH.messages.items() if key.endswith(".one")}
    assert {
        key: text for key, text in ones.items() if re.search(r"\{count\} .*\b(?<!of )(they|them|their) ", text + " ")
    } == {}
    assert ENGLISH.many("own.older", 1).startswith("Runs that were later superseded had released 1 position. It ")
    assert ENGLISH.many("roster_audit.weeks_label", 1) == "the line: 1 hour a week"


def test_values_are_escaped_and_stars_in_them_are_not_strong():
    """Only the message itself may say what is strong."""
    said = ENGLISH.markup("report.table_changed", text="<b>**{x}**")
    assert str(said) == "<strong>A table changed.</strong> &lt;b&gt;**{x}**"


def test_a_language_that_is_not_there():
    """The error says which are."""
    with pytest.raises(UsageError, match="de and en"):
        language("../en")
