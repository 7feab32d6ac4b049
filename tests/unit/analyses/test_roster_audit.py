"""The roster audit equals the plain Python of `plain_audit` to the second, and says nothing of what it cannot read."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from offduty.analyses.common_rules import forbidden_words
from offduty.analyses.error_cards import error_card, rules_sha256
from offduty.analyses.roster_audit import EDITS, roster_audit
from offduty.analyses.roster_worlds import make_roster, measured
from offduty.config.policy import Policy
from offduty.core.errors import InputError, UsageError
from tests.unit.analyses.plain_audit import PlainAudit
from tests.unit.analyses.rosters import AS_OF, OFFICER_OF, PEOPLE, POLICY, audit, audit_of, instant, random_rows, roster
from tests.world import shift

WITH_NET = ("R2", "R8")


def listed(found) -> dict[tuple[str, int, str], int]:
    """The list of edits as a dict."""
    return {
        (row.shift_id, row.version, row.signal): row.seconds
        for row in found.edits.itertuples()
        if row.signal not in (*WITH_NET, "R9", "R10")
    }


@pytest.mark.parametrize("seed", range(25))
def test_every_signal_is_that_of_the_oracle_to_the_second(seed):
    """R1 and R3 to R7 version by version; R2 and R8 officer by officer."""
    rows = random_rows(seed)
    found, plain = audit_of(seed), PlainAudit(rows, POLICY, AS_OF, OFFICER_OF)
    assert listed(found) == plain.edits()
    once = found.signals.drop_duplicates(["shift_id", "version", "signal", "at_us"])
    for officer in ("o0", "o1", "o2"):
        mine = once[once["subject"] == officer]
        sums = [int(mine["us"][mine["signal"] == name].sum()) // 1_000_000 for name in WITH_NET]
        assert tuple(sums) == plain.net_seconds(officer)


def test_the_random_rosters_have_every_signal():
    """Else the test above would be about nothing."""
    found = pd.concat([audit_of(seed).edits for seed in range(25)])
    assert {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"} <= set(found["signal"])


@pytest.mark.parametrize("seed", range(3))
def test_rows_in_another_order_give_the_same_bytes(seed):
    """The list of edits, and what each officer gets."""
    rows = random_rows(seed)
    other = random.Random(seed).sample(rows, len(rows))
    one, two = audit_of(seed), audit(other)
    assert one.edits.to_csv() == two.edits.to_csv()
    assert one.own_section("o1").to_csv() == two.own_section("o1").to_csv()


def test_a_late_grant_over_rest_is_found_and_a_planned_shift_is_not():
    """R1, R2 and R3 of one; nothing of the other."""
    planned = shift(instant(8), instant(16), shift_id="a", recorded=instant(-300))
    rest = shift(instant(24), instant(48), "rest", shift_id="b", recorded=instant(-300))
    late = shift(instant(30), instant(38), shift_id="c", recorded=instant(60))
    undone = {**rest, "status": "cancelled", "recorded_at": instant(60)}
    found = audit([planned, rest, late, undone]).edits
    assert found[["shift_id", "version", "signal", "seconds", "after_end"]].to_numpy().tolist() == [
        ["c", 1, "R1", 30 * 3600, True],
        ["c", 1, "R2", 8 * 3600, False],
        ["c", 1, "R3", 0, False],
    ]


def test_hours_that_the_employer_takes_away_are_found_as_well():
    """R8: an hour that was duty when it was worked, and is none by the roster of now."""
    rows = [
        shift(instant(8), instant(16), shift_id="a", recorded=instant(-300)),
        shift(instant(8), instant(15), shift_id="a", recorded=instant(70)),
    ]
    found = audit(rows).edits.set_index("signal")["seconds"]
    assert found["R8"] == 3600
    assert "R2" not in found.index


def test_a_reversal_around_the_day_of_pay_is_marked():
    """Taken back after the cut-off; without a cut-off nothing is marked."""
    plan = shift(instant(8), instant(16), shift_id="a", recorded=instant(-300))
    longer = {**plan, "ends_at": instant(20), "recorded_at": instant(20)}
    back = {**plan, "recorded_at": instant(60)}
    assert audit([plan, longer, back], pay_cut_off_day=4).edits.query("signal == 'R5'")["across_pay_cut_off"].all()
    assert not audit([plan, longer, back], pay_cut_off_day=7).edits["across_pay_cut_off"].any()
    assert not audit([plan, longer, back]).edits["across_pay_cut_off"].any()


@pytest.mark.parametrize(
    "row",
    [
        {"recorded_at": "2026-03-04"},  # any time of that day
        {"recorded_at": "2026-03-04T09:00:00"},  # of which zone?
        {"ends_at": "never"},
        {"starts_at": "2026-10-25T01:30", "ends_at": "2026-10-25T09:00"},  # an hour that happened twice
        {"status": "Active"},
        {"shift_id": None},
        {"officer_id": None},
        {"officer_id": "O1"},  # a lookalike whose row cannot be read
    ],
    ids=str,
)
def test_of_an_officer_with_a_row_that_cannot_be_read_exactly_nothing_is_said(row):
    """No finding of any kind; others are assessed as ever."""
    late = shift(instant(8), instant(16), shift_id="a", recorded=instant(60))
    bad = {**late, "recorded_at": instant(61), **row}
    if row.get("officer_id") == "O1":
        bad |= {"recorded_at": "yesterday", "shift_id": "b"}
    other = shift(instant(8), instant(16), shift_id="z", officer="o2", recorded=instant(60))
    found = audit([late, bad, other])
    assert set(found.edits["shift_id"]) == {"z"}
    assert found.assessed == 1
    assert found.not_assessed >= 1


def test_what_is_recorded_after_as_of_is_not_there():
    """An audit of last month stays what it was."""
    rows = random_rows(3)
    later = shift(instant(8), instant(16), shift_id="later", recorded="2029-01-01T00:00:00Z")
    assert audit([*rows, later]).edits.equals(audit(rows).edits)


def test_who_is_known_only_after_as_of_is_no_officer_who_is_not_assessed():
    """Of nobody whom no version names by then it is said that nothing is: an audit of last month stays what it was."""
    rows = [shift(instant(8), instant(16), shift_id="a"), shift(instant(8), instant(16), shift_id="b", officer="o2")]
    bad = shift("never", instant(16), shift_id="c", officer="o3")
    later = [
        shift(instant(8), instant(16), shift_id=f"n{number}", officer=f"new{number}", recorded="2029-01-01T00:00:00Z")
        for number in range(12)
    ]
    for given in ([*rows, bad], [*later, *rows, bad]):
        found = audit(given)
        assert (found.rows, found.assessed, found.not_assessed) == (3, 2, 1)


def test_without_people_self_is_not_assessed():
    """No R4, whoever recorded it."""
    found = audit(random_rows(1), people=None)
    assert not found.own_records_assessed
    assert not set(found.edits["signal"]) & {"R4", "R10"}
    with pytest.raises(InputError, match="lacks unit, role"):
        audit([], people=PEOPLE[["recorded_by", "officer_id"]])


def test_an_approver_may_be_the_subject():
    """R4 is about the recorder and about the approver."""
    row = {**shift(instant(8), instant(16), recorded=instant(-9)), "recorded_by": "desk", "approved_by": "login-1"}
    assert audit([row]).edits["signal"].tolist() == ["R4"]


def test_the_list_of_edits_names_nobody_and_an_own_section_is_about_one():
    """Subjects find the edits of their shifts, recorders those that they recorded."""
    rows = random_rows(2)
    found = audit(rows)
    assert list(found.edits.columns) == EDITS
    assert not set(found.edits.astype(str).to_numpy().ravel()) & {"o0", "o1", "o2", "login-1", "login-2", "desk"}
    mine = {row["shift_id"] for row in rows if row["officer_id"] == "o1"}
    recorded = {row["shift_id"] for row in rows if row["recorded_by"] == "login-1"}
    assert set(found.own_section("o1")["shift_id"]) <= mine | recorded
    assert len(found.own_section("o1"))
    assert found.own_section("nobody").empty
    assert found.own_section("").empty


def test_no_rows_no_findings():
    """An empty roster has an empty list."""
    found = audit([])
    assert found.edits.empty
    assert (found.rows, found.assessed, found.not_assessed) == (0, 0, 0)


def test_what_was_not_agreed_on_is_refused_with_the_lines_to_agree_on():
    """Exit code 2 (A2)."""
    without = Policy.from_dict({name: rules for name, rules in POLICY.items() if name != "analyses"})
    with pytest.raises(UsageError, match=r"not agreed on(.|\n)*\[analyses.roster_audit\]"):
        roster_audit(roster([]), without, as_of_us=AS_OF, card={})


def test_the_card_is_of_the_rules_as_they_are(monkeypatch):
    """Where this fails: `python -m tools.make_cards`, and read what has changed. Without a card no answer (A6)."""
    card = error_card("roster-audit")
    assert card["rules_sha256"] == rules_sha256("roster-audit")
    assert card["found"]["from"] >= 95
    monkeypatch.setattr("offduty.analyses.error_cards.rules_sha256", lambda name: "0" * 64)
    with pytest.raises(UsageError, match="no error card"):
        roster_audit(roster([]), Policy.from_dict(POLICY), as_of_us=AS_OF)


def test_planted_edits_are_found_among_honest_recalls_by_the_same_recorders():
    """At least 95 of 100, with five times as many honest recalls or more; ids and recorders tell nothing."""
    found = measured(make_roster(60, 28, 7, clerks=2, recall=0.15, abusive_edit=0.02, late_correction=0.05))
    assert found.planted >= 10
    assert found.honest_rest >= 5 * found.planted
    assert found.found >= 0.95 * found.planted


def test_reasons_say_nothing_against_anybody():
    """They stand beside the edits of a person (A7). R8's subject is the employer's record."""
    reasons = audit(random_rows(2)).own_section("o1")["lawful_reasons"]
    assert [forbidden_words(text) for text in reasons] == [[]] * len(reasons)


@pytest.mark.parametrize("seed", range(3))
def test_what_cannot_be_read_any_more_never_says_more_against_anybody(seed):
    """One row after the other becomes unreadable: no finding appears (A3; recorders are compared with each other)."""
    rows = random_rows(seed, 20)
    before = set(findings(rows))
    for i in range(0, len(rows), 7):
        assert set(findings([*rows[:i], {**rows[i], "recorded_at": "?"}, *rows[i + 1 :]])) <= before


def findings(rows: list[dict[str, object]]) -> list[tuple[str, str, int]]:
    """Officer, signal and time of each finding; versions are numbered otherwise where one is gone."""
    signals = audit(rows).signals
    return list(zip(signals["subject"], signals["signal"], signals["at_us"], strict=True))
