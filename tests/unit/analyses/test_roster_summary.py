"""What everybody may see is about ten people or more, whoever adds figures up; what one officer sees has no judgement."""

from __future__ import annotations

import json

import pytest

from offduty.analyses import roster_summary
from offduty.analyses.common_rules import NOTICE, forbidden_words, may_print, printable_groups
from offduty.analyses.lawful_reasons import LAWFUL
from offduty.analyses.roster_page import roster_page
from offduty.analyses.roster_summary import LIMITS, NOT_PRINTED, QUESTIONS, own_text, summary, summary_text
from offduty.analyses.roster_worlds import AGREED
from tests.cli.command import here
from tests.unit.analyses.rosters import audit, audit_of, instant, random_rows
from tests.world import shift

POLICY = """
[policy]
name = "tests"
purpose = "presence"
timezone = "Europe/London"

[duty]
on_codes = ["duty"]
"""
TERMS = f"""
[analyses.roster_audit]
purpose = "{AGREED["purpose"]}"
recipients = ["the reader"]
keep_days = 1
"""


def late_shifts(officers: int, all_officers: int) -> list[dict]:
    """A planned shift of everybody, and a late one of some."""
    planned = [
        shift(instant(8), instant(16), shift_id=f"p{i}", officer=f"o{i}", recorded=instant(-300))
        for i in range(all_officers)
    ]
    late = [
        shift(instant(30), instant(38), shift_id=f"l{i}", officer=f"o{i}", recorded=instant(60))
        for i in range(officers)
    ]
    return planned + late


@pytest.mark.parametrize(
    ("officers", "everybody", "printed"), [(9, 40, NOT_PRINTED), (10, 40, "about 10"), (10, 19, NOT_PRINTED)]
)
def test_a_figure_is_about_ten_people_of_twenty_or_more(officers, everybody, printed):
    """Nine are too few; and of nineteen people it would say of nearly everybody that they are in it."""
    document = summary(audit(late_shifts(officers, everybody)))
    assert document["signals"][0]["printed"] == printed
    assert document["signals"][0]["signal"] == "R1"


def test_one_person_is_never_more_than_half_of_a_figure():
    """A sum that one person dominates is about that person."""
    amounts = {f"o{i}": 10 for i in range(10)}
    assert may_print(amounts, 100)
    assert not may_print({**amounts, "x": 101}, 100)
    assert may_print({**amounts, "x": 100}, 100)


def test_no_subtraction_of_printed_groups_gives_a_smaller_one():
    """Every group is a union of whole bins, they are disjoint, and together they are all or nothing."""
    bins = [
        {f"o{i}": 1 for i in range(start, start + size)} for start, size in ((0, 12), (3, 4), (5, 9), (0, 30), (1, 2))
    ]
    groups = printable_groups(bins, 100)
    assert [(group.start, group.stop) for group in groups] == [(0, 1), (1, 3), (3, 5)]
    assert all(group.printed and group.printed % 10 == 0 for group in groups)
    assert [(g.start, g.stop, g.printed) for g in printable_groups([{"o1": 3}, {}], 100)] == [(0, 2, None)]


def cut_shifts(officers: int, everybody: int = 40, week: int = 0) -> list[dict]:
    """A planned shift of everybody in each of three weeks, of which that in one week was cut afterwards for some."""
    rows = []
    for who in range(everybody):
        for number in range(3):
            begin, name = 168 * number + 8, f"p{who}-{number}"
            planned = shift(
                instant(begin), instant(begin + 8), shift_id=name, officer=f"o{who}", recorded=instant(-300)
            )
            rows.append(planned)
            if number == week and who < officers:
                rows.append({**planned, "ends_at": instant(begin + 4), "recorded_at": instant(1_000)})
    return rows


def test_the_weeks_do_not_tell_of_one_edit():
    """A row that is not printed would say that there is something, and in which week: of one person, or of nine."""
    nothing, one, nine = (summary(audit(cut_shifts(officers))) for officers in (0, 1, 9))
    assert one["weeks"] == nine["weeks"] == nothing["weeks"] == {"R2": [], "R8": []}
    assert summary_text(one) == summary_text(nothing)
    assert roster_page(one) == roster_page(nothing)


@pytest.mark.parametrize("week", [0, 2])
def test_no_end_of_the_weeks_is_one_persons(week):
    """What is printed has no first and no last week, so that one edit before or after all others moves neither."""
    many = cut_shifts(20, week=1)
    one = [row for row in cut_shifts(1, week=week) if row["recorded_at"] == instant(1_000)]
    expected = [{"from": None, "to": None, "printed": 80}]
    assert summary(audit(many))["weeks"]["R8"] == summary(audit(many + one))["weeks"]["R8"] == expected


