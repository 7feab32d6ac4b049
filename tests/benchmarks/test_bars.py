"""The table of bars names tests that exist and figures that the cards have, and says missed where a bar is missed."""

from __future__ import annotations

import json

import pytest

from benchmarks.bars import HELD, MET, MISSED, OPEN, SHARES, UNKNOWN, WantedShare, causes, known_bars
from benchmarks.lifts import lift_bars
from offduty.analyses.error_cards import card_path
from offduty.redteam.results import UNCLEAR
from tests.paths import ROOT


@pytest.mark.parametrize("test", [test for _, _, test in HELD])
def test_each_test_that_holds_a_bar_exists(test):
    """By its file and its name."""
    path, _, name = test.partition("::")
    assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("analysis", list(SHARES))
def test_each_figure_is_on_its_card(analysis):
    """Under its name."""
    card = json.loads(card_path(analysis).read_text(encoding="utf-8"))
    assert {wanted.key for wanted in SHARES[analysis]} <= set(card)


@pytest.mark.parametrize(
    ("wanted", "figures", "verdict"),
    [
        (WantedShare("", "", least=95), (96.0, 95.5, 97.0), MET),
        (WantedShare("", "", least=95), (96.0, 94.0, 97.0), OPEN),
        (WantedShare("", "", least=95), (94.9, 90.0, 99.0), MISSED),
        (WantedShare("", "", most=0), (0.0, 0.0, 1.0), OPEN),
        (WantedShare("", "", most=0), (0.1, 0.0, 1.0), MISSED),
        (WantedShare("", "", most=1), (0.5, 0.1, 0.9), MET),
        (WantedShare("", ""), (50.0, 40.0, 60.0), MET),
    ],
)
def test_a_bar_is_missed_met_or_not_settled(wanted, figures, verdict):
    """By its interval."""
    assert wanted.verdict(*figures) == verdict


def test_what_is_not_confirmed_has_a_cause():
    """The causes add up to the windows that are not confirmed."""
    card = json.loads(card_path("presence").read_text(encoding="utf-8"))["worked_and_confirmed"]
    assert sum(causes().values()) == card["of"] - card["part"]


def test_the_table_has_every_analysis():
    """And each line says what was wanted."""
    bars = list(known_bars())
    assert {bar.analysis for bar in bars} >= {*SHARES, "compare", "trial", "consult", "interests"}
    assert all(bar.wanted and bar.figure for bar in bars)


def test_the_lifts_under_two_policies_are_measured(monkeypatch):
    """With an interval, of a made-up force with its seed; and where SciPy is not installed it says so."""
    monkeypatch.setattr("benchmarks.lifts.OFFICERS", 40)
    monkeypatch.setattr("benchmarks.lifts.DAYS", 4)
    weak, strong = lift_bars()
    assert (weak.verdict, "16 silent door" in weak.figure, "seed 3" in weak.where) == (MET, True, True)
    assert strong.verdict in (MET, OPEN, UNCLEAR)
    assert " to " in strong.interval
    monkeypatch.setattr("offduty.redteam.metrics.EXTRA", ("no_such_library",))
    (unknown,) = lift_bars()
    assert (unknown.figure, unknown.verdict) == ("needs SciPy", UNKNOWN)
