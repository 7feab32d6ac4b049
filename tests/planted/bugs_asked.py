"""Planted bugs in the analyses: what would say more against somebody, or about fewer people, than may be said. Each names
the test that finds it.
"""

from __future__ import annotations

from tests.planted.bug import Bug, bug

PRESENCE, DAYS = "tests/unit/analyses/test_presence.py", "tests/unit/analyses/test_site_days.py"
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
    bug(
        "what was recorded afterwards counts as duty that could have been seen",
        "accuses: work that nobody could see is called not visible",
        "ANALYSES S1",
        "analyses/eligible_duty.py",
        'why = np.where(on, "", RECORDED_AFTERWARDS)',
        'why = np.where(on, "", "")',
    ): f"{PRESENCE}::test_it_equals_the_oracle[0]",
    bug(
        "the ends of duty that are held back count as if they could be seen",
        "confirms what the filter never releases, and rounds up",
        "ANALYSES S1",
        "analyses/eligible_duty.py",
        'windows["from_us"].to_numpy()[window] + hold_us)',
        'windows["from_us"].to_numpy()[window])',
    ): f"{PRESENCE}::test_the_hold_at_both_ends_counts_for_nothing",
    bug(
        "one position by itself is a stretch",
        "confirms work that nobody did: an error of a receiver, or a drive past a site",
        "ANALYSES S1",
        "analyses/confirmed_time.py",
        "kept: pd.DataFrame = once[(np.append(near, False) | np.append(False, near))[: len(once)]]",
        "kept: pd.DataFrame = once",
    ): f"{PRESENCE}::test_a_window_is_confirmed_by_two_positions_that_are_near[minutes0-not visible]",
    bug(
        "of somebody who was never seen the windows are assessed",
        "tells who has no home on record",
        "ANALYSES S1",
        "analyses/presence.py",
        'windows["why"].where(ever | (windows["why"] != ""), NEVER_SEEN)',
        'windows["why"].where(windows["why"] == windows["why"], NEVER_SEEN)',
    ): f"{PRESENCE}::test_nothing_at_all",
    bug(
        "a share is printed although the others are few",
        "tells about those few",
        "ANALYSES A4",
        "analyses/presence_summary.py",
        "others = [] if almost else [_people(together[~confirmed])]",
        "others: list[dict[str, int]] = []",
    ): f"{PRESENCE}::test_a_share_is_about_ten_people_of_twenty_and_so_are_the_others",
    bug(
        "a day on site is counted by any position",
        "shows a target that was not met",
        "ANALYSES S4",
        "analyses/site_days.py",
        'days["site_us"] >= terms.least_minutes * MINUTE_US',
        'days["site_us"] > 0',
    ): f"{DAYS}::test_it_equals_the_oracle[0]",
}