def test_weeks_that_may_be_printed_follow_each_other_without_a_gap():
    """Only the outermost ends are open; a week of nobody belongs to what comes after it."""
    three = [row for week in (0, 2) for row in cut_shifts(20, week=week)]
    weeks = summary(audit(list({str(row): row for row in three}.values())))["weeks"]["R8"]
    assert weeks == [
        {"from": None, "to": "2026-03-02", "printed": 80},
        {"from": "2026-03-09", "to": None, "printed": 80},
    ]
    assert "  until 2026-03-02: about 80" in summary_text(summary(audit(three)))


def test_a_wrong_year_makes_no_week_that_has_nothing(monkeypatch):
    """One row of the year 1826 would make ten thousand of them."""
    parts = []
    monkeypatch.setattr(
        roster_summary, "printable_groups", lambda *given: parts.append(given[0]) or printable_groups(*given)
    )
    wrong = shift("1826-03-25T08:00:00Z", "1826-03-25T16:00:00Z", shift_id="w", officer="o1", recorded=instant(60))
    summary(audit([*late_shifts(12, 40), wrong]))
    assert [len(part) for part in parts if len(part) not in (1, 7)] == [2, 0]


def test_the_summary_names_nobody_and_carries_what_it_must():
    """No id of an officer, a shift or a recorder; notice, limits and card."""
    rows = random_rows(5)
    document = summary(audit(rows))
    text = json.dumps(document) + "\n".join(summary_text(document))
    for name in ("o0", "o1", "o2", "login", "desk-", *{row["shift_id"] for row in rows}):
        assert f'"{name}' not in text
    assert NOTICE in text
    assert LIMITS in text
    assert [signal["signal"] for signal in document["signals"]] == list(QUESTIONS) == list(LAWFUL)


def test_sentences_about_a_person_do_not_judge():
    """Over many rosters, with every signal (A7)."""
    lines = [line for seed in range(12) for who in ("o0", "o1") for line in own_text(audit_of(seed).own_section(who))]
    more = [f"{QUESTIONS[name]}. {LAWFUL[name]}." for name in QUESTIONS]
    assert {signal for signal in QUESTIONS if any(f"finding {signal}:" in line for line in lines)} >= {"R1", "R4", "R8"}
    assert [forbidden_words(line) for line in lines + more if forbidden_words(line)] == []


def test_the_command_needs_the_roster_and_the_policy_alone(tmp_path):
    """No job, ping, place or key is there to be opened (A1); and it must be agreed on (A2)."""
    (tmp_path / "roster.csv").write_text(csv(late_shifts(12, 30)))
    (tmp_path / "policy.toml").write_text(POLICY)
    asked = ("roster-audit", "--roster", "roster.csv", "--policy", "policy.toml")
    refused = here(*asked, cwd=tmp_path)
    assert refused.returncode == 2
    assert "[analyses.roster_audit]" in refused.stderr
    (tmp_path / "policy.toml").write_text(POLICY + TERMS)
    document = json.loads(here(*asked, "--json", cwd=tmp_path).stdout)
    assert document["signals"][0]["figure"] == 10
    assert document["own_records"] == "not assessed"
    own = here(*asked, "--officer", "o3", "-o", ".", cwd=tmp_path)
    assert "finding R1: shift l3, version 1, 30 h 00 min after its start." in own.stdout
    assert len((tmp_path / "own-section.csv").read_text().splitlines()) == 3
    again = here(*asked, "--officer", "o3", "-o", ".", cwd=tmp_path)
    assert again.returncode == 2
    assert "o3" not in again.stderr
    assert here(*asked, "--officer", "o3", "--json", cwd=tmp_path).returncode == 2
    assert here(*asked, "-o", "nowhere", cwd=tmp_path).returncode == 2


def test_an_approver_is_read_from_the_file(tmp_path):
    """A column that the filter does not know."""
    rows = [{**row, "approved_by": "login"} for row in late_shifts(1, 1)]
    (tmp_path / "roster.csv").write_text(csv(rows))
    (tmp_path / "people.csv").write_text("recorded_by,officer_id,unit,role\nlogin,o0,u1,officer\n")
    (tmp_path / "policy.toml").write_text(POLICY + TERMS)
    asked = ("roster-audit", "--roster", "roster.csv", "--policy", "policy.toml", "--people", "people.csv")
    assert "finding R4" in here(*asked, "--officer", "o0", cwd=tmp_path).stdout


def csv(rows: list[dict]) -> str:
    """Rows as CSV."""
    names = list(rows[0])
    lines = [",".join("" if row[name] is None else str(row[name]) for name in names) for row in rows]
    return "\n".join([",".join(names), *lines]) + "\n"
