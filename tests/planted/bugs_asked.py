"""Planted bugs in the analyses: what would say more against somebody, or about fewer people, than may be said. Each names
the test that finds it.
"""

from __future__ import annotations

from tests.planted.bug import Bug, bug

AUDIT, SUMMARY = "tests/unit/analyses/test_roster_audit.py", "tests/unit/analyses/test_roster_summary.py"
DATE = {"recorded_at": "2026-03-04"}

ASKED: dict[Bug, str] = {
    bug(
        "a record time that is a date is taken for its end",
        "accuses: the record seems later than it was",
        "ANALYSES S3",
        "analyses/recorded_versions.py",
        "bad = ~found.readable | doubtful |",
        "bad = ~found.readable |",
    ): f"{AUDIT}::test_of_an_officer_with_a_row_that_cannot_be_read_exactly_nothing_is_said[{DATE}]",
    bug(
        "hours that were taken away are not counted",
        "only the employer's side is looked at",
        "ANALYSES S3",
        "analyses/roster_signals.py",
        "then & ~now, _first(kinds[2]",
        "then & now & ~now, _first(kinds[2]",
    ): f"{AUDIT}::test_hours_that_the_employer_takes_away_are_found_as_well",
    bug(
        "an own section has everybody's edits",
        "tells one officer about the others",
        "ANALYSES A4",
        "analyses/roster_audit.py",
        'self._listed(self.signals[mine & (me != "")])',
        "self._listed(self.signals)",
    ): f"{AUDIT}::test_the_list_of_edits_names_nobody_and_an_own_section_is_about_one",
    bug(
        "a sum that one person dominates is printed",
        "tells about that person",
        "ANALYSES A4",
        "analyses/common_rules.py",
        "return people >= MINIMUM and not dominated and",
        "return people >= MINIMUM and",
    ): f"{SUMMARY}::test_one_person_is_never_more_than_half_of_a_figure",
}
