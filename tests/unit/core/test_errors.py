"""Tests of errors and reasons: exit codes, messages, and the order of the reasons, which must not change unnoticed."""

import pickle

import pytest

from offduty.core.errors import (
    InputError,
    OffdutyError,
    PrivacyError,
    ProofError,
    StorageError,
    StoreBusyError,
    UsageError,
)
from offduty.core.reasons import QuarantineReason, Reason


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (OffdutyError, 1),
        (UsageError, 2),
        (InputError, 3),
        (PrivacyError, 4),
        (StoreBusyError, 5),
        (StorageError, 6),
        (ProofError, 7),
    ],
)
def test_each_kind_has_its_exit_code_of_the_specification(kind, code):
    assert kind("something").exit_code == code
    assert isinstance(kind("something"), OffdutyError)


def test_a_message_names_file_and_row_where_it_knows_them():
    assert str(InputError("no officer")) == "no officer"
    assert str(InputError("no officer", file="roster.csv")) == "roster.csv: no officer"
    assert str(InputError("no officer", file="roster.csv", row=0)) == "roster.csv, row 0: no officer"


def test_a_row_without_a_file_is_not_shown():
    assert str(InputError("no officer", row=7)) == "no officer"


def test_an_error_is_the_same_after_pickling():
    back = pickle.loads(pickle.dumps(InputError("no officer", file="roster.csv", row=3)))
    assert (type(back), str(back), back.row) == (InputError, "roster.csv, row 3: no officer", 3)


def test_the_reasons_are_in_the_order_of_the_specification():
    assert [reason.word for reason in sorted(Reason)] == [
        "unassigned",
        "shared",
        "off_duty",
        "late_edit",
        "window_open",
        "imprecise",
        "no_home",
        "protected_place",
        "home_leg",
        "duplicate",
        "on_duty",
    ]


def test_only_the_last_reason_releases():
    assert [reason for reason in Reason if reason.released] == [Reason.ON_DUTY] == [max(Reason)]


def test_the_content_of_an_empty_buffer_is_a_reason_to_hide():
    assert not Reason(0).released


def test_a_word_leads_back_to_its_reason_and_nothing_else_does():
    assert all(Reason.of(reason.word) is reason for reason in Reason)
    with pytest.raises(KeyError):
        Reason.of("ON_DUTY")


def test_the_quarantine_reasons_are_in_the_order_of_the_specification():
    assert [r.word for r in sorted(QuarantineReason)] == ["no_device", "bad_time", "future_time", "bad_position"]


def test_every_reason_says_why():
    sentences = [reason.because for reason in (*Reason, *QuarantineReason)]
    assert all(sentences) and len(set(sentences)) == len(sentences)
