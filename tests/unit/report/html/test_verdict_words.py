"""What to take away of all checks, in the language of a page: in English, word by word what `verify` says."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offduty.pages.language import ENGLISH, language
from offduty.report.data.verification import verdict
from offduty.report.html.verdict_words import verdict_in_words
from offduty.verify.meanings import BROKEN_OFF, FOLLOWS, MEANINGS, OPEN_QUESTIONS
from offduty.verify.verdict import Check, Count, Explanation, Figure, Status, Unit

GERMAN = language("de")
NEEDS = [(), ("--key",), ("--inputs",), ("--reference",), ("--policy", "--inputs")]


@st.composite
def checks(draw):
    """A check with any end: of each number that there is, and of one that there is not."""
    status = draw(st.sampled_from(list(Status)))
    rows = draw(st.sampled_from([0, 7, 120, 4_778_659]))
    return Check(
        draw(st.sampled_from([*MEANINGS, "9.9"])),
        "a name & more",
        "rows",
        Count(draw(st.integers(0, 2)), Unit.ROWS),
        status,
        Explanation(),
        told=draw(st.sampled_from([(), ("a table was altered", "and more")])),
        figures=(Figure("released later", Count(rows, Unit.ROWS), ("late_file",)),) if rows else (),
        follows=status is Status.FAIL and draw(st.booleans()),
        needs=draw(st.sampled_from(NEEDS)),
    )


@given(st.lists(checks(), max_size=12))
def test_the_english_of_the_catalogue_is_what_verify_says(found):
    """The same truth by two hands, for any set of checks."""
    said = html.unescape(str(verdict_in_words(found, ENGLISH)))
    assert said == verdict(found)[1]


def test_each_meaning_and_question_has_its_words():
    """As `verify` has them, so that a new check is not forgotten in the catalogue."""
    for number, meaning in MEANINGS.items():
        assert ENGLISH.say(f"verdict_fail.{number}") == meaning.fail
    for question in OPEN_QUESTIONS:
        assert ENGLISH.say(f"verdict_open.{question.checks[0]}") == question.what
    assert (ENGLISH.say("verdict.follows"), ENGLISH.say("verdict.broken_off")) == (FOLLOWS, BROKEN_OFF.fail)


def ended(number, status, **more):
    """A check that ended so."""
    return Check(number, "a name", "rows", Count(1, Unit.ROWS), status, Explanation(), **more)


def test_it_is_german_on_a_german_page():
    """What was found, what is not known, what to give; numbers as the language writes them."""
    found = [ended("1.1", Status.PASS), ended("5.1", Status.NOT_DONE, needs=("--inputs",))]
    found.append(ended("6.1", Status.PASS, figures=(Figure("later", Count(4_778_659, Unit.ROWS), ("late_file",)),)))
    assert str(verdict_in_words(found, GERMAN)) == (
        "Es wurde nichts Falsches gefunden. 2 Prüfungen sind bestanden; 1 ließ sich nicht machen; darum ist nicht"
        " bekannt, ob jede Position so freigegeben oder verborgen wurde, wie die Regeln es sagen (5.1: --inputs"
        " angeben). Spätere Läufe haben Positionen freigegeben, die frühere verborgen hatten, alle aus gewöhnlichen"
        " Gründen (6.1): etwa 4.800.000."
    )
    wrong = str(verdict_in_words([ended("2.2", Status.FAIL), ended("1.1", Status.PASS)], GERMAN))
    assert wrong.startswith("1 Prüfung hat etwas Falsches gefunden: 2.2: Im Speicher liegt eine Datei, die kein Lauf")
    assert wrong.endswith("Diesem Bericht nicht vertrauen, bevor das erklärt ist.")
    assert "lang=" not in wrong


@pytest.mark.parametrize("status", [Status.FAIL, Status.NOT_DONE])
def test_what_the_catalogue_does_not_know_is_marked_as_english(status):
    """The name of a check that no question has, and a meaning that one check alone has."""
    one = ended("3.5", status) if status is Status.NOT_DONE else altered("4.1")
    said = str(verdict_in_words([one, ended("1.1", Status.PASS)], GERMAN))
    assert re.search(r'<span lang="en-GB">(a name|the roster was altered)', said)


def altered(number):
    """A check that found a table altered."""
    return ended(number, Status.FAIL, told=("the roster was altered afterwards",))
